"""Products: the catalogue comes in by code, twice without harm, and is paged and found again."""

from dataclasses import replace

import pytest

from shop.catalogue import CatalogueRow
from storage import changes, products, trails
from storage.changes import Field
from storage.connection import Tx
from storage.people import NotAllowed
from storage.products import Imported
from storage.store import Store
from storage.trails import Wanted
from tests.clock import NOON
from tests.storage import seed
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, CASHIER, HOST, OWNER

EGG = CatalogueRow(
    number=2,
    code="EGG",
    names={"en": "Free-range eggs", "zh": "散养土鸡蛋"},
    units={"en": "box of 20", "zh": "20枚装"},
    base_units={"en": "egg", "zh": "枚"},
    descriptions={"en": "Eggs laid by hens kept in the hills"},
    pack_milli=20_000,
    price=3600,
    currency="CNY",
    stock=500,
    limit_per_buyer=10,
    supplier="Tonggu Free-Range Poultry Cooperative",
    county="Tonggu",
    households=212,
    is_designated=True,
    ships_within_days=3,
    picture="",
)
RICE = replace(EGG, number=3, code="RICE", supplier="Paibu Rice Noodle Workshop", price=7800, stock=None)


async def test_a_first_import_makes_products_and_suppliers(store: Store) -> None:
    imported = await store.write(products.import_rows, actor=None, rows=[EGG, RICE], now=NOON)
    assert imported == Imported(created=2, updated=0, unchanged=0, suppliers_created=2)
    egg = await store.read(products.by_code, " egg ")
    assert egg is not None
    assert egg.names == {"en": "Free-range eggs", "zh": "散养土鸡蛋"}
    assert egg.supplier_name == "Tonggu Free-Range Poultry Cooperative"
    assert (egg.price, egg.stock, egg.pack_milli, egg.photo) == (3600, 500, 20_000, None)
    rice = await store.read(products.by_code, "RICE")
    assert rice is not None
    assert rice.stock is None


async def test_the_same_file_again_changes_nothing(store: Store) -> None:
    await store.write(products.import_rows, actor=None, rows=[EGG, RICE], now=NOON)
    turned = replace(EGG, names=dict(sorted(EGG.names.items(), reverse=True)))
    again = await store.write(products.import_rows, actor=None, rows=[turned, RICE], now=NOON + 1)
    assert again == Imported(created=0, updated=0, unchanged=2, suppliers_created=0)
    assert len((await store.read(trails.page, Wanted())).lines) == 1


async def test_a_changed_row_updates_its_product_and_keeps_its_id(store: Store) -> None:
    await store.write(products.import_rows, actor=None, rows=[EGG], now=NOON)
    before = await store.read(products.by_code, "EGG")
    dearer = replace(EGG, price=3800, supplier="Hill Farm")
    imported = await store.write(products.import_rows, actor=None, rows=[dearer], now=NOON + 1)
    assert imported == Imported(created=0, updated=1, unchanged=0, suppliers_created=1)
    after = await store.read(products.by_code, "EGG")
    assert before is not None
    assert after is not None
    assert (after.id, after.price, after.supplier_name) == (before.id, 3800, "Hill Farm")


async def test_what_a_file_does_not_name_is_not_cleared(store: Store) -> None:
    pictured = replace(EGG, picture="https://example.org/egg.jpg")
    await store.write(seed.staff_and_viewers)
    await store.write(products.import_rows, actor=None, rows=[pictured, RICE], now=NOON)
    await store.write(changes.make, actor=HOST, product_id=1, field=Field.PHOTO, value="file-1", now=NOON)
    bare = replace(EGG, picture="", descriptions={}, price=3500)
    await store.write(products.import_rows, actor=None, rows=[bare], now=NOON + 1)
    egg = await store.read(products.by_code, "EGG")
    assert egg is not None
    assert egg.price == 3500
    assert egg.photo == "file-1"
    assert egg.picture == "https://example.org/egg.jpg"
    assert egg.descriptions == EGG.descriptions
    assert await store.read(products.by_code, "RICE") is not None


@pytest.mark.parametrize("actor", [ANN, CASHIER])
async def test_only_hosts_and_owners_import(store: Store, actor: int) -> None:
    await store.write(seed.staff_and_viewers)
    for host in (HOST, OWNER):
        assert isinstance(await store.write(products.import_rows, actor=host, rows=[EGG], now=NOON), Imported)
    assert await store.write(products.import_rows, actor=actor, rows=[RICE], now=NOON) == NotAllowed()
    assert await store.read(products.by_code, "RICE") is None


async def test_a_new_address_takes_the_place_of_the_photo(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    await store.write(products.import_rows, actor=None, rows=[EGG], now=NOON)
    await store.write(changes.make, actor=HOST, product_id=1, field=Field.PHOTO, value="file-1", now=NOON)
    pictured = replace(EGG, picture="https://example.org/egg.jpg")
    await store.write(products.import_rows, actor=None, rows=[pictured], now=NOON)
    egg = await store.read(products.view, 1)
    assert egg is not None
    assert (egg.photo, egg.picture) == (None, "https://example.org/egg.jpg")


async def test_an_archived_product_is_brought_up_to_date_and_stays_archived(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    await store.write(products.import_rows, actor=None, rows=[EGG], now=NOON)
    await store.write(changes.make, actor=HOST, product_id=1, field=Field.ARCHIVED, value=True, now=NOON)
    await store.write(products.import_rows, actor=None, rows=[replace(EGG, price=3800)], now=NOON + 1)
    egg = await store.read(products.view, 1)
    assert egg is not None
    assert (egg.price, egg.archived_at) == (3800, NOON)


async def test_what_rows_say_of_one_supplier_is_taken_in_their_order(store: Store) -> None:
    rows = [EGG, replace(RICE, supplier=EGG.supplier, households=300), replace(EGG, code="TEA", households=250)]
    imported = await store.write(products.import_rows, actor=None, rows=rows, now=NOON)
    assert isinstance(imported, Imported)
    assert imported.suppliers_created == 1
    assert await store.read(lambda tx: tx.value("SELECT households FROM suppliers")) == 250


async def test_the_catalogue_is_paged_in_the_order_of_the_file_without_what_is_archived(store: Store) -> None:
    rows = [replace(EGG, number=number, code=f"P{number}") for number in range(5)]
    await store.write(products.import_rows, actor=None, rows=rows, now=NOON)

    def archive(tx: Tx) -> int:
        return tx.run("UPDATE products SET archived_at = :now WHERE code = 'P1'", now=NOON)

    await store.write(archive)
    first = await store.read(products.listing, limit=2)
    rest = await store.read(products.listing, after=first[-1].id, limit=9)
    assert [product.code for product in first] == ["P0", "P2"]
    assert [product.code for product in rest] == ["P3", "P4"]


async def test_products_are_found_by_index(store: Store) -> None:
    assert_no_scan(store.path, products._VIEW, id=1)
    assert_no_scan(store.path, products._BY_CODE, code="EGG")
    assert_no_scan(store.path, products._LISTING, after=0, limit=20)
    assert_no_scan(store.path, products._KNOWN, codes='["EGG"]')


async def test_a_typed_product_is_created_once_by_hosts_alone(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    assert await store.write(products.create, actor=ANN, row=EGG, now=NOON) == NotAllowed()
    created = await store.write(products.create, actor=HOST, row=EGG, now=NOON)
    assert isinstance(created, products.Created)
    again = await store.write(products.create, actor=OWNER, row=EGG, now=NOON)
    assert again == products.CodeTaken(product_id=created.product_id)
    assert await store.read(seed.told) == [("product", HOST)]
    assert len((await store.read(trails.page, Wanted())).lines) == 1
