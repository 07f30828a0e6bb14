"""What teachers see and do with the quizzes of a class: who is where, allowances, release, late answers, one attempt.

An assistant sees all of it and changes nothing here (403). Strangers get the page of a missing address. The staff of
a course have the same pages for whoever studies it without a class.
"""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from content.access import courses_edited_by
from content.text import TextRefused, clean_text
from studyapp.htmx import see_other
from studyapp.quizzes import teaching
from studyapp.quizzes.allowing import allow, reopen_attempt, take_back
from studyapp.quizzes.by_hand import items_by_hand, release_marks
from studyapp.quizzes.groups import address_of, group_for
from studyapp.quizzes.late import LARGEST_FILE, BadFile, accept_late, bring_in, read_file
from studyapp.quizzes.models import SavedAnswer
from studyapp.quizzes.releasing import release_results
from studyapp.quizzes.teaching_forms import AllowanceForm, LoneAllowanceForm, ReasonForm, ReopenForm

GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])
FILE_SALT = "quizzes.unsent"
FILE_KEEPS = 3600  # seconds in which a file that was looked at can be accepted


@require_safe
@login_required
def class_quizzes(request, cohort=None, course=None):
    """Every quiz of a class, and what of it waits for somebody."""
    group, leads = group_for(request.user, cohort=cohort, course=course)
    rows = teaching.quizzes_of_class(group, leads=leads)
    waiting = [row for row in rows if row.waits]
    rows = waiting + [row for row in rows if not row.waits]
    context = _context(group, leads, rows=rows, waiting=waiting)
    return render(request, "quizzes/class_quizzes.html", context)


def _context(group, leads, **more):
    return {"section": "teach", "cohort": group, "zone": ZoneInfo(group.zone), "leads": leads, **more}


# --- one quiz ---------------------------------------------------------------------------------------------


@GET_OR_POST
@login_required
def class_quiz(request, quiz, cohort=None, course=None):
    """Who is where with a quiz, and what can be done for them; each button is told apart by its name."""
    group, leads = group_for(request.user, cohort=cohort, course=course)
    quiz = teaching.quiz_of_class(group, quiz, leads=leads)
    may_write = courses_edited_by(request.user).filter(pk=group.course_id).exists()
    find = _asked_for(request)
    found = teaching.class_quiz(group, quiz) if group.pk else teaching.lone_quiz(group, quiz, find=find)
    form = (AllowanceForm if group.pk else LoneAllowanceForm)(
        request.POST if "allow" in request.POST else None,
        cohort=group,
        quiz=quiz,
        learners=[row.learner for row in found.learners],
    )
    if request.method == "POST":
        if not leads or ("release" in request.POST and not may_write):
            raise PermissionDenied
        if _act(request, group, quiz, found, form):
            return see_other(request, address_of(group, "quiz", quiz.slug))
    context = _context(
        group, leads, course=group.course, quiz=quiz, found=found, form=form, may_write=may_write, find=find
    )
    return render(request, "quizzes/class_quiz.html", context, status=422 if form.errors else 200)


def _asked_for(request) -> str:
    """The name that is looked for; nothing where it is none."""
    try:
        return clean_text(request.GET.get("find", ""), max_length=80)
    except TextRefused:
        return ""


def _act(request, group, quiz, found, form) -> bool:
    """Do what the button says; False where its form has to be mended."""
    now, posted = timezone.now(), request.POST
    if "allow" in posted:
        if not form.is_valid():
            return False
        of_class = form.user is None
        allow(
            group.course,
            by=request.user,
            reason=form.cleaned_data["reason"],
            now=now,
            quiz=quiz if form.cleaned_data["scope"] == form.THIS else None,
            user=form.user,
            cohort=group if of_class else None,
            **form.grants(),
        )
        messages.success(request, "Allowed. It holds at once, in running attempts too.")
    elif "take_back" in posted:
        allowance = next((a for a in found.allowances if str(a.pk) == posted["take_back"]), None)
        if allowance is None:
            raise Http404
        take_back(allowance, by=request.user, now=now)
        messages.success(request, "Taken back. Running attempts end as the rules say.")
    elif "release_marks" in posted:
        made = release_marks(items_by_hand(group, quiz), by=request.user, now=now)
        messages.success(request, f"{made} mark{'' if made == 1 else 's'} released.")
    elif "release" in posted:
        release_results(quiz, by=request.user, now=now)
        messages.success(request, "The results are released.")
    else:
        raise BadRequest("no button of this page")
    return True


# --- one attempt ------------------------------------------------------------------------------------------


@GET_OR_POST
@login_required
def class_attempt(request, quiz, attempt, cohort=None, course=None):
    """Everything that was saved in an attempt, and what can be done about it."""
    group, leads = group_for(request.user, cohort=cohort, course=course)
    quiz = teaching.quiz_of_class(group, quiz, leads=leads)
    attempt = teaching.attempt_in_class(group, quiz, attempt)
    forms = {
        "accept": ReasonForm(request.POST if "accept" in request.POST else None, auto_id="accept_%s"),
        "reopen": ReopenForm(request.POST if "reopen" in request.POST else None, auto_id="reopen_%s"),
        "bring": ReasonForm(request.POST if "bring" in request.POST else None, auto_id="bring_%s"),
    }
    brought, signed, problem = [], "", ""
    if request.method == "POST":
        if not leads or attempt.learner_id == request.user.pk:
            raise PermissionDenied
        if "look" in request.POST or "bring" in request.POST:
            brought, signed, problem = _file_of(request, attempt)
        if not problem and _act_on_attempt(request, attempt, forms, brought):
            return see_other(request, request.path)
    failed = problem or any(form.errors for form in forms.values())
    context = _context(
        group,
        leads and attempt.learner_id != request.user.pk,
        course=group.course,
        quiz=quiz,
        attempt=attempt,
        log=teaching.attempt_log(attempt),
        forms=forms,
        brought=brought,
        signed=signed,
        problem=problem,
    )
    return render(request, "quizzes/class_attempt.html", context, status=422 if failed else 200)


def _act_on_attempt(request, attempt, forms, brought) -> bool:
    """Do what the button says; False where a form has to be mended, or a file was only looked at."""
    posted, now, by = request.POST, timezone.now(), request.user
    if "look" in posted:
        return False
    name = next((name for name in forms if name in posted), None)
    if name is None:
        raise BadRequest("no button of this page")
    form = forms[name]
    if not form.is_valid():
        return False
    reason = form.cleaned_data["reason"]
    if name == "accept":
        accept_late(_late_answer(attempt, posted["accept"]), by=by, reason=reason, now=now)
        messages.success(request, "Accepted. The answer counts now, and the attempt is marked anew.")
    elif name == "reopen":
        if not reopen_attempt(attempt, minutes=form.cleaned_data["minutes"], by=by, reason=reason, now=now):
            form.add_error(None, "This attempt, or another one of this learner, is running already.")
            return False
        messages.success(request, "The attempt is open again.")
    else:
        chosen = set(posted.getlist("take"))
        added = bring_in(
            attempt, [row for row in brought if str(row.item.number) in chosen], by=by, reason=reason, now=now
        )
        messages.success(request, f"{added} answer{'' if added == 1 else 's'} added. They count now.")
    return True


def _late_answer(attempt, number):
    answers = SavedAnswer.objects.filter(item__attempt=attempt, is_late=True).select_related("item")
    answer = answers.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if answer is None:
        raise Http404
    return answer


def _file_of(request, attempt):
    """(what the file would add, the file to carry along, what is wrong with it)."""
    try:
        if "bring" in request.POST:
            raw = signing.loads(
                request.POST.get("file", ""), salt=f"{FILE_SALT}.{attempt.pk}", max_age=FILE_KEEPS
            ).encode()
        else:
            sent = request.FILES.get("file")
            if sent is None:
                return [], "", "Choose the file that the student downloaded."
            if sent.size > LARGEST_FILE:
                raise BadFile("The file is larger than any file of unsent answers.")
            raw = sent.read()
        brought = read_file(attempt, raw)
    except signing.BadSignature:
        return [], "", "Too long ago: choose the file again."
    except BadFile as refusal:
        return [], "", str(refusal)
    if not brought:
        return [], "", "The file holds no answers."
    return brought, signing.dumps(raw.decode(), salt=f"{FILE_SALT}.{attempt.pk}", compress=True), ""
