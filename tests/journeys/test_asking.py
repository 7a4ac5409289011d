"""Questions to the stall: who gets them, who answers, and what happens to words nobody understands."""

import pytest

from storage.roles import Role
from tests.journeys.actors import RECEIPT, order
from tests.journeys.market import LONGEST_TEXT, comes_in, link_to, spring_stream, works_as
from tests.journeys.players import cast, golden_way
from tests.stall import TestStall


async def test_a_question_reaches_the_hosts_and_a_reply_answers_it(stall: TestStall) -> None:
    hana, ida = await works_as(stall, "Hana", Role.HOST), await works_as(stall, "Ida", Role.HOST)
    ann = await comes_in(stall, "Ann <3")
    await ann.taps("Help")
    await ann.taps_when("Ask the stall")
    await ann.sees("What would you like to know?")
    marks = [person.mark() for person in (hana, ida)]
    await ann.sends("Are the eggs <fresh> & brown?")
    await ann.sees("Your question is with the stall")
    cards = [
        await person.sees("Are the eggs <fresh> & brown?", since=mark)
        for person, mark in zip((hana, ida), marks, strict=True)
    ]
    assert "Ann <3 asks" in cards[0].text
    mark = ann.mark()
    await hana.replies(cards[0], "Laid this morning.")
    answer = await ann.sees("The stall answers:\nLaid this morning.", since=mark)
    assert answer.labels == ["Ask the stall"]
    await hana.sees("on its way to Ann <3")
    await stall.settles()
    assert all("Answered by Hana" in card.text for card in cards)


async def test_a_second_answer_reaches_the_person_too(stall: TestStall) -> None:
    hana, ida = await works_as(stall, "Hana", Role.HOST), await works_as(stall, "Ida", Role.HOST)
    ann = await comes_in(stall, "Ann")
    await ann.sends("Do you ship to Yichun?")
    await ann.taps_when("Ask the stall")
    card = await ida.sees("Yichun", since=0)
    await hana.replies(await hana.sees("Yichun", since=0), "Yes.")
    await ann.sees("Yes.", since=0)
    mark = ann.mark()
    await ida.replies(card, "And in three days.")
    await ann.sees("And in three days.", since=mark)
    await stall.settles()
    assert "Answered by Hana" in card.text


async def test_an_unpaid_orders_question_goes_to_the_cashier_with_its_facts(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    hana, cai = await works_as(stall, "Hana", Role.HOST), await works_as(stall, "Cai", Role.CASHIER)
    ann = stall.person("Ann")
    code = await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await ann.taps("Ask the stall")
    await ann.sees(f"about {code}")
    mark = cai.mark()
    await ann.sends("Can I pay tomorrow?")
    card = await cai.sees("Can I pay tomorrow?", since=mark)
    assert code in card.text
    assert "1 × Free-range eggs" in card.text
    assert "¥36.00" in card.text
    await stall.settles()
    assert not any("tomorrow" in message.text for message in hana.inbox)
    mark = ann.mark()
    await cai.replies(card, "Until 20:42, please.")
    assert code in (await ann.sees("Until 20:42", since=mark)).text


async def test_a_question_survives_a_look_at_something_else(stall: TestStall) -> None:
    await works_as(stall, "Hana", Role.HOST)
    ann = await comes_in(stall, "Ann")
    await ann.taps("Help")
    await ann.taps_when("Ask the stall")
    await ann.sends("/streams")
    await ann.sees("No stream is planned")
    await ann.sends("When is the next one?")
    await ann.sees("Your question is with the stall")


async def test_words_nobody_understands_go_to_the_stall_with_one_tap_and_only_once(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    ann = await comes_in(stall, "Ann")
    await ann.sends("do you have duck eggs")
    told = await ann.sees("I did not understand")
    assert told.labels == ["Ask the stall", "Help"]
    asked = told.buttons[0][0].data
    await ann.taps("Ask the stall")
    await ann.sees("Your question is with the stall")
    await hana.sees("do you have duck eggs", since=0)
    ann.press(asked or "", told)
    await ann.sees("What would you like to know?")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM questions") == 1


async def test_an_orders_code_shows_the_order_to_its_buyer_and_to_nobody_else(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann, bo = stall.person("Ann"), await comes_in(stall, "Bo")
    code = await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await ann.sends(code.lower().replace("-", " "))
    assert "Cancel order" in (await ann.sees("Free-range eggs")).labels
    await bo.sends(code)
    assert code not in (await bo.sees("I did not understand")).text


async def test_words_about_an_order_are_asked_about_that_order(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    cai = await works_as(stall, "Cai", Role.CASHIER)
    ann = stall.person("Ann")
    code = await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await ann.sends(f"where is {code} please")
    assert "Free-range eggs" in (await ann.sees("I did not understand")).text
    mark = cai.mark()
    await ann.taps("Ask the stall")
    assert "¥36.00" in (await cai.sees("where is", since=mark)).text


async def test_a_reply_to_an_answer_is_asked_about_the_same_order(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    cai = await works_as(stall, "Cai", Role.CASHIER)
    ann = stall.person("Ann")
    code = await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await ann.taps("Ask the stall")
    await ann.sees("What would you like to know")
    await ann.sends("Can I pay tomorrow?")
    await cai.replies(await cai.sees("Can I pay tomorrow?", since=0), "Please today.")
    answer = await ann.sees("Please today.")
    await ann.replies(answer, "and at nine?")
    await ann.sees("I did not understand")
    await ann.taps("Ask the stall")
    assert code in (await cai.sees("and at nine?", since=0)).text


async def test_a_checkout_is_not_lost_to_words_nobody_understands(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann = stall.person("Ann")
    await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await ann.sends("/streams")
    await ann.taps_when("Products")
    await ann.taps_when("EGG")
    await ann.taps_when("Order now")
    await ann.sees("Li Hua")
    await ann.sends("hm, wait")
    await stall.settles()
    await ann.taps("Place order")
    await ann.sees("Pay by")


@pytest.mark.parametrize("person_is_asked", [True, False])
async def test_what_is_no_text_is_declined_kindly(stall: TestStall, person_is_asked: bool) -> None:
    ann = await comes_in(stall, "Ann")
    if person_is_asked:
        await ann.taps("Help")
        await ann.taps_when("Ask the stall")
        await stall.settles()
    await ann.sends_location(28.5, 114.4)
    await ann.sees("only words" if person_is_asked else "only text")


async def test_a_question_that_is_too_long_is_asked_again_shorter(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    await ann.taps("Help")
    await ann.taps_when("Ask the stall")
    await stall.settles()
    await ann.sends(LONGEST_TEXT)
    await ann.sees("up to 1000")
    await ann.sends("Short?")
    await ann.sees("Your question is with the stall")


async def test_words_too_long_to_be_kept_are_asked_for_again(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    await ann.sends(LONGEST_TEXT)
    await ann.taps_when("Ask the stall")
    await ann.sees("What would you like to know?")


async def test_cancel_leaves_a_question_and_says_so(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    await ann.sends("/cancel")
    await ann.sees("Nothing is being asked")
    await ann.taps("Help")
    await ann.taps_when("Ask the stall")
    await stall.settles()
    await ann.sends("/cancel")
    await ann.sees("Your question was not sent")
    await ann.sends("/cancel")
    await ann.sees("Nothing is being asked")
    assert await stall.value("SELECT count(*) FROM questions") == 0


async def test_nobody_asks_about_somebody_elses_order(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann, bo = stall.person("Ann"), await comes_in(stall, "Bo")
    await order(ann, link_to(f"s_{stream.code}"), "EGG")
    bo.press(f"1|ask|{await stall.value('SELECT id FROM orders')}", bo.last)
    assert (await bo.answered()).text
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM dialogs WHERE person_id = :id", id=bo.id) == 0


@pytest.mark.parametrize("page", ["privacy", "terms", "paysupport", "help"])
async def test_the_small_print_is_one_command_away(stall: TestStall, page: str) -> None:
    ann = await comes_in(stall, "Ann")
    await ann.sends(f"/{page}")
    await stall.settles()
    assert "Ask the stall" in ann.last.labels


async def test_a_picture_of_the_damage_reaches_the_hosts_with_the_order(stall: TestStall) -> None:
    players = await cast(stall)
    ann, hana = players.ann, await works_as(stall, "Hana", Role.HOST)
    code = await golden_way(players)
    await ann.taps("Ask the stall")
    await ann.sees(f"about {code}")
    mark = hana.mark()
    await ann.sends_photo(RECEIPT, "Six eggs are broken")
    await ann.sees("with the stall")
    card = await hana.sees("Six eggs are broken", since=mark)
    assert card.photo == RECEIPT
    assert code in card.text
    assert await stall.value("SELECT count(*) FROM receipts") == 1


async def test_a_picture_sent_for_an_unpaid_order_is_a_receipt_even_while_asking(stall: TestStall) -> None:
    players = await cast(stall)
    code = await order(players.ann, players.link, "EGG")
    await players.ann.taps("Ask the stall")
    await players.ann.sees(f"about {code}")
    await players.ann.sends_photo(RECEIPT)
    await players.ann.sees("with the cashier")
    assert await stall.value("SELECT count(*) FROM receipts") == 1
    assert await stall.value("SELECT count(*) FROM questions") == 0
