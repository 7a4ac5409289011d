"""New messages of a bot: sendMessage, sendPhoto, sendDocument, sendMediaGroup, copyMessage, forwardMessage.

Owns every check between a call and a message standing in a chat. Edits are in editing.py.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playground.bots import BotAccount
from playground.chats import Chat
from playground.files import WEB_PHOTO_BYTES, StoredFile, Upload, picture
from playground.formatting import caption_of, text_of
from playground.keyboards import checked_markup
from playground.lookups import origin_of
from playground.messages import Message
from playground.params import Params
from playground.refusals import Refusal, bad_request

if TYPE_CHECKING:
    from playground.world import World


def send_message(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    chat = world.writable_chat(bot, asked["chat_id"])
    text, entities = text_of(asked)
    message = world.post(chat, bot, text, entities=entities, **_surroundings(chat, asked))
    return message.describe(bot.id)


def send_photo(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    return _send_file(world, bot, asked, "photo")


def send_document(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    return _send_file(world, bot, asked, "document")


def _send_file(world: "World", bot: BotAccount, asked: Params, kind: str) -> dict[str, Any]:
    chat = world.writable_chat(bot, asked["chat_id"])
    caption, entities = caption_of(asked)
    around = _surroundings(chat, asked)
    media = file_named(world, bot, asked[kind], kind, asked.uploads)
    return world.post(chat, bot, caption, entities=entities, media=media, **around).describe(bot.id)


def send_media_group(world: "World", bot: BotAccount, asked: Params) -> list[dict[str, Any]]:
    chat = world.writable_chat(bot, asked["chat_id"])
    items = asked["media"]
    if not 2 <= len(items) <= 10:
        raise bad_request("expected from 2 to 10 items in the media group")
    read = [_album_item(world, bot, number, item, asked.uploads) for number, item in enumerate(items, 1)]
    if len({media.kind for media, _, _ in read}) != 1:
        raise bad_request("only one type of media can be used in the album")
    around = _surroundings(chat, asked)
    album = world.new_album()
    return [
        world.post(chat, bot, caption, entities=entities, media=media, album=album, **around).describe(bot.id)
        for media, caption, entities in read
    ]


def _album_item(
    world: "World", bot: BotAccount, number: int, item: Mapping[str, Any], uploads: Mapping[str, Upload]
) -> tuple[StoredFile, str, list[dict[str, Any]]]:
    """One of an album; Telegram says which one it would not take."""
    try:
        return media_item(world, bot, item, uploads)
    except Refusal as refusal:
        why = refusal.description.removeprefix("Bad Request: ")
        raise bad_request(f'failed to send message #{number} with the error message "{why}"') from None


def copy_message(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    chat = world.writable_chat(bot, asked["chat_id"])
    source = _source(world, bot, asked, "copy")
    if source.extra and not source.text and source.media is None and "contact" not in source.extra:
        raise bad_request("message can't be copied")
    text, entities = source.text, source.entities
    if source.media is not None and "caption" in asked:
        text, entities = caption_of(asked)
    around = _surroundings(chat, asked)
    copied = world.post(chat, bot, text, entities=entities, media=source.media, extra=dict(source.extra), **around)
    return {"message_id": copied.id}


def forward_message(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    chat = world.writable_chat(bot, asked["chat_id"])
    source = _source(world, bot, asked, "forward")
    return world.post(
        chat,
        bot,
        source.text,
        entities=source.entities,
        media=source.media,
        origin=source.origin or origin_of(source),
        extra=dict(source.extra),
    ).describe(bot.id)


def _source(world: "World", bot: BotAccount, asked: Params, verb: str) -> Message:
    message = world.chat_of(bot, asked["from_chat_id"]).messages.get(asked["message_id"])
    if message is None:
        raise bad_request(f"message to {verb} not found")
    return message


def file_named(
    world: "World", bot: BotAccount, named: str | Upload, kind: str, uploads: Mapping[str, Upload]
) -> StoredFile:
    """The file a parameter means: an upload, `attach://part`, an address in `world.web`, or a file_id of this bot."""
    if isinstance(named, str) and named.startswith("attach://"):
        part = named.removeprefix("attach://")
        if part not in uploads:
            raise bad_request(f"attached file {part} was not sent with the request")
        named = uploads[part]
    if isinstance(named, str) and named.lower().startswith(("http://", "https://")):
        named = _loaded(world, named, kind)
    if isinstance(named, Upload):
        return world.files.add_photo(named) if kind == "photo" else world.files.add_document(named)
    if not named:
        raise bad_request(f"there is no {kind} in the request")
    stored = world.files.find(named, bot.id)
    if stored.kind != kind:
        raise bad_request(f"can't use file of type {stored.kind.title()} as {kind.title()}")
    return stored


def _loaded(world: "World", address: str, kind: str) -> Upload:
    """What stands at an address: photos up to 5 MB (Bot API, "Sending files"), refused as Telegram words it."""
    try:
        has_host = bool(urlsplit(address).hostname)
    except ValueError:
        has_host = False
    if not has_host:
        raise bad_request("wrong file identifier/HTTP URL specified")
    found = world.web.get(address)
    if found is None or len(found.data) > WEB_PHOTO_BYTES:
        raise bad_request("failed to get HTTP URL content")
    if kind != "photo" or picture(found.data) is None:
        raise bad_request("wrong type of the web page content")
    return found


def media_item(
    world: "World", bot: BotAccount, item: Mapping[str, Any], uploads: Mapping[str, Upload]
) -> tuple[StoredFile, str, list[dict[str, Any]]]:
    """File, caption and entities of an InputMediaPhoto or InputMediaDocument."""
    kind = item.get("type")
    if kind not in ("photo", "document"):
        raise bad_request(f"can't parse InputMedia: type {kind!r} is not known to the playground")
    if not isinstance(item.get("media"), str):
        raise bad_request("can't parse InputMedia: can't find field \"media\"")
    caption, entities = caption_of(item)
    return file_named(world, bot, item["media"], kind, uploads), caption, entities


def _surroundings(chat: Chat, asked: Params) -> dict[str, Any]:
    """Keyboard and reply of a new message, checked."""
    return {"keyboard": checked_markup(asked.get("reply_markup")), "reply_to": _reply(chat, asked)}


def _reply(chat: Chat, asked: Params) -> Message | None:
    wanted = asked.get("reply_parameters")
    if not wanted:
        return None
    if not isinstance(wanted.get("message_id"), int):
        raise bad_request("can't parse reply parameters: can't find field \"message_id\"")
    found = chat.messages.get(wanted["message_id"])
    if found is None and not wanted.get("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return found


HANDLERS = {
    "copyMessage": copy_message,
    "forwardMessage": forward_message,
    "sendDocument": send_document,
    "sendMediaGroup": send_media_group,
    "sendMessage": send_message,
    "sendPhoto": send_photo,
}
