"""Where a reader's words stand in a text, and the text with them marked. Pure.

A highlight is kept as its words with a few of those before and after. Here they are found in the passage as it
reads now: exactly, else nearly where a long quotation was changed a little. Marking puts `<mark>` round pieces of
text between two tags and does nothing else: with these marks taken out again the HTML is, byte for byte, what it was.
"""

import html
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import groupby

from content.text import fold

AROUND = 60  # characters kept of what stands before and after
NEARLY_FROM = 6  # words: what is shorter is found exactly or not at all
NEARLY = 0.8  # share of the words that must stand there, in order

_TOKEN = re.compile(
    r"""(?P<tag></?[a-zA-Z](?:[^"'<>]|"[^"]*"|'[^']*')*>|<!--.*?-->|<![^>]*>)"""
    r"|(?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});)"
    r"|(?P<text>[^<&]+|[<&])",
    re.S,
)
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
# What no reader marks words in, or where a mark would not be HTML.
_LEFT_OUT = {"figure", "svg", "math", "script", "style", "template", "textarea", "select", "button", "title"}
_BLOCKS = set(
    "address article aside blockquote br caption dd details div dl dt footer h1 h2 h3 h4 h5 h6 header hr li ol p pre "  # noqa: SIM905
    "section summary table tbody td tfoot th thead tr ul".split()
)
_SENTENCE_END = re.compile(r"""(?<=[.!?…])["'”’»)\]]*[ \t\n]+(?=["'“‘«(\[]*[^\W_a-z])""")
_NO_END = re.compile(r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|St|No|Nos|vol|cf|ca|art|pp?|e\.g|i\.e)\.)$")


@dataclass(frozen=True)
class Wanted:
    """Words to be found: the number of the highlight and how it was kept."""

    pk: int
    quote: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Reading:
    """The words of some pieces of HTML. `places`: for each character its (piece, begin, end) in the source;
    `breaks`: where a new block begins."""

    text: str
    places: tuple
    breaks: frozenset


def read(pieces) -> Reading:
    """The text of these pieces of HTML, without what stands in figures."""
    text, places, breaks = [], [], set()
    for number, piece in enumerate(pieces):
        breaks.add(len(text))
        left_out, depth = "", 0
        for token in _TOKEN.finditer(piece):
            if token["tag"]:
                name = _name(token["tag"])
                if left_out:
                    if name == left_out and not token["tag"].endswith("/>"):
                        depth += -1 if token["tag"].startswith("</") else 1
                        left_out = left_out if depth else ""
                elif name in _LEFT_OUT and not token["tag"].startswith("</") and token["tag"][-2] != "/":
                    left_out, depth = name, 1
                if name in _BLOCKS or name in _LEFT_OUT:
                    breaks.add(len(text))
            elif not left_out:
                for character, begin, end in _characters(token):
                    text.append(character)
                    places.append((number, begin, end))
    return Reading("".join(text), tuple(places), frozenset(breaks))


def _name(tag):
    found = _NAME.match(tag)
    return found[1].lower() if found else ""


def _characters(token):
    if token["entity"]:
        meant = html.unescape(token["entity"])
        if meant != token["entity"]:
            return [(character, *token.span()) for character in meant]
    return [(c, at, at + 1) for at, c in enumerate(token[0], token.start())]


# --- finding ----------------------------------------------------------------------------------------------


def find(text: str, quote: str, before: str = "", after: str = "", *, nearly=True):
    """(begin, end) of the quoted words in the text, or None.

    Spaces, case and the shapes of quotation marks and dashes do not matter. Of several places the one whose
    neighbours are most like `before` and `after`. With `nearly` also where a few words of a long quotation changed.
    """
    key, at = _key(text)
    wanted = _key(quote)[0]
    if not wanted:
        return None
    before, after = _key(before)[0], _key(after)[0]
    best, place = -1, key.find(wanted)
    while place >= 0:
        end = place + len(wanted)
        alike = _alike(key[:place][::-1], before[::-1]) + _alike(key[end:], after)
        if alike > best:
            best, found = alike, (at[place], at[end - 1] + 1)
        place = key.find(wanted, place + 1)
    if best >= 0:
        return found
    return _nearly(text, quote) if nearly else None


@lru_cache(4096)
def _folded(character):
    return fold(character)


def _key(text):
    """What is compared, and for each of its characters where it stands in the text."""
    key, at = [], []
    for index, character in enumerate(text):
        for sign in _folded(character):
            key.append(sign)
            at.append(index)
    return "".join(key), at


def _alike(one, other):
    """How many characters the two have in common from their beginning."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count


def _nearly(text, quote):
    words = [(fold(found[0]), *found.span()) for found in re.finditer(r"\S+", text)]
    wanted = fold(quote).split()
    if len(wanted) < NEARLY_FROM or not words:
        return None
    here = [word for word, _, _ in words]
    seed = SequenceMatcher(None, here, wanted, autojunk=False).find_longest_match()
    room = len(wanted) // 5 + 1
    low = max(0, seed.a - seed.b - room)
    high = min(len(here), seed.a - seed.b + len(wanted) + room)
    matcher = SequenceMatcher(None, here[low:high], wanted, autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if sum(block.size for block in blocks) < NEARLY * len(wanted):
        return None
    first, last = low + blocks[0].a, low + blocks[-1].a + blocks[-1].size - 1
    return words[first][1], words[last][2]


def around(text: str, begin: int, end: int) -> tuple[str, str]:
    """What stands before and after a place, to find it again among others with the same words."""
    return _tidy(text[max(0, begin - AROUND) : begin]), _tidy(text[end : end + AROUND])


def quoted(text: str, begin: int, end: int) -> str:
    return _tidy(text[begin:end])


def _tidy(text):
    return re.sub(r"\s+", " ", text).strip()


# --- marking ----------------------------------------------------------------------------------------------


def marked(pieces, wanted) -> tuple[list[str], set[int]]:
    """The pieces of HTML with the wanted words in `<mark>`, and the numbers of those that are no longer there."""
    if not wanted:
        return list(pieces), set()
    reading = read(pieces)
    lost, owners = set(), {}
    for one in wanted:
        found = find(reading.text, one.quote, one.before, one.after)
        if found is None:
            lost.add(one.pk)
            continue
        for index in range(*_whole(reading.places, *found)):
            owners.setdefault(index, []).append(one.pk)
    inserts = [[] for _ in pieces]
    for run in _runs(reading, owners):
        (piece, begin, _), (_, _, end) = reading.places[run[0]], reading.places[run[-1]]
        if not reading.text[run[0] : run[-1] + 1].isspace():
            names = " ".join(str(int(pk)) for pk in owners[run[0]])
            inserts[piece].append((begin, end, f'<mark class="hl" data-hl="{names}">'))
    return [_with(piece, marks) for piece, marks in zip(pieces, inserts, strict=True)], lost


def _whole(places, begin, end):
    """The span widened to whole entities: two characters may stand in the source as one."""
    while begin and places[begin - 1] == places[begin]:
        begin -= 1
    while end < len(places) and places[end] == places[end - 1]:
        end += 1
    return begin, end


def _runs(reading, owners):
    """Neighbours in one text node that belong to the same highlights, as lists of indices."""
    node, kind, last = 0, {}, None
    for index in sorted(owners):
        place = reading.places[index]
        joined = last is not None and index == last + 1 and _touch(reading.places[last], place)
        node += 0 if joined and owners[last] == owners[index] else 1
        kind[index], last = node, index
    return [list(group) for _, group in groupby(sorted(owners), key=kind.get)]


def _touch(one, other):
    return one[0] == other[0] and (one[2] == other[1] or one[1:] == other[1:])


def _with(piece, marks):
    out, at = [], 0
    for begin, end, opening in marks:
        out += [piece[at:begin], opening, piece[begin:end], "</mark>"]
        at = end
    return "".join([*out, piece[at:]])


# --- sentences --------------------------------------------------------------------------------------------


def sentences(reading: Reading) -> list[tuple[int, int]]:
    """The sentences of a text as (begin, end), for choosing one without a pointer."""
    found = []
    edges = sorted({0, *reading.breaks, len(reading.text)})
    for begin, end in zip(edges, edges[1:], strict=False):
        start = begin
        for gap in _SENTENCE_END.finditer(reading.text, begin, end):
            if not _NO_END.search(reading.text[start : gap.start()]):
                found.append((start, gap.end()))
                start = gap.end()
        found.append((start, end))
    trimmed = [_trimmed(reading.text, *span) for span in found]
    return [(a, b) for a, b in trimmed if any(c.isalnum() for c in reading.text[a:b])]


def _trimmed(text, begin, end):
    words = text[begin:end]
    return begin + len(words) - len(words.lstrip()), end - (len(words) - len(words.rstrip()))
