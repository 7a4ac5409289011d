"""The front for bots in the same process: python-telegram-bot's transport interface, without a network.

Parameters are read from the very texts that would go over HTTP, so nothing passes here that the wire would refuse.
The only module of the playground that knows python-telegram-bot.
"""

import asyncio

from telegram._utils.defaultvalue import DEFAULT_NONE, DefaultValue
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from playground.api import Playground
from playground.files import Upload
from playground.refusals import ConnectionCutError, NeverAnswersError
from playground.wire import answer

READ_TIMEOUT = 5.0


class PlaygroundRequest(BaseRequest):
    """Hands requests to a playground. Give one to `ApplicationBuilder.request` and one to `get_updates_request`.

    A cut connection raises `NetworkError`; a call that never answers raises `TimedOut` once `read_timeout` seconds
    of the playground's clock have passed.
    """

    def __init__(self, playground: Playground, *, read_timeout: float = READ_TIMEOUT) -> None:
        self._playground = playground
        self._read_timeout = read_timeout

    @property
    def read_timeout(self) -> float:
        return self._read_timeout

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: ODVInput[float] = DEFAULT_NONE,
        write_timeout: ODVInput[float] = DEFAULT_NONE,
        connect_timeout: ODVInput[float] = DEFAULT_NONE,
        pool_timeout: ODVInput[float] = DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        # A real request always lets other tasks run; one that didn't would hide races.
        await asyncio.sleep(0)
        raw = request_data.json_parameters if request_data else {}
        try:
            reply = await answer(self._playground, url, raw, _uploads(request_data))
        except ConnectionCutError as cut:
            raise NetworkError("connection cut by the playground") from cut
        except NeverAnswersError as silence:
            patience = self._read_timeout if isinstance(read_timeout, DefaultValue) else read_timeout
            await self._playground.clock.sleep(READ_TIMEOUT if patience is None else patience)
            raise TimedOut from silence
        return reply.status, reply.body


def _uploads(request_data: RequestData | None) -> dict[str, Upload]:
    if request_data is None or not request_data.contains_files:
        return {}
    uploads = {}
    for part, (name, content, mime) in request_data.multipart_data.items():
        data = content if isinstance(content, bytes) else content.read()
        uploads[part] = Upload(name, data if isinstance(data, bytes) else data.encode(), mime)
    return uploads
