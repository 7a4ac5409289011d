"""What people do about a waiting list themselves: join, leave, say no to what is held, settle for what there is.

Owns no table; entries are `waitlist`'s. Ordering what is held is an ordinary checkout.
"""

from dataclasses import dataclass

from shop import offers as rules
from shop.waitlist import Mode, Status
from storage import audit, deskcards, offers, outbox, stock, streams, waitlist
from storage.connection import Tx
from storage.people import NotFound
from storage.quotes import LimitReached, NotOpen
from storage.store import Refused
from storage.waitlist import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The person waits; or units are held for them already, if there were some for who takes what there is."""

    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyWaiting(Refused):
    """One wait per person and offer."""

    entry_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StillThere(Refused):
    """So many can simply be ordered."""

    offer_id: int


_JOIN = """
    INSERT INTO waitlist (offer_id, person_id, quantity, mode, joined_at)
    VALUES (:offer, :person, :quantity, :mode, :now)
"""


def join(
    tx: Tx, *, actor: int, offer_id: int, quantity: int, mode: Mode, now: int, anchor: int | None = None
) -> Joined | AlreadyWaiting | StillThere | LimitReached | NotOpen | NotFound:
    """Wait for `quantity` packs of an offer that has fewer, at the end of its list."""
    offer = offers.view(tx, offer_id)
    stream = None if offer is None else streams.view(tx, offer.stream_id)
    if offer is None or stream is None or not streams.is_visible_to(tx, stream, actor):
        return NotFound()
    earlier = waitlist.of(tx, offer_id, actor)
    if earlier is not None:
        return AlreadyWaiting(entry_id=earlier.id)
    if not rules.is_quantity(quantity):
        return NotFound()
    if not offer.is_open(now):
        return NotOpen(offer_id=offer_id)
    if offer.limit_per_buyer is not None:
        already = offers.bought_by(tx, offer_id, actor)
        if not rules.allowed(offer.limit_per_buyer, already, quantity):
            return LimitReached(offer_id=offer_id, limit=offer.limit_per_buyer, already=already)
    if offer.free is None or offer.free >= quantity:
        return StillThere(offer_id=offer_id)
    id_ = tx.insert(_JOIN, offer=offer_id, person=actor, quantity=quantity, mode=mode, now=now)
    deskcards.touch(tx, stream.id, now)
    audit.note(tx, actor, "waitlist.joined", f"offer:{offer_id}", now, entry=id_, quantity=quantity)
    return Joined(entry=_served(tx, id_, actor, now, anchor))


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """The person waits no longer; what was held for them has been passed on."""

    entry_id: int
    was_offered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Over(Refused):
    """The wait is over already, or what the button was about is."""

    entry_id: int


def leave(
    tx: Tx, *, actor: int, entry_id: int, now: int, turn: int | None = None, anchor: int | None = None
) -> Left | Over | NotFound:
    """`Leave`, at any time, or `No thanks` to what was held in this `turn`: the next ones are served at once."""
    entry = waitlist.view(tx, entry_id)
    if entry is None or entry.person_id != actor:
        return NotFound()
    is_offered = entry.status is Status.OFFERED
    if not entry.status.is_live or (turn is not None and (turn != entry.turn or not is_offered)):
        return Over(entry_id=entry_id)
    if is_offered:
        stock.release(tx, entry.offer_id, entry.id, entry.held, now, "declined")
    waitlist.end(tx, entry.id, Status.DECLINED if is_offered else Status.LEFT, now)
    subject = f"offer:{entry.offer_id}"
    if is_offered:
        audit.note(tx, actor, "waitlist.declined", subject, now, entry=entry.id, quantity=entry.held)
    else:
        audit.note(tx, actor, "waitlist.left", subject, now, entry=entry.id, quantity=entry.quantity)
    if turn is None:
        outbox.tell(tx, actor, "waitlist_entry", now=now, anchor=anchor, entry=entry.id)
    if is_offered:
        _answer_offer(tx, entry, now, anchor if turn is not None else None)
    waitlist.serve(tx, entry.offer_id, now)
    return Left(entry_id=entry.id, was_offered=is_offered)


def _answer_offer(tx: Tx, entry: Entry, now: int, anchor: int | None) -> None:
    """The message with the two buttons says how it was answered."""
    outbox.tell(
        tx,
        entry.person_id,
        "waitlist_offer",
        now=now,
        card=f"hold:{entry.id}-{entry.turn}",
        anchor=anchor,
        entry=entry.id,
        turn=entry.turn,
    )


_SETTLE = "UPDATE waitlist SET mode = :mode WHERE id = :id"


def settle(
    tx: Tx, *, actor: int, entry_id: int, mode: Mode, now: int, anchor: int | None = None
) -> Joined | Over | NotFound:
    """Change between all or nothing and what there is; the place stays."""
    entry = waitlist.view(tx, entry_id)
    if entry is None or entry.person_id != actor:
        return NotFound()
    if entry.status is not Status.WAITING:
        return Over(entry_id=entry_id)
    tx.run(_SETTLE, id=entry_id, mode=mode)
    audit.note(tx, actor, "waitlist.changed", f"offer:{entry.offer_id}", now, entry=entry_id, quantity=entry.quantity)
    return Joined(entry=_served(tx, entry_id, actor, now, anchor))


def _served(tx: Tx, entry_id: int, actor: int, now: int, anchor: int | None) -> Entry:
    """Serve the list an entry stands in, and answer with its place, unless the answer is units held for it."""
    entry = waitlist.view(tx, entry_id)
    if entry is None:
        raise LookupError(f"no waiting-list entry {entry_id}")
    waitlist.serve(tx, entry.offer_id, now)
    now_is = waitlist.view(tx, entry_id)
    if now_is is None or now_is.status is not Status.OFFERED:
        outbox.tell(tx, actor, "waitlist_entry", now=now, anchor=anchor, entry=entry_id)
    return now_is or entry
