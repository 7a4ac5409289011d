"""Two people after the same thing: how a race is written down.

A *rival* acts by the real acts. Its *careless* counterpart is what somebody would write who trusts what was read
beforehand: it looks, waits like everybody else, and then writes without asking again, in tables without their CHECKs.
The races for goods are in `goodsrivals`, those for an order and its money in `moneyrivals`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storage.clock import HOUR
from storage.connection import Tx
from tests.clock import NOON
from tests.crash.fair import PEOPLE, At, Doing, Move
from tests.storage import seed

EGGS = 1
RIVALS: dict[str, Doing] = {}


def rival(doing: Doing) -> Doing:
    RIVALS[doing.__name__] = doing
    return doing


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """Who runs for what. `truth` is one value that is `right` whoever is first, and never when all are careless."""

    prepare: Callable[[Tx], None]
    rivals: Sequence[Move]
    careless: Sequence[Move]
    truth: str
    right: int
    now: int = NOON


def by(name: str, person: int, pick: int = 0) -> Move:
    return Move(name=name, who=PEOPLE.index(person), pick=pick)


def sell(tx: Tx, buyer: int, units: int, now: int) -> int:
    """An order and its units, whatever is free."""
    order = seed.order(tx, buyer, EGGS, units)
    tx.run("UPDATE orders SET hold_until = :until WHERE id = :id", id=order, until=now + HOUR)
    tx.run("UPDATE offers SET taken = taken + :units WHERE id = :id", id=EGGS, units=units)
    note(tx, "take", units, now, order=order)
    return order


def note(tx: Tx, kind: str, units: int, now: int, *, order: int | None = None, claim: int | None = None) -> None:
    tx.run(
        "INSERT INTO stock_movements (offer_id, order_id, claim_id, kind, units, reason, at)"
        " VALUES (:offer, :order, :claim, :kind, :units, 'careless', :now)",
        offer=EGGS,
        order=order,
        claim=claim,
        kind=kind,
        units=units,
        now=now,
    )


async def free(at: At) -> int:
    found: int = await at.look(lambda tx: tx.value("SELECT quantity - taken FROM offers WHERE id = :id", id=EGGS))
    return found
