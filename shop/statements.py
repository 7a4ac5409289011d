"""Statements: what was sold in a stream, counted in base units, and the money it brought.

Pure sums over rows the books hand in. Never formats ("10,000 eggs" is `handlers/formats.py`), never rounds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from shop.stock import base_quantity

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldRow:
    """One offer's paid sales as the books know them. `left` is packs still free, None for an unlimited offer."""

    code: str
    names: Texts
    base_units: Texts
    pack_milli: int
    packs: int
    amount: int
    left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One product: quantity sold and left in base units, packs, and turnover in minor units."""

    code: str
    names: Texts
    base_units: Texts
    quantity: Decimal
    packs: int
    amount: int
    left: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Every product of a stream, sold or not, in the order of the rows, and the turnover of all."""

    lines: tuple[ReportLine, ...]
    turnover: int

    @property
    def sold(self) -> tuple[ReportLine, ...]:
        return tuple(line for line in self.lines if line.packs > 0)

    @property
    def sold_out(self) -> tuple[ReportLine, ...]:
        """Sold to the last pack."""
        return tuple(line for line in self.sold if line.left == 0)


def report(rows: Iterable[SoldRow]) -> Report:
    """Put the rows of each product together, also when packs or prices differ between its offers.

    Names and units are those of the product's first row. A product with one unlimited offer is unlimited.
    """
    by_code: dict[str, list[SoldRow]] = {}
    for row in rows:
        by_code.setdefault(row.code, []).append(row)
    lines = tuple(_line(product_rows) for product_rows in by_code.values())
    return Report(lines=lines, turnover=sum(line.amount for line in lines))


def _line(rows: list[SoldRow]) -> ReportLine:
    first = rows[0]
    sold_milli = sum(row.packs * row.pack_milli for row in rows)
    left_milli: int | None = 0
    for row in rows:
        if row.left is None or left_milli is None:
            left_milli = None
        else:
            left_milli += row.left * row.pack_milli
    return ReportLine(
        code=first.code,
        names=first.names,
        base_units=first.base_units,
        quantity=base_quantity(1, sold_milli),
        packs=sum(row.packs for row in rows),
        amount=sum(row.amount for row in rows),
        left=None if left_milli is None else base_quantity(1, left_milli),
    )
