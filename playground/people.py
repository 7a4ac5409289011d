"""People you can play: they write, tap, send pictures, block, and see what the bot shows them.

A person is a passive object: no task, no queue. Waiting (`sees`, `answered`) is driven by the chat's own signal,
its time-outs are real seconds, whatever the playground's clock says. Nothing here decides what a bot may do.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from playground import lookups, taps
from playground.chats import Chat
from playground.files import StoredFile, Upload
from playground.markup import Entity
from playground.messages import Button, Message, speaking_for
from playground.queries import AnsweredQuery, Query
from playground.transcripts import transcript

if TYPE_CHECKING:
    from playground.world import World


@dataclass(frozen=True, slots=True)
class Tap:
    """What came of a tap: a query to the bot, a link followed, a text on the clipboard, or words sent."""

    button: Button
    query: Query | None = None
    url: str | None = None
    copied: str | None = None


class Person:
    """One human being with a Telegram account. Made by `Playground.person`."""

    def __init__(self, playground: "World", person_id: int, name: str, language: str, username: str | None) -> None:
        self.playground = playground
        self.id = person_id
        self.name = name
        self.language = language
        self.username = username
        self.hides_forwards = False
        """Her privacy setting: forwarded messages name her, but lead to no account."""
        self.about = ""
        """A few words for the chat page on who this is; bots never see them."""
        self.changed = 0
        self.answers: list[AnsweredQuery] = []
        self.last_query: Query | None = None
        self._acted_at = 0

    def __repr__(self) -> str:
        return f"<Person {self.id} {self.name}>"

    @property
    def is_bot(self) -> bool:
        return False

    def describe(self) -> dict[str, Any]:
        """The Bot API `User`."""
        told = {"id": self.id, "is_bot": False, "first_name": self.name, "language_code": self.language}
        return {**told, "username": self.username} if self.username else told

    # -- acting ----------------------------------------------------------------------------------------------

    @property
    def chat(self) -> Chat:
        """The private chat with the first bot; made when first needed, open to the bot from the first message on."""
        bot = self.playground.bot
        chat = bot.privates.get(self.id)
        if chat is None:
            chat = Chat(id=self.id, kind="private", person=self)
            bot.privates[self.id] = chat
        return chat

    async def sends(self, text: str, *, chat: Chat | None = None, reply_to: Message | None = None) -> Message:
        """Write a text (trimmed, as Telegram's apps do). In the private chat unless `chat` says where."""
        return self._say(chat, text.strip(), reply_to=reply_to)

    async def sends_as(self, chat: Chat, text: str, *, name_of: Chat | None = None) -> Message:
        """Write in a group in its own name, as an anonymous administrator does, or in a channel's."""
        return self._say(chat, text.strip(), extra=speaking_for(chat, name_of or chat))

    async def adds_bot(self, link: str, chat: Chat) -> Message | None:
        """Follow `t.me/<bot>?startgroup=<payload>` into a group: the bot joins and hears `/start@bot payload`."""
        payload = taps.startgroup_payload(link, self.playground.bot.username)
        if payload is None:
            raise ValueError(f"not a link that adds this bot to a group: {link}")
        bot = self.playground.bot
        if not chat.has(bot.id):
            self.playground.set_member(chat, bot, "member", by=self)
        return await self.sends(f"/start@{bot.username} {payload}".strip(), chat=chat)

    async def replies(self, message: Message, text: str) -> Message:
        return self._say(message.chat, text.strip(), reply_to=message)

    async def sends_photo(
        self, data: bytes, caption: str | None = None, *, chat: Chat | None = None, reply_to: Message | None = None
    ) -> Message:
        """Send a PNG or JPEG as a photo; every upload is a file of its own."""
        stored = self.playground.files.add_photo(Upload("photo.jpg", data))
        return self._say(chat, caption or "", media=stored, reply_to=reply_to)

    async def sends_document(
        self,
        data: bytes,
        filename: str = "file.bin",
        mime: str = "application/octet-stream",
        caption: str | None = None,
        *,
        chat: Chat | None = None,
        reply_to: Message | None = None,
    ) -> Message:
        stored = self.playground.files.add_document(Upload(filename, data, mime))
        return self._say(chat, caption or "", media=stored, reply_to=reply_to)

    async def sends_album(
        self,
        uploads: Sequence[Upload],
        caption: str | Sequence[str | None] | None = None,
        *,
        photos: bool = True,
        chat: Chat | None = None,
        reply_to: Message | None = None,
    ) -> list[Message]:
        """Send 2 to 10 files at once, all as photos or all as documents.

        As in Telegram they are messages of their own with one media_group_id; the caption is the first one's, or a
        sequence has one for each. Refuses all of them if one can't be taken.
        """
        if not 2 <= len(uploads) <= 10:
            raise ValueError("an album has from 2 to 10 files")
        files = self.playground.files
        stored = [files.add_photo(upload) if photos else files.add_document(upload) for upload in uploads]
        album = self.playground.new_album()
        written = [caption] if caption is None or isinstance(caption, str) else caption
        return [
            self._say(chat, words or "", media=one, reply_to=reply_to, album=album)
            for one, words in zip(stored, chain(written, repeat(None)), strict=False)
        ]

    async def sends_contact(self, phone: str, name: str | None = None) -> Message:
        contact = {"phone_number": phone, "first_name": name or self.name, "user_id": self.id}
        return self._say(None, extra={"contact": contact})

    async def sends_location(self, latitude: float, longitude: float) -> Message:
        return self._say(None, extra={"location": {"latitude": latitude, "longitude": longitude}})

    async def forwards(
        self, message: Message, *, chat: Chat | None = None, origin: dict[str, Any] | None = None
    ) -> Message:
        """Pass on a message she sees; a picture keeps its file_unique_id. `origin` is the Bot API `MessageOrigin`
        for a message the playground has not seen being sent."""
        return self._say(
            chat,
            message.text,
            media=message.media,
            origin=origin or message.origin or lookups.origin_of(message),
            extra=dict(message.extra),
            entities=message.entities,
        )

    async def edits(self, message: Message, text: str) -> Message:
        """Change the text or caption of an own message."""
        if message.sender is not self:
            raise ValueError("only an own message can be edited")
        self._acted_at = self.playground.change
        message.text = text.strip()
        message.entities = lookups.entities_of(message.text)
        message.edited_at = self.playground.now
        self.playground.note(message)
        self.playground.deliver(message, edited=True)
        return message

    async def opens(self, link: str) -> Message:
        """Follow a deep link `https://t.me/<bot>?start=<payload>` and press Start."""
        payload = taps.deep_link_payload(link, self.playground.bot.username)
        if payload is None:
            raise ValueError(f"not a link to this bot: {link}")
        return self._say(None, f"/start {payload}".strip())

    async def taps(self, label: str, *, on: Message | None = None, chat: Chat | None = None) -> Tap:
        """Tap the button that reads `label` (emoji before it don't count; exact first, else beginning so).

        Looks at `on`, else at the newest message with such a button. A link to the bot is opened, other links are
        returned. Raises `AssertionError` with the transcript if there is no such button.
        """
        where = on.chat if on is not None else chat or self.chat
        found = taps.find([on] if on is not None else where.newest_first(), label)
        if found is not None:
            return await self.taps_button(*found)
        words = taps.find_key(where, label)
        if words is not None:
            await self.sends(words, chat=where)
            return Tap(Button(words))
        raise AssertionError(f'{self.name} sees no button "{label}"\n{self.transcript(chat=where)}')

    async def taps_when(self, label: str, *, timeout: float = 10) -> Tap:
        """Wait for a button that reads `label` in what the bot sent or edited after her last own action, and tap it.

        Raises `AssertionError` with the transcript when it has not come in `timeout` real seconds.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        mark = self._acted_at
        while True:
            changed = [message for message in self.chat.changed_since(mark) if message.from_bot]
            found = taps.find(sorted(changed, key=lambda message: message.id, reverse=True), label)
            if found is not None:
                return await self.taps_button(*found)
            left = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self.chat.signal.next(), max(left, 0))
            except TimeoutError:
                told = self.transcript()
                raise AssertionError(f'{self.name} was not shown a button "{label}" in {timeout} s\n{told}') from None

    async def taps_button(self, message: Message, button: Button) -> Tap:
        """Tap one particular button."""
        if button.data is not None:
            return Tap(button, query=self.press(button.data, message))
        if button.copies is not None:
            return Tap(button, copied=button.copies)
        if button.url and taps.deep_link_payload(button.url, self.playground.bot.username) is not None:
            await self.opens(button.url)
        return Tap(button, url=button.url)

    def press(self, data: str, message: Message) -> Query:
        """Send a callback query with this data in her name."""
        bot = message.sender if message.sender in self.playground.bots.values() else self.playground.bot
        query = self._ask(bot, "callback_query", message)
        content = {
            "id": query.id,
            "from": self.describe(),
            "message": lookups.message_or_gone(message, query.bot_id),
            "chat_instance": str(message.chat.id * 7_919),
            "data": data,
        }
        self._bot(query.bot_id).mail.add("callback_query", content)
        return query

    async def searches(self, text: str) -> Query:
        """Type `@bot text`: an inline query; its answer is the list of results."""
        query = self._ask(self.playground.bot, "inline_query")
        content = {"id": query.id, "from": self.describe(), "query": text, "offset": ""}
        self.playground.bot.mail.add("inline_query", content)
        return query

    async def checks_out(self, payload: str, *, currency: str = "CNY", total: int = 100) -> Query:
        """Press Pay on an invoice: a pre-checkout query; its answer is (ok, error message)."""
        query = self._ask(self.playground.bot, "pre_checkout_query")
        content = {
            "id": query.id,
            "from": self.describe(),
            "currency": currency,
            "total_amount": total,
            "invoice_payload": payload,
        }
        self.playground.bot.mail.add("pre_checkout_query", content)
        return query

    async def blocks(self) -> None:
        self._set_blocked(True)

    async def unblocks(self) -> None:
        self._set_blocked(False)

    async def deletes_chat(self) -> None:
        """Throw away the history; the bot may still write."""
        self._acted_at = self.playground.change
        for message in list(self.chat.messages.values()):
            self.playground.remove(message)

    # -- seeing ----------------------------------------------------------------------------------------------

    @property
    def inbox(self) -> list[Message]:
        """The bot's messages in the private chat, oldest first."""
        return [message for message in self.chat.messages.values() if message.from_bot]

    @property
    def last(self) -> Message:
        """The bot's newest message in the private chat. Raises `AssertionError` if there is none."""
        for message in self.chat.newest_first():
            if message.from_bot:
                return message
        raise AssertionError(f"{self.name} has no message from the bot")

    @property
    def alerts(self) -> list[AnsweredQuery]:
        """The answers to her taps that said something, oldest first; `show_alert` tells alert from toast."""
        return [answer for answer in self.answers if answer.text]

    @property
    def awaits_answer(self) -> bool:
        """Her last tap has not been answered yet."""
        return self.last_query is not None and not self.last_query.answered

    @property
    def menu(self) -> list[dict[str, str]]:
        """The bot's commands as her app lists them."""
        return self.playground.bot.menu(self.id, self.language)

    def mark(self) -> int:
        """A position for `since`: now."""
        return self.playground.change

    async def sees(
        self, text: str, *, timeout: float = 10, since: int | None = None, chat: Chat | None = None
    ) -> Message:
        """The bot's message containing `text`, sent or edited after her own last action (or after `since`).

        Waits for it at most `timeout` real seconds; then raises `AssertionError` with the transcript.
        """
        where = chat or self.chat
        mark = self._acted_at if since is None else since
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            for message in where.changed_since(mark):
                if message.from_bot and text in message.text:
                    return message
            left = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(where.signal.next(), max(left, 0))
            except TimeoutError:
                told = self.transcript(chat=where)
                raise AssertionError(f'{self.name} did not see "{text}" in {timeout} s\n{told}') from None

    async def answered(self, timeout: float = 10) -> AnsweredQuery:
        """The bot's answer to her last tap. Raises `AssertionError` with the transcript after `timeout` seconds."""
        if self.last_query is None:
            raise AssertionError(f"{self.name} has tapped nothing")
        try:
            answer: AnsweredQuery = await self.last_query.wait(timeout)
        except TimeoutError:
            raise AssertionError(f"{self.name}'s tap was not answered\n{self.transcript()}") from None
        return answer

    def transcript(self, *, chat: Chat | None = None, last: int | None = None) -> str:
        """The chat as readable text: who said what, with buttons in brackets."""
        return transcript(chat or self.chat, last=last)

    # -- inside ----------------------------------------------------------------------------------------------

    def _say(
        self,
        chat: Chat | None,
        text: str = "",
        *,
        media: StoredFile | None = None,
        reply_to: Message | None = None,
        origin: dict[str, Any] | None = None,
        extra: dict[str, Any] | None = None,
        entities: list[Entity] | None = None,
        album: str | None = None,
    ) -> Message:
        where = chat or self.chat
        self._acted_at = self.playground.change
        if where.kind == "private":
            if where.blocked:
                self._set_blocked(False)
            where.started = True
        elif not where.has(self.id):
            raise AssertionError(f"{self.name} is not in {where.name}")
        elif not where.takes_posts_of(self.id):
            raise AssertionError(f"only administrators write in {where.name}")
        message = self.playground.post(
            where,
            self,
            text,
            entities=entities,
            media=media,
            reply_to=reply_to,
            origin=origin,
            extra=extra,
            album=album,
        )
        self.playground.deliver(message)
        return message

    def _ask(self, bot: Any, kind: str, message: Message | None = None) -> Query:
        self._acted_at = self.playground.change
        query = Query(str(next(bot.query_numbers)), kind, bot.id, self, self.playground.clock.monotonic(), message)
        bot.queries[query.id] = query
        self.last_query = query
        return query

    def _bot(self, bot_id: int) -> Any:
        return next(bot for bot in self.playground.bots.values() if bot.id == bot_id)

    def _set_blocked(self, blocked: bool) -> None:
        self._acted_at = self.playground.change
        if self.chat.blocked == blocked:
            return
        self.chat.blocked = blocked
        old, new = ("member", "kicked") if blocked else ("kicked", "member")
        bot = self.playground.bot
        change = lookups.membership_change(self.playground, self.chat, bot, self, old, new)
        bot.mail.add("my_chat_member", change)
        self.playground.bump(self.chat)
