"""Taking updates in: raw JSON into the inbox first, then word to Telegram, handlers last.

Owns the life of one update from its row to done or set aside. How updates get here is in `bot/polling.py` and
`bot/webhook.py`; knows no route.
"""

import asyncio
import json
import logging
import secrets
import time
from typing import Any

from telegram import Update
from telegram.error import TelegramError
from telegram.ext import Application

from bot.courier import outcome_of
from bot.health import Health
from bot.metrics import Metrics
from bot.queue import PersonQueue
from bot.updates import Json, chat_of, kind_of, lean, line_of, sender_of
from handlers.deps import Deps, Progress
from storage import inbox
from storage.clock import Clock
from storage.inbox import AlreadyHandled, Arrival, UpdateKey
from storage.outbox import Blocked, NotSent, Unknown
from storage.outbox import RetryAfter as AskedToWait
from storage.store import Store

log = logging.getLogger(__name__)

BATCH = 100  # Bot API, getUpdates: at most 100
MOST_QUEUED = 1_000  # beyond this nothing more is taken: the rest waits at Telegram
SWEEP_SECONDS = 5.0  # how soon `livestall inbox retry` is heard
ATTEMPT_PAUSES = (0.2, 1.0)
WAY_PAUSES = (0.5, 1.0, 2.0, 5.0, 15.0, 30.0, 60.0, 60.0)  # between answers that did not get through to Telegram


class Intake:
    """Keeps, queues and closes updates of one bot."""

    def __init__(
        self,
        *,
        application: Application[Any, Any, Any, Any, Any, Any],
        deps: Deps,
        queue: PersonQueue,
        health: Health,
        metrics: Metrics,
    ) -> None:
        self._application = application
        self._bot = deps.bot
        self._deps = deps
        self._store: Store = deps.store
        self._clock: Clock = deps.clock
        self._progress: Progress = deps.progress
        self._queue = queue
        self._health = health
        self._metrics = metrics
        self._in_hand: set[int] = set()
        self._let_go: set[int] = set()  # no longer in hand since the last look for retries began
        self._looked_up: list[UpdateKey] = []
        self._acks = asyncio.Event()
        self._stopping = False

    async def replay(self) -> int:
        """Queue what a stop or kill has left open, in order; returns how many."""
        count, after = 0, -1
        while rows := await self._store.read(inbox.leftovers, self._bot.id, after, BATCH):
            for update_id, raw in rows:
                count += self._queue_up(update_id, raw)
            after = rows[-1][0]
            await self.has_room()
        return count

    async def has_room(self, timeout: float | None = None) -> bool:
        """Wait, at most `timeout` seconds, while `MOST_QUEUED` updates are in hand; False if they still are."""
        return await self._queue.wait_below(MOST_QUEUED, timeout)

    async def take_in(self, updates: list[Json]) -> None:
        """Keep updates, and queue those that are new. Once this returns Telegram may hear that they have arrived."""
        if not updates:
            return
        arrivals = [
            Arrival(
                update_id=update["update_id"],
                raw=json.dumps(update, separators=(",", ":")),  # plain ASCII: any text survives
                sender=sender_of(update),
            )
            for update in updates
        ]
        new = set(await self._store.write(inbox.keep, self._bot.id, arrivals, self._clock.now()))
        self._metrics.updates_again.inc(len(arrivals) - len(new))
        for arrival, update in zip(arrivals, updates, strict=True):
            if arrival.update_id in new:
                new.remove(arrival.update_id)
                self._metrics.updates.labels(kind_of(update)).inc()
                self._queue_up(arrival.update_id, arrival.raw, update)

    async def sweep(self) -> None:
        """Close look-ups in batches: whatever ended during the last commit goes into the next."""
        while not self._stopping:
            await self._acks.wait()
            self._acks.clear()
            await self.acknowledge()

    async def listen_for_retries(self) -> None:
        """Every few seconds: queue open updates that nobody has in hand."""
        while not self._stopping:
            await self._clock.sleep(SWEEP_SECONDS)
            # What ends while we read may still look open in what was read.
            self._let_go.clear()
            try:
                for update_id, raw in await self._store.read(inbox.leftovers, self._bot.id, -1, BATCH):
                    if update_id not in self._let_go:
                        self._queue_up(update_id, raw)
            except Exception:
                log.exception("inbox could not be read")

    async def acknowledge(self) -> None:
        """Mark updates done that led to no act."""
        batch, self._looked_up = self._looked_up, []
        if not batch:
            return
        try:
            await self._store.write(inbox.close, batch, self._clock.now())
        except Exception:
            # They stay open and are looked up once more after a restart: harmless.
            log.exception("inbox rows could not be closed")
        for key in batch:
            self._ended(key.update_id)

    async def finish(self, timeout: float) -> None:
        """Before the exit: finish what is in hand, `timeout` seconds at most; the inbox knows what is left."""
        self._stopping = True
        self._acks.set()
        await self._queue.drain(timeout)
        await self.acknowledge()

    def _queue_up(self, update_id: int, raw: str, update: Json | None = None) -> bool:
        """Put an update in its person's line unless it is in hand already."""
        if update_id in self._in_hand:
            return False
        self._in_hand.add(update_id)
        parsed: Json = json.loads(raw) if update is None else update
        self._queue.put(line_of(parsed), lambda: self._handle(update_id, parsed))
        return True

    async def _handle(self, update_id: int, raw: Json) -> None:
        """Handle one update to its end: done, or set aside after three failures.

        Trouble on the way to Telegram is nobody's failure: the person's line waits for it to pass.
        """
        key = UpdateKey(self._bot.id, update_id)
        tries = failures = 0
        while True:
            acted, error = await self._process(update_id, raw)
            outcome = outcome_of(error) if isinstance(error, TelegramError) else None
            if error is None or isinstance(error, AlreadyHandled) or isinstance(outcome, Blocked):
                break
            if not acted and isinstance(outcome, AskedToWait | NotSent | Unknown) and self._waits(tries):
                seconds = outcome.seconds if isinstance(outcome, AskedToWait) else 0.0
                await self._clock.sleep(max(seconds, WAY_PAUSES[min(tries, len(WAY_PAUSES) - 1)]))
                tries += 1
                continue
            failures += 1
            if await self._failed(key, raw, error) or failures == inbox.MAX_ATTEMPTS:
                self._ended(update_id)
                return
            await self._clock.sleep(ATTEMPT_PAUSES[failures - 1])
        if acted:
            self._ended(update_id)
        else:
            self._looked_up.append(key)
            self._acks.set()

    def _ended(self, update_id: int) -> None:
        self._in_hand.discard(update_id)
        self._let_go.add(update_id)

    def _waits(self, tries: int) -> bool:
        """Whether an answer that did not get through is tried again without counting it. While no update
        comes in either it is the network, and it is waited for as long as it takes; else this answer is at fault."""
        return tries < len(WAY_PAUSES) or not self._health.is_ready

    async def _process(self, update_id: int, raw: Json) -> tuple[bool, Exception | None]:
        began = time.perf_counter()
        try:
            update = Update.de_json(lean(raw), self._bot)
            self._note_newest(update)
            await self._application.process_update(update)
        except Exception as error:
            self._progress.failed(update_id, error)
        self._metrics.handling.labels(kind_of(raw)).observe(time.perf_counter() - began)
        return self._progress.take(update_id)

    def _note_newest(self, update: Update) -> None:
        if update.message is not None:
            self._deps.newest.note(update.message.chat_id, update.message.message_id)

    async def _failed(self, key: UpdateKey, raw: Json, error: Exception) -> bool:
        """Count the failure; True when no further attempt should follow now."""
        incident = secrets.token_hex(3).upper()
        self._metrics.handler_failures.inc()
        log.error(
            "handler failed",
            exc_info=error,
            extra={"update_id": key.update_id, "incident": incident},
        )
        try:
            return await self._store.write(
                inbox.failed,
                key=key,
                error=type(error).__name__,
                incident=incident,
                chat=chat_of(raw),
                now=self._clock.now(),
            )
        except Exception:
            # The books can't be written (disk full): the row stays open and the sweep brings it back.
            log.exception("failure could not be noted", extra={"update_id": key.update_id})
            return True
