"""A whole stall in the test's process: the real program over a real file, with the playground as its Telegram.

`async with open_stall(tmp_path) as stall:` gives people to play, and `stall.settles()` to wait until all is quiet.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.compose import Stall, opened
from bot.config import Config, given
from bot.front import Front
from playground.api import Playground
from playground.limits import Limits
from playground.people import Person
from playground.request import PlaygroundRequest
from tests.clock import FakeClock
from tests.playground.schema import check_call, load_schema

TOKEN = "123456:TEST"
OWNER = 1001
# Stories are told by a clock that stands still, so pacing would wait for ever; wire/ and bot/ test the pacer.
UNPACED = {"per_chat_per_second": 0, "group_per_minute": 0, "bulk_per_second": 0}
WECHAT = {"kind": "static", "name": "WeChat Pay", "payee": "Tonggu Cooperative", "code": "wxp://f2f0example"}


def settings(path: Path, **changes: dict[str, Any]) -> dict[str, Any]:
    """A configuration as it would stand in config.toml, with sections changed key by key."""
    base: dict[str, Any] = {
        "telegram": {"token": TOKEN, "base_url": "http://127.0.0.1:1", "limits": UNPACED},
        "storage": {"path": str(path / "stall.db"), "synchronous": "NORMAL"},
        "stall": {
            "name": "Tonggu Stall",
            "currency": "CNY",
            "timezone": "Asia/Shanghai",
            "languages": ["en", "zh"],
            "country": "CN",
        },
        "people": {"owners": [OWNER]},
        "orders": {"prefix": "TG"},
        "payments": {"methods": [WECHAT]},
    }
    return {name: {**base.get(name, {}), **changes.get(name, {})} for name in base.keys() | changes.keys()}


@dataclass
class TestStall:
    """The playground, the program, and the clock both live by."""

    __test__ = False

    playground: Playground
    clock: FakeClock
    config: Config
    program: Stall
    front: Front = field(default_factory=Front)
    people: dict[str, Person] = field(default_factory=dict)

    def person(self, name: str, number: int | None = None, language: str = "en") -> Person:
        """Somebody with a Telegram account; the same one for the same name."""
        if name not in self.people:
            self.people[name] = self.playground.person(name, id=number or 2001 + len(self.people), language=language)
        return self.people[name]

    @property
    def owner(self) -> Person:
        return self.person("Olga", OWNER)

    async def settles(self, seconds: float = 10.0) -> None:
        """Wait (real seconds) until no update is in hand and nothing that may leave now is left to send."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not await self._is_quiet():
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"the stall did not come to rest\n{self.transcripts()}")
            await asyncio.sleep(0.005)

    async def _is_quiet(self) -> bool:
        # Mail first: an update that has left it is in the books before its offset is confirmed.
        if self.playground.bot.mail.pending:
            return False
        store = self.program.deps.store
        waiting = await store.read(
            lambda tx: tx.value(
                "SELECT (SELECT count(*) FROM inbox WHERE done_at IS NULL AND set_aside_at IS NULL)"
                " + (SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending') AND not_before <= :now)"
                " + (SELECT count(*) FROM broadcasts WHERE state = 'running')"
                " + (SELECT count(*) FROM reminders WHERE state = 'due' AND due_at <= :now)"
                " + (SELECT count(*) FROM claims WHERE hold_until <= :now)"
                " + (SELECT count(*) FROM orders WHERE hold_until <= :now OR remind_at <= :now)"
                " + (SELECT count(*) FROM waitlist WHERE hold_until <= :now)"
                " + (SELECT count(*) FROM offers WHERE sold_out_at IS NOT NULL AND sold_out_told_at IS NULL)"
                " + (SELECT count(*) FROM delays WHERE due_at <= :now)"
                " + (SELECT count(*) FROM waitlist AS w JOIN offers AS o ON o.id = w.offer_id"
                "    JOIN streams AS s ON s.id = o.stream_id"
                "    WHERE w.status = 'waiting' AND o.availability = 'in_stock'"
                "      AND (s.status IN ('ended', 'cancelled') OR o.quantity IS NULL)"
                "      AND NOT EXISTS (SELECT 1 FROM presales WHERE from_offer_id = o.id AND offer_id IS NULL"
                "        AND ended_at IS NULL AND s.status <> 'cancelled'))",
                now=self.clock.now(),
            )
        )
        return waiting == 0 and self.program.dispatch.in_flight == 0

    async def passes(self, seconds: float) -> None:
        """Let time go by in small steps, so that pauses on the way end in their order."""
        self.clock.advance(seconds)
        self.program.deps.store.due.set()
        self.program.deps.store.outbox.set()
        await asyncio.sleep(0.02)

    def transcripts(self) -> str:
        return "\n".join(f"== {person.name}\n{person.transcript()}" for person in self.people.values())

    async def value(self, sql: str, **values: object) -> Any:
        """One value from the books."""
        return await self.program.deps.store.read(lambda tx: tx.value(sql, **values))


@asynccontextmanager
async def open_stall(
    path: Path,
    *,
    playground: Playground | None = None,
    clock: FakeClock | None = None,
    limits: Limits | None = None,
    **changes: dict[str, Any],
) -> AsyncIterator[TestStall]:
    """A stall on the database in `path`; each of its calls is checked against the Bot API where that is known."""
    clock = clock or FakeClock()
    if playground is None:
        playground = Playground(clock=clock, limits=limits or Limits.off())
        playground.add_bot(token=TOKEN, username="stall_bot", name="Livestall", id=123456)
    config = given(settings(path, **changes), path)
    ticking: asyncio.Task[None] | None = None
    try:
        async with opened(config, request=PlaygroundRequest(playground), clock=clock) as program:
            try:
                yield TestStall(playground=playground, clock=clock, config=config, program=program)
            finally:
                # Closing waits by the clock for what is in hand; time has to go on for its time-outs to end.
                ticking = asyncio.create_task(_tick(clock))
    finally:
        if ticking is not None:
            ticking.cancel()
    assert not faulty_calls(playground)


def faulty_calls(playground: Playground) -> set[str]:
    """What is wrong, by the published Bot API, with the calls the bot has made; nothing where that is not at hand."""
    if load_schema() is None:
        return set()
    return {fault for call in playground.calls for fault in check_call(call.method, call.params)}


async def _tick(clock: FakeClock) -> None:
    while True:
        await asyncio.sleep(0.01)
        clock.advance(0.5)
