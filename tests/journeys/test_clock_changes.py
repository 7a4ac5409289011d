"""Buying in the night in which the clocks are put back: the time to pay says which of the two hours it means."""

from datetime import datetime
from pathlib import Path

import pytest

from storage.clock import MINUTE
from tests.clock import FakeClock
from tests.journeys.actors import order
from tests.journeys.market import comes_in, link_to, spring_stream
from tests.stall import OWNER, TestStall, open_stall

BERLIN = {"timezone": "Europe/Berlin"}


def at(text: str) -> FakeClock:
    return FakeClock(int(datetime.fromisoformat(text).timestamp() * 1000))


async def bought(stall: TestStall) -> str:
    """What stands under the payment code of an order."""
    stream = await spring_stream(stall, "EGG")
    ann = await comes_in(stall, "Ann")
    await order(ann, link_to(f"s_{stream.code}"), "EGG")
    await stall.settles()
    return next(message.text for message in reversed(ann.inbox) if message.photo)


@pytest.mark.parametrize(
    ("now", "pay_by"),
    [
        ("2026-10-25T02:10+02:00", "Pay by 02:40 CEST (in 30 min)"),
        ("2026-10-25T02:50+02:00", "Pay by 02:20 CET (in 30 min)"),
        ("2026-10-25T02:50+01:00", "Pay by 03:20 (in 30 min)"),
        ("2026-03-29T01:50+01:00", "Pay by 03:20 (in 30 min)"),
    ],
)
async def test_the_time_to_pay_is_half_an_hour_whatever_the_clock_does(tmp_path: Path, now: str, pay_by: str) -> None:
    clock = at(now)
    async with open_stall(tmp_path, clock=clock, stall=BERLIN) as stall:
        assert pay_by in await bought(stall)
        clock.step(34 * MINUTE / 1000)
        stall.program.deps.store.due.set()
        await stall.settles()
        assert await stall.value("SELECT status FROM orders") == "pending"
        clock.step(MINUTE / 1000)
        stall.program.deps.store.due.set()
        await stall.settles()
        assert await stall.value("SELECT status FROM orders") == "expired"


async def test_a_host_who_types_the_hour_that_comes_again_means_the_one_ahead(tmp_path: Path) -> None:
    async with open_stall(tmp_path, clock=at("2026-10-25T02:10+01:00"), stall=BERLIN) as stall:
        owner = stall.person("Olga", OWNER)
        await owner.sends("/newstream Night stream")
        await owner.sees("When")
        await owner.sends("today 2:40")
        await owner.sees("Sun 25 Oct, 02:40 CET")
