"""Drafts of every kind made from a seed, with the texts that break formats."""

from content.formats.drafts import QuestionDraft, title_of

NASTY = [
    "~=#{}:\\",
    "a -> b",
    "%50% off",
    "// no comment",
    "::title::",
    "#### four",
    "]]> end",
    "&amp; &lt;b&gt;",
    "'=1+1",
    "=1+1",
    "@SUM(A1)",
    "two\nlines",
    "العراق دولة",
    "😀 👩‍👩‍👧",
    "a < b > c",
    "*stars* and _lines_",
    "x; y, z",
    '"quoted" text',
    "`code` [link](https://example.org/a?b=1&c=2)",
    "TRUE",
    "[html] tag",
    "$CATEGORY: x",
    "C:\\new\\table",
    "ANSWER: B",
    "B) second",
    "\\frac{a}{b}",
    "1. first",
    "- item",
    "| a | b |",
    "<script>alert(1)</script>",
    "50%: half",
    "{1:MC:=a~b}",
    "[[2]]",
    "@@PLUGINFILE@@/x.png",
    "tab\there",
    "ends with \\",
    "é and ē",
]
PLAIN = [
    "Baghdad",
    "the Tigris",
    "on 30 January",
    "twelve",
    "Mosul and Basra",
    "a longer answer of several words",
]
LEVELS = ["remember", "understand", "apply", "analyse", "evaluate", ""]


def make_draft(kind, rng, *, nasty=True, flat=False):
    """A publishable draft of this kind. `flat`: no line ends inside texts that stand on one line."""

    def text(*, line=False):
        words = rng.choice(NASTY if nasty and rng.random() < 0.6 else PLAIN)
        number = rng.randrange(1000)
        made = f"{words} {number}" if rng.random() < 0.5 else f"No. {number} {words}"
        return made.replace("\n", " ") if line or flat else made

    def maybe(key, chance=0.5):
        return {key: text()} if rng.random() < chance else {}

    content = (
        {"stem": text() + "?"} | _PARTS[kind](rng, text, maybe) | maybe("explanation") | maybe("hint", 0.2)
    )
    number = rng.randrange(10**6)
    return QuestionDraft(
        ref=f"{kind.replace('_', '-')}-{number}",
        kind=kind,
        content=content,
        title=title_of(content["stem"]),
        passage=rng.choice(["", "elections-of-2005"]),
        objective=rng.choice(["", "trace-transfer"]),
        level=rng.choice(LEVELS),
        tags=rng.sample(["elections", "money", "a tag", "ünï"], rng.randrange(3)),
        sources=rng.sample(["unami-2006", "sigir-2013"], rng.randrange(3)),
        category=rng.choice([(), ("Course", "Lesson / one")]),
        modified=1_700_000_000 + number,
    )


def _distinct(make, count):
    found = []
    while len(found) < count:
        candidate = make()
        if candidate not in found:
            found.append(candidate)
    return found


def _options(rng, text, maybe, count):
    return [{"text": words} | maybe("feedback") for words in _distinct(text, count)]


def _single_choice(rng, text, maybe):
    options = _options(rng, text, maybe, rng.randrange(2, 6))
    options[rng.randrange(len(options))]["correct"] = True
    if rng.random() < 0.3:
        for option in options:
            option["fraction"] = 1 if option.pop("correct", False) else rng.choice([0, 0.5, -0.25, 0.3333333])
    return {"options": options, "shuffle": rng.random() < 0.7}


def _multiple_choice(rng, text, maybe):
    options = _options(rng, text, maybe, rng.randrange(2, 7))
    for option in rng.sample(options, rng.randrange(1, len(options) + 1)):
        option["correct"] = True
    return {"options": options, "scoring": rng.choice(["net_correct", "all_or_nothing"])}


def _true_false(rng, text, maybe):
    feedback = {key: text() for key in ("true", "false") if rng.random() < 0.5}
    return {"answer": rng.random() < 0.5} | ({"feedback": feedback} if feedback else {})


def _short_text(rng, text, maybe):
    answers = [
        {"text": words.replace("*", "\\*")} | maybe("feedback")
        for words in _distinct(lambda: text(line=True), rng.randrange(1, 4))
    ]
    for answer in answers[1:]:
        if rng.random() < 0.5:
            answer["fraction"] = rng.choice([0.5, 0.3333333, 0])
    if rng.random() < 0.3:
        answers.append({"text": f"Bag*d{rng.randrange(9)}", "fraction": 0.25})
    starred = {"match": "characters"} if answers[-1]["text"].startswith("Bag*d") else {}
    return {"answers": answers, "case_sensitive": rng.random() < 0.3} | starred | maybe("else_feedback", 0.3)


def _numeric(rng, text, maybe):
    answers = [{"value": str(rng.choice([3, -5, 157800, "0.1", "2005.5"]))} | maybe("feedback")]
    answers[0] |= rng.choice([{}, {"absolute": "0.5"}, {"relative": "0.02"}])
    if rng.random() < 0.4:
        answers.append({"value": str(rng.randrange(10**6, 10**7)), "absolute": "2", "fraction": 0.5})
    return {"answers": answers} | ({"unit": "km"} if rng.random() < 0.3 else {}) | maybe("else_feedback", 0.3)


def _matching(rng, text, maybe):
    sides = _distinct(lambda: text(line=True), rng.randrange(4, 9))
    half = len(sides) // 2
    pairs = [
        {"left": a, "right": b} | maybe("feedback", 0.2)
        for a, b in zip(sides[:half], sides[half:], strict=False)
    ]
    return {"pairs": pairs} | ({"extra": [f"nobody {rng.randrange(99)}"]} if rng.random() < 0.5 else {})


def _ordering(rng, text, maybe):
    items = [{"text": f"{index}: {text(line=True)}"} for index in range(rng.randrange(2, 6))]
    return {"items": items, "scoring": rng.choice(["adjacent", "all_or_nothing"])} | maybe("feedback", 0.3)


def _gaps(rng, text, maybe):
    gaps = {
        "colour": {
            "kind": "choice",
            "options": [{"text": w} for w in _distinct(lambda: text(line=True), 3)],
        },
        "word": {"kind": "short_text", "answers": [{"text": text(line=True).replace("*", "\\*")}]},
        "size": {"kind": "numeric", "answers": [{"value": "3.5", "absolute": "0.1"}]},
    }
    gaps["colour"]["options"][rng.randrange(3)]["correct"] = True
    names = rng.sample(list(gaps), rng.randrange(1, 4))
    body = " and ".join(f"{text(line=True)} {{{{{name}}}}}" for name in names)
    return {"text": body + ".", "gaps": {name: gaps[name] for name in names}}


def _essay(rng, text, maybe):
    rubric = {"rubric": [{"criterion": text(line=True), "points": 3}]} if rng.random() < 0.3 else {}
    return maybe("model_answer") | rubric


_PARTS = {
    "single_choice": _single_choice,
    "multiple_choice": _multiple_choice,
    "true_false": _true_false,
    "short_text": _short_text,
    "numeric": _numeric,
    "matching": _matching,
    "ordering": _ordering,
    "gaps": _gaps,
    "essay": _essay,
}
