"""Discounts: what is taken off each line of an order, and which rule takes it off.

The rule, as a farmer would say it: each line gets the one price that is best for the buyer, flash price or price from
a quantity on; then one code takes its part off what is left. Percentages are rounded down to the currency's minor
unit, once for all lines together, and shared out so that lines and total agree. Never reads a clock, never counts
uses: what is valid now is for the caller.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shop.money import shares


class SpecialKind(StrEnum):
    FLASH = "flash"
    STEPS = "steps"
    COUPON = "coupon"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashPrice:
    """A price for the next `left` packs (None: as many as there are), in minor units."""

    id: int
    price: int
    left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From `quantity` packs on, each costs as if `quantity` of them cost `price`."""

    quantity: int
    price: int

    def total(self, packs: int) -> int:
        """What so many packs cost, rounded down to the minor unit."""
        return packs * self.price // self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """What a code takes off: `percent` (1–100) or `amount` in minor units; `products` None is everything."""

    code: str
    percent: int | None = None
    amount: int | None = None
    products: frozenset[int] | None = None

    def covers(self, product: int) -> bool:
        return self.products is None or product in self.products

    def off(self, rest: int) -> int:
        """What it takes off goods that cost `rest`; never more than they do."""
        wanted = rest * self.percent // 100 if self.percent is not None else self.amount or 0
        return min(wanted, rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line before discounts, with the prices that may apply to it now."""

    offer: int
    product: int
    quantity: int
    unit_price: int
    flash: FlashPrice | None = None
    steps: tuple[Step, ...] = ()

    @property
    def amount(self) -> int:
        return self.quantity * self.unit_price


@dataclass(frozen=True, slots=True, kw_only=True)
class Special:
    """One rule that took `amount` off a line; it applies to `units` of its packs.

    `flash` names the flash price, `threshold` says from how many packs on, `code` which code was given.
    """

    kind: SpecialKind
    units: int
    amount: int
    flash: int | None = None
    threshold: int | None = None
    code: str | None = None


def discounts(items: Sequence[Item], reduction: Reduction | None = None) -> list[tuple[Special, ...]]:
    """What is taken off each item, in the order of `items`, which does not matter for what each gets.

    The amounts of a line's specials never come to more than the line. Lines of one offer share its flash price.
    """
    found: list[list[Special]] = [[] for _ in items]
    left: dict[int, int] = {}
    in_order = sorted(range(len(items)), key=lambda index: _rank(items[index]))
    for index in in_order:
        special = _best(items[index], left)
        if special is not None:
            found[index].append(special)
            if special.flash is not None:
                left[special.flash] = left.get(special.flash, 0) + special.units
    if reduction is not None:
        covered = [index for index in in_order if reduction.covers(items[index].product)]
        rests = [items[index].amount - taken_off(found[index]) for index in covered]
        off = reduction.off(sum(rests))
        for index, part in zip(covered, shares(off, rests) if off else [], strict=False):
            if part:
                found[index].append(
                    Special(kind=SpecialKind.COUPON, units=items[index].quantity, amount=part, code=reduction.code)
                )
    return [tuple(specials) for specials in found]


def taken_off(specials: Iterable[Special]) -> int:
    """The discount of a line, in minor units."""
    return sum(special.amount for special in specials)


def _rank(item: Item) -> tuple[int, int, int]:
    """Where an item stands when something has to be shared out, whatever the order they came in."""
    return item.offer, -item.quantity, -item.unit_price


def _best(item: Item, gone: dict[int, int]) -> Special | None:
    """The one rule that takes most off a line; a flash price only where it beats the price by quantity."""
    best: Special | None = None
    for step in item.steps:
        off = item.amount - step.total(item.quantity)
        if step.quantity <= item.quantity and off > (best.amount if best else 0):
            best = Special(kind=SpecialKind.STEPS, units=item.quantity, amount=off, threshold=step.quantity)
    if item.flash is not None:
        flash = item.flash
        free = item.quantity if flash.left is None else max(0, flash.left - gone.get(flash.id, 0))
        units = min(item.quantity, free)
        off = units * (item.unit_price - flash.price)
        if off > (best.amount if best else 0):
            best = Special(kind=SpecialKind.FLASH, units=units, amount=off, flash=flash.id)
    return best
