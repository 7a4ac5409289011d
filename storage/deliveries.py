"""Where an order goes, by whom it is brought, and what each supplier takes for it.

Owns `order_deliveries`, the fees as they were when the order was placed or last changed by its buyer. The rules are
`shop/delivery`.
"""

import json
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from shop import delivery
from shop.delivery import NotDelivered, Tariff
from storage.connection import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Who receives an order and where. With `pickup_point` they come for it, and `address` is that place's name,
    address and hours; `location` is "latitude,longitude" of an address, where the buyer has shared it."""

    recipient: str
    phone: str
    address: str
    location: str | None = None
    pickup_point: int | None = None

    @property
    def mark(self) -> int:
        """A number for it that fits into a button: the same for the same, so that a change is seen."""
        return zlib.crc32(json.dumps([self.recipient, self.phone, self.address, self.pickup_point]).encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One supplier's parcel: what bringing it costs, in minor units.

    `free_from` is the worth of goods from which it costs nothing, None where there is no such. `refused_in` is the
    region of the address to which this supplier delivers nothing.
    """

    supplier_id: int
    supplier_name: str
    fee: int
    free_from: int | None = None
    refused_in: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Whose goods, and what they are worth with discounts taken off."""

    supplier_id: int
    supplier_name: str
    worth: int


def of(terms: Mapping[int, Tariff], parcels: Iterable[Parcel], to: Destination) -> tuple[Delivery, ...]:
    """What each supplier of these lines takes by its tariff, in the order of the lines; nothing where the goods are
    picked up."""
    worth: dict[int, int] = {}
    names: dict[int, str] = {}
    for line in parcels:
        worth[line.supplier_id] = worth.get(line.supplier_id, 0) + line.worth
        names[line.supplier_id] = line.supplier_name
    return tuple(
        _delivery(terms.get(supplier, Tariff()), supplier, names[supplier], worth[supplier], to) for supplier in worth
    )


def anew(
    terms: Mapping[int, Tariff],
    parcels: Iterable[Parcel],
    to: Destination,
    *,
    before: Sequence[Delivery],
    changed: Collection[int],
) -> tuple[Delivery, ...]:
    """The parcels of an order that stands, once its buyer changes it: those of the suppliers `changed` by the tariffs
    in force now, all others for what they cost `before`.

    Where a supplier does not deliver any more `refused_in` is set, and the fee is that of before: a parcel that only
    shrinks may stay; one that grows or goes elsewhere is refused by the caller.
    """
    fees = {each.supplier_id: each.fee for each in before}
    found = []
    for each in of(terms, parcels, to):
        kept = fees.get(each.supplier_id, 0)
        if each.supplier_id not in changed:
            found.append(replace(each, fee=kept, free_from=None, refused_in=None))
        else:
            found.append(each if each.refused_in is None else replace(each, fee=kept))
    return tuple(found)


def _delivery(tariff: Tariff, supplier: int, name: str, worth: int, to: Destination) -> Delivery:
    if to.pickup_point is not None:
        return Delivery(supplier_id=supplier, supplier_name=name, fee=0)
    match delivery.fee(tariff, worth, to.address):
        case NotDelivered(region=region):
            return Delivery(supplier_id=supplier, supplier_name=name, fee=0, refused_in=region)
        case delivery.Fee(amount=amount, free_from=free_from):
            return Delivery(supplier_id=supplier, supplier_name=name, fee=amount, free_from=free_from)


_KEEP = """
    INSERT INTO order_deliveries (order_id, supplier_id, supplier_name, fee) VALUES (:order, :supplier, :name, :fee)
    ON CONFLICT (order_id, supplier_id) DO UPDATE SET fee = excluded.fee
"""
_FEE = "SELECT fee FROM order_deliveries WHERE order_id = :order AND supplier_id = :supplier"
_FEES = "SELECT supplier_id, supplier_name, fee FROM order_deliveries WHERE order_id = :order ORDER BY supplier_id"


_FORGET = "DELETE FROM order_deliveries WHERE order_id = :order AND supplier_id = :supplier"


def keep(tx: Tx, order: int, found: Sequence[Delivery]) -> None:
    """Freeze the fees of an order that is being placed, or that its buyer has changed."""
    for each in found:
        tx.run(_KEEP, order=order, supplier=each.supplier_id, name=each.supplier_name, fee=each.fee)


def drop(tx: Tx, order: int, supplier: int) -> None:
    """Nothing is left in a parcel: it is not brought, and costs nothing."""
    tx.run(_FORGET, order=order, supplier=supplier)


def fee_of(tx: Tx, order: int, supplier: int) -> int:
    """What the supplier took for its parcel of the order."""
    fee: int | None = tx.value(_FEE, order=order, supplier=supplier)
    return fee or 0


def of_order(tx: Tx, order: int) -> tuple[Delivery, ...]:
    """The fees an order was placed with; empty for one from before there were any."""
    return tuple(
        Delivery(supplier_id=row["supplier_id"], supplier_name=row["supplier_name"], fee=row["fee"])
        for row in tx.all(_FEES, order=order)
    )
