"""Catalogue files: what spreadsheets save is read, and what can't be read is told, within limits."""

import csv
import io
import string
import zipfile
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers import sheets, template, workbooks
from handlers.sheets import Unreadable, read_catalogue
from shop.catalogue import BadRow, Catalogue, CatalogueRow
from shop.cells import harmless
from tests.handlers.workbook_files import (
    HEADINGS,
    SHEET,
    STRINGS,
    opened,
    product,
    saved,
    with_part,
    with_shared_strings,
    workbook,
)  # fmt: skip

LANGUAGES = ("en", "zh")


def read(content: bytes) -> Catalogue:
    return read_catalogue(content, "CNY", LANGUAGES)


def rows(content: bytes) -> list[CatalogueRow]:
    catalogue = read(content)
    assert not catalogue.bad, catalogue.bad
    return list(catalogue.rows)


def row(content: bytes) -> CatalogueRow:
    [found] = rows(content)
    return found


def bad(content: bytes) -> BadRow:
    [found] = read(content).bad
    return found


def fault(content: bytes) -> str:
    with pytest.raises(Unreadable) as raised:
        read(content)
    return raised.value.key


def text(*table: list[Any], separator: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(table)
    return out.getvalue()


# -- Workbooks ----------------------------------------------------------------------------------------------


def test_a_workbook_is_read_with_the_numbers_its_rows_have_in_the_spreadsheet() -> None:
    found = rows(workbook(HEADINGS, product(), [], product("RICE", price=78.1, stock=None)))
    assert [(one.number, one.code, one.price, one.stock) for one in found] == [
        (2, "EGG", 3600, 500),
        (4, "RICE", 7810, None),
    ]


def test_texts_are_read_from_where_excel_keeps_them() -> None:
    content = workbook(HEADINGS, product(), product("RICE", name_zh="米粉"))
    shared = with_shared_strings(content)
    assert shared != content
    assert rows(shared) == rows(content)


def test_numbers_written_as_text_are_numbers() -> None:
    assert row(workbook(HEADINGS, product(price="1,234.50", stock="500", pack_size="0.5"))).price == 123_450


def test_leading_zeros_of_a_code_stay() -> None:
    def format_code(sheet: Any) -> None:
        sheet["A2"].number_format = "0000"

    assert row(workbook(HEADINGS, product("0012"))).code == "0012"
    assert row(workbook(HEADINGS, product(12), change=format_code)).code == "0012"  # type: ignore[arg-type]


def test_a_percentage_is_no_price_and_a_date_no_code() -> None:
    def formats(sheet: Any) -> None:
        sheet["G2"].number_format = "0%"

    reason = bad(workbook(HEADINGS, product(price=0.36), change=formats)).reasons[0]
    assert reason.values["found"] == "36%"

    def date(sheet: Any) -> None:
        sheet["A2"].value, sheet["A2"].number_format = 46082, "yyyy-mm-dd"

    reason = bad(workbook(HEADINGS, product(), change=date)).reasons[0]
    assert reason.values["found"] == "2026-03-01"


def test_a_formula_counts_with_its_result_and_without_one_its_row_is_refused() -> None:
    formula = workbook(HEADINGS, product(price="=30+6"), product("RICE"))
    assert bad(formula).reasons[0].key == "import.reason.formula"
    assert bad(formula).reasons[0].values == {"column": "price", "found": "=30+6"}
    assert [one.code for one in read(formula).rows] == ["RICE"]
    calculated = with_part(formula, SHEET, lambda xml: xml.replace(b"<f>30+6</f><v />", b"<f>30+6</f><v>36</v>"))
    assert calculated != formula
    assert rows(calculated)[0].price == 3600


def test_a_formula_that_went_wrong_is_refused() -> None:
    def error(sheet: Any) -> None:
        sheet["B2"].value, sheet["B2"].data_type = "#REF!", "e"

    assert bad(workbook(HEADINGS, product(), change=error)).reasons[0].values["found"] == "#REF!"


def test_what_is_merged_over_several_rows_stands_in_each() -> None:
    def merge(sheet: Any) -> None:
        sheet.merge_cells("I2:I4")
        sheet.insert_rows(1)
        sheet["A1"] = "Our catalogue"

    content = workbook(HEADINGS, *(product(code) for code in ("A", "B", "C", "D")), change=merge)
    # openpyxl does not move merged ranges with the rows.
    content = with_part(content, SHEET, lambda xml: xml.replace(b'ref="I2:I4"', b'ref="I3:I5"'))
    assert [one.supplier for one in rows(content)] == ["Hill Farm"] * 4


def test_merged_cells_without_a_value_stay_empty() -> None:
    content = workbook(
        HEADINGS, product(supplier=None), product("B", supplier=None), change=lambda s: s.merge_cells("I2:I3")
    )
    assert {reason.key for one in read(content).bad for reason in one.reasons} == {"import.reason.missing"}


def test_the_first_sheet_with_the_headings_is_read_and_titles_may_stand_above_them() -> None:
    book = openpyxl.Workbook()
    book.active.append(["Notes"])
    sheet = book.create_sheet("Goods")
    for line in (["Spring catalogue"], [], HEADINGS, product()):
        sheet.append(list(line))
    other = book.create_sheet("Old")
    other.append(list(HEADINGS))
    other.append(product("OLD"))
    assert [(one.code, one.number) for one in rows(saved(book))] == [("EGG", 4)]


def test_notes_beside_the_table_are_left_alone_in_a_workbook() -> None:
    assert row(workbook(HEADINGS, [*product(), None, "ask Li Hua"], [None] * 12 + ["and this"])).code == "EGG"


def test_a_sheet_that_lies_about_its_size_is_read_to_its_end() -> None:
    content = workbook(HEADINGS, product(), product("RICE"))
    shrunk = with_part(content, SHEET, lambda xml: xml.replace(b'ref="A1:K3"', b'ref="A1"'))
    assert shrunk != content
    assert len(rows(shrunk)) == 2


def test_reasons_name_columns_as_the_file_does() -> None:
    chinese = ["编码", "名称", "单位", "基本单位", "每份数量", "价格", "币种", "供货方", "发货天数"]
    found = bad(workbook(chinese, ["EGG", "鸡蛋", "箱", "枚", 20, 36, "CNY", "", 3]))
    assert found.reasons[0].values == {"column": "供货方"}


# -- Text files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_whatever_a_spreadsheet_saves_as_text_is_read(encoding: str, separator: str) -> None:
    table = text(list(HEADINGS), product(name_en="Eggs, brown; large"), [], product("RICE"), separator=separator)
    found = rows(table.encode(encoding))
    assert [(one.code, one.number) for one in found] == [("EGG", 2), ("RICE", 4)]
    assert found[0].names == {"en": "Eggs, brown; large", "zh": "鸡蛋"}


def test_commas_in_texts_do_not_decide_what_separates() -> None:
    table = text(["A title, with, many, commas, in, it, here"], list(HEADINGS), product(), separator=";")
    assert row(table.encode()).code == "EGG"


def test_a_comma_without_quotes_shifts_a_row_and_is_told() -> None:
    table = text(list(HEADINGS), [*product(), "one more"])
    assert bad(table.encode()).reasons[0].key == "import.reason.cells"


# -- Files that are none ------------------------------------------------------------------------------------

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "sheet.empty"),
        (b"\n\n , ,\n", "sheet.empty"),
        (b"\xef\xbb\xbf", "sheet.empty"),
        (b"PK\x03\x04\x14\x00", "sheet.bad_workbook"),
        (b"PK\x03\x04" + bytes(100), "sheet.bad_workbook"),
        (zipped(a=b"a letter"), "sheet.bad_workbook"),
        (OLE, "sheet.old_workbook"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "sheet.locked"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "sheet.not_text"),
        (b"\xff\xfe\x00\xd8\x00", "sheet.not_text"),
        (b"dear host,\nhere are my products", "sheet.no_headings"),
        (b"code,price\nEGG,1\n", "import.reason.columns"),
        (",".join(HEADINGS).encode(), "sheet.no_products"),
        ((",".join(HEADINGS) + '\nEGG,"Eggs').encode(), "sheet.quotes"),
        (workbook([]), "sheet.empty"),
        (workbook(HEADINGS), "sheet.no_products"),
        (workbook(["a", "letter"]), "sheet.no_headings"),
    ],
)
def test_a_file_that_is_no_catalogue_is_told_from_others(content: bytes, key: str) -> None:
    assert fault(content) == key


def test_every_damage_to_a_workbook_ends_as_one_sentence() -> None:
    whole = workbook(HEADINGS, product(), product("RICE"))
    damages = [
        whole[: len(whole) // 2],
        with_part(whole, SHEET, lambda xml: xml[:-80]),
        with_part(whole, SHEET, lambda xml: xml.replace(b'r="A2"', b'r="??"')),
        with_part(with_shared_strings(whole), STRINGS, lambda _: b"<sst/>"),
        with_part(whole, "[Content_Types].xml", lambda _: b""),
    ]
    for content in damages:
        assert fault(content) == "sheet.bad_workbook"


WHOLE = workbook(HEADINGS, product())  # once: the time stands in it


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_change_of_bytes_makes_reading_fail_otherwise(data: st.DataObject) -> None:
    whole = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read(bytes(whole))
    except Unreadable:
        return


# -- Limits -------------------------------------------------------------------------------------------------


def test_entities_that_expand_without_end_are_not_expanded() -> None:
    assert openpyxl.DEFUSEDXML, "defusedxml guards openpyxl only if both are installed"
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l0 "lol">{lol}]>'.encode()
    content = workbook(HEADINGS, product())
    content = with_shared_strings(content)
    assert rows(content)
    for part in (SHEET, STRINGS, "xl/workbook.xml"):
        bomb = with_part(content, part, lambda xml: head + xml.replace(b"</", b"&l9;</", 1))
        assert fault(bomb) == "sheet.bad_workbook"


def test_a_workbook_that_unpacks_too_large_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = with_part(workbook(HEADINGS), SHEET, lambda _: bytes(workbooks.MOST_UNPACKED + 1))
    assert len(bomb) < 100_000
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("unpacked"))
    assert fault(bomb) == "sheet.unpacks_too_large"


def test_too_many_parts_are_refused() -> None:
    assert fault(zipped(**{f"p{n}": b"" for n in range(2_001)})) == "sheet.unpacks_too_large"


def test_too_many_rows_are_refused_and_as_many_as_allowed_are_read() -> None:
    line = ",".join(map(str, product("{}")))
    table = "\n".join([",".join(HEADINGS), *(line.replace("{}", f"P{n}") for n in range(sheets.MOST_ROWS))])
    assert len(rows(table.encode())) == sheets.MOST_ROWS
    assert fault(f"{table}\n{line.replace('{}', 'LAST')}".encode()) == "sheet.too_many_rows"


def test_a_row_far_below_does_not_make_a_million_rows() -> None:
    content = with_part(
        workbook(HEADINGS, product(), product("RICE")),
        SHEET,
        lambda xml: xml.replace(b'<row r="3"', b'<row r="999999999"').replace(b'3"', b'999999999"'),
    )
    assert fault(content) in ("sheet.too_many_rows", "sheet.bad_workbook")


def test_a_file_beyond_what_telegram_gives_out_is_refused() -> None:
    assert fault(bytes(sheets.MOST_BYTES + 1)) == "sheet.too_big"


def test_how_far_reading_is_is_told_now_and_then() -> None:
    told: list[int] = []
    table = text(list(HEADINGS), *(product(f"P{n}") for n in range(1_200)))
    read_catalogue(table.encode(), "CNY", LANGUAGES, told.append)
    assert told == [500, 1000]


# -- Writing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", ["en", "zh"])
@pytest.mark.parametrize("currency", ["CNY", "JPY", "KWD"])
@pytest.mark.parametrize("languages", [("en", "zh"), ("zh",), ("en",)])
@pytest.mark.parametrize("make", [template.workbook, template.text])
def test_the_example_can_be_imported_as_it_stands(make: Any, languages: Any, currency: str, reader: str) -> None:
    found = read_catalogue(make(currency, languages, reader), currency, languages)
    assert not found.bad
    assert [one.code for one in found.rows] == ["EGG", "HONEY"]
    assert set(found.rows[0].names) == set(languages)
    assert found.rows[1].stock is None


def test_the_example_opens_as_a_workbook_in_the_readers_language() -> None:
    table = opened(template.workbook("CNY", LANGUAGES, "zh"))
    assert table[0][:3] == ["编码", "名称", "英文名称"]
    assert table[1][:3] == ["EGG", "散养土鸡蛋", "Free-range eggs"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1"])
def test_no_cell_that_is_written_becomes_a_formula(cell: str) -> None:
    [[written]] = opened(workbooks.write("t", [[cell]], [8]))
    assert isinstance(written, str)
    assert written.startswith("'")


words = st.text(string.ascii_letters + string.digits + "äöü鸡蛋茶,;\"'.()&<>%", min_size=1, max_size=30).map(
    str.strip
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(words.filter(bool), st.integers(1, 10**7), st.one_of(st.none(), st.integers(0, 10**6))), min_size=1
    )
)
def test_what_is_written_is_read_back_the_same_from_both_kinds(goods: list[tuple[str, int, int | None]]) -> None:
    table = [
        product(f"P{at}", name_en=name, price=price / 100, stock=stock)
        for at, (name, price, stock) in enumerate(goods)
    ]
    safe = [[harmless(cell) if isinstance(cell, str) else cell for cell in line] for line in table]
    sheet = workbooks.write("t", [list(HEADINGS), *table], [])
    found = rows(sheet)
    assert rows(text(list(HEADINGS), *safe).encode()) == found
    assert [(one.price, one.stock) for one in found] == [(price, stock) for _, price, stock in goods]
    assert [one.names["en"].removeprefix("'") for one in found] == [
        " ".join(name.split()).removeprefix("'") for name, _, _ in goods
    ]
