"""What is held for people who have ordered in words, until they place the order or the time is over.

Owns `claims` and `claim_lines`. How a claim comes about is in `claiming`; its units move in `stock` like everybody
else's. A stranger, whom the bot can't write to, is a number here and nowhere else.
"""

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum

from storage import audit, deskcards, outbox, people, stock, waitlist
from storage.connection import Tx
from storage.outbox import Lane
from storage.stock import Holder


class Status(StrEnum):
    """HELD waits for a stranger to open the link; OPENED for its person to place the order."""

    HELD = "held"
    OPENED = "opened"
    ORDERED = "ordered"
    RELEASED = "released"  # its time has run out
    DROPPED = "dropped"  # its person did not want it


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimLine:
    """Packs of one offer: how many were wanted, how many of them are held now, and the price of the moment.

    Of an offer that is for who pays first nothing is ever held (`is_kept` False); it goes along to the checkout.
    """

    offer_id: int
    quantity: int
    held: int
    is_kept: bool
    price: int

    @property
    def orderable(self) -> int:
        """Packs that go into the checkout."""
        return self.held if self.is_kept else self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What is held for one person in one stream. `hold_until` is None once it is over."""

    id: int
    person_id: int
    stream_id: int
    group_id: int | None
    status: Status
    words: int
    added_by: int | None
    hold_until: int | None
    lines: tuple[ClaimLine, ...]

    @property
    def is_live(self) -> bool:
        return self.hold_until is not None

    @property
    def kept_until(self) -> int | None:
        """Until when units are held; None when none are."""
        return self.hold_until if any(line.held for line in self.lines) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Of one group and stream: people who ordered or still may, those of them whose link is not opened, and those
    whose time ran out."""

    orders: int
    unopened: int
    released: int


_VIEW = "SELECT * FROM claims WHERE id = :id"
_LIVE = """
    SELECT * FROM claims INDEXED BY claims_live
    WHERE person_id = :person AND stream_id = :stream AND ended_at IS NULL
"""
_NEWEST_IN = """
    SELECT * FROM claims INDEXED BY claims_by_person WHERE person_id = :person AND group_id = :group
    ORDER BY ended_at IS NULL DESC, id DESC LIMIT 1
"""
_LINES = "SELECT * FROM claim_lines WHERE claim_id = :id ORDER BY offer_id"
_HELD_FOR = """
    SELECT l.claim_id, l.held FROM claims AS c INDEXED BY claims_live JOIN claim_lines AS l ON l.claim_id = c.id
    WHERE c.person_id = :person AND c.ended_at IS NULL AND l.offer_id = :offer AND l.held > 0
"""
_UNOPENED = """
    SELECT count(*) FROM claims INDEXED BY claims_by_person
    WHERE person_id = :person AND status = 'released' AND ended_at > :since
"""
_TALLY = """
    SELECT status, count(*) AS claims FROM claims INDEXED BY claims_by_group
    WHERE group_id = :group AND stream_id = :stream GROUP BY status
"""


def view(tx: Tx, claim: int) -> Claim | None:
    """One claim, or None."""
    row = tx.one(_VIEW, id=claim)
    return None if row is None else _claim(tx, row)


def live(tx: Tx, person: int, stream: int) -> Claim | None:
    """What is held for a person in a stream now, or None."""
    row = tx.one(_LIVE, person=person, stream=stream)
    return None if row is None else _claim(tx, row)


def newest_in(tx: Tx, person: int, group: int) -> Claim | None:
    """A person's claim in a group: what is held now, else the last one."""
    row = tx.one(_NEWEST_IN, person=person, group=group)
    return None if row is None else _claim(tx, row)


def held_for(tx: Tx, offer_id: int, person: int) -> int:
    """Packs of an offer that words hold for this person: theirs to order, and nobody else's."""
    row = tx.one(_HELD_FOR, offer=offer_id, person=person)
    return 0 if row is None else row["held"]


def room(tx: Tx, offer_id: int, buyer: int) -> int | None:
    """Packs this buyer could have now: what is free, what the waiting list holds for them, and what their words do.
    None: without limit."""
    others = waitlist.room(tx, offer_id, buyer)
    return None if others is None else others + held_for(tx, offer_id, buyer)


def run_out_since(tx: Tx, person: int, since: int) -> int:
    """How many of a person's claims have run out unordered since then."""
    count: int = tx.value(_UNOPENED, person=person, since=since)
    return count


def tally(tx: Tx, group: int, stream: int) -> Tally:
    """What a group is told of its orders."""
    found = {row["status"]: row["claims"] for row in tx.all(_TALLY, group=group, stream=stream)}
    unopened = found.get(Status.HELD, 0)
    return Tally(
        orders=unopened + found.get(Status.OPENED, 0) + found.get(Status.ORDERED, 0),
        unopened=unopened,
        released=found.get(Status.RELEASED, 0),
    )


def can_be_written_to(tx: Tx, person: int) -> bool:
    """Has the person opened the bot, and not blocked it? Owners from the configuration may never have."""
    found = people.view(tx, person)
    return found is not None and found.reachable and bool(found.name)


# -- Beginning -----------------------------------------------------------------------------------------------

_INSERT = """
    INSERT INTO claims (person_id, stream_id, group_id, status, added_by, hold_until, created_at)
    VALUES (:person, :stream, :group, :status, :by, :until, :now)
"""
_AGAIN = "UPDATE claims SET words = words + 1, status = :status, hold_until = :until WHERE id = :id"
_ADD_LINE = """
    INSERT INTO claim_lines (claim_id, offer_id, quantity, held, is_kept, price)
    VALUES (:claim, :offer, :units, iif(:is_kept, :units, 0), :is_kept, :price)
    ON CONFLICT (claim_id, offer_id) DO UPDATE SET
        quantity = quantity + excluded.quantity, held = held + excluded.held,
        is_kept = max(is_kept, excluded.is_kept), price = excluded.price
"""


def open_(
    tx: Tx, *, person: int, stream: int, group: int | None, is_known: bool, by: int | None, until: int, now: int
) -> int:
    """The person's claim in the stream: a new one, or the live one with its time begun anew."""
    status = Status.OPENED if is_known else Status.HELD
    found = live(tx, person, stream)
    tx.rings_due = True
    if found is None:
        return tx.insert(
            _INSERT, person=person, stream=stream, group=group, status=status, by=by, until=until, now=now
        )
    tx.run(_AGAIN, id=found.id, status=status, until=until)
    return found.id


def add(tx: Tx, *, claim: int, offer_id: int, units: int, price: int, is_kept: bool, now: int) -> bool:
    """Hold packs for a claim; False, and nothing changed, when fewer are free. With `is_kept` False none are held."""
    if is_kept and not stock.hold(tx, offer_id, claim, units, now, "ordered in words", Holder.CLAIM):
        return False
    tx.run(_ADD_LINE, claim=claim, offer=offer_id, units=units, is_kept=int(is_kept), price=price)
    return True


_OPENED = "UPDATE claims SET status = 'opened', hold_until = :until WHERE id = :id AND status = 'held'"


def opened(tx: Tx, claim: int, until: int) -> None:
    """Its person has opened the link and has the usual time from now; a second time it changes nothing."""
    if tx.run(_OPENED, id=claim, until=until):
        tx.rings_due = True


# -- Becoming an order ---------------------------------------------------------------------------------------

_SPEND = "UPDATE claim_lines SET held = held - :units WHERE claim_id = :claim AND offer_id = :offer"
_IS_SPENT = "SELECT 1 FROM claim_lines WHERE claim_id = :claim AND held > 0 LIMIT 1"
_END = """
    UPDATE claims SET status = :status, hold_until = NULL, ended_at = :now WHERE id = :id AND ended_at IS NULL
"""


def take(tx: Tx, offer_id: int, order_id: int, buyer: int, units: int, now: int, reason: str) -> bool:
    """Take `units` (> 0) for an order whose lines are written: first what words hold for its buyer, then what the
    waiting list does, then what is free. False when all together are fewer; the act has to refuse then."""
    row = tx.one(_HELD_FOR, offer=offer_id, person=buyer)
    own = 0 if row is None else min(units, row["held"])
    if units > own and not waitlist.take(tx, offer_id, order_id, buyer, units - own, now, reason):
        return False
    if row is not None:
        claim = row["claim_id"]
        stock.hand_over(tx, offer_id, claim, order_id, own, now, reason, Holder.CLAIM)
        tx.run(_SPEND, claim=claim, offer=offer_id, units=own)
        if tx.one(_IS_SPENT, claim=claim) is None:
            tx.run(_END, id=claim, status=Status.ORDERED, now=now)
    return True


def ordered(tx: Tx, *, claim_id: int, buyer: int, now: int) -> None:
    """The checkout of a claim has become an order: where nothing is held any more, that was it."""
    claim = view(tx, claim_id)
    if claim is not None and claim.person_id == buyer and claim.kept_until is None:
        tx.run(_END, id=claim_id, status=Status.ORDERED, now=now)


# -- Ending --------------------------------------------------------------------------------------------------

_DUE = """
    SELECT id FROM claims INDEXED BY claims_to_release WHERE hold_until <= :now ORDER BY hold_until, id LIMIT :limit
"""
_NEXT = "SELECT MIN(hold_until) FROM claims INDEXED BY claims_to_release WHERE hold_until IS NOT NULL"
_EMPTY = "UPDATE claim_lines SET held = 0 WHERE claim_id = :id"


def release_due(tx: Tx, *, now: int, limit: int = 100) -> int:
    """End up to `limit` claims whose time has run out; returns how many. Who can be written to is told."""
    due = [claim for row in tx.all(_DUE, now=now, limit=limit) if (claim := view(tx, row["id"])) is not None]
    for claim in due:
        _end(tx, claim, Status.RELEASED, now, "words ran out")
        audit.note(tx, None, "claim.released", f"stream:{claim.stream_id}", now, claim=claim.id)
        if claim.kept_until is not None and can_be_written_to(tx, claim.person_id):
            outbox.tell(tx, claim.person_id, "claim_released", now=now, lane=Lane.ORDER, claim=claim.id)
        if claim.added_by is not None and claim.added_by != claim.person_id:
            outbox.tell(tx, claim.added_by, "claim_unordered", now=now, lane=Lane.ORDER, claim=claim.id)
    _serve(tx, due, now)
    return len(due)


def next_due(tx: Tx) -> int | None:
    """When the next claim runs out, or None."""
    at: int | None = tx.value(_NEXT)
    return at


def drop(tx: Tx, *, actor: int, claim_id: int, now: int) -> None:
    """Its person does not want it: the units are free again at once. Nothing happens to anybody else's."""
    claim = view(tx, claim_id)
    if claim is not None and claim.is_live and claim.person_id == actor:
        _end(tx, claim, Status.DROPPED, now, "words taken back")
        _serve(tx, [claim], now)


_FORGET_LINE = "DELETE FROM claim_lines WHERE claim_id = :id AND offer_id = :offer"


def leave_out(tx: Tx, *, actor: int, claim_id: int, offer_ids: Collection[int], now: int) -> None:
    """Its person wants the rest without these: they are free again at once, and no part of it any more."""
    claim = view(tx, claim_id)
    if claim is None or not claim.is_live or claim.person_id != actor:
        return
    gone = [line for line in claim.lines if line.offer_id in offer_ids]
    for line in gone:
        if line.held:
            stock.release(tx, line.offer_id, claim.id, line.held, now, "words taken back", Holder.CLAIM)
        tx.run(_FORGET_LINE, id=claim.id, offer=line.offer_id)
    deskcards.touch(tx, claim.stream_id, now)
    for line in gone:
        waitlist.serve(tx, line.offer_id, now)


def forget_person(tx: Tx, person: int, now: int) -> None:
    """A person is being erased: what is held for them goes back, and whose it was is forgotten."""
    rows = tx.all("SELECT * FROM claims INDEXED BY claims_by_person WHERE person_id = :person", person=person)
    found = [claim for row in rows if (claim := _claim(tx, row)).is_live]
    for claim in found:
        _end(tx, claim, Status.DROPPED, now, "person erased")
    tx.run("UPDATE claims SET person_id = 0 WHERE person_id = :person", person=person)
    _serve(tx, found, now)


_FORGET = """
    UPDATE claims SET person_id = 0 WHERE id IN (
        SELECT id FROM claims INDEXED BY claims_to_forget
        WHERE ended_at IS NOT NULL AND person_id <> 0 AND ended_at < :before LIMIT :limit)
"""


def forget(tx: Tx, before: int, limit: int) -> int:
    """Forget whose up to `limit` claims were that ended before that moment; returns how many."""
    return tx.run(_FORGET, before=before, limit=limit)


def _end(tx: Tx, claim: Claim, status: Status, now: int, reason: str) -> None:
    for line in claim.lines:
        if line.held:
            stock.release(tx, line.offer_id, claim.id, line.held, now, reason, Holder.CLAIM)
    tx.run(_EMPTY, id=claim.id)
    tx.run(_END, id=claim.id, status=status, now=now)
    deskcards.touch(tx, claim.stream_id, now)


def _serve(tx: Tx, ended: Iterable[Claim], now: int) -> None:
    """Who waits for what is free now comes before new buyers. All of it first: together it may be enough."""
    for offer in dict.fromkeys(line.offer_id for claim in ended for line in claim.lines if line.held):
        waitlist.serve(tx, offer, now)


def _claim(tx: Tx, row: sqlite3.Row) -> Claim:
    return Claim(
        id=row["id"],
        person_id=row["person_id"],
        stream_id=row["stream_id"],
        group_id=row["group_id"],
        status=Status(row["status"]),
        words=row["words"],
        added_by=row["added_by"],
        hold_until=row["hold_until"],
        lines=tuple(
            ClaimLine(
                offer_id=line["offer_id"],
                quantity=line["quantity"],
                held=line["held"],
                is_kept=bool(line["is_kept"]),
                price=line["price"],
            )
            for line in tx.all(_LINES, id=row["id"])
        ),
    )
