"""Special prices of an offer: a flash price with a timer and a quantity, and prices from a quantity on.

Owns `flashes` with their own counter, and `quantity_steps`. What a line of an order gets of them is decided in
`shop/discounts` and frozen by `storage/discounts`.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from shop.discounts import FlashPrice, Step
from shop.stock import free
from shop.streams import StreamStatus
from storage import audit, deskcards, outbox, roles
from storage.clock import MINUTE
from storage.connection import Tx
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused
from storage.streams import OutOfTurn

MOST_MINUTES = 7 * 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Flash:
    """A flash price: minor units, `quantity` packs (None: as many as the offer has), instants UTC ms."""

    id: int
    offer_id: int
    price: int
    quantity: int | None
    taken: int
    ends_at: int
    created_by: int

    @property
    def left(self) -> int | None:
        """Packs still to be had at this price; None is as many as there are."""
        return free(self.quantity, self.taken)

    def runs(self, now: int) -> bool:
        """Whether its time has not run out and something of it is left."""
        return now < self.ends_at and self.left != 0

    @property
    def price_for_now(self) -> FlashPrice:
        """As the sums take it."""
        return FlashPrice(id=self.id, price=self.price, left=self.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """From now on it costs this."""

    flash_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The usual price again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsSet:
    """These prices from a quantity on hold now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCheaper(Refused):
    """A special price has to be below the usual one, which is `price` for as many packs."""

    price: int


_OPEN = "SELECT * FROM flashes INDEXED BY flashes_open WHERE offer_id = :offer AND closed_at IS NULL"
_VIEW = "SELECT * FROM flashes WHERE id = :id"
_START = """
    INSERT INTO flashes (offer_id, price, quantity, starts_at, ends_at, created_by, created_at)
    VALUES (:offer, :price, :quantity, :now, :ends_at, :actor, :now)
"""
_CLOSE = "UPDATE flashes SET closed_at = :now WHERE offer_id = :offer AND closed_at IS NULL RETURNING id"
_OFFER = "SELECT o.price, s.status FROM offers AS o JOIN streams AS s ON s.id = o.stream_id WHERE o.id = :id"


def flash_of(row: sqlite3.Row) -> Flash:
    """A row of `flashes`."""
    return Flash(
        id=row["id"],
        offer_id=row["offer_id"],
        price=row["price"],
        quantity=row["quantity"],
        taken=row["taken"],
        ends_at=row["ends_at"],
        created_by=row["created_by"],
    )


def open_flash(tx: Tx, offer: int) -> Flash | None:
    """The offer's flash price that nobody has closed; its time may be over."""
    row = tx.one(_OPEN, offer=offer)
    return None if row is None else flash_of(row)


def view(tx: Tx, flash: int) -> Flash | None:
    """A flash price by its id, or None."""
    row = tx.one(_VIEW, id=flash)
    return None if row is None else flash_of(row)


def steps(tx: Tx, offer: int) -> tuple[Step, ...]:
    """The offer's prices from a quantity on, the smallest quantity first."""
    rows = tx.all("SELECT quantity, price FROM quantity_steps WHERE offer_id = :o ORDER BY quantity", o=offer)
    return tuple(Step(quantity=row["quantity"], price=row["price"]) for row in rows)


def _open_offer(tx: Tx, actor: int, offer_id: int) -> sqlite3.Row | NotAllowed | NotFound | OutOfTurn:
    """The offer's price, if this host may change it now."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    row = tx.one(_OFFER, id=offer_id)
    if row is None:
        return NotFound()
    status = StreamStatus(row["status"])
    return OutOfTurn(status=status) if status.is_over else row


def start_flash(
    tx: Tx,
    *,
    actor: int,
    offer_id: int,
    price: int,
    minutes: int,
    quantity: int | None,
    now: int,
    anchor: int | None = None,
) -> Started | NotCheaper | NotAllowed | NotFound | OutOfTurn:
    """From now on `quantity` packs (None: all there are) cost `price`, for so many minutes. One that runs already
    gives way to it."""
    offer = _open_offer(tx, actor, offer_id)
    if not isinstance(offer, sqlite3.Row):
        return offer
    if not 0 <= price < offer["price"]:
        return NotCheaper(price=offer["price"])
    if not 1 <= minutes <= MOST_MINUTES or (quantity is not None and quantity < 1):
        raise ValueError(f"no flash price of {minutes} minutes and {quantity} packs")
    tx.run(_CLOSE, offer=offer_id, now=now)
    ends_at = now + minutes * MINUTE
    id_ = tx.insert(_START, offer=offer_id, price=price, quantity=quantity, ends_at=ends_at, actor=actor, now=now)
    tx.rings_due = True
    audit.note(
        tx,
        actor,
        "flash.started",
        f"offer:{offer_id}",
        now,
        flash=id_,
        price=price,
        quantity=quantity,
        minutes=minutes,
    )
    deskcards.touch_offer(tx, offer_id, now)
    outbox.tell(tx, actor, "specials_card", now=now, anchor=anchor, offer=offer_id)
    return Started(flash_id=id_)


def stop_flash(
    tx: Tx, *, actor: int, offer_id: int, now: int, anchor: int | None = None
) -> Stopped | NotAllowed | NotFound:
    """The usual price again, at once. NotFound when none runs: a second tap, or the clock was first."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    flash = tx.value(_CLOSE, offer=offer_id, now=now)
    if flash is None:
        return NotFound()
    audit.note(tx, actor, "flash.stopped", f"offer:{offer_id}", now, flash=flash)
    deskcards.touch_offer(tx, offer_id, now)
    outbox.tell(tx, actor, "specials_card", now=now, anchor=anchor, offer=offer_id)
    return Stopped()


def set_steps(
    tx: Tx, *, actor: int, offer_id: int, wanted: Sequence[Step], now: int, anchor: int | None = None
) -> StepsSet | NotCheaper | NotAllowed | NotFound | OutOfTurn:
    """The offer's prices from a quantity on are these and no others."""
    offer = _open_offer(tx, actor, offer_id)
    if not isinstance(offer, sqlite3.Row):
        return offer
    for step in wanted:
        if not 0 <= step.price < step.quantity * offer["price"]:
            return NotCheaper(price=step.quantity * offer["price"])
    tx.run("DELETE FROM quantity_steps WHERE offer_id = :offer", offer=offer_id)
    tx.many(
        "INSERT INTO quantity_steps (offer_id, quantity, price) VALUES (:offer, :quantity, :price)",
        [{"offer": offer_id, "quantity": step.quantity, "price": step.price} for step in wanted],
    )
    audit.note(tx, actor, "steps.set", f"offer:{offer_id}", now, steps=len(wanted))
    deskcards.touch_offer(tx, offer_id, now)
    outbox.tell(tx, actor, "specials_card", now=now, anchor=anchor, offer=offer_id)
    return StepsSet()


_CLOSE_DEARER = """
    UPDATE flashes SET closed_at = :now WHERE offer_id = :offer AND closed_at IS NULL AND price >= :price RETURNING id
"""
_DROP_DEARER = "DELETE FROM quantity_steps WHERE offer_id = :offer AND price >= quantity * :price"


def outpriced(tx: Tx, *, actor: int, offer_id: int, price: int, now: int) -> bool:
    """The usual price has become `price`: special prices that are not below it any more end. Was there one?"""
    flash = tx.value(_CLOSE_DEARER, offer=offer_id, price=price, now=now)
    if flash is not None:
        audit.note(tx, actor, "flash.stopped", f"offer:{offer_id}", now, flash=flash)
    has_dropped = tx.run(_DROP_DEARER, offer=offer_id, price=price) > 0
    if has_dropped:
        audit.note(tx, actor, "steps.set", f"offer:{offer_id}", now, steps=len(steps(tx, offer_id)))
    return flash is not None or has_dropped


# One statement decides: what was read before may have been taken since. The table's CHECK stands behind it.
_TAKE = """
    UPDATE flashes SET taken = taken + :units
    WHERE id = :flash AND (quantity IS NULL OR taken + :units <= quantity)
"""
_GIVE_BACK = "UPDATE flashes SET taken = taken - :units WHERE id = :flash AND taken >= :units"


def take(tx: Tx, flash: int, units: int) -> bool:
    """Take `units` packs at the flash price; False, and nothing changed, when fewer are left. Time is not asked: the
    price of an order that stood is frozen."""
    return tx.run(_TAKE, flash=flash, units=units) > 0


def give_back(tx: Tx, flash: int, units: int) -> None:
    """Packs an order had at the flash price can be had at it again. Raises ValueError if fewer are taken: a bug."""
    if not tx.run(_GIVE_BACK, flash=flash, units=units):
        raise ValueError(f"flash {flash} has not given {units} packs")


_DUE = "SELECT * FROM flashes INDEXED BY flashes_to_close WHERE closed_at IS NULL AND ends_at <= :now LIMIT :limit"


def close_due(tx: Tx, *, now: int, limit: int = 100) -> int:
    """Close flash prices whose time is over and tell the host who began each; returns how many. They cost nothing
    any more already: this only tidies up and tells."""
    ended = [flash_of(row) for row in tx.all(_DUE, now=now, limit=limit)]
    for flash in ended:
        tx.run("UPDATE flashes SET closed_at = :now WHERE id = :id", id=flash.id, now=now)
        deskcards.touch_offer(tx, flash.offer_id, now)
        outbox.tell(tx, flash.created_by, "flash_over", now=now, lane=Lane.ORDER, flash=flash.id)
    return len(ended)


def next_due(tx: Tx) -> int | None:
    """When the next flash price runs out, or None."""
    at: int | None = tx.value("SELECT MIN(ends_at) FROM flashes INDEXED BY flashes_to_close WHERE closed_at IS NULL")
    return at
