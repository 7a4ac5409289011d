"""How many packs a host puts up and at which price, as typed: "500", "unlimited", "¥36.00"."""

import re
import unicodedata
from dataclasses import dataclass

from shop.money import AmountError, parse_decimal

MOST_PACKS = 10_000_000

_WHOLE = re.compile(r"[0-9]+|[0-9]{1,3}(?P<group>[ ,.'])[0-9]{3}(?:(?P=group)[0-9]{3})*")
_PRICE_MARKS = "¥￥$€£₽元块圆 \t"
_WITHOUT_END = frozenset({"unlimited", "no limit", "without limit", "∞", "不限", "不限量", "无限", "不限制"})


@dataclass(frozen=True, slots=True)
class Lot:
    """So many packs; None is unlimited."""

    packs: int | None


def read_price(text: str, currency: str) -> int | None:
    """Minor units of a price above 0, with or without the currency's code or a sign; None for anything else."""
    typed = text.strip().upper().removeprefix(currency).removesuffix(currency).strip(_PRICE_MARKS)
    try:
        return parse_decimal(typed, currency) or None
    except AmountError:
        return None


def read_lot(text: str, *, least: int = 1) -> Lot | None:
    """`least` to 10,000,000 packs or "unlimited"; None for anything else. Full-width digits and grouping are
    understood."""
    plain = " ".join(unicodedata.normalize("NFKC", text).replace("\u2019", "'").lower().split())
    if plain in _WITHOUT_END:
        return Lot(None)
    if len(plain) > 20 or _WHOLE.fullmatch(plain) is None:
        return None
    packs = int(re.sub(r"[^0-9]", "", plain))
    return Lot(packs) if least <= packs <= MOST_PACKS else None
