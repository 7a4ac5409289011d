"""How the bot speaks HTTP: python-telegram-bot's request interface over aiohttp.

Owns one keep-alive connection pool and the translation of its failures. It never sends a message twice by
itself, never waits out a 429, and never lets an address into a text: it contains the bot's token.

A caller can tell two kinds of failure apart: `NotSent` means that nothing reached the server; any other
`NetworkError` without an answer (`TimedOut` among them) is ambiguous, the message may have been delivered.

`raw_updates` asks for updates as Telegram sends them, which is what the inbox keeps.
"""

import asyncio
import errno
import io
import json
import os
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from aiohttp import (
    ClientConnectorError,
    ClientHttpProxyError,
    ClientOSError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    FormData,
    InvalidURL,
    ServerDisconnectedError,
    TCPConnector,
)
from telegram.error import NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from telegram.request._requestparameter import RequestParameter  # no public way to the parts of a RequestData

# Without this opt-in the library warns whenever a RetryAfter is made or read (its version 22.2).
os.environ.setdefault("PTB_TIMEDELTA", "1")

Seconds = float | None
"""A time-out; None waits for ever."""

JSON = {"Content-Type": "application/json"}
WRITTEN = json.JSONEncoder(separators=(",", ":")).encode  # plain ASCII: any text survives
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class NotSent(NetworkError):
    """The request surely did not reach the server: sending it again cannot make a second message."""


class AiohttpRequest(BaseRequest):
    """One connection pool to the Bot API; usable between `initialize` and `shutdown`, and again after both.

    `pool` is the most connections at one time. The time-outs hold for calls that name none of their own:
    `connect` for name, TCP and TLS together; `read` for every silence of the server; `write` for a whole
    body, `media_write` for one with files; `wait_for_connection` for a free place in the pool.
    The read time-out is generous because giving up on a send leaves it unknown whether it was delivered.
    """

    __slots__ = ("_connect", "_media_write", "_pool", "_read", "_session", "_wait_for_connection", "_write")

    def __init__(
        self,
        *,
        pool: int = 100,
        connect: Seconds = 5.0,
        read: Seconds = 20.0,
        write: Seconds = 20.0,
        media_write: Seconds = 60.0,
        wait_for_connection: Seconds = 10.0,
    ) -> None:
        self._pool = pool
        self._connect = connect
        self._read = read
        self._write = write
        self._media_write = media_write
        self._wait_for_connection = wait_for_connection
        self._session: ClientSession | None = None

    @property
    def read_timeout(self) -> Seconds:
        return self._read

    async def initialize(self) -> None:
        """Open the pool; does nothing when it is open."""
        if self._session is None:
            self._session = ClientSession(
                connector=TCPConnector(limit=self._pool),
                cookie_jar=DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                timeout=ClientTimeout(total=None),
            )

    async def shutdown(self) -> None:
        """Close every connection; does nothing when that is done."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer as a dict; `NetworkError` for anything else. Unlike the base class it logs no body."""
        try:
            answer = json.loads(payload)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise NetworkError("The server's answer is not a JSON object")
        return answer

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body of one call. Raises `NotSent`, `TimedOut` or `NetworkError`, or is cancelled.

        A time-out that is not given is the transport's own; one given as None waits for ever.
        """
        has_files = request_data is not None and request_data.contains_files
        read = _given(read_timeout, self._read)
        write = _given(write_timeout, self._media_write if has_files else self._write)
        connect = _given(connect_timeout, self._connect)
        opening = _sum(_given(pool_timeout, self._wait_for_connection), connect)
        limits = ClientTimeout(total=None, connect=opening, sock_connect=connect, sock_read=read)
        try:
            status, body = await self._ask(url, method, request_data, limits, _sum(opening, write, read))
        except Exception as error:  # whatever left here, the base class would print with the address in it
            fault = _translated(error)
        else:
            return status, body if 200 <= status < 300 else _refusal(body)
        # Raised out here: in the handler it would carry the original, and so the token, as its context.
        raise fault

    async def _ask(
        self, url: str, method: str, data: RequestData | None, limits: ClientTimeout, deadline: Seconds
    ) -> tuple[int, bytes]:
        """Exchange once; twice if the server hung up on a call that only reads.

        A kept-alive connection may be closed by the server in the moment we write on it. aiohttp 3.14 repeats
        such a request only for its IDEMPOTENT_METHODS, and POST is none of them (client.py,
        `retry_persistent_connection`): so no message is doubled there, and a `get…` call, a POST as
        well, gets its second try from us.
        """
        try:
            return await self._exchange(url, method, data, limits, deadline)
        except (ServerDisconnectedError, ClientOSError) as error:
            if not _only_reads(url) or isinstance(error, ClientConnectorError):
                raise
        return await self._exchange(url, method, data, limits, deadline)

    async def _exchange(
        self, url: str, method: str, data: RequestData | None, limits: ClientTimeout, deadline: Seconds
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise NotSent("The transport is closed")
        body, headers = _encoded(data)
        # aiohttp has no time-out for writing, so the way to the head of the answer has one for all its parts.
        # A redirect is an answer like any other: following it would take the call, and the token, elsewhere.
        async with asyncio.timeout(deadline):
            response = await self._session.request(
                method, url, data=body, headers=headers, timeout=limits, allow_redirects=False
            )
        async with response:
            return response.status, await response.read()


def wait_of(refusal: RetryAfter) -> float:
    """Seconds Telegram asks to wait: the library says it as a timedelta, or as a number where that is not set."""
    wait = refusal.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


async def raw_updates(
    request: BaseRequest, base_url: str, *, offset: int, wait: int, allowed: Sequence[str], limit: int = 100
) -> list[dict[str, Any]]:
    """The updates from `offset` on, as JSON objects; the server is given `wait` seconds to have one.

    `base_url` is `bot.base_url` (token included). Every failure raises as from a method of the bot: `Conflict`
    for a second poller, `RetryAfter`, `InvalidToken`, `NetworkError`. Bot.get_updates would cost a parse that
    handling repeats, and `do_api_request` warns for every method that Bot has.
    """
    data = plain({"offset": offset, "timeout": wait, "limit": limit, "allowed_updates": list(allowed)})
    read_timeout = wait + (20.0 if request.read_timeout is None else request.read_timeout)
    updates = await request.post(f"{base_url}/getUpdates", data, read_timeout=read_timeout)
    return cast(list[dict[str, Any]], updates)


def plain(fields: Mapping[str, Any]) -> RequestData:
    """The parameters of a call without files, whose values are JSON already; None is left out."""
    return RequestData([RequestParameter(name, value, None) for name, value in fields.items()])


def _given(value: object, default: Seconds) -> Seconds:
    """A time-out as the caller gave it (None included), else the default."""
    return float(value) if isinstance(value, int | float) else None if value is None else default


def _sum(*seconds: Seconds) -> Seconds:
    return sum(s for s in seconds if s is not None) if None not in seconds else None


def _only_reads(url: str) -> bool:
    """True for methods without an effect. getUpdates is one: the same offset brings the same updates."""
    return url.rpartition("/")[2].lower().startswith("get")


def _encoded(data: RequestData | None) -> tuple[bytes | FormData | None, dict[str, str] | None]:
    """The body and its headers: JSON, or multipart when there are files (Bot API, making requests)."""
    if data is None:
        return None, None
    if not data.contains_files:
        return WRITTEN(data.parameters).encode(), JSON
    # Unquoted: a percent-quoted file name would be shown so in the chat. A line end in one breaks the head.
    form = FormData(quote_fields=False, default_to_multipart=True)
    for name, text in data.json_parameters.items():
        form.add_field(name, text)
    for name, (filename, content, mimetype) in data.multipart_data.items():
        # As a stream a large file leaves in pieces; as bytes it would hold up the loop.
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        safe_name = CONTROL.sub(" ", filename)
        form.add_field(name, stream, filename=safe_name, content_type=mimetype)
    return form, None


def _translated(error: Exception) -> TelegramError:
    """The failure in python-telegram-bot's words; its text is the kind of the failure and never more."""
    if isinstance(error, TelegramError):
        return error
    kind = type(error).__name__
    if isinstance(error, OSError) and error.errno is not None:
        kind += f" ({errno.errorcode.get(error.errno, error.errno)})"
    match error:
        case ClientConnectorError() | ConnectionTimeoutError() | ClientHttpProxyError() | InvalidURL():
            return NotSent(f"Not sent: {kind}")
        case TimeoutError():
            return TimedOut(f"No answer in time: {kind}")
        case _:
            return NetworkError(f"No answer: {kind}")


def _refusal(body: bytes) -> bytes:
    """The body of a refusal if it is the Bot API's, else an empty object.

    The base class quotes what it cannot parse, and the error pages of servers and proxies name the address.
    """
    try:
        return body if isinstance(json.loads(body), dict) else b"{}"
    except ValueError:
        return b"{}"
