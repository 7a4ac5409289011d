"""Livestreams: made, announced, live, ended, moved or cancelled.

Owns `streams`. Who asked to be reminded is in `watchers`, when reminders fall due in `reminders`, who is told of an
announcement in `broadcasts`, what a stream sells in `offers`; its unpaid orders end in `endings`. Any host may act
on any stream: the stall is small, and the audit says who did.
"""

import itertools
import json
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shop import streams as rules
from shop.codes import new_stream_code
from shop.streams import StreamStatus
from storage import audit, broadcasts, cards, groupcards, outbox, reminders, roles
from storage.clock import DAY
from storage.connection import Tx
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused

_CODE_LENGTH = 6
_CODE_TRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Where a stream can be watched."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One livestream. Instants are UTC ms; `photo` is a Telegram file_id."""

    id: int
    code: str
    title: str
    host_id: int
    starts_at: int
    platforms: tuple[Platform, ...]
    photo: str | None
    status: StreamStatus
    created_at: int
    announced_at: int | None
    live_at: int | None
    ended_at: int | None
    cancelled_at: int | None
    paused_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfTurn(Refused):
    """The stream is in a state in which this can't be done (any more)."""

    status: StreamStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyAnnounced(Refused):
    """A second tap: followers have been told, or are being told."""

    stream: Stream


_VIEW = "SELECT * FROM streams WHERE id = :id"
_BY_CODE = "SELECT * FROM streams WHERE code = :code"
_UPCOMING = """
    SELECT * FROM streams INDEXED BY streams_open
    WHERE status IN ('announced', 'live') AND (status = 'live' OR starts_at > :since)
    ORDER BY starts_at, id LIMIT :limit
"""
_OF_HOST = "SELECT * FROM streams INDEXED BY streams_by_host WHERE host_id = :host ORDER BY id DESC LIMIT :limit"


def view(tx: Tx, stream: int) -> Stream | None:
    """One stream, or None. Whether a person may see it is `is_visible_to`."""
    row = tx.one(_VIEW, id=stream)
    return None if row is None else _stream(row)


def by_code(tx: Tx, code: str) -> Stream | None:
    """The stream of a deep link, or None."""
    row = tx.one(_BY_CODE, code=code.upper())
    return None if row is None else _stream(row)


def upcoming(tx: Tx, now: int, limit: int = 10) -> list[Stream]:
    """Announced and live streams by start; one that should have begun more than a day ago is left out."""
    return [_stream(row) for row in tx.all(_UPCOMING, since=now - DAY, limit=limit)]


def of_host(tx: Tx, host: int, limit: int = 10) -> list[Stream]:
    """A host's own streams, newest first."""
    return [_stream(row) for row in tx.all(_OF_HOST, host=host, limit=limit)]


def is_visible_to(tx: Tx, stream: Stream, person: int) -> bool:
    """A draft is for hosts only, every other stream for everybody (DESIGN rule 8)."""
    return stream.status.is_public or roles.has_role(tx, person, Role.HOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A draft, which only hosts see."""

    stream: Stream


_CREATE = """
    INSERT INTO streams (code, title, host_id, starts_at, platforms, photo, created_at)
    VALUES (:code, :title, :host, :starts_at, :platforms, :photo, :now)
"""


def create(
    tx: Tx,
    *,
    actor: int,
    title: str,
    starts_at: int,
    platforms: Sequence[Platform],
    photo: str | None,
    now: int,
    anchor: int | None = None,
) -> Created | NotAllowed:
    """Make a draft of what the host typed (checked where it was typed) and show its desk."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    id_ = tx.insert(
        _CREATE,
        code=_fresh_code(tx),
        title=title,
        host=actor,
        starts_at=starts_at,
        platforms=_platforms_json(platforms),
        photo=photo,
        now=now,
    )
    audit.note(tx, actor, "stream.created", f"stream:{id_}", now)
    show_desk(tx, id_, actor, now, anchor)
    return Created(stream=_existing(tx, id_))


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """Public now; followers are being told, reminders are set, offers are open."""

    stream: Stream


def announce(
    tx: Tx, *, actor: int, stream_id: int, offsets_ms: Iterable[int], now: int, anchor: int | None = None
) -> Announced | AlreadyAnnounced | NotAllowed | NotFound | OutOfTurn:
    """Make a draft public, also when nobody follows. `offsets_ms` are the distances of reminders from the start."""
    turned = _turn(tx, actor, stream_id, StreamStatus.ANNOUNCED, now)
    if isinstance(turned, OutOfTurn) and turned.status in (StreamStatus.ANNOUNCED, StreamStatus.LIVE):
        return AlreadyAnnounced(stream=_existing(tx, stream_id))
    if isinstance(turned, Refused):
        return turned
    reminders.plan(tx, stream_id, turned.starts_at, offsets_ms, now)
    broadcasts.start(tx, broadcasts.Kind.ANNOUNCE, stream_id, actor, now)
    show_desk(tx, stream_id, actor, now, anchor)
    return Announced(stream=turned)


@dataclass(frozen=True, slots=True, kw_only=True)
class WentLive:
    """Followers and those who asked are being told."""

    stream: Stream


def go_live(
    tx: Tx, *, actor: int, stream_id: int, now: int, anchor: int | None = None
) -> WentLive | NotAllowed | NotFound | OutOfTurn:
    """The stream runs. Reminders that would still come are dropped."""
    turned = _turn(tx, actor, stream_id, StreamStatus.LIVE, now)
    if isinstance(turned, Refused):
        return turned
    reminders.drop(tx, stream_id, "stream is live")
    broadcasts.start(tx, broadcasts.Kind.LIVE, stream_id, actor, now)
    show_desk(tx, stream_id, actor, now, anchor)
    return WentLive(stream=turned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Over; what was in stock is closed, the host has the report."""

    stream: Stream


def end(
    tx: Tx, *, actor: int, stream_id: int, now: int, anchor: int | None = None
) -> Ended | NotAllowed | NotFound | OutOfTurn:
    """The stream is over, also if nobody tapped `Go live`. Desk and report go to the host, and to who tapped."""
    turned = _turn(tx, actor, stream_id, StreamStatus.ENDED, now)
    if isinstance(turned, Refused):
        return turned
    reminders.drop(tx, stream_id, "stream is ended")
    show_desk(tx, stream_id, actor, now, anchor)
    outbox.tell(tx, actor, "report", now=now, stream=stream_id)
    if turned.host_id != actor:
        outbox.tell(tx, turned.host_id, "report", now=now, lane=Lane.ORDER, stream=stream_id)
    return Ended(stream=turned)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCancelled:
    """It will not be. `pending_orders` are unpaid orders that still stand: `endings.cancel_for_stream` ends them."""

    stream: Stream
    pending_orders: tuple[int, ...]


_PENDING = """
    SELECT id FROM orders INDEXED BY orders_by_stream WHERE stream_id = :stream AND status = 'pending' ORDER BY id
"""


def cancel(
    tx: Tx, *, actor: int, stream_id: int, now: int, anchor: int | None = None
) -> StreamCancelled | NotAllowed | NotFound | OutOfTurn:
    """Call a stream off. Who asked to be reminded, and buyers whose order stands, are told; no order is touched."""
    turned = _turn(tx, actor, stream_id, StreamStatus.CANCELLED, now)
    if isinstance(turned, Refused):
        return turned
    reminders.drop(tx, stream_id, "stream is cancelled")
    if turned.announced_at is not None:
        broadcasts.start(tx, broadcasts.Kind.CANCELLED, stream_id, actor, now)
    show_desk(tx, stream_id, actor, now, anchor)
    pending = tuple(row["id"] for row in tx.all(_PENDING, stream=stream_id))
    return StreamCancelled(stream=turned, pending_orders=pending)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The stream as it is now. `is_moved`: those who asked to be reminded are being told of the new start."""

    stream: Stream
    is_moved: bool


_EDIT = """
    UPDATE streams SET title = :title, starts_at = :starts_at, platforms = :platforms, photo = :photo WHERE id = :id
"""


def edit(
    tx: Tx,
    *,
    actor: int,
    stream_id: int,
    offsets_ms: Iterable[int],
    now: int,
    title: str | None = None,
    starts_at: int | None = None,
    is_start_moved: bool = False,
    platforms: Sequence[Platform] | None = None,
    photo: str | None = None,
    anchor: int | None = None,
) -> Edited | NotAllowed | NotFound | OutOfTurn:
    """Change what is given and leave the rest. A new start re-plans the reminders; once live it stays.

    `is_start_moved`: the typed start is skipped by a clock change, which the desk tells who typed it.
    """
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    stream = view(tx, stream_id)
    if stream is None:
        return NotFound()
    start = stream.starts_at if starts_at is None else starts_at
    is_later = start != stream.starts_at
    if stream.status.is_over or (is_later and stream.status is StreamStatus.LIVE):
        return OutOfTurn(status=stream.status)
    tx.run(
        _EDIT,
        id=stream_id,
        title=stream.title if title is None else title,
        starts_at=start,
        platforms=_platforms_json(stream.platforms if platforms is None else platforms),
        photo=stream.photo if photo is None else photo,
    )
    is_moved = is_later and stream.status is StreamStatus.ANNOUNCED
    if is_moved:
        reminders.plan(tx, stream_id, start, offsets_ms, now)
        broadcasts.start(tx, broadcasts.Kind.MOVED, stream_id, actor, now)
    audit.note(tx, actor, "stream.edited", f"stream:{stream_id}", now, starts_at=start)
    show_desk(tx, stream_id, actor, now, anchor, is_start_moved=is_start_moved)
    return Edited(stream=_existing(tx, stream_id), is_moved=is_moved)


def show_desk(
    tx: Tx, stream_id: int, actor: int, now: int, anchor: int | None = None, *, is_start_moved: bool = False
) -> None:
    """Show the stream's desk to who acts; other hosts' copies of it are brought up to date where they stand."""
    card = f"desk:{stream_id}"
    outbox.tell(
        tx,
        actor,
        "desk",
        now=now,
        card=card,
        anchor=anchor,
        stream=stream_id,
        is_start_moved=is_start_moved or None,
    )
    for chat in cards.chats(tx, card):
        if chat != actor and roles.has_role(tx, chat, Role.HOST):
            outbox.tell(tx, chat, "desk", now=now, lane=Lane.ORDER, card=card, stream=stream_id)


_TURN = """
    UPDATE streams SET status = :status,
        announced_at = iif(:status = 'announced', :now, announced_at),
        live_at = iif(:status = 'live', :now, live_at),
        ended_at = iif(:status = 'ended', :now, ended_at),
        cancelled_at = iif(:status = 'cancelled', :now, cancelled_at)
    WHERE id = :id
"""


def _turn(
    tx: Tx, actor: int, stream_id: int, status: StreamStatus, now: int
) -> Stream | NotAllowed | NotFound | OutOfTurn:
    """Bring a stream into its next state, if the actor may and the state allows it."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    stream = view(tx, stream_id)
    if stream is None:
        return NotFound()
    if not rules.can(stream.status, status):
        return OutOfTurn(status=stream.status)
    tx.run(_TURN, id=stream_id, status=status, now=now)
    tx.rings_due = True  # waiting lists close with their stream
    audit.note(tx, actor, f"stream.{status}", f"stream:{stream_id}", now, was=stream.status)
    groupcards.turned(tx, stream_id, status, now)
    return _existing(tx, stream_id)


def _fresh_code(tx: Tx) -> str:
    """A code no stream has had, longer once many of a length are taken."""
    rng, tries = secrets.SystemRandom(), itertools.count()
    while True:
        code = new_stream_code(rng, _CODE_LENGTH + next(tries) // _CODE_TRIES)
        if tx.one(_BY_CODE, code=code) is None:
            return code


def _existing(tx: Tx, stream_id: int) -> Stream:
    return _stream(tx.all(_VIEW, id=stream_id)[0])


def _platforms_json(platforms: Sequence[Platform]) -> str:
    found = [{"name": platform.name, "url": platform.url} for platform in platforms]
    return json.dumps(found, ensure_ascii=False)


def _stream(row: sqlite3.Row) -> Stream:
    return Stream(
        id=row["id"],
        code=row["code"],
        title=row["title"],
        host_id=row["host_id"],
        starts_at=row["starts_at"],
        platforms=tuple(Platform(**platform) for platform in json.loads(row["platforms"])),
        photo=row["photo"],
        status=StreamStatus(row["status"]),
        created_at=row["created_at"],
        announced_at=row["announced_at"],
        live_at=row["live_at"],
        ended_at=row["ended_at"],
        cancelled_at=row["cancelled_at"],
        paused_at=row["paused_at"],
    )
