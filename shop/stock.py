"""Stock arithmetic: packs into base units (20 eggs a box, 0.5 kg a jar), and what is left of a lot.

Never takes units: that is one conditional UPDATE in the books.
"""

from decimal import Decimal, InvalidOperation

MILLI = 1000
# A pack of a million base units is a typing error, not a pack.
_MOST_MILLI = 1_000_000 * MILLI


def pack_milli(size: str) -> int | None:
    """Thousandths of base units in a pack: "20" is 20000, "0.5" is 500. None unless > 0 with ≤ 3 decimals."""
    try:
        exact = Decimal(size.strip()) * MILLI
    except InvalidOperation:
        return None
    # The bound comes before int(): "1e999999" would make a number of a million digits.
    if not exact.is_finite() or not 0 < exact <= _MOST_MILLI or exact != int(exact):
        return None
    return int(exact)


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
