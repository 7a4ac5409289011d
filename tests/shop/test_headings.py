"""Headings: what hosts write above a column, in either language and any spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.catalogue import COLUMNS, TRANSLATED, is_read, read_header
from shop.headings import column_of, columns_of, heading_of

BY_LANGUAGE = [f"{stem}_{language}" for stem in (*TRANSLATED, "description") for language in ("en", "zh")]
EVERY = [*COLUMNS, "stock", "limit_per_buyer", "county", "households", "designated", "picture", *BY_LANGUAGE]


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("code", "code"),
        (" CODE ", "code"),
        ("Name (EN)", "name_en"),
        ("name", "name_en"),
        ("English name", "name_en"),
        ("名称", "name_zh"),
        ("名称（中文）", "name_zh"),
        ("英文名称", "name_en"),
        ("商品名称（英文）", "name_en"),
        ("中文单位", "unit_zh"),
        ("基本单位(英文)", "base_unit_en"),
        ("Base unit (zh)", "base_unit_zh"),
        ("Pack-Size", "pack_size"),
        ("ｐｒｉｃｅ", "price"),
        ("单价", "price"),
        ("name fr", "name_fr"),
        ("备注", "备注"),
        ("my notes", "my_notes"),
        ("", ""),
    ],
)
def test_what_people_write_above_a_column_is_understood(heading: str, column: str) -> None:
    assert column_of(heading) == column


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_example_writes_is_read_back(language: str) -> None:
    assert [column_of(heading_of(column, language)) for column in EVERY] == EVERY
    assert all(map(is_read, EVERY))


def test_a_chinese_reader_gets_chinese_headings() -> None:
    assert heading_of("name_zh", "zh") == "名称"
    assert heading_of("name_en", "zh") == "英文名称"
    assert heading_of("price", "en") == "price"
    assert heading_of("name_fr", "zh") == "name_fr"


def test_a_column_that_stands_twice_is_told_and_foreign_ones_may() -> None:
    needed = [*COLUMNS, "name_zh", "unit_zh", "base_unit_zh"]
    assert read_header([*needed, "备注", "备注", ""], ["zh"]) is None
    bad = read_header(columns_of([*needed, "品名"]), ["zh"])
    assert bad is not None
    assert bad.reasons[0].key == "import.reason.columns_twice"
    assert bad.reasons[0].values == {"columns": "name_zh"}


@given(st.text(max_size=30))
def test_any_heading_gives_some_column(heading: str) -> None:
    assert column_of(column_of(heading)) == column_of(heading) or not is_read(column_of(heading))
