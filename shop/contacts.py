"""Where a parcel goes: recipient, phone and address as people type them, tidied or refused.

Invisible characters are taken out rather than refused: people paste them without knowing. Whether a phone exists in a
country is checked above (`handlers/formats.check_phone`), since this package knows only the standard library.
"""

import re
import unicodedata
from enum import Enum

LONGEST_RECIPIENT = 60
SHORTEST_ADDRESS, LONGEST_ADDRESS = 5, 300
FEWEST_DIGITS, MOST_DIGITS = 5, 15  # E.164 allows 15

_PHONE_MARKS = re.compile(r"[-.()\s\u2010-\u2015\u2212]")
# Letters by category, yet drawn as nothing: Hangul fillers and the blank Braille pattern.
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


class ContactFault(Enum):
    """Why a recipient, phone or address cannot be taken. No str: a fault must never pass for a value."""

    EMPTY = "empty"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_A_PHONE = "not_a_phone"


def tidy(text: str) -> str:
    """One line without anything invisible: controls, direction overrides, zero-width; blanks become one each."""
    return " ".join(_visible(text).split())


def tidy_lines(text: str) -> str:
    """The same for several lines; blank lines go."""
    lines = (" ".join(line.split()) for line in _visible(text).splitlines())
    return "\n".join(line for line in lines if line)


def recipient(text: str) -> str | ContactFault:
    """The name on the parcel, 1 to 60 characters."""
    name = tidy(text)
    if not name:
        return ContactFault.EMPTY
    return ContactFault.TOO_LONG if len(name) > LONGEST_RECIPIENT else name


def phone(text: str) -> str | ContactFault:
    """Digits with an optional leading +, 5 to 15 of them; the marks people put between digits are dropped.

    Full-width and other decimal digits are understood.
    """
    plain = unicodedata.normalize("NFKC", tidy(text))
    digits = "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char for char in _PHONE_MARKS.sub("", plain)
    )
    if not digits:
        return ContactFault.EMPTY
    if not re.fullmatch(r"\+?[0-9]+", digits):
        return ContactFault.NOT_A_PHONE
    count = len(digits.removeprefix("+"))
    if count < FEWEST_DIGITS:
        return ContactFault.TOO_SHORT
    return ContactFault.TOO_LONG if count > MOST_DIGITS else digits


def address(text: str) -> str | ContactFault:
    """A postal address of one or several lines, 5 to 300 characters, shown later exactly as returned here."""
    lines = tidy_lines(text)
    if not lines:
        return ContactFault.EMPTY
    if len(lines) < SHORTEST_ADDRESS:
        return ContactFault.TOO_SHORT
    return ContactFault.TOO_LONG if len(lines) > LONGEST_ADDRESS else lines


def _visible(text: str) -> str:
    """Newlines and blanks stay; every other control, format or surrogate character goes.

    Unassigned and private characters stay: rare Chinese names are written with them.
    """
    composed = unicodedata.normalize("NFC", text)
    return "".join(_seen(char) for char in composed)


def _seen(char: str) -> str:
    if char in "\n\r\v\f\x85\u2028\u2029":
        return "\n"
    if char == "\t" or char in _BLANK_LETTERS:
        return " "
    return "" if unicodedata.category(char) in {"Cc", "Cf", "Cs"} else char
