"""One thing told to many: who of them has been told is a cursor in the row, so a restart goes on where it stopped.

Owns `broadcasts` and who hears what; how far one has come is in `progress`. Never sends: each page is enqueued in the
outbox like everything else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shop.streams import StreamStatus
from storage import outbox
from storage.clock import HOUR, SECOND
from storage.connection import Tx
from storage.outbox import Lane

PAGE = 500
LATEST_MS = HOUR  # after its start, a stream that is not live is announced no more
REPORT_AFTER = 2 * SECOND  # what is told within this time needs no word about its progress


class Kind(StrEnum):
    """What is being told about a stream."""

    ANNOUNCE = "announce"
    LIVE = "live"
    MOVED = "moved"
    CANCELLED = "cancelled"
    PRESALE = "presale"
    PUSH = "push"  # one product of it


# Each part of an audience is cut to a page before the parts are put together, so that no page reads everybody.
_FOLLOWERS = """
    SELECT id FROM (
        SELECT id FROM people INDEXED BY people_followers
        WHERE follows_since IS NOT NULL AND blocked_at IS NULL AND id > :cursor
        ORDER BY id LIMIT :page)
"""
_WATCHERS = """
    SELECT id FROM (
        SELECT p.id FROM stream_watchers AS w JOIN people AS p ON p.id = w.person_id
        WHERE w.stream_id = :stream AND w.person_id > :cursor AND p.blocked_at IS NULL
        ORDER BY w.person_id LIMIT :page)
"""
_BUYERS = """
    SELECT p.id FROM orders AS o INDEXED BY orders_by_stream JOIN people AS p ON p.id = o.buyer_id
    WHERE o.stream_id = :stream AND o.status IN ('pending', 'paid')
      AND o.buyer_id > :cursor AND p.blocked_at IS NULL
"""
_PAGE = " ORDER BY 1 LIMIT :page"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """How one kind is told: the message kind, its lane, to whom, and while the stream is in which states."""

    message: str
    lane: Lane
    audience: str
    worth_while: frozenset[StreamStatus]


_RULES: Mapping[Kind, _Rule] = {
    Kind.ANNOUNCE: _Rule(
        message="stream_card",
        lane=Lane.BROADCAST,
        audience=_FOLLOWERS + _PAGE,
        worth_while=frozenset({StreamStatus.ANNOUNCED, StreamStatus.LIVE}),
    ),
    Kind.LIVE: _Rule(
        message="stream_live",
        lane=Lane.BROADCAST,
        audience=f"{_FOLLOWERS} UNION {_WATCHERS}{_PAGE}",
        worth_while=frozenset({StreamStatus.LIVE}),
    ),
    Kind.MOVED: _Rule(
        message="stream_moved",
        lane=Lane.REMINDER,
        audience=_WATCHERS + _PAGE,
        worth_while=frozenset({StreamStatus.ANNOUNCED}),
    ),
    Kind.CANCELLED: _Rule(
        message="stream_cancelled",
        lane=Lane.REMINDER,
        audience=f"{_WATCHERS} UNION {_BUYERS}{_PAGE}",
        worth_while=frozenset({StreamStatus.CANCELLED}),
    ),
    Kind.PRESALE: _Rule(
        message="presale_open",
        lane=Lane.BROADCAST,
        audience=f"{_FOLLOWERS} UNION {_WATCHERS}{_PAGE}",
        worth_while=frozenset({StreamStatus.ANNOUNCED, StreamStatus.LIVE, StreamStatus.ENDED}),
    ),
    Kind.PUSH: _Rule(
        message="offer_pushed",
        lane=Lane.BROADCAST,
        audience=f"{_FOLLOWERS} UNION {_WATCHERS}{_PAGE}",
        worth_while=frozenset({StreamStatus.ANNOUNCED, StreamStatus.LIVE}),
    ),
}

_SUPERSEDE = """
    UPDATE broadcasts SET state = 'done', done_at = :now
    WHERE state = 'running' AND stream_id = :stream AND kind = :kind AND offer_id IS :offer
"""
_START = """
    INSERT INTO broadcasts (kind, stream_id, offer_id, created_by, created_at, report_at)
    VALUES (:kind, :stream, :offer, :actor, :now, :report_at)
"""
_RUNNING = "SELECT id FROM broadcasts INDEXED BY broadcasts_running WHERE state = 'running' ORDER BY id"


def start(tx: Tx, kind: Kind, stream_id: int, actor: int, now: int, *, offer: int | None = None) -> int:
    """Begin to tell; returns the broadcast's id. One of the same kind, and about the same product, that still runs
    for the stream gives way."""
    tx.run(_SUPERSEDE, kind=kind, stream=stream_id, offer=offer, now=now)
    broadcast = tx.insert(
        _START, kind=kind, stream=stream_id, offer=offer, actor=actor, now=now, report_at=now + REPORT_AFTER
    )
    tx.rings_due = True
    return broadcast


def running(tx: Tx) -> list[int]:
    """Broadcasts that have people left to tell, oldest first."""
    return [row["id"] for row in tx.all(_RUNNING)]


_BROADCAST = """
    SELECT b.kind, b.stream_id, b.offer_id, b.cursor, s.status, s.starts_at
    FROM broadcasts AS b JOIN streams AS s ON s.id = b.stream_id
    WHERE b.id = :id AND b.state = 'running'
"""
_ADVANCE = "UPDATE broadcasts SET cursor = :cursor, told = told + :told WHERE id = :id"
_FINISH = "UPDATE broadcasts SET state = 'done', done_at = :now WHERE id = :id"


def fan_out(tx: Tx, broadcast_id: int, now: int, page: int = PAGE) -> bool:
    """Enqueue a broadcast for its next `page` people; True once nothing is left to do for it.

    People who blocked the bot are passed over. When the stream has gone on so that the news is none, the rest is
    dropped. `told` counts the people it was enqueued for.
    """
    broadcast = tx.one(_BROADCAST, id=broadcast_id)
    if broadcast is None:
        return True
    kind = Kind(broadcast["kind"])
    rule = _RULES[kind]
    status = StreamStatus(broadcast["status"])
    # The bot was down: what was to begin long ago and has not is no news.
    is_past = status is StreamStatus.ANNOUNCED and broadcast["starts_at"] + LATEST_MS < now
    if status not in rule.worth_while or is_past:
        tx.run(_FINISH, id=broadcast_id, now=now)
        return True
    stream = broadcast["stream_id"]
    people = [row["id"] for row in tx.all(rule.audience, stream=stream, cursor=broadcast["cursor"], page=page)]
    params = {"starts_at": broadcast["starts_at"]} if kind is Kind.MOVED else {}
    if broadcast["offer_id"] is not None:
        params["offer"] = broadcast["offer_id"]
    told = 0
    for person in people:
        row = outbox.tell(
            tx,
            person,
            rule.message,
            now=now,
            lane=rule.lane,
            dedupe=f"{kind}:{broadcast_id}:{person}",
            part_of=broadcast_id,
            stream=stream,
            **params,
        )
        told += row is not None
    if people:
        tx.run(_ADVANCE, id=broadcast_id, cursor=people[-1], told=told)
    if len(people) < page:
        tx.run(_FINISH, id=broadcast_id, now=now)
        return True
    return False
