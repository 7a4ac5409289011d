"""When a message may leave: the one pacer for the outbox and for answers given directly from handlers.

Owns the slots of each chat and of the bulk lane, and the pauses Telegram asked for, all in memory and on the
monotonic clock. It never sends, never decides what goes first (the dispatcher does), never touches the outbox.
Limits: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from math import ceil
from typing import Any, Final

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from bot.gates import Bucket, Bulk, Gate, Unlimited, Window
from bot.transport import wait_of
from storage.clock import Clock
from storage.outbox import Lane

Chat = int | str
"""A chat as the Bot API takes it: positive ids are private, negative ids and @names groups and channels."""

Answer = bool | dict[str, Any] | list[dict[str, Any]]

PAID_BULK_PER_SECOND: Final = 1_000
"""With paid broadcasts switched on (Bot API, allow_paid_broadcast)."""

LEAST_SWEPT: Final = 1_024
"""Books of fewer chats than this are not worth a sweep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Messages per time; 0 switches a limit off. A rested private chat takes `per_chat_burst` at once."""

    per_chat_per_second: float = 1
    per_chat_burst: int = 5
    group_per_minute: int = 20
    bulk_per_second: float = 30
    paid_broadcast: bool = False


@dataclass(slots=True)
class _Line:
    """One chat: its gate, its pause, and who waits in `acquire`, bulk (index True) apart from and behind the rest."""

    gate: Gate
    paused_until: float = float("-inf")
    waiting: list[int] = field(default_factory=lambda: [0, 0])
    turns: tuple[asyncio.Lock, asyncio.Lock] = field(default_factory=lambda: (asyncio.Lock(), asyncio.Lock()))

    def ahead_of(self, lane: Lane) -> int:
        """How many go before someone who comes now."""
        return sum(self.waiting) if lane.is_bulk else self.waiting[False]

    def is_idle(self, now: float) -> bool:
        return not any(self.waiting) and self.paused_until <= now and self.gate.is_rested(now)


class Pacer:
    """Who may send when; every instant is `clock.monotonic()` seconds.

    A dispatcher asks `ready_at`, and calls `take` when that says now. Whoever can wait calls `acquire`.
    Those waiting in `acquire` are served in order within their chat; `ready_at` puts newcomers behind them.
    """

    def __init__(self, clock: Clock, limits: Limits) -> None:
        self._clock = clock
        self._limits = limits
        per_second = PAID_BULK_PER_SECOND if limits.paid_broadcast else limits.bulk_per_second
        self._bulk = Bulk(per_second if limits.bulk_per_second else 0)
        self._bulk_paused_until = float("-inf")
        self._lines: dict[Chat, _Line] = {}
        self._sweep_at = LEAST_SWEPT
        # Counted for whoever watches: pauses Telegram asked for by what they hold up, and waits in `acquire`.
        self.pauses: Counter[str] = Counter()
        self.waits = 0
        self.waited = 0.0

    @property
    def remembered(self) -> int:
        """Chats in the books: those used, paused or waited for lately."""
        return len(self._lines)

    def ready_at(self, lane: Lane, chat: Chat) -> float:
        """The instant at which a message may go; never in the past, so `<= clock.monotonic()` means now."""
        line = self._lines.get(_key(chat))
        return self._ready_at(lane, line, line.ahead_of(lane) if line else 0)

    def take(self, lane: Lane, chat: Chat) -> float:
        """Use the next slot; return its instant.

        Meant for the moment when `ready_at` says now. Taken earlier it is a promise to send then: a later pause
        does not move it, and of a bulk lane nothing else goes before it.
        """
        line = self._line(chat)
        return self._take(lane, line, self._ready_at(lane, line, line.ahead_of(lane)))

    async def acquire(self, lane: Lane, chat: Chat) -> None:
        """Return when a message may go, its slot taken; first come, first served within a chat.

        Nothing is taken before that moment, so whoever is cancelled while waiting leaves no gap. Bulk by the
        thousands belongs in the outbox: here every waiting message watches the clock for itself.
        """
        line = self._line(chat)
        now = self._clock.monotonic()
        if not line.ahead_of(lane) and self._ready_at(lane, line, 0) <= now:
            self._take(lane, line, now)
            return
        with _in_line(line, lane):
            async with line.turns[lane.is_bulk]:
                await self._sleep_until_ready(lane, line)
                self._take(lane, line, self._clock.monotonic())
        self.waits += 1
        self.waited += self._clock.monotonic() - now

    def pause_chat(self, chat: Chat, seconds: float) -> None:
        """Nothing goes to `chat` for `seconds` from now; a longer pause that is already there stays."""
        self.pauses["chat"] += 1
        line = self._line(chat)
        line.paused_until = max(line.paused_until, self._clock.monotonic() + seconds)

    def pause_bulk(self, seconds: float) -> None:
        """No reminder or broadcast goes for `seconds` from now; a longer pause that is already there stays."""
        self.pauses["bulk"] += 1
        self._bulk_paused_until = max(self._bulk_paused_until, self._clock.monotonic() + seconds)

    def on_retry_after(self, lane: Lane, chat: Chat, seconds: float) -> None:
        """Telegram refused a message (429): its chat pauses, and if it was bulk both bulk lanes do."""
        self.pause_chat(chat, seconds)
        if lane.is_bulk:
            self.pause_bulk(seconds)

    async def _sleep_until_ready(self, lane: Lane, line: _Line) -> None:
        """For the first in its line. After every sleep there may be a new pause, or replies that bulk lets pass."""
        while True:
            wait = self._ready_at(lane, line, line.waiting[False] if lane.is_bulk else 0) - self._clock.monotonic()
            if wait <= 0:
                return
            await self._clock.sleep(wait)

    def _ready_at(self, lane: Lane, line: _Line | None, ahead: int) -> float:
        now = self._clock.monotonic()
        at = max(line.gate.ready_at(now, ahead), line.paused_until) if line else now
        return max(at, self._bulk.ready_at(now), self._bulk_paused_until) if lane.is_bulk else at

    def _take(self, lane: Lane, line: _Line, at: float) -> float:
        line.gate.take(at)
        if lane.is_bulk:
            self._bulk.take(at)
        else:
            self._bulk.make_room(self._clock.monotonic())
        return at

    def _line(self, chat: Chat) -> _Line:
        key = _key(chat)
        line = self._lines.get(key)
        if line is None:
            self._sweep()
            line = self._lines[key] = _Line(self._gate(key))
        return line

    def _gate(self, key: Chat) -> Gate:
        if isinstance(key, int) and key > 0:
            rate = self._limits.per_chat_per_second
            return Bucket(rate, self._limits.per_chat_burst) if rate else Unlimited()
        limit = self._limits.group_per_minute
        return Window(limit) if limit else Unlimited()

    def _sweep(self) -> None:
        """Forget idle chats whenever the books have doubled: a constant cost per chat met."""
        if len(self._lines) < self._sweep_at:
            return
        now = self._clock.monotonic()
        self._lines = {key: line for key, line in self._lines.items() if not line.is_idle(now)}
        self._sweep_at = max(LEAST_SWEPT, 2 * len(self._lines))


class Paced(Enum):
    """What a caller has already done about pacing; goes in `rate_limit_args` where a lane may stand."""

    ALREADY = auto()


ALREADY_PACED: Final = Paced.ALREADY
"""The courier's calls: their outbox row took its slot before, and the outbox decides what a 429 means for it."""

TRIES: Final = 3

MESSAGES: Final = ("send", "edit", "copyMessage", "forwardMessage")
"""How the methods begin that Telegram counts as messages when they name a chat."""

NOT_MESSAGES: Final = ("sendChatAction", "editChat", "editForumTopic", "editGeneralForumTopic")


class PacedLimiter(BaseRateLimiter[Lane | Paced]):
    """Takes python-telegram-bot's calls to the pacer; `rate_limit_args` is a lane, and a reply where there is none.

    Only messages to a chat wait. Query answers, look-ups and edits of inline messages pass straight through.
    A refused message (429) was not delivered, so it is tried again, three times in all; bulk is left to the outbox.
    A wait that is known to exceed `patience` seconds is not begun, the caller gets RetryAfter: it holds up a person.
    """

    __slots__ = ("_clock", "_pacer", "_patience")

    def __init__(self, pacer: Pacer, clock: Clock, patience: float = 90.0) -> None:
        self._pacer = pacer
        self._clock = clock
        self._patience = patience

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, Answer]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: Lane | Paced | None,
    ) -> Answer:
        """Call when the pacer lets it go. Raises what the call raises, RetryAfter only when waiting did not help."""
        chat = data.get("chat_id")
        if chat is None or not endpoint.startswith(MESSAGES) or endpoint.startswith(NOT_MESSAGES):
            return await callback(*args, **kwargs)
        if isinstance(rate_limit_args, Paced):
            try:
                answer = await callback(*args, **kwargs)
            except RetryAfter as refusal:
                self._pacer.pause_chat(chat, wait_of(refusal))
                raise
            self._count_album(Lane.ORDER, chat, data)
            return answer
        lane = Lane.REPLY if rate_limit_args is None else rate_limit_args
        for tries_left in reversed(range(TRIES)):
            self._refuse_long_waits(lane, chat)
            await self._pacer.acquire(lane, chat)
            try:
                answer = await callback(*args, **kwargs)
            except RetryAfter as refusal:
                self._pacer.on_retry_after(lane, chat, wait_of(refusal))
                if lane.is_bulk or not tries_left:
                    raise
            else:
                self._count_album(lane, chat, data)
                return answer
        raise AssertionError("unreachable: the last try returns or raises")

    def _count_album(self, lane: Lane, chat: Chat, data: dict[str, Any]) -> None:
        """An album is as many messages as it has files: what comes after it waits for all of them."""
        media = data.get("media")
        for _ in range(len(media) - 1 if isinstance(media, list | tuple) else 0):
            self._pacer.take(lane, chat)

    def _refuse_long_waits(self, lane: Lane, chat: Chat) -> None:
        wait = self._pacer.ready_at(lane, chat) - self._clock.monotonic()
        if wait > self._patience:
            raise RetryAfter(ceil(wait))


@contextmanager
def _in_line(line: _Line, lane: Lane) -> Iterator[None]:
    line.waiting[lane.is_bulk] += 1
    try:
        yield
    finally:
        line.waiting[lane.is_bulk] -= 1


def _key(chat: Chat) -> Chat:
    """One key per chat: an id may also come as text, and names know no case."""
    if isinstance(chat, int):
        return chat
    return int(chat) if chat.removeprefix("-").isdecimal() else chat.lower()
