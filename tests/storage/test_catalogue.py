"""Pages of the catalogue."""

from storage import catalogue
from storage.connection import Tx
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed


def twenty(tx: Tx) -> int:
    """Products P00 to P19; returns a stream that sells the first two."""
    seed.staff_and_viewers(tx)
    supplier = seed.supplier(tx)
    products = [seed.product(tx, supplier, f"P{number:02}") for number in range(20)]
    stream = seed.stream(tx)
    seed.offer(tx, stream, products[0])
    seed.offer(tx, stream, products[1])
    seed.offer(tx, stream, products[2], availability="presale")
    return stream


async def test_pages_hold_eight_in_the_order_products_came_in(store: Store) -> None:
    await store.write(twenty)
    pages = [await store.read(catalogue.page, number) for number in range(3)]
    assert [page.products[0].code for page in pages] == ["P00", "P08", "P16"]
    assert [len(page.products) for page in pages] == [8, 8, 4]
    assert {(page.pages, page.total) for page in pages} == {(3, 20)}
    assert [page.number for page in pages] == [0, 1, 2]


async def test_a_number_out_of_range_gives_the_nearest_page(store: Store) -> None:
    await store.write(twenty)
    assert (await store.read(catalogue.page, 99)).number == 2
    assert (await store.read(catalogue.page, -1)).number == 0


async def test_what_a_stream_sells_already_is_left_out_but_not_its_presales(store: Store) -> None:
    stream = await store.write(twenty)
    page = await store.read(catalogue.page, 0, unsold_in=stream)
    assert page.total == 18
    assert page.products[0].code == "P02"


async def test_archived_products_are_left_out(store: Store) -> None:
    await store.write(twenty)
    await store.write(lambda tx: tx.run("UPDATE products SET archived_at = :now WHERE code = 'P00'", now=NOON))
    assert (await store.read(catalogue.page, 0)).products[0].code == "P01"


async def test_archived_products_have_pages_of_their_own_and_know_them(store: Store) -> None:
    await store.write(twenty)
    await store.write(lambda tx: tx.run("UPDATE products SET archived_at = :now WHERE id <= 9", now=NOON))
    page = await store.read(catalogue.page, 0)
    assert (page.total, page.archived) == (11, 9)
    archive = await store.read(catalogue.page, 1, archived=True)
    assert [product.code for product in archive.products] == ["P08"]
    assert (archive.total, archive.pages, archive.archived) == (9, 2, 0)
    assert [await store.read(catalogue.page_of, id_) for id_ in (8, 9, 10, 18)] == [0, 1, 0, 1]


async def test_an_empty_catalogue_is_one_empty_page(store: Store) -> None:
    page = await store.read(catalogue.page, 3)
    assert (page.products, page.number, page.pages, page.total) == ((), 0, 1, 0)


async def test_a_product_knows_its_page(store: Store) -> None:
    await store.write(twenty)
    ids = await store.read(lambda tx: [row["id"] for row in tx.all("SELECT id FROM products ORDER BY id")])
    assert [await store.read(catalogue.page_of, ids[index]) for index in (0, 7, 8, 19)] == [0, 0, 1, 2]
