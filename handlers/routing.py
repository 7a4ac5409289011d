"""From an update to the function that handles it, and the guarantee that every tap is answered once.

Owns dispatching by verb, command and dialog step. What they do is in each audience's file; the tables are put
together in `handlers/__init__.py`.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from telegram import ChatMemberUpdated, MaybeInaccessibleMessage, Message, Update
from telegram.constants import ChatType
from telegram.error import BadRequest, TelegramError

from handlers import buttons
from handlers.deps import Deps, StallContext
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered, Voice
from storage import cards, dialogs, people
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.inbox import AlreadyHandled
from storage.outbox import Params
from storage.recovery import Gap

GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)

log = logging.getLogger(__name__)

_STALE = Toast("tap.stale")

TapHandler = Callable[..., Awaitable[Toast | None]]
CommandHandler = Callable[[Turn, str], Awaitable[None]]
MessageHandler = Callable[[Turn, Message], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """A button's handler, called with the turn, `ints` integers and then `words` words from the button."""

    run: TapHandler
    ints: int = 0
    words: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One question of a dialog.

    `load` reads what the question shows besides the dialog itself (None: no longer to be asked), `ask` words it,
    `answer` is given what the person sent. `takes_media` says whether a picture or file can be an answer.
    """

    ask: Callable[[Face, Any], Rendered]
    answer: Callable[[Turn, Dialog, Message], Awaitable[None]]
    load: Callable[[Tx, Dialog], Any] = lambda _tx, dialog: dialog
    takes_media: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """Everything the stall reacts to. Steps are keyed `kind.step`."""

    commands: Mapping[str, CommandHandler]
    taps: Mapping[str, Tap]
    steps: Mapping[str, Step]
    kinds: Kinds
    picture: MessageHandler = field()  # a picture or file outside a dialog
    chatter: MessageHandler = field()  # text outside a dialog
    group_text: MessageHandler = field()  # text in a group
    group_commands: Mapping[str, Callable[[Turn, Message, str], Awaitable[None]]] = field()
    group_taps: Mapping[str, Tap] = field()
    group_membership: Callable[[Turn, ChatMemberUpdated], Awaitable[None]] = field()
    group_moved: Callable[[Turn, int, int], Awaitable[None]] = field()
    reply: Callable[[Turn, Message, list[str]], Awaitable[bool]] = field()  # a reply to a card; False: not for us

    def all_kinds(self) -> Kinds:
        """The kinds, and the questions of the dialogs."""
        return {**self.kinds, "question": self._question()}

    def _question(self) -> Kind[Any]:
        def load(tx: Tx, params: Params, _chat: int) -> tuple[Step, Any] | None:
            dialog = dialogs.view(tx, int(params["dialog"] or 0))
            if dialog is None or dialog.step != params["step"]:
                return None
            step = self.steps[f"{dialog.kind}.{dialog.step}"]
            view = step.load(tx, dialog)
            return None if view is None else (step, view)

        def show(face: Face, view: tuple[Step, Any]) -> Rendered:
            step, loaded = view
            return step.ask(face, loaded)

        return Kind(load=load, show=show)


class Router:
    """The callbacks given to python-telegram-bot."""

    def __init__(self, routes: Routes, voice: Voice, gaps: Sequence[Gap] = ()) -> None:
        self._routes = routes
        self._voice = voice
        self._gaps = gaps

    async def on_tap(self, update: Update, context: StallContext) -> None:
        """Any button: run its handler, then answer the query exactly once, also if the handler raises."""
        query = update.callback_query
        if query is None:
            return
        place = None if query.message is None else query.message.chat
        is_group = place is not None and place.type in GROUPS
        chat = place.id if place is not None and is_group else query.from_user.id
        turn = Turn(context.deps, self._voice, update, query.from_user.id, chat, None)
        toast: Toast | None = _STALE
        try:
            message = query.message
            is_private = message is not None and message.chat.type == ChatType.PRIVATE
            if message is not None and (is_group or is_private) and not self._is_from_lost_books(message):
                routes = self._routes.group_taps if is_group else self._routes.taps
                toast = await self._tapped(turn, routes, query.data)
        except AlreadyHandled:
            toast = None
            raise
        except Exception:
            toast = Toast("tap.failed")
            raise
        finally:
            await self._answer(turn, query.id, toast)

    def _is_from_lost_books(self, message: MaybeInaccessibleMessage) -> bool:
        """Sent or edited between a backup and its restoration: the numbers in its buttons may be others' by now."""
        if not isinstance(message, Message):  # Telegram no longer says when it was sent
            return bool(self._gaps)
        shown_at = message.edit_date or message.date
        return any(gap.has(int(shown_at.timestamp()) * 1000) for gap in self._gaps)

    async def _tapped(self, turn: Turn, routes: Mapping[str, Tap], data: str | None) -> Toast | None:
        tap = buttons.decode(data)
        route = routes.get(tap.verb) if tap is not None else None
        numbers = None
        if tap is not None and route is not None and len(tap.args) == route.ints + route.words:
            numbers = buttons.integers(tap.args[: route.ints], route.ints)
        if tap is None or route is None or numbers is None:
            turn.deps.refused_taps["unknown"] += 1
            return _STALE
        toast = await route.run(turn, *numbers, *tap.args[route.ints :])
        if toast == _STALE:
            turn.deps.refused_taps["stale"] += 1
        return toast

    async def _answer(self, turn: Turn, query_id: str, toast: Toast | None) -> None:
        """Stop the button's spinner. The lasting effect is a message, so a query too old to answer is no error."""
        deps: Deps = turn.deps
        try:
            text = None if toast is None else (await turn.plain(toast.key, toast.values))[:200]
            answer = {"callback_query_id": query_id, "text": text, "show_alert": toast.is_alert if toast else None}
            await deps.calls.call("answerCallbackQuery", answer)
        except BadRequest:
            log.debug("query too old to answer")
        except TelegramError as error:
            log.warning("query not answered", extra={"error": type(error).__name__})

    async def on_message(self, update: Update, context: StallContext) -> None:
        """Anything a person sends in private: command, answer to a question, reply to a card, receipt or chatter."""
        message = update.message
        if message is None or message.from_user is None or message.chat.type != ChatType.PRIVATE:
            return None
        turn = Turn(context.deps, self._voice, update, message.from_user.id, message.chat_id, message)
        # What was forwarded is somebody else's word: a bank's message, perhaps, and no command of this person.
        if message.text is not None and message.text.startswith("/") and message.forward_origin is None:
            return await self._command(turn, message.text)
        if message.reply_to_message is not None:
            shown = await turn.look(cards.shown_by, turn.chat, message.reply_to_message.message_id)
            if shown and await self._routes.reply(turn, message, shown):
                return None
        is_media = bool(message.photo or message.document)
        dialog = await turn.look(dialogs.of, turn.actor)
        step = None if dialog is None else self._routes.steps.get(f"{dialog.kind}.{dialog.step}")
        if dialog is not None and step is not None and (step.takes_media or not is_media):
            return await step.answer(turn, dialog, message)
        return await (self._routes.picture if is_media else self._routes.chatter)(turn, message)

    async def _command(self, turn: Turn, text: str) -> None:
        word, argument = (*text[1:].split(maxsplit=1), "", "")[:2]
        name, _, address = word.lower().partition("@")
        handler = self._routes.commands.get(name)
        if handler is None or (address and address != (turn.deps.bot.username or "").lower()):
            await turn.say("command.unknown", command=f"/{name[:32]}")
            return
        await handler(turn, argument.strip())

    async def on_group(self, update: Update, context: StallContext) -> None:
        """Anything in a group: a command of ours, words, or that it has become a supergroup. The rest is talk."""
        message = update.message
        if message is None or message.from_user is None or message.chat.type not in GROUPS:
            return None
        turn = Turn(context.deps, self._voice, update, message.from_user.id, message.chat_id, message)
        if message.migrate_to_chat_id is not None:
            return await self._routes.group_moved(turn, message.chat_id, message.migrate_to_chat_id)
        if message.migrate_from_chat_id is not None:
            return await self._routes.group_moved(turn, message.migrate_from_chat_id, message.chat_id)
        if message.text is None or not message.text.startswith("/"):
            return await self._routes.group_text(turn, message)
        word, argument = (*message.text[1:].split(maxsplit=1), "", "")[:2]
        name, _, address = word.lower().partition("@")
        handler = self._routes.group_commands.get(name)
        # Other bots live in groups too: what is not ours is not answered.
        if handler is not None and address in ("", (turn.deps.bot.username or "").lower()):
            await handler(turn, message, argument.strip())
        return None

    async def on_membership(self, update: Update, context: StallContext) -> None:
        """The person has blocked the bot, or taken it back; or something has become of the bot in a group."""
        change = update.my_chat_member
        if change is None:
            return
        turn = Turn(context.deps, self._voice, update, change.from_user.id, change.chat.id, None)
        if change.chat.type in GROUPS:
            await self._routes.group_membership(turn, change)
            return
        if change.chat.type != ChatType.PRIVATE or change.new_chat_member.status != "kicked":
            return
        await turn.decide(people.blocked, person=change.chat.id, now=turn.now)


async def on_error(update: object, context: StallContext) -> None:
    """PTB's error handler: hand the error to the intake, which counts attempts, logs and tells people."""
    if isinstance(update, Update) and isinstance(context.error, Exception):
        context.deps.progress.failed(update.update_id, context.error)
