"""The demo as people start it: a process that tells its story, leaves books that add up, and a page to play on."""

import asyncio
import json
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from zxingcpp import read_barcodes

from tests.bot.commands import SECONDS, environment, livestall
from tests.pictures import opened_png

PEOPLE = {
    "Ann": "viewer",
    "Bo": "viewer · 中文",
    "Hana": "host",
    "Cai": "cashier",
    "Sun": "supplier",
    "Olga": "owner",
}
CONFIG = "demo-out/config.toml"


Evening = tuple[Path, subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Evening:
    """The folder after a whole story, and how the story ended."""
    folder = tmp_path_factory.mktemp("evening")
    return folder, livestall(folder, "demo", "--once", "--port", "0")


def test_the_story_is_told_to_its_end(evening: Evening) -> None:
    told = evening[1]
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stderr == ""
    for line in (
        "Hana taps [📣 Announce]",
        "Ann taps [✅ Place order]",
        "a scanner reads it as wxp://f2f0example",
        "Ann sends a picture: the receipt of her payment",
        "Cai taps [✅ Confirm]",
        "┃ 12 Dingjiang West Road, Tonggu, Yichun, Jiangxi",
        "Ann taps [📦 Received]",
        "Bo taps [📦 已收到]",
        "Free-range eggs: 60 eggs",
        "The story is told",
    ):
        assert line in told.stdout


def test_without_a_terminal_it_is_plain_text(evening: Evening) -> None:
    assert "\x1b" not in evening[1].stdout


def test_its_pictures_can_be_opened(evening: Evening) -> None:
    pictures = evening[0] / "demo-out"
    code = opened_png((pictures / "qr.png").read_bytes())
    assert [found.text for found in read_barcodes(code)] == ["wxp://f2f0example"]
    assert opened_png((pictures / "receipt.png").read_bytes()).size == (360, 520)


def test_its_books_can_be_looked_into_afterwards(evening: Evening) -> None:
    folder, told = evening
    exported = livestall(folder, "export", "orders", "--format", "json", "--config", CONFIG)
    orders = json.loads(exported.stdout)
    assert [order["status"] for order in orders] == ["completed", "completed"]
    assert {order["code"] for order in orders} <= set(re.findall(r"TG-[A-Z0-9]+", told.stdout))
    doctor = livestall(folder, "doctor", "--config", CONFIG)
    assert doctor.returncode == 0, doctor.stdout


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = livestall(tmp_path, "demo", "--once", "--port", str(port))
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"livestall: port {port} can't be used (address already in use)")
    assert refused.stderr.count("\n") == 1


def test_a_story_nobody_knows_is_one_sentence(tmp_path: Path) -> None:
    refused = livestall(tmp_path, "demo", "--once", "--port", "0", "--story", "harvest")
    assert refused.returncode == 1
    assert refused.stderr == "livestall: there is no story 'harvest'; there are evening and tonggu\n"


@pytest.mark.soak
def test_the_tonggu_evening_comes_out_as_it_was_reported(tmp_path: Path) -> None:
    """In process it is played by every run of the tests (tests/journeys/test_tonggu.py); here as people see it."""
    told = livestall(tmp_path, "demo", "--once", "--port", "0", "--story", "tonggu", seconds=900)
    assert told.returncode == 0, told.stdout[-3000:] + told.stderr
    assert "The story is told: 597 orders, ¥324,200.00" in told.stdout
    doctor = livestall(tmp_path, "doctor", "--config", CONFIG)
    assert doctor.returncode == 0, doctor.stdout


async def test_told_again_it_begins_anew_and_its_page_stays_open_until_a_signal(evening: Evening) -> None:
    folder = evening[0]
    async with demo(folder) as process:
        told = await says(process, r"open (http://\S+)")
        async with aiohttp.ClientSession(base_url=told[1]) as browser:
            assert "<main" in await (await browser.get("/")).text()
            people = (await (await browser.get("/play/people")).json())["people"]
            assert {person["name"]: person["about"] for person in people} == PEOPLE
        process.terminate()
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    exported = await asyncio.to_thread(livestall, folder, "export", "orders", "--config", CONFIG)
    assert len(json.loads(exported.stdout)) == 2


async def test_a_step_that_fails_breaks_the_story_off(tmp_path: Path) -> None:
    async with demo(tmp_path, "--once") as process:
        told = await says(process, r"\((http://\S+)\)")
        async with aiohttp.ClientSession(base_url=told[1]) as telegram:
            # From now on no picture arrives, so Ann waits for her payment code in vain.
            await telegram.post("/play/faults", json={"kind": "bad_request", "method": "sendPhoto", "times": 1000})
        assert await says(process, "The story broke off here:")
        assert await says(process, r'Ann did not see "Pay by"')
        async with asyncio.timeout(SECONDS):
            assert await process.wait() == 1


async def says(process: asyncio.subprocess.Process, pattern: str) -> re.Match[str]:
    """Wait for a line of the transcript. Fails if the process ends before."""
    assert process.stdout is not None
    async with asyncio.timeout(SECONDS):
        while line := (await process.stdout.readline()).decode():
            if found := re.search(pattern, line):
                return found
    raise AssertionError(f"it ended without saying {pattern!r}")


@asynccontextmanager
async def demo(folder: Path, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A demo for the block; killed if the test leaves it behind."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--port", "0", *options),
        cwd=folder,
        env=environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
