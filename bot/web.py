"""What the process answers over HTTP: is it alive, is it ready, its metrics; and the webhook, where that is used.

Owns the servers and nothing behind them. Each address serves its own pages only, so that what Telegram may reach
can't be asked for metrics; where both settings name the same address they share it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bot.config import Listen
from bot.failure import CommandFailed

LARGEST_BODY: Final = 1024 * 1024
"""No update comes near it: texts have 4,096 characters."""

Trouble = Callable[[], str | None]
"""Why the stall is not ready, in the operator's words; None when it is."""

Page = Callable[[], Awaitable[tuple[bytes, str]]]
"""A page made anew for every call: its bytes and their type."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An address with what it answers; `key` is the setting that names it."""

    key: str
    listen: Listen
    routes: tuple[web.RouteDef, ...]


def watching(listen: Listen, trouble: Trouble, metrics: Page) -> Site:
    """For whoever watches over the process: `/healthz` (200 while the event loop turns), `/readyz` (200, or 503 with
    the reason) and `/metrics`."""

    async def healthz(_: web.Request) -> web.Response:
        return _page("ok")

    async def readyz(_: web.Request) -> web.Response:
        reason = trouble()
        return _page("ready") if reason is None else _page(reason, status=503)

    async def measured(_: web.Request) -> web.Response:
        body, kind = await metrics()
        return web.Response(body=body, headers={"Content-Type": kind, "Cache-Control": "no-store"})

    routes = (web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", measured))
    return Site(key="web.listen", listen=listen, routes=routes)


def webhook(listen: Listen, path: str, receive: Handler) -> Site:
    """For Telegram: every method of one path."""
    return Site(key="telegram.webhook", listen=listen, routes=(web.route("*", path, receive),))


@asynccontextmanager
async def serving(sites: Iterable[Site]) -> AsyncIterator[None]:
    """Serve for the block. Raises CommandFailed if an address can't be had."""
    addresses: dict[Listen, list[Site]] = {}
    for site in sites:
        addresses.setdefault(site.listen, []).append(site)
    async with AsyncExitStack() as stack:
        for listen, sharing in addresses.items():
            application = web.Application(client_max_size=LARGEST_BODY)
            application.add_routes([route for site in sharing for route in site.routes])
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            try:
                await web.TCPSite(runner, listen.host, listen.port).start()
            except OSError as error:
                raise CommandFailed(untaken(sharing[0].key, listen, error)) from None
        yield


def untaken(key: str, listen: Listen, error: OSError) -> str:
    """The sentence for an address that can't be listened on."""
    reason = (error.strerror or "an error").lower()
    return f"{key}: {listen.host}:{listen.port} can't be listened on ({reason}); choose another"


def _page(text: str, status: int = 200) -> web.Response:
    return web.Response(text=f"{text}\n", status=status, headers={"Cache-Control": "no-store"})
