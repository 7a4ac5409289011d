"""Carrying one outbox row to Telegram and saying how that ended.

Owns the mapping from Telegram's errors to outcomes. Never decides when or how often: `scheduler.dispatch` does.
"""

import logging

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, TelegramError
from telegram.error import RetryAfter as TelegramRetryAfter

from bot.pacer import ALREADY_PACED
from bot.transport import NotSent as TransportNotSent
from bot.transport import wait_of
from handlers.deps import Deps
from handlers.presenting import Target, present
from handlers.wording import Ready, Voice
from storage.outbox import (
    Blocked,
    Delivered,
    Migrated,
    NotSent,
    Outcome,
    Pointless,
    Rejected,
    RetryAfter,
    Row,
    Unknown,
)

log = logging.getLogger(__name__)

# Telegram answers these as "Bad Request" although they say the same as a 403.
_GONE = ("chat not found", "user is deactivated", "peer_id_invalid", "have no rights to send", "not enough rights")


class Courier:
    """`deliver` for the dispatcher."""

    def __init__(self, deps: Deps, voice: Voice) -> None:
        self._deps = deps
        self._voice = voice

    async def deliver(self, row: Row) -> Outcome:
        """Render and send one row. Raises only on a bug in rendering."""
        ready = await self._deps.store.read(
            self._voice.render,
            row.kind,
            row.params,
            row.chat_id,
            self._deps.clock.now(),
            card=row.card,
            place=row.anchor,
        )
        if ready is None:
            return Pointless(reason="nothing to say any more")
        try:
            shown = await present(
                self._deps, row.chat_id, ready.content, target=self._target(row, ready), pace=ALREADY_PACED
            )
        except TelegramError as error:
            return outcome_of(error)
        if ready.card is not None and shown.message_id not in (None, ready.card.message_id):
            await self._retire(row.chat_id, ready.card.message_id)
        return Delivered(message_id=shown.message_id, has_media=shown.has_media)

    async def _retire(self, chat: int, message_id: int) -> None:
        """A card has moved down: the copy above loses its buttons. A comfort, so never an error."""
        try:
            await self._deps.bot.edit_message_reply_markup(
                chat, message_id, reply_markup=None, rate_limit_args=ALREADY_PACED
            )
        except TelegramError as error:
            log.debug("old card keeps its buttons", extra={"error": type(error).__name__})

    def _target(self, row: Row, ready: Ready) -> Target | None:
        """The message to edit. A card is edited where it stands; but the answer to a tap has to be the last message
        of the chat, so it is sent anew when something has come after the one that would be edited, or when that one
        keeps itself current or shows another card. A card that stands elsewhere moves to the message tapped."""
        card = ready.card
        if row.anchor is None:
            return None if card is None else Target(message_id=card.message_id, has_media=card.has_media)
        if card is not None and self._deps.newest.is_newest(row.chat_id, card.message_id):
            return Target(message_id=card.message_id, has_media=card.has_media)
        if ready.is_kept or not self._deps.newest.is_newest(row.chat_id, row.anchor):
            return None
        return Target(message_id=row.anchor, has_media=False)


def outcome_of(error: TelegramError) -> Outcome:
    """What a refusal means for the row. BadRequest is a NetworkError, so the order of cases matters."""
    match error:
        case TelegramRetryAfter():
            return RetryAfter(seconds=wait_of(error))
        case ChatMigrated():
            return Migrated(chat_id=error.new_chat_id)
        case Forbidden():
            return Blocked()
        case BadRequest():
            if any(reason in error.message.lower() for reason in _GONE):
                return Blocked()
            return Rejected(reason=error.message)
        case TransportNotSent():
            return NotSent(reason=type(error).__name__)
        case InvalidToken():
            # The token was revoked while we run: nothing is lost, it goes when a good one is configured.
            return NotSent(reason="token refused")
        case NetworkError():
            return Unknown(reason=type(error).__name__)
        case _:
            return Unknown(reason=type(error).__name__)
