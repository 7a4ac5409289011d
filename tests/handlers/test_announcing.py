"""The desk in every state and both languages, its questions, and what the clock tells a host."""

import re
from dataclasses import replace

import pytest

from handlers import announcing
from handlers.fitting import length
from handlers.wording import MOST_TEXT, Rendered
from shop.offers import Availability
from shop.orders import OrderStatus
from shop.streams import StreamStatus
from storage.desks import Desk
from storage.offers import Offer
from storage.orders import Order, OrderLine
from storage.salesboard import Board, Sales
from storage.streams import Stream
from tests.clock import NOON
from tests.handlers.faces import DAY, HOUR, face, read, words
from tests.handlers.test_hosting import BOTH, a_stream

EGGS = {"en": "Free-range eggs", "zh": "散养土鸡蛋"}
BOXES = {"en": "box of 20", "zh": "20枚装"}


def an_offer(stream: Stream, id_: int = 1, *, quantity: int | None = 500, taken: int = 12) -> Offer:
    return Offer(
        id=id_,
        stream_id=stream.id,
        stream_code=stream.code,
        stream_title=stream.title,
        stream_status=stream.status,
        product_id=id_,
        code="EGG",
        names=EGGS,
        units=BOXES,
        base_units={"en": "egg", "zh": "枚"},
        descriptions={},
        pack_milli=20_000,
        photo=None,
        picture=None,
        supplier_id=1,
        supplier_name="Hill Farm",
        price=3600,
        currency="CNY",
        quantity=quantity,
        taken=taken,
        limit_per_buyer=None,
        availability=Availability.IN_STOCK,
        opens_at=None,
        closes_at=None,
        ships_within_days=3,
        ships_from=None,
        ships_until=None,
    )


def a_board(*offers: Offer) -> Board:
    """Half of what is taken is paid, one pack of it held for somebody who waits."""
    sales = (
        Sales(
            offer=offer,
            sold=offer.taken - 1,
            paid=offer.taken // 2,
            amount=offer.taken // 2 * offer.price,
            held=1,
            waiting=2,
            wanted=5,
        )
        for offer in offers
    )
    return Board(sales=tuple(sales), paid=342_000, to_come=21_600, under_review=0, refunds=0, refunds_amount=0)


def a_desk(status: StreamStatus = StreamStatus.DRAFT, *offers: Offer, unpaid: int = 0, paid: int = 0) -> Desk:
    return Desk(
        stream=a_stream(status),
        board=a_board(*offers),
        followers=1204,
        watchers=3,
        unpaid=unpaid,
        paid=paid,
        completed=0,
    )


def show(kind: str, lang: str, view: object) -> Rendered:
    shown = announcing.KINDS[kind].show(face(lang), view)
    assert isinstance(shown, Rendered)
    return shown


BUTTONS = {
    StreamStatus.DRAFT: [["Add products", "Preview"], ["Announce", "Edit"], ["⚡ Special prices", "Cancel stream"]],
    StreamStatus.ANNOUNCED: [
        ["Add products", "Preview"],
        ["Go live", "End stream"],
        ["Edit", "Report"],
        ["Add an order", "Groups"],
        ["⚡ Special prices", "Cancel stream"],
    ],
    StreamStatus.LIVE: [
        ["Add products", "End stream"],
        ["Edit", "Report"],
        ["Add an order", "Groups"],
        ["⚡ Special prices"],
    ],
    StreamStatus.ENDED: [["Report"]],
    StreamStatus.CANCELLED: [["Report"]],
}


@pytest.mark.parametrize("status", StreamStatus)
def test_a_desk_has_the_buttons_of_its_state(status: StreamStatus) -> None:
    assert words(show("desk", "en", a_desk(status))) == BUTTONS[status]
    chinese = show("desk", "zh", a_desk(status))
    assert [len(row) for row in words(chinese)] == [len(row) for row in BUTTONS[status]]
    assert not re.search("[A-Za-z]", "".join(word for row in words(chinese) for word in row))


def test_a_desk_with_something_to_sell_pushes_and_pauses_it() -> None:
    def row(status: StreamStatus, **changes: object) -> list[list[str]]:
        desk = a_desk(status, an_offer(a_stream(status)))
        return words(show("desk", "en", replace(desk, stream=replace(desk.stream, **changes))))

    assert row(StreamStatus.LIVE)[0] == ["Push", "⏸ Pause"]
    assert row(StreamStatus.LIVE, paused_at=NOON)[0] == ["Push", "▶️ Resume"]
    assert ["Push", "⏸ Pause"] in row(StreamStatus.ANNOUNCED)
    assert not any("Pause" in word for words_ in row(StreamStatus.DRAFT) for word in words_)
    assert row(StreamStatus.ENDED) == [["Report"]]


@BOTH
def test_a_pause_is_told_only_as_long_as_something_could_be_sold(lang: str) -> None:
    def told(status: StreamStatus) -> str:
        desk = a_desk(status, an_offer(a_stream(status)))
        return str(show("desk", lang, replace(desk, stream=replace(desk.stream, paused_at=NOON))).text)

    assert "⏸" in told(StreamStatus.LIVE)
    assert "⏸" not in told(StreamStatus.ENDED)


@BOTH
@pytest.mark.parametrize("status", StreamStatus)
def test_a_desk_tells_title_time_platforms_products_people_and_its_link(lang: str, status: StreamStatus) -> None:
    stream = a_stream(status)
    text = read(show("desk", lang, a_desk(status, an_offer(stream), unpaid=2, paid=1)))
    assert "https://t.me/stall_bot?start=s_SPRING" in text
    for part in ("Tonggu <spring> & stream", "Kuaishou <1>", EGGS[lang], "EGG", "¥36.00", "488"):
        assert part in text
    assert ("1,204" in text) is (status is StreamStatus.DRAFT)
    assert ("¥3,420.00" in text) is (status is not StreamStatus.DRAFT)


def test_a_draft_and_an_announced_stream_show_their_state_and_the_countdown() -> None:
    assert "Sun 15 Mar, 20:00 (in 5 days 8 h) · draft" in read(show("desk", "en", a_desk()))
    assert "3月15日 周日 20:00（5天8小时后） · 已发布" in read(show("desk", "zh", a_desk(StreamStatus.ANNOUNCED)))


def test_the_platforms_are_links_and_nothing_in_them_is_markup() -> None:
    text = show("desk", "en", a_desk()).text
    assert '<a href="https://live.kuaishou.com/u/tonggu?a=1&amp;b=2">Kuaishou &lt;1&gt;</a>' in text


def test_an_offer_without_end_has_nothing_left_to_count() -> None:
    text = read(show("desk", "en", a_desk(StreamStatus.LIVE, an_offer(a_stream(), quantity=None))))
    assert "11 boxes sold\nno limit · 1 held" in text


@BOTH
def test_the_link_of_a_draft_is_said_to_be_for_hosts(lang: str) -> None:
    with_note, without = (read(show("desk", lang, a_desk(status))) for status in list(StreamStatus)[:2])
    assert len(with_note.split("\n\n")[-1].splitlines()) == 2
    assert len(without.split("\n\n")[-1].splitlines()) == 1


@BOTH
def test_a_desk_with_very_many_offers_still_fits_a_message(lang: str) -> None:
    stream = a_stream()
    long = {"en": "E" * 60, "zh": "蛋" * 60}
    many = [an_offer(stream, id_) for id_ in range(1, 101)]
    offers = [
        Offer(**{**{name: getattr(offer, name) for name in Offer.__slots__}, "names": long, "code": "ABCDEFGHIJKL"})
        for offer in many
    ]
    for status in (StreamStatus.DRAFT, StreamStatus.LIVE):
        shown = show("desk", lang, a_desk(status, *offers))
        assert length(shown.text) <= MOST_TEXT
        assert "https://t.me/stall_bot?start=s_SPRING" in read(shown)
        assert re.search(r"\b[4-9][0-9] more|另有[4-9][0-9]样", read(shown))


@BOTH
def test_paid_orders_of_a_cancelled_stream_are_not_forgotten(lang: str) -> None:
    with_paid = read(show("desk", lang, a_desk(StreamStatus.CANCELLED, paid=2)))
    without = read(show("desk", lang, a_desk(StreamStatus.CANCELLED, unpaid=2)))
    assert len(with_paid.splitlines()) == len(without.splitlines()) + 1


@pytest.mark.parametrize(("lang", "yes_no"), [("en", ["Yes", "No"]), ("zh", ["是", "否"])])
def test_ending_and_cancelling_ask_and_name_the_orders(lang: str, yes_no: list[str]) -> None:
    desk = a_desk(StreamStatus.LIVE, unpaid=21, paid=32)
    end, cancel = show("ask_end", lang, desk), show("ask_cancel_stream", lang, desk)
    assert words(end) == words(cancel) == [yes_no]
    assert "21" in read(end)
    assert "21" in read(cancel)
    assert "32" in read(cancel)
    assert [button.data for button in end.rows[0]] == ["1|endyes|7", "1|desk|7"]
    assert [button.data for button in cancel.rows[0]] == ["1|cancelsyes|7", "1|desk|7"]


def test_a_live_streams_time_cannot_be_changed() -> None:
    assert words(show("edit_stream", "en", a_desk())) == [["Title", "Time"], ["Platforms", "Picture"], ["Desk"]]
    assert words(show("edit_stream", "zh", a_desk(StreamStatus.LIVE))) == [["标题"], ["平台", "图片"], ["工作台"]]


@pytest.mark.parametrize(("lang", "go"), [("en", "Go live"), ("zh", "开播")])
def test_when_it_is_time_the_host_is_told_and_can_go_live(lang: str, go: str) -> None:
    due = show("stream_due_host", lang, a_desk(StreamStatus.ANNOUNCED))
    assert "Tonggu <spring> & stream" in read(due)
    assert words(due)[0][0] == go


@BOTH
def test_an_order_that_ran_out_is_told_with_its_code_and_goods(lang: str) -> None:
    line = OrderLine(
        id=1,
        offer_id=1,
        code="EGG",
        names=EGGS,
        units=BOXES,
        base_units={},
        pack_milli=20_000,
        quantity=2,
        unit_price=3600,
        total=7200,
        supplier_id=1,
        supplier_name="Hill Farm",
    )
    order = Order(
        id=1, code="TG-7K3QF", buyer_id=5001, buyer_name="Li", stream_id=7, stream_code="SPRING",
        stream_title="Spring", host_id=2001, status=OrderStatus.EXPIRED, currency="CNY", lines_total=7200,
        discount_total=0, delivery_fee=0, total=7200, recipient="R", phone="1", address="A", pay_method="Pay",
        created_at=NOON, pay_by=NOON + HOUR, expired_at=NOON + DAY, cancel_reason=None, lines=(line,), payments=(),
        shipments=(), refunded=0,
    )  # fmt: skip
    text = read(show("order_expired_host", lang, (order, ())))
    assert "TG-7K3QF" in text
    assert f"2 × {EGGS[lang]}" in text
    assert "R\n" not in text


def test_a_desk_without_platforms_says_nothing_of_them() -> None:
    stream = a_stream()
    bare = Stream(**{**{name: getattr(stream, name) for name in Stream.__slots__}, "platforms": ()})
    desk = Desk(stream=bare, board=a_board(), followers=0, watchers=0, unpaid=0, paid=0, completed=0)
    assert "Watch" not in read(show("desk", "en", desk))
