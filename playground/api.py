"""The playground itself: the world of world.py with the door every Bot API call comes through.

Owns the order of a call: token, parameters, fault, limit, method, record. What a method does is in sending, editing,
answering, lookups, profile and polling; the fronts (request.py in process, server.py over HTTP) only carry. Calls are
handled at once, in the loop's thread; only getUpdates waits.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from playground import answering, editing, lookups, params, polling, profile, sending
from playground.bots import BotAccount
from playground.calls import Call, CallLog
from playground.clock import Clock
from playground.faults import Fault
from playground.files import StoredFile, Upload
from playground.limits import Limits
from playground.params import Params
from playground.refusals import (
    ConnectionCutError,
    GatewayError,
    NeverAnswersError,
    Refusal,
    bad_request,
    forbidden,
    not_found,
    too_many,
    unauthorized,
)
from playground.world import QUERY_LIFETIME, World

Handler = Callable[["Playground", BotAccount, Params], Any]
HANDLERS: dict[str, Handler] = {
    **answering.HANDLERS,
    **editing.HANDLERS,
    **lookups.HANDLERS,
    **polling.HANDLERS,
    **profile.HANDLERS,
    **sending.HANDLERS,
}


class Playground(World):
    """A local Telegram.

    `clock` is any object with now() in ms, monotonic() and sleep(); rates, long polls and query ages go by it.
    `keep_calls` bounds the record of calls (None keeps all). Queries can be answered for `query_lifetime` seconds.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        limits: Limits | None = None,
        keep_calls: int | None = 100_000,
        query_lifetime: float = QUERY_LIFETIME,
        seed: int = 0,
    ) -> None:
        super().__init__(clock, query_lifetime=query_lifetime, seed=seed)
        self.limits = limits or Limits.off()
        self.calls = CallLog(keep_calls)

    def bot_of(self, token: str) -> BotAccount:
        """The bot of a token. Raises 404 for a malformed token and 401 for an unknown one."""
        if not token.partition(":")[0].isdigit() or ":" not in token:
            raise not_found()
        try:
            return self.bots[token]
        except KeyError:
            raise unauthorized() from None

    async def call(
        self,
        token: str,
        method: str,
        raw: Mapping[str, str],
        uploads: Mapping[str, Upload] | None = None,
    ) -> Any:
        """Handle one Bot API call; the `result`.

        Raises `Refusal` for Telegram's own no, `GatewayError`, `ConnectionCutError` or `NeverAnswersError` for
        planned faults; the front makes each of them what a client would meet.
        """
        told: Mapping[str, Any] = raw
        try:
            bot = self.bot_of(token)
            known, told = params.read(method, raw, uploads or {})
            fault = self.faults.strike(method, told, _chat_id(told))
            if fault is not None and fault.kind != "lost_answer":
                _strike(fault)
            if known.sends:
                self._limit(told)
            result = HANDLERS[method](self, bot, told)
            if inspect.isawaitable(result):
                result = await result
        except Refusal as refusal:
            self._record(method, told, refusal.code, refusal.description)
            raise
        except GatewayError as gateway:
            self._record(method, told, gateway.status, str(gateway))
            raise
        except (ConnectionCutError, NeverAnswersError) as broken:
            self._record(method, told, 0, str(broken))
            raise
        self._record(method, told, 200, None, result)
        if fault is not None:
            raise ConnectionCutError(handled=True)
        return result

    def calls_of(self, method: str) -> list[Call]:
        return self.calls.of(method)

    @property
    def too_many(self) -> int:
        """How many calls got a 429, planned or by limits."""
        return self.calls.codes[429]

    def file_of(self, token: str, path: str) -> StoredFile:
        """What a bot downloads. Raises 404 as the file server does."""
        self.bot_of(token)
        stored = self.files.by_path(path)
        if stored is None:
            raise not_found()
        return stored

    async def close(self) -> None:
        """End webhook deliveries."""
        await self.webhooks.close()

    def _record(self, method: str, told: Mapping[str, Any], code: int, error: str | None, result: Any = None) -> None:
        at = self.clock.monotonic()
        self.calls.add(Call(method, told, error is None, code, error, at, result))

    def _limit(self, told: Params) -> None:
        chat_id = _chat_id(told)
        if chat_id is None:
            return
        paid = told.get("allow_paid_broadcast") is True
        messages = len(told["media"]) if isinstance(told.get("media"), list) else 1
        wait = self.limits.retry_after(chat_id, self.clock.monotonic(), paid=paid, messages=messages)
        if wait is not None:
            raise too_many(wait)


def _chat_id(told: Mapping[str, Any]) -> int | None:
    chat_id = told.get("chat_id")
    return chat_id if isinstance(chat_id, int) else None


def _strike(fault: Fault) -> None:
    """Raise what a fault that comes before handling does to a call."""
    match fault.kind:
        case "too_many":
            raise too_many(fault.retry_after)
        case "server_error":
            raise GatewayError(fault.status)
        case "reset":
            raise ConnectionCutError(handled=False)
        case "hang":
            raise NeverAnswersError
        case "forbidden":
            raise forbidden(fault.description or "bot was blocked by the user")
        case "bad_request":
            raise bad_request(fault.description or "refused on demand")
