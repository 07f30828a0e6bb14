"""Aiken: the plainest of text formats. Stem, options A to J, ``ANSWER: B``."""

import re

from content.formats import source
from content.formats.drafts import Collector, QuestionDraft, TooMany, title_of
from content.html_markdown import from_plain, to_plain
from content.questions import KINDS

KINDS_WRITTEN = ("single_choice", "true_false")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_OPTION = re.compile(r"\s*([A-Za-z])[).]\s+(.*\S)\s*")
_KEY = re.compile(r"\s*ANSWER\s*:\s*(.*?)\s*", re.IGNORECASE)


class _Question:
    """The lines of a question so far."""

    def __init__(self):
        self.stem, self.options, self.line, self.size = [], [], 0, 0


# --- reading -------------------------------------------------------------------


def read(data, *, limits=None):
    """The `Reading` of an Aiken file."""
    collector = Collector("aiken", limits)
    text = source.decode(data, collector)
    open_ = _Question()
    try:
        for number, line in enumerate(text.lines, 1):
            if line.strip():
                open_ = _next(open_, line, number, collector)
        if open_.stem or open_.options:
            _no_key(open_, collector)
    except TooMany:
        pass
    return collector.reading()


def _next(open_, line, number, collector):
    """The question that the next line finds open: `open_` with the line taken in, or a new one."""
    open_.size += len(line)
    if key := _KEY.fullmatch(line):
        _finish(open_, key[1], number, line, collector)
        return _Question()
    option = _OPTION.fullmatch(line)
    if option and open_.stem and _is_next(open_, option[1]):
        open_.options.append(option[2])
        return open_
    if option and open_.options and option[1].isupper():
        wanted = LETTERS[len(open_.options)] if len(open_.options) < len(LETTERS) else "no further option"
        collector.error(
            "aiken.letter",
            f"Option {option[1]} stands where {wanted} should; write the options in order from A.",
            (number, len(line) - len(line.lstrip()) + 1),
        )
        open_.options.append(option[2])
        return open_
    if open_.options:
        _no_key(open_, collector)
        open_ = _Question()
        open_.size = len(line)
    open_.line = open_.line or number
    if open_.size <= collector.limits.question:
        open_.stem.append(line.strip())
    return open_


def _is_next(open_, letter):
    return len(open_.options) < len(LETTERS) and letter == LETTERS[len(open_.options)]


def _no_key(open_, collector):
    collector.error(
        "aiken.no-answer", "This question has no line ANSWER: behind its options; add it.", (open_.line, 1)
    )


def _finish(open_, key, number, line, collector):
    column = line.index(":") + 2
    place = number, column
    if not open_.stem:
        collector.error("aiken.no-stem", "ANSWER: without a question above it.", (number, 1))
        return
    if open_.size > collector.limits.question:
        limit = collector.limits.question // 1024
        collector.error(
            "limit.question", f"This question is longer than {limit} KiB; make it shorter.", (open_.line, 1)
        )
        return
    if len(open_.options) < 2:
        collector.error(
            "aiken.few-options", "A question needs two options or more, each as: A) text", (open_.line, 1)
        )
        return
    keys = [part.strip().upper().rstrip(".)") for part in re.split(r"[,;\s]+", key) if part.strip()]
    known = LETTERS[: len(open_.options)]
    unknown = [letter for letter in keys if len(letter) != 1 or letter not in known]
    if unknown or not keys:
        named = f'"{unknown[0][:20]}"' if unknown else "Nothing"
        collector.error("aiken.key", f"{named} is none of the options {known[0]} to {known[-1]}.", place)
        return
    options = [{"text": from_plain(text)} for text in open_.options]
    for letter in keys:
        options[known.index(letter)]["correct"] = True
    stem = from_plain(" ".join(open_.stem))
    kind = "single_choice"
    if len(set(keys)) > 1:
        kind = "multiple_choice"
        collector.warning("aiken.several-keys", "Several right answers: this became a select-all.", place)
    collector.add(
        QuestionDraft(
            kind=kind,
            content={"stem": stem, "options": options},
            title=title_of(stem),
            line=open_.line,
            column=1,
        )
    )


# --- writing -------------------------------------------------------------------


def write(drafts, **options):
    """Aiken of the single choices and statements among the drafts: stem, options and key, all plain."""
    parts = [_written(draft) for draft in drafts if not draft.skip and draft.kind in KINDS_WRITTEN]
    return ("\n\n".join(parts) + "\n").encode() if parts else b""


def _written(draft):
    content = KINDS[draft.kind].normalise(draft.content)
    if draft.kind == "true_false":
        texts, key = ["True", "False"], 0 if content["answer"] else 1
    else:
        texts = [_line(option["text"]) for option in content["options"]][: len(LETTERS)]
        worth = [option.get("fraction", 1 if option.get("correct") else 0) for option in content["options"]]
        key = worth.index(1) if 1 in worth else worth.index(1.0)
    lines = [_stem(content["stem"])]
    lines += [f"{letter}) {text}" for letter, text in zip(LETTERS, texts, strict=False)]
    return "\n".join([*lines, f"ANSWER: {LETTERS[key]}"])


def _line(markdown):
    return " ".join(to_plain(markdown).split()) or "–"


def _stem(markdown):
    """The stem on one line; one that looks like a key gets a sign in front, for Aiken knows no escape."""
    line = _line(markdown)
    return f"… {line}" if _KEY.fullmatch(line) else line
