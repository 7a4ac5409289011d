"""A catalogue brought in through the chat: what it would change, one tap, and what can go wrong around it."""

import csv
import io
from pathlib import Path

import pytest

from handlers import template, workbooks
from playground.messages import Message
from playground.people import Person
from storage import products, roles
from storage.roles import Role
from tests.clock import FakeClock
from tests.handlers.workbook_files import HEADINGS, opened, product, workbook
from tests.journeys.actors import CATALOGUE, order, stream_with
from tests.journeys.market import comes_in, works_as
from tests.stall import OWNER, TestStall, open_stall

TONGGU = CATALOGUE.read_bytes()
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def tonggu_workbook() -> bytes:
    """The same catalogue as a workbook, numbers as numbers."""
    table: list[list[str | int | float]] = [list(row) for row in csv.reader(io.StringIO(TONGGU.decode()))]
    price = table[0].index("price")
    for row in table[1:]:
        row[price] = float(row[price])
    return workbooks.write("Goods", table, [])


async def sends_file(stall: TestStall, host: Person, content: bytes, name: str = "goods.csv") -> Message:
    """Send it and wait for what the stall says of it."""
    await host.sends_document(content, name)
    await stall.settles()
    return host.last


async def count(stall: TestStall, table: str = "products") -> int:
    return int(await stall.value(f"SELECT count(*) FROM {table}"))


# -- The main way -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "ask", "button", "done", "name"),
    [
        ("en", "XLSX or CSV", "Import 7 products", "is imported", "Free-range eggs"),
        ("zh", "XLSX 或 CSV", "导入7件商品", "已导入", "散养土鸡蛋"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_the_tonggu_catalogue_comes_in_through_the_chat_and_is_sold(
    stall: TestStall, language: str, ask: str, button: str, done: str, name: str, kind: str
) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    await stall.program.deps.store.write(
        lambda tx: tx.run("UPDATE people SET language = :l WHERE id = :p", l=language, p=hana.id)
    )
    await hana.sends("/import")
    await hana.sees(ask)
    await hana.sends_document(TONGGU if kind == "csv" else tonggu_workbook(), f"tonggu.{kind}", XLSX)
    await hana.sees(f"tonggu.{kind}")
    assert await count(stall) == 0
    await hana.taps_when(button)
    await hana.sees(done)
    await stall.settles()
    assert (await count(stall), await count(stall, "suppliers")) == (7, 7)
    assert await stall.value("SELECT action FROM audit WHERE actor_id = :p", p=hana.id) == "catalogue.imported"
    await hana.sends("/products")
    assert name in (await hana.sees("EGG")).text


async def test_what_is_imported_is_put_up_and_ordered(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    await sends_file(stall, hana, TONGGU)
    await hana.taps("Import 7 products")
    await stall.settles()
    link = await stream_with(stall, hana, "EGG")
    await hana.taps("Announce")
    await stall.settles()
    ann = stall.person("Ann")
    code = await order(ann, link, "EGG")
    dearer = await sends_file(stall, hana, TONGGU.replace(b"36.00", b"38.00"), "dearer.csv")
    assert "¥36.00 → ¥38.00" in dearer.text
    assert "Offers and orders that exist keep their price" in dearer.text
    await hana.taps("Import 7 products")
    await stall.settles()
    assert await stall.value("SELECT price FROM products WHERE code = 'EGG'") == 3800
    assert await stall.value("SELECT price FROM offers") == 3600
    assert await stall.value("SELECT total FROM orders WHERE code = :code", code=code) == 3600


async def test_the_example_is_a_document_that_comes_back_as_it_is(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    await hana.sends("/import")
    await hana.taps_when("Template")
    message = await hana.sees("An example")
    assert message.document is not None
    assert message.document.name == "catalogue.xlsx"
    assert opened(message.document.data)[0][0] == "code"
    await sends_file(stall, hana, message.document.data, "catalogue.xlsx")
    await hana.taps("Import 2 products")
    await stall.settles()
    assert await count(stall) == 2


async def test_a_chinese_host_gets_a_chinese_example(stall: TestStall) -> None:
    hana = await comes_in(stall, "Hana", "zh")
    await stall.program.deps.store.write(
        roles.grant, person=hana.id, role=Role.HOST, supplier=None, by=OWNER, now=stall.clock.now()
    )
    await hana.sends("/import")
    await hana.taps_when("样表")
    message = await hana.sees("样表")
    assert message.document is not None
    assert opened(message.document.data)[0][:2] == ["编码", "名称"]
    assert message.document.data[:2] == template.workbook("CNY", ("en", "zh"), "zh")[:2]


async def test_bad_rows_are_listed_and_the_good_ones_imported(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    rows = [product(f"P{number}", price="free <b>" if number % 2 else 36) for number in range(60)]
    card = await sends_file(stall, hana, workbook(HEADINGS, *rows), "goods.xlsx")
    assert "30 products can be taken" in card.text
    assert "30 rows can't be taken and are left out" in card.text
    assert "Row 3: price is “free <b>”" in card.text
    assert "… and 10 more rows" in card.text
    await hana.taps("Rows with faults (30)")
    told = await hana.sees("30 rows of goods.xlsx")
    assert told.document is not None
    listed = list(csv.reader(io.StringIO(told.document.data.decode("utf-8-sig"))))
    assert [row[0] for row in listed] == ["row", *(str(number) for number in range(3, 62, 2))]
    await hana.taps("Import 30 products", on=card)
    await stall.settles()
    assert "30 rows were left out" in hana.last.text
    assert await count(stall) == 30


async def test_a_file_without_a_good_row_offers_nothing_to_tap(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    card = await sends_file(stall, hana, workbook(HEADINGS, product(price=0)))
    assert "no row can be taken" in card.text
    assert not any("Import" in label for label in card.labels)


async def test_a_file_that_changes_nothing_says_so(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    await sends_file(stall, hana, TONGGU)
    await hana.taps("Import 7 products")
    await stall.settles()
    card = await sends_file(stall, hana, TONGGU)
    assert "nothing to import" in card.text
    assert card.labels == []


async def test_cancel_leaves_the_file_alone(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    card = await sends_file(stall, hana, TONGGU)
    await hana.taps("Cancel")
    await stall.settles()
    assert "left alone" in card.text
    assert await count(stall) == 0


# -- Who and when -------------------------------------------------------------------------------------------


async def test_only_hosts_are_asked_for_a_file(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    await ann.sends("/import")
    await ann.sees("for the stall's hosts")
    await ann.sends_document(TONGGU, "goods.csv")
    await ann.sees("no order waiting for payment")
    assert await count(stall, "imports") == 0


async def test_a_sheet_by_a_host_with_an_open_order_is_the_receipt_unless_asked_for(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    await sends_file(stall, hana, TONGGU)
    await hana.taps("Import 7 products")
    await stall.settles()
    link = await stream_with(stall, hana, "EGG")
    await hana.taps("Announce")
    await stall.settles()
    await order(hana, link, "EGG")
    await hana.sends_document(TONGGU, "bank.csv")
    await hana.sees("is with the cashier")
    await hana.sends("/import")
    await hana.sees("XLSX or CSV")
    await hana.sends_document(TONGGU, "goods.csv")
    await hana.sees("nothing to import")


async def test_the_question_takes_files_only_and_can_be_left(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    await hana.sends("/import")
    await hana.sees("XLSX or CSV")
    await hana.sends("here it is")
    await hana.sees("I need the file itself")
    await sends_file(stall, hana, b"a letter", "letter.doc")
    assert "No column is known" in hana.last.text
    await hana.sends("/cancel")
    await hana.sees("Left.")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04" + bytes(200), "can't be read"),
        (b"\xd0\xcf\x11\xe0" + bytes(200), "old Excel workbook"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
        (b"   \n", "is empty"),
        (",".join(HEADINGS).encode(), "only the names of the columns"),
        (b"\x00\x01\x02", "neither a workbook nor text"),
        (b"code,price\nEGG,1\n", "columns are missing: currency"),
    ],
)
async def test_a_file_that_is_none_is_answered_by_one_sentence(stall: TestStall, content: bytes, told: str) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    assert told in (await sends_file(stall, hana, content, "goods.xlsx")).text
    assert await count(stall, "imports") == 0


async def test_a_file_telegram_gives_to_no_bot_is_told_at_once(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    mark = len(stall.playground.calls_of("getFile"))
    assert "larger than 20 MB" in (await sends_file(stall, hana, bytes(20 * 1024 * 1024 + 1))).text
    assert len(stall.playground.calls_of("getFile")) == mark


# -- Taps that come late, twice, or from others --------------------------------------------------------------


async def test_a_second_tap_imports_nothing_and_says_so(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    card = await sends_file(stall, hana, TONGGU)
    file = await stall.value("SELECT id FROM imports")
    for _ in range(2):
        hana.press(f"1|importgo|{file}", card)
    assert (await hana.answered()).text == "Already imported"
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM audit WHERE action = 'catalogue.imported'") == 1
    hana.press(f"1|importno|{file}", card)
    assert (await hana.answered()).text == "Already imported"


async def test_nobody_else_can_decide_about_a_file_or_see_its_rows(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    hugo = await works_as(stall, "Hugo", Role.HOST)
    ann = await comes_in(stall, "Ann")
    await sends_file(stall, hana, workbook(HEADINGS, product(), product("BAD", price=0)))
    file = await stall.value("SELECT id FROM imports")
    for person in (hugo, ann, stall.owner):
        if person is stall.owner:
            await person.sends("/start")
            await stall.settles()
        seen = len(person.inbox)
        for verb in ("importgo", "importno", "importrows", "importagain"):
            person.press(f"1|{verb}|{file}", person.last)
            assert (await person.answered()).text
            person.press(f"1|{verb}|999", person.last)
            await person.answered()
        await stall.settles()
        assert len(person.inbox) == seen
    assert await count(stall) == 0
    assert await stall.value("SELECT state FROM imports") == "offered"


async def test_a_viewer_gets_no_example_by_a_forged_button(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    seen = len(ann.inbox)
    ann.press("1|template", ann.last)
    await ann.answered()
    await stall.settles()
    assert len(ann.inbox) == seen


async def test_an_older_file_is_shown_anew_before_it_changes_what_is_newer(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    hugo = await works_as(stall, "Hugo", Role.HOST)
    card = await sends_file(stall, hana, TONGGU)
    await sends_file(stall, hugo, TONGGU.replace(b"36.00", b"38.00"))
    await hugo.taps("Import 7 products")
    await stall.settles()
    await hana.taps("Import 7 products")
    answer = await hana.answered()
    assert "has changed since" in (answer.text or "")
    await stall.settles()
    assert "¥38.00 → ¥36.00" in card.text
    assert await stall.value("SELECT price FROM products WHERE code = 'EGG'") == 3800
    await hana.taps("Import 7 products")
    await stall.settles()
    assert await stall.value("SELECT price FROM products WHERE code = 'EGG'") == 3600


async def test_a_file_and_its_question_outlive_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        playground = stall.playground
        hana = await works_as(stall, "Hana", Role.HOST)
        card = await sends_file(stall, hana, TONGGU)
        await hana.sends("/import")
        await hana.sees("XLSX or CSV")
    async with open_stall(tmp_path, clock=clock, playground=playground) as stall:
        await hana.sends("where was I?")
        await hana.sees("I need the file itself")
        await hana.taps("Import 7 products", on=card)
        await hana.sees("is imported")
        assert await count(stall) == 7


async def test_a_file_being_read_when_the_process_dies_is_read_after_the_start(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        playground = stall.playground
        hana = await works_as(stall, "Hana", Role.HOST)
        playground.faults.add("hang", method="getFile")
        await hana.sends_document(TONGGU, "goods.csv")
        while not playground.calls_of("getFile"):
            await stall.passes(0)
        await stall.program.queue.close()  # as the end of the process would: what runs is cut
        assert await count(stall, "imports") == 0
    async with open_stall(tmp_path, clock=clock, playground=playground) as stall:
        await hana.taps_when("Import 7 products")
        await hana.sees("is imported")
        assert await count(stall) == 7
        assert await count(stall, "imports") == 1


# -- Telegram in trouble ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bad_request", "server_error", "reset", "too_many", "forbidden"])
async def test_a_file_telegram_does_not_give_out_can_be_tried_again(stall: TestStall, kind: str) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    # One call is tried twice by the transport where it only reads.
    stall.playground.faults.add(kind, method="getFile", times=2)  # type: ignore[arg-type]
    card = await sends_file(stall, hana, TONGGU)
    if "Try again" in card.labels:
        await hana.taps("Try again")
        await stall.settles()
    if "Try again" in hana.last.labels:
        assert (await hana.answered()).text == "Not yet. Try again in a minute"
        await hana.taps("Try again")
        await stall.settles()
    assert "Import 7 products" in " ".join(hana.last.labels)
    await hana.taps("Import 7 products")
    await stall.settles()
    assert await count(stall) == 7


async def test_who_waits_for_telegram_is_told_and_the_answer_takes_that_place(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    stall.playground.faults.add("hang", method="getFile")
    await hana.sends_document(TONGGU, "goods.csv")
    while not stall.playground.calls_of("getFile"):
        await stall.passes(0)
    await stall.passes(2)
    waiting = await hana.sees("I am reading goods.csv")
    await stall.passes(4)
    await hana.sees("Telegram did not give me goods.csv")
    await stall.settles()
    assert hana.last is waiting
    await hana.taps("Try again")
    await stall.settles()
    assert hana.last is waiting
    assert "Import 7 products" in " ".join(hana.last.labels)


async def test_a_file_redelivered_or_read_twice_is_one_import(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    stall.playground.faults.add("redeliver", times=3)
    await sends_file(stall, hana, TONGGU)
    assert await count(stall, "imports") == 1
    assert sum("Import 7 products" in " ".join(message.labels) for message in hana.inbox) == 1


async def test_a_role_lost_meanwhile_is_noticed_at_the_tap(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    card = await sends_file(stall, hana, TONGGU)
    await stall.program.deps.store.write(lambda tx: tx.run("UPDATE roles SET revoked_at = 1 WHERE role = 'host'"))
    await hana.taps("Import 7 products", on=card)
    await hana.answered()
    await stall.settles()
    assert await stall.program.deps.store.read(products.listing) == []
