"""Fields that no page of ours has, posted as an answer: refused in words at the question, and never stored as blank."""

import re
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from content.questions import KINDS, NOT_ITS_OWN, marked_by_hand, pressed, read_answer
from content.questions.base import Unreadable
from studyapp.quizzes.models import SavedAnswer
from studyapp.quizzes.sittings import start_quiz
from studyapp.review.models import ReviewLog
from studyapp.review.reviewing import record_answer
from tests.content.questions.examples import EXAMPLES
from tests.content.questions.test_properties import form_of as fields_of
from tests.factories import create_course, create_lesson, create_question, create_quiz
from tests.study.forms import form_of, forms_of

KIND_NAMES = sorted(KINDS)
# A name of another kind, a misspelt one, one of nothing, a piece of a name, a button that the question lacks.
STRANGE = ["", "answers", "Choice", "choice ", "pair", "position-", "gap-none", "nothing", "moved", "shown"]
each_kind = pytest.mark.parametrize("kind", KIND_NAMES)


def right_fields(question):
    """What the page of a question posts for its right answer."""
    kind, content = KINDS[question.kind], question.current.content
    return fields_of(question.kind, kind.laid_out(content, {}, kind.correct(content)))


@pytest.fixture
def lesson(db):
    return create_lesson(create_course())


@pytest.fixture
def sitting(client, learner, lesson):
    """An attempt over one question of each kind, and its learner's browser."""
    client.force_login(learner)
    slots = [create_question(lesson, f"q-{kind}".replace("_", "-"), kind=kind) for kind in KIND_NAMES]
    quiz = create_quiz(lesson.course, slots=slots, time_limit_minutes=30)
    return start_quiz(learner, quiz, now=timezone.now(), rng=Random(1))


def save(client, attempt, number, fields):
    sent = {"client_id": f"{uuid4()}", "writer": "tab", "number": "1"} | fields
    return client.post(f"/attempts/{attempt.pk}/{number}/save/", sent)


@each_kind
def test_kind_refuses_a_field_that_it_does_not_know(kind):
    content = KINDS[kind].normalise(EXAMPLES[kind])
    right = fields_of(kind, KINDS[kind].laid_out(content, {}, KINDS[kind].correct(content)))

    for name in [*STRANGE, "choice", "answer", "text", "number", "essay", "move"]:
        if name in right:
            continue
        for fields in ({name: ["a"]}, {name: [""]}, right | {name: ["a"]}):
            with pytest.raises(Unreadable):
                read_answer(kind, content, fields)
    assert read_answer(kind, content, {}) is None
    assert read_answer(kind, content, dict.fromkeys(right, [""])) is None
    assert KINDS[kind].same(content, read_answer(kind, content, right), KINDS[kind].correct(content))


@each_kind
def test_button_refuses_a_field_that_its_kind_does_not_know(kind):
    content = KINDS[kind].normalise(EXAMPLES[kind])
    fields = {"move": ["a-up"], "nothing": ["1"]}
    with pytest.raises(Unreadable):
        read_answer(kind, content, pressed(kind, content, None, fields) or fields)


def test_queue_of_saves_refuses_it_for_every_kind_and_stores_nothing(client, sitting):
    for item in sitting.items.select_related("question__current"):
        prefix = f"q{item.number}_"
        right = {prefix + name: values for name, values in right_fields(item.question).items()}
        for name in (prefix, prefix + "nothing", prefix + "move", "nothing", f"q{item.number + 1}_text"):
            # Beside an answer that is read, what belongs to no question does no harm.
            for fields in [{name: "a"}] + [right | {name: "a"}] * name.startswith(prefix):
                answer = save(client, sitting, item.number, fields)
                assert (answer.status_code, answer.json()) == (422, {"problem": NOT_ITS_OWN}), (
                    name,
                    item.question,
                )
        assert not item.answers.exists()

        assert save(client, sitting, item.number, right).status_code == 200
        assert save(client, sitting, item.number, {"number": "2"}).json()["is_empty"]


def test_plain_form_names_the_question_and_stores_the_others(client, sitting):
    address = f"/attempts/{sitting.pk}/"
    fields = form_of(client.get(address), id="answers")["fields"]
    numbers = [f"{item.number}" for item in sitting.items.all()]
    first, *others = sitting.items.select_related("question__current").order_by("number")
    fields |= {f"q{n.number}_nothing": "a" for n in others} | {"here": numbers, "save": "1"}
    fields |= {f"q{first.number}_{name}": values for name, values in right_fields(first.question).items()}

    refused = client.post(address, fields)

    page = refused.content.decode()
    assert refused.status_code == 422
    assert [f'id="q{n}_error"' in page for n in numbers] == [False] + [True] * len(others)
    assert page.count(NOT_ITS_OWN) == len(others)
    assert [answer.item.number for answer in SavedAnswer.objects.select_related("item")] == [first.number]


def test_really_blank_form_is_a_blank_answer(client, sitting):
    for item in sitting.items.select_related("question__current"):
        right = {f"q{item.number}_{name}": v for name, v in right_fields(item.question).items()}
        save(client, sitting, item.number, right)
    numbers = [f"{item.number}" for item in sitting.items.all()]

    client.post(f"/attempts/{sitting.pk}/", {"here": numbers, "save": "1"})

    rows = SavedAnswer.objects.select_related("item")
    assert [row.item.number for row in rows if row.response is None] == list(map(int, numbers))


@each_kind
def test_practice_and_check_question_refuse_it(client, learner, lesson, kind):
    question = create_question(lesson, "asked", kind=kind)
    passage = lesson.passages.first()
    passage.segments = [*passage.segments, {"check": "asked"}]
    passage.save()
    client.force_login(learner)
    at = f"/courses/{lesson.course.slug}/{lesson.slug}/"
    right = right_fields(question)

    run = client.post(f"{at}practice/", {"start": "1"})["Location"]
    asked = form_of(client.get(run), id="asked")["fields"]
    check = {"client_id": f"{uuid4()}", "writer": "tab", "number": "0"}
    for address, fields, prefix in (
        (f"{at}practice/", asked, "q_"),
        (f"{at}check/asked/", check, "q_asked_"),
    ):
        refused = client.post(address, fields | {prefix + "nothing": "a"})
        assert (refused.status_code, NOT_ITS_OWN in refused.content.decode()) == (422, True), address
        assert not SavedAnswer.objects.filter(item__question=question).exists()

    client.post(f"{at}practice/", asked | {f"q_{name}": values for name, values in right.items()})
    assert SavedAnswer.objects.filter(item__question=question).count() == 1


@pytest.mark.parametrize("kind", sorted(set(KIND_NAMES) - set(marked_by_hand())))
def test_review_refuses_it(client, learner, lesson, today, kind):
    question = create_question(lesson, "asked", kind=kind)
    correct = KINDS[kind].correct(question.current.content)
    before = {"at": today - timedelta(days=30), "origin": "practice", "fraction": 1.0, "presented": {}}
    record_answer(learner, question, question.current, client_id=uuid4(), response=correct, **before)
    client.force_login(learner)
    asked = next(
        form["fields"] for form in forms_of(client.get("/review/?ask=1")) if "round" in form["fields"]
    )

    refused = client.post("/review/", asked | {"q_nothing": "a"})

    assert (refused.status_code, NOT_ITS_OWN in refused.content.decode()) == (422, True)
    assert ReviewLog.objects.count() == 1
    client.post("/review/", asked | {f"q_{name}": values for name, values in right_fields(question).items()})
    assert ReviewLog.objects.count() == 2


def test_every_answer_is_read_in_the_one_place():
    root = Path(django_settings.BASE_DIR)
    found = [
        f"{path.relative_to(root)}: {line.strip()}"
        for path in (root / "studyapp").rglob("*.py")
        for line in path.read_text().splitlines()
        if re.search(r"(get_kind\(.*\)|\bkind)\.read\(", line)
    ]

    assert found == []


@pytest.mark.parametrize("form", ["text/plain", "application/json", "image/png"])
def test_what_is_no_form_is_refused(client, sitting, form):
    answer = client.post(f"/attempts/{sitting.pk}/1/", b"here=1&next=1", content_type=form)

    assert answer.status_code == 400
    assert not SavedAnswer.objects.exists()


@pytest.mark.parametrize("page", ["", "1/", "1/save/"])
def test_form_in_parts_of_which_the_last_is_cut_is_refused(client, sitting, page):
    part = '--mark\r\nContent-Disposition: form-data; name="'
    body = f'{part}here"\r\n\r\n1\r\n{part}q1_answ'

    answer = client.post(
        f"/attempts/{sitting.pk}/{page}", body.encode(), content_type="multipart/form-data; boundary=mark"
    )

    assert answer.status_code == 408
    assert not SavedAnswer.objects.exists()


def test_answer_whose_question_is_not_named_counts_as_well(client, sitting):
    item = sitting.items.select_related("question__current").first()
    right = {f"q{item.number}_{name}": values for name, values in right_fields(item.question).items()}

    client.post(f"/attempts/{sitting.pk}/", right | {"save": "1"})

    assert SavedAnswer.objects.get().item == item
