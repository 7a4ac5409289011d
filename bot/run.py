"""The stall as a process: one per database, open until a signal, gone within ten seconds of it.

Owns the life around `compose.opened`: the lock, the signals, the wait for a network that is down at the start, and
the exit. Whatever is cut short on the way out is done after the next start: inbox and outbox are in the database.
"""

import asyncio
import importlib.util
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, Final

from telegram.error import NetworkError, RetryAfter, TelegramError

from bot import account, lock, web
from bot.books import configure_logs
from bot.compose import Stall, opened
from bot.config import Config
from bot.failure import UNUSABLE, CommandFailed
from bot.front import Front
from bot.metrics import Metrics
from bot.transport import wait_of
from storage import trouble

log = logging.getLogger(__name__)

DRAIN_SECONDS: Final = 4.0
"""For the handlers, then once more for the messages on the way."""

LEAVE_SECONDS: Final = 9.0
"""For the whole way out; then what still hangs is cancelled."""

EXIT_SECONDS: Final = 9.7
"""Then the process ends, whatever holds it (a name look-up in a thread can't be cancelled)."""

ECHO_SECONDS: Final = 0.1
"""`timeout` and shells signal a process and then its group: the same wish, heard twice."""

KNOCK_PAUSES: Final = (1.0, 2.0, 5.0, 10.0)
"""Between attempts to reach Telegram at the start."""


def run(config: Config) -> int:
    """Open the stall and keep it open; the exit code. Raises CommandFailed if it can't be opened."""
    configure_logs(config)
    with lock.held(config.storage.path), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(_live(config))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is installed: a little faster, and never needed."""
    if importlib.util.find_spec("uvloop") is None:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module("uvloop").new_event_loop
    return factory


class Leaving:
    """The way out: the first signal asks for it, a second one does not wait for it."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self._heard_at: float | None = None
        self._code = 1

    def listen(self) -> None:
        """Take SIGTERM and SIGINT."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._heard, number)

    def _heard(self, number: signal.Signals) -> None:
        if self._heard_at is not None and time.monotonic() - self._heard_at < ECHO_SECONDS:
            return
        if self.asked.is_set():
            _say("livestall: stopped at once; what was in hand is done after the next start")
            os._exit(1)
        log.info("closing", extra={"signal": number.name})
        self._heard_at = time.monotonic()
        self.hurry()
        self.asked.set()

    def hurry(self) -> None:
        """From now on the process ends in time, even if something in it does not."""
        watchdog = threading.Timer(EXIT_SECONDS, self._end)
        watchdog.daemon = True
        watchdog.start()

    def close_with(self, code: int) -> int:
        """The stall is closed; should the process hang all the same, this is its exit code."""
        self._code = code
        return code

    def _end(self) -> None:
        os._exit(self._code)


async def _live(config: Config) -> int:
    """From the first attempt to the last connection closed."""
    leaving, front = Leaving(), Front(Metrics())
    leaving.listen()
    async with web.serving(front.sites(config)):
        life = asyncio.create_task(_open_until_asked(config, front, leaving), name="stall")
        asked = asyncio.create_task(leaving.asked.wait(), name="signal")
        await asyncio.wait({life, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if front.stall is None:
            life.cancel()
        if not (await asyncio.wait({life}, timeout=LEAVE_SECONDS))[0]:
            log.warning("closing took too long; what is in hand is done after the next start")
            life.cancel()
            await asyncio.wait({life}, timeout=EXIT_SECONDS - LEAVE_SECONDS)
    if not life.done() or life.cancelled():
        return leaving.close_with(0)
    return leaving.close_with(life.result())


async def _open_until_asked(config: Config, front: Front, leaving: Leaving) -> int:
    async with AsyncExitStack() as stack:
        stall = await _enter(stack, config, front)
        front.phase, front.stall = None, stall
        log.info("open as @%s, updates handled again: %d", stall.deps.bot.username, stall.replayed)
        try:
            crashed = await first_to_end(stall, leaving.asked)
        finally:
            front.phase = "closing"
        if crashed is None:
            return 0
        leaving.hurry()
        log.critical("%s has stopped by itself; start again", crashed.get_name(), exc_info=_error_of(crashed))
        return 1


async def _enter(stack: AsyncExitStack, config: Config, front: Front) -> Stall:
    """Open the stall, and wait for Telegram as long as it takes; only what waiting can't mend raises."""
    attempt = 0
    while True:
        try:
            return await stack.enter_async_context(opened(config, metrics=front.metrics, drain_seconds=DRAIN_SECONDS))
        except (NetworkError, RetryAfter) as error:
            pause = KNOCK_PAUSES[min(attempt, len(KNOCK_PAUSES) - 1)]
            if isinstance(error, RetryAfter):
                pause = max(pause, wait_of(error))
            attempt += 1
            front.phase = "Telegram can't be reached"
            log.warning("Telegram can't be reached; trying again", extra={"error": error.message, "seconds": pause})
        except TelegramError as error:
            raise CommandFailed(account.told(error, config), UNUSABLE if account.is_refused(error) else 1) from None
        except Exception as error:
            if (sentence := trouble.told_at_opening(error, config.storage.path)) is None:
                raise
            raise CommandFailed(sentence, UNUSABLE if trouble.is_lasting(error) else 1) from None
        await asyncio.sleep(pause)


async def first_to_end(stall: Stall, asked: asyncio.Event) -> asyncio.Task[Any] | None:
    """Wait for the signal, or for a loop of the stall that ends although it never should."""
    loops: set[asyncio.Task[Any]] = {*stall.tasks, stall.arriving}
    signal_heard = asyncio.create_task(asked.wait())
    try:
        await asyncio.wait({*loops, signal_heard}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        signal_heard.cancel()
    return None if asked.is_set() else next(task for task in loops if task.done())


def _error_of(task: asyncio.Task[Any]) -> BaseException | None:
    return None if task.cancelled() else task.exception()


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
