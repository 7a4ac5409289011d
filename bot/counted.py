"""The transport, with every call counted: python-telegram-bot's request interface around another of its kind.

Changes nothing about a call; knows methods and statuses, and forgets addresses at once: they contain the token.
"""

import time
from typing import Any, Final

from telegram.request import BaseRequest, RequestData

from bot.metrics import Metrics
from bot.transport import AiohttpRequest

DOWNLOAD: Final = "download"
"""What a file's address counts as."""


class CountedRequest(BaseRequest):
    """Hands every call on to `request`."""

    __slots__ = ("_metrics", "_request")

    def __init__(self, request: BaseRequest, metrics: Metrics) -> None:
        self._request = request
        self._metrics = metrics

    @property
    def read_timeout(self) -> float | None:
        return self._request.read_timeout

    async def initialize(self) -> None:
        await self._request.initialize()

    async def shutdown(self) -> None:
        await self._request.shutdown()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        return AiohttpRequest.parse_json_payload(payload)

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """The call, as `request` makes it. One that is cancelled counts for nothing."""
        began = time.perf_counter()
        status: int | None = None
        try:
            status, body = await self._request.do_request(
                url, method, request_data, read_timeout, write_timeout, connect_timeout, pool_timeout
            )
        except Exception:
            self._metrics.call_ended(_method_in(url), None, began)
            raise
        self._metrics.call_ended(_method_in(url), status, began)
        return status, body


def _method_in(url: str) -> str:
    """The Bot API method of an address `…/bot<token>/method`; files have a longer path behind the token."""
    return DOWNLOAD if "/file/bot" in url else url.rpartition("/")[2]
