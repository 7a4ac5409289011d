"""What an order was given off its lines: written with the order, given back with it, taken again by late money.

Owns `order_specials`; the counters behind them are in `specials` and `coupons`. Never decides what a line gets.
"""

from collections.abc import Iterator, Sequence

from shop.discounts import Special
from storage import coupons, specials
from storage.connection import Tx

_ADD = """
    INSERT INTO order_specials (order_id, line_id, kind, units, amount, flash_id, threshold, code)
    VALUES (:order, :line, :kind, :units, :amount, :flash, :threshold, :code)
"""


def freeze(tx: Tx, order: int, line: int, given: Sequence[Special]) -> bool:
    """Write what a line was given and take its packs at the flash price; False if they are gone."""
    for special in given:
        if special.flash is not None and not specials.take(tx, special.flash, special.units):
            return False
        tx.insert(
            _ADD,
            order=order,
            line=line,
            kind=special.kind,
            units=special.units,
            amount=special.amount,
            flash=special.flash,
            threshold=special.threshold,
            code=special.code,
        )
    return True


_FLASHES = """
    SELECT flash_id, units FROM order_specials INDEXED BY order_specials_by_order
    WHERE order_id = :order AND flash_id IS NOT NULL
"""
_COUPON = "SELECT coupon_id, buyer_id FROM orders WHERE id = :order AND coupon_id IS NOT NULL"


def give_back(tx: Tx, order: int) -> None:
    """The order is over: its packs at the flash price and the use of its code are free again."""
    for row in tx.all(_FLASHES, order=order):
        specials.give_back(tx, row["flash_id"], row["units"])
    coupon = tx.one(_COUPON, order=order)
    if coupon is not None:
        coupons.give_back(tx, coupon["coupon_id"])


_LINE = "SELECT flash_id, units FROM order_specials WHERE line_id = :line"
_DROP = "DELETE FROM order_specials WHERE line_id = :line"
_WITHOUT_CODE = """
    UPDATE orders SET coupon_id = NULL
    WHERE id = :order AND coupon_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM order_specials INDEXED BY order_specials_by_order WHERE order_id = :order AND kind = 'coupon')
"""


def drop(tx: Tx, order: int, line: int) -> None:
    """A line is about to leave an order that stands: its packs at the flash price are free again, and the use of the
    code once it takes nothing off what is left."""
    for row in tx.all(_LINE, line=line):
        if row["flash_id"] is not None:
            specials.give_back(tx, row["flash_id"], row["units"])
    tx.run(_DROP, line=line)
    coupon = tx.one(_COUPON, order=order)
    if coupon is not None and tx.run(_WITHOUT_CODE, order=order):
        coupons.give_back(tx, coupon["coupon_id"])


def take_again(tx: Tx, order: int) -> bool:
    """Late money: take all of it again, or nothing and False. That time has run out does not matter, the price of the
    order is frozen; that somebody else has had it meanwhile does."""
    taken: list[tuple[int, int]] = []
    coupon = tx.one(_COUPON, order=order)
    is_there = True
    for row in tx.all(_FLASHES, order=order):
        is_there = specials.take(tx, row["flash_id"], row["units"])
        if not is_there:
            break
        taken.append((row["flash_id"], row["units"]))
    if is_there and coupon is not None:
        is_there = coupons.use(tx, coupon["coupon_id"], coupon["buyer_id"], order)
    if not is_there:
        for flash, units in taken:
            specials.give_back(tx, flash, units)
    return is_there


# -- Recounted ----------------------------------------------------------------------------------------------

_LINES = """
    SELECT o.code, l.code AS product, l.discount, coalesce(sum(s.amount), 0) AS given
    FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id LEFT JOIN order_specials AS s ON s.line_id = l.id
    GROUP BY l.id HAVING given <> l.discount ORDER BY l.id
"""
_ORDERS = """
    SELECT o.code, o.discount_total, sum(l.discount) AS given
    FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id
    GROUP BY o.id HAVING given <> o.discount_total ORDER BY o.id
"""
_FLASH_UNITS = """
    SELECT f.id, f.taken, coalesce(sum(s.units) FILTER (
        WHERE o.status IN ('pending', 'paid', 'completed')), 0) AS held
    FROM flashes AS f LEFT JOIN order_specials AS s ON s.flash_id = f.id LEFT JOIN orders AS o ON o.id = s.order_id
    GROUP BY f.id HAVING held <> f.taken ORDER BY f.id
"""
_USES = """
    SELECT c.code, c.used, count(o.id) FILTER (WHERE o.status IN ('pending', 'paid', 'completed')) AS held
    FROM coupons AS c LEFT JOIN orders AS o ON o.coupon_id = c.id
    GROUP BY c.id HAVING held <> c.used ORDER BY c.id
"""


def recount(tx: Tx) -> Iterator[str]:
    """A line for each discount and each counter that does not agree with the orders."""
    for row in tx.all(_LINES):
        yield (
            f"order {row['code']}: {row['product']} has a discount of {row['discount']}, its specials come to "
            f"{row['given']}"
        )
    for row in tx.all(_ORDERS):
        yield (
            f"order {row['code']}: its discount is {row['discount_total']}, those of its lines come to {row['given']}"
        )
    for row in tx.all(_FLASH_UNITS):
        yield f"flash price {row['id']}: {row['taken']} packs taken, its orders hold {row['held']}"
    for row in tx.all(_USES):
        yield f"coupon {row['code']}: {row['used']} uses counted, {row['held']} orders have it"
