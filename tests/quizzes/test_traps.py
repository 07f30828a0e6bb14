"""Traps into which others fell, in the order of our list of them; those of browsers are in tests/browser, those of
load in tests/trust/test_promises.py."""

import csv
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.utils import timezone

from content.models import Question, Topic
from content.questions import get_kind
from studyapp.classes.enrolling import leave
from studyapp.quizzes.allowing import allow, take_back
from studyapp.quizzes.by_hand import Judgement, draft_mark, release_marks
from studyapp.quizzes.drawing import CannotDraw
from studyapp.quizzes.late import accept_late
from studyapp.quizzes.marking import mark_attempt
from studyapp.quizzes.models import Attempt, AttemptItem, Mark, SavedAnswer
from studyapp.quizzes.problem_reports import report_problem
from studyapp.quizzes.queries import my_marks
from studyapp.quizzes.releasing import release_results
from studyapp.quizzes.sittings import close_overdue, submit_attempt
from studyapp.quizzes.teaching import class_quiz, quizzes_of_class
from studyapp.quizzes.usage import fares
from tests.factories import create_cohort, create_question, create_quiz, save_in

pytestmark = pytest.mark.django_db
TRUE, FALSE = {"answer": ["true"]}, {"answer": ["false"]}
MINUTE = timedelta(minutes=1)
BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


@pytest.fixture(autouse=True)
def _scores_are_right():
    """After every trap each stored mark follows from what was saved."""
    yield
    call_command("verify_scores", verbosity=0)


@pytest.fixture
def browser(client, learner):
    client.force_login(learner)
    return client


def page_of(attempt, rest=""):
    return f"/attempts/{attempt.pk}/{rest}"


def text_of(response):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def test_trap_1_hand_in_in_one_tab_and_type_in_the_other(browser, start, quiz):
    attempt = start(quiz, at=timezone.now())
    one, two = browser.get(page_of(attempt)), browser.get(page_of(attempt))
    assert one.status_code == two.status_code == 200
    browser.post(page_of(attempt, "review/"), {"hand_in": "1"})

    told = browser.post(
        page_of(attempt, "1/save/"),
        {
            "client_id": "00000000-0000-4000-8000-000000000001",
            "writer": "two",
            "number": "1",
            "q1_answer": "true",
        },
    ).json()

    assert (told["is_late"], told["is_open"], told["left"]) == (True, False, 0)
    assert "1 answer arrived after the end" in text_of(browser.get(page_of(attempt, "result/")))
    assert Attempt.objects.get().points == 0


def test_trap_2_clock_closes_the_attempt_while_the_student_hands_in(browser, start, quiz, learner):
    attempt = start(quiz, at=timezone.now() - 31 * MINUTE)
    stale = Attempt.objects.get(pk=attempt.pk)
    assert close_overdue(now=timezone.now()) == 1

    assert not submit_attempt(stale, now=timezone.now(), by=learner)
    answer = browser.post(page_of(attempt, "review/"), {"hand_in": "1"}, follow=True)

    assert "handed in by itself" in text_of(answer)
    assert [event.what for event in attempt.events.all()] == ["started", "time up"]


def test_trap_4_question_edited_topic_deleted_and_newest_version_archived_while_attempts_run(
    browser, start, course, bank
):
    topic = Topic.objects.create(course=course, name="planets")
    bank[0].topics.add(topic)
    quiz = create_quiz(
        course,
        slots=[{"draw": 1, "filter": {"tags": ["planets"]}}, {"question": bank[1]}],
        time_limit_minutes=30,
    )
    attempt = start(quiz, at=timezone.now())
    before = list(attempt.items.values("version", "presented"))

    create_question(bank[0].lesson, "q-1", content=bank[0].current.content | {"stem": "A new wording?"})
    topic.delete()
    Question.objects.filter(pk=bank[1].pk).update(state="retired")

    page = text_of(browser.get(page_of(attempt)))
    assert "A new wording?" not in page
    save_in(attempt, 1, TRUE, at=timezone.now())
    save_in(attempt, 2, TRUE, at=timezone.now())
    assert browser.post(page_of(attempt, "review/"), {"hand_in": "1"}).status_code == 303
    assert list(attempt.items.values("version", "presented")) == before
    with pytest.raises(CannotDraw, match="Slot 1 draws 1 and there are 0"):
        start(quiz, at=timezone.now() + MINUTE)
    again = browser.post(f"/quizzes/rivers/{quiz.slug}/", {"start": "1"})
    assert (again.status_code, "too few questions" in text_of(again)) == (422, True)


@pytest.mark.parametrize("points", [0, 1])
@pytest.mark.parametrize("questions", [1, 3])
def test_trap_5_quiz_without_points_of_one_question_by_one_student(
    browser, start, course, bank, learner, points, questions
):
    quiz = create_quiz(
        course,
        slots=[{"question": question, "points": points} for question in bank[:questions]],
        preset="learn",
        pass_percent=50,
        bands=[{"from": 0, "text": "A band."}],
    )
    attempt = start(quiz, at=timezone.now())
    save_in(attempt, 1, TRUE, at=timezone.now())

    submit_attempt(attempt, now=timezone.now(), by=learner)

    result, marks = text_of(browser.get(page_of(attempt, "result/"))), text_of(browser.get("/marks/"))
    assert f"of {points * questions} point" in result
    assert quiz.title in marks
    [row] = [row for row in my_marks(learner, now=timezone.now()) if row.quiz == quiz]
    assert (row.percent is None) is (points == 0)
    assert browser.get(f"/quizzes/rivers/{quiz.slug}/").status_code == 200


def test_trap_6_slot_with_too_few_questions_says_so_and_starts_nothing(browser, course, bank):
    quiz = create_quiz(course, slots=[{"draw": 4}])

    answer = browser.post(f"/quizzes/rivers/{quiz.slug}/", {"start": "1"})

    assert (answer.status_code, Attempt.objects.count()) == (422, 0)
    assert "too few questions" in text_of(answer)


def test_trap_6_question_reachable_by_two_slots_comes_once(start, course, bank):
    quiz = create_quiz(course, slots=[{"draw": 2}, {"question": bank[0]}])

    drawn = [item.question for item in start(quiz).items.all()]

    assert sorted(q.pk for q in drawn) == sorted(q.pk for q in bank)
    assert drawn[2] == bank[0]


@pytest.mark.parametrize(
    ("begins", "zone"),
    [
        (datetime(2026, 3, 29, 1, 50, tzinfo=BERLIN), BERLIN),  # 02:00 becomes 03:00
        (datetime(2026, 10, 25, 2, 50, tzinfo=BERLIN), BERLIN),  # 03:00 becomes 02:00
        (datetime(2026, 3, 8, 1, 50, tzinfo=NEW_YORK), NEW_YORK),
        (datetime(2026, 11, 1, 1, 50, tzinfo=NEW_YORK), NEW_YORK),
    ],
)
def test_trap_7_limit_lasts_its_minutes_over_the_clock_change(
    start, quiz, instructor, course, learner, begins, zone
):
    attempt = start(quiz, at=begins.astimezone(UTC))

    allow(course, by=instructor, reason="slept badly", now=begins, user=learner, extra_minutes=60)

    attempt.refresh_from_db()
    assert attempt.deadline - attempt.started_at == 90 * MINUTE
    assert not save_in(attempt, 1, TRUE, at=begins.astimezone(UTC) + 89 * MINUTE).is_late
    assert save_in(attempt, 1, TRUE, at=begins.astimezone(UTC) + 91 * MINUTE, sequence=1).is_late


def test_trap_7_closing_date_in_the_week_of_the_change_is_extended_across_it(
    start, course, bank, instructor, learner
):
    closes = datetime(2026, 3, 28, 18, 0, tzinfo=BERLIN)
    quiz = create_quiz(course, slots=bank, closes_at=closes)
    attempt = start(quiz, at=closes - 60 * MINUTE)
    assert attempt.deadline == closes

    later = datetime(2026, 3, 29, 18, 0, tzinfo=BERLIN)  # a day later by the wall, 23 hours by the clock
    given = allow(course, by=instructor, reason="ill", now=closes, user=learner, closes_at=later)

    attempt.refresh_from_db()
    # Compared in UTC: two times of one zone are otherwise told apart by the wall.
    assert attempt.deadline.astimezone(UTC) - closes.astimezone(UTC) == timedelta(hours=23)
    assert not save_in(attempt, 1, TRUE, at=closes + timedelta(hours=20)).is_late
    take_back(given, by=instructor, now=closes + timedelta(hours=1))
    attempt.refresh_from_db()
    assert attempt.deadline == closes


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"])
def test_trap_7_student_elsewhere_reads_the_end_in_their_own_time(
    browser, start, course, bank, learner, zone
):
    learner.time_zone = zone
    learner.save()
    quiz = create_quiz(course, slots=bank, time_limit_minutes=30)
    attempt = start(quiz, at=timezone.now())

    page = text_of(browser.get(page_of(attempt)))

    ends = attempt.deadline.astimezone(ZoneInfo(zone))
    assert f"Handed in by itself at {ends:%H:%M}" in page


def test_trap_7_twenty_four_hundred_is_the_end_of_the_day(start, course, bank):
    midnight = datetime(2026, 5, 1, 0, 0, tzinfo=BERLIN)  # 24:00 of the 30th of April
    quiz = create_quiz(course, slots=bank, closes_at=midnight)
    attempt = start(quiz, at=midnight - timedelta(hours=1))

    assert attempt.deadline == midnight
    assert not save_in(attempt, 1, TRUE, at=midnight - timedelta(seconds=1)).is_late


def test_trap_8_more_time_given_and_taken_back_while_the_attempt_runs(
    browser, start, quiz, course, learner, instructor
):
    began = timezone.now() - 25 * MINUTE
    attempt = start(quiz, at=began)
    given = allow(
        course,
        by=instructor,
        reason="fire alarm",
        now=began + 20 * MINUTE,
        quiz=quiz,
        user=learner,
        extra_minutes=30,
    )
    assert browser.get(page_of(attempt, "time/")).json()["left"] > 30 * 60
    save_in(attempt, 1, TRUE, at=began + 40 * MINUTE)

    take_back(given, by=instructor, now=began + 41 * MINUTE)

    assert browser.get(page_of(attempt, "time/")).json()["left"] <= 5 * 60
    attempt.refresh_from_db()
    assert attempt.is_open
    assert close_overdue(now=began + 42 * MINUTE) == 1
    # What was saved while the time ran by the rules of then counts.
    assert SavedAnswer.objects.get().is_late is False
    assert [event.what for event in attempt.events.all()] == ["started", "deadline", "deadline", "time up"]


TEXTS = {
    "less than": "if a < b then c > d",
    "markup": "<b>bold</b><script>alert(1)</script>",
    "newline": "first line\nsecond line",
    "equals": '=HYPERLINK("http://other.example")',
    "long": "x" * 9_990 + " the end",
    "right to left": "شط العرب is a river",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_trap_9_answer_is_shown_whole_while_it_is_written_and_afterwards(browser, start, course, bank, text):
    essay = create_question(bank[0].lesson, "why", kind="essay")
    attempt = start(create_quiz(course, slots=[essay], preset="learn"), at=timezone.now())
    sent = {
        "client_id": "00000000-0000-4000-8000-000000000001",
        "writer": "one",
        "number": "1",
        "q1_essay": text,
    }
    assert browser.post(page_of(attempt, "1/save/"), sent).status_code == 200
    shown = lambda rest: browser.get(page_of(attempt, rest)).content.decode()  # noqa: E731

    running = unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", shown(""), re.S)[1])
    browser.post(page_of(attempt, "review/"), {"hand_in": "1"})
    written = re.search(r'<div class="written"[^>]*>(.*?)</div>', shown("result/"), re.S)[1]

    assert running == text
    assert "<script" not in written
    assert unescape(re.sub(r"</?p>", "", written).replace("<br>", "\n")).strip() == text


@pytest.mark.parametrize("text", ["   ", "\t\n", "\u3000", "\u200b"])
def test_trap_9_only_spaces_is_an_empty_answer(browser, start, course, bank, text):
    essay = create_question(bank[0].lesson, "why", kind="essay")
    attempt = start(create_quiz(course, slots=[essay]), at=timezone.now())
    sent = {
        "client_id": "00000000-0000-4000-8000-000000000001",
        "writer": "one",
        "number": "1",
        "q1_essay": text,
    }

    assert browser.post(page_of(attempt, "1/save/"), sent).json()["is_empty"]
    assert "0 of 1 question" in text_of(browser.get(page_of(attempt, "review/")))


def test_trap_14_student_who_leaves_the_class_keeps_their_attempts(
    browser, start, course, bank, learner, now
):
    course.access = course.Access.CLASS
    course.save()
    cohort = create_cohort(course, learners=[learner])
    quiz = create_quiz(course, slots=bank, time_limit_minutes=30)
    done, running = start(quiz, at=timezone.now()), None
    submit_attempt(done, now=timezone.now(), by=learner)
    running = start(quiz, at=timezone.now())
    leave(cohort.enrolments.get(user=learner), now=timezone.now())

    assert browser.get(page_of(running)).status_code == 200
    assert not save_in(running, 1, TRUE, at=timezone.now()).is_late
    assert browser.post(page_of(running, "review/"), {"hand_in": "1"}).status_code == 303
    release_results(quiz, by=None, now=timezone.now())

    assert browser.get(page_of(done, "result/")).status_code == 200
    assert quiz.title in text_of(browser.get("/marks/"))
    assert browser.post(f"/quizzes/rivers/{quiz.slug}/", {"start": "1"}).status_code == 404
    assert Attempt.objects.filter(cohort=cohort, state="finished").count() == 2


def test_trap_14_marks_of_a_student_who_left_stay_for_the_teacher_and_in_the_statistics(
    client, start, course, bank, learner, classmate, instructor
):
    cohort = create_cohort(course, instructors=[instructor], learners=[learner, classmate])
    quiz = create_quiz(course, slots=bank, time_limit_minutes=30)
    done = start(quiz, at=timezone.now())
    save_in(done, 1, TRUE, at=timezone.now())
    submit_attempt(done, now=timezone.now(), by=learner)
    running = start(quiz, at=timezone.now())
    save_in(running, 2, TRUE, at=timezone.now())
    client.force_login(instructor)
    address = f"/teach/{cohort.pk}/quizzes/{quiz.slug}/"

    def told():
        found = class_quiz(cohort, quiz)
        rows = {row.learner.pk: [(a.pk, a.state, a.points) for a in row.attempts] for row in found.learners}
        [row] = quizzes_of_class(cohort, leads=True)
        return rows[learner.pk], (row.running, row.handed_in), [fares(question) for question in bank]

    before = told()
    leave(cohort.enrolments.get(user=learner), now=timezone.now())

    assert told() == before
    assert before[1] == (1, 1)
    for page in (address, *(f"{address}attempts/{attempt.pk}/" for attempt in (done, running))):
        shown = client.get(page)
        assert (shown.status_code, learner.shown_name in text_of(shown)) == (200, True), page


HARD = {
    "markup": "if a < b then <b>c</b>",
    "newline": "first line\nsecond line",
    "equals": '=HYPERLINK("http://other.example")',
    "right to left": "شط العرب is a river",
}


@pytest.mark.parametrize("text", HARD.values(), ids=HARD.keys())
def test_trap_9_answer_stands_unharmed_wherever_staff_read_it(
    client, start, course, bank, learner, instructor, text
):
    cohort = create_cohort(course, instructors=[instructor], learners=[learner])
    # What a person marks is read on the pages of quizzes; what the machine marks on those of a learner too.
    essay, short = (
        create_question(bank[0].lesson, kind.replace("_", "-"), kind=kind) for kind in ("essay", "short_text")
    )
    quiz = create_quiz(course, slots=[essay, short], preset="learn")
    attempt = start(quiz, at=timezone.now())
    save_in(attempt, 1, {"essay": [text]}, at=timezone.now())
    save_in(attempt, 2, {"text": [text]}, at=timezone.now())
    submit_attempt(attempt, now=timezone.now(), by=learner)
    item = attempt.items.get(question=essay)
    report_problem(item, text=text, now=timezone.now())
    client.force_login(instructor)
    quizzes, student = (
        f"/teach/{cohort.pk}/quizzes/{quiz.slug}/",
        f"/teach/{cohort.pk}/students/{learner.pk}/",
    )

    for page in (
        f"{quizzes}attempts/{attempt.pk}/",
        f"{quizzes}marking/{item.pk}/",
        f"/teach/reports/{item.problem_reports.get().pk}/",
        "/teach/reports/",
        student,
    ):
        shown = client.get(page)
        assert shown.status_code == 200, page
        assert "<b>c</b>" not in shown.content.decode(), page
        assert " ".join(text.split()) in text_of(shown), page
    rows = list(
        csv.reader(StringIO(client.get(f"{student}answers.csv").content.decode().removeprefix("\ufeff")))
    )
    assert SavedAnswer.objects.get(item__question=essay).response["text"] == text
    assert [" ".join(row[5].split()) for row in rows[1:]] == [
        "'" + text if text.startswith("=") else " ".join(text.split())
    ]


# Whatever marks anew is a regrade: here a late answer that staff let count.


@pytest.fixture
def written(start, course, bank, learner, instructor):
    """An attempt with a right answer of the machine's and a text for which a person gave a third of six points."""
    create_cohort(course, instructors=[instructor], learners=[learner])
    essay = create_question(bank[0].lesson, "why", kind="essay")
    quiz = create_quiz(
        course, slots=[bank[0], {"question": essay, "points": 5}], preset="learn", time_limit_minutes=30
    )
    attempt = start(quiz, at=timezone.now() - 20 * MINUTE)
    save_in(attempt, 1, TRUE, at=attempt.started_at)
    save_in(attempt, 2, {"essay": ["Because of the snow."]}, at=attempt.started_at)
    submit_attempt(attempt, now=attempt.started_at + MINUTE, by=learner)
    text = attempt.items.get(number=2)
    draft_mark(text, Judgement(1 / 3, {}, "Say more."), by=instructor, seen=0, now=timezone.now())
    release_marks(AttemptItem.objects.filter(pk=text.pk), by=instructor, now=timezone.now())
    attempt.refresh_from_db()
    return attempt


def marks_of(attempt, number):
    return [
        (mark.number, round(mark.fraction, 4), mark.is_by_person)
        for mark in Mark.objects.filter(item__attempt=attempt, item__number=number)
    ]


def test_trap_10_mark_of_a_person_survives_marking_anew(written, instructor):
    late = save_in(written, 1, FALSE, at=timezone.now(), sequence=1).answer

    assert accept_late(late, by=instructor, reason="sent from the bus", now=timezone.now())

    written.refresh_from_db()
    assert marks_of(written, 2) == [(1, 0.3333, True)]
    assert written.points == pytest.approx(5 / 3)


def test_trap_10_marking_anew_twice_changes_nothing(written, instructor):
    late = save_in(written, 1, FALSE, at=timezone.now(), sequence=1).answer
    assert accept_late(late, by=instructor, reason="sent from the bus", now=timezone.now())
    before = list(Mark.objects.order_by("pk").values())

    assert not accept_late(late, by=instructor, reason="sent from the bus", now=timezone.now())
    mark_attempt(written, now=timezone.now())
    mark_attempt(written, now=timezone.now())

    assert list(Mark.objects.order_by("pk").values()) == before


def test_trap_10_marking_anew_that_lowers_keeps_what_stood_and_says_who_and_why(browser, written, instructor):
    late = save_in(written, 1, FALSE, at=timezone.now(), sequence=1).answer
    assert written.points == pytest.approx(1 + 5 / 3)

    accept_late(late, by=instructor, reason="sent from the bus", now=timezone.now())

    assert marks_of(written, 1) == [(1, 1.0, False), (2, 0.0, False)]
    event = written.events.get(what="accepted")
    assert (event.by, event.reason) == (instructor, "sent from the bus")
    assert "your teacher let it count" in text_of(browser.get(page_of(written, "result/")))


def test_trap_10_text_that_was_replaced_waits_for_its_mark_again(written, instructor):
    late = save_in(written, 2, {"essay": ["Because of the ice."]}, at=timezone.now(), sequence=1).answer

    accept_late(late, by=instructor, reason="sent from the bus", now=timezone.now())

    written.refresh_from_db()
    assert written.points is None
    assert marks_of(written, 2) == [(1, 0.3333, True)]


def test_trap_11_every_page_says_the_same_points_to_the_last_digit(
    browser, client, written, learner, instructor
):
    told = {
        address: re.findall(r"([0-9.]+) of 6(?: points)?\b", text_of(browser.get(address)))
        for address in (page_of(written, "result/"), "/marks/", f"/quizzes/rivers/{written.quiz.slug}/")
    }
    client.force_login(instructor)
    quizzes = f"/teach/{written.cohort_id}/quizzes/{written.quiz.slug}/"
    for address in (quizzes, f"{quizzes}attempts/{written.pk}/"):
        told[address] = re.findall(r"([0-9.]+) of 6(?: points)?\b", text_of(client.get(address)))

    assert {address: set(points) for address, points in told.items()} == dict.fromkeys(told, {"2.67"})


def test_trap_11_screen_and_file_of_a_student_say_the_same_of_a_quiz(
    client, start, course, bank, learner, instructor
):
    cohort = create_cohort(course, instructors=[instructor], learners=[learner])
    partly = create_question(bank[0].lesson, "which", kind="multiple_choice")
    attempt = start(create_quiz(course, slots=[partly], preset="learn"), at=timezone.now())
    right = get_kind(partly.kind).correct(partly.current.content)["choices"]
    save_in(attempt, 1, {"choice": right[:1]}, at=timezone.now())
    submit_attempt(attempt, now=timezone.now(), by=learner)
    client.force_login(instructor)
    student = f"/teach/{cohort.pk}/students/{learner.pk}/"

    shown = text_of(client.get(student))
    file = client.get(f"{student}answers.csv").content.decode().removeprefix("\ufeff")

    [heading, row] = csv.reader(StringIO(file))
    told = dict(zip(heading, row, strict=True))
    assert 0 < Mark.objects.get().fraction < 1
    assert float(told["Fraction"]) == round(Mark.objects.get().fraction, 4)
    assert told["Result"].lower() in shown.lower()
    assert told["Answer"] in shown
