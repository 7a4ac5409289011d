"""The audit as owners read it: found by person, action, subject and time, page by page, with names behind the ids.

Only reads; entries are written by `audit`. Pages go by entry id, so a page costs the same however long the audit is.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storage.audit import Detail
from storage.connection import Tx

PAGE = 8
_NEWEST = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries: every condition that is given holds.

    `person` is who acted or was acted on, `by_nobody` what the clock and the command line did, `subjects` read
    `order:42`, `actions` are action names, `since` is UTC ms.
    """

    person: int | None = None
    by_nobody: bool = False
    subjects: tuple[str, ...] | None = None
    actions: tuple[str, ...] | None = None
    since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One decision with the names behind its ids; None where it names no such thing, or it is gone.

    `actor` is None when the clock or the command line acted. `amount` is in minor units.
    """

    id: int
    at: int
    actor_id: int | None
    actor: str | None
    action: str
    subject: str
    details: dict[str, Detail]
    order: str | None
    stream: str | None
    person_id: int | None
    person: str | None
    product: str | None
    supplier: str | None
    amount: int | None
    place: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Entries newest first, and whether there are newer and older ones."""

    lines: tuple[Line, ...]
    has_newer: bool
    has_older: bool


# `{beyond}` is `<` towards older entries and `>` towards newer ones, `{order}` DESC or ASC. A period is a range of
# ids; should the clock have jumped inside it, `at` decides.
_BOUNDS = "id {beyond} :edge AND id >= :first AND at >= :since"
_AMONG = "(:actions IS NULL OR action IN (SELECT value FROM json_each(:actions)))"
_CUT = "ORDER BY id {order} LIMIT :limit"

_ALL = "SELECT id FROM audit WHERE {bounds} {cut}"
_BY_ACTIONS = """
    SELECT found.id FROM json_each(:actions) AS wanted CROSS JOIN audit AS found ON found.id IN (
        SELECT id FROM audit INDEXED BY audit_by_action WHERE action = wanted.value AND {bounds} {cut})
"""
_BY_SUBJECTS = """
    SELECT found.id FROM json_each(:subjects) AS wanted CROSS JOIN audit AS found ON found.id IN (
        SELECT id FROM audit INDEXED BY audit_by_subject
        WHERE subject = wanted.value AND {bounds} AND {among} {cut})
"""
_BY_PERSON = """
    SELECT id FROM (
        SELECT id FROM audit INDEXED BY audit_by_actor WHERE actor_id = :person AND {bounds} AND {among} {cut})
    UNION
    SELECT id FROM (
        SELECT id FROM audit INDEXED BY audit_by_subject
        WHERE subject = 'person:' || :person AND {bounds} AND {among} {cut})
"""
_BY_NOBODY = """
    SELECT id FROM audit INDEXED BY audit_by_actor WHERE actor_id IS NULL AND {bounds} AND {among} {cut}
"""
_ENTRIES = """
    SELECT a.*, p.name AS actor FROM audit AS a LEFT JOIN people AS p ON p.id = a.actor_id
    WHERE a.id IN ({ids}) ORDER BY a.id {order} LIMIT :limit
"""
_FIRST_SINCE = "SELECT MIN(id) FROM audit INDEXED BY audit_by_time WHERE at >= :since"


def statement(wanted: Wanted, *, newer: bool = False) -> str:
    """The query that finds a page of what is wanted, each way by an index of its own."""
    if wanted.subjects is not None:
        ids = _BY_SUBJECTS
    elif wanted.person is not None:
        ids = _BY_PERSON
    elif wanted.by_nobody:
        ids = _BY_NOBODY
    else:
        ids = _ALL if wanted.actions is None else _BY_ACTIONS
    way = {"beyond": ">", "order": "ASC"} if newer else {"beyond": "<", "order": "DESC"}
    return _ENTRIES.format(ids=ids.format(bounds=_BOUNDS, among=_AMONG, cut=_CUT).format(**way), **way)


def page(tx: Tx, wanted: Wanted, *, before: int | None = None, after: int | None = None, limit: int = PAGE) -> Page:
    """The entries next to an entry's id: older than `before`, newer than `after`, or the newest of all."""
    first = 0 if wanted.since is None else tx.value(_FIRST_SINCE, since=wanted.since)
    if first is None:
        return Page(lines=(), has_newer=False, has_older=False)
    edge = after if after is not None else before if before is not None else _NEWEST
    rows = tx.all(
        statement(wanted, newer=after is not None),
        edge=edge,
        first=first,
        since=wanted.since or 0,
        actions=None if wanted.actions is None else json.dumps(wanted.actions),
        subjects=json.dumps(wanted.subjects or ()),
        person=wanted.person,
        limit=limit + 1,
    )
    has_more, rows = len(rows) > limit, rows[:limit]
    if after is None:
        return Page(lines=_lines(tx, rows), has_newer=before is not None, has_older=has_more)
    if not has_more:  # the first page, which is always a whole one
        return page(tx, wanted, limit=limit)
    rows.reverse()
    return Page(lines=_lines(tx, rows), has_newer=True, has_older=True)


def of_stream(tx: Tx, stream: int) -> tuple[str, ...]:
    """The subjects that are about a stream: itself, and what it sells."""
    offers = tx.all("SELECT id FROM offers WHERE stream_id = :stream ORDER BY id", stream=stream)
    return (f"stream:{stream}", *(f"offer:{row['id']}" for row in offers))


def order_code(tx: Tx, order: int) -> str | None:
    """The code of an order, or None."""
    code: str | None = tx.value(_ORDER, id=order)
    return code


_BY_USERNAME = "SELECT id FROM people INDEXED BY people_by_username WHERE username = :username COLLATE NOCASE LIMIT 1"


def person_called(tx: Tx, username: str) -> int | None:
    """The person of a Telegram user name, without its @."""
    found: int | None = tx.value(_BY_USERNAME, username=username)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Somebody who holds or held a role."""

    person_id: int
    name: str


_WORKERS = """
    SELECT p.id, p.name FROM roles AS r JOIN people AS p ON p.id = r.person_id
    GROUP BY p.id ORDER BY MIN(r.revoked_at IS NOT NULL), MAX(r.id) DESC LIMIT :limit
"""


def workers(tx: Tx, limit: int) -> list[Worker]:
    """Who works here first, then who did."""
    return [Worker(person_id=row["id"], name=row["name"]) for row in tx.all(_WORKERS, limit=limit)]


# -- Names --------------------------------------------------------------------------------------------------

_ORDER = "SELECT code FROM orders WHERE id = :id"
_STREAM = "SELECT title FROM streams WHERE id = :id"
_PERSON = "SELECT name FROM people WHERE id = :id"
_SUPPLIER = "SELECT name FROM suppliers WHERE id = :id"
_PRODUCT = "SELECT code FROM products WHERE id = :id"
_OFFER = """
    SELECT p.code, t.title FROM offers AS o JOIN products AS p ON p.id = o.product_id
        JOIN streams AS t ON t.id = o.stream_id
    WHERE o.id = :id
"""
_QUESTION = """
    SELECT q.person_id, o.code FROM questions AS q LEFT JOIN orders AS o ON o.id = q.order_id WHERE q.id = :id
"""
_PARCEL = "SELECT s.name FROM shipments AS h JOIN suppliers AS s ON s.id = h.supplier_id WHERE h.id = :id"
_PLACE = "SELECT name FROM pickup_points WHERE id = :id"
_PAYMENT = "SELECT amount FROM payments WHERE id = :id"
_REFUND = "SELECT amount FROM refunds WHERE id = :id"


def _lines(tx: Tx, rows: Sequence[sqlite3.Row]) -> tuple[Line, ...]:
    return tuple(_line(tx, row) for row in rows)


def _line(tx: Tx, row: sqlite3.Row) -> Line:
    details: dict[str, Detail] = json.loads(row["details"])
    noun, _, number = row["subject"].partition(":")
    id_ = int(number) if number.isdecimal() else 0
    order, stream, product, person_id = None, None, None, None
    match noun:
        case "order":
            order = tx.value(_ORDER, id=id_)
        case "stream":
            stream = tx.value(_STREAM, id=id_)
        case "product":
            product = tx.value(_PRODUCT, id=id_)
        case "offer" if (offer := tx.one(_OFFER, id=id_)) is not None:
            product, stream = offer["code"], offer["title"]
        case "question" if (question := tx.one(_QUESTION, id=id_)) is not None:
            order, person_id = question["code"], question["person_id"]
        case "person":
            person_id = id_
    return Line(
        place=tx.value(_PLACE, id=id_) if noun == "pickup" else None,
        id=row["id"],
        at=row["at"],
        actor_id=row["actor_id"],
        actor=row["actor"],
        action=row["action"],
        subject=row["subject"],
        details=details,
        order=order,
        stream=stream,
        person_id=person_id,
        person=None if person_id is None else tx.value(_PERSON, id=person_id),
        product=product,
        supplier=_named(tx, details, "shipment", _PARCEL) or _named(tx, details, "supplier", _SUPPLIER),
        amount=_named(tx, details, "payment", _PAYMENT) or _named(tx, details, "refund", _REFUND),
    )


def _named(tx: Tx, details: dict[str, Detail], detail: str, sql: str) -> Any:
    """What the id in a detail stands for."""
    return None if details.get(detail) is None else tx.value(sql, id=details[detail])
