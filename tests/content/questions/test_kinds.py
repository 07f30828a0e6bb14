"""What holds for every kind of question, on one example of each."""

import copy
import json
import random

import pytest

from content.questions import KINDS
from content.questions.base import Unreadable
from tests.content.questions.examples import EXAMPLES

# fmt: off
CONTRACT = (
    "normalise", "check", "present", "read", "grade", "correct", "choices", "summary", "same", "guess",
    "laid_out", "reviewed",
)
DECLARED = ("NAME", "DESCRIPTION", "FIELDS", "TEXTS", "FORM")
# fmt: on


@pytest.fixture(params=sorted(KINDS))
def kind(request):
    return KINDS[request.param]


@pytest.fixture
def content(kind):
    return kind.normalise(copy.deepcopy(EXAMPLES[kind.__name__.rpartition(".")[2]]))


def test_kind_has_every_function_of_the_contract(kind):
    missing = [name for name in CONTRACT if not callable(getattr(kind, name, None))]
    missing += [name for name in DECLARED if not getattr(kind, name, None)]

    assert missing == []


def test_author_can_fill_in_every_field_of_the_kind(kind):
    """Each key of the content is reached by the form: by a field, by rows, or by the kind's own translation."""
    keys = {part.key.split(".")[0] for part in kind.FORM}

    assert set(kind.FIELDS) <= keys
    assert hasattr(kind, "content_of") or keys == set(kind.FIELDS)


def test_example_can_be_published(kind, content):
    assert [problem for problem in kind.check(content) if problem.is_error] == []


def test_normalising_twice_changes_nothing_more(kind, content):
    assert kind.normalise(content) == content
    assert list(kind.normalise(content)) == list(content)


def test_summary_of_the_correct_response_is_not_empty(kind, content):
    assert kind.summary(content, kind.correct(content)).strip()


def test_blank_is_none_and_earns_nothing(kind, content):
    assert kind.read(content, {}) is None
    assert kind.grade(content, None).fraction == 0
    assert kind.summary(content, None) == ""
    assert kind.choices(content, None) == []


def test_presented_can_be_stored_as_json(kind, content):
    presented = kind.present(content, random.Random(7))

    assert json.loads(json.dumps(presented)) == presented


def test_layout_holds_no_feedback_and_no_key(kind, content):
    presented = kind.present(content, random.Random(7))

    shown = json.dumps(kind.laid_out(content, presented), ensure_ascii=False)

    assert "SECRET" not in shown
    assert '"correct"' not in shown
    assert '"fraction"' not in shown


def test_text_that_cannot_be_stored_is_unreadable_or_blank(kind, content):
    names = ["choice", "answer", "text", "number", "essay", "gap-planet", "pair-a", "position-a"]

    for bad in ("\x00", "\ud800", "x" * 1_000_000, "nonsense\x1b"):
        with pytest.raises(Unreadable):
            kind.read(content, {name: [bad] for name in names})
