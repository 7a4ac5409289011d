"""The desk keeps itself current: whatever changes a figure enqueues one edit in the same transaction, never more, and
the groups' messages follow by the same call.

The walk goes through every act that moves goods, orders, money or a waiting list; it compares what a desk and a group
show with what they showed when they were last written, so an act that tells nobody fails here.
"""

from collections.abc import Callable

import pytest

from shop.delivery import Tariff
from shop.discounts import Step
from shop.offers import Availability
from shop.waitlist import Mode
from shop.wanted import Line
from storage import (
    additions,
    amendments,
    calloffs,
    claiming,
    claims,
    decisions,
    deskcards,
    desks,
    dialogs,
    endings,
    groupcards,
    groups,
    lapses,
    livecards,
    lots,
    offers,
    openings,
    outbox,
    pauses,
    payments,
    people,
    redirections,
    refunds,
    requests,
    salesboard,
    shipments,
    specials,
    streams,
    tariffs,
    waiting,
    watchers,
)
from storage.clock import HOUR, MINUTE, SECOND
from storage.connection import Tx
from storage.deliveries import Destination
from storage.outbox import Delivered, Lane
from storage.store import Refused, Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST, OTHER_HOST
from tests.storage.trade import POLICY

GROUP = -1001
RULES = claiming.ClaimRules()
STRANGER = 7001


def opened(tx: Tx, *chats: int, stream: int = 1, at: int = NOON) -> None:
    """These hosts have the desk before them, written at that moment."""
    for chat in chats:
        tx.run(
            "INSERT INTO cards VALUES (:card, :chat, 7, 0, :at)"
            " ON CONFLICT DO UPDATE SET updated_at = excluded.updated_at",
            card=f"desk:{stream}",
            chat=chat,
            at=at,
        )


def waiting_rows(tx: Tx, kind: str = "desk") -> list[tuple[int, int]]:
    """(chat, not before) of the edits that wait."""
    rows = tx.all("SELECT chat_id, not_before FROM outbox WHERE state = 'queued' AND kind = :kind", kind=kind)
    return [(row["chat_id"], row["not_before"]) for row in rows]


# -- The walk -------------------------------------------------------------------------------------------------


class Walk:
    """One story, told act by act; `at` is the moment, which every act moves on."""

    def __init__(self, store: Store) -> None:
        self.store, self.at = store, NOON
        self.silent: list[str] = []

    async def begins(self) -> trade.Stall:
        def act(tx: Tx) -> trade.Stall:
            stall = trade.stall(tx, eggs=5, rice=20, status="live")
            groups.link(tx, actor=HOST, chat=GROUP, title="Friends", code=None, can_read=True, now=NOON)
            opened(tx, HOST)
            tx.run("UPDATE outbox SET state = 'sent', ended_at = 1")
            tx.run("INSERT INTO cards VALUES ('group:1', :chat, 9, 0, :now)", chat=GROUP, now=NOON)
            return stall

        return await self.store.write(act)

    async def does(self, name: str, act: Callable[[Tx], object], *, minutes: int = 1) -> object:
        """The act; what it changes of the desk or of the group's message is followed by an edit of each."""
        self.at += minutes * MINUTE

        def whole(tx: Tx) -> object:
            desk, group = _desk(tx), _group(tx)
            outcome = act(tx)
            assert not isinstance(outcome, Refused), (name, outcome)
            asked = {chat for chat, _ in (*waiting_rows(tx), *waiting_rows(tx, "group_card"))}
            if _desk(tx) != desk:
                assert HOST in asked, f"{name}: the desk is not told"
            else:
                self.silent.append(name)
            if _group(tx) != group:
                assert GROUP in asked, f"{name}: the group is not told"
            tx.run("UPDATE outbox SET state = 'sent', ended_at = 1 WHERE state = 'queued'")
            return outcome

        return await self.store.write(whole)


def _desk(tx: Tx) -> object:
    """Everything a desk shows of a stream that is public: who follows is told of drafts only."""
    found = desks.view(tx, 1, HOST)
    assert found is not None
    return found.board, found.unpaid, found.paid, found.completed, found.watchers, found.stream


def _group(tx: Tx) -> object:
    """What the group's message says: orders in words, and what is left of each product at which price."""
    listed = [(offer.free, offer.price, offer.is_paused, offer.standing(NOON)) for offer in offers.listing(tx, 1)]
    return claims.tally(tx, 1, 1), listed


async def test_every_act_that_changes_what_is_shown_is_followed_by_an_edit(store: Store) -> None:
    walk = Walk(store)
    stall = await walk.begins()
    does = walk.does

    def order(buyer: int, *lines: tuple[int, int]) -> Callable[[Tx], int]:
        return lambda tx: trade.place(tx, buyer, *lines, now=walk.at)

    def receipt(buyer: int, id_: object) -> Callable[[Tx], int]:
        return lambda tx: trade.send_receipt(tx, buyer, int(str(id_)), now=walk.at)

    def confirm(id_: object) -> Callable[[Tx], object]:
        return lambda tx: payments.confirm(tx, actor=CASHIER, payment_id=int(str(id_)), now=walk.at)

    # An order is placed, added to, changed, sent a receipt for, rejected, confirmed, shipped, received.
    first = int(str(await does("place", order(ANN, (stall.eggs, 1), (stall.rice, 2)))))

    def add(tx: Tx) -> object:
        checkout = trade.checkout(tx, ANN, (stall.rice, 1))
        return additions.add(tx, actor=ANN, checkout=checkout, order_id=first, terms="v1", policy=POLICY, now=walk.at)

    await does("add", add)
    for packs in (4, 2):
        await does(
            f"change to {packs}",
            lambda tx, packs=packs: amendments.save(
                tx, actor=ANN, dialog_id=trade.draft(tx, ANN, first, RICE=packs), now=walk.at
            ),
        )
    claim = await does("receipt", receipt(ANN, first))
    await does(
        "reject",
        lambda tx: payments.reject(
            tx, actor=CASHIER, payment_id=int(str(claim)), reason="amount", policy=POLICY, now=walk.at
        ),
    )
    await does("confirm", confirm(await does("receipt again", receipt(ANN, first))))
    parcels = await store.read(trade.parcels, first)
    eggs_parcel, rice_parcel = parcels[stall.egg_farm], parcels[stall.rice_farm]
    await does("ship", lambda tx: trade.send(tx, eggs_parcel))
    await does("cannot supply", lambda tx: shipments.fail(tx, actor=seed.OWNER, shipment_id=rice_parcel, now=walk.at))
    await does("receive", lambda tx: shipments.receive(tx, actor=ANN, shipment_id=eggs_parcel, now=walk.at))
    owed = await trade.book(store, "SELECT max(id) FROM refunds")
    await does("repay", lambda tx: refunds.repay(tx, actor=CASHIER, refund_id=int(str(owed)), now=walk.at))

    # Ways out of an order, and late money.
    gone = int(str(await does("place", order(BEN, (stall.eggs, 1)))))
    await does("cancel", lambda tx: endings.cancel(tx, actor=BEN, order_id=gone, now=walk.at))
    late = int(str(await does("place", order(BEN, (stall.eggs, 1)))))
    await does("expire", lambda tx: endings.expire_due(tx, now=walk.at), minutes=40)
    await does("late money", confirm(await does("late receipt", receipt(BEN, late))))

    def cancelled_by_host(id_: int) -> Callable[[Tx], object]:
        return lambda tx: calloffs.cancel_by_stall(tx, actor=HOST, order_id=id_, reason="no_goods", now=walk.at)

    await does("host cancels a paid one", cancelled_by_host(late))
    unpaid = int(str(await does("place", order(BEN, (stall.eggs, 1)))))
    await does("host cancels an unpaid one", cancelled_by_host(unpaid))
    asked = int(str(await does("place", order(BEN, (stall.eggs, 2), (stall.rice, 1)))))
    await does("confirm", confirm(await does("receipt", receipt(BEN, asked))))
    fewer = await store.read(lambda tx: {trade.lines(tx, asked)["EGG"]: 1})
    await does("ask", lambda tx: requests.ask_change(tx, actor=BEN, order_id=asked, lines=fewer, now=walk.at))
    request = await trade.book(store, "SELECT max(id) FROM change_requests")
    await does("agree", lambda tx: decisions.agree(tx, actor=CASHIER, request_id=int(str(request)), now=walk.at))

    # First paid, first served: nothing is taken before the money is there.
    await store.write(trade.first_paid, stall.rice)
    racing = await does("place, first paid", order(CAI, (stall.rice, 3)))
    await does("confirm, first paid", confirm(await does("receipt", receipt(CAI, racing))))

    # A price for a while, and for good.
    def flash(tx: Tx) -> object:
        return specials.start_flash(
            tx, actor=HOST, offer_id=stall.eggs, price=2900, minutes=10, quantity=1, now=walk.at
        )

    await does("flash", flash)
    await does("stop flash", lambda tx: specials.stop_flash(tx, actor=HOST, offer_id=stall.eggs, now=walk.at))
    await does("flash", flash)
    bargain = int(str(await does("place at it", order(CAI, (stall.eggs, 1)))))
    await does("cancel at it", lambda tx: endings.cancel(tx, actor=CAI, order_id=bargain, now=walk.at))
    await does("flash ends", lambda tx: specials.close_due(tx, now=walk.at), minutes=20)
    await does(
        "steps",
        lambda tx: specials.set_steps(
            tx, actor=HOST, offer_id=stall.rice, wanted=[Step(quantity=3, price=2700)], now=walk.at
        ),
    )
    await does(
        "price",
        lambda tx: lots.set_price(tx, actor=HOST, offer_id=stall.eggs, price=3000, was=3600, now=walk.at),
    )

    # Sold out: people wait, are served, refuse, let it run out, take it.
    left = int(str(await trade.free(store, stall.eggs)))
    last = int(str(await does("place the last", order(ANN, (stall.eggs, left)))))
    waits = await does("wait", lambda tx: trade.wait(tx, BEN, stall.eggs, 2, now=walk.at))
    await does("wait", lambda tx: trade.wait(tx, CAI, stall.eggs, 1, Mode.ALL, now=walk.at))
    await does("restock", lambda tx: lots.restock(tx, actor=HOST, offer_id=stall.eggs, more=3, now=walk.at))
    await does("no thanks", lambda tx: waiting.leave(tx, actor=BEN, entry_id=int(str(waits)), turn=1, now=walk.at))
    await does("a hold runs out", lambda tx: lapses.pass_on_due(tx, now=walk.at), minutes=30)
    await does(
        "lower",
        lambda tx: lots.set_quantity(
            tx,
            actor=HOST,
            offer_id=stall.eggs,
            quantity=tx.value("SELECT taken FROM offers WHERE id = :id", id=stall.eggs),
            was=tx.value("SELECT quantity FROM offers WHERE id = :id", id=stall.eggs),
            now=walk.at,
        ),
    )
    again = await does("wait", lambda tx: trade.wait(tx, BEN, stall.eggs, 2, now=walk.at))
    await does(
        "settle", lambda tx: waiting.settle(tx, actor=BEN, entry_id=int(str(again)), mode=Mode.ALL, now=walk.at)
    )
    await does("cancel", lambda tx: endings.cancel_unpaid(tx, last, ANN, "test", walk.at) or None)
    await does("take what is held", order(BEN, (stall.eggs, 1)))
    third = await does(
        "wait",
        lambda tx: trade.wait(
            tx, CAI, stall.eggs, 1 + tx.value("SELECT quantity - taken FROM offers WHERE id = :id", id=stall.eggs),
            Mode.ALL, now=walk.at,
        ),
    )  # fmt: skip
    await does("leave", lambda tx: waiting.leave(tx, actor=CAI, entry_id=int(str(third)), now=walk.at))

    # Words in the group.
    await does("restock", lambda tx: lots.restock(tx, actor=HOST, offer_id=stall.eggs, more=9, now=walk.at))
    group = await store.read(lambda tx: groups.live(tx)[0])

    def says(person: int, code: str, packs: int) -> Callable[[Tx], object]:
        lines = [Line(code=code, quantity=packs)]
        return lambda tx: claiming.say(
            tx, person=person, group=group, lines=lines, rules=RULES, below=None, now=walk.at
        )

    await does("words", says(STRANGER, "EGG", 2))
    await does("words run out", lambda tx: claims.release_due(tx, now=walk.at), minutes=15)
    await does("words of one who is known", says(ANN, "EGG", 1))
    held = await trade.book(store, "SELECT max(id) FROM claims")
    await does("words taken back", lambda tx: claims.drop(tx, actor=ANN, claim_id=int(str(held)), now=walk.at))
    await does("words", says(ANN, "EGG", 1))
    said = int(str(await does("what words hold is ordered", order(ANN, (stall.eggs, 1)))))

    # Delivery costs something, and an order that goes elsewhere comes to more.
    def costs(tx: Tx) -> object:
        supplier = tx.value("SELECT min(supplier_id) FROM order_lines WHERE order_id = :id", id=said)
        return tariffs.change(tx, actor=HOST, supplier_id=supplier, tariff=Tariff(fee=500), now=walk.at)

    await does("a fee", costs)
    to = Destination(recipient="Li Hua", phone="+8613800138000", address="3 New Road", pickup_point=None)
    await does("send elsewhere", lambda tx: redirections.redirect(tx, actor=ANN, order_id=said, to=to, now=walk.at))
    assert walk.silent[-1] != "send elsewhere", "it comes to as much as before"

    # Selling stops and goes on, the host changes the stream, and it ends.
    await does("pause", lambda tx: pauses.pause(tx, actor=HOST, offer_id=stall.eggs, now=walk.at))
    await does("resume", lambda tx: pauses.resume(tx, actor=HOST, offer_id=stall.eggs, now=walk.at))
    await does("pause all", lambda tx: pauses.pause_all(tx, actor=HOST, stream_id=1, now=walk.at))
    await does("resume all", lambda tx: pauses.resume_all(tx, actor=HOST, stream_id=1, now=walk.at))
    await does("remind me", lambda tx: watchers.watch(tx, actor=ANN, stream_id=1, now=walk.at))
    await does("stop reminders", lambda tx: watchers.unwatch(tx, actor=ANN, stream_id=1, now=walk.at))
    honey = await store.write(lambda tx: seed.product(tx, stall.egg_farm, "HONEY"))
    await does(
        "add a product",
        lambda tx: offers.add(
            tx, actor=HOST, stream_id=1, product_id=honey, quantity=2, price=100, now=walk.at,
            availability=Availability.PRESALE,
        ),
    )  # fmt: skip
    await does("edit", lambda tx: streams.edit(tx, actor=HOST, stream_id=1, title="New", offsets_ms=[], now=walk.at))
    await does("carry the list over", lambda tx: openings.carry(tx, stall.eggs, stall.rice, walk.at) and None)
    await does("unlimited", lambda tx: stock_unlimited(tx, stall.eggs, walk.at))
    await does("end", lambda tx: streams.end(tx, actor=HOST, stream_id=1, now=walk.at))
    await does("unpaid ones go", lambda tx: endings.cancel_for_stream(tx, actor=HOST, stream_id=1, now=walk.at))
    # What changes nothing that is shown. Every other act did change something, or it would prove nothing.
    assert set(walk.silent) <= {"ship", "ask", "settle", "late receipt", "a fee", "carry the list over"}, walk.silent


async def test_an_act_that_tells_nobody_would_be_found(store: Store) -> None:
    walk = Walk(store)
    await walk.begins()
    with pytest.raises(AssertionError, match="sly: the desk is not told"):
        await walk.does("sly", lambda tx: tx.run("UPDATE offers SET price = 1"))


def stock_unlimited(tx: Tx, offer: int, now: int) -> object:
    """As many as anybody wants, from now on."""
    was = tx.value("SELECT quantity FROM offers WHERE id = :id", id=offer)
    return lots.set_quantity(tx, actor=HOST, offer_id=offer, quantity=None, was=was, now=now)


# -- How often ------------------------------------------------------------------------------------------------


async def touched(store: Store, now: int) -> list[tuple[int, int]]:
    """A change at that moment; the edits that wait afterwards."""

    def act(tx: Tx) -> list[tuple[int, int]]:
        deskcards.touch(tx, 1, now)
        return waiting_rows(tx)

    return await store.write(act)


async def sends(store: Store, now: int, message: int | None = 7) -> None:
    """What waits for the host leaves and is there at that moment."""

    def act(tx: Tx) -> None:
        for row in outbox.eligible(tx, [Lane.REPLY, Lane.ORDER], [], 9, now):
            outbox.claim(tx, [row.id])
            outbox.settle(tx, [(row, Delivered(message_id=message))], now)

    await store.write(act)


async def stall_with_desk(store: Store, *chats: int) -> None:
    def act(tx: Tx) -> None:
        trade.stall(tx, status="live")
        opened(tx, *chats)

    await store.write(act)


async def test_many_changes_are_one_edit_five_seconds_after_the_last(store: Store) -> None:
    await stall_with_desk(store, HOST)
    assert [await touched(store, NOON + at) for at in (1, 10, 2_000)] == [[(HOST, NOON + 5_000)]] * 3
    assert await trade.book(store, "SELECT count(*) FROM outbox") == 1
    await sends(store, NOON + 5_000)
    assert await touched(store, NOON + 5_001) == [(HOST, NOON + 10_000)]


async def test_an_edit_that_is_leaving_is_followed_by_another(store: Store) -> None:
    await stall_with_desk(store, HOST)
    await touched(store, NOON)
    row = (await store.read(outbox.eligible, [Lane.ORDER], [], 1, NOON + 5_000))[0]
    await store.write(outbox.claim, [row.id])
    assert await touched(store, NOON + 5_000) == [(HOST, NOON + 10_000)]
    # It was three seconds on its way: the next one waits from when it was there.
    await store.write(outbox.settle, [(row, Delivered(message_id=7))], NOON + 8_000)
    assert await store.read(waiting_rows) == [(HOST, NOON + 13_000)]


async def test_a_desk_that_leaves_for_the_first_time_is_followed_too(store: Store) -> None:
    await stall_with_desk(store)
    await store.write(desks.open_desk, actor=HOST, stream_id=1, now=NOON)
    await store.write(lambda tx: tx.run("UPDATE outbox SET state = 'sending'"))
    assert await touched(store, NOON + 10) == [(HOST, NOON + 5_010)]


async def test_every_host_who_has_the_desk_gets_it_and_nobody_else(store: Store) -> None:
    await stall_with_desk(store, HOST, OTHER_HOST, ANN)
    assert sorted(chat for chat, _ in await touched(store, NOON)) == [HOST, OTHER_HOST]
    await store.write(people.blocked, person=OTHER_HOST, now=NOON)
    await store.write(lambda tx: tx.run("DELETE FROM outbox"))
    assert [chat for chat, _ in await touched(store, NOON)] == [HOST]


async def test_where_nobody_has_a_desk_nothing_is_enqueued(store: Store) -> None:
    await stall_with_desk(store)
    assert await touched(store, NOON) == []


async def test_a_clock_set_back_keeps_no_desk_waiting(store: Store) -> None:
    await stall_with_desk(store, HOST)
    await touched(store, NOON)
    earlier = NOON - HOUR
    assert not await store.read(outbox.is_from_the_future, NOON)
    assert await store.read(outbox.is_from_the_future, earlier)
    assert await store.write(outbox.pull_in, earlier) == 1
    await sends(store, earlier)
    assert await touched(store, earlier + SECOND) == [(HOST, earlier + 5_000)]


async def test_a_desk_whose_message_is_gone_is_forgotten_until_it_is_opened_again(store: Store) -> None:
    await stall_with_desk(store, HOST)
    await touched(store, NOON)
    await sends(store, NOON + 5_000, message=None)
    assert await touched(store, NOON + 6_000) == []
    await store.write(desks.open_desk, actor=HOST, stream_id=1, now=NOON + 7_000)
    await sends(store, NOON + 7_000, message=8)
    assert await touched(store, NOON + 8_000) == [(HOST, NOON + 12_000)]


async def test_a_host_who_opens_the_desk_is_answered_at_once_and_by_one_message(store: Store) -> None:
    await stall_with_desk(store, HOST)
    await touched(store, NOON)
    await store.write(desks.open_desk, actor=HOST, stream_id=1, now=NOON + 1)
    assert await store.read(waiting_rows) == [(HOST, 0)]


async def test_an_act_that_is_refused_leaves_no_edit(store: Store) -> None:
    await stall_with_desk(store, HOST)

    def act(tx: Tx) -> Refused:
        deskcards.touch(tx, 1, NOON)
        return pauses.AlreadySo(stream_id=1)

    await store.write(act)
    assert await store.read(waiting_rows) == []


@pytest.mark.parametrize(
    "sql",
    [
        deskcards._SHOWING, deskcards._STANDS_AT, deskcards._IS_REACHABLE, groupcards._SHOWING, livecards._IS_WAITING,
        livecards._IS_LEAVING, livecards._SHOWN_AT, livecards._REST, outbox._LATEST, outbox._PULL_IN,
        outbox._FORGET_CARD,
        salesboard._PAID, salesboard._WAITING, salesboard._SAID, salesboard._MONEY, salesboard._UNDER_REVIEW,
        salesboard._REFUNDS, pauses._OFFER, pauses._STREAM,
    ],
)  # fmt: skip
async def test_a_desk_is_kept_current_by_indexes(store: Store, sql: str) -> None:
    values = dict.fromkeys(("card", "chat", "message", "now", "latest", "stream", "id", "at", "until"), 1)
    assert_no_scan(store.path, sql, **values)


async def test_a_question_about_a_draft_may_stand_in_its_desks_place_and_nothing_in_a_live_ones(store: Store) -> None:
    await stall_with_desk(store, HOST)
    assert await store.read(deskcards.stands_at, HOST, 7)
    assert not await store.read(deskcards.stands_at, HOST, 8)
    assert not await store.read(deskcards.stands_at, OTHER_HOST, 7)
    await store.write(lambda tx: tx.run("UPDATE streams SET status = 'draft', live_at = NULL"))
    assert not await store.read(deskcards.stands_at, HOST, 7)


async def test_the_figures_of_a_product_add_up_to_its_quantity(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall = trade.stall(tx, eggs=10, status="live")
        trade.buy(tx, ANN, (stall.eggs, 3))
        trade.place(tx, BEN, (stall.eggs, 7))
        trade.wait(tx, CAI, stall.eggs, 4)
        lots.restock(tx, actor=HOST, offer_id=stall.eggs, more=1, now=NOON)
        dialogs.of(tx, ANN)

    await store.write(act)
    board = await store.read(salesboard.view, 1)
    eggs = board.sales[0]
    assert (eggs.sold, eggs.paid, eggs.held, eggs.left, eggs.waiting, eggs.wanted) == (10, 3, 1, 0, 1, 3)
    assert (eggs.amount, board.paid, board.to_come) == (3 * 3600, 3 * 3600, 7 * 3600)
    assert eggs.sold + eggs.held + (eggs.left or 0) == eggs.offer.quantity
