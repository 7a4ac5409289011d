"""Stream desks: what a host sees of a stream and its sales, and the acts that begin or end there.

Owns no table: it puts acts of `streams`, `endings` and `dialogs` together where one tap or answer means both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from storage import dialogs, endings, roles, salesboard, streams, watchers
from storage.connection import Tx
from storage.dialogs import Dialog, Moved
from storage.offers import Offer
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.salesboard import Board
from storage.store import Refused
from storage.streams import OutOfTurn, Stream

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A stream with what it sells and how it stands: people who follow and wait, orders by state, the sales.

    `is_start_moved`: the start just typed is skipped by a clock change, this is the first moment after. `is_refresh`:
    nobody has asked for it, it only keeps itself current.
    """

    stream: Stream
    board: Board
    followers: int
    watchers: int
    unpaid: int
    paid: int
    completed: int
    is_start_moved: bool = False
    is_refresh: bool = False

    @property
    def offers(self) -> tuple[Offer, ...]:
        return tuple(sales.offer for sales in self.board.sales)


_FOLLOWERS = """
    SELECT COUNT(*) FROM people INDEXED BY people_followers WHERE follows_since IS NOT NULL AND blocked_at IS NULL
"""
_ORDERS = """
    SELECT COUNT(*) FILTER (WHERE status = 'pending') AS unpaid, COUNT(*) FILTER (WHERE status = 'paid') AS paid,
        COUNT(*) FILTER (WHERE status = 'completed') AS completed
    FROM orders INDEXED BY orders_by_stream WHERE stream_id = :stream
"""
_NEWEST = "SELECT id FROM streams ORDER BY id DESC LIMIT :limit"


def view(tx: Tx, stream_id: int, person: int) -> Desk | None:
    """A stream's desk, or None for whoever is not a host."""
    stream = streams.view(tx, stream_id)
    if stream is None or not roles.has_role(tx, person, Role.HOST):
        return None
    counted = tx.all(_ORDERS, stream=stream_id)[0]
    return Desk(
        stream=stream,
        board=salesboard.view(tx, stream_id),
        followers=tx.value(_FOLLOWERS),
        watchers=watchers.count(tx, stream_id),
        unpaid=counted["unpaid"],
        paid=counted["paid"],
        completed=counted["completed"],
    )


def streams_for(tx: Tx, person: int, limit: int = 10) -> list[Stream]:
    """The streams whose desks a person looks for, newest first: a host's own, an owner's are everybody's."""
    if Role.OWNER not in roles.of(tx, person):
        return streams.of_host(tx, person, limit)
    found = (streams.view(tx, row["id"]) for row in tx.all(_NEWEST, limit=limit))
    return [stream for stream in found if stream is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The desk is on its way to the host; from now on it is kept up to date there."""

    stream_id: int


def open_desk(
    tx: Tx, *, actor: int, stream_id: int, now: int, anchor: int | None = None
) -> Opened | NotAllowed | NotFound:
    """Show a host the desk of a stream as the card that later acts bring up to date.

    Whoever comes back to a desk leaves what they were being asked about that stream.
    """
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    if streams.view(tx, stream_id) is None:
        return NotFound()
    asked = dialogs.of(tx, actor)
    if asked is not None and asked.data.get("stream") == stream_id:
        dialogs.end(tx, dialog=asked.id, now=now)
    streams.show_desk(tx, stream_id, actor, now, anchor)
    return Opened(stream_id=stream_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledOff:
    """The stream will not be: `unpaid` orders ended with it, `paid` ones stay and are still owed."""

    stream: Stream
    unpaid: int
    paid: int


def call_off(
    tx: Tx, *, actor: int, stream_id: int, now: int, anchor: int | None = None
) -> CalledOff | NotAllowed | NotFound | OutOfTurn:
    """Cancel a stream together with its unpaid orders; everybody concerned is told."""
    cancelled = streams.cancel(tx, actor=actor, stream_id=stream_id, now=now, anchor=anchor)
    if isinstance(cancelled, Refused):
        return cancelled
    endings.cancel_for_stream(tx, actor=actor, stream_id=stream_id, now=now)
    paid = tx.all(_ORDERS, stream=stream_id)[0]["paid"]
    return CalledOff(stream=cancelled.stream, unpaid=len(cancelled.pending_orders), paid=paid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """The dialog is over and nothing came of it; `why` is what its act said."""

    why: Refused


def conclude(tx: Tx, *, dialog: Dialog, act: Callable[[Tx], R], now: int) -> R | Dropped | Moved:
    """End a dialog and do what it was about, together. `act` refuses before it writes, if at all.

    A refusal ends the dialog too: nobody should be asked again for what can't be done any more.
    """
    if dialogs.view(tx, dialog.id) != dialog:
        return Moved()
    dialogs.end(tx, dialog=dialog.id, now=now)
    outcome = act(tx)
    return Dropped(why=outcome) if isinstance(outcome, Refused) else outcome
