"""What the clock does: expiries, reminders, broadcasts and tidying up, each as a source of deadlines.

Owns no loop (that is `wakeups`) and no rule (those are acts in `storage`).
"""

from scheduler.wakeups import Source
from storage import (
    albums,
    broadcasts,
    claims,
    coupons,
    delays,
    endings,
    imports,
    inbox,
    lapses,
    progress,
    reminders,
    setback,
    soldouts,
    specials,
)
from storage.clock import HOUR, Clock
from storage.connection import Tx
from storage.store import Store

PAGE = 100
UPKEEP_MS = HOUR


def clock_set_back(store: Store, clock: Clock) -> Source:
    """What waits for a moment that was reckoned by a clock ahead of this one."""

    def next_due(tx: Tx) -> int | None:
        return clock.now() if setback.is_needed(tx, clock.now()) else None

    async def handle(_now: int) -> None:
        await store.write(setback.put_right, now=clock.now())

    return Source(name="setback", next_due=next_due, handle=handle)


def orders_to_expire(store: Store, clock: Clock) -> Source:
    """Unpaid orders whose time has run out."""

    async def handle(_now: int) -> None:
        while await store.write(endings.expire_due, now=clock.now(), limit=PAGE) == PAGE:
            pass

    return Source(name="expiry", next_due=endings.next_expiry, handle=handle)


def orders_to_remind(store: Store, clock: Clock) -> Source:
    """Unpaid orders whose buyer is reminded once."""

    async def handle(_now: int) -> None:
        while await store.write(endings.remind_unpaid, now=clock.now(), limit=PAGE) == PAGE:
            pass

    return Source(name="unpaid", next_due=endings.next_reminder, handle=handle)


def waiting_lists(store: Store, clock: Clock) -> Source:
    """Units held for the waiting list whose time has run out, and lists that close or are told, page by page."""

    def next_due(tx: Tx) -> int | None:
        return lapses.next_due(tx, clock.now())

    async def handle(_now: int) -> None:
        while await store.write(lapses.pass_on_due, now=clock.now(), limit=PAGE) == PAGE:
            pass
        while await store.write(lapses.tidy, now=clock.now(), limit=PAGE):
            pass

    return Source(name="waitlist", next_due=next_due, handle=handle)


def claims_to_release(store: Store, clock: Clock) -> Source:
    """What words in a group hold, and nobody has ordered in time."""

    async def handle(_now: int) -> None:
        while await store.write(claims.release_due, now=clock.now(), limit=PAGE) == PAGE:
            pass

    return Source(name="claims", next_due=claims.next_due, handle=handle)


def stream_reminders(store: Store, clock: Clock) -> Source:
    """Reminders of streams, told to their watchers page by page."""

    async def handle(now: int) -> None:
        for reminder in await store.read(reminders.due, now):
            while not await store.write(reminders.fan_out, reminder, clock.now()):
                pass

    return Source(name="reminders", next_due=reminders.next_due, handle=handle)


def stream_broadcasts(store: Store, clock: Clock) -> Source:
    """Announcements that have people left to tell; due from the moment they stand in the books."""

    def next_due(tx: Tx) -> int | None:
        return 0 if broadcasts.running(tx) else None

    async def handle(_now: int) -> None:
        for broadcast in await store.read(broadcasts.running):
            while not await store.write(broadcasts.fan_out, broadcast, clock.now()):
                pass

    return Source(name="broadcasts", next_due=next_due, handle=handle)


def broadcast_progress(store: Store, clock: Clock) -> Source:
    """How far a long broadcast has come, told to the host who began it."""

    async def handle(now: int) -> None:
        for broadcast in await store.read(progress.due, now):
            await store.write(progress.report, broadcast, clock.now())

    return Source(name="progress", next_due=progress.next_due, handle=handle)


def sold_out(store: Store, clock: Clock) -> Source:
    """Offers that have sold out, told to their hosts; due from the moment it stands in the books."""

    async def handle(_now: int) -> None:
        while await store.write(soldouts.tell_due, now=clock.now(), limit=PAGE) == PAGE:
            pass

    return Source(name="soldout", next_due=soldouts.next_due, handle=handle)


def presale_delays(store: Store, clock: Clock) -> Source:
    """Presales whose date has moved: buyers are asked, reminded, and in the end shown to the host, page by page."""

    async def handle(_now: int) -> None:
        while await store.write(delays.go_on, now=clock.now()):
            pass

    return Source(name="delays", next_due=delays.next_due, handle=handle)


def flash_prices(store: Store, clock: Clock) -> Source:
    """Flash prices whose time is over: the host is told. They cost nothing any more already."""

    async def handle(_now: int) -> None:
        while await store.write(specials.close_due, now=clock.now(), limit=PAGE) == PAGE:
            pass

    return Source(name="flash", next_due=specials.next_due, handle=handle)


def upkeep(store: Store, clock: Clock) -> Source:
    """Once an hour: forget updates done 48 h ago, and catalogue files and albums sent 30 days ago, wrong codes."""
    last = clock.now() - UPKEEP_MS  # due at the start

    def next_due(_tx: Tx) -> int | None:
        nonlocal last
        last = min(last, clock.now())  # with the clock set back the last time seems to come from the future
        return last + UPKEEP_MS

    async def handle(now: int) -> None:
        nonlocal last
        while await store.write(inbox.forget, now):
            pass
        while await store.write(imports.forget, now):
            pass
        while await store.write(albums.forget, now):
            pass
        await store.write(coupons.forget_tries, now)
        last = now

    return Source(name="upkeep", next_due=next_due, handle=handle)


def sources(store: Store, clock: Clock) -> list[Source]:
    """Everything the clock does for the books, the most urgent first."""
    return [
        clock_set_back(store, clock),
        orders_to_expire(store, clock),
        claims_to_release(store, clock),
        waiting_lists(store, clock),
        sold_out(store, clock),
        presale_delays(store, clock),
        orders_to_remind(store, clock),
        stream_broadcasts(store, clock),
        stream_reminders(store, clock),
        broadcast_progress(store, clock),
        flash_prices(store, clock),
        upkeep(store, clock),
    ]
