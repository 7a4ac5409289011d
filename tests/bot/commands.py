"""The command line as a shell has it: a config.toml, a process, its exit code and what it wrote."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.stall import settings

ROOT = Path(__file__).parents[2]
SECONDS = 60.0


def config_file(folder: Path, **changes: dict[str, Any]) -> Path:
    """`config.toml` of the tests' stall in `folder`, with sections changed key by key."""
    path = folder / "config.toml"
    tables = settings(folder, **changes)
    path.write_text("\n".join(f"[{name}]\n{_keys(table)}" for name, table in tables.items()), encoding="utf-8")
    return path


def _keys(table: dict[str, Any]) -> str:
    return "".join(f"{key} = {_toml(value)}\n" for key, value in table.items())


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def environment() -> dict[str, str]:
    """This process's, without settings of a stall on this machine."""
    own = {name: value for name, value in os.environ.items() if not name.upper().startswith("LIVESTALL__")}
    return own | {"PYTHONPATH": str(ROOT)}


def livestall(folder: Path, *arguments: str | Path, seconds: float = SECONDS) -> subprocess.CompletedProcess[str]:
    """One command in a process of its own, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *map(str, arguments)],
        cwd=folder,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=seconds,
        check=False,
    )


class Running:
    """`livestall run` in a process of its own; every line of its stderr is kept."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def says(self, text: str) -> str:
        """Wait for a line with `text` in it. Fails if the process ends before."""
        assert self.process.stderr is not None
        async with asyncio.timeout(SECONDS):
            while line := (await self.process.stderr.readline()).decode():
                self.lines.append(line)
                if text in line:
                    return line
        raise AssertionError(f"the process ended without saying {text!r}:\n{''.join(self.lines)}")

    async def ends(self, within: float = SECONDS) -> int:
        """Wait for the exit; its code."""
        assert self.process.stderr is not None
        async with asyncio.timeout(within):
            self.lines += (await self.process.stderr.read()).decode().splitlines(keepends=True)
            return await self.process.wait()

    @property
    def said(self) -> str:
        return "".join(self.lines)


@asynccontextmanager
async def running(config: Path) -> AsyncIterator[Running]:
    """A bot for the block; killed if the test leaves it behind."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "run",
        "--config",
        str(config),
        cwd=config.parent,
        env=environment(),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    bot = Running(process)
    try:
        yield bot
    finally:
        if process.returncode is None:
            process.kill()
            await bot.ends()
