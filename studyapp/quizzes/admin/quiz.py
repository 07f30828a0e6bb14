"""Quizzes in the admin: rules, slots, what is seen when. Showing one to learners asks first whether it can be drawn."""

from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from content.limited import OwnCourses, course_to_write_for
from studyapp.htmx import wants_part
from studyapp.quizzes.allowing import renew_deadlines
from studyapp.quizzes.authoring import NotReady, Outlook, outlook_of, save_quiz
from studyapp.quizzes.forms import (
    BandRow,
    Bank,
    QuizForm,
    SlotRow,
    bands_of,
    kept_rows,
    rows_of,
    slot_initial,
)
from studyapp.quizzes.models import Attempt, Quiz, QuizEvent
from studyapp.quizzes.releasing import release_held, release_results


@admin.register(Quiz)
class QuizAdmin(OwnCourses):
    list_display = ["title", "module", "state_tag", "preset_word", "question_count", "window"]
    list_filter = [("course", admin.RelatedOnlyFieldListFilter), "state", "preset"]
    list_select_related = ["course", "module"]
    search_fields = ["title", "slug"]
    ordering = ["course", "position", "pk"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("slots")

    @admin.display(description="State", ordering="state")
    def state_tag(self, quiz):
        words = {"draft": "Draft", "ready": "Ready", "retired": "Retired"}
        return format_html('<span class="quiet-tag is-{}">{}</span>', quiz.state, words[quiz.state])

    @admin.display(description="Shows", ordering="preset")
    def preset_word(self, quiz):
        return quiz.get_preset_display().partition(":")[0]

    @admin.display(description="Questions")
    def question_count(self, quiz):
        return sum(1 if slot.question_id else slot.draw for slot in quiz.slots.all())

    @admin.display(description="Open")
    def window(self, quiz):
        zone = ZoneInfo(quiz.course.time_zone)
        said = [
            f"{word} {date_format(moment.astimezone(zone), 'j M Y, H:i')}"
            for word, moment in (("from", quiz.opens_at), ("until", quiz.closes_at))
            if moment
        ]
        return " ".join(said) or "always"

    # --- writing ----------------------------------------------------------------

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        course, courses = course_to_write_for(request)
        if course is None:
            context = self._context(request, title="Make a quiz", courses=courses)
            return TemplateResponse(request, "admin/quizzes/quiz/choose.html", context)
        return self._write(request, course, None)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        quiz = self.get_object(request, object_id)
        if quiz is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self._write(request, quiz.course, quiz)

    def _write(self, request, course, quiz):
        posted = request.POST if request.method == "POST" else None
        form, slots, bands = _forms_of(course, quiz, posted)
        status, problems = 200, []
        if posted is not None and not ("preview" in posted or "more" in posted):
            saved, problems = self._save(request, quiz, form, slots, bands)
            if saved is not None:
                return HttpResponseRedirect(self._next(request, saved, course))
            status = 422
        context = self._context(
            request,
            title=quiz.title if quiz else "New quiz",
            quiz=quiz,
            original=quiz,
            course=course,
            form=form,
            slots=slots,
            bands=bands,
            bank=slots.form_kwargs["bank"],
            outlook=_outlook(form, slots),
            problems=problems,
            failed=status == 422,
            counts=_counts_of(quiz),
            released_by=_released_by(quiz),
        )
        template = "admin/quizzes/quiz/change_form.html"
        if wants_part(request) and posted is not None and "preview" in posted:
            template += "#outlook"
        return TemplateResponse(request, template, context, status=status)

    def _save(self, request, quiz, form, slots, bands):
        """(the saved quiz, []) or (None, what is wrong beside the fields)."""
        if not (form.is_valid() & slots.is_valid() & bands.is_valid()):
            return None, []
        is_new = quiz is None
        made, now = form.instance, timezone.now()
        made.bands = bands_of(row.cleaned_data for row in kept_rows(bands))
        rows = [row for row in kept_rows(slots) if row.filled()]
        try:
            save_quiz(made, [row.as_slot(position) for position, row in enumerate(rows)])
        except NotReady as refusal:
            return None, refusal.problems
        if is_new:
            self.log_addition(request, made, "Made.")
        else:
            changed = [str(form.fields[name].label).lower() for name in form.changed_data]
            self.log_change(request, made, f"Changed: {', '.join(changed) or 'slots or texts'}."[:1000])
            # New rules reach attempts that run, and a new closing date what it releases.
            renew_deadlines(made.attempts.all(), now=now, by=request.user, reason="rules of the quiz changed")
            release_held(made.attempts.all(), now=now)
        shown = "Learners see it." if made.is_shown else "Only staff see it."
        messages.success(request, f"Saved. {shown}")
        for warning in outlook_of(made, list(made.slots.select_related("question"))).warnings:
            messages.warning(request, warning)
        return made, []

    def _next(self, request, saved, course):
        if "_continue" in request.POST:
            return reverse("admin:quizzes_quiz_change", args=[saved.pk])
        return f"{reverse('admin:quizzes_quiz_changelist')}?course__id__exact={course.pk}"

    # --- releasing --------------------------------------------------------------

    def get_urls(self):
        release = self.admin_site.admin_view(self.release)
        return [path("<int:pk>/release/", release, name="quizzes_quiz_release"), *super().get_urls()]

    def release(self, request, pk):
        """Show everybody what they handed in. It cannot be taken back: what was seen was seen."""
        quiz = self.get_queryset(request).filter(pk=pk).first()
        if quiz is None:
            return HttpResponseRedirect(reverse("admin:index"))
        if request.method == "POST":
            if release_results(quiz, by=request.user, now=timezone.now()):
                self.log_change(request, quiz, "Released the results.")
                messages.success(request, f"The results of {quiz.title} are released.")
            else:
                messages.info(request, "The results were released before.")
        return HttpResponseRedirect(reverse("admin:quizzes_quiz_change", args=[pk]))

    def _context(self, request, **more):
        return {**self.admin_site.each_context(request), "opts": self.opts, **more}


def _forms_of(course, quiz, posted):
    more = (posted or {}).get("more", "")
    instance = quiz or Quiz(course=course)
    rows = list(quiz.slots.select_related("question")) if quiz else []
    form = QuizForm(posted, course=course, instance=instance)
    slots = rows_of(
        SlotRow, "slots", posted, [slot_initial(slot) for slot in rows], more=more, bank=Bank.of(course)
    )
    bands = rows_of(
        BandRow,
        "bands",
        posted,
        [{"start": band["from"], "text": band["text"]} for band in instance.bands],
        more=more,
    )
    return form, slots, bands


def _outlook(form, slots) -> Outlook | None:
    """What the slots as they stand in the form can draw, or None while a row cannot be read."""
    if not slots.is_bound:
        quiz = form.instance
        return outlook_of(quiz, list(quiz.slots.select_related("question")) if quiz.pk else [])
    if not slots.is_valid():
        return None
    form.is_valid()
    rows = [row for row in kept_rows(slots) if row.filled()]
    return outlook_of(form.instance, [row.as_slot(position) for position, row in enumerate(rows)])


def _released_by(quiz):
    if quiz is None or quiz.released_at is None:
        return None
    event = quiz.events.filter(what=QuizEvent.What.RELEASED).select_related("by").last()
    return event and event.by


def _counts_of(quiz):
    """How many attempts run and were handed in, in one query."""
    if quiz is None:
        return None
    of_learners = quiz.attempts.filter(kind=Attempt.Kind.QUIZ)
    return of_learners.aggregate(
        running=Count("pk", filter=Q(state=Attempt.State.OPEN)),
        handed_in=Count("pk", filter=Q(state=Attempt.State.FINISHED)),
    )
