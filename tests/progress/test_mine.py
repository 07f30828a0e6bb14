"""The learner's own page of progress: what they know, what is to come, how they studied. No streak and no rank."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from content.models import Question
from studyapp.progress.planned import Tally, first_answers
from studyapp.progress.studied import Calibration, Feeling, Studied, history_of
from studyapp.reading.reading import mark_read
from studyapp.review.days import study_day
from studyapp.review.models import Card, ReviewLog, ReviewSettings
from studyapp.review.reviewing import record_answer, undo
from tests import factories
from tests.study.conftest import create_rivers


@pytest.fixture
def rivers(db):
    return create_rivers()


@pytest.fixture
def learning(client, learner):
    client.force_login(learner)
    return client


def answer(learner, question, at, fraction=1.0, **fields):
    fields = {"origin": "practice", "response": {"answer": True}, "presented": {}} | fields
    return record_answer(
        learner, question, question.current, client_id=uuid.uuid4(), at=at, fraction=fraction, **fields
    )


def questions_of(course):
    return list(Question.objects.filter(course=course).select_related("current").order_by("pk"))


def studied_a_lesson(learner, course, today, *, days=10):
    lesson = course.lessons.get(slug="lesson-1")
    then = today - timedelta(days=days)
    mark_read(learner, list(lesson.passages.all()), now=then)
    for question in questions_of(course)[:6]:
        answer(learner, question, then, seconds=30)


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# --- what is known ----------------------------------------------------------------------------------------


def test_passage_lesson_module_and_objective_say_their_state_and_why(learning, learner, rivers, today):
    lesson = rivers.lessons.get(slug="lesson-1")
    objective = lesson.objectives.create(
        course=rivers, slug="tell", level="remember", text="Tell rivers apart"
    )
    Question.objects.filter(slug="lesson-1-1-q1").update(objective=objective)
    studied_a_lesson(learner, rivers, today, days=1)

    page = text_of(learning.get("/progress/"))

    assert "1 Module 1 Proficient You know 3 of 3 passages now." in page
    assert "2 Module 2 Not started You have not begun it yet." in page
    assert "Proficient. You know 3 of 3 passages now." in page  # the lesson
    assert re.search(
        r"Tell rivers apart Proficient You answered one question right, last on .* today\.", page
    )
    assert re.search(
        r"Part 1 of Lesson 1 Proficient You answered 2 questions right, last on .* today\.", page
    )


def test_known_once_is_told_apart_from_known_now(learning, learner, rivers, today):
    studied_a_lesson(learner, rivers, today, days=300)

    page = text_of(learning.get("/progress/"))

    assert (
        "1 Module 1 Fading You know 0 of 3 passages now; 3 more you knew once, and they need review." in page
    )
    row = page.split("Known now or once")[1].split("1 Module 1")[1].split("2 Module 2")[0].split()
    assert row[:2] == ["0", "3"]


def test_memory_by_module_is_the_mean_of_what_is_predicted(learning, learner, rivers, today):
    studied_a_lesson(learner, rivers, today)

    html = learning.get("/progress/").content.decode()

    plot = html.split('id="memory-rivers-d"')[1].split("</figure>")[0]
    share = int(re.search(r"Module 1  Module 1: (\d+)% of 6\.", plot)[1])
    assert 50 < share < 100
    assert f'<td class="num">{share}%</td><td class="num">6</td>' in plot
    assert "2  Module 2" not in plot  # nothing of it was answered


def test_wrong_answer_of_a_moment_ago_is_not_told_as_remembered(learning, learner, rivers, today):
    """The memory model says 100 % just after any answer."""
    question = rivers.questions.order_by("pk").first()
    factories.create_answer(learner, question, right=False, at=today)

    html = learning.get("/progress/").content.decode()

    assert "Module 1: 0% of 1." in html.split('id="memory-rivers-d"')[1].split("</figure>")[0]


# --- what is to come --------------------------------------------------------------------------------------


def test_forecast_counts_what_is_due_and_never_more_than_a_day_holds(learning, learner, rivers, today):
    studied_a_lesson(learner, rivers, today)
    ReviewSettings.objects.create(learner=learner, minutes_a_day=1, new_a_day=0)

    html = learning.get("/progress/").content.decode()

    rows = re.findall(r'<tr><th scope="row">(\w{3} \d+ \w{3})</th><td class="num">(\d+)</td></tr>', html)[:14]
    counts = [int(count) for _, count in rows]
    assert len(counts) == 14
    assert counts[:3] == [2, 2, 2]  # six are due, two a day fit
    assert max(counts) <= 3
    day = study_day(today, "UTC")
    assert rows[0][0] == f"{day:%a} {day.day} {day:%b}"
    assert "Never more than fits into the 1 minutes" not in html


def test_review_is_the_one_step_while_something_waits(learning, learner, rivers, today):
    studied_a_lesson(learner, rivers, today)

    html = learning.get("/progress/").content.decode()

    assert re.search(r'<a class="btn" href="/review/">Review \d+ questions', html)
    assert html.split("<main")[1].count('class="btn"') == 1


# --- days and time ----------------------------------------------------------------------------------------


def test_studied_days_are_those_with_an_answer_or_a_passage_read(learner, rivers, now):
    first, second, third, *_ = questions_of(rivers)
    answer(learner, first, now - timedelta(days=1), seconds=60)
    answer(learner, second, now - timedelta(days=1), seconds=90)
    mark_read(learner, [rivers.lessons.first().passages.first()], now=now - timedelta(days=3))
    answer(learner, third, now - timedelta(days=30), seconds=60)  # too long ago

    found = history_of(learner, now=now).studied

    assert (found.count, found.total_answers, found.total_reads, found.time) == (2, 2, 1, "2 min")


def test_answer_after_midnight_belongs_to_the_evening_before(learner, rivers, now):
    learner.time_zone = "Asia/Baghdad"  # three hours ahead
    first, second, *_ = questions_of(rivers)
    answer(learner, first, now.replace(hour=20))  # 23:00 there
    answer(learner, second, now.replace(hour=23))  # 02:00 there

    assert history_of(learner, now=now + timedelta(days=1)).studied.count == 1


def test_pause_in_front_of_a_question_is_no_studying(learner, rivers, now):
    answer(learner, questions_of(rivers)[0], now, seconds=7200)

    assert history_of(learner, now=now).studied.time == "3 min"


def test_long_times_are_said_in_hours():
    day = timezone.now().date()

    assert Studied((day,), {}, {}, {day: 7800}).time == "2 h 10 min"


def test_undo_is_no_answer(learner, rivers, now):
    answer(learner, questions_of(rivers)[0], now)
    undo(ReviewLog.objects.get(), now=now)

    assert history_of(learner, now=now).studied.total_answers == 1


def test_no_streak_no_rank_and_no_blame(learning, learner, rivers, today):
    studied_a_lesson(learner, rivers, today)

    page = text_of(learning.get("/progress/")).lower()

    assert "1 of the last 30. a missed day costs nothing." in page
    assert not re.search(r"streak|rank|leaderboard|in a row|better than", page)


# --- how sure ---------------------------------------------------------------------------------------------


def say(learner, course, now, *, sure, right, wrong):
    question = questions_of(course)[0]
    for n in range(right + wrong):
        answer(learner, question, now + timedelta(minutes=n), 1.0 if n < right else 0.5, sure=sure)


def test_calibration_waits_for_ten_answers(learning, learner, rivers, today):
    studied_a_lesson(learner, rivers, today)
    say(learner, rivers, today, sure=True, right=9, wrong=0)

    page = text_of(learning.get("/progress/"))
    assert "After ten answers" in page
    assert "So far you said it of 9." in page

    say(learner, rivers, today, sure=True, right=0, wrong=1)
    say(learner, rivers, today, sure=False, right=1, wrong=2)

    html = learning.get("/progress/").content.decode()
    assert "After ten answers" not in html
    assert "Sure: 90% of 10 right. Unsure: 1 of 3 right." in html


def test_calibration_leaves_out_what_is_held_undone_or_not_said(learner, rivers, now):
    first, second, *_ = questions_of(rivers)
    answer(learner, first, now, sure=True, held=True)
    answer(learner, second, now, sure=True)
    undo(ReviewLog.objects.latest("pk"), now=now)
    answer(learner, second, now)

    assert history_of(learner, now=now).calibration.total == 0


@pytest.mark.parametrize(
    ("sure", "unsure", "advice"),
    [
        ((7, 10), (5, 10), "look twice"),
        ((19, 20), (17, 20), "more than you think"),
        ((19, 20), (10, 20), "good guide"),
        ((9, 10), (0, 3), "mostly trust it"),
        ((3, 3), (5, 10), "another look at it pays"),
    ],
)
def test_advice_follows_from_the_numbers(sure, unsure, advice):
    assert advice in Calibration(Feeling("Sure", *sure), Feeling("Unsure", *unsure)).advice


# --- plots ------------------------------------------------------------------------------------------------


def test_every_plot_has_its_words_and_its_table(learning, learner, rivers, today):
    studied_a_lesson(learner, rivers, today)
    say(learner, rivers, today, sure=True, right=10, wrong=0)

    html = learning.get("/progress/").content.decode()

    plots = re.findall(r'<svg class="plot[^"]*" height="\d+" role="img" aria-labelledby="(\S+) (\S+)">', html)
    assert len(plots) == 6
    for title, desc in plots:
        assert re.search(rf'<title id="{title}">[^<]+</title><desc id="{desc}">[^<]+</desc>', html)
    assert html.count("<summary>Show as table</summary>") == 6
    assert "style=" not in html.split("<main")[1]


def test_newcomer_sees_no_empty_plots(learning, rivers):
    html = learning.get("/progress/").content.decode()

    assert 'class="plot' not in html
    assert "Nothing read yet." in html


def test_held_question_tells_nothing_here(learning, learner, rivers, today):
    studied_a_lesson(learner, rivers, today)
    before = learning.get("/progress/").context["to_come"].table
    Card.objects.update(held=True)

    assert learning.get("/progress/").context["to_come"].table != before


def test_paused_question_is_known_and_does_not_come(learning, learner, rivers, today):
    studied_a_lesson(learner, rivers, today, days=1)
    known = learning.get("/progress/").context["known"]
    Card.objects.update(suspended_at=today + timedelta(minutes=1))
    ReviewSettings.objects.create(learner=learner, new_a_day=0)

    page = learning.get("/progress/").context

    assert page["known"] == known > 0
    assert [count for _, count in page["to_come"].table[1:]] == [0] * 14


def test_new_questions_on_what_was_read_are_expected(learning, learner, rivers, today):
    mark_read(learner, list(rivers.lessons.first().passages.all()), now=today)
    ReviewSettings.objects.create(learner=learner, new_a_day=2)

    counts = [count for _, count in learning.get("/progress/").context["to_come"].table[1:]]

    assert counts[0] == 2  # of six
    assert min(counts[1:3]) >= 2


def test_day_on_which_a_passage_was_read_stays_when_the_passage_goes(learner, rivers, now):
    passage = rivers.lessons.first().passages.first()
    mark_read(learner, [passage], now=now)
    passage.is_retired = True
    passage.save()

    assert history_of(learner, now=now).studied.total_reads == 1


def test_first_answers_are_told_alike_on_both_pages(learner, rivers, now):
    first, second, third, *_ = questions_of(rivers)
    for question, fraction in ((first, 1.0), (first, 0.0), (second, 0.5), (third, 1.0)):
        answer(learner, question, now, fraction, sure=True)
        now += timedelta(days=2)

    assert history_of(learner, now=now).firsts == first_answers(learner) == Tally(total=3, right=2)


def test_review_of_another_learner_is_none_of_mine(learning, learner, classmate, rivers, today):
    studied_a_lesson(classmate, rivers, today)
    factories.create_cohort(rivers, learners=[learner, classmate])

    assert "Nothing read yet." in text_of(learning.get("/progress/"))
