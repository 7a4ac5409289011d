"""Delivery in words: what it costs, where an order goes, how far its parcels have come. For every audience's cards.

Owns these words only; what it costs is decided in `shop.delivery`.
"""

from collections.abc import Iterator, Sequence

from handlers import naming
from handlers.fitting import length
from handlers.translation import Html
from handlers.wording import Face
from storage.deliveries import Delivery
from storage.orders import Order

ROOM = 300  # characters for what suppliers take one by one: with more of them goods and address would not fit


def told(face: Face, found: Sequence[Delivery]) -> list[Html]:
    """What each supplier takes, or all of very many together; of one that never takes anything nothing is said."""
    said = [
        _delivery(face, each)
        for each in found
        if each.refused_in is None and (each.fee or each.free_from is not None)
    ]
    if sum(map(length, said)) <= ROOM:
        return said
    return [face.t("order.delivery", fee=face.money(sum(each.fee for each in found)))]


def _delivery(face: Face, each: Delivery) -> Html:
    if not each.fee:
        return face.t("checkout.delivery_free", supplier=each.supplier_name)
    fee = face.money(each.fee)
    if each.free_from is None:
        return face.t("checkout.delivery", supplier=each.supplier_name, fee=fee)
    free_from = face.money(each.free_from)
    return face.t("checkout.delivery_free_from", supplier=each.supplier_name, fee=fee, free_from=free_from)


def fee(face: Face, order: Order) -> Html | None:
    """What delivery costs in all, where it costs something."""
    return face.t("order.delivery", fee=face.money(order.delivery_fee)) if order.delivery_fee else None


def fees(face: Face, order: Order) -> list[Html | None]:
    """The same, supplier by supplier, as long as those are few."""
    said = [
        face.t("checkout.delivery", supplier=each.supplier_name, fee=face.money(each.fee))
        for each in order.deliveries
        if each.fee
    ]
    return [*said] if sum(map(length, said)) <= ROOM else [fee(face, order)]


def goes_to(face: Face, order: Order) -> Html:
    """Where it is sent, or picked up."""
    if order.is_pickup:
        return face.t("order.picked_up", number=order.pickup_number, place=order.address)
    return face.t("order.ships_to", recipient=order.recipient, address=order.address)


def parcels(face: Face, order: Order) -> Iterator[Html]:
    """How far each parcel has come."""
    for parcel in order.shipments:
        state = naming.parcel_state(parcel.status, is_pickup=order.is_pickup)
        if parcel.is_called_off:
            state = "shipment.status.called_off"
        if parcel.tracking:
            yield face.t(
                "order.parcel_tracked",
                supplier=parcel.supplier_name,
                state=face.t(state),
                carrier=parcel.carrier or "",
                tracking=parcel.tracking,
            )
        else:
            yield face.t("order.parcel", supplier=parcel.supplier_name, state=face.t(state))
