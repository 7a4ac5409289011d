"""The clock that runs faster and jumps, over a machine's clock turned by hand."""

import asyncio

import pytest

from playground.clock import TurnedClock
from tests.clock import NOON, FakeClock


@pytest.fixture
def machine() -> FakeClock:
    return FakeClock()


@pytest.fixture
def turned(machine: FakeClock) -> TurnedClock:
    return TurnedClock(machine=machine)


async def rounds(number: int = 20) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def test_untouched_it_is_the_machines(turned: TurnedClock, machine: FakeClock) -> None:
    machine.advance(5)
    assert (turned.now(), turned.monotonic()) == (machine.now(), machine.monotonic())


def test_at_sixty_a_second_is_a_minute_from_then_on(turned: TurnedClock, machine: FakeClock) -> None:
    machine.advance(10)
    turned.run(60)
    machine.advance(1)
    assert turned.now() == NOON + 70_000
    turned.run(1)
    machine.advance(1)
    assert turned.now() == NOON + 71_000


def test_a_jump_moves_both_times_and_the_speed_stays(turned: TurnedClock, machine: FakeClock) -> None:
    turned.run(10)
    before = turned.monotonic()
    turned.jump(600)
    assert (turned.now(), turned.monotonic()) == (NOON + 600_000, before + 600)
    machine.advance(1)
    assert turned.now() == NOON + 610_000


def test_a_machine_whose_clock_is_set_sets_this_one(turned: TurnedClock, machine: FakeClock) -> None:
    turned.jump(60)
    machine.step(-30)
    assert turned.now() == NOON + 30_000


async def test_sleepers_wake_by_a_jump(turned: TurnedClock, machine: FakeClock) -> None:
    asleep = asyncio.create_task(turned.sleep(3_600))
    await rounds()
    turned.jump(3_599)
    await rounds()
    assert not asleep.done()
    turned.jump(1)
    await rounds()
    assert asleep.done()


async def test_sleepers_follow_a_change_of_speed(turned: TurnedClock, machine: FakeClock) -> None:
    asleep = asyncio.create_task(turned.sleep(600))
    await rounds()
    turned.run(600)
    await rounds()
    machine.advance(0.9)
    await rounds()
    assert not asleep.done()
    machine.advance(0.2)
    await rounds()
    assert asleep.done()


async def test_a_cancelled_sleep_leaves_nothing_behind(turned: TurnedClock, machine: FakeClock) -> None:
    asleep = asyncio.create_task(turned.sleep(600))
    await rounds()
    asleep.cancel()
    await rounds()
    assert machine.sleeping == 0


@pytest.mark.parametrize("speed", [0, 0.5, -1, 601, float("nan"), float("inf")])
def test_only_sensible_speeds_are_taken(turned: TurnedClock, speed: float) -> None:
    with pytest.raises(ValueError, match="1 to 600 times"):
        turned.run(speed)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 1e9])
def test_it_never_goes_back_and_not_out_of_sight(turned: TurnedClock, seconds: float) -> None:
    with pytest.raises(ValueError, match="only goes ahead"):
        turned.jump(seconds)
