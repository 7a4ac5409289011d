"""The stall as a process to which Telegram brings the updates: opened, killed, closed, checked."""

import asyncio
import re
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from playground.api import Playground
from playground.limits import Limits
from playground.server import Server, serve
from storage.clock import SystemClock
from storage.store import Store
from tests.bot.commands import config_file, livestall, running
from tests.bot.server import unused_port
from tests.bot.test_run import WITHIN, page, stops, until
from tests.stall import OWNER, TOKEN
from tests.wire.proxy import proxy_to

SECRET = "never-to-be-seen-anywhere"


@pytest.fixture
async def telegram() -> AsyncIterator[Server]:
    """A Telegram on this machine."""
    playground = Playground(limits=Limits.off())
    playground.add_bot(token=TOKEN, username="stall_bot", name="Livestall", id=123456)
    playground.person("Olga", id=OWNER)
    playground.person("Ann", id=2001)
    async with await serve(playground) as server:
        yield server


def config_of(folder: Path, server: Server, port: int, *, reached_by: int | None = None, **changes: Any) -> Path:
    webhook = {"url": f"http://127.0.0.1:{reached_by or port}/telegram", "port": port, "secret": SECRET}
    own = {"base_url": server.base_url, "mode": "webhook", "webhook": webhook}
    return config_file(folder, telegram=own, **changes)


async def questions_asked(folder: Path) -> int:
    """How often the stall has decided to ask something."""
    async with await Store.open(folder / "stall.db", synchronous="NORMAL", now=SystemClock().now()) as store:
        count: int = await store.read(lambda tx: tx.value("SELECT count(*) FROM outbox WHERE kind = 'question'"))
        return count


async def test_it_is_brought_its_updates_and_a_signal_ends_it_with_0(tmp_path: Path, telegram: Server) -> None:
    port, watched = unused_port(), unused_port()
    config = config_of(tmp_path, telegram, port, web={"listen": f"127.0.0.1:{watched}"})
    async with running(config) as bot:
        await bot.says("open as @stall_bot")
        ann = telegram.playground.people[2001]
        await ann.sends("/start")
        await ann.sees("Tonggu Stall")

        async def is_ready() -> bool:
            return (await page(watched, "/readyz"))[0] == 200

        await until(is_ready)
        told = (await page(watched, "/metrics"))[1]
        assert 'livestall_webhook_requests_total{status="200"} 1.0' in told
        assert re.search(r"^livestall_build_info{.*} 1\.0$", told, re.MULTILINE)
        assert (await page(port, "/metrics"))[0] == 404
        assert (await page(port, "/telegram"))[0] == 405
        assert await stops(bot) == 0
        assert "Traceback" not in bot.said
        assert SECRET not in bot.said
    assert telegram.playground.calls_of("getUpdates") == []
    assert [call.ok for call in telegram.playground.calls_of("setWebhook")] == [True]


async def test_one_address_serves_telegram_and_whoever_watches(tmp_path: Path, telegram: Server) -> None:
    port = unused_port()
    async with running(config_of(tmp_path, telegram, port, web={"listen": f"127.0.0.1:{port}"})) as bot:
        await bot.says("open as")
        ann = telegram.playground.people[2001]
        await ann.sends("/start")
        await ann.sees("Tonggu Stall")
        assert (await page(port, "/healthz"))[0] == 200
        assert await stops(bot) == 0


async def test_what_comes_while_it_is_down_is_brought_when_it_is_back(tmp_path: Path, telegram: Server) -> None:
    config = config_of(tmp_path, telegram, unused_port())
    ann = telegram.playground.people[2001]
    async with running(config) as bot:
        await bot.says("the webhook is set")
        await ann.sends("/start")
        await ann.sees("Tonggu Stall")
        assert await stops(bot) == 0
    await ann.sends("/help")
    async with running(config) as bot:
        await ann.sees("How it works", timeout=20)
        assert await stops(bot) == 0


async def test_killed_between_the_commit_and_the_answer_it_acts_once(tmp_path: Path, telegram: Server) -> None:
    port = unused_port()
    olga = telegram.playground.people[OWNER]
    async with proxy_to(port) as proxy:
        config = config_of(tmp_path, telegram, port, reached_by=proxy.port)
        async with running(config) as bot:
            await bot.says("the webhook is set")
            await olga.sends("/start")
            await olga.sees("Tonggu Stall")
            proxy.withholds = True
            await olga.sends("/newstream")
            await proxy.answered.wait()  # the update is in the books, and Telegram has not heard of it
            bot.process.kill()
            assert await bot.ends() == -signal.SIGKILL
        proxy.lets_go()
        mail = telegram.playground.bot.mail
        assert mail.pending == 1
        async with running(config) as bot:
            await olga.sees("title", timeout=20)

            async def is_brought() -> bool:
                return mail.pending == 0

            await until(is_brought)
            assert await stops(bot) == 0
    assert await questions_asked(tmp_path) == 1


async def test_a_taken_port_ends_it_with_a_sentence(tmp_path: Path, telegram: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with running(config_of(tmp_path, telegram, port)) as bot:
            assert await bot.ends() == 1
            assert f"telegram.webhook: 127.0.0.1:{port} can't be listened on" in bot.said
            assert bot.said.count("\n") == 1


async def test_a_signal_while_telegram_is_away_ends_it_in_time(tmp_path: Path, telegram: Server) -> None:
    telegram.playground.faults.add("hang", method="setWebhook", times=None)
    async with running(config_of(tmp_path, telegram, unused_port())) as bot:
        await bot.says("open as")
        bot.process.terminate()
        assert await bot.ends(WITHIN) == 0
        assert "Traceback" not in bot.said


# -- check --------------------------------------------------------------------------------------------


async def check(folder: Path) -> tuple[int, str, str]:
    told = await asyncio.to_thread(livestall, folder, "check")
    return told.returncode, told.stdout, told.stderr


async def test_check_tells_how_updates_come_in(tmp_path: Path, telegram: Server) -> None:
    config_file(tmp_path, telegram={"base_url": telegram.base_url})
    assert "ok  updates: polling\n" in (await check(tmp_path))[1]
    await telegram.playground.call(TOKEN, "setWebhook", {"url": "https://old.example/hook"})
    code, told, _ = await check(tmp_path)
    assert code == 0
    assert "the webhook https://old.example/hook is still set and is removed by `livestall run`" in told


async def test_check_tells_of_the_webhook_before_and_while_it_is_set(tmp_path: Path, telegram: Server) -> None:
    port = unused_port()
    config = config_of(tmp_path, telegram, port)
    code, told, _ = await check(tmp_path)
    assert code == 0
    assert f"http://127.0.0.1:{port}/telegram; now there is none, `livestall run` sets it" in told
    assert f"ok  addresses: 127.0.0.1:{port}, free\n" in told
    async with running(config) as bot:
        await bot.says("the webhook is set")
        code, told, _ = await check(tmp_path)
        assert code == 0
        assert f"ok  updates: webhook http://127.0.0.1:{port}/telegram, set\n" in told
        assert f"ok  addresses: 127.0.0.1:{port} (the stall is open)\n" in told
        assert await stops(bot) == 0


async def test_check_tells_what_keeps_telegram_from_delivering(tmp_path: Path, telegram: Server) -> None:
    port = unused_port()
    config_of(tmp_path, telegram, port)
    await telegram.playground.call(TOKEN, "setWebhook", {"url": f"http://127.0.0.1:{port}/telegram"})
    await telegram.playground.people[2001].sends("/start")
    hook = telegram.playground.webhooks.of(telegram.playground.bot)
    assert hook is not None

    async def has_failed() -> bool:
        return hook.last_error is not None

    await until(has_failed)
    code, _, fault = await check(tmp_path)
    assert code == 1
    assert "updates waiting at Telegram: 1; it could not deliver" in fault
    assert "Connection failed" in fault
    assert fault.count("\n") == 1


async def test_check_tells_of_a_port_that_is_taken_by_another(tmp_path: Path, telegram: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config_of(tmp_path, telegram, port)
        code, _, fault = await check(tmp_path)
    assert code == 1
    assert f"telegram.webhook: 127.0.0.1:{port} can't be listened on" in fault


async def test_nobody_is_told_why_they_are_turned_away(tmp_path: Path, telegram: Server) -> None:
    port = unused_port()
    async with running(config_of(tmp_path, telegram, port)) as bot:
        await bot.says("the webhook is set")
        async with (
            aiohttp.ClientSession() as stranger,
            stranger.post(f"http://127.0.0.1:{port}/telegram", json={"update_id": 1}) as answer,
        ):
            assert (answer.status, await answer.text()) == (403, "")
        assert await stops(bot) == 0
