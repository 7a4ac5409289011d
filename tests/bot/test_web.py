"""The two pages for whoever watches over the process."""

import aiohttp
import pytest

from bot import web
from bot.config import Listen
from bot.failure import CommandFailed
from tests.bot.test_run import free_port, page


async def test_the_process_is_healthy_while_it_is_not_ready() -> None:
    reason: str | None = "starting"
    port = free_port()
    async with web.serving(Listen("127.0.0.1", port), lambda: reason):
        assert await page(port, "/healthz") == (200, "ok\n")
        assert await page(port, "/readyz") == (503, "starting\n")
        reason = None
        assert await page(port, "/readyz") == (200, "ready\n")


async def test_the_address_is_free_again_afterwards() -> None:
    place = Listen("127.0.0.1", free_port())
    for _ in range(2):
        async with web.serving(place, lambda: None):
            pass
    with pytest.raises(aiohttp.ClientConnectorError):
        await page(place.port, "/healthz")


async def test_a_taken_address_is_told_by_its_key() -> None:
    place = Listen("127.0.0.1", free_port())
    async with web.serving(place, lambda: None):
        with pytest.raises(CommandFailed, match=r"web\.listen"):
            async with web.serving(place, lambda: None):
                pass


async def test_nothing_is_served_without_an_address() -> None:
    async with web.serving(None, lambda: None):
        pass
