"""Receipts and their files: what belongs together, what was seen before, and when a file is fetched again."""

from dataclasses import replace

import pytest

from storage import files, outbox, payments, questions, receipts
from storage.clock import MINUTE
from storage.connection import Tx
from storage.files import MAX_BYTES, MAX_FETCHES, Place, Shelf
from storage.payments import ALBUM_MS, Submitted
from storage.receipts import Proof, Receipt, ReceiptKind
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CASHIER
from tests.storage.trade import OTHER_CASHIER, PHOTO, POLICY

PDF = Proof(
    kind=ReceiptKind.DOCUMENT, file_id="doc-1", file_unique_id="unique-d", file_name="a.pdf", mime="application/pdf"
)


async def an_order(store: Store, buyer: int = ANN) -> int:
    if await store.read(lambda tx: tx.one("SELECT 1 FROM offers")) is None:
        await store.write(trade.stall)
    eggs = await store.read(lambda tx: tx.value("SELECT MIN(id) FROM offers"))
    order = await store.write(trade.place, buyer, (eggs, 1))
    await trade.all_said(store)
    return order


async def part(store: Store, order: int, number: int, *, album: str = "album-1", now: int = NOON) -> Submitted:
    """One picture of an album arrives."""
    proof = replace(PHOTO, file_id=f"photo-{number}", file_unique_id=f"unique-{number}", album=album)
    sent = await store.write(
        payments.submit, actor=ANN, order_id=order, proofs=[proof], policy=POLICY, now=now, is_whole=False
    )
    assert isinstance(sent, Submitted)
    return sent


async def waiting(store: Store, chat: int) -> list[tuple[str, object, object, int]]:
    """(kind, first, last, when it may go) of what waits to be told to a chat, in its order."""

    def query(tx: Tx) -> list[tuple[str, object, object, int]]:
        sql = (
            "SELECT kind, params->>'$.first', params->>'$.last', not_before FROM outbox"
            " WHERE state = 'queued' AND chat_id = :chat ORDER BY id"
        )
        return [tuple(row) for row in tx.all(sql, chat=chat)]

    return await store.read(query)


async def test_the_parts_of_an_album_are_told_together_a_moment_after_the_last(store: Store) -> None:
    order = await an_order(store)
    for number in range(3):
        await part(store, order, number, now=NOON + number * 400)
    last = NOON + 800 + ALBUM_MS
    assert await waiting(store, ANN) == [("receipt_in", 1, 3, last)]
    for cashier in (CASHIER, OTHER_CASHIER):
        assert await waiting(store, cashier) == [("receipt_more", 2, 3, last), ("payment_card", None, None, last)]


async def test_what_has_begun_to_leave_is_not_taken_back(store: Store) -> None:
    order = await an_order(store)
    for number in range(2):
        await part(store, order, number)
    await store.write(lambda tx: tx.run("UPDATE outbox SET state = 'sending' WHERE chat_id = :c", c=CASHIER))
    await part(store, order, 2)
    assert [row[:3] for row in await waiting(store, CASHIER)] == [
        ("receipt_more", 3, 3),
        ("payment_card", None, None),
    ]
    assert next(row[:3] for row in await waiting(store, OTHER_CASHIER)) == ("receipt_more", 2, 3)


async def test_two_albums_are_not_mixed_however_they_arrive(store: Store) -> None:
    order = await an_order(store)
    for number, album in enumerate(("one", "two", "one", "two")):
        await part(store, order, number, album=album)
    told = [row[:3] for row in await waiting(store, CASHIER) if row[0] == "receipt_more"]
    assert told == [("receipt_more", 3, 3), ("receipt_more", 2, 4)]

    def shown(tx: Tx) -> list[list[int]]:
        rows = outbox.queued(tx, CASHIER, "receipt_more")
        return [[receipt.id for receipt in receipts.between(tx, row.params)] for row in rows]

    assert await store.read(shown) == [[3], [2, 4]]


async def test_an_album_never_grows_beyond_what_one_message_shows(store: Store) -> None:
    order = await an_order(store)
    for number in range(13):
        await part(store, order, number)
    told = [row[1:3] for row in await waiting(store, CASHIER) if row[0] == "receipt_more"]
    assert told == [(2, 11), (12, 13)]


async def test_a_warning_does_not_hurry_a_card_that_waits_for_its_album(store: Store) -> None:
    first = await an_order(store, BEN)
    await store.write(trade.send_receipt, BEN, first, proof=PDF)
    await store.write(payments.bytes_came, receipt=1, data=b"%PDF-1.7", now=NOON)
    order = await an_order(store)
    await part(store, order, 1)
    await store.write(payments.bytes_came, receipt=2, data=b"%PDF-1.7", now=NOON + 10)
    assert await waiting(store, CASHIER) == [("payment_card", None, None, NOON + ALBUM_MS)]


async def test_a_part_of_somebody_elses_album_begins_one_of_its_own(store: Store) -> None:
    order = await an_order(store)
    await part(store, order, 1)
    assert await store.read(receipts.of_album, BEN, "album-1") is None
    assert await store.read(receipts.of_album, ANN, None) is None


def a_receipt(id_: int, kind: ReceiptKind = ReceiptKind.PHOTO) -> Receipt:
    return Receipt(
        id=id_, payment_id=1, kind=kind, text=None, file_id=None if kind is ReceiptKind.TEXT else "f",
        file_unique_id=None, file_name=None, mime=None, size=None, album=None, forwarded_from=None, received_at=NOON,
        sha256=None, content=None,
    )  # fmt: skip


def test_photos_and_documents_never_share_a_message() -> None:
    kinds = [ReceiptKind.PHOTO] * 2 + [ReceiptKind.DOCUMENT] + [ReceiptKind.TEXT] * 2 + [ReceiptKind.PHOTO] * 11
    found = receipts.runs(a_receipt(number, kind) for number, kind in enumerate(kinds))
    assert [len(run) for run in found] == [2, 1, 1, 1, 10, 1]


# -- Seen before ---------------------------------------------------------------------------------------------


async def test_the_same_bytes_are_told_to_the_cashiers_of_the_later_order_only(store: Store) -> None:
    first, second = await an_order(store), await an_order(store, BEN)
    earlier = await store.write(trade.send_receipt, ANN, first, proof=PDF)
    later = await store.write(
        trade.send_receipt, BEN, second, proof=replace(PDF, file_id="doc-2", file_unique_id="unique-e")
    )
    await trade.all_said(store)
    await store.write(payments.bytes_came, receipt=1, data=b"%PDF-1.7", now=NOON)
    assert await trade.kinds_told(store) == []
    await store.write(payments.bytes_came, receipt=2, data=b"%PDF-1.7", now=NOON)
    assert await trade.kinds_told(store) == [("payment_card", CASHIER), ("payment_card", OTHER_CASHIER)]
    assert await store.read(receipts.seen_before, earlier, first) is None
    seen = await store.read(receipts.seen_before, later, second)
    assert seen is not None
    assert seen[0] == await trade.book(store, "SELECT code FROM orders WHERE id = :id", id=first)


async def test_the_same_file_for_the_same_order_is_no_warning(store: Store) -> None:
    order = await an_order(store)
    for receipt in (1, 2):
        payment = await store.write(trade.send_receipt, ANN, order, proof=PDF)
        await store.write(payments.bytes_came, receipt=receipt, data=b"%PDF-1.7", now=NOON)
    assert await store.read(receipts.seen_before, payment, order) is None


async def test_bytes_that_come_twice_or_for_nothing_do_no_harm(store: Store) -> None:
    order = await an_order(store)
    await store.write(trade.send_receipt, ANN, order, proof=PDF)
    for _ in range(2):
        await store.write(payments.bytes_came, receipt=1, data=b"%PDF-1.7", now=NOON)
    await store.write(payments.bytes_came, receipt=99, data=b"%PDF-1.7", now=NOON)
    kept = await store.read(receipts.view, 1)
    assert kept is not None
    assert not kept.is_odd


# -- Fetching ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shelf", list(Shelf))
async def test_a_file_that_can_not_be_fetched_is_tried_later_and_later_then_given_up(
    store: Store, shelf: Shelf
) -> None:
    order = await an_order(store)
    if shelf is Shelf.RECEIPT:
        await store.write(trade.send_receipt, ANN, order, proof=PDF)
    else:
        await store.write(questions.ask, actor=ANN, order_id=order, text="", photo="photo-9", now=NOON)
    place = Place(shelf, 1)
    waits, now = [], NOON
    while (due := await store.read(files.next_fetch)) is not None:
        waits.append((due - now) // MINUTE)
        now = due
        assert [each.place for each in await store.read(files.to_fetch, now)] == [place]
        await store.write(files.not_fetched, place=place, is_final=False, now=now)
    assert waits == [0, *(2**n for n in range(MAX_FETCHES - 1))]
    assert await store.read(files.load, place) is None


async def test_a_file_too_big_is_never_asked_for(store: Store) -> None:
    order = await an_order(store)
    await store.write(trade.send_receipt, ANN, order, proof=replace(PDF, size=MAX_BYTES + 1))
    assert await store.read(files.next_fetch) is None


async def test_a_question_keeps_its_picture_and_knows_its_album(store: Store) -> None:
    order = await an_order(store)
    await store.write(questions.ask, actor=ANN, order_id=order, text="", photo="photo-9", album="a", now=NOON)
    assert await store.read(questions.is_asked_with, ANN, "a")
    assert not await store.read(questions.is_asked_with, BEN, "a")
    await store.write(questions.picture_came, question=1, data=b"picture")
    kept = await store.read(files.load, Place(Shelf.QUESTION, 1))
    assert kept is not None
    assert kept.data == b"picture"
    assert await store.read(files.next_fetch) is None


async def test_a_file_sent_anew_has_the_new_bots_id(store: Store) -> None:
    order = await an_order(store)
    await store.write(trade.send_receipt, ANN, order, proof=PDF)
    await store.write(files.moved, place=Place(Shelf.RECEIPT, 1), file_id="doc-new")
    kept = await store.read(receipts.view, 1)
    assert kept is not None
    assert (kept.file_id, kept.file_unique_id) == ("doc-new", "unique-d")


async def test_receipts_are_found_by_index(store: Store) -> None:
    await an_order(store)
    assert_no_scan(store.path, receipts._OF_ALBUM, album="a", buyer=ANN)
    assert_no_scan(store.path, receipts._SEEN_BEFORE, payment=1, order=1)
    assert_no_scan(store.path, receipts._SAME_BYTES, sha="x", receipt=1)
    assert_no_scan(store.path, outbox._QUEUED, chat=ANN, kind="receipt_more")
    assert_no_scan(store.path, outbox._CARD_WAITS, card="payment:1", chat=ANN)
    assert_no_scan(store.path, files._NEXT_FETCH)
    for sql in files._TO_FETCH.values():
        assert_no_scan(store.path, sql, now=NOON, limit=1)
