"""How fast a webhook takes updates: as many calls as Telegram makes at once, each answered when its row is committed.

The stall is in a process of its own, with full durability; it also handles what it takes, against the stub.
"""

import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.books import FIRST_BUYER, SECRET, posted, typed
from bot.webhook import CONNECTIONS, SECRET_HEADER

UPDATES = 900
"""Fewer than the stall takes in before it waits for its handlers: this is about taking in."""


def accepted_per_second(*, is_handled: bool) -> float:
    """Updates answered 200 in a second, over the connections Telegram uses.

    They are words that the stall answers, or (not `is_handled`) posts of channels, which no handler wants.
    """
    make = typed if is_handled else posted
    updates = [make(index, FIRST_BUYER + index) for index in range(UPDATES)]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "updates.json"
        source.write_text("[]", "utf-8")
        stub = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.stub", str(source), "1000000"], stdout=subprocess.PIPE, text=True
        )
        if stub.stdout is None:
            raise RuntimeError("no pipe")
        base = stub.stdout.readline().strip()
        stall = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.bots", f"stall:{port}", base, folder],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            if stall.stdout is None or stall.stdout.readline().strip() != "open":
                raise RuntimeError("the stall did not open")
            return asyncio.run(_bring(f"http://127.0.0.1:{port}/", updates))
        finally:
            for process in (stall, stub):
                process.kill()
                process.wait()


async def _bring(url: str, updates: list[dict[str, Any]]) -> float:
    bodies = iter([json.dumps(update).encode() for update in updates])
    headers = {SECRET_HEADER: SECRET, "Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as telegram:

        async def calls() -> None:
            for body in bodies:
                async with telegram.post(url, data=body) as answer:
                    if answer.status != 200:
                        raise RuntimeError(f"answered {answer.status}")

        begun = time.perf_counter()
        await asyncio.gather(*(calls() for _ in range(CONNECTIONS)))
        return UPDATES / (time.perf_counter() - begun)
