"""How streams and offers read, and which buttons stand under them."""

from dataclasses import replace
from typing import Any

import pytest

from handlers import browse, offercards, streamcards
from handlers.browse import Shelf
from handlers.offercards import OfferView
from handlers.streamcards import StreamView
from handlers.wording import FileId, Rendered
from shop.offers import Availability
from shop.streams import StreamStatus
from storage.offers import Offer
from storage.streams import Platform, Stream
from tests.clock import NOON
from tests.handlers.faces import DAY, HOUR, MINUTE, face, read, words

EGGS = {"en": "Free-range eggs", "zh": "散养土鸡蛋"}
NOODLES = {"en": "Rice noodles", "zh": "手工米粉"}
HONEY = {"en": "Wild-flower honey", "zh": "百花蜂蜜"}
TEA = {"en": "Chrysanthemum tea", "zh": "皇菊茶"}
START = NOON + 2 * HOUR + 10 * MINUTE


def stream(**changes: Any) -> Stream:
    plain = Stream(
        id=7,
        code="SPR1NG",
        title="Tonggu spring stream",
        host_id=2001,
        starts_at=START,
        platforms=(
            Platform(name="Kuaishou", url="https://live.kuaishou.example/tonggu"),
            Platform(name="Taobao Live", url="https://taobao.example/live"),
        ),
        photo=None,
        status=StreamStatus.ANNOUNCED,
        created_at=NOON,
        announced_at=NOON,
        live_at=None,
        ended_at=None,
        cancelled_at=None,
    )
    return replace(plain, **changes)


def stream_view(**changes: Any) -> StreamView:
    of_stream = {name: changes.pop(name) for name in list(changes) if name in Stream.__slots__}
    plain = StreamView(
        stream=stream(**of_stream), products=(EGGS, NOODLES, HONEY, TEA, TEA), is_watching=False, follows=False
    )
    return replace(plain, **changes)


def offer(**changes: Any) -> Offer:
    plain = Offer(
        id=42,
        stream_id=7,
        stream_code="SPR1NG",
        stream_title="Tonggu spring stream",
        stream_status=StreamStatus.ANNOUNCED,
        product_id=1,
        code="EGG",
        names=EGGS,
        units={"en": "box of 20", "zh": "20枚装"},
        base_units={"en": "egg", "zh": "枚"},
        descriptions={"en": "Laid in the hills", "zh": "山间散养"},
        pack_milli=20_000,
        photo=None,
        picture=None,
        supplier_id=3,
        supplier_name="Hill Farm",
        price=3600,
        currency="CNY",
        quantity=500,
        taken=188,
        limit_per_buyer=10,
        availability=Availability.IN_STOCK,
        opens_at=None,
        closes_at=None,
        ships_within_days=3,
        ships_from=None,
        ships_until=None,
    )
    return replace(plain, **changes)


def offer_view(*, quantity: int = 2, possible: int = 10, already: int = 0, **changes: Any) -> OfferView:
    return OfferView(offer=offer(**changes), county="Tonggu", already=already, possible=possible, quantity=quantity)


def show(kind: str, view: object, lang: str = "en") -> Rendered:
    rendered = browse.KINDS[kind].show(face(lang), view)
    assert isinstance(rendered, Rendered)
    return rendered


# -- Streams -------------------------------------------------------------------------------------------------


def test_a_stream_card_says_what_when_and_where() -> None:
    assert read(show("stream_card", stream_view())).splitlines() == [
        "🌱 Tonggu spring stream",
        "Tue 10 Mar, 14:10 (in 2 h 10 min)",
        "Free-range eggs, Rice noodles, Wild-flower honey and 2 more",
        "Watch: Kuaishou · Taobao Live",
        "https://t.me/stall_bot?start=s_SPR1NG",
    ]


def test_a_stream_card_reads_like_chinese_in_chinese() -> None:
    assert read(show("stream_card", stream_view(), "zh")).splitlines()[1:4] == [
        "3月10日 周二 14:10（2小时10分后）",
        "散养土鸡蛋、手工米粉、百花蜂蜜，还有2样",
        "观看：Kuaishou · Taobao Live",
    ]


def test_a_stream_card_has_products_reminder_follow_and_the_platforms() -> None:
    assert words(show("stream_card", stream_view())) == [
        ["Products", "Remind me"],
        ["Follow"],
        ["Kuaishou", "Taobao Live"],
    ]


def test_who_follows_and_watches_sees_no_follow_and_can_stop_the_reminders() -> None:
    shown = show("stream_card", stream_view(follows=True, is_watching=True))
    assert words(shown) == [["Products", "Stop reminders"], ["Kuaishou", "Taobao Live"]]


def test_a_stream_without_products_or_platforms_says_less() -> None:
    shown = show("stream_card", stream_view(products=(), platforms=()))
    assert len(read(shown).splitlines()) == 3
    assert words(shown) == [["Remind me"], ["Follow"]]


def test_three_products_are_all_named() -> None:
    assert "Free-range eggs, Rice noodles, Wild-flower honey\n" in read(
        show("stream_card", stream_view(products=(EGGS, NOODLES, HONEY)))
    )


def test_a_live_stream_is_live_now_and_needs_no_reminder() -> None:
    shown = show("stream_card", stream_view(status=StreamStatus.LIVE))
    assert read(shown).splitlines()[:2] == ["🔴 Tonggu spring stream", "Live now"]
    assert words(shown)[0] == ["Products"]


@pytest.mark.parametrize(
    ("status", "said"), [(StreamStatus.ENDED, "has ended"), (StreamStatus.CANCELLED, "called off")]
)
def test_a_stream_that_is_over_says_so_and_leads_on(status: StreamStatus, said: str) -> None:
    shown = show("stream_card", stream_view(status=status))
    assert said in read(shown)
    assert "t.me" not in read(shown)
    assert ["Streams", "Follow"] in words(shown)
    assert not any("Remind" in word for row in words(shown) for word in row)


def test_a_stream_past_its_start_that_nobody_opened_is_about_to_begin() -> None:
    assert "(about to begin)" in read(show("stream_card", stream_view(starts_at=NOON - MINUTE)))


def test_a_preview_says_that_it_is_one() -> None:
    assert "Preview" in read(show("stream_card", stream_view(status=StreamStatus.DRAFT, is_preview=True)))


def test_a_picture_stands_above_the_card() -> None:
    assert show("stream_card", stream_view(photo="file-1")).media == FileId(file_id="file-1")


def test_titles_are_text_and_not_markup() -> None:
    shown = show("stream_card", stream_view(title="Eggs <b>& more"))
    assert "Eggs <b>& more" in read(shown)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", ["stream_card", "stream_live", "stream_soon", "stream_moved", "stream_cancelled"])
def test_every_message_about_a_stream_can_be_sent_and_names_it(kind: str, lang: str) -> None:
    assert "Tonggu spring stream" in read(show(kind, stream_view(), lang))


def test_a_reminder_sent_a_moment_late_still_says_one_hour() -> None:
    view = stream_view(starts_at=NOON + HOUR - 900)
    assert "begins in 1 h" in read(show("stream_soon", view))


@pytest.mark.parametrize("late", [0, 20 * MINUTE])
def test_a_reminder_at_the_start_or_after_it_counts_nothing_down(late: int) -> None:
    assert "is about to begin" in read(show("stream_soon", stream_view(starts_at=NOON - late)))


def test_news_that_a_stream_is_live_has_the_platforms_as_links() -> None:
    shown = show("stream_live", stream_view(status=StreamStatus.LIVE))
    assert "is live now" in read(shown)
    assert [button.url for button in shown.rows[-1]] == [
        "https://live.kuaishou.example/tonggu",
        "https://taobao.example/live",
    ]


def test_the_list_of_streams_has_a_button_each_with_title_and_time() -> None:
    shown = show("streams", [stream(id=8, status=StreamStatus.LIVE, title="Night market"), stream()])
    assert words(shown) == [["Night market"], ["Tonggu spring stream · Tue 10 Mar, 14:10"]]
    assert "Live now" in read(shown)


def test_no_streams_is_said_with_a_way_on() -> None:
    shown = show("streams", [])
    assert "No stream is planned" in read(shown)
    assert words(shown) == [["Shop", "Help"]]


# -- Offers --------------------------------------------------------------------------------------------------


def test_an_offer_card_has_everything_a_buyer_decides_by() -> None:
    assert read(show("offer_card", offer_view())).splitlines() == [
        "Free-range eggs · box of 20",
        "¥36.00 · 312 boxes left · up to 10 per person",
        "Laid in the hills",
        "From Hill Farm, Tonggu",
        "Ships within 3 days",
        "Kept for you once you order.",
        "How many? 2 boxes = ¥72.00",
    ]


def test_an_offer_card_reads_like_chinese_in_chinese() -> None:
    assert read(show("offer_card", offer_view(), "zh")).splitlines() == [
        "散养土鸡蛋 · 20枚装",
        "¥36.00 · 还剩312份 · 每人限购10份",
        "山间散养",
        "Hill Farm（Tonggu）",
        "3天内发货",
        "下单后货为您留着。",
        "要多少？2份 = ¥72.00",
    ]


def test_an_offer_card_counts_with_minus_and_plus_around_the_quantity() -> None:
    shown = show("offer_card", offer_view(quantity=2))
    assert words(shown) == [["−", "2", "+"], ["Order now", "Add to cart"], ["Products"]]
    assert [button.data for button in shown.rows[0]] == ["1|offer|42|1", "1|offer|42|2", "1|offer|42|3"]
    assert shown.rows[1][0].data == "1|buy|42|2"


def test_the_county_is_not_repeated_when_it_stands_in_the_name() -> None:
    assert "From Tonggu Poultry\n" in read(show("offer_card", offer_view(supplier_name="Tonggu Poultry")))


def test_an_unlimited_offer_without_a_limit_names_only_the_price() -> None:
    shown = read(show("offer_card", offer_view(quantity=1, limit_per_buyer=None)))
    assert "up to" not in shown
    assert read(
        show("offers", Shelf(stream=stream(), offers=(replace(offer(), quantity=None),), page=0, pages=1))
    ).count("in stock")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"taken": 500, "possible": 0}, "Sold out for now."),
        ({"stream_status": StreamStatus.ENDED}, "Orders for this are closed."),
        ({"stream_status": StreamStatus.DRAFT}, "Not open yet"),
        ({"opens_at": NOON + HOUR}, "Opens Tue 10 Mar, 13:00."),
        ({"possible": 0, "already": 10}, "You have ordered 10 boxes already"),
    ],
)
def test_what_cannot_be_ordered_says_why_and_leads_back(changes: dict[str, Any], said: str) -> None:
    shown = show("offer_card", offer_view(**changes))
    assert said in read(shown)
    assert words(shown) == [["Products"]]


def test_a_presale_names_its_window() -> None:
    shown = read(
        show(
            "offer_card",
            offer_view(availability=Availability.PRESALE, ships_from=NOON + 10 * DAY, ships_until=NOON + 14 * DAY),
        )
    )
    assert "Presale" in shown
    assert "Ships Fri 20 Mar – Tue 24 Mar" in shown


def test_an_ended_stream_leaves_a_presale_open() -> None:
    view = offer_view(availability=Availability.PRESALE, stream_status=StreamStatus.ENDED)
    assert ["Order now", "Add to cart"] in words(show("offer_card", view))


def test_the_longest_catalogue_texts_still_fit_under_a_photo() -> None:
    view = offer_view(
        names={"en": "n" * 60},
        units={"en": "u" * 40},
        descriptions={"en": "d" * 500},
        supplier_name="s" * 80,
        photo="file-1",
        availability=Availability.PRESALE,
        ships_from=NOON + 400 * DAY,
        ships_until=NOON + 500 * DAY,
    )
    read(show("offer_card", replace(view, county="c" * 60)))


def test_the_list_of_products_has_a_button_each_and_marks_what_is_gone() -> None:
    shelf = Shelf(
        stream=stream(),
        offers=(offer(), offer(id=43, code="HONEY", names=HONEY, taken=500)),
        page=0,
        pages=1,
    )
    shown = show("offers", shelf)
    assert words(shown) == [
        ["EGG · Free-range eggs · ¥36.00"],
        ["HONEY · Wild-flower honey · ¥36.00"],
        ["Back to the stream"],
    ]
    assert shown.rows[1][0].label.startswith("⛔")
    assert "EGG Free-range eggs · ¥36.00 · 312 boxes left" in read(shown)
    assert "HONEY Wild-flower honey · ¥36.00 · sold out" in read(shown)


def test_more_than_a_page_of_products_can_be_turned() -> None:
    shown = show("offers", Shelf(stream=stream(), offers=(offer(),), page=1, pages=3))
    assert [button.data for button in shown.rows[-2]] == ["1|offersp|7|0", "1|offersp|7|2"]


def test_a_stream_without_products_says_so() -> None:
    shown = show("offers", Shelf(stream=stream(), offers=(), page=0, pages=1))
    assert "has no products yet" in read(shown)
    assert words(shown) == [["Back to the stream"]]


def test_the_shop_groups_what_is_open_by_stream() -> None:
    other = offer(id=50, stream_id=8, stream_title="Night market", code="TEA", names=TEA)
    shown = show("shop", Shelf(stream=None, offers=(offer(), other), page=0, pages=1))
    assert read(shown).splitlines()[1::2] == [
        "🌱 Tonggu spring stream",
        "🌱 Night market",
        "Tap one to choose how many.",
    ]
    assert words(shown) == [["EGG · Free-range eggs · ¥36.00"], ["TEA · Chrysanthemum tea · ¥36.00"]]


def test_an_empty_shop_points_to_the_streams() -> None:
    shown = show("shop", Shelf(stream=None, offers=(), page=0, pages=1))
    assert words(shown) == [["Streams", "Help"]]


def test_kinds_are_declared_once() -> None:
    assert not streamcards.KINDS.keys() & offercards.KINDS.keys()
