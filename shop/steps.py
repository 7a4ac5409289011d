"""Prices from a quantity on as a host types them: "2 for 66", "3 = 96", "2件66元", one or more to a message."""

import re
import unicodedata

from shop.discounts import Step
from shop.lots import read_price
from shop.offers import MOST_PER_LINE

MOST_STEPS = 5

_STEP = re.compile(r"([0-9]{1,4})(?:\s*(?:for\b|=|:|[^\W\d_]{1,8})\s*|\s+)(\S.*)", re.IGNORECASE)
_NONE = frozenset({"none", "no", "0", "-", "没有", "无", "不要", "取消"})


def read_steps(text: str, currency: str) -> tuple[Step, ...] | None:
    """The steps of a message, the smallest quantity first; empty for "none", None for what can't be understood.

    Two prices for one quantity, quantities below 2 and more than five steps can't be.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.lower() in _NONE:
        return ()
    found: dict[int, int] = {}
    parts = [part.strip() for part in re.split(r"[\n;]", plain) if part.strip()]
    for part in parts:
        step = _STEP.fullmatch(part)
        quantity = int(step[1]) if step else 0
        price = read_price(step[2], currency) if step else None
        if price is None or not 2 <= quantity <= MOST_PER_LINE or quantity in found:
            return None
        found[quantity] = price
    if not 1 <= len(found) <= MOST_STEPS:
        return None
    return tuple(Step(quantity=quantity, price=found[quantity]) for quantity in sorted(found))
