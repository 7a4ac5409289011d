"""What people send besides what they are asked for: long names, albums, contacts, things of yesterday."""

from pathlib import Path

from playground.files import Upload
from storage import desks, payments
from storage.clock import HOUR
from storage.connection import Tx
from storage.roles import Role
from tests.journeys.actors import RECEIPT, order
from tests.journeys.market import comes_in, link_to, spring_stream, works_as
from tests.journeys.players import cast
from tests.stall import OWNER, WECHAT, TestStall, open_stall


async def test_a_name_of_a_hundred_emoji_and_long_words_still_reach_the_cashier(stall: TestStall) -> None:
    players = await cast(stall)
    ann = stall.person("🌱" * 64)
    code = await order(ann, players.link, "EGG")
    mark = players.cai.mark()
    for _ in range(3):
        await ann.sends_photo(RECEIPT, caption=f"{code} <b>{'🥚' * 450}")
        await stall.settles()
    slip = await players.cai.sees(f"Receipt for {code}", since=mark)
    assert slip.photo == RECEIPT
    await players.cai.taps("Confirm", on=slip)
    await ann.sees("Payment confirmed")
    assert await stall.value("SELECT count(*) FROM outbox WHERE state = 'failed'") == 0


async def test_a_name_that_shows_nothing_is_told_as_a_question_mark(stall: TestStall) -> None:
    nameless = await comes_in(stall, "\u3164\u200f")
    assert await stall.value("SELECT name FROM people WHERE id = :id", id=nameless.id) == "?"


async def test_a_picture_of_another_bot_is_left_away_and_its_text_still_comes(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    await stall.program.deps.store.write(lambda tx: tx.run("UPDATE streams SET photo = 'AgACAgIAAx0old'"))
    ann = stall.person("Ann")
    await ann.opens(link_to(f"s_{stream.code}"))
    card = await ann.sees("Spring stream")
    assert card.photo is None
    assert "Products" in card.labels


async def test_a_phone_may_be_shared_as_a_contact_and_nothing_is_not_quoted(stall: TestStall) -> None:
    stream = await spring_stream(stall, "EGG")
    ann = stall.person("Ann")
    await ann.opens(link_to(f"s_{stream.code}"))
    for label in ("Products", "EGG", "Order now"):
        await ann.taps_when(label)
    await ann.sees("recipient")
    await ann.sends("Li Hua")
    await ann.sees("phone")
    await ann.sends_location(28.5, 114.4)
    assert "“”" not in (await ann.sees("phone number as text or as a contact")).text
    await ann.sends_contact("+8613800138000")
    await ann.sees("What is the address?")


async def test_a_command_may_end_with_its_line(stall: TestStall) -> None:
    await stall.owner.sends("/newstream\nSpring at the lake")
    assert "Spring at the lake" in (await stall.owner.sees("When does it begin?")).text


async def test_every_picture_of_an_album_reaches_the_order_it_is_for(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    first = await order(ann, players.link, "EGG")
    second = await order(ann, players.link, "EGG", known=True)
    await ann.sends_photo(RECEIPT)
    await ann.sees("Which order is this receipt for?")
    await ann.sends_photo(RECEIPT)
    await ann.sees("Which order is this receipt for?")
    await ann.sends_photo(RECEIPT, caption=first)
    assert first in (await ann.sees("is with the cashier")).text
    await ann.taps(second)
    await ann.sees(f"2 pictures for {second} are with the cashier")
    await stall.settles()
    receipts = "SELECT count(*) FROM receipts AS r JOIN payments AS p ON p.id = r.payment_id JOIN orders AS o"
    receipts += " ON o.id = p.order_id WHERE o.code = :code"
    assert [await stall.value(receipts, code=code) for code in (first, second)] == [1, 2]


async def test_a_caption_with_another_orders_code_is_not_taken_for_the_open_one(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    gone = await order(ann, players.link, "EGG")
    await ann.taps("Cancel order")
    await ann.taps_when("Yes, cancel order")
    await ann.sees("is cancelled")
    code = await order(ann, players.link, "EGG", known=True)
    await ann.sends_photo(RECEIPT, caption=gone)
    assert code in (await ann.sees("Which order is this receipt for?")).labels[0]
    assert await stall.value("SELECT count(*) FROM payments") == 0


async def test_a_picture_that_replies_to_an_order_belongs_to_it(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    first = await order(ann, players.link, "EGG")
    placed = await ann.sees(first, since=0)
    await order(ann, players.link, "EGG", known=True)
    picture = stall.playground.files.add_photo(Upload("photo.jpg", RECEIPT))
    ann._say(None, media=picture, reply_to=placed)
    assert first in (await ann.sees("is with the cashier")).text


async def test_a_receipt_that_comes_too_late_ends_its_question(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    code = await order(ann, players.link, "EGG")
    await ann.taps("I have paid")
    await ann.sees("Send a photo of the receipt")
    await ann.taps("Cancel order")
    await ann.taps_when("Yes, cancel order")
    await ann.sees("is cancelled")
    await ann.sends("reference 4711")
    assert code in (await ann.sees("If you have paid, tap “Ask the stall”")).text
    await ann.sends("hello?")
    await ann.sees("I did not understand")


async def test_a_question_about_a_parcel_that_is_gone_ends_with_the_answer(stall: TestStall) -> None:
    players = await cast(stall)
    ann, cai, sun = players.ann, players.cai, players.sun
    code = await order(ann, players.link, "EGG")
    await ann.sends_photo(RECEIPT)
    await cai.sees(code)
    await cai.taps("Confirm")
    await sun.sees(code, since=0)
    await sun.taps("Mark shipped")
    await sun.sees("Which carrier")
    await sun.sends("SF Express")
    await sun.sees("tracking number")
    parcel = await stall.value("SELECT id FROM shipments")
    sun.press(f"1|cannotyes|{parcel}", sun.last)
    await sun.answered()
    await sun.sends("SF123")
    card = await sun.sees("can't be supplied")
    assert "Dingjiang" not in card.text
    await sun.sends("hello?")
    await sun.sees("I did not understand")
    assert await stall.value("SELECT status FROM shipments") == "failed"


async def test_asking_again_leaves_the_stalls_answer_standing(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    ann = await comes_in(stall, "Ann")
    await ann.taps("Help")
    await ann.taps_when("Ask the stall")
    await ann.sees("What would you like to know?")
    await ann.sends("Are they brown?")
    await hana.replies(await hana.sees("Are they brown?", since=0), "Yes, every one.")
    answer = await ann.sees("Yes, every one.")
    await ann.taps("Ask the stall", on=answer)
    await ann.sees("What would you like to know?")
    assert "Yes, every one." in answer.text


async def test_a_payment_code_is_not_shown_again_once_the_order_is_over(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    code = await order(ann, players.link, "EGG")
    pictures = sum(message.photo is not None for message in ann.inbox)
    await stall.program.deps.store.write(
        lambda tx: tx.run("UPDATE orders SET status = 'cancelled', hold_until = NULL, remind_at = NULL")
    )
    ann.press(f"1|code|{await stall.value('SELECT id FROM orders')}", ann.last)
    await ann.answered()
    assert "Cancelled" in (await ann.sees(code)).text
    assert sum(message.photo is not None for message in ann.inbox) == pictures


async def test_paying_another_way_leaves_one_message_with_buttons(tmp_path: Path) -> None:
    methods = [WECHAT, {**WECHAT, "name": "Alipay", "code": "https://qr.alipay.example/1"}]
    async with open_stall(tmp_path, payments={"methods": methods}) as stall:
        players = await cast(stall)
        ann = players.ann
        code = await order(ann, players.link, "EGG")
        first = await ann.sees(code, since=0)
        await stall.settles()
        await ann.taps("Pay by Alipay")
        second = await ann.sees("by Alipay")
        await stall.settles()
        assert second is not first
        assert second.photo != first.photo
        assert not first.labels
        assert "I have paid" in " ".join(second.labels)


async def test_a_buyer_is_told_that_the_stream_was_called_off(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    code = await order(ann, players.link, "EGG")
    mark = ann.mark()
    stream = await stall.value("SELECT stream_id FROM orders")
    await stall.program.deps.store.write(desks.call_off, actor=OWNER, stream_id=stream, now=stall.clock.now())
    told = await ann.sees("was called off", since=mark)
    assert code in told.text
    assert "Nothing is to be paid" in told.text


async def test_late_money_for_a_stream_called_off_is_owed_back(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    await order(ann, players.link, "EGG")
    await stall.passes(HOUR / 1000)
    await ann.sees("has expired", since=0)
    await ann.sends_photo(RECEIPT)
    await ann.sees("is with the cashier")
    store, now = stall.program.deps.store, stall.clock.now()
    stream = await stall.value("SELECT stream_id FROM orders")
    await store.write(desks.call_off, actor=OWNER, stream_id=stream, now=now)
    await store.write(payments.confirm, actor=players.cai.id, payment_id=1, now=now)
    await ann.sees("Your money is safe", since=0)
    assert await stall.value("SELECT status FROM orders") == "expired"
    assert await stall.value("SELECT amount FROM refunds") == 3600


async def test_an_owner_with_many_parcels_gets_a_list_telegram_takes(stall: TestStall) -> None:
    await stall.owner.sends("/start")
    await stall.settles()

    def many(tx: Tx) -> None:
        for number in range(1, 8):
            tx.run("INSERT INTO suppliers (id, name, created_at, updated_at) VALUES (:n, :n || '', 0, 0)", n=number)
        for number in range(1, 141):
            tx.run(
                "INSERT INTO orders (id, code, buyer_id, status, currency, lines_total, total, recipient, phone,"
                " address, pay_method, terms, created_at, pay_by)"
                " VALUES (:n, 'TG-' || :n, 1001, 'paid', 'CNY', 1, 1, 'R', '1', 'A', 'x', 't', 0, 0)",
                n=number,
            )
            tx.run("INSERT INTO shipments (order_id, supplier_id, requested_at) VALUES (:n, 1 + :n % 7, 0)", n=number)

    await stall.program.deps.store.write(many)
    await stall.owner.sends("/fulfil")
    assert len((await stall.owner.sees("140 parcels to send")).labels) == 50
