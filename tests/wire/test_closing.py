"""A signal under load: what is in hand is finished, what waits is done after the next start, nothing goes twice."""

import signal
from pathlib import Path

from tests.crash.audit import repeats
from tests.crash.nursery import nursery
from tests.crash.rounds import Round


async def test_closing_under_load_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    async with nursery() as births:
        played = Round(tmp_path, seed=7, orders=12, kills=3, by=signal.SIGTERM)
        await played.plays(births)
        assert await played.misfits() == [], played.story()
        assert (await repeats(played.books))[0] == 0
