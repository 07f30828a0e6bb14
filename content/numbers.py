"""Numbers as people write them, read exactly.

Pure. Understood: decimal point or comma, thousands grouped by space, thin space, apostrophe, comma or
point, exponents (``1.5e3``, ``1.5×10³``), minus signs of all shapes, simple fractions (``3/4``, ``¾``),
percent, and digits of every script. Values are `fractions.Fraction`: nothing is lost to binary rounding.

**One separator with three digits behind it** (``1,234`` or ``157.800``) can be read in two ways, and
people of one class write it in both. `readings` gives both, the more usual one first: a comma groups, a
point starts the decimals. A caller that knows the writer's habit passes `decimal_comma` and gets one.
"""

import re
import unicodedata
from fractions import Fraction

MAX_DIGITS = 100
MAX_EXPONENT = 300
LARGEST = 10**MAX_DIGITS  # of whole numbers that come as such; text may use an exponent
EXAMPLES = "Write it like 1200, 1,200.5, -3.5e6, 3/4 or 45 %."

_DROPPED = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SIGNS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u207b\u02d7\u2796", "-")
    | dict.fromkeys("\uff0b\ufe62\u2795", "+")
    | dict.fromkeys("\u2019\u2018\u02bc\u2032\uff07`\u00b4", "'")
    | {"\uff0e": ".", "\uff0c": ",", "\u060c": ",", "\u066a": "%", "\uff05": "%", "\ufe6a": "%"}
    | {"\u2044": "/", "\u2215": "/", "\uff0f": "/", "\u00d7": "x", "\u22c5": "x", "\u00b7": "x"}
)
_ARABIC_DECIMAL, _ARABIC_GROUP = "\u066b", "\u066c"
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺", "0123456789+")

_SCIENTIFIC = re.compile(
    r"(?P<body>.+?)(?:[eE](?P<e>[+-]?\d{1,6})| ?[xX*] ?10(?:\^(?P<p>[+-]?\d{1,6})|(?P<s>[-⁰¹²³⁴⁵⁶⁷⁸⁹⁺]+)))"
)
_SIMPLE_FRACTION = re.compile(r"(\d+) ?/ ?(\d+)")
_GROUPED = {
    " ": re.compile(r"\d{1,3}(?: \d{3})+"),
    "'": re.compile(r"\d{1,3}(?:'\d{3})+"),
    ",": re.compile(r"\d{1,3}(?:,\d{3})+"),
    ".": re.compile(r"\d{1,3}(?:\.\d{3})+"),
}


class NotANumber(ValueError):
    """The text cannot be read as a number; the message shows what would be."""


def parse_number(text, *, decimal_comma=None):
    """The number in `text` as a `Fraction` in its most usual reading, or `NotANumber`."""
    return readings(text, decimal_comma=decimal_comma)[0]


def readings(text, *, decimal_comma=None):
    """All ways to read `text` as a number, the most usual first: one or two `Fraction`s. See the module."""
    shown = text.strip()
    plain = _plain(shown) if len(shown) <= 4 * MAX_DIGITS else ""
    if not plain or len(plain) > 2 * MAX_DIGITS or sum(c.isdigit() for c in plain) > MAX_DIGITS:
        raise NotANumber(_message(shown))
    try:
        values = _signed(plain, decimal_comma)
    except NotANumber:
        raise NotANumber(_message(shown)) from None
    return tuple(dict.fromkeys(values))


def exact(value):
    """A number of a document (int, float, or text such as ``"12.5"``, ``"1e3"``, ``"1/3"``) as a `Fraction`.

    Strict, for what authors and files hold: decimal point only. A float counts as the decimal it prints as.
    """
    if isinstance(value, Fraction):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise NotANumber("This is not a number.")
    if isinstance(value, int) and abs(value) >= LARGEST:
        raise NotANumber(
            f"A number can have at most {MAX_DIGITS} digits; write it with an exponent, like 1e120."
        )
    text = str(value).strip()
    found = re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,4}))?|[+-]?\d+/\d+", text, re.ASCII)
    if not found or len(text) > MAX_DIGITS or abs(int(found[1] or 0)) > MAX_EXPONENT:
        raise NotANumber(f"“{text[:40]}” is not a number. Write it with a decimal point, like 12.5.")
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise NotANumber("A fraction cannot have 0 below the line.") from None


def as_text(number):
    """A `Fraction` as exact text: ``"1.5"``, ``"-12"``, never with an exponent; without an end, ``"1/3"``."""
    number = Fraction(number)
    denominator, twos, fives = number.denominator, 0, 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    if denominator != 1:
        return f"{number.numerator}/{number.denominator}"
    places = max(twos, fives)
    digits = str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    whole, decimals = (digits[:-places], digits[-places:]) if places else (digits, "")
    return ("-" if number < 0 else "") + whole + (f".{decimals}" if decimals else "")


def _message(shown):
    clipped = shown if len(shown) <= 40 else shown[:40] + "…"
    return f"“{clipped}” could not be read as a number. {EXAMPLES}" if shown else f"Type a number. {EXAMPLES}"


def _plain(text):
    """ASCII digits and signs; every space as one space."""
    out = []
    for character in _DROPPED.sub("", text).translate(_SIGNS):
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            out.append(str(digit))
        elif character.isspace():
            out.append(" ")
        else:
            out.append(character)
    return re.sub(" +", " ", "".join(out)).strip()


def _signed(plain, decimal_comma):
    sign = -1 if plain.startswith("-") else 1
    body = plain[1:].lstrip() if plain[:1] in ("-", "+") else plain
    scale = Fraction(1)
    if body.endswith("%"):
        body, scale = body[:-1].rstrip(), Fraction(1, 100)
    elif body.startswith("%"):  # as Turkish and Arabic have it
        body, scale = body[1:].lstrip(), Fraction(1, 100)
    return [sign * scale * value for value in _unsigned(body, decimal_comma)]


def _unsigned(body, decimal_comma):
    if len(body) == 1 and unicodedata.decomposition(body).startswith("<fraction>"):
        body = unicodedata.normalize("NFKC", body).replace("\u2044", "/")
    if found := _SIMPLE_FRACTION.fullmatch(body):
        if int(found[2]) == 0:
            raise NotANumber
        return [Fraction(int(found[1]), int(found[2]))]
    if found := _SCIENTIFIC.fullmatch(body):
        exponent = found["e"] or found["p"] or found["s"].translate(_SUPERSCRIPTS)
        if not re.fullmatch(r"[+-]?\d{1,6}", exponent, re.ASCII) or abs(int(exponent)) > MAX_EXPONENT:
            raise NotANumber
        return [
            value * Fraction(10) ** int(exponent)
            for value in _mantissa(found["body"].rstrip(), decimal_comma)
        ]
    return _mantissa(body, decimal_comma)


def _mantissa(body, decimal_comma):
    if _ARABIC_DECIMAL in body or _ARABIC_GROUP in body:
        # The Arabic separators are unambiguous.
        body, decimal_comma = body.replace(_ARABIC_GROUP, "'").replace(_ARABIC_DECIMAL, "."), False
    for group in (" ", "'"):
        if group in body:
            return [_grouped_then_decimals(body, group)]
    points, commas = body.count("."), body.count(",")
    if points and commas:
        decimal = max(".", ",", key=body.rfind)
        return [_grouped_then_decimals(body, "," if decimal == "." else ".", decimal)]
    if points + commas == 0:
        return [_decimal(body, ".")]
    mark = "." if points else ","
    if points + commas > 1:
        return [_whole(body, mark)]
    if not re.fullmatch(rf"[1-9]\d{{0,2}}\{mark}\d{{3}}", body):
        return [_decimal(body, mark)]
    grouped, decimal = _whole(body, mark), _decimal(body, mark)
    if decimal_comma is None:
        return [grouped, decimal] if mark == "," else [decimal, grouped]
    return [decimal if decimal_comma == (mark == ",") else grouped]


def _grouped_then_decimals(body, group, decimal=None):
    """``1 234,5`` or ``1.234.567,5``: whole part in threes, then at most one decimal mark."""
    if decimal is None:
        decimal = "," if "," in body else "."
    whole, _, decimals = body.partition(decimal)
    if decimals and not decimals.isdecimal():
        raise NotANumber
    return _whole(whole, group) + (Fraction(int(decimals), 10 ** len(decimals)) if decimals else 0)


def _whole(body, group):
    if not _GROUPED[group].fullmatch(body):
        raise NotANumber
    return Fraction(int(body.replace(group, "")))


def _decimal(body, mark):
    if not re.fullmatch(rf"\d+\{mark}?\d*|\{mark}\d+", body, re.ASCII):
        raise NotANumber
    return Fraction(body.replace(mark, ".").rstrip(".") if not body.startswith(mark) else "0." + body[1:])
