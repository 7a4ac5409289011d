"""What the supplier says to a presale, and its opening: the offer stands, who waited is served first, then it is
everybody's, all in one transaction.

Owns the three ways to that: the supplier agrees, a host accepts the date the supplier proposed, a host opens it in
the supplier's name. Drafting and asking are in `presales`.
"""

from dataclasses import dataclass, replace

from shop.offers import Availability
from shop.streams import StreamStatus
from shop.windows import Window
from storage import audit, broadcasts, deskcards, groupcards, offers, presales, roles, waitlist
from storage.broadcasts import Kind
from storage.connection import Tx
from storage.offers import AlreadyOffered
from storage.people import NotAllowed, NotFound
from storage.presales import AskFirst, DatesGone, Meanwhile, Presale, Sent, Status
from storage.streams import OutOfTurn


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """It can be ordered. `offer_id` is the presale's own offer."""

    presale_id: int
    offer_id: int


Refusal = Meanwhile | DatesGone | AlreadyOffered | NotAllowed | NotFound | OutOfTurn


_PROPOSE = """
    UPDATE presales SET status = 'countered', version = version + 1, proposed_from = :first, proposed_until = :last,
        answered_by = :actor
    WHERE id = :id
"""


def asked(tx: Tx, actor: int, presale_id: int, version: int) -> Presale | Meanwhile | NotAllowed | NotFound:
    """The presale at these very terms, for who speaks for its supplier, while they are asked."""
    presale = presales.view(tx, presale_id)
    if presale is None:
        return NotFound()
    if not roles.supplies(tx, actor, presale.origin.supplier_id):
        return NotAllowed()
    is_asked = presale.status is Status.ASKED and presale.version == version
    return presale if is_asked else Meanwhile(presale_id=presale_id)


def propose(
    tx: Tx, *, actor: int, presale_id: int, version: int, window: Window, now: int, anchor: int | None = None
) -> Sent | Meanwhile | DatesGone | NotAllowed | NotFound:
    """`Propose another date`: the hosts accept it, or change the terms and ask again."""
    presale = asked(tx, actor, presale_id, version)
    if not isinstance(presale, Presale):
        return presale
    if window.from_ms <= now:
        return DatesGone(presale_id=presale_id)
    tx.run(_PROPOSE, id=presale_id, first=window.from_ms, last=window.until_ms, actor=actor)
    audit.note(tx, actor, "presale.countered", f"offer:{presale.origin.id}", now, presale=presale_id)
    presales.tell(tx, presale_id, now, actor, anchor)
    return Sent(presale_id=presale_id)


def decline(
    tx: Tx, *, actor: int, presale_id: int, version: int, now: int, anchor: int | None = None
) -> Sent | Meanwhile | NotAllowed | NotFound:
    """The supplier can't supply a presale at all."""
    presale = asked(tx, actor, presale_id, version)
    if not isinstance(presale, Presale):
        return presale
    presales.give_up(tx, presale_id, Status.DECLINED, actor, now)
    audit.note(tx, actor, "presale.declined", f"offer:{presale.origin.id}", now, presale=presale_id)
    presales.tell(tx, presale_id, now, actor, anchor)
    return Sent(presale_id=presale_id)


# -- Opening ------------------------------------------------------------------------------------------------


def agree(
    tx: Tx, *, actor: int, presale_id: int, version: int, now: int, anchor: int | None = None
) -> Opened | Refusal:
    """`Agree`: the supplier's people stand by these terms, and it opens at once."""
    presale = asked(tx, actor, presale_id, version)
    return _open(tx, presale, actor, actor, now, anchor) if isinstance(presale, Presale) else presale


_PROPOSER = "SELECT answered_by FROM presales WHERE id = :id"


def accept(
    tx: Tx, *, actor: int, presale_id: int, version: int, now: int, anchor: int | None = None
) -> Opened | Refusal:
    """A host accepts the date the supplier proposed: both agree, and it opens."""
    presale = presales.prepared(tx, actor, presale_id, version)
    if not isinstance(presale, Presale):
        return presale
    if presale.proposed is None:
        return Meanwhile(presale_id=presale_id)
    by = tx.value(_PROPOSER, id=presale_id)
    return _open(tx, replace(presale, window=presale.proposed), actor, by, now, anchor)


def open_for(
    tx: Tx, *, actor: int, presale_id: int, version: int, now: int, anchor: int | None = None
) -> Opened | AskFirst | Refusal:
    """A host opens it in the supplier's name: nobody of theirs can be written to, or they were asked and said yes
    some other way. Never over a date they have proposed."""
    presale = presales.prepared(tx, actor, presale_id, version)
    if not isinstance(presale, Presale):
        return presale
    if presale.status is Status.COUNTERED or (presale.status is Status.DRAFT and presale.can_ask):
        return AskFirst(presale_id=presale_id)
    return _open(tx, presale, actor, None, now, anchor)


_OPEN = """
    UPDATE presales SET status = 'open', offer_id = :offer, ships_from = :first, ships_until = :last,
        proposed_from = NULL, proposed_until = NULL, answered_by = :by, opened_at = :now,
        served_people = :people, served_units = :units
    WHERE id = :id
"""


def _open(
    tx: Tx, presale: Presale, actor: int, by: int | None, now: int, anchor: int | None
) -> Opened | DatesGone | AlreadyOffered | OutOfTurn:
    """`by` speaks for the supplier. Orders are taken until the day it begins to ship."""
    origin, window = presale.origin, presale.window
    if origin.stream_status in (StreamStatus.DRAFT, StreamStatus.CANCELLED):
        return OutOfTurn(status=origin.stream_status)
    if window.from_ms <= now:
        return DatesGone(presale_id=presale.id)
    same = offers.presale_of(tx, origin)
    if same is not None:
        return AlreadyOffered(offer_id=same.id)
    offer = offers.create(
        tx,
        actor=presale.drafted_by,
        quantity=presale.quantity,
        now=now,
        stream=origin.stream_id,
        product=origin.product_id,
        supplier=origin.supplier_id,
        price=presale.price,
        currency=origin.currency,
        limit_per_buyer=origin.limit_per_buyer,
        availability=Availability.PRESALE,
        opens_at=None,
        closes_at=window.from_ms,
        ships_within_days=None,
        ships_from=window.from_ms,
        ships_until=window.until_ms,
        hold=origin.hold,
    )
    _, served = carry(tx, origin.id, offer, now)
    tx.run(
        _OPEN,
        id=presale.id,
        offer=offer,
        first=window.from_ms,
        last=window.until_ms,
        by=by,
        people=served.people,
        units=served.units,
        now=now,
    )
    audit.note(tx, actor, "presale.opened", f"offer:{offer}", now, presale=presale.id, quantity=presale.quantity)
    broadcasts.start(tx, Kind.PRESALE, origin.stream_id, presale.drafted_by, now, offer=offer)
    groupcards.announce(tx, origin.stream_id, now)
    presales.tell(tx, presale.id, now, actor, anchor)
    return Opened(presale_id=presale.id, offer_id=offer)


# Who waits for both keeps the earlier place.
_LATER_DOUBLES = """
    UPDATE waitlist SET status = 'left', ended_at = :now WHERE id IN (
        SELECT MAX(id) FROM waitlist INDEXED BY waitlist_live
        WHERE offer_id IN (:from, :to) AND ended_at IS NULL AND status = 'waiting'
        GROUP BY person_id HAVING count(*) > 1)
"""
_MOVE = """
    UPDATE waitlist SET offer_id = :to WHERE offer_id = :from AND ended_at IS NULL AND status = 'waiting'
      AND person_id NOT IN (SELECT person_id FROM waitlist WHERE offer_id = :to AND ended_at IS NULL)
"""


def carry(tx: Tx, from_offer: int, to_offer: int, now: int) -> tuple[int, waitlist.Served]:
    """Carry who waits for one offer over to another, in their order, and serve them there; returns how many, and
    what they got.

    Units already held stay held where they are, with their people.
    """
    tx.run(_LATER_DOUBLES, **{"from": from_offer, "to": to_offer, "now": now})
    moved = tx.run(_MOVE, **{"from": from_offer, "to": to_offer})
    for offer in (from_offer, to_offer):
        deskcards.touch_offer(tx, offer, now)
    return moved, waitlist.serve(tx, to_offer, now)
