"""The contract that every kind of question keeps.

A kind is a module of plain functions in this package, pure, JSON in and JSON out; `KINDS` in
`content.questions` maps the stored name to the module. `content` is the JSON of a question version: what
`course-format` lists for the kind, with `stem`, `explanation` and, if there is one, `hint`.

========================================  ==========================================================
`normalise(content)`                      the same content with ids and defaults filled in, texts trimmed,
                                          ``"true"`` and ``"3"`` of a file turned into values; never raises
`check(content)`                          the author's mistakes, a list of `Problem`; never raises. Expects
                                          normalised content; publishable if no problem is an error
`present(content, rng)`                   what is drawn once for an attempt and stored with it, JSON
`read(content, data)`                     posted fields → response, None if blank, or `Unreadable`. It asks for each
                                          of its fields by name; pages call it through `read_answer`, which
                                          refuses what it did not ask for
`grade(content, response)`                → `Grade`; None and every response that `read` can return are graded
`correct(content)`                        a response that is fully right
`choices(content, response)`              ids of what was chosen, for the statistics of distractors
`summary(content, response)`              the response as plain text, for reports and CSV
`same(content, a, b)`                     are two responses the same try?
`guess(content)`                          the expected fraction of a blind answer, 0 … 1
`laid_out(content, presented, response)`  plain data for the part `input` of its template: never the key
`reviewed(content, presented, response,   plain data for the part `review`; without `show_key` only what the
grade, *, show_key)`                      response itself got
========================================  ==========================================================

Each module also has `NAME` (what people call the kind), `DESCRIPTION` (one line for authors who choose a kind),
`FIELDS` (its keys, in the order of the dump), `TEXTS` (which of its texts are Markdown, see
`content.questions.rendering`) and `FORM` (what an author fills in, see `content.questions.author_form`).

Where a kind needs it:

- `hints(content)`: weaknesses, a list of `Problem`s that are warnings, also of a content that is not finished yet and
  that `check` finds errors in; where it finds none, `check` gives them
- `STEM`: another label for the stem; `MARKED_BY_HAND = True`: a person marks it
- `secret_ids(content)`: the ids that would tell the key if a page showed them; `tokens` stand for them there
- `pressed(content, presented, data)`, for an input with buttons of its own, named `move`: the posted fields as they
  stand after the button
- `without_words(content, response)`, for an input where people type: a response that earns the same and holds nothing
  of what its writer chose to write
- `SCRIPT`: the static file that makes its input pleasant; the input works without it

Responses hold ids, never positions. Field names in `data` come without the prefix of the page: `choice`,
`text`, `number`, `answer`, `pair-<id>`, `position-<id>`, `move`, `gap-<name>`, `essay`. The last two functions also
take the rendered form of the content, see `content.questions.rendering`.
"""

import difflib
import hashlib
import json
import re
from dataclasses import dataclass
from itertools import count

from content.text import TextRefused, clean_text, is_blank

# Keys of a question file that stand beside its content: columns of the question, not of the version.
BESIDE = ("id", "kind", "passage", "objective", "level", "tags", "use", "state", "sources")
# Keys every kind has. The dump writes `stem`, the fields of the kind, then `explanation` and `hint`.
SHARED = ("stem", "explanation", "hint")
SHARED_TEXTS = {("stem",): "stem", ("explanation",): "flow", ("hint",): "flow"}

REMOVED = "removed"  # stands for words that were erased
STEM_LENGTH = 10_000
TEXT_LENGTH = 2_000
ANSWER_LENGTH = 10_000
MOST_ROWS = 50

# Sums of thirds and sixths must still count as whole.
_ALMOST = 1e-9
_ID = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


@dataclass(frozen=True)
class Problem:
    """One mistake or weakness: what is wrong and what to do, and where, as keys and indices from the top."""

    severity: str
    message: str
    path: tuple = ()
    code: str = ""

    @property
    def is_error(self):
        return self.severity == "error"


class Unreadable(ValueError):
    """What was posted cannot be understood; not a wrong answer. The message is for the learner."""


@dataclass(frozen=True)
class Part:
    """One option, pair, item or gap under a response.

    `fraction`: what it adds to the fraction of the question before clamping. `chosen`: the response has it.
    `right`: an option that is (partly) right; for a pair, item or gap: what was answered there is right.
    """

    id: str
    fraction: float
    chosen: bool
    right: bool
    feedback: str = ""


@dataclass(frozen=True)
class Grade:
    """What a response earns. `fraction` is 0 … 1, or None if a person has to mark it (an essay with text)."""

    fraction: float | None
    parts: tuple[Part, ...] = ()
    feedback: str = ""

    @property
    def needs_marking(self):
        return self.fraction is None

    @property
    def verdict(self):
        """``right``, ``partly``, ``wrong`` or ``unmarked``: partly right is never reported as right."""
        if self.fraction is None:
            return "unmarked"
        return "right" if self.fraction >= 1 else "wrong" if self.fraction <= 0 else "partly"


def clamped(fraction):
    """`fraction` as a float within 0 … 1, whole where only rounding keeps it from being so."""
    fraction = float(fraction)
    if fraction > 1 - _ALMOST:
        return 1.0
    return fraction if fraction > _ALMOST else 0.0


# --- reading -----------------------------------------------------------------


def posted(data, name):
    """All values posted under `name`, as text. `data` is a QueryDict or a dict of texts or lists of texts."""
    found = data.getlist(name) if hasattr(data, "getlist") else data.get(name)
    if found is None:
        return []
    found = list(found) if isinstance(found, list | tuple) else [found]
    if not all(isinstance(value, str) for value in found):
        raise Unreadable("This answer came in a form that we do not understand.")
    return found


def posted_one(data, name):
    """The one value posted under `name`, ``""`` if there is none; two different ones are refused."""
    values = set(posted(data, name))
    if len(values) > 1:
        raise Unreadable("This answer came twice, and not the same. Please answer again.")
    return values.pop() if values else ""


def posted_text(data, name, *, max_length=ANSWER_LENGTH, multiline=False):
    """The value posted under `name`, cleaned; ``""`` if there is none or it is blank."""
    value = posted_one(data, name)
    if not value:
        return ""
    try:
        text = clean_text(value, max_length=max_length, multiline=multiline)
    except TextRefused as refusal:
        raise Unreadable(str(refusal)) from None
    return "" if is_blank(text) else text


def posted_ids(data, name, known):
    """The distinct values under `name`, in the order of `known`; blank ones dropped, unknown ones refused."""
    values = {value for value in posted(data, name) if value}
    if not values <= set(known):
        raise Unreadable("This answer is not one of the choices of the question. Please choose again.")
    return [id for id in known if id in values]


# --- order -------------------------------------------------------------------


def shuffled(ids, rng, *, shuffle=True):
    """The ids as a list in the order to show."""
    ids = list(ids)
    if shuffle:
        rng.shuffle(ids)
    return ids


def in_order(rows, order):
    """The rows in the order of the stored ids; rows that are not named follow in the author's order."""
    place = {id: index for index, id in enumerate(order or ())} if isinstance(order, list | tuple) else {}
    return sorted(rows, key=lambda row: place.get(row["id"], len(place)))


def tokens(content, ids):
    """id → a word that stands for it in a page.

    The ids of pairs and of ordered items follow the author's order and would give the key away in the page
    source. The words depend on the whole content, with its explanation and feedback, so nobody can compute
    them from what a page shows; `read` understands both.
    """
    if given := content.get("tokens"):
        return {id: given[id] for id in ids}
    source = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return {id: hashlib.sha256(f"{id}\n{source}".encode()).hexdigest()[:10] for id in ids}


# --- normalising -------------------------------------------------------------


def tidied(content, fields):
    """A copy with trimmed texts and keys in the order of the dump; unknown ones last, for `check` to name."""
    if not isinstance(content, dict):
        return content
    content = _trimmed(content)
    order = ("stem", *fields, "explanation", "hint")
    known = {
        key: content[key] for key in order if key in content and not (key == "hint" and content[key] == "")
    }
    return known | {key: value for key, value in content.items() if key not in order}


def with_ids(rows, *, taken=()):
    """The rows with an id each: the given one, or the next free of a, b, c … z, a2, b2 …

    However many there are: that they are too many is for `check` to say.
    """
    if not isinstance(rows, list):
        return rows
    used = {row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str)} | set(
        taken
    )
    free = (
        letter + (str(turn) if turn > 1 else "")
        for turn in count(1)
        for letter in "abcdefghijklmnopqrstuvwxyz"
    )
    fresh = (id for id in free if id not in used)
    return [{"id": next(fresh)} | row if isinstance(row, dict) and not row.get("id") else row for row in rows]


def as_flag(value):
    """True or False for what a text file calls so; anything else as it is."""
    words = {"true": True, "yes": True, "false": False, "no": False}
    return words.get(value.strip().lower(), value) if isinstance(value, str) else value


def as_number(value):
    """An int or float for the text of a number (``"0.5"``, ``"1/3"``); anything else as it is."""
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,9}", value.strip(), re.ASCII):
        return int(value)
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d{0,9}\.\d{1,17}", value.strip(), re.ASCII):
        return float(value)
    if isinstance(value, str) and (
        found := re.fullmatch(r"(\d{1,4})/([1-9]\d{0,3})", value.strip(), re.ASCII)
    ):
        return int(found[1]) / int(found[2])
    return value


def convert(rows, key, function):
    """Apply `function` to `key` of each row that has it, in place."""
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and key in row:
            row[key] = function(row[key])


def without_empty(rows, *keys):
    """Drop optional keys that say nothing, in place, so that equal content is stored equally."""
    for row in rows if isinstance(rows, list) else ():
        for key in keys:
            if isinstance(row, dict) and row.get(key) in ("", None, False):
                row.pop(key, None)


def _trimmed(value):
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return [_trimmed(item) for item in value]
    if isinstance(value, dict):
        return {key: _trimmed(item) for key, item in value.items()}
    return value


# --- checking ----------------------------------------------------------------


class Findings:
    """Collects the problems of one content while its shape is walked. Its methods never raise."""

    def __init__(self):
        self.problems = []

    def error(self, path, message, code="invalid"):
        self.problems.append(Problem("error", message, tuple(path), code))

    def warning(self, path, message, code):
        self.problems.append(Problem("warning", message, tuple(path), code))

    @property
    def has_errors(self):
        return any(problem.is_error for problem in self.problems)

    def keys(self, value, path, allowed):
        """False, with an error, unless `value` is an object; an error for each key that is not `allowed`."""
        if not isinstance(value, dict):
            self.error(path, "this should be a group of named fields", "type")
            return False
        for key in value:
            if key not in allowed:
                near = difflib.get_close_matches(str(key), allowed, n=1)
                ask = f'; did you mean "{near[0]}"?' if near else f"; possible are: {', '.join(allowed)}"
                self.error((*path, key), f'unknown key "{key}"{ask}', "unknown-key")
        return True

    def text(self, holder, key, path, *, required=False, max_length=TEXT_LENGTH):
        """The text under `key`, ``""`` if it is absent or not a text that can be kept."""
        value = holder.get(key)
        where = (*path, key)
        if value is None or value == "":
            if required:
                self.error(where if key in holder else path, f'"{key}" is missing', "missing")
            return ""
        if not isinstance(value, str):
            self.error(where, f'"{key}" should be text; put it in quotes', "type")
            return ""
        try:
            text = clean_text(value, max_length=max_length)
        except TextRefused as refusal:
            self.error(where, str(refusal), "text-refused")
            return ""
        if is_blank(text):
            self.error(where, f'"{key}" is empty', "missing")
            return ""
        return text

    def flag(self, holder, key, path, *, required=False):
        """The boolean under `key`; None, with an error where needed, if there is none."""
        value = holder.get(key)
        if value is None and not required:
            return None
        if not isinstance(value, bool):
            self.error((*path, key) if key in holder else path, f'"{key}" should be true or false', "type")
            return None
        return value

    def number(self, holder, key, path, *, least, most, whole=False, required=False):
        """The number under `key` within its bounds, else None with an error."""
        value = holder.get(key)
        if value is None and not required:
            return None
        kinds = int if whole else (int, float)
        if (
            isinstance(value, bool)
            or not isinstance(value, kinds)
            or not least <= value <= most  # nor is nan, and infinity is beyond any
        ):
            sort = "a whole number" if whole else "a number"
            where = (*path, key) if key in holder else path
            self.error(where, f'"{key}" should be {sort} from {least:g} to {most:g}', "type")
            return None
        return value

    def one_of(self, holder, key, path, allowed):
        value = holder.get(key)
        if value is not None and value not in allowed:
            self.error((*path, key), f'"{key}" should be one of: {", ".join(allowed)}', "type")

    def rows(self, holder, key, path, *, fields, least, most=MOST_ROWS, what="entry"):
        """The objects of the list under `key` as (path, object), each checked for unknown keys and its id."""
        value = holder.get(key)
        where = (*path, key)
        if not isinstance(value, list):
            message = f'"{key}" should be a list' if key in holder else f'"{key}" is missing'
            self.error(where if key in holder else path, message, "type" if key in holder else "missing")
            return []
        if not least <= len(value) <= most:
            self.error(where, f'"{key}" should have {least} to {most} entries and has {len(value)}', "count")
        found, seen = [], set()
        for index, row in enumerate(value[:most]):
            if not self.keys(row, (*where, index), ("id", *fields)):
                continue
            self._id(row.get("id"), (*where, index), seen, what)
            found.append(((*where, index), row))
        return found

    def shared(self, content, fields):
        """Check what all kinds have; False if `content` is no object at all."""
        if not self.keys(content, (), ("stem", *fields, "explanation", "hint")):
            return False
        self.text(content, "stem", (), required=True, max_length=STEM_LENGTH)
        self.text(content, "explanation", (), max_length=STEM_LENGTH)
        self.text(content, "hint", ())
        return True

    def _id(self, id, path, seen, what):
        where = (*path, "id")
        if not isinstance(id, str) or not _ID.fullmatch(id) or len(id) > 60:
            self.error(where, "an id has lower-case letters, digits and hyphens", "id")
        elif id in seen:
            self.error(where, f'the id "{id}" is used twice; each {what} needs its own', "double-id")
        else:
            seen.add(id)
