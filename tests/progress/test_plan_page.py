import re
import uuid
from datetime import timedelta

import pytest

from content.models import Question
from studyapp.accounts.models import User
from studyapp.reading.reading import mark_read
from studyapp.review.days import study_day
from studyapp.review.models import Card, ExamDate, ReviewLog, ReviewSettings
from studyapp.review.reviewing import record_answer
from tests import factories
from tests.content.questions.examples import EXAMPLES
from tests.study.conftest import create_rivers

PLAN = "/progress/plan/rivers/"


@pytest.fixture
def rivers(db):
    return create_rivers()


@pytest.fixture
def planning(client, learner):
    client.force_login(learner)
    return client


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def in_days(today, days):
    return study_day(today, "UTC") + timedelta(days=days)


def set_date(client, today, days, **fields):
    return client.post(PLAN, {"on": in_days(today, days).isoformat()} | fields)


def answer(learner, question, at, fraction=1.0):
    record_answer(
        learner, question, question.current, client_id=uuid.uuid4(), at=at, origin="practice", fraction=fraction,
        response={"answer": True}, presented={},
    )  # fmt: skip


def study(learner, course, today, *, lesson="lesson-1"):
    """A lesson read and each of its questions answered right ten days ago."""
    lesson = course.lessons.get(slug=lesson)
    then = today - timedelta(days=10)
    mark_read(learner, list(lesson.passages.all()), now=then)
    for question in Question.objects.filter(lesson=lesson).select_related("current"):
        answer(learner, question, then)


# --- the date ---------------------------------------------------------------------------------------------


def test_page_asks_for_the_date_first(planning, rivers):
    page = text_of(planning.get(PLAN))

    assert "When is your exam?" in page
    assert "What to expect" not in page


def test_date_is_set_changed_and_removed(planning, learner, rivers, today):
    response = set_date(planning, today, 40)

    assert (response.status_code, response.url) == (303, PLAN)
    assert "is in 40 days." in text_of(planning.get(PLAN))
    set_date(planning, today, 1)
    assert "Your exam is tomorrow." in text_of(planning.get(PLAN))
    planning.post(PLAN, {"remove": 1})
    assert not ExamDate.objects.exists()
    assert "When is your exam?" in text_of(planning.get(PLAN))


@pytest.mark.parametrize(
    "on",
    [
        "",
        "tomorrow",
        "2026-02-30",
        "0000-00-00",
        "10000-01-01",
        "2001-01-01",
        "2999-01-01",
        "2026-13-01",
        "\x00",
    ],
)
def test_impossible_date_is_refused_at_its_field(planning, rivers, on):
    response = planning.post(PLAN, {"on": on})

    assert response.status_code == 422
    assert "The day is not saved" in text_of(response)
    assert not ExamDate.objects.exists()


def test_post_of_no_button_of_ours_is_refused(planning, rivers):
    assert planning.post(PLAN, {"off": 1}).status_code == 400


def test_date_of_the_class_is_used_and_named(planning, learner, rivers, today):
    factories.create_cohort(rivers, learners=[learner], name="Class A", exam_on=in_days(today, 30))

    page = text_of(planning.get(PLAN))

    assert "is in 30 days." in page
    assert "The exam of your class, Class A," in page
    assert "Remove my date" not in page


def test_exam_that_is_over_is_said_to_be(planning, learner, rivers, today):
    ExamDate.objects.create(learner=learner, course=rivers, on=in_days(today, -3), set_at=today)

    page = text_of(planning.get(PLAN))

    assert "The exam was on" in page
    assert "Day by day" not in page


def test_visitor_who_sets_a_date_becomes_a_guest_and_one_who_looks_does_not(client, rivers, today):
    client.get(PLAN)
    assert not User.objects.exists()
    client.post(PLAN, {"on": "yesterday"})
    assert not User.objects.exists()

    set_date(client, today, 20)

    assert User.objects.get().is_guest
    assert "is in 20 days." in text_of(client.get(PLAN))


def test_plans_lead_to_the_course_read_last(planning, learner, rivers, today):
    other = factories.create_course("deltas", title="A first course")
    factories.create_lesson(other, "mouths")
    assert planning.get("/progress/plan/").url == "/progress/plan/deltas/"

    planning.post("/courses/rivers/lesson-1/place/", {"passage": "lesson-1-1"})

    assert planning.get("/progress/plan/").url == PLAN


# --- the plan ---------------------------------------------------------------------------------------------


def test_plan_says_what_to_read_and_review_on_each_day(planning, learner, rivers, today):
    study(learner, rivers, today)
    set_date(planning, today, 5)

    page = text_of(planning.get(PLAN))

    assert "Read § 1 of 2.1" in page  # the one button: what to do first
    today_row, tomorrow = page.split("Day by day")[1].split(" min ", 2)[:2]
    assert "Read § 1 of Lesson 2" in today_row
    assert "Review 6 questions" in today_row
    assert "2 new questions on what you read today" in today_row
    assert "Read § 2 of Lesson 2" in tomorrow


def test_what_is_done_today_leaves_the_plan_of_today(planning, learner, rivers, today):
    study(learner, rivers, today)
    set_date(planning, today, 5)
    first = rivers.lessons.get(slug="lesson-2").passages.first()

    mark_read(learner, [first], now=today)

    page = text_of(planning.get(PLAN)).split("Day by day")[1]
    assert "§ 1 of Lesson 2" not in page
    assert "Read § 2 of Lesson 2" in page.split(" min ")[1]


def test_missed_days_are_spread_over_those_that_are_left(planning, learner, rivers, today):
    set_date(planning, today, 30)
    assert "§ 1–" not in text_of(planning.get(PLAN))

    ExamDate.objects.update(on=in_days(today, 2))

    page = text_of(planning.get(PLAN)).split("Day by day")[1]
    assert "Read § 1–3 of Lesson 1 Read § 1–3 of Lesson 2" in page


def test_prediction_is_said_to_be_one_and_what_it_rests_on(planning, learner, rivers, today):
    study(learner, rivers, today)
    set_date(planning, today, 30)

    page = text_of(planning.get(PLAN))

    with_plan, alone = map(int, re.search(r"recall (\d+) of 100 .* if you stop now, (\d+)\.", page).groups())
    assert 0 < alone < with_plan <= 100
    assert "A prediction, not a promise." in page
    assert "We know little of you yet: 6 answers of yours" in page


def test_questions_that_will_not_be_asked_are_owned_up_to(planning, learner, rivers, today):
    ReviewSettings.objects.create(learner=learner, new_a_day=1)
    set_date(planning, today, 3)

    page = text_of(planning.get(PLAN))

    assert "9 questions will not have been asked by then." in page


def test_plots_have_title_description_and_table(planning, learner, rivers, today):
    study(learner, rivers, today)
    set_date(planning, today, 100)

    html = planning.get(PLAN).content.decode()

    for id in ("expected", "minutes"):
        assert f'aria-labelledby="{id}-t {id}-d"><title id="{id}-t">' in html
        assert f'<desc id="{id}-d">' in html
    assert html.count("<summary>Show as table</summary>") == 2
    assert "Minutes a week until the exam" in html
    assert "style=" not in html.split("<main")[1]


def test_plan_never_shows_or_counts_what_is_kept_for_exams(planning, learner, rivers, today):
    study(learner, rivers, today)
    secret = factories.create_question(
        rivers.lessons.get(slug="lesson-2"), "secret", use="exam", content=canary("CANARY")
    )
    held = Question.objects.exclude(pk=secret.pk).first()
    Card.objects.update_or_create(learner=learner, question=held, defaults={"course": rivers, "held": True})
    set_date(planning, today, 9)

    page = planning.get(PLAN)

    assert "CANARY" not in page.content.decode()
    # Twelve in all, without the one a quiz holds back.
    assert page.context["plan"].plan.questions == 11


def canary(word):
    return EXAMPLES["true_false"] | {"stem": f"{word} flows."}


def test_looking_stores_nothing(planning, learner, rivers, today):
    study(learner, rivers, today)
    set_date(planning, today, 9)
    before = list(Card.objects.values()), list(ExamDate.objects.values()), ReviewLog.objects.count()

    planning.get(PLAN)

    assert (list(Card.objects.values()), list(ExamDate.objects.values()), ReviewLog.objects.count()) == before


@pytest.mark.parametrize("size", [1, 3])
def test_plan_costs_the_same_queries_whatever_there_is(
    planning, learner, today, django_assert_num_queries, size, db
):
    course = create_rivers(lessons=2 * size, passages=2 * size, questions=2 * size)
    study(learner, course, today)
    set_date(planning, today, 30)

    with django_assert_num_queries(15):
        planning.get(PLAN)


def test_home_and_progress_lead_to_the_plan(planning, learner, rivers, today):
    study(learner, rivers, today)
    on = in_days(today, 40)
    set_date(planning, today, 40)

    for page in ("/", "/progress/"):
        html = planning.get(page).content.decode()
        assert f'href="{PLAN}"' in html
        assert f"Plan for the exam on {on.day} {on:%B}" in html


def test_course_that_is_still_being_written_has_a_plan_without_promises(planning, learner, today, db):
    factories.create_course("rivers")
    set_date(planning, today, 40)

    page = text_of(planning.get(PLAN))

    assert "no questions yet by which we could tell" in page
    assert "What to expect" not in page


def test_on_the_day_itself_nothing_is_planned_any_more(planning, learner, rivers, today):
    study(learner, rivers, today)
    ExamDate.objects.create(learner=learner, course=rivers, on=in_days(today, 0), set_at=today)

    page = text_of(planning.get(PLAN))

    assert re.search(r"Your exam is today\. Of 100 questions you would probably recall \d+\.", page)
    assert "Day by day" not in page
