import uuid
from datetime import timedelta

import pytest

from studyapp.progress.mastery import FADING, MASTERED, NOT_STARTED, PROFICIENT, SEEN, State, whole
from studyapp.progress.queries import learner_overview
from studyapp.review.reviewing import record_answer
from tests import factories


@pytest.fixture
def lesson(db):
    return factories.create_lesson(factories.create_course(), passages=1)


def answer(learner, question, at, fraction=1.0):
    record_answer(
        learner, question, question.current, client_id=uuid.uuid4(), at=at, origin="practice", fraction=fraction,
        response={}, presented={},
    )  # fmt: skip


def passage_state(learner, lesson, now):
    (view,) = learner_overview(learner, [lesson.course], now=now)
    return view.passages[0].state


def test_mastery_falls_as_predicted_recall_falls(learner, lesson, now):
    for n in (1, 2):
        answer(learner, factories.create_question(lesson, f"q{n}", kind="short_text"), now)

    assert passage_state(learner, lesson, now + timedelta(days=1)).name == PROFICIENT
    later = passage_state(learner, lesson, now + timedelta(days=40))

    assert (later.name, later.is_known, later.was_known) == (FADING, False, True)
    assert "You knew it, but would probably recall" in later.why


def test_repeated_right_answers_keep_a_passage_known_for_longer(learner, lesson, now):
    question = factories.create_question(lesson, kind="short_text")
    for days in (0, 3, 12, 40):
        answer(learner, question, now + timedelta(days=days))

    assert passage_state(learner, lesson, now + timedelta(days=80)).name == MASTERED


def test_objective_is_known_by_the_questions_that_ask_for_it(learner, lesson, now):
    objective = lesson.objectives.create(
        course=lesson.course, slug="tell", level="remember", text="Tell rivers apart"
    )
    lesson.objectives.create(course=lesson.course, slug="name", level="remember", text="Name them")
    answer(learner, factories.create_question(lesson, kind="short_text", objective=objective), now)

    (view,) = learner_overview(learner, [lesson.course], objectives=True, now=now)
    known, other = view.lessons[0].objectives

    assert (known.text, known.questions, known.state.name) == ("Tell rivers apart", 1, PROFICIENT)
    assert (other.questions, other.state.name) == (0, NOT_STARTED)
    assert (
        known.state.why
        == "You answered one question right, last on 10 March, and would probably recall 100% of it today."
    )
    assert other.state.why == "No question asks for it yet."


def states(text):
    names = {"m": MASTERED, "p": PROFICIENT, "f": FADING, "s": SEEN, "0": NOT_STARTED}
    return [State(names[letter], "") for letter in text]


@pytest.mark.parametrize(
    ("passages", "name", "why"),
    [
        ("", "not_started", "There is nothing in it yet."),
        ("000", "not_started", "You have not begun it yet."),
        ("s00", "seen", "You have begun 1 of 3 passages, and know none yet."),
        ("ps0", "familiar", "You know 1 of 3 passages now."),
        ("pm", "proficient", "You know 2 of 2 passages now."),
        ("mm", "mastered", "You know 2 of 2 passages now."),
        ("ppppf", "familiar", "You know 4 of 5 passages now; 1 more you knew once, and it needs review."),
        ("pf", "fading", "You know 1 of 2 passages now; 1 more you knew once, and it needs review."),
        ("f", "fading", "You know 0 of 1 passage now; 1 more you knew once, and it needs review."),
    ],
)
def test_whole_is_made_of_its_passages(passages, name, why):
    found = whole(states(passages))

    assert (found.name, found.why) == (name, why)


def test_passed_once_is_told_apart_from_still_known():
    found = whole(states("pmff0"))

    assert (found.passed, found.known, found.total) == (4, 2, 5)
