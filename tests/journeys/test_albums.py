"""Albums: several pictures that arrive as messages of their own are one receipt of one order."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from playground.files import Upload
from playground.messages import Message
from playground.people import Person
from storage import roles
from storage.roles import Role
from tests.journeys.actors import RECEIPT, order
from tests.journeys.players import a_moment_passes, cast, one_order
from tests.pictures import uploads
from tests.playground.pictures import png
from tests.stall import OWNER, TestStall, open_stall

THREE = (png(60, 90), png(61, 90), png(62, 90))
PDF = b"%PDF-1.7 paid"


async def test_an_album_is_one_receipt_with_one_answer_and_one_card(stall: TestStall) -> None:
    players, code = await one_order(stall)
    ann, cai = players.ann, players.cai
    await ann.sends_album(uploads(*THREE), caption="paid it")
    await stall.settles()
    assert not [
        message for message in (*ann.inbox, *cai.inbox) if code in message.text and "Pay by" not in message.text
    ]
    await a_moment_passes(stall)
    (answer,) = [message for message in ann.inbox if "with the cashier" in message.text]
    assert f"3 pictures for {code} are with the cashier" in answer.text
    *others, card = [message for message in cai.inbox if message.photo]
    assert [message.photo for message in others] == [THREE[1], THREE[2]]
    assert len({message.album for message in others}) == 1
    assert others[0].text == f"2 more files for {code}"
    assert card is cai.last
    assert card.photo == THREE[0]
    assert card.labels == ["✅ Confirm", "Reject", "All 3 files"]
    assert "They write: paid it" in card.text
    assert await stall.value("SELECT count(*) FROM payments") == 1
    assert await stall.value("SELECT count(*) FROM receipts") == 3
    await cai.taps("Confirm", on=card)
    await ann.sees("Payment confirmed")
    await stall.settles()
    assert "Confirmed by Cai" in card.text


async def test_an_album_is_thanked_for_in_chinese_too(stall: TestStall) -> None:
    players, code = await one_order(stall)
    await players.ann.sends("/language")
    await players.ann.taps_when("中文")
    await players.ann.sees("中文")
    await players.ann.sends_album(uploads(*THREE[:2]))
    await a_moment_passes(stall)
    await players.ann.sees(f"订单 {code} 的2张图片已交给收银员")


async def test_an_album_of_two_shows_the_second_above_the_card(stall: TestStall) -> None:
    players, code = await one_order(stall)
    await players.ann.sends_album(uploads(*THREE[:2]))
    await a_moment_passes(stall)
    second, card = [message for message in players.cai.inbox if message.photo]
    assert (second.photo, second.text) == (THREE[1], f"Another receipt for {code}")
    assert card.photo == THREE[0]


async def test_an_album_of_documents_comes_as_documents(stall: TestStall) -> None:
    players, code = await one_order(stall)
    files = [Upload(f"{n}.pdf", PDF + bytes([n]), "application/pdf") for n in range(3)]
    await players.ann.sends_album(files, photos=False)
    await a_moment_passes(stall)
    await players.ann.sees(f"3 files for {code} are with the cashier")
    shown = [message.document for message in players.cai.inbox if message.document]
    assert [document.data for document in shown if document] == [files[n].data for n in (1, 2, 0)]


async def test_an_album_of_ten_is_shown_whole_and_again_at_a_tap(stall: TestStall) -> None:
    players, _ = await one_order(stall)
    ten = [png(60 + n, 90) for n in range(10)]
    await players.ann.sends_album(uploads(*ten))
    await a_moment_passes(stall)
    pictures = [message for message in players.cai.inbox if message.photo]
    assert [message.photo for message in pictures] == [*ten[1:], ten[0]]
    assert len({message.album for message in pictures[:-1]}) == 1
    await players.cai.taps("All 10 files")
    await players.cai.answered()
    await stall.settles()
    again = [message.photo for message in players.cai.inbox if message.photo][10:]
    assert again == ten


async def test_the_caption_of_an_album_decides_for_all_of_it(stall: TestStall) -> None:
    players, first = await one_order(stall)
    await order(players.ann, players.link, "EGG", known=True)
    await players.ann.sends_album(uploads(*THREE), caption=f"for {first}")
    await a_moment_passes(stall)
    await players.ann.sees(f"3 pictures for {first} are with the cashier")
    assert await stall.value("SELECT count(*) FROM dialogs") == 0
    assert await stall.value("SELECT count(*) FROM payments") == 1


async def test_a_whole_album_waits_for_the_answer_which_order_it_is_for(stall: TestStall) -> None:
    players, _ = await one_order(stall)
    second = await order(players.ann, players.link, "EGG", known=True)
    await players.ann.sends_album(uploads(*THREE))
    await stall.settles()
    questions = [message for message in players.ann.inbox if "Which order" in message.text]
    assert len(questions) == 1
    await players.ann.taps(second, on=questions[0])
    await players.ann.sees(f"3 pictures for {second} are with the cashier")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM payments") == 1
    assert [message.photo for message in players.cai.inbox if message.photo] == [THREE[1], THREE[2], THREE[0]]


async def test_a_code_on_a_later_part_takes_the_waiting_parts_along(stall: TestStall) -> None:
    players, first = await one_order(stall)
    ann = players.ann
    await order(ann, players.link, "EGG", known=True)
    await ann.sends_photo(png(70, 90))
    await ann.sees("Which order")
    album = stall.playground.new_album()
    files = [stall.playground.files.add_photo(Upload("photo.jpg", data)) for data in THREE]
    for text, file in zip(("", "", first), files, strict=True):
        ann._say(None, text, media=file, album=album)
    await a_moment_passes(stall)
    await ann.sees(f"3 pictures for {first} are with the cashier")
    # The single picture of before still waits for its own answer.
    assert await stall.value("SELECT json_array_length(data, '$.proofs') FROM dialogs") == 1


async def test_a_part_that_comes_late_joins_the_others_and_both_messages_say_so(stall: TestStall) -> None:
    players, code = await one_order(stall)
    ann, cai = players.ann, players.cai
    first, second = await ann.sends_album(uploads(*THREE[:2]))
    await a_moment_passes(stall)
    answer = await ann.sees(f"2 pictures for {code} are with the cashier")
    await _late_part(stall, ann, first.album, THREE[2])
    await a_moment_passes(stall)
    assert f"3 pictures for {code}" in answer.text
    assert cai.last.photo == THREE[2]
    assert cai.last.text == f"Another receipt for {code}"
    card = next(message for message in cai.inbox if "Confirm" in " ".join(message.labels))
    assert "All 3 files" in card.labels
    assert second.album == first.album


async def _late_part(stall: TestStall, ann: Person, album: str | None, picture: bytes) -> Message:
    stored = stall.playground.files.add_photo(Upload("photo.jpg", picture))
    return ann._say(None, media=stored, album=album)


async def test_a_part_that_comes_after_the_confirmation_is_kept_with_it(stall: TestStall) -> None:
    players, code = await one_order(stall)
    first, _ = await players.ann.sends_album(uploads(*THREE[:2]))
    await a_moment_passes(stall)
    await players.cai.taps("Confirm")
    await players.ann.sees("Payment confirmed")
    await _late_part(stall, players.ann, first.album, THREE[2])
    await a_moment_passes(stall)
    assert [m.text for m in players.ann.inbox if "confirmed already; this is kept with it" in m.text]
    assert "Cai has decided this receipt already" in players.cai.last.text
    assert await stall.value("SELECT count(*) FROM payments") == 1
    assert await stall.value("SELECT status FROM orders WHERE code = :code", code=code) == "paid"


async def test_a_part_that_comes_after_a_rejection_is_a_new_receipt(stall: TestStall) -> None:
    players, code = await one_order(stall)
    first, _ = await players.ann.sends_album(uploads(*THREE[:2]))
    await a_moment_passes(stall)
    await players.cai.taps("Reject")
    await players.cai.taps_when("Can't be read")
    await players.ann.sees("could not confirm")
    await stall.settles()
    mark = players.cai.mark()
    await _late_part(stall, players.ann, first.album, THREE[2])
    await a_moment_passes(stall)
    card = await players.cai.sees(f"Receipt for {code}", since=mark)
    assert "Confirm" in " ".join(card.labels)
    assert await stall.value("SELECT group_concat(status) FROM payments") == "rejected,submitted"


async def test_a_hosts_own_receipt_never_becomes_pictures_of_products(stall: TestStall) -> None:
    players, code = await one_order(stall)
    await stall.program.deps.store.write(
        roles.grant, person=players.ann.id, role=Role.HOST, supplier=None, by=OWNER, now=stall.clock.now()
    )
    first, _ = await players.ann.sends_album(uploads(*THREE[:2]))
    await a_moment_passes(stall)
    await players.ann.sees(f"2 pictures for {code} are with the cashier")
    await players.cai.taps("Confirm")
    await players.ann.sees("Payment confirmed")
    await _late_part(stall, players.ann, first.album, THREE[2])
    await a_moment_passes(stall)
    assert await stall.value("SELECT count(*) FROM receipts") == 3
    assert await stall.value("SELECT count(*) FROM album_pictures") == 0


async def test_an_album_nobody_asked_for_is_refused_once(stall: TestStall) -> None:
    players = await cast(stall)
    await players.ann.sends_album(uploads(*THREE))
    await stall.settles()
    assert len([message for message in players.ann.inbox if "no order waiting for payment" in message.text]) == 1


async def test_an_album_for_an_order_that_takes_no_receipt_is_answered_once(stall: TestStall) -> None:
    players, code = await one_order(stall)
    await players.ann.taps("I have paid")
    await players.ann.sees("Send a photo")
    await stall.program.deps.store.write(
        lambda tx: tx.run("UPDATE orders SET status = 'cancelled', hold_until = NULL, remind_at = NULL")
    )
    await players.ann.sends_album(uploads(*THREE))
    await stall.settles()
    assert len([m for m in players.ann.inbox if code in m.text and "If you have paid" in m.text]) == 1
    assert not [m for m in players.ann.inbox if "no order waiting" in m.text]


async def test_an_album_delivered_twice_is_still_three_receipts(stall: TestStall) -> None:
    players, code = await one_order(stall)
    again = stall.playground.faults.add("redeliver", times=None)
    await players.ann.sends_album(uploads(*THREE))
    await a_moment_passes(stall)
    assert again.hits
    await players.ann.sees(f"3 pictures for {code} are with the cashier")
    assert await stall.value("SELECT count(*) FROM receipts") == 3


async def test_a_restart_between_the_parts_of_an_album_keeps_them_together(tmp_path: Path) -> None:
    async with open_stall(tmp_path) as stall:
        players, code = await one_order(stall)
        first, _ = await players.ann.sends_album(uploads(*THREE[:2]))
        await stall.settles()
        playground, clock = stall.playground, stall.clock
        stored = playground.files.add_photo(Upload("photo.jpg", THREE[2]))
    players.ann._say(None, media=stored, album=first.album)
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        await a_moment_passes(stall)
        await players.ann.sees(f"3 pictures for {code} are with the cashier", since=0)
        assert await stall.value("SELECT count(*) FROM payments") == 1
        pictures = [message.photo for message in players.cai.inbox if message.photo]
        assert sorted(map(len, filter(None, pictures))) == sorted(map(len, THREE))


@pytest.mark.parametrize("kind", ["too_many", "server_error", "lost_answer"])
async def test_trouble_with_the_album_loses_no_picture(stall: TestStall, kind: Any) -> None:
    players, _ = await one_order(stall)
    fault = stall.playground.faults.add(kind, method="sendMediaGroup", times=2)
    await players.ann.sends_album(uploads(*THREE))
    await stall.settles()
    async with asyncio.timeout(10):
        while await stall.value("SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')"):
            await stall.passes(2)
    assert fault.hits == 2
    shown = [message.photo for message in players.cai.inbox if message.photo]
    assert set(THREE) == set(shown)
    assert players.cai.last.photo == THREE[0]
    assert "Confirm" in " ".join(players.cai.last.labels)
    repeated = await stall.value("SELECT repeated FROM outbox WHERE kind = 'receipt_more' AND state = 'sent'")
    assert repeated == (0 if kind == "too_many" else 2)


async def test_only_the_first_picture_of_an_album_goes_with_a_question(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    await ann.sends("/help")
    await ann.taps_when("Ask the stall")
    await ann.sees("What would you like to know?")
    await ann.sends_album(uploads(*THREE), caption="These broke")
    await ann.sees("One picture goes with a question")
    await stall.settles()
    assert len([message for message in ann.inbox if "One picture goes" in message.text]) == 1
    assert await stall.value("SELECT count(*) FROM questions") == 1
    assert await stall.value("SELECT count(*) FROM receipts") == 0


async def test_more_pictures_than_can_wait_are_not_silently_dropped(stall: TestStall) -> None:
    players, _ = await one_order(stall)
    second = await order(players.ann, players.link, "EGG", known=True)
    for batch in range(3):
        await players.ann.sends_album(uploads(*(png(60 + batch, 90 + n) for n in range(10))))
    await stall.settles()
    await players.ann.sends_photo(RECEIPT)
    await players.ann.sees("I still have to know which order")
    question = next(m for m in players.ann.inbox if "Which order" in m.text)
    await players.ann.taps(second, on=question)
    await players.ann.sees(f"30 pictures for {second} are with the cashier")
    await stall.settles()
    assert len([message for message in players.cai.inbox if message.photo]) == 30


async def test_files_of_a_claim_are_shown_to_cashiers_only(stall: TestStall) -> None:
    players, _ = await one_order(stall)
    await players.ann.sends_album(uploads(*THREE))
    await a_moment_passes(stall)
    seen = len(players.ann.inbox)
    players.ann.press("1|files|1", players.ann.last)
    assert (await players.ann.answered()).text
    await stall.settles()
    assert len(players.ann.inbox) == seen
