"""The whole trade by chance: several people act at the same moment, again and again, in one process and in two, with
the clock going on and being set back; and after every step the books are counted from the bare tables.

With negative controls: a move that trusts what it read beforehand is found, and so is every sort of fault.
"""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from scheduler import due
from storage import doctor
from storage.clock import DAY, HOUR, MINUTE
from storage.connection import Tx
from storage.store import Store
from tests.clock import NOON, FakeClock
from tests.crash import buyermoves, counting, fair, staffmoves  # noqa: F401 - the moves are marked as they are imported
from tests.crash.counting import Snapshot
from tests.crash.fair import MOVES, OFTEN, STOCK_ONLY, At, Doing, Move
from tests.storage import seed

LONG = bool(os.environ.get("SOAK"))
HARMLESS = ("waiting for more than ten minutes", "the same picture", "WAL-reset bug")


def moves_of(names: Sequence[str]) -> st.SearchStrategy[Move]:
    return st.builds(
        Move,
        name=st.sampled_from(sorted(names)),
        who=st.integers(0, len(fair.PEOPLE) - 1),
        pick=st.integers(0, 7),
        packs=st.integers(1, 4),
        flag=st.booleans(),
    )


class Trade(RuleBasedStateMachine):
    """One store, several tasks. A step may be one move or many at once; then the clock does what is due."""

    ground: Path
    known: Mapping[str, Doing] = MOVES

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory()
        self.path = fair.copied(self.ground, Path(self.folder.name) / "stall.db")
        self.store = self.loop.run_until_complete(Store.open(self.path, synchronous="NORMAL", now=NOON))
        self.clock = FakeClock()
        self.before: Snapshot = self.loop.run_until_complete(self.store.read(counting.snapshot))
        self.prepare()

    def prepare(self) -> None:
        """Whatever a kind of fair needs besides."""

    def teardown(self) -> None:
        self.loop.run_until_complete(self.store.close())
        self.loop.close()
        self.folder.cleanup()

    @rule(move=moves_of(OFTEN))
    def somebody(self, move: Move) -> None:
        self._step([move])

    @rule(moves=st.lists(moves_of(OFTEN), min_size=2, max_size=6))
    def several_at_once(self, moves: list[Move]) -> None:
        self._step(moves)

    @rule(moves=st.lists(moves_of(OFTEN), max_size=4), minutes=st.sampled_from([1, 11, 20, 36, 36, 75, 3 * 24 * 60]))
    def time_passes_while(self, moves: list[Move], minutes: int) -> None:
        """What people saw before is what they act on after."""
        self._step([*moves, Move(name="the_clock_works")], minutes * MINUTE)

    @rule(back=st.sampled_from([MINUTE, HOUR, DAY]))
    def the_clock_is_set_back(self, back: int) -> None:
        self._step([], -back)

    def _step(self, moves: list[Move], passes: int = 0) -> None:
        self.loop.run_until_complete(self._stepped(moves, passes))

    async def _stepped(self, moves: list[Move], passes: int) -> None:
        looked_at = self.clock.now()
        self.clock.step(passes / 1000)
        await self.act(moves, looked_at, self.clock.now())
        # The clock's own work ends orders, and with them money may become owed: looked at apart from the moves.
        await self._count(stock_only=all(move.name in STOCK_ONLY for move in moves))
        await self._do_what_is_due()
        await self._count(stock_only=False, is_settled=True)

    async def act(self, moves: list[Move], looked_at: int, now: int) -> None:
        await fair.play(self.store, moves, now=looked_at, then=now, known=self.known)

    async def _do_what_is_due(self) -> None:
        """As the loop of `scheduler.wakeups` would, until nothing is due."""
        for _ in range(20):
            now = self.clock.now()
            busy = [
                source
                for source in due.sources(self.store, self.clock)
                if source.name != "upkeep"
                and (at := await self.store.read(source.next_due)) is not None
                and at <= now
            ]
            if not busy:
                break
            for source in busy:
                await source.handle(now)
        else:
            raise AssertionError(f"due again and again: {[source.name for source in busy]}")
        await self.store.write(fair.deliver, now)

    async def _count(self, *, stock_only: bool, is_settled: bool = False) -> None:
        after: Snapshot = await self.store.read(counting.snapshot)
        found = counting.changes(self.before, after, stock_only=stock_only)
        found += await self.store.read(counting.strays, self.before.last_message)
        found += await self.store.read(counting.faults, self.clock.now(), is_settled=is_settled)
        if is_settled:
            told = await doctor.examine(self.store, now=self.clock.now(), bot_is_running=True)
            found += told.differences
            found += [note for note in told.notes if not any(word in note for word in HARMLESS)]
        self.before = after
        assert not found, "\n".join(found)


def play(machine: type[Trade], *, examples: int, steps: int, shrinks: bool = True) -> None:
    """Fifty times as long under `make soak`, and then never the same twice."""
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=examples * (50 if LONG else 1),
            stateful_step_count=steps,
            deadline=None,
            derandomize=not LONG,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if shrinks else [Phase.generate],
        ),
    )


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fair before anybody has come."""
    return asyncio.run(fair.ground(tmp_path_factory.mktemp("fair") / "ground.db"))


def test_whatever_several_people_do_at_once_the_books_add_up_after_every_step(ground: Path) -> None:
    class Fair(Trade):
        pass

    Fair.ground = ground
    play(Fair, examples=25, steps=25)
