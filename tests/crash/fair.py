"""A fair where several people do something at the same moment: who is there, what is sold, and how a move is made.

A move looks at the books, waits until everybody else of its round has looked too, and then acts by the real acts: so
whatever was read beforehand may be wrong by then. What people do is in `buyermoves`, `staffmoves` and `presalemoves`;
a new move is a function there, marked with `@move`.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from shop.coupons import Terms
from storage import addresses, coupons, groups, offers, orders, people, pickups
from storage.claiming import ClaimRules
from storage.connection import Tx
from storage.offers import Offer
from storage.orders import Order
from storage.outbox import Delivered, Lane
from storage.outbox import claim as set_out
from storage.outbox import eligible as may_go
from storage.outbox import settle as arrived
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.seed import ANN, BEN, CAI, HOST

P = ParamSpec("P")
R = TypeVar("R")

DORA, STRANGER = 5004, 6001
PEOPLE = (ANN, BEN, CAI, DORA, STRANGER)
GROUP = -100_1
RULES = ClaimRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Somebody does something: a name in `MOVES`, who of PEOPLE, and numbers for whatever is to be chosen."""

    name: str
    who: int = 0
    pick: int = 0
    packs: int = 1
    flag: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Gate:
    """Where everybody who has looked waits until it opens."""

    def __init__(self) -> None:
        self._open = asyncio.Event()

    async def opens(self) -> None:
        await self._open.wait()

    def open(self) -> None:
        self._open.set()


class At:
    """One person at one moment. `look` reads, `act` runs a real act after the gate."""

    def __init__(self, store: Store, move: Move, gate: Gate, now: int, *, is_met: bool) -> None:
        self.store, self.move, self.now = store, move, now
        self.has_looked = asyncio.Event()
        self._gate = gate
        self._is_met = is_met

    @property
    def speaker(self) -> int:
        """Anybody, also who has never opened the bot."""
        return PEOPLE[self.move.who % len(PEOPLE)]

    @property
    def person(self) -> int:
        """Somebody who has."""
        return self.speaker if self._is_met else ANN

    @property
    def packs(self) -> int:
        return self.move.packs

    @property
    def flag(self) -> bool:
        return self.move.flag

    async def look(self, query: Callable[Concatenate[Tx, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return await self.store.read(query, *args, **kwargs)

    async def act(self, act: Callable[..., R], /, **kwargs: Any) -> R:
        """Run `act(tx, now=…, **kwargs)` once everybody has looked."""
        self.has_looked.set()
        await self._gate.opens()
        return await self.store.write(act, now=self.now, **kwargs)

    async def one(self, sql: str, **values: Any) -> int | None:
        """One of the newest ids the statement finds, by the move's `pick`."""
        found = await self.look(lambda tx: [row[0] for row in tx.all(f"{sql} ORDER BY id DESC LIMIT 6", **values)])
        return found[self.move.pick % len(found)] if found else None

    async def offer(self) -> Offer:
        """Something that is sold."""
        id_ = await self.one("SELECT id FROM offers")
        found = await self.look(lambda tx: offers.view(tx, id_ or 0))
        assert found is not None
        return found

    async def order(self, status: str = "pending") -> Order | None:
        """Somebody's order in that state; now and then in any, as somebody does who looks at an old message."""
        wanted = "%" if self.move.pick == 7 else status
        id_ = await self.one("SELECT id FROM orders WHERE status LIKE :status", status=wanted)
        return await self.look(lambda tx: orders.view(tx, id_ or 0))


Doing = Callable[[At], Coroutine[Any, Any, None]]
MOVES: dict[str, Doing] = {}
OFTEN: list[str] = []
STOCK_ONLY: set[str] = set()
"""Moves of units that must leave every order's money alone."""


def move(times: int = 1, *, stock_only: bool = False) -> Callable[[Doing], Doing]:
    """Mark a move; one with more `times` is made more often."""

    def mark(doing: Doing) -> Doing:
        name = doing.__name__
        MOVES[name] = doing
        OFTEN.extend([name] * times)
        if stock_only:
            STOCK_ONLY.add(name)
        return doing

    return mark


async def play(
    store: Store,
    moves: Sequence[Move],
    *,
    now: int,
    then: int | None = None,
    ready: Callable[[], Awaitable[None]] | None = None,
    known: Mapping[str, Doing] = MOVES,
) -> None:
    """Let everybody look at `now`, one after the other, wait for `ready`, and then all act at once, at `then`."""
    gate, everybody, doing = Gate(), [], []
    for one in moves:
        is_met = await store.read(people.view, PEOPLE[one.who % len(PEOPLE)]) is not None
        at = At(store, one, gate, now, is_met=is_met)
        task = asyncio.create_task(known[one.name](at))
        looked = asyncio.create_task(at.has_looked.wait())
        await asyncio.wait({task, looked}, return_when=asyncio.FIRST_COMPLETED)
        looked.cancel()
        everybody.append(at)
        doing.append(task)
    if ready is not None:
        await ready()
    for at in everybody:
        at.now = now if then is None else then
    gate.open()
    outcomes = await asyncio.gather(*doing, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


# -- The fair -----------------------------------------------------------------------------------------------


def opens(tx: Tx) -> None:
    """Eggs (at most five a buyer), rice (first paid, at most three), a presale of honey, tea in a second stream; a
    place to pick it all up."""
    stall = trade.stall(tx, eggs=6, rice=4)
    tx.run("UPDATE offers SET limit_per_buyer = 5 WHERE id = :id", id=stall.eggs)
    tx.run("UPDATE offers SET limit_per_buyer = 3 WHERE id = :id", id=trade.first_paid(tx, stall.rice))
    seed.offer(
        tx, stall.stream, seed.product(tx, stall.egg_farm, "HONEY", price=777), quantity=3, availability="presale"
    )
    hall = pickups.add(tx, actor=HOST, supplier_id=None, name="Hall", address="Gate 2", hours="Sat", now=NOON)
    assert isinstance(hall, pickups.Kept)
    later = seed.stream(tx, "AUTUMN", host=seed.OTHER_HOST)
    seed.offer(tx, later, seed.product(tx, stall.rice_farm, "TEA", price=500), quantity=2)
    addresses.save(tx, actor=seed.person(tx, DORA), address=trade.HOME, now=NOON)
    linked = groups.link(tx, actor=HOST, chat=GROUP, title="Fans", code="SPRING", can_read=True, now=NOON)
    assert isinstance(linked, groups.Linked)
    for terms in (Terms(code="TEN", percent=10, uses=3, per_buyer=2), Terms(code="GIFT", percent=100, uses=1)):
        made = coupons.make(tx, actor=HOST, terms=terms, currency="CNY", starts_at=NOON, ends_at=None, now=NOON)
        assert isinstance(made, coupons.Made)


async def ground(path: Path, act: Callable[[Tx], None] = opens) -> Path:
    """A file with the fair in it, to be copied for each story."""
    async with await Store.open(path, synchronous="NORMAL", now=NOON) as store:
        await store.write(act)
        await store.maintain(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
    return path


def copied(ground: Path, path: Path) -> Path:
    shutil.copy(ground, path)
    return path


def deliver(tx: Tx, now: int) -> None:
    """As if everything that may leave now had arrived, so that cards stand in chats."""
    while rows := may_go(tx, list(Lane), (), 500, now):
        set_out(tx, [row.id for row in rows])
        arrived(tx, [(row, Delivered(message_id=row.id)) for row in rows], now)
