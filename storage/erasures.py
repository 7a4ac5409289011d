"""Erasing a person: at once everything that is theirs alone, then page by page what is taken out of what stays.

Owns `erasures`, one row each, which survives a kill: whoever comes next goes on where it says. From the first act
on the person's orders stand under a pseudonym, so whatever they do meanwhile is a stranger's. What is blanked in a
row is in `masking`, what keeps a person from being erased in `unfinished`.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from storage import audit, cards, claims, inbox, lapses, masking, outbox, people, pseudonyms, unfinished
from storage.clock import SECOND
from storage.connection import Tx
from storage.outbox import Lane
from storage.people import NotFound
from storage.unfinished import Unfinished

ORDERS, RECEIPTS, QUESTIONS, MESSAGES = 50, 5, 50, 500
"""Rows of one step: a receipt has up to 20 MB, which are overwritten."""

WAIT_MS = 5 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasing:
    """It is under way and will be finished, whatever happens to this process."""

    pseudonym: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An erasure and how far it is."""

    pseudonym: int
    person: int
    anchor: int | None
    phase: str
    cursor: int
    farewell: int | None
    audit_to: int
    inbox_to: int


_UNDER_WAY = "SELECT pseudonym FROM erasures INDEXED BY erasures_open WHERE person_id = :person LIMIT 1"
_HAS_MORE = """
    SELECT 1 FROM addresses WHERE person_id = :person UNION ALL SELECT 1 FROM orders WHERE buyer_id = :person
    UNION ALL SELECT 1 FROM questions WHERE person_id = :person LIMIT 1
"""
_BEGIN = """
    INSERT INTO erasures (pseudonym, person_id, anchor, phase, audit_to, inbox_to, asked_at, due_at)
    SELECT :pseudonym, :person, :anchor, 'receipts', (SELECT coalesce(MAX(id), 0) FROM audit),
        (SELECT coalesce(MAX(rowid), 0) FROM inbox), :now, :now
"""
# What is left speaks their language to the end; whoever writes again has come back, and is met anew.
_FORGET_NAME = """
    UPDATE people SET name = :mask, username = NULL, follows_since = NULL,
        telegram_language = coalesce(language, telegram_language), language = NULL
    WHERE id = :person
"""
_THEIRS_ALONE = (
    "DELETE FROM addresses WHERE person_id = :person",
    "DELETE FROM cart_lines WHERE person_id = :person",
    "DELETE FROM dialogs WHERE person_id = :person",
    "DELETE FROM coupon_tries WHERE person_id = :person",
    "DELETE FROM stream_watchers WHERE person_id = :person",
    "DELETE FROM cards WHERE chat_id = :person",
    "DELETE FROM outbox WHERE chat_id = :person AND state = 'queued'",
)


def erase(tx: Tx, *, person: int, now: int, anchor: int | None = None) -> Erasing | Unfinished | NotFound:
    """A person is to be forgotten (their own tap, or the stall's operator). Once begun it can't be undone.

    A second tap while it is under way changes nothing: it is that tap that has brought their name back.
    """
    if pseudonyms.is_one(person) or people.view(tx, person) is None:
        return NotFound()
    open_ = unfinished.of(tx, person)
    if not open_.is_nothing:
        return open_
    under_way = tx.value(_UNDER_WAY, person=person)
    if under_way is not None and tx.one(_HAS_MORE, person=person) is None:
        tx.run(_FORGET_NAME, person=person, mask=pseudonyms.MASK)
        return Erasing(pseudonym=under_way)
    pseudonym = pseudonyms.take(tx, now)
    lapses.forget(tx, person, now)
    claims.forget_person(tx, person, now)
    for sql in _THEIRS_ALONE:
        tx.run(sql, person=person)
    pseudonyms.put_in_place(tx, person, pseudonym)
    tx.run(_FORGET_NAME, person=person, mask=pseudonyms.MASK)
    tx.run(_BEGIN, pseudonym=pseudonym, person=person, anchor=anchor, now=now)
    audit.note(tx, None, "erasure.begun", f"person:{pseudonym}", now)
    tx.rings_due = True
    return Erasing(pseudonym=pseudonym)


# -- The steps of an erasure: each does one page and returns where it is, or None at the end of its phase ------

_RECEIPTS = """
    SELECT o.id AS order_id, r.id FROM orders AS o INDEXED BY orders_by_buyer
    JOIN payments AS p ON p.order_id = o.id JOIN receipts AS r ON r.payment_id = p.id
    WHERE o.buyer_id = :pseudonym AND o.id >= :cursor AND r.erased_at IS NULL ORDER BY o.id, r.id LIMIT :limit
"""
_ORDERS = """
    SELECT id FROM orders INDEXED BY orders_by_buyer
    WHERE buyer_id = :pseudonym AND id > :cursor ORDER BY id LIMIT :limit
"""
_QUESTIONS = """
    SELECT id FROM questions INDEXED BY questions_by_person
    WHERE person_id = :pseudonym AND id > :cursor ORDER BY id LIMIT :limit
"""


def _receipts(tx: Tx, job: Job, now: int) -> int | None:
    rows = tx.all(_RECEIPTS, pseudonym=job.pseudonym, cursor=job.cursor, limit=RECEIPTS)
    for row in rows:
        masking.receipt(tx, row["id"], now)
    return rows[-1]["order_id"] if rows else None


def _orders(tx: Tx, job: Job, now: int) -> int | None:
    rows = tx.all(_ORDERS, pseudonym=job.pseudonym, cursor=job.cursor, limit=ORDERS)
    for row in rows:
        masking.order(tx, row["id"], now)
        _blank_cards(tx, row["id"], now)
    return rows[-1]["id"] if rows else None


def _blank_cards(tx: Tx, order: int, now: int) -> None:
    """The messages in the staff's chats show the order as the books now do; they are in no hurry."""
    for (id_,) in tx.all("SELECT id FROM payments WHERE order_id = :order", order=order):
        for chat, copy in _shown_in(tx, f"payment:{id_}", now):
            outbox.tell(
                tx, chat, "payment_card", now=now, lane=Lane.BROADCAST, card=f"payment:{id_}{copy}", payment=id_
            )
    for (id_,) in tx.all("SELECT id FROM shipments WHERE order_id = :order", order=order):
        for chat, copy in _shown_in(tx, f"shipment:{id_}", now):
            outbox.tell(
                tx, chat, "shipment_card", now=now, lane=Lane.BROADCAST, card=f"shipment:{id_}{copy}", shipment=id_
            )
    for (id_,) in tx.all("SELECT id FROM refunds WHERE order_id = :order", order=order):
        for chat, copy in _shown_in(tx, f"refund:{id_}", now):
            outbox.tell(tx, chat, "refund_card", now=now, lane=Lane.BROADCAST, card=f"refund:{id_}{copy}", refund=id_)
    for (id_,) in tx.all("SELECT id FROM change_requests WHERE order_id = :order", order=order):
        for chat, copy in _shown_in(tx, f"request:{id_}", now):
            outbox.tell(
                tx, chat, "request_card", now=now, lane=Lane.BROADCAST, card=f"request:{id_}{copy}", request=id_
            )


def _shown_in(tx: Tx, card: str, now: int) -> Iterator[tuple[int, str]]:
    """The chats that show a card, and what makes the name of each of its copies: nothing for the card itself, and
    something for one further up, where the card stood before it moved down."""
    for chat in cards.chats(tx, card):
        yield chat, ""
    yield from cards.name_copies(tx, card, now)


def _questions(tx: Tx, job: Job, now: int) -> int | None:
    rows = tx.all(_QUESTIONS, pseudonym=job.pseudonym, cursor=job.cursor, limit=QUESTIONS)
    for row in rows:
        masking.question(tx, row["id"], now)
        for chat, copy in _shown_in(tx, f"question:{row['id']}", now):
            card = f"question:{row['id']}{copy}"
            outbox.tell(tx, chat, "question_card", now=now, lane=Lane.BROADCAST, card=card, question=row["id"])
    return rows[-1]["id"] if rows else None


def _updates(tx: Tx, job: Job, _now: int) -> int | None:
    """What they sent and nobody could handle, and staff's updates set aside that quote one of their orders."""
    codes = [row["code"] for row in tx.all("SELECT code FROM orders WHERE buyer_id = :p", p=job.pseudonym)]
    inbox.drop_of(tx, person=job.person, codes=codes, last=job.inbox_to)
    return None


_NEWEST = 2**63 - 1
_DROP_TOLD = """
    DELETE FROM outbox WHERE id IN (
        SELECT id FROM outbox INDEXED BY outbox_told
        WHERE chat_id = :person AND id <= :last AND ended_at IS NOT NULL LIMIT :limit)
"""
_AUDIT_ACTOR = """
    UPDATE audit SET actor_id = :pseudonym WHERE id IN (
        SELECT id FROM audit INDEXED BY audit_by_actor WHERE actor_id = :person AND id <= :last LIMIT :limit)
"""
_AUDIT_SUBJECT = """
    UPDATE audit SET subject = 'person:' || :pseudonym WHERE id IN (
        SELECT id FROM audit INDEXED BY audit_by_subject
        WHERE subject = 'person:' || :person AND id <= :last LIMIT :limit)
"""


def _messages(tx: Tx, job: Job, _now: int) -> int | None:
    """What was told them, and their id where they decided something."""
    gone = tx.run(_DROP_TOLD, person=job.person, last=_NEWEST, limit=MESSAGES)
    for sql in (_AUDIT_ACTOR, _AUDIT_SUBJECT):
        gone += tx.run(sql, pseudonym=job.pseudonym, person=job.person, last=job.audit_to, limit=MESSAGES)
    return 0 if gone else None


def _farewell(tx: Tx, job: Job, now: int) -> int | None:
    """The last message, in the language they have until it is sent; then their chat is forgotten too."""
    if job.farewell is None:
        row = outbox.tell(tx, job.person, "erased", now=now, anchor=job.anchor)
        tx.run("UPDATE erasures SET farewell_id = :row WHERE pseudonym = :p", row=row, p=job.pseudonym)
        return 0
    return 0 if _is_on_the_way(tx, job) else None


_ON_THE_WAY = """
    SELECT 1 FROM outbox INDEXED BY outbox_by_chat
    WHERE chat_id = :chat AND id <= :last AND state IN ('queued', 'sending') LIMIT 1
"""


def _is_on_the_way(tx: Tx, job: Job) -> bool:
    """Is the last message, or one before it, not at its end yet?"""
    return tx.one(_ON_THE_WAY, chat=job.person, last=job.farewell) is not None


def _person(tx: Tx, job: Job, _now: int) -> int | None:
    """The goodbye and what was on its way with it, their row unless they have come back, and the last place that knew
    who the pseudonym was."""
    tx.run(_DROP_TOLD, person=job.person, last=job.farewell, limit=MESSAGES)
    inbox.forget_sender(tx, person=job.person, last=job.inbox_to)
    stands = people.view(tx, job.person)
    if stands is not None and stands.name == pseudonyms.MASK:
        tx.run("DELETE FROM cards WHERE chat_id = :person", person=job.person)
        try:
            tx.run("DELETE FROM people WHERE id = :person", person=job.person)
        except sqlite3.IntegrityError:
            pass  # Something of theirs stands in the books again, such as a role from the configuration.
    tx.run("UPDATE erasures SET person_id = NULL, anchor = NULL WHERE pseudonym = :p", p=job.pseudonym)
    return None


_STEPS: Mapping[str, Callable[[Tx, Job, int], int | None]] = {
    "receipts": _receipts,
    "orders": _orders,
    "questions": _questions,
    "updates": _updates,
    "messages": _messages,
    "farewell": _farewell,
    "person": _person,
}
_PHASES = (*_STEPS, "file")

# -- Going on ----------------------------------------------------------------------------------------------

_DUE = "SELECT pseudonym FROM erasures INDEXED BY erasures_due WHERE due_at <= :now AND phase <> 'file'"
_DUE_FILE = "SELECT pseudonym FROM erasures INDEXED BY erasures_due WHERE due_at <= :now AND phase = 'file'"
_JOB = """
    SELECT pseudonym, person_id AS person, anchor, phase, cursor, farewell_id AS farewell, audit_to, inbox_to
    FROM erasures WHERE pseudonym = :pseudonym AND due_at IS NOT NULL
"""
_MOVE = "UPDATE erasures SET phase = :phase, cursor = :cursor, due_at = :due WHERE pseudonym = :pseudonym"


def due(tx: Tx, now: int) -> list[int]:
    """Pseudonyms of erasures that can go on."""
    return [row["pseudonym"] for row in tx.all(_DUE, now=now)]


def next_due(tx: Tx) -> int | None:
    """When the next erasure is to go on, or None."""
    at: int | None = tx.value("SELECT MIN(due_at) FROM erasures INDEXED BY erasures_due WHERE due_at IS NOT NULL")
    return at


def go_on(tx: Tx, *, pseudonym: int, now: int) -> bool:
    """One step of an erasure; True while the next one may follow at once."""
    row = tx.one(_JOB, pseudonym=pseudonym)
    if row is None or row["phase"] == "file":
        return False
    job = Job(**dict(row))
    cursor = _STEPS[job.phase](tx, job, now)
    waits = job.phase == "farewell" and cursor is not None
    phase = job.phase if cursor is not None else _PHASES[_PHASES.index(job.phase) + 1]
    tx.run(_MOVE, pseudonym=pseudonym, phase=phase, cursor=cursor or 0, due=now + WAIT_MS if waits else now)
    return not waits and phase != "file"


def waits_for_file(tx: Tx, now: int) -> list[int]:
    """Erasures that are done but for the bytes in the write-ahead log."""
    return [row["pseudonym"] for row in tx.all(_DUE_FILE, now=now)]


_FINISH = "UPDATE erasures SET phase = 'done', due_at = NULL, finished_at = :now WHERE pseudonym = :pseudonym"


def settle_file(tx: Tx, *, erased: list[int], is_clean: bool, now: int) -> None:
    """The log has been emptied after these erasures, or could not be: then it is tried again."""
    for pseudonym in erased:
        if is_clean:
            tx.run(_FINISH, pseudonym=pseudonym, now=now)
            audit.note(tx, None, "erasure.done", f"person:{pseudonym}", now)
        else:
            tx.run(_MOVE, pseudonym=pseudonym, phase="file", cursor=0, due=now + WAIT_MS)


def overdue(tx: Tx, before: int) -> int:
    """How many erasures asked for before that moment are not finished."""
    count: int = tx.value(
        "SELECT count(*) FROM erasures INDEXED BY erasures_due WHERE due_at IS NOT NULL AND asked_at < :before",
        before=before,
    )
    return count
