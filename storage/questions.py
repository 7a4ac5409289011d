"""Questions from people to the stall, and the answers that go back.

Owns `questions` and `answers`. A question about money goes to the cashiers, any other to the hosts.
"""

from dataclasses import dataclass

from shop.orders import OrderStatus
from storage import audit, orders, outbox, pseudonyms, roles
from storage.connection import Tx
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused

# While nothing is paid, what a buyer asks about an order is nearly always the payment.
_ABOUT_MONEY = frozenset({OrderStatus.PENDING, OrderStatus.EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a person wants to know, about an order or in general."""

    id: int
    person_id: int
    person_name: str
    order_id: int | None
    audience: Role
    text: str
    photo: str | None
    asked_at: int
    answered_by_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer to a question."""

    id: int
    question_id: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The question is with the stall."""

    question_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer is on its way to the person."""

    question_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyThere(Refused):
    """Whoever asked has had their data erased: an answer would reach nobody."""


_QUESTION = """
    SELECT q.*, p.name AS person_name, a.name AS answered_by_name
    FROM questions AS q JOIN people AS p ON p.id = q.person_id LEFT JOIN people AS a ON a.id = q.answered_by
    WHERE q.id = :id
"""


def view(tx: Tx, question: int) -> Question | None:
    """A question, or None."""
    row = tx.one(_QUESTION, id=question)
    if row is None:
        return None
    return Question(
        id=row["id"],
        person_id=row["person_id"],
        person_name=row["person_name"],
        order_id=row["order_id"],
        audience=Role(row["audience"]),
        text=row["text"],
        photo=row["photo"],
        asked_at=row["asked_at"],
        answered_by_name=row["answered_by_name"],
    )


def answer_view(tx: Tx, answer: int) -> Answer | None:
    """An answer, or None."""
    row = tx.one("SELECT id, question_id, text FROM answers WHERE id = :id", id=answer)
    return None if row is None else Answer(id=row["id"], question_id=row["question_id"], text=row["text"])


_ASK = """
    INSERT INTO questions (person_id, order_id, audience, text, photo, album, photo_fetch_after, asked_at)
    VALUES (:person, :order, :audience, :text, :photo, :album, :fetch_after, :now)
"""


def ask(
    tx: Tx,
    *,
    actor: int,
    order_id: int | None,
    text: str,
    now: int,
    photo: str | None = None,
    album: str | None = None,
    anchor: int | None = None,
) -> Asked | NotFound:
    """Bring a question to the right people. `photo` is a file id, `album` the media_group_id it came with."""
    order = None if order_id is None else orders.view(tx, order_id)
    if order_id is not None and (order is None or order.buyer_id != actor):
        return NotFound()
    audience = Role.CASHIER if order is not None and order.status in _ABOUT_MONEY else Role.HOST
    question = tx.insert(
        _ASK,
        person=actor,
        order=order_id,
        audience=audience,
        text=text,
        photo=photo,
        album=album,
        fetch_after=None if photo is None else now,
        now=now,
    )
    if photo is not None:
        tx.rings_due = True
    audit.note(tx, actor, "question.asked", f"question:{question}", now)
    outbox.tell(tx, actor, "question_sent", now=now, anchor=anchor, question=question)
    for person in roles.holders(tx, audience):
        outbox.tell(
            tx, person, "question_card", now=now, lane=Lane.ORDER, card=f"question:{question}", question=question
        )
    return Asked(question_id=question)


_LATELY = """
    SELECT answered_at - asked_at AS took FROM questions
    WHERE id > (SELECT MAX(id) FROM questions) - 100 AND answered_at >= asked_at
"""


def answer_times(tx: Tx) -> list[int]:
    """How long the answered ones of the last hundred questions waited, in milliseconds."""
    return [row["took"] for row in tx.all(_LATELY)]


def picture_came(tx: Tx, *, question: int, data: bytes) -> None:
    """The picture of a question is here: keep it."""
    sql = "UPDATE questions SET photo_bytes = :data, photo_fetch_after = NULL WHERE id = :id AND erased_at IS NULL"
    tx.run(sql, id=question, data=data)


def is_asked_with(tx: Tx, person: int, album: str | None) -> bool:
    """Has a picture of this album gone with a question of this person?"""
    sql = "SELECT 1 FROM questions WHERE album = :album AND person_id = :person"
    return album is not None and tx.one(sql, album=album, person=person) is not None


_ANSWERED = """
    UPDATE questions SET answered_by = coalesce(answered_by, :actor), answered_at = coalesce(answered_at, :now)
    WHERE id = :id
"""


def answer(
    tx: Tx, *, actor: int, question_id: int, text: str, now: int
) -> Answered | NotFound | NotAllowed | NobodyThere:
    """Somebody of the stall replies; the person gets it, the others' cards show that it is answered."""
    question = view(tx, question_id)
    if question is None:
        return NotFound()
    if not roles.has_role(tx, actor, Role.HOST, Role.CASHIER):
        return NotAllowed()
    if pseudonyms.is_one(question.person_id):
        return NobodyThere()
    answer_id = tx.insert(
        "INSERT INTO answers (question_id, author_id, text, at) VALUES (:question, :actor, :text, :now)",
        question=question_id,
        actor=actor,
        text=text,
        now=now,
    )
    tx.run(_ANSWERED, id=question_id, actor=actor, now=now)
    audit.note(tx, actor, "question.answered", f"question:{question_id}", now)
    outbox.tell(tx, question.person_id, "question_answer", now=now, lane=Lane.ORDER, answer=answer_id)
    outbox.tell(tx, actor, "answer_sent", now=now, question=question_id)
    shown = tx.all("SELECT chat_id FROM cards WHERE card = :card", card=f"question:{question_id}")
    for row in shown:
        outbox.tell(
            tx,
            row["chat_id"],
            "question_card",
            now=now,
            lane=Lane.ORDER,
            card=f"question:{question_id}",
            question=question_id,
        )
    return Answered(question_id=question_id)
