"""What can be told of a raw update before anybody handles it: who sent it, whose turn it is, of which kind.

Reads Telegram's JSON as it came and never raises: an odd update must not hold up those it came with.
"""

from typing import Any, Final, cast

from shop.contacts import tidy
from storage.inbox import Sender

Json = dict[str, Any]

KINDS: Final = ("message", "callback_query", "my_chat_member")
"""The kinds that are asked for; whatever else comes is counted as `other`."""


_OURS: Final = ("reply_markup", "entities", "caption_entities")


def lean(update: Json) -> Json:
    """The update without what a tapped message looked like: its buttons and entities are ours and nobody reads them,
    and making the library's objects of them is half the work of a tap. What is kept in the inbox has all of it."""
    query = update.get("callback_query")
    tapped = query.get("message") if isinstance(query, dict) else None
    if not isinstance(query, dict) or not isinstance(tapped, dict):
        return update
    seen = {name: value for name, value in tapped.items() if name not in _OURS}
    return {**update, "callback_query": {**query, "message": seen}}


def sender_of(update: Json) -> Sender | None:
    """The person an update comes from; None for bots, channels and being blocked."""
    if "my_chat_member" in update:
        return None
    for part in update.values():
        person = part.get("from") if isinstance(part, dict) else None
        if not isinstance(person, dict) or person.get("is_bot") or not _is_person_id(person.get("id")):
            continue
        name = " ".join(str(person[word]) for word in ("first_name", "last_name") if person.get(word))
        return Sender(
            id=person["id"],
            name=tidy(_storable(name))[:128] or "?",
            username=_storable(person["username"]) if person.get("username") else None,
            language=_storable(person["language_code"]) if person.get("language_code") else None,
            writes_to_us=chat_of(update) is not None,
        )
    return None


def _is_person_id(value: object) -> bool:
    return isinstance(value, int) and 0 < value < 2**52


def _storable(text: object) -> str:
    """Half a surrogate pair is legal JSON but no UTF-8: SQLite would refuse the whole batch."""
    return str(text).encode("utf-8", "replace").decode()


def line_of(update: Json) -> int:
    """Whose turn it is: the acting person, else the chat, else nobody in particular."""
    for part in update.values():
        if isinstance(part, dict):
            for owner in (part.get("from"), part.get("chat")):
                if isinstance(owner, dict) and isinstance(owner.get("id"), int):
                    return cast(int, owner["id"])
    return 0


def chat_of(update: Json) -> int | None:
    """The private chat it happens in, where one can also apologise; None for groups."""
    for part in update.values():
        if isinstance(part, dict):
            message = part.get("message") if "data" in part else part
            chat = message.get("chat") if isinstance(message, dict) else None
            if isinstance(chat, dict) and chat.get("type") == "private":
                return cast(int, chat["id"])
    return None


def kind_of(update: Json) -> str:
    """Its kind, one of `KINDS` or `other`."""
    return next((kind for kind in KINDS if kind in update), "other")
