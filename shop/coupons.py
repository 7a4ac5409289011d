"""Codes that take something off: how they are written, what a host types to make one, and when one can be used.

Never decides by a count it has read whether a use is left (the books do), and never reads a clock.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from shop.lots import read_price

SHORTEST, LONGEST = 3, 20
MOST_USES = 1_000_000
MOST_WRONG = 5
PAUSE_MS = 15 * 60 * 1000

_CODE = re.compile(rf"[^\W_](?:[^\W_]|-){{{SHORTEST - 2},{LONGEST - 2}}}[^\W_]")
_PERCENT = re.compile(r"([1-9][0-9]?|100)%")
_FOLD = re.compile(r"([1-9][0-9]?)折")  # 9折 is 10 % off, 85折 is 15 % off
_KEYWORDS = {
    "uses": r"\buses?\b|(?:总共|一共|共|限)(?=\s*[0-9]+\s*次)",
    "per_buyer": r"\bper (?:buyer|person)\b|每人限?",
    "starts": r"\bfrom\b|从",
    "ends": r"\b(?:until|till)\b|[到至]",
    "products": r"\bfor\b|(?:仅限?|只限)",
}
_KEYWORD = re.compile("|".join(f"(?P<{name}>{words})" for name, words in _KEYWORDS.items()), re.IGNORECASE)
_COUNT = re.compile(r"([1-9][0-9]{0,6})\s*次?")


class CouponFault(StrEnum):
    """Why a code takes nothing off now."""

    UNKNOWN = "unknown"
    PAUSED = "paused"
    TOO_EARLY = "too_early"
    OVER = "over"
    USED_UP = "used_up"
    USED_BY_YOU = "used_by_you"
    OTHER_GOODS = "other_goods"
    NOTHING_LEFT = "nothing_left"


class TermsFault(StrEnum):
    """What in a host's line can't be understood."""

    CODE = "code"
    VALUE = "value"
    USES = "uses"
    PER_BUYER = "per_buyer"
    PRODUCTS = "products"
    TWICE = "twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a host typed. `starts` and `ends` are still words; `products` are codes, empty for everything."""

    code: str
    percent: int | None = None
    amount: int | None = None
    uses: int | None = None
    per_buyer: int | None = None
    starts: str | None = None
    ends: str | None = None
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What decides whether a code can be used; `by_buyer` are the buyer's orders with it that stand."""

    starts_at: int
    ends_at: int | None
    is_stopped: bool
    uses: int | None
    used: int
    per_buyer: int | None
    by_buyer: int


def normalise(text: str) -> str | None:
    """A code as it is kept: upper case, half-width, no blanks; None for what can't be one."""
    code = "".join(unicodedata.normalize("NFKC", text[: 4 * LONGEST]).upper().split())
    return code if _CODE.fullmatch(code) else None


def fault(facts: Facts, now: int) -> CouponFault | None:
    """Why the code can't be used at `now`, apart from what it is used for."""
    if facts.is_stopped or (facts.ends_at is not None and now >= facts.ends_at):
        return CouponFault.OVER
    if now < facts.starts_at:
        return CouponFault.TOO_EARLY
    if facts.per_buyer is not None and facts.by_buyer >= facts.per_buyer:
        return CouponFault.USED_BY_YOU
    if facts.uses is not None and facts.used >= facts.uses:
        return CouponFault.USED_UP
    return None


def read_terms(text: str, currency: str) -> Terms | TermsFault:
    """`SPRING10 10% uses 100 per buyer 1 until Sun 20:00 for EGG RICE`, or the same in Chinese:
    `SPRING10 9折 共100次 每人1次 到周日20:00 仅限EGG RICE`. All but code and value may be left out."""
    head, *rest = _sections(" ".join(unicodedata.normalize("NFKC", text).split()))
    first, _, value = head[1].partition(" ")
    code = normalise(first)
    if code is None:
        return TermsFault.CODE
    off = _read_value(value, currency)
    if off is None:
        return TermsFault.VALUE
    found = dict(rest)
    if len(found) < len(rest):
        return TermsFault.TWICE
    counts: dict[str, int] = {}
    for name, wrong in (("uses", TermsFault.USES), ("per_buyer", TermsFault.PER_BUYER)):
        if name in found:
            count = _COUNT.fullmatch(found[name])
            if count is None or int(count[1]) > MOST_USES:
                return wrong
            counts[name] = int(count[1])
    products = tuple(dict.fromkeys(re.split(r"[\s,、]+", found["products"].upper()))) if "products" in found else ()
    if "products" in found and not all(products):
        return TermsFault.PRODUCTS
    return Terms(
        code=code,
        percent=off if "%" in value or "折" in value else None,
        amount=None if "%" in value or "折" in value else off,
        uses=counts.get("uses"),
        per_buyer=counts.get("per_buyer"),
        starts=found.get("starts"),
        ends=found.get("ends"),
        products=products,
    )


def _sections(text: str) -> list[tuple[str, str]]:
    """The text cut at its keywords, the code left alone: a code may read FOR or FROM."""
    first = text.find(" ") + 1 or len(text)
    marks = list(_KEYWORD.finditer(text, first))
    ends = [*(mark.start() for mark in marks[1:]), len(text)][: len(marks)]
    head = text[: marks[0].start()] if marks else text
    return [
        ("", head.strip()),
        *((str(mark.lastgroup), text[mark.end() : end].strip(" ,:")) for mark, end in zip(marks, ends, strict=True)),
    ]


def _read_value(text: str, currency: str) -> int | None:
    """Per cent, or minor units of an amount."""
    value = text.replace(" ", "").removeprefix("-").removeprefix("立减").removeprefix("减")
    if percent := _PERCENT.fullmatch(value):
        return int(percent[1])
    if fold := _FOLD.fullmatch(value):
        pays = int(fold[1]) * (10 if len(fold[1]) == 1 else 1)
        return 100 - pays
    return None if "%" in value or "折" in value else read_price(value, currency)
