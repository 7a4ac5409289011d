"""Chats: private, group, supergroup, channel; who is in them and what stands in them. Never speaks to a bot."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playground.messages import Message
from playground.signals import Signal

if TYPE_CHECKING:
    from playground.people import Person

MEMBERS = frozenset({"creator", "administrator", "member", "restricted"})


@dataclass(slots=True, kw_only=True, eq=False)
class Chat:
    """One chat. A private chat belongs to one bot and one person and carries the person's id, as in the Bot API."""

    id: int
    kind: str
    title: str = ""
    username: str | None = None
    person: "Person | None" = None
    members: dict[int, str] = field(default_factory=dict)
    """Status by user id; bots are members like everybody else."""
    started: bool = False
    """Private: the person has written to the bot, so the bot may write."""
    blocked: bool = False
    migrated_to: int | None = None
    reactions_off: bool = False
    """The group's administrators allow no reactions."""
    pinned: list[int] = field(default_factory=list)
    messages: dict[int, Message] = field(default_factory=dict)
    by_change: "OrderedDict[int, None]" = field(default_factory=OrderedDict)
    """Message ids, the most recently sent or edited last."""
    gone: list[tuple[int, int]] = field(default_factory=list)
    """(change number, message id) of what was deleted, the latest last."""
    action: tuple[str, float] | None = None
    """What the bot is doing, "typing" for instance, and the monotonic instant until which that is shown."""
    signal: Signal = field(default_factory=Signal)
    _last_id: int = 0

    def __repr__(self) -> str:
        return f"<Chat {self.id} {self.kind} {self.name!r}>"

    @property
    def name(self) -> str:
        return self.person.name if self.person else self.title

    def next_id(self) -> int:
        """Ids grow and are never used again, also after a deletion."""
        self._last_id += 1
        return self._last_id

    def describe(self) -> dict[str, Any]:
        """The Bot API `Chat`."""
        if self.person is not None:
            told = {"id": self.id, "type": "private", "first_name": self.person.name}
            return {**told, "username": self.person.username} if self.person.username else told
        told = {"id": self.id, "type": self.kind, "title": self.title}
        return {**told, "username": self.username} if self.username else told

    def put(self, message: Message, change: int) -> None:
        """Note a new or changed message and wake who waits."""
        self.messages[message.id] = message
        message.changed = change
        self.by_change[message.id] = None
        self.by_change.move_to_end(message.id)
        self.signal.notify()

    def drop(self, message: Message, change: int) -> None:
        """Forget a message; its id is kept, for those who still show it."""
        message.deleted = True
        self.gone.append((change, message.id))
        self.messages.pop(message.id, None)
        self.by_change.pop(message.id, None)
        if message.id in self.pinned:
            self.pinned.remove(message.id)
        self.signal.notify()

    def newest_first(self) -> Iterator[Message]:
        """In the order a person sees them, the lowest on the screen first."""
        return reversed(self.messages.values())

    def changed_since(self, mark: int) -> list[Message]:
        """Messages sent or edited after `mark`, oldest change first."""
        found = []
        for message_id in reversed(self.by_change):
            message = self.messages[message_id]
            if message.changed <= mark:
                break
            found.append(message)
        return found[::-1]

    def takes_posts_of(self, user_id: int) -> bool:
        """Whether a member may write here; in a channel only administrators do."""
        return self.kind != "channel" or self.members.get(user_id) in ("creator", "administrator")

    def gone_since(self, mark: int) -> list[int]:
        """Ids of messages deleted after `mark`."""
        found = []
        for change, message_id in reversed(self.gone):
            if change <= mark:
                break
            found.append(message_id)
        return found

    def has(self, user_id: int) -> bool:
        return self.members.get(user_id) in MEMBERS
