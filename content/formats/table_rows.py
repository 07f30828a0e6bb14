"""Rows of a table → drafts. One header row, one question a row; cells hold Markdown. Pure."""

import re
from fractions import Fraction

from content.formats import gap_texts, weights
from content.formats.drafts import LEVELS, QuestionDraft, title_of
from content.numbers import NotANumber, as_text, exact
from content.questions import KINDS, short_text

LETTERS = "abcdefghijklmnopqrstuvwxyz"
HEAD = ("id", "kind", "passage", "objective", "level", "tags", "stem")
TAIL = (
    *("correct", "answer", "tolerance", "unit", "else_feedback", "case_sensitive", "shuffle", "scoring"),
    *("explanation", "hint", "sources"),
)
ROW_COLUMN = re.compile(r"(option|feedback)_([a-z])")
WEIGHTED = re.compile(r"\s*(-?\d{1,3}(?:\.\d{1,9})?)\s*%\s*:\s*(.*)", re.DOTALL)
_KEY_WEIGHT = re.compile(r"([A-Z])\s*(?:=\s*(-?\d{1,3}(?:\.\d{1,9})?)\s*%?)?")
# What a spreadsheet would run; ours get a ' in front and lose it on the way back.
RUNS = ("=", "+", "-", "@", "'", "\t", "\r", "＝", "＋", "－", "＠")
_YES, _NO = {"true", "t", "yes", "y", "1", "x"}, {"false", "f", "no", "n", "0"}
_KIND_WORDS = {
    "multichoice": "single_choice",
    "mcq": "single_choice",
    "select_all": "multiple_choice",
    "multiple_answers": "multiple_choice",
    "truefalse": "true_false",
    "true_or_false": "true_false",
    "short_answer": "short_text",
    "number": "numeric",
    "numerical": "numeric",
    "cloze": "gaps",
    "order": "ordering",
    "match": "matching",
}


class BadCell(ValueError):
    """A cell cannot be read; `column` names its header."""

    def __init__(self, column, message):
        super().__init__(message)
        self.column = column


class Table:
    """The header, and the way from a row to a draft."""

    def __init__(self, header, collector, place, where, *, decimal_comma):
        self.collector, self.where, self.decimal_comma = collector, where, decimal_comma
        self.columns, self.has_stem = {}, False
        known = {*HEAD, *TAIL}
        for index, cell in enumerate(header):
            name = re.sub(r"[\s-]+", "_", cell.strip().lower())
            if not name:
                continue
            if name not in known and not ROW_COLUMN.fullmatch(name):
                self.problem(
                    "warning",
                    "table.unknown-column",
                    f'The column "{cell.strip()[:40]}" is not known and was left out.',
                    place,
                    index,
                )
            elif name in self.columns:
                self.problem(
                    "error",
                    "table.double-column",
                    f'The column "{name}" stands here twice; remove one.',
                    place,
                    index,
                )
            else:
                self.columns[name] = index
        self.has_stem = "stem" in self.columns

    def problem(self, severity, code, message, line, index, ref=""):
        add = self.collector.error if severity == "error" else self.collector.warning
        add(code, message, (line, index + 1), where=self.where, ref=ref)

    def take(self, cells, line):
        """Read one row into a draft, or its problem."""
        row = {
            name: cells[index].strip()
            for name, index in self.columns.items()
            if index < len(cells) and cells[index].strip()
        }
        if not row:
            return
        if sum(map(len, row.values())) > self.collector.limits.question:
            limit = self.collector.limits.question // 1024
            self.problem(
                "error", "limit.question", f"This row is longer than {limit} KiB; make it shorter.", line, 0
            )
            return
        row = {name: _unquoted(value) for name, value in row.items()}
        try:
            draft = _Row(row, self).draft()
        except BadCell as bad:
            index = self.columns.get(bad.column, self.columns.get("kind", 0))
            self.problem("error", "table.cell", f"{bad.column}: {bad}", line, index, row.get("id", ""))
            return
        except weights.BadWeights as bad:
            self.problem(
                "error", bad.code, f"correct: {bad}", line, self.columns.get("correct", 0), row.get("id", "")
            )
            return
        draft.line, draft.column, draft.where = line, self.columns.get("stem", 0) + 1, self.where
        self.collector.add(draft, places=self.places(draft, line))

    def places(self, draft, line):
        """Path in the content → the cell it came from."""
        found = {
            (key,): (line, self.columns[key] + 1)
            for key in ("stem", "explanation", "hint", "unit")
            if key in self.columns
        }
        for key, field in (
            ("options", "option"),
            ("items", "option"),
            ("pairs", "option"),
            ("answers", "feedback"),
        ):
            for index in range(len(draft.content.get(key, ()))):
                name = f"{field}_{LETTERS[min(index, 25)]}"
                if name in self.columns:
                    found[(key, index)] = line, self.columns[name] + 1
        if "answer" in self.columns:
            found[("answers",)] = line, self.columns["answer"] + 1
        return found


class _Row:
    """The cells of one question by header."""

    def __init__(self, cells, table):
        self.cells, self.table = cells, table

    def get(self, name, default=""):
        return self.cells.get(name, default)

    def draft(self):
        kind = self.kind()
        content = {"stem": self.get("stem")} | getattr(self, kind)()
        for key in ("explanation", "hint"):
            if self.get(key):
                content[key] = self.get(key)
        level = self.get("level").lower()
        if level and level not in LEVELS:
            raise BadCell("level", f'"{level[:40]}" is no level; possible are {", ".join(LEVELS)}.')
        return QuestionDraft(
            ref=self.get("id"),
            kind=kind,
            content=content,
            title=title_of(content["stem"]),
            passage=self.get("passage"),
            objective=self.get("objective"),
            level=level,
            tags=_split(self.get("tags")),
            sources=_split(self.get("sources")),
        )

    def kind(self):
        name = re.sub(r"[\s-]+", "_", self.get("kind").lower())
        name = _KIND_WORDS.get(name, name)
        if name in KINDS:
            return name
        if name:
            raise BadCell("kind", f'"{name[:40]}" is no kind; possible are {", ".join(KINDS)}.')
        if self.get("option_a") and self.get("correct"):
            return (
                "multiple_choice"
                if len(_split(self.get("correct"))) > 1 and "=" not in self.get("correct")
                else "single_choice"
            )
        raise BadCell("kind", f"The kind is missing; write one of {', '.join(KINDS)}.")

    # cells

    def lettered(self, name):
        """(letter, text) of the filled cells option_a … or feedback_a …"""
        return [(letter, self.get(f"{name}_{letter}")) for letter in LETTERS if self.get(f"{name}_{letter}")]

    def feedback(self, letter):
        text = self.get(f"feedback_{letter}")
        return {"feedback": text} if text else {}

    def flag(self, name):
        """{name: True or False}, {} for an empty cell."""
        word = self.get(name).lower()
        if not word:
            return {}
        if word in _YES | _NO:
            return {name: word in _YES}
        raise BadCell(name, f'"{word[:40]}" is neither yes nor no.')

    def scoring(self):
        word = re.sub(r"[\s-]+", "_", self.get("scoring").lower())
        return {"scoring": word} if word else {}

    def number(self, column, text):
        if self.table.decimal_comma:
            text = text.replace(",", ".")
        try:
            return as_text(exact(text))
        except NotANumber as refusal:
            hint = " Write a decimal point, not a comma." if "," in text else ""
            raise BadCell(column, f"{refusal}{hint}") from None

    def keys(self):
        """Letter → weight in per cent, None where none is written."""
        found = {}
        for part in re.split(r"[;,\s]+(?=[A-Za-z])", self.get("correct").strip(" ;,")):
            match = _KEY_WEIGHT.fullmatch(part.strip().upper())
            if not match:
                raise BadCell("correct", f'"{part[:40]}" is no key; write B, or A;C, or A=100;C=50.')
            if not self.get(f"option_{match[1].lower()}"):
                raise BadCell("correct", f"There is no option {match[1]}.")
            found[match[1].lower()] = Fraction(match[2]) if match[2] else None
        return found

    # kinds

    def single_choice(self):
        keys = self.keys()
        options = self.lettered("option")
        percents = [100 if keys.get(letter, 0) is None else keys.get(letter, 0) for letter, _ in options]
        worth = weights.single_choice(percents)
        rows = [
            {"text": text} | key | self.feedback(letter)
            for (letter, text), key in zip(options, worth, strict=True)
        ]
        return {"options": rows} | self.flag("shuffle")

    def multiple_choice(self):
        keys = self.keys()
        if any(percent not in (None, 100) for percent in keys.values()):
            raise BadCell(
                "correct", "A select-all has no weights of its own; write the right letters only, like A;C."
            )
        rows = [
            {"text": text} | ({"correct": True} if letter in keys else {}) | self.feedback(letter)
            for letter, text in self.lettered("option")
        ]
        return {"options": rows} | self.flag("shuffle") | self.scoring()

    def true_false(self):
        word = self.get("correct").lower()
        if word not in _YES | _NO:
            raise BadCell("correct", "Write TRUE or FALSE.")
        texts = {"true": self.get("feedback_a"), "false": self.get("feedback_b")}
        feedback = {key: text for key, text in texts.items() if text}
        return {"answer": word in _YES} | ({"feedback": feedback} if feedback else {})

    def answer_lines(self):
        """(letter, fraction as {} or {"fraction": f}, text) of each line of the cell `answer`."""
        lines = [line.strip() for line in self.get("answer").split("\n") if line.strip()]
        if len(lines) > len(LETTERS):
            raise BadCell("answer", f"More than {len(LETTERS)} answers; use * for what may differ.")
        found = []
        for letter, line in zip(LETTERS, lines, strict=False):
            weighted = WEIGHTED.fullmatch(line)
            if not weighted:
                found.append((letter, {}, line))
                continue
            percent = Fraction(weighted[1])
            if not 0 <= percent <= 100:
                raise BadCell("answer", f"A weight of {weighted[1]} % is outside 0 … 100.")
            worth = {} if percent == 100 else {"fraction": weights.as_fraction(percent)}
            found.append((letter, worth, weighted[2].strip()))
        return found

    def short_text(self):
        rows = [{"text": text} | worth | self.feedback(letter) for letter, worth, text in self.answer_lines()]
        made = {"answers": rows} | self.flag("case_sensitive") | self.else_feedback()
        return short_text.imported(made)

    def numeric(self):
        tolerances = [line.strip() for line in self.get("tolerance").split("\n")]
        rows = []
        for index, (letter, worth, text) in enumerate(self.answer_lines()):
            tolerance = (
                tolerances[index] if len(tolerances) > 1 and index < len(tolerances) else tolerances[0]
            )
            row = {"value": self.number("answer", text)} | self.tolerance(tolerance)
            rows.append(row | worth | self.feedback(letter))
        return (
            {"answers": rows}
            | ({"unit": self.get("unit")} if self.get("unit") else {})
            | self.else_feedback()
        )

    def tolerance(self, text):
        if not text:
            return {}
        if text.endswith("%"):
            return {"relative": as_text(exact(self.number("tolerance", text[:-1].strip())) / 100)}
        value = self.number("tolerance", text)
        return {} if exact(value) == 0 else {"absolute": value}

    def else_feedback(self):
        return {"else_feedback": self.get("else_feedback")} if self.get("else_feedback") else {}

    def matching(self):
        pairs, extra = [], []
        for letter, text in self.lettered("option"):
            left, arrow, right = text.partition("->")
            if not arrow:
                raise BadCell(f"option_{letter}", "Write the pair as: left -> right.")
            if left.strip():
                pairs.append({"left": left.strip(), "right": right.strip()} | self.feedback(letter))
            else:
                extra.append(right.strip())
        return {"pairs": pairs} | ({"extra": extra} if extra else {})

    def ordering(self):
        items = [{"text": text} for _, text in self.lettered("option")]
        return {"items": items} | self.scoring() | self.feedback("a")

    def gaps(self):
        stem, text = gap_texts.divided(self.get("stem"))
        gaps = {}
        for letter, cell in self.lettered("option"):
            name, colon, notation = cell.partition(":")
            if not colon:
                raise BadCell(f"option_{letter}", "Write the gap as: name: =right ~wrong.")
            try:
                gaps[name.strip().strip("{}").strip()] = gap_texts.from_notation(
                    notation, decimal_comma=self.table.decimal_comma
                )
            except (gap_texts.BadGap, weights.BadWeights) as bad:
                raise BadCell(f"option_{letter}", str(bad)) from None
        return {"stem": stem, "text": text, "gaps": gaps}

    def essay(self):
        return {"model_answer": self.get("answer")} if self.get("answer") else {}


def _split(text):
    return [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]


def _unquoted(text):
    return text[1:] if text.startswith("'") and text[1:2] in RUNS and text[1:2] else text
