"""A Bot API that costs next to nothing: hands out prepared updates, accepts every send, and says how long it took.

Runs in a process of its own, so that its work is not counted as the bot's. `python -m benchmarks.stub UPDATES SENDS`.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from aiohttp import web

BOT = {"id": 123456, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
PHOTO = [{"file_id": "P1", "file_unique_id": "U1", "width": 480, "height": 480, "file_size": 1000}]


class Stub:
    """Updates go out from the start; the clock runs from the first batch to the last expected send."""

    def __init__(self, updates: list[dict[str, Any]], sends: int) -> None:
        self._updates = updates
        self._sends = sends
        self._sent = 0
        self._next_message = 10_000_000
        self._started = 0.0
        self.seconds = 0.0
        self.done = asyncio.Event()

    async def method(self, request: web.Request) -> web.Response:
        """Every Bot API method."""
        name = request.match_info["method"].lower()
        is_json = request.content_type == "application/json"
        data = await request.json() if is_json else dict(await request.post())
        if name == "getupdates":
            return await self._get_updates(int(str(data.get("offset") or 0)))
        if name == "getme":
            return _answer(BOT)
        if name in ("sendmessage", "sendphoto"):
            return _answer(self._message(int(str(data["chat_id"])), is_photo=name == "sendphoto"))
        return _answer(True)

    async def _get_updates(self, offset: int) -> web.Response:
        if not self._started:
            self._started = time.perf_counter()
        first = self._updates[0]["update_id"] if self._updates else 0
        batch = self._updates[max(0, offset - first) :][:100]
        if not batch:
            await asyncio.wait([asyncio.ensure_future(self.done.wait())], timeout=1)
        return _answer(batch)

    def _message(self, chat: int, *, is_photo: bool) -> dict[str, Any]:
        self._sent += 1
        if self._sent == self._sends:
            self.seconds = time.perf_counter() - self._started
            self.done.set()
        self._next_message += 1
        content: dict[str, Any] = {"photo": PHOTO, "caption": "-"} if is_photo else {"text": "-"}
        return {
            "message_id": self._next_message,
            "date": int(time.time()),
            "chat": {"id": chat, "type": "private", "first_name": "B"},
            "from": BOT,
            **content,
        }


def _answer(result: object) -> web.Response:
    return web.Response(text=json.dumps({"ok": True, "result": result}), content_type="application/json")


async def _serve(updates: list[dict[str, Any]], sends: int) -> None:
    stub = Stub(updates, sends)
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/bot{token}/{method}", stub.method)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    print(port, flush=True)
    await stub.done.wait()
    print(json.dumps({"seconds": stub.seconds}), flush=True)
    await asyncio.sleep(0.5)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(Path(sys.argv[1]).read_text("utf-8")), int(sys.argv[2])))
