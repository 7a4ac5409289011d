"""Finding what a person means: the button with those words, the bot behind a link. Presses nothing."""

import unicodedata
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

from playground.chats import Chat
from playground.messages import Button, Message


def bare(label: str) -> str:
    """A label without the emoji, signs and spaces before its first letter or digit (all signs: as it is)."""
    for at, character in enumerate(label):
        if unicodedata.category(character)[0] in "LN":
            return label[at:].strip()
    return label.strip()


def find(messages: Iterable[Message], label: str) -> tuple[Message, Button] | None:
    """The button meant by `label` on the first of `messages` that has one: the exact words, else a beginning."""
    wanted = label.strip()
    plain = bare(wanted)
    for message in messages:
        buttons = [button for row in message.buttons for button in row]
        for fits in (
            lambda text: text.strip() == wanted,
            lambda text: bare(text) == plain,
            lambda text: bare(text).startswith(plain),
        ):
            for button in buttons:
                if fits(button.text):
                    return message, button
    return None


def keys_of(chat: Chat) -> list[list[str]]:
    """The bot's reply keyboard as it is now, row by row; empty if there is none."""
    for message in chat.newest_first():
        if message.keyboard and "remove_keyboard" in message.keyboard:
            return []
        keys = [[key["text"] for key in row] for row in (message.keyboard or {}).get("keyboard", [])]
        if any(keys):
            return keys
    return []


def find_key(chat: Chat, label: str) -> str | None:
    """The key of the bot's reply keyboard that reads `label`."""
    return next((key for row in keys_of(chat) for key in row if bare(key) == bare(label)), None)


def deep_link_payload(link: str, username: str) -> str | None:
    """The start payload of a link to this bot ("" without one); None for any other link."""
    return None if startgroup_payload(link, username) is not None else _payload(link, username, "start")


def startgroup_payload(link: str, username: str) -> str | None:
    """The payload of a link that adds this bot to a group; None for any other link."""
    return _payload(link, username, "startgroup") if "startgroup=" in link else None


def _payload(link: str, username: str, word: str) -> str | None:
    try:
        split = urlsplit(link if "://" in link else f"https://{link}")
    except ValueError:
        return None
    if split.scheme == "tg" and split.netloc == "resolve":
        asked = parse_qs(split.query)
        return asked.get(word, [""])[0] if asked.get("domain") == [username] else None
    if split.hostname not in ("t.me", "telegram.me") or split.path.strip("/").lower() != username.lower():
        return None
    return parse_qs(split.query).get(word, [""])[0]
