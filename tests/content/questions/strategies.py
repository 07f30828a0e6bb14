"""Hypothesis strategies: questions of every kind, responses to them, and posted data of every sort."""

from hypothesis import strategies as st

from content.questions import KINDS
from tests.content.questions.examples import own_tests

WORDS = (
    st.text(st.sampled_from("abcdefghij klmno'-éß٣№*_[]{}<&"), min_size=1, max_size=12)
    .map(str.strip)
    .filter(bool)
)
NAMES = st.text(st.sampled_from("abcdefghijklmnop"), min_size=1, max_size=10)
# Text as it may arrive: anything Python can hold, lone surrogates and control characters included.
RUBBISH = st.text(max_size=40) | st.sampled_from(
    ["", " ", "\u3000", "\x00", "\ud800", "a" * 20_000, "<script>", "nan", "-1"]
)
NUMBERS = st.integers(-(10**6), 10**6) | st.decimals(-1000, 1000, places=3).map(str)
FRACTIONS = st.sampled_from([1, 0.5, 0, 1 / 3, 0.25])
FEEDBACK = st.just("") | NAMES


def distinct(elements, least, most):
    return st.lists(elements, min_size=least, max_size=most, unique=True)


@st.composite
def options(draw, *, several):
    texts = draw(distinct(NAMES, 2, 6))
    right = draw(st.sets(st.integers(0, len(texts) - 1), min_size=1, max_size=len(texts) if several else 1))
    rows = [{"text": text, "feedback": draw(FEEDBACK)} for text in texts]
    for index, row in enumerate(rows):
        if index in right:
            row["correct"] = True
        elif not several and draw(st.booleans()):
            row["fraction"] = draw(st.sampled_from([0.5, 0, -0.5, -1, 1 / 3]))
    return rows


@st.composite
def typed_answers(draw):
    texts = draw(distinct(NAMES, 1, 4))
    rows = [{"text": text, "fraction": draw(FRACTIONS), "feedback": draw(FEEDBACK)} for text in texts]
    rows[0]["fraction"] = 1
    rows[0]["text"] = draw(st.sampled_from(["{}", "{}*", "*{}", "\\*{}"])).format(rows[0]["text"])
    return rows


@st.composite
def number_answers(draw):
    rows = [{"value": draw(NUMBERS), "fraction": draw(FRACTIONS)} for _ in range(draw(st.integers(1, 3)))]
    rows[0]["fraction"] = 1
    for row in rows:
        tolerance = draw(st.sampled_from([None, "absolute", "relative"]))
        if tolerance and float(row["value"]) != 0:
            row[tolerance] = draw(st.sampled_from([0, "0.1", 0.05, 1]))
    return rows


def single_choice():
    return st.fixed_dictionaries({"options": options(several=False)}, optional={"shuffle": st.booleans()})


def multiple_choice():
    scoring = st.sampled_from(["net_correct", "all_or_nothing"])
    return st.fixed_dictionaries({"options": options(several=True)}, optional={"scoring": scoring})


def true_false():
    feedback = st.fixed_dictionaries({}, optional={"true": NAMES, "false": NAMES})
    return st.fixed_dictionaries({"answer": st.booleans()}, optional={"feedback": feedback})


def short_text():
    extra = {"case_sensitive": st.booleans(), "else_feedback": NAMES}
    return st.fixed_dictionaries({"answers": typed_answers()}, optional=extra)


def numeric():
    return st.fixed_dictionaries(
        {"answers": number_answers()}, optional={"unit": NAMES, "else_feedback": NAMES}
    )


@st.composite
def matching(draw):
    lefts = draw(distinct(NAMES, 2, 5))
    # Few different words, so that some right sides are the same.
    rights = [draw(st.sampled_from(["saturn", "mars", "venus"])) for _ in lefts]
    rights[0], rights[1] = "saturn", "mars"
    content = {"pairs": [{"left": a, "right": b} for a, b in zip(lefts, rights, strict=True)]}
    if draw(st.booleans()):
        content["extra"] = ["earth", "pluto"]
    return content


def ordering():
    scoring = st.sampled_from(["adjacent", "all_or_nothing"])
    return st.fixed_dictionaries(
        {"items": distinct(NAMES, 2, 6)}, optional={"scoring": scoring, "feedback": NAMES}
    )


@st.composite
def gaps(draw):
    sorts = {"choice": single_choice(), "short_text": short_text(), "numeric": numeric()}
    chosen = draw(st.lists(st.sampled_from(sorted(sorts)), min_size=1, max_size=4))
    rows = {f"gap{n}": {"kind": sort} | draw(sorts[sort]) for n, sort in enumerate(chosen)}
    return {"text": " and ".join(f"so {{{{{name}}}}}" for name in rows), "gaps": rows}


def essay():
    row = st.fixed_dictionaries({"criterion": NAMES, "points": st.integers(1, 10)})
    extra = {
        "rubric": st.lists(row, min_size=1, max_size=3),
        "model_answer": NAMES,
        "min_words": st.integers(0, 50),
    }
    return st.fixed_dictionaries({}, optional=extra)


CONTENTS = {
    "single_choice": single_choice,
    "multiple_choice": multiple_choice,
    "true_false": true_false,
    "short_text": short_text,
    "numeric": numeric,
    "matching": matching,
    "ordering": ordering,
    "gaps": gaps,
    "essay": essay,
}


def contents(kind):
    """Normalised contents of a kind that `check` finds no error in."""
    shared = st.fixed_dictionaries(
        {"stem": st.just("Which one?"), "explanation": NAMES}, optional={"hint": NAMES}
    )
    own = CONTENTS[kind]() if kind in CONTENTS else own_tests(kind).contents()
    whole = st.builds(lambda stem, own: KINDS[kind].normalise(stem | own), shared, own)
    return whole.filter(lambda content: not any(problem.is_error for problem in KINDS[kind].check(content)))


def posted(kind, content):
    """Data as a form of this content may post it: sense and nonsense under names that it knows and does not."""
    known = ["a", "b", "c", "d", "e", "true", "false", "1", "2", "3", "1,5", "3/4", ""]
    names = ["choice", "answer", "text", "number", "essay", "nothing"]
    names += [f"{field}-{id}" for field in ("pair", "position") for id in "abcdef"]
    names += [f"gap-{name}" for name in content.get("gaps", {})]
    values = st.lists(st.sampled_from(known) | WORDS | RUBBISH, max_size=3)
    return st.dictionaries(st.sampled_from(names), values, max_size=6)


def responses(kind, content):
    """Responses in their stored form, blank ones included."""
    if kind not in CONTENTS:
        return own_tests(kind).responses(content) | st.none()
    return {
        "single_choice": _single,
        "multiple_choice": _multiple,
        "true_false": lambda content: st.booleans().map(lambda answer: {"answer": answer}),
        "short_text": _text,
        "numeric": _number,
        "matching": _matching,
        "ordering": lambda c: st.permutations([i["id"] for i in c["items"]]).map(
            lambda ids: {"order": list(ids)}
        ),
        "gaps": _gaps,
        "essay": lambda content: NAMES.map(lambda text: {"text": text}),
    }[kind](content) | st.none()


def _single(content):
    return st.sampled_from(content["options"]).map(lambda option: {"choice": option["id"]})


def _multiple(content):
    ids = [option["id"] for option in content["options"]]
    return st.sets(st.sampled_from(ids), min_size=1).map(lambda chosen: {"choices": sorted(chosen)})


def _text(content):
    near = [answer["text"].replace("*", "x") for answer in content["answers"]]
    return (st.sampled_from(near) | WORDS).map(lambda text: {"text": text})


def _number(content):
    values = [answer["value"] for answer in content["answers"]] + ["0", "1.5", "-3", "1/3"]
    return st.sampled_from(values).map(lambda value: KINDS["numeric"].read(content, {"number": [value]}))


def _matching(content):
    sides = [row["id"] for row in content["pairs"]] + [row["id"] for row in content.get("extra", ())]
    lefts = st.sampled_from([pair["id"] for pair in content["pairs"]])
    return st.dictionaries(lefts, st.sampled_from(sides), min_size=1).map(lambda pairs: {"pairs": pairs})


def _gaps(content):
    inner = {"choice": _single, "short_text": _text, "numeric": _number}
    each = {name: inner[gap["kind"]](gap) for name, gap in content["gaps"].items()}
    some = st.fixed_dictionaries({}, optional=each)
    return some.map(lambda answers: {"gaps": answers} if answers else None)
