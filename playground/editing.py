"""Changing and removing what stands in a chat: the editMessage… family, deleteMessage(s), setMessageReaction."""

from typing import TYPE_CHECKING, Any

from playground.bots import BotAccount
from playground.chats import Chat
from playground.formatting import caption_of, text_of
from playground.keyboards import checked_markup
from playground.markup import Entity, with_detected
from playground.messages import Message
from playground.params import Params
from playground.refusals import bad_request
from playground.sending import media_item

if TYPE_CHECKING:
    from playground.world import World

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
DELETABLE_SECONDS = 48 * 3600
# Bot API, ReactionTypeEmoji: what a bot may react with.
_REACTION_EMOJI = """
❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋
🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡
"""
REACTIONS = frozenset(_REACTION_EMOJI.split())


def edit_text(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    message = _editable(world, bot, asked)
    text, entities = text_of(asked)
    if message.media is not None or not message.text:
        raise bad_request("there is no text in the message to edit")
    return _change(world, bot, asked, message, text, entities)


def edit_caption(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    message = _editable(world, bot, asked)
    if message.media is None:
        raise bad_request("there is no caption in the message to edit")
    text, entities = caption_of(asked)
    return _change(world, bot, asked, message, text, entities)


def edit_media(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    message = _editable(world, bot, asked)
    keyboard = checked_markup(asked.get("reply_markup"), inline_only=True)
    media, caption, entities = media_item(world, bot, asked["media"], asked.uploads)
    same = message.media is media and (message.text, message.keyboard) == (caption, keyboard)
    if same and message.entities == with_detected(caption, entities):
        raise bad_request(NOT_MODIFIED)
    message.media = media
    message.text, message.entities = caption, with_detected(caption, entities)
    return _keep(world, bot, message, keyboard)


def edit_markup(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    message = _editable(world, bot, asked)
    return _change(world, bot, asked, message, message.text, message.entities)


def delete_message(world: "World", bot: BotAccount, asked: Params) -> bool:
    chat = world.writable_chat(bot, asked["chat_id"])
    message = chat.messages.get(asked["message_id"])
    if message is None:
        raise bad_request("message to delete not found")
    if not _deletable(world, bot, chat, message):
        raise bad_request("message can't be deleted")
    world.remove(message)
    return True


def delete_messages(world: "World", bot: BotAccount, asked: Params) -> bool:
    chat = world.writable_chat(bot, asked["chat_id"])
    if not 1 <= len(asked["message_ids"]) <= 100:
        raise bad_request("message identifiers are not specified")
    for message_id in asked["message_ids"]:
        message = chat.messages.get(message_id)
        if message is not None and _deletable(world, bot, chat, message):
            world.remove(message)
    return True


def react(world: "World", bot: BotAccount, asked: Params) -> bool:
    chat = world.writable_chat(bot, asked["chat_id"])
    message = chat.messages.get(asked["message_id"])
    if message is None:
        raise bad_request("message to react not found")
    reactions = asked.get("reaction", ())
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    for reaction in reactions:
        if reaction.get("type") != "emoji" or reaction.get("emoji") not in REACTIONS or chat.reactions_off:
            raise bad_request("REACTION_INVALID")
    message.reactions = [reaction.get("emoji", "") for reaction in asked.get("reaction", ())]
    world.note(message)
    return True


def _editable(world: "World", bot: BotAccount, asked: Params) -> Message:
    if "inline_message_id" in asked or "chat_id" not in asked:
        raise bad_request("chat_id is empty" if "chat_id" not in asked else "message to edit not found")
    if "message_id" not in asked:
        raise bad_request("message identifier is not specified")
    chat = world.writable_chat(bot, asked["chat_id"])
    message = chat.messages.get(asked["message_id"])
    if message is None:
        raise bad_request("message to edit not found")
    if message.sender is not bot or message.origin is not None:
        raise bad_request("message can't be edited")
    return message


def _change(
    world: "World", bot: BotAccount, asked: Params, message: Message, text: str, entities: list[Entity]
) -> dict[str, Any]:
    keyboard = checked_markup(asked.get("reply_markup"), inline_only=True)
    found = with_detected(text, entities)
    if (message.text, message.entities, message.keyboard) == (text, found, keyboard):
        raise bad_request(NOT_MODIFIED)
    message.text, message.entities = text, found
    return _keep(world, bot, message, keyboard)


def _keep(world: "World", bot: BotAccount, message: Message, keyboard: dict[str, Any] | None) -> dict[str, Any]:
    """An edit without a keyboard takes the old one away, as in the Bot API."""
    message.keyboard = keyboard
    message.edited_at = world.now
    world.note(message)
    return message.describe(bot.id)


def _deletable(world: "World", bot: BotAccount, chat: Chat, message: Message) -> bool:
    """Bot API, deleteMessage: within 48 hours, and others' messages only in private or as administrator."""
    if world.now - message.date > DELETABLE_SECONDS:
        return False
    return message.sender is bot or chat.kind == "private" or chat.members.get(bot.id) == "administrator"


HANDLERS = {
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "editMessageCaption": edit_caption,
    "editMessageMedia": edit_media,
    "editMessageReplyMarkup": edit_markup,
    "editMessageText": edit_text,
    "setMessageReaction": react,
}
