"""A bot's mail: updates from their creation until the bot confirms them. Owns update ids, offsets, long polls.

Ids are never used again. `allowed_updates` is applied when an update is created, as in the Bot API. The whole
history can be kept so that an old update is delivered once more under its own id.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from playground.clock import Clock
from playground.refusals import conflict
from playground.signals import Signal

Update = dict[str, Any]

KINDS = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "message_reaction",
    "message_reaction_count",
)
ONLY_WHEN_ASKED_FOR = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
FIRST_UPDATE_ID = 700_000_001
HISTORY = 100_000
LONGEST_POLL = 50


class Mailbox:
    """The updates of one bot."""

    def __init__(self, clock: Clock, redelivers: Callable[[Update], bool]) -> None:
        self._clock = clock
        self._redelivers = redelivers
        self._next_id = FIRST_UPDATE_ID
        self._waiting: OrderedDict[int, Update] = OrderedDict()
        self._again: deque[Update] = deque()
        self._history: OrderedDict[int, Update] = OrderedDict()
        self._poll: asyncio.Future[str] | None = None
        self.arrived = Signal()
        self.allowed: frozenset[str] | None = None
        self.polls = 0

    @property
    def pending(self) -> int:
        return len(self._waiting) + len(self._again)

    def allow(self, kinds: Iterable[str] | None) -> None:
        """None leaves the setting, an empty list means the default set."""
        if kinds is not None:
            known = frozenset(kinds) & frozenset(KINDS)
            self.allowed = known or None

    def allows(self, kind: str) -> bool:
        return kind not in ONLY_WHEN_ASKED_FOR if self.allowed is None else kind in self.allowed

    def add(self, kind: str, content: dict[str, Any]) -> int | None:
        """Create an update; its id, or None if the bot does not want this kind."""
        if not self.allows(kind):
            return None
        update_id = self._next_id
        self._next_id += 1
        update = {"update_id": update_id, kind: content}
        self._waiting[update_id] = update
        self._history[update_id] = update
        if len(self._history) > HISTORY:
            self._history.popitem(last=False)
        self.arrived.notify()
        return update_id

    def again(self, update_id: int) -> None:
        """Deliver an update once more, confirmed or not. Raises `KeyError` if it never was."""
        self._again.append(self._history[update_id])
        self.arrived.notify()

    def knows(self, update_id: int) -> bool:
        return update_id in self._history

    @property
    def last_id(self) -> int:
        """The id of the newest update ever created, 0 before the first."""
        return self._next_id - 1 if self._next_id > FIRST_UPDATE_ID else 0

    def confirm_below(self, offset: int) -> None:
        """Forget the updates under `offset`; a negative one keeps only that many of the newest."""
        if offset < 0:
            keys = list(self._waiting)
            offset = keys[offset] if -offset <= len(keys) else 0
        while self._waiting:
            update_id, update = next(iter(self._waiting.items()))
            if update_id >= offset:
                return
            del self._waiting[update_id]
            if self._redelivers(update):
                self._again.append(update)

    def forget_all(self) -> None:
        self._waiting.clear()
        self._again.clear()

    def take(self, limit: int) -> list[Update]:
        """What a poll gets now. Redelivered updates leave with it, the others stay until confirmed."""
        batch: list[Update] = []
        while self._again and len(batch) < limit:
            batch.append(self._again.popleft())
        for update in self._waiting.values():
            if len(batch) >= limit:
                break
            batch.append(update)
        return batch

    def undelivered(self) -> Iterator[Update]:
        """What a webhook has still to be brought, in order; redelivered ones first."""
        yield from self._again
        yield from self._waiting.values()

    def delivered_by_webhook(self, update: Update) -> None:
        again = next((index for index, one in enumerate(self._again) if one is update), None)
        if again is not None:
            del self._again[again]
            return
        self._waiting.pop(update["update_id"], None)
        if self._redelivers(update):
            self._again.append(update)
            self.arrived.notify()

    def end_poll(self, reason: str) -> None:
        """Cut a waiting long poll short with a 409."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(reason)

    async def poll(self, offset: int, limit: int, timeout: int) -> list[Update]:
        """getUpdates: confirm, then wait up to `timeout` seconds of the clock. 409 once another poll begins."""
        self.polls += 1
        self.end_poll("terminated by other getUpdates request; make sure that only one bot instance is running")
        if offset:
            self.confirm_below(offset)
        timeout = min(timeout, LONGEST_POLL)
        if self.pending or timeout <= 0:
            return self.take(limit)
        return await self._wait(limit, timeout)

    async def _wait(self, limit: int, timeout: int) -> list[Update]:
        ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._poll = ended
        arrival = self.arrived.next()
        alarm = asyncio.ensure_future(self._clock.sleep(timeout))
        try:
            waits: set[asyncio.Future[Any]] = {ended, arrival, alarm}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                raise conflict(ended.result())
            return self.take(limit)
        finally:
            arrival.cancel()
            alarm.cancel()
            ended.cancel()
            if self._poll is ended:
                self._poll = None
