import random

import pytest

from content.formats import FORMATS, losses, read, survival, write
from content.questions import KINDS
from tests.content.formats.made_drafts import make_draft

EXAMPLES = 40
PAIRS = [(name, kind) for name in FORMATS for kind in KINDS if survival(name, kind) != "none"]
WHOLE = [pair for pair in PAIRS if survival(*pair) == "all"]
CORE = [pair for pair in PAIRS if survival(*pair) == "core"]


def drafts_of(kind):
    rng = random.Random(kind)
    made = []
    while len(made) < EXAMPLES:
        draft = make_draft(kind, rng)
        problems = KINDS[kind].check(KINDS[kind].normalise(draft.content))
        if not any(problem.is_error for problem in problems) and draft.ref not in {d.ref for d in made}:
            made.append(draft)
    return made


def there_and_back(name, drafts):
    reading = read(write(name, drafts), f"questions{FORMATS[name].suffix}", as_format=name)
    assert [str(p) for p in reading.problems if p.is_error] == []
    assert len(reading.questions) == len(drafts)
    return reading.questions


@pytest.mark.parametrize(("name", "kind"), WHOLE)
def test_round_trip_gives_the_same_question(name, kind):
    drafts = drafts_of(kind)

    back = there_and_back(name, drafts)

    for before, after in zip(drafts, back, strict=True):
        normal = KINDS[kind].normalise
        assert (after.kind, normal(after.content)) == (
            kind,
            normal(before.content),
        ) or after.fingerprint == before.fingerprint
        beside = ("ref", "passage", "objective", "level", "tags", "sources")
        assert [getattr(after, key) for key in beside] == [getattr(before, key) for key in beside]


@pytest.mark.parametrize(("name", "kind"), CORE)
def test_second_round_trip_changes_nothing_more(name, kind):
    once = there_and_back(name, drafts_of(kind))

    twice = there_and_back(name, once)

    for first, second in zip(once, twice, strict=True):
        assert KINDS[second.kind].normalise(second.content) == KINDS[first.kind].normalise(first.content)


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_key_still_scores_one_after_a_round_trip(name, kind):
    for draft in there_and_back(name, drafts_of(kind)):
        module = KINDS[draft.kind]

        assert module.grade(draft.content, module.correct(draft.content)).fraction in (1, None)


@pytest.mark.parametrize("kind", ["short_text", "numeric", "true_false", "single_choice"])
@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("anki", "aiken")])
def test_what_was_right_is_right_after_a_round_trip(name, kind):
    drafts = drafts_of(kind)

    for before, after in zip(drafts, there_and_back(name, drafts), strict=True):
        module = KINDS[kind]
        assert module.grade(after.content, module.correct(module.normalise(before.content))).fraction == 1


@pytest.mark.parametrize(
    ("name", "kind"), [(n, k) for n in FORMATS for k in KINDS if survival(n, k) == "none"]
)
def test_kind_without_place_is_left_out_and_said(name, kind):
    drafts = drafts_of(kind)[:3]

    assert [loss.code for loss in losses(name, drafts)] == ["export.kind"] * 3
    assert read(write(name, drafts) or b" ", "x", as_format=name).questions == []
