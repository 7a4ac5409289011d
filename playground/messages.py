"""A message as Telegram keeps it, and two looks at it: a person's (text, buttons, bytes), a bot's (JSON).

A `Message` is live: an edit changes it in place, so a test may hold on to a card and look at it again.
Never decides whether a message may be sent; that is sending.py.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from playground.files import StoredFile, describe_document, describe_photo
from playground.markup import Entity, to_html

if TYPE_CHECKING:
    from playground.chats import Chat


# Who stands in `from` where a group or channel speaks (Bot API, Message.sender_chat).
ANONYMOUS = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
CHANNEL_BOT = {"id": 136_817_688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}


class Speaker(Protocol):
    """Who can stand in `from`: a person or a bot."""

    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...

    @property
    def is_bot(self) -> bool: ...

    def describe(self) -> dict[str, Any]:
        """The Bot API `User`."""


def speaking_for(chat: "Chat", name_of: "Chat") -> dict[str, Any]:
    """What a message in a group says of a writer who speaks for the group itself or for a channel: not who it is."""
    return {"from": ANONYMOUS if name_of is chat else CHANNEL_BOT, "sender_chat": name_of.describe()}


@dataclass(frozen=True, slots=True)
class Button:
    """One inline button: exactly one of `data`, `url`, `copies` is set (kinds the stall never uses aside)."""

    text: str
    data: str | None = None
    url: str | None = None
    copies: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """`text` is the plain text, or the caption of a picture or document. Times are Unix seconds."""

    id: int
    chat: "Chat"
    sender: Speaker
    date: int
    text: str = ""
    entities: list[Entity] = field(default_factory=list)
    media: StoredFile | None = None
    keyboard: dict[str, Any] | None = None
    reply_to: "Message | None" = None
    origin: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    album: str | None = None
    edited_at: int | None = None
    reactions: list[str] = field(default_factory=list)
    """Emoji the bot has put under it."""
    deleted: bool = False
    changed: int = 0
    """The playground's change number of the last change; people wait by it."""

    def __repr__(self) -> str:
        return f"<Message {self.id} from {self.sender.name}: {self.text[:60]!r}>"

    @property
    def html(self) -> str:
        """The text as Telegram HTML, safe to show."""
        return to_html(self.text, self.entities)

    @property
    def edited(self) -> bool:
        return self.edited_at is not None

    @property
    def from_bot(self) -> bool:
        return self.sender.is_bot

    @property
    def photo(self) -> bytes | None:
        return self.media.data if self.media and self.media.kind == "photo" else None

    @property
    def document(self) -> StoredFile | None:
        """The document with its `name`, `mime` and `data`."""
        return self.media if self.media and self.media.kind == "document" else None

    @property
    def buttons(self) -> list[list[Button]]:
        """Inline buttons, row by row; empty without an inline keyboard."""
        rows = (self.keyboard or {}).get("inline_keyboard", [])
        return [[_button(raw) for raw in row] for row in rows]

    @property
    def labels(self) -> list[str]:
        """The texts of all inline buttons, in reading order."""
        return [button.text for row in self.buttons for button in row]

    def describe(self, bot_id: int, *, deep: bool = True) -> dict[str, Any]:
        """The Bot API `Message` for one bot; the message replied to comes without its own reply."""
        told: dict[str, Any] = {"message_id": self.id, "date": self.date, "chat": self.chat.describe()}
        if self.chat.kind == "channel":
            told["sender_chat"] = self.chat.describe()
        else:
            told["from"] = self.sender.describe()
        if self.origin:
            told["forward_origin"] = self.origin
        if self.edited_at is not None:
            told["edit_date"] = self.edited_at
        if self.album:
            told["media_group_id"] = self.album
        if deep and self.reply_to is not None and not self.reply_to.deleted:
            told["reply_to_message"] = self.reply_to.describe(bot_id, deep=False)
        told.update(self._content(bot_id))
        told.update(self.extra)
        if self.keyboard and "inline_keyboard" in self.keyboard:
            told["reply_markup"] = self.keyboard
        return told

    def _content(self, bot_id: int) -> dict[str, Any]:
        content: dict[str, Any] = {}
        if self.media is None:
            words, marks = "text", "entities"
        else:
            words, marks = "caption", "caption_entities"
            salt = self.chat.id * 1_000 + self.id
            if self.media.kind == "photo":
                content["photo"] = describe_photo(self.media, bot_id, salt)
            else:
                content["document"] = describe_document(self.media, bot_id, salt)
        if self.text:
            content[words] = self.text
        if self.entities:
            content[marks] = self.entities
        return content


def _button(raw: dict[str, Any]) -> Button:
    return Button(
        raw["text"],
        data=raw.get("callback_data"),
        url=raw.get("url"),
        copies=raw.get("copy_text", {}).get("text"),
    )
