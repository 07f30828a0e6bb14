"""Patterns with ``*`` (anything, also nothing) and ``\\*`` (a star), matched in linear time.

Pure. No regular expression: an author's pattern meets a learner's text, and neither may be able to make
the other expensive. The stars cut the pattern into pieces; the first is bound to the start, the last to
the end, and each of the others is taken at its earliest place after the one before it.

`match_words` is the narrower rule: a star stands for whole words, a few of them, and for none that turn the
answer round ("not", "or"). Words of the key itself never count as such: they stand where the author put them.

The list is one for all courses, because answers in a course are typed in more than its own language. What is also
an ordinary word or part of a name in one of the three is left out ("noch", "أم" as in Umm Qasr, "ما" as in
Mesopotamia), even where it can negate.
"""

import re

# How many words more than the key an answer may have, over all its stars.
MOST_MORE_WORDS = 3
TURNING = frozenset(
    "not never no nor neither none or but except without instead rather than cannot "
    "isnt arent wasnt werent dont doesnt didnt "
    "nicht nie niemals kein keine keinen keinem keiner keines weder oder sondern statt ohne außer "
    "لا ولا ليس وليس ليست وليست لم ولم لن ولن غير أو او بدون إلا".casefold().split()
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ALTERNATIVES = re.compile(r"[/|;?]")


def match(pattern, text):
    """True if the whole of `text` fits `pattern`. Compare folded with folded."""
    return _match(pattern, text)[0]


def match_words(pattern, text):
    """True if `text` fits `pattern`, of which a star stands for up to three whole words. Folded both.

    Without a star the two have the same words. A word in the place of a star must not negate the answer or
    offer another one. At most four steps for each word of the key and of the text.
    """
    asked, given = pattern.split(" "), text.split(" ")
    more = len(given) - sum(word != "*" for word in asked)
    if not 0 <= more <= MOST_MORE_WORDS:
        return False
    turns = [
        _turns(word, before, after)
        for before, word, after in zip(["", *given[:-1]], given, [*given[1:], ""], strict=True)
    ]
    runs = [[]]
    for word in asked:
        if word == "*":
            runs.append([])
        else:
            runs[-1].append(word)
    first, *between = runs
    if not between:
        return _stands_at(first, given, 0)
    last = between.pop()
    end = len(given) - len(last)
    if not (_stands_at(first, given, 0) and _stands_at(last, given, end)):
        return False
    # The earliest place is the best one: a later one leaves more words to the star before it.
    at = len(first)
    for run in between:
        found = next((i for i in range(at, end - len(run) + 1) if _stands_at(run, given, i)), None)
        if found is None or any(turns[at:found]):
            return False
        at = found + len(run)
    return not any(turns[at:end])


def has_star(pattern):
    """Does `pattern` have a star that stands for something?"""
    return len(pieces(pattern)) > 1


def has_star_at_both_ends(pattern):
    """Does `pattern` fit whatever stands before and after its words?"""
    parts = [part.strip() for part in pieces(pattern)]
    return len(parts) > 2 and not parts[0] and not parts[-1]


def has_star_in_a_word(pattern):
    """Does a star of `pattern` touch a letter?"""
    return any(has_star(word) and word != "*" for word in pattern.split())


def count_steps(pattern, text):
    """How many single comparisons `match` needs; at most 4 × (length of pattern + length of text)."""
    return _match(pattern, text)[1]


def pieces(pattern):
    """The literal parts between the stars: ``"a*b\\*"`` → ``["a", "b*"]``. One part means no wildcard."""
    parts, current, at = [], [], 0
    while at < len(pattern):
        if pattern.startswith("\\*", at):
            current.append("*")
            at += 2
            continue
        if pattern[at] == "*":
            parts.append("".join(current))
            current = []
        else:
            current.append(pattern[at])
        at += 1
    return [*parts, "".join(current)]


def escape(text):
    """`text` as a pattern that matches only itself."""
    return text.replace("*", "\\*")


def _stands_at(run, words, at):
    return len(words) - at >= len(run) and all(match(word, words[at + i]) for i, word in enumerate(run))


def _turns(word, before, after):
    """Does a word negate, or offer another answer? The "no" of a compound ("no-fly") and of a number does not."""
    if _ALTERNATIVES.search(word):
        return True
    parts = _WORD.findall(word.casefold())
    if parts[:1] == ["no"]:
        is_number = after[:1].isdigit() and (
            word[2:] == "." or before
        )  # "No. 5", "Order No 5", but not "no 5"
        if is_number or word[2:3] == "-":
            parts = parts[1:]
    return any(part in TURNING or part.endswith("n't") for part in parts)


def _match(pattern, text):
    first, *between = pieces(pattern)
    steps = len(pattern)
    if not between:
        return first == text, steps + min(len(first), len(text))
    last = between.pop()
    steps += len(first) + len(last)
    if len(first) + len(last) > len(text) or not (text.startswith(first) and text.endswith(last)):
        return False, steps
    at, end = len(first), len(text) - len(last)
    for piece in between:
        if not piece:
            continue
        at, taken = _find(piece, text, at, end)
        steps += taken
        if at is None:
            return False, steps
    return True, steps


def _find(piece, text, start, end):
    """Where `piece` first ends in text[start:end], and the comparisons made.

    Knuth–Morris–Pratt: the pointer in the text never goes back.
    """
    fallback, length, steps = [0], 0, 0
    for character in piece[1:]:
        while length and piece[length] != character:
            length = fallback[length - 1]
            steps += 1
        length += piece[length] == character
        fallback.append(length)
        steps += 1
    matched = 0
    for at in range(start, end):
        while matched and piece[matched] != text[at]:
            matched = fallback[matched - 1]
            steps += 1
        matched += piece[matched] == text[at]
        steps += 1
        if matched == len(piece):
            return at + 1, steps
    return None, steps
