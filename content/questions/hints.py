"""Hints for authors: flaws of item writing, each with a stable code, one reason and how to mend it.

Pure, and cautious: a hint is a warning beside the field, never an obstacle, and a question that is still being
written gets the hints on what is there already, whatever is missing. The rules are those of Haladyna,
Downing and Rodriguez (2002). Words are looked for in English; a course in another language gets only the
hints that need no words.
"""

import re

from content.markup import plain
from content.numbers import NotANumber, exact, parse_number
from content.questions.base import Problem
from content.text import fold

_QUESTION_MARKS = ("?", "؟", "？")
_REQUESTS = re.compile(
    r"^(name|give|state|choose|select|tick|pick|find|type|write|enter|complete|fill|estimate|calculate|compute|judge|"
    r"identify|decide|rate|put|order|arrange|sort|match|explain|describe|compare|discuss|assess|list|translate|mark)\b",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(r"\b(not|except|cannot|never|neither|least likely)\b|n['’]t\b", re.IGNORECASE)
_ALL_OR_NONE = re.compile(
    r"^(all|none|both|neither|any|a and b|b and c)( of)?( the)? (above|these|those|others?|below)\b", re.I
)
_ABSOLUTE = re.compile(
    r"\b(always|never|impossible|completely|totally|absolutely|entirely|invariably|undoubtedly|inevitably)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{5,}")
_RANGE = re.compile(r"^\D{0,12}?(\d[\d., ]*\d|\d)\s*(?:-|to|and)\s*(\d[\d., ]*\d|\d)\b")
# fmt: off
_COMMON_WORDS = frozenset((
    "about", "above", "after", "again", "against", "because", "before", "being", "below", "between",
    "could", "during", "first", "their", "there", "these", "those", "through", "under", "until",
    "where", "which", "while", "whose", "would", "other", "might", "shall", "should", "since", "still",
))
# fmt: on


def hints_on_choice(content, *, several=False, at=()):
    """Hints on a question (or, with `at`, a gap) with options of which one or several are right."""
    options = rows_of(content, "options")
    texts = [plain(said(option, "text")) for option in options]
    right = [bool(option.get("correct") or option.get("fraction") == 1) for option in options]
    found = [] if at else [*_on_stem(content), *_on_explanation(content)]
    for index, (option, text) in enumerate(zip(options, texts, strict=True)):
        where = (*at, "options", index)
        found += _on_option_words(text, (*where, "text"))
        if not option.get("feedback"):
            found.append(missing_feedback((*where, "feedback"), "this option"))
    found += _on_likeness(texts, (*at, "options"), in_sentence=bool(at))
    found += _on_key(texts, right, at, stem="" if at else plain(said(content, "stem")))
    found += _on_ranges(texts, (*at, "options"))
    if several and sum(right) == 1:
        found.append(
            hint(
                "one-key",
                (*at, "options"),
                "only one option is right, so the reader looks in vain for a second; use single_choice",
            )
        )
    return found


def hints_on_statement(content):
    """Hints on a statement that is true or false."""
    stem = plain(said(content, "stem"))
    found = [*_negative(stem), *_on_explanation(content)]
    if _ABSOLUTE.search(stem):
        found.append(_absolute(("stem",), stem))
    if ";" in stem or ", and " in stem:
        found.append(
            hint(
                "two-facts",
                ("stem",),
                "the statement holds two facts, and one may be true alone; ask one at a time",
            )
        )
    feedback = content.get("feedback")
    for word in ("true", "false"):
        if not isinstance(feedback, dict) or not feedback.get(word):
            found.append(missing_feedback(("feedback", word), f'the answer "{word}"'))
    return found


def hints_on_typed(content, *, at=()):
    """Hints on an answer that is typed."""
    found = [] if at else [*_on_stem(content), *_on_explanation(content)]
    return found + _on_answers(content, at)


def hints_on_number(content, *, at=()):
    """Hints on a number: as on typed answers, and on answers whose tolerances overlap."""
    found = hints_on_typed(content, at=at)
    answers = rows_of(content, "answers")
    for index, answer in enumerate(answers):
        for earlier in answers[:index]:
            if answer.get("fraction", 1) != earlier.get("fraction", 1) and _overlap(answer, earlier):
                found.append(
                    hint(
                        "overlapping-numbers",
                        (*at, "answers", index, "value"),
                        "its range overlaps that of an answer above, which decides for both; narrow it, "
                        "unless the wider one is meant to catch what is near",
                    )
                )
                break
    year = re.fullmatch(r"1\d{3}|20\d{2}", str(answers[0].get("value"))) if answers else True
    if not content.get("unit") and not year and not at:
        found.append(hint("no-unit", (), 'a number without a unit leaves open what is counted; add "unit"'))
    return found


def hints_on_task(content):
    """Hints on kinds whose stem is a request: only what holds for all."""
    return [*_negative(plain(said(content, "stem"))), *_on_explanation(content)]


def no_passage():
    """The hint on a question that no passage stands behind. Passages are no part of its content."""
    return hint(
        "no-passage",
        ("passage",),
        "the question names no passage, so a wrong answer has nothing to open; choose the one it is about",
    )


def hint(code, path, message):
    """A warning: one reason, a semicolon, and how to mend it."""
    return Problem("warning", message, tuple(path), code)


def missing_feedback(path, what):
    return hint(
        "missing-feedback",
        path,
        f"{what} has no feedback; say why it is tempting and why it is right or wrong",
    )


def said(holder, key):
    """The text under a key; "" where there is none yet."""
    value = holder.get(key)
    return value if isinstance(value, str) else ""


def rows_of(holder, key):
    """The rows under a key, in their places; what is no row yet is an empty one."""
    value = holder.get(key)
    return [row if isinstance(row, dict) else {} for row in value] if isinstance(value, list) else []


def _on_stem(content):
    stem = plain(said(content, "stem"))
    found = _negative(stem)
    if (
        stem
        and not any(mark in stem for mark in _QUESTION_MARKS)
        and "__" not in stem
        and not _REQUESTS.match(stem)
    ):
        found.append(
            hint(
                "stem-no-question",
                ("stem",),
                "the stem is no question, so it cannot be answered without the options; ask one",
            )
        )
    return found


def _negative(stem):
    if not _NEGATIVE.search(stem):
        return []
    return [
        hint(
            "negative-stem",
            ("stem",),
            "a negative stem tests attention rather than knowledge; ask for what is so",
        )
    ]


def _on_explanation(content):
    if content.get("explanation"):
        return []
    return [
        hint(
            "missing-explanation",
            (),
            "there is no explanation; say in one to three sentences why the answer is right",
        )
    ]


def _on_option_words(text, path):
    if _ALL_OR_NONE.match(text):
        return [
            hint(
                "all-or-none",
                path,
                "this can be judged without knowing the subject; put a real alternative or leave it out",
            )
        ]
    return [_absolute(path, text)] if _ABSOLUTE.search(text) else []


def _absolute(path, text):
    word = _ABSOLUTE.search(text)[0].lower()
    return hint(
        "absolute-word",
        path,
        f'"{word}" gives a wrong statement away, for little is so without exception; say how far it holds',
    )


def _on_likeness(texts, path, *, in_sentence):
    found, seen = [], {}
    if not any(texts):
        return found
    for index, text in enumerate(texts):
        folded = fold(text).rstrip(".")
        if folded and folded in seen:
            found.append(
                hint(
                    "duplicated-option",
                    (*path, index, "text"),
                    "it says the same as an option above; change or remove one",
                )
            )
        seen[folded] = index
    texts = [text or next(filter(None, texts)) for text in texts]  # a blank one is not written yet
    lengths = [len(text) for text in texts]
    if max(lengths) > 2.5 * max(1, min(lengths)) and max(lengths) - min(lengths) > 25:
        longest = lengths.index(max(lengths))
        found.append(
            hint(
                "unlike-length",
                (*path, longest, "text"),
                "it is far longer than another option and stands out; even them out",
            )
        )
    stops = {text.endswith((".", "!")) for text in texts}
    starts = {
        text[0].isupper() for text in texts if text[:1].isalpha() and text[0].lower() != text[0].upper()
    }
    # What fills a gap stands inside a sentence, where a name has its capital and another word has none.
    if len(stops) > 1 or (len(starts) > 1 and not in_sentence):
        found.append(
            hint(
                "unlike-grammar",
                path,
                "some options are sentences and others are not, which sets them apart; shape all alike",
            )
        )
    return found


def _on_key(texts, right, at, *, stem):
    keys = [index for index, is_right in enumerate(right) if is_right]
    others = [index for index, is_right in enumerate(right) if not is_right]
    if not keys or not others:
        return []
    found = []
    longest_other = max(len(texts[index]) for index in others)
    if (
        len(keys) == 1
        and len(texts[keys[0]]) >= 1.2 * longest_other
        and len(texts[keys[0]]) - longest_other >= 8
    ):
        found.append(
            hint(
                "key-longest",
                (*at, "options", keys[0], "text"),
                "the right option is the longest, which readers learn to look for; shorten it",
            )
        )
    words = _words(stem) - set().union(*(_words(texts[index]) for index in others))
    for index in keys:
        if shared := sorted(words & _words(texts[index])):
            found.append(
                hint(
                    "clue-word",
                    (*at, "options", index, "text"),
                    f'"{shared[0]}" stands in the stem and only here, which gives the key away; reword it',
                )
            )
    return found


def _words(text):
    return {word.casefold() for word in _WORD.findall(text)} - _COMMON_WORDS


def _on_ranges(texts, path):
    ranges = [_range(text) for text in texts]
    for index, here in enumerate(ranges):
        for other in ranges[:index]:
            if here and other and here[0] <= other[1] and other[0] <= here[1]:
                return [
                    hint(
                        "overlapping-numbers",
                        (*path, index, "text"),
                        "its numbers overlap those of another option, so both can be right; part them",
                    )
                ]
    return []


def _range(text):
    found = _RANGE.match(fold(text))
    if not found:
        return None
    try:
        low, high = (parse_number(part.strip(" .,")) for part in found.groups())
    except NotANumber:
        return None
    return (low, high) if low <= high else None


def _on_answers(content, at):
    found = [
        missing_feedback((*at, "answers", index, "feedback"), "this answer")
        for index, answer in enumerate(rows_of(content, "answers"))
        if not answer.get("feedback")
    ]
    if not content.get("else_feedback"):
        found.append(missing_feedback((*at, "else_feedback"), "an answer that fits none"))
    return found


def _overlap(a, b):
    try:
        (a_low, a_high), (b_low, b_high) = _reach(a), _reach(b)
    except NotANumber:
        return False
    return a_low <= b_high and b_low <= a_high


def _reach(answer):
    value = exact(answer.get("value"))
    rooms = [exact(answer["absolute"])] if answer.get("absolute") is not None else []
    if answer.get("relative") is not None:
        rooms.append(abs(value) * exact(answer["relative"]))
    room = min(rooms, default=0)
    return value - room, value + room
