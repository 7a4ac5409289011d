"""Codes: how they are written, what a host's line means, when one holds."""

import pytest

from shop.coupons import CouponFault, Facts, Terms, TermsFault, fault, normalise, read_terms
from shop.discounts import Step
from shop.steps import read_steps

RUNS = Facts(starts_at=100, ends_at=200, is_stopped=False, uses=2, used=0, per_buyer=1, by_buyer=0)


@pytest.mark.parametrize(
    ("typed", "code"),
    [("spring10", "SPRING10"), (" Spring-10 ", "SPRING-10"), ("ＳＰＲＩＮＧ", "SPRING"), ("春茶节", "春茶节")],
)
def test_a_code_is_understood_however_it_is_typed(typed: str, code: str) -> None:
    assert normalise(typed) == code


@pytest.mark.parametrize("typed", ["", "ab", "-abc", "a" * 21, "a_b_c", "10%!", "<b>x</b>"])
def test_what_can_be_no_code_is_none(typed: str) -> None:
    assert normalise(typed) is None


def test_a_whole_line_is_understood() -> None:
    assert read_terms("spring10 10% uses 100 per buyer 1 until Sun 20:00 for EGG RICE", "CNY") == Terms(
        code="SPRING10", percent=10, uses=100, per_buyer=1, ends="Sun 20:00", products=("EGG", "RICE")
    )


@pytest.mark.parametrize(
    "line",
    [
        "SPRING10 9折 共100次 每人1次 到周日20:00 仅限EGG RICE",
        "SPRING10 10% 限100次每人限1次至周日20:00仅限 egg、rice",
        "SPRING10 减10% 总共100次，每人1次，到周日20:00，只限EGG，RICE",
    ],
)
def test_the_same_line_is_understood_in_chinese(line: str) -> None:
    assert read_terms(line, "CNY") == Terms(
        code="SPRING10", percent=10, uses=100, per_buyer=1, ends="周日20:00", products=("EGG", "RICE")
    )


def test_an_amount_and_a_beginning_are_understood() -> None:
    assert read_terms("THANKS ¥5.50 from tomorrow 8:00 until Sunday", "CNY") == Terms(
        code="THANKS", amount=550, starts="tomorrow 8:00", ends="Sunday"
    )


@pytest.mark.parametrize(
    ("line", "percent"), [("ABC -20%", 20), ("ABC 85折", 15), ("ABC 5折", 50), ("ABC 100%", 100), ("FOR 7%", 7)]
)
def test_percentages_are_understood(line: str, percent: int) -> None:
    terms = read_terms(line, "CNY")
    assert isinstance(terms, Terms)
    assert (terms.percent, terms.amount) == (percent, None)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", TermsFault.CODE),
        ("x 10%", TermsFault.CODE),
        ("SPRING", TermsFault.VALUE),
        ("SPRING 0%", TermsFault.VALUE),
        ("SPRING 101%", TermsFault.VALUE),
        ("SPRING 10 %% off", TermsFault.VALUE),
        ("SPRING 1.234", TermsFault.VALUE),
        ("SPRING 10% uses many", TermsFault.USES),
        ("SPRING 10% per buyer 0", TermsFault.PER_BUYER),
        ("SPRING 10% for", TermsFault.PRODUCTS),
        ("SPRING 10% uses 1 uses 2", TermsFault.TWICE),
    ],
)
def test_what_can_not_be_understood_is_named(line: str, why: TermsFault) -> None:
    assert read_terms(line, "CNY") is why


@pytest.mark.parametrize(
    ("facts", "now", "why"),
    [
        ({}, 99, CouponFault.TOO_EARLY),
        ({}, 100, None),
        ({}, 199, None),
        ({}, 200, CouponFault.OVER),
        ({"is_stopped": True}, 150, CouponFault.OVER),
        ({"used": 2}, 150, CouponFault.USED_UP),
        ({"by_buyer": 1}, 150, CouponFault.USED_BY_YOU),
        ({"by_buyer": 1, "used": 2}, 150, CouponFault.USED_BY_YOU),
        ({"uses": None, "per_buyer": None, "ends_at": None, "used": 9, "by_buyer": 9}, 10**9, None),
    ],
)
def test_a_code_holds_in_its_window_while_uses_are_left(
    facts: dict[str, int | None], now: int, why: CouponFault | None
) -> None:
    plain = {name: getattr(RUNS, name) for name in Facts.__slots__}
    assert fault(Facts(**{**plain, **facts}), now) is why


@pytest.mark.parametrize(
    ("typed", "steps"),
    [
        ("2 for 66", ((2, 6600),)),
        ("3 for ¥96\n2 = 66.00", ((2, 6600), (3, 9600))),
        ("2件66元；3件96元", ((2, 6600), (3, 9600))),
        ("２箱６６", ((2, 6600),)),
        ("none", ()),
        ("无", ()),
    ],
)
def test_prices_by_quantity_are_understood(typed: str, steps: tuple[tuple[int, int], ...]) -> None:
    assert read_steps(typed, "CNY") == tuple(Step(quantity=quantity, price=price) for quantity, price in steps)


@pytest.mark.parametrize("typed", ["", "cheap", "1 for 30", "2 for 66\n2 for 60", "2 for 0", "2 for 6.666", "66"])
def test_what_is_no_price_by_quantity_is_none(typed: str) -> None:
    assert read_steps(typed, "CNY") is None
