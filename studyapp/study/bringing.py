"""Verb: what somebody did as a guest comes into the account they already had. It sees every table, so it stands high.

Two rows of which only one may be, because both the guest and the account have it, are settled so that nothing
learnt or written is lost:

- attempts, saved answers, marks, review log: every row moves as it is, only the learner changes. Where the same
  client id was logged by both, the guest's row gets a new id.
- attempts at quizzes go on counting only where the account could have made them itself (`attempts_as_practice`); the
  others come as practice, open ones too. So nobody gets a second attempt, or a better one, out of being a guest first.
- open attempts at the same thing: the one that was answered last stays open, the other is finished now. Both stay.
- cards: built again from the log of both; what a learner wants of review a day: as the account has it, else the
  guest's.
- reading places: the later one. Passages read: the earlier date.
- notes: every version moves; two notes on one passage stand side by side until they are joined. Highlights: once.
- the address of the calendar: as the account has it, else the guest's.
- classes: a membership of both is kept as the account has it, and is current if either was, unless a teacher took
  either out. A guest brings the role of a learner only.
- notices: all move. One-time links of the guest, of which there should be none, are left behind.
"""

from dataclasses import dataclass
from uuid import uuid4

from django.db import transaction
from django.db.models import Max

from studyapp.accounts.models import Notice, User
from studyapp.classes.models import Enrolment, Invitation
from studyapp.quizzes.models import Allowance, Attempt, AttemptEvent, SavedAnswer
from studyapp.quizzes.sittings import submit_attempt
from studyapp.quizzes.standing import standings_of
from studyapp.reading.calendars import bring_calendar
from studyapp.reading.models import Highlight, Note, PassageRead, ReadingPlace
from studyapp.reading.notes import bring_notes
from studyapp.review.models import Card, ExamDate, ReviewLog, ReviewSettings
from studyapp.review.rebuilding import rebuild_cards

# Every column that points to a person. A test demands that a new one is named here.
MOVED = {
    "accounts.Notice.user",
    "classes.Enrolment.user",
    "classes.Invitation.used_by",
    "quizzes.Allowance.user",
    "quizzes.Attempt.learner",
    "quizzes.AttemptEvent.by",
    "reading.CalendarFeed.learner",
    "reading.Highlight.learner",
    "reading.Note.learner",
    "reading.ReadingPlace.learner",
    "reading.PassageRead.learner",
    "review.Card.learner",
    "review.ExamDate.learner",
    "review.ReviewLog.learner",
    "review.ReviewSettings.learner",
}
# What a guest cannot have: they write no course, mark nothing, open no admin, and have no link.
NEVER_A_GUESTS = {
    "accounts.SignInLink.user",
    "accounts.User.groups",
    "accounts.User.user_permissions",
    "admin.LogEntry.user",
    "classes.Enrolment.taken_out_by",
    "classes.Invitation.created_by",
    "content.CourseStaff.user",
    "content.LessonRevision.created_by",
    "content.QuestionImport.imported_by",
    "content.QuestionImport.undone_by",
    "content.QuestionVersion.created_by",
    "content.RowRevision.created_by",
    "content.SourceDocument.brought_by",
    "content.Upload.user",
    "quizzes.Acceptance.by",
    "quizzes.Allowance.by",
    "quizzes.Allowance.removed_by",
    "quizzes.DraftMark.by",
    "quizzes.Mark.by",
    "quizzes.ProblemReport.replied_by",
    "quizzes.QuizEvent.by",
    "quizzes.SavedAnswer.brought_by",
}


@dataclass(frozen=True)
class Belongings:
    """How much a guest has: answers sent, passages read, classes joined, notes and highlights."""

    answers: int
    passages: int
    classes: int
    notes: int = 0

    def __bool__(self):
        return bool(self.answers or self.passages or self.classes or self.notes)

    @property
    def in_words(self) -> str:
        """The two that weigh most, as "12 answers and 3 notes"; never empty where there is something."""
        kinds = [
            (self.answers, "answer", "answers"),
            (self.notes, "note or highlight", "notes and highlights"),
            (self.passages, "passage read", "passages read"),
            (self.classes, "class", "classes"),
        ]
        words = [f"{count} {one if count == 1 else many}" for count, one, many in kinds if count]
        return " and ".join(words[:2])


def belongings_of(guest: User) -> Belongings:
    return Belongings(
        answers=SavedAnswer.objects.filter(item__attempt__learner=guest).count(),
        passages=PassageRead.objects.filter(learner=guest).count(),
        classes=Enrolment.objects.filter(user=guest, left_at__isnull=True).count(),
        notes=Note.objects.written().filter(learner=guest).count()
        + Highlight.objects.filter(learner=guest).count(),
    )


def attempts_as_practice(guest: User, user: User) -> list[Attempt]:
    """The guest's attempts at quizzes that would not count in this account.

    All of a course of whose classes the account is or was one, and of a quiz that the account itself has sat; else those
    beyond the number that the quiz allows.
    """
    quizzes = {
        attempt.quiz_id: attempt.quiz
        for attempt in Attempt.objects.filter(learner=guest, kind=Attempt.Kind.QUIZ).select_related("quiz")
    }
    if not quizzes:
        return []
    of_classes = set(Enrolment.objects.filter(user=user).values_list("cohort__course", flat=True))
    found = []
    for theirs, guests in zip(
        standings_of(user, quizzes.values()), standings_of(guest, quizzes.values()), strict=True
    ):
        limits = (theirs.window.attempts, guests.window.attempts)
        room = len(guests.attempts) if None in limits else max(limits)
        if theirs.attempts or theirs.quiz.course_id in of_classes:
            room = 0
        found += guests.attempts[room:]
    return found


def guest_left_behind(pk) -> User | None:
    """The guest of this number, if it is still a guest."""
    return User.objects.filter(pk=pk, is_guest=True).first() if isinstance(pk, int) else None


@transaction.atomic
def bring_along(guest: User, user: User, *, now) -> Belongings:
    """Move everything of the guest into the account and remove the guest. Doing it again finds nothing to move."""
    if user.is_guest:
        raise ValueError("A guest cannot take over another guest.")
    # Of two guests who come into one account at once, the second finds what the first brought; a quiz that is started
    # there meanwhile waits too.
    people = User.objects.select_for_update(no_key=True).filter(pk__in=[guest.pk, user.pk])
    list(people.order_by("pk").values_list("pk"))
    # Taking the flag claims the row: of two requests at once one goes on.
    if not User.objects.filter(pk=guest.pk, is_guest=True).update(is_guest=False, is_active=False):
        return Belongings(0, 0, 0)
    brought = belongings_of(guest)
    _bring_attempts(guest, user, now)
    _bring_review(guest, user)
    _bring_reading(guest, user)
    bring_notes(guest, user)
    bring_calendar(guest, user)
    _bring_classes(guest, user)
    Notice.objects.filter(user=guest).update(user=user)
    Invitation.objects.filter(used_by=guest).update(used_by=user)
    User.objects.get(pk=guest.pk).delete()
    return brought


def _bring_attempts(guest, user, now):
    practice = attempts_as_practice(guest, user)
    Attempt.objects.filter(pk__in=[attempt.pk for attempt in practice]).update(kind=Attempt.Kind.GUEST)
    AttemptEvent.objects.bulk_create(
        AttemptEvent(attempt=attempt, what=AttemptEvent.What.AS_GUEST, at=now, by=user)
        for attempt in practice
    )

    def open_ones(learner):
        attempts = Attempt.objects.filter(learner=learner, state=Attempt.State.OPEN)
        return {
            (a.kind, a.course_id, a.lesson_id, a.quiz_id): a
            for a in attempts.annotate(last_answer_at=Max("items__answers__at"))
        }

    def worked_on(attempt):
        return attempt.last_answer_at or attempt.started_at

    theirs = open_ones(user)
    older = [
        min(attempt, theirs[about], key=worked_on).pk
        for about, attempt in open_ones(guest).items()
        if about in theirs
    ]
    for attempt in Attempt.objects.filter(pk__in=older, quiz__isnull=False):
        submit_attempt(attempt, now=now, by=attempt.learner)
    Attempt.objects.filter(pk__in=older, state=Attempt.State.OPEN).update(
        state=Attempt.State.FINISHED, finished_at=now
    )
    Attempt.objects.filter(learner=guest).update(learner=user)
    AttemptEvent.objects.filter(by=guest).update(by=user)
    Allowance.objects.filter(user=guest).update(user=user)


def _bring_review(guest, user):
    theirs = ReviewLog.objects.filter(learner=user)
    for row in ReviewLog.objects.filter(learner=guest, client_id__in=theirs.values("client_id")):
        ReviewLog.objects.filter(pk=row.pk).update(client_id=uuid4())
    ReviewLog.objects.filter(learner=guest).update(learner=user)
    questions = list(Card.objects.filter(learner=guest).values_list("question", flat=True))
    Card.objects.filter(learner=guest).delete()
    rebuild_cards(user.pk, questions=questions)
    own = list(ExamDate.objects.filter(learner=user).values_list("course", flat=True))
    ExamDate.objects.filter(learner=guest).exclude(course__in=own).update(learner=user)
    if not ReviewSettings.objects.filter(learner=user).exists():
        ReviewSettings.objects.filter(learner=guest).update(learner=user)


def _bring_reading(guest, user):
    places = {place.lesson_id: place for place in ReadingPlace.objects.filter(learner=user)}
    for place in ReadingPlace.objects.filter(learner=guest, lesson__in=places):
        # The later place stays, whoever's it is.
        (place if place.at <= places[place.lesson_id].at else places[place.lesson_id]).delete()
    ReadingPlace.objects.filter(learner=guest).update(learner=user)
    reads = {read.passage_id: read for read in PassageRead.objects.filter(learner=user)}
    for read in PassageRead.objects.filter(learner=guest, passage__in=reads):
        PassageRead.objects.filter(pk=reads[read.passage_id].pk, read_at__gt=read.read_at).update(
            read_at=read.read_at
        )
        read.delete()
    PassageRead.objects.filter(learner=guest).update(learner=user)


def _bring_classes(guest, user):
    own = {enrolment.cohort_id: enrolment for enrolment in Enrolment.objects.filter(user=user)}
    for enrolment in Enrolment.objects.filter(user=guest, cohort__in=own):
        mine = own[enrolment.cohort_id]
        if enrolment.left_at is None:
            # Whom a teacher took out does not come back by having been a guest.
            Enrolment.objects.filter(pk=mine.pk, taken_out_at__isnull=True).update(left_at=None)
        elif enrolment.taken_out_at is not None and mine.left_at is not None:
            Enrolment.objects.filter(pk=mine.pk, taken_out_at__isnull=True).update(
                taken_out_at=enrolment.taken_out_at, taken_out_by=enrolment.taken_out_by_id
            )
        enrolment.delete()
    Enrolment.objects.filter(user=guest).update(user=user, role=Enrolment.Role.LEARNER)
