"""The demo's clock, turned over HTTP as the page does it: the bot's own deadlines come with it, at once."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from bot.demo import stage, story
from bot.demo.story import Cast, Props
from playground.server import Server
from playground.story import Beat, Story

ZONE = ZoneInfo("Asia/Shanghai")
ADDRESS = ("Ann Lin", "138 0013 8000", "12 Dingjiang West Road, Tonggu")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """The demo's Telegram and stall, in this process, on the machine's time until somebody turns it."""
    async with stage.telegram(0) as server:
        config = stage.settings(server.base_url, tmp_path)
        async with stage.stall(config, server.playground.clock):
            yield server


@pytest.fixture
async def cast(server: Server, tmp_path: Path) -> Cast:
    """Everybody, on the evening on which the stream is live."""

    async def listener(beat: Beat) -> None:
        return None

    told = Story(listener, lambda: server.playground.now)
    who = story.cast(server.playground, told)
    props = Props(zone=ZONE, payment_code=stage.CODE, keep=lambda name, _: tmp_path / name)
    await story.hand_out_jobs(told, who)
    await story.follow(told, who)
    await story.announce(told, who, props)
    return who


async def turn(server: Server, **how: float) -> Any:
    async with aiohttp.ClientSession(server.base_url) as page, page.post("/play/clock", json=how) as answer:
        assert answer.status == 200
        return await answer.json()


async def order(cast: Cast) -> None:
    ann = cast.ann
    for button in ("Products", "EGG", "Order now"):
        await ann.taps(button)
    for question, answer in zip(("recipient", "phone", "address"), ADDRESS, strict=True):
        await ann.sees(question)
        await ann.writes(answer)
    await ann.taps("Place order")
    await ann.sees("Pay by")


async def test_a_jump_brings_the_reminder_and_then_the_end_of_an_unpaid_order(server: Server, cast: Cast) -> None:
    await order(cast)
    mark = cast.ann.mark()
    clock = await turn(server, jump=16 * 60)
    assert clock["shared"] is True
    await cast.ann.sees("still waiting for", since=mark)
    mark = cast.ann.mark()
    await turn(server, jump=20 * 60)
    await cast.ann.sees("has expired", since=mark)


async def test_at_six_hundred_times_the_speed_minutes_are_moments(server: Server, cast: Cast) -> None:
    await order(cast)
    mark = cast.ann.mark()
    await turn(server, speed=600)
    await cast.ann.sees("has expired", since=mark)


async def test_a_reminder_of_a_stream_comes_when_the_clock_has_jumped_to_it(server: Server, cast: Cast) -> None:
    mark, now = cast.ann.mark(), datetime.fromtimestamp(server.playground.now, ZONE)
    begins = (now + timedelta(days=1)).replace(hour=20, minute=0, second=0)
    await turn(server, jump=(begins - now).total_seconds() - 1_800)
    await cast.ann.sees(story.TITLE, since=mark)
