"""The machine's own Chromium: where it is, how it is started, and what it says when there is none."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = f"no browser on this machine ({', '.join(NAMES)}); .ci/run installs one"


def found() -> str | None:
    """The browser's program. Fails where one is promised (REQUIRE_BROWSER=1) and there is none."""
    program = next((path for name in NAMES if (path := shutil.which(name))), None)
    if program is None and os.environ.get("REQUIRE_BROWSER") == "1":
        raise AssertionError(MISSING)
    return program


@asynccontextmanager
async def started(program: str) -> AsyncIterator[Browser]:
    """A browser without a screen."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()
