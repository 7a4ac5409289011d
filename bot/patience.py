"""A sign of life for commands that take long: one line on a terminal's stderr, gone when the work is done.

Never writes where stderr is no terminal (a script, a log), nor for what is done within two seconds.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TextIO

from storage.clock import Clock, SystemClock

PATIENCE_SECONDS = 2.0


class Work:
    """What is being done; whoever does it may say how far it is."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.done: int | None = None


@asynccontextmanager
async def patiently(
    label: str, *, shows: bool = True, stream: TextIO | None = None, clock: Clock | None = None
) -> AsyncIterator[Work]:
    """Show that `label` goes on, with how long and (`done`) how much, until the block ends. The work has to await.

    `shows=False` for what writes its results to the same terminal.
    """
    stream = stream or sys.stderr
    work = Work(label)
    if not shows or not stream.isatty():
        yield work
        return
    line = asyncio.create_task(_show(work, stream, clock or SystemClock()), name="patience")
    try:
        yield work
    finally:
        line.cancel()
        await asyncio.gather(line, return_exceptions=True)


async def _show(work: Work, stream: TextIO, clock: Clock) -> None:
    began = clock.monotonic()
    await clock.sleep(PATIENCE_SECONDS)
    # Loaded when it is needed: most commands are done before.
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(file=stream), transient=True) as progress:
        task = progress.add_task(work.label, total=None)
        while True:
            count = "" if work.done is None else f" · {work.done:,}"
            progress.update(task, description=f"{work.label}{count} · {clock.monotonic() - began:.0f} s")
            await clock.sleep(0.1)
