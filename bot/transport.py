"""How the bot speaks HTTP: python-telegram-bot's request interface over aiohttp.

Owns one keep-alive connection pool and the translation of its failures. It never sends a message twice by itself, never
waits out a 429, and never lets an address into a text: the address of every call contains the bot's token.

A caller can tell two kinds of failure apart: `NotSent` means that nothing reached the server; any other
`telegram.error.NetworkError` without an answer (`TimedOut` among them) is ambiguous, the message may have been delivered.

Raw updates: `bot.do_api_request("getUpdates", api_kwargs={…}, read_timeout=wait + margin)` returns the list of
dicts as Telegram sent it, bypasses the rate limiter, and raises as every other call does. No second way is needed.
"""

import asyncio
import errno
import io
import json
import re
from typing import Any

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
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

Seconds = float | None
"""A time-out; None waits for ever."""

FORM = "application/x-www-form-urlencoded"


class NotSent(NetworkError):
    """The request surely did not reach the server: it may be sent again without any risk of a second message."""


class AiohttpRequest(BaseRequest):
    """One connection pool to the Bot API; usable between `initialize` and `shutdown`, and again after both.

    `pool` is the most connections at one time. The time-outs hold for calls that name none of their own:
    `connect` for name, TCP and TLS together; `read` for every silence of the server; `write` for a whole body,
    `media_write` for one with files; `wait_for_connection` for a free place in the pool.
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

    async def do_request(  # type: ignore[override]  # the base types time-outs with a private alias
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body of one call. Raises `NotSent`, `TimedOut` or `NetworkError`, and nothing else but cancellation.

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
        # Raised out here, not in the handler: there it would carry the original, and so the token, as its context.
        raise fault

    async def _ask(
        self, url: str, method: str, data: RequestData | None, limits: ClientTimeout, deadline: Seconds
    ) -> tuple[int, bytes]:
        """Exchange once; twice if the server hung up on a call that only reads.

        A kept-alive connection may be closed by the server in the moment we write on it. aiohttp 3.14 repeats such a
        request only for its IDEMPOTENT_METHODS, and POST is none of them (client.py, `retry_persistent_connection`):
        so no message is doubled here, and a `get…` call, though it is a POST, gets the second try from us.
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
        # aiohttp has no time-out for writing, so the way to the first byte of the answer has one for all its parts.
        # A redirect is an answer like any other: following it would repeat the call, token included, elsewhere.
        async with asyncio.timeout(deadline):
            response = await self._session.request(
                method, url, data=body, headers=headers, timeout=limits, allow_redirects=False
            )
        async with response:
            return response.status, await response.read()


def _given(value: object, default: Seconds) -> Seconds:
    """A time-out as the caller gave it (None included), else the default."""
    return float(value) if isinstance(value, int | float) else None if value is None else default


def _sum(*seconds: Seconds) -> Seconds:
    return sum(s for s in seconds if s is not None) if None not in seconds else None


def _only_reads(url: str) -> bool:
    """True for Bot API methods without an effect. getUpdates is one: the same offset brings the same updates."""
    return url.rpartition("/")[2].lower().startswith("get")


def _encoded(data: RequestData | None) -> tuple[bytes | FormData | None, dict[str, str] | None]:
    """The body and its headers: urlencoded, or multipart when there are files."""
    if data is None:
        return None, None
    if not data.contains_files:
        return data.url_encoded_parameters().encode(), {"Content-Type": FORM}
    form = FormData(quote_fields=False, default_to_multipart=True)  # percent-quoted names would reach the chat so
    for name, text in data.json_parameters.items():
        form.add_field(name, text)
    for name, (filename, content, mimetype) in data.multipart_data.items():
        stream = io.BytesIO(content) if isinstance(content, bytes) else content  # sent in pieces, not in one write
        form.add_field(name, stream, filename=re.sub(r"[\x00-\x1f\x7f]", " ", filename), content_type=mimetype)
    return form, None


def _translated(error: Exception) -> TelegramError:
    """The failure in python-telegram-bot's words; its text is the kind of the failure and never more."""
    if isinstance(error, TelegramError):
        return error.with_traceback(None)
    number = getattr(error, "errno", None)
    kind = type(error).__name__ + (f" ({errno.errorcode[number]})" if number in errno.errorcode else "")
    match error:
        case ClientConnectorError() | ConnectionTimeoutError() | ClientHttpProxyError() | InvalidURL():
            return NotSent(f"Not sent: {kind}")
        case TimeoutError():
            return TimedOut(f"No answer in time: {kind}")
        case _:
            return NetworkError(f"No answer: {kind}")


def _refusal(body: bytes) -> bytes:
    """The body of a refusal if it is the Bot API's, else an empty object.

    The base class quotes what it cannot parse in its error, and error pages of servers and proxies tend to name the address.
    """
    try:
        return body if isinstance(json.loads(body), dict) else b"{}"
    except ValueError:
        return b"{}"
