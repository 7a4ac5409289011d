"""A person's chats as JSON for the chat page and other processes: what stands on the screen, nothing a bot sees."""

from itertools import islice
from typing import TYPE_CHECKING, Any

from playground import faults, methods, taps
from playground.calls import Call
from playground.chats import Chat
from playground.clock import TurnedClock
from playground.messages import Message
from playground.people import Person

if TYPE_CHECKING:
    from playground.api import Playground
    from playground.world import World

SHOWN = 200
ALERTS_SHOWN = 20
CALLS_SHOWN = 15
QUOTED = 80


def everybody(playground: "World") -> dict[str, Any]:
    bot = playground.bot
    return {
        "bot": {"name": bot.name, "username": bot.username},
        "change": playground.change,
        "clock": clock(playground),
        "people": [
            {"id": person.id, "name": person.name, "about": person.about, "language": person.language}
            for person in playground.people.values()
        ],
    }


def person(who: Person, *, since: int = 0, last: int = SHOWN) -> dict[str, Any]:
    """What a person's window shows: of each chat what has changed after the mark `since`, else the `last` messages.

    `html` of a message is escaped text with Telegram's tags only.
    """
    world = who.playground
    groups = [chat for chat in world.chats.values() if chat.has(who.id) and chat.migrated_to is None]
    alerts = who.alerts
    return {
        "id": who.id,
        "name": who.name,
        "about": who.about,
        "language": who.language,
        "change": world.change,
        "menu": who.menu,
        "alerts": [{"text": answer.text, "alert": answer.show_alert} for answer in alerts[-ALERTS_SHOWN:]],
        "alerts_ever": len(alerts),
        "awaits_answer": who.awaits_answer,
        "chats": [_chat(chat, who, since, last) for chat in (who.chat, *groups)],
    }


def earlier(who: Person, chat: Chat, before: int, last: int = SHOWN) -> dict[str, Any]:
    """The `last` messages that stand above the message with the id `before`."""
    older = (message for message in chat.newest_first() if message.id < before)
    found = list(islice(older, last + 1))
    return {
        "messages": [_message(message, who) for message in found[last - 1 :: -1]],
        "earlier": len(found) > last,
    }


def groups(playground: "World") -> list[dict[str, Any]]:
    """Every group and channel with its people, whoever looks."""
    return [
        {
            **chat.describe(),
            "members": {one: standing for one, standing in chat.members.items() if one in playground.people},
            "bot": chat.members.get(playground.bot.id, "left"),
        }
        for chat in playground.chats.values()
        if chat.migrated_to is None
    ]


def clock(playground: "World") -> dict[str, Any]:
    """`now` in ms; `shared` says that the bot lives by this clock too, `turns` that it can be turned from here."""
    told: dict[str, Any] = {"now": playground.clock.now(), "speed": 1.0, "turns": False, "shared": False}
    if isinstance(playground.clock, TurnedClock):
        told |= {"speed": playground.clock.speed, "turns": True, "shared": playground.clock.shared}
    return told


def switches(playground: "Playground") -> dict[str, Any]:
    limits = playground.limits
    return {
        "clock": clock(playground),
        "limits": {
            "enabled": limits.enabled,
            "refused": limits.refused,
            "per_chat_per_second": limits.per_chat_per_second,
            "per_chat_burst": limits.per_chat_burst,
            "group_per_minute": limits.group_per_minute,
            "overall_per_second": limits.overall_per_second,
            "paid_per_second": limits.paid_per_second,
            "slack": limits.slack,
        },
        "faults": [
            {
                "number": fault.number,
                "kind": fault.kind,
                "method": fault.method,
                "chat": fault.chat,
                "contains": fault.contains,
                "times": fault.times,
                "hits": fault.hits,
                "retry_after": fault.retry_after,
                "probability": fault.probability,
                "status": fault.status,
                "description": fault.description,
            }
            for fault in playground.faults
        ],
        "kinds": list(faults.KINDS),
        "methods": sorted(methods.METHODS),
        "calls": [call(one) for one in playground.calls.newest(CALLS_SHOWN)],
        "too_many": playground.too_many,
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


def _chat(chat: Chat, who: Person, since: int, last: int) -> dict[str, Any]:
    changed = chat.changed_since(since) if since else []
    # After a long absence a fresh look is shorter than all that was missed.
    fresh = not since or len(changed) > last
    shown = list(islice(chat.newest_first(), last))[::-1] if fresh else changed
    world = who.playground
    action, until = chat.action or ("", 0.0)
    left = until - world.clock.monotonic()
    return {
        "id": chat.id,
        "kind": chat.kind,
        "title": world.bot.name if chat.kind == "private" else chat.title,
        "people": sum(one in world.people for one in chat.members),
        "blocked": chat.blocked,
        "writable": chat.takes_posts_of(who.id),
        "action": {"what": action, "seconds": left} if left > 0 else None,
        "keys": taps.keys_of(chat),
        "pinned": [_quote(chat.messages[one]) for one in chat.pinned],
        "fresh": fresh,
        "earlier": fresh and len(chat.messages) > len(shown),
        "gone": [] if fresh else chat.gone_since(since),
        "messages": [_message(message, who) for message in shown],
    }


def _quote(message: Message) -> dict[str, Any]:
    """A message as it is shown where another one points to it."""
    kind = message.media.kind if message.media is not None else ""
    return {
        "id": message.id,
        "from": _named(message),
        "text": message.text.partition("\n")[0][:QUOTED],
        "media": kind,
    }


def _named(message: Message) -> str:
    return message.chat.title if message.chat.kind == "channel" else message.sender.name


def _message(message: Message, who: Person) -> dict[str, Any]:
    media, replied = message.media, message.reply_to
    told: dict[str, Any] = {
        "id": message.id,
        "from": _named(message),
        "sender": message.sender.id,
        "mine": message.sender is who,
        "bot": message.from_bot,
        "date": message.date,
        "edited": message.edited,
        "forwarded": _origin(message),
        "text": message.text,
        "html": message.html,
        "album": message.album,
        "reactions": list(message.reactions),
        "reply_to": _quote(replied) if replied and not replied.deleted else None,
        "buttons": [
            [{"text": button.text, "url": button.url, "copies": button.copies} for button in row]
            for row in message.buttons
        ],
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


def _origin(message: Message) -> str | None:
    """Whom a forwarded message is from."""
    if message.origin is None:
        return None
    origin = message.origin
    named = origin.get("sender_user") or origin.get("chat") or origin.get("sender_chat") or {}
    return str(named.get("first_name") or named.get("title") or origin.get("sender_user_name") or "somebody")
