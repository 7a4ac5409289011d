"""The catalogue file, row by row."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.catalogue import BadRow, CatalogueRow, read_header, read_row, read_rows

LANGUAGES = ("en", "zh")
EGG = {
    "code": "EGG",
    "name_en": "Free-range eggs",
    "name_zh": "散养土鸡蛋",
    "unit_en": "box of 20",
    "unit_zh": "20枚装",
    "pack_size": "20",
    "base_unit_en": "egg",
    "base_unit_zh": "枚",
    "price": "36.00",
    "currency": "CNY",
    "stock": "500",
    "limit_per_buyer": "10",
    "supplier": "Tonggu Free-Range Poultry Cooperative",
    "county": "Tonggu",
    "households": "212",
    "designated": "yes",
    "ships_within_days": "3",
    "description_en": "Eggs laid by hens kept in the hills",
    "description_zh": "山间散养母鸡所产",
}


def read(**changes: str) -> CatalogueRow | BadRow:
    return read_row(2, {**EGG, **changes}, "CNY", LANGUAGES)


def good(**changes: str) -> CatalogueRow:
    result = read(**changes)
    assert isinstance(result, CatalogueRow), result
    return result


def reasons(**changes: str) -> list[str]:
    result = read(**changes)
    assert isinstance(result, BadRow), result
    return [reason.key.removeprefix("import.reason.") for reason in result.reasons]


def test_a_good_row_is_read_whole() -> None:
    row = good()
    assert (row.code, row.price, row.currency, row.pack_milli) == ("EGG", 3600, "CNY", 20_000)
    assert (row.stock, row.limit_per_buyer, row.households, row.ships_within_days) == (500, 10, 212, 3)
    assert row.names == {"en": "Free-range eggs", "zh": "散养土鸡蛋"}
    assert row.units == {"en": "box of 20", "zh": "20枚装"}
    assert row.base_units == {"en": "egg", "zh": "枚"}
    assert row.is_designated
    assert row.picture == ""


def test_empty_cells_mean_without_end() -> None:
    row = good(stock="", limit_per_buyer="", households="", county="", designated="")
    assert (row.stock, row.limit_per_buyer, row.households, row.is_designated) == (None, None, 0, False)


def test_a_missing_language_is_left_to_the_fall_back() -> None:
    assert good(name_zh="").names == {"en": "Free-range eggs"}
    assert good(name_en="").names == {"zh": "散养土鸡蛋"}
    assert reasons(name_en="", name_zh=" ") == ["missing"]


def test_figures_and_codes_may_be_full_width_and_lower_case() -> None:
    row = good(code="ｅｇｇ２", price="３６．５０", currency="cny", stock="５００")
    assert (row.code, row.price, row.stock) == ("EGG2", 3650, 500)


def test_a_description_keeps_its_lines() -> None:
    assert good(description_en="Eggs\n\nfrom the hills").descriptions["en"] == "Eggs\nfrom the hills"


@pytest.mark.parametrize(
    ("column", "cell", "key"),
    [
        ("code", "", "code"),
        ("code", "EGG-1", "code"),
        ("code", "A" * 13, "code"),
        ("price", "", "price"),
        ("price", "free", "price"),
        ("price", "0.00", "price"),
        ("price", "-1", "price"),
        ("price", "36.001", "price_decimals"),
        ("currency", "EUR", "currency"),
        ("currency", "", "currency"),
        ("stock", "-1", "number"),
        ("stock", "many", "number"),
        ("stock", "12.5", "number"),
        ("limit_per_buyer", "0", "number"),
        ("pack_size", "", "pack_size"),
        ("pack_size", "0.0005", "pack_size"),
        ("supplier", "", "missing"),
        ("supplier", "x" * 81, "too_long"),
        ("households", "some", "number"),
        ("ships_within_days", "", "missing"),
        ("ships_within_days", "-1", "number"),
        ("designated", "perhaps", "yes_no"),
        ("unit_en", "x" * 41, "too_long"),
        ("name_zh", "蛋" * 61, "too_long"),
    ],
)
def test_a_bad_cell_is_refused_with_its_reason(column: str, cell: str, key: str) -> None:
    assert reasons(**{column: cell}) == [key]


def test_every_reason_of_a_row_is_given_at_once_with_its_values() -> None:
    result = read(code="?", price="x", currency="EUR")
    assert isinstance(result, BadRow)
    assert [(reason.key, dict(reason.values)) for reason in result.reasons] == [
        ("import.reason.code", {"found": "?"}),
        ("import.reason.price", {"found": "x", "currency": "CNY"}),
        ("import.reason.currency", {"found": "EUR", "expected": "CNY"}),
    ]


def test_a_code_that_stands_twice_is_refused_the_second_time() -> None:
    catalogue = read_rows([(2, EGG), (3, {**EGG, "code": "egg"}), (4, {**EGG, "code": "RICE"})], "CNY", LANGUAGES)
    assert [row.code for row in catalogue.rows] == ["EGG", "RICE"]
    [bad] = catalogue.bad
    assert bad.number == 3
    assert dict(bad.reasons[0].values) == {"code": "EGG", "row": "2"}


def test_several_rows_without_a_code_are_not_called_duplicates() -> None:
    catalogue = read_rows([(2, {**EGG, "code": ""}), (3, {**EGG, "code": ""})], "CNY", LANGUAGES)
    assert [[reason.key for reason in bad.reasons] for bad in catalogue.bad] == [["import.reason.code"]] * 2


def test_a_row_with_an_unquoted_comma_has_just_that_reason() -> None:
    text = ",".join(EGG) + "\n" + ",".join(EGG.values()) + ",no additives\n"
    [row] = csv.DictReader(io.StringIO(text))
    result = read_row(2, row, "CNY", LANGUAGES)
    assert isinstance(result, BadRow)
    assert [reason.key for reason in result.reasons] == ["import.reason.cells"]


def test_a_row_that_ends_early_misses_what_is_not_there() -> None:
    text = ",".join(EGG) + "\nEGG,Eggs\n"
    [row] = csv.DictReader(io.StringIO(text))
    result = read_row(2, row, "CNY", LANGUAGES)
    assert isinstance(result, BadRow)
    missing = [reason.values["column"] for reason in result.reasons if reason.key == "import.reason.missing"]
    assert missing == ["unit_en", "base_unit_en", "supplier", "ships_within_days"]


def test_a_header_names_every_column_it_lacks() -> None:
    assert read_header(list(EGG), LANGUAGES) is None
    assert read_header([*EGG, "picture", "notes"], LANGUAGES) is None
    fault = read_header([column for column in EGG if column not in ("price", "name_en", "name_zh")], LANGUAGES)
    assert fault is not None
    assert fault.number == 1
    assert fault.reasons[0].values == {"columns": "price, name_en"}


@pytest.mark.skipif(
    not (Path(__file__).parents[3] / "shared/data/tonggu-catalog.csv").exists(), reason="the Tonggu file is not here"
)
def test_the_tonggu_catalogue_is_taken_whole() -> None:
    path = Path(__file__).parents[3] / "shared/data/tonggu-catalog.csv"
    reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")))
    assert read_header(reader.fieldnames or [], LANGUAGES) is None
    catalogue = read_rows(enumerate(reader, start=2), "CNY", LANGUAGES)
    assert catalogue.bad == ()
    assert {"EGG", "RICE", "HONEY", "SHOOT"} <= {row.code for row in catalogue.rows}
    assert {row.code: row.pack_milli for row in catalogue.rows}["HONEY"] == 500


@given(st.dictionaries(st.sampled_from(sorted(EGG)), st.text(max_size=30)))
def test_any_row_is_read_or_refused_with_reasons(row: dict[str, str]) -> None:
    result = read_row(2, row, "CNY", LANGUAGES)
    assert isinstance(result, CatalogueRow) or result.reasons


@pytest.mark.parametrize("cell", ["=A1*2", "=", '=HYPERLINK("x")', "#REF!", "#N/A", "#DIV/0!"])
def test_a_formula_without_a_result_is_the_only_reason_for_its_cell(cell: str) -> None:
    result = read(name_en=cell, price="free")
    assert isinstance(result, BadRow)
    [reason] = result.reasons
    assert reason.key == "import.reason.formula"
    assert reason.values == {"column": "name_en", "found": cell}


def test_a_formula_in_a_column_nobody_reads_does_no_harm() -> None:
    assert good(note="=A1*2").code == "EGG"
    assert good(name_en="a=b").names["en"] == "a=b"


@pytest.mark.parametrize(
    "address", ["https://example.org/egg.jpg", "HTTP://example.org", "https://a.example/?q=1&b=2"]
)
def test_a_picture_is_an_address(address: str) -> None:
    assert good(picture=address).picture == address


@pytest.mark.parametrize(
    "address", ["egg.jpg", "ftp://example.org/x", "https://", "https://localhost", "https://a b.example/", "x" * 1200]
)
def test_what_no_picture_can_be_loaded_from_is_refused(address: str) -> None:
    assert reasons(picture=address) == ["picture"]


def test_a_wrong_cell_is_quoted_only_in_part() -> None:
    result = read(price="9" * 500)
    assert isinstance(result, BadRow)
    assert len(result.reasons[0].values["found"]) == 41
