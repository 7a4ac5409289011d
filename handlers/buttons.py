"""Callback data: what a button carries, `1|verb|arg|arg`.

Button data is input from outside: it may be forged, stale, or someone else's. This file only says what was tapped;
whether the person may do it is for the act. Reading never raises.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

VERSION = "1"
MOST_BYTES = 64  # Bot API, InlineKeyboardButton.callback_data: 1-64 bytes

_WORD = re.compile(r"[A-Za-z0-9_-]+")
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_BOUND = 2**63


@dataclass(frozen=True, slots=True)
class Tap:
    """A well-formed button: what it means, and about what. Says nothing about who tapped it."""

    verb: str
    args: tuple[str, ...] = ()


def encode(verb: str, *args: int | str) -> str:
    """The callback data of a button. Raises ValueError for a word outside [A-Za-z0-9_-] or above 64 bytes."""
    words = [verb, *(str(arg) for arg in args)]
    bad = [word for word in words if _WORD.fullmatch(word) is None]
    if bad:
        raise ValueError(f"a button cannot carry {bad[0]!r}")
    data = "|".join((VERSION, *words))
    if len(data) > MOST_BYTES:
        raise ValueError(f"a button carries at most {MOST_BYTES} bytes: {data!r}")
    return data


def decode(data: str | None) -> Tap | None:
    """What a button meant; None for anything malformed, foreign or of another version."""
    if data is None or len(data) > MOST_BYTES:
        return None
    version, *words = data.split("|")
    if version != VERSION or not words or not all(_WORD.fullmatch(word) for word in words):
        return None
    verb, *args = words
    return Tap(verb, tuple(args))


def integers(args: Sequence[str], count: int) -> tuple[int, ...] | None:
    """Exactly `count` integers that SQLite can hold, or None."""
    if len(args) != count or not all(_INTEGER.fullmatch(arg) for arg in args):
        return None
    numbers = tuple(int(arg) for arg in args)
    return numbers if all(-_BOUND <= number < _BOUND for number in numbers) else None
