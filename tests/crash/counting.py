"""The books counted by somebody who does not trust them: every rule is a statement over the bare tables that finds
what breaks it, and none uses a function of the program.

`faults` is about how the books stand; `changes` about how they may have come from how they stood before.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storage.connection import Tx

# An order that stands, and of it the lines whose parcel nobody failed to supply.
_STANDS = "o.status IN ('pending', 'paid', 'completed')"
_SUPPLIED = """
    NOT EXISTS (SELECT 1 FROM shipments AS p
        WHERE p.order_id = l.order_id AND p.supplier_id = l.supplier_id AND p.status = 'failed')
"""
# Of those, the lines that hold units: of a first-paid offer only what is paid for.
_HOLDS = f"{_STANDS} AND NOT (o.status = 'pending' AND l.hold = 'first_paid') AND {_SUPPLIED}"
_CONFIRMED = "(SELECT coalesce(sum(amount), 0) FROM payments WHERE order_id = o.id AND status = 'confirmed')"
_REFUNDS = "(SELECT coalesce(sum(amount), 0) FROM refunds WHERE order_id = o.id)"

# What bringing the parcels of an order costs that nobody failed to supply.
_BROUGHT = (
    """
    (SELECT coalesce(sum(l.fee), 0) FROM order_deliveries AS l WHERE l.order_id = o.id AND """
    + _SUPPLIED
    + ")"
)

RULES: dict[str, str] = {
    # -- Units
    "taken is what orders, the waiting list and words hold": f"""
        SELECT * FROM (SELECT f.id AS offer, f.taken,
            (SELECT coalesce(sum(l.quantity), 0) FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id
                WHERE l.offer_id = f.id AND {_HOLDS})
            + (SELECT coalesce(sum(held), 0) FROM waitlist WHERE offer_id = f.id AND ended_at IS NULL)
            + (SELECT coalesce(sum(c.held), 0) FROM claim_lines AS c JOIN claims AS k ON k.id = c.claim_id
                WHERE c.offer_id = f.id AND k.ended_at IS NULL) AS counted
        FROM offers AS f) WHERE taken <> counted""",
    "nothing is negative, and no more taken than there is": """
        SELECT id AS offer, quantity, taken FROM offers WHERE taken < 0 OR quantity < 0 OR taken > quantity""",
    "the ledger comes to the counter": """
        SELECT f.id AS offer, f.taken, sum(CASE WHEN m.kind IN ('take', 'hold') THEN m.units
            WHEN m.kind IN ('give_back', 'release') THEN -m.units ELSE 0 END) AS moved
        FROM offers AS f LEFT JOIN stock_movements AS m ON m.offer_id = f.id
        GROUP BY f.id HAVING coalesce(moved, 0) <> f.taken""",
    "the ledger comes to the quantity": """
        SELECT f.id AS offer, f.quantity, coalesce(sum(m.units), 0) AS put_up
        FROM offers AS f LEFT JOIN stock_movements AS m ON m.offer_id = f.id AND m.kind = 'quantity'
        WHERE f.quantity IS NOT NULL GROUP BY f.id HAVING put_up <> f.quantity""",
    "every order has taken what its lines hold, offer by offer": f"""
        SELECT order_id, offer_id, sum(units) AS adrift FROM (
            SELECT m.order_id, m.offer_id, CASE m.kind WHEN 'take' THEN m.units ELSE -m.units END AS units
            FROM stock_movements AS m WHERE m.order_id IS NOT NULL
            UNION ALL
            SELECT l.order_id, l.offer_id, -l.quantity FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id
            WHERE {_HOLDS})
        GROUP BY order_id, offer_id HAVING adrift <> 0""",
    "what is held is held in the ledger, by whom and of what": """
        SELECT entry_id, claim_id, offer_id, sum(units) AS adrift FROM (
            SELECT entry_id, claim_id, offer_id, CASE kind WHEN 'hold' THEN units ELSE -units END AS units
            FROM stock_movements WHERE entry_id IS NOT NULL OR claim_id IS NOT NULL
            UNION ALL
            SELECT id, NULL, offer_id, -held FROM waitlist
            UNION ALL
            SELECT NULL, claim_id, offer_id, -held FROM claim_lines)
        GROUP BY entry_id, claim_id, offer_id HAVING adrift <> 0""",
    "no balance of the ledger was ever below nothing": """
        SELECT * FROM (SELECT id, offer_id, sum(CASE WHEN kind IN ('take', 'hold') THEN units
            WHEN kind IN ('give_back', 'release') THEN -units ELSE 0 END)
            OVER (PARTITION BY offer_id ORDER BY id) AS balance FROM stock_movements) WHERE balance < 0""",
    # -- Orders
    "an order's lines come to its sums": """
        SELECT o.id, o.lines_total, o.discount_total, o.total FROM orders AS o
        LEFT JOIN order_lines AS l ON l.order_id = o.id GROUP BY o.id
        HAVING count(l.id) = 0 OR sum(l.quantity * l.unit_price) <> o.lines_total
            OR sum(l.discount) <> o.discount_total OR sum(l.total) + o.delivery_fee <> o.total""",
    "what delivery costs is what its parcels cost, and there is no parcel without goods": """
        SELECT o.id, o.delivery_fee FROM orders AS o
        WHERE o.delivery_fee <> (SELECT coalesce(sum(fee), 0) FROM order_deliveries WHERE order_id = o.id)
           OR EXISTS (SELECT 1 FROM order_deliveries AS d WHERE d.order_id = o.id AND NOT EXISTS (
                SELECT 1 FROM order_lines WHERE order_id = o.id AND supplier_id = d.supplier_id))""",
    "what is picked up costs no delivery, and its number was given out": """
        SELECT o.id, o.pickup_number FROM orders AS o WHERE o.pickup_point_id IS NOT NULL AND (o.delivery_fee > 0
            OR o.pickup_number > coalesce((SELECT last FROM pickup_counters
                WHERE point_id = o.pickup_point_id AND stream_id = o.stream_id), 0))""",
    "what is taken off a line is what its specials say": """
        SELECT l.id AS line, l.discount, coalesce(sum(s.amount), 0) AS given
        FROM order_lines AS l LEFT JOIN order_specials AS s ON s.line_id = l.id AND s.order_id = l.order_id
        GROUP BY l.id HAVING given <> l.discount""",
    "no special price outlives its line": """
        SELECT id AS special FROM order_specials AS s WHERE NOT EXISTS (
            SELECT 1 FROM order_lines WHERE id = s.line_id AND order_id = s.order_id)""",
    "a flash price is below the price it was taken off": """
        SELECT s.id AS special, l.unit_price, f.price FROM order_specials AS s
        JOIN flashes AS f ON f.id = s.flash_id JOIN order_lines AS l ON l.id = s.line_id
        WHERE f.price >= l.unit_price""",
    "an unpaid order runs out or is under review, never both": """
        SELECT o.id, o.hold_until FROM orders AS o
        WHERE o.status = 'pending' AND (o.hold_until IS NOT NULL) = EXISTS (
            SELECT 1 FROM payments WHERE order_id = o.id AND status = 'submitted')""",
    "an order runs out after its buyer was told, and is reminded of before": """
        SELECT id, pay_by, hold_until, remind_at FROM orders
        WHERE pay_by < created_at OR hold_until < pay_by OR remind_at >= hold_until""",
    "an order has a code, a place to go, and the times of its state": """
        SELECT id, status FROM orders
        WHERE length(code) < 8 OR address = '' OR recipient = '' OR phone = '' OR pay_method = ''
           OR (status = 'expired') <> (expired_at IS NOT NULL) OR (status = 'cancelled') <> (cancelled_at IS NOT NULL)
           OR (status = 'completed') <> (completed_at IS NOT NULL)
           OR (status IN ('paid', 'completed') AND paid_at IS NULL)
           OR (status IN ('pending', 'expired') AND paid_at IS NOT NULL)""",
    "one checkout became one order": """
        SELECT checkout_id FROM (SELECT checkout_id FROM orders UNION ALL SELECT checkout_id FROM order_additions)
        GROUP BY checkout_id HAVING count(*) > 1""",
    "no unpaid order is left in a stream that was called off": """
        SELECT o.id FROM orders AS o JOIN streams AS s ON s.id = o.stream_id
        WHERE s.status = 'cancelled' AND o.status = 'pending'""",
    "every supplier of a paid order was asked once, of an unpaid one nobody": f"""
        SELECT o.id, o.status FROM orders AS o WHERE (o.status IN ('paid', 'completed') AND EXISTS (
                SELECT 1 FROM order_lines AS l WHERE l.order_id = o.id AND NOT EXISTS (
                    SELECT 1 FROM shipments AS p WHERE p.order_id = o.id AND p.supplier_id = l.supplier_id)))
            OR (o.status IN ('pending', 'expired') AND EXISTS (SELECT 1 FROM shipments WHERE order_id = o.id))
            OR (o.status = 'paid' AND NOT EXISTS (
                SELECT 1 FROM order_lines AS l WHERE l.order_id = o.id AND {_SUPPLIED}))""",
    # -- Money
    "of an order that stands the stall keeps its price, of one that is over nothing": f"""
        SELECT * FROM (SELECT o.id, o.status, {_CONFIRMED} - {_REFUNDS} AS kept,
            CASE WHEN o.status IN ('paid', 'completed') THEN (
                SELECT coalesce(sum(l.total), 0) + {_BROUGHT} FROM order_lines AS l
                WHERE l.order_id = o.id AND {_SUPPLIED}) ELSE 0 END AS due
        FROM orders AS o) WHERE kept <> due""",
    "no more goes back than came in": f"""
        SELECT o.id FROM orders AS o WHERE {_REFUNDS} > {_CONFIRMED}""",
    "a claim of payment is about the whole open price": """
        SELECT p.id, p.amount, o.total FROM payments AS p JOIN orders AS o ON o.id = p.order_id
        WHERE p.status = 'submitted' AND o.status IN ('pending', 'expired') AND p.amount <> o.total""",
    # -- Limits
    "no buyer has more than the limit": f"""
        SELECT o.buyer_id, f.id AS offer, sum(l.quantity) AS bought FROM order_lines AS l
        JOIN orders AS o ON o.id = l.order_id JOIN offers AS f ON f.id = l.offer_id
        WHERE f.limit_per_buyer IS NOT NULL AND {_STANDS} AND {_SUPPLIED}
        GROUP BY o.buyer_id, f.id HAVING bought > f.limit_per_buyer""",
    "a code is used as often as orders have it, and no oftener than it may": f"""
        SELECT c.code, c.used, count(o.id) AS counted FROM coupons AS c
        LEFT JOIN orders AS o ON o.coupon_id = c.id AND {_STANDS}
        GROUP BY c.id HAVING counted <> c.used OR counted > c.uses""",
    "no buyer uses a code oftener than one may": f"""
        SELECT c.code, o.buyer_id, count(*) AS counted FROM coupons AS c JOIN orders AS o ON o.coupon_id = c.id
        WHERE {_STANDS} GROUP BY c.id, o.buyer_id HAVING counted > c.per_buyer""",
    "as many packs are at a flash price as orders have, and no more than there are": f"""
        SELECT f.id AS flash, f.taken, f.quantity, coalesce(sum(s.units) FILTER (WHERE {_STANDS}), 0) AS counted
        FROM flashes AS f LEFT JOIN order_specials AS s ON s.flash_id = f.id
        LEFT JOIN orders AS o ON o.id = s.order_id
        GROUP BY f.id HAVING counted <> f.taken OR counted > f.quantity""",
    # -- Waiting
    "nobody stands twice in one list": """
        SELECT offer_id, person_id FROM waitlist WHERE ended_at IS NULL
        GROUP BY offer_id, person_id HAVING count(*) > 1""",
    "every turn of a wait was offered once, and in its own message": """
        SELECT w.id AS entry, w.turn, count(DISTINCT b.card) AS told FROM waitlist AS w
        LEFT JOIN outbox AS b ON b.kind = 'waitlist_offer' AND json_extract(b.params, '$.entry') = w.id
        GROUP BY w.id HAVING told <> w.turn OR (w.status = 'offered' AND w.turn = 0)""",
    "nobody waits for units that are free for them": f"""
        SELECT * FROM (
            SELECT w.id AS entry, w.mode, w.quantity, w.held, f.quantity - f.taken AS free,
                min(f.quantity - f.taken, w.quantity - w.held, coalesce(f.limit_per_buyer - w.held - (
                    SELECT coalesce(sum(l.quantity), 0) FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id
                    WHERE l.offer_id = f.id AND o.buyer_id = w.person_id AND {_STANDS} AND {_SUPPLIED}), 9999)) AS can
            FROM waitlist AS w JOIN offers AS f ON f.id = w.offer_id JOIN streams AS s ON s.id = f.stream_id
            JOIN people AS p ON p.id = w.person_id
            WHERE w.ended_at IS NULL AND w.held < w.quantity AND p.blocked_at IS NULL
              AND (s.status IN ('announced', 'live') OR (s.status = 'ended' AND f.availability = 'presale'))
              AND (f.closes_at IS NULL OR f.closes_at > :now))
        WHERE can > 0 AND (mode = 'any' OR can = quantity)""",
    "a list ends with what it waits for": """
        SELECT w.id AS entry, s.status FROM waitlist AS w JOIN offers AS f ON f.id = w.offer_id
        JOIN streams AS s ON s.id = f.stream_id WHERE w.ended_at IS NULL
          AND (s.status = 'cancelled' OR (s.status = 'ended' AND f.availability <> 'presale' AND w.held = 0
              AND NOT EXISTS (SELECT 1 FROM presales WHERE from_offer_id = f.id AND ended_at IS NULL
                  AND status <> 'open')))""",
    "an offer is sold out only while nothing of it is free": """
        SELECT id, taken, quantity FROM offers
        WHERE sold_out_at IS NOT NULL AND (quantity IS NULL OR taken < quantity)""",
    "a promise is the offer's own, or an earlier one that its buyer was asked about": """
        SELECT l.order_id, l.ships_until, f.ships_until AS offered FROM order_lines AS l
        JOIN offers AS f ON f.id = l.offer_id JOIN orders AS o ON o.id = l.order_id
        WHERE l.ships_until IS NOT NULL AND l.ships_until IS NOT f.ships_until AND o.status = 'paid'
          AND NOT EXISTS (SELECT 1 FROM shipments AS s WHERE s.order_id = l.order_id
              AND s.supplier_id = l.supplier_id AND s.status NOT IN ('requested', 'accepted'))
          AND NOT EXISTS (SELECT 1 FROM delay_choices AS c JOIN delays AS d ON d.id = c.delay_id
              WHERE c.order_id = l.order_id AND d.offer_id = l.offer_id
                AND d.id = (SELECT MAX(id) FROM delays WHERE offer_id = l.offer_id))""",
    "who wants a refund has nothing of it left to come": """
        SELECT c.order_id FROM delay_choices AS c JOIN delays AS d ON d.id = c.delay_id
        JOIN order_lines AS l ON l.order_id = c.order_id AND l.offer_id = d.offer_id
        JOIN orders AS o ON o.id = c.order_id
        WHERE c.choice = 'refund' AND o.status IN ('pending', 'paid') AND l.ships_until < d.ships_until""",
    "nothing is held that should have run out": """
        SELECT id, 'order' AS what FROM orders WHERE hold_until <= :now
        UNION ALL SELECT id, 'entry' FROM waitlist WHERE hold_until <= :now
        UNION ALL SELECT id, 'claim' FROM claims WHERE hold_until <= :now
        UNION ALL SELECT id, 'flash' FROM flashes WHERE closed_at IS NULL AND ends_at <= :now""",
}

# What a message names: parameter -> table.
NAMED = {
    "order": "orders",
    "payment": "payments",
    "refund": "refunds",
    "shipment": "shipments",
    "offer": "offers",
    "stream": "streams",
    "entry": "waitlist",
    "claim": "claims",
    "request": "change_requests",
    "coupon": "coupons",
    "flash": "flashes",
    "presale": "presales",
    "delay": "delays",
    "group": "groups",
    "person": "people",
    "first": "receipts",
    "last": "receipts",
}
_MESSAGES = "SELECT id, kind, params, chat_id FROM outbox WHERE id > :after ORDER BY id"
_CHATS = "SELECT id FROM people UNION SELECT chat_id FROM groups"


# These are the clock's to put right: they hold once it has done what is due.
ONCE_SETTLED = {
    "a promise is the offer's own, or an earlier one that its buyer was asked about",
    "nobody waits for units that are free for them",
    "a list ends with what it waits for",
    "nothing is held that should have run out",
}


def faults(tx: Tx, now: int, *, is_settled: bool = True) -> list[str]:
    """Every row that breaks a rule, with the rule's name; empty when the books are as they should be."""
    return [
        f"{rule}: {dict(row)}"
        for rule, sql in RULES.items()
        if is_settled or rule not in ONCE_SETTLED
        for row in tx.all(sql, **_given(sql, now))
    ]


def _given(sql: str, now: int) -> dict[str, int]:
    return {"now": now} if ":now" in sql else {}


def strays(tx: Tx, after: int) -> list[str]:
    """Messages enqueued since row `after` that are for nobody, or about what is not there."""
    chats = {row[0] for row in tx.all(_CHATS)}
    found: list[str] = []
    for row in tx.all(_MESSAGES, after=after):
        if row["chat_id"] not in chats:
            found.append(f"message {row['id']} ({row['kind']}) is for nobody: {row['chat_id']}")
        for name, value in json.loads(row["params"]).items():
            table = NAMED.get(name)
            if table is None or value is None:
                continue
            if tx.one(f"SELECT 1 FROM {table} WHERE id = :id", id=value) is None:
                found.append(f"message {row['id']} ({row['kind']}) is about {name} {value}, which is not there")
    return found


# -- Before and after ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What may only change in certain ways: table -> row id -> the columns that matter."""

    rows: dict[str, dict[int, dict[str, Any]]]
    last_message: int


_KEPT = {
    "orders": "SELECT id, code, buyer_id, status, total, currency, delivery_fee FROM orders",
    "order_lines": "SELECT id, order_id, offer_id, unit_price, code, names, supplier_name, hold FROM order_lines",
    "payments": "SELECT id, order_id, amount, currency, status, decided_by FROM payments",
    "refunds": "SELECT id, order_id, amount, currency, status FROM refunds",
    "stock_movements": "SELECT id, offer_id, order_id, entry_id, claim_id, kind, units, at FROM stock_movements",
    "waitlist": """
        SELECT id, offer_id, person_id, turn, ended_at, status,
            (SELECT from_offer_id FROM presales WHERE offer_id = waitlist.offer_id) AS of_presale_of
        FROM waitlist""",
}
_LATER = {
    "pending": {"paid", "expired", "cancelled", "completed"},
    "expired": {"paid", "completed", "cancelled"},  # cancelled only by way of paid: late money, then called off
    "paid": {"completed", "cancelled"},
}


def snapshot(tx: Tx) -> Snapshot:
    return Snapshot(
        rows={table: {row["id"]: dict(row) for row in tx.all(sql)} for table, sql in _KEPT.items()},
        last_message=tx.value("SELECT coalesce(max(id), 0) FROM outbox"),
    )


def changes(before: Snapshot, after: Snapshot, *, stock_only: bool) -> list[str]:
    """What can't have happened between the two; with `stock_only`, any change of what orders cost is one."""
    found: list[str] = []
    for table in _KEPT:
        was, is_now = before.rows[table], after.rows[table]
        for id_, row in was.items():
            if id_ not in is_now:
                if table != "order_lines":
                    found.append(f"{table} {id_} is gone")
                continue
            found += [
                f"{table} {id_}: {column} was {row[column]}, is {is_now[id_][column]}"
                for column in row
                if row[column] != is_now[id_][column] and not _may_change(table, column, row, is_now[id_])
            ]
    if stock_only:
        money = ("orders", "payments", "refunds")
        found += [
            f"{table} were changed by moves of units"
            for table in money
            if _money(before, table) != _money(after, table)
        ]
    return found


def _may_change(table: str, column: str, was: Mapping[str, Any], row: Mapping[str, Any]) -> object:
    match table, column:
        case "orders", "status":
            return row["status"] in _LATER.get(was["status"], ())
        case "orders", "total" | "delivery_fee":
            # Added to or changed while unpaid; less once paid, if others paid first or a part was called off.
            return was["status"] == "pending" or (was["status"] == "paid" and row[column] < was[column])
        case "payments", "status" | "decided_by":
            return was["status"] == "submitted"
        case "refunds", "status":
            return was["status"] == "owed"
        case "waitlist", "offer_id" | "of_presale_of":
            # Who waits is carried over to the presale of what has sold out.
            return was["ended_at"] is None and row["of_presale_of"] == was["offer_id"]
        case "waitlist", "turn":
            return row["turn"] > was["turn"]
        case "waitlist", "status" | "ended_at":
            return was["ended_at"] is None
        case _:
            return False


def _money(snapshot: Snapshot, table: str) -> dict[int, tuple[Any, Any]]:
    rows = snapshot.rows[table].items()
    return {id_: (row.get("total", row.get("amount")), row["status"]) for id_, row in rows}
