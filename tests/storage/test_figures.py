"""What is told to whoever watches: counts and ages of what is open, found without walking through the history."""

import pytest

from storage import figures, inbox, outbox, payments
from storage.clock import MINUTE, SECOND
from storage.figures import Figures, Waiting
from storage.inbox import Arrival
from storage.outbox import Lane
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, CASHIER

BOT = 123456
NOTHING = Waiting(count=0, since=None)


async def look(store: Store, now: int = NOON, bot: int = BOT) -> Figures:
    return await store.read(figures.figures, bot, now)


async def test_empty_books_have_nothing_waiting(store: Store) -> None:
    assert await look(store) == Figures(
        inbox=NOTHING,
        set_aside=0,
        outbox=dict.fromkeys(Lane, NOTHING),
        receipts=NOTHING,
        refunds=0,
        unpaid=0,
    )


async def test_open_updates_are_counted_from_the_oldest_on(store: Store) -> None:
    for update, now in ((7, NOON), (8, NOON + SECOND), (9, NOON + 2 * SECOND)):
        await store.write(inbox.keep, BOT, [Arrival(update_id=update, raw="{}", sender=None)], now)
    await store.write(inbox.keep, 7, [Arrival(update_id=1, raw="{}", sender=None)], NOON - MINUTE)
    await store.write(inbox.close, [inbox.UpdateKey(BOT, 7)], NOON)
    found = await look(store)
    assert found.inbox == Waiting(count=2, since=NOON + SECOND)
    for _ in range(inbox.MAX_ATTEMPTS):
        key = inbox.UpdateKey(BOT, 8)
        await store.write(inbox.failed, key=key, error="KeyError", incident="A", chat=None, now=NOON)
    found = await look(store)
    assert (found.inbox.count, found.set_aside) == (1, 1)


async def test_messages_count_by_lane_and_age_only_once_they_may_go(store: Store) -> None:
    await store.write(outbox.tell, ANN, "say", now=NOON, lane=Lane.ORDER, not_before=NOON + MINUTE)
    await store.write(outbox.tell, ANN, "say", now=NOON + SECOND, lane=Lane.ORDER)
    await store.write(outbox.tell, ANN, "say", now=NOON + 2 * SECOND, lane=Lane.BROADCAST)
    found = (await look(store, NOON + 3 * SECOND)).outbox
    assert found[Lane.ORDER] == Waiting(count=2, since=NOON + SECOND)
    assert found[Lane.BROADCAST] == Waiting(count=1, since=NOON + 2 * SECOND)
    assert found[Lane.REPLY] == NOTHING
    # Once it is due, the first has waited since that moment and not since it was written.
    await store.write(lambda tx: tx.run("UPDATE outbox SET state = 'sent' WHERE not_before = 0"))
    assert (await look(store, NOON + 2 * MINUTE)).outbox[Lane.ORDER] == Waiting(count=1, since=NOON + MINUTE)


async def test_what_waits_for_people_is_counted(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    assert (await look(store)).unpaid == 1
    payment = await store.write(trade.send_receipt, ANN, order)
    found = await look(store)
    assert (found.receipts, found.unpaid) == (Waiting(count=1, since=NOON), 0)
    await store.write(payments.confirm, actor=CASHIER, payment_id=payment, now=NOON)
    await store.write(
        lambda tx: tx.run(
            "INSERT INTO refunds (order_id, number, amount, currency, reason, created_at)"
            " VALUES (:order, 1, 100, 'CNY', 'cancelled', :now)",
            order=order,
            now=NOON,
        )
    )
    found = await look(store)
    assert (found.receipts, found.refunds) == (NOTHING, 1)


@pytest.mark.parametrize(
    "statement", [name for name, value in vars(figures).items() if isinstance(value, str) and "SELECT" in value]
)
async def test_every_figure_is_found_by_an_index(store: Store, statement: str) -> None:
    assert_no_scan(store.path, getattr(figures, statement), bot=BOT, lane=0, now=NOON)
