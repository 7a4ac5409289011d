"""From sold out to a presale: the moment, the host's terms, the supplier's word, and the waiting list first."""

import re

import pytest

from shop.offers import Availability
from shop.waitlist import Mode
from shop.windows import Window
from storage import (
    broadcasts,
    dialogs,
    endings,
    lapses,
    lots,
    offers,
    openings,
    presales,
    revocations,
    soldouts,
    streams,
)
from storage.clock import DAY, HOUR, MINUTE
from storage.connection import Tx
from storage.presales import Status
from storage.roles import Role
from storage.store import Store
from tests.clock import NOON
from tests.storage import presale as way
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.presale import WINDOW, asked, change, drafted, opened, sold_out
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST, OTHER_HOST, OWNER
from tests.storage.trade import SUPPLIER

SOLD_OUT = "SELECT sold_out_at FROM offers WHERE id = 1"


async def status(store: Store, presale: int) -> object:
    return await trade.book(store, "SELECT status FROM presales WHERE id = :id", id=presale)


# -- Sold out -----------------------------------------------------------------------------------------------


async def test_the_last_unit_keeps_the_moment_and_the_hosts_are_told_once(store: Store) -> None:
    await store.write(sold_out)
    await trade.all_said(store)
    assert await trade.book(store, SOLD_OUT) == NOON
    assert await store.read(soldouts.next_due) == 0
    assert await store.write(soldouts.tell_due, now=NOON + 1) == 1
    assert await store.write(soldouts.tell_due, now=NOON + 2) == 0
    assert await store.read(soldouts.next_due) is None
    assert await trade.kinds_told(store) == [("sold_out_host", HOST)]


async def test_a_unit_left_is_not_sold_out_and_an_unlimited_offer_never_is(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall = trade.stall(tx, eggs=2, rice=None)
        trade.place(tx, ANN, (stall.eggs, 1))
        trade.place(tx, ANN, (stall.rice, 500))

    await store.write(act)
    assert await store.read(soldouts.next_due) is None


async def test_a_unit_that_only_passes_through_the_list_is_no_other_time(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall = sold_out(tx)
        soldouts.tell_due(tx, now=NOON)
        trade.wait(tx, BEN, stall.eggs, 2)
        endings.cancel(tx, actor=ANN, order_id=1, now=NOON + HOUR)

    await store.write(act)
    assert await trade.book(store, SOLD_OUT) == NOON
    assert await store.read(soldouts.next_due) is None
    await trade.assert_books_agree(store)


async def test_what_comes_free_for_everybody_ends_it_and_the_next_time_is_told_anew(store: Store) -> None:
    def free(tx: Tx) -> None:
        stall = sold_out(tx)
        soldouts.tell_due(tx, now=NOON)
        trade.wait(tx, BEN, stall.eggs, 1)
        endings.cancel(tx, actor=ANN, order_id=1, now=NOON + HOUR)

    await store.write(free)
    assert await trade.book(store, SOLD_OUT) is None
    await store.write(lambda tx: trade.place(tx, CAI, (1, 1), now=NOON + 2 * HOUR))
    assert await trade.book(store, SOLD_OUT) == NOON + 2 * HOUR
    assert await store.read(soldouts.next_due) == 0


async def test_lowering_to_what_is_taken_sells_it_out_and_a_restock_ends_that(store: Store) -> None:
    def lower(tx: Tx) -> None:
        stall = trade.stall(tx)
        trade.place(tx, ANN, (stall.eggs, 4))
        lots.set_quantity(tx, actor=HOST, offer_id=stall.eggs, quantity=4, was=10, now=NOON + MINUTE)

    await store.write(lower)
    assert await trade.book(store, SOLD_OUT) == NOON + MINUTE
    await store.write(lots.restock, actor=HOST, offer_id=1, more=1, now=NOON + HOUR)
    assert await trade.book(store, SOLD_OUT) is None


async def test_nobody_is_told_once_the_stream_is_over(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall = sold_out(tx)
        streams.end(tx, actor=HOST, stream_id=stall.stream, now=NOON)

    await store.write(act)
    await trade.all_said(store)
    await store.write(soldouts.tell_due, now=NOON)
    assert await trade.kinds_told(store) == []


# -- The draft ----------------------------------------------------------------------------------------------


async def test_one_tap_drafts_it_with_what_the_list_wants_and_the_price_of_now(store: Store) -> None:
    def act(tx: Tx) -> presales.Presale | None:
        stall = sold_out(tx)
        trade.wait(tx, BEN, stall.eggs, 4)
        trade.wait(tx, CAI, stall.eggs, 3)
        return presales.view(tx, drafted(tx, stall.eggs, now=NOON + MINUTE))

    found = await store.write(act)
    assert found is not None
    assert (found.quantity, found.price, found.window) == (7, 3600, WINDOW)
    assert (found.status, found.sold_out_at, found.can_ask) == (Status.DRAFT, NOON, True)


async def test_never_fewer_than_there_were(store: Store) -> None:
    found = await store.write(lambda tx: presales.view(tx, drafted(tx, sold_out(tx, 9).eggs)))
    assert found is not None
    assert found.quantity == 9


async def test_the_second_host_finds_the_first_ones_draft(store: Store) -> None:
    presale = await store.write(lambda tx: drafted(tx, sold_out(tx).eggs))
    again = await store.write(presales.draft, actor=OTHER_HOST, offer_id=1, window=WINDOW, now=NOON)
    assert again == presales.AlreadyDrafted(presale_id=presale)


@pytest.mark.parametrize("actor", [ANN, CASHIER, SUPPLIER])
async def test_only_hosts_draft(store: Store, actor: int) -> None:
    await store.write(sold_out)
    outcome = await store.write(presales.draft, actor=actor, offer_id=1, window=WINDOW, now=NOON)
    assert outcome == presales.NotAllowed()


async def test_what_can_be_had_has_no_presale(store: Store) -> None:
    await store.write(trade.stall)
    outcome = await store.write(presales.draft, actor=HOST, offer_id=1, window=WINDOW, now=NOON)
    assert outcome == presales.NotSoldOut(offer_id=1)


async def test_a_stream_that_is_called_off_has_no_presale_and_one_that_is_over_may(store: Store) -> None:
    def over(tx: Tx, how: str) -> object:
        tx.run("UPDATE streams SET status = :how", how=how)
        return presales.draft(tx, actor=HOST, offer_id=1, window=WINDOW, now=NOON)

    await store.write(sold_out)
    assert isinstance(await store.write(over, "cancelled"), streams.OutOfTurn)
    assert isinstance(await store.write(over, "ended"), presales.Drafted)


async def test_terms_that_changed_meanwhile_are_not_overwritten(store: Store) -> None:
    presale = await store.write(lambda tx: drafted(tx, sold_out(tx).eggs))
    await store.write(way.change, presale, quantity=50)
    for act in (presales.ask, presales.drop, openings.open_for):
        outcome = await store.write(act, actor=HOST, presale_id=presale, version=1, now=NOON)
        assert outcome == presales.Meanwhile(presale_id=presale)
    outcome = await store.write(presales.change, actor=HOST, presale_id=presale, version=1, price=1, now=NOON)
    assert outcome == presales.Meanwhile(presale_id=presale)
    assert await trade.book(store, "SELECT quantity || '/' || price FROM presales") == "50/3600"


async def test_a_date_that_has_come_is_refused(store: Store) -> None:
    presale = await store.write(lambda tx: drafted(tx, sold_out(tx).eggs))
    past = Window(NOON - DAY, NOON + DAY)
    outcome = await store.write(presales.change, actor=HOST, presale_id=presale, version=1, window=past, now=NOON)
    assert outcome == presales.DatesGone(presale_id=presale)
    late = WINDOW.from_ms
    asked_ = await store.write(presales.ask, actor=HOST, presale_id=presale, version=1, now=late)
    assert asked_ == presales.DatesGone(presale_id=presale)


# -- The supplier's word ------------------------------------------------------------------------------------


async def test_the_supplier_agrees_and_the_list_is_served_first_in_its_order(store: Store) -> None:
    def act(tx: Tx) -> tuple[int, list[object], object]:
        stall = sold_out(tx)
        first = trade.wait(tx, BEN, stall.eggs, 2)
        second = trade.wait(tx, CAI, stall.eggs, 2, Mode.ALL)
        offer = opened(tx, stall.eggs, now=NOON + 14 * MINUTE, quantity=3)
        entries = [trade.entry(tx, id_) for id_ in (first, second)]
        return offer, [(e.offer_id == offer, e.status, e.held) for e in entries], offers.view(tx, offer)

    offer, entries, found = await store.write(act)
    # The second wants two or nothing, and one is left: it is passed over, and everybody may have that one.
    assert entries == [(True, "offered", 2), (True, "waiting", 0)]
    assert isinstance(found, offers.Offer)
    assert (found.availability, found.free, found.price) == (Availability.PRESALE, 1, 3600)
    assert (found.ships_from, found.ships_until, found.closes_at) == (
        WINDOW.from_ms,
        WINDOW.until_ms,
        WINDOW.from_ms,
    )
    presale = await store.read(presales.view, 1)
    assert presale is not None
    assert (presale.offer_id, presale.served_people, presale.served_units) == (offer, 1, 2)
    assert presale.opened_at is not None
    assert presale.sold_out_at is not None
    assert presale.opened_at - presale.sold_out_at == 14 * MINUTE
    assert presale.answered_by == f"Person {SUPPLIER}"
    told = await trade.kinds_told(store)
    assert told.index(("waitlist_offer", BEN)) < told.index(("presale_news", HOST))
    assert await trade.book(store, "SELECT kind || offer_id FROM broadcasts") == f"presale{offer}"
    await trade.assert_books_agree(store)


async def test_a_second_answer_changes_nothing(store: Store) -> None:
    await store.write(lambda tx: opened(tx, sold_out(tx).eggs))
    before = await trade.book(store, "SELECT count(*) FROM audit")
    for act in (openings.agree, openings.decline):
        again = await store.write(act, actor=SUPPLIER, presale_id=1, version=1, now=NOON)
        assert again == presales.Meanwhile(presale_id=1)
    late = await store.write(openings.propose, actor=SUPPLIER, presale_id=1, version=1, window=WINDOW, now=NOON)
    assert late == presales.Meanwhile(presale_id=1)
    assert await trade.book(store, "SELECT count(*) FROM offers WHERE availability = 'presale'") == 1
    assert await trade.book(store, "SELECT count(*) FROM audit") == before


@pytest.mark.parametrize("actor", [ANN, CASHIER, HOST])
async def test_only_who_speaks_for_the_supplier_answers(store: Store, actor: int) -> None:
    await store.write(lambda tx: asked(tx, sold_out(tx).eggs))
    for act in (openings.agree, openings.decline):
        outcome = await store.write(act, actor=actor, presale_id=1, version=1, now=NOON)
        assert outcome == presales.NotAllowed()


async def test_another_date_is_the_hosts_to_accept(store: Store) -> None:
    await store.write(lambda tx: asked(tx, sold_out(tx).eggs))
    later = Window(NOON + 12 * DAY, NOON + 15 * DAY)
    await store.write(openings.propose, actor=SUPPLIER, presale_id=1, version=1, window=later, now=NOON)
    assert await status(store, 1) == "countered"
    passed_over = await store.write(openings.open_for, actor=HOST, presale_id=1, version=2, now=NOON)
    assert passed_over == presales.AskFirst(presale_id=1)
    stale = await store.write(openings.accept, actor=HOST, presale_id=1, version=1, now=NOON)
    assert stale == presales.Meanwhile(presale_id=1)
    done = await store.write(openings.accept, actor=HOST, presale_id=1, version=2, now=NOON)
    assert isinstance(done, openings.Opened)
    offer = await store.read(offers.view, done.offer_id)
    assert offer is not None
    assert (offer.ships_from, offer.ships_until) == (later.from_ms, later.until_ms)


async def test_changing_the_terms_takes_the_question_back(store: Store) -> None:
    def act(tx: Tx) -> None:
        presale = asked(tx, sold_out(tx).eggs)
        change(tx, presale, price=4000)

    await store.write(act)
    assert await status(store, 1) == "draft"
    assert await store.write(openings.agree, actor=SUPPLIER, presale_id=1, version=1, now=NOON) == presales.Meanwhile(
        presale_id=1
    )


async def test_a_supplier_who_cannot_ends_it_and_it_can_be_drafted_anew(store: Store) -> None:
    await store.write(lambda tx: asked(tx, sold_out(tx).eggs))
    await store.write(openings.decline, actor=SUPPLIER, presale_id=1, version=1, now=NOON)
    assert await status(store, 1) == "declined"
    assert isinstance(
        await store.write(presales.draft, actor=HOST, offer_id=1, window=WINDOW, now=NOON), presales.Drafted
    )


@pytest.mark.parametrize("how", ["nobody", "blocked"])
async def test_where_nobody_of_theirs_can_be_asked_a_host_opens_it_in_their_name(store: Store, how: str) -> None:
    def act(tx: Tx) -> int:
        stall = sold_out(tx)
        if how == "nobody":
            tx.run("DELETE FROM roles WHERE role = 'supplier'")
        else:
            tx.run("UPDATE people SET blocked_at = 1 WHERE id = :s", s=SUPPLIER)
        return drafted(tx, stall.eggs)

    presale = await store.write(act)
    nobody = await store.write(presales.ask, actor=HOST, presale_id=presale, version=1, now=NOON)
    assert nobody == presales.NobodyToAsk(presale_id=presale)
    done = await store.write(openings.open_for, actor=HOST, presale_id=presale, version=1, now=NOON)
    assert isinstance(done, openings.Opened)
    assert await trade.book(store, "SELECT answered_by IS NULL FROM presales") == 1


async def test_who_can_be_asked_is_asked_first_and_may_have_agreed_by_telephone(store: Store) -> None:
    presale = await store.write(lambda tx: drafted(tx, sold_out(tx).eggs))
    first = await store.write(openings.open_for, actor=HOST, presale_id=presale, version=1, now=NOON)
    assert first == presales.AskFirst(presale_id=presale)
    await store.write(presales.ask, actor=HOST, presale_id=presale, version=1, now=NOON)
    done = await store.write(openings.open_for, actor=OTHER_HOST, presale_id=presale, version=1, now=NOON)
    assert isinstance(done, openings.Opened)


async def test_it_opens_after_the_stream_but_not_once_that_is_called_off(store: Store) -> None:
    await store.write(lambda tx: asked(tx, sold_out(tx).eggs))
    await store.write(lambda tx: tx.run("UPDATE streams SET status = 'cancelled'"))
    refused = await store.write(openings.agree, actor=SUPPLIER, presale_id=1, version=1, now=NOON)
    assert isinstance(refused, streams.OutOfTurn)
    await store.write(lambda tx: tx.run("UPDATE streams SET status = 'ended'"))
    done = await store.write(openings.agree, actor=SUPPLIER, presale_id=1, version=1, now=NOON)
    assert isinstance(done, openings.Opened)
    offer = await store.read(offers.view, done.offer_id)
    assert offer is not None
    assert offer.is_open(NOON)
    assert not offer.is_open(WINDOW.from_ms)


async def test_the_list_outlives_its_stream_while_a_presale_is_prepared_and_closes_without_one(store: Store) -> None:
    def act(tx: Tx) -> int:
        stall = sold_out(tx)
        entry = trade.wait(tx, BEN, stall.eggs, 2)
        drafted(tx, stall.eggs)
        streams.end(tx, actor=HOST, stream_id=stall.stream, now=NOON)
        while lapses.tidy(tx, now=NOON):
            pass
        return entry

    entry = await store.write(act)
    assert (await store.read(trade.entry, entry)).status == "waiting"
    assert await store.read(lapses.next_due, NOON) != NOON
    await store.write(presales.drop, actor=HOST, presale_id=1, version=1, now=NOON)
    assert await store.read(lapses.next_due, NOON) == NOON
    await store.write(lapses.tidy, now=NOON)
    assert (await store.read(trade.entry, entry)).status == "closed"


async def test_what_is_held_of_the_old_offer_stays_with_its_person(store: Store) -> None:
    def act(tx: Tx) -> tuple[object, object]:
        stall = sold_out(tx)
        mine = trade.wait(tx, BEN, stall.eggs, 1)
        behind = trade.wait(tx, CAI, stall.eggs, 5)
        lots.restock(tx, actor=HOST, offer_id=stall.eggs, more=1, now=NOON)
        offer = opened(tx, stall.eggs)
        held, moved = trade.entry(tx, mine), trade.entry(tx, behind)
        return (held.offer_id, held.status), (moved.offer_id == offer, moved.status)

    assert await store.write(act) == ((1, "offered"), (True, "offered"))
    await trade.assert_books_agree(store)


async def test_followers_are_told_page_by_page_of_each_presale(store: Store) -> None:
    def act(tx: Tx) -> list[int]:
        stall = sold_out(tx)
        trade.place(tx, BEN, (stall.rice, 10))
        tx.run("UPDATE people SET follows_since = 1 WHERE id IN (:a, :b)", a=ANN, b=BEN)
        seed.watcher(tx, stall.stream, CAI)
        opened(tx, stall.eggs)
        presale = drafted(tx, stall.rice)
        done = openings.open_for(tx, actor=OWNER, presale_id=presale, version=1, now=NOON)
        assert isinstance(done, openings.Opened)
        return broadcasts.running(tx)

    running = await store.write(act)
    assert len(running) == 2
    await trade.all_said(store)
    for broadcast in running:
        assert await store.write(broadcasts.fan_out, broadcast, NOON)
    assert sorted(await trade.kinds_told(store)) == sorted([("presale_open", p) for p in (ANN, BEN, CAI)] * 2)


@pytest.mark.parametrize(
    "sql",
    [
        soldouts._DUE,
        soldouts._ANY,
        soldouts._TOLD,
        presales._VIEW,
        presales._LIVE,
        presales._OF_SUPPLIER,
        openings._OPEN,
        openings._LATER_DOUBLES,
        openings._MOVE,
        offers._SAME,
        offers._AFTER_STREAMS,
    ],
)
async def test_presales_are_found_by_index(store: Store, sql: str) -> None:
    assert_no_scan(store.path, sql, **dict.fromkeys(re.findall(r":(\w+)", sql), 1))


# -- People who lose their role -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "data", "person", "role", "goes_on"),
    [
        ("presaledate", {"presale": 1, "version": 1, "supplier": 1}, SUPPLIER, Role.SUPPLIER, False),
        ("delay", {"offer": 3, "was": 0, "supplier": 1, "host": True}, SUPPLIER, Role.SUPPLIER, False),
        ("delay", {"offer": 3, "was": 0, "supplier": 1, "host": True}, HOST, Role.HOST, False),
        ("presale", {"presale": 1, "version": 1, "stream": 1}, HOST, Role.HOST, False),
        ("delay", {"offer": 3, "was": 0, "supplier": 1, "host": True}, HOST, Role.CASHIER, True),
    ],
)
async def test_what_is_being_asked_about_a_presale_ends_with_the_role_it_is_for(
    store: Store, kind: str, data: dict[str, object], person: int, role: Role, goes_on: bool
) -> None:
    def act(tx: Tx) -> object:
        opened(tx, sold_out(tx).eggs)
        seed.role(tx, HOST, "cashier")
        dialogs.begin(tx, actor=person, kind=kind, step="window", data=data, now=NOON, silent=True)
        (held, *_) = revocations.held(tx, person, role)
        revocations.revoke(tx, actor=OWNER, role_id=held, now=NOON)
        return dialogs.of(tx, person)

    left = await store.write(act)
    assert isinstance(left, dialogs.Dialog)
    assert (left.kind == kind) == goes_on
