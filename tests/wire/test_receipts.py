"""Receipts over HTTP: fetched, shown in albums, sent anew as uploads, at Telegram's pace and while calls fail."""

import asyncio
from pathlib import Path

import pytest

from playground.faults import Kind
from playground.files import Upload
from playground.limits import Limits
from playground.people import Person
from storage.roles import Role
from tests.journeys.actors import order
from tests.journeys.market import works_as
from tests.journeys.players import one_order, receipts_are_kept
from tests.pictures import uploads
from tests.playground.pictures import png
from tests.stall import TestStall
from tests.wire.stall import wired_stall

TEN = tuple(png(60 + number, 90) for number in range(10))
PDF = b"%PDF-1.7 \xe9\x80\x9a paid"


def shown_to(person: Person) -> list[bytes | None]:
    return [message.photo for message in person.inbox if message.photo]


async def everything_is_said(stall: TestStall) -> None:
    async with asyncio.timeout(30):
        while await stall.value("SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')"):
            await asyncio.sleep(0.02)
    await stall.settles()


async def test_an_album_reaches_the_cashier_and_the_books(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        players, code = await one_order(stall)
        await players.ann.sends_album(uploads(*TEN), caption="all of it")
        await players.ann.sees(f"10 pictures for {code} are with the cashier")
        await everything_is_said(stall)
        await receipts_are_kept(stall)
        assert shown_to(players.cai) == [*TEN[1:], TEN[0]]
        kept = await stall.program.deps.store.read(
            lambda tx: [row[0] for row in tx.all("SELECT bytes FROM receipts")]
        )
        assert kept == list(TEN)
        assert await stall.value("SELECT sum(repeated) FROM outbox") == 0


async def test_albums_keep_telegrams_pace_for_every_cashier(tmp_path: Path) -> None:
    # Nearly a second of slack for what a busy machine holds up; an album that is not counted comes four too early.
    async with wired_stall(tmp_path, limits=Limits(slack=0.9), speed=10, telegram={"limits": {}}) as stall:
        players, _ = await one_order(stall)
        dan = await works_as(stall, "Dan", Role.CASHIER)
        await players.ann.sends_album(uploads(*TEN))
        await players.ann.sees("10 pictures")
        await everything_is_said(stall)
        for cashier in (players.cai, dan):
            assert shown_to(cashier) == [*TEN[1:], TEN[0]]
            await cashier.taps("All 10 files")
            await cashier.answered()
        await everything_is_said(stall)
        assert stall.playground.too_many == 0


@pytest.mark.parametrize("kind", ["too_many", "server_error", "reset", "lost_answer", "hang"])
async def test_every_picture_arrives_while_calls_fail(tmp_path: Path, kind: Kind) -> None:
    async with wired_stall(tmp_path, read=0.3) as stall:
        players, code = await one_order(stall)
        faults = [
            stall.playground.faults.add(kind, method=method, times=2)
            for method in ("sendMediaGroup", "getFile", "sendMessage")
        ]
        await players.ann.sends_album(uploads(*TEN[:4]))
        await players.ann.sees(f"4 pictures for {code} are with the cashier")
        await everything_is_said(stall)
        await receipts_are_kept(stall)
        assert all(fault.hits for fault in faults)
        assert set(shown_to(players.cai)) == set(TEN[:4])
        assert await stall.value("SELECT count(*) FROM payments") == 1
        assert await stall.value("SELECT count(*) FROM outbox WHERE state = 'failed'") == 0
        await players.cai.taps("Confirm")
        await players.ann.sees("Payment confirmed")


@pytest.mark.parametrize(
    ("kind", "is_kept"), [("bad_request", False), ("server_error", True), ("reset", True), ("too_many", True)]
)
async def test_a_file_that_can_not_be_fetched_at_once_still_reaches_the_cashier(
    tmp_path: Path, kind: Kind, is_kept: bool
) -> None:
    async with wired_stall(tmp_path) as stall:
        players, code = await one_order(stall)
        stall.playground.faults.add(kind, method="getFile", times=2)
        await players.ann.sends_document(PDF, "Überweisung 收据.pdf", "application/pdf")
        card = await players.cai.sees(f"Receipt for {code}", since=0)
        assert card.document is not None
        assert card.document.data == PDF
        async with asyncio.timeout(10):
            while await stall.value("SELECT fetch_after IS NOT NULL FROM receipts"):
                await stall.passes(30)
        assert bool(await stall.value("SELECT bytes IS NOT NULL FROM receipts")) is is_kept


async def test_files_telegram_has_forgotten_are_uploaded_from_the_books(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        players, code = await one_order(stall)
        await players.ann.sends_album(uploads(*TEN[:3]))
        await players.ann.sees("3 pictures")
        await players.ann.sends_document(PDF, "Überweisung 收据.pdf", "application/pdf")
        await players.ann.sees("sees this too")
        await receipts_are_kept(stall)
        await everything_is_said(stall)
        await stall.program.deps.store.write(
            lambda tx: tx.run("UPDATE receipts SET file_id = 'AgAC_gone_z_1_' || id")
        )
        seen = len(players.cai.inbox)
        await players.cai.sends("/payments")
        await players.cai.taps_when(code)
        card = await players.cai.sees(f"Receipt for {code}")
        await players.cai.taps("All 4 files", on=card)
        await players.cai.answered()
        await everything_is_said(stall)
        fresh = [message for message in players.cai.inbox[seen:] if message.media]
        assert [message.photo for message in fresh[:4]] == [TEN[0], *TEN[:3]]
        assert fresh[4].document is not None
        assert (fresh[4].document.name, fresh[4].document.data) == ("Überweisung 收据.pdf", PDF)
        again = await stall.value("SELECT count(*) FROM receipts WHERE file_id LIKE 'AgAC_gone%'")
        assert again == 0


async def test_two_albums_of_two_buyers_at_once_do_not_mix(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        players, first = await one_order(stall)
        ben = stall.person("Ben")
        second = await order(ben, players.link, "EGG")
        group = [stall.playground.new_album() for _ in range(2)]
        for one, other in zip(TEN[:3], TEN[5:8], strict=True):
            for person, album, data in ((players.ann, group[0], one), (ben, group[1], other)):
                stored = stall.playground.files.add_photo(Upload("photo.jpg", data))
                person._say(None, media=stored, album=album)
                await asyncio.sleep(0)
        await players.ann.sees(f"3 pictures for {first}")
        await ben.sees(f"3 pictures for {second}")
        await everything_is_said(stall)
        counts = "SELECT group_concat(n) FROM (SELECT count(*) AS n FROM receipts GROUP BY payment_id)"
        assert await stall.value(counts) == "3,3"
