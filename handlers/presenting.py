"""Showing a rendered message in a chat: sending it, or editing the one that stands there.

A text that is too long is shortened, a picture that can't be had is left away: what is to be said comes first.

Owns the choice of the Bot API method and what happens to a message that can't be edited. Raises what Telegram says
(`telegram.error`); who may be asked again is for the caller.
"""

from dataclasses import dataclass, replace
from typing import Any

from telegram import BotCommand, BotCommandScopeChat
from telegram.constants import ParseMode
from telegram.error import BadRequest

from handlers.deps import Deps
from handlers.fitting import fitted
from handlers.uploading import send_media
from handlers.wording import MOST_CAPTION, MOST_TEXT, Attachment, Blank, Button, Content, FileId, Menu, Rendered, Rows

_NO_PREVIEW = {"is_disabled": True}
_NOT_MODIFIED = "message is not modified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A message to edit; `has_media` says whether its text is a caption."""

    message_id: int
    has_media: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Where the message stands now; None for a menu, which is no message, and for a blank with no place. An album is
    several messages, of which the last."""

    message_id: int | None
    has_media: bool


async def uploaded_photo(deps: Deps, chat: int, data: bytes, caption: str) -> str:
    """Show an image as a photo and return the photo's file id. Raises what Telegram says of it."""
    message = await deps.bot.send_photo(chat, data, filename="picture", caption=caption)
    deps.newest.note(chat, message.message_id)
    return message.photo[-1].file_id


def keyboard(rows: Rows) -> dict[str, Any] | None:
    """Telegram's form of our buttons (Bot API, InlineKeyboardMarkup)."""
    return {"inline_keyboard": [[_button(button) for button in row] for row in rows]} if rows else None


def _button(button: Button) -> dict[str, str | None]:
    if button.url is not None:
        return {"text": button.label, "url": button.url}
    return {"text": button.label, "callback_data": button.data}


async def present(
    deps: Deps, chat: int, content: Content, *, target: Target | None = None, pace: Any = None
) -> Shown:
    """Edit `target` if there is one that can be, else send. `pace` is handed to the rate limiter."""
    if isinstance(content, Menu):
        commands = [BotCommand(name, text) for name, text in content.commands]
        await deps.bot.set_my_commands(commands, scope=BotCommandScopeChat(chat), rate_limit_args=pace)
        return Shown(message_id=None, has_media=False)
    if isinstance(content, Blank):
        if target is not None and await _edit(deps, chat, Rendered(text=content.text), target, pace):
            return Shown(message_id=target.message_id, has_media=target.has_media)
        return Shown(message_id=None, has_media=False)
    shortened = replace(content, text=fitted(content.text, MOST_TEXT if content.media is None else MOST_CAPTION))
    if (
        target is not None
        and not isinstance(content.media, Attachment)  # an edited caption would leave the old document above it
        and target.has_media == (content.media is not None)
        and await _edit(deps, chat, shortened, target, pace)
    ):
        return Shown(message_id=target.message_id, has_media=target.has_media)
    if content.stays:
        return Shown(message_id=None, has_media=False)
    is_erased = isinstance(content.media, FileId) and not content.media.file_id
    is_text = content.media is None or is_erased  # an erased one can only be edited where it still stands
    sent = [] if is_text else await send_media(deps, chat, shortened, pace, keyboard(content.rows))
    if not sent:
        alone = replace(content, text=fitted(content.without or content.text, MOST_TEXT))
        message_id = await _send_text(deps, chat, alone, pace)
        deps.newest.note(chat, message_id)
        return Shown(message_id=message_id, has_media=False)
    deps.newest.note(chat, sent[-1])
    return Shown(message_id=sent[-1], has_media=True)


async def _edit(deps: Deps, chat: int, content: Rendered, target: Target, pace: Any) -> bool:
    """True if the message now shows `content`; its picture stays as it is.

    Whatever keeps Telegram from editing (the message is gone, too old, of the other sort), a new one says it too.
    """
    fields = {
        "chat_id": chat,
        "message_id": target.message_id,
        "parse_mode": ParseMode.HTML.value,
        "reply_markup": keyboard(content.rows),
    }
    try:
        if target.has_media:
            await deps.calls.call("editMessageCaption", {**fields, "caption": content.text}, pace)
        else:
            fields |= {"text": content.text, "link_preview_options": _NO_PREVIEW}
            await deps.calls.call("editMessageText", fields, pace)
    except BadRequest as error:
        return _NOT_MODIFIED in error.message.lower()
    return True


async def _send_text(deps: Deps, chat: int, content: Rendered, pace: Any) -> int:
    fields = {
        "chat_id": chat,
        "text": content.text,
        "parse_mode": ParseMode.HTML.value,
        "link_preview_options": _NO_PREVIEW,
        "reply_markup": keyboard(content.rows),
    }
    sent: int = (await deps.calls.call("sendMessage", fields, pace))["message_id"]
    return sent
