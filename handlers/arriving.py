"""Parcels as the buyer hears of them: on their way, not to be had, received.

Only words; what the buttons do is in `supplying`.
"""

from handlers import shipwindows
from handlers.translation import lines
from handlers.wording import Button, Face, Kind, Kinds, Rendered
from shop.shipments import ShipmentStatus
from storage import orders, refunds, shipments
from storage.connection import Tx
from storage.outbox import Params
from storage.refunds import Refund
from storage.shipments import Shipment


def _load_for_buyer(tx: Tx, params: Params, chat: int) -> tuple[Shipment, Refund | None] | None:
    parcel = shipments.view(tx, int(params["shipment"] or 0))
    if parcel is None or parcel.buyer_id != chat:
        return None
    return parcel, refunds.view(tx, int(params.get("refund") or 0))


def _shipped(face: Face, view: tuple[Shipment, Refund | None]) -> Rendered:
    parcel, _ = view
    goods = lines(shipwindows.goods_line(face, line) for line in parcel.lines)
    how = None
    if parcel.tracking:
        how = face.t("parcel.tracking", carrier=parcel.carrier or "", tracking=parcel.tracking)
    rows: tuple[tuple[Button, ...], ...] = ()
    if parcel.status is ShipmentStatus.SHIPPED:
        rows = (
            (face.button("received", "received", parcel.id),),
            (face.button("report_problem", "problem", parcel.id),),
        )
    if parcel.is_pickup:
        head = face.t("parcel.ready", code=parcel.order_code, supplier=parcel.supplier_name)
        how = face.t("order.picked_up", number=parcel.pickup_number, place=parcel.address)
    else:
        head = face.t("parcel.shipped", code=parcel.order_code)
    return Rendered(text=lines([head, goods, how]), rows=rows)


def _failed(face: Face, view: tuple[Shipment, Refund | None]) -> Rendered:
    parcel, refund = view
    goods = lines(shipwindows.goods_line(face, line) for line in parcel.lines)
    money = face.t("parcel.refund_coming", amount=face.money(refund.amount)) if refund is not None else None
    return Rendered(
        text=lines([face.t("parcel.failed", code=parcel.order_code, supplier=parcel.supplier_name), goods, money]),
        rows=((face.button("ask_the_stall", "ask", parcel.order_id),),),
    )


def _load_received(tx: Tx, params: Params, chat: int) -> tuple[Shipment, bool] | None:
    parcel = shipments.view(tx, int(params["shipment"] or 0))
    if parcel is None or parcel.buyer_id != chat:
        return None
    return parcel, orders.status_of(tx, parcel.order_id).value == "completed"


def _received(face: Face, view: tuple[Shipment, bool]) -> Rendered:
    parcel, is_complete = view
    key = "parcel.completed" if is_complete else "parcel.received"
    return Rendered(text=face.t(key, code=parcel.order_code, supplier=parcel.supplier_name))


KINDS: Kinds = {
    "shipment_shipped": Kind(load=_load_for_buyer, show=_shipped),
    "shipment_failed": Kind(load=_load_for_buyer, show=_failed),
    "shipment_received": Kind(load=_load_received, show=_received),
}
