"""What makes two questions the same question: pure.

Two questions are worded alike if a learner reads the same before answering: the same stem and the same options,
sides, items or text with gaps, in whatever order, with case, spaces, quotes and dashes folded. Keys, feedback and
explanations do not count: the same question marked differently is a duplicate all the more.
"""

from content import markup
from content.questions import rendering
from content.text import fold

# What is read only after the answer, or on request.
_AFTERWARDS = {"feedback", "else_feedback", "explanation", "hint", "rubric", "model_answer"}


def wording_of(kind: str, content: dict) -> tuple[str, ...]:
    """The folded stem, then everything else that is read before the answer, sorted. Expects sound content."""
    shown = [
        fold(markup.plain(source))
        for path, source in rendering.texts(kind, content)
        if path != ("stem",) and not _AFTERWARDS & set(path)
    ]
    return (stem_of(content), *sorted(shown))


def stem_of(content: dict) -> str:
    """The folded stem."""
    return fold(rendering.plain_stem(content))
