"""Presales: from an offer that sold out to one that ships later, by the host's terms and the supplier's word.

Owns `presales` and the host's part; the supplier's word and the opening are in `openings`. Terms have a version:
whoever answers to others than those that stand is shown these. The supplier's people answer; where none of them can
be asked, or they said yes some other way, a host opens it in their name, and the books say so.
"""

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from shop.lots import MOST_PACKS
from shop.offers import Availability
from shop.streams import StreamStatus
from shop.windows import Window
from storage import audit, cards, offers, outbox, roles, waitlist
from storage.connection import Tx
from storage.offers import AlreadyOffered, Offer
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused
from storage.streams import OutOfTurn


class Status(StrEnum):
    """`COUNTERED`: the supplier proposes another date, and a host has to accept it or change the terms."""

    DRAFT = "draft"
    ASKED = "asked"
    COUNTERED = "countered"
    OPEN = "open"
    DECLINED = "declined"
    DROPPED = "dropped"

    @property
    def is_prepared(self) -> bool:
        """Neither open nor given up."""
        return self in (Status.DRAFT, Status.ASKED, Status.COUNTERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presale:
    """A presale with the offer it follows. Price in minor units, instants UTC ms, quantity in packs.

    `answered_by` is the name of who spoke for the supplier; None while nobody has, and where a host opened it in
    their name. `can_ask`: somebody of the supplier can be written to.
    """

    id: int
    origin: Offer
    offer_id: int | None
    status: Status
    version: int
    quantity: int
    price: int
    window: Window
    proposed: Window | None
    sold_out_at: int | None
    drafted_by: int
    answered_by: str | None
    opened_at: int | None
    served_people: int
    served_units: int
    can_ask: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """The terms stand and are before the hosts."""

    presale_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The supplier is asked, or has answered; everybody concerned sees it."""

    presale_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyDrafted(Refused):
    """There is a presale of this offer, prepared or open."""

    presale_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSoldOut(Refused):
    """Units are free again: what is there is sold first."""

    offer_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanwhile(Refused):
    """The terms are others by now, or the presale is open or over; nothing was changed by this."""

    presale_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatesGone(Refused):
    """The presale would have to ship before it can be ordered: it needs another date."""

    presale_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyToAsk(Refused):
    """Nobody of the supplier can be written to: a host opens it in their name."""

    presale_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskFirst(Refused):
    """The supplier can be asked, or has proposed another date: they are not passed over."""

    presale_id: int


# -- Looking ------------------------------------------------------------------------------------------------

_VIEW = """
    SELECT s.*, p.name AS answerer FROM presales AS s LEFT JOIN people AS p ON p.id = s.answered_by WHERE s.id = :id
"""
_LIVE = "SELECT id FROM presales INDEXED BY presales_live WHERE from_offer_id = :offer AND ended_at IS NULL"
_BY_OFFER = "SELECT id FROM presales WHERE offer_id = :offer"
_OF_SUPPLIER = """
    SELECT id FROM presales INDEXED BY presales_by_supplier
    WHERE supplier_id = :supplier AND ended_at IS NULL AND status <> 'draft' ORDER BY id DESC LIMIT :limit
"""


def view(tx: Tx, presale: int) -> Presale | None:
    """A presale, or None."""
    row = tx.one(_VIEW, id=presale)
    origin = None if row is None else offers.view(tx, row["from_offer_id"])
    return None if row is None or origin is None else _presale(tx, row, origin)


def live_of(tx: Tx, offer_id: int) -> int | None:
    """The presale of an offer that is prepared or open, or None."""
    found: int | None = tx.value(_LIVE, offer=offer_id)
    return found


def about(tx: Tx, offer: Offer) -> int | None:
    """The presale an offer is, or has led to."""
    if offer.availability is Availability.PRESALE:
        found: int | None = tx.value(_BY_OFFER, offer=offer.id)
        return found
    return live_of(tx, offer.id)


def of_supplier(tx: Tx, supplier: int, limit: int = 5) -> list[int]:
    """The newest presales a supplier was asked about, those that were given up left out."""
    return [row["id"] for row in tx.all(_OF_SUPPLIER, supplier=supplier, limit=limit)]


def _presale(tx: Tx, row: sqlite3.Row, origin: Offer) -> Presale:
    proposed = None
    if row["proposed_until"] is not None:
        proposed = Window(row["proposed_from"], row["proposed_until"])
    return Presale(
        id=row["id"],
        origin=origin,
        offer_id=row["offer_id"],
        status=Status(row["status"]),
        version=row["version"],
        quantity=row["quantity"],
        price=row["price"],
        window=Window(row["ships_from"], row["ships_until"]),
        proposed=proposed,
        sold_out_at=row["sold_out_at"],
        drafted_by=row["drafted_by"],
        answered_by=row["answerer"],
        opened_at=row["opened_at"],
        served_people=row["served_people"],
        served_units=row["served_units"],
        can_ask=bool(roles.reachable(tx, Role.SUPPLIER, row["supplier_id"])),
    )


# -- The host's terms ---------------------------------------------------------------------------------------

_DRAFT = """
    INSERT INTO presales (from_offer_id, supplier_id, quantity, price, ships_from, ships_until, sold_out_at,
        drafted_by, drafted_at)
    VALUES (:offer, :supplier, :quantity, :price, :ships_from, :ships_until, :sold_out_at, :actor, :now)
"""


def draft(
    tx: Tx, *, actor: int, offer_id: int, window: Window, now: int, anchor: int | None = None
) -> Drafted | AlreadyDrafted | AlreadyOffered | NotSoldOut | NotAllowed | NotFound | OutOfTurn:
    """`Open presale`: as many packs as there were, or as the waiting list wants if that is more, at the price of now,
    shipping within `window`. Also after the stream; not before it is public, nor once it is called off."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    offer = offers.view(tx, offer_id)
    if offer is None or offer.availability is Availability.PRESALE:
        return NotFound()
    before = live_of(tx, offer_id)
    if before is not None:
        return AlreadyDrafted(presale_id=before)
    if offer.stream_status in (StreamStatus.DRAFT, StreamStatus.CANCELLED):
        return OutOfTurn(status=offer.stream_status)
    same = offers.presale_of(tx, offer)
    if same is not None:
        return AlreadyOffered(offer_id=same.id)
    if not offer.is_sold_out:
        return NotSoldOut(offer_id=offer_id)
    wanted = max(offer.quantity or 1, waitlist.line(tx, offer_id).units, 1)
    id_ = tx.insert(
        _DRAFT,
        offer=offer_id,
        supplier=offer.supplier_id,
        quantity=min(wanted, MOST_PACKS),
        price=max(offer.price, 1),
        ships_from=window.from_ms,
        ships_until=window.until_ms,
        sold_out_at=offer.sold_out_at,
        actor=actor,
        now=now,
    )
    audit.note(tx, actor, "presale.drafted", f"offer:{offer_id}", now, presale=id_)
    tell(tx, id_, now, actor, anchor)
    return Drafted(presale_id=id_)


_CHANGE = """
    UPDATE presales SET quantity = coalesce(:quantity, quantity), price = coalesce(:price, price),
        ships_from = coalesce(:ships_from, ships_from), ships_until = coalesce(:ships_until, ships_until),
        status = 'draft', version = version + 1, proposed_from = NULL, proposed_until = NULL, answered_by = NULL
    WHERE id = :id
"""


def change(
    tx: Tx,
    *,
    actor: int,
    presale_id: int,
    version: int,
    now: int,
    quantity: int | None = None,
    price: int | None = None,
    window: Window | None = None,
    anchor: int | None = None,
) -> Drafted | Meanwhile | DatesGone | NotAllowed | NotFound:
    """Other terms, until it is open. A supplier who was asked, or has proposed a date, is to be asked anew."""
    presale = prepared(tx, actor, presale_id, version)
    if not isinstance(presale, Presale):
        return presale
    if window is not None and window.from_ms <= now:
        return DatesGone(presale_id=presale_id)
    tx.run(
        _CHANGE,
        id=presale_id,
        quantity=quantity,
        price=price,
        ships_from=None if window is None else window.from_ms,
        ships_until=None if window is None else window.until_ms,
    )
    audit.note(tx, actor, "presale.changed", f"offer:{presale.origin.id}", now, presale=presale_id)
    tell(tx, presale_id, now, actor, anchor)
    return Drafted(presale_id=presale_id)


def prepared(tx: Tx, actor: int, presale_id: int, version: int) -> Presale | Meanwhile | NotAllowed | NotFound:
    """The presale at these very terms, for a host, while it is prepared."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    presale = view(tx, presale_id)
    if presale is None:
        return NotFound()
    return presale if presale.status.is_prepared and presale.version == version else Meanwhile(presale_id=presale_id)


_ASK = "UPDATE presales SET status = 'asked' WHERE id = :id"


def ask(
    tx: Tx, *, actor: int, presale_id: int, version: int, now: int, anchor: int | None = None
) -> Sent | Meanwhile | DatesGone | NobodyToAsk | NotAllowed | NotFound:
    """Put the terms before everybody who speaks for the supplier."""
    presale = prepared(tx, actor, presale_id, version)
    if not isinstance(presale, Presale):
        return presale
    if presale.status is not Status.DRAFT:
        return Meanwhile(presale_id=presale_id)
    if presale.window.from_ms <= now:
        return DatesGone(presale_id=presale_id)
    if not presale.can_ask:
        return NobodyToAsk(presale_id=presale_id)
    tx.run(_ASK, id=presale_id)
    audit.note(tx, actor, "presale.asked", f"offer:{presale.origin.id}", now, presale=presale_id)
    tell(tx, presale_id, now, actor, anchor)
    return Sent(presale_id=presale_id)


_GIVE_UP = """
    UPDATE presales SET status = :status, ended_at = :now, answered_by = :by, proposed_from = NULL,
        proposed_until = NULL
    WHERE id = :id
"""


def drop(
    tx: Tx, *, actor: int, presale_id: int, version: int, now: int, anchor: int | None = None
) -> Sent | Meanwhile | NotAllowed | NotFound:
    """`Discard`: there will be none. What waits for it goes on waiting for the offer, as long as that is for sale."""
    presale = prepared(tx, actor, presale_id, version)
    if not isinstance(presale, Presale):
        return presale
    give_up(tx, presale_id, Status.DROPPED, None, now)
    audit.note(tx, actor, "presale.dropped", f"offer:{presale.origin.id}", now, presale=presale_id)
    tell(tx, presale_id, now, actor, anchor)
    return Sent(presale_id=presale_id)


def give_up(tx: Tx, presale_id: int, status: Status, by: int | None, now: int) -> None:
    """It ends unopened; `by` spoke for the supplier. The waiting list of a stream that is over closes now."""
    tx.run(_GIVE_UP, id=presale_id, status=status, by=by, now=now)
    tx.rings_due = True


# -- Telling ------------------------------------------------------------------------------------------------

_HOST_OF = "SELECT host_id FROM streams WHERE id = :id"
# What a supplier has said, or what came of it, reaches hosts as a message of its own: an edited card rings no bell.
_NEWS = frozenset({Status.COUNTERED, Status.OPEN, Status.DECLINED})


def tell(tx: Tx, presale_id: int, now: int, actor: int, anchor: int | None = None) -> None:
    """Bring the cards of hosts and of the supplier's people up to date; the actor's answers what they did."""
    presale = view(tx, presale_id)
    if presale is None:
        raise LookupError(f"no presale {presale_id}")
    card, news = f"presale:{presale_id}", presale.status in _NEWS
    host = tx.value(_HOST_OF, id=presale.origin.stream_id)
    is_host = roles.has_role(tx, actor, Role.HOST)
    hosts = [*([actor] if is_host else []), *roles.hosts_of(tx, host), presale.drafted_by, *cards.chats(tx, card)]
    for person in dict.fromkeys(hosts):
        if not roles.has_role(tx, person, Role.HOST):
            continue
        outbox.tell(
            tx,
            person,
            "presale_card",
            now=now,
            lane=Lane.REPLY if person == actor else Lane.ORDER,
            card=f"presale:{presale_id}",
            anchor=anchor if person == actor else None,
            presale=presale_id,
        )
        if news and person != actor:
            outbox.tell(tx, person, "presale_news", now=now, lane=Lane.ORDER, presale=presale_id)
    _tell_supplier(tx, presale, now, actor, anchor)


def _tell_supplier(tx: Tx, presale: Presale, now: int, actor: int, anchor: int | None) -> None:
    """Who speaks for the supplier hears of it once they are asked; an owner who answers for them sees it too."""
    card = f"presaleask:{presale.id}"
    theirs = roles.reachable(tx, Role.SUPPLIER, presale.origin.supplier_id)
    for person in dict.fromkeys([*theirs, *cards.chats(tx, card)]):
        if presale.status is not Status.ASKED and not cards.is_in(tx, card, person):
            continue
        if roles.supplies(tx, person, presale.origin.supplier_id):
            outbox.tell(
                tx,
                person,
                "presale_ask",
                now=now,
                lane=Lane.REPLY if person == actor else Lane.ORDER,
                card=f"presaleask:{presale.id}",
                anchor=anchor if person == actor else None,
                presale=presale.id,
            )
