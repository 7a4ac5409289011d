"""What the process answers over HTTP, and on which address."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp.web import Request, Response

from bot import web
from bot.config import Listen
from bot.failure import CommandFailed
from bot.front import Front
from tests.bot.server import unused_port
from tests.bot.test_run import page


def place() -> Listen:
    return Listen("127.0.0.1", unused_port())


@asynccontextmanager
async def watched(listen: Listen, front: Front | None = None) -> AsyncIterator[Front]:
    front = front or Front()
    async with web.serving([web.watching(listen, front.trouble, front.page)]):
        yield front


async def taken(_: Request) -> Response:
    return Response(text="taken")


async def test_the_process_is_healthy_while_it_is_not_ready() -> None:
    here = place()
    async with watched(here) as front:
        assert await page(here.port, "/healthz") == (200, "ok\n")
        assert await page(here.port, "/readyz") == (503, "starting\n")
        front.phase = None
        assert await page(here.port, "/readyz") == (200, "ready\n")


async def test_there_are_metrics_before_the_stall_is_open() -> None:
    here = place()
    async with watched(here):
        status, told = await page(here.port, "/metrics")
    assert status == 200
    assert "\nlivestall_ready 0.0\n" in told
    assert "\nprocess_start_time_seconds " in told
    assert "_created" not in told


async def test_the_addresses_are_free_again_afterwards() -> None:
    here = place()
    for _ in range(2):
        async with watched(here):
            pass
    with pytest.raises(aiohttp.ClientConnectorError):
        await page(here.port, "/healthz")


async def test_a_taken_address_is_told_by_its_key_and_the_others_are_freed() -> None:
    here, there = place(), place()
    front = Front()
    async with watched(here):
        with pytest.raises(CommandFailed, match=r"web\.listen"):
            async with web.serving(
                [web.webhook(there, "/hook", taken), web.watching(here, front.trouble, front.page)]
            ):
                pass
        with pytest.raises(CommandFailed, match=r"telegram\.webhook"):
            async with web.serving([web.webhook(here, "/hook", taken)]):
                pass
    with pytest.raises(aiohttp.ClientConnectorError):
        await page(there.port, "/hook")


async def test_nothing_is_served_without_an_address() -> None:
    async with web.serving([]):
        pass


async def test_what_telegram_may_reach_has_no_other_pages() -> None:
    here, there = place(), place()
    front = Front()
    async with web.serving([web.webhook(there, "/hook", taken), web.watching(here, front.trouble, front.page)]):
        assert await page(there.port, "/hook") == (200, "taken")
        for path in ("/metrics", "/readyz", "/healthz", "/"):
            assert (await page(there.port, path))[0] == 404
        assert (await page(here.port, "/hook"))[0] == 404


async def test_one_address_can_serve_both() -> None:
    here = place()
    front = Front()
    async with web.serving([web.webhook(here, "/hook", taken), web.watching(here, front.trouble, front.page)]):
        assert await page(here.port, "/hook") == (200, "taken")
        assert await page(here.port, "/healthz") == (200, "ok\n")
