"""The report in both languages: base units, money, and what is left."""

from dataclasses import replace
from decimal import Decimal

import pytest

from handlers import reporting
from handlers.reporting import Reported
from handlers.wording import Rendered
from shop.statements import Report, ReportLine
from shop.streams import StreamStatus
from storage.reports import StreamReport
from tests.clock import NOON
from tests.handlers.faces import face, read, words
from tests.handlers.test_hosting import BOTH, a_stream

EGGS = ReportLine(
    code="EGG",
    names={"en": "Free-range eggs", "zh": "散养土鸡蛋"},
    base_units={"en": "egg", "zh": "枚"},
    quantity=Decimal(10_000),
    packs=500,
    amount=1_800_000,
    left=Decimal(0),
)
NOODLES = ReportLine(
    code="RICE",
    names={"en": "Rice noodles", "zh": "手工米粉"},
    base_units={"en": "kg", "zh": "公斤"},
    quantity=Decimal(3000),
    packs=600,
    amount=4_680_000,
    left=Decimal("12.5"),
)
BAMBOO = replace(NOODLES, code="BAM", names={"en": "Bamboo", "zh": "笋"}, quantity=Decimal(0), packs=0, left=None)
FULL = StreamReport(
    stream=replace(a_stream(StreamStatus.ENDED), ended_at=NOON),
    goods=Report(lines=(EGGS, NOODLES, BAMBOO), turnover=6_480_000),
    orders=1204,
    turnover=6_480_000,
    discounts=0,
    delivery=1_200_000,
    further=318,
    unpaid=12,
    under_review=7,
    expired=21,
    cancelled=34,
    refunds_owed=3,
    refunds_owed_amount=18_600,
    refunds_done=2,
    refunds_done_amount=9_900,
)
NOTHING = StreamReport(
    stream=a_stream(StreamStatus.ANNOUNCED),
    goods=Report(lines=(), turnover=0),
    orders=0,
    turnover=0,
    discounts=0,
    delivery=0,
    further=0,
    unpaid=0,
    under_review=0,
    expired=0,
    cancelled=0,
    refunds_owed=0,
    refunds_owed_amount=0,
    refunds_done=0,
    refunds_done_amount=0,
)


def show(lang: str, report: StreamReport, *others: StreamReport) -> Rendered:
    view = Reported(report=report, others=tuple(other.stream for other in others))
    shown = reporting.KINDS["report"].show(face(lang), view)
    assert isinstance(shown, Rendered)
    return shown


@pytest.mark.parametrize(
    ("lang", "counts"),
    [("en", ("10,000 eggs", "3,000 kg", "12.5 kg")), ("zh", ("10,000枚", "3,000公斤", "12.5公斤"))],
)
def test_goods_are_counted_in_base_units(lang: str, counts: tuple[str, ...]) -> None:
    text = read(show(lang, FULL))
    for count in counts:
        assert count in text


@BOTH
def test_the_report_tells_orders_money_and_what_is_owed(lang: str) -> None:
    text = read(show(lang, FULL))
    for part in ("Tonggu <spring> & stream", "¥64,800.00", "1,204", "12", "7", "21", "34", "¥186.00", "¥99.00"):
        assert part in text


@BOTH
def test_what_sold_out_or_never_runs_out_is_not_among_what_is_left(lang: str) -> None:
    left = read(show(lang, FULL)).rpartition("\n\n")[2]
    assert NOODLES.names[lang] in left
    assert EGGS.names[lang] not in left
    assert BAMBOO.names[lang] not in left


@pytest.mark.parametrize(
    ("lang", "sold_out", "further"),
    [("en", "Sold out:", "And 318 orders of other specialties:"), ("zh", "全部售罄：", "另有其他特产318单：")],
)
def test_what_sold_out_comes_first_and_the_rest_is_counted_in_orders(lang: str, sold_out: str, further: str) -> None:
    text = read(show(lang, FULL))
    places = [text.index(part) for part in (sold_out, EGGS.names[lang], further, NOODLES.names[lang])]
    assert places == sorted(places)
    nothing_ran_out = replace(FULL, goods=Report(lines=(NOODLES,), turnover=1))
    assert sold_out not in read(show(lang, nothing_ran_out))
    assert further not in read(show(lang, replace(FULL, goods=Report(lines=(EGGS,), turnover=1))))


@BOTH
def test_a_stream_without_sales_has_a_short_report(lang: str) -> None:
    text = read(show(lang, NOTHING))
    assert "¥0.00" in text
    assert len([line for line in text.splitlines() if line]) == 3


@pytest.mark.parametrize("status", StreamStatus)
@BOTH
def test_every_state_can_be_reported(lang: str, status: StreamStatus) -> None:
    assert read(show(lang, replace(FULL, stream=a_stream(status))))


@BOTH
def test_a_very_large_report_still_fits_a_message(lang: str) -> None:
    long = {"en": "E" * 60, "zh": "蛋" * 60}
    rows = tuple(replace(NOODLES, code=f"C{number}", names=long) for number in range(200))
    text = read(show(lang, replace(FULL, goods=Report(lines=rows, turnover=1))))
    assert text.count("185") == 2
    sold_out = tuple(replace(row, left=Decimal(0)) for row in rows[:100])
    text = read(show(lang, replace(FULL, goods=Report(lines=(*sold_out, *rows[100:]), turnover=1))))
    assert text.count("85") == 3


def test_other_streams_are_a_tap_away() -> None:
    shown = show("en", FULL, NOTHING)
    assert words(shown) == [["Desk"], ["Tonggu <spring> & stream · Sun 15 Mar · announced"]]
    assert shown.rows[1][0].data == "1|report|7"
