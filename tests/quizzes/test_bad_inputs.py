"""What no page of ours sends, sent to an attempt: refused with a status that says so, kept, or tidied; never a 5xx.

The inputs are those of tests/data/bad_inputs.toml; tests/trust/test_bad_inputs.py sends them to every form that is
linked. Here they go through the queue of saves, and into what only an attempt has: numbers, ids, options.
"""

import tomllib
from pathlib import Path
from urllib.parse import quote_from_bytes
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from studyapp.accounts.models import SignInFailure
from studyapp.quizzes.models import Attempt, SavedAnswer
from tests.content.questions.examples import EXAMPLES
from tests.factories import create_lesson, create_question, create_quiz, save_in

pytestmark = pytest.mark.django_db
INPUTS = tomllib.loads((Path(__file__).parent.parent / "data" / "bad_inputs.toml").read_text())["input"]
FORM = "application/x-www-form-urlencoded"
BEYOND = [0, 2**31, 2**63 - 1, 2**63, 10**30]


@pytest.fixture
def browser(learner):
    client = Client(raise_request_exception=False)
    client.force_login(learner)
    return client


@pytest.fixture
def attempt(start, course):
    """One question of each kind, in the order of EXAMPLES."""
    lesson = create_lesson(course)
    slots = [create_question(lesson, f"q-{n}", kind=kind) for n, kind in enumerate(EXAMPLES)]
    return start(create_quiz(course, slots=slots), at=timezone.now())


def number_of(kind):
    return list(EXAMPLES).index(kind) + 1


def send(browser, attempt, kind, fields="", **instead):
    """A save as the queue sends it, with raw values instead of some."""
    number = number_of(kind)
    sent = {"client_id": str(uuid4()), "writer": "tab", "number": "1"} | instead
    body = "&".join(f"{name}={value}" for name, value in sent.items())
    body += "".join(f"&q{number}_{field}" for field in fields.split("&") if field)
    return browser.post(f"/attempts/{attempt.pk}/{number}/save/", body, content_type=FORM)


def raw(given):
    if "percent" in given:
        return given["percent"]
    return quote_from_bytes((given["value"] * given.get("times", 1)).encode(), safe="")


# An answer may be emptied again.
EMPTY = {"nothing", "only spaces, tabs and ideographic spaces", "zero-width only"}


def ids(given):
    return f"{given['n']}-{given['what']}"


def test_text_is_refused_kept_or_tidied(browser, attempt):
    for given in (given for given in INPUTS if "answer" in given):
        value = given.get("value", "") * given.get("times", 1)
        answer = send(browser, attempt, "short_text", f"text={raw(given)}")
        stored = SavedAnswer.objects.order_by("pk").last()
        if given["what"] in EMPTY:
            assert (answer.status_code, stored.response) == (200, None), ids(given)
        elif given["answer"] in ("refused", "too large"):
            assert answer.status_code == (422 if given["answer"] == "refused" else 400), ids(given)
            assert stored is None
        else:
            wanted = value if given["answer"] == "kept" else given["answer"]
            assert (answer.status_code, stored.response["text"]) == (200, wanted), ids(given)
        SavedAnswer.objects.all().delete()


def test_anything_in_any_hidden_field_is_answered(browser, attempt):
    wrong = []

    def tell(given, where, answer, *allowed):
        if answer.status_code not in allowed:
            wrong.append(f"{ids(given)} in {where}: {answer.status_code}")

    for given in INPUTS:
        bad = raw(given)
        for name in ("client_id", "writer", "number", "flag"):
            answer = send(browser, attempt, "true_false", "answer=true", **{name: bad})
            tell(given, name, answer, 200, 400, 404, 422)
        for kind, field in (
            ("single_choice", "choice"),
            ("multiple_choice", "choice"),
            ("numeric", "number"),
        ):
            tell(given, kind, send(browser, attempt, kind, f"{field}={bad}"), 200, 400, 422)
        body = f"here={bad}&here=1&writer={bad}&save={bad}&q1_choice={bad}&f1={bad}&again={bad}"
        for page in ("1/", "review/", "result/"):
            answer = browser.post(f"/attempts/{attempt.pk}/{page}", body, content_type=FORM)
            tell(given, page, answer, 303, 400, 422)

    assert wrong == [], "\n" + "\n".join(wrong)
    assert Attempt.objects.get().is_open
    assert browser.get(f"/attempts/{attempt.pk}/").status_code == 200


def test_anything_as_password_of_a_quiz_is_answered(browser, course, bank):
    quiz = create_quiz(course, slots=bank, password="open sesame")

    for given in INPUTS:
        body = f"start=1&password={raw(given)}"
        answer = browser.post(f"/quizzes/rivers/{quiz.slug}/", body, content_type=FORM)
        assert answer.status_code in (400, 422), ids(given)
        SignInFailure.objects.all().delete()  # wrong ones are slowed, and here each is to be looked at

    assert not Attempt.objects.exists()


@pytest.mark.parametrize(
    "number", ["-1", "x", "1.0", "٣", "0x10", "1_000", "1e3", str(2**63), "9" * 5000, ""]
)
def test_number_that_is_no_count_is_refused(browser, attempt, number):
    assert send(browser, attempt, "true_false", "answer=true", number=number).status_code == 400
    assert not SavedAnswer.objects.exists()


@pytest.mark.parametrize("client_id", ["", "x", "0" * 31, "0" * 33, "g" * 32, "{}"])
def test_client_id_that_is_no_uuid_is_refused(browser, attempt, client_id):
    assert send(browser, attempt, "true_false", "answer=true", client_id=client_id).status_code == 400
    assert not SavedAnswer.objects.exists()


def test_client_id_of_another_learners_answer_neither_shows_nor_changes_it(
    browser, attempt, start, classmate, course
):
    theirs = start(attempt.quiz, by=classmate, at=timezone.now())
    known = save_in(theirs, number_of("essay"), {"essay": ["Their own words."]}, at=timezone.now()).answer

    answer = send(browser, attempt, "essay", "essay=Mine", client_id=str(known.client_id))

    assert answer.status_code == 200
    assert b"Their own" not in answer.content
    known.refresh_from_db()
    assert "Their own words." in known.response.values()
    assert SavedAnswer.objects.filter(item__attempt=attempt).count() == 1


@pytest.mark.parametrize("number", BEYOND)
def test_id_beyond_any_row_is_not_found(browser, attempt, number):
    sent = {"client_id": str(uuid4()), "writer": "tab", "number": "1", "q1_choice": "a"}
    for path in (f"/attempts/{number}/1/save/", f"/attempts/{attempt.pk}/{number}/save/"):
        assert browser.post(path, sent).status_code == 404, path
    for rest in ("", "1/", "review/", "result/", "time/"):
        assert browser.get(f"/attempts/{number}/{rest}").status_code == 404, rest
    assert browser.get(f"/attempts/{attempt.pk}/{number}/").status_code == 404


def test_item_and_attempt_of_another_class_are_not_found(browser, attempt, start, classmate, course):
    theirs = start(attempt.quiz, by=classmate, at=timezone.now())

    assert send(browser, theirs, "true_false", "answer=true").status_code == 404
    for rest in ("", "1/", "review/", "result/", "time/"):
        assert browser.get(f"/attempts/{theirs.pk}/{rest}").status_code == 404
    assert not SavedAnswer.objects.exists()


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("single_choice", "choice=99"),
        ("single_choice", "choice=-1"),
        ("multiple_choice", "choice=99"),
        ("true_false", "answer=perhaps"),
        ("numeric", "number=1e400"),
        ("numeric", "number=nan"),
        ("numeric", "number=0x10"),
        ("numeric", "number=1_000"),
        ("numeric", "number=" + "9" * 5000),
        ("short_text", "text=" + "x" * 1_000_000),
        ("essay", "essay=" + "x" * 1_000_000),
    ],
    ids=lambda value: value[:30],
)
def test_what_the_question_does_not_have_is_refused(browser, attempt, kind, fields):
    answer = send(browser, attempt, kind, fields)

    assert answer.status_code == 422
    assert answer.json()["problem"]
    assert not SavedAnswer.objects.exists()


@pytest.mark.parametrize(
    ("typed", "read"),
    [("1%2C5", "1.5"), ("1.000%2C5", "1000.5"), ("%E2%88%925", "-5"), ("%D9%A3", "3"), ("%2B7", "7")],
)
def test_number_is_read_as_people_write_it(browser, attempt, typed, read):
    assert send(browser, attempt, "numeric", f"number={typed}").status_code == 200
    assert SavedAnswer.objects.get().response["value"] == read


def test_option_ticked_twice_and_all_ticked_are_read_as_sets(browser, attempt):
    options = attempt.items.get(number=number_of("multiple_choice")).version.content["options"]
    ids = [option["id"] for option in options]

    for sequence, ticked in enumerate(([ids[0], ids[0]], ids), start=1):
        fields = "&".join(f"choice={ticked_id}" for ticked_id in ticked)
        assert send(browser, attempt, "multiple_choice", fields, number=str(sequence)).status_code == 200

    [twice, every] = SavedAnswer.objects.order_by("pk")
    assert [len(value) for value in twice.response.values()] == [1]
    assert [sorted(value) for value in every.response.values()] == [sorted(ids)]


@pytest.mark.parametrize(
    ("what", "body", "kind"),
    [
        ("a body of 2.6 MB", "a=" + "x" * 2_600_000, FORM),
        ("1,001 fields", "&".join(f"f{n}=1" for n in range(1001)), FORM),
        ("one field 1,000 times", "&".join(["q1_choice=a"] * 1000), FORM),
        ("JSON nested 100,000 deep", "[" * 100_000 + "]" * 100_000, "application/json"),
        ("JSON with NaN", '{"number": NaN}', "application/json"),
        ("plain text", "number=1", "text/plain"),
        ("no type", "number=1", ""),
        ("a boundary that never comes", "--a\r\nfoo", "multipart/form-data; boundary=b"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "",
)
def test_strange_body_is_refused(browser, attempt, what, body, kind):
    for page in ("1/save/", "", "1/", "review/"):
        answer = browser.generic("POST", f"/attempts/{attempt.pk}/{page}", body, content_type=kind)
        assert answer.status_code in (303, 400, 408, 413, 422), page
    assert Attempt.objects.get().is_open
    # The same choice a thousand times is that choice.
    assert SavedAnswer.objects.exists() == (what == "one field 1,000 times")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_other_methods_are_refused(browser, attempt, method):
    for page in ("", "1/", "1/save/", "review/", "result/", "time/"):
        assert browser.generic(method, f"/attempts/{attempt.pk}/{page}").status_code == 405


def test_save_is_a_post_only(browser, attempt):
    assert browser.get(f"/attempts/{attempt.pk}/1/save/").status_code == 405
