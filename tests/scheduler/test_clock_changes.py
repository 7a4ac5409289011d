"""Deadlines through the nights in which Berlin's clocks are changed, and the same nights in Shanghai: every one comes
after as many minutes as always, once, on the loop of the program; only what people read of it depends on the zone."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from handlers import formats
from scheduler import due
from scheduler.wakeups import Wakeups
from shop.coupons import CouponFault, Terms
from storage import coupons, endings, groups, offers, reminders, specials, streams
from storage.clock import HOUR, MINUTE
from storage.connection import Tx
from storage.store import Store
from tests.clock import NOON, FakeClock
from tests.scheduler.office import PATIENCE
from tests.scheduler.test_time_gaps import GROUP, STRANGER, deliver, rests, say
from tests.storage import seed, trade
from tests.storage.seed import ANN, BEN, HOST

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
CODE = Terms(code="NIGHT", percent=10)


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


# Twenty minutes before the change.
SPRING, AUTUMN = ms("2026-03-29T01:40+01:00"), ms("2026-10-25T02:40+02:00")
NIGHTS = pytest.mark.parametrize("start", [SPRING, AUTUMN, NOON], ids=["spring", "autumn", "no change"])


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Empty books in a real file."""
    async with await Store.open(tmp_path / "livestall.db", synchronous="NORMAL", now=NOON) as opened:
        yield opened


def begun(tx: Tx, start: int) -> trade.Stall:
    """Everything that has a deadline, begun at `start`."""
    stall = trade.stall(tx, eggs=20, rice=1)
    groups.link(tx, actor=HOST, chat=GROUP, title="Fans", code="SPRING", can_read=True, now=start)
    trade.place(tx, ANN, (stall.eggs, 1), now=start)
    gone = trade.place(tx, BEN, (stall.rice, 1), now=start)
    trade.wait(tx, ANN, stall.rice, now=start)
    endings.cancel(tx, actor=BEN, order_id=gone, now=start)
    say(tx, STRANGER, 1, start)
    specials.start_flash(tx, actor=HOST, offer_id=stall.eggs, price=2900, minutes=45, quantity=None, now=start)
    coupons.make(
        tx,
        actor=HOST,
        terms=CODE,
        currency="CNY",
        starts_at=start + 30 * MINUTE,
        ends_at=start + 50 * MINUTE,
        now=start,
    )
    tx.run("UPDATE streams SET starts_at = :at", at=start + 70 * MINUTE)
    seed.watcher(tx, stall.stream, BEN)
    reminders.plan(tx, stall.stream, start + 70 * MINUTE, [HOUR, 10 * MINUTE], start)
    deliver(tx, start)
    return stall


@NIGHTS
async def test_every_deadline_comes_once_and_after_as_many_minutes_as_always(store: Store, start: int) -> None:
    stall = await store.write(begun, start)
    clock, fired = FakeClock(start), list[tuple[int, str, int]]()
    wakeups = Wakeups(store, clock, due.sources(store, clock))
    last = await trade.book(store, "SELECT max(id) FROM outbox")
    task = asyncio.create_task(wakeups.run())
    codes = list[CouponFault | None]()
    prices = list[int]()
    for minute in range(121):
        await rests(store, clock)
        rows = await store.read(
            lambda tx, after: tx.all("SELECT id, kind, chat_id FROM outbox WHERE id > :after", after=after), last
        )
        fired += [(minute, row["kind"], row["chat_id"]) for row in rows if row["kind"] != "group_card"]
        last = rows[-1]["id"] if rows else last
        coupon, offer = await store.read(coupons.by_code, "NIGHT", ANN), await store.read(offers.view, stall.eggs)
        assert coupon is not None
        assert offer is not None
        codes.append(coupons.fault(coupon, clock.now()))
        prices.append(offer.price_at(clock.now()))
        clock.advance(60)
    await wakeups.stop()
    await asyncio.wait_for(task, PATIENCE)
    # Within one minute the sources work side by side.
    assert sorted(fired) == [
        (0, "sold_out_host", HOST),
        (10, "stream_soon", BEN),  # an hour before the start
        (10, "waitlist_offer", ANN),  # her ten minutes are over
        (15, "order_unpaid", ANN),
        (35, "order_expired", ANN),  # thirty minutes and the grace nobody sees
        (35, "order_expired_host", HOST),
        (35, "order_placed", ANN),
        (45, "flash_over", HOST),
        (60, "stream_soon", BEN),  # ten minutes before
        (70, "stream_due_host", HOST),
        (70, "stream_soon", BEN),
    ]
    assert await trade.book(store, "SELECT status FROM claims") == "released"
    assert [minute for minute, fault in enumerate(codes) if fault is None] == list(range(30, 50))
    assert [minute for minute, price in enumerate(prices) if price == 2900] == list(range(45))
    await trade.assert_books_agree(store)


@NIGHTS
async def test_an_offer_closes_with_its_stream_and_not_before(store: Store, start: int) -> None:
    stall = await store.write(begun, start)
    later = start + 90 * MINUTE
    offer = await store.read(offers.view, stall.eggs)
    assert offer is not None
    assert offer.is_open(later)
    await store.write(streams.end, actor=HOST, stream_id=stall.stream, now=later)
    offer = await store.read(offers.view, stall.eggs)
    assert offer is not None
    assert not offer.is_open(later)


@pytest.mark.parametrize(
    ("start", "zone", "placed", "pay_by", "soon"),
    [
        (SPRING, BERLIN, "Sun 29 Mar, 01:40", "Sun 29 Mar, 03:10", "Sun 29 Mar, 03:50"),
        (AUTUMN, BERLIN, "Sun 25 Oct, 02:40 CEST", "Sun 25 Oct, 02:10 CET", "Sun 25 Oct, 02:50 CET"),
        (SPRING, SHANGHAI, "Sun 29 Mar, 08:40", "Sun 29 Mar, 09:10", "Sun 29 Mar, 09:50"),
        (AUTUMN, SHANGHAI, "Sun 25 Oct, 08:40", "Sun 25 Oct, 09:10", "Sun 25 Oct, 09:50"),
    ],
)
async def test_what_is_read_of_them_is_what_the_clock_on_the_wall_will_show(
    store: Store, start: int, zone: ZoneInfo, placed: str, pay_by: str, soon: str
) -> None:
    await store.write(begun, start)
    row = await store.read(lambda tx: tx.all("SELECT created_at, pay_by FROM orders ORDER BY id LIMIT 1")[0])
    begins = await trade.book(store, "SELECT starts_at FROM streams")
    assert isinstance(begins, int)
    assert formats.moment(row["created_at"], zone, "en", start) == placed
    assert formats.moment(row["pay_by"], zone, "en", start) == pay_by
    assert formats.moment(begins, zone, "en", start) == soon
