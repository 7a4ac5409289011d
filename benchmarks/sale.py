"""The flash sale: a crowd, a few units, the whole conversation over HTTP; beside it a bare bot with the same calls.

Both are measured against the same crowd in the same run. Afterwards the stall's books are examined: a figure for a
sale that sold one unit too many, or left somebody without an answer, is worth nothing.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from benchmarks.books import USERNAME, put_up
from storage import doctor
from storage.connection import Tx
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Sale:
    """What one sale took. Seconds; `calls` by method; `telegram` is the share of a core the other side used."""

    seconds: float
    selling: float
    telegram: float
    calls: dict[str, int]
    winners: list[float]
    losers: list[float]
    unanswered: int
    processor: float

    @property
    def calls_per_second(self) -> float:
        return sum(self.calls.values()) / self.seconds

    @property
    def processor_per_call(self) -> float:
        return self.processor / sum(self.calls.values())


@contextmanager
def _started(module: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], IO[str], IO[str]]]:
    with subprocess.Popen(
        [sys.executable, "-m", f"benchmarks.{module}", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipe")
        try:
            yield process, process.stdin, process.stdout
        finally:
            process.kill()


def _held(kind: str, folder: Path, buyers: int, offer: int) -> Sale:
    """One sale by a bot of this kind."""
    link = f"https://t.me/{USERNAME}?start=o_{offer}"
    with _started("crowd", str(buyers), link) as (_, go, seen):
        port = seen.readline().strip()
        with _started("bots", kind, port, str(folder)) as (bot, _, said):
            if said.readline().strip() != "open":
                raise RuntimeError("the bot did not open")
            go.write("go\n")
            go.flush()
            told: dict[str, Any] = json.loads(seen.readline())
            time.sleep(0.5)  # what was answered is also to be settled
            bot.terminate()
            return Sale(**told, processor=json.loads(said.readline())["processor"])


def _free_of(tx: Tx, offer: int) -> tuple[int, int]:
    row = tx.one("SELECT quantity, taken FROM offers WHERE id = :offer", offer=offer)
    if row is None:
        raise LookupError(offer)
    return row["quantity"], row["taken"]


async def misfits(folder: Path, offer: int, sale: Sale, buyers: int, units: int) -> list[str]:
    """What is wrong after a sale, a line each."""
    now = time.time_ns() // 1_000_000
    async with await Store.open(folder / "bench.db", now=now) as store:
        findings = await doctor.examine(store, now=now, bot_is_running=False)
        quantity, taken = await store.read(_free_of, offer)
    wrong = list(findings.differences)
    if (quantity, taken) != (units, units):
        wrong.append(f"{taken} units of {quantity} are taken; all {units} were wanted")
    if sale.unanswered or len(sale.winners) + len(sale.losers) != buyers:
        wrong.append(f"{sale.unanswered} of {buyers} buyers were left without an answer")
    return wrong


def _percentiles(seconds: list[float]) -> str:
    if len(seconds) < 2:
        return f"{len(seconds)} only"
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return f"p50 {cuts[49] * 1000:,.0f} ms, p99 {cuts[98] * 1000:,.0f} ms"


def _ratio(runs: list[tuple[Sale, Sale]], of: str) -> float:
    """The median over the rounds; both of a round met the same load of the machine."""
    return statistics.median(getattr(stall, of) / getattr(bare, of) for stall, bare in runs)


def flash_sale(*, buyers: int, units: int, rounds: int) -> list[str]:
    """Hold the sales, print the figures; returns what is wrong with the books, a line each."""
    runs: list[tuple[Sale, Sale]] = []
    wrong: list[str] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            offer = asyncio.run(put_up(folder, buyers, units))
            stall = _held("stall", folder, buyers, offer)
            wrong += asyncio.run(misfits(folder, offer, stall, buyers, units))
            runs.append((stall, _held(f"sale:{units}", folder, buyers, offer)))
    print(f"\nflash sale, {buyers:,} buyers at once, {units:,} units, rounds: {rounds}, medians by orders/s\n")
    for name, sales in (("stall", [one for one, _ in runs]), ("bare PTB bot", [other for _, other in runs])):
        sale = sorted(sales, key=lambda one: one.seconds)[len(sales) // 2]
        orders = len(sale.winners)
        print(f"{name}: {orders / sale.selling:,.0f} orders/s, ", end="")
        print(f"{sale.calls_per_second:,.0f} calls/s, {sum(sale.calls.values()) / buyers:.2f} calls a buyer")
        print(f"  from tap to answer: winners {_percentiles(sale.winners)}; losers {_percentiles(sale.losers)}")
        print(f"  processor: {sale.processor / buyers * 1e3:.2f} ms a buyer, ", end="")
        print(f"{sale.processor / orders * 1e3:.2f} ms an order (its losers with it), ", end="")
        print(f"{sale.processor_per_call * 1e6:,.0f} µs a call; the other side {sale.telegram:.0%} of a core")
    print(f"of the bare bot: {_ratio(runs, 'calls_per_second'):.2f} of its calls/s, ", end="")
    print(f"{1 / _ratio(runs, 'processor_per_call'):.2f} by processor time")
    if wrong:
        print("the books do not fit:", *wrong, sep="\n  ")
    else:
        print(f"the books fit in every round: {units:,} units of {units:,} taken, nothing for doctor, ", end="")
        print("every buyer answered")
    return wrong
