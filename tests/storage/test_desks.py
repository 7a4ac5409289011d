"""Desks: what a host sees of a stream, and the acts that put two others together."""

from functools import partial

from shop.streams import StreamStatus
from storage import desks, dialogs, streams
from storage.connection import Tx
from storage.desks import CalledOff, Desk, Dropped, Opened
from storage.dialogs import Dialog, Moved
from storage.people import NotAllowed, NotFound
from storage.store import Store
from storage.streams import Created, OutOfTurn
from tests.clock import NOON
from tests.storage import seed
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, HOST, OTHER_HOST, OWNER


def a_market(tx: Tx) -> tuple[int, int]:
    """An announced stream with eggs: one order unpaid, one paid, one completed."""
    seed.staff_and_viewers(tx)
    seed.person(tx, 6001, follows=True)
    seed.person(tx, 6002, follows=True, blocked=True)
    stream = seed.stream(tx)
    seed.watcher(tx, stream, ANN)
    offer = seed.offer(tx, stream, seed.product(tx, seed.supplier(tx)))
    for buyer, status in ((ANN, "pending"), (BEN, "paid"), (CAI, "completed")):
        order = seed.order(tx, buyer, offer, 2, status=status)
        tx.run("UPDATE offers SET taken = taken + 2 WHERE id = :id", id=offer)
        tx.run(
            "INSERT INTO stock_movements (offer_id, order_id, kind, units, reason, at)"
            " VALUES (:offer, :order, 'take', 2, 'test', :now)",
            offer=offer,
            order=order,
            now=NOON,
        )
    return stream, offer


async def test_a_desk_counts_people_and_orders(store: Store) -> None:
    stream, offer = await store.write(a_market)
    desk = await store.read(desks.view, stream, HOST)
    assert isinstance(desk, Desk)
    assert (desk.followers, desk.watchers) == (1, 1)
    assert (desk.unpaid, desk.paid, desk.completed) == (1, 1, 1)
    assert [found.id for found in desk.offers] == [offer]
    assert desk.offers[0].free == 4


async def test_a_desk_is_for_hosts_and_owners(store: Store) -> None:
    stream, _ = await store.write(a_market)
    assert await store.read(desks.view, stream, ANN) is None
    assert await store.read(desks.view, stream, OWNER) is not None
    assert await store.read(desks.view, 99, HOST) is None
    assert await store.write(desks.open_desk, actor=ANN, stream_id=stream, now=NOON) == NotAllowed()
    assert await store.write(desks.open_desk, actor=HOST, stream_id=99, now=NOON) == NotFound()
    assert await store.read(seed.told) == []


async def test_opening_a_desk_shows_it_as_the_card_and_leaves_what_was_asked_there(store: Store) -> None:
    stream, _ = await store.write(a_market)
    other = await store.write(lambda tx: seed.stream(tx, "OTHER"))

    async def asked_about(about: int) -> Dialog:
        return await store.write(
            dialogs.begin, actor=HOST, kind="offering", step="card", data={"stream": about}, now=NOON, silent=True
        )

    for about, stays in ((other, True), (stream, False)):
        dialog = await asked_about(about)
        opened = await store.write(desks.open_desk, actor=HOST, stream_id=stream, now=NOON)
        assert opened == Opened(stream_id=stream)
        assert (await store.read(dialogs.view, dialog.id) is not None) is stays
    card = await store.read(lambda tx: tx.value("SELECT card FROM outbox ORDER BY id DESC"))
    assert card == f"desk:{stream}"


async def test_calling_off_ends_the_unpaid_orders_and_keeps_the_paid(store: Store) -> None:
    stream, offer = await store.write(a_market)
    outcome = await store.write(desks.call_off, actor=HOST, stream_id=stream, now=NOON)
    assert isinstance(outcome, CalledOff)
    assert (outcome.unpaid, outcome.paid, outcome.stream.status) == (1, 1, StreamStatus.CANCELLED)
    statuses = await store.read(lambda tx: [row[0] for row in tx.all("SELECT status FROM orders ORDER BY id")])
    assert statuses == ["cancelled", "paid", "completed"]
    assert await store.read(lambda tx: tx.value("SELECT taken FROM offers WHERE id = :id", id=offer)) == 4
    again = await store.write(desks.call_off, actor=HOST, stream_id=stream, now=NOON)
    assert again == OutOfTurn(status=StreamStatus.CANCELLED)


async def test_nobody_but_a_host_calls_off_and_then_nothing_changes(store: Store) -> None:
    stream, _ = await store.write(a_market)
    assert await store.write(desks.call_off, actor=ANN, stream_id=stream, now=NOON) == NotAllowed()
    assert await store.read(lambda tx: tx.value("SELECT count(*) FROM orders WHERE status = 'pending'")) == 1


async def a_dialog(store: Store, actor: int) -> Dialog:
    return await store.write(dialogs.begin, actor=actor, kind="newstream", step="picture", data={}, now=NOON)


def creating(actor: int) -> partial[Created | NotAllowed]:
    return partial(streams.create, actor=actor, title="Spring", starts_at=NOON, platforms=[], photo=None, now=NOON)


async def test_a_dialog_ends_together_with_its_act(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    dialog = await a_dialog(store, HOST)
    outcome = await store.write(desks.conclude, dialog=dialog, act=creating(HOST), now=NOON)
    assert isinstance(outcome, Created)
    assert await store.read(dialogs.of, HOST) is None
    again = await store.write(desks.conclude, dialog=dialog, act=creating(HOST), now=NOON)
    assert again == Moved()
    assert await store.read(lambda tx: tx.value("SELECT count(*) FROM streams")) == 1


async def test_a_refused_act_ends_the_dialog_too(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    dialog = await a_dialog(store, ANN)
    outcome = await store.write(desks.conclude, dialog=dialog, act=creating(ANN), now=NOON)
    assert outcome == Dropped(why=NotAllowed())
    assert await store.read(dialogs.of, ANN) is None
    assert await store.read(lambda tx: tx.value("SELECT count(*) FROM streams")) == 0


async def test_a_dialog_that_has_moved_on_is_not_concluded(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    dialog = await a_dialog(store, HOST)
    await store.write(dialogs.advance, dialog=dialog, step="title", data={}, now=NOON)
    assert await store.write(desks.conclude, dialog=dialog, act=creating(HOST), now=NOON) == Moved()
    assert await store.read(dialogs.of, HOST) is not None


async def test_an_owner_looks_for_everybodys_streams_a_host_for_their_own(store: Store) -> None:
    def act(tx: Tx) -> None:
        seed.staff_and_viewers(tx)
        seed.stream(tx, "MINE", status="draft")
        seed.stream(tx, "THEIRS", host=OTHER_HOST)

    await store.write(act)
    assert [found.code for found in await store.read(desks.streams_for, HOST)] == ["MINE"]
    assert [found.code for found in await store.read(desks.streams_for, OWNER)] == ["THEIRS", "MINE"]
    assert [found.code for found in await store.read(desks.streams_for, OWNER, 1)] == ["THEIRS"]


async def test_desks_are_counted_by_index(store: Store) -> None:
    assert_no_scan(store.path, desks._FOLLOWERS)
    assert_no_scan(store.path, desks._ORDERS, stream=1)
