"""Watchers: asking to be reminded, and no longer."""

from shop.streams import StreamStatus
from storage import watchers
from storage.connection import Tx
from storage.people import NotFound
from storage.store import Store
from storage.streams import OutOfTurn
from storage.watchers import NotWatching, Watching
from tests.clock import NOON
from tests.storage import seed
from tests.storage.seed import ANN, BEN, HOST


async def a_stream(store: Store, status: str = "announced") -> int:
    def act(tx: Tx) -> int:
        seed.staff_and_viewers(tx)
        return seed.stream(tx, status=status)

    return await store.write(act)


async def test_tapping_remind_me_twice_is_harmless(store: Store) -> None:
    stream = await a_stream(store)
    first = await store.write(watchers.watch, actor=ANN, stream_id=stream, now=NOON, anchor=5)
    second = await store.write(watchers.watch, actor=ANN, stream_id=stream, now=NOON, anchor=5)
    assert isinstance(first, Watching)
    assert isinstance(second, Watching)
    assert (first.is_new, second.is_new) == (True, False)
    assert await store.read(watchers.count, stream) == 1
    assert await store.read(watchers.is_watching, stream, ANN)
    assert not await store.read(watchers.is_watching, stream, BEN)
    assert await store.read(seed.told) == [("stream_card", ANN), ("stream_card", ANN)]


async def test_reminders_stop_when_asked_also_twice(store: Store) -> None:
    stream = await a_stream(store)
    await store.write(watchers.watch, actor=ANN, stream_id=stream, now=NOON)
    first = await store.write(watchers.unwatch, actor=ANN, stream_id=stream, now=NOON)
    second = await store.write(watchers.unwatch, actor=ANN, stream_id=stream, now=NOON)
    assert isinstance(first, NotWatching)
    assert isinstance(second, NotWatching)
    assert (first.is_new, second.is_new) == (True, False)
    assert await store.read(watchers.count, stream) == 0


async def test_a_draft_can_be_watched_by_its_hosts_only(store: Store) -> None:
    stream = await a_stream(store, "draft")
    assert await store.write(watchers.watch, actor=ANN, stream_id=stream, now=NOON) == NotFound()
    assert await store.write(watchers.unwatch, actor=ANN, stream_id=stream, now=NOON) == NotFound()
    assert isinstance(await store.write(watchers.watch, actor=HOST, stream_id=stream, now=NOON), Watching)


async def test_a_stream_that_is_over_reminds_nobody(store: Store) -> None:
    stream = await a_stream(store, "ended")
    refused = await store.write(watchers.watch, actor=ANN, stream_id=stream, now=NOON)
    assert refused == OutOfTurn(status=StreamStatus.ENDED)
    assert await store.write(watchers.watch, actor=ANN, stream_id=99, now=NOON) == NotFound()
