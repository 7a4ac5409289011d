"""Orders: placing, cancelling, expiring, and what an order looks like.

Owns `orders` and `order_lines`. Money is in `payments`, parcels in `shipments`, units in `stock`.
"""

import secrets
import sqlite3
from dataclasses import dataclass

from shop import codes
from shop.discounts import Special, SpecialKind
from shop.holds import Hold
from shop.orders import OrderStatus
from shop.payments import PaymentStatus
from shop.shipments import ShipmentStatus
from storage import cards, deliveries, deskcards, outbox, texts
from storage.connection import Tx
from storage.deliveries import Delivery, Destination, Parcel
from storage.people import NotFound

_CODE_TRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPolicy:
    """The stall's rules for orders, from the configuration; durations in milliseconds."""

    prefix: str
    pay_within_ms: int
    grace_ms: int
    remind_after_ms: int
    late_receipt_ms: int
    most_under_review: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line as it was frozen; amounts in minor units, `pack_milli` thousandths of a base unit per pack."""

    id: int
    offer_id: int
    code: str
    names: dict[str, str]
    units: dict[str, str]
    base_units: dict[str, str]
    pack_milli: int
    quantity: int
    unit_price: int
    total: int
    supplier_id: int
    supplier_name: str
    discount: int = 0
    hold: Hold = Hold.ON_ORDER
    specials: tuple[Special, ...] = ()
    ships_from: int | None = None  # of a presale, as it was promised with this line
    ships_until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPayment:
    """One payment of an order, as far as the order's own card needs it."""

    id: int
    number: int
    method: str
    amount: int
    status: PaymentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShipment:
    """One parcel of an order."""

    id: int
    supplier_id: int
    supplier_name: str
    status: ShipmentStatus
    carrier: str | None
    tracking: str | None
    is_called_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order with everything that hangs on it. Instants are UTC ms, amounts minor units of `currency`."""

    id: int
    code: str
    buyer_id: int
    buyer_name: str
    stream_id: int | None
    stream_code: str | None
    stream_title: str | None
    host_id: int | None
    status: OrderStatus
    currency: str
    lines_total: int
    discount_total: int
    delivery_fee: int
    total: int
    recipient: str
    phone: str
    address: str
    pay_method: str
    created_at: int
    pay_by: int
    expired_at: int | None
    cancel_reason: str | None
    lines: tuple[OrderLine, ...]
    payments: tuple[OrderPayment, ...]
    shipments: tuple[OrderShipment, ...]
    refunded: int
    location: str | None = None
    pickup_point_id: int | None = None
    pickup_number: int | None = None
    deliveries: tuple[Delivery, ...] = ()

    @property
    def is_pickup(self) -> bool:
        """The buyer comes for it: `address` is the place's name, address and hours."""
        return self.pickup_number is not None

    @property
    def to(self) -> Destination:
        """Where it goes."""
        return Destination(
            recipient=self.recipient,
            phone=self.phone,
            address=self.address,
            location=self.location,
            pickup_point=self.pickup_point_id,
        )

    @property
    def suppliers(self) -> tuple[int, ...]:
        """Whose goods these are, each once."""
        return tuple(dict.fromkeys(line.supplier_id for line in self.lines))

    @property
    def parcels(self) -> tuple[Parcel, ...]:
        """Line by line whose goods these are, and what they cost with everything taken off."""
        return tuple(
            Parcel(supplier_id=line.supplier_id, supplier_name=line.supplier_name, worth=line.total)
            for line in self.lines
        )

    @property
    def is_under_review(self) -> bool:
        """Pending with a receipt that nobody has decided yet."""
        return self.status is OrderStatus.PENDING and any(
            payment.status is PaymentStatus.SUBMITTED for payment in self.payments
        )

    @property
    def has_specials(self) -> bool:
        """Was anything taken off a line?"""
        return any(line.specials for line in self.lines)

    @property
    def confirmed(self) -> int:
        """Money a cashier has confirmed."""
        return sum(payment.amount for payment in self.payments if payment.status is PaymentStatus.CONFIRMED)


_ORDER = """
    SELECT o.*, p.name AS buyer_name, s.code AS stream_code, s.title AS stream_title, s.host_id AS host_id,
        (SELECT coalesce(sum(amount), 0) FROM refunds WHERE order_id = o.id AND status = 'done') AS refunded
    FROM orders AS o JOIN people AS p ON p.id = o.buyer_id LEFT JOIN streams AS s ON s.id = o.stream_id
    WHERE o.id = :id
"""
_LINES = "SELECT * FROM order_lines WHERE order_id = :id ORDER BY id"
_SPECIALS = "SELECT * FROM order_specials INDEXED BY order_specials_by_order WHERE order_id = :id ORDER BY id"
_PAYMENTS = "SELECT id, number, method, amount, status FROM payments WHERE order_id = :id ORDER BY number"
_SHIPMENTS = """
    SELECT h.id, h.supplier_id, s.name AS supplier_name, h.status, h.carrier, h.tracking,
        h.called_off_at IS NOT NULL AS is_called_off
    FROM shipments AS h JOIN suppliers AS s ON s.id = h.supplier_id WHERE h.order_id = :id ORDER BY h.id
"""


def _special(row: sqlite3.Row) -> Special:
    return Special(
        kind=SpecialKind(row["kind"]),
        units=row["units"],
        amount=row["amount"],
        flash=row["flash_id"],
        threshold=row["threshold"],
        code=row["code"],
    )


def _line(row: sqlite3.Row, specials: list[sqlite3.Row]) -> OrderLine:
    return OrderLine(
        id=row["id"],
        offer_id=row["offer_id"],
        code=row["code"],
        names=texts.read(row["names"]),
        units=texts.read(row["units"]),
        base_units=texts.read(row["base_units"]),
        pack_milli=row["pack_milli"],
        quantity=row["quantity"],
        unit_price=row["unit_price"],
        total=row["total"],
        supplier_id=row["supplier_id"],
        supplier_name=row["supplier_name"],
        discount=row["discount"],
        hold=Hold(row["hold"]),
        ships_from=row["ships_from"],
        ships_until=row["ships_until"],
        specials=tuple(_special(one) for one in specials if one["line_id"] == row["id"]),
    )


def lines_of(tx: Tx, order: int) -> list[OrderLine]:
    """The lines of an order, in the order they were taken."""
    specials = tx.all(_SPECIALS, id=order)
    return [_line(row, specials) for row in tx.all(_LINES, id=order)]


def view(tx: Tx, order: int) -> Order | None:
    """An order whole, or None."""
    row = tx.one(_ORDER, id=order)
    if row is None:
        return None
    plain = (
        "id", "code", "buyer_id", "buyer_name", "stream_id", "stream_code", "stream_title", "host_id", "currency",
        "lines_total", "discount_total", "delivery_fee", "total", "recipient", "phone", "address", "pay_method",
        "created_at", "pay_by", "expired_at", "cancel_reason", "refunded", "location", "pickup_point_id",
        "pickup_number",
    )  # fmt: skip
    return Order(
        **{name: row[name] for name in plain},
        status=OrderStatus(row["status"]),
        deliveries=deliveries.of_order(tx, order),
        lines=tuple(lines_of(tx, order)),
        payments=tuple(
            OrderPayment(
                id=payment["id"],
                number=payment["number"],
                method=payment["method"],
                amount=payment["amount"],
                status=PaymentStatus(payment["status"]),
            )
            for payment in tx.all(_PAYMENTS, id=order)
        ),
        shipments=tuple(
            OrderShipment(
                id=shipment["id"],
                supplier_id=shipment["supplier_id"],
                supplier_name=shipment["supplier_name"],
                status=ShipmentStatus(shipment["status"]),
                carrier=shipment["carrier"],
                tracking=shipment["tracking"],
                is_called_off=bool(shipment["is_called_off"]),
            )
            for shipment in tx.all(_SHIPMENTS, id=order)
        ),
    )


def of_buyer(tx: Tx, buyer: int, limit: int = 10) -> list[Order]:
    """The buyer's newest orders, newest first."""
    rows = tx.all(
        "SELECT id FROM orders WHERE buyer_id = :buyer ORDER BY id DESC LIMIT :limit", buyer=buyer, limit=limit
    )
    return [order for row in rows if (order := view(tx, row["id"])) is not None]


def by_code(tx: Tx, code: str) -> Order | None:
    """The order with this normalised code, or None."""
    id_ = tx.value("SELECT id FROM orders WHERE code = :code", code=code)
    return None if id_ is None else view(tx, id_)


def is_buyer(tx: Tx, order: int, person: int) -> bool:
    """Did this person place the order?"""
    return tx.one("SELECT 1 FROM orders WHERE id = :id AND buyer_id = :person", id=order, person=person) is not None


def status_of(tx: Tx, order: int) -> OrderStatus:
    """An existing order's state."""
    return OrderStatus(tx.value("SELECT status FROM orders WHERE id = :id", id=order))


def fresh_code(tx: Tx, prefix: str) -> str:
    """A code no order has; longer ones once the short ones run thin."""
    random = secrets.SystemRandom()
    for attempt in range(10 * _CODE_TRIES):
        code = codes.new_code(random, prefix, 5 + attempt // _CODE_TRIES)
        if tx.one("SELECT 1 FROM orders WHERE code = :code", code=code) is None:
            return code
    raise RuntimeError("no free order code found")


def history(tx: Tx, buyer: int) -> tuple[int, int]:
    """How many orders a buyer has placed and how many of them were completed."""
    row = tx.one(
        "SELECT count(*), count(*) FILTER (WHERE status = 'completed') FROM orders WHERE buyer_id = :buyer",
        buyer=buyer,
    )
    return (0, 0) if row is None else (row[0], row[1])


def choose_method(tx: Tx, *, actor: int, order_id: int, method: str, now: int) -> int | NotFound:
    """The buyer wants another payment code: it is sent anew, because a picture can't be edited into another."""
    if not tx.run(
        "UPDATE orders SET pay_method = :method WHERE id = :id AND buyer_id = :actor AND status = 'pending'",
        id=order_id,
        actor=actor,
        method=method,
    ):
        return NotFound()
    reissue(tx, order_id, actor, now)
    return order_id


def reissue(tx: Tx, order_id: int, buyer: int, now: int, anchor: int | None = None) -> None:
    """Send the payment code anew, because a picture can't be edited into another: what it says of method or amount
    has changed. The message with the old one says so, and loses its buttons: nobody should pay by it."""
    deskcards.touch_order(tx, order_id, now)
    before = cards.set_apart(tx, f"order:{order_id}", buyer)
    if before is not None:
        outbox.tell(tx, buyer, "order_code_before", now=now, card=f"order:{order_id}{before}", order=order_id)
    outbox.tell(tx, buyer, "order_placed", now=now, card=f"order:{order_id}", anchor=anchor, order=order_id)


_PAYABLE = """
    SELECT id FROM orders WHERE buyer_id = :buyer
      AND (status = 'pending' OR (status = 'expired' AND expired_at >= :since)) ORDER BY id
"""


def open_for_receipt(tx: Tx, buyer: int, late_receipt_ms: int, now: int) -> list[Order]:
    """Which orders a picture from this buyer may belong to: the pending ones, else those that just expired."""
    rows = tx.all(_PAYABLE, buyer=buyer, since=now - late_receipt_ms)
    found = [order for row in rows if (order := view(tx, row["id"])) is not None]
    pending = [order for order in found if order.status is OrderStatus.PENDING]
    return pending or found
