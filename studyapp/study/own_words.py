"""What one reader wrote and marked on a passage, and the passage with their highlights. No queries here."""

from dataclasses import dataclass, field
from datetime import datetime

from content.markup import marked_safe
from studyapp.reading.anchoring import Wanted, marked


@dataclass(frozen=True)
class NoteShown:
    """A current version of a note."""

    pk: int
    text: str
    at: datetime


@dataclass(frozen=True)
class HighlightShown:
    pk: int
    quote: str
    is_lost: bool = False  # its words are no longer in the passage


@dataclass
class OwnWords:
    """On one passage: the note (more than one where tabs wrote past each other, newest first) and highlights."""

    slug: str
    number: int
    title: str
    notes: list[NoteShown] = field(default_factory=list)
    highlights: list[HighlightShown] = field(default_factory=list)

    @property
    def lost(self) -> list[HighlightShown]:
        return [highlight for highlight in self.highlights if highlight.is_lost]

    @property
    def found(self) -> list[HighlightShown]:
        return [highlight for highlight in self.highlights if not highlight.is_lost]

    @property
    def shown(self) -> str:
        """The numbers of the highlights that stand in the text, for the script that draws them there."""
        return " ".join(str(highlight.pk) for highlight in self.found)

    @property
    def is_empty(self) -> bool:
        return not self.notes and not self.highlights

    @property
    def seen(self) -> str:
        """The versions that a form shows, for the save to say which it replaces."""
        return " ".join(str(note.pk) for note in self.notes)

    @property
    def joined(self) -> str:
        """What stands in the field: the note, or all versions of it, the oldest first."""
        return "\n\n".join(note.text for note in reversed(self.notes))


def own_words(section, notes, wanted) -> tuple[list, OwnWords]:
    """The pieces of a passage with the reader's highlights in them, and what the reader has on it.

    `section`: number, slug, title and pieces ({"html"} or {"check"}); `notes`: current versions, newest first;
    `wanted`: highlights in the order they were made.
    """
    own = OwnWords(section.slug, section.number, section.title, list(notes))
    if not wanted:
        return section.pieces, own
    texts = [piece["html"] for piece in section.pieces if "html" in piece]
    drawn, lost = marked(texts, wanted)
    own.highlights = [HighlightShown(one.pk, one.quote, one.pk in lost) for one in wanted]
    # Only marks were added to what our renderer made.
    drawn = iter(marked_safe(html) for html in drawn)
    return [{"html": next(drawn)} if "html" in piece else piece for piece in section.pieces], own


def wanted_of(highlights) -> list[Wanted]:
    """Highlights as they are looked for in a text."""
    return [Wanted(h.pk, h.quote, h.before, h.after) for h in highlights]
