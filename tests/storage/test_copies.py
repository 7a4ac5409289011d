"""A person's copy of their data: all of theirs, nothing of anybody else, in files that can be sent, once an hour."""

import json

from storage import copies, dossiers, receipts
from storage.connection import Tx
from storage.store import Store
from tests.clock import NOON
from tests.storage import remains, trade
from tests.storage.seed import ANN, BEN, CASHIER, HOST, OWNER


async def test_a_copy_holds_every_word_of_theirs_and_none_of_anybody_elses(store: Store) -> None:
    await store.write(remains.plant)
    about = json.dumps(await store.read(dossiers.about, ANN, NOON), ensure_ascii=False)
    parts = await store.read(copies.parts, ANN)
    held = [await store.read(copies.file, ANN, id_) for id_ in await store.read(copies.files, ANN, parts[0])]
    held += [await store.read(copies.picture, ANN, id_) for id_ in await store.read(copies.pictures, ANN)]
    everything = about.encode() + b"".join(file.data for file in held if file is not None)
    found = {column for column in remains.WORDS if remains.word(column, ANN).encode() in everything}
    assert found == remains.WORDS
    assert b"ben-" not in everything
    assert str(BEN).encode() not in everything
    for staff in (OWNER, HOST, CASHIER):
        assert f"Person {staff}".encode() not in everything


async def test_nobody_gets_somebody_elses_receipt(store: Store) -> None:
    await store.write(remains.plant)
    (part,) = await store.read(copies.parts, BEN)
    assert await store.read(copies.files, ANN, copies.Part(number=1, first=0, last=2**62)) != []
    for receipt in await store.read(copies.files, BEN, part):
        assert await store.read(copies.file, ANN, receipt) is None


async def test_what_is_too_much_for_one_file_goes_into_several(store: Store) -> None:
    def many(tx: Tx) -> None:
        remains.plant(tx)
        payment = tx.value("SELECT MIN(id) FROM payments")
        for number in range(5):
            receipt = receipts.add(tx, payment, trade.PHOTO, NOON)
            receipts.fetched(tx, receipt=receipt, data=bytes([number]) * 1_000)

    await store.write(many)
    parts = await store.read(copies.parts, ANN, 2_500)
    assert [part.number for part in parts] == [1, 2, 3, 4, 5]  # the picture of a question fills the first
    shares = [await store.read(copies.files, ANN, part) for part in parts]
    assert [len(share) for share in shares] == [0, 1, 2, 2, 1]
    assert [receipt for share in shares for receipt in share] == await store.read(
        copies.files, ANN, copies.Part(number=1, first=0, last=2**62)
    )


async def test_pictures_of_questions_go_into_the_first_file_and_take_their_room(store: Store) -> None:
    await store.write(remains.plant)
    mine = await store.read(copies.pictures, ANN)
    assert len(mine) == 1
    picture = await store.read(copies.picture, ANN, mine[0])
    assert picture is not None
    assert picture.name == f"questions/{mine[0]}.jpg"
    assert picture.data.startswith(remains.word("questions.photo_bytes", ANN).encode())
    assert await store.read(copies.picture, BEN, mine[0]) is None
    assert len(await store.read(copies.parts, ANN, len(picture.data) + 1)) == 2


async def test_a_copy_can_be_had_once_an_hour(store: Store) -> None:
    await store.write(remains.plant)
    assert await store.write(copies.ask, actor=ANN, now=NOON) == copies.Making(files=1)
    later = NOON + copies.PAUSE_MS
    assert await store.write(copies.ask, actor=ANN, now=later - 1) == copies.TooSoon(again_at=later)
    assert await store.write(copies.ask, actor=BEN, now=later - 1) == copies.Making(files=1)
    assert await store.write(copies.ask, actor=ANN, now=later) == copies.Making(files=1)
