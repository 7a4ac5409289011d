"""Streams: each step once, by a host, with everything that follows from it in the same transaction."""

from dataclasses import replace

import pytest

from shop.streams import StreamStatus
from storage import broadcasts, reminders, streams, trails
from storage.clock import DAY, HOUR, MINUTE
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.store import Refused, Store
from storage.streams import AlreadyAnnounced, Created, Edited, OutOfTurn, Platform, Stream, StreamCancelled
from storage.trails import Wanted
from tests.clock import NOON
from tests.storage import seed
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST, OTHER_HOST, OWNER

OFFSETS = (DAY, HOUR, 10 * MINUTE)
START = NOON + 2 * HOUR
KUAISHOU = Platform(name="Kuaishou", url="https://example.org/live")


async def a_draft(store: Store) -> Stream:
    await store.write(seed.staff_and_viewers)
    created = await store.write(
        streams.create, actor=HOST, title="Spring stream", starts_at=START, platforms=[KUAISHOU], photo=None, now=NOON
    )
    assert isinstance(created, Created)
    return created.stream


async def announced(store: Store) -> Stream:
    stream = await a_draft(store)
    await store.write(streams.announce, actor=HOST, stream_id=stream.id, offsets_ms=OFFSETS, now=NOON)
    return await now_is(store, stream)


async def now_is(store: Store, stream: Stream) -> Stream:
    found = await store.read(streams.view, stream.id)
    assert found is not None
    return found


async def reminder_rows(store: Store) -> list[tuple[int, str]]:
    def query(tx: Tx) -> list[tuple[int, str]]:
        return [(row["before_ms"], row["state"]) for row in tx.all("SELECT * FROM reminders ORDER BY due_at")]

    return await store.read(query)


async def broadcast_kinds(store: Store) -> list[str]:
    def query(tx: Tx) -> list[str]:
        return [row["kind"] for row in tx.all("SELECT kind FROM broadcasts ORDER BY id")]

    return await store.read(query)


async def test_a_new_stream_is_a_draft_with_a_code_and_a_desk(store: Store) -> None:
    stream = await a_draft(store)
    assert stream.status is StreamStatus.DRAFT
    assert stream.platforms == (KUAISHOU,)
    assert len(stream.code) == 6
    assert await store.read(streams.by_code, stream.code.lower()) == stream
    assert await store.read(seed.told) == [("desk", HOST)]


async def test_a_draft_is_seen_by_hosts_only(store: Store) -> None:
    draft = await a_draft(store)
    seen = [person for person in (HOST, OTHER_HOST, OWNER, CASHIER, ANN) if await sees(store, draft, person)]
    assert seen == [HOST, OTHER_HOST, OWNER]
    assert await sees(store, replace(draft, status=StreamStatus.ANNOUNCED), ANN)


async def sees(store: Store, stream: Stream, person: int) -> bool:
    return await store.read(streams.is_visible_to, stream, person)


async def test_announcing_sets_reminders_and_starts_a_broadcast_even_without_followers(store: Store) -> None:
    store.due.clear()
    stream = await announced(store)
    assert stream.status is StreamStatus.ANNOUNCED
    assert stream.announced_at == NOON
    # A day before has gone by: it is not made up.
    assert await reminder_rows(store) == [(HOUR, "due"), (10 * MINUTE, "due"), (0, "due")]
    assert await broadcast_kinds(store) == ["announce"]
    assert store.due.is_set()


async def test_a_second_tap_on_announce_changes_nothing(store: Store) -> None:
    stream = await announced(store)
    again = await store.write(
        streams.announce, actor=OTHER_HOST, stream_id=stream.id, offsets_ms=OFFSETS, now=NOON + 1
    )
    assert again == AlreadyAnnounced(stream=stream)
    assert await broadcast_kinds(store) == ["announce"]
    assert await now_is(store, stream) == stream


async def test_the_desk_answers_the_tap_and_other_hosts_copies_follow(store: Store) -> None:
    stream = await a_draft(store)

    def copies(tx: Tx) -> None:
        tx.run("UPDATE outbox SET state = 'sent'")
        for chat in (HOST, OTHER_HOST, ANN):
            tx.run(
                "INSERT INTO cards VALUES (:card, :chat, 5, 0, :now)", card=f"desk:{stream.id}", chat=chat, now=NOON
            )

    await store.write(copies)
    await store.write(
        streams.announce, actor=OTHER_HOST, stream_id=stream.id, offsets_ms=OFFSETS, now=NOON, anchor=77
    )

    def rows(tx: Tx) -> list[tuple[int, int | None, str]]:
        found = tx.all("SELECT * FROM outbox WHERE state = 'queued' ORDER BY id")
        return [(row["chat_id"], row["anchor"], row["card"]) for row in found]

    desk = f"desk:{stream.id}"
    assert await store.read(rows) == [(OTHER_HOST, 77, desk), (HOST, None, desk)]


async def test_going_live_tells_and_drops_the_reminders_left(store: Store) -> None:
    stream = await announced(store)
    await store.write(streams.go_live, actor=HOST, stream_id=stream.id, now=NOON + HOUR)
    assert (await now_is(store, stream)).live_at == NOON + HOUR
    assert {state for _, state in await reminder_rows(store)} == {"dropped"}
    assert await broadcast_kinds(store) == ["announce", "live"]
    again = await store.write(streams.go_live, actor=HOST, stream_id=stream.id, now=NOON + HOUR)
    assert again == OutOfTurn(status=StreamStatus.LIVE)


async def test_a_draft_cannot_go_live(store: Store) -> None:
    stream = await a_draft(store)
    refused = await store.write(streams.go_live, actor=HOST, stream_id=stream.id, now=NOON)
    assert refused == OutOfTurn(status=StreamStatus.DRAFT)


@pytest.mark.parametrize("is_live", [True, False], ids=["after going live", "when go live was forgotten"])
async def test_a_stream_ends_with_a_report(store: Store, is_live: bool) -> None:
    stream = await announced(store)
    if is_live:
        await store.write(streams.go_live, actor=HOST, stream_id=stream.id, now=NOON)
    await store.write(streams.end, actor=OTHER_HOST, stream_id=stream.id, now=NOON + HOUR)
    assert (await now_is(store, stream)).status is StreamStatus.ENDED
    assert (await store.read(seed.told))[-2:] == [("report", OTHER_HOST), ("report", HOST)]
    assert {state for _, state in await reminder_rows(store)} == {"dropped"}
    assert await store.read(reminders.next_due) is None
    again = await store.write(streams.end, actor=HOST, stream_id=stream.id, now=NOON + HOUR)
    assert again == OutOfTurn(status=StreamStatus.ENDED)


async def test_a_cancelled_stream_names_its_unpaid_orders_and_leaves_them(store: Store) -> None:
    stream = await announced(store)

    def orders(tx: Tx) -> list[int]:
        offer = seed.offer(tx, stream.id, seed.product(tx, seed.supplier(tx)))
        return [
            seed.order(tx, buyer, offer, 1, status=status)
            for buyer, status in ((ANN, "pending"), (BEN, "paid"), (CAI, "pending"), (CAI, "expired"))
        ]

    placed = await store.write(orders)
    outcome = await store.write(streams.cancel, actor=HOST, stream_id=stream.id, now=NOON + 1)
    assert isinstance(outcome, StreamCancelled)
    assert outcome.pending_orders == (placed[0], placed[2])
    assert outcome.stream.cancelled_at == NOON + 1
    assert await broadcast_kinds(store) == ["announce", "cancelled"]
    assert await store.read(lambda tx: tx.value("SELECT COUNT(*) FROM orders WHERE status = 'pending'")) == 2


async def test_calling_off_a_draft_tells_nobody(store: Store) -> None:
    stream = await a_draft(store)
    await store.write(streams.cancel, actor=HOST, stream_id=stream.id, now=NOON)
    assert await store.read(broadcasts.running) == []


async def test_a_moved_stream_gets_new_reminders_and_its_watchers_hear_of_it(store: Store) -> None:
    stream = await announced(store)
    later = START + DAY
    edited = await store.write(
        streams.edit, actor=HOST, stream_id=stream.id, offsets_ms=OFFSETS, starts_at=later, now=NOON
    )
    assert isinstance(edited, Edited)
    assert edited.is_moved
    assert (edited.stream.starts_at, edited.stream.title) == (later, stream.title)
    assert await reminder_rows(store) == [
        (HOUR, "dropped"),
        (10 * MINUTE, "dropped"),
        (0, "dropped"),
        (DAY, "due"),
        (HOUR, "due"),
        (10 * MINUTE, "due"),
        (0, "due"),
    ]
    assert await broadcast_kinds(store) == ["announce", "moved"]


async def test_a_new_title_tells_nobody_and_moves_nothing(store: Store) -> None:
    stream = await announced(store)
    edited = await store.write(
        streams.edit, actor=HOST, stream_id=stream.id, offsets_ms=OFFSETS, title="Honey day", photo="file-1", now=NOON
    )
    assert isinstance(edited, Edited)
    assert not edited.is_moved
    assert edited.stream == replace(stream, title="Honey day", photo="file-1")
    assert await broadcast_kinds(store) == ["announce"]


async def test_a_draft_moves_silently_and_a_live_stream_not_at_all(store: Store) -> None:
    stream = await a_draft(store)
    edited = await store.write(
        streams.edit, actor=HOST, stream_id=stream.id, offsets_ms=OFFSETS, starts_at=START + HOUR, now=NOON
    )
    assert isinstance(edited, Edited)
    assert not edited.is_moved
    assert await reminder_rows(store) == []
    await store.write(streams.announce, actor=HOST, stream_id=stream.id, offsets_ms=OFFSETS, now=NOON)
    await store.write(streams.go_live, actor=HOST, stream_id=stream.id, now=NOON)
    refused = await store.write(
        streams.edit, actor=HOST, stream_id=stream.id, offsets_ms=OFFSETS, starts_at=START, now=NOON
    )
    assert refused == OutOfTurn(status=StreamStatus.LIVE)


@pytest.mark.parametrize("actor", [ANN, CASHIER])
async def test_nobody_but_a_host_moves_a_stream(store: Store, actor: int) -> None:
    stream = await announced(store)
    outcomes: list[object] = [
        await store.write(
            streams.create, actor=actor, title="Mine", starts_at=START, platforms=[], photo=None, now=NOON
        ),
        await store.write(streams.announce, actor=actor, stream_id=stream.id, offsets_ms=OFFSETS, now=NOON),
        await store.write(streams.go_live, actor=actor, stream_id=stream.id, now=NOON),
        await store.write(streams.end, actor=actor, stream_id=stream.id, now=NOON),
        await store.write(streams.cancel, actor=actor, stream_id=stream.id, now=NOON),
        await store.write(streams.edit, actor=actor, stream_id=stream.id, offsets_ms=OFFSETS, title="Mine", now=NOON),
    ]
    assert outcomes == [NotAllowed()] * 6
    assert await now_is(store, stream) == stream


async def test_a_stream_that_is_not_there_is_not_found(store: Store) -> None:
    await a_draft(store)
    for act in (streams.go_live, streams.end, streams.cancel):
        outcome: object = await store.write(act, actor=HOST, stream_id=99, now=NOON)
        assert outcome == NotFound()
        assert isinstance(outcome, Refused)


async def test_every_step_says_who_took_it(store: Store) -> None:
    stream = await announced(store)
    await store.write(streams.cancel, actor=OWNER, stream_id=stream.id, now=NOON)
    page = await store.read(trails.page, Wanted(subjects=(f"stream:{stream.id}",)))
    assert [(line.action, line.actor_id) for line in page.lines] == [
        ("stream.cancelled", OWNER),
        ("stream.announced", HOST),
        ("stream.created", HOST),
    ]


async def test_upcoming_streams_stand_by_their_start_without_drafts_and_forgotten_ones(store: Store) -> None:
    def act(tx: Tx) -> None:
        seed.staff_and_viewers(tx)
        for code, status, start in (
            ("LATER", "announced", NOON + DAY),
            ("DRAFT", "draft", NOON + HOUR),
            ("SOON", "announced", NOON + HOUR),
            ("LIVE", "live", NOON - 2 * DAY),
            ("FORGOTTEN", "announced", NOON - 2 * DAY),
            ("OVER", "ended", NOON),
        ):
            seed.stream(tx, code, status=status, starts_at=start)
        seed.stream(tx, "OTHERS", host=OTHER_HOST, status="draft")

    await store.write(act)
    assert [stream.code for stream in await store.read(streams.upcoming, NOON)] == ["LIVE", "SOON", "LATER"]
    assert [stream.code for stream in await store.read(streams.of_host, HOST, 2)] == ["OVER", "FORGOTTEN"]


async def test_streams_are_found_by_index(store: Store) -> None:
    assert_no_scan(store.path, streams._VIEW, id=1)
    assert_no_scan(store.path, streams._BY_CODE, code="SPRING")
    assert_no_scan(store.path, streams._UPCOMING, since=NOON, limit=9)
    assert_no_scan(store.path, streams._OF_HOST, host=HOST, limit=9)
    assert_no_scan(store.path, streams._PENDING, stream=1)
