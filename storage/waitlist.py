"""The waiting list of an offer: who waits, in which order, and whose turn it is.

Owns `waitlist`: the entries, what is held for them, and handing out units that have come free. Joining and leaving
are in `waiting`, holds that run out and lists that close in `lapses`. Whoever frees units of an offer calls `serve`
in the same transaction: so what is free afterwards, nobody who waits could use, and new buyers may have it.
"""

import sqlite3
from dataclasses import dataclass

from shop.waitlist import Mode, Status, portion, still_wanted
from storage import deskcards, offers, outbox, stock
from storage.connection import Tx
from storage.offers import Offer
from storage.outbox import Lane

AT_ONCE = 20
"""So many of one restock hear of it before others' reminders; the rest at the pace of bulk messages."""

PAGE = 100
"""So many people at a time are told that an offer has become unlimited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One person's wait for an offer. `quantity` is still wanted, `held` is kept for them until `hold_until`.

    `turn` counts how often units were held for it.
    """

    id: int
    offer_id: int
    person_id: int
    quantity: int
    mode: Mode
    status: Status
    held: int
    turn: int
    hold_until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What the waiting list got: units held for so many people. `told` are those who may order without limit."""

    people: int = 0
    units: int = 0
    told: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How long a list is: people who can be served and the packs they still want. `unreachable` are passed over."""

    people: int
    units: int
    unreachable: int


# -- Looking ------------------------------------------------------------------------------------------------

_VIEW = "SELECT * FROM waitlist WHERE id = :id"
_OF = """
    SELECT * FROM waitlist INDEXED BY waitlist_live
    WHERE offer_id = :offer AND person_id = :person AND ended_at IS NULL
"""
_LIVE_OF = """
    SELECT * FROM waitlist INDEXED BY waitlist_by_person WHERE person_id = :person AND ended_at IS NULL ORDER BY id
"""
_BEFORE = """
    SELECT count(*) AS people, coalesce(sum(w.quantity - w.held), 0) AS units
    FROM waitlist AS w INDEXED BY waitlist_queue JOIN people AS p ON p.id = w.person_id
    WHERE w.offer_id = :offer AND w.ended_at IS NULL AND w.held < w.quantity
      AND w.id < :id AND p.blocked_at IS NULL
"""
_LINE = """
    SELECT count(*) FILTER (WHERE p.blocked_at IS NULL) AS people,
        coalesce(sum(w.quantity - w.held) FILTER (WHERE p.blocked_at IS NULL), 0) AS units,
        count(p.blocked_at) AS unreachable
    FROM waitlist AS w INDEXED BY waitlist_queue JOIN people AS p ON p.id = w.person_id
    WHERE w.offer_id = :offer AND w.ended_at IS NULL AND w.held < w.quantity
"""
_HELD = """
    SELECT coalesce(sum(held), 0) FROM waitlist INDEXED BY waitlist_live
    WHERE offer_id = :offer AND ended_at IS NULL
"""


def view(tx: Tx, entry: int) -> Entry | None:
    """One entry, or None."""
    row = tx.one(_VIEW, id=entry)
    return None if row is None else _entry(row)


def of(tx: Tx, offer_id: int, person: int) -> Entry | None:
    """A person's live entry for an offer, or None."""
    row = tx.one(_OF, offer=offer_id, person=person)
    return None if row is None else _entry(row)


def live_of(tx: Tx, person: int) -> list[Entry]:
    """Everything a person waits for, the oldest first."""
    return [_entry(row) for row in tx.all(_LIVE_OF, person=person)]


def entries_before(tx: Tx, entry: Entry) -> tuple[int, int]:
    """(people, packs they still want) before an entry. Who can't be reached is passed over, so they don't count."""
    row = tx.all(_BEFORE, offer=entry.offer_id, id=entry.id)[0]
    return row["people"], row["units"]


def line(tx: Tx, offer_id: int) -> Line:
    """How many wait for an offer, without those for whom all they want is held."""
    return Line(**dict(tx.all(_LINE, offer=offer_id)[0]))


def held(tx: Tx, offer_id: int) -> int:
    """Packs of an offer that are held for the list now."""
    units: int = tx.value(_HELD, offer=offer_id)
    return units


def held_for(tx: Tx, offer_id: int, person: int) -> int:
    """Packs of an offer that are held for this person: theirs to order, and nobody else's."""
    entry = of(tx, offer_id, person)
    return 0 if entry is None else entry.held


# -- Handing out --------------------------------------------------------------------------------------------

_SOMEBODY = """
    SELECT 1 FROM waitlist INDEXED BY waitlist_queue
    WHERE offer_id = :offer AND ended_at IS NULL AND held < quantity LIMIT 1
"""
# Entries that are too large as a whole are passed over inside SQLite; the rule itself is `shop.waitlist.portion`.
_NEXT = """
    SELECT w.id, w.person_id, w.quantity, w.held, w.mode
    FROM waitlist AS w INDEXED BY waitlist_queue JOIN people AS p ON p.id = w.person_id
    WHERE w.offer_id = :offer AND w.ended_at IS NULL AND w.held < w.quantity AND w.id > :after
      AND (w.mode = 'any' OR w.quantity <= :free) AND p.blocked_at IS NULL
      AND (w.hold_until IS NULL OR w.hold_until > :now)
    ORDER BY w.id LIMIT 1
"""
# More units in the same turn do not lengthen it: nobody keeps others waiting by not answering.
_OFFER = """
    UPDATE waitlist SET status = 'offered', held = held + :units, turn = turn + (held = 0),
        offered_at = iif(held = 0, :now, offered_at),
        hold_until = coalesce(hold_until, :now + (SELECT hold_ms FROM waitlist_rules))
    WHERE id = :id AND ended_at IS NULL
    RETURNING turn
"""


def serve(tx: Tx, offer_id: int, now: int) -> Served:
    """Hold what is free of an offer for those who wait, first come, first served, and tell them.

    Costs one look-up where nobody waits. Who takes what there is and has a part already gets more, until their turn
    is over. Passed over, with their place kept, are people who can't be reached, who have reached their limit, and
    "all or nothing" while it is not all there. An offer that is not open serves nobody; one that is unlimited lets
    its list go, a page at a time.
    """
    served = _serve(tx, offer_id, now)
    stock.free_again(tx, offer_id)
    return served


def _serve(tx: Tx, offer_id: int, now: int) -> Served:
    if tx.one(_SOMEBODY, offer=offer_id) is None:
        return Served()
    offer = offers.view(tx, offer_id)
    if offer is None or not offer.is_open(now):
        return Served()
    if offer.free is None:
        return _let_go(tx, offer, now)
    _tell_passed(tx, offer, offer.free, now)
    free, people, after = offer.free, 0, 0
    while (found := _next(tx, offer, free, after, now)) is not None:
        after, person, units = found
        if not stock.hold(tx, offer_id, after, units, now, "held for the waiting list"):
            raise RuntimeError(f"offer {offer_id} has fewer than {free} units free")
        turn = tx.value(_OFFER, id=after, units=units, now=now)
        outbox.tell(
            tx,
            person,
            "waitlist_offer",
            now=now,
            lane=Lane.ORDER if people < AT_ONCE else Lane.REMINDER,
            card=f"hold:{after}-{turn}",
            entry=after,
            turn=turn,
        )
        free, people = free - units, people + 1
    tx.rings_due = tx.rings_due or people > 0
    return Served(people=people, units=offer.free - free)


def _next(tx: Tx, offer: Offer, free: int, after: int, now: int) -> tuple[int, int, int] | None:
    """The next entry that can be given something of `free`: (entry, person, units)."""
    while free > 0:
        row = tx.one(_NEXT, offer=offer.id, after=after, free=free, now=now)
        if row is None:
            return None
        limit, person = offer.limit_per_buyer, row["person_id"]
        room = None if limit is None else limit - offers.bought_by(tx, offer.id, person) - row["held"]
        units = portion(Mode(row["mode"]), row["quantity"] - row["held"], room, free)
        if units:
            return row["id"], person, units
        after = row["id"]
    return None


def could_be_served(tx: Tx, offer: Offer, now: int) -> bool:
    """Does somebody wait for units that are free? Never after an act, but when time has opened the offer, or
    somebody can be reached again."""
    if not offer.is_open(now):
        return False
    if offer.free is None:
        return tx.one(_SOMEBODY, offer=offer.id) is not None
    return _next(tx, offer, offer.free, 0, now) is not None


_FRONT = """
    SELECT w.id, w.person_id, w.quantity, w.mode, w.passed_at
    FROM waitlist AS w INDEXED BY waitlist_queue JOIN people AS p ON p.id = w.person_id
    WHERE w.offer_id = :offer AND w.ended_at IS NULL AND w.held < w.quantity AND p.blocked_at IS NULL
    ORDER BY w.id LIMIT 1
"""


def _tell_passed(tx: Tx, offer: Offer, free: int, now: int) -> None:
    """Who is first with "all or nothing" and is passed over hears of it, once, and may settle for what there is."""
    front = tx.one(_FRONT, offer=offer.id)
    if (
        front is None
        or front["mode"] != Mode.ALL
        or not 0 < free < front["quantity"]
        or front["passed_at"] is not None
    ):
        return
    tx.run("UPDATE waitlist SET passed_at = :now WHERE id = :id", id=front["id"], now=now)
    outbox.tell(tx, front["person_id"], "waitlist_passed", now=now, lane=Lane.REMINDER, entry=front["id"], units=free)


_QUEUED = """
    SELECT w.id, w.person_id, w.held, p.blocked_at IS NULL AS is_reachable
    FROM waitlist AS w INDEXED BY waitlist_queue JOIN people AS p ON p.id = w.person_id
    WHERE w.offer_id = :offer AND w.ended_at IS NULL AND w.held < w.quantity ORDER BY w.id LIMIT :limit
"""


def _let_go(tx: Tx, offer: Offer, now: int) -> Served:
    """There is enough for everybody: the first page of the list is told to order; the clock does the next ones. What
    is held for somebody stays held in its time."""
    rows = tx.all(_QUEUED, offer=offer.id, limit=PAGE)
    for row in rows:
        if row["held"]:
            tx.run("UPDATE waitlist SET quantity = held WHERE id = :id", id=row["id"])
            deskcards.touch_offer(tx, offer.id, now)
            continue
        end(tx, row["id"], Status.SERVED, now)
        if row["is_reachable"]:
            outbox.tell(tx, row["person_id"], "waitlist_served", now=now, lane=Lane.REMINDER, entry=row["id"])
    tx.rings_due = True
    return Served(told=len(rows))


def give_back(tx: Tx, offer_id: int, order_id: int, units: int, now: int, reason: str) -> None:
    """Give back `units` an order holds; who waits for them is served before anybody else."""
    stock.give_back(tx, offer_id, order_id, units, now, reason)
    serve(tx, offer_id, now)


def give_back_all(tx: Tx, order_id: int, now: int, reason: str) -> None:
    """The same of everything an order holds."""
    for offer in stock.give_back_all(tx, order_id, now, reason):
        serve(tx, offer, now)


# -- Ordering what is held ----------------------------------------------------------------------------------


def room(tx: Tx, offer_id: int, buyer: int) -> int | None:
    """Packs this buyer could have now of what is free and of what the list holds for them. None: without limit."""
    row = tx.one("SELECT quantity, taken FROM offers WHERE id = :id", id=offer_id)
    if row is None:
        return 0
    return None if row["quantity"] is None else row["quantity"] - row["taken"] + held_for(tx, offer_id, buyer)


def take(tx: Tx, offer_id: int, order_id: int, buyer: int, units: int, now: int, reason: str) -> bool:
    """Take `units` (> 0) for an order whose lines are written: first what is held for its buyer, which changes hands
    without ever being free, then what is free. False, and nothing changed, when both together are fewer.

    What was held beyond `units` is passed on at once.
    """
    entry = of(tx, offer_id, buyer)
    if entry is None or not entry.held:
        return stock.take(tx, offer_id, order_id, units, now, reason)
    own = min(units, entry.held)
    if units > own and not stock.take(tx, offer_id, order_id, units - own, now, reason):
        return False
    stock.hand_over(tx, offer_id, entry.id, order_id, own, now, reason)
    if entry.held > own:
        stock.release(tx, offer_id, entry.id, entry.held - own, now, "held, not ordered")
    rest = still_wanted(entry.mode, entry.quantity, entry.held, units)
    if rest:
        back_to_waiting(tx, entry, rest)
        outbox.tell(tx, buyer, "waitlist_entry", now=now, lane=Lane.ORDER, entry=entry.id)
    else:
        end(tx, entry.id, Status.TAKEN, now)
    refresh(tx, entry, now)
    serve(tx, offer_id, now)
    return True


_BACK = """
    UPDATE waitlist SET status = 'waiting', quantity = :quantity, held = 0, hold_until = NULL WHERE id = :id
"""
_END = """
    UPDATE waitlist SET status = :status, held = 0, hold_until = NULL, ended_at = :now
    WHERE id = :id AND ended_at IS NULL
    RETURNING offer_id
"""


def back_to_waiting(tx: Tx, entry: Entry, quantity: int) -> None:
    """Nothing is held for it any more, but it keeps its place. What was held has to be moved in `stock` besides."""
    tx.run(_BACK, id=entry.id, quantity=quantity)


def end(tx: Tx, entry: int, status: Status, now: int) -> bool:
    """The wait is over; False if it was already. What was held has to be moved in `stock` besides."""
    offer: int | None = tx.value(_END, id=entry, status=status, now=now)
    if offer is None:
        return False
    deskcards.touch_offer(tx, offer, now)
    return True


def refresh(tx: Tx, entry: Entry, now: int) -> None:
    """The message that offered the units says what became of them, where it stands."""
    outbox.tell(
        tx,
        entry.person_id,
        "waitlist_offer",
        now=now,
        lane=Lane.ORDER,
        card=f"hold:{entry.id}-{entry.turn}",
        entry=entry.id,
        turn=entry.turn,
    )


# -- The rule ----------------------------------------------------------------------------------------------


def set_rules(tx: Tx, *, hold_ms: int) -> None:
    """How long units are held, from the configuration; what is held already keeps its time."""
    tx.run("UPDATE waitlist_rules SET hold_ms = :hold WHERE id = 1 AND hold_ms <> :hold", hold=hold_ms)


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(
        id=row["id"],
        offer_id=row["offer_id"],
        person_id=row["person_id"],
        quantity=row["quantity"],
        mode=Mode(row["mode"]),
        status=Status(row["status"]),
        held=row["held"],
        turn=row["turn"],
        hold_until=row["hold_until"],
    )


def hold_ms(tx: Tx) -> int:
    """How long units are held."""
    length: int = tx.value("SELECT hold_ms FROM waitlist_rules")
    return length
