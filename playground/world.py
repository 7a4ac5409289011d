"""Everything that exists in the playground: bots, people, chats, messages, and the counter of changes people wait by.

Knows how to put things there and how to find them for a bot; which calls may do that is api.py's and the methods'.
"""

import itertools
from collections.abc import Iterable
from typing import Any

from playground import lookups
from playground.bots import BotAccount
from playground.chats import Chat
from playground.clock import Clock, TurnedClock
from playground.faults import Faults
from playground.files import FileStore, StoredFile, Upload
from playground.markup import Entity, with_detected
from playground.messages import Message, Speaker
from playground.people import Person
from playground.queries import Query
from playground.refusals import bad_request, forbidden, migrated
from playground.signals import Signal
from playground.updates import Mailbox
from playground.webhooks import Webhooks

QUERY_LIFETIME = 60.0
ACTION_SECONDS = 5.0
"""Bot API, sendChatAction: "the status is set for 5 seconds or less"."""

SERVICE = frozenset({"migrate_to_chat_id", "migrate_from_chat_id"})


class World:
    """The state of a local Telegram. `query_lifetime` is how many seconds a query can be answered."""

    def __init__(self, clock: Clock | None = None, *, query_lifetime: float = QUERY_LIFETIME, seed: int = 0) -> None:
        self.clock: Clock = clock or TurnedClock()
        self.faults = Faults(seed)
        self.files = FileStore()
        self.web: dict[str, Upload] = {}
        """What Telegram finds at an http(s) address; there is no other web, nothing is fetched from a network."""
        self.webhooks = Webhooks(self.clock)
        self.query_lifetime = query_lifetime
        self.bots: dict[str, BotAccount] = {}
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.change = 0
        self.changed = Signal()
        self._person_ids = itertools.count(5_001)
        self._group_ids = itertools.count(1)
        self._album_numbers = itertools.count(13_000_000_000_001)

    # -- who exists ------------------------------------------------------------------------------------------

    def add_bot(
        self,
        token: str = "123456:TEST",  # noqa: S107 - the playground's own, opens nothing
        *,
        username: str = "stall_bot",
        name: str = "Livestall",
        id: int | None = None,  # noqa: A002 - the word tests say
    ) -> BotAccount:
        """A new bot; its id is the number before the token's colon unless given."""
        bot_id = id if id is not None else int(token.partition(":")[0])
        mail = Mailbox(self.clock, self.faults.redelivers)
        bot = BotAccount(id=bot_id, token=token, username=username, name=name, mail=mail)
        self.bots[token] = bot
        return bot

    @property
    def bot(self) -> BotAccount:
        """The first bot, the one people talk to."""
        if not self.bots:
            raise LookupError("the playground has no bot yet: call add_bot first")
        return next(iter(self.bots.values()))

    def person(
        self,
        name: str,
        *,
        id: int | None = None,  # noqa: A002 - the word tests say
        language: str = "en",
        username: str | None = None,
    ) -> Person:
        """A new person. Costs no task and no chat until they write."""
        person_id = id if id is not None else next(n for n in self._person_ids if n not in self.people)
        if person_id in self.people:
            raise ValueError(f"there is already a person with id {person_id}")
        person = Person(self, person_id, name, language, username)
        self.people[person_id] = person
        self.stir()
        person.changed = self.change
        return person

    def group(
        self,
        title: str,
        *,
        members: Iterable[Person] = (),
        admins: Iterable[Person] = (),
        bot: str = "member",
        kind: str = "group",
        username: str | None = None,
    ) -> Chat:
        """A group, or with `kind` a supergroup. `bot` is the first bot's status in it ("left" keeps it out)."""
        number = next(self._group_ids)
        chat_id = -number if kind == "group" else -1_000_000_000_000 - number
        chat = Chat(id=chat_id, kind=kind, title=title, username=username)
        chat.members = {person.id: "member" for person in members}
        chat.members |= {person.id: "administrator" for person in admins}
        self.chats[chat_id] = chat
        self.set_member(chat, self.bot, bot, by=next(iter(admins), None))
        return chat

    def channel(
        self,
        title: str,
        *,
        members: Iterable[Person] = (),
        admins: Iterable[Person] = (),
        bot: str = "administrator",
        username: str | None = None,
    ) -> Chat:
        return self.group(title, members=members, admins=admins, bot=bot, kind="channel", username=username)

    def migrate(self, group: Chat) -> Chat:
        """Turn a group into a supergroup: a new id, and refusals that name it under the old one."""
        new = Chat(
            id=-1_000_000_000_000 - next(self._group_ids),
            kind="supergroup",
            title=group.title,
            members=dict(group.members),
        )
        self.chats[new.id] = new
        actor = next((self.people[one] for one in group.members if one in self.people), self.bot)
        self.deliver(self.post(group, actor, extra={"migrate_to_chat_id": new.id}))
        group.migrated_to = new.id
        self.deliver(self.post(new, actor, extra={"migrate_from_chat_id": group.id}))
        return new

    def set_member(self, chat: Chat, bot: BotAccount, status: str, *, by: Speaker | None = None) -> None:
        """Change a bot's standing in a chat and tell it, as Telegram does with my_chat_member."""
        old = chat.members.get(bot.id, "left")
        chat.members[bot.id] = status
        if old != status:
            actor = by or next((self.people[one] for one in chat.members if one in self.people), bot)
            bot.mail.add("my_chat_member", lookups.membership_change(self, chat, bot, actor, old, status))

    # -- what happens in chats ---------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        """Unix seconds."""
        return self.clock.now() // 1000

    def post(
        self,
        chat: Chat,
        sender: Speaker,
        text: str = "",
        *,
        entities: list[Entity] | None = None,
        media: StoredFile | None = None,
        keyboard: dict[str, Any] | None = None,
        reply_to: Message | None = None,
        origin: dict[str, Any] | None = None,
        extra: dict[str, Any] | None = None,
        album: str | None = None,
    ) -> Message:
        """Put a new message into a chat. Tells no bot."""
        message = Message(
            id=chat.next_id(),
            chat=chat,
            sender=sender,
            date=self.now,
            text=text,
            entities=with_detected(text, entities or []),
            media=media,
            keyboard=keyboard,
            reply_to=reply_to,
            origin=origin,
            extra=extra or {},
            album=album,
        )
        self.note(message)
        return message

    def new_album(self) -> str:
        """The media_group_id of the next album."""
        return str(next(self._album_numbers))

    def note(self, message: Message) -> None:
        """A message is new or changed: count it and wake who waits."""
        if message.from_bot:
            message.chat.action = None
        self.bump(message.chat)
        message.chat.put(message, self.change)

    def remove(self, message: Message) -> None:
        """A message is gone for everybody in the chat."""
        self.bump(message.chat)
        message.chat.drop(message, self.change)

    def show_action(self, chat: Chat, action: str) -> None:
        """The bot is typing, or sending a file, for the next five seconds or until its next message."""
        chat.action = (action, self.clock.monotonic() + ACTION_SECONDS)
        self.bump(chat)

    def bump(self, chat: Chat) -> None:
        """Something a person can see in this chat has changed."""
        self.change += 1
        if chat.person is not None:
            chat.person.changed = self.change
        else:
            for member in chat.members:
                if member in self.people:
                    self.people[member].changed = self.change
        self.changed.notify()

    def stir(self) -> None:
        """Something every page shows has changed, the clock for instance."""
        self.change += 1
        self.changed.notify()

    def deliver(self, message: Message, *, edited: bool = False) -> int | None:
        """Tell the bots of a person's message; the update id of the last bot told, None if none was."""
        kind = "channel_post" if message.chat.kind == "channel" else "message"
        update_id = None
        for bot in self.bots.values():
            if self._hears(bot, message):
                content = message.describe(bot.id)
                update_id = bot.mail.add(f"edited_{kind}" if edited else kind, content) or update_id
        return update_id

    def _hears(self, bot: BotAccount, message: Message) -> bool:
        chat = message.chat
        if chat.person is not None:
            return bot.privates.get(chat.id) is chat
        if not chat.has(bot.id):
            return False
        reply = message.reply_to is not None and message.reply_to.sender is bot
        word = message.text.partition(" ")[0]
        is_command = word.startswith("/") and ("@" not in word or word.endswith(f"@{bot.username}"))
        addressed = is_command or f"@{bot.username}" in message.text or reply
        seen_anyway = bot.reads_all or chat.members[bot.id] == "administrator" or bool(SERVICE & message.extra.keys())
        return addressed or seen_anyway

    def forge(self, data: str, person: Person, message: Message) -> Query:
        """A tap nobody could make: any data, on any message, in the name of `person`."""
        return person.press(data, message)

    def redeliver(self, update_id: int) -> None:
        """Deliver an old update again under its own id, confirmed or not."""
        bot = next((bot for bot in self.bots.values() if bot.mail.knows(update_id)), None)
        if bot is None:
            raise LookupError(f"there was no update {update_id}")
        bot.mail.again(update_id)

    # -- finding a chat for a bot --------------------------------------------------------------------------------

    def chat_of(self, bot: BotAccount, chat_id: int | str) -> Chat:
        """The chat a bot names. Raises "chat not found", or the id of the supergroup it became."""
        if isinstance(chat_id, str):
            named = (chat for chat in self.chats.values() if chat.username == chat_id.removeprefix("@"))
            found = next(named, None)
        elif chat_id > 0:
            found = bot.privates.get(chat_id)
            if found is None and chat_id in self.people:
                raise forbidden("bot can't initiate conversation with a user")
        else:
            found = self.chats.get(chat_id)
        if found is None:
            raise bad_request("chat not found")
        if found.migrated_to is not None:
            raise migrated(found.migrated_to)
        return found

    def writable_chat(self, bot: BotAccount, chat_id: int | str) -> Chat:
        """The chat, if the bot may write there now. Raises the refusal Telegram would send."""
        chat = self.chat_of(bot, chat_id)
        if chat.kind == "private":
            if not chat.started:
                raise forbidden("bot can't initiate conversation with a user")
            if chat.blocked:
                raise forbidden("bot was blocked by the user")
            return chat
        status = chat.members.get(bot.id, "left")
        if status == "kicked":
            raise forbidden(f"bot was kicked from the {chat.kind} chat")
        if status == "left":
            raise forbidden(f"bot is not a member of the {chat.kind} chat")
        if chat.kind == "channel" and status not in ("administrator", "creator"):
            raise bad_request("need administrator rights in the channel chat")
        return chat
