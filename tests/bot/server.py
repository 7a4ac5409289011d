"""A server on this machine that answers as the Bot API would, or as badly as a test wants."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

CHAT = {"id": 7, "type": "private", "first_name": "Ann"}
MESSAGE = {"message_id": 5, "date": 1_773_115_200, "chat": CHAT, "text": "Eggs"}


def unused_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Server:
    """Answers every Bot API call with `answer` and keeps what it received."""

    def __init__(self, port: int) -> None:
        self.base_url = f"http://127.0.0.1:{port}/bot"
        self.calls: list[str] = []
        self.fields: list[dict[str, object]] = []
        self.types: list[str] = []
        self.connections: set[object] = set()
        self.answer: Answer = ok

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.calls.append(request.path.rpartition("/")[2])
        self.types.append(request.content_type)
        self.connections.add(request.transport)
        if request.content_type == "application/json":
            self.fields.append(await request.json())
        else:
            self.fields.append({name: _received(field) for name, field in (await request.post()).items()})
        return await self.answer(request)


def _received(field: object) -> object:
    """A text as it is; a file as name, type and content, read before the server throws it away."""
    return (field.filename, field.content_type, field.file.read()) if isinstance(field, web.FileField) else field


async def ok(request: web.Request) -> web.Response:
    results = {"sendMessage": MESSAGE, "sendPhoto": MESSAGE, "getUpdates": [{"update_id": 9, "novelty": {"x": 1}}]}
    return web.json_response({"ok": True, "result": results.get(request.path.rpartition("/")[2], True)})


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    """A running server that answers `ok`, until the block ends."""
    app = web.Application(client_max_size=40 * 2**20)
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener.getsockname()[1])
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    try:
        yield server
    finally:
        await runner.cleanup()


def refusing(status: int, description: str, **parameters: int) -> Answer:
    async def answer(_: web.Request) -> web.Response:
        body = {"ok": False, "error_code": status, "description": description}
        return web.json_response(body | ({"parameters": parameters} if parameters else {}), status=status)

    return answer


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def never(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError
