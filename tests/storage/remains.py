"""A person with something of theirs in every column that is personal, and what is left of it afterwards.

Every column of Ann's gets a word of its own, and of Ben's another: so a test sees what is found, what is gone, and
that nobody else was touched.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from storage import audit, dialogs, erasures, inbox, outbox, questions, receipts, watchers
from storage.connection import Tx, empty_log
from storage.inbox import Arrival, Sender, UpdateKey
from storage.outbox import Delivered
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.seed import ANN, BEN, CASHIER, HOST

# Where a person's row of each personal column is; `:p` is the person.
_MINE = "SELECT id FROM orders WHERE buyer_id = :p"
_PAID = f"payment_id IN (SELECT id FROM payments WHERE order_id IN ({_MINE}))"
PLACES = {
    **dict.fromkeys(["people.name", "people.username", "people.language", "people.telegram_language"], "id = :p"),
    **dict.fromkeys(
        [
            "addresses.recipient",
            "addresses.phone",
            "addresses.address",
            "addresses.label",
            "addresses.location",
            "dialogs.data",
        ],
        "person_id = :p",
    ),
    **dict.fromkeys(
        ["orders.recipient", "orders.phone", "orders.address", "orders.location", "orders.cancel_reason"],
        "buyer_id = :p",
    ),
    "shipments.tracking": f"order_id IN ({_MINE})",
    "change_requests.wanted": f"order_id IN ({_MINE})",
    "receipts.text": _PAID,
    **dict.fromkeys(
        [
            "receipts.file_id",
            "receipts.file_name",
            "receipts.mime",
            "receipts.bytes",
            "receipts.file_unique_id",
            "receipts.sha256",
            "receipts.album",
            "receipts.forwarded_from",
        ],
        f"kind = 'photo' AND {_PAID}",
    ),
    "questions.text": "person_id = :p",
    **dict.fromkeys(["questions.photo", "questions.photo_bytes", "questions.album"], "person_id = :p"),
    "answers.text": "question_id IN (SELECT id FROM questions WHERE person_id = :p)",
    "inbox.raw": "sender_id = :p AND done_at IS NULL",
    "outbox.params": "chat_id = :p",
    "audit.subject": "subject = 'person:' || :p",
    "audit.details": "actor_id = :p",
}
STAYS = frozenset({"receipts.file_unique_id", "receipts.sha256", "audit.details"})
JSON = frozenset({"dialogs.data", "change_requests.wanted", "inbox.raw", "outbox.params", "audit.details"})
NAMED_BY_NUMBER = "audit.subject"
WORDS = frozenset(PLACES) - {NAMED_BY_NUMBER}


def word(column: str, person: int) -> str:
    """The word planted in a column for a person."""
    return f"{'ann' if person == ANN else 'ben'}-{column.replace('.', '-')}-marker"


def plant(tx: Tx) -> None:
    """A finished order with receipts, a question with an answer, and everything else, of Ann's and of Ben's."""
    stall = trade.stall(tx)
    for person in (ANN, BEN):
        _live(tx, stall, person)
    tx.run("UPDATE outbox SET state = 'sent', ended_at = :n", n=NOON)
    for person in (ANN, BEN):
        outbox.tell(tx, person, "say", now=NOON, key="address.saved")
    for person in (ANN, BEN):
        for column, where in PLACES.items():
            if column == NAMED_BY_NUMBER:
                continue
            table, name = column.split(".")
            planted: object = word(column, person)
            if column in JSON:
                planted = json.dumps(
                    {"update_id": 1, "message": {"text": planted}} if name == "raw" else {"x": planted}
                )
            elif name in ("bytes", "photo_bytes"):
                planted = word(column, person).encode() * 2_000  # over several pages of the file
            assert tx.run(f"UPDATE {table} SET {name} = :w WHERE {where}", w=planted, p=person) > 0, column


def _live(tx: Tx, stall: trade.Stall, person: int) -> None:
    order = trade.place(tx, person, (stall.eggs, 1))
    payment = trade.send_receipt(tx, person, order)
    receipts.add(tx, payment, trade.PHOTO, NOON)
    tx.run("UPDATE payments SET status = 'confirmed', decided_at = :n, decided_by = :c", n=NOON, c=CASHIER)
    tx.run("UPDATE orders SET status = 'completed', paid_at = :n, completed_at = :n, hold_until = NULL,"
           " remind_at = NULL WHERE id = :o", n=NOON, o=order)  # fmt: skip
    seed.shipment(tx, order, stall.egg_farm, "delivered")
    tx.run("INSERT INTO change_requests (order_id, kind, wanted, status, asked_at, decided_at)"
           " VALUES (:o, 'address', '{}', 'declined', :n, :n)", o=order, n=NOON)  # fmt: skip
    asked = questions.ask(tx, actor=person, order_id=order, text="?", photo="photo-9", now=NOON)
    assert isinstance(asked, questions.Asked)
    questions.answer(tx, actor=HOST, question_id=asked.question_id, text="!", now=NOON)
    dialogs.begin(tx, actor=person, kind="ask", step="text", data={}, now=NOON, silent=True)
    watchers.watch(tx, actor=person, stream_id=stall.stream, now=NOON)
    sender = Sender(id=person, name="N", username="u", language="en")
    inbox.keep(tx, 1, [Arrival(update_id=person, raw="{}", sender=sender)], NOON)
    for _ in range(inbox.MAX_ATTEMPTS):
        inbox.failed(tx, key=UpdateKey(1, person), error="E", incident="I", chat=None, now=NOON)
    for card, chat in ((f"payment:{payment}", CASHIER), (f"question:{asked.question_id}", HOST)):
        tx.run("INSERT INTO cards VALUES (:card, :chat, :id, 1, :n)", card=card, chat=chat, id=person, n=NOON)
    audit.note(tx, None, "role.granted", f"person:{person}", NOON)


def finish(tx: Tx, now: int) -> None:
    """As if whatever waits had been sent."""
    for row in tx.all("SELECT * FROM outbox WHERE state IN ('queued', 'sending')"):
        outbox.settle(tx, [(outbox.row(row), Delivered(message_id=row["id"]))], now)


async def erased(store: Store, person: int, now: int = NOON) -> int:
    """Erase somebody to the end, the bytes included; the pseudonym."""
    begun = await store.write(erasures.erase, person=person, now=now)
    assert isinstance(begun, erasures.Erasing), begun
    await goes_on(store, now)
    return begun.pseudonym


async def goes_on(store: Store, now: int = NOON) -> None:
    """Every erasure to its end."""
    while await store.read(erasures.next_due) is not None:
        now += erasures.WAIT_MS
        for job in await store.read(erasures.due, now):
            while await store.write(erasures.go_on, pseudonym=job, now=now):
                pass
        await store.write(finish, now)
        if waiting := await store.read(erasures.waits_for_file, now):
            assert await store.maintain(empty_log)
            await store.write(erasures.settle_file, erased=waiting, is_clean=True, now=now)


def bytes_of(path: Path) -> bytes:
    """Everything in the files of the books, as a thief would read them."""
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))


def found_in(path: Path, person: int) -> set[str]:
    """The columns whose words can be found in the files."""
    raw = bytes_of(path)
    return {column for column in PLACES if column != NAMED_BY_NUMBER and word(column, person).encode() in raw}


def numbers_of(path: Path, person: int) -> set[str]:
    """The columns (of every table) that still hold the person's number, or a text that ends in it."""
    with closing(sqlite3.connect(path)) as books:
        tables = [row[0] for row in books.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            f"{table}.{column}"
            for table in tables
            for column in [row[1] for row in books.execute(f"PRAGMA table_info({table})")]
            if books.execute(
                f"SELECT 1 FROM {table} WHERE {column} = ? OR {column} = ? LIMIT 1", (person, f"person:{person}")
            ).fetchone()
        }
