"""GIFT, the text format of Moodle's teachers → drafts.

Marks (``~ = # { } : ->``) count only where unescaped. Escaped characters are replaced by pairs of
noncharacters of the same length before anything is cut, so that places in the source stay true.
"""

import bisect
import re
from dataclasses import dataclass, field, replace
from fractions import Fraction

from content.formats import source, weights
from content.formats.drafts import (
    Collector,
    QuestionDraft,
    TooMany,
    title_of,
    with_tags,
)
from content.formats.gap_texts import BLANK
from content.numbers import NotANumber, as_text, exact
from content.questions import short_text

FORMATS = ("html", "markdown", "plain", "moodle")
LONGEST_COMMENT = 2_000
_ESCAPABLE = "~=#{}:n\\"
_ESCAPED = re.compile(r"\\([~=#{}:n\\])")
_PAIR = re.compile("\ufdd0([\ufdd1-\ufdd8])")
_CONTINUES = re.compile(r"\s*(?:[=~}]|####)")
_CATEGORY = re.compile(r"\s*\$CATEGORY:\s*(.*)", re.IGNORECASE)
_COMMENT_FIELD = re.compile(r"\[(id|tag):((?:\\.|[^\\\]])+)\]")
FORMAT_MARK = re.compile(r"\s*\[(html|markdown|plain|moodle)\]", re.IGNORECASE)
_WEIGHT = re.compile(r"\s*%(-?\d{1,3}(?:\.\d{1,9})?)%")
_BOOLEAN = re.compile(r"\s*(TRUE|FALSE|T|F)\s*(?=#|$)", re.IGNORECASE)
_ROOTS = ("$course$", "$module$", "$system$", "top")


class Broken(Exception):
    """A question that cannot be read; carries code, message and the offset in the block."""

    def __init__(self, code, message, offset=0):
        super().__init__(message)
        self.code, self.offset = code, offset


@dataclass
class Block:
    """The lines of one question without its comments, with what the comments above said."""

    lines: list = field(default_factory=list)  # (line number, text)
    id: str = ""
    tags: list = field(default_factory=list)
    category: tuple = ()
    size: int = 0

    @property
    def text(self):
        return "\n".join(text for _, text in self.lines)

    def place(self, offset):
        """(line, column) in the file for an offset in `text`."""
        starts, at = [], 0
        for _, text in self.lines:
            starts.append(at)
            at += len(text) + 1
        index = max(0, bisect.bisect_right(starts, offset) - 1)
        return self.lines[index][0], offset - starts[index] + 1


@dataclass
class Answer:
    """One answer in the braces: its mark, weight in per cent or None, text and feedback (escapes still hidden)."""

    mark: str
    percent: Fraction | None
    text: str
    feedback: str
    offset: int
    format: str

    @property
    def worth(self):
        if self.percent is not None:
            return self.percent
        return Fraction(100 if self.mark == "=" else 0)


# --- reading -------------------------------------------------------------------


def read(data, *, limits=None):
    """The `Reading` of a GIFT file."""
    collector = Collector("gift", limits)
    text = source.decode(data, collector)
    try:
        for block in _blocks(text.lines, collector):
            _read_block(block, collector)
    except TooMany:
        pass
    return collector.reading()


def _blocks(lines, collector):
    """Cut the lines into questions. A blank line inside braces ends one too, unless an answer follows."""
    block, category, depth = Block(), (), 0
    following = _following(lines)
    for index, line in enumerate(lines):
        stripped = line.strip()
        if stripped.startswith("//"):
            if not block.lines:
                _read_comment(block, stripped[:LONGEST_COMMENT])
            continue
        if not stripped:
            if depth and block.lines and _CONTINUES.match(following[index]):
                message = "A blank line inside the answers; remove it."
                collector.warning("gift.blank-line", message, (index + 1, 1))
                continue
            if block.lines:
                yield block
            block, depth = Block(category=category), 0
            continue
        found = _CATEGORY.match(line) if not depth else None
        if found:
            if block.lines:
                yield block
            category = category_parts(found[1])
            block = Block(category=category)
            continue
        block.size += len(line)
        if block.size <= collector.limits.question or not block.lines:
            block.lines.append((index + 1, line))
        block.category = category
        depth = _open_after(line, depth)
    if block.lines:
        yield block


def _following(lines):
    """For each line the next one after it that has text and is no comment ("" if none)."""
    found, after = [""] * len(lines), ""
    for index in range(len(lines) - 1, -1, -1):
        found[index] = after
        stripped = lines[index].strip()
        if stripped and not stripped.startswith("//"):
            after = lines[index][:80]
    return found


def _open_after(line, depth, _braces=re.compile(r"\\[~=#{}:n\\]|[{}]")):
    """1 if the first brace of the block is open behind this line, −1 once it is closed, 0 before it opens."""
    for found in _braces.finditer(line):
        if found[0] == "{" and depth == 0:
            depth = 1
        elif found[0] == "}" and depth == 1:
            depth = -1
    return max(depth, 0) if depth != -1 else 0


def _read_comment(block, comment):
    for name, value in _COMMENT_FIELD.findall(comment):
        value = re.sub(r"\\(.)", r"\1", value).strip()
        if name == "id":
            block.id = value
        else:
            block.tags.append(value)


def category_parts(path):
    """The folders of a Moodle category path, without its roots; ``//`` is a slash in a name."""
    parts = [part.replace("\ufdd0", "/").strip() for part in path.strip().replace("//", "\ufdd0").split("/")]
    parts = [part for part in parts if part]
    while parts and parts[0].lower() in _ROOTS:
        parts.pop(0)
    return tuple(parts)


def _read_block(block, collector):
    line = block.lines[0][0]
    column = len(block.lines[0][1]) - len(block.lines[0][1].lstrip()) + 1
    draft = QuestionDraft(ref=block.id, category=block.category, line=line, column=column)
    if block.size > collector.limits.question:
        limit = collector.limits.question // 1024
        collector.error(
            "limit.question", f"This question is longer than {limit} KiB; make it shorter.", (line, column)
        )
        return
    try:
        draft = _Question(block, with_tags(draft, block.tags), collector).draft()
    except Broken as broken:
        collector.error(broken.code, str(broken), block.place(broken.offset), ref=draft.ref)
        return
    except weights.BadWeights as bad:
        collector.error(bad.code, str(bad), (line, column), ref=draft.ref)
        return
    if draft.kind:
        collector.add(draft)
    else:
        collector.skip(draft, "it has no braces, so it is a description without a question")


class _Question:
    """One block on its way to a draft."""

    def __init__(self, block, draft, collector):
        self.block, self.given, self.collector = block, draft, collector
        self.place = draft.line, draft.column

    def draft(self):
        text = _ESCAPED.sub(
            lambda found: "\ufdd0" + chr(0xFDD1 + _ESCAPABLE.index(found[1])), self.block.text
        )
        title, at = self.title(text)
        if found := FORMAT_MARK.match(text, at):
            self.format, at = found[1].lower(), found.end()
        else:
            self.format = "moodle"
        opening, closing = self.braces(text, at)
        if opening < 0:
            stem = self.flow(text[at:])
            return replace(self.given, title=title or title_of(stem), content={"stem": stem})
        before, after = text[at:opening], text[closing + 1 :]
        stem = self.flow(_with_blank(before, after) if after.strip() else before)
        self.inside, self.base = text[opening + 1 : closing], opening + 1
        kind, content = self.answers()
        content = {"stem": stem} | content
        return replace(self.given, kind=kind, title=title or title_of(stem), content=content)

    def title(self, text):
        start = len(text) - len(text.lstrip())
        if not text.startswith("::", start):
            return "", start
        end = text.find("::", start + 2)
        if end < 0:
            self.collector.warning(
                "gift.title", "The title has no :: behind it and was read as text.", self.block.place(start)
            )
            return "", start
        return " ".join(_shown(text[start + 2 : end]).split()), end + 2

    def braces(self, text, at):
        opening = text.find("{", at)
        stray = text.find("}", at)
        if stray >= 0 and (opening < 0 or stray < opening):
            raise Broken(
                "gift.stray-brace", "A closing brace without an opening one; write \\} if it is text.", stray
            )
        if opening < 0:
            return -1, -1
        closing, second = text.find("}", opening), text.find("{", opening + 1)
        if second >= 0:
            raise Broken(
                "gift.second-brace",
                "A second opening brace; if it is text (LaTeX, say), write \\{ and \\}.",
                second,
            )
        if closing < 0:
            raise Broken(
                "gift.no-closing-brace", "This brace is never closed; write } behind the answers.", opening
            )
        stray = text.find("}", closing + 1)
        if stray >= 0:
            raise Broken("gift.stray-brace", "A second closing brace; write \\} if it is text.", stray)
        return opening, closing

    # texts

    def flow(self, text, format=""):
        return self.collector.markdown(_shown(text), format or self.format, self.place)

    def line(self, text, format=""):
        return self.collector.markdown(_shown(text), format or self.format, self.place, inline=True)

    def words(self, text, format):
        """A text that is never marked up: a right side stands in a list to choose from."""
        return self.collector.words(_shown(text), format)

    def with_format(self, text, inherited=""):
        """(text, format) without the format in front."""
        if found := FORMAT_MARK.match(text):
            return text[found.end() :], found[1].lower()
        return text, inherited or self.format

    def feedback(self, text, key="feedback"):
        """{key: Markdown} or {}."""
        text, format = self.with_format(text)
        shown = self.flow(text, format)
        return {key: shown} if shown else {}

    # answers

    def answers(self):
        """(kind, content without the stem)."""
        body, marks, general = self.inside.rpartition("####")
        if not marks:
            body, general = self.inside, ""
        explanation = self.feedback(general, "explanation")
        stripped = body.strip()
        if not stripped:
            return "essay", explanation
        if stripped.startswith("#"):
            return "numeric", self.numeric(body) | explanation
        found = _BOOLEAN.match(body)
        if found and "=" not in body and "~" not in body:
            return "true_false", self.true_false(found, body) | explanation
        if "~" in body:
            return self.choice(self.split(body), explanation)
        answers = self.split(body)
        if "=" in body and any("->" in answer.text for answer in answers) and not any(map(_is_else, answers)):
            return "matching", self.matching(answers) | explanation
        return "short_text", self.short_text(answers) | explanation

    def split(self, body, offset=0):
        """The `Answer`s of a text; what stands before the first mark counts as one with ``=``."""
        starts = [found.start() for found in re.finditer("[=~]", body)]
        answers = []
        if (starts and body[: starts[0]].strip()) or not starts:
            if "~" in body and starts:
                first = len(body) - len(body.lstrip())
                raise Broken(
                    "gift.text-before-marks",
                    "Text before the first answer; write = or ~ in front of it.",
                    self.base + offset + first,
                )
            starts = [-1, *starts]
        for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
            answers.append(self.answer(body, start, end, offset))
        return answers

    def answer(self, body, start, end, offset):
        mark, at = (body[start], start + 1) if start >= 0 else ("=", 0)
        percent = None
        if found := _WEIGHT.match(body, at, end):
            percent, at = Fraction(found[1]), found.end()
        text, _, feedback = body[at:end].partition("#")
        text, format = self.with_format(text)
        return Answer(mark, percent, text, feedback, self.base + offset + max(start, 0), format)

    def choice(self, answers, explanation):
        if len(answers) < 2:
            raise Broken("gift.one-answer", "A choice needs two answers or more.", answers[0].offset)
        single = any(answer.mark == "=" for answer in answers)
        if any(answer.mark == "=" and answer.percent not in (None, 100) for answer in answers):
            self.collector.warning(
                "gift.weighted-key", "An answer with = carries a weight; the weight counts.", self.place
            )
        percents = [answer.worth for answer in answers]
        options = [{"text": self.line(a.text, a.format)} | self.feedback(a.feedback) for a in answers]
        if single:
            keys = weights.single_choice(percents)
            options = [option | key for option, key in zip(options, keys, strict=True)]
            return "single_choice", {"options": options} | explanation
        ticks = weights.select_all(percents)
        if ticks.lossy:
            self.collector.warning(
                "lossy.weights",
                "The weights of this select-all became net correct.",
                self.place,
                ref=self.given.ref,
            )
        options = [
            o | ({"correct": True} if right else {}) for o, right in zip(options, ticks.correct, strict=True)
        ]
        return "multiple_choice", {"options": options} | explanation

    def true_false(self, found, body):
        word = found[1]
        if word != word.upper():
            self.collector.warning(
                "gift.boolean-case", f"{word} should be written {word.upper()}.", self.place
            )
        answer = word.upper().startswith("T")
        rest = body[found.end() :]
        if_wrong, _, if_right = rest.partition("#")[2].partition("#")
        texts = {answer: self.feedback(if_right), (not answer): self.feedback(if_wrong)}
        feedback = {
            name: texts[value]["feedback"]
            for name, value in (("true", True), ("false", False))
            if texts[value]
        }
        return {"answer": answer} | ({"feedback": feedback} if feedback else {})

    def matching(self, answers):
        pairs, extra = [], []
        for answer in answers:
            left, arrow, right = answer.text.partition("->")
            if not arrow:
                raise Broken("gift.no-arrow", "This pair has no ->; write left -> right.", answer.offset)
            left, right = self.line(left, answer.format), self.words(right, answer.format)
            if left:
                pairs.append({"left": left, "right": right} | self.feedback(answer.feedback))
            elif right not in extra:
                extra.append(right)
        if len(answers) < 2:
            raise Broken("gift.one-answer", "Matching needs two pairs or more.", answers[0].offset)
        rights = {pair["right"] for pair in pairs}
        extra = [text for text in extra if text not in rights]
        return {"pairs": pairs} | ({"extra": extra} if extra else {})

    def short_text(self, answers):
        content = {}
        if len(answers) > 1 and _is_else(answers[-1]):
            content = self.feedback(answers.pop().feedback, "else_feedback")
        rows = []
        for answer in answers:
            text = " ".join(_shown(answer.text).split())
            rows.append({"text": text} | self.fraction(answer) | self.feedback(answer.feedback))
        return short_text.imported({"answers": rows} | content)

    def fraction(self, answer):
        """{"fraction": f} unless the answer is worth everything."""
        worth = answer.worth
        if not 0 <= worth <= 100:
            raise Broken(
                "weights.range", f"A weight of {float(worth):g} % is outside 0 … 100.", answer.offset
            )
        return {} if worth == 100 else {"fraction": weights.as_fraction(worth)}

    def numeric(self, body):
        start = body.index("#") + 1
        answers = self.split(body[start:], start)
        rows, content = [], {}
        for answer in answers:
            text = _shown(answer.text).strip()
            if text in ("", "*"):
                if answer.mark == "=" and not answer.feedback.strip():
                    raise Broken("gift.number", "A number is missing here.", answer.offset)
                content = self.feedback(answer.feedback, "else_feedback")
                continue
            rows.append(
                self.number(text, answer.offset) | self.fraction(answer) | self.feedback(answer.feedback)
            )
        return {"answers": rows} | content

    def number(self, text, offset):
        """``3:0.1`` or ``1..5`` → value and absolute tolerance."""
        try:
            if ".." in text:
                low, high = (exact(part) for part in text.split("..", 1))
                if low > high:
                    raise Broken("gift.number", f"In {text[:40]} the smaller number comes first.", offset)
                row = {"value": as_text((low + high) / 2)}
                return row | ({"absolute": as_text((high - low) / 2)} if low != high else {})
            value, colon, tolerance = text.partition(":")
            row = {"value": as_text(exact(value))}
            return row | ({"absolute": as_text(exact(tolerance))} if colon and exact(tolerance) != 0 else {})
        except NotANumber as refusal:
            hint = " Write a decimal point, not a comma." if "," in text else ""
            raise Broken("gift.number", f"{refusal}{hint}", offset) from None


def _is_else(answer):
    return answer.percent == 0 and answer.text.strip() == "*"


def _with_blank(before, after):
    """The stem of a missing word: the blank stands where the answers stood."""
    space_before = " " if before[-1:].isspace() else ""
    space_after = " " if after[:1].isspace() and after.strip() else ""
    return before.rstrip() + space_before + BLANK + space_after + after.strip()


def _shown(text):
    """The text with its escaped characters in place."""
    return _PAIR.sub(lambda found: _real(_ESCAPABLE[ord(found[1]) - 0xFDD1]), text)


def _real(character):
    return "\n" if character == "n" else character
