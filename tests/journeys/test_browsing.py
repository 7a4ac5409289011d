"""Looking around the stall: links, streams, products, quantities, following."""

import pytest

from shop.streams import StreamStatus
from storage.roles import Role
from tests.journeys.actors import order
from tests.journeys.market import becomes, comes_in, link_to, spring_stream, works_as
from tests.stall import TestStall

# -- The front door --------------------------------------------------------------------------------------------


async def test_start_answers_with_one_message_and_follows_nobody(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    assert len(ann.inbox) == 1
    assert ann.last.labels == ["Streams", "Shop", "My orders", "Follow", "Help"]
    assert await stall.value("SELECT follows_since FROM people WHERE id = :id", id=ann.id) is None


async def test_the_owners_start_card_names_the_owners_commands(stall: TestStall) -> None:
    await stall.owner.sends("/start")
    assert "/newstream" in (await stall.owner.sees("/invite")).text


async def test_following_turns_the_button_on_the_same_card_and_back(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    await ann.taps("Follow")
    await ann.sees("You follow the stall")
    assert (await ann.answered()).text == "You follow the stall now"
    await ann.taps("Unfollow")
    await ann.sees("Tap Follow")
    assert len(ann.inbox) == 1
    assert await stall.value("SELECT follows_since FROM people WHERE id = :id", id=ann.id) is None


async def test_follow_can_be_typed(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    await ann.sends("/follow")
    assert "Unfollow" in (await ann.sees("You follow the stall")).labels


async def test_a_streams_link_is_answered_at_once_with_its_card(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG", "RICE")
    ann = stall.person("Ann")
    await ann.opens(link_to(f"s_{stream.code}"))
    card = await ann.sees("Spring stream")
    await stall.settles()
    assert len(ann.inbox) == 1
    assert "(in 2 h 10 min)" in card.text
    assert card.labels == ["Products", "Remind me", "Follow", "Kuaishou"]


async def test_a_drafts_link_opens_only_for_hosts(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG", is_announced=False)
    ann, hana = await comes_in(stall, "Ann"), await works_as(stall, "Hana", Role.HOST)
    await ann.opens(link_to(f"s_{stream.code}"))
    assert "Spring stream" not in (await ann.sees("does not open anything")).text
    await hana.opens(link_to(f"s_{stream.code}"))
    await hana.sees("Spring stream")
    offer = await stall.value("SELECT id FROM offers")
    await ann.opens(link_to(f"o_{offer}"))
    await ann.sees("does not open anything")


async def test_an_offers_link_is_answered_at_once_with_its_card(stall: TestStall) -> None:
    await spring_stream(stall, "EGG")
    ann = stall.person("Ann")
    await ann.opens(link_to(f"o_{await stall.value('SELECT id FROM offers')}"))
    assert "Order now" in (await ann.sees("How many?")).labels
    assert len(ann.inbox) == 1


@pytest.mark.parametrize(
    "payload", ["x", "s_", "s_NOSUCH", "o_", "o_0", "o_1x", "o_99999999999999999999", "r_TG-AAAAA", "r_x", "i_", "_"]
)
async def test_a_link_to_nothing_opens_the_start_card_with_a_word(stall: TestStall, payload: str) -> None:
    ann = stall.person("Ann")
    await ann.opens(link_to(payload))
    assert "Streams" in (await ann.sees("does not open anything")).labels
    assert len(ann.inbox) == 1


async def test_an_orders_link_opens_for_its_buyer_and_the_staff_only(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann, bo, cai = stall.person("Ann"), stall.person("Bo"), await works_as(stall, "Cai", Role.CASHIER)
    code = await order(ann, link_to(f"s_{stream.code}"), "EGG")
    for person in (ann, cai):
        await person.opens(link_to(f"r_{code}"))
        await person.sees(code)
    await bo.opens(link_to(f"r_{code}"))
    assert code not in (await bo.sees("does not open anything")).text


async def test_an_invitation_says_when_it_is_used_late_or_unknown(stall: TestStall) -> None:
    await stall.owner.sends("/invite host")
    link = next(word for word in (await stall.owner.sees("start=i_")).text.split() if "start=i_" in word)
    ann, bo = stall.person("Ann"), stall.person("Bo")
    await ann.opens(link)
    await ann.sees("host")
    assert await stall.value("SELECT role FROM roles WHERE person_id = :id", id=ann.id) == "host"
    await bo.opens(link)
    await bo.sees("used already")
    await bo.opens(link[:-3])
    await bo.sees("No invitation")
    await stall.owner.sends("/invite host")
    late = next(word for word in (await stall.owner.sees("start=i_")).text.split() if "start=i_" in word)
    await stall.passes(30 * 24 * 3600)
    await bo.opens(late)
    await bo.sees("expired")


# -- Streams ---------------------------------------------------------------------------------------------------


async def test_a_single_stream_is_shown_at_once_and_several_as_a_list(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    await ann.taps("Streams")
    await ann.sees("No stream is planned")
    await spring_stream(stall, "EGG")
    await ann.sends("/streams")
    assert "Remind me" in (await ann.sees("Spring stream")).labels
    await spring_stream(stall, "RICE", title="Night market")
    await ann.sends("/streams")
    await ann.sees("Night market")
    await ann.taps("Night market")
    await ann.sees("Handmade rice noodles")


async def test_reminders_can_be_asked_for_and_stopped_on_the_card(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann = stall.person("Ann")
    await ann.opens(link_to(f"s_{stream.code}"))
    card = await ann.sees("Spring stream")
    await ann.taps("Remind me")
    await stall.settles()
    assert "Stop reminders" in card.labels
    await ann.taps("Stop reminders")
    await stall.settles()
    assert "Remind me" in card.labels
    assert len(ann.inbox) == 1


async def test_a_reminder_comes_an_hour_before(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann = stall.person("Ann")
    await ann.opens(link_to(f"s_{stream.code}"))
    await ann.taps_when("Remind me")
    await stall.settles()
    mark = ann.mark()
    await stall.passes(70 * 60)
    assert "Products" in (await ann.sees("begins in 1 h", since=mark)).labels


async def test_a_reminder_of_a_stream_that_is_over_is_declined_kindly(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann = stall.person("Ann")
    await ann.opens(link_to(f"s_{stream.code}"))
    await ann.sees("Spring stream")
    await becomes(stall, stream, StreamStatus.CANCELLED)
    await ann.taps("Remind me")
    await ann.sees("called off")
    assert (await ann.answered()).text == "This stream is over, so there is nothing to remind you of"


async def test_followers_hear_that_a_stream_is_live(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann = await comes_in(stall, "Ann")
    await ann.taps("Follow")
    await stall.settles()
    mark = ann.mark()
    await becomes(stall, stream, StreamStatus.LIVE)
    assert "Kuaishou" in (await ann.sees("is live now", since=mark)).labels


async def test_following_from_a_streams_card_keeps_the_card(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann = stall.person("Ann")
    await ann.opens(link_to(f"s_{stream.code}"))
    await ann.taps_when("Follow")
    await stall.settles()
    assert len(ann.inbox) == 1
    assert ann.last.labels == ["Products", "Remind me", "Kuaishou"]


# -- Products and quantities -----------------------------------------------------------------------------------


async def test_the_quantity_goes_up_and_down_on_one_message_and_stops_at_the_bounds(stall: TestStall) -> None:
    await spring_stream(stall, "EGG", quantity=3)
    ann = await comes_in(stall, "Ann")
    await ann.sends("/streams")
    await ann.taps_when("Products")
    await ann.taps_when("EGG")
    card = await ann.sees("How many? 1 box = ¥36.00")
    messages = len(ann.inbox)
    await ann.taps("−")
    assert (await ann.answered()).text == "One is the least"
    for packs in ("2 boxes = ¥72.00", "3 boxes = ¥108.00"):
        await ann.taps("+")
        await ann.sees(packs)
    await ann.taps("+")
    assert (await ann.answered()).text == "Only 3 left"
    await stall.settles()
    assert "3 boxes" in card.text
    await ann.taps("−")
    await ann.sees("2 boxes")
    assert len(ann.inbox) == messages


async def test_the_limit_per_person_counts_what_was_ordered(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann = stall.person("Ann")
    await order(ann, link_to(f"s_{stream.code}"), "EGG")
    offer = await stall.value("SELECT id FROM offers")
    await ann.opens(link_to(f"o_{offer}"))
    card = await ann.sees("How many?")
    ann.press(f"1|offer|{offer}|10", card)
    assert (await ann.answered()).text == "At most 10 per person; you have ordered 1 already"
    await ann.sees("9 boxes")


async def test_sold_out_is_said_on_the_list_and_on_the_card(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG", "RICE", quantity=1)
    ann, bo = stall.person("Ann"), await comes_in(stall, "Bo")
    await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await bo.sends("/shop")
    shop = await bo.sees("sold out")
    assert [label[:1] for label in shop.labels] == ["⛔", "R"]
    await bo.taps("EGG")
    assert (await bo.sees("Sold out for now")).labels == ["Join waiting list", "Products"]


async def test_the_shop_shows_everything_that_is_open(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    await ann.taps("Shop")
    await ann.sees("Nothing can be ordered")
    await spring_stream(stall, "EGG", "HONEY")
    await spring_stream(stall, "RICE", title="Night market")
    await ann.sends("/shop")
    shop = await ann.sees("Open for orders")
    assert "Spring stream" in shop.text
    assert "Night market" in shop.text
    assert len(shop.labels) == 3


async def test_a_long_list_of_products_has_pages(stall: TestStall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.browse.PAGE", 2)
    await spring_stream(stall, "EGG", "RICE", "HONEY")
    ann = await comes_in(stall, "Ann")
    await ann.sends("/streams")
    await ann.taps_when("Products")
    await ann.sees("Free-range eggs")
    await ann.taps("More ▶")
    assert "Free-range eggs" not in (await ann.sees("Wild-flower honey")).text
    await ann.taps("◀ Back")
    await ann.sees("Free-range eggs")


@pytest.mark.parametrize(
    "data",
    [
        "1|offer|999|1",
        "1|offer|1",
        "1|offers|999",
        "1|offersp|999|0",
        "1|stream|999",
        "1|remind|999",
        "1|unremind|999",
        "1|lang|fr",
        "1|lang|xx-y",
        "1|ask|999",
        "1|asksaid|x",
        "2|home",
        "nonsense",
    ],
)
async def test_forged_and_stale_buttons_are_answered_and_change_nothing(stall: TestStall, data: str) -> None:
    ann = await comes_in(stall, "Ann")
    before = ann.last.text
    ann.press(data, ann.last)
    assert (await ann.answered()).text
    await stall.settles()
    assert [message.text for message in ann.inbox] == [before]


async def test_a_viewer_cannot_watch_a_draft_by_a_forged_button(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG", is_announced=False)
    ann = await comes_in(stall, "Ann")
    for verb in ("remind", "unremind", "stream", "offers"):
        ann.press(f"1|{verb}|{stream.id}", ann.last)
        await ann.answered()
    await stall.settles()
    assert len(ann.inbox) == 1
