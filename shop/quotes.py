"""Quotes: what an order costs before it is placed, line by line, to the last minor unit.

Pure sums. Which price, discount and fee apply is decided by whoever makes the lines; nothing here rounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """So many packs at one price each, less a discount on the whole line; amounts in minor units.

    Raises ValueError if a part is negative or the discount is larger than the line.
    """

    quantity: int
    unit_price: int
    discount: int = 0

    def __post_init__(self) -> None:
        if min(self.quantity, self.unit_price, self.discount) < 0:
            raise ValueError("quantity, price and discount cannot be negative")
        if self.discount > self.amount:
            raise ValueError("a discount cannot be larger than its line")

    @property
    def amount(self) -> int:
        """Before the discount."""
        return self.quantity * self.unit_price

    @property
    def total(self) -> int:
        return self.amount - self.discount

    def resized(self, quantity: int) -> "Line":
        """The same line with another quantity. Fewer packs keep their share of the discount, rounded down, so that
        line by line what goes back and what stays are the whole; more packs get no more of it."""
        share = self.discount * min(quantity, self.quantity) // self.quantity if self.quantity else 0
        return Line(quantity=quantity, unit_price=self.unit_price, discount=share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """total = lines − discounts + delivery fee (DESIGN rule 10)."""

    lines_total: int
    discount_total: int
    delivery_fee: int

    @property
    def total(self) -> int:
        return self.lines_total - self.discount_total + self.delivery_fee


def sums(lines: Sequence[Line], *, delivery_fee: int = 0) -> Sums:
    """What the lines and the delivery come to. Raises ValueError if the fee is negative."""
    if delivery_fee < 0:
        raise ValueError("a delivery fee cannot be negative")
    return Sums(
        lines_total=sum(line.amount for line in lines),
        discount_total=sum(line.discount for line in lines),
        delivery_fee=delivery_fee,
    )
