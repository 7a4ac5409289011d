"""A supplier's tariff as a host types it: "12", "never", "Jiangxi, 江西 = 8". Pure, like what it makes.

A region is names with commas between them; regions stand on lines of their own, or with semicolons between them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from shop.contacts import tidy
from shop.delivery import Region, Tariff, folded
from shop.lots import read_price
from shop.money import AmountError, parse_decimal

MOST_REGIONS = 60
MOST_NAMES = 8
SHORTEST_NAME, LONGEST_NAME = 2, 30
MOST_FEE = 100_000_000

_NOTHING = frozenset(
    {"0", "free", "none", "no", "never", "-", "—", "无", "没有", "免费", "包邮", "不收", "不免", "清空"}
)
_ZERO = re.compile(r"[¥￥$€£]?\s*0+(?:[.,]0+)?")
_MARKS = "¥￥$€£₽元块圆 \t"


class Part(StrEnum):
    """What of a tariff can be changed in the chat."""

    FEE = "fee"
    FREE_FROM = "free_from"
    REGIONS = "regions"
    NOT_TO = "not_to"


@dataclass(frozen=True, slots=True)
class Unclear:
    """What was typed cannot be taken; `text` is the piece that is wrong."""

    text: str


def read(part: Part, text: str, tariff: Tariff, currency: str) -> Tariff | Unclear:
    """The tariff with one part as typed."""
    match part:
        case Part.FEE:
            amount = _amount(text, currency)
            return Unclear(text) if amount is None else replace(tariff, fee=amount)
        case Part.FREE_FROM:
            if _is_nothing(text):
                return replace(tariff, free_from=None)
            price = read_price(text, currency)
            return Unclear(text) if price is None or price > MOST_FEE else replace(tariff, free_from=price)
        case Part.REGIONS:
            return _with(tariff, _regions(text, currency, has_fees=True), are_charged=True)
        case Part.NOT_TO:
            return _with(tariff, _regions(text, currency, has_fees=False), are_charged=False)


def charged(tariff: Tariff) -> tuple[Region, ...]:
    """The regions with a fee of their own."""
    return tuple(region for region in tariff.regions if region.fee is not None)


def refused(tariff: Tariff) -> tuple[Region, ...]:
    """The regions nothing is delivered to."""
    return tuple(region for region in tariff.regions if region.fee is None)


def _with(tariff: Tariff, typed: Sequence[Region] | Unclear, *, are_charged: bool) -> Tariff | Unclear:
    """One of the two lists replaced. A name that stood in the other list has moved: it is in one of them only."""
    if isinstance(typed, Unclear):
        return typed
    named = {folded(name) for region in typed for name in region.names}
    others = []
    for region in refused(tariff) if are_charged else charged(tariff):
        kept = tuple(name for name in region.names if folded(name) not in named)
        if kept:
            others.append(replace(region, names=kept))
    if len(typed) + len(others) > MOST_REGIONS:
        return Unclear(typed[-1].names[0])
    return replace(tariff, regions=(*typed, *others))


def _regions(text: str, currency: str, *, has_fees: bool) -> list[Region] | Unclear:
    if _is_nothing(text):
        return []
    found: list[Region] = []
    seen: set[str] = set()
    for piece in filter(None, (tidy(piece) for piece in re.split(r"[\n;；]", text))):
        names_text, amount = piece, None
        if has_fees:
            names_text, mark, amount_text = _parted(piece)
            amount = _amount(amount_text, currency) if mark else None
            if amount is None:
                return Unclear(piece)
        names = tuple(dict.fromkeys(filter(None, (tidy(name) for name in re.split(r"[,，、/]", names_text)))))
        words = {folded(name) for name in names}
        is_short = any(not SHORTEST_NAME <= len(name) <= LONGEST_NAME for name in names)
        if not names or len(names) > MOST_NAMES or is_short or words & seen:
            return Unclear(piece)
        seen |= words
        found.append(Region(names=names, fee=amount))
    return found or Unclear(text)


def _parted(piece: str) -> tuple[str, str, str]:
    """Names, mark, amount: the last `=` or `:` parts them."""
    match = re.fullmatch(r"(?P<names>.+?)\s*(?P<mark>[=:＝：])\s*(?P<amount>[^=:＝：]+)", piece)
    return ("", "", "") if match is None else (match["names"], match["mark"], match["amount"])


def _amount(text: str, currency: str) -> int | None:
    """An amount that may be 0."""
    if _is_nothing(text):
        return 0
    typed = text.strip().upper().removeprefix(currency).removesuffix(currency).strip(_MARKS)
    try:
        amount = parse_decimal(typed, currency)
    except AmountError:
        return None
    return amount if 0 <= amount <= MOST_FEE else None


def _is_nothing(text: str) -> bool:
    plain = folded(text)
    return plain in _NOTHING or _ZERO.fullmatch(plain) is not None
