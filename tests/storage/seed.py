"""The least that must be in the books before a noun can be tested: people, roles, products, streams, orders.

Plain rows, so that a test of one noun does not depend on the acts of another.
"""

from storage.connection import Tx
from tests.clock import NOON

OWNER, HOST, OTHER_HOST, CASHIER = 1001, 2001, 2002, 3001
ANN, BEN, CAI = 5001, 5002, 5003


def person(tx: Tx, id_: int, *, follows: bool = False, blocked: bool = False) -> int:
    tx.run(
        "INSERT INTO people (id, name, follows_since, blocked_at, created_at)"
        " VALUES (:id, :name, :follows, :blocked, :now)",
        id=id_,
        name=f"Person {id_}",
        follows=NOON if follows else None,
        blocked=NOON if blocked else None,
        now=NOON,
    )
    return id_


def role(tx: Tx, person_id: int, name: str) -> None:
    tx.run(
        "INSERT INTO roles (person_id, role, granted_at) VALUES (:person, :role, :now)",
        person=person_id,
        role=name,
        now=NOON,
    )


def staff_and_viewers(tx: Tx) -> None:
    """An owner, two hosts, a cashier, and Ann, Ben and Cai who follow nobody yet."""
    for id_, name in ((OWNER, "owner"), (HOST, "host"), (OTHER_HOST, "host"), (CASHIER, "cashier")):
        role(tx, person(tx, id_), name)
    for id_ in (ANN, BEN, CAI):
        person(tx, id_)


def supplier(tx: Tx, name: str = "Hill Farm") -> int:
    return tx.insert(
        "INSERT INTO suppliers (name, created_at, updated_at) VALUES (:name, :now, :now)", name=name, now=NOON
    )


def product(tx: Tx, supplier_id: int, code: str = "EGG", *, price: int = 3600) -> int:
    return tx.insert(
        "INSERT INTO products (code, names, units, base_units, descriptions, pack_milli, price, currency, stock,"
        " limit_per_buyer, supplier_id, ships_within_days, created_at, updated_at)"
        """ VALUES (:code, '{"en":"Eggs","zh":"鸡蛋"}', '{"en":"box of 20","zh":"20枚装"}',"""
        """ '{"en":"egg","zh":"枚"}', '{}', 20000, :price, 'CNY', 500, 10, :supplier, 3, :now, :now)""",
        code=code,
        price=price,
        supplier=supplier_id,
        now=NOON,
    )


def stream(
    tx: Tx, code: str = "SPRING", *, host: int = HOST, status: str = "announced", starts_at: int = NOON
) -> int:
    return tx.insert(
        "INSERT INTO streams (code, title, host_id, starts_at, platforms, status, created_at, announced_at, live_at,"
        " ended_at, cancelled_at)"
        " VALUES (:code, 'Spring stream', :host, :starts_at, '[]', :status, :now,"
        " CASE :status WHEN 'announced' THEN :now END, CASE :status WHEN 'live' THEN :now END,"
        " CASE :status WHEN 'ended' THEN :now END, CASE :status WHEN 'cancelled' THEN :now END)",
        code=code,
        host=host,
        starts_at=starts_at,
        status=status,
        now=NOON,
    )


def offer(
    tx: Tx, stream_id: int, product_id: int, *, quantity: int | None = 10, availability: str = "in_stock"
) -> int:
    """An offer with its ledger row, as the act that adds it writes them."""
    offer_id = tx.insert(
        "INSERT INTO offers (stream_id, product_id, supplier_id, price, currency, quantity, availability,"
        " created_by, created_at)"
        " SELECT :stream, id, supplier_id, price, currency, :quantity, :availability, :host, :now"
        " FROM products WHERE id = :product",
        stream=stream_id,
        product=product_id,
        quantity=quantity,
        availability=availability,
        host=HOST,
        now=NOON,
    )
    if quantity:
        tx.run(
            "INSERT INTO stock_movements (offer_id, kind, units, reason, at)"
            " VALUES (:offer, 'quantity', :units, 'added', :now)",
            offer=offer_id,
            units=quantity,
            now=NOON,
        )
    return offer_id


def order(tx: Tx, buyer: int, offer_id: int, units: int, *, status: str = "pending", code: str | None = None) -> int:
    """An order of one line. Takes nothing: the test decides what the counters say."""
    number = tx.value("SELECT COUNT(*) FROM orders") + 1
    order_id = tx.insert(
        "INSERT INTO orders (code, buyer_id, stream_id, status, currency, lines_total, total, recipient, phone,"
        " address, pay_method, terms, created_at, pay_by, paid_at, completed_at, expired_at, cancelled_at)"
        " SELECT :code, :buyer, stream_id, :status, currency, price * :units, price * :units, 'R', '1', 'A', 'Pay',"
        " 'v1', :now, :now, CASE WHEN :status IN ('paid', 'completed') THEN :now END,"
        " CASE :status WHEN 'completed' THEN :now END, CASE :status WHEN 'expired' THEN :now END,"
        " CASE :status WHEN 'cancelled' THEN :now END FROM offers WHERE id = :offer",
        code=code or f"TG-{number:05}",
        buyer=buyer,
        status=status,
        units=units,
        offer=offer_id,
        now=NOON,
    )
    tx.run(
        "INSERT INTO order_lines (order_id, offer_id, product_id, supplier_id, supplier_name, code, names, units,"
        " base_units, pack_milli, quantity, unit_price, total)"
        " SELECT :order, o.id, p.id, p.supplier_id, s.name, p.code, p.names, p.units, p.base_units, p.pack_milli,"
        " :units, o.price, :units * o.price"
        " FROM offers AS o JOIN products AS p ON p.id = o.product_id JOIN suppliers AS s ON s.id = p.supplier_id"
        " WHERE o.id = :offer",
        order=order_id,
        units=units,
        offer=offer_id,
    )
    return order_id


def shipment(tx: Tx, order_id: int, supplier_id: int, status: str) -> None:
    tx.run(
        "INSERT INTO shipments (order_id, supplier_id, status, requested_at, shipped_at, ended_at)"
        " VALUES (:order, :supplier, :status, :now, CASE :status WHEN 'shipped' THEN :now END,"
        " CASE WHEN :status IN ('delivered', 'short', 'failed') THEN :now END)",
        order=order_id,
        supplier=supplier_id,
        status=status,
        now=NOON,
    )


def watcher(tx: Tx, stream_id: int, person_id: int) -> None:
    tx.run(
        "INSERT INTO stream_watchers (stream_id, person_id, since) VALUES (:stream, :person, :now)",
        stream=stream_id,
        person=person_id,
        now=NOON,
    )


def told(tx: Tx) -> list[tuple[str, int]]:
    """Kind and chat of everything that still must be said, in order."""
    rows = tx.all("SELECT kind, chat_id FROM outbox WHERE state = 'queued' ORDER BY id")
    return [(row["kind"], row["chat_id"]) for row in rows]
