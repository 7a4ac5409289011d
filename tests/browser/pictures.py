"""The pictures of the README, taken anew: `make pictures` plays the demo and looks at its page. No test.

Everything on them is what the bot has sent in the story; nothing is drawn in afterwards.
"""

import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, ViewportSize

from tests.browser import chromium

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SECONDS = 120
LARGEST = 500_000


async def main() -> None:
    program = chromium.found()
    if program is None:
        raise SystemExit(chromium.MISSING)
    with tempfile.TemporaryDirectory() as folder:
        async with told(Path(folder)) as address, chromium.started(program) as browser:
            await wide(browser, address)
            await phone(browser, address)
            await switches(browser, address)
    for name in ("demo", "phone", "switches"):
        place = DOCS / f"{name}.png"
        Image.open(place).convert("RGB").point(coarser).save(place, optimize=True)
        size = place.stat().st_size
        sys.stdout.write(f"docs/{name}.png {size:,} bytes\n")
        if size > LARGEST:
            raise SystemExit(f"docs/{name}.png is too large for a page that is read on a phone")


def coarser(value: int) -> int:
    """A channel in 64 steps, white and black kept: a quarter fewer bytes, and nobody sees a difference."""
    return round(value * 63 / 255) * 255 // 63


@asynccontextmanager
async def told(folder: Path) -> AsyncIterator[str]:
    """The address of a demo whose story is told."""
    command = (sys.executable, "-m", "bot", "demo", "--port", "0")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env={"PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SECONDS):
            while line := (await process.stdout.readline()).decode():
                if found := re.search(r"open (http://\S+)", line):
                    yield found[1]
                    return
        raise SystemExit("the story broke off")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def opened(browser: Browser, address: str, viewport: ViewportSize, scale: float = 1) -> Page:
    context = await browser.new_context(viewport=viewport, device_scale_factor=scale, locale="en-GB")
    page = await context.new_page()
    await page.goto(address)
    await page.get_by_role("log").first.locator("li.message").first.wait_for()
    return page


async def shown(page: Page) -> None:
    """Every picture in sight is there."""
    await page.evaluate("Promise.all([...document.images].map((image) => image.decode().catch(() => {})))")


async def wide(browser: Browser, address: str) -> None:
    page = await opened(browser, address, {"width": 1600, "height": 900})
    await page.get_by_role("region").nth(5).get_by_role("log").locator("li.message").first.wait_for()
    await shown(page)
    await page.screenshot(path=DOCS / "demo.png")


async def phone(browser: Browser, address: str) -> None:
    page = await opened(browser, address, {"width": 390, "height": 844}, scale=2)
    await page.get_by_role("button", name="Bo", exact=True).click()
    await page.get_by_role("region", name="Bo").get_by_role("log").locator("li.message").last.wait_for()
    await shown(page)
    await page.screenshot(path=DOCS / "phone.png")


async def switches(browser: Browser, address: str) -> None:
    page = await opened(browser, address, {"width": 1280, "height": 900})
    for name in ("Hana", "Cai", "Olga"):
        await page.get_by_role("button", name=name, exact=True).click()
    await page.get_by_role("button", name="Switches", exact=True).click()
    await page.get_by_label("With the method").select_option("sendMessage")
    await page.get_by_label("In the chat").select_option(label="Ann")
    await page.get_by_role("button", name="Switch on").click()
    await page.get_by_role("button", name="×60", exact=True).click()
    await page.get_by_role("button", name="Clear all").wait_for()
    ann = page.get_by_role("region", name="Ann")
    await ann.get_by_role("button", name="Commands of the bot for Ann").click()
    await shown(page)
    await page.screenshot(path=DOCS / "switches.png")


if __name__ == "__main__":
    asyncio.run(main())
