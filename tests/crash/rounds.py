"""One round of the crash test: a stall with something to sell, people who want it, and a bot that keeps being killed.

Everything by chance comes from the round's seed, except how fast the machine is.
"""

import asyncio
import csv
import random
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playground.api import Playground
from playground.files import Upload
from playground.limits import Limits
from playground.server import serve
from shop.catalogue import read_rows
from storage import offers, people, products, revocations, roles, streams
from storage.clock import HOUR, SystemClock
from storage.connection import Tx
from storage.roles import Role
from storage.store import Store
from tests.bot.commands import config_file
from tests.crash.audit import misfits
from tests.crash.crew import Buyer, Cashier, Supplier
from tests.crash.nursery import Child, Nursery
from tests.journeys.actors import CATALOGUE
from tests.stall import OWNER, TOKEN

CASHIER, FIRST_SUPPLIER, FIRST_BUYER = 1101, 1201, 2001
PRODUCTS = ("EGG", "RICE")
SECONDS = 45.0
ANSWERED = ("sendMessage", "sendPhoto", "editMessageText", "editMessageCaption", "answerCallbackQuery")


class Watched(Playground):
    """A playground that says what it has just done for the bot, before the bot hears of it."""

    def __init__(self) -> None:
        super().__init__(limits=Limits.off())
        self.on_done: Callable[[str, Any], None] | None = None

    async def call(
        self, token: str, method: str, raw: Mapping[str, str], uploads: Mapping[str, Upload] | None = None
    ) -> Any:
        result = await super().call(token, method, raw, uploads)
        if self.on_done is not None:
            self.on_done(method, result)
        return result


@dataclass(frozen=True, slots=True)
class Doom:
    """When the bot dies: `after` seconds from its start, or that long after it has had its `nth` answer of `what`."""

    what: str
    nth: int = 0
    after: float = 0.0

    @classmethod
    def by(cls, chance: random.Random) -> "Doom":
        """One of the moments that matter, or any."""
        kind = chance.choice(("start", "update", "message", "message", "any"))
        if kind == "start":
            return cls("start", after=chance.uniform(0, 0.15))
        if kind == "any":
            return cls("start", after=chance.uniform(0.1, 1.2))
        after = chance.choice((0.0, 0.0, chance.uniform(0, 0.02)))
        return cls(kind, nth=chance.randrange(1, 12 if kind == "update" else 60), after=after)

    def counts(self, method: str, result: Any) -> bool:
        """Whether this call is one of those that bring doom nearer."""
        return bool(result) if self.what == "update" and method == "getUpdates" else method in ANSWERED

    async def strikes(self, bot: Child, playground: Watched, served: asyncio.Event, by: signal.Signals) -> None:
        """Send `bot` the signal in its moment, or leave it alone when everybody is served before."""
        if self.what == "start":
            await asyncio.wait({asyncio.ensure_future(served.wait())}, timeout=self.after)
        else:
            await self._waits(bot, playground, served, by)
        if not served.is_set():
            if self.what == "start" or self.after:
                bot.signals(by)
            # Even a gentle signal ends it hard in its first moments, before it listens.
            assert await bot.ends() in ({0, -by} if by is signal.SIGTERM else {-by})

    async def _waits(self, bot: Child, playground: Watched, served: asyncio.Event, by: signal.Signals) -> None:
        struck = asyncio.Event()
        seen = 0

        def done(method: str, result: Any) -> None:
            nonlocal seen
            if self.what == ("update" if method == "getUpdates" else "message") and self.counts(method, result):
                seen += 1
                if seen == self.nth:
                    struck.set()
                    if not self.after:
                        # At once: the answer must not leave.
                        bot.signals(by)

        playground.on_done = done
        waits = {asyncio.ensure_future(struck.wait()), asyncio.ensure_future(served.wait())}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(self.after)
        finally:
            playground.on_done = None
            for waiting in waits:
                waiting.cancel()


@dataclass(slots=True)
class Round:
    """One round, from an empty folder to a closed stall."""

    folder: Path
    seed: int
    orders: int
    kills: int
    by: signal.Signals = signal.SIGKILL
    playground: Watched = field(init=False)
    buyers: list[Buyer] = field(init=False, default_factory=list)
    killed: int = 0
    _bot: Child | None = None

    async def plays(self, nursery: Nursery) -> None:
        """Until every buyer is served and the bot has left. Raises AssertionError with the seed if that fails."""
        chance = random.Random(self.seed)
        self.playground = Watched()
        self.playground.add_bot(token=TOKEN, username="stall_bot", name="Livestall", id=123456)
        link = await self._stocks()
        async with await serve(self.playground) as server:
            config = config_file(self.folder, telegram={"base_url": server.base_url})
            crew = self._people(chance, link)
            served = asyncio.Event()
            dooms = [Doom.by(chance) for _ in range(self.kills)]
            keeping = asyncio.create_task(self._keeps_open(nursery, config, dooms, served))
            working = [asyncio.create_task(somebody.works()) for somebody in crew]
            try:
                async with asyncio.timeout(SECONDS):
                    await asyncio.gather(*(self._comes(buyer, chance) for buyer in self.buyers))
                    served.set()
                    bot = await keeping
                    await self._drains()
                    bot.signals(signal.SIGTERM)
                    assert await bot.ends() == 0, self.story()
            except TimeoutError:
                raise AssertionError(f"not everybody was served\n{self.story()}") from None
            finally:
                for task in (keeping, *working):
                    task.cancel()
                await asyncio.gather(keeping, *working, return_exceptions=True)
                if self._bot is not None:
                    self._bot.signals(signal.SIGKILL)

    @property
    def books(self) -> Path:
        return self.folder / "stall.db"

    @property
    def log(self) -> str:
        """Everything the bot said, life after life."""
        return (self.folder / "bot.log").read_text(encoding="utf-8")

    async def misfits(self) -> list[str]:
        """What is wrong now."""
        found = await misfits(self.books, self.playground, [buyer.person.id for buyer in self.buyers])
        return [*found, *(["the bot's log has a traceback"] if "Traceback" in self.log else [])]

    def story(self) -> str:
        """What a failure is told with."""
        unserved = [buyer.person for buyer in self.buyers if not buyer.is_served][:2]
        told = "\n".join(person.transcript(last=12) for person in unserved)
        return f"seed {self.seed}, {self.orders} orders, {self.kills} kills\n{told}\n{self.log[-3_000:]}"

    async def _stocks(self) -> str:
        """Fill the books as they are once the stream is announced; returns its link."""
        now = SystemClock().now()
        async with await Store.open(self.books, synchronous="NORMAL", now=now) as store:
            code = await store.write(_stocked, now=now)
        return f"https://t.me/stall_bot?start=s_{code}"

    def _people(self, chance: random.Random, link: str) -> list[Cashier | Supplier]:
        for number in range(self.orders):
            person = self.playground.person(f"Buyer {number}", id=FIRST_BUYER + number)
            self.buyers.append(Buyer(person, chance, link, chance.choice(PRODUCTS)))
        staff = [self.playground.person(f"Staff {id_}", id=id_) for id_ in _staff()]
        for person in (self.playground.person("Olga", id=OWNER), *staff):
            # They have opened the stall before.
            person.chat.started = True
        return [Cashier(staff[0], chance), *(Supplier(person, chance) for person in staff[1:])]

    async def _comes(self, buyer: Buyer, chance: random.Random) -> None:
        await asyncio.sleep(chance.uniform(0, 0.5))
        await buyer.shops()

    async def _keeps_open(self, nursery: Nursery, config: Path, dooms: list[Doom], served: asyncio.Event) -> Child:
        """Start the bot again after every kill; returns the one that nobody kills."""
        log = self.folder / "bot.log"
        for doom in dooms:
            bot = self._bot = await nursery.starts(log, "run", "--config", config)
            await doom.strikes(bot, self.playground, served, self.by)
            if served.is_set() and bot.code is None:
                return bot
            self.killed += 1
        self._bot = await nursery.starts(log, "run", "--config", config)
        return self._bot

    async def _drains(self) -> None:
        """Until the bot owes nobody anything."""
        async with await Store.open(self.books, synchronous="NORMAL", now=SystemClock().now()) as store:
            while await store.read(_left):
                await asyncio.sleep(0.02)


def _left(tx: Tx) -> int:
    left: int = tx.value(
        "SELECT (SELECT count(*) FROM inbox WHERE done_at IS NULL)"
        " + (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending'))"
    )
    return left


def _staff() -> Iterator[int]:
    yield CASHIER
    yield from range(FIRST_SUPPLIER, FIRST_SUPPLIER + len(PRODUCTS))


def _stocked(tx: Tx, *, now: int) -> str:
    """An act: the catalogue, the staff, an announced stream that sells the products."""
    for person in (OWNER, *_staff()):
        people.meet(tx, person=person, name=f"Person {person}", username=None, language="en", now=now)
    revocations.set_owners(tx, [OWNER], now)
    with CATALOGUE.open(encoding="utf-8", newline="") as source:
        catalogue = read_rows(enumerate(csv.DictReader(source), 2), "CNY", ["en", "zh"])
    products.import_rows(tx, actor=None, rows=catalogue.rows, now=now)
    roles.grant(tx, person=CASHIER, role=Role.CASHIER, supplier=None, by=OWNER, now=now)
    made = streams.create(
        tx, actor=OWNER, title="Spring stream", starts_at=now + HOUR, platforms=[], photo=None, now=now
    )
    assert isinstance(made, streams.Created)
    for number, code in enumerate(PRODUCTS):
        product = products.by_code(tx, code)
        assert product is not None
        roles.grant(
            tx, person=FIRST_SUPPLIER + number, role=Role.SUPPLIER, supplier=product.supplier_id, by=OWNER, now=now
        )
        offers.add(
            tx,
            actor=OWNER,
            stream_id=made.stream.id,
            product_id=product.id,
            quantity=500,
            price=product.price,
            now=now,
        )
    announced = streams.announce(tx, actor=OWNER, stream_id=made.stream.id, offsets_ms=[], now=now)
    assert isinstance(announced, streams.Announced)
    return made.stream.code
