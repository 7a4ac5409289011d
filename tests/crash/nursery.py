"""Bots that start at once: a process that has imported the program and forks a `livestall` whenever it is asked.

Importing takes seconds, and a crash test starts the bot a hundred times. A forked one is a process like any other:
its own memory, its own files, its own death. Run as a module this is the nursery itself, `Nursery` the test's side.
"""

import asyncio
import contextlib
import os
import select
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bot.commands import ROOT, environment


@dataclass(slots=True, eq=False)
class Child:
    """A `livestall` that was started. `code` is its exit code, minus the signal's number if one ended it."""

    pid: int
    code: int | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def signals(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended already (its end may not have been heard of yet)."""
        if self.code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def ends(self, within: float = 30.0) -> int:
        """Wait for the exit; its code."""
        async with asyncio.timeout(within):
            await self.ended.wait()
        assert self.code is not None
        return self.code


class Nursery:
    """Starts children and hears of their ends."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._starting = asyncio.Lock()
        self._born: asyncio.Queue[Child] = asyncio.Queue()
        self._children: dict[int, Child] = {}

    async def starts(self, log: Path, *arguments: str | Path) -> Child:
        """Start `livestall` with these arguments; what it says is added to `log`."""
        assert self._process.stdin is not None
        # One at a time: a queue gives what comes to whoever asks at that moment, also past one that waits for it.
        async with self._starting, asyncio.timeout(30):
            self._process.stdin.write("\t".join([str(log), *map(str, arguments)]).encode() + b"\n")
            return await self._born.get()

    async def listens(self) -> None:
        """Note births and ends until the nursery closes."""
        assert self._process.stdout is not None
        while line := (await self._process.stdout.readline()).split():
            if line[0] == b"born":
                child = self._children[int(line[1])] = Child(int(line[1]))
                self._born.put_nowait(child)
            else:
                child = self._children.pop(int(line[1]))
                child.code = int(line[2])
                child.ended.set()

    def kill_all(self) -> None:
        """Nobody is left behind."""
        for child in self._children.values():
            child.signals(signal.SIGKILL)


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """A nursery for the block; whoever is still alive after it is killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        cwd=ROOT,
        env=environment(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    opened = Nursery(process)
    listening = asyncio.create_task(opened.listens())
    try:
        yield opened
    finally:
        opened.kill_all()
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await listening


def _serve() -> list[str] | None:
    """Fork for every line on stdin. Returns in each child, with its arguments; in the nursery only at the end."""
    waiting = b""
    while True:
        if select.select([0], [], [], 0.01)[0]:
            read = os.read(0, 65_536)
            if not read:
                return None
            *lines, waiting = (waiting + read).split(b"\n")
            for line in lines:
                log, *arguments = line.decode().split("\t")
                pid = os.fork()
                if not pid:
                    _leave_home(log)
                    return arguments
                _tell(f"born {pid}")
        _bury()


def _leave_home(log: str) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for number, target in enumerate((nothing, nothing, said)):
        os.dup2(target, number)


def _bury() -> None:
    try:
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _tell(f"ended {pid} {os.waitstatus_to_exitcode(status)}")
    except ChildProcessError:
        return


def _tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    import bot.run  # noqa: F401 - what the children need is imported before they are born
    from bot import cli

    given = _serve()
    if given is not None:
        sys.exit(cli.main(given))
