"""What writers ask of answers, options and pairs. Pure."""

import re
from fractions import Fraction

from content.numbers import as_text, exact


def option_worth(option):
    """What choosing the option earns."""
    return option.get("fraction", 1 if option.get("correct") else 0)


def answer_worth(answer):
    """What a typed answer earns."""
    fraction = answer.get("fraction")
    return 1 if fraction is None else fraction


def best(answers):
    """The first answer worth everything, else the first."""
    return next((answer for answer in answers if answer_worth(answer) == 1), answers[0])


def absolute_tolerance(answer):
    """The absolute tolerance of a numeric answer as a `Fraction`; a relative one is turned into it. 0: exact."""
    rooms = []
    if answer.get("absolute") is not None:
        rooms.append(exact(answer["absolute"]))
    if answer.get("relative") is not None:
        rooms.append(abs(exact(answer["value"])) * exact(answer["relative"]))
    return min(rooms, default=Fraction(0))


def decimal(value):
    """A number as a plain decimal, exact where it ends, else to 15 digits."""
    value = exact(value)
    text = as_text(value)
    return text if "/" not in text else as_text(exact(f"{float(value):.15g}"))


def extras(content):
    """The texts of right sides without a partner."""
    return [extra["text"] if isinstance(extra, dict) else extra for extra in content.get("extra", ())]


def without_arrow(text):
    """Markdown that reads the same and has no ``->``, for formats where an arrow parts the sides of a pair."""
    return re.sub(r"-(?=>)", lambda found: "-\\", text)
