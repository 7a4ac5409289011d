"""SIGKILL in the middle of an erasure: whoever opens the books next finishes it, to the last byte."""

import random
from pathlib import Path

import pytest

from storage.store import Store
from tests.clock import NOON
from tests.storage import remains, trade
from tests.storage.processes import hears, running, tells
from tests.storage.remains import STAYS, WORDS, found_in
from tests.storage.seed import ANN, BEN

# Erases and says so after every step; goes on when it is told to, or at once if it is not to be told.
BOT = """
import asyncio, sys
from pathlib import Path
from storage import erasures
from storage.store import Store
from tests.storage import remains

async def main(path, now, waits):
    async with await Store.open(Path(path), synchronous="FULL", now=now) as store:
        begun = await store.write(erasures.erase, person={ann}, now=now)
        while True:
            print("step", flush=True)
            if waits:
                sys.stdin.readline()
            now += erasures.WAIT_MS
            await store.write(erasures.go_on, pseudonym=begun.pseudonym, now=now)
            await store.write(remains.finish, now)

asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "waits"))
"""


async def planted(path: Path) -> None:
    """Books with something of Ann's and Ben's in every personal column."""
    async with await Store.open(path, synchronous="FULL", now=NOON) as store:
        await store.write(remains.plant)


async def is_finished_by_the_next(path: Path) -> None:
    """Opened again, the erasure goes on to its end, and nobody else has lost anything."""
    async with await Store.open(path, synchronous="FULL", now=NOON) as store:
        await remains.goes_on(store)
        assert await trade.book(store, "SELECT count(*) FROM erasures WHERE phase = 'done'") == 1
        await trade.assert_books_agree(store)
        assert found_in(path, ANN) == STAYS
        assert found_in(path, BEN) == WORDS
        assert remains.numbers_of(path, ANN) == set()


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 8, 11])
async def test_a_kill_after_any_step_loses_nothing_of_an_erasure(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "books.db"
    await planted(path)
    async with running(BOT.replace("{ann}", str(ANN)), path, NOON, "waits") as bot:
        assert await hears(bot) == "step"
        for _ in range(steps - 1):
            await tells(bot)
            assert await hears(bot) == "step"
        bot.kill()
        await bot.wait()
    await is_finished_by_the_next(path)


@pytest.mark.parametrize("seed", range(4))
async def test_a_kill_at_any_moment_loses_nothing_of_an_erasure(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "books.db"
    await planted(path)
    async with running(BOT.replace("{ann}", str(ANN)), path, NOON, "runs") as bot:
        for _ in range(random.Random(seed).randint(1, 12)):
            assert await hears(bot) == "step"
        bot.kill()
        await bot.wait()
    await is_finished_by_the_next(path)
