"""What time does to waiting lists: holds run out, lists close with what they waited for, long ones are told in pages.

Owns no table; entries are `waitlist`'s. Everything here is found in the rows, so nothing is lost by a restart, and it
does not matter how a stream came to its end.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from shop.offers import Standing
from shop.streams import StreamStatus
from shop.waitlist import Status
from storage import audit, offers, outbox, stock, waitlist
from storage.connection import Tx
from storage.offers import Offer
from storage.outbox import Lane
from storage.waitlist import Entry

BLOCKED = 0
"""The end of a hold whose person has blocked the bot: the database sets it with the block (0008_waitlist.sql)."""

_DUE = """
    SELECT id FROM waitlist INDEXED BY waitlist_holds WHERE hold_until <= :now ORDER BY hold_until, id LIMIT :limit
"""
# Set from a moment that has not come yet: the clock has been put back since. Nobody keeps units longer for that.
_FROM_THE_FUTURE = """
    UPDATE waitlist SET offered_at = :now, hold_until = :now + (SELECT hold_ms FROM waitlist_rules)
    WHERE id IN (
        SELECT id FROM waitlist INDEXED BY waitlist_held_since WHERE hold_until IS NOT NULL AND offered_at > :now)
"""


def pass_on_due(tx: Tx, *, now: int, limit: int = 100) -> int:
    """End up to `limit` holds whose time has run out, and serve those behind them; returns how many.

    Who let it run out has had their turn. Who can't be reached keeps their place, and is passed over until they can.
    """
    tx.run(_FROM_THE_FUTURE, now=now)
    due = [waitlist.view(tx, row["id"]) for row in tx.all(_DUE, now=now, limit=limit)]
    lapsed = [entry for entry in due if entry is not None]
    for entry in lapsed:
        _lapse(tx, entry, now)
    # All of them first: together they may be enough for somebody who wants all or nothing.
    for offer in dict.fromkeys(entry.offer_id for entry in lapsed):
        waitlist.serve(tx, offer, now)
    return len(lapsed)


def _lapse(tx: Tx, entry: Entry, now: int) -> None:
    stock.release(tx, entry.offer_id, entry.id, entry.held, now, "hold ran out")
    if entry.hold_until == BLOCKED:
        waitlist.back_to_waiting(tx, entry, entry.quantity)
        return
    waitlist.end(tx, entry.id, Status.LAPSED, now)
    audit.note(tx, None, "waitlist.lapsed", f"offer:{entry.offer_id}", now, entry=entry.id, quantity=entry.held)
    waitlist.refresh(tx, entry, now)


# -- Lists as a whole ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """An offer somebody waits for, or has units held of. `wants_more`: somebody could use units of it; `is_prepared`:
    a presale of it, to which the list would move."""

    offer: Offer
    waits: bool
    wants_more: bool
    is_prepared: bool

    @property
    def is_called_off(self) -> bool:
        return self.offer.stream_status is StreamStatus.CANCELLED

    def is_over(self, now: int) -> bool:
        """Is there somebody whose wait can lead to nothing? What is held when a sale ends can still be ordered in
        its time; of what is called off, nothing can."""
        if self.is_prepared and not self.is_called_off:
            return False
        return self.offer.standing(now) is Standing.CLOSED and (self.waits or self.is_called_off)


# From one offer to the next by the index, however many wait for each.
_LISTED = """
    WITH RECURSIVE listed (offer_id) AS (
        SELECT (SELECT MIN(offer_id) FROM waitlist INDEXED BY waitlist_live WHERE ended_at IS NULL)
        UNION ALL
        SELECT (
            SELECT MIN(w.offer_id) FROM waitlist AS w INDEXED BY waitlist_live
            WHERE w.ended_at IS NULL AND w.offer_id > listed.offer_id)
        FROM listed WHERE listed.offer_id IS NOT NULL)
    SELECT offer_id,
        EXISTS (SELECT 1 FROM waitlist AS q INDEXED BY waitlist_live
            WHERE q.offer_id = listed.offer_id AND q.ended_at IS NULL AND q.held = 0) AS waits,
        EXISTS (SELECT 1 FROM waitlist AS q INDEXED BY waitlist_queue
            WHERE q.offer_id = listed.offer_id AND q.ended_at IS NULL AND q.held < q.quantity) AS wants_more,
        EXISTS (SELECT 1 FROM presales AS p INDEXED BY presales_live
            WHERE p.from_offer_id = listed.offer_id AND p.ended_at IS NULL AND p.status <> 'open') AS is_prepared
    FROM listed WHERE offer_id IS NOT NULL
"""


def _listed(tx: Tx) -> Iterator[_Listed]:
    for row in tx.all(_LISTED):
        offer = offers.view(tx, row["offer_id"])
        if offer is not None:
            waits, wants_more, is_prepared = (bool(row[name]) for name in ("waits", "wants_more", "is_prepared"))
            yield _Listed(offer=offer, waits=waits, wants_more=wants_more, is_prepared=is_prepared)


_OF_LIST = """
    SELECT w.id, w.person_id, w.held, p.blocked_at IS NULL AS is_reachable
    FROM waitlist AS w INDEXED BY waitlist_live JOIN people AS p ON p.id = w.person_id
    WHERE w.offer_id = :offer AND w.ended_at IS NULL AND (w.held = 0 OR :held) ORDER BY w.id LIMIT :limit
"""


def tidy(tx: Tx, *, now: int, limit: int = 100) -> int:
    """One page of what is to be told to lists as a whole; returns how many people it concerned, 0 when all is done.

    Closes lists of what is no longer for sale, with one message each, and serves those that could be served since
    time has opened their offer, or somebody can be reached again.
    """
    done = 0
    for listed in _listed(tx):
        if listed.is_over(now):
            done += _close(tx, listed, now, limit)
        elif listed.wants_more and waitlist.could_be_served(tx, listed.offer, now):
            served = waitlist.serve(tx, listed.offer.id, now)
            done += served.people + served.told
    return done


def _close(tx: Tx, listed: _Listed, now: int, limit: int) -> int:
    offer = listed.offer.id
    rows = tx.all(_OF_LIST, offer=offer, held=listed.is_called_off, limit=limit)
    for row in rows:
        _close_one(tx, offer, row, now)
    stock.free_again(tx, offer)
    if rows:
        audit.note(tx, None, "waitlist.closed", f"offer:{offer}", now, quantity=len(rows))
    return len(rows)


def _close_one(tx: Tx, offer: int, row: sqlite3.Row, now: int) -> None:
    if row["held"]:
        stock.release(tx, offer, row["id"], row["held"], now, "stream called off")
    waitlist.end(tx, row["id"], Status.CLOSED, now)
    if row["is_reachable"]:
        outbox.tell(tx, row["person_id"], "waitlist_closed", now=now, lane=Lane.REMINDER, entry=row["id"])


# -- When -----------------------------------------------------------------------------------------------------

_NEXT_HOLD = "SELECT MIN(hold_until) FROM waitlist INDEXED BY waitlist_holds WHERE hold_until IS NOT NULL"
_NEWEST_HOLD = "SELECT MAX(offered_at) FROM waitlist INDEXED BY waitlist_held_since WHERE hold_until IS NOT NULL"


def next_due(tx: Tx, now: int) -> int | None:
    """When there is something to do for a waiting list (`now` or before it: at once), or None."""
    if (tx.value(_NEWEST_HOLD) or 0) > now:
        return now
    moments = [tx.value(_NEXT_HOLD)]
    for listed in _listed(tx):
        if listed.is_over(now) or (listed.wants_more and waitlist.could_be_served(tx, listed.offer, now)):
            return now
        moments += [at for at in (listed.offer.opens_at, listed.offer.closes_at) if at is not None and at > now]
    return min((at for at in moments if at is not None), default=None)


def overlooked(tx: Tx, now: int) -> list[str]:
    """A line for each offer that has units free for somebody who waits; for the operator."""
    return [
        f"offer {listed.offer.id}: {listed.offer.free} units are free that somebody on the waiting list could have"
        for listed in _listed(tx)
        if listed.offer.free and listed.wants_more and waitlist.could_be_served(tx, listed.offer, now)
    ]


def overdue(tx: Tx, before: int) -> int:
    """How many holds ran out before that moment and were not passed on."""
    count: int = tx.value(
        "SELECT count(*) FROM waitlist INDEXED BY waitlist_holds WHERE hold_until BETWEEN 1 AND :before",
        before=before,
    )
    return count


def forget(tx: Tx, person: int, now: int) -> None:
    """A person is being erased: they wait for nothing any more, and what was held for them is passed on."""
    for entry in waitlist.live_of(tx, person):
        if entry.held:
            stock.release(tx, entry.offer_id, entry.id, entry.held, now, "left the waiting list")
        waitlist.end(tx, entry.id, Status.LEFT, now)
        waitlist.serve(tx, entry.offer_id, now)
