"""To each left side belongs one right side. There may be more right sides than left ones.

Score: right pairs ÷ pairs. Right sides with the same text are one choice: whichever of them is meant, it counts.
A right side may be chosen for several left ones.
"""

from content.markup import plain
from content.questions.author_form import Rows, Text
from content.questions.base import (
    SHARED_TEXTS,
    Findings,
    Grade,
    Part,
    Unreadable,
    clamped,
    convert,
    in_order,
    posted_one,
    shuffled,
    tidied,
    tokens,
    with_ids,
    without_empty,
)
from content.questions.hints import hint, hints_on_task, missing_feedback, rows_of, said

NAME = "Matching"
DESCRIPTION = "To each left side its partner."
FIELDS = ("pairs", "extra")
TEXTS = SHARED_TEXTS | {
    ("pairs", "*", "left"): "inline",
    ("pairs", "*", "right"): "plain",  # it stands in a select, which shows no markup
    ("pairs", "*", "feedback"): "flow",
    ("extra", "*", "text"): "plain",
}
PAIR = (
    Text("left", "Left side", 2),
    Text("right", "Its partner", 2),
    Text("feedback", "Why they belong together", 2),
)
FORM = (
    Rows("pairs", "Pairs", "Add a pair", PAIR, at_first=3),
    Rows(
        "extra",
        "Right sides without a partner",
        "Add a right side",
        (Text("text", "Right side without a partner"),),
        at_first=1,
        blank=1,
    ),
)


def normalise(content):
    content = tidied(content, FIELDS)
    if not isinstance(content, dict):
        return content
    if "pairs" in content:
        content["pairs"] = with_ids(content["pairs"])
        convert(content["pairs"], "left", _words)
        convert(content["pairs"], "right", _words)
        without_empty(content["pairs"], "feedback")
    extra = content.get("extra")
    if isinstance(extra, list):
        pairs = content["pairs"] if isinstance(content.get("pairs"), list) else []
        taken = [pair["id"] for pair in pairs if isinstance(pair, dict) and isinstance(pair.get("id"), str)]
        rows = [{"text": side} if isinstance(side, str) else side for side in extra]
        content["extra"] = with_ids(rows, taken=taken)
    if extra in ([], None, ""):
        content.pop("extra", None)
    return content


def check(content):
    findings = Findings()
    if not findings.shared(content, FIELDS):
        return findings.problems
    pairs = findings.rows(content, "pairs", (), fields=("left", "right", "feedback"), least=2, what="pair")
    lefts, sides = {}, []
    for where, pair in pairs:
        left = findings.text(pair, "left", where, required=True)
        if left and left in lefts:
            findings.error(
                (*where, "left"), "this left side stands here twice; join or change them", "duplicated-left"
            )
        lefts[left] = where
        sides.append(((*where, "right"), findings.text(pair, "right", where, required=True)))
        findings.text(pair, "feedback", where)
    extra = (
        findings.rows(content, "extra", (), fields=("text",), least=1, what="right side")
        if "extra" in content
        else []
    )
    sides += [((*where, "text"), findings.text(side, "text", where, required=True)) for where, side in extra]
    _check_ids(findings, pairs, extra)
    _check_sides(findings, sides, len(pairs))
    return findings.problems if findings.has_errors else findings.problems + hints(content)


def hints(content):
    found = hints_on_task(content)
    pairs = rows_of(content, "pairs")
    for index, pair in enumerate(pairs):
        if not pair.get("feedback"):
            found.append(missing_feedback(("pairs", index, "feedback"), "this pair"))
    if len({said(pair, "right") for pair in pairs}) == len(pairs) > 1 and not content.get("extra"):
        found.append(
            hint(
                "no-extra",
                ("pairs",),
                "the last pair answers itself; add a right side without a partner under extra",
            )
        )
    return found


def secret_ids(content):
    return [side["id"] for side in _sides(content)]


def present(content, rng):
    return {"order": shuffled(_distinct(content), rng)}


def read(content, data):
    known = _distinct(content)
    words = {token: id for id, token in tokens(content, known).items()}
    meant = {right["id"]: _same_side(content)[right["text"]] for right in _sides(content)}
    pairs = {}
    for pair in content["pairs"]:
        value = posted_one(data, f"pair-{pair['id']}").strip()
        if not value:
            continue
        if value not in words and value not in meant:
            raise Unreadable(
                "One of the chosen partners does not belong to this question. Please choose again."
            )
        pairs[pair["id"]] = words.get(value) or meant[value]
    return {"pairs": pairs} if pairs else None


def grade(content, response):
    chosen = response["pairs"] if response else {}
    texts = {side["id"]: side["text"] for side in _sides(content)}
    parts = []
    for pair in content["pairs"]:
        answered = pair["id"] in chosen
        right = answered and texts[chosen[pair["id"]]] == pair["right"]
        share = 1 / len(content["pairs"]) if right else 0.0
        parts.append(Part(pair["id"], share, answered, right, pair.get("feedback", "")))
    return Grade(clamped(sum(part.right for part in parts) / len(parts)), tuple(parts))


def correct(content):
    same_side = _same_side(content)
    return {"pairs": {pair["id"]: same_side[pair["right"]] for pair in content["pairs"]}}


def choices(content, response):
    return [f"{left}:{right}" for left, right in sorted(response["pairs"].items())] if response else []


def summary(content, response):
    if not response:
        return ""
    texts = {side["id"]: side["text"] for side in _sides(content)}
    return "; ".join(
        f"{plain(pair['left'])} → {plain(texts[response['pairs'][pair['id']]])}"
        for pair in content["pairs"]
        if pair["id"] in response["pairs"]
    )


def same(content, a, b):
    return _texts_chosen(content, a) == _texts_chosen(content, b)


def guess(content):
    return 1 / len(_distinct(content))


def laid_out(content, presented, response=None):
    chosen = _texts_chosen(content, response)
    sides = _shown_sides(content, presented)
    return {
        "rows": [
            {
                "field": f"pair-{pair['id']}",
                "left": pair["left"],
                "choices": [
                    {"value": token, "text": text, "chosen": chosen.get(pair["id"]) == text}
                    for token, text in sides
                ],
            }
            for pair in content["pairs"]
        ]
    }


def reviewed(content, presented, response, marks, *, show_key=True):
    chosen = response["pairs"] if response else {}
    texts = {side["id"]: side["text"] for side in _sides(content)}
    parts = {part.id: part for part in marks.parts}
    return {
        "rows": [
            {
                "left": pair["left"],
                "answer": texts.get(chosen.get(pair["id"]), ""),
                "right": parts[pair["id"]].right,
                "key": pair["right"] if show_key else "",
                "feedback": pair.get("feedback", "") if show_key or parts[pair["id"]].chosen else "",
            }
            for pair in content["pairs"]
        ]
    }


def _sides(content):
    """All right sides, of pairs and extra, as id and text."""
    pairs = [{"id": pair["id"], "text": pair["right"]} for pair in content["pairs"]]
    return pairs + [{"id": side["id"], "text": side["text"]} for side in content.get("extra", ())]


def _texts_chosen(content, response):
    texts = {side["id"]: side["text"] for side in _sides(content)}
    return {left: texts[right] for left, right in response["pairs"].items()} if response else {}


def _same_side(content):
    """Text of a right side → the id that stands for all with this text: the first."""
    return {side["text"]: side["id"] for side in reversed(_sides(content))}


def _distinct(content):
    return list(dict.fromkeys(_same_side(content)[side["text"]] for side in _sides(content)))


def _shown_sides(content, presented):
    words = tokens(content, _distinct(content))
    sides = [side for side in _sides(content) if side["id"] in words]
    return [(words[side["id"]], side["text"]) for side in in_order(sides, (presented or {}).get("order"))]


def _check_ids(findings, pairs, extra):
    taken = {pair.get("id") for _, pair in pairs if isinstance(pair.get("id"), str)}
    for where, side in extra:
        if isinstance(side.get("id"), str) and side["id"] in taken:
            findings.error(
                (*where, "id"), f'the id "{side["id"]}" is used by a pair; choose another', "double-id"
            )


def _check_sides(findings, sides, pairs):
    if len({text for _, text in sides}) < 2:
        findings.error(("pairs",), "all right sides are the same, so there is nothing to match", "one-side")
    shown = {}
    for index, (where, text) in enumerate(sides):
        before = shown.setdefault(plain(text), text)
        if before != text:
            findings.error(
                where, "it looks like another right side in a list; make them differ in words", "look-alike"
            )
        elif index >= pairs and text in [earlier for _, earlier in sides[:index]]:
            findings.error(where, "this right side has a partner already, so it is no extra", "not-extra")


def _words(value):
    """A year or a number may stand as a side without quotes."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
