"""Does the count of `counting` see it? Each rule is broken by hand, with the tables' own CHECKs switched off, and the
count finds it; of the same books unbroken it says nothing."""

import asyncio
from pathlib import Path

import pytest

from shop.waitlist import Mode
from shop.wanted import Line
from shop.windows import Window
from storage import (
    checkouts,
    claiming,
    delays,
    dialogs,
    endings,
    givingcodes,
    groups,
    payments,
    refunds,
    shipments,
    specials,
    waiting,
)
from storage.clock import DAY, HOUR, MINUTE
from storage.connection import Tx
from storage.store import Store
from tests.clock import NOON
from tests.crash import counting, fair
from tests.crash.counting import RULES
from tests.crash.fair import DORA, GROUP
from tests.storage import trade
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST, OWNER

EGGS, RICE, HONEY, TEA = 1, 2, 3, 4


def busy(tx: Tx) -> None:
    """A fair in the midst of it: something of everything the rules speak of."""
    fair.opens(tx)
    lost = trade.buy(tx, CAI, (EGGS, 1), (RICE, 1))  # orders 1: paid, one parcel of it can't be supplied
    shipments.fail(tx, actor=OWNER, shipment_id=trade.parcels(tx, lost)[2], now=NOON)
    refunds.repay(tx, actor=CASHIER, refund_id=1, now=NOON)
    trade.place(tx, ANN, (HONEY, 1))  # 2: runs out
    endings.expire_due(tx, now=NOON + HOUR)
    trade.send_receipt(tx, BEN, trade.place(tx, BEN, (HONEY, 1), now=NOON + HOUR), now=NOON + HOUR)  # 3: under review
    specials.start_flash(tx, actor=HOST, offer_id=EGGS, price=2900, minutes=60, quantity=2, now=NOON + HOUR)
    dialog = trade.checkout(tx, DORA, (EGGS, 2))
    asked = dialogs.view(tx, dialog)
    assert asked is not None
    given = givingcodes.give_code(tx, actor=DORA, dialog=asked, text="TEN", summary_step="summary", now=NOON + HOUR)
    assert isinstance(given, givingcodes.CodeTaken)
    checkouts.place(  # 4: with a flash price and a code
        tx, actor=DORA, checkout=dialog, terms="v1", method="P", policy=trade.POLICY, now=NOON + HOUR
    )
    done = trade.place(tx, ANN, (TEA, 2), now=NOON + HOUR)  # 5: cancelled; Ben has what it had, Cai waits
    for person, packs in ((BEN, 2), (CAI, 1)):
        joined = waiting.join(tx, actor=person, offer_id=TEA, quantity=packs, mode=Mode.ANY, now=NOON + HOUR)
        assert isinstance(joined, waiting.Joined)
    endings.cancel(tx, actor=ANN, order_id=done, now=NOON + HOUR)
    group = groups.view(tx, GROUP)
    assert group is not None
    said = claiming.say(
        tx,
        person=ANN,
        group=group,
        lines=[Line(code="HONEY", quantity=1)],
        rules=fair.RULES,
        below=None,
        now=NOON + HOUR,
    )
    assert isinstance(said, claiming.Claimed)
    payments.confirm(tx, actor=CASHIER, payment_id=trade.send_receipt(tx, DORA, 4, now=NOON + HOUR), now=NOON + HOUR)
    trade.place(tx, CAI, (EGGS, 1), now=NOON + HOUR)  # 6: unpaid
    _postpones(tx, NOON + HOUR)


def _postpones(tx: Tx, now: int) -> None:
    """The honey was to ship in ten days, and ships in twenty; Ben is asked about order 3."""
    tx.run("UPDATE offers SET ships_from = :at, ships_until = :at WHERE id = :id", at=now + 10 * DAY, id=HONEY)
    tx.run(
        "UPDATE order_lines SET ships_from = :at, ships_until = :at WHERE offer_id = :id", at=now + 10 * DAY, id=HONEY
    )
    later = Window(now + 20 * DAY, now + 20 * DAY)
    moved = delays.move(tx, actor=OWNER, offer_id=HONEY, window=later, was_until=now + 10 * DAY, now=now)
    assert isinstance(moved, delays.Moved)
    while delays.go_on(tx, now=now):
        pass


BROKEN: dict[str, str] = {
    "taken is what orders, the waiting list and words hold": "UPDATE offers SET taken = taken - 1 WHERE id = 1",
    "nothing is negative, and no more taken than there is": "UPDATE offers SET quantity = taken - 1 WHERE id = 3",
    "the ledger comes to the counter": "UPDATE offers SET taken = taken + 1 WHERE id = 1",
    "the ledger comes to the quantity": "UPDATE offers SET quantity = quantity + 1 WHERE id = 1",
    "every order has taken what its lines hold, offer by offer": (
        "UPDATE order_lines SET quantity = 4 WHERE order_id = 6"
    ),
    "what is held is held in the ledger, by whom and of what": "UPDATE waitlist SET held = 1 WHERE held = 2",
    "no balance of the ledger was ever below nothing": (
        "INSERT INTO stock_movements (id, offer_id, order_id, kind, units, reason, at)"
        " VALUES (-1, 1, 1, 'give_back', 1, '', 1)"
    ),
    "an order's lines come to its sums": "UPDATE orders SET lines_total = 1, total = 1 WHERE id = 6",
    "what delivery costs is what its parcels cost, and there is no parcel without goods": (
        "UPDATE orders SET delivery_fee = 1, total = total + 1 WHERE id = 6"
    ),
    "what is picked up costs no delivery, and its number was given out": (
        "UPDATE orders SET pickup_point_id = 1, pickup_number = 9 WHERE id = 6"
    ),
    "what is taken off a line is what its specials say": "UPDATE order_specials SET amount = amount + 1 WHERE id = 1",
    "no special price outlives its line": "UPDATE order_specials SET order_id = 6 WHERE id = 1",
    "a flash price is below the price it was taken off": "UPDATE flashes SET price = 3600",
    "an unpaid order runs out or is under review, never both": "UPDATE orders SET hold_until = NULL WHERE id = 6",
    "an order runs out after its buyer was told, and is reminded of before": (
        "UPDATE orders SET hold_until = pay_by - 1 WHERE id = 6"
    ),
    "an order has a code, a place to go, and the times of its state": (
        "UPDATE orders SET expired_at = NULL WHERE id = 2"
    ),
    "one checkout became one order": (
        "INSERT INTO order_additions SELECT checkout_id, 1, 1 FROM orders WHERE id = 6"
    ),
    "no unpaid order is left in a stream that was called off": (
        "UPDATE streams SET status = 'cancelled' WHERE id = 1"
    ),
    "every supplier of a paid order was asked once, of an unpaid one nobody": (
        "DELETE FROM shipments WHERE order_id = 4"
    ),
    "of an order that stands the stall keeps its price, of one that is over nothing": (
        "UPDATE refunds SET amount = 1"
    ),
    "no more goes back than came in": "UPDATE refunds SET amount = 100000",
    "a claim of payment is about the whole open price": "UPDATE payments SET amount = 1 WHERE status = 'submitted'",
    "no buyer has more than the limit": "UPDATE offers SET limit_per_buyer = 1 WHERE id = 1",
    "a code is used as often as orders have it, and no oftener than it may": (
        "UPDATE coupons SET used = 2 WHERE code = 'TEN'"
    ),
    "no buyer uses a code oftener than one may": "UPDATE coupons SET per_buyer = 0",
    "as many packs are at a flash price as orders have, and no more than there are": (
        "UPDATE flashes SET quantity = 1"
    ),
    "nobody stands twice in one list": "UPDATE waitlist SET person_id = 5002",
    "every turn of a wait was offered once, and in its own message": (
        "UPDATE waitlist SET turn = 2 WHERE status = 'offered'"
    ),
    "nobody waits for units that are free for them": "UPDATE offers SET quantity = quantity + 1 WHERE id = 4",
    "a list ends with what it waits for": "UPDATE streams SET status = 'cancelled' WHERE id = 2",
    "an offer is sold out only while nothing of it is free": "UPDATE offers SET sold_out_at = 1 WHERE id = 1",
    "a promise is the offer's own, or an earlier one that its buyer was asked about": (
        "UPDATE order_lines SET ships_until = 5 WHERE order_id = 4"
    ),
    "who wants a refund has nothing of it left to come": (
        "UPDATE delay_choices SET choice = 'refund', chosen_at = 1"
    ),
    "nothing is held that should have run out": "UPDATE claims SET hold_until = 1",
}
_NAMES_NOTHING = """
    UPDATE outbox SET params = json_set(params, '$.order', 999)
    WHERE id = (SELECT max(id) FROM outbox WHERE kind = 'order_placed')
"""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return asyncio.run(fair.ground(tmp_path_factory.mktemp("busy") / "busy.db", busy))


async def broken(ground: Path, path: Path, *statements: str) -> Store:
    """The same books with something wrong in them, that the tables themselves would have refused."""
    store = await Store.open(fair.copied(ground, path / "stall.db"), synchronous="NORMAL", now=NOON)

    def spoil(tx: Tx) -> None:
        for sql in statements:
            assert tx.run(sql) > 0, sql

    await store.maintain(
        lambda connection: connection.executescript(
            "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; DROP INDEX waitlist_live;"
            " CREATE INDEX waitlist_live ON waitlist (offer_id, person_id) WHERE ended_at IS NULL"
        )
    )
    await store.write(spoil)
    return store


async def test_the_books_of_the_busy_fair_are_in_order(ground: Path, tmp_path: Path) -> None:
    async with await broken(ground, tmp_path) as store:
        assert await store.read(counting.faults, NOON + HOUR) == []
        assert await store.read(counting.strays, 0) == []


def test_there_is_a_way_to_break_every_rule() -> None:
    assert BROKEN.keys() == RULES.keys()


@pytest.mark.parametrize("rule", RULES)
async def test_a_rule_that_is_broken_is_found(ground: Path, tmp_path: Path, rule: str) -> None:
    async with await broken(ground, tmp_path, BROKEN[rule]) as store:
        found = await store.read(counting.faults, NOON + HOUR + MINUTE)
        assert rule in {fault.split(": {")[0] for fault in found}


async def test_a_message_about_what_is_not_there_and_one_for_nobody_are_found(ground: Path, tmp_path: Path) -> None:
    nobody = "UPDATE outbox SET chat_id = 77 WHERE id = (SELECT min(id) FROM outbox)"
    async with await broken(ground, tmp_path, _NAMES_NOTHING, nobody) as store:
        first, second = await store.read(counting.strays, 0)
        assert "is for nobody: 77" in first
        assert "is about order 999, which is not there" in second


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE order_lines SET unit_price = unit_price + 1 WHERE order_id = 6", "order_lines"),
        ("UPDATE orders SET status = 'pending' WHERE id = 2", "status was expired, is pending"),
        ("UPDATE orders SET total = total + 1 WHERE id = 1", "total was"),
        ("UPDATE payments SET amount = 1 WHERE status = 'confirmed'", "amount was"),
        ("UPDATE payments SET status = 'rejected' WHERE status = 'confirmed'", "status was confirmed, is rejected"),
        ("UPDATE refunds SET status = 'owed', done_at = NULL", "status was done, is owed"),
        ("DELETE FROM refunds", "refunds 1 is gone"),
        ("UPDATE waitlist SET turn = 0", "turn was 1, is 0"),
    ],
)
async def test_a_past_that_was_changed_is_found(ground: Path, tmp_path: Path, change: str, said: str) -> None:
    async with await broken(ground, tmp_path) as store:
        before = await store.read(counting.snapshot)
        await store.write(lambda tx: tx.run(change))
        found = counting.changes(before, await store.read(counting.snapshot), stock_only=False)
        assert any(said in line for line in found), found


async def test_a_move_of_units_that_changes_what_an_order_costs_is_found(ground: Path, tmp_path: Path) -> None:
    async with await broken(ground, tmp_path) as store:
        before = await store.read(counting.snapshot)
        await store.write(lambda tx: tx.run("UPDATE orders SET total = total + 1 WHERE status = 'pending'"))
        after = await store.read(counting.snapshot)
        assert counting.changes(before, after, stock_only=False) == []
        assert counting.changes(before, after, stock_only=True) == ["orders were changed by moves of units"]
