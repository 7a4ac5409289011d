"""Time and waiting lists: holds that run out, clocks that jump, lists that close with what they waited for."""

import pytest

from shop.waitlist import Mode
from storage import endings, lapses, outbox, people, streams, waitlist
from storage.clock import DAY, HOUR, MINUTE
from storage.connection import Tx
from storage.outbox import Blocked
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.seed import ANN, BEN, CAI, HOST
from tests.storage.test_waitlist import HOLD, sold_out, standing, told_to
from tests.storage.trade import entry, wait


def held_for_ann(tx: Tx) -> tuple[int, int]:
    """One egg held for Ann, Ben next; their entries."""
    stall, orders = sold_out(tx)
    mine, other = wait(tx, ANN, stall.eggs), wait(tx, BEN, stall.eggs)
    endings.cancel(tx, actor=CAI, order_id=orders[0], now=NOON)
    return mine, other


async def test_a_hold_is_passed_on_when_its_time_is_over_and_not_before(store: Store) -> None:
    mine, other = await store.write(held_for_ann)
    assert await store.read(lapses.next_due, NOON) == NOON + HOLD
    assert await store.write(lapses.pass_on_due, now=NOON + HOLD - 1) == 0
    assert await store.write(lapses.pass_on_due, now=NOON + HOLD) == 1
    assert await store.read(standing, mine, other) == [("lapsed", 0), ("offered", 1)]
    assert (await store.read(entry, other)).hold_until == NOON + 2 * HOLD
    assert (await told_to(store, ANN))[-1] == (await told_to(store, BEN))[-1] == "waitlist_offer"
    await trade.assert_books_agree(store)


async def test_sweeping_twice_is_one_end(store: Store) -> None:
    mine, other = await store.write(held_for_ann)
    await store.write(lapses.pass_on_due, now=NOON + HOLD)
    await trade.all_said(store)
    assert await store.write(lapses.pass_on_due, now=NOON + HOLD) == 0
    assert await trade.kinds_told(store) == []
    assert await store.read(standing, mine, other) == [("lapsed", 0), ("offered", 1)]


async def test_holds_that_end_together_are_enough_for_all_or_nothing(store: Store) -> None:
    def act(tx: Tx) -> list[tuple[str, int]]:
        stall, orders = sold_out(tx)
        first, second = wait(tx, ANN, stall.eggs), wait(tx, BEN, stall.eggs)
        large = wait(tx, 5004, stall.eggs, 2, Mode.ALL)
        for order in orders[:2]:
            endings.cancel(tx, actor=CAI, order_id=order, now=NOON)
        lapses.pass_on_due(tx, now=NOON + HOLD)
        return standing(tx, first, second, large)

    assert await store.write(act) == [("lapsed", 0), ("lapsed", 0), ("offered", 2)]
    await trade.assert_books_agree(store)


async def test_after_a_long_downtime_the_next_has_all_of_their_time(store: Store) -> None:
    mine, other = await store.write(held_for_ann)
    late = NOON + 2 * DAY
    assert await store.read(lapses.next_due, late) == NOON + HOLD
    await store.write(lapses.pass_on_due, now=late)
    assert await store.read(standing, mine, other) == [("lapsed", 0), ("offered", 1)]
    assert (await store.read(entry, other)).hold_until == late + HOLD


async def test_a_clock_that_was_a_day_ahead_keeps_no_unit_for_a_day(store: Store) -> None:
    def ahead(tx: Tx) -> int:
        stall, orders = sold_out(tx)
        mine = wait(tx, ANN, stall.eggs)
        endings.cancel(tx, actor=CAI, order_id=orders[0], now=NOON + DAY)
        return mine

    mine = await store.write(ahead)
    assert (await store.read(entry, mine)).hold_until == NOON + DAY + HOLD
    assert await store.read(lapses.next_due, NOON) == NOON
    assert await store.write(lapses.pass_on_due, now=NOON) == 0
    assert (await store.read(entry, mine)).hold_until == NOON + HOLD
    assert await store.read(lapses.next_due, NOON) == NOON + HOLD


@pytest.mark.parametrize("way", ["the app says so", "a message bounces"])
async def test_who_blocks_the_bot_while_holding_passes_on_at_once_and_keeps_the_place(store: Store, way: str) -> None:
    mine, other = await store.write(held_for_ann)

    def blocks(tx: Tx) -> bool:
        if way == "the app says so":
            people.blocked(tx, person=ANN, now=NOON)
        else:
            row = tx.one("SELECT * FROM outbox WHERE chat_id = :ann AND kind = 'waitlist_offer'", ann=ANN)
            assert row is not None
            outbox.settle(tx, [(outbox.row(row), Blocked())], NOON)
        return tx.rings_due

    assert await store.write(blocks)
    assert (await store.read(lapses.next_due, NOON) or 0) <= NOON
    await store.write(lapses.pass_on_due, now=NOON)
    assert await store.read(standing, mine, other) == [("waiting", 0), ("offered", 1)]
    assert await store.read(lapses.next_due, NOON) == NOON + HOLD
    await trade.assert_books_agree(store)


async def test_the_end_of_the_stream_closes_the_list_with_one_message_each_and_honours_what_is_held(
    store: Store,
) -> None:
    mine, other = await store.write(held_for_ann)
    await trade.all_said(store)
    await store.write(streams.end, actor=HOST, stream_id=1, now=NOON)
    assert await store.read(lapses.next_due, NOON) == NOON
    assert await store.write(lapses.tidy, now=NOON) == 1
    assert await store.write(lapses.tidy, now=NOON) == 0
    assert await store.read(standing, mine, other) == [("offered", 1), ("closed", 0)]
    lanes = "SELECT group_concat(chat_id || ' ' || lane) FROM outbox WHERE kind = 'waitlist_closed'"
    assert await trade.book(store, lanes) == f"{BEN} 2"
    assert await store.read(lapses.next_due, NOON) == NOON + HOLD
    assert await store.write(trade.place, ANN, (1, 1))
    assert await store.read(standing, mine) == [("taken", 0)]
    await trade.assert_books_agree(store)


async def test_a_cancelled_stream_closes_everything_and_frees_what_was_held(store: Store) -> None:
    mine, other = await store.write(held_for_ann)
    await trade.all_said(store)
    await store.write(streams.cancel, actor=HOST, stream_id=1, now=NOON)
    assert await store.write(lapses.tidy, now=NOON) == 2
    assert await store.read(standing, mine, other) == [("closed", 0), ("closed", 0)]
    assert [kind for kind in await told_to(store, ANN) if kind.startswith("waitlist")] == ["waitlist_closed"]
    assert await store.read(waitlist.held, 1) == 0
    assert await trade.book(store, "SELECT sold_out_at FROM offers WHERE id = 1") is None
    assert await store.read(lapses.next_due, NOON) is None
    await trade.assert_books_agree(store)


async def test_a_part_held_when_the_sale_ends_is_no_reason_to_wake_again_and_again(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall, orders = sold_out(tx)
        wait(tx, ANN, stall.eggs, 3)
        endings.cancel(tx, actor=CAI, order_id=orders[0], now=NOON)
        streams.end(tx, actor=HOST, stream_id=1, now=NOON)

    await store.write(act)
    assert await store.read(lapses.next_due, NOON) == NOON + HOLD
    assert await store.write(lapses.tidy, now=NOON) == 0
    await store.write(trade.place, ANN, (1, 1))
    assert await store.read(lapses.next_due, NOON) == NOON
    assert await store.write(lapses.tidy, now=NOON) == 1
    assert await store.read(standing, 1) == [("closed", 0)]


async def test_an_offer_with_an_end_of_its_own_closes_its_list_then(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall, _ = sold_out(tx)
        wait(tx, ANN, stall.eggs)
        tx.run("UPDATE offers SET closes_at = :at WHERE id = 1", at=NOON + HOUR)

    await store.write(act)
    assert await store.read(lapses.next_due, NOON) == NOON + HOUR
    assert await store.write(lapses.tidy, now=NOON + HOUR - 1) == 0
    assert await store.write(lapses.tidy, now=NOON + HOUR) == 1
    assert await store.read(standing, 1) == [("closed", 0)]


async def test_a_list_waits_for_an_offer_that_opens_later_and_is_served_then(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall, orders = sold_out(tx)
        wait(tx, ANN, stall.eggs)
        tx.run("UPDATE offers SET opens_at = :at WHERE id = 1", at=NOON + HOUR)
        endings.cancel(tx, actor=CAI, order_id=orders[0], now=NOON)

    await store.write(act)
    assert await store.read(standing, 1) == [("waiting", 0)]
    assert await store.read(lapses.next_due, NOON) == NOON + HOUR
    assert await store.read(lapses.next_due, NOON + HOUR) == NOON + HOUR
    assert await store.write(lapses.tidy, now=NOON + HOUR) == 1
    assert await store.read(standing, 1) == [("offered", 1)]


async def test_a_long_list_closes_page_by_page(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall, _ = sold_out(tx)
        for person in range(10_000, 10_025):
            wait(tx, seed.person(tx, person), stall.eggs)
        people.blocked(tx, person=10_000, now=NOON)
        streams.end(tx, actor=HOST, stream_id=1, now=NOON)

    await store.write(act)
    pages = []
    while done := await store.write(lapses.tidy, now=NOON, limit=10):
        pages.append(done)
    assert pages == [10, 10, 5]
    assert await trade.book(store, "SELECT count(*) FROM outbox WHERE kind = 'waitlist_closed'") == 24


async def test_the_hold_is_what_the_settings_say_and_running_ones_keep_theirs(store: Store) -> None:
    mine, other = await store.write(held_for_ann)
    await store.write(waitlist.set_rules, hold_ms=3 * MINUTE)
    assert (await store.read(entry, mine)).hold_until == NOON + HOLD
    await store.write(lapses.pass_on_due, now=NOON + HOLD)
    assert (await store.read(entry, other)).hold_until == NOON + HOLD + 3 * MINUTE


async def test_what_is_overlooked_is_found(store: Store) -> None:
    """The negative control of the check in `assert_books_agree`."""

    def act(tx: Tx) -> None:
        stall, _ = sold_out(tx)
        wait(tx, ANN, stall.eggs)
        tx.run("UPDATE offers SET taken = taken - 1 WHERE id = 1")

    await store.write(act)
    assert await store.read(lapses.overlooked, NOON) == [
        "offer 1: 1 units are free that somebody on the waiting list could have"
    ]
