"""Sending pictures and documents: by file id while Telegram knows it, else from the books or the drawing board.

Owns what becomes of a file that can't be sent; the text then goes without it. Raises what else Telegram says
(`telegram.error`).
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from telegram import InputMediaDocument, InputMediaPhoto, Message
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, TelegramError

from handlers import datafile
from handlers.deps import Deps
from handlers.qrcard import NoPictureError
from handlers.wording import Album, Attachment, DataFile, FileId, QrPicture, Rendered, WebPicture
from shop.paycodes.code import Code
from storage import files, paycodes, pictures
from storage.files import Kept

log = logging.getLogger(__name__)

REMEMBERED_UPLOADS = 512
PATIENCE_SECONDS = 2.0  # after which a person is shown that a file is being made
MOST_UPLOADED = 45 * 1024 * 1024  # Bot API, sending files: 50 MB a request, with everything around them

# What Telegram says of an address it can't make a photo of.
_BAD_ADDRESS = (
    "wrong file identifier/http url specified",
    "failed to get http url content",
    "wrong type of the web page content",
    "webpage_curl_failed",
    "webpage_media_empty",
    "image_process_failed",
    "photo_invalid_dimensions",
    "too big for a photo",
    "url host is empty",
)
_BAD_FILE = ("wrong file identifier", "wrong remote file identifier", "file reference", "wrong type of the web page")


@dataclass(frozen=True, slots=True)
class _File:
    """A file and how it is sent this time: by Telegram's id, or the bytes."""

    known: FileId
    kept: Kept | None = None

    @property
    def media(self) -> str | bytes:
        return self.known.file_id if self.kept is None else self.kept.data

    @property
    def name(self) -> str | None:
        return None if self.kept is None else self.kept.name


async def send_media(deps: Deps, chat: int, content: Rendered, pace: Any, markup: dict[str, Any] | None) -> list[int]:
    """Send what the message shows with its text as caption; the messages it became, none if it can't be shown."""
    options: dict[str, Any] = {"caption": content.text, "parse_mode": ParseMode.HTML.value, "rate_limit_args": pace}
    match content.media:
        case QrPicture(code=code):
            return await _send_code(deps, chat, code, {**options, "reply_markup": markup})
        case FileId() as file:
            return await _send_files(deps, chat, (file,), {**options, "reply_markup": markup})
        case Album(files=several):
            return await _send_files(deps, chat, several, options)
        case DataFile() as file:
            return await _send_data(deps, chat, file, {**options, "reply_markup": markup})
        case WebPicture() as picture:
            return await _send_by_address(deps, chat, picture, {**options, "reply_markup": markup})
        case Attachment(name=name, content=data):
            options["reply_markup"] = markup
            return _ids([await deps.bot.send_document(chat, data, filename=name, **options)])
        case None:
            return []
        case _:
            assert_never(content.media)


def _ids(sent: Sequence[Message]) -> list[int]:
    return [message.message_id for message in sent]


async def _send_known(deps: Deps, chat: int, method: str, file_id: str, options: dict[str, Any]) -> int:
    """A photo or document by the id Telegram has given it."""
    fields = {"chat_id": chat, method.removeprefix("send").lower(): file_id, **options}
    pace = fields.pop("rate_limit_args")
    sent: int = (await deps.calls.call(method, fields, pace))["message_id"]
    return sent


async def _send_files(deps: Deps, chat: int, several: tuple[FileId, ...], options: dict[str, Any]) -> list[int]:
    """By file id, or, where this bot does not know one of them, those the books have as uploads."""
    try:
        if len(several) == 1:
            method = "sendDocument" if several[0].is_document else "sendPhoto"
            return [await _send_known(deps, chat, method, several[0].file_id, options)]
        return _ids(await _send(deps, chat, [_File(file) for file in several], options))
    except BadRequest as error:
        if not _is_bad_file(error):
            raise
    # File ids belong to one bot: with another token every one of before is gone.
    kept = await _from_the_books(deps, several)
    if not kept:
        log.warning("file unknown to Telegram and not in the books, sent without", extra={"chat": chat})
        return []
    try:
        sent = await _send(deps, chat, kept, options)
    except BadRequest as error:
        log.warning("file refused by Telegram, sent without", extra={"chat": chat, "error": error.message})
        return []
    for file, message in zip(kept, sent, strict=True):
        attachment = message.photo[-1] if message.photo else message.document
        if file.known.place is not None and attachment is not None:
            await deps.store.write(files.moved, place=file.known.place, file_id=attachment.file_id)
    return _ids(sent)


async def _from_the_books(deps: Deps, several: tuple[FileId, ...]) -> list[_File]:
    """Those files whose bytes are kept, as far as one request can carry them."""
    found, size = [], 0
    for file in several:
        kept = None if file.place is None else await deps.store.read(files.load, file.place)
        if kept is not None and size + len(kept.data) <= MOST_UPLOADED:
            found.append(_File(file, kept))
            size += len(kept.data)
    return found


async def _send(deps: Deps, chat: int, several: list[_File], options: dict[str, Any]) -> list[Message]:
    if len(several) == 1:
        (file,) = several
        if file.known.is_document:
            return [await deps.bot.send_document(chat, file.media, filename=file.name, **options)]
        return [await deps.bot.send_photo(chat, file.media, filename=file.name, **options)]
    sort = InputMediaDocument if several[0].known.is_document else InputMediaPhoto
    media = [sort(file.media, filename=file.name) for file in several]
    return list(await deps.bot.send_media_group(chat, media, **options))


def _is_bad_file(error: BadRequest) -> bool:
    return any(reason in error.message.lower() for reason in _BAD_FILE)


async def _send_by_address(deps: Deps, chat: int, picture: WebPicture, options: dict[str, Any]) -> list[int]:
    """Let Telegram load the picture, and remember the photo it has made of it, or that it would not."""
    try:
        message = await deps.bot.send_photo(chat, picture.address, **options)
    except BadRequest as error:
        if not any(reason in error.message.lower() for reason in _BAD_ADDRESS):
            raise
        log.warning("picture refused by Telegram, sent without", extra={"chat": chat})
        now = deps.clock.now()
        await deps.store.write(pictures.refused, product_id=picture.product, address=picture.address, now=now)
        return []
    if message.photo:
        photo = message.photo[-1].file_id
        await deps.store.write(pictures.loaded, product_id=picture.product, address=picture.address, photo=photo)
    return _ids([message])


async def _send_data(deps: Deps, chat: int, file: DataFile, options: dict[str, Any]) -> list[int]:
    """Pack a person's data and send it; nothing where nothing is left: they were erased a moment ago."""
    packing = asyncio.ensure_future(datafile.packed(deps.store, file.person, file.part, deps.clock.now()))
    patience = asyncio.ensure_future(deps.clock.sleep(PATIENCE_SECONDS))
    try:
        await asyncio.wait([packing, patience], return_when=asyncio.FIRST_COMPLETED)
        if not packing.done():
            await _show_progress(deps, chat, options["rate_limit_args"])
        data = await packing
    finally:
        patience.cancel()
        packing.cancel()
    if data is None:
        return []
    return _ids([await deps.bot.send_document(chat, data, filename=f"my-data-{file.part.number}.zip", **options)])


async def _show_progress(deps: Deps, chat: int, pace: Any) -> None:
    """ "sending a file …" under the bot's name. A comfort, so never an error."""
    try:
        await deps.bot.send_chat_action(chat, ChatAction.UPLOAD_DOCUMENT, rate_limit_args=pace)
    except TelegramError as error:
        log.debug("progress not shown", extra={"error": type(error).__name__})


async def _send_code(deps: Deps, chat: int, code: Code, options: dict[str, Any]) -> list[int]:
    """Send a code's picture, by file id once Telegram has it; nothing if it can't be drawn so that it reads right."""
    known = deps.uploaded.get(code.text)
    if known is not None:
        try:
            return [await _send_known(deps, chat, "sendPhoto", known, options)]
        except BadRequest as error:
            if not _is_bad_file(error):
                raise
            del deps.uploaded[code.text]
    try:
        picture = await deps.pictures.picture(code)
    except NoPictureError as error:
        log.error("payment code not shown", extra={"chat": chat, "error": type(error).__name__})
        await deps.store.write(paycodes.unreadable, method=code.method, now=deps.clock.now())
        return []
    message = await deps.bot.send_photo(chat, picture, filename="pay.png", **options)
    if message.photo:
        while len(deps.uploaded) >= REMEMBERED_UPLOADS:
            deps.uploaded.pop(next(iter(deps.uploaded)))
        deps.uploaded[code.text] = message.photo[-1].file_id
    return _ids([message])
