"""A person's chats as JSON for the chat page and other processes: what stands on the screen, nothing a bot sees."""

from typing import TYPE_CHECKING, Any

from playground.calls import Call
from playground.chats import Chat
from playground.messages import Message
from playground.people import Person

if TYPE_CHECKING:
    from playground.world import World

SHOWN = 200


def everybody(playground: "World") -> dict[str, Any]:
    bot = playground.bot
    return {
        "bot": {"name": bot.name, "username": bot.username},
        "change": playground.change,
        "people": [
            {"id": person.id, "name": person.name, "about": person.about, "language": person.language}
            for person in playground.people.values()
        ],
    }


def person(who: Person) -> dict[str, Any]:
    """Everything a person's window shows. `html` of a message is escaped text with Telegram's tags only."""
    groups = [chat for chat in who.playground.chats.values() if chat.has(who.id) and chat.migrated_to is None]
    return {
        "id": who.id,
        "name": who.name,
        "about": who.about,
        "language": who.language,
        "change": who.playground.change,
        "menu": who.menu,
        "alerts": [{"text": answer.text, "alert": answer.show_alert} for answer in who.alerts],
        "chats": [_chat(chat, who) for chat in (who.chat, *groups)],
    }


def call(one: Call) -> dict[str, Any]:
    parameters = {
        name: value if isinstance(value, str | int | bool | list | dict) else repr(value)
        for name, value in one.params.items()
    }
    return {"method": one.method, "params": parameters, "ok": one.ok, "code": one.code, "error": one.error}


def chat_of(who: Person, chat_id: int | None) -> Chat:
    """One of a person's chats, the private one for None. Raises `ValueError` for any other."""
    if chat_id is None or int(chat_id) == who.id:
        return who.chat
    chat = who.playground.chats.get(int(chat_id))
    if chat is None or not chat.has(who.id):
        raise ValueError(f"{who.name} has no chat {chat_id}")
    return chat


def message_in(chat: Chat, message_id: int) -> Message:
    try:
        return chat.messages[message_id]
    except KeyError:
        raise ValueError(f"there is no message {message_id} in this chat") from None


def _chat(chat: Chat, who: Person) -> dict[str, Any]:
    return {
        "id": chat.id,
        "kind": chat.kind,
        "title": who.playground.bot.name if chat.kind == "private" else chat.title,
        "blocked": chat.blocked,
        "pinned": list(chat.pinned),
        "messages": [_message(message, who) for message in list(chat.messages.values())[-SHOWN:]],
    }


def _message(message: Message, who: Person) -> dict[str, Any]:
    media = message.media
    told: dict[str, Any] = {
        "id": message.id,
        "from": message.sender.name,
        "mine": message.sender is who,
        "bot": message.from_bot,
        "date": message.date,
        "edited": message.edited,
        "forwarded": message.origin is not None,
        "text": message.text,
        "html": message.html,
        "reactions": list(message.reactions),
        "reply_to": message.reply_to.id if message.reply_to and not message.reply_to.deleted else None,
        "buttons": [
            [{"text": button.text, "url": button.url, "copies": button.copies} for button in row]
            for row in message.buttons
        ],
        "keys": [[key["text"] for key in row] for row in (message.keyboard or {}).get("keyboard", [])],
    }
    if message.extra:
        told["extra"] = message.extra
    if media is not None:
        address = f"/play/files/{media.unique}"
        if media.kind == "photo":
            told["photo"] = {"url": address, "width": media.width, "height": media.height}
        else:
            told["document"] = {"url": address, "name": media.name, "size": len(media.data)}
    return told
