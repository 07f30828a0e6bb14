"""The part of a text that holds what was searched for: pure."""

import re

from content.text import fold

LENGTH = 220
GAP = re.compile(r" +([.,;:?!)])")  # where a citation stood that has no words of its own


def excerpt(text: str, words, *, length: int = LENGTH) -> list[tuple[str, bool]]:
    """About `length` characters of the text round the first word found, cut at spaces, as (piece, is a hit).

    `words` are folded. Without a hit: the beginning of the text.
    """
    text = GAP.sub(r"\1", " ".join(text.split()))
    hits = _hits(text, words)
    first = hits[0][0] if hits else 0
    start = max(0, first - length // 3)
    if start:
        start = text.find(" ", start, first) + 1 or start
    end = min(len(text), start + length)
    if end < len(text):
        end = text.rfind(" ", first, end) if text.rfind(" ", first, end) > first else end
    pieces, at = [("… ", False)] if start else [], start
    for begin, stop in hits:
        if begin < at or stop > end:
            continue
        pieces += [(text[at:begin], False), (text[begin:stop], True)]
        at = stop
    pieces.append((text[at:end] + (" …" if end < len(text) else ""), False))
    return [piece for piece in pieces if piece[0]]


def _hits(text, words):
    """Where the words stand, as (begin, end). Compared folded, letter by letter where folding keeps lengths."""
    folded = text.casefold()
    if len(folded) != len(text):
        folded = text.lower()
    if len(folded) != len(text):
        return []
    found = []
    for word in {fold(word) for word in words} - {""}:
        found += [match.span() for match in re.finditer(re.escape(word), folded)]
    found.sort()
    return found
