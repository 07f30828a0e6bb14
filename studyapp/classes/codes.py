"""Join codes: typed from a board or a letter, and never guessed.

Nine of 28 signs, 43 bits: a stranger who tries a million codes a day against a hundred classes needs 290 years
for an even chance. No vowels, so that no code is a word; no 0, 1, I, L, O, U, which are read as one another.
"""

import secrets

SIGNS = "23456789BCDFGHJKMNPQRSTVWXYZ"
LENGTH = 9
GROUP = 3


def new_join_code(choose=secrets.choice) -> str:
    """A fresh code as it is shown: ``BCD-234-XYZ``."""
    return _grouped("".join(choose(SIGNS) for _ in range(LENGTH)))


def folded_code(typed: str) -> str:
    """The stored form of what somebody typed: case, spaces and hyphens do not matter. Empty where no code is possible."""
    signs = "".join(sign for sign in typed.upper() if sign.isalnum())
    if len(signs) != LENGTH or not set(signs) <= set(SIGNS):
        return ""
    return _grouped(signs)


def _grouped(signs: str) -> str:
    return "-".join(signs[start : start + GROUP] for start in range(0, LENGTH, GROUP))
