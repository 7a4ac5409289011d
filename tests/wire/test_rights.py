"""A copy and an erasure over HTTP while the way to Telegram is bad: the file arrives whole, the goodbye too."""

import io
from pathlib import Path
from zipfile import ZipFile

import pytest

from playground.faults import Kind
from playground.people import Person
from storage import receipts
from tests.journeys.actors import RECEIPT
from tests.journeys.players import cast, golden_way, receipts_are_kept
from tests.journeys.test_rights import all_is_erased
from tests.stall import TestStall
from tests.wire.stall import wired_stall


def archives(person: Person) -> list[bytes]:
    return [message.document.data for message in person.inbox if message.document]


async def a_copy(stall: TestStall, person: Person) -> None:
    """She asks for it, and all is quiet again."""
    await person.sends("/privacy")
    await person.taps_when("Export my data")
    await stall.settles()


@pytest.mark.parametrize(
    ("kind", "files"), [("too_many", 1), ("server_error", 1), ("reset", 1), ("lost_answer", 2), ("hang", 1)]
)
async def test_the_file_arrives_whole_when_sending_fails(tmp_path: Path, kind: Kind, files: int) -> None:
    async with wired_stall(tmp_path, read=0.5) as stall:
        players = await cast(stall)
        await golden_way(players)
        await receipts_are_kept(stall)
        fault = stall.playground.faults.add(kind, method="sendDocument")
        await a_copy(stall, players.ann)
        assert fault.hits
        found = archives(players.ann)
        assert len(found) == files
        for data in found:
            with ZipFile(io.BytesIO(data)) as archive:
                assert archive.testzip() is None
                assert RECEIPT in [archive.read(name) for name in archive.namelist()]


async def test_pictures_that_are_too_much_for_one_file_come_in_several(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        players = await cast(stall)
        await golden_way(players)
        await receipts_are_kept(stall)
        store, now = stall.program.deps.store, stall.clock.now()
        payment = await stall.value("SELECT id FROM payments")
        for number in range(3):
            proof = receipts.Proof(kind=receipts.ReceiptKind.PHOTO, file_id=f"x{number}", file_unique_id=f"y{number}")
            added = await store.write(receipts.add, payment, proof, now)
            await store.write(receipts.fetched, receipt=added, data=bytes(19_000_000))
        await a_copy(stall, players.ann)
        found = archives(players.ann)
        assert len(found) == 2
        assert all(len(data) < 50_000_000 for data in found)
        names = [set(ZipFile(io.BytesIO(data)).namelist()) for data in found]
        assert sum("data.json" in each for each in names) == 1
        assert len(names[0] | names[1]) == 1 + 4


@pytest.mark.parametrize("kind", ["too_many", "server_error", "reset", "lost_answer", "forbidden"])
async def test_an_erasure_is_finished_whatever_becomes_of_the_goodbye(tmp_path: Path, kind: Kind) -> None:
    async with wired_stall(tmp_path, read=0.5) as stall:
        players = await cast(stall)
        await golden_way(players)
        await receipts_are_kept(stall)
        ann = players.ann
        await ann.sends("/privacy")
        await ann.taps_when("Erase me")
        await ann.sees("undone")
        fault = stall.playground.faults.add(kind, method="editMessageText", chat=ann.id)
        await ann.taps("Yes, erase everything")
        await all_is_erased(stall)
        assert fault.hits
        assert await stall.value("SELECT count(*) FROM people WHERE id = :ann", ann=ann.id) == 0
        assert await stall.value("SELECT count(*) FROM outbox WHERE chat_id = :ann", ann=ann.id) == 0
        assert (kind == "forbidden") != any("Your data is erased" in message.text for message in ann.inbox)
