"""The waiting list: first come, first served, before new buyers, and what is held is never free in between."""

import asyncio

import pytest

from shop.waitlist import Mode, Status
from storage import checkouts, endings, lapses, offers, openings, payments, people, stock, waiting, waitlist
from storage.checkouts import Placed
from storage.clock import MINUTE
from storage.connection import Tx
from storage.people import NotFound
from storage.quotes import LimitReached, NotOpen, SoldOut
from storage.store import Store
from storage.waiting import AlreadyWaiting, Joined, Left, Over, StillThere
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI
from tests.storage.trade import Stall, entry, place, wait

HOLD = 10 * MINUTE
DAN, EVE = 5004, 5005


def sold_out(tx: Tx, eggs: int = 4) -> tuple[Stall, list[int]]:
    """All eggs ordered one by one by Cai; the stall, and the orders."""
    stall = trade.stall(tx, eggs=eggs)
    for person in (DAN, EVE):
        trade.addresses.save(tx, actor=seed.person(tx, person), address=trade.HOME, now=NOON)
    return stall, [place(tx, CAI, (stall.eggs, 1)) for _ in range(eggs)]


def cancel(tx: Tx, *orders: int) -> None:
    for order in orders:
        assert isinstance(endings.cancel(tx, actor=CAI, order_id=order, now=NOON), endings.Cancelled)


def standing(tx: Tx, *entries: int) -> list[tuple[str, int]]:
    return [(entry(tx, id_).status.value, entry(tx, id_).held) for id_ in entries]


async def told_to(store: Store, person: int) -> list[str]:
    return [kind for kind, chat in await trade.kinds_told(store) if chat == person]


# -- Joining ------------------------------------------------------------------------------------------------


async def test_who_joins_a_sold_out_offer_waits_behind_those_before(store: Store) -> None:
    def act(tx: Tx) -> list[tuple[int, int]]:
        stall, _ = sold_out(tx)
        entries = [wait(tx, ANN, stall.eggs, 3), wait(tx, BEN, stall.eggs, 8, Mode.ALL), wait(tx, DAN, stall.eggs)]
        return [waitlist.entries_before(tx, entry(tx, id_)) for id_ in entries]

    assert await store.write(act) == [(0, 0), (1, 3), (2, 11)]
    assert await told_to(store, DAN) == ["waitlist_entry"]
    await trade.assert_books_agree(store)


async def test_joining_twice_is_refused_with_the_place_that_stands(store: Store) -> None:
    stall, _ = await store.write(sold_out)
    first = await store.write(wait, ANN, stall.eggs, 3)
    again = await store.write(waiting.join, actor=ANN, offer_id=stall.eggs, quantity=1, mode=Mode.ALL, now=NOON)
    assert again == AlreadyWaiting(entry_id=first)
    assert (await store.read(entry, first)).quantity == 3


async def test_nobody_waits_for_what_can_be_ordered(store: Store) -> None:
    stall = await store.write(trade.stall)
    for offer, quantity in ((stall.eggs, 10), (stall.rice, 1)):
        outcome = await store.write(
            waiting.join, actor=ANN, offer_id=offer, quantity=quantity, mode=Mode.ALL, now=NOON
        )
        assert outcome == StillThere(offer_id=offer)
    assert await trade.book(store, "SELECT count(*) FROM waitlist") == 0


@pytest.mark.parametrize("quantity", [0, -1, 10_000, 2**62])
async def test_a_number_that_is_no_quantity_is_refused(store: Store, quantity: int) -> None:
    stall, _ = await store.write(sold_out)
    outcome = await store.write(
        waiting.join, actor=ANN, offer_id=stall.eggs, quantity=quantity, mode=Mode.ANY, now=NOON
    )
    assert outcome == NotFound()


async def test_the_limit_per_buyer_holds_for_waiting_too(store: Store) -> None:
    def act(tx: Tx) -> object:
        stall, _ = sold_out(tx)
        tx.run("UPDATE offers SET limit_per_buyer = 5 WHERE id = :id", id=stall.eggs)
        return waiting.join(tx, actor=CAI, offer_id=stall.eggs, quantity=2, mode=Mode.ANY, now=NOON)

    assert await store.write(act) == LimitReached(offer_id=1, limit=5, already=4)


async def test_a_draft_an_unknown_and_a_closed_offer_have_no_waiting_list(store: Store) -> None:
    def act(tx: Tx, status: str) -> object:
        tx.run("UPDATE streams SET status = :status", status=status)
        return waiting.join(tx, actor=ANN, offer_id=1, quantity=1, mode=Mode.ANY, now=NOON)

    await store.write(sold_out)
    assert await store.write(act, "draft") == NotFound()
    assert await store.write(act, "ended") == NotOpen(offer_id=1)
    unknown = await store.write(waiting.join, actor=ANN, offer_id=99, quantity=1, mode=Mode.ANY, now=NOON)
    assert unknown == NotFound()


async def test_what_you_have_gets_the_few_there_are_at_once(store: Store) -> None:
    def act(tx: Tx) -> tuple[list[tuple[str, int]], int | None]:
        stall = trade.stall(tx, eggs=2)
        mine = wait(tx, ANN, stall.eggs, 5)
        return standing(tx, mine), entry(tx, mine).hold_until

    assert await store.write(act) == ([("offered", 2)], NOON + HOLD)
    assert await told_to(store, ANN) == ["waitlist_offer"]
    await trade.assert_books_agree(store)


# -- Serving ------------------------------------------------------------------------------------------------


async def test_units_that_come_free_are_held_for_the_front_and_no_new_buyer_gets_them(store: Store) -> None:
    def act(tx: Tx) -> tuple[object, int]:
        stall, orders = sold_out(tx)
        first, second = wait(tx, ANN, stall.eggs, 2), wait(tx, BEN, stall.eggs, 2)
        cancel(tx, *orders[:3])
        assert standing(tx, first, second) == [("offered", 2), ("offered", 1)]
        late = checkouts.place(
            tx, actor=DAN, checkout=trade.checkout(tx, DAN, (stall.eggs, 1)), terms="v1", method="Pay",
            policy=trade.POLICY, now=NOON,
        )  # fmt: skip
        return late, waitlist.held(tx, stall.eggs)

    assert await store.write(act) == (SoldOut(offer_id=1, free=0), 3)
    await trade.assert_books_agree(store)


async def test_an_expired_order_serves_the_list_in_the_same_transaction(store: Store) -> None:
    stall, _ = await store.write(sold_out)
    mine = await store.write(wait, ANN, stall.eggs, 9)
    at = NOON + 35 * MINUTE
    await store.write(endings.expire_due, now=at)
    found = await store.read(entry, mine)
    assert (found.status, found.held, found.turn) == (Status.OFFERED, 4, 1)
    assert await trade.free(store, stall.eggs) == 0
    await trade.assert_books_agree(store)


async def test_all_or_nothing_is_passed_over_keeps_its_place_and_is_told_once(store: Store) -> None:
    def act(tx: Tx) -> tuple[Stall, list[int], int, int]:
        stall, orders = sold_out(tx)
        large, small = wait(tx, ANN, stall.eggs, 3, Mode.ALL), wait(tx, BEN, stall.eggs, 1)
        cancel(tx, orders[0])
        return stall, orders, large, small

    stall, orders, large, small = await store.write(act)
    assert await store.read(standing, large, small) == [("waiting", 0), ("offered", 1)]
    assert (await told_to(store, ANN)).count("waitlist_passed") == 1
    await store.write(cancel, orders[1])
    # Nobody else can use it: it is not hoarded for her.
    assert await trade.free(store, stall.eggs) == 1
    assert (await told_to(store, ANN)).count("waitlist_passed") == 1
    await trade.assert_books_agree(store)
    await store.write(cancel, orders[2], orders[3])
    assert await store.read(standing, large) == [("offered", 3)]


async def test_who_has_reached_the_limit_is_passed_over_and_served_when_an_order_ends(store: Store) -> None:
    def act(tx: Tx) -> tuple[int, int]:
        stall, orders = sold_out(tx)
        tx.run("UPDATE offers SET limit_per_buyer = 2, quantity = 6 WHERE id = :id", id=stall.eggs)
        tx.run("INSERT INTO stock_movements (offer_id, kind, units, reason, at) VALUES (1, 'quantity', 2, 'x', 1)")
        bought = place(tx, ANN, (stall.eggs, 2))
        tx.run("UPDATE offers SET limit_per_buyer = 9")
        mine, other = wait(tx, ANN, stall.eggs, 2), wait(tx, BEN, stall.eggs, 1)
        tx.run("UPDATE offers SET limit_per_buyer = 2")
        cancel(tx, orders[0])
        assert standing(tx, mine, other) == [("waiting", 0), ("offered", 1)]
        assert isinstance(endings.cancel(tx, actor=ANN, order_id=bought, now=NOON), endings.Cancelled)
        return mine, other

    mine, other = await store.write(act)
    assert await store.read(standing, mine, other) == [("offered", 2), ("offered", 1)]


async def test_somebody_who_blocked_the_bot_is_passed_over_flagged_and_served_when_back(store: Store) -> None:
    def act(tx: Tx) -> tuple[Stall, list[int], int, int]:
        stall, orders = sold_out(tx)
        mine, other = wait(tx, ANN, stall.eggs), wait(tx, BEN, stall.eggs)
        people.blocked(tx, person=ANN, now=NOON)
        assert waitlist.entries_before(tx, entry(tx, other)) == (0, 0)
        assert waitlist.line(tx, stall.eggs) == waitlist.Line(people=1, units=1, unreachable=1)
        cancel(tx, *orders[:2])
        return stall, orders, mine, other

    stall, _, mine, other = await store.write(act)
    assert await store.read(standing, mine, other) == [("waiting", 0), ("offered", 1)]
    assert await trade.free(store, stall.eggs) == 1
    assert await store.read(lapses.next_due, NOON) == NOON + HOLD

    def back(tx: Tx) -> bool:
        people.meet(tx, person=ANN, name="Ann", username=None, language=None, now=NOON)
        return tx.rings_due

    assert await store.write(back)
    assert await store.read(lapses.next_due, NOON) == NOON
    assert await store.write(lapses.tidy, now=NOON) == 1
    assert await store.read(standing, mine) == [("offered", 1)]
    await trade.assert_books_agree(store)


async def test_an_offer_that_becomes_unlimited_lets_its_list_go_page_by_page(store: Store) -> None:
    crowd = range(10_000, 10_000 + 2 * waitlist.PAGE + 5)

    def act(tx: Tx) -> int:
        stall, _ = sold_out(tx)
        for person in crowd:
            wait(tx, seed.person(tx, person), stall.eggs, 1, Mode.ALL)
        tx.run("UPDATE outbox SET state = 'sent', ended_at = 1")
        stock.set_quantity(tx, stall.eggs, None, NOON, "unlimited")
        return waitlist.serve(tx, stall.eggs, NOON).told

    assert await store.write(act) == waitlist.PAGE
    assert await store.read(lapses.next_due, NOON) == NOON
    pages = []
    while done := await store.write(lapses.tidy, now=NOON):
        pages.append(done)
    assert pages == [waitlist.PAGE, 5]
    assert await store.read(lapses.next_due, NOON) is None
    lanes = "SELECT group_concat(DISTINCT kind || lane) FROM outbox WHERE state = 'queued'"
    assert await trade.book(store, lanes) == "waitlist_served2"
    assert await trade.book(store, "SELECT count(*) FROM outbox WHERE state = 'queued'") == len(crowd)
    await trade.assert_books_agree(store)


async def test_a_large_restock_tells_the_first_at_once_and_the_others_at_the_pace_of_bulk(store: Store) -> None:
    def act(tx: Tx) -> waitlist.Served:
        stall, _ = sold_out(tx)
        for person in range(10_000, 10_050):
            wait(tx, seed.person(tx, person), stall.eggs)
        stock.set_quantity(tx, stall.eggs, 100, NOON, "more")
        return waitlist.serve(tx, stall.eggs, NOON)

    assert await store.write(act) == waitlist.Served(people=50, units=50)
    lanes = "SELECT count(*) FROM outbox WHERE kind = 'waitlist_offer' AND lane = :lane"
    assert await trade.book(store, lanes, lane=1) == waitlist.AT_ONCE
    assert await trade.book(store, lanes, lane=2) == 50 - waitlist.AT_ONCE
    await trade.assert_books_agree(store)


# -- Taking and refusing ------------------------------------------------------------------------------------


def offered(tx: Tx, quantity: int = 3, mode: Mode = Mode.ALL) -> tuple[Stall, int]:
    """Three eggs held for Ann, Ben next for two."""
    stall, orders = sold_out(tx)
    mine = wait(tx, ANN, stall.eggs, quantity, mode)
    wait(tx, BEN, stall.eggs, 2)
    _cancel_together(tx, orders[:3])
    assert entry(tx, mine).held == min(quantity, 3)
    return stall, mine


def _cancel_together(tx: Tx, orders: list[int]) -> None:
    """As one order of three would: the list is served once."""
    for order in orders:
        tx.run("UPDATE orders SET status = 'cancelled', hold_until = NULL, remind_at = NULL WHERE id = :id", id=order)
        stock.give_back(tx, 1, order, 1, NOON, "test")
    waitlist.serve(tx, 1, NOON)


async def test_the_order_takes_over_what_is_held_and_the_counter_never_moves(store: Store) -> None:
    def act(tx: Tx) -> tuple[int, int, list[tuple[str, int]]]:
        stall, mine = offered(tx)
        before = tx.value("SELECT taken FROM offers WHERE id = 1")
        newest = tx.value("SELECT MAX(id) FROM stock_movements")
        place(tx, ANN, (stall.eggs, 3))
        moves = tx.all("SELECT kind, units FROM stock_movements WHERE id > :id ORDER BY id", id=newest)
        assert entry(tx, mine).status is Status.TAKEN
        return before, tx.value("SELECT taken FROM offers WHERE id = 1"), [(row[0], row[1]) for row in moves]

    before, after, moves = await store.write(act)
    assert before == after == 4
    assert moves == [("release", 3), ("take", 3)]
    await trade.assert_books_agree(store)


async def test_who_takes_fewer_leaves_the_rest_to_the_next_at_once(store: Store) -> None:
    def act(tx: Tx) -> list[tuple[str, int]]:
        stall, mine = offered(tx)
        place(tx, ANN, (stall.eggs, 1))
        return standing(tx, mine, mine + 1)

    assert await store.write(act) == [("taken", 0), ("offered", 2)]
    await trade.assert_books_agree(store)


async def test_who_takes_all_of_a_part_stays_first_for_the_rest(store: Store) -> None:
    def act(tx: Tx) -> waitlist.Entry:
        stall, mine = offered(tx, 5, Mode.ANY)
        place(tx, ANN, (stall.eggs, 3))
        return entry(tx, mine)

    found = await store.write(act)
    assert (found.status, found.quantity, found.held) == (Status.WAITING, 2, 0)
    assert await store.read(waitlist.entries_before, found) == (0, 0)
    await trade.assert_books_agree(store)


async def test_an_order_of_more_than_is_held_takes_free_units_besides_or_nothing(store: Store) -> None:
    def act(tx: Tx) -> tuple[object, object]:
        stall = trade.stall(tx, eggs=3)
        place(tx, CAI, (stall.eggs, 1))
        wait(tx, ANN, stall.eggs, 3)
        too_many = trade.checkout(tx, ANN, (stall.eggs, 3))
        refused = checkouts.place(
            tx, actor=ANN, checkout=too_many, terms="v", method="Pay", policy=trade.POLICY, now=NOON
        )
        stock.put_up(tx, stall.eggs, 1, NOON, "more")
        return refused, checkouts.place(
            tx, actor=ANN, checkout=too_many, terms="v", method="Pay", policy=trade.POLICY, now=NOON
        )

    refused, placed = await store.write(act)
    assert refused == SoldOut(offer_id=1, free=2)
    assert isinstance(placed, Placed)
    assert await trade.free(store, 1) == 0
    await trade.assert_books_agree(store)


async def test_a_cancelled_order_from_the_list_serves_the_next(store: Store) -> None:
    def act(tx: Tx) -> list[tuple[str, int]]:
        stall, mine = offered(tx)
        order = place(tx, ANN, (stall.eggs, 3))
        endings.cancel(tx, actor=ANN, order_id=order, now=NOON)
        return standing(tx, mine, mine + 1)

    assert await store.write(act) == [("taken", 0), ("offered", 2)]
    await trade.assert_books_agree(store)


async def test_no_thanks_passes_on_at_once_and_only_once(store: Store) -> None:
    _, mine = await store.write(offered)
    first = await store.write(waiting.leave, actor=ANN, entry_id=mine, turn=1, now=NOON)
    assert first == Left(entry_id=mine, was_offered=True)
    assert await store.read(standing, mine, mine + 1) == [("declined", 0), ("offered", 2)]
    again = await store.write(waiting.leave, actor=ANN, entry_id=mine, turn=1, now=NOON)
    assert again == Over(entry_id=mine)
    assert await store.read(standing, mine + 1) == [("offered", 2)]
    await trade.assert_books_agree(store)


async def test_a_button_of_an_earlier_turn_and_somebody_elses_do_nothing(store: Store) -> None:
    _, mine = await store.write(offered)
    assert await store.write(waiting.leave, actor=ANN, entry_id=mine, turn=0, now=NOON) == Over(entry_id=mine)
    for act in (waiting.leave,):
        assert await store.write(act, actor=BEN, entry_id=mine, turn=1, now=NOON) == NotFound()
    settled = await store.write(waiting.settle, actor=BEN, entry_id=mine, mode=Mode.ANY, now=NOON)
    assert settled == NotFound()
    assert await store.read(standing, mine) == [("offered", 3)]


async def test_who_leaves_while_waiting_lets_the_others_move_up(store: Store) -> None:
    def act(tx: Tx) -> tuple[object, tuple[int, int]]:
        stall, _ = sold_out(tx)
        mine, other = wait(tx, ANN, stall.eggs, 3), wait(tx, BEN, stall.eggs)
        return waiting.leave(tx, actor=ANN, entry_id=mine, now=NOON), waitlist.entries_before(tx, entry(tx, other))

    assert await store.write(act) == (Left(entry_id=1, was_offered=False), (0, 0))
    rejoined = await store.write(wait, ANN, 1, 1)
    assert await store.read(lambda tx: waitlist.entries_before(tx, entry(tx, rejoined))) == (1, 1)


async def test_settling_for_what_there_is_is_served_at_once(store: Store) -> None:
    def act(tx: Tx) -> tuple[list[tuple[str, int]], object]:
        stall, orders = sold_out(tx)
        mine = wait(tx, ANN, stall.eggs, 3, Mode.ALL)
        cancel(tx, orders[0])
        settled = waiting.settle(tx, actor=ANN, entry_id=mine, mode=Mode.ANY, now=NOON)
        return standing(tx, mine), settled

    found, settled = await store.write(act)
    assert found == [("offered", 1)]
    assert isinstance(settled, Joined)
    await trade.assert_books_agree(store)


async def test_late_money_takes_what_the_list_has_got_for_its_buyer(store: Store) -> None:
    def act(tx: Tx) -> object:
        stall = trade.stall(tx, eggs=2)
        order = place(tx, ANN, (stall.eggs, 2))
        late = NOON + 40 * MINUTE
        endings.expire_due(tx, now=late)
        place(tx, BEN, (stall.eggs, 1), now=late)
        wait(tx, ANN, stall.eggs, 2, Mode.ANY, now=late)
        wait(tx, CAI, stall.eggs, 1, now=late)
        payment = trade.send_receipt(tx, ANN, order, now=late)
        short = payments.confirm(tx, actor=seed.CASHIER, payment_id=payment, now=late)
        assert tx.value("SELECT held FROM waitlist WHERE person_id = :ann", ann=ANN) == 1
        return short

    done = await store.write(act)
    assert isinstance(done, payments.Confirmed)
    assert done.order == "expired"
    await trade.assert_books_agree(store)

    def again(tx: Tx) -> object:
        late = NOON + 50 * MINUTE
        order = place(tx, BEN, (2, 10), now=NOON)
        endings.expire_due(tx, now=late)
        place(tx, CAI, (2, 1), now=late)
        wait(tx, BEN, 2, 10, Mode.ALL, now=late)
        stock.put_up(tx, 2, 1, late, "more")
        waitlist.serve(tx, 2, late)
        assert trade.entry(tx, tx.value("SELECT MAX(id) FROM waitlist")).held == 10
        payment = trade.send_receipt(tx, BEN, order, now=late)
        return payments.confirm(tx, actor=seed.CASHIER, payment_id=payment, now=late)

    revived = await store.write(again)
    assert isinstance(revived, payments.Confirmed)
    assert revived.order == "paid"
    assert await trade.free(store, 2) == 0
    await trade.assert_books_agree(store)


# -- Other things -------------------------------------------------------------------------------------------


async def test_a_list_moves_to_another_offer_in_its_order_and_is_served_there_first(store: Store) -> None:
    def act(tx: Tx) -> tuple[int, list[tuple[str, int]], int]:
        stall, _ = sold_out(tx)
        first, second, third = (wait(tx, ANN, stall.eggs, 2), wait(tx, BEN, stall.eggs, 2), wait(tx, DAN, stall.eggs))
        product = tx.value("SELECT product_id FROM offers WHERE id = :id", id=stall.eggs)
        presale = seed.offer(tx, stall.stream, product, quantity=3, availability="presale")
        moved, _ = openings.carry(tx, stall.eggs, presale, NOON)
        return (
            moved,
            standing(tx, first, second, third),
            tx.value("SELECT taken FROM offers WHERE id = :p", p=presale),
        )

    assert await store.write(act) == (3, [("offered", 2), ("offered", 1), ("waiting", 0)], 3)
    await trade.assert_books_agree(store)


async def test_who_waits_for_both_offers_keeps_the_earlier_place_when_one_moves(store: Store) -> None:
    def act(tx: Tx) -> list[tuple[int, int, str]]:
        stall, _ = sold_out(tx)
        place(tx, CAI, (stall.rice, 10))
        wait(tx, ANN, stall.eggs, 2)
        wait(tx, BEN, stall.rice, 1)
        wait(tx, ANN, stall.rice, 5)
        assert openings.carry(tx, stall.eggs, stall.rice, NOON)[0] == 1
        rows = tx.all(
            "SELECT person_id, quantity, status FROM waitlist WHERE offer_id = :o ORDER BY id", o=stall.rice
        )
        return [tuple(row) for row in rows]

    assert await store.write(act) == [(ANN, 2, "waiting"), (BEN, 1, "waiting"), (ANN, 5, "left")]


async def test_whoever_is_erased_waits_no_longer_and_what_was_held_is_passed_on(store: Store) -> None:
    _, mine = await store.write(offered)
    await store.write(lapses.forget, ANN, NOON)
    assert await store.read(standing, mine, mine + 1) == [("left", 0), ("offered", 2)]
    await trade.assert_books_agree(store)


async def test_nothing_is_held_where_the_counter_would_go_over(store: Store) -> None:
    stall = await store.write(trade.stall)
    await store.write(lambda tx: tx.run(
        "INSERT INTO waitlist (offer_id, person_id, quantity, mode, joined_at) VALUES (1, :p, 99, 'any', 1)", p=ANN
    ))  # fmt: skip
    assert await store.write(stock.hold, stall.eggs, 1, 11, NOON, "test") is False
    for act in (stock.release, lambda tx, offer, row, n, now, why: stock.hand_over(tx, offer, row, 1, n, now, why)):
        with pytest.raises(stock.NotTaken):
            await store.write(act, stall.eggs, 1, 1, NOON, "test")


async def test_a_recount_finds_holds_that_differ_from_their_entries(store: Store) -> None:
    _, mine = await store.write(offered)
    await store.write(lambda tx: tx.run("UPDATE waitlist SET held = 2 WHERE id = :id", id=mine))
    assert [str(difference) for difference in await store.read(stock.recount)] == [
        f"offer 1, waiting-list entry {mine}: the ledger holds 3 units, the entry 2"
    ]


async def test_forty_who_join_at_once_stand_in_one_line(store: Store) -> None:
    stall, _ = await store.write(sold_out)
    crowd = range(10_000, 10_040)
    for person in crowd:
        await store.write(seed.person, person)
    entries = await asyncio.gather(*(store.write(wait, person, stall.eggs) for person in crowd))
    places = [await store.read(lambda tx, id_=id_: waitlist.entries_before(tx, entry(tx, id_))) for id_ in entries]
    assert sorted(places) == [(number, number) for number in range(40)]


async def test_the_list_is_read_by_index(store: Store) -> None:
    values = {"offer": 1, "person": 1, "id": 1, "after": 0, "free": 1, "limit": 9, "now": 1, "held": True, "units": 1,
              "entry": 1, "holder": 1, "quantity": 1}  # fmt: skip
    for sql in (
        waitlist._OF, waitlist._LIVE_OF, waitlist._BEFORE, waitlist._LINE, waitlist._HELD, waitlist._SOMEBODY,
        waitlist._NEXT, waitlist._FRONT, waitlist._QUEUED, lapses._DUE, lapses._OF_LIST, lapses._NEXT_HOLD,
        lapses._NEWEST_HOLD, stock._RELEASE.format(holder="entry"),
        stock._IS_HELD.format(holder="entry"), stock._SET, stock._PUT_UP_SO_FAR,
    ):  # fmt: skip
        assert_no_scan(store.path, sql, **values)
    plan = await store.read(lambda tx: [row[3] for row in tx.all(f"EXPLAIN QUERY PLAN {lapses._LISTED}")])
    assert not [step for step in plan if step.startswith("SCAN waitlist")]


async def test_offers_say_what_is_free_without_what_is_held(store: Store) -> None:
    await store.write(offered)
    offer = await store.read(offers.view, 1)
    assert offer is not None
    assert offer.free == 0
    assert await store.read(waitlist.held_for, 1, ANN) == 3
    assert await store.read(waitlist.held_for, 1, BEN) == 0


async def test_who_has_a_part_gets_more_in_the_same_turn_which_is_no_longer_for_it(store: Store) -> None:
    def act(tx: Tx) -> waitlist.Entry:
        stall, orders = sold_out(tx)
        mine, other = wait(tx, ANN, stall.eggs, 2), wait(tx, BEN, stall.eggs, 2)
        cancel(tx, orders[0])
        assert waitlist.entries_before(tx, entry(tx, other)) == (1, 1)
        endings.cancel(tx, actor=CAI, order_id=orders[1], now=NOON + MINUTE)
        assert waitlist.entries_before(tx, entry(tx, other)) == (0, 0)
        return entry(tx, mine)

    found = await store.write(act)
    assert (found.held, found.turn, found.hold_until) == (2, 1, NOON + HOLD)
    assert (await told_to(store, ANN))[-1:] == ["waitlist_offer"]
    assert (await told_to(store, ANN)).count("waitlist_offer") == 1
    await trade.assert_books_agree(store)


async def test_a_turn_that_is_over_and_not_yet_passed_on_gets_nothing_more(store: Store) -> None:
    def act(tx: Tx) -> list[tuple[str, int]]:
        stall, orders = sold_out(tx)
        mine, other = wait(tx, ANN, stall.eggs, 2), wait(tx, BEN, stall.eggs, 2)
        cancel(tx, orders[0])
        endings.cancel(tx, actor=CAI, order_id=orders[1], now=NOON + HOLD)
        return standing(tx, mine, other)

    assert await store.write(act) == [("offered", 1), ("offered", 1)]
    await store.write(lapses.pass_on_due, now=NOON + HOLD)
    assert await store.read(standing, 1, 2) == [("lapsed", 0), ("offered", 2)]
    await trade.assert_books_agree(store)
