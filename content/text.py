"""The one door through which people's text comes in, and the folding used to compare it.

Pure. Every answer, name, note, file and form field passes `clean_text` before it is stored, so that
SQLite and PostgreSQL hold the same characters and no page can be turned around by a stray control.
"""

import re
import unicodedata

MARKS_IN_A_ROW = 30

_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SPACES = re.compile(r"\s+")

# Characters that take no room: zero-width, soft hyphen, direction marks, embeddings and isolates.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
)

_EMBEDDINGS = "\u202a\u202b\u202d\u202e"
_ISOLATES = "\u2066\u2067\u2068"
_POP_EMBEDDING = "\u202c"
_POP_ISOLATE = "\u2069"
_DIRECTIONAL = re.compile("[\u202a-\u202e\u2066-\u2069]")

_SAME_SIGN = str.maketrans(
    dict.fromkeys(
        "\u2018\u2019\u201a\u201b\u2032\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u2039\u203a\uff07`\u00b4", "'"
    )
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02", '"')
    | dict.fromkeys(
        "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d\u00af\u02d7", "-"
    )
    | {"\u2026": "..."}
)


class TextRefused(ValueError):
    """The text holds something that we do not store; the message says what, in the reader's words."""


def clean_text(value, *, max_length, multiline=True):
    """Return the text as we store it, or raise `TextRefused` with a message that can be shown.

    Normalised: NFC, line ends to ``\\n`` (to a space with `multiline` false), a byte order mark in front
    dropped, direction overrides and isolates closed. Refused: NUL, control characters other than tab and
    newline, lone surrogates, more than 30 combining marks on one letter, more than `max_length` characters.
    Zero-width characters stay: they carry meaning in Persian, Hindi and emoji.
    """
    if not isinstance(value, str):
        raise TextRefused("This is not text.")
    # Cheap refusal first: NFC of a megabyte is work nobody asked for.
    if len(value) > 4 * max_length + 1000:
        raise TextRefused(_too_long(len(value), max_length))
    text = _LINE_ENDS.sub("\n", value.removeprefix("\ufeff"))
    if "\x00" in text:
        raise TextRefused("The text contains a NUL character, which cannot be stored. Please remove it.")
    if _SURROGATE.search(text):
        raise TextRefused("The text contains half of a character (a lone surrogate). Please type it again.")
    if found := _CONTROL.search(text):
        raise TextRefused(
            f"The text contains a control character (U+{ord(found[0]):04X}) without shape. Please remove it."
        )
    if not multiline:
        text = text.replace("\n", " ")
    if not text.isascii():
        _refuse_piled_marks(text)
        text = _close_directions(unicodedata.normalize("NFC", text))
    if len(text) > max_length:
        raise TextRefused(_too_long(len(text), max_length))
    return text


def clean_name(value, *, max_length=150):
    """A name or title on one line: as `clean_text`, without invisible characters and outer spaces.

    Raises `TextRefused` too when nothing visible is left.
    """
    name = clean_text(value, max_length=max_length, multiline=False)
    name = _SPACES.sub(" ", _INVISIBLE.sub("", name)).strip()
    if not name:
        raise TextRefused("Please write a name that can be seen.")
    return name


def fold(text, *, ignore_case=True):
    """The form in which two texts are compared: what looks alike becomes alike.

    NFC, no invisible characters, quotes, apostrophes and dashes of all shapes as one each, runs of spaces
    as one, none outside; without case unless told. Compatibility characters (², Ⅳ) are kept apart.
    """
    folded = unicodedata.normalize("NFC", text)
    if ignore_case:
        folded = unicodedata.normalize("NFC", folded.casefold())
    folded = _INVISIBLE.sub("", folded.translate(_SAME_SIGN))
    return _SPACES.sub(" ", folded).strip()


def is_blank(text):
    """True for nothing, spaces of any script, and characters that cannot be seen."""
    return not _INVISIBLE.sub("", text).strip()


def _too_long(length, max_length):
    return f"The text is too long: {length:,} characters where at most {max_length:,} are possible."


def _refuse_piled_marks(text):
    row = 0
    for character in text:
        if unicodedata.category(character) in ("Mn", "Me"):
            row += 1
            if row > MARKS_IN_A_ROW:
                raise TextRefused(f"The text piles more than {MARKS_IN_A_ROW} marks on one letter.")
        else:
            row = 0


def _close_directions(text):
    """Close what is open at the end and drop what closes nothing, so that the text turns no neighbour."""
    if not _DIRECTIONAL.search(text):
        return text
    kept, open_ = [], []
    for character in text:
        if character in _EMBEDDINGS:
            open_.append(_POP_EMBEDDING)
        elif character in _ISOLATES:
            open_.append(_POP_ISOLATE)
        elif character == _POP_EMBEDDING:
            if not open_ or open_[-1] != _POP_EMBEDDING:
                continue
            open_.pop()
        elif character == _POP_ISOLATE:
            if _POP_ISOLATE not in open_:
                continue
            # An end of isolate closes the embeddings inside it as well (Unicode Annex 9, X6a).
            while open_.pop() != _POP_ISOLATE:
                pass
        kept.append(character)
    return "".join(kept) + "".join(reversed(open_))
