"""Calls of the Bot API in its own words: what is sent by the thousand goes past the library's objects.

Owns how such a call is made; errors, pacing and counting are those of every other call. A message of ours is two or
three fields and a keyboard: building the library's objects for them, and for an answer of which one number is read,
took as long as sending it.
"""

from typing import Any

from telegram.request import BaseRequest

from bot.pacer import Paced, PacedLimiter
from bot.transport import plain
from storage.outbox import Lane


class Calls:
    """`call` for those who send. `base_url` is `bot.base_url` (token included)."""

    def __init__(self, request: BaseRequest, base_url: str, limiter: PacedLimiter) -> None:
        self._request = request
        self._base_url = base_url
        self._limiter = limiter

    async def call(self, method: str, fields: dict[str, Any], pace: Lane | Paced | None = None) -> Any:
        """The `result` of a method; its fields are JSON values, those that are None are left out.

        Raises `telegram.error` as a method of the bot does. `pace` is what is given to the bot's methods as
        `rate_limit_args`.
        """
        return await self._limiter.process_request(self._post, (method, fields), {}, method, fields, pace)

    async def _post(self, method: str, fields: dict[str, Any]) -> Any:
        return await self._request.post(f"{self._base_url}/{method}", plain(fields))
