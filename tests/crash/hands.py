"""The fair's second process: it plays its share of every round on the same file, as its first one tells it.

Each line it reads is a command, each line it prints an answer. Run by `Hands`.
"""

import asyncio
import json
import subprocess
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from storage.store import Store
from tests.clock import NOON
from tests.crash import buyermoves, goodsrivals, moneyrivals, presalemoves, staffmoves  # noqa: F401 - marked as they are imported
from tests.crash.careless import CARELESS
from tests.crash.fair import MOVES, Doing, Move, play
from tests.crash.rivals import RIVALS
from tests.storage.processes import ROOT

KNOWN: dict[str, Doing] = {**MOVES, **CARELESS, **RIVALS}


class Hands:
    """The other process, seen from here. It is waited for without a loop: nothing else is to happen meanwhile."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.hands"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def opens(self, path: Path) -> None:
        """Close whatever was open and open this file."""
        self._tell({"open": str(path)})
        assert self._hears() == "open"

    def looks(self, moves: Sequence[Move], now: int, then: int) -> None:
        """Have everybody of its share look, and wait until they have."""
        self._tell({"moves": [move.as_json() for move in moves], "now": now, "then": then})
        assert self._hears() == "looked"

    def acts(self) -> None:
        """Have them act; `ends` is to be called for how it went."""
        self._tell("go")

    def ends(self) -> None:
        """Wait for the end of the round. Raises what went wrong there."""
        fault = self._hears()
        if fault:
            raise AssertionError(f"in the other process:\n{fault}")

    def leaves(self) -> None:
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()
            assert process.wait(20) == 0

    def _tell(self, command: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(command)}\n")
        self._process.stdin.flush()

    def _hears(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the other process has died"
        return json.loads(line)


def _say(answer: object) -> None:
    sys.stdout.write(f"{json.dumps(answer)}\n")
    sys.stdout.flush()


async def _looked() -> None:
    _say("looked")
    assert json.loads(sys.stdin.readline()) == "go"


async def _round(store: Store, command: dict[str, Any]) -> str | None:
    moves = [Move(**move) for move in command["moves"]]
    try:
        await play(store, moves, now=command["now"], then=command["then"], ready=_looked, known=KNOWN)
    except Exception:
        return traceback.format_exc()
    return None


async def _serve() -> None:
    store: Store | None = None
    try:
        for line in sys.stdin:
            command = json.loads(line)
            if "open" in command:
                if store is not None:
                    await store.close()
                store = await Store.open(Path(command["open"]), synchronous="NORMAL", checkpoints=False, now=NOON)
                _say("open")
            elif store is not None:
                _say(await _round(store, command))
    finally:
        if store is not None:
            await store.close()


if __name__ == "__main__":
    asyncio.run(_serve())
