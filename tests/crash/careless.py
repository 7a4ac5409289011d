"""Moves for negative controls: what the fair would look like if somebody trusted what was read beforehand."""

from storage.clock import MINUTE
from storage.connection import Tx
from tests.crash.fair import At, Doing
from tests.storage import seed

_CHECKS = {
    "offers": "CONSTRAINT never_oversold CHECK (quantity IS NULL OR taken <= quantity)",
    "coupons": "CONSTRAINT never_over_used CHECK (uses IS NULL OR used <= uses)",
}
_TAKE = "UPDATE offers SET taken = taken + :units WHERE id = :offer"
_ORDER = """
    UPDATE orders SET checkout_id = -id, created_at = :now, pay_by = :pay_by, hold_until = :pay_by WHERE id = :order
"""
_MOVE = """
    INSERT INTO stock_movements (offer_id, order_id, kind, units, reason, at)
    VALUES (:offer, :order, 'take', :units, 'test', :now)
"""


def without_the_checks(tx: Tx) -> None:
    """The tables themselves refuse no unit and no use too many."""
    tx.run("PRAGMA writable_schema = ON")
    for table, check in _CHECKS.items():
        changed = tx.run(
            "UPDATE sqlite_schema SET sql = replace(sql, :check, 'CHECK (1)')"
            " WHERE name = :table AND instr(sql, :check)",
            table=table,
            check=check,
        )
        assert changed == 1
    tx.run("PRAGMA writable_schema = RESET")


def _ordering(take: str) -> Doing:
    """An order like every other, of whatever was free when it was looked at, taken by this statement."""

    async def orders(at: At) -> None:
        offer = await at.look(lambda tx: tx.all("SELECT id, quantity - taken AS free FROM offers WHERE id = 3")[0])
        units = at.packs
        if offer["free"] is None or offer["free"] < units:
            return

        def act(tx: Tx, now: int) -> None:
            if not tx.run(take, offer=offer["id"], units=units):
                return
            number = tx.value("SELECT count(*) FROM orders")
            order = seed.order(tx, at.person, offer["id"], units, code=f"TG-T{number:05}")
            tx.run(_ORDER, order=order, now=now, pay_by=now + 30 * MINUTE)
            tx.run(_MOVE, offer=offer["id"], order=order, units=units, now=now)

        await at.act(act)

    return orders


CARELESS: dict[str, Doing] = {
    "trusts_what_it_read": _ordering(_TAKE),
    "asks_again_as_it_takes": _ordering(f"{_TAKE} AND taken + :units <= quantity"),
}
