"""Two pages for whoever watches over the process: is it alive, is it ready.

Owns the HTTP server and nothing behind it; what "ready" means is told by whoever starts it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from bot.config import Listen
from bot.failure import CommandFailed

Trouble = Callable[[], str | None]
"""Why the stall is not ready, in the operator's words; None when it is."""


@asynccontextmanager
async def serving(listen: Listen | None, trouble: Trouble) -> AsyncIterator[None]:
    """Serve `/healthz` (200 while the event loop turns) and `/readyz` (200, or 503 with the reason) for the block.

    Serves nothing without an address. Raises CommandFailed if the address can't be had.
    """
    if listen is None:
        yield
        return
    runner = web.AppRunner(_application(trouble), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, listen.host, listen.port).start()
        except OSError as error:
            place, reason = f"{listen.host}:{listen.port}", (error.strerror or "an error").lower()
            raise CommandFailed(f"web.listen: {place} can't be listened on ({reason}); choose another") from None
        yield
    finally:
        await runner.cleanup()


def _application(trouble: Trouble) -> web.Application:
    async def healthz(_: web.Request) -> web.Response:
        return _page("ok")

    async def readyz(_: web.Request) -> web.Response:
        reason = trouble()
        return _page("ready") if reason is None else _page(reason, status=503)

    application = web.Application()
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/readyz", readyz)
    return application


def _page(text: str, status: int = 200) -> web.Response:
    return web.Response(text=f"{text}\n", status=status, headers={"Cache-Control": "no-store"})
