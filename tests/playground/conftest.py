"""A playground with one bot and Ann, and a bot's voice without any library between."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from playground import Person, Playground, Refusal
from playground.files import Upload
from playground.server import Server, serve
from playground.wire import as_text
from tests.clock import FakeClock

TOKEN = "123456:TEST"


class Voice:
    """The bot's side, speaking raw Bot API; results pass through JSON as they would over the wire."""

    def __init__(self, pg: Playground, token: str = TOKEN) -> None:
        self.pg = pg
        self.token = token

    async def __call__(self, method: str, /, **params: Any) -> Any:
        uploads = {name: value for name, value in params.items() if isinstance(value, Upload)}
        raw = {name: as_text(value) for name, value in params.items() if name not in uploads}
        return json.loads(json.dumps(await self.pg.call(self.token, method, raw, uploads)))

    async def refused(self, method: str, /, **params: Any) -> Refusal:
        with pytest.raises(Refusal) as caught:
            await self(method, **params)
        return caught.value

    async def updates(self, offset: int = 0) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self("getUpdates", offset=offset)
        return found


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pg(clock: FakeClock) -> Playground:
    playground = Playground(clock)
    playground.add_bot(TOKEN, username="stall_bot", name="Livestall")
    return playground


@pytest.fixture
async def ann(pg: Playground) -> Person:
    """Ann has pressed Start, and the bot has read it."""
    ann = pg.person("Ann", id=2001)
    await ann.sends("/start")
    pg.bot.mail.forget_all()
    return ann


@pytest.fixture
def bot(pg: Playground) -> Voice:
    return Voice(pg)


@pytest.fixture
async def server(pg: Playground) -> AsyncIterator[Server]:
    async with await serve(pg) as server:
        yield server


@pytest.fixture
async def http(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(server.base_url, timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


def method(name: str) -> str:
    return f"/bot{TOKEN}/{name}"


async def asked(http: aiohttp.ClientSession, path: str, body: Any = None) -> Any:
    """GET without a body, POST with one; the JSON that came back."""
    sends = {"json": body} if isinstance(body, dict) else {"data": body}
    async with http.get(path) if body is None else http.post(path, **sends) as answer:
        return await answer.json()
