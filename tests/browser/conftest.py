"""One browser for all tests, a page for each: it may neither complain nor ask anybody else for anything."""

import inspect
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, expect

from playground import Person, Playground
from playground.server import Server, serve
from tests.browser import chromium
from tests.playground.conftest import TOKEN, Voice

WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE = 5_000

expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser lives in one loop, so its tests do as well."""
    for item in items:
        is_ours = "tests/browser/" in item.nodeid and isinstance(item, pytest.Function)
        if is_ours and inspect.iscoroutinefunction(item.function):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    program = chromium.found()
    if program is None:
        pytest.skip(chromium.MISSING)
    async with chromium.started(program) as browser:
        yield browser


@pytest.fixture
def pg() -> Playground:
    """A local Telegram on the machine's time, as `python -m playground` has it."""
    playground = Playground()
    playground.add_bot(TOKEN, username="stall_bot", name="Livestall")
    return playground


@pytest.fixture
def bot(pg: Playground) -> Voice:
    return Voice(pg)


@pytest_asyncio.fixture(loop_scope="session")
async def ann(pg: Playground) -> Person:
    """Ann has pressed Start, and the bot has read it."""
    ann = pg.person("Ann", id=2001)
    await ann.sends("/start")
    pg.bot.mail.forget_all()
    return ann


@pytest_asyncio.fixture(loop_scope="session")
async def server(pg: Playground) -> AsyncIterator[Server]:
    async with await serve(pg) as server:
        yield server


@pytest.fixture
def viewport() -> ViewportSize:
    return WIDE


@pytest.fixture
def complaints() -> list[str]:
    """What the page or the browser has complained of; a test that provokes it takes it out."""
    return []


@pytest_asyncio.fixture(loop_scope="session")
async def page(
    browser: Browser, server: Server, ann: Person, viewport: ViewportSize, complaints: list[str]
) -> AsyncIterator[Page]:
    """The chat page, open and drawn."""
    context = await browser.new_context(viewport=viewport, reduced_motion="reduce", locale="en-GB")
    await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.base_url)
    page = await context.new_page()
    abroad: list[str] = []
    here = urlsplit(server.base_url).netloc
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("request", lambda asked: None if urlsplit(asked.url).netloc in (here, "") else abroad.append(asked.url))
    page.on("dialog", lambda dialog: complaints.append(f"a dialog of the browser: {dialog.message}"))
    page.set_default_timeout(PATIENCE)
    await page.goto(server.base_url)
    await expect(page.get_by_role("region", name="Ann", exact=True)).to_be_visible()
    yield page
    await context.close()
    # What a test provokes on purpose, the browser tells as well: an answer that says no, a server that is away.
    told = [one for one in complaints if not one.startswith("Failed to load resource")]
    assert (told, abroad) == ([], [])
