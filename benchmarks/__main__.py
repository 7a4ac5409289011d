"""`make bench`: our order path beside a bare PTB echo, a webhook, a flash sale, and the order path in old books.

Prints updates per second, processor time per update, and ratios within the run. The order path is: tap `Place order`
-> the order and its units committed with full durability -> the message with the payment code accepted by the server.
`ARGS="sale"` measures only that part; `--buyers`, `--units`, `--sizes` and `--rounds` make it larger or smaller.
Exits with 1 if the books of a sale or of a file do not fit afterwards.
"""

import argparse
import asyncio
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.books import FIRST_BUYER, prepare, tap, typed
from benchmarks.growth import SIZES, growth
from benchmarks.sale import flash_sale
from benchmarks.webhook import accepted_per_second
from bot.webhook import CONNECTIONS

PARTS = ("echo", "webhook", "sale", "growth")
FEW, MANY = 600, 3000  # the default transport is so slow that 3,000 would say nothing new


@dataclass(frozen=True, slots=True)
class Figure:
    """One contender's median over the rounds."""

    name: str
    per_second: float
    micros: float


def _measure(kind: str, updates: list[dict[str, Any]], folder: Path) -> tuple[float, float]:
    """Updates per second and processor microseconds per update of one run."""
    source = folder / "updates.json"
    source.write_text(json.dumps(updates), "utf-8")
    stub = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.stub", str(source), str(len(updates))], stdout=subprocess.PIPE, text=True
    )
    if stub.stdout is None:
        raise RuntimeError("no pipe")
    port = stub.stdout.readline().strip()
    bot = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bots", kind, port, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        seconds = json.loads(stub.stdout.readline())["seconds"]
        time.sleep(0.2)
        bot.terminate()
        out, _ = bot.communicate(timeout=30)
        used = json.loads(out.splitlines()[-1])["processor"]
    finally:
        for process in (bot, stub):
            process.kill()
            process.wait()
    return len(updates) / seconds, used / len(updates) * 1e6


def _figure(name: str, runs: list[tuple[float, float]]) -> Figure:
    return Figure(name, statistics.median(run[0] for run in runs), statistics.median(run[1] for run in runs))


def _fsync_ms(folder: Path) -> float:
    with (folder / "probe").open("wb") as probe:
        times = []
        for _ in range(200):
            probe.write(b"x" * 4096)
            probe.flush()
            began = time.perf_counter()
            os.fsync(probe.fileno())
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def _echo(rounds: int) -> None:
    runs: dict[str, list[tuple[float, float]]] = {"default": [], "ours": [], "taps": [], "stall": []}
    for _ in range(rounds):
        for name, kind, count in (("default", "default", FEW), ("ours", "ours", MANY), ("taps", "ours", MANY)):
            make = (
                (lambda i: tap(i, FIRST_BUYER + i, "x")) if name == "taps" else (lambda i: typed(i, FIRST_BUYER + i))
            )
            with tempfile.TemporaryDirectory() as folder:
                runs[name].append(_measure(kind, [make(index) for index in range(count)], Path(folder)))
        with tempfile.TemporaryDirectory() as folder:
            updates = asyncio.run(prepare(Path(folder), MANY))
            runs["stall"].append(_measure("stall", updates, Path(folder)))
    figures = [
        _figure("bare PTB echo, default transport", runs["default"]),
        _figure("bare PTB echo, our transport", runs["ours"]),
        _figure("bare PTB tap answered (2 calls), our transport", runs["taps"]),
        _figure("our order path (2 calls, commit, QR message)", runs["stall"]),
    ]
    with tempfile.TemporaryDirectory() as folder:
        fsync = _fsync_ms(Path(folder))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ", end="")
    print(f"SQLite {sqlite3.sqlite_version}, fsync {fsync:.2f} ms, median of {rounds}\n")
    print(f"| {'what':47} | updates/s | CPU µs/update | of our echo | of our tap echo |")
    print(f"|{'-' * 49}|----------:|--------------:|------------:|----------------:|")
    for figure in figures:
        of_echo, of_taps = (figure.per_second / figures[index].per_second for index in (1, 2))
        print(f"| {figure.name:47} | {figure.per_second:9,.0f} | {figure.micros:13,.0f} ", end="")
        print(f"| {of_echo:11.2f} | {of_taps:15.2f} |")


def _webhook(rounds: int) -> None:
    taken, handled = (
        statistics.median(accepted_per_second(is_handled=is_handled) for _ in range(rounds))
        for is_handled in (False, True)
    )
    print(f"\nwebhook, {CONNECTIONS} connections: {taken:,.0f} updates/s taken in and committed; ", end="")
    print(f"{handled:,.0f} while each is also handled and answered")


def main() -> int:
    """Run and print what was asked for; 1 if some books do not fit."""
    parser = argparse.ArgumentParser(prog="make bench ARGS=…", description="Measure the stall.")
    parser.add_argument(
        "parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all of them if none is named"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--buyers", type=int, default=2_000, help="of the flash sale")
    parser.add_argument("--units", type=int, default=500, help="of the flash sale")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="orders in the files of growth")
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(f"there is no part {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}")
    wrong: list[str] = []
    for part in asked.parts or PARTS:
        match part:
            case "echo":
                _echo(asked.rounds)
            case "webhook":
                _webhook(asked.rounds)
            case "sale":
                wrong += flash_sale(buyers=asked.buyers, units=asked.units, rounds=asked.rounds)
            case _:
                wrong += growth(_measure, sizes=asked.sizes, rounds=asked.rounds)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
