"""Selling stops for a while and goes on: one product of a stream, or all of it.

Owns the acts and the two columns `paused_at`. Paused is a standing of the offer (`shop.offers`), so it is asked where
everything else about an order is: by `quotes.check`, in the transaction that would take the units. What stands is
not touched: unpaid orders can be paid, their time runs on, and what words or the waiting list hold is its person's to
order.
"""

from dataclasses import dataclass

from shop.offers import Standing
from shop.streams import StreamStatus
from storage import audit, deskcards, offers, outbox, roles, streams, waitlist
from storage.connection import Tx
from storage.offers import Offer
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused
from storage.streams import OutOfTurn, Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """Nothing of it can be ordered until somebody goes on."""

    stream_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """It sells again; who waits was served first."""

    stream_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadySo(Refused):
    """A second tap, or another host was first: it is as wished."""

    stream_id: int


Refusal = AlreadySo | NotAllowed | NotFound | OutOfTurn

_OFFER = "UPDATE offers SET paused_at = :at WHERE id = :id AND (paused_at IS NULL) <> (:at IS NULL)"
_STREAM = "UPDATE streams SET paused_at = :at WHERE id = :id AND (paused_at IS NULL) <> (:at IS NULL)"


def pause(
    tx: Tx, *, actor: int, offer_id: int, now: int, page: int = 0, anchor: int | None = None
) -> Paused | Refusal:
    """Pause one product. `page` of the list is shown again."""
    offer = _offer(tx, actor, offer_id, now)
    if not isinstance(offer, Offer):
        return offer
    if not tx.run(_OFFER, id=offer_id, at=now):
        return AlreadySo(stream_id=offer.stream_id)
    audit.note(tx, actor, "offer.paused", f"offer:{offer_id}", now)
    _tell(tx, actor, offer.stream_id, now, anchor, page)
    return Paused(stream_id=offer.stream_id)


def resume(
    tx: Tx, *, actor: int, offer_id: int, now: int, page: int = 0, anchor: int | None = None
) -> Resumed | Refusal:
    """Sell one product again. While the whole stream is paused, it sells when that goes on."""
    offer = _offer(tx, actor, offer_id, now)
    if not isinstance(offer, Offer):
        return offer
    if not tx.run(_OFFER, id=offer_id, at=None):
        return AlreadySo(stream_id=offer.stream_id)
    audit.note(tx, actor, "offer.resumed", f"offer:{offer_id}", now)
    waitlist.serve(tx, offer_id, now)
    _tell(tx, actor, offer.stream_id, now, anchor, page)
    return Resumed(stream_id=offer.stream_id)


def pause_all(tx: Tx, *, actor: int, stream_id: int, now: int, anchor: int | None = None) -> Paused | Refusal:
    """`Pause everything`: also what is added to the stream meanwhile."""
    stream = _stream(tx, actor, stream_id, now)
    if not isinstance(stream, Stream):
        return stream
    if not tx.run(_STREAM, id=stream_id, at=now):
        return AlreadySo(stream_id=stream_id)
    audit.note(tx, actor, "stream.paused", f"stream:{stream_id}", now)
    _tell(tx, actor, stream_id, now, anchor)
    return Paused(stream_id=stream_id)


def resume_all(
    tx: Tx, *, actor: int, stream_id: int, now: int, anchor: int | None = None, is_from_desk: bool = False
) -> Resumed | Refusal:
    """`Resume everything`, or `Resume` on the desk, which then answers itself. A product that was paused alone stays
    so."""
    stream = _stream(tx, actor, stream_id, now)
    if not isinstance(stream, Stream):
        return stream
    if not tx.run(_STREAM, id=stream_id, at=None):
        return AlreadySo(stream_id=stream_id)
    audit.note(tx, actor, "stream.resumed", f"stream:{stream_id}", now)
    for offer in offers.listing(tx, stream_id):
        waitlist.serve(tx, offer.id, now)
    if is_from_desk:
        streams.show_desk(tx, stream_id, actor, now, anchor)
    _tell(tx, actor, stream_id, now, anchor, None if is_from_desk else 0)
    return Resumed(stream_id=stream_id)


def _offer(tx: Tx, actor: int, offer_id: int, now: int) -> Offer | NotAllowed | NotFound | OutOfTurn:
    """The offer, if the actor is a host and it is on sale, or would be but for a pause."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    offer = offers.view(tx, offer_id)
    if offer is None:
        return NotFound()
    is_sold = offer.stream_status.is_public and offer.standing(now) is not Standing.CLOSED
    return offer if is_sold else OutOfTurn(status=offer.stream_status)


def _stream(tx: Tx, actor: int, stream_id: int, now: int) -> Stream | NotAllowed | NotFound | OutOfTurn:
    """The stream, if the actor is a host and something of it is on sale: a presale goes on after its end."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    stream = streams.view(tx, stream_id)
    if stream is None:
        return NotFound()
    is_running = stream.status in (StreamStatus.ANNOUNCED, StreamStatus.LIVE)
    is_sold = is_running or any(
        stream.status.is_public and offer.standing(now) is not Standing.CLOSED
        for offer in offers.listing(tx, stream_id)
    )
    return stream if is_sold else OutOfTurn(status=stream.status)


def _tell(tx: Tx, actor: int, stream_id: int, now: int, anchor: int | None, page: int | None = 0) -> None:
    """The list of what sells answers a tap there, at this page; desks and groups follow."""
    tx.rings_due = True
    if page is not None:
        outbox.tell(tx, actor, "selling", now=now, anchor=anchor, stream=stream_id, page=page)
    deskcards.touch(tx, stream_id, now)
