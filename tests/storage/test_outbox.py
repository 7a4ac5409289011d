"""The outbox: what was decided is said once, in order within a chat, whatever becomes of a delivery."""

import time
from collections.abc import Iterable

import pytest

from storage import cards, outbox
from storage.cards import Card
from storage.clock import HOUR
from storage.connection import Tx
from storage.outbox import (
    Blocked,
    Delivered,
    Lane,
    Migrated,
    NotSent,
    Outcome,
    Pointless,
    Rejected,
    RetryAfter,
    Row,
    Unknown,
)
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI

GROUP, SUPERGROUP = -100, -1001000


async def tell(
    store: Store,
    chat: int,
    kind: str = "say",
    *,
    lane: Lane = Lane.REPLY,
    card: str | None = None,
    dedupe: str | None = None,
    not_before: int = 0,
) -> int | None:
    def act(tx: Tx) -> int | None:
        return outbox.tell(tx, chat, kind, now=NOON, lane=lane, card=card, dedupe=dedupe, not_before=not_before)

    return await store.write(act)


async def eligible(
    store: Store, *, held: Iterable[int] = (), limit: int = 64, now: int = NOON, lanes: Iterable[Lane] = Lane
) -> list[Row]:
    return await store.read(outbox.eligible, lanes, held, limit, now)


async def going(store: Store, *, held: Iterable[int] = (), limit: int = 64, now: int = NOON) -> list[int]:
    return [row.id for row in await eligible(store, held=held, limit=limit, now=now)]


async def take(store: Store, id_: int | None) -> Row:
    """Claim one row that may go."""
    rows = {row.id: row for row in await eligible(store)}
    assert id_ in rows
    assert await store.write(outbox.claim, [id_]) == [id_]
    return rows[id_]


async def settle(store: Store, row: Row, outcome: Outcome, now: int = NOON) -> None:
    await store.write(outbox.settle, [(row, outcome)], now)


async def state(store: Store, id_: int | None) -> tuple[str, int, str | None]:
    def query(tx: Tx) -> tuple[str, int, str | None]:
        row = tx.one("SELECT state, repeated, error FROM outbox WHERE id = :id", id=id_)
        assert row is not None
        return row["state"], row["repeated"], row["error"]

    return await store.read(query)


async def test_a_message_keeps_its_kind_and_parameters(store: Store) -> None:
    def act(tx: Tx) -> int | None:
        return outbox.tell(
            tx, ANN, "say", now=NOON, lane=Lane.ORDER, card="order:7", anchor=5, key="hello", n=3, new=True, who="李"
        )

    id_ = await store.write(act)
    (row,) = await eligible(store)
    assert (row.id, row.kind, row.chat_id, row.lane, row.card, row.anchor) == (
        id_,
        "say",
        ANN,
        Lane.ORDER,
        "order:7",
        5,
    )
    assert row.params == {"key": "hello", "n": 3, "new": True, "who": "李"}
    assert (row.attempts, row.repeated) == (0, 0)


async def test_what_has_been_enqueued_under_a_key_is_not_enqueued_again(store: Store) -> None:
    first = await tell(store, ANN, dedupe="live:7:5001")
    assert first is not None
    store.outbox.clear()
    assert await tell(store, ANN, dedupe="live:7:5001") is None
    assert not store.outbox.is_set()
    await settle(store, await take(store, first), Delivered(message_id=1))
    assert await tell(store, ANN, dedupe="live:7:5001") is None
    assert await going(store) == []


async def test_unsent_rows_of_a_card_give_way_to_the_newest_in_the_same_chat(store: Store) -> None:
    old = await tell(store, ANN, card="payment:1")
    other_card = await tell(store, ANN, card="payment:2")
    other_chat = await tell(store, BEN, card="payment:1")
    new = await tell(store, ANN, card="payment:1")
    assert await state(store, old) == ("dropped", 0, "replaced by a newer one")
    assert await going(store) == [other_card, other_chat]
    await settle(store, await take(store, other_card), Delivered(message_id=1))
    assert await going(store) == [other_chat, new]


async def test_a_card_that_is_on_its_way_is_not_called_back(store: Store) -> None:
    first = await tell(store, ANN, card="payment:1")
    row = await take(store, first)
    second = await tell(store, ANN, card="payment:1")
    assert (await state(store, first))[0] == "sending"
    await settle(store, row, Delivered(message_id=9))
    assert await going(store) == [second]


async def test_a_key_that_is_refused_replaces_no_card(store: Store) -> None:
    await tell(store, BEN, dedupe="once")
    waiting = await tell(store, ANN, card="desk:1")
    assert await tell(store, ANN, card="desk:1", dedupe="once") is None
    assert (await state(store, waiting))[0] == "queued"


async def test_a_chats_rows_leave_in_order_one_at_a_time(store: Store) -> None:
    first, second = [await tell(store, ANN) for _ in range(2)]
    others = await tell(store, BEN)
    third = await tell(store, ANN)
    assert await going(store) == [first, others]
    row = await take(store, first)
    assert await going(store) == [others]
    await settle(store, row, Delivered(message_id=1))
    assert await going(store) == [second, others]
    await settle(store, await take(store, second), Delivered(message_id=2))
    assert await going(store) == [others, third]


async def test_only_a_broadcast_lets_others_pass(store: Store) -> None:
    broadcast = await tell(store, ANN, lane=Lane.BROADCAST)
    later_broadcast = await tell(store, ANN, lane=Lane.BROADCAST)
    reminder = await tell(store, ANN, lane=Lane.REMINDER)
    reply = await tell(store, ANN, lane=Lane.REPLY)
    assert await going(store) == [reminder, broadcast]
    await settle(store, await take(store, reminder), Delivered(message_id=1))
    assert await going(store) == [reply, broadcast]
    row = await take(store, broadcast)
    assert await going(store) == []
    await settle(store, row, Delivered(message_id=2))
    assert await going(store) == [reply, later_broadcast]


async def test_lanes_leave_first_to_last(store: Store) -> None:
    ids = {lane: await tell(store, 100 + lane, lane=lane) for lane in reversed(Lane)}
    assert await going(store) == [ids[lane] for lane in Lane]
    assert await going(store, limit=2) == [ids[Lane.REPLY], ids[Lane.ORDER]]
    bulk = await eligible(store, lanes=[Lane.REMINDER, Lane.BROADCAST])
    assert [row.id for row in bulk] == [ids[Lane.REMINDER], ids[Lane.BROADCAST]]


async def test_what_is_not_due_waits_and_lets_others_pass(store: Store) -> None:
    later = await tell(store, ANN, not_before=NOON + HOUR)
    now = await tell(store, ANN)
    assert await going(store) == [now]
    assert await store.read(outbox.next_due, NOON) == NOON + HOUR
    assert await going(store, now=NOON + HOUR) == [later]
    assert await store.read(outbox.next_due, NOON + HOUR) is None


async def test_a_held_row_stays_and_keeps_its_place(store: Store) -> None:
    first, second = [await tell(store, ANN) for _ in range(2)]
    assert first is not None
    assert await going(store, held=[first]) == []
    assert await going(store, held=[999]) == [first]
    assert (await state(store, second))[0] == "queued"


async def test_a_row_is_claimed_once(store: Store) -> None:
    id_ = await tell(store, ANN)
    assert id_ is not None
    assert await store.write(outbox.claim, [id_, 999]) == [id_]
    assert await store.write(outbox.claim, [id_]) == []
    assert await trade.book(store, "SELECT attempts FROM outbox") == 1


async def test_what_was_on_its_way_at_a_kill_goes_again_and_is_counted(store: Store) -> None:
    ids = [await tell(store, chat) for chat in (ANN, BEN, CAI)]
    await take(store, ids[0])
    await settle(store, await take(store, ids[1]), Delivered(message_id=1))
    store.outbox.clear()
    assert await store.write(outbox.heal) == 1
    assert store.outbox.is_set()
    assert await going(store) == [ids[0], ids[2]]
    assert await state(store, ids[0]) == ("queued", 1, "cut short")
    assert await store.write(outbox.heal) == 0


@pytest.mark.parametrize(
    ("outcome", "ends"),
    [
        (Delivered(message_id=9), ("sent", 0, None)),
        (Delivered(), ("sent", 0, None)),
        (Blocked(), ("dropped", 0, "blocked")),
        (RetryAfter(seconds=3), ("queued", 0, "asked to wait")),
        (Rejected(reason="bad entity"), ("failed", 0, "bad entity")),
        (Pointless(reason="stream over"), ("dropped", 0, "stream over")),
        (NotSent(reason="refused"), ("queued", 0, "refused")),
        (Unknown(reason="timed out"), ("queued", 1, "timed out")),
        (Migrated(chat_id=SUPERGROUP), ("queued", 0, "chat moved")),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_every_outcome_ends_a_row_in_its_own_way(
    store: Store, outcome: Outcome, ends: tuple[str, int, str | None]
) -> None:
    id_ = await tell(store, ANN)
    await settle(store, await take(store, id_), outcome)
    assert await state(store, id_) == ends
    assert await going(store) == ([id_] if ends[0] == "queued" else [])
    ended = await trade.book(store, "SELECT ended_at FROM outbox")
    assert ended == (None if ends[0] == "queued" else NOON)


async def test_a_delivered_card_is_found_where_it_stands(store: Store) -> None:
    for message_id, has_media in ((5, True), (6, False)):
        id_ = await tell(store, ANN, card="order:7")
        await settle(store, await take(store, id_), Delivered(message_id=message_id, has_media=has_media))
        assert await store.read(cards.find, "order:7", ANN) == Card(message_id=message_id, has_media=has_media)
    assert await store.read(cards.find, "order:7", BEN) is None
    assert await store.read(cards.shown_by, ANN, 6) == ["order:7"]
    assert await store.read(cards.chats, "order:7") == [ANN]


async def test_a_person_who_blocked_the_bot_is_remembered_and_skipped(store: Store) -> None:
    await store.write(lambda tx: seed.person(tx, ANN))
    first, second = [await tell(store, ANN, lane=lane) for lane in (Lane.ORDER, Lane.BROADCAST)]
    others = await tell(store, BEN)
    await settle(store, await take(store, first), Blocked())
    assert await state(store, second) == ("dropped", 0, "blocked")
    assert await going(store) == [others]
    assert await trade.book(store, "SELECT blocked_at FROM people WHERE id = :id", id=ANN) == NOON


async def test_a_block_ends_the_row_also_when_the_clock_was_set_back(store: Store) -> None:
    """It would stay on its way for ever, and its chat with it."""
    id_ = await tell(store, ANN)
    await settle(store, await take(store, id_), Blocked(), now=NOON - HOUR)
    assert await state(store, id_) == ("dropped", 0, "blocked")
    after = await tell(store, ANN)
    assert await going(store) == [after]


async def test_what_waits_for_a_group_follows_it_when_it_moves(store: Store) -> None:
    first, second = [await tell(store, GROUP) for _ in range(2)]
    await settle(store, await take(store, first), Migrated(chat_id=SUPERGROUP))
    rows = await eligible(store)
    assert [(row.id, row.chat_id) for row in rows] == [(first, SUPERGROUP)]
    await settle(store, await take(store, first), Delivered(message_id=1))
    assert [(row.id, row.chat_id) for row in await eligible(store)] == [(second, SUPERGROUP)]


async def test_several_deliveries_are_written_down_at_once(store: Store) -> None:
    rows = [await take(store, await tell(store, chat)) for chat in (ANN, BEN, CAI)]
    outcomes: list[Outcome] = [Delivered(message_id=1), Unknown(reason="reset"), Rejected(reason="empty")]
    await store.write(outbox.settle, list(zip(rows, outcomes, strict=True)), NOON)
    assert [(await state(store, row.id))[0] for row in rows] == ["sent", "queued", "failed"]


async def test_rows_that_ended_long_ago_are_forgotten_by_the_page(store: Store) -> None:
    def many(tx: Tx) -> None:
        for number in range(501):
            outbox.tell(tx, ANN, "say", now=NOON, dedupe=f"old:{number}")
        tx.run("UPDATE outbox SET state = 'sent', ended_at = :now", now=NOON)
        outbox.tell(tx, ANN, "say", now=NOON)

    await store.write(many)
    assert await store.write(outbox.forget, NOON) == 0
    assert [await store.write(outbox.forget, NOON + 1) for _ in range(3)] == [500, 1, 0]
    assert await trade.book(store, "SELECT count(*) FROM outbox") == 1


FILL = """
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
    INSERT INTO outbox (kind, params, chat_id, lane, not_before, created_at)
    SELECT 'say', '{}', CASE WHEN :chats THEN 1 + i % :chats ELSE 1 END, :lane, 0, 0 FROM n
"""


async def fill(store: Store, rows: int, chats: int, lane: Lane) -> None:
    await store.write(lambda tx: tx.run(FILL, rows=rows, chats=chats, lane=int(lane)))


async def quickest_look(store: Store, held: int = 0) -> float:
    """Seconds of the best of three, so that a busy machine does not fail the test."""

    def look(tx: Tx) -> float:
        begun = time.perf_counter()
        outbox.eligible(tx, Lane, range(1, held + 1), 64, NOON)
        outbox.next_due(tx, NOON)
        return time.perf_counter() - begun

    return min([await store.read(look) for _ in range(3)])


async def test_a_long_broadcast_costs_a_look_no_more_than_a_short_one(store: Store) -> None:
    await fill(store, 50_000, 50_000, Lane.BROADCAST)
    assert await quickest_look(store) < 0.05
    assert await quickest_look(store, held=2_000) < 0.05


@pytest.mark.parametrize("lane", [Lane.REPLY, Lane.BROADCAST])
async def test_five_thousand_rows_of_one_chat_are_not_compared_with_each_other(store: Store, lane: Lane) -> None:
    await fill(store, 5_000, 0, lane)
    assert await going(store) == [1]
    assert await quickest_look(store) < 0.05


async def test_no_hot_statement_walks_the_table(store: Store) -> None:
    await fill(store, 100_000, 30_000, Lane.BROADCAST)

    def analyse(tx: Tx) -> None:
        tx.run("UPDATE outbox SET state = 'sent', ended_at = 1 WHERE id % 2")

    await store.write(analyse)
    one = {"id": 1, "chat": 1, "now": NOON}
    assert_no_scan(store.path, outbox._ELIGIBLE, lane=3, now=NOON, held="[1,2]", limit=64)
    assert_no_scan(store.path, outbox._NEXT_DUE, now=NOON)
    assert_no_scan(store.path, outbox._CLAIM, id=1)
    assert_no_scan(store.path, outbox._COLLAPSE, card="order:1", **one)
    assert_no_scan(store.path, outbox._END, state="sent", error=None, message_id=1, id=1, now=NOON)
    assert_no_scan(store.path, outbox._AGAIN, repeated=1, error="", id=1)
    assert_no_scan(store.path, outbox._MOVE, to=2, chat=1)
    assert_no_scan(store.path, outbox._DROP_BLOCKED, **one)
    assert_no_scan(store.path, outbox._HEAL)
    assert_no_scan(store.path, outbox._FORGET, before=1)
