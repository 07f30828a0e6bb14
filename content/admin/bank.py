"""The list of the bank: what it can be filtered by, and what can be done to many questions at once.

An action first shows a page that says what will happen to which questions; posting that page does it.
"""

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import Q
from django.template.response import TemplateResponse
from django.utils import timezone

from content import bank
from content.authoring import Refused
from content.forms import MoveForm, TagForm
from content.limited import own_course_ids
from content.models import Lesson, Passage, Question, Topic
from content.queries import checks_in_texts
from content.questions import KINDS
from studyapp.quizzes.models import Quiz
from studyapp.quizzes.usage import asked_by, asked_of_nobody, fixed_in_a_quiz, fixed_uses

SHOWN = 12  # questions that a page names before it only counts


# --- filters --------------------------------------------------------------------------------------------------


def _courses(request):
    """Ids of the courses whose questions are listed: the chosen one, else all of this person."""
    chosen, own = request.GET.get("course__id__exact", ""), own_course_ids(request)
    return {int(chosen)} & own if chosen.isdecimal() and len(chosen) < 19 else own


class KindFilter(admin.SimpleListFilter):
    title = "kind"
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [(name, kind.NAME) for name, kind in KINDS.items()]

    def queryset(self, request, queryset):
        return queryset.filter(kind=self.value()) if self.value() in KINDS else queryset


class LessonFilter(admin.SimpleListFilter):
    title = "lesson"
    parameter_name = "lesson__id__exact"

    def lookups(self, request, model_admin):
        lessons = Lesson.objects.filter(course__in=_courses(request)).exclude(state=Lesson.State.RETIRED)
        lessons = lessons.order_by("course", "module__position", "position", "pk")
        return [(str(pk), title) for pk, title in lessons.values_list("pk", "title")]

    def queryset(self, request, queryset):
        number = _number(self.value())
        return queryset if number is None else queryset.filter(lesson=number)


class PassageFilter(admin.SimpleListFilter):
    """The passages of the chosen lesson; nothing before one is chosen."""

    title = "passage"
    parameter_name = "passage"

    def lookups(self, request, model_admin):
        lesson = _number(request.GET.get("lesson__id__exact"))
        if lesson is None:
            return []
        passages = Passage.objects.filter(lesson=lesson, course__in=own_course_ids(request), is_retired=False)
        rows = passages.order_by("position", "pk").values_list("pk", "title")
        return [*((str(pk), title) for pk, title in rows), ("none", "No passage")]

    def queryset(self, request, queryset):
        if self.value() == "none":
            return queryset.filter(passage=None)
        number = _number(self.value())
        return queryset if number is None else queryset.filter(passage=number)


class TagFilter(admin.SimpleListFilter):
    title = "tag"
    parameter_name = "tag"

    def lookups(self, request, model_admin):
        topics = Topic.objects.filter(course__in=_courses(request), questions__isnull=False)
        names = topics.order_by("name").values_list("name", flat=True).distinct()
        return [*((name, name) for name in names), ("-", "No tag")]

    def queryset(self, request, queryset):
        if self.value() == "-":
            return queryset.filter(topics=None)
        return queryset if self.value() is None else queryset.filter(topics__name=self.value())


class UseFilter(admin.SimpleListFilter):
    """Where questions are asked: nowhere yet, in the text of lessons, in a quiz."""

    title = "where it is used"
    parameter_name = "used"

    def lookups(self, request, model_admin):
        quizzes = Quiz.objects.filter(course__in=_courses(request)).exclude(state=Quiz.State.RETIRED)
        rows = quizzes.order_by("course", "position", "pk").values_list("pk", "title")
        return [
            ("never", "Never used"),
            ("lesson", "In the text of a lesson"),
            ("quiz", "Fixed in a quiz"),
            *((f"quiz-{pk}", f"In {title}") for pk, title in rows),
        ]

    def queryset(self, request, queryset):
        value = self.value() or ""
        if value == "never":
            return queryset.filter(asked_of_nobody()).exclude(fixed_in_a_quiz()).exclude(_in_texts(request))
        if value == "lesson":
            return queryset.filter(_in_texts(request))
        if value == "quiz":
            return queryset.filter(fixed_in_a_quiz())
        number = _number(value.removeprefix("quiz-")) if value.startswith("quiz-") else None
        if number is None:
            return queryset
        quiz = Quiz.objects.filter(course__in=own_course_ids(request), pk=number).first()
        return queryset.filter(asked_by(quiz)) if quiz else queryset.none()


def _in_texts(request):
    """The questions that lessons ask in their text, as a condition; looked up once for each request."""
    if not hasattr(request, "_asked_in_texts"):
        asked = Q(pk__in=())
        by_course = {}
        for check in checks_in_texts(own_course_ids(request)):
            by_course.setdefault(check.course_id, set()).add(check.question)
        for course, slugs in by_course.items():
            asked |= Q(course=course, slug__in=slugs)
        request._asked_in_texts = asked
    return request._asked_in_texts


def _number(text):
    """The number of a choice; None where it is none that a page offers."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


FILTERS = [
    ("course", admin.RelatedOnlyFieldListFilter),
    LessonFilter,
    PassageFilter,
    "state",
    "use",
    UseFilter,
    KindFilter,
    "level",
    TagFilter,
]


# --- at once --------------------------------------------------------------------------------------------------


@admin.action(description="Change tags …")
def tag(model_admin, request, questions):
    form = TagForm(_posted(request, questions), questions=questions)
    if not (form.is_bound and form.is_valid()):
        return _ask(model_admin, request, questions, "Change tags", "Change tags", form=form)
    add, remove = form.cleaned_data["add"], form.cleaned_data["remove"]
    told = [f"added {', '.join(add)}"] * bool(add) + [f"removed {', '.join(remove)}"] * bool(remove)
    return _done(
        model_admin,
        request,
        lambda now: bank.tag_questions(questions, add=add, remove=remove, now=now),
        f"Tags {' and '.join(told)}",
    )


@admin.action(description="Move to another lesson or passage …")
def move(model_admin, request, questions):
    courses = set(questions.order_by().values_list("course", flat=True).distinct())
    if len(courses) > 1:
        model_admin.message_user(
            request, "Choose questions of one course only; they move inside it.", messages.WARNING
        )
        return None
    form = MoveForm(_posted(request, questions), course=next(iter(courses), None))
    if not (form.is_bound and form.is_valid()):
        return _ask(model_admin, request, questions, "Move questions", "Move them", form=form)
    lesson, passage = form.cleaned_data["lesson"], form.cleaned_data["passage"]
    return _done(
        model_admin,
        request,
        lambda now: bank.move_questions(questions, lesson, passage=passage, now=now),
        f"Moved to “{lesson}”" + (f", “{passage}”" if passage else ""),
    )


@admin.action(description="Retire: ask them no more, keep all answers …")
def retire(model_admin, request, questions):
    if _posted(request, questions) is None:
        return _ask(model_admin, request, questions, "Retire questions", "Retire them", used=_uses(questions))
    return _state(model_admin, request, questions, Question.State.RETIRED)


@admin.action(description="Make ready")
def make_ready(model_admin, request, questions):
    return _state(model_admin, request, questions, Question.State.READY)


@admin.action(description="Make drafts")
def make_draft(model_admin, request, questions):
    return _state(model_admin, request, questions, Question.State.DRAFT)


ACTIONS = [tag, move, make_ready, make_draft, retire]


def _state(model_admin, request, questions, state):
    return _done(
        model_admin,
        request,
        lambda now: bank.set_state(questions, state, now=now),
        f"State: {Question.State(state).label}",
    )


def _posted(request, questions):
    """What the page of an action posts; None where the list has only just asked for that page.

    Where other questions are meant meanwhile, the page is shown again: what was said of twelve is not done to twenty.
    """
    said = request.POST.get("apply") == "1" and request.POST.get("count") == str(questions.count())
    return request.POST if said else None


def _done(model_admin, request, act, words):
    """Do it, log it for each question that changed, say how many. All of it or nothing."""
    try:
        with transaction.atomic():
            changed = act(timezone.now())
            LogEntry.objects.log_actions(request.user.pk, changed, CHANGE, f"{words}.")
    except Refused as refusal:
        model_admin.message_user(request, f"Nothing was changed: {refusal}.", messages.ERROR)
        return
    if changed:
        count = f"{len(changed)} question{'' if len(changed) == 1 else 's'}"
        model_admin.message_user(request, f"{count}: {words}.", messages.SUCCESS)
    else:
        model_admin.message_user(request, "It was so already; nothing was changed.", messages.INFO)
    return


def _ask(model_admin, request, questions, title, verb, *, form=None, used=()):
    """The page before an action: which questions, what happens to them, and what it still has to know."""
    rows = questions.select_related("lesson")
    count = questions.count()
    if not count:
        model_admin.message_user(request, "None of these is a question that you write.", messages.WARNING)
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "verb": verb,
        "questions": rows[:SHOWN],
        "count": count,
        "more": max(0, count - SHOWN),
        "form": form,
        "used": used,
        "action": request.POST.get("action", ""),
        "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME)[: model_admin.list_max_show_all],
        "across": request.POST.get("select_across", "0"),
        "back": request.get_full_path(),
    }
    status = 422 if form is not None and form.is_bound else 200
    return TemplateResponse(request, "admin/content/question/at_once.html", context, status=status)


def _uses(questions):
    """(question, where it is asked) of those that lessons and quizzes ask: they will ask them no more."""
    chosen = {(question.course_id, question.slug): question for question in questions}
    checks = checks_in_texts({course for course, _ in chosen})
    asked = [(chosen.get((check.course_id, check.question)), check) for check in checks]
    used = [(question, f"in the text of “{check.lesson.title}”") for question, check in asked if question]
    return used + [(question, f"in the quiz “{quiz}”") for question, quiz in fixed_uses(chosen.values())]
