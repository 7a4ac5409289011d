"""The whole trade by chance: several people act at the same moment, again and again, in one process and in two, with
the clock going on and being set back; and after every step the books are counted from the bare tables.

With negative controls: a move that trusts what it read beforehand is found, and so is every sort of fault.
"""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from scheduler import due
from storage import doctor
from storage.clock import DAY, HOUR, MINUTE
from storage.store import Store
from tests.clock import NOON, FakeClock
from tests.crash import careless, counting, fair
from tests.crash.careless import CARELESS
from tests.crash.counting import Snapshot
from tests.crash.fair import MOVES, OFTEN, STOCK_ONLY, Doing, Move
from tests.crash.hands import Hands

HARMLESS = ("waiting for more than ten minutes", "the same picture", "WAL-reset bug")


def crowd(story: int, seed: int, step: int, size: int) -> list[Move]:
    """So many moves by chance. Not drawn one by one: Hypothesis likes small and equal values, and at a fair where
    everybody does the same there is soon nothing left to do. The first ones are the same for every size."""
    chance = random.Random(f"{story} {seed} {step}")
    # Often they are after the same order, offer or entry.
    same = chance.randrange(8) if chance.random() < 0.5 else None
    return [
        Move(
            name=chance.choice(OFTEN),
            who=chance.randrange(len(fair.PEOPLE)),
            pick=chance.randrange(8) if same is None else same,
            packs=chance.randint(1, 4),
            flag=chance.random() < 0.5,
        )
        for _ in range(size)
    ]


SEEDS = st.integers(0, 2**32)


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
        self.steps = self.story = 0
        self.before: Snapshot = self.loop.run_until_complete(self.store.read(counting.snapshot))
        self.prepare()

    def prepare(self) -> None:
        """Whatever a kind of fair needs besides."""

    def teardown(self) -> None:
        self.loop.run_until_complete(self.store.close())
        self.loop.close()
        self.folder.cleanup()

    @initialize(story=SEEDS)
    def begins(self, story: int) -> None:
        """No two stories are alike, whichever steps they share."""
        self.story = story

    @rule(seed=SEEDS)
    def somebody(self, seed: int) -> None:
        self._step(self._crowd(seed, 1))

    @rule(seed=SEEDS, size=st.integers(2, 8))
    def several_at_once(self, seed: int, size: int) -> None:
        self._step(self._crowd(seed, size))

    @rule(seed=SEEDS, size=st.integers(5, 8))
    def a_rush(self, seed: int, size: int) -> None:
        self._step(self._crowd(seed, size))

    @rule(seed=SEEDS, size=st.integers(0, 4), minutes=st.sampled_from([1, 2, 5, 11, 20, 36, 75, 3 * 24 * 60]))
    def time_passes_while(self, seed: int, size: int, minutes: int) -> None:
        """What people saw before is what they act on after, and the clock's work is among it."""
        moves = self._crowd(seed, size)
        self._step([*moves[: size // 2], Move(name="the_clock_works"), *moves[size // 2 :]], minutes * MINUTE)

    @precondition(lambda self: self.steps > 15)
    @rule(seed=SEEDS, size=st.integers(0, 3), turn=st.sampled_from([3, 3, 2]), is_first=st.booleans())
    def a_stream_ends_while(self, seed: int, size: int, turn: int, is_first: bool) -> None:
        """Called off or ended just as everybody places what is before them. Late, for little is left to do then."""
        ends = Move(name="turns_a_stream", packs=turn, flag=is_first)
        place = [Move(name="places", who=number) for number in range(len(fair.PEOPLE))]
        take = [Move(name="takes_what_is_held", pick=number) for number in range(2)]
        self._step([*self._crowd(seed, size), ends, *place, *take])

    @rule(back=st.sampled_from([MINUTE, HOUR, DAY]))
    def the_clock_is_set_back(self, back: int) -> None:
        self._step([], -back)

    def _crowd(self, seed: int, size: int) -> list[Move]:
        self.steps += 1
        return crowd(self.story, seed, self.steps, size)

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


def play(machine: type[Trade], *, examples: int, steps: int, shrinks: bool = True, is_long: bool = False) -> None:
    """So many stories of so many steps; a long run is never the same twice."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not is_long,
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
    play(Fair, examples=25, steps=40, shrinks=False)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
def test_whatever_several_people_do_at_once_the_books_add_up_in_the_long_run(ground: Path) -> None:
    class Fair(Trade):
        pass

    Fair.ground = ground
    play(Fair, examples=2_000, steps=60, is_long=True)


class OnTwoProcesses(Trade):
    """Every round is shared out between this process and another one on the same file."""

    hands: Hands

    def prepare(self) -> None:
        self.hands.opens(self.path)

    async def act(self, moves: list[Move], looked_at: int, now: int) -> None:
        self.hands.looks(moves[1::2], looked_at, now)

        async def ready() -> None:
            self.hands.acts()

        try:
            await fair.play(self.store, moves[::2], now=looked_at, then=now, ready=ready, known=self.known)
        finally:
            self.hands.ends()


def test_whatever_is_done_at_once_by_two_processes_the_books_add_up_after_every_step(
    ground: Path, hands: Hands
) -> None:
    class Fair(OnTwoProcesses):
        pass

    Fair.ground, Fair.hands = ground, hands
    # Who is first is up to the machine: there is nothing to shrink that would come out the same again.
    play(Fair, examples=10, steps=30, shrinks=False)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
def test_whatever_is_done_at_once_by_two_processes_the_books_add_up_in_the_long_run(
    ground: Path, hands: Hands
) -> None:
    class Fair(OnTwoProcesses):
        pass

    Fair.ground, Fair.hands = ground, hands
    play(Fair, examples=600, steps=60, shrinks=False, is_long=True)


# -- Negative controls --------------------------------------------------------------------------------------


class _Careless:
    """Everybody orders by one statement, from a table that refuses nothing."""

    statement: str
    known: ClassVar[Mapping[str, Doing]] = {**MOVES, **CARELESS}

    def _crowd(self, seed: int, size: int) -> list[Move]:
        crowded: list[Move] = super()._crowd(seed, size)  # type: ignore[misc]
        return [replace(move, name=self.statement, packs=min(move.packs, 2)) for move in crowded]


class CarelessFair(_Careless, Trade):
    def prepare(self) -> None:
        self.loop.run_until_complete(self.store.write(careless.without_the_checks))


class CarelessFairOnTwoProcesses(_Careless, OnTwoProcesses):
    def prepare(self) -> None:
        self.loop.run_until_complete(self.store.write(careless.without_the_checks))
        super().prepare()


FAIRS = pytest.mark.parametrize(
    "kind", [CarelessFair, CarelessFairOnTwoProcesses], ids=["one process", "two processes"]
)
OVERSOLD = "nothing is negative, and no more taken than there is"


@FAIRS
def test_somebody_who_trusts_what_they_read_beforehand_is_found(
    ground: Path, hands: Hands, kind: type[CarelessFair] | type[CarelessFairOnTwoProcesses]
) -> None:
    class Fair(kind):  # type: ignore[valid-type, misc]
        statement = "trusts_what_it_read"

    Fair.ground, Fair.hands = ground, hands
    with pytest.raises(AssertionError, match=OVERSOLD):
        play(Fair, examples=30, steps=40, shrinks=False)


@FAIRS
def test_whoever_asks_again_in_the_statement_that_takes_is_not(
    ground: Path, hands: Hands, kind: type[CarelessFair] | type[CarelessFairOnTwoProcesses]
) -> None:
    """The counterpart: the very same move on the same table without the CHECK, with the condition."""

    class Fair(kind):  # type: ignore[valid-type, misc]
        statement = "asks_again_as_it_takes"

    Fair.ground, Fair.hands = ground, hands
    play(Fair, examples=3, steps=20, shrinks=False)
