"""`livestall demo`: the whole stall without a token: a story on a local Telegram, then yours to play.

Owns the order of the evening and the exit code. The only place of ours that knows the playground.
"""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import lock
from bot.compose import Stall
from bot.demo import stage, story, tonggu
from bot.demo.screen import Screen
from bot.demo.story import Props
from bot.failure import CommandFailed
from bot.run import Leaving
from playground.clock import TurnedClock
from playground.server import Server
from playground.story import Story, StoryBroke

FOLDER: Final = Path("demo-out")
BROKEN: Final = 1
INTERRUPTED: Final = 130

CROWD_SPEED: Final = 10
"""Times the wall's, so that Telegram's pace for hundreds of followers is not waited for."""
LONGEST_SKIP: Final = timedelta(minutes=10)
A_MOMENT: Final = 0.02
"""Real seconds after every skip, for what has become due."""


def demo(*, once: bool, port: int, name: str) -> int:
    """Play the story of that name, then, unless `once`, keep the chat page open until Ctrl-C; the exit code.

    Raises CommandFailed if it can't begin: there is no such story, the port or the folder is taken.
    """
    if name not in STORIES:
        raise CommandFailed(f"there is no story {name!r}; there are {' and '.join(STORIES)}")
    try:
        FOLDER.mkdir(exist_ok=True)
    except OSError as error:
        raise CommandFailed(f"{FOLDER} can't be made here ({(error.strerror or 'an error').lower()})") from None
    return asyncio.run(_evening(once, port, STORIES[name]))


async def _evening(once: bool, port: int, telling: "Telling") -> int:
    leaving = Leaving()
    leaving.listen()
    async with stage.telegram(port) as server:
        with lock.held((FOLDER / "livestall.db").absolute()):
            config = stage.settings(server.base_url, FOLDER)
            async with stage.stall(config, server.playground.clock) as stall:
                screen = Screen(sys.stdout, ZoneInfo(config.stall.timezone))
                return leaving.close_with(await _shown(once, telling, server, screen, stall, leaving.asked))


async def _shown(
    once: bool, telling: "Telling", server: Server, screen: Screen, stall: Stall, asked: asyncio.Event
) -> int:
    """The story, and the page after it; ends early when asked to or when the bot breaks down."""
    told = asyncio.create_task(_told(telling, server, screen), name="story")
    if not await _until(told, stall, asked):
        return INTERRUPTED if once else 0
    if (code := told.result()) or once:
        return code
    screen.line(f"open {server.base_url} and be any of them yourself; Ctrl-C ends")
    await _until(asyncio.create_task(asked.wait(), name="signal"), stall, asked)
    return 0


async def _until(task: asyncio.Task[Any], stall: Stall, asked: asyncio.Event) -> bool:
    """Wait for `task`; False if the signal came first. Raises what ended a loop of the bot, should one end."""
    signal = asyncio.create_task(asked.wait())
    loops: set[asyncio.Task[Any]] = {*stall.tasks, stall.arriving}
    try:
        done, _ = await asyncio.wait({task, signal, *loops}, return_when=asyncio.FIRST_COMPLETED)
        for ended in done & loops:
            ended.result()
            raise CommandFailed(f"the bot's {ended.get_name()} loop has ended by itself")
        return task in done
    finally:
        signal.cancel()
        task.cancel()
        await asyncio.gather(signal, task, return_exceptions=True)


async def _told(telling: "Telling", server: Server, screen: Screen) -> int:
    """Play the story on the screen; 1 with what went wrong if it breaks off."""
    begun = time.monotonic()
    screen.line(f"Tonggu Stall, played on a local Telegram ({server.base_url}). Nothing leaves this machine.")
    try:
        ending = await telling(Story(screen.tell, lambda: server.playground.now), server, screen.zone)
    except StoryBroke as broken:
        screen.line()
        screen.line("The story broke off here:", "bold red")
        screen.line(str(broken))
        return BROKEN
    seconds = time.monotonic() - begun
    screen.line()
    screen.line(f"The story is told: {ending}, in {seconds:.0f} s.", "bold green")
    for sentence in _afterwards():
        screen.line(sentence)
    return 0


Telling = Callable[[Story, Server, ZoneInfo], Awaitable[str]]
"""Plays a story; what there is to say at its end."""


async def _six_people(told: Story, server: Server, zone: ZoneInfo) -> str:
    props = Props(zone=zone, payment_code=stage.CODE, keep=_keep)
    await story.play(told, story.cast(server.playground, told), props)
    return "two orders, paid and received"


async def _tonggu(told: Story, server: Server, zone: ZoneInfo) -> str:
    """Hundreds of people, and a clock that skips what lies between."""
    clock = server.playground.clock
    assert isinstance(clock, TurnedClock)

    def now() -> datetime:
        return datetime.fromtimestamp(clock.now() / 1000, zone)

    async def runs_until(moment: datetime) -> None:
        while (left := moment - now()) > timedelta():
            clock.jump(min(left, LONGEST_SKIP).total_seconds())
            await asyncio.sleep(A_MOMENT)

    clock.run(CROWD_SPEED)
    orders = await tonggu.play(told, server.playground, tonggu.Time(now=now, runs_until=runs_until))
    clock.run(1)
    return f"{orders} orders, ¥324,200.00"


STORIES: Final[Mapping[str, Telling]] = {"evening": _six_people, "tonggu": _tonggu}


def _afterwards() -> list[str]:
    program, config = _called_as(), FOLDER / stage.CONFIG
    return [
        "",
        f"Its pictures and books are in {FOLDER}/; look into them with",
        f"  {program} export orders --format json --config {config}",
        f"  {program} doctor --config {config}",
        "",
    ]


def _called_as() -> str:
    """How this program was started, to be typed again."""
    name = Path(sys.argv[0])
    return "python -m bot" if name.name in ("__main__.py", "-m") else os.path.relpath(name)


def _keep(name: str, picture: bytes) -> Path:
    place = FOLDER / name
    place.write_bytes(picture)
    return place
