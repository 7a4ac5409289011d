"""One product told to everybody: who may, when, whom it reaches, and never the same twice in a short time."""

import pytest

from storage import broadcasts, groups, lots, pauses, pushes, streams
from storage.clock import HOUR
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.pushes import AGAIN_AFTER, JustPushed, NothingToOrder, Pushed
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, HOST, OTHER_HOST

GROUP, ELSEWHERE = -100, -200


@pytest.fixture
async def stall(store: Store) -> trade.Stall:
    """Ben follows, Cai asked for a reminder; one group is the stream's, another has a stream of its own."""

    def act(tx: Tx) -> trade.Stall:
        stall = trade.stall(tx, status="live")
        tx.run("UPDATE people SET follows_since = :now WHERE id = :ben", now=NOON, ben=BEN)
        seed.watcher(tx, stall.stream, CAI)
        seed.stream(tx, "OTHER")
        groups.link(tx, actor=HOST, chat=GROUP, title="Friends", code=None, can_read=True, now=NOON)
        groups.link(tx, actor=HOST, chat=ELSEWHERE, title="Others", code="OTHER", can_read=True, now=NOON)
        tx.run("DELETE FROM outbox")
        return stall

    return await store.write(act)


async def push(store: Store, offer: int, *, actor: int = HOST, now: int = NOON) -> object:
    return await store.write(pushes.push, actor=actor, offer_id=offer, now=now)


async def told(store: Store) -> list[tuple[str, int]]:
    for broadcast in await store.read(broadcasts.running):
        while not await store.write(broadcasts.fan_out, broadcast, NOON):
            pass
    return sorted(one for one in await trade.kinds_told(store) if one[0].startswith("offer_pushed"))


async def test_followers_watchers_and_the_streams_group_are_told_and_nobody_else(
    store: Store, stall: trade.Stall
) -> None:
    assert isinstance(await push(store, stall.eggs), Pushed)
    assert await told(store) == [("offer_pushed", BEN), ("offer_pushed", CAI), ("offer_pushed_group", GROUP)]


async def test_only_hosts_push(store: Store, stall: trade.Stall) -> None:
    assert await push(store, stall.eggs, actor=ANN) == NotAllowed()
    assert await push(store, 99) == NotFound()
    assert await told(store) == []


async def test_the_same_product_is_not_told_again_for_ten_minutes_whichever_way_the_clock_goes(
    store: Store, stall: trade.Stall
) -> None:
    await push(store, stall.eggs)
    again = await push(store, stall.eggs, actor=OTHER_HOST, now=NOON + AGAIN_AFTER - 1)
    assert isinstance(again, JustPushed)
    assert (again.push.at, again.push.by) == (NOON, f"Person {HOST}")
    assert isinstance(await push(store, stall.eggs, now=NOON - 1), JustPushed)
    assert isinstance(await push(store, stall.rice), Pushed)
    assert isinstance(await push(store, stall.eggs, now=NOON - HOUR), Pushed)
    assert isinstance(await push(store, stall.eggs, now=NOON + AGAIN_AFTER), Pushed)


async def test_one_product_does_not_cut_another_short(store: Store, stall: trade.Stall) -> None:
    await push(store, stall.eggs)
    await push(store, stall.rice)
    assert len(await store.read(broadcasts.running)) == 2
    assert len(await told(store)) == 6


async def test_what_cannot_be_ordered_is_not_told(store: Store, stall: trade.Stall) -> None:
    await store.write(pauses.pause, actor=HOST, offer_id=stall.eggs, now=NOON)
    assert await push(store, stall.eggs) == NothingToOrder(offer_id=stall.eggs)
    await store.write(trade.place, ANN, (stall.rice, 10))
    assert await push(store, stall.rice) == NothingToOrder(offer_id=stall.rice)
    await store.write(lots.restock, actor=HOST, offer_id=stall.rice, more=1, now=NOON)
    assert isinstance(await push(store, stall.rice), Pushed)
    await store.write(streams.end, actor=HOST, stream_id=stall.stream, now=NOON)
    assert await told(store) == [("offer_pushed_group", GROUP)], "the rest is dropped with the stream"
    assert await push(store, stall.rice, now=NOON + HOUR) == NothingToOrder(offer_id=stall.rice)


async def test_the_last_push_is_found_by_index_and_audited(store: Store, stall: trade.Stall) -> None:
    assert_no_scan(store.path, pushes._LAST, offer=1)
    await push(store, stall.eggs)
    entry = "SELECT action || ' ' || subject FROM audit WHERE action LIKE '%pushed'"
    assert await trade.book(store, entry) == f"offer.pushed offer:{stall.eggs}"
