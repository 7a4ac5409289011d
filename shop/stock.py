"""Stock arithmetic: packs into base units (20 eggs a box, 0.5 kg a jar), and what is left of a lot.

Never takes units: that is one conditional UPDATE in the books.
"""

import re
from decimal import Decimal

MILLI = 1000
# At most six digits: a pack of a million base units is a typing error.
_SIZE = re.compile(r"(?P<whole>[0-9]{1,6})(?:\.(?P<fraction>[0-9]{1,3}))?")


def pack_milli(size: str) -> int | None:
    """Thousandths of base units in a pack: "20" is 20000, "0.5" is 500. None unless > 0 with at most 3 decimals."""
    match = _SIZE.fullmatch(size.strip())
    if match is None:
        return None
    milli = int(match["whole"]) * MILLI + int((match["fraction"] or "").ljust(3, "0"))
    return milli or None


def base_quantity(packs: int, pack_milli: int) -> Decimal:
    """How many base units so many packs hold, exact and without trailing zeros: 6000 jars of 500 are 3000."""
    quantity = Decimal(packs * pack_milli) / MILLI
    # normalize() alone would turn 3000 into 3E+3.
    return quantity.quantize(Decimal(1)) if quantity == quantity.to_integral_value() else quantity.normalize()


def free(quantity: int | None, taken: int) -> int | None:
    """Packs left of a lot, never below 0; None for an unlimited one."""
    return None if quantity is None else max(0, quantity - taken)


def is_sold_out(quantity: int | None, taken: int) -> bool:
    return free(quantity, taken) == 0
