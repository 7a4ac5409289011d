"""Receipts as people really send them: files of every sort, forwarded from anywhere, with words, twice."""

import asyncio
from typing import Any

import pytest

from playground.files import Upload
from storage.files import MAX_BYTES
from tests.journeys.actors import RECEIPT, order
from tests.journeys.players import cast, one_order, receipts_are_kept
from tests.playground.pictures import png
from tests.stall import TestStall

PDF = b"%PDF-1.7 paid"


# -- Files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mime", "data"),
    [
        ("Überweisung <1>.pdf", "application/pdf", PDF),
        ("IMG_0042.HEIC", "image/heic", b"\0\0\0\x18ftypheic\0\0\0\0"),
        ("shot.png", "image/png", png(50, 50)),
    ],
)
async def test_a_file_reaches_the_cashier_as_it_is(stall: TestStall, name: str, mime: str, data: bytes) -> None:
    players, code = await one_order(stall)
    await players.ann.sends_document(data, name, mime, caption="my bank's")
    await players.ann.sees("is with the cashier")
    await receipts_are_kept(stall)
    card = await players.cai.sees(f"Receipt for {code}", since=0)
    assert card.document is not None
    assert (card.document.name, card.document.data) == (name, data)
    assert f"📎 {name} · {len(data)} B" in card.text
    assert "my bank's" in card.text
    await stall.settles()
    assert "⚠️" not in card.text
    assert await stall.value("SELECT bytes FROM receipts") == data


@pytest.mark.parametrize(
    ("name", "mime", "data"),
    [
        ("receipt.pdf", "application/pdf", b"MZ\x90\0program"),
        ("receipt.pdf", "application/pdf", png()),
        ("receipt.exe", "application/octet-stream", b"MZ\x90\0program"),
    ],
)
async def test_a_file_that_is_not_what_it_says_warns_the_cashier_alone(
    stall: TestStall, name: str, mime: str, data: bytes
) -> None:
    players, _ = await one_order(stall)
    await players.ann.sends_document(data, name, mime)
    await players.cai.sees("Better not open it", since=0)
    await stall.settles()
    assert not [message for message in players.ann.inbox if "⚠️" in message.text]


async def test_a_file_too_big_to_keep_is_still_a_receipt(stall: TestStall) -> None:
    players, code = await one_order(stall)
    await players.ann.sends_document(PDF + bytes(MAX_BYTES), "scan.pdf", "application/pdf")
    told = await players.ann.sees("is with the cashier")
    assert "larger than 20 MB" in told.text
    card = await players.cai.sees(f"Receipt for {code}", since=0)
    assert card.document is not None
    assert "scan.pdf · 20 MB" in card.text
    await stall.settles()
    assert not stall.playground.calls_of("getFile")
    assert await stall.value("SELECT file_id IS NOT NULL AND bytes IS NULL FROM receipts") == 1


async def test_the_same_bytes_under_another_name_name_the_earlier_order_to_the_cashier(stall: TestStall) -> None:
    players, first = await one_order(stall)
    await players.ann.sends_document(PDF, "receipt.pdf", "application/pdf")
    await players.cai.sees(first, since=0)
    await receipts_are_kept(stall)
    ben = stall.person("Ben")
    second = await order(ben, players.link, "EGG")
    await ben.sends_document(PDF, "other.pdf", "application/pdf")
    card = await players.cai.sees(f"Receipt for {second}", since=0)
    await receipts_are_kept(stall)
    await stall.settles()
    assert f"The same file was sent for {first}" in card.text
    assert not [message for message in ben.inbox if first in message.text]
    earlier = next(m for m in players.cai.inbox if f"Receipt for {first}" in m.text)
    assert "The same file" not in earlier.text


async def test_whichever_bytes_come_first_the_later_receipt_is_warned_of(stall: TestStall) -> None:
    players, first = await one_order(stall)
    down = stall.playground.faults.add("server_error", method="getFile", times=1)
    await players.ann.sends_document(PDF, "receipt.pdf", "application/pdf")
    await players.cai.sees(first, since=0)
    while not await stall.value("SELECT fetch_attempts FROM receipts"):
        await stall.settles()
    ben = stall.person("Ben")
    second = await order(ben, players.link, "EGG")
    await ben.sends_document(PDF, "other.pdf", "application/pdf")
    card = await players.cai.sees(f"Receipt for {second}", since=0)
    async with asyncio.timeout(10):
        while await stall.value("SELECT count(*) FROM receipts WHERE bytes IS NULL"):
            await stall.passes(30)
    await stall.settles()
    assert down.hits == 1
    assert f"The same file was sent for {first}" in card.text


# -- Forwarded -----------------------------------------------------------------------------------------------

ORIGINS = [
    ({"type": "user", "sender_user": {"id": 1, "is_bot": True, "first_name": "Bank <b>", "username": "bank_bot"}},
     "Bank <b> (@bank_bot)"),
    ({"type": "hidden_user", "sender_user_name": "Somebody & Co"}, "Somebody & Co"),
    ({"type": "chat", "sender_chat": {"id": -1, "type": "supergroup", "title": "Family"}, "author_signature": "Dad"},
     "Family, Dad"),
    ({"type": "channel", "chat": {"id": -1002, "type": "channel", "title": "Bank news"}, "message_id": 7},
     "Bank news"),
]  # fmt: skip


@pytest.mark.parametrize(("origin", "name"), ORIGINS, ids=lambda value: str(value["type"]) if value is dict else "")
async def test_a_forwarded_picture_is_a_receipt_and_the_cashier_hears_whose(
    stall: TestStall, origin: dict[str, Any], name: str
) -> None:
    players, code = await one_order(stall)
    mine = players.ann.playground.files.add_photo(Upload("photo.jpg", RECEIPT))
    players.ann._say(None, media=mine, origin={"date": 1, **origin})
    await players.ann.sees("is with the cashier")
    card = await players.cai.sees(f"Receipt for {code}", since=0)
    assert card.photo == RECEIPT
    assert f"Forwarded from {name}" in card.text


async def test_a_picture_passed_on_by_a_friend_is_known_from_the_friends_order(stall: TestStall) -> None:
    players, first = await one_order(stall)
    sent = await players.ann.sends_photo(RECEIPT)
    await players.cai.sees(first, since=0)
    ben = stall.person("Ben")
    second = await order(ben, players.link, "EGG")
    players.ann.hides_forwards = True
    await ben.forwards(sent)
    card = await players.cai.sees(f"Receipt for {second}", since=0)
    assert "Forwarded from Ann" in card.text
    assert f"The same file was sent for {first}" in card.text


async def test_a_forwarded_text_is_the_reference_that_was_asked_for(stall: TestStall) -> None:
    players, code = await one_order(stall)
    bank = stall.playground.person("Bank", id=7001)
    words = f"/paid EUR 36.00, your reference {'4200 0019 ' * 30}end"
    notice = stall.playground.post(players.ann.chat, bank, words)
    await players.ann.taps("I have paid")
    await players.ann.sees("reference number")
    await players.ann.forwards(notice)
    await players.ann.sees("is with the cashier")
    card = await players.cai.sees(f"Receipt for {code}", since=0)
    assert "Forwarded from Bank" in card.text
    assert words in card.text


async def test_a_forwarded_command_is_no_command_of_the_one_who_forwards_it(stall: TestStall) -> None:
    players = await cast(stall)
    notice = await stall.owner.sends("/privacy")
    await stall.settles()
    await players.ann.forwards(notice)
    await players.ann.sees("I did not understand")


# -- Which order ---------------------------------------------------------------------------------------------


async def test_a_caption_names_another_open_order_than_the_one_asked_about(stall: TestStall) -> None:
    players, first = await one_order(stall)
    ann = players.ann
    second = await order(ann, players.link, "EGG", known=True)
    await ann.taps("I have paid")
    await ann.sees(f"Send a photo of the receipt for {second}")
    await ann.sends_photo(RECEIPT, caption=first)
    await ann.sees(f"The receipt for {first} is with the cashier")
    await ann.sends_photo(RECEIPT)
    await ann.sees(f"The receipt for {second} is with the cashier")


async def test_a_caption_with_somebody_elses_order_is_asked_about(stall: TestStall) -> None:
    players, mine = await one_order(stall)
    ben = stall.person("Ben")
    theirs = await order(ben, players.link, "EGG")
    await players.ann.taps("I have paid")
    await players.ann.sees("Send a photo")
    await players.ann.sends_photo(RECEIPT, caption=theirs)
    question = await players.ann.sees("Which order")
    assert [label.split()[0] for label in question.labels] == [mine]
    assert await stall.value("SELECT count(*) FROM payments") == 0
