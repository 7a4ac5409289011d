"""The order path in old books: the same taps with a thousand, a hundred thousand and a million orders in the file."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.books import FIRST_BUYER, at_the_summary
from benchmarks.bulk import old_books
from storage import doctor
from storage.offers import Offer
from storage.store import Store

SIZES = (1_000, 100_000, 1_000_000)
PLACED = 1_000
"""Orders of each round."""

Measure = Callable[[str, list[dict[str, Any]], Path], tuple[float, float]]
"""Updates per second and processor microseconds per update of a kind of bot (`benchmarks.__main__`)."""


@dataclass(slots=True)
class _Books:
    """A file that had so many orders at first, and what an order in it took, round by round."""

    folder: Path
    orders: int
    offer: Offer
    runs: list[tuple[float, float]] = field(default_factory=list)


async def _next_buyers(books: _Books) -> list[dict[str, Any]]:
    first = FIRST_BUYER + len(books.runs) * PLACED
    now = time.time_ns() // 1_000_000
    async with await Store.open(books.folder / "bench.db", synchronous="NORMAL", now=now) as store:
        return await at_the_summary(store, books.offer, first, PLACED, now)


async def _differences(books: _Books) -> tuple[str, ...]:
    now = time.time_ns() // 1_000_000
    async with await Store.open(books.folder / "bench.db", now=now) as store:
        return (await doctor.examine(store, now=now, bot_is_running=False)).differences


def growth(measure: Measure, *, sizes: Sequence[int] = SIZES, rounds: int) -> list[str]:
    """Measure the sizes in turns, print the figures; returns what doctor finds wrong with the books, a line each."""
    with tempfile.TemporaryDirectory() as name:
        files = []
        for size in sizes:
            folder = Path(name) / str(size)
            folder.mkdir()
            files.append(_Books(folder, size, asyncio.run(old_books(folder, size))))
        for _ in range(rounds):
            for books in files:
                books.runs.append(measure("stall", asyncio.run(_next_buyers(books)), books.folder))
        wrong = [line for books in files for line in asyncio.run(_differences(books))]
    print(f"\ngrowth: {PLACED:,} orders placed in turns, rounds: {rounds}; ratios are medians of the rounds\n")
    print("| orders in the file | orders/s | CPU µs/order | CPU of the smallest file |")
    print("|-------------------:|---------:|-------------:|-------------------------:|")
    for books in files:
        speed, micros = (statistics.median(run[at] for run in books.runs) for at in (0, 1))
        ratio = statistics.median(run[1] / small[1] for run, small in zip(books.runs, files[0].runs, strict=True))
        print(f"| {books.orders:18,} | {speed:8,.0f} | {micros:12,.0f} | {ratio:24.2f} |")
    print(*(wrong or ["doctor finds nothing wrong with any of the files"]), sep="\n")
    return wrong
