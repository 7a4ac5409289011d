"""Updates that Telegram brings: setWebhook once, then a POST each, answered 200 only when its row is committed.

Owns what such a call is answered and what Telegram thinks of the webhook. The server is in `bot/web.py`, what becomes
of an update in `bot/intake.py`. A refusal says nothing about why: who has no secret learns nothing.

Order: the Bot API server sends the next update of a chat when the one before was answered, and those of different
chats side by side. What arrives together is kept together, in the order of the update ids, so even calls that
overtake each other on the way are handled in order if they meet here.
"""

import asyncio
import hmac
import json
import logging
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web
from telegram import WebhookInfo
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

from bot.config_webhook import is_same
from bot.health import ASKING, BRINGING, KEEPING, Health
from bot.intake import BATCH, Intake
from bot.transport import wait_of
from bot.updates import KINDS, Json
from handlers.deps import Bot
from storage.clock import Clock

log = logging.getLogger(__name__)

SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
CONNECTIONS: Final = 40
"""Calls at one time, Telegram's default: they wait for one commit together, so more would bring nothing."""

HOLD_SECONDS: Final = 20.0
"""How long a call is held while too many updates are in hand. Well below the patience of proxies (nginx: 60 s)."""

RETRY_SECONDS: Final = 1
"""Said with every 503. The Bot API server waits that long; without it, twice as long after every failure."""

LOOK_SECONDS: Final = 60.0
"""Between two looks at what Telegram says of the webhook while all is well."""

TROUBLE_PAUSES: Final = (0.5, 1.0, 2.0, 5.0, 15.0)
REFUSED_PAUSE: Final = 60.0
"""After Telegram has refused the webhook: only people can mend that, or a name that is found at last."""


@dataclass(slots=True, eq=False)
class _Call:
    """An update on its way into the books, and whoever waits to be told."""

    update: Json
    kept: "asyncio.Future[bool]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Webhook:
    """The way in that needs a public address. Takes updates while `run` runs; before and after that it says 503."""

    def __init__(
        self,
        *,
        url: str,
        secret: str | None,
        bot: Bot,
        clock: Clock,
        intake: Intake,
        health: Health,
    ) -> None:
        self._url = url
        # One that is not configured is made anew for each start; Telegram is told with setWebhook.
        self._secret = secret or secrets.token_urlsafe(32)
        self._bot = bot
        self._clock = clock
        self._intake = intake
        self._health = health
        self._is_open = False
        self._waiting: list[_Call] = []
        self._keeping: asyncio.Task[None] | None = None
        self._taken = 0
        self._trouble = 0  # failures in a row
        self.calls = 0
        """Those that wait for their answer just now."""
        self.seen: WebhookInfo | None = None
        """What Telegram said at the last look."""

    # -- what comes in ---------------------------------------------------------------------------------------------

    async def receive(self, request: web.Request) -> web.Response:
        """Answer one call: 200 once its update is in the books, whether it is new or has come before."""
        self.calls += 1
        try:
            return await self._answer(request)
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        except web.RequestPayloadError:
            return web.Response(status=400)
        finally:
            self.calls -= 1

    async def _answer(self, request: web.Request) -> web.Response:
        if request.method != "POST":
            return web.Response(status=405, headers={"Allow": "POST"})
        if not self._knows(request.headers.getall(SECRET_HEADER, [])):
            return web.Response(status=403)
        update = _update_in(await request.read()) if request.content_type == "application/json" else None
        if update is None:
            return web.Response(status=400)
        if not self._is_open or not await self._intake.has_room(HOLD_SECONDS) or not await self._keeps(update):
            return unavailable()
        return web.Response()

    def _knows(self, given: list[str]) -> bool:
        """Whether the one secret header is ours; compared in constant time, as bytes: it may be any text."""
        return len(given) == 1 and hmac.compare_digest(
            given[0].encode("utf-8", "surrogateescape"), self._secret.encode()
        )

    async def _keeps(self, update: Json) -> bool:
        """Commit the update together with all that wait for the commit on its way; False if that did not work."""
        if not self._is_open:  # it has closed while the call was held
            return False
        call = _Call(update)
        self._waiting.append(call)
        if self._keeping is None or self._keeping.done():
            # A task of its own: a caller who hangs up neither stops nor fails what others wait for.
            self._keeping = asyncio.create_task(self._keep_waiting(), name="webhook-keep")
        return await call.kept

    async def _keep_waiting(self) -> None:
        while self._waiting:
            self._waiting.sort(key=lambda call: int(call.update["update_id"]))
            calls, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            is_kept = await self._keep([call.update for call in calls])
            for call in calls:
                if not call.kept.done():
                    call.kept.set_result(is_kept)

    async def _keep(self, updates: list[Json]) -> bool:
        try:
            await self._intake.take_in(updates)
        except Exception as error:
            # Telegram brings them again every second; one traceback is enough.
            is_news = not self._health.is_troubled(KEEPING)
            self._health.troubled(KEEPING, "updates can't be fetched or kept")
            log.error("updates can't be kept", exc_info=error if is_news else None)
            return False
        self._taken += len(updates)
        self._health.well(KEEPING, BRINGING)
        return True

    # -- what Telegram is told and says ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Tell Telegram of the webhook, then look every minute how it is doing. Until cancelled; then what is on its
        way into the books gets there, and nothing more is taken."""
        self._is_open = True
        is_set = False
        try:
            while True:
                try:
                    is_set = await (self._look() if is_set else self._set())
                except Exception as error:
                    pause = self._pause_after(error)
                else:
                    self._trouble = 0
                    # What was found to be wrong is put right at once.
                    pause = LOOK_SECONDS if is_set else TROUBLE_PAUSES[0]
                await self._clock.sleep(pause)
        finally:
            self._is_open = False
            if self._keeping is not None:
                await asyncio.wait([self._keeping])

    async def _set(self) -> bool:
        await self._bot.set_webhook(
            self._url,
            secret_token=self._secret,
            allowed_updates=KINDS,
            max_connections=CONNECTIONS,
            drop_pending_updates=False,
        )
        log.info("the webhook is set")
        self._taken, self.seen = 0, None
        self._health.well(ASKING, BRINGING)
        return True

    async def _look(self) -> bool:
        """Ask how the webhook is doing; False if it is no longer ours."""
        before, taken = self.seen, self._taken
        self.seen = seen = await self._bot.get_webhook_info()
        self._taken = 0
        if not is_same(seen.url, self._url):
            self._health.troubled(ASKING, "another process has changed the webhook")
            log.error("another process has changed the webhook; stop it, or updates go to both by chance")
            return False
        self._health.well(ASKING)
        if taken or not seen.pending_update_count:
            self._health.well(BRINGING)
        elif seen.last_error_date != (before.last_error_date if before else None):
            self._health.troubled(BRINGING, "Telegram can't deliver to the webhook")
            log.error("Telegram can't deliver to the webhook: %s", seen.last_error_message)
        return True

    def _pause_after(self, error: Exception) -> float:
        """Tell what is wrong; returns seconds until the next attempt."""
        match error:
            case RetryAfter():
                return wait_of(error)
            case InvalidToken():
                self._health.troubled(ASKING, "Telegram refuses the token")
                log.error("Telegram refuses the token; see `livestall check`")
                return TROUBLE_PAUSES[-1]
            case BadRequest():
                self._health.troubled(ASKING, "Telegram refuses the webhook")
                log.error("Telegram refuses the webhook: %s; check telegram.webhook.url", error.message)
                return REFUSED_PAUSE
            case TelegramError():
                self._health.troubled(ASKING, "no answer from Telegram")
                log.warning("the webhook can't be set or looked at", extra={"error": type(error).__name__})
            case _:
                log.error("looking after the webhook failed", exc_info=error)
        self._trouble = min(self._trouble + 1, len(TROUBLE_PAUSES))
        return TROUBLE_PAUSES[self._trouble - 1]


def unavailable() -> web.Response:
    """Not now: Telegram brings the update again."""
    return web.Response(status=503, headers={"Retry-After": str(RETRY_SECONDS)})


def _update_in(body: bytes) -> dict[str, Any] | None:
    """The update a body holds; None if it holds none."""
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return None
    number = update.get("update_id") if isinstance(update, dict) else None
    return update if type(number) is int and 0 < number < 2**63 else None
