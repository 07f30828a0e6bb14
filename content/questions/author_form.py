"""What an author fills in to write a question of a kind, as plain data: `FORM` of each kind lists it in order.

`content.editors` makes the fields of a page from it. A `key` is that of the content; with a dot it leads into a
group: ``feedback.true`` is the text under `true` in `feedback`. Where content and form differ more than that, the
module of the kind has three functions beside its `FORM`:

=================================  ===================================================================
`form_of(content)`                 content → what the fields are filled with, rows as lists of dicts
`content_of(filled)`               what was filled in → content, not yet normalised
`place_in_form(path, content)`     the path of a problem → (key,) or (key of the rows, index, key)
=================================  ===================================================================
"""

from dataclasses import dataclass

from content.questions.base import TEXT_LENGTH


@dataclass(frozen=True)
class Text:
    """Words. `lines`: the height at first of a field that grows; 0 for a single line."""

    key: str
    label: str
    lines: int = 0
    help: str = ""
    longest: int = TEXT_LENGTH


@dataclass(frozen=True)
class Flag:
    """Yes or no."""

    key: str
    label: str
    help: str = ""
    default: bool = False


@dataclass(frozen=True)
class Choice:
    """One of a few: (stored, words). `spread`: all are shown beside each other."""

    key: str
    label: str
    choices: tuple[tuple[str, str], ...]
    help: str = ""
    spread: bool = False


@dataclass(frozen=True)
class Rows:
    """A list of rows under `key`, to be added, moved and removed.

    `at_first` are offered for a new question, `blank` below the rows of one that is there. With `has_ids` each
    row keeps an id for good, so that answers and statistics know it again.
    """

    key: str
    title: str
    add: str
    fields: tuple[Text | Flag | Choice, ...]
    help: str = ""
    at_first: int = 4
    blank: int = 2
    has_ids: bool = True


OPTION = (Text("text", "Option", 2), Flag("correct", "Right"))
WHY_OPTION = Text("feedback", "Why it is right or wrong", 2)
SHUFFLE = Flag("shuffle", "Show the options in random order", default=True)
ELSE_FEEDBACK = Text("else_feedback", "Feedback when no answer fits", 2)
