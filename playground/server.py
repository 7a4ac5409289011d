"""The front for everything outside the process: the Bot API over HTTP, the control API, the chat page.

Really cuts connections when a fault says so. What calls and taps do is decided in the core.
"""

import asyncio
from pathlib import Path

from aiohttp import web
from aiohttp.multipart import BodyPartReader

from playground import control
from playground.api import Playground
from playground.files import Upload
from playground.refusals import ConnectionCutError, NeverAnswersError, bad_request
from playground.wire import Reply, answer, as_text

LARGEST_REQUEST = 60 * 1024 * 1024
PAGE = {path.name: path for path in Path(__file__).with_name("page").iterdir()}
"""The page and what belongs to it; nothing else of this machine can be asked for."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' blob: data:",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Whatever a bot or a person writes: the browser itself runs only these files, and asks nobody else for anything."""

PAGE_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
PLAYGROUND = web.AppKey("playground", Playground)


class Server:
    """A running server; `base_url` has no trailing slash and is what a bot gets as its server root."""

    def __init__(self, playground: Playground, runner: web.AppRunner, base_url: str) -> None:
        self.playground = playground
        self.base_url = base_url
        self._runner = runner

    async def close(self) -> None:
        """Stop listening, cut what is still open, end webhook deliveries."""
        await self._runner.cleanup()
        await self.playground.close()

    async def __aenter__(self) -> "Server":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


async def serve(playground: Playground, host: str = "127.0.0.1", port: int = 0) -> Server:
    """Start serving a playground in this loop; port 0 takes a free one. Raises `OSError` if the port is taken."""
    app = web.Application(client_max_size=LARGEST_REQUEST, middlewares=[control.guard])
    app[PLAYGROUND] = playground
    app.router.add_get("/", _page)
    app.router.add_get("/page/{name}", _page)
    app.router.add_route("*", "/bot{token:[^/]+}/{method}", _method)
    app.router.add_get("/file/bot{token:[^/]+}/{path:.+}", _file)
    app.add_routes(control.routes(playground))
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
    except BaseException:
        await runner.cleanup()
        raise
    taken = runner.addresses[0][1]
    return Server(playground, runner, f"http://{f'[{host}]' if ':' in host else host}:{taken}")


async def _page(request: web.Request) -> web.StreamResponse:
    found = PAGE.get(request.match_info.get("name", "page.html"))
    if found is None:
        raise web.HTTPNotFound
    return web.FileResponse(found, headers=PAGE_HEADERS)


async def _file(request: web.Request) -> web.StreamResponse:
    return _response(await answer(request.app[PLAYGROUND], request.path, {}))


async def _method(request: web.Request) -> web.StreamResponse:
    try:
        raw, uploads = await _read(request)
    except ValueError:
        return web.json_response(bad_request("can't parse request body").body(), status=400)
    try:
        return _response(await answer(request.app[PLAYGROUND], request.path, raw, uploads))
    except ConnectionCutError:
        return _cut(request)
    except NeverAnswersError:
        # Ends when the client gives up (handler_cancellation) or the server closes.
        await asyncio.Event().wait()
        raise


def _response(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, content_type=reply.content_type)


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)  # goes nowhere: the connection is gone


async def _read(request: web.Request) -> tuple[dict[str, str], dict[str, Upload]]:
    """Parameters and files of a request, from wherever the Bot API takes them. Raises `ValueError`."""
    raw = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "application/json":
        body = await request.json()
        if not isinstance(body, dict):
            raise ValueError("a JSON object is expected")
        raw |= {name: as_text(value) for name, value in body.items() if value is not None}
    elif request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                continue
            data = bytes(await part.read())
            if part.filename is None:
                raw[part.name] = data.decode()
            else:
                mime = part.headers.get("Content-Type", "application/octet-stream")
                uploads[part.name] = Upload(part.filename, data, mime)
    elif request.method == "POST":
        raw |= {name: str(value) for name, value in (await request.post()).items()}
    return raw, uploads
