"""Tariffs as hosts type them."""

import pytest

from shop.delivery import Region, Tariff
from shop.tariffs import Part, Unclear, charged, read, refused

NONE = Tariff()


@pytest.mark.parametrize(("text", "amount"), [("12", 1200), ("¥12.50", 1250), ("8元", 800), ("0", 0), ("包邮", 0)])
def test_a_fee_is_an_amount_or_nothing(text: str, amount: int) -> None:
    assert read(Part.FEE, text, Tariff(fee=7), "CNY") == Tariff(fee=amount)


@pytest.mark.parametrize("text", ["", "cheap", "-3", "12.345", "1 2 3 4 5", "9" * 30])
def test_anything_else_is_no_fee(text: str) -> None:
    assert read(Part.FEE, text, NONE, "CNY") == Unclear(text)


@pytest.mark.parametrize(("text", "value"), [("99", 9900), ("never", None), ("无", None), ("0", None)])
def test_free_from_is_a_value_or_never(text: str, value: int | None) -> None:
    assert read(Part.FREE_FROM, text, Tariff(free_from=5), "CNY") == Tariff(free_from=value)


@pytest.mark.parametrize(
    "text",
    [
        "Jiangxi, 江西 = 8\nFujian，福建：10.50",
        "Jiangxi / 江西 : 8; Fujian、福建 ＝ 10.5 元",
        "  Jiangxi,江西=¥8 ；\n\n Fujian,福建= CNY 10.50",
    ],
)
def test_regions_stand_on_lines_or_between_semicolons(text: str) -> None:
    expected = (Region(names=("Jiangxi", "江西"), fee=800), Region(names=("Fujian", "福建"), fee=1050))
    assert read(Part.REGIONS, text, NONE, "CNY") == Tariff(regions=expected)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Jiangxi", "Jiangxi"),
        ("Jiangxi = 8\nFujian", "Fujian"),
        ("Jiangxi = much", "Jiangxi = much"),
        ("Jiangxi = 8\njiangxi = 9", "jiangxi = 9"),
        ("J = 8", "J = 8"),
        ("x" * 31 + " = 8", "x" * 31 + " = 8"),
        (" ; ", " ; "),
    ],
)
def test_a_piece_that_is_wrong_is_named(text: str, wrong: str) -> None:
    assert read(Part.REGIONS, text, NONE, "CNY") == Unclear(wrong)


def test_a_list_replaces_only_itself_and_a_name_is_in_one_list_only() -> None:
    start = read(Part.REGIONS, "Jiangxi, 江西 = 8\nXinjiang, 新疆 = 20", NONE, "CNY")
    assert isinstance(start, Tariff)
    moved = read(Part.NOT_TO, "新疆\nTibet, 西藏", start, "CNY")
    assert isinstance(moved, Tariff)
    assert charged(moved) == (Region(names=("Jiangxi", "江西"), fee=800), Region(names=("Xinjiang",), fee=2000))
    assert [region.names for region in refused(moved)] == [("新疆",), ("Tibet", "西藏")]
    emptied = read(Part.NOT_TO, "none", moved, "CNY")
    assert isinstance(emptied, Tariff)
    assert (refused(emptied), charged(emptied)) == ((), charged(moved))


def test_more_regions_than_a_message_shows_are_refused() -> None:
    text = "\n".join(f"Region {number:02} = 1" for number in range(61))
    assert read(Part.REGIONS, text, NONE, "CNY") == Unclear("Region 60")
