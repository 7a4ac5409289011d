"""Showing a rendered message in a chat: sending it, or editing the one that stands there.

A text that is too long is shortened, a picture Telegram does not know is left away: what is to be said comes first.

Owns the choice of the Bot API method and what happens to a message that can't be edited. Raises what Telegram says
(`telegram.error`); who may be asked again is for the caller.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from typing import Any

from telegram import (
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
    Message,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, TelegramError

from handlers import datafile
from handlers.deps import Deps
from handlers.fitting import fitted
from handlers.wording import (
    MOST_CAPTION,
    MOST_TEXT,
    Blank,
    Content,
    DataFile,
    FileId,
    Menu,
    QrPicture,
    Rendered,
    Rows,
)

log = logging.getLogger(__name__)

REMEMBERED_UPLOADS = 512
PATIENCE_SECONDS = 2.0  # after which a person is shown that a file is being made

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_NOT_MODIFIED = "message is not modified"
_BAD_FILE = ("wrong file identifier", "wrong remote file identifier", "file reference", "wrong type of the web page")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A message to edit; `has_media` says whether its text is a caption."""

    message_id: int
    has_media: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Where the message stands now; None for a menu, which is no message, and for a blank with no place."""

    message_id: int | None
    has_media: bool


def keyboard(rows: Rows) -> InlineKeyboardMarkup | None:
    """Telegram's form of our buttons."""
    if not rows:
        return None
    return InlineKeyboardMarkup(
        [
            [InlineKeyboardButton(button.label, callback_data=button.data, url=button.url) for button in row]
            for row in rows
        ]
    )


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
    content = replace(content, text=fitted(content.text, MOST_TEXT if content.media is None else MOST_CAPTION))
    if (
        target is not None
        and target.has_media == (content.media is not None)
        and await _edit(deps, chat, content, target, pace)
    ):
        return Shown(message_id=target.message_id, has_media=target.has_media)
    if isinstance(content.media, FileId) and not content.media.file_id:
        content = replace(content, media=None)  # erased; only a message that still shows it can be edited with it
    try:
        message = await _send(deps, chat, content, pace)
    except BadRequest as error:
        if not isinstance(content.media, FileId) or not _is_bad_file(error):
            raise
        # File ids belong to one bot: with another token, every picture of before is gone, its text is not.
        log.warning("picture unknown to Telegram, sent without", extra={"chat": chat})
        content = replace(content, media=None)
        message = await _send(deps, chat, content, pace)
    deps.newest.note(chat, message.message_id)
    return Shown(message_id=message.message_id, has_media=content.media is not None)


def _is_bad_file(error: BadRequest) -> bool:
    return any(reason in error.message.lower() for reason in _BAD_FILE)


async def _edit(deps: Deps, chat: int, content: Rendered, target: Target, pace: Any) -> bool:
    """True if the message now shows `content`; its picture stays as it is.

    Whatever keeps Telegram from editing (the message is gone, too old, of the other sort), a new one says it too.
    """
    where: dict[str, Any] = {"chat_id": chat, "message_id": target.message_id, "reply_markup": keyboard(content.rows)}
    try:
        if target.has_media:
            await deps.bot.edit_message_caption(
                caption=content.text, parse_mode=ParseMode.HTML, rate_limit_args=pace, **where
            )
        else:
            await deps.bot.edit_message_text(
                content.text,
                parse_mode=ParseMode.HTML,
                link_preview_options=_NO_PREVIEW,
                rate_limit_args=pace,
                **where,
            )
    except BadRequest as error:
        return _NOT_MODIFIED in error.message.lower()
    return True


async def _send(deps: Deps, chat: int, content: Rendered, pace: Any) -> Message:
    markup = keyboard(content.rows)
    match content.media:
        case None:
            return await deps.bot.send_message(
                chat,
                content.text,
                parse_mode=ParseMode.HTML,
                link_preview_options=_NO_PREVIEW,
                reply_markup=markup,
                rate_limit_args=pace,
            )
        case FileId(file_id=file_id, is_document=True):
            return await deps.bot.send_document(
                chat,
                file_id,
                caption=content.text,
                parse_mode=ParseMode.HTML,
                reply_markup=markup,
                rate_limit_args=pace,
            )
        case FileId(file_id=file_id):
            return await deps.bot.send_photo(
                chat,
                file_id,
                caption=content.text,
                parse_mode=ParseMode.HTML,
                reply_markup=markup,
                rate_limit_args=pace,
            )
        case QrPicture(payload=payload):
            return await _send_qr(deps, chat, payload, content, pace)
        case DataFile() as file:
            return await _send_data(deps, chat, file, content, pace)


async def _send_qr(deps: Deps, chat: int, payload: str, content: Rendered, pace: Any) -> Message:
    """Send a code's picture, by file id once Telegram has it."""
    known = deps.uploaded.get(payload)
    options: dict[str, Any] = {
        "caption": content.text,
        "parse_mode": ParseMode.HTML,
        "reply_markup": keyboard(content.rows),
        "rate_limit_args": pace,
    }
    if known is not None:
        try:
            return await deps.bot.send_photo(chat, known, **options)
        except BadRequest as error:
            if not _is_bad_file(error):
                raise
            del deps.uploaded[payload]
    picture = await deps.pictures.picture(payload)
    message = await deps.bot.send_photo(chat, picture, filename="pay.png", **options)
    if message.photo:
        while len(deps.uploaded) >= REMEMBERED_UPLOADS:
            deps.uploaded.pop(next(iter(deps.uploaded)))
        deps.uploaded[payload] = message.photo[-1].file_id
    return message


async def _send_data(deps: Deps, chat: int, file: DataFile, content: Rendered, pace: Any) -> Message:
    """Pack a person's data and send it. Text alone where nothing is left: they were erased a moment ago."""
    packing = asyncio.ensure_future(datafile.packed(deps.store, file.person, file.part, deps.clock.now()))
    patience = asyncio.ensure_future(deps.clock.sleep(PATIENCE_SECONDS))
    try:
        await asyncio.wait([packing, patience], return_when=asyncio.FIRST_COMPLETED)
        if not packing.done():
            await _show_progress(deps, chat, pace)
        data = await packing
    finally:
        patience.cancel()
        packing.cancel()
    if data is None:
        return await _send(deps, chat, replace(content, media=None), pace)
    return await deps.bot.send_document(
        chat,
        data,
        filename=f"my-data-{file.part.number}.zip",
        caption=content.text,
        parse_mode=ParseMode.HTML,
        reply_markup=keyboard(content.rows),
        rate_limit_args=pace,
    )


async def _show_progress(deps: Deps, chat: int, pace: Any) -> None:
    """ "sending a file …" under the bot's name. A comfort, so never an error."""
    try:
        await deps.bot.send_chat_action(chat, ChatAction.UPLOAD_DOCUMENT, rate_limit_args=pace)
    except TelegramError as error:
        log.debug("progress not shown", extra={"error": type(error).__name__})
