"""What is wrong with course files, and where."""

import difflib
from dataclasses import dataclass, field

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, order=True, slots=True)
class FileProblem:
    """One line of a check. `file` is relative to the course's folder; line and column count from 1."""

    file: str
    line: int
    column: int
    severity: str
    message: str

    def __str__(self):
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message}"


@dataclass(slots=True)
class Report:
    """Collects the problems of one check."""

    found: set[FileProblem] = field(default_factory=set)

    def error(self, file, place, message):
        self.found.add(FileProblem(file, place.line, place.column, ERROR, message))

    def warn(self, file, place, message):
        self.found.add(FileProblem(file, place.line, place.column, WARNING, message))

    def sorted(self) -> list[FileProblem]:
        """All problems by file, line and column."""
        return sorted(self.found)

    @property
    def has_errors(self) -> bool:
        return any(problem.severity == ERROR for problem in self.found)


def did_you_mean(word, known) -> str:
    """``; did you mean "…"?`` where a known word is close, else nothing."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else ""


def one_of(words) -> str:
    """The words as a choice for a reader: ``a, b or c``."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
