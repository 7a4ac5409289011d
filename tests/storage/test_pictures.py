"""Pictures by address and albums: what Telegram made of an address, and photos that come with codes."""

import pytest

from storage import albums, changes, pictures, products
from storage.changes import Field
from storage.clock import DAY, HOUR
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.products import Product
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, HOST, OTHER_HOST

ADDRESS = "https://example.org/egg.jpg"


@pytest.fixture
async def books(store: Store) -> Store:
    await store.write(_goods)
    return store


def _goods(tx: Tx) -> None:
    seed.staff_and_viewers(tx)
    maker = seed.supplier(tx)
    for code in ("EGG", "RICE"):
        seed.product(tx, maker, code)
    tx.run("UPDATE products SET picture = :address", address=ADDRESS)


async def view(store: Store, id_: int = 1) -> Product:
    found = await store.read(products.view, id_)
    assert found is not None
    return found


async def refused(store: Store, id_: int = 1, *, address: str = ADDRESS, now: int = NOON) -> None:
    await store.write(pictures.refused, product_id=id_, address=address, now=now)


# -- Addresses ----------------------------------------------------------------------------------------------


async def test_what_telegram_made_of_an_address_is_the_photo_from_now_on(books: Store) -> None:
    await refused(books)
    await books.write(pictures.loaded, product_id=1, address=ADDRESS, photo="photo-1")
    egg = await view(books)
    assert (egg.photo, egg.picture_refused_at) == ("photo-1", None)


async def test_an_address_that_is_no_longer_the_products_says_nothing(books: Store) -> None:
    await books.write(pictures.loaded, product_id=1, address="https://example.org/old.jpg", photo="photo-1")
    await refused(books, address="https://example.org/old.jpg")
    assert (await view(books)).photo is None
    assert (await view(books)).picture_refused_at is None


async def test_a_photo_a_host_has_sent_meanwhile_stays(books: Store) -> None:
    await books.write(changes.make, actor=HOST, product_id=1, field=Field.PHOTO, value="own", now=NOON, silent=True)
    await books.write(pictures.loaded, product_id=1, address=ADDRESS, photo="telegram's")
    await refused(books)
    egg = await view(books)
    assert (egg.photo, egg.picture_refused_at) == ("own", None)


async def test_hosts_hear_once_of_each_bad_address_and_of_all_of_a_day_in_one_message(books: Store) -> None:
    await refused(books)
    await refused(books)
    await refused(books, 2)
    assert sorted(await books.read(seed.told)) == [("pictures_refused", HOST), ("pictures_refused", OTHER_HOST)]
    assert await books.read(pictures.bad) == [("EGG", ADDRESS), ("RICE", ADDRESS)]
    await refused(books, now=NOON + 2 * DAY)
    assert len(await books.read(seed.told)) == 2


async def test_a_bad_address_is_left_alone_for_a_day(books: Store) -> None:
    assert pictures.address_of(ADDRESS, None, NOON) == ADDRESS
    assert pictures.address_of(ADDRESS, NOON, NOON + 23 * HOUR) is None
    assert pictures.address_of(ADDRESS, NOON, NOON + 24 * HOUR) == ADDRESS
    assert pictures.address_of(ADDRESS, NOON + HOUR, NOON) is None, "the clock was set back"
    assert pictures.address_of(None, None, NOON) is None
    assert pictures.address_of("egg.jpg", None, NOON) is None


async def test_bad_addresses_are_found_by_index(books: Store) -> None:
    assert_no_scan(books.path, pictures._BAD)


# -- Albums -------------------------------------------------------------------------------------------------


async def paste(store: Store, message: int, caption: str, *, actor: int = HOST, photo: str | None = None) -> object:
    return await store.write(
        albums.paste,
        actor=actor,
        album="77",
        message_id=message,
        caption=caption,
        photo=photo if photo is not None else f"photo-{message}",
        now=NOON,
    )


async def test_each_picture_goes_to_the_product_of_its_caption_and_one_message_tells(books: Store) -> None:
    assert await paste(books, 1, "egg") == albums.Taken(is_set=True)
    assert await paste(books, 2, "") == albums.Taken(is_set=False)
    assert await paste(books, 3, "NOPE") == albums.Taken(is_set=False)
    assert await paste(books, 4, "RICE") == albums.Taken(is_set=True)
    assert [(await view(books, id_)).photo for id_ in (1, 2)] == ["photo-1", "photo-4"]
    found = await books.read(albums.of, HOST, "77")
    assert [(one.caption, one.product_id) for one in found] == [("egg", 1), ("", None), ("NOPE", None), ("RICE", 2)]
    assert await books.read(seed.told) == [("album_card", HOST)]


async def test_an_album_is_undone_whole_but_for_what_was_changed_since(books: Store) -> None:
    await paste(books, 1, "EGG")
    await paste(books, 2, "EGG")
    await paste(books, 3, "RICE")
    await books.write(changes.make, actor=HOST, product_id=2, field=Field.PHOTO, value="newer", now=NOON, silent=True)
    assert await books.write(albums.undo, actor=HOST, album="77", now=NOON) == 2
    assert [(await view(books, id_)).photo for id_ in (1, 2)] == [None, "newer"]
    assert await books.write(albums.undo, actor=HOST, album="77", now=NOON) == 0


async def test_somebody_elses_album_and_other_people_change_nothing(books: Store) -> None:
    await paste(books, 1, "EGG")
    assert await books.write(albums.undo, actor=OTHER_HOST, album="77", now=NOON) == NotFound()
    assert await books.write(albums.undo, actor=ANN, album="77", now=NOON) == NotAllowed()
    assert await paste(books, 2, "RICE", actor=ANN) == NotAllowed()
    assert (await view(books)).photo == "photo-1"
    assert (await view(books, 2)).photo is None


async def test_albums_are_forgotten_after_thirty_days_and_found_by_index(books: Store) -> None:
    await paste(books, 1, "EGG")
    assert await books.write(albums.forget, NOON + 30 * DAY) == 0
    assert await books.write(albums.forget, NOON + 31 * DAY) == 1
    for sql in (albums._OF, albums._CHANGES):
        assert_no_scan(books.path, sql, person=HOST, album="77")
    assert_no_scan(books.path, albums._FORGET, before=NOON)
