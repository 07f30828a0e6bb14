"""Pure: which sign-in names there may be."""

import unicodedata

# Scripts that one language mixes as a matter of course.
MIXED_IN_ONE_LANGUAGE = [
    {"CJK", "HIRAGANA", "KATAKANA", "LATIN"},
    {"CJK", "HANGUL", "LATIN"},
    {"CJK", "BOPOMOFO", "LATIN"},
]
ALSO_ALLOWED = "._-"


def scripts_of(text: str) -> set[str]:
    """The scripts of the letters, by the first word of each letter's Unicode name."""
    return {unicodedata.name(letter, "UNKNOWN").split()[0] for letter in text if letter.isalpha()}


def fault_of(name: str) -> str | None:
    """What is wrong with a sign-in name, in the reader's words, or None.

    No @, so that a name can never be another person's e-mail; no letters of two scripts (Unicode UTS 39,
    "highly restrictive"), so that a Cyrillic а in a Latin name cannot pose as somebody else.
    """
    if any(not (c.isalnum() or unicodedata.category(c).startswith("M") or c in ALSO_ALLOWED) for c in name):
        return "Use letters, digits, full stops, hyphens and underscores only, without spaces."
    if not any(c.isalnum() for c in name):
        return "Use at least one letter or digit."
    scripts = scripts_of(name)
    if len(scripts) > 1 and not any(scripts <= together for together in MIXED_IN_ONE_LANGUAGE):
        return "Use letters of one script only: names that mix scripts can look like somebody else's."
    if name.casefold().startswith("guest-"):
        return "Names that begin with “guest-” are kept for visitors without an account."
    if name.casefold().startswith("removed-"):
        return "Names that begin with “removed-” are kept for accounts that were removed."
    return None
