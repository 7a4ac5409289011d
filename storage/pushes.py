"""One product told to everybody who follows or waits for the stream, and to its groups: `Push`.

Owns the act, and how soon the same product may be told again. Who hears it and how it is paced is `broadcasts`', how
far it has come `progress`'.
"""

from dataclasses import dataclass

from shop.offers import Standing
from shop.streams import StreamStatus
from storage import audit, broadcasts, groups, offers, outbox, roles
from storage.clock import MINUTE
from storage.connection import Tx
from storage.offers import Offer
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused

AGAIN_AFTER = 10 * MINUTE
MOST_GROUPS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """When a product was last told to everybody (UTC ms), and by whom."""

    at: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """People are being told."""

    broadcast_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JustPushed(Refused):
    """A second tap, or another host was first: nobody is told the same twice within `AGAIN_AFTER`."""

    offer_id: int
    push: Push


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToOrder(Refused):
    """It can't be ordered now: sold out, paused, not open, or closed with its stream."""

    offer_id: int


_LAST = """
    SELECT b.created_at, p.name FROM broadcasts AS b INDEXED BY broadcasts_by_offer
    JOIN people AS p ON p.id = b.created_by WHERE b.offer_id = :offer ORDER BY b.id DESC LIMIT 1
"""


def last(tx: Tx, offer_id: int) -> Push | None:
    """When the product was last told, or None."""
    row = tx.one(_LAST, offer=offer_id)
    return None if row is None else Push(at=row["created_at"], by=row["name"])


def push(
    tx: Tx, *, actor: int, offer_id: int, now: int, page: int = 0, anchor: int | None = None
) -> Pushed | JustPushed | NothingToOrder | NotAllowed | NotFound:
    """Tell everybody of one product. The list of products answers, at this `page`,
    with the moment beside it."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    offer = offers.view(tx, offer_id)
    if offer is None:
        return NotFound()
    if not is_worth_while(offer, now):
        return NothingToOrder(offer_id=offer_id)
    before = last(tx, offer_id)
    # On either side: with the clock set back the last one seems to come from the future.
    if before is not None and abs(now - before.at) < AGAIN_AFTER:
        return JustPushed(offer_id=offer_id, push=before)
    broadcast = broadcasts.start(tx, broadcasts.Kind.PUSH, offer.stream_id, actor, now, offer=offer_id)
    for group in groups.live(tx, MOST_GROUPS):
        stream = groups.current(tx, group, now)
        if stream is not None and stream.id == offer.stream_id:
            outbox.tell(
                tx,
                group.chat_id,
                "offer_pushed_group",
                now=now,
                lane=Lane.BROADCAST,
                dedupe=f"push:{broadcast}:{group.chat_id}",
                offer=offer_id,
            )
    audit.note(tx, actor, "offer.pushed", f"offer:{offer_id}", now, broadcast=broadcast)
    outbox.tell(tx, actor, "pushes", now=now, anchor=anchor, stream=offer.stream_id, page=page)
    return Pushed(broadcast_id=broadcast)


def is_worth_while(offer: Offer, now: int) -> bool:
    """Can people who hear of it order it, in a stream that is ahead or on?"""
    is_running = offer.stream_status in (StreamStatus.ANNOUNCED, StreamStatus.LIVE)
    return is_running and offer.standing(now) is Standing.OPEN and not offer.is_sold_out
