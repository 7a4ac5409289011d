"""One update being handled: who acts, in which chat, and how to decide, look and answer.

Owns the bridge between Telegram's update and our acts. Knows no route and no text.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from telegram import Message, Update

from handlers.deps import Deps
from handlers.presenting import Shown, Target, present
from handlers.translation import Translator
from handlers.wording import Ready, Voice
from storage import inbox, people
from storage.connection import Tx
from storage.inbox import UpdateKey
from storage.outbox import Params
from storage.store import Refused

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Toast:
    """The short answer to a tap, by message key; an alert has to be closed by hand."""

    key: str
    values: dict[str, object] | None = None
    is_alert: bool = False


class Turn:
    """One update, one actor, at most one act.

    Replies that answer a tap carry `anchor`, so that they edit the tapped message if it still stands last; it is None
    where that message is a picture, which no text can take the place of. `card_anchor` is the tapped message whatever
    it is, for acts that bring that very card up to date.
    """

    def __init__(
        self, deps: Deps, voice: Voice, update: Update, actor: int, chat: int, message: Message | None
    ) -> None:
        self.deps = deps
        self.voice = voice
        self.settings = deps.settings
        self.now = deps.clock.now()
        self.actor = actor
        self.chat = chat
        self.message = message
        self.is_tap = update.callback_query is not None
        tapped = update.callback_query.message if update.callback_query is not None else None
        self._tapped = tapped if isinstance(tapped, Message) else None
        self.card_anchor = tapped.message_id if tapped is not None else None
        self.anchor = None if self._tapped is None or _has_media(self._tapped) else self._tapped.message_id
        self._update_id = update.update_id
        self._spoken: Translator | None = None  # the language of the chat, once something was worded for it

    async def decide(self, act: Callable[Concatenate[Tx, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the update's one act. Raises AlreadyHandled if this update has had it before.

        A refusal leaves the update open until the person has been answered.
        """
        key = UpdateKey(self.deps.bot.id, self._update_id)
        outcome = await self.deps.store.write(inbox.once, key, act, *args, **kwargs)
        if isinstance(outcome, Refused):
            self.deps.refused_acts[type(outcome).__name__] += 1
        else:
            self.deps.progress.acted(self._update_id)
        return outcome

    async def look(self, query: Callable[Concatenate[Tx, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Read from the books."""
        return await self.deps.store.read(query, *args, **kwargs)

    async def show(self, kind: str, **params: int | str | bool | None) -> bool:
        """Answer at once with a look-up: edit the tapped message if it stands last, else send. A desk that keeps
        itself current stays, and has the answer below it.

        False if there is nothing to show.
        """
        return await self.show_seen(kind, **params) is not None

    async def show_seen(self, kind: str, **params: int | str | bool | None) -> Any:
        """The same; returns what the kind has loaded and shown, so that nobody need look twice. None: nothing."""
        target = None
        if self._tapped is not None and self.deps.newest.is_newest(self.chat, self._tapped.message_id):
            target = Target(message_id=self._tapped.message_id, has_media=_has_media(self._tapped))
        ready = await self._worded(kind, params, None if target is None else target.message_id)
        if ready is not None:
            await present(self.deps, self.chat, ready.content, target=None if ready.is_kept else target)
        return None if ready is None else ready.view

    async def show_below(self, kind: str, **params: int | str | bool | None) -> bool:
        """Answer a tap with a message of its own, so that the tapped one stays; False if there is nothing to show."""
        return await self._send(kind, params) is not None

    async def say_meanwhile(self, key: str, **values: int | str | bool | None) -> int | None:
        """One sentence while the act is still to come; where it stands, so that the act's answer takes its place."""
        shown = await self._send("say", {"key": key, **values})
        return None if shown is None else shown.message_id

    async def say(self, key: str, **values: int | str | bool | None) -> None:
        """Answer at once with one sentence from the catalogues."""
        await self.show("say", key=key, **values)

    async def _send(self, kind: str, params: Params) -> Shown | None:
        ready = await self._worded(kind, params)
        return None if ready is None else await present(self.deps, self.chat, ready.content)

    async def _worded(self, kind: str, params: Params, place: int | None = None) -> Ready | None:
        ready = await self.look(self.voice.render, kind, params, self.chat, self.now, place=place)
        if ready is not None:
            self._spoken = ready.t
        return ready

    async def language(self) -> str:
        """The language the actor is spoken to in."""
        person = await self.look(people.view, self.actor)
        return self.voice.face(person, self.actor, self.now).lang

    async def plain(self, key: str, values: dict[str, object] | None = None) -> str:
        """A text in the actor's language, for what Telegram shows as it is."""
        t = self._spoken if self.chat == self.actor else None
        if t is None:
            t = self.voice.face(await self.look(people.view, self.actor), self.actor, self.now).t
        return t.plain(key, **(values or {}))


def _has_media(message: Message) -> bool:
    return message.effective_attachment is not None
