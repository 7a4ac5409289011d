"""A presale ships later than promised: every buyer with an order of it chooses to keep it or to have the money back.

Owns `delays` and `delay_choices`. Nobody's order moves without a word of theirs: who says nothing keeps the promise
of before, is reminded once, and stands before the host by code when the time is up; the two buttons go on working
until the parcel leaves. How a choice is carried out is in `choices`.
"""

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from shop import windows
from shop.offers import Availability
from shop.windows import Window
from storage import audit, cards, offers, outbox, roles
from storage.connection import Tx
from storage.offers import Offer
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused

PAGE = 100


class Choice(StrEnum):
    KEEP = "keep"
    REFUND = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """A presale's window that moved. `was` is the earliest promise that stood then; instants UTC ms.

    `is_last`: it has not moved again since. `is_closed`: the time to choose is up.
    """

    id: int
    offer: Offer
    was: Window
    window: Window
    moved_at: int
    answer_by: int
    is_last: bool
    is_closed: bool

    def concerns(self, ships_until: int | None) -> bool:
        """Was a line with this promise promised sooner?"""
        return ships_until is not None and ships_until < self.window.until_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How buyers have chosen. `silent` have not, and still can."""

    keep: int
    refund: int
    silent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The new window stands, and the buyers are being asked."""

    delay_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLater(Refused):
    """It would not ship later than promised: that needs nobody's word."""

    offer_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedMeanwhile(Refused):
    """Somebody else has moved it since this one was asked."""

    offer_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Over(Refused):
    """It can't ship later any more: the window lies behind, or it is no presale that stands."""

    offer_id: int


# -- Looking ------------------------------------------------------------------------------------------------

_VIEW = """
    SELECT d.*, NOT EXISTS (SELECT 1 FROM delays AS n INDEXED BY delays_by_offer
        WHERE n.offer_id = d.offer_id AND n.id > d.id) AS is_last
    FROM delays AS d WHERE d.id = :id
"""
_LAST_OF = "SELECT MAX(id) FROM delays INDEXED BY delays_by_offer WHERE offer_id = :offer"
_CHOSEN = """
    SELECT count(*) FILTER (WHERE choice = 'keep') AS keep, count(*) FILTER (WHERE choice = 'refund') AS refund
    FROM delay_choices INDEXED BY delay_choices_by_choice WHERE delay_id = :delay AND choice IN ('keep', 'refund')
"""
# Who can still choose: the order stands, has a line of the offer, and that line's parcel has not left.
_SILENT = """
    SELECT c.order_id, o.code, o.buyer_id, p.blocked_at IS NULL AS is_reachable
    FROM delays AS d JOIN delay_choices AS c INDEXED BY delay_choices_by_choice ON c.delay_id = d.id
    JOIN orders AS o ON o.id = c.order_id JOIN people AS p ON p.id = o.buyer_id
    WHERE d.id = :delay AND c.choice IS NULL AND c.order_id > :cursor AND o.status IN ('pending', 'paid')
      AND EXISTS (
        SELECT 1 FROM order_lines AS l INDEXED BY order_lines_by_offer
        WHERE l.offer_id = d.offer_id AND l.order_id = c.order_id AND l.ships_until < d.ships_until AND NOT EXISTS (
            SELECT 1 FROM shipments AS s WHERE s.order_id = l.order_id AND s.supplier_id = l.supplier_id
              AND s.status NOT IN ('requested', 'accepted')))
    ORDER BY c.order_id LIMIT :limit
"""


def view(tx: Tx, delay: int) -> Delay | None:
    """A delay, or None."""
    row = tx.one(_VIEW, id=delay)
    offer = None if row is None else offers.view(tx, row["offer_id"])
    if row is None or offer is None:
        return None
    return Delay(
        id=row["id"],
        offer=offer,
        was=Window(row["was_from"], row["was_until"]),
        window=Window(row["ships_from"], row["ships_until"]),
        moved_at=row["moved_at"],
        answer_by=row["answer_by"],
        is_last=bool(row["is_last"]),
        is_closed=row["phase"] == "over",
    )


def last_of(tx: Tx, offer_id: int) -> int | None:
    """The newest delay of an offer, or None."""
    found: int | None = tx.value(_LAST_OF, offer=offer_id)
    return found


def silent(tx: Tx, delay: int, limit: int = 10**6, cursor: int = 0) -> list[sqlite3.Row]:
    """Orders whose buyers have not chosen and still can: `order_id`, `code`, `buyer_id`, `is_reachable`."""
    return tx.all(_SILENT, delay=delay, cursor=cursor, limit=limit)


def tally(tx: Tx, delay: int) -> Tally:
    """How buyers have chosen so far."""
    row = tx.all(_CHOSEN, delay=delay)[0]
    return Tally(keep=row["keep"], refund=row["refund"], silent=len(silent(tx, delay)))


def may_move(tx: Tx, actor: int, offer: Offer) -> bool:
    """The supplier's people may, and hosts in their name."""
    return roles.supplies(tx, actor, offer.supplier_id) or roles.has_role(tx, actor, Role.HOST)


# -- Moving -------------------------------------------------------------------------------------------------

# Orders are taken until it begins to ship, as before. What closed for another reason, or long ago, stays closed.
_SHIFT = """
    UPDATE offers SET
        closes_at = CASE WHEN closes_at = ships_from AND closes_at > :now THEN :first ELSE closes_at END,
        ships_from = :first, ships_until = :last
    WHERE id = :offer
"""
_BEGIN = """
    INSERT INTO delays (offer_id, was_from, was_until, ships_from, ships_until, moved_by, moved_at, answer_by, due_at)
    VALUES (:offer, :was_from, :was_until, :first, :last, :actor, :now, :answer_by, :now)
"""
_OPEN_BEFORE = """
    SELECT id, was_from, was_until FROM delays INDEXED BY delays_by_offer
    WHERE offer_id = :offer AND phase <> 'over' ORDER BY id LIMIT 1
"""
_END_BEFORE = "UPDATE delays SET phase = 'over', due_at = NULL WHERE offer_id = :offer AND phase <> 'over'"


def move(
    tx: Tx, *, actor: int, offer_id: int, window: Window, was_until: int, now: int, anchor: int | None = None
) -> Moved | NotLater | MovedMeanwhile | Over | NotAllowed | NotFound:
    """The supplier, or a host in their name, ships later: new orders promise `window` from now on, and the buyers of
    before are asked, page by page by the clock. `was_until` is the end of the window the actor saw."""
    offer = offers.view(tx, offer_id)
    if offer is None or offer.availability is not Availability.PRESALE:
        return NotFound()
    if not may_move(tx, actor, offer):
        return NotAllowed()
    if offer.ships_from is None or offer.ships_until is None or window.from_ms <= now:
        return Over(offer_id=offer_id)
    if offer.ships_until != was_until:
        return MovedMeanwhile(offer_id=offer_id)
    if window.until_ms <= offer.ships_until:
        return NotLater(offer_id=offer_id)
    # Who has not answered the last time holds an older promise, which ends sooner.
    before = tx.one(_OPEN_BEFORE, offer=offer_id)
    was = Window(offer.ships_from, offer.ships_until)
    if before is not None:
        was = Window(before["was_from"], before["was_until"])
    tx.run(_END_BEFORE, offer=offer_id)
    tx.run(_SHIFT, offer=offer_id, first=window.from_ms, last=window.until_ms, now=now)
    id_ = tx.insert(
        _BEGIN,
        offer=offer_id,
        was_from=was.from_ms,
        was_until=was.until_ms,
        first=window.from_ms,
        last=window.until_ms,
        actor=actor,
        answer_by=windows.answer_by(was, now),
        now=now,
    )
    tx.rings_due = True
    audit.note(tx, actor, "presale.moved", f"offer:{offer_id}", now, delay=id_)
    tell(tx, id_, now, actor, anchor)
    return Moved(delay_id=id_)


# -- Asking, reminding, closing: each a page at a time --------------------------------------------------------

_DUE = "SELECT id FROM delays INDEXED BY delays_due WHERE due_at <= :now ORDER BY due_at, id LIMIT 1"
_NEXT = "SELECT MIN(due_at) FROM delays INDEXED BY delays_due WHERE due_at IS NOT NULL"
_GO_ON = "UPDATE delays SET phase = :phase, cursor = :cursor, due_at = :due WHERE id = :id"
# Whoever ordered since the move was promised the new window.
_TO_ASK = """
    SELECT DISTINCT l.order_id FROM order_lines AS l INDEXED BY order_lines_by_offer
    JOIN orders AS o ON o.id = l.order_id
    WHERE l.offer_id = :offer AND l.order_id > :cursor AND l.ships_until < :until
      AND o.status IN ('pending', 'paid') AND NOT EXISTS (
        SELECT 1 FROM shipments AS s WHERE s.order_id = l.order_id AND s.supplier_id = l.supplier_id
          AND s.status NOT IN ('requested', 'accepted'))
    ORDER BY l.order_id LIMIT :limit
"""


def next_due(tx: Tx) -> int | None:
    """When there is next something to ask, to remind of or to close; None if nothing waits."""
    at: int | None = tx.value(_NEXT)
    return at


def go_on(tx: Tx, *, now: int) -> bool:
    """One page of the first delay that is due; False once nothing is. A kill costs nothing: where it was stands in
    the row."""
    id_ = tx.value(_DUE, now=now)
    row = None if id_ is None else tx.one(_VIEW, id=id_)
    if row is None:
        return False
    match row["phase"]:
        case "ask":
            _ask_page(tx, row, now)
        case "remind":
            _remind_page(tx, row, now)
        case _:
            _close(tx, row, now)
    return True


def _ask_page(tx: Tx, row: sqlite3.Row, now: int) -> None:
    found = tx.all(_TO_ASK, offer=row["offer_id"], cursor=row["cursor"], until=row["ships_until"], limit=PAGE)
    for each in found:
        _ask(tx, row["id"], each["order_id"], now)
    if len(found) == PAGE:
        tx.run(_GO_ON, id=row["id"], phase="ask", cursor=found[-1]["order_id"], due=row["moved_at"])
        return
    remind = windows.remind_at(row["moved_at"], row["answer_by"])
    tx.run(_GO_ON, id=row["id"], phase="remind", cursor=0, due=remind)
    refresh(tx, row["id"], now)


_NOTE = """
    INSERT INTO delay_choices (delay_id, order_id, asked_at) VALUES (:delay, :order, :now) ON CONFLICT DO NOTHING
"""
_BUYER = """
    SELECT o.buyer_id, p.blocked_at IS NULL AS is_reachable
    FROM orders AS o JOIN people AS p ON p.id = o.buyer_id WHERE o.id = :order
"""
_EARLIER = """
    SELECT c.delay_id FROM delay_choices AS c INDEXED BY delay_choices_by_order JOIN delays AS d ON d.id = c.delay_id
    WHERE c.order_id = :order AND c.choice IS NULL AND c.delay_id < :delay
      AND d.offer_id = (SELECT offer_id FROM delays WHERE id = :delay)
"""


def _ask(tx: Tx, delay: int, order: int, now: int) -> None:
    """Ask one buyer; what they were asked before says that it has moved again."""
    if not tx.run(_NOTE, delay=delay, order=order, now=now):
        return
    buyer = tx.all(_BUYER, order=order)[0]
    if not buyer["is_reachable"]:
        return
    for earlier in tx.all(_EARLIER, order=order, delay=delay):
        tell_buyer(tx, buyer["buyer_id"], earlier["delay_id"], order, now)
    tell_buyer(tx, buyer["buyer_id"], delay, order, now)


def tell_buyer(tx: Tx, buyer: int, delay: int, order: int, now: int) -> None:
    """The question to a buyer, or how it was answered, where it stands."""
    card = f"delayask:{delay}-{order}"
    outbox.tell(tx, buyer, "delay_ask", now=now, lane=Lane.REMINDER, card=card, delay=delay, order=order)


_LATE = """
    SELECT DISTINCT l.offer_id FROM order_lines AS l INDEXED BY order_lines_by_order
    JOIN offers AS f ON f.id = l.offer_id
    WHERE l.order_id = :order AND l.ships_until < f.ships_until AND f.availability = 'presale'
"""


def ask_late(tx: Tx, order: int, now: int) -> None:
    """An order is paid: if its presale has moved while it was none that stood, its buyer is asked now."""
    for row in tx.all(_LATE, order=order):
        delay = last_of(tx, row["offer_id"])
        if delay is not None:
            _ask(tx, delay, order, now)


def _remind_page(tx: Tx, row: sqlite3.Row, now: int) -> None:
    """Once the time is up, a reminder that is late by a long downtime helps nobody."""
    found = [] if row["answer_by"] <= now else silent(tx, row["id"], PAGE, row["cursor"])
    for each in found:
        if each["is_reachable"]:
            outbox.tell(
                tx,
                each["buyer_id"],
                "delay_reminder",
                now=now,
                lane=Lane.REMINDER,
                dedupe=f"delay:{row['id']}:{each['order_id']}",
                delay=row["id"],
                order=each["order_id"],
            )
    if len(found) == PAGE:
        tx.run(_GO_ON, id=row["id"], phase="remind", cursor=found[-1]["order_id"], due=row["due_at"])
    else:
        tx.run(_GO_ON, id=row["id"], phase="close", cursor=0, due=row["answer_by"])


def _close(tx: Tx, row: sqlite3.Row, now: int) -> None:
    """The time is up: hosts see by name who has not chosen. Their orders stay as they were promised."""
    tx.run(_GO_ON, id=row["id"], phase="over", cursor=0, due=None)
    delay = view(tx, row["id"])
    if delay is not None and silent(tx, delay.id, 1):
        for host in _hosts(tx, delay):
            outbox.tell(tx, host, "delay_silent", now=now, lane=Lane.ORDER, delay=delay.id)
    refresh(tx, row["id"], now)


# -- Telling ------------------------------------------------------------------------------------------------

_HOST_OF = "SELECT host_id FROM streams WHERE id = :id"
_WAITS = """
    SELECT 1 FROM outbox INDEXED BY outbox_by_card
    WHERE state = 'queued' AND card = :card AND chat_id = :chat LIMIT 1
"""


def _hosts(tx: Tx, delay: Delay) -> list[int]:
    return roles.hosts_of(tx, tx.value(_HOST_OF, id=delay.offer.stream_id))


def _concerned(tx: Tx, delay: Delay) -> list[int]:
    """Who moved it, the hosts, and the supplier's people."""
    mover = tx.value("SELECT moved_by FROM delays WHERE id = :id", id=delay.id)
    return list(
        dict.fromkeys([mover, *_hosts(tx, delay), *roles.reachable(tx, Role.SUPPLIER, delay.offer.supplier_id)])
    )


def tell(tx: Tx, delay_id: int, now: int, actor: int, anchor: int | None = None) -> None:
    """Show everybody concerned how far it is."""
    delay = view(tx, delay_id)
    if delay is None:
        raise LookupError(f"no delay {delay_id}")
    for person in dict.fromkeys([actor, *_concerned(tx, delay)]):
        outbox.tell(
            tx,
            person,
            "delay_card",
            now=now,
            lane=Lane.REPLY if person == actor else Lane.ORDER,
            card=f"delay:{delay_id}",
            anchor=anchor if person == actor else None,
            delay=delay_id,
        )


def refresh(tx: Tx, delay_id: int, now: int) -> None:
    """The figures have changed: where the card stands, or is on its way with those of before, it is edited; one that
    waits to leave will say so anyway."""
    delay, card = view(tx, delay_id), f"delay:{delay_id}"
    for chat in [] if delay is None else dict.fromkeys([*_concerned(tx, delay), *cards.chats(tx, card)]):
        if tx.one(_WAITS, card=card, chat=chat) is None and cards.is_in(tx, card, chat):
            outbox.tell(tx, chat, "delay_card", now=now, lane=Lane.ORDER, card=f"delay:{delay_id}", delay=delay_id)
