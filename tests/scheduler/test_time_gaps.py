"""Time that is not as it was: three days without the bot, and a clock that is set back by an hour or a day.

The whole loop with all its sources on a clock turned by hand. Everything due is done once and in its order, nobody is
told what is no news any more, nothing is done twice, and nothing waits for a moment that was never meant.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from scheduler import due
from scheduler.wakeups import Wakeups
from shop.wanted import Line
from storage import (
    broadcasts,
    claiming,
    coupons,
    endings,
    groups,
    lapses,
    offers,
    outbox,
    payments,
    reminders,
    setback,
    specials,
    stock,
)
from storage.broadcasts import Kind
from storage.claiming import ClaimRules
from storage.clock import DAY, HOUR, MINUTE
from storage.connection import Tx
from storage.outbox import Delivered, Lane
from storage.receipts import Proof, ReceiptKind
from storage.store import Store
from tests.clock import NOON, FakeClock
from tests.scheduler.office import PATIENCE, until
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, HOST
from tests.storage.trade import POLICY

STRANGER, GROUP = 9001, -100_55
RULES = ClaimRules(hold_ms=30 * MINUTE, hold_strangers_ms=10 * MINUTE)
BACK = pytest.mark.parametrize("back", [HOUR, DAY], ids=["an hour", "a day"])


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Empty books in a real file."""
    async with await Store.open(tmp_path / "livestall.db", synchronous="NORMAL", now=NOON) as opened:
        yield opened


@asynccontextmanager
async def at_work(store: Store, clock: FakeClock) -> AsyncIterator[None]:
    """The loop of the program runs while the block does."""
    wakeups = Wakeups(store, clock, due.sources(store, clock))
    task = asyncio.create_task(wakeups.run())
    try:
        yield
    finally:
        await wakeups.stop()
        await asyncio.wait_for(task, PATIENCE)


async def rests(store: Store, clock: FakeClock) -> None:
    """Nothing is due any more, and the loop waits."""

    async def is_quiet() -> bool:
        if store.due.is_set() or not clock.sleeping:
            return False
        moments = await store.read(lambda tx: [source.next_due(tx) for source in due.sources(store, clock)[:-1]])
        return all(at is None or at > clock.now() for at in moments)

    store.due.set()
    await until(is_quiet)


def deliver(tx: Tx, now: int) -> int:
    """As if everything that may leave now had arrived."""
    count = 0
    while rows := outbox.eligible(tx, list(Lane), (), 500, now):
        outbox.settle(tx, [(row, Delivered(message_id=row.id)) for row in rows], now)
        count += len(rows)
    return count


async def told_since(store: Store, id_: int) -> Counter[tuple[str, int]]:
    """Kind and chat of everything enqueued after a row and not given way to a newer one."""
    rows = await store.read(
        lambda tx: tx.all("SELECT kind, chat_id FROM outbox WHERE id > :id AND state <> 'dropped'", id=id_)
    )
    return Counter((row["kind"], row["chat_id"]) for row in rows)


async def last_row(store: Store) -> int:
    found: int = await store.read(lambda tx: tx.value("SELECT coalesce(max(id), 0) FROM outbox"))
    return found


def say(tx: Tx, person: int, units: int, now: int) -> None:
    group = groups.view(tx, GROUP)
    assert group is not None
    lines = [Line(code="EGG", quantity=units)]
    said = claiming.say(tx, person=person, group=group, lines=lines, rules=RULES, below=None, now=now)
    assert isinstance(said, claiming.Claimed), said


def evening(tx: Tx) -> trade.Stall:
    """What an evening leaves open at NOON: forty unpaid orders, one under review, words, a wait, a flash price, a
    stream to be reminded of, an announcement half told."""
    stall = trade.stall(tx, eggs=44, rice=1)
    groups.link(tx, actor=HOST, chat=GROUP, title="Fans", code="SPRING", can_read=True, now=NOON)
    for buyer in range(7001, 7041):
        trade.addresses.save(tx, actor=seed.person(tx, buyer), address=trade.HOME, now=NOON)
        trade.place(tx, buyer, (stall.eggs, 1))
    trade.send_receipt(tx, ANN, trade.place(tx, ANN, (stall.eggs, 1)))
    say(tx, STRANGER, 2, NOON)
    say(tx, CAI, 1, NOON)
    gone = trade.place(tx, BEN, (stall.rice, 1))
    for person in (ANN, CAI):
        assert isinstance(trade.wait(tx, person, stall.rice), int)
    endings.cancel(tx, actor=BEN, order_id=gone, now=NOON)
    specials.start_flash(tx, actor=HOST, offer_id=stall.eggs, price=2900, minutes=10, quantity=None, now=NOON)
    tx.run("UPDATE streams SET starts_at = :at", at=NOON + HOUR)
    for person in (ANN, BEN):
        seed.watcher(tx, stall.stream, person)
    reminders.plan(tx, stall.stream, NOON + HOUR, [10 * MINUTE], NOON)
    tx.run("UPDATE people SET follows_since = :now WHERE id = :cai", cai=CAI, now=NOON)
    broadcasts.start(tx, Kind.ANNOUNCE, stall.stream, HOST, NOON)
    deliver(tx, NOON)
    return stall


# -- Three days ---------------------------------------------------------------------------------------------


async def test_after_three_days_off_everything_due_is_done_once_and_in_its_order(store: Store) -> None:
    stall = await store.write(evening)
    before, clock = await last_row(store), FakeClock(NOON + 3 * DAY)
    async with at_work(store, clock):
        await rests(store, clock)
    states = await store.read(lambda tx: Counter(row[0] for row in tx.all("SELECT status FROM orders")))
    assert states == {"expired": 40, "pending": 1, "cancelled": 1}
    assert await trade.book(store, "SELECT group_concat(status) FROM claims") == "released,released"
    # Ann's turn is over, and Cai's begins now, not three days ago.
    assert await trade.book(store, "SELECT group_concat(status) FROM waitlist") == "lapsed,offered"
    assert (
        await trade.book(store, "SELECT hold_until FROM waitlist WHERE status = 'offered'")
        == clock.now() + 10 * MINUTE
    )
    assert await trade.book(store, "SELECT closed_at FROM flashes") == clock.now()
    assert await trade.book(store, "SELECT count(*) FROM reminders WHERE state = 'due'") == 0
    assert await trade.free(store, stall.eggs) == 43
    assert await store.read(stock.recount) == []
    assert await store.read(lapses.overlooked, clock.now()) == []
    # Units that came free by expiry were there before anything else was done with them.
    order = "SELECT min(id) FROM audit WHERE action = :action"
    expired = await trade.book(store, order, action="order.expired")
    lapsed = await trade.book(store, order, action="waitlist.lapsed")
    assert isinstance(expired, int)
    assert isinstance(lapsed, int)
    assert expired < lapsed
    told = await told_since(store, before)
    kinds = {kind for kind, _ in told}
    assert {("order_expired", buyer) for buyer in range(7001, 7041)} <= told.keys()
    # No reminder of what has run out, of a stream that is over, and no announcement of it.
    assert kinds.isdisjoint({"order_unpaid", "stream_soon", "stream_due_host", "stream_card", "order_expired_host"})
    assert told["orders_ran_out", HOST] == 1
    per_chat = Counter[int]()
    for (_, chat), times in told.items():
        per_chat[chat] += times
    assert max(per_chat.values()) <= 4


async def test_the_next_start_after_that_says_nothing_again(store: Store) -> None:
    await store.write(evening)
    clock = FakeClock(NOON + 3 * DAY)
    async with at_work(store, clock):
        await rests(store, clock)
    before = await last_row(store)
    clock.advance(MINUTE / 1000)
    async with at_work(store, clock):
        await rests(store, clock)
    assert await told_since(store, before) == {}


async def test_a_host_hears_of_each_order_while_the_bot_is_up_and_of_all_together_after_it_was_down(
    store: Store,
) -> None:
    def three(tx: Tx) -> None:
        stall = trade.stall(tx)
        for buyer in (ANN, BEN, CAI):
            trade.place(tx, buyer, (stall.eggs, 1))

    await store.write(three)
    before = await last_row(store)
    await store.write(endings.expire_due, now=NOON + 35 * MINUTE + HOUR, limit=1)
    assert (await told_since(store, before))["order_expired_host", HOST] == 1
    await store.write(endings.expire_due, now=NOON + 35 * MINUTE + HOUR + 1)
    told = await told_since(store, before)
    assert (told["order_expired_host", HOST], told["orders_ran_out", HOST]) == (1, 1)
    count = "SELECT json_extract(params, '$.count') FROM outbox WHERE kind = 'orders_ran_out'"
    assert await trade.book(store, count) == 2


async def test_a_late_order_paid_for_in_the_meantime_is_seen_after_the_expiry(store: Store) -> None:
    """The receipt waits in the inbox while the bot is down; the clock and the message race at the start."""
    stall = await store.write(lambda tx: trade.stall(tx, eggs=1))
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    clock = FakeClock(NOON + HOUR)
    async with at_work(store, clock):
        paid = await store.write(lambda tx: trade.pay(tx, ANN, order, now=clock.now()))
    assert paid.order.value == "paid"
    assert await trade.free(store, stall.eggs) == 0
    await trade.assert_books_agree(store)


# -- Set back -----------------------------------------------------------------------------------------------


@BACK
async def test_what_was_done_before_the_clock_was_set_back_is_not_done_again(store: Store, back: int) -> None:
    await store.write(evening)
    clock = FakeClock(NOON + 3 * HOUR)
    async with at_work(store, clock):
        await rests(store, clock)
        before = await last_row(store)
        audited = await trade.book(store, "SELECT count(*) FROM audit")
        clock.step(-back / 1000)
        await rests(store, clock)
        # And once more through the same hours.
        for _ in range(3):
            clock.advance(HOUR / 1000)
            await rests(store, clock)
        lapsed_twice = "SELECT count(*) - count(DISTINCT id) FROM waitlist"
        assert await trade.book(store, lapsed_twice) == 0
    again = await told_since(store, before)
    # Only Cai's hold, which began before, ends at its time.
    assert {kind for kind, _ in again} <= {"waitlist_offer"}
    assert await store.read(stock.recount) == []
    audits = await trade.book(store, "SELECT count(*) FROM audit")
    assert isinstance(audits, int)
    assert isinstance(audited, int)
    assert audits - audited <= 1


@BACK
async def test_nothing_stands_still_after_the_clock_was_set_back(store: Store, back: int) -> None:
    """Held, begun and put off a moment before: each ends in the time it was meant to last."""
    stall = await store.write(lambda tx: trade.stall(tx, eggs=20, rice=1))

    def begin(tx: Tx) -> None:
        groups.link(tx, actor=HOST, chat=GROUP, title="Fans", code="SPRING", can_read=True, now=NOON)
        say(tx, STRANGER, 2, NOON)
        say(tx, CAI, 1, NOON)
        specials.start_flash(tx, actor=HOST, offer_id=stall.eggs, price=2900, minutes=10, quantity=None, now=NOON)
        gone = trade.place(tx, BEN, (stall.rice, 1))
        trade.wait(tx, ANN, stall.rice)
        endings.cancel(tx, actor=BEN, order_id=gone, now=NOON)
        order = trade.place(tx, ANN, (stall.eggs, 1))
        part = Proof(kind=ReceiptKind.PHOTO, file_id="p", file_unique_id="u", album="a")
        payments.submit(tx, actor=ANN, order_id=order, proofs=[part], policy=POLICY, now=NOON, is_whole=False)
        broadcasts.start(tx, Kind.ANNOUNCE, stall.stream, HOST, NOON)

    await store.write(begin)
    clock = FakeClock(NOON)
    async with at_work(store, clock):
        await rests(store, clock)
        clock.step(-back / 1000)
        now = clock.now()
        await rests(store, clock)
        # Put off for a second or two: leaves now.
        waiting_rows = (
            "SELECT count(*) FROM outbox WHERE state = 'queued' AND not_before > :now AND kind <> 'group_card'"
        )
        assert await trade.book(store, waiting_rows, now=now) == 0
        offer = await store.read(offers.view, stall.eggs)
        assert offer is not None
        assert offer.price_at(now + 9 * MINUTE) == 2900
        assert offer.price_at(now + 10 * MINUTE) == 3600
        clock.advance(10 * MINUTE / 1000)
        await rests(store, clock)
        assert await trade.book(store, "SELECT group_concat(status) FROM claims") == "released,opened"
        assert await trade.book(store, "SELECT status FROM waitlist") == "lapsed"
        assert await trade.book(store, "SELECT closed_at FROM flashes") == clock.now()
        clock.advance(20 * MINUTE / 1000)
        await rests(store, clock)
        assert await trade.book(store, "SELECT group_concat(status) FROM claims") == "released,released"
        fetch = await trade.book(store, "SELECT max(fetch_after) FROM receipts")
        assert isinstance(fetch, int)
        assert fetch <= clock.now()
    assert await store.read(stock.recount) == []


@BACK
async def test_what_was_told_as_a_time_of_day_stays_what_was_told(store: Store, back: int) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    pay_by = NOON + 30 * MINUTE
    clock = FakeClock(NOON)
    async with at_work(store, clock):
        clock.step(-back / 1000)
        await rests(store, clock)
        assert await trade.book(store, "SELECT pay_by FROM orders") == pay_by
        clock.step((back + 34 * MINUTE) / 1000)
        await rests(store, clock)
        assert await trade.status(store, order) == "pending"
        clock.step(MINUTE / 1000)
        await rests(store, clock)
        assert await trade.status(store, order) == "expired"


@BACK
async def test_new_deadlines_keep_their_time_after_the_clock_was_set_back(store: Store, back: int) -> None:
    stall = await store.write(trade.stall)
    clock = FakeClock(NOON)
    async with at_work(store, clock):
        await rests(store, clock)
        clock.step(-back / 1000)
        await rests(store, clock)
        order = await store.write(lambda tx: trade.place(tx, ANN, (stall.eggs, 1), now=clock.now()))
        before = await last_row(store)
        for _ in range(35):
            clock.advance(MINUTE / 1000)
            await rests(store, clock)
    assert await trade.status(store, order) == "expired"
    told = await told_since(store, before)
    assert (told["order_unpaid", ANN], told["order_expired", ANN]) == (1, 1)


@BACK
async def test_wrong_codes_of_a_clock_that_was_ahead_keep_nobody_waiting(store: Store, back: int) -> None:
    await store.write(trade.stall)
    for _ in range(20):
        await store.write(coupons.note_wrong, ANN, coupons.CHAT, NOON)
    assert await store.read(coupons.is_paused, ANN, coupons.CHAT, NOON)
    assert not await store.read(coupons.is_paused, ANN, coupons.CHAT, NOON - back)


async def test_upkeep_goes_on_every_hour_after_the_clock_was_set_back(store: Store) -> None:
    clock = FakeClock(NOON)
    source = due.upkeep(store, clock)
    await source.handle(NOON)
    clock.step(-DAY / 1000)
    assert await store.read(source.next_due) == NOON - DAY + HOUR


async def test_while_the_clock_goes_as_it_should_nothing_is_put_right(store: Store) -> None:
    await store.write(evening)
    assert not await store.read(setback.is_needed, NOON)
    assert await store.write(setback.put_right, now=NOON) == 0


@pytest.mark.parametrize("sql", [found for found, _ in setback._PUT_OFF])
async def test_what_a_set_back_has_put_off_is_found_by_index(store: Store, sql: str) -> None:
    assert_no_scan(store.path, sql, **setback._values(sql, NOON))


async def test_an_announcement_of_what_should_have_begun_long_ago_is_not_told(store: Store) -> None:
    def announced(tx: Tx) -> int:
        seed.staff_and_viewers(tx)
        tx.run("UPDATE people SET follows_since = 1 WHERE id = :cai", cai=CAI)
        stream = seed.stream(tx, starts_at=NOON)
        return broadcasts.start(tx, Kind.ANNOUNCE, stream, HOST, NOON - HOUR)

    broadcast = await store.write(announced)
    assert await store.write(broadcasts.fan_out, broadcast, NOON + HOUR + 1)
    assert await trade.book(store, "SELECT count(*) FROM outbox") == 0
    again = await store.write(lambda tx: broadcasts.start(tx, Kind.ANNOUNCE, 1, HOST, NOON))
    assert await store.write(broadcasts.fan_out, again, NOON + HOUR)
    assert await trade.book(store, "SELECT count(*) FROM outbox") == 1
