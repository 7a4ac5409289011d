"""What words hold: exactly counted, added up, released, handed over to the order, whoever races for it."""

import asyncio
import re

import pytest

from shop.waitlist import Mode
from shop.wanted import Line
from storage import (
    checkouts,
    claiming,
    claims,
    dossiers,
    endings,
    erasures,
    groupcards,
    groups,
    people,
    stock,
    streams,
    waiting,
)  # fmt: skip
from storage.claiming import Claimed, ClaimRules, GoneOn, NothingHeld, TooOften, Unheld
from storage.claims import Status
from storage.clock import DAY, MINUTE, SECOND
from storage.connection import Tx
from storage.groups import Group, Linked
from storage.people import NotAllowed, NotFound
from storage.quotes import LimitReached, NotOpen, SoldOut
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, HOST

RULES = ClaimRules(hold_ms=30 * MINUTE, hold_strangers_ms=10 * MINUTE, most_strangers=20)
CHAT = -1_000_000_000_777
STRANGERS = range(50_001, 50_201)


def place(tx: Tx, eggs: int | None = 10) -> tuple[trade.Stall, Group]:
    """A stall and a group that is linked to it."""
    stall = trade.stall(tx, eggs=eggs)
    linked = groups.link(tx, actor=HOST, chat=CHAT, title="Egg friends", code=None, can_read=True, now=NOON)
    assert isinstance(linked, Linked)
    return stall, linked.group


def say(tx: Tx, person: int, group: Group, *lines: tuple[str, int], now: int = NOON) -> object:
    meant = [Line(code=code, quantity=quantity) for code, quantity in lines]
    return claiming.say(tx, person=person, group=group, lines=meant, rules=RULES, below=None, now=now)


async def taken(store: Store, offer: int) -> object:
    return await trade.book(store, "SELECT taken FROM offers WHERE id = :id", id=offer)


async def test_words_of_two_hundred_strangers_hold_exactly_the_ten_units_there_are(store: Store) -> None:
    stall, group = await store.write(place)
    outcomes = await asyncio.gather(*(store.write(say, person, group, ("EGG", 1)) for person in STRANGERS))
    assert sum(isinstance(outcome, Claimed) for outcome in outcomes) == 10
    assert sum(isinstance(outcome, Unheld) for outcome in outcomes) == 190
    assert await taken(store, stall.eggs) == 10
    await trade.assert_books_agree(store)


async def test_holding_what_was_free_when_it_was_read_would_oversell(store: Store) -> None:
    """Negative control: the same race, trusting what was read beforehand, on a table without the CHECK."""
    await store.write(lambda tx: tx.run("CREATE TABLE careless (quantity INTEGER, taken INTEGER) STRICT"))
    await store.write(lambda tx: tx.run("INSERT INTO careless VALUES (10, 0)"))
    everybody_has_looked = asyncio.Barrier(len(STRANGERS))

    async def word() -> None:
        free = await store.read(lambda tx: tx.value("SELECT quantity - taken FROM careless"))
        await everybody_has_looked.wait()
        if free > 0:
            await store.write(lambda tx: tx.run("UPDATE careless SET taken = taken + 1"))

    await asyncio.gather(*(word() for _ in STRANGERS))
    assert await trade.book(store, "SELECT taken FROM careless") == len(STRANGERS)


async def test_words_and_taps_race_for_the_last_unit_and_one_of_them_gets_it(store: Store) -> None:
    stall, group = await store.write(place, 1)
    checkout = await store.write(trade.checkout, ANN, (stall.eggs, 1))
    tap = store.write(
        checkouts.place, actor=ANN, checkout=checkout, terms="v1", method="Pay", policy=trade.POLICY, now=NOON
    )
    outcomes = await asyncio.gather(store.write(say, 50_001, group, ("EGG", 1)), tap)
    assert sum(isinstance(outcome, Claimed | checkouts.Placed) for outcome in outcomes) == 1
    assert await taken(store, stall.eggs) == 1
    await trade.assert_books_agree(store)


async def test_what_is_held_becomes_the_order_without_being_free_in_between(store: Store) -> None:
    stall, group = await store.write(place, 3)
    assert isinstance(await store.write(say, ANN, group, ("EGG", 3)), Claimed)
    dialog = await store.read(lambda tx: tx.value("SELECT id FROM dialogs WHERE person_id = :p", p=ANN))
    other = await store.write(trade.checkout, BEN, (stall.eggs, 1))
    values = {"terms": "v1", "method": "Pay", "policy": trade.POLICY, "now": NOON}
    refused, placed = await asyncio.gather(
        store.write(checkouts.place, actor=BEN, checkout=other, **values),
        store.write(checkouts.place, actor=ANN, checkout=dialog, **values),
    )
    assert isinstance(refused, SoldOut)
    assert isinstance(placed, checkouts.Placed)
    assert await trade.book(store, "SELECT status FROM claims") == Status.ORDERED
    await trade.assert_books_agree(store)
    await store.write(endings.cancel, actor=ANN, order_id=placed.order_id, now=NOON)
    assert await taken(store, stall.eggs) == 0
    await trade.assert_books_agree(store)


async def test_an_order_beyond_what_is_held_takes_the_rest_from_what_is_free(store: Store) -> None:
    stall, group = await store.write(place, 5)
    await store.write(say, ANN, group, ("EGG", 2))
    await store.write(trade.place, ANN, (stall.eggs, 4))
    assert await taken(store, stall.eggs) == 4
    assert await trade.book(store, "SELECT status FROM claims") == Status.ORDERED
    await trade.assert_books_agree(store)


async def test_an_order_of_less_than_is_held_leaves_the_rest_held_for_its_time(store: Store) -> None:
    stall, group = await store.write(place, 5)
    await store.write(say, ANN, group, ("EGG", 3))
    await store.write(trade.place, ANN, (stall.eggs, 1))
    assert await taken(store, stall.eggs) == 3
    assert await store.write(claims.release_due, now=NOON + 30 * MINUTE) == 1
    assert await taken(store, stall.eggs) == 1
    await trade.assert_books_agree(store)


async def test_time_releases_once_and_to_the_waiting_list_first(store: Store) -> None:
    stall, group = await store.write(place, 3)
    await store.write(say, 50_001, group, ("EGG", 3))
    await store.write(waiting.join, actor=BEN, offer_id=stall.eggs, quantity=2, mode=Mode.ANY, now=NOON)
    due = NOON + 10 * MINUTE
    assert await store.read(claims.next_due) == due
    done = await asyncio.gather(*(store.write(claims.release_due, now=due) for _ in range(3)))
    assert sorted(done) == [0, 0, 1]
    assert await trade.book(store, "SELECT held FROM waitlist") == 2
    assert await taken(store, stall.eggs) == 2
    await trade.assert_books_agree(store)


async def test_the_opened_link_and_the_clock_at_once_leave_one_of_both(store: Store) -> None:
    stall, group = await store.write(place)
    await store.write(say, 50_001, group, ("EGG", 2))
    await store.write(people.meet, person=50_001, name="Eve", username=None, language="en", now=NOON)
    due = NOON + 10 * MINUTE
    opened, released = await asyncio.gather(
        store.write(claiming.open_link, actor=50_001, token=group.token, rules=RULES, now=due),
        store.write(claims.release_due, now=due),
    )
    assert (isinstance(opened, GoneOn), released) in {(True, 0), (False, 1)}
    assert await taken(store, stall.eggs) == (2 if released == 0 else 0)
    await trade.assert_books_agree(store)


async def test_a_link_is_for_its_own_person_and_its_own_group(store: Store) -> None:
    _, group = await store.write(place)
    await store.write(say, 50_001, group, ("EGG", 2))
    for person, token, expected in (
        (ANN, group.token, NothingHeld),
        (50_001, "nonsense", NotFound),
        (50_001, "", NotFound),
    ):
        outcome = await store.write(claiming.open_link, actor=person, token=token, rules=RULES, now=NOON)
        assert isinstance(outcome, expected)
    claim = await trade.book(store, "SELECT id FROM claims")
    assert isinstance(await store.write(claiming.go_on, actor=ANN, claim_id=claim, now=NOON), NotFound)
    await store.write(claims.drop, actor=ANN, claim_id=claim, now=NOON)
    assert await trade.book(store, "SELECT status FROM claims") == Status.HELD


async def test_words_add_up_to_the_limit_and_ten_times(store: Store) -> None:
    stall, group = await store.write(place, 100)
    await store.write(lambda tx: tx.run("UPDATE offers SET limit_per_buyer = 5 WHERE id = :id", id=stall.eggs))
    await store.write(say, ANN, group, ("EGG", 3))
    refused = await store.write(say, ANN, group, ("EGG", 3))
    assert isinstance(refused, Unheld)
    assert isinstance(refused.refused[0], LimitReached)
    for _ in range(9):
        assert isinstance(await store.write(say, BEN, group, ("RICE", 1)), Claimed)
    await store.write(say, BEN, group, ("RICE", 1))
    assert isinstance(await store.write(say, BEN, group, ("RICE", 1)), TooOften)
    assert await taken(store, stall.eggs) == 3
    await trade.assert_books_agree(store)


async def test_a_stranger_who_lets_it_run_out_three_times_a_day_holds_nothing_more(store: Store) -> None:
    _, group = await store.write(place)
    await store.write(lambda tx: tx.run("UPDATE streams SET status = 'live'"))
    for turn in range(3):
        at = NOON + turn * 11 * MINUTE
        assert isinstance(await store.write(say, 50_001, group, ("EGG", 1), now=at), Claimed)
        await store.write(claims.release_due, now=at + 10 * MINUTE)
    assert isinstance(await store.write(say, 50_001, group, ("EGG", 1), now=NOON + 40 * MINUTE), TooOften)
    assert isinstance(await store.write(say, 50_001, group, ("EGG", 1), now=NOON + 2 * DAY), Claimed)


async def test_of_two_offers_of_a_product_the_one_that_can_be_had_is_meant(store: Store) -> None:
    def both(tx: Tx) -> tuple[Group, int, int]:
        stall, group = place(tx, 1)
        row = tx.all("SELECT * FROM offers WHERE id = :id", id=stall.eggs)[0]
        presale = tx.insert(
            "INSERT INTO offers (stream_id, product_id, supplier_id, price, currency, availability, created_by,"
            " created_at) VALUES (:s, :p, :f, 3000, 'CNY', 'presale', :host, 0)",
            s=row["stream_id"], p=row["product_id"], f=row["supplier_id"], host=HOST,
        )  # fmt: skip
        return group, stall.eggs, presale

    group, stock_offer, presale = await store.write(both)
    await store.write(say, ANN, group, ("EGG", 1))
    await store.write(say, BEN, group, ("EGG", 1))
    assert await taken(store, stock_offer) == 1
    assert await taken(store, presale) == 1


async def test_a_closed_offer_holds_nothing_but_what_is_held_can_still_be_ordered(store: Store) -> None:
    stall, group = await store.write(place)
    await store.write(say, ANN, group, ("EGG", 2))
    await store.write(lambda tx: tx.run("UPDATE offers SET closes_at = :now WHERE id = :id", now=NOON, id=stall.eggs))
    refused = await store.write(say, BEN, group, ("EGG", 1))
    assert isinstance(refused, Unheld)
    assert isinstance(refused.refused[0], NotOpen)
    assert await store.write(trade.place, ANN, (stall.eggs, 2))
    await trade.assert_books_agree(store)


async def test_only_hosts_link_and_write_down(store: Store) -> None:
    stall, _ = await store.write(place)
    lines = [Line(code="EGG", quantity=1)]
    for actor in (ANN, trade.SUPPLIER, seed.CASHIER):
        linked = await store.write(
            groups.link, actor=actor, chat=CHAT - 1, title="x", code=None, can_read=True, now=NOON
        )
        assert isinstance(linked, NotAllowed)
        assert isinstance(await store.write(groups.unlink, actor=actor, chat=CHAT, now=NOON), NotAllowed)
        written = await store.write(
            claiming.write_down, actor=actor, buyer=BEN, stream_id=stall.stream, lines=lines, rules=RULES, now=NOON
        )
        assert isinstance(written, NotAllowed)
    await store.write(
        claiming.write_down, actor=HOST, buyer=BEN, stream_id=stall.stream, lines=lines, rules=RULES, now=NOON
    )
    assert await trade.book(store, "SELECT added_by FROM claims WHERE person_id = :p", p=BEN) == HOST


async def test_an_erasure_frees_what_is_held_and_forgets_whose_it_was(store: Store) -> None:
    stall, group = await store.write(place)
    await store.write(say, ANN, group, ("EGG", 2))
    told = await store.read(dossiers.about, ANN, NOON)
    assert told is not None
    assert told["kept_by_words"][0]["quantity"] == 2
    await store.write(erasures.erase, person=ANN, now=NOON)
    assert await taken(store, stall.eggs) == 0
    assert await trade.book(store, "SELECT person_id FROM claims") == 0
    await trade.assert_books_agree(store)


async def test_whose_words_they_were_is_forgotten_after_its_time(store: Store) -> None:
    _, group = await store.write(place)
    await store.write(say, 50_001, group, ("EGG", 1))
    await store.write(claims.release_due, now=NOON + 10 * MINUTE)
    assert await store.write(claims.forget, NOON + 10 * MINUTE, 100) == 0
    assert await store.write(claims.forget, NOON + 10 * MINUTE + 1, 100) == 1
    assert await trade.book(store, "SELECT count(*) FROM claims WHERE person_id <> 0") == 0


async def test_the_recount_sees_a_claim_that_holds_more_than_the_ledger(store: Store) -> None:
    _, group = await store.write(place)
    await store.write(say, ANN, group, ("EGG", 2))
    await store.write(lambda tx: tx.run("UPDATE claim_lines SET held = 1"))
    found = await store.read(stock.recount)
    assert [str(one) for one in found] == ["offer 1, claim 1: the ledger holds 2 units, the claim 1"]


async def test_one_row_waits_for_a_group_however_much_happens_and_none_leaves_within_ten_seconds(
    store: Store,
) -> None:
    stall, group = await store.write(place, None)
    for person in list(STRANGERS)[:50]:
        await store.write(say, person, group, ("EGG", 1))
    queued = "SELECT count(*) FROM outbox WHERE state = 'queued' AND kind = 'group_card'"
    assert await trade.book(store, queued) == 1
    await store.write(lambda tx: tx.run("UPDATE outbox SET state = 'sent', ended_at = 1 WHERE kind = 'group_card'"))
    card = f"group:{stall.stream}"
    await store.write(
        lambda tx: tx.run("INSERT INTO cards VALUES (:card, :chat, 5, 0, :now)", card=card, chat=CHAT, now=NOON)
    )
    await store.write(groupcards.post, CHAT, stall.stream, NOON + SECOND)
    due = "SELECT not_before FROM outbox WHERE state = 'queued' AND kind = 'group_card'"
    assert await trade.book(store, due) == NOON + 10 * SECOND
    await store.write(lambda tx: tx.run("DELETE FROM outbox WHERE kind = 'group_card'"))
    # The clock has been put back an hour: the group does not wait an hour for it.
    await store.write(groupcards.post, CHAT, stall.stream, NOON - 60 * MINUTE)
    assert await trade.book(store, due) == NOON - 60 * MINUTE + 10 * SECOND


async def test_a_cancelled_stream_makes_what_is_held_due(store: Store) -> None:
    stall, group = await store.write(place)
    await store.write(say, ANN, group, ("EGG", 2))
    await store.write(streams.cancel, actor=HOST, stream_id=stall.stream, now=NOON)
    assert await store.write(claims.release_due, now=NOON) == 1
    assert await taken(store, stall.eggs) == 0


STATEMENTS = [
    groups._VIEW, groups._BY_TOKEN, groupcards._SHOWING, groupcards._LINKED,
    groupcards._PLACE, claims._LIVE, claims._NEWEST_IN, claims._LINES, claims._HELD_FOR,
    claims._UNOPENED, claims._TALLY, claims._DUE, claims._NEXT, claims._FORGET, claims._SPEND, claims._IS_SPENT,
    claims._FORGET_LINE, dossiers._CLAIMED, people._NAMED,
    stock._IS_HELD.format(holder="claim"), stock._RELEASE.format(holder="claim"),
]  # fmt: skip


@pytest.mark.parametrize("sql", STATEMENTS)
async def test_words_are_found_by_index(store: Store, sql: str) -> None:
    assert_no_scan(store.path, sql, **dict.fromkeys(re.findall(r":(\w+)", sql), 1))


async def test_of_an_offer_for_who_pays_first_words_keep_nothing_but_lead_to_the_order(store: Store) -> None:
    stall, group = await store.write(place, 3)
    await store.write(lambda tx: tx.run("UPDATE offers SET hold = 'first_paid' WHERE id = :id", id=stall.eggs))
    assert isinstance(await store.write(say, ANN, group, ("EGG", 2), ("RICE", 1)), Claimed)
    assert await taken(store, stall.eggs) == 0
    assert await taken(store, stall.rice) == 1
    dialog = await store.read(lambda tx: tx.value("SELECT id FROM dialogs WHERE person_id = :p", p=ANN))
    placed = await store.write(
        checkouts.place, actor=ANN, checkout=dialog, terms="v1", method="Pay", policy=trade.POLICY, now=NOON
    )
    assert isinstance(placed, checkouts.Placed)
    assert await trade.book(store, "SELECT count(*) FROM order_lines") == 2
    assert await trade.book(store, "SELECT status FROM claims") == Status.ORDERED
    assert await store.read(stock.recount) == []


async def test_whoever_may_not_order_holds_nothing_and_is_told_in_private(store: Store) -> None:
    stall, group = await store.write(place)
    await store.write(lambda tx: tx.run("UPDATE people SET ordering_blocked_at = 1 WHERE id = :id", id=ANN))
    assert isinstance(await store.write(say, ANN, group, ("EGG", 2)), Unheld)
    assert await taken(store, stall.eggs) == 0
    assert ("ordering_blocked", ANN) in await trade.kinds_told(store)
