"""The verbs of an attempt at a quiz: start, save, flag, hand in, close what is overdue.

Whatever moves an attempt is one transaction that holds the attempt's row and moves its state by a conditional
update, so that of a save, a hand-in and a closing that come together each sees what the one before it did. (On
SQLite the transaction itself holds the only write lock; on PostgreSQL the row does.) docs/attempts.md has it all.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import BigIntegerField, DateTimeField, Exists, F, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Least

from content.models import Question, QuestionVersion
from content.questions import get_kind, read_answer
from studyapp.accounts.models import User
from studyapp.prepared import Prepared, insert_row
from studyapp.quizzes.authoring import draw_questions
from studyapp.quizzes.deadlines import GRACE, ends_at, is_late
from studyapp.quizzes.marking import mark_attempt
from studyapp.quizzes.models import Attempt, AttemptEvent, AttemptItem, SavedAnswer
from studyapp.quizzes.order import Left, NotYet
from studyapp.quizzes.standing import standing_of

What = AttemptEvent.What
LONGEST_SECONDS = 24 * 3600
MOST_TRIES = 3


class CannotStart(Exception):
    """Nothing was started; the message is a sentence for the learner."""


class NoSuchItem(Exception):
    """This learner has no such question in such an attempt."""


@dataclass(frozen=True)
class Receipt:
    """Proof that one answer is stored. `is_late`: kept, but it came after the end and does not count.

    `other_at`: when another page of the same learner last answered this question, where that was after this
    page did; None else.
    """

    answer: SavedAnswer
    item: AttemptItem
    other_at: datetime | None = None

    @property
    def is_late(self) -> bool:
        return self.answer.is_late


# --- start ------------------------------------------------------------------------------------------------


def start_quiz(learner, quiz, *, now, rng, password="", preview=False) -> Attempt:
    """The learner's open attempt at the quiz, else a new one, drawn by `rng`; its clock runs from `now`.

    The rules are looked at inside the transaction, with the learner's row held: window, attempts left, wait,
    password. Raises CannotStart, or CannotDraw where the quiz has too few questions. A preview heeds no rule
    but the time limit and never counts.
    """
    kind = Attempt.Kind.PREVIEW if preview else Attempt.Kind.QUIZ
    if (
        not preview
        and (running := standing_of(learner, quiz).open)
        and not close_if_overdue(running, now=now)
    ):
        return running
    drawn = draw_questions(quiz, list(quiz.slots.all()), rng)
    items = _items(drawn, quiz.shuffle_options, rng)
    try:
        with transaction.atomic():
            _hold(learner)
            standing = standing_of(learner, quiz)
            if not preview:
                if standing.open:
                    return standing.open
                if problem := standing.problem(now, password=password):
                    raise CannotStart(problem)
            return _create(
                learner,
                quiz,
                kind=kind,
                cohort_id=None if preview or not standing.cohorts else standing.cohorts[0],
                deadline=ends_at(now, standing.window),
                items=items,
                now=now,
            )
    except IntegrityError:
        # This person, in another tab, opened one between our look and our insert.
        found = Attempt.objects.filter(
            learner=learner, quiz=quiz, kind=kind, state=Attempt.State.OPEN
        ).first()
        if found is None:
            raise
        return found


def start_again(attempt, questions, *, now, rng) -> Attempt:
    """Practice of a finished attempt's questions (ids), in their present wording; it never counts.

    Whatever practice of this quiz was open is handed in first. Raises CannotStart where nothing is left to ask.
    """
    points = dict(attempt.items.values_list("question_id", "points"))
    rows = Question.objects.ready().filter(pk__in=[q for q in questions if q in points])
    by_id = {question.pk: question for question in rows.select_related("current")}
    drawn = [(None, pk) for pk in questions if pk in by_id]
    if not drawn:
        raise CannotStart("There is nothing to practise here any more.")
    items = _items(drawn, attempt.quiz.shuffle_options, rng, by_id=by_id, points=points)
    for running in Attempt.objects.filter(
        learner=attempt.learner, quiz=attempt.quiz, kind=Attempt.Kind.AGAIN, state=Attempt.State.OPEN
    ):
        submit_attempt(running, now=now, by=attempt.learner)
    with transaction.atomic():
        return _create(
            attempt.learner,
            attempt.quiz,
            kind=Attempt.Kind.AGAIN,
            cohort_id=attempt.cohort_id,  # it shows no more than the attempt it repeats
            deadline=None,
            items=items,
            now=now,
        )


def _hold(learner):
    """Of two starts of one person at once, the second waits for the first."""
    list(User.objects.select_for_update(no_key=True).filter(pk=learner.pk).only("pk"))


def _items(drawn, shuffle_options, rng, *, by_id=None, points=None):
    if by_id is None:
        by_id = Question.objects.select_related("current").in_bulk([question for _, question in drawn])
    return [
        AttemptItem(
            number=number,
            question=by_id[pk],
            version=by_id[pk].current,
            presented=get_kind(by_id[pk].kind).present(
                by_id[pk].current.content, rng if shuffle_options else Unshuffled()
            ),
            slot=slot,
            points=slot.points if slot else points[pk],
        )
        for number, (slot, pk) in enumerate(drawn, start=1)
    ]


class Unshuffled:
    """A source of chance that leaves everything in the author's order."""

    def shuffle(self, rows):
        pass


def _create(learner, quiz, *, kind, cohort_id, deadline, items, now):
    attempt = Attempt.objects.create(
        learner=learner,
        kind=kind,
        course_id=quiz.course_id,
        quiz=quiz,
        cohort_id=cohort_id,
        started_at=now,
        deadline=deadline,
        points_possible=sum(item.points for item in items),
    )
    for item in items:
        item.attempt = attempt
    AttemptItem.objects.bulk_create(items)
    AttemptEvent.objects.create(attempt=attempt, what=What.STARTED, at=now, by=learner)
    return attempt


# --- save -------------------------------------------------------------------------------------------------


def save_in_quiz(learner, *, attempt, number, client_id, writer, sequence, fields, seconds, now) -> Receipt:
    """Store what was posted for question `number` of the attempt (its id), unmarked; the receipt says when.

    `writer` and `sequence` order the saves of one open page, `client_id` names this one: the same id with the
    same answer again is the same receipt and no new row; with another answer (a plain form sent again after
    Back) it is a new one under ids made here. A blank answer is stored as such. What comes after the grace, or
    after hand-in, is stored as late and never counts by itself.

    One query for question and attempt, held against a hand-in in the same moment, and one insert. Raises
    NoSuchItem, OutOfTurn, and Unreadable of content.questions where the answer cannot be understood.
    """
    for _ in range(MOST_TRIES):
        answer = None
        try:
            with transaction.atomic():
                item = _held_item(learner, attempt, number, writer)
                _in_turn(item)
                answer = SavedAnswer(
                    item=item,
                    client_id=client_id,
                    writer=writer,
                    number=sequence,
                    response=read_answer(item.question.kind, item.version.content, fields),
                    at=now,
                    seconds=None if seconds is None else max(0, min(int(seconds), LONGEST_SECONDS)),
                    is_late=not item.attempt.is_open or is_late(now, item.attempt.deadline),
                )
                insert_row(answer)
            return Receipt(answer, item, _other(item))
        except IntegrityError:
            taken = SavedAnswer.objects.filter(item=item).filter(
                Q(client_id=client_id) | Q(writer=writer, number=sequence)
            )
            for stored in taken:
                if stored.client_id == client_id and stored.response == answer.response:
                    return Receipt(stored, item)
            client_id, writer, sequence = uuid.uuid4(), uuid.uuid4().hex, 0
    raise IntegrityError("the answer could not be stored beside those that arrived with it")


@transaction.atomic
def save_again(learner, *, attempt, number, answer, now) -> Receipt:
    """Let something that was saved before for this question (the id of the row) count again, as a row of its own.

    Raises NoSuchItem and OutOfTurn like `save_in_quiz`.
    """
    writer = uuid.uuid4().hex
    item = _held_item(learner, attempt, number, writer)
    earlier = SavedAnswer.objects.filter(item=item, pk=answer).first()
    if earlier is None:
        raise NoSuchItem
    _in_turn(item)
    again = SavedAnswer.objects.create(
        item=item,
        client_id=uuid.uuid4(),
        writer=writer,
        number=0,
        response=earlier.response,
        at=now,
        is_late=not item.attempt.is_open or is_late(now, item.attempt.deadline),
    )
    return Receipt(again, item)


def _in_turn(item):
    """Refuse what is out of turn; after the end as well, so that nothing comes in for what was never reached."""
    if item.left_at is not None:
        raise Left(item.number)
    if item.one_way and item.comes_later:
        raise NotYet(item.number)


def _held_item(learner, attempt, number, writer):
    rows = _HELD.rows(attempt, learner.pk, number, writer)
    if not rows:
        raise NoSuchItem
    row = iter(rows[0])
    # In the order of the models' fields, as a queryset selects them.
    item = _made(
        AttemptItem, row, "id", "attempt_id", "number", "question_id", "version_id", "points", "left_at"
    )
    item.others_last, item.others_at, item.own_last = next(row), next(row), next(row)
    item.one_way, item.comes_later = next(row), next(row)
    item.attempt = _made(Attempt, row, "id", "learner_id", "state", "finished_at", "deadline")
    item.question = _made(Question, row, "id", "kind")
    item.version = _made(QuestionVersion, row, "id", "content")
    return item


def _made(model, row, *names):
    return model(**{name: next(row) for name in names})


def _held(attempt, learner, number, writer):
    others = SavedAnswer.objects.filter(item=OuterRef("pk")).exclude(writer=writer).order_by().values("item")
    own = SavedAnswer.objects.filter(item=OuterRef("pk"), writer=writer).order_by().values("item")
    earlier = AttemptItem.objects.filter(
        attempt=OuterRef("attempt"), number__lt=OuterRef("number"), left_at__isnull=True
    ).order_by()
    return (
        # The item too: whoever waited here sees what was left meanwhile.
        AttemptItem.objects.select_for_update(of=("self", "attempt"), no_key=True)
        .alias(wide=Cast("number", BigIntegerField()))
        .filter(attempt=attempt, attempt__learner=learner, attempt__quiz__isnull=False, wide=number)
        .order_by()
        .select_related("attempt", "question", "version")
        .annotate(
            others_last=Subquery(others.annotate(last=Max("pk")).values("last")),
            others_at=Subquery(others.annotate(last=Max("at")).values("last")),
            own_last=Subquery(own.annotate(last=Max("pk")).values("last")),
            one_way=F("attempt__quiz__one_way"),
            comes_later=Exists(earlier),
        )
        .only(
            "number", "left_at", "points", "attempt__state", "attempt__deadline", "attempt__learner_id",
            "attempt__finished_at", "question__kind", "version__content",
        )
    )  # fmt: skip


_HELD = Prepared(int, int, int, str, build=_held)


def _other(item):
    return item.others_at if item.others_last and item.others_last > (item.own_last or 0) else None


def flag_item(learner, *, attempt, number, is_flagged) -> bool:
    """Mark a question to come back to, or not; False where there is no such question in a running attempt."""
    return bool(
        AttemptItem.objects.in_reach()
        .filter(attempt=attempt, attempt__learner=learner, attempt__state=Attempt.State.OPEN, number=number)
        .update(is_flagged=is_flagged)
    )


@transaction.atomic
def leave_item(learner, *, attempt, number, now) -> None:
    """Put the question that is asked now behind, in a quiz without a way back. Raises NoSuchItem; Left where somebody
    did so before, and NotYet, and leaves nothing then."""
    item = _held_item(learner, attempt, number, "")
    if not (item.one_way and item.attempt.is_open):
        raise NoSuchItem
    _in_turn(item)
    if not AttemptItem.objects.in_reach().filter(pk=item.pk, left_at__isnull=True).update(left_at=now):
        raise Left(number)


# --- hand in ----------------------------------------------------------------------------------------------


@transaction.atomic
def submit_attempt(attempt, *, now, by=None) -> bool:
    """Hand in what is stored and mark it; False where somebody did so before. Exactly once, whoever comes first.

    `by` None: its time is up; nothing happens before the grace after the deadline is over. An attempt that ends
    by its time ends at its deadline, however late that is noticed.
    """
    running = Attempt.objects.filter(pk=attempt.pk, state=Attempt.State.OPEN)
    if by is None:
        running = running.filter(deadline__lt=now - GRACE)
    now_value = Value(now, output_field=DateTimeField())
    ended = Least(Coalesce(F("deadline"), now_value), now_value, output_field=DateTimeField())
    if not running.update(state=Attempt.State.FINISHED, finished_at=ended):
        attempt.refresh_from_db()
        return False
    attempt.refresh_from_db()
    by_time = by is None or is_late(now, attempt.deadline)
    if by_time:
        Attempt.objects.filter(pk=attempt.pk).update(ended_by_time=True)
        attempt.ended_by_time = True
    AttemptEvent.objects.create(
        attempt=attempt, what=What.TIME_UP if by_time else What.HANDED_IN, at=now, by=None if by_time else by
    )
    mark_attempt(attempt, now=now)
    return True


def close_if_overdue(attempt, *, now) -> bool:
    """Hand in an attempt whose time is up; True where it is closed after this."""
    if attempt.is_open and is_late(now, attempt.deadline):
        submit_attempt(attempt, now=now)
    return not attempt.is_open


def close_overdue(*, now) -> int:
    """Hand in every attempt whose time is up; how many this call did. Safe to run twice at once: each is handed
    in by one of the two, in a transaction of its own."""
    overdue = Attempt.objects.filter(state=Attempt.State.OPEN, quiz__isnull=False, deadline__lt=now - GRACE)
    return sum(submit_attempt(attempt, now=now) for attempt in overdue.order_by("deadline", "pk"))
