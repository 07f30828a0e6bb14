"""Items are put in order. They are stored in the right one and shown in another.

Scoring `adjacent` (default): of the neighbours in the right order, the share that still stand together, the one
directly before the other. `all_or_nothing`: 1 for the whole order.
"""

from math import factorial

from content.markup import plain
from content.questions.author_form import Choice, Rows, Text
from content.questions.base import (
    SHARED_TEXTS,
    Findings,
    Grade,
    Part,
    Unreadable,
    clamped,
    in_order,
    posted,
    posted_one,
    shuffled,
    tidied,
    tokens,
    with_ids,
)
from content.questions.hints import hints_on_task, missing_feedback

NAME = "Ordering"
SCRIPT = "questions/ordering.js"
DESCRIPTION = "Items to be put in order."
FIELDS = ("items", "scoring", "feedback")
TEXTS = SHARED_TEXTS | {("items", "*", "text"): "inline", ("feedback",): "flow"}
SCORINGS = ("adjacent", "all_or_nothing")
FORM = (
    Rows("items", "Items, in the right order", "Add an item", (Text("text", "Item", 2),)),
    Choice(
        "scoring",
        "Scoring",
        (("adjacent", "Share of neighbours kept together"), ("all_or_nothing", "All or nothing")),
    ),
    Text("feedback", "Feedback", 2),
)


def normalise(content):
    content = tidied(content, FIELDS)
    if not isinstance(content, dict):
        return content
    if isinstance(content.get("items"), list):
        rows = [{"text": str(item)} if isinstance(item, str | int) else item for item in content["items"]]
        content["items"] = with_ids(rows)
    if content.get("feedback") == "":
        del content["feedback"]
    return tidied({"scoring": "adjacent"} | content, FIELDS)


def check(content):
    findings = Findings()
    if not findings.shared(content, FIELDS):
        return findings.problems
    findings.one_of(content, "scoring", (), SCORINGS)
    findings.text(content, "feedback", ())
    seen = set()
    for where, item in findings.rows(content, "items", (), fields=("text",), least=2, most=20, what="item"):
        text = findings.text(item, "text", where, required=True)
        if text and plain(text) in seen:
            findings.error(
                (*where, "text"), "this item stands here twice, so its place is open", "duplicated-item"
            )
        seen.add(plain(text))
    return findings.problems if findings.has_errors else findings.problems + hints(content)


def hints(content):
    found = hints_on_task(content)
    return found if content.get("feedback") else [*found, missing_feedback(("feedback",), "this order")]


def secret_ids(content):
    return _ids(content)


def present(content, rng):
    ids = _ids(content)
    order = shuffled(ids, rng)
    # The right order must not be given away by chance.
    return {"order": order if order != ids else ids[1:] + ids[:1]}


def read(content, data):
    ids = _ids(content)
    words = tokens(content, ids)
    places = {}
    for id in ids:
        by_word, by_id = (posted_one(data, f"position-{name}").strip() for name in (words[id], id))
        if by_word and by_id and words[id] != id:
            raise Unreadable("An item has two places here. Give each item its own place.")
        if value := by_word or by_id:
            places[id] = value
    if not places:
        return None
    return {"order": sorted(ids, key=_checked(places, len(ids)).__getitem__)}


def pressed(content, presented, data):
    """One up or one down (``move``: the item's word and ``-up`` or ``-down``); every item gets its place.

    What has a place stands there, the others as the page showed them, which is the order in which they came.
    """
    ids = _ids(content)
    words = tokens(content, ids)
    fields = {f"position-{words[id]}": id for id in ids} | {f"position-{id}": id for id in ids}
    shown = [fields[name] for name in data if name in fields]
    shown = list(dict.fromkeys([*shown, *((presented or {}).get("order") or ids), *ids]))
    order = _laid(shown, {fields[name]: posted(data, name) for name in data if name in fields})
    word, _, way = (posted(data, "move") or [""])[-1].rpartition("-")
    at = next((n for n, id in enumerate(order) if word in (id, words[id])), None)
    if at is None or way not in ("up", "down") or set(data) - set(fields) - {"move"}:
        raise Unreadable(
            "What was sent does not belong to this question. Load the page again and order it anew."
        )
    to = at + {"up": -1, "down": 1}[way]
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
    return {f"position-{words[id]}": [str(place)] for place, id in enumerate(order, 1)}


def _laid(shown, places):
    """The items in the order of their places; those without one, or with a taken one, fill the gaps."""
    row, left = [None] * len(shown), []
    for id in shown:
        value = (places.get(id) or [""])[-1].strip()
        place = int(value) - 1 if value.isdecimal() and len(value) < 5 else -1
        if 0 <= place < len(row) and row[place] is None:
            row[place] = id
        else:
            left.append(id)
    rest = iter(left)
    return [id if id is not None else next(rest) for id in row]


def grade(content, response):
    ids = _ids(content)
    order = response["order"] if response else []
    follows = dict(zip(order, order[1:], strict=False))
    kept = [follows.get(first) == second for first, second in zip(ids, ids[1:], strict=False)]
    fraction = clamped(sum(kept) / len(kept)) if order else 0.0
    if content.get("scoring") == "all_or_nothing":
        fraction = 1.0 if order == ids else 0.0
    parts = tuple(
        Part(
            id=id,
            fraction=1 / len(kept) if index < len(kept) and kept[index] else 0.0,
            chosen=bool(order),
            right=bool(order) and order[index] == id,
        )
        for index, id in enumerate(ids)
    )
    return Grade(fraction, parts, content.get("feedback", "") if order else "")


def correct(content):
    return {"order": _ids(content)}


def choices(content, response):
    return [f"{id}:{place}" for place, id in enumerate(response["order"], 1)] if response else []


def summary(content, response):
    texts = {item["id"]: plain(item["text"]) for item in content["items"]}
    return (
        "; ".join(f"{place}. {texts[id]}" for place, id in enumerate(response["order"], 1))
        if response
        else ""
    )


def same(content, a, b):
    return (a or {}).get("order") == (b or {}).get("order")


def guess(content):
    items = len(content["items"])
    # A given neighbour stands directly behind in (n − 1)! of n! orders.
    return 1 / factorial(items) if content.get("scoring") == "all_or_nothing" else 1 / items


def laid_out(content, presented, response=None):
    order = response["order"] if response else []
    words = tokens(content, _ids(content))
    places = range(1, len(content["items"]) + 1)
    rows = in_order(content["items"], order or (presented or {}).get("order"))
    return {
        "rows": [
            {
                "word": words[item["id"]],
                "field": f"position-{words[item['id']]}",
                "text": item["text"],
                "places": [
                    {"value": n, "chosen": bool(order) and order[n - 1] == item["id"]} for n in places
                ],
            }
            for item in rows
        ],
        "scoring": content.get("scoring", "adjacent"),
    }


def reviewed(content, presented, response, marks, *, show_key=True):
    order = response["order"] if response else []
    right = {part.id: part.right for part in marks.parts}
    return {
        "rows": [
            {"text": item["text"], "place": place, "right": right[item["id"]]}
            for place, item in enumerate((in_order(content["items"], order) if order else ()), 1)
        ],
        "key": [item["text"] for item in content["items"]] if show_key else [],
        "feedback": content.get("feedback", "") if order else "",
    }


def _ids(content):
    return [item["id"] for item in content["items"]]


def _checked(places, count):
    """id → place, if every place from 1 to `count` is given once."""
    numbers = {id: int(value) if value.isdecimal() and len(value) < 5 else 0 for id, value in places.items()}
    if not all(1 <= number <= count for number in numbers.values()):
        raise Unreadable(f"A place is a number from 1 to {count}.")
    taken = sorted(numbers.values())
    if twice := next((a for a, b in zip(taken, taken[1:], strict=False) if a == b), None):
        raise Unreadable(f"Place {twice} is given twice. Give each item its own place, from 1 to {count}.")
    if len(numbers) < count:
        missing = next(number for number in range(1, count + 1) if number not in taken)
        raise Unreadable(f"Place {missing} is still free. Give each item its own place, from 1 to {count}.")
    return numbers
