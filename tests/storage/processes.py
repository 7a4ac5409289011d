"""Other processes beside the test's: they run a few lines of Python with the project's code at hand.

A process says where it is by printing a line and waits for the test by reading one, so nobody has to sleep.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 20.0
"""Far more than any of them needs; one that hangs is a finding."""


@asynccontextmanager
async def running(script: str, *args: object) -> AsyncIterator[Process]:
    """A process that runs `script`; killed at the end if it has not ended by itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *map(str, args), cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def hears(process: Process) -> str:
    """The next line the process prints."""
    assert process.stdout is not None
    return (await asyncio.wait_for(process.stdout.readline(), SECONDS)).decode().strip()


async def tells(process: Process, line: str = "") -> None:
    """Give the process a line to read."""
    assert process.stdin is not None
    process.stdin.write(f"{line}\n".encode())
    await process.stdin.drain()


async def ends(process: Process) -> tuple[int, str]:
    """Exit code and what it said on stderr."""
    _, errors = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode is not None
    return process.returncode, errors.decode()
