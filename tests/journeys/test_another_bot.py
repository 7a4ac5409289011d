"""A stall that moves to another bot: file ids of before mean nothing, so files come from the books."""

from pathlib import Path

from playground.api import Playground
from storage import outbox
from storage.connection import Tx
from tests.journeys.actors import order
from tests.journeys.market import comes_in
from tests.journeys.players import a_moment_passes, cast, one_order, receipts_are_kept
from tests.pictures import uploads
from tests.playground.pictures import png
from tests.stall import open_stall

NEW_TOKEN = "654321:NEW"
THREE = (png(60, 90), png(61, 90), png(62, 90))
PDF = b"%PDF-1.7 paid"


def another_bot(playground: Playground) -> dict[str, str]:
    """A new bot in place of the old one, whom nobody has written to yet; the setting that names it."""
    old = playground.bot
    playground.add_bot(token=NEW_TOKEN, username="stall_bot", name="Livestall", id=654321)
    del playground.bots[old.token]
    return {"token": NEW_TOKEN}


async def test_receipts_are_shown_by_the_new_bot_and_uploaded_once(tmp_path: Path) -> None:
    async with open_stall(tmp_path) as stall:
        players, code = await one_order(stall)
        await players.ann.sends_album(uploads(*THREE))
        await a_moment_passes(stall)
        await players.ann.sends_document(PDF, "bank.pdf", "application/pdf")
        await players.ann.sees("sees this too")
        await receipts_are_kept(stall)
        await stall.settles()
        playground, clock = stall.playground, stall.clock
    async with open_stall(tmp_path, playground=playground, clock=clock, telegram=another_bot(playground)) as stall:
        cai = players.cai
        stall.people = {"Ann": players.ann, "Cai": cai}
        await comes_in(stall, "Cai")
        for is_known in (False, True):
            seen = len(cai.inbox)
            await cai.sends("/payments")
            await cai.taps_when(code)
            card = await cai.sees(f"Receipt for {code}")
            assert card.photo == THREE[0]
            await cai.taps("All 4 files", on=card)
            await cai.answered()
            await stall.settles()
            shown = [m.photo or (m.document and m.document.data) for m in cai.inbox[seen:] if m.media]
            assert shown == [THREE[0], *THREE, PDF]
            document = next(m.document for m in cai.inbox if m.document)
            assert document is not None
            assert document.name == "bank.pdf"
            refused = [call for call in stall.playground.calls if call.error and "wrong file" in call.error]
            assert len(refused) == 3, is_known  # the card, the album, the document; never again
        await cai.taps("Confirm", on=card)
        await stall.settles()
        assert "Confirmed by Cai" in cai.last.text


async def test_a_receipt_only_the_old_bot_had_is_said_to_be_gone(tmp_path: Path) -> None:
    async with open_stall(tmp_path) as stall:
        players = await cast(stall)
        down = stall.playground.faults.add("bad_request", method="getFile", description="file is temporarily gone")
        code = await order(players.ann, players.link, "EGG")
        await players.ann.sends_photo(THREE[0])
        await players.cai.sees(code, since=0)
        while await stall.value("SELECT fetch_after IS NOT NULL FROM receipts"):
            await stall.settles()
        assert down.hits
        playground, clock = stall.playground, stall.clock
    async with open_stall(tmp_path, playground=playground, clock=clock, telegram=another_bot(playground)) as stall:
        stall.people = {"Cai": players.cai}
        await comes_in(stall, "Cai")
        await players.cai.sends("/payments")
        await players.cai.taps_when(code)
        card = await players.cai.sees("can't be shown here any more")
        assert "✅ Confirm" in card.labels
        await players.cai.taps("Confirm", on=card)
        await stall.settles()
        assert await stall.value("SELECT status FROM orders") == "paid"


async def test_a_picture_of_damage_is_shown_by_the_new_bot_too(tmp_path: Path) -> None:
    async with open_stall(tmp_path) as stall:
        await stall.owner.sends("/start")
        players = await cast(stall)
        await players.ann.sends("/help")
        await players.ann.taps_when("Ask the stall")
        await players.ann.sees("What would you like to know?")
        await players.ann.sends_photo(THREE[0], caption="Broken")
        await players.ann.sees("is with the stall")
        await stall.owner.sees("Broken", since=0)
        while await stall.value("SELECT photo_bytes IS NULL FROM questions"):
            await stall.settles()
        playground, clock = stall.playground, stall.clock
    async with open_stall(tmp_path, playground=playground, clock=clock, telegram=another_bot(playground)) as stall:
        stall.people = {"Olga": stall.playground.people[1001]}
        await comes_in(stall, "Olga")
        await stall.program.deps.store.write(_tell_again, stall.clock.now())
        assert (await stall.owner.sees("Broken", since=0)).photo == THREE[0]


def _tell_again(tx: Tx, now: int) -> None:
    outbox.tell(tx, 1001, "question_card", now=now, card="question:1", question=1)
