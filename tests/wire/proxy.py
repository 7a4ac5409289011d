"""What stands between Telegram and the stall: a proxy on a port of this machine that a test can let down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Proxy:
    """Passes calls on to `target` and answers back.

    `is_cut`: hangs up on whoever calls. `withholds`: an answer is kept back, which sets `answered`, and its caller
    hears nothing until `lets_go`.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self.is_cut = False
        self.withholds = False
        self.answered = asyncio.Event()
        self._let_go = asyncio.Event()
        self.port = 0

    def lets_go(self) -> None:
        """Cut whoever waits for an answer that is kept back, and keep nothing back any more."""
        self.withholds = False
        self._let_go.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.is_cut:
                return
            theirs, ours = await asyncio.open_connection("127.0.0.1", self._target)
            try:
                pumps = [asyncio.create_task(_pump(reader, ours)), asyncio.create_task(self._answers(theirs, writer))]
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                for pump in pumps:
                    pump.cancel()
            finally:
                ours.close()
        except OSError:
            pass  # the stall is not there
        finally:
            writer.close()

    async def _answers(self, theirs: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await theirs.read(65_536):
            if self.withholds:
                self.answered.set()
                await self._let_go.wait()
                return
            writer.write(data)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)


@asynccontextmanager
async def proxy_to(target: int) -> AsyncIterator[Proxy]:
    """A proxy for the block."""
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        proxy.lets_go()
        server.close()
