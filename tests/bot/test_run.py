"""The stall as a process: it opens over HTTP, answers, closes on a signal, and never hangs."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.run import ECHO_SECONDS, first_to_end
from playground.api import Playground
from playground.limits import Limits
from playground.server import Server, serve
from storage.store import Store
from tests.bot.commands import Running, config_file, livestall, running
from tests.bot.server import unused_port
from tests.clock import NOON
from tests.stall import TOKEN, open_stall

WITHIN = 10.0


@pytest.fixture
async def telegram() -> AsyncIterator[Server]:
    """A Telegram on this machine."""
    playground = Playground(limits=Limits.off())
    playground.add_bot(token=TOKEN, username="stall_bot", name="Livestall", id=123456)
    async with await serve(playground) as server:
        yield server


def config_of(folder: Path, server: Server, **changes: dict[str, Any]) -> Path:
    return config_file(folder, telegram={"base_url": server.base_url}, **changes)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Real time passes in other processes; wait for it to show."""
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.02)


async def page(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.text()


async def an_answer_hangs(telegram: Server) -> None:
    """From now on Telegram never answers a message to Ann, and the bot is waiting for just that."""
    fault = telegram.playground.faults.add("hang", chat=2001, times=None)
    await telegram.playground.person("Ann", id=2001).sends("/start")

    async def is_waiting() -> bool:
        return fault.hits > 0

    await until(is_waiting)


async def stops(bot: Running) -> int:
    bot.process.terminate()
    return await bot.ends(WITHIN)


async def test_it_answers_and_a_signal_ends_it_with_0(tmp_path: Path, telegram: Server) -> None:
    async with running(config_of(tmp_path, telegram)) as bot:
        assert "open as @stall_bot" in await bot.says("open as")
        ann = telegram.playground.person("Ann", id=2001)
        await ann.sends("/start")
        await ann.sees("Tonggu Stall")
        assert await stops(bot) == 0
        assert "Traceback" not in bot.said


async def test_ctrl_c_is_a_signal_like_the_other(tmp_path: Path, telegram: Server) -> None:
    async with running(config_of(tmp_path, telegram)) as bot:
        await bot.says("open as")
        bot.process.send_signal(signal.SIGINT)
        assert await bot.ends(WITHIN) == 0
        assert "Traceback" not in bot.said


async def test_it_is_gone_in_time_when_telegram_hangs(tmp_path: Path, telegram: Server) -> None:
    async with running(config_of(tmp_path, telegram)) as bot:
        await bot.says("open as")
        await an_answer_hangs(telegram)
        assert await stops(bot) == 0
        assert "Traceback" not in bot.said


async def test_a_second_signal_ends_it_at_once(tmp_path: Path, telegram: Server) -> None:
    async with running(config_of(tmp_path, telegram)) as bot:
        await bot.says("open as")
        await an_answer_hangs(telegram)
        bot.process.terminate()
        await bot.says("closing")
        bot.process.terminate()  # within a tenth of a second: an echo of the first
        await asyncio.sleep(2 * ECHO_SECONDS)
        assert bot.process.returncode is None
        bot.process.terminate()
        assert await bot.ends(2) == 1
        assert "stopped at once" in bot.said


async def test_a_second_run_is_refused_and_other_commands_are_not(tmp_path: Path, telegram: Server) -> None:
    async with running(config_of(tmp_path, telegram)) as bot:
        await bot.says("open as")
        second = await asyncio.to_thread(livestall, tmp_path, "run")
        assert second.returncode == 1
        assert second.stderr.count("\n") == 1
        assert f"by process {bot.process.pid}" in second.stderr
        linked = await asyncio.to_thread(livestall, tmp_path, "invite", "host")
        assert linked.stdout.startswith("https://t.me/stall_bot?start=i_")
        assert await stops(bot) == 0


async def test_a_second_poller_makes_it_unready_but_not_unhealthy(tmp_path: Path, telegram: Server) -> None:
    port = unused_port()
    async with running(config_of(tmp_path, telegram, web={"listen": f"127.0.0.1:{port}"})) as bot:
        await bot.says("open as")
        await telegram.playground.person("Ann", id=2001).sends("/start")

        async def is_ready() -> bool:
            return (await page(port, "/readyz"))[0] == 200

        await until(is_ready)
        async with aiohttp.ClientSession() as session:
            await (await session.get(f"{telegram.base_url}/bot{TOKEN}/getUpdates")).read()
        await bot.says("another process polls with this token")
        assert await page(port, "/readyz") == (503, "another process polls with this token\n")
        assert await page(port, "/healthz") == (200, "ok\n")
        assert await stops(bot) == 0


async def test_it_waits_for_a_network_that_is_down_at_the_start(tmp_path: Path, telegram: Server) -> None:
    telegram.playground.faults.add("reset", method="getMe", times=2)
    async with running(config_of(tmp_path, telegram)) as bot:
        await bot.says("trying again")
        await bot.says("open as")
        assert await stops(bot) == 0


async def test_a_signal_ends_the_wait_for_the_network(tmp_path: Path) -> None:
    async with running(config_file(tmp_path)) as bot:
        await bot.says("trying again")
        assert await stops(bot) == 0
        assert "Traceback" not in bot.said


async def test_a_refused_token_ends_it_with_a_sentence(tmp_path: Path, telegram: Server) -> None:
    token = "999:UNKNOWN"
    async with running(config_file(tmp_path, telegram={"base_url": telegram.base_url, "token": token})) as bot:
        assert await bot.ends() == 78
        assert "does not accept this token" in bot.said
        assert token not in bot.said
        assert "Traceback" not in bot.said


async def test_a_database_of_a_newer_version_is_refused(tmp_path: Path, telegram: Server) -> None:
    config = config_of(tmp_path, telegram)
    async with await Store.open(tmp_path / "stall.db", now=NOON) as store:
        await store.write(lambda tx: tx.run("PRAGMA user_version = 9999"))
    async with running(config) as bot:
        assert await bot.ends() == 78
        assert "upgrade livestall" in bot.said
        assert bot.said.count("\n") == 1


async def test_an_address_that_is_taken_ends_it_with_a_sentence(tmp_path: Path, telegram: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        async with running(config_of(tmp_path, telegram, web={"listen": place})) as bot:
            assert await bot.ends() == 1
            assert f"web.listen: {place} can't be listened on" in bot.said
            assert bot.said.count("\n") == 1


async def test_a_loop_that_ends_by_itself_is_noticed(tmp_path: Path) -> None:
    async with open_stall(tmp_path) as stall:
        loop = stall.program.tasks[0]
        loop.cancel()
        assert await first_to_end(stall.program, asyncio.Event()) is loop
