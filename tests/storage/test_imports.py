"""Files sent in the chat: kept, previewed, accepted once by who sent them, and only for what was shown."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from shop.catalogue import BadRow, Catalogue, CatalogueRow, Reason
from storage import changes, imports, outbox, previews, products
from storage.changes import Field
from storage.clock import DAY
from storage.connection import Tx
from storage.imports import Import, Over, Overtaken, Received, SentFile, State
from storage.people import NotAllowed, NotFound
from storage.products import Imported
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, CASHIER, HOST, OTHER_HOST, OWNER
from tests.storage.test_products import EGG, RICE

FILE = SentFile(file_id="file-1", name="goods.xlsx")
BAD = BadRow(7, (Reason("import.reason.price", {"found": "x", "currency": "CNY"}), Reason("import.reason.cells")))


@pytest.fixture
async def books(store: Store) -> Store:
    await store.write(seed.staff_and_viewers)
    return store


async def receive(store: Store, *rows: CatalogueRow, actor: int = HOST, bad: tuple[BadRow, ...] = ()) -> Any:
    return await store.write(imports.receive, actor=actor, file=FILE, catalogue=Catalogue(tuple(rows), bad), now=NOON)


async def accept(store: Store, file: int = 1, *, actor: int = HOST) -> Any:
    return await store.write(imports.accept, actor=actor, import_id=file, now=NOON + 1)


async def seen(store: Store, file: int = 1, person: int = HOST) -> Import:
    found = await store.read(imports.view, file, person)
    assert found is not None
    return found


async def test_a_file_is_kept_with_what_it_would_change_and_nothing_is_changed_yet(books: Store) -> None:
    assert await receive(books, EGG, RICE, bad=(BAD,)) == Received(import_id=1)
    found = await seen(books)
    assert (found.state, found.file, found.bad) == (State.OFFERED, FILE, (BAD,))
    assert found.preview is not None
    assert (found.preview.created, found.preview.changed, found.preview.unchanged) == (2, 0, 0)
    assert found.preview.suppliers_created == 2
    assert await books.read(products.listing) == []
    assert await books.read(seed.told) == [("import_card", HOST)]


async def test_accepting_imports_the_rows_as_they_were_read_once(books: Store) -> None:
    await receive(books, EGG, RICE, bad=(BAD,))
    assert await accept(books) == Imported(created=2, updated=0, unchanged=0, suppliers_created=2)
    egg, rice = await books.read(products.listing)
    assert (egg.code, egg.names, egg.price, egg.stock) == ("EGG", EGG.names, 3600, 500)
    assert rice.stock is None
    assert await accept(books) == Over(state=State.IMPORTED)
    assert (await seen(books)).bad == (BAD,)
    assert await books.read(lambda tx: tx.value("SELECT rows FROM imports")) is None


async def test_two_taps_at_once_import_once(books: Store) -> None:
    await receive(books, EGG)
    outcomes = await asyncio.gather(accept(books), accept(books))
    assert sorted(type(one).__name__ for one in outcomes) == ["Imported", "Over"]


async def test_two_hosts_import_their_files_at_once(books: Store) -> None:
    await receive(books, EGG)
    await receive(books, RICE, actor=OTHER_HOST)
    outcomes = await asyncio.gather(accept(books), accept(books, 2, actor=OTHER_HOST))
    assert all(isinstance(one, Imported) for one in outcomes)
    assert len(await books.read(products.listing)) == 2


async def test_a_file_is_its_senders_alone_and_hosts_alone_send(books: Store) -> None:
    await receive(books, EGG)
    for other in (OTHER_HOST, OWNER):
        assert await accept(books, actor=other) == NotFound()
        assert await books.write(imports.drop, actor=other, import_id=1, now=NOON) == NotFound()
        assert await books.read(imports.view, 1, other) is None
    for nobody in (ANN, CASHIER):
        assert await accept(books, actor=nobody) == NotAllowed()
        assert await receive(books, EGG, actor=nobody) == NotAllowed()
    assert await accept(books, 99) == NotFound()
    assert (await seen(books)).state is State.OFFERED


async def test_a_host_who_is_none_any_more_accepts_nothing(books: Store) -> None:
    await receive(books, EGG)
    await books.write(lambda tx: tx.run("UPDATE roles SET revoked_at = :now WHERE person_id = :p", now=NOON, p=HOST))
    assert await accept(books) == NotAllowed()
    assert await books.read(products.listing) == []


async def test_a_dropped_file_is_over(books: Store) -> None:
    await receive(books, EGG)
    assert await books.write(imports.drop, actor=HOST, import_id=1, now=NOON) == State.DROPPED
    assert await accept(books) == Over(state=State.DROPPED)
    assert await books.write(imports.drop, actor=HOST, import_id=1, now=NOON) == Over(state=State.DROPPED)


async def test_an_older_file_is_shown_anew_before_it_undoes_a_newer_one(books: Store) -> None:
    await receive(books, EGG)
    await receive(books, replace(EGG, price=3800), actor=OTHER_HOST)
    await accept(books, 2, actor=OTHER_HOST)
    assert await accept(books) == Overtaken()
    found = await seen(books)
    assert found.preview is not None
    assert (found.preview.created, found.preview.changed) == (0, 1)
    assert found.preview.first[0].price == (3800, 3600)
    assert isinstance(await accept(books), Imported)


async def test_a_change_in_the_chat_that_the_file_does_not_speak_of_is_no_obstacle(books: Store) -> None:
    await receive(books, EGG, RICE)
    await accept(books)
    await receive(books, replace(EGG, price=3800))
    rice = await books.read(products.by_code, "RICE")
    assert rice is not None
    await books.write(changes.make, actor=HOST, product_id=rice.id, field=Field.PRICE, value=1, now=NOON)
    assert isinstance(await accept(books, 2), Imported)


async def test_a_file_that_could_not_be_had_is_read_later(books: Store) -> None:
    await books.write(imports.receive, actor=HOST, file=FILE, catalogue=None, now=NOON)
    assert (await seen(books)).state is State.UNREAD
    assert await accept(books) == Over(state=State.UNREAD)
    good = Catalogue((EGG,), ())
    for actor, expected in ((ANN, NotAllowed()), (OTHER_HOST, NotFound())):
        assert await books.write(imports.read, actor=actor, import_id=1, catalogue=good, now=NOON) == expected
    assert await books.write(imports.read, actor=HOST, import_id=1, catalogue=None, now=NOON) == Received(import_id=1)
    assert await books.write(imports.read, actor=HOST, import_id=1, catalogue=good, now=NOON) == Received(import_id=1)
    again = await books.write(imports.read, actor=HOST, import_id=1, catalogue=good, now=NOON)
    assert again == Over(state=State.OFFERED)
    assert isinstance(await accept(books), Imported)


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        ({"price": 3700}, {"price": 1}),
        ({"stock": None}, {"stock": 1}),
        ({"names": {"en": "Brown eggs"}}, {"name": 1}),
        ({"units": {"en": "tray"}, "pack_milli": 30_000}, {"unit": 1}),
        ({"descriptions": {"en": "New"}}, {"description": 1}),
        ({"descriptions": {}, "picture": ""}, {}),
        ({"limit_per_buyer": None}, {"limit": 1}),
        ({"ships_within_days": 4}, {"ships": 1}),
        ({"picture": "https://a.example/1"}, {"picture": 1}),
        ({"supplier": "Hill Farm"}, {"supplier": 1}),
        ({"households": 300}, {"supplier": 1}),
        ({"county": "", "households": 0}, {}),
    ],
)
async def test_a_preview_says_what_would_change(books: Store, changed: Any, parts: dict[str, int]) -> None:
    await books.write(products.import_rows, actor=None, rows=[EGG, RICE], now=NOON)
    preview = await books.read(previews.of, [replace(EGG, **changed), RICE])
    assert preview.parts == parts
    assert (preview.changed, preview.unchanged) == (len(parts), 2 - len(parts))
    assert previews.read(preview.stored()) == preview


async def test_previews_are_the_same_exactly_as_long_as_they_change_the_same(books: Store) -> None:
    await books.write(products.import_rows, actor=None, rows=[EGG], now=NOON)
    row = replace(EGG, price=3800)
    first = await books.read(previews.of, [row])
    assert await books.read(previews.of, [row]) == first
    await books.write(changes.make, actor=HOST, product_id=1, field=Field.PRICE, value=3700, now=NOON)
    other = await books.read(previews.of, [row])
    assert other.changed == first.changed
    assert other.digest != first.digest


async def test_archived_products_are_counted_and_stay_archived(books: Store) -> None:
    await books.write(products.import_rows, actor=None, rows=[EGG], now=NOON)
    await books.write(changes.make, actor=HOST, product_id=1, field=Field.ARCHIVED, value=True, now=NOON)
    assert (await books.read(previews.of, [EGG, RICE])).archived == 1


async def test_files_are_forgotten_after_thirty_days(books: Store) -> None:
    await receive(books, EGG)
    assert await books.write(imports.forget, NOON + 30 * DAY) == 0
    assert await books.write(imports.forget, NOON + 30 * DAY + 1) == 1
    assert await receive(books, EGG) == Received(import_id=2)


async def test_unsent_cards_of_one_file_give_way_to_the_newest(books: Store) -> None:
    await receive(books, EGG)
    await accept(books)
    rows = await books.read(outbox.eligible, [outbox.Lane.REPLY], [], 9, NOON + 1)
    assert [(row.kind, row.card) for row in rows] == [("import_card", "import:1")]


async def test_files_are_found_by_index(books: Store) -> None:
    for sql in (imports._VIEW, imports._ROWS):
        assert_no_scan(books.path, sql, id=1)
    assert_no_scan(books.path, imports._FORGET, before=NOON)
    assert_no_scan(books.path, previews._KNOWN_SUPPLIERS, names='["Hill Farm"]')


async def test_a_long_catalogue_does_not_ask_the_books_row_by_row(books: Store) -> None:
    statements: list[str] = []

    def count(tx: Tx) -> None:
        tx._connection.set_trace_callback(statements.append)
        products.import_rows(tx, actor=None, rows=rows, now=NOON)
        tx._connection.set_trace_callback(None)

    rows = [replace(EGG, code=f"P{number}") for number in range(500)]
    await books.write(count)
    assert len([sql for sql in statements if not sql.lstrip().startswith("INSERT INTO products")]) < 10
