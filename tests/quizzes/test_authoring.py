from io import StringIO

import pytest
from django.core.management import call_command

from content.models import Course
from studyapp.quizzes.authoring import NotReady, outlook_of, save_quiz, sync_quizzes
from studyapp.quizzes.models import Attempt, AttemptItem, Quiz, SavedAnswer, Slot
from studyapp.quizzes.sittings import NoSuchItem, submit_attempt
from tests.factories import create_course, create_lesson, create_question, create_quiz, save_in

pytestmark = pytest.mark.django_db
DEFINITION = {
    "id": "quiz-one",
    "title": "Quiz one",
    "module": "one",
    "preset": "exam",
    "time_limit_minutes": 40,
    "attempts": 1,
    "pass_percent": 60,
    "slots": [
        {"draw": 2, "points": 1, "lessons": ["sources"], "levels": ["remember"]},
        {"question": "q-1", "points": 3},
    ],
}


@pytest.fixture
def course():
    course = create_course()
    lesson = create_lesson(course)
    for n in range(1, 5):
        create_question(lesson, f"q-{n}")
    return course


def rows(course):
    return [
        (
            q.slug,
            q.state,
            q.title,
            [(s.question and s.question.slug, s.draw, s.points, s.filter) for s in q.slots.all()],
        )
        for q in Quiz.objects.filter(course=course)
    ]


def test_definition_becomes_a_quiz_with_its_slots(course, now):
    sync_quizzes(course, [DEFINITION], now=now)

    quiz = Quiz.objects.get(course=course)
    assert (quiz.preset, quiz.time_limit_minutes, quiz.attempts_allowed, quiz.pass_percent) == (
        "exam",
        40,
        1,
        60,
    )
    assert quiz.module.slug == "one"
    assert rows(course)[0][3] == [
        (None, 2, 1, {"lessons": ["sources"], "levels": ["remember"]}),
        ("q-1", 1, 3, {}),
    ]


def test_loading_twice_changes_nothing(course, now):
    assert sync_quizzes(course, [DEFINITION], now=now) == (1, 0)
    before = list(Slot.objects.values())

    assert sync_quizzes(course, [DEFINITION], now=now) == (0, 0)
    assert list(Slot.objects.values()) == before


def test_what_was_edited_in_the_product_stays_while_the_file_does_not_change(course, now):
    sync_quizzes(course, [DEFINITION], now=now)
    Quiz.objects.update(title="Edited")

    sync_quizzes(course, [DEFINITION], now=now)

    assert Quiz.objects.get().title == "Edited"


def test_quiz_that_files_no_longer_hold_is_retired_and_one_made_by_hand_stays(course, now):
    Quiz.objects.create(course=course, slug="by-hand", title="By hand", state="ready")
    sync_quizzes(course, [DEFINITION], now=now)

    assert sync_quizzes(course, [], now=now) == (0, 1)

    assert dict(Quiz.objects.values_list("slug", "state")) == {"quiz-one": "retired", "by-hand": "ready"}
    assert sync_quizzes(course, [DEFINITION], now=now) == (1, 0)
    assert Quiz.objects.get(slug="quiz-one").state == "ready"


@pytest.fixture
def tried(course, start, instructor, learner, now):
    """tried(quiz): a preview that was handed in and marked, one that runs, and the attempt of a learner."""

    def tried(quiz):
        done = start(quiz, by=instructor, preview=True)
        save_in(done, 1, {"answer": ["true"]}, at=now)
        submit_attempt(done, now=now, by=instructor)
        running = start(quiz, by=instructor, preview=True)
        save_in(running, 1, {"answer": ["true"]}, at=now)
        save_in(start(quiz), 1, {"answer": ["true"]}, at=now)
        return running

    return tried


def test_previews_are_thrown_away_when_the_quiz_is_saved_and_attempts_of_learners_stay(
    course, tried, start, instructor, learner, now
):
    quiz, other = create_quiz(course), create_quiz(course, "another")
    running = tried(quiz)
    start(other, by=instructor, preview=True)

    save_quiz(quiz, slots_of(quiz))

    assert list(Attempt.objects.values_list("quiz", "kind")) == [(quiz.pk, "quiz"), (other.pk, "preview")]
    assert SavedAnswer.objects.get().item.attempt.learner == learner
    with pytest.raises(NoSuchItem):
        save_in(running, 1, {"answer": ["false"]}, at=now, sequence=1)


def test_next_preview_shows_the_quiz_as_it_is_now(course, start, instructor, now):
    quiz = create_quiz(course, slots=[{"question": course.questions.get(slug="q-1")}])
    start(quiz, by=instructor, preview=True)

    save_quiz(quiz, [Slot(question=course.questions.get(slug="q-2"))])
    start(quiz, by=instructor, preview=True)

    assert AttemptItem.objects.get().question.slug == "q-2"


def test_refused_quiz_keeps_its_previews(course, start, instructor):
    quiz = create_quiz(course)
    start(quiz, by=instructor, preview=True)

    with pytest.raises(NotReady):
        save_quiz(quiz, [Slot(draw=9)])

    assert Attempt.objects.count() == 1


def test_files_that_change_or_drop_a_quiz_throw_its_previews_away(course, start, instructor, now):
    def tried_after(*definitions):
        for quiz in Quiz.objects.filter(state="ready"):
            start(quiz, by=instructor, preview=True)
        sync_quizzes(course, definitions, now=now)
        return sorted(Attempt.objects.values_list("quiz__slug", flat=True))

    second = DEFINITION | {"id": "quiz-two"}
    sync_quizzes(course, [DEFINITION, second], now=now)

    assert tried_after(DEFINITION, second) == ["quiz-one", "quiz-two"]
    assert tried_after(DEFINITION, second | {"title": "Renamed"}) == ["quiz-one"]
    assert tried_after(second | {"title": "Renamed"}) == ["quiz-two"]


def slots_of(quiz):
    return list(quiz.slots.select_related("question"))


def test_quiz_that_cannot_be_drawn_is_refused_with_the_slot_and_the_number(course, now):
    quiz = Quiz(course=course, slug="too-many", title="Too many", state="ready")

    with pytest.raises(NotReady, match="Slot 1 draws 9 and there are 4: 5 questions too few"):
        save_quiz(quiz, [Slot(draw=9)])

    assert not Quiz.objects.exists()
    quiz.state = "draft"
    assert save_quiz(quiz, [Slot(draw=9)]).slots.get().draw == 9


def test_quiz_without_a_slot_is_not_shown(course):
    with pytest.raises(NotReady, match="at least one slot"):
        save_quiz(Quiz(course=course, slug="empty", title="Empty", state="ready"), [])


def test_slot_that_stays_keeps_its_row_and_one_that_went_is_gone(course):
    quiz = save_quiz(Quiz(course=course, slug="some", title="Some"), [Slot(draw=1), Slot(draw=2, position=1)])
    first, second = slots_of(quiz)

    save_quiz(quiz, [Slot(pk=second.pk, draw=3, position=0), Slot(draw=1, position=1)])

    kept, new = slots_of(quiz)
    assert (kept.pk, kept.draw) == (second.pk, 3)
    assert new.pk not in (first.pk, second.pk)


def test_outlook_says_how_many_fit_each_slot_and_what_the_quiz_is_worth(course):
    quiz = Quiz(course=course, slug="some", title="Some")

    outlook = outlook_of(quiz, [Slot(draw=2, points=3), Slot(draw=1, filter={"tags": ["no-such-tag"]})])

    assert [(row.wanted, row.found) for row in outlook.slots] == [(2, 4), (1, 0)]
    assert (outlook.questions, outlook.points) == (3, 7)
    assert outlook.problems == ["Slot 2 draws 1 and there are 0: 1 question too few."]


def test_draft_and_retired_questions_are_not_drawn(course):
    quiz = Quiz.objects.create(course=course, slug="some", title="Some")
    fixed = course.questions.get(slug="q-2")
    slots = [Slot(draw=3), Slot(question=fixed)]
    assert outlook_of(quiz, slots).problems == []

    course.questions.filter(slug="q-2").update(state="draft")

    assert outlook_of(quiz, slots).problems == [
        "Slot 2 asks “q-2”, which is not ready, or whose lesson is not."
    ]


def test_quizzes_of_the_first_course_can_be_drawn():
    call_command("load_course", "content/library/us-iraq-relations", verbosity=0, stdout=StringIO())

    quizzes = list(Quiz.objects.all())
    assert len(quizzes) == len(Course.objects.get().quizzes) >= 8
    for quiz in quizzes:
        assert outlook_of(quiz, slots_of(quiz)).problems == []
