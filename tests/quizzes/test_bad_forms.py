"""What no page of ours sends, sent to the forms of staff and to reports: refused with words, kept whole, or tidied.

The inputs are those of tests/data/bad_inputs.toml; what is sent to an attempt itself is in test_bad_inputs.py.
"""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from studyapp.quizzes.late import LARGEST_FILE
from studyapp.quizzes.models import (
    Acceptance,
    Allowance,
    AttemptEvent,
    DraftMark,
    Mark,
    ProblemReport,
    Quiz,
    SavedAnswer,
)
from studyapp.quizzes.problem_reports import report_problem
from studyapp.quizzes.sittings import submit_attempt
from tests.factories import create_cohort, create_question, create_quiz, create_user, save_in
from tests.quizzes.test_bad_inputs import BEYOND, FORM, INPUTS, ids, raw

pytestmark = pytest.mark.django_db
ANSWERED = {200, 302, 303, 400, 403, 404, 409, 413, 422, 429}
DONE = {302, 303}
# Beside the inputs of the list: what only numbers, and only dates, are likely to fall over.
NUMBERS = [
    "1e400",
    "-1e400",
    "nan",
    "Infinity",
    "0x10",
    "1_000",
    "9" * 5000,
    "-1",
    str(2**31),
    str(2**63),
    "1.5e",
]
DATES = [
    "0000-00-00T00:00", "10000-01-01T00:00", "9999-12-31T23:59", "0001-01-01T00:00", "2026-02-29T10:00",
    "2026-13-01T10:00", "2026-01-01T24:01", "x", "1e400",
]  # fmt: skip
SECRET = "Words of the classmate."


@pytest.fixture
def teacher(db):
    return create_user("teacher")


@pytest.fixture
def cohort(course, teacher, learner, classmate):
    course.time_zone = "Europe/Berlin"
    course.save()
    return create_cohort(course, instructors=[teacher], learners=[learner, classmate])


@pytest.fixture
def quiz(course, bank):
    essay = create_question(bank[0].lesson, "why", kind="essay", content={"stem": "Why does it snow?"})
    return create_quiz(course, slots=[bank[0], essay], time_limit_minutes=30)


@pytest.fixture
def sit(start, quiz, cohort):
    """Handed in, with an answer that came after that."""

    def sit(by, text="Cold."):
        begun = timezone.now() - timedelta(minutes=10)
        attempt = start(quiz, by=by, at=begun)
        save_in(attempt, 2, {"essay": [text]}, at=begun)
        submit_attempt(attempt, now=begun + timedelta(minutes=5), by=by)
        save_in(attempt, 1, {"answer": ["true"]}, at=begun + timedelta(minutes=6))
        return attempt

    return sit


@pytest.fixture
def attempt(sit, learner):
    return sit(learner)


def signed_in(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.fixture
def browser(teacher):
    return signed_in(teacher)


def send(browser, address, fields, **instead):
    """The form with one raw value, percent-encoded already, in each of the named fields."""
    body = urlencode({name: value for name, value in fields.items() if name not in instead}, doseq=True)
    body += "".join(f"&{name}={value}" for name, value in instead.items())
    return browser.post(address, body, content_type=FORM)


def every_input(browser, address, fields, stored, *, into, values=(), inputs=INPUTS):
    """Each input into each of `into` (a tuple: into all of it at once): answered, and `stored` counts one more exactly
    where the answer says that it was done."""
    wrong = []
    sent = [(ids(given), raw(given)) for given in inputs] + [
        (value[:20], urlencode({"": value})[1:]) for value in values
    ]
    for what, value in sent:
        for names in into:
            name = names if isinstance(names, str) else ", ".join(names)
            before = stored()
            answer = send(browser, address, fields, **dict.fromkeys(name.split(", "), value))
            after = stored()
            if answer.status_code not in ANSWERED:
                wrong.append(f"{what} in {name}: {answer.status_code}")
            elif (answer.status_code in DONE) != (after > before):
                wrong.append(f"{what} in {name}: {answer.status_code}, stored {before} → {after}")
            elif answer.status_code == 422 and not answer.content:
                wrong.append(f"{what} in {name}: no word of what is wrong")
    assert wrong == [], "\n" + "\n".join(wrong)


# --- marks ------------------------------------------------------------------------------------------------


def marking(cohort, attempt):
    item = attempt.items.get(question__kind="essay")
    return f"/teach/{cohort.pk}/quizzes/{attempt.quiz.slug}/marking/{item.pk}/"


def test_anything_in_the_form_of_marks_is_answered(browser, cohort, attempt):
    seen = lambda: str(DraftMark.objects.count())  # noqa: E731
    address, number = marking(cohort, attempt), {"n": 0}

    def stored():
        number["n"] = DraftMark.objects.count()
        fields["seen"] = seen()
        return number["n"]

    fields = {"seen": "0", "points_": "1", "comment": "Say more.", "save": "1"}
    every_input(browser, address, fields, stored, into=["comment", ("points_", "seen", "names", "stay")])
    every_input(browser, address, fields, stored, into=["seen"], values=NUMBERS, inputs=())

    fractions = set(DraftMark.objects.values_list("fraction", flat=True))
    assert all(0 <= fraction <= 1 for fraction in fractions)
    assert not Mark.objects.filter(item__question__kind="essay", by__isnull=False).exists()
    assert browser.get(address).status_code == 200


@pytest.mark.parametrize("points", [*NUMBERS, "1.01", "-0.01", ""])
def test_points_that_the_question_does_not_have_are_refused(browser, cohort, attempt, points):
    answer = browser.post(marking(cohort, attempt), {"seen": "0", "points_": points, "save": "1"})

    assert answer.status_code == 422
    assert b"error" in answer.content.lower()
    assert not DraftMark.objects.exists()


@pytest.mark.parametrize("number", BEYOND)
def test_id_beyond_any_row_is_not_found(browser, cohort, attempt, number):
    slug = attempt.quiz.slug
    assert browser.get(f"/teach/{number}/quizzes/").status_code == 404
    for path in (
        f"/teach/{number}/quizzes/{slug}/",
        f"/teach/{cohort.pk}/quizzes/{slug}/marking/{number}/",
        f"/teach/{cohort.pk}/quizzes/{slug}/attempts/{number}/",
        f"/teach/reports/{number}/",
    ):
        assert browser.get(path).status_code == browser.post(path, {"save": "1"}).status_code == 404, path


# --- what is done for one person or the class -------------------------------------------------------------


ALLOW = {
    "allow": "1", "who": "class", "scope": "quiz", "factor": "", "extra_minutes": "5", "opens_at": "",
    "closes_at": "", "extra_attempts": "", "reason": "ill",
}  # fmt: skip


def test_anything_in_the_form_of_allowances_is_answered(browser, cohort, quiz):
    address = f"/teach/{cohort.pk}/quizzes/{quiz.slug}/"

    def stored():
        return Allowance.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    every_input(browser, address, ALLOW, stored, into=["reason"])
    Allowance.objects.exclude(pk=stored()).delete()
    others = tuple(name for name in ALLOW if name not in ("allow", "reason"))
    every_input(browser, address, ALLOW, stored, into=[others])
    counts = ["factor", "extra_minutes", "extra_attempts"]
    every_input(browser, address, ALLOW, stored, into=counts, values=NUMBERS, inputs=())
    Allowance.objects.all().delete()
    for given in INPUTS:
        assert send(browser, address, {}, take_back=raw(given)).status_code in (400, 404), ids(given)
    assert browser.get(address).status_code == 200


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("name", ["opens_at", "closes_at"])
def test_date_that_is_none_is_refused(browser, cohort, quiz, name, date):
    answer = browser.post(f"/teach/{cohort.pk}/quizzes/{quiz.slug}/", ALLOW | {name: date})

    assert answer.status_code == 422
    assert "This is not a date with a time" in answer.content.decode()
    assert not Allowance.objects.exists()


def test_person_of_another_class_is_allowed_nothing(browser, cohort, quiz, stranger):
    sent = ALLOW | {"who": str(stranger.pk)}

    assert browser.post(f"/teach/{cohort.pk}/quizzes/{quiz.slug}/", sent).status_code == 422
    assert not Allowance.objects.exists()


def class_attempt(cohort, attempt):
    return f"/teach/{cohort.pk}/quizzes/{attempt.quiz.slug}/attempts/{attempt.pk}/"


def test_anything_in_reopening_is_answered(browser, cohort, attempt):
    def stored():
        type(attempt).objects.filter(pk=attempt.pk).update(
            state="finished", finished_at=attempt.started_at + timedelta(minutes=5)
        )
        return AttemptEvent.objects.filter(what="reopened").count()

    fields = {"reopen": "1", "minutes": "5", "reason": "fire alarm"}
    every_input(
        browser, class_attempt(cohort, attempt), fields, stored, into=["minutes", "reason"], values=NUMBERS
    )


def test_anything_in_accepting_late_answers_is_answered(browser, cohort, attempt):
    late = SavedAnswer.objects.get(is_late=True)
    total = {"n": 0}

    def stored():
        total["n"] += Acceptance.objects.count()
        Acceptance.objects.all().delete()
        return total["n"]

    fields = {"accept": str(late.pk), "reason": "no network"}
    every_input(
        browser, class_attempt(cohort, attempt), fields, stored, into=["accept", "reason"], values=NUMBERS
    )


def test_late_answer_of_another_attempt_is_not_found(browser, cohort, attempt, sit, classmate):
    theirs = sit(classmate)
    late = SavedAnswer.objects.get(is_late=True, item__attempt=theirs)

    answer = browser.post(class_attempt(cohort, attempt), {"accept": str(late.pk), "reason": "no network"})

    assert answer.status_code == 404
    assert not Acceptance.objects.exists()


# --- reports of problems ----------------------------------------------------------------------------------


def test_anything_in_a_report_and_in_its_reply_is_answered(browser, learner, attempt):
    total = {"n": 0}

    def stored():
        total["n"] += ProblemReport.objects.count()
        ProblemReport.objects.all().delete()
        return total["n"]

    address = f"/attempts/{attempt.pk}/2/report/"
    every_input(signed_in(learner), address, {"text": "Odd."}, stored, into=["text"])

    report_problem(attempt.items.get(number=2), text="Odd.", now=timezone.now())
    report = ProblemReport.objects.get()

    def replied():
        total["n"] += ProblemReport.objects.exclude(replied_at=None).count()
        ProblemReport.objects.update(reply="", replied_at=None, replied_by=None)
        return total["n"]

    every_input(browser, f"/teach/reports/{report.pk}/", {"text": "Seen."}, replied, into=["text"])


def test_report_on_the_attempt_of_another_is_not_found(classmate, attempt):
    assert signed_in(classmate).post(f"/attempts/{attempt.pk}/2/report/", {"text": "Odd."}).status_code == 404
    assert not ProblemReport.objects.exists()


# --- the file of unsent answers ---------------------------------------------------------------------------


def entry(number="1", answer="false", **more):
    fields = [["client_id", str(uuid4())], ["writer", "tab"], ["number", "7"], [f"q{number}_answer", answer]]
    return {"item": number, "at": 1_700_000_000_000, "data": fields} | more


def file_of(attempt, *entries, **more):
    return json.dumps(
        {"attempt": str(attempt.pk), "user": str(attempt.learner_id), "entries": list(entries)} | more
    )


def look(browser, cohort, attempt, content):
    content = content if isinstance(content, bytes) else content.encode()
    sent = {"look": "1", "file": SimpleUploadedFile("unsent.json", content)}
    return browser.post(class_attempt(cohort, attempt), sent)


BROKEN = {
    "empty": lambda good: "",
    "1 byte": lambda good: "{",
    "larger than any": lambda good: good + " " * LARGEST_FILE,
    "not JSON": lambda good: "Dear teacher,",
    "zeros": lambda good: b"\0" * 1000,
    "nested 100,000 deep": lambda good: "[" * 100_000 + "]" * 100_000,
    "objects 100,000 deep": lambda good: '{"entries":' * 100_000,
    "NaN": lambda good: good.replace("1700000000000", "NaN"),
    "Infinity": lambda good: good.replace("1700000000000", "-Infinity"),
    "1e999": lambda good: good.replace("1700000000000", "1e999"),
    "5,000 digits": lambda good: good.replace("1700000000000", "9" * 5000),
    "a key twice": lambda good: good.replace('{"attempt"', '{"attempt": "1", "attempt"'),
    "a key of an entry twice": lambda good: good.replace('"item"', '"item": "2", "item"'),
    "UTF-16": lambda good: good.encode("utf-16"),
    "a surrogate in UTF-8": lambda good: good.encode().replace(b"{", b'{"x": "\xed\xa0\x80", ', 1),
    "no UTF-8": lambda good: good.encode().replace(b"{", b'{"x": "\xff", ', 1),
    "a lone surrogate": lambda good: good.replace("tab", "\\ud800"),
    "NUL": lambda good: good.replace("tab", "\\u0000"),
    "a list": lambda good: "[]",
    "entries that are none": lambda good: good.replace('"item"', '"thing"'),
    "no such question": lambda good: good.replace('"item": "1"', '"item": "99"'),
    "another attempt": lambda good: good.replace('"attempt": "', '"attempt": "9'),
    "another learner": lambda good: good.replace('"user": "', '"user": "9'),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_file_that_is_none_of_this_attempt_is_refused(browser, cohort, attempt, broken):
    answer = look(browser, cohort, attempt, broken(file_of(attempt, entry())))

    assert answer.status_code == 422
    assert SavedAnswer.objects.count() == 2
    assert not Acceptance.objects.exists()


def test_file_of_another_learner_neither_shows_nor_adds_anything(browser, cohort, attempt, sit, classmate):
    theirs = sit(classmate, SECRET)
    fields = entry("2")["data"][:3] + [["q2_essay", SECRET]]
    before = SavedAnswer.objects.count()

    answer = look(browser, cohort, attempt, file_of(theirs, entry("2", data=fields)))

    assert answer.status_code == 422
    assert SECRET not in answer.content.decode()
    assert SavedAnswer.objects.count() == before


def test_anything_in_an_answer_of_the_file_is_read_or_refused(browser, cohort, attempt):
    wrong = []
    for given in (given for given in INPUTS if "value" in given):
        value = given["value"] * given.get("times", 1)
        for fields in (["q2_essay"], ["client_id", "writer", "number"]):
            field = ", ".join(fields)
            data = dict(entry("2")["data"][:3]) | {"q2_essay": "Mine."} | dict.fromkeys(fields, value)
            answer = look(browser, cohort, attempt, file_of(attempt, entry("2", data=list(data.items()))))
            if answer.status_code not in (200, 422):
                wrong.append(f"{ids(given)} in {field}: {answer.status_code}")
    assert wrong == [], "\n" + "\n".join(wrong)
    assert SavedAnswer.objects.count() == 2


def test_anything_in_place_of_the_file_that_was_looked_at_is_refused(browser, cohort, attempt):
    fields = {"bring": "1", "take": "1", "reason": "no network", "file": "x"}
    for given in INPUTS:
        answer = send(browser, class_attempt(cohort, attempt), fields, file=raw(given))
        assert answer.status_code in (400, 422), ids(given)
    assert SavedAnswer.objects.count() == 2


# --- the quiz itself --------------------------------------------------------------------------------------


ADD = "/admin/quizzes/quiz/add/"
QUIZ = {
    "title": "By hand", "slug": "by-hand", "state": "draft", "position": "0", "module": "", "preset": "custom",
    "time_limit_minutes": "0", "attempts_allowed": "0", "counting": "highest", "delay_minutes": "0",
    "opens_at": "", "closes_at": "", "password": "", "pass_percent": "0", "just_after": "verdict",
    "later": "mark", "closed": "key", "slots-TOTAL_FORMS": "1", "slots-INITIAL_FORMS": "0",
    "slots-0-slot": "", "slots-0-what": "drawn", "slots-0-question": "", "slots-0-draw": "1",
    "slots-0-points": "1", "slots-0-lessons": "sources", "slots-0-levels": "remember",
    "slots-0-kinds": "true_false", "slots-0-ORDER": "1", "slots-0-DELETE": "",
    "bands-TOTAL_FORMS": "1", "bands-INITIAL_FORMS": "0", "bands-0-start": "0", "bands-0-text": "Read again.",
    "bands-0-ORDER": "1",
}  # fmt: skip
TEXTS = ["title", "slug", "password", "slots-0-question", "bands-0-text", "just_after", "slots-0-lessons"]
COUNTS = [
    "position", "time_limit_minutes", "attempts_allowed", "delay_minutes", "pass_percent", "slots-0-slot",
    "slots-0-draw", "slots-0-points", "slots-0-ORDER", "bands-0-start", "module",
]  # fmt: skip
CHOSEN = ["state", "preset", "counting", "later", "closed", "slots-0-what", "slots-0-levels", "slots-0-kinds"]


@pytest.fixture
def author(course, instructor, bank):
    course.time_zone = "Europe/Berlin"
    course.save()
    course.staff.create(user=instructor)
    return signed_in(instructor)


def test_anything_in_the_form_of_a_quiz_is_answered(author):
    wrong = []

    def post(what, **instead):
        answer = send(author, ADD, QUIZ, **instead)
        quizzes = list(Quiz.objects.all())
        if answer.status_code not in ANSWERED or (answer.status_code in DONE) != (len(quizzes) == 1):
            wrong.append(f"{what} in {', '.join(instead)[:60]}: {answer.status_code}, {len(quizzes)} stored")
        for quiz in quizzes:
            shown = author.get(f"/admin/quizzes/quiz/{quiz.pk}/change/")
            if shown.status_code != 200:
                wrong.append(f"{what}: stored, and its page is {shown.status_code}")
            quiz.slots.all().delete()
            quiz.delete()

    for given in INPUTS:
        value = raw(given)
        if len(value) < 20_000:
            post(ids(given), **dict.fromkeys([*TEXTS, *COUNTS, *CHOSEN, "opens_at", "closes_at"], value))
        post(ids(given), **dict.fromkeys(("title", "bands-0-text"), value))
    for number in NUMBERS:
        for names in (COUNTS[:5], COUNTS[5:9], COUNTS[9:]):
            post(number[:20], **dict.fromkeys(names, number))
    for name in COUNTS:
        for number in (str(2**31), str(2**63)):
            post(number, **{name: number})
    # A form with as many rows as there can be takes long to draw: few of them.
    for value in ("x", "-1", "", str(2**63)):
        post(value, **{"slots-TOTAL_FORMS": value, "slots-INITIAL_FORMS": value})
    for name in [*TEXTS, "opens_at", "module", "slots-0-slot", "slots-TOTAL_FORMS"]:
        post("NUL", **{name: "a%00b"})
    for name in ("title", "slug", "opens_at", "module", "slots-0-draw"):
        post("1,000,000 characters", **{name: "1" * 1_000_000})

    assert wrong == [], "\n" + "\n".join(wrong)
    for given in (given for given in INPUTS if len(raw(given)) < 8000):
        assert author.get(f"{ADD}?course={raw(given)}").status_code in ANSWERED, ids(given)


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("name", ["opens_at", "closes_at"])
def test_date_of_a_quiz_that_is_none_is_refused(author, name, date):
    answer = author.post(ADD, QUIZ | {name: date})

    assert answer.status_code == 422
    assert "This is not a date with a time" in answer.content.decode()
    assert not Quiz.objects.exists()


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2026-03-29T02:30", datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # skipped: read as 03:30
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # comes twice: the first
        ("2028-02-29T10:00", datetime(2028, 2, 29, 9, 0, tzinfo=UTC)),
    ],
)
def test_hour_that_the_clock_change_skips_or_repeats_is_read(author, typed, read):
    assert author.post(ADD, QUIZ | {"opens_at": typed}).status_code == 302

    assert Quiz.objects.get().opens_at == read


def test_slot_of_another_quiz_stays_where_it_is(author, course):
    other = create_quiz(course, "other")
    theirs = other.slots.get()

    assert author.post(ADD, QUIZ | {"slots-0-slot": str(theirs.pk)}).status_code == 302

    theirs.refresh_from_db()
    assert theirs.quiz == other
