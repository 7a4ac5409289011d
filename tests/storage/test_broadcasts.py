"""Broadcasts: each person of the audience once, page by page, and no longer than it is news."""

import pytest

from storage import broadcasts
from storage.broadcasts import Kind
from storage.connection import Tx
from storage.outbox import Lane
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, HOST

DAN, EVE = 5004, 5005


async def a_stream(store: Store, status: str = "announced") -> int:
    """Ann, Ben, Dan and the host follow; Ben and Cai watch; Dan and Eve have blocked the bot, and Eve watches."""

    def act(tx: Tx) -> int:
        seed.staff_and_viewers(tx)
        seed.person(tx, DAN, follows=True, blocked=True)
        seed.person(tx, EVE, blocked=True)
        tx.run("UPDATE people SET follows_since = 1 WHERE id IN (:ann, :ben, :host)", ann=ANN, ben=BEN, host=HOST)
        stream = seed.stream(tx, status=status)
        for person in (BEN, CAI, EVE):
            seed.watcher(tx, stream, person)
        return stream

    return await store.write(act)


async def tell_all(store: Store, kind: Kind, stream: int, page: int = 2) -> int:
    """Start a broadcast and fan it out as the scheduler does; returns how many were told."""
    broadcast = await store.write(broadcasts.start, kind, stream, HOST, NOON)
    while not await store.write(broadcasts.fan_out, broadcast, NOON, page=page):
        pass
    assert await store.read(broadcasts.running) == []
    return await told_by(store, broadcast)


async def told_by(store: Store, broadcast: int) -> int:
    def query(tx: Tx) -> int:
        told: int = tx.value("SELECT told FROM broadcasts WHERE id = :id", id=broadcast)
        return told

    return await store.read(query)


async def change(store: Store, sql: str) -> None:
    def act(tx: Tx) -> int:
        return tx.run(sql)

    await store.write(act)


@pytest.mark.parametrize("page", [1, 2, 3, 4, 500])
async def test_an_announcement_reaches_every_follower_once_whatever_the_page(store: Store, page: int) -> None:
    stream = await a_stream(store)
    assert await tell_all(store, Kind.ANNOUNCE, stream, page) == 3
    assert await store.read(seed.told) == [("stream_card", HOST), ("stream_card", ANN), ("stream_card", BEN)]


@pytest.mark.parametrize("page", [1, 2, 3, 4, 500])
async def test_going_live_reaches_followers_and_watchers_once_each(store: Store, page: int) -> None:
    stream = await a_stream(store, "live")
    assert await tell_all(store, Kind.LIVE, stream, page) == 4
    assert await store.read(seed.told) == [("stream_live", person) for person in (HOST, ANN, BEN, CAI)]


async def test_a_move_reaches_those_who_asked_with_the_new_start(store: Store) -> None:
    stream = await a_stream(store)
    assert await tell_all(store, Kind.MOVED, stream) == 2
    assert await store.read(seed.told) == [("stream_moved", BEN), ("stream_moved", CAI)]
    params = await store.read(lambda tx: tx.value("SELECT params FROM outbox LIMIT 1"))
    assert params == f'{{"stream":{stream},"starts_at":{NOON}}}'


@pytest.mark.parametrize("page", [1, 2, 500])
async def test_a_cancelled_stream_reaches_watchers_and_buyers_whose_order_stands(store: Store, page: int) -> None:
    stream = await a_stream(store, "cancelled")

    def orders(tx: Tx) -> None:
        offer = seed.offer(tx, stream, seed.product(tx, seed.supplier(tx)))
        seed.order(tx, ANN, offer, 1, status="paid")
        seed.order(tx, ANN, offer, 1)
        seed.order(tx, BEN, offer, 1)
        seed.order(tx, HOST, offer, 1, status="expired")

    await store.write(orders)
    assert await tell_all(store, Kind.CANCELLED, stream, page) == 3
    assert await store.read(seed.told) == [("stream_cancelled", person) for person in (ANN, BEN, CAI)]


async def test_an_announcement_may_be_overtaken_and_a_cancellation_may_not(store: Store) -> None:
    stream = await a_stream(store)
    await tell_all(store, Kind.ANNOUNCE, stream)
    await change(store, "UPDATE streams SET status = 'cancelled'")
    await tell_all(store, Kind.CANCELLED, stream)

    def lanes(tx: Tx) -> set[tuple[str, int]]:
        return {(row["kind"], row["lane"]) for row in tx.all("SELECT kind, lane FROM outbox")}

    assert await store.read(lanes) == {("stream_card", Lane.BROADCAST), ("stream_cancelled", Lane.REMINDER)}


async def test_nobody_to_tell_is_an_end_too(store: Store) -> None:
    stream = await a_stream(store)
    await change(store, "UPDATE people SET follows_since = NULL")
    assert await tell_all(store, Kind.ANNOUNCE, stream) == 0


async def test_the_rest_is_dropped_once_the_stream_is_over(store: Store) -> None:
    stream = await a_stream(store)
    broadcast = await store.write(broadcasts.start, Kind.ANNOUNCE, stream, HOST, NOON)
    assert await store.write(broadcasts.fan_out, broadcast, NOON, page=1) is False
    await change(store, "UPDATE streams SET status = 'cancelled'")
    assert await store.write(broadcasts.fan_out, broadcast, NOON, page=1) is True
    assert await told_by(store, broadcast) == 1
    assert await store.read(broadcasts.running) == []


async def test_a_second_move_takes_the_place_of_the_first(store: Store) -> None:
    stream = await a_stream(store)
    first = await store.write(broadcasts.start, Kind.MOVED, stream, HOST, NOON)
    announcement = await store.write(broadcasts.start, Kind.ANNOUNCE, stream, HOST, NOON)
    second = await store.write(broadcasts.start, Kind.MOVED, stream, HOST, NOON)
    assert await store.read(broadcasts.running) == [announcement, second]
    assert await store.write(broadcasts.fan_out, first, NOON) is True
    assert await store.read(seed.told) == []


async def test_a_broadcast_wakes_the_loop_and_is_told_once_even_when_run_again(store: Store) -> None:
    stream = await a_stream(store)
    store.due.clear()
    broadcast = await store.write(broadcasts.start, Kind.ANNOUNCE, stream, HOST, NOON)
    assert store.due.is_set()
    for _ in range(2):
        await change(store, "UPDATE broadcasts SET state = 'running', cursor = 0")
        assert await store.write(broadcasts.fan_out, broadcast, NOON) is True
    assert await told_by(store, broadcast) == 3
    assert len(await store.read(seed.told)) == 3


@pytest.mark.parametrize("kind", list(Kind))
async def test_audiences_are_found_by_index(store: Store, kind: Kind) -> None:
    assert_no_scan(store.path, broadcasts._RULES[kind].audience, stream=1, cursor=0, page=9)
    assert_no_scan(store.path, broadcasts._RUNNING)
