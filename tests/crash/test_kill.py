"""SIGKILL at any moment, under load: nothing is lost, nothing is done twice, and what is seen twice is known.

The bot is a process of its own against a Telegram in this one. `make soak` plays 500 rounds; SEED=n plays one again.
"""

import os
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.crash.audit import repeats
from tests.crash.nursery import Nursery, nursery
from tests.crash.rounds import Round

MOST_KILLS = 4
QUICK_ROUNDS, LONG_ROUNDS = 20, 500


@pytest.fixture
async def births() -> AsyncIterator[Nursery]:
    """Where bots come from."""
    async with nursery() as opened:
        yield opened


async def play(folder: Path, births: Nursery, seed: int, most_orders: int) -> Round:
    """One round; everything must fit at its end."""
    chance = random.Random(seed)
    folder.mkdir()
    played = Round(
        folder, seed, orders=chance.randint(3, most_orders), kills=chance.randint(1, MOST_KILLS)
    )
    await played.plays(births)
    found = await played.misfits()
    assert not found, "\n".join([*found, played.story()])
    doctor = await births.starts(folder / "doctor.log", "doctor", "--config", folder / "config.toml")
    assert await doctor.ends() == 0, (folder / "doctor.log").read_text()
    return played


async def play_all(folder: Path, births: Nursery, rounds: int, most_orders: int) -> None:
    """Rounds of new seeds, or the one that is asked for. The whole must have been hard enough to prove something."""
    asked = os.environ.get("SEED")
    seeds = [int(asked)] if asked else [random.SystemRandom().randrange(1 << 32) for _ in range(rounds)]
    killed = repeated = messages = 0
    for number, seed in enumerate(seeds):
        played = await play(folder / str(number), births, seed, most_orders)
        killed += played.killed
        more = await repeats(played.books)
        repeated, messages = repeated + more[0], messages + more[1]
    print(f"{len(seeds)} rounds, {killed} kills, {repeated} of {messages} messages repeated")
    assert asked or (killed > rounds and repeated)


@pytest.mark.timeout(300)
async def test_no_kill_loses_or_doubles_anything(tmp_path: Path, births: Nursery) -> None:
    await play_all(tmp_path, births, QUICK_ROUNDS, most_orders=12)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
async def test_no_kill_loses_or_doubles_anything_in_the_long_run(tmp_path: Path, births: Nursery) -> None:
    await play_all(tmp_path, births, LONG_ROUNDS, most_orders=40)
