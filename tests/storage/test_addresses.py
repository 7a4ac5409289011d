"""Several addresses a buyer: which comes first, what is edited and removed, and that nobody reaches another's."""

from dataclasses import replace

import pytest

from storage import addresses, orders
from storage.addresses import Chosen, Removed, TooMany
from storage.connection import Tx
from storage.people import NotFound
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN

WORK = replace(trade.HOME, address="2 Hill Road, Nanchang")
MOTHER = replace(trade.HOME, recipient="Li Mei", address="3 Rice Terrace, Wanzai")


@pytest.fixture
async def books(store: Store) -> Store:
    def act(tx: Tx) -> None:
        for person in (ANN, BEN):
            seed.person(tx, person)
        for address in (trade.HOME, WORK, MOTHER):
            addresses.save(tx, actor=ANN, address=address, now=NOON)

    await store.write(act)
    return store


async def listed(store: Store, person: int = ANN) -> list[str]:
    return [saved.address.address for saved in await store.read(addresses.every, person)]


async def test_the_newest_comes_first_until_another_is_chosen(books: Store) -> None:
    assert await listed(books) == [MOTHER.address, WORK.address, trade.HOME.address]
    assert await books.write(addresses.use, actor=ANN, address_id=1, now=NOON) == Chosen(address_id=1)
    assert await listed(books) == [trade.HOME.address, MOTHER.address, WORK.address]
    assert await books.read(addresses.current, ANN) == trade.HOME


async def test_one_that_is_saved_already_only_comes_first_again(books: Store) -> None:
    assert await books.write(lambda tx: addresses.save(tx, actor=ANN, address=WORK, now=NOON)) == Chosen(address_id=2)
    assert await listed(books) == [WORK.address, MOTHER.address, trade.HOME.address]


async def test_an_edited_address_keeps_its_place_and_its_label(books: Store) -> None:
    await books.write(addresses.edit, actor=ANN, address_id=2, address=WORK, label="Work", now=NOON)
    changed = replace(WORK, phone="+8613900000000")
    work = (await books.read(addresses.every, ANN))[1].id
    await books.write(addresses.edit, actor=ANN, address_id=work, address=changed, now=NOON)
    found = (await books.read(addresses.every, ANN))[1]
    assert (found.label, found.address) == ("Work", changed)


async def test_the_eleventh_is_refused(books: Store) -> None:
    def more(tx: Tx) -> list[object]:
        made = [replace(WORK, address=f"{number} Long Street") for number in range(8)]
        return [addresses.save(tx, actor=ANN, address=address, now=NOON) for address in made]

    outcomes = await books.write(more)
    assert [type(outcome) for outcome in outcomes] == [Chosen] * 7 + [TooMany]
    assert len(await listed(books)) == addresses.MOST_ADDRESSES


async def test_removing_the_first_makes_the_next_the_first_and_twice_is_once(books: Store) -> None:
    first = (await books.read(addresses.every, ANN))[0].id
    assert await books.write(addresses.remove, actor=ANN, address_id=first, now=NOON) == Removed()
    assert await books.write(addresses.remove, actor=ANN, address_id=first, now=NOON) == NotFound()
    assert await books.read(addresses.current, ANN) == WORK


async def test_nobody_reaches_anothers_address(books: Store) -> None:
    before = await listed(books)
    assert await books.write(addresses.use, actor=BEN, address_id=1, now=NOON) == NotFound()
    assert await books.write(addresses.remove, actor=BEN, address_id=1, now=NOON) == NotFound()
    edited = await books.write(addresses.edit, actor=BEN, address_id=1, address=WORK, now=NOON)
    assert edited == NotFound()
    assert await listed(books) == before


async def test_what_becomes_of_an_address_touches_no_order(store: Store) -> None:
    stall = await store.write(trade.stall)
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    before = await store.read(orders.view, order)
    saved = (await store.read(addresses.every, ANN))[0].id
    await store.write(addresses.edit, actor=ANN, address_id=saved, address=MOTHER, now=NOON)
    assert await store.read(orders.view, order) == before


def test_addresses_are_found_by_index(store: Store) -> None:
    assert_no_scan(store.path, addresses._SAVED, person=ANN, limit=1)
    assert_no_scan(store.path, addresses._NEXT_PLACE, person=ANN)
