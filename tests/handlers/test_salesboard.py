"""The sales of a stream as its host reads them while talking: bars, figures, marks, and what folds of many."""

from dataclasses import replace

import pytest

from handlers import salesboard
from handlers.fitting import length
from handlers.salesboard import ROOM, bar
from storage.salesboard import Board, Sales
from tests.clock import NOON
from tests.handlers.faces import face
from tests.handlers.test_announcing import an_offer
from tests.handlers.test_hosting import BOTH, a_stream

EGGS = Sales(
    offer=an_offer(a_stream(), quantity=50, taken=35), sold=31, paid=27, amount=97_200, held=4, waiting=2, wanted=5
)
BOARD = Board(sales=(EGGS,), paid=97_200, to_come=14_400, under_review=1, refunds=0, refunds_amount=0)


def shown(sales: Sales, lang: str = "en") -> list[str]:
    return str(salesboard.products(face(lang), replace(BOARD, sales=(sales,)))).splitlines()


def test_a_product_is_three_short_lines() -> None:
    assert shown(EGGS) == [
        "<code>EGG</code> <b>Free-range eggs</b> · ¥36.00",
        "██████▓░░░ <b>31 boxes</b> sold",
        "15 left · 4 held · ⏳ 2 wait for 5 · ✅ 27 paid, ¥972.00",
    ]
    assert shown(EGGS, "zh") == [
        "<code>EGG</code> <b>散养土鸡蛋</b> · ¥36.00",
        "██████▓░░░ 已订<b>31份</b>",
        "余15 · 保留4 · ⏳ 2人候补5 · ✅ 已付27，¥972.00",
    ]


def test_what_is_nothing_is_not_said() -> None:
    fresh = replace(EGGS, sold=0, paid=0, amount=0, held=0, waiting=0, wanted=0, offer=an_offer(a_stream(), taken=0))
    assert shown(fresh)[1:] == ["░░░░░░░░░░ <b>0 boxes</b> sold", "500 left"]


def test_sold_out_paused_and_unlimited_products_are_marked() -> None:
    gone = replace(EGGS, sold=50, held=0, offer=replace(EGGS.offer, taken=50))
    assert "⛔ sold out" in shown(gone)[2]
    assert shown(gone)[1].startswith("██████████ ")
    paused = replace(EGGS, offer=replace(EGGS.offer, paused_at=NOON))
    assert shown(paused)[0].startswith("⏸ <code>EGG</code>")
    endless = replace(EGGS, offer=replace(EGGS.offer, quantity=None))
    assert shown(endless)[1:] == [
        "<b>31 boxes</b> sold",
        "no limit · 4 held · ⏳ 2 wait for 5 · ✅ 27 paid, ¥972.00",
    ]


@pytest.mark.parametrize(
    ("sold", "held", "quantity", "drawn"),
    [
        (0, 0, 10, "░░░░░░░░░░"),
        (1, 0, 1_000, "█░░░░░░░░░"),
        (0, 1, 1_000, "▓░░░░░░░░░"),
        (999, 0, 1_000, "█████████░"),
        (1_000, 0, 1_000, "██████████"),
        (5, 5, 10, "█████▓▓▓▓▓"),
        (3, 1, 10, "███▓░░░░░░"),
        (1, 1, 1_000_000, "█░░░░░░░░░"),
        (7, 0, None, ""),
        (0, 0, 0, ""),
    ],
)
def test_a_bar_shows_what_is_not_nothing_and_is_full_only_when_sold_out(
    sold: int, held: int, quantity: int | None, drawn: str
) -> None:
    assert bar(sold, held, quantity, 10) == drawn


@BOTH
def test_many_products_get_a_line_each_and_very_many_are_counted(lang: str) -> None:
    count = {"en": 36, "zh": 45}[lang]
    few, many, more = (replace(BOARD, sales=(EGGS,) * number) for number in (10, count, 200))
    assert len(str(salesboard.products(face(lang), few)).splitlines()) == 30
    lines = str(salesboard.products(face(lang), many)).splitlines()
    assert len(lines) == count
    assert all("EGG" in line for line in lines)
    folded = salesboard.products(face(lang), more)
    assert length(folded) <= ROOM + 60
    last = str(folded).splitlines()[-1]
    assert str(200 - len(str(folded).splitlines()) + 1) in last


@BOTH
def test_money_and_refunds_are_summed_up(lang: str) -> None:
    text = str(salesboard.sums(face(lang), replace(BOARD, refunds=2, refunds_amount=7_200)))
    for part in ("¥972.00", "¥144.00", "2", "¥72.00"):
        assert part in text
    assert len(text.splitlines()) == 2
    assert salesboard.sums(face(lang), replace(BOARD, paid=0, to_come=0)) is None
