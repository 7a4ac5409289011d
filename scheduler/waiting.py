"""Waiting for an event or a moment, whichever comes first, on an injected clock."""

import asyncio

from storage.clock import Clock


async def wait(event: asyncio.Event, clock: Clock, seconds: float | None) -> None:
    """Return when `event` is set or `seconds` have passed; None waits for the event alone."""
    if event.is_set():
        return
    waiting: list[asyncio.Future[object]] = [asyncio.ensure_future(event.wait())]
    if seconds is not None:
        waiting.append(asyncio.ensure_future(clock.sleep(seconds)))
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for future in waiting:
            future.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
