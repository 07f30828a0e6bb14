"""What teachers see of a class: who is in the table, what it says, and that its CSV says the same."""

import csv
import io
from datetime import timedelta
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from content.models import Module
from studyapp.accounts.models import User
from studyapp.classes.models import Enrolment
from studyapp.progress import teaching
from studyapp.progress.queries import learner_overview
from studyapp.progress.teaching import Choice
from studyapp.reading.models import PassageRead
from studyapp.review.models import ReviewLog
from studyapp.review.reviewing import record_answer
from tests import factories
from tests.factories import THEN


@pytest.fixture
def course(instructor):
    return factories.create_course(staff=[instructor])


@pytest.fixture
def lesson(course):
    return factories.create_lesson(course)


@pytest.fixture
def cohort(course, lesson, instructor, learner, classmate):
    return factories.create_cohort(course, instructors=[instructor], learners=[learner, classmate])


@pytest.fixture
def teacher(client, instructor):
    client.force_login(instructor)
    return client


def read(person, passage, at=THEN):
    PassageRead.objects.create(learner=person, passage=passage, read_at=at)


def answer(person, question, *, right=True, at=THEN, response="right"):
    content = question.current.content
    given = {"answer": content["answer"] is right} if response == "right" else response
    return record_answer(
        person,
        question,
        question.current,
        client_id=uuid4(),
        at=at,
        origin="practice",
        fraction=1.0 if right else 0.0,
        response=given,
        presented={},
        seconds=9,
    )


def names(cohort, now, **choice):
    table = teaching.class_table(cohort, now=now)
    return [row.learner.shown_name for row in teaching.chosen(table, Choice(**choice))]


# --- who is in the table -----------------------------------------------------------


def test_guests_teachers_and_those_who_left_are_not_listed(cohort, course, now):
    guest = User.objects.create(username="guest-1", is_guest=True)
    gone, away, helper = (factories.create_user(name) for name in ("gone", "away", "helper"))
    Enrolment.objects.create(cohort=cohort, user=guest, role="learner", joined_at=THEN)
    Enrolment.objects.create(cohort=cohort, user=gone, role="learner", joined_at=THEN, left_at=THEN)
    Enrolment.objects.create(cohort=cohort, user=helper, role="assistant", joined_at=THEN)
    away.is_active = False
    away.save()
    Enrolment.objects.create(cohort=cohort, user=away, role="learner", joined_at=THEN)

    assert names(cohort, now) == ["Learner One", "Learner Two"]


def test_class_page_says_the_same_as_the_learners_own(cohort, course, lesson, learner, now):
    first, second = lesson.passages.all()
    read(learner, first)
    answer(learner, factories.create_question(lesson, "one", passage=first), at=now - timedelta(days=1))
    answer(learner, factories.create_question(lesson, "two", passage=second), right=False, at=now)

    row = next(row for row in teaching.class_table(cohort, now=now).rows if row.learner == learner)
    [own] = learner_overview(learner, [course], now=now)

    assert (row.known, row.read, row.fading) == (own.known, own.read, own.fading) == (1, 1, 0)
    assert row.last_at == now


def test_answers_in_another_course_do_not_count(cohort, learner, now):
    elsewhere = factories.create_lesson(factories.create_course("deltas"))
    answer(learner, factories.create_question(elsewhere))

    row = next(row for row in teaching.class_table(cohort, now=now).rows if row.learner == learner)

    assert (row.known, row.last_at) == (0, None)


def test_nothing_done_is_told_apart_from_nothing_known(cohort, lesson, learner, classmate, now):
    read(learner, lesson.passages.first())

    cells = {row.learner: row.cells[0] for row in teaching.class_table(cohort, now=now).rows}

    assert (cells[learner].percent("known"), cells[learner].percent("read")) == (0, 50)
    assert cells[classmate].percent("known") is None
    assert (cells[learner].step("known"), cells[classmate].step("known")) == ("h1", "h0")


# --- filter and order ------------------------------------------------------------------


def test_table_is_filtered_by_name_and_by_need(cohort, lesson, learner, now):
    read(learner, lesson.passages.first(), at=now - timedelta(days=1))
    later = now + timedelta(days=30)

    assert names(cohort, now, find="TWO") == ["Learner Two"]
    assert names(cohort, now, find="nobody") == []
    assert names(cohort, now, show="started") == ["Learner One"]
    assert names(cohort, later, show="help") == ["Learner One", "Learner Two"]


def test_table_is_sorted_as_asked_and_by_name_where_equal(cohort, lesson, classmate, now):
    read(classmate, lesson.passages.first())

    assert names(cohort, now, sort="read-most") == ["Learner Two", "Learner One"]
    assert names(cohort, now, sort="read") == ["Learner One", "Learner Two"]
    assert names(cohort, now, sort=lesson.slug, measure="read") == ["Learner One", "Learner Two"]
    assert names(cohort, now, sort="seen-last") == ["Learner Two", "Learner One"]
    assert names(cohort, now, sort="no such order") == ["Learner One", "Learner Two"]


# --- pages ---------------------------------------------------------------------------------


def test_my_classes_are_listed_with_their_code_and_number_of_learners(teacher, cohort):
    foreign = factories.create_cohort(factories.create_course("deltas"), name="Class of others")

    page = teacher.get(reverse("progress:teach")).content.decode()

    assert "Class A" in page
    assert "2 learners" in page
    assert cohort.join_code in page
    assert foreign.name not in page


def test_assistant_looks_and_a_learner_does_not(client, cohort, learner, stranger):
    url = reverse("progress:cohort", args=[cohort.pk])
    statuses = {}
    for role, person in (("assistant", stranger), ("learner", learner)):
        Enrolment.objects.get_or_create(
            cohort=cohort, user=person, defaults={"role": role, "joined_at": THEN}
        )
        client.force_login(person)
        statuses[role] = client.get(url).status_code

    assert statuses == {"assistant": 200, "learner": 404}


def test_filter_swaps_the_table_only(teacher, cohort):
    url = reverse("progress:cohort", args=[cohort.pk])

    part = teacher.get(url, {"q": "two"}, headers={"HX-Request": "true"}).content.decode()
    page = teacher.get(url, {"q": "two"}).content.decode()

    assert part.lstrip().startswith('<section id="heat"')
    assert "Learner Two" in part
    assert "Learner One" not in part
    assert "<html" in page
    assert "1 of 2 learners" in page


@pytest.mark.parametrize(
    "query", ["q=%00", "sort=%ED%A0%80", "show=x&measure=y&sort=" + "z" * 5000, "q=" + "a" * 5000]
)
def test_rubbish_in_the_address_is_a_readable_page(teacher, cohort, query):
    response = teacher.get(f"{reverse('progress:cohort', args=[cohort.pk])}?{query}")

    assert response.status_code == (400 if query == "q=%00" else 200)
    assert "<h1" in response.content.decode()


@pytest.mark.parametrize(
    "path", ["teach/99999999999999999999/", "teach/0/", "teach/1/students/99999999999999999999/"]
)
def test_missing_class_or_learner_is_a_404(teacher, cohort, path):
    assert teacher.get(f"/{path}").status_code == 404


def fill(cohort, *, learners, lessons, mark=""):
    """A class where everybody read and answered something; `mark` tells one filling from the next."""
    passages, questions = [], []
    for n in range(lessons):
        module = Module.objects.create(
            course=cohort.course, slug=f"m{mark}{n}", title=f"Module {n}", position=n
        )
        made = factories.create_lesson(cohort.course, f"l{mark}{n}", module=module)
        passages += made.passages.all()
        questions.append(factories.create_question(made, f"q{mark}{n}"))
    for n in range(learners):
        person = User.objects.create(username=f"p{mark}{n}", name=f"Person {n:03}")
        Enrolment.objects.create(cohort=cohort, user=person, role="learner", joined_at=THEN)
        for passage in passages[: n % len(passages) + 1]:
            read(person, passage)
        answer(person, questions[n % len(questions)])


def queries_of(client, url):
    with CaptureQueriesContext(connection) as captured:
        response = client.get(url)
    assert response.status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    "name", ["progress:teach", "progress:cohort", "progress:cohort_csv", "progress:cohort_xlsx"]
)
def test_class_costs_the_same_queries_with_three_times_the_data(teacher, cohort, name):
    url = reverse(name, args=[] if name == "progress:teach" else [cohort.pk])
    fill(cohort, learners=4, lessons=2)
    small = queries_of(teacher, url)
    fill(cohort, learners=8, lessons=4, mark="more-")

    large = queries_of(teacher, url)

    assert small == large <= 10


def test_class_of_two_hundred_is_shown_whole_with_ten_queries_at_most(teacher, cohort):
    fill(cohort, learners=198, lessons=3)

    with CaptureQueriesContext(connection) as captured:
        response = teacher.get(reverse("progress:cohort", args=[cohort.pk]))

    assert len(captured) <= 10
    assert response.content.decode().count('<th scope="row">') == 200


def test_learner_page_costs_the_same_queries_whatever_was_answered(teacher, cohort, lesson, learner):
    questions = [factories.create_question(lesson, f"q{n}") for n in range(6)]
    url = reverse("progress:student", args=[cohort.pk, learner.pk])
    for question in questions[:2]:
        answer(learner, question)
    small = queries_of(teacher, url)
    for question in questions[2:]:
        answer(learner, question)

    assert queries_of(teacher, url) == small <= 12


# --- one learner -------------------------------------------------------------------------------


def test_each_answer_is_told_with_its_time_its_words_and_its_version(teacher, cohort, lesson, learner):
    question = factories.create_question(lesson)
    answer(learner, question, right=False)
    old = question.current
    factories.create_question(lesson, question.slug, content=dict(old.content, stem="A wording of today."))
    log = ReviewLog.objects.get()

    url = reverse("progress:student", args=[cohort.pk, learner.pk])
    page = teacher.get(url).content.decode()
    opened = teacher.get(url, {"answer": log.pk}).content.decode()

    assert "1 Mar 2026, 09:00:00" in page
    assert "Not right" in page
    assert "See the question, version 1 (changed since)" in page
    assert "A wording of today." not in page
    assert "it has been changed since" in opened
    assert old.content["stem"] in opened


@pytest.mark.parametrize("number", ["0", "x", "-1", "9" * 30, "٣"])
def test_answer_that_is_none_of_theirs_opens_nothing(teacher, cohort, lesson, learner, number):
    answer(learner, factories.create_question(lesson))

    page = teacher.get(reverse("progress:student", args=[cohort.pk, learner.pk]), {"answer": number})

    assert page.status_code == 200
    assert "as-it-was" not in page.content.decode()


def test_response_that_cannot_be_read_any_more_is_said_to_be_so(cohort, lesson, learner):
    answer(learner, factories.create_question(lesson), response={"other": "shape"})

    [log] = teaching.answers_of(cohort, learner)

    assert teaching.in_words(log).response == "(this answer cannot be read any more)"


def test_broken_answer_opens_without_a_crash(teacher, cohort, lesson, learner):
    answer(learner, factories.create_question(lesson), response={"other": "shape"})
    url = reverse("progress:student", args=[cohort.pk, learner.pk])

    assert teacher.get(url, {"answer": ReviewLog.objects.get().pk}).status_code == 200


# --- CSV -----------------------------------------------------------------------------------------


def rows_of(response):
    return list(csv.reader(io.StringIO(response.content.decode().removeprefix("\ufeff"))))


def test_csv_has_the_rows_of_the_screen_in_its_order(teacher, cohort, lesson, learner, classmate):
    read(classmate, lesson.passages.first())
    query = {"sort": "read-most", "measure": "read"}

    page = teacher.get(reverse("progress:cohort", args=[cohort.pk]), query)
    heading, *rows = rows_of(teacher.get(reverse("progress:cohort_csv", args=[cohort.pk]), query))

    assert heading == [
        "Learner",
        "1.1 Sources, read, per cent",
        "Known of 2",
        "Read of 2",
        "Last seen",
        "Needs you because",
    ]
    shown = [
        [row.learner.shown_name, *("" if c["percent"] is None else str(c["percent"]) for c in cells)]
        for row, cells in page.context["rows"]
    ]
    assert [row[:2] for row in rows] == shown == [["Learner Two", "50"], ["Learner One", ""]]
    assert [row[2:4] for row in rows] == [["0", "1"], ["0", "0"]]


def cells_of(response):
    """(values, types) of the sheet, row by row."""
    [sheet] = load_workbook(io.BytesIO(response.content)).worksheets
    rows = list(sheet.iter_rows())
    return [[c.value for c in row] for row in rows], [[c.data_type for c in row] for row in rows]


class Cells(HTMLParser):
    """What a reader sees in the body of a table, cell by cell; words for screen readers left out."""

    def __init__(self):
        super().__init__()
        self.rows, self.open, self.hidden, self.is_body = [], False, 0, False

    def handle_starttag(self, tag, attributes):
        if tag == "tbody":
            self.is_body = True
        elif tag == "tr" and self.is_body:
            self.rows.append([])
        elif tag in ("td", "th") and self.is_body:
            self.rows[-1].append("")
            self.open = True
        elif tag == "span" and ("class", "sr") in attributes or self.hidden and tag == "span":
            self.hidden += 1

    def handle_endtag(self, tag):
        if tag == "tbody":
            self.is_body = False
        elif tag in ("td", "th"):
            self.open = False
        elif tag == "span" and self.hidden:
            self.hidden -= 1

    def handle_data(self, data):
        if self.open and not self.hidden:
            self.rows[-1][-1] += data


@pytest.mark.parametrize("measure", ["known", "read"])
@pytest.mark.parametrize("sort", ["name", "read-most", "l0"])
def test_screen_csv_and_xlsx_agree_to_the_last_digit(teacher, cohort, measure, sort):
    fill(cohort, learners=5, lessons=3)
    query = {"measure": measure, "sort": sort, "show": "started"}
    address = lambda name: reverse(name, args=[cohort.pk])  # noqa: E731
    screen = Cells()

    screen.feed(teacher.get(address("progress:cohort"), query).content.decode())
    heading, *csv_rows = rows_of(teacher.get(address("progress:cohort_csv"), query))
    (top, *xlsx_rows), types = cells_of(teacher.get(address("progress:cohort_xlsx"), query))

    columns = len(heading) - 2  # the last day is written short on the screen, the reason stands above it
    assert len(screen.rows) == 5
    assert [["" if cell == "·" else cell for cell in row[:columns]] for row in screen.rows] == [
        row[:columns] for row in csv_rows
    ]
    assert [["" if cell is None else str(cell) for cell in row] for row in [top, *xlsx_rows]] == [
        heading,
        *csv_rows,
    ]
    assert {kind for row in types[1:] for kind in row[1:columns]} == {"n"}


def test_xlsx_never_runs_a_formula(teacher, cohort, lesson, learner):
    learner.name = "=HYPERLINK(1)"
    learner.save()

    values, types = cells_of(teacher.get(reverse("progress:cohort_xlsx", args=[cohort.pk])))

    assert [row[0] for row in values][1:] == ["'=HYPERLINK(1)", "Learner Two"]
    assert {row[0] for row in types} == {"s"}


def test_csv_never_runs_a_formula(teacher, cohort, lesson, learner):
    learner.name = "=HYPERLINK(1)"
    learner.save()
    content = {"stem": "What?", "answers": [{"text": "*x*"}], "match": "characters"}
    question = factories.create_question(lesson, kind="short_text", content=content)
    answer(learner, question, response={"text": "@SUM(A1)"})

    table = rows_of(teacher.get(reverse("progress:cohort_csv", args=[cohort.pk])))
    answers = rows_of(teacher.get(reverse("progress:student_csv", args=[cohort.pk, learner.pk])))

    assert "'=HYPERLINK(1)" in [row[0] for row in table]
    assert answers[1][5] == "'@SUM(A1)"


def test_csv_of_answers_says_what_the_screen_says(teacher, cohort, lesson, learner):
    question = factories.create_question(lesson)
    answer(learner, question, right=False)

    [heading, row] = rows_of(teacher.get(reverse("progress:student_csv", args=[cohort.pk, learner.pk])))

    said = dict(zip(heading, row, strict=True))
    assert said["Time"] == "2026-03-01 09:00:00"
    assert (said["Result"], said["Fraction"], said["Version"], said["Seconds"]) == (
        "Not right",
        "0.0",
        "1",
        "9",
    )


@pytest.mark.parametrize(
    ("asking", "well", "words"),
    [
        (0, 0, "Nobody has joined this class yet"),
        (1, 0, "One learner needs you."),
        (1, 1, "One learner needs you; one is on their way."),
        (4, 12, "Four learners need you; twelve are on their way."),
        (12, 18, "12 learners need you; 18 are on their way."),
    ],
)
def test_heading_says_its_numbers_in_one_way(asking, well, words):
    def row(reason):
        return teaching.Row(None, THEN, None, (), reason)

    table = teaching.ClassTable((), tuple(row(why) for why in ["why"] * asking + [None] * well))

    assert teaching.heading_words(table) == words
