"""Ten thousand updates nobody would think of: none brings an error, none holds up the next, the books stay right."""

import asyncio
import logging
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from storage import doctor
from tests.journeys.players import cast
from tests.stall import TestStall, open_stall
from tests.updates import Json, updates

A_BATCH = 100
BATCHES = 100


class Errors(logging.Handler):
    """What was logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


async def is_well(stall: TestStall) -> None:
    """Nothing failed or waits, and the books add up."""
    await stall.settles(30)
    failed = await stall.program.deps.store.read(
        lambda tx: [tuple(row) for row in tx.all("SELECT raw, error FROM inbox WHERE attempts > 0")]
    )
    assert not failed
    assert await stall.value("SELECT count(*) FROM outbox WHERE state = 'failed'") == 0
    findings = await doctor.examine(stall.program.deps.store, now=stall.clock.now(), bot_is_running=True)
    assert not findings.differences


async def thrown_at_a_stall(folder: Path, thrown: list[tuple[str, Json]]) -> None:
    """A stall in the middle of an evening gets them all at once, and afterwards serves people as before."""
    async with open_stall(folder) as stall:
        players = await cast(stall)
        for kind, content in thrown:
            stall.playground.bot.mail.add(kind, content)
        await is_well(stall)
        assert await stall.value("SELECT count(*) FROM inbox") > len(thrown) // 2
        eve = stall.person("Eve", 9_001)
        await eve.sends("/start")
        await eve.sees("Tonggu Stall")
        await stall.settles()
        assert players.ann.chat is not None


@pytest.mark.timeout(480)
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(
    max_examples=BATCHES,
    deadline=None,
    database=None,
    # Making a hundred updates fewer takes minutes; the log and the seed say what it was.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(thrown=st.lists(updates, min_size=A_BATCH, max_size=A_BATCH))
def test_no_update_brings_an_error_or_holds_up_the_others(thrown: list[tuple[str, Json]]) -> None:
    errors = Errors()
    logging.getLogger().addHandler(errors)
    try:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(thrown_at_a_stall(Path(folder), thrown))
    finally:
        logging.getLogger().removeHandler(errors)
    assert not [record.getMessage() for record in errors.records]
