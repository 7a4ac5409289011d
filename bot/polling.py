"""Updates by asking for them: getUpdates, again and again.

Owns the loop and the offset; what becomes of an update is in `bot/intake.py`.
"""

import logging
from typing import Final

from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError, TimedOut

from bot.health import ASKING, Health
from bot.intake import BATCH, Intake
from bot.transport import raw_updates, wait_of
from bot.updates import KINDS
from handlers.deps import Bot
from storage.clock import Clock

log = logging.getLogger(__name__)

POLL_SECONDS: Final = 50
TROUBLE_PAUSES: Final = (0.5, 1.0, 2.0, 5.0, 15.0)


class Polling:
    """The way in that needs no address of our own."""

    def __init__(
        self, *, bot: Bot, clock: Clock, intake: Intake, health: Health, poll_seconds: int = POLL_SECONDS
    ) -> None:
        self._bot = bot
        self._clock = clock
        self._intake = intake
        self._health = health
        self._poll_seconds = poll_seconds
        self._offset = 0
        self._trouble = 0  # failures in a row

    async def run(self) -> None:
        """Fetch until cancelled. An update is confirmed to Telegram only after its row is committed."""
        while True:
            await self._intake.has_room()
            try:
                await self._fetch()
            except Exception as error:
                await self._clock.sleep(await self._pause_after(error))

    async def _fetch(self) -> None:
        updates = await raw_updates(
            self._bot.request,
            self._bot.base_url,
            offset=self._offset,
            # The first answer after trouble should come at once: it says whether all is well again.
            wait=self._poll_seconds if self._health.is_ready else 0,
            allowed=KINDS,
            limit=BATCH,
        )
        await self._intake.take_in(updates)
        if updates:
            self._offset = int(updates[-1]["update_id"]) + 1
        self._trouble = 0
        self._health.well(ASKING)

    async def _pause_after(self, error: Exception) -> float:
        """Tell what is wrong, mend it if it is ours to mend; returns seconds until the next attempt."""
        match error:
            case RetryAfter():
                return wait_of(error)
            case TimedOut():
                self._health.troubled(ASKING, "no answer from Telegram")
                return 0.0
            case Conflict() if "webhook" in error.message.lower():
                await self._take_over()
            case Conflict():
                self._health.troubled(ASKING, "another process polls with this token")
                log.error("another process polls with this token; stop it, or updates go to both by chance")
            case InvalidToken():
                self._health.troubled(ASKING, "Telegram refuses the token")
                log.error("Telegram refuses the token; see `livestall check`")
                return TROUBLE_PAUSES[-1]
            case _:
                self._health.troubled(ASKING, "updates can't be fetched or kept")
                log.warning("updates can't be fetched or kept", extra={"error": type(error).__name__})
                if not isinstance(error, TelegramError):
                    log.error("intake failed", exc_info=error)
        self._trouble = min(self._trouble + 1, len(TROUBLE_PAUSES))
        return TROUBLE_PAUSES[self._trouble - 1]

    async def _take_over(self) -> None:
        """A webhook is set, by an earlier run in webhook mode or by somebody else: while it is, nobody can poll.

        What waits at Telegram stays. If it comes back, another process sets it: that is told again and again.
        """
        self._health.troubled(ASKING, "a webhook takes this bot's updates")
        log.error("a webhook takes this bot's updates; removing it, as mode is polling")
        try:
            await self._bot.delete_webhook(drop_pending_updates=False)
        except TelegramError as error:
            log.warning("the webhook could not be removed", extra={"error": type(error).__name__})
