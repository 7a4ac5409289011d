"""The audit as owners read it: found by person, action, subject and time, page by page."""

import json
from itertools import product

import pytest

from storage import audit, trails
from storage.clock import DAY
from storage.connection import Tx
from storage.store import Store
from storage.trails import Wanted
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, CASHIER, HOST, OWNER

MONEY = ("payment.submitted", "payment.confirmed", "refund.owed")


async def numbers(store: Store, wanted: Wanted, **options: int) -> list[int]:
    return [line.id for line in (await store.read(trails.page, wanted, **options)).lines]


def eleven(tx: Tx) -> None:
    """entries 1 to 10 by Host and the clock in turn, the last one about Host."""
    for number in range(1, 11):
        actor = HOST if number % 2 else None
        audit.note(
            tx, actor, "stream.edited" if number % 2 else "order.expired", f"stream:{number % 3}", NOON + number
        )
    audit.note(tx, OWNER, "role.granted", f"person:{HOST}", NOON + 11, role="host", supplier=None)


async def test_the_newest_decision_comes_first(store: Store) -> None:
    await store.write(eleven)
    page = await store.read(trails.page, Wanted(), limit=4)
    assert [line.id for line in page.lines] == [11, 10, 9, 8]
    assert (page.has_newer, page.has_older) == (False, True)


async def test_pages_go_on_where_the_one_before_ended_and_back_again(store: Store) -> None:
    await store.write(eleven)
    assert await numbers(store, Wanted(), before=8, limit=4) == [7, 6, 5, 4]
    last = await store.read(trails.page, Wanted(), before=4, limit=4)
    assert [line.id for line in last.lines] == [3, 2, 1]
    assert (last.has_newer, last.has_older) == (True, False)
    assert await numbers(store, Wanted(), after=3, limit=4) == [7, 6, 5, 4]
    assert await numbers(store, Wanted(), after=7, limit=3) == [10, 9, 8]


async def test_the_first_page_is_whole_when_one_comes_back_to_it(store: Store) -> None:
    await store.write(eleven)
    back = await store.read(trails.page, Wanted(), after=9, limit=4)
    assert [line.id for line in back.lines] == [11, 10, 9, 8]
    assert not back.has_newer


async def test_what_is_written_meanwhile_moves_no_page(store: Store) -> None:
    await store.write(eleven)
    await store.write(eleven)
    assert await numbers(store, Wanted(), before=8, limit=4) == [7, 6, 5, 4]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(person=HOST), [11, 9, 7, 5, 3, 1]),
        (Wanted(person=OWNER), [11]),
        (Wanted(person=ANN), []),
        (Wanted(by_nobody=True), [10, 8, 6, 4, 2]),
        (Wanted(actions=("role.granted", "order.expired")), [11, 10, 8, 6, 4, 2]),
        (Wanted(actions=()), []),
        (Wanted(subjects=("stream:0",)), [9, 6, 3]),
        (Wanted(subjects=("stream:0", "stream:2")), [9, 8, 6, 5, 3, 2]),
        (Wanted(subjects=("stream:0",), actions=("order.expired",)), [6]),
        (Wanted(person=HOST, actions=("role.granted",)), [11]),
        (Wanted(by_nobody=True, actions=("role.granted",)), []),
        (Wanted(since=NOON + 9), [11, 10, 9]),
        (Wanted(since=NOON + 9, person=HOST), [11, 9]),
        (Wanted(since=NOON + 12), []),
    ],
)
async def test_every_filter_finds_what_it_says_and_filters_hold_together(
    store: Store, wanted: Wanted, found: list[int]
) -> None:
    await store.write(eleven)
    assert await numbers(store, wanted, limit=20) == found
    pages: list[int] = []
    while page := await numbers(store, wanted, limit=2, **({"before": pages[-1]} if pages else {})):
        pages += page
    assert pages == found


async def test_a_clock_that_jumped_hides_no_entry_of_today(store: Store) -> None:
    def jumping(tx: Tx) -> None:
        for at in (NOON, NOON - DAY, NOON + 5, NOON - 2 * DAY):
            audit.note(tx, None, "order.expired", "order:1", at)

    await store.write(jumping)
    assert await numbers(store, Wanted(since=NOON)) == [3, 1]


async def test_entries_come_with_the_names_behind_their_ids(store: Store) -> None:
    def act(tx: Tx) -> str:
        stall = trade.stall(tx)
        order = trade.buy(tx, ANN, (stall.eggs, 1))
        audit.note(tx, HOST, "offer.added", f"offer:{stall.eggs}", NOON, quantity=5, price=3600)
        audit.note(tx, OWNER, "role.granted", f"person:{ANN}", NOON, role="supplier", supplier=stall.egg_farm)
        return str(tx.value("SELECT code FROM orders WHERE id = :id", id=order))

    code = await store.write(act)
    found = {line.action: line for line in (await store.read(trails.page, Wanted(), limit=50)).lines}
    assert (found["payment.confirmed"].order, found["payment.confirmed"].amount) == (code, 3600)
    assert found["payment.confirmed"].actor == f"Person {CASHIER}"
    assert (found["offer.added"].product, found["offer.added"].stream) == ("EGG", "Spring stream")
    assert (found["role.granted"].person, found["role.granted"].supplier) == (f"Person {ANN}", "Hill Farm")
    assert found["order.paid"].actor is None


async def test_a_stream_is_itself_and_what_it_sells(store: Store) -> None:
    stall = await store.write(trade.stall)
    subjects = await store.read(trails.of_stream, stall.stream)
    assert subjects == (f"stream:{stall.stream}", f"offer:{stall.eggs}", f"offer:{stall.rice}")


async def test_people_are_found_by_user_name_in_any_case(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    await store.write(lambda tx: tx.run("UPDATE people SET username = 'Ann_Li' WHERE id = :id", id=ANN))
    assert await store.read(trails.person_called, "ann_LI") == ANN
    assert await store.read(trails.person_called, "nobody") is None


async def test_who_works_here_stands_before_who_did(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    await store.write(lambda tx: tx.run("UPDATE roles SET revoked_at = 1 WHERE person_id = :id", id=CASHIER))
    assert (await store.read(trails.workers, 10))[-1].person_id == CASHIER
    assert len(await store.read(trails.workers, 2)) == 2


async def test_every_way_of_looking_goes_by_an_index(store: Store) -> None:
    ways = (
        Wanted(),
        Wanted(person=1),
        Wanted(by_nobody=True),
        Wanted(subjects=("order:1",)),
        Wanted(actions=MONEY),
    )
    for wanted, newer in product(ways, (False, True)):
        assert_no_scan(
            store.path,
            trails.statement(wanted, newer=newer),
            edge=9,
            first=1,
            since=0,
            actions=json.dumps(MONEY),
            subjects=json.dumps(["order:1"]),
            person=1,
            limit=9,
        )
    assert_no_scan(store.path, trails._FIRST_SINCE, since=1)
    assert_no_scan(store.path, trails._BY_USERNAME, username="ann")
