"""Sending what the outbox holds: first lane first, in order within a chat, as the pacer lets it go.

Owns when a row is claimed, sent again or given up. Never renders and never talks to Telegram: `deliver` does.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from scheduler.waiting import wait
from storage import outbox
from storage.clock import Clock
from storage.connection import Tx
from storage.outbox import Lane, NotSent, Outcome, RetryAfter, Row, Unknown
from storage.store import Store

log = logging.getLogger(__name__)

IN_FLIGHT = 32
LOOK_AHEAD = 64  # rows read at once
MOST_HELD = 2_000  # rows known to wait for the pacer; beyond that nothing more is read until some may go
SWEEP_SECONDS = 5.0  # for rows another process has written
BACKOFF_SECONDS = (1.0, 2.0, 5.0, 15.0, 60.0)


class Pacer(Protocol):
    """What dispatch needs of the pacer; instants are the clock's monotonic seconds."""

    def ready_at(self, lane: Lane, chat: int | str) -> float:
        """When a message of this lane may leave for this chat."""

    def take(self, lane: Lane, chat: int | str) -> float:
        """Reserve the next place; returns when it is."""

    def on_retry_after(self, lane: Lane, chat: int | str, seconds: float) -> None:
        """Telegram asked to wait."""


Deliver = Callable[[Row], Awaitable[Outcome]]


class Dispatch:
    """One loop over the outbox; at most `in_flight` deliveries at once."""

    def __init__(
        self, store: Store, clock: Clock, pacer: Pacer, deliver: Deliver, *, in_flight: int = IN_FLIGHT
    ) -> None:
        self._store = store
        self._clock = clock
        self._pacer = pacer
        self._deliver = deliver
        self._room = in_flight
        self._running: set[asyncio.Task[None]] = set()
        # Row id -> monotonic instant before which it need not be looked at. Lost at a restart, which is harmless.
        self._held: dict[int, float] = {}
        self._stopping = False

    @property
    def in_flight(self) -> int:
        return len(self._running)

    async def run(self) -> None:
        """Send until `stop`; what a kill left on the way goes first."""
        healed = await self._store.write(outbox.heal)
        if healed:
            log.warning("sending again what was cut short", extra={"rows": healed})
        while not self._stopping:
            self._store.outbox.clear()
            try:
                pause = await self._start_what_may_go()
            except Exception:
                log.exception("outbox could not be read or claimed")
                pause = BACKOFF_SECONDS[0]
            if pause > 0 and not self._stopping:
                await wait(self._store.outbox, self._clock, pause)

    async def stop(self) -> None:
        """Start nothing more, wait for what is on the way."""
        self._stopping = True
        self._store.outbox.set()
        if self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _start_what_may_go(self) -> float:
        """Start every delivery that may go now; returns seconds until it is worth looking again."""
        room = self._room - len(self._running)
        if room <= 0:
            return SWEEP_SECONDS
        now, instant = self._clock.now(), self._clock.monotonic()
        self._held = {id_: at for id_, at in self._held.items() if at > instant}
        if len(self._held) >= MOST_HELD:
            return min(self._held.values()) - instant
        found, later = await self._store.read(self._find, now)
        chosen: list[Row] = []
        for row in found:
            if len(chosen) >= room:
                break
            at = self._pacer.ready_at(row.lane, row.chat_id)
            if at <= instant:
                self._pacer.take(row.lane, row.chat_id)
                chosen.append(row)
            else:
                self._held[row.id] = at
        if chosen:
            claimed = set(await self._store.write(outbox.claim, [row.id for row in chosen]))
            for row in chosen:
                if row.id in claimed:
                    self._start(row)
        if len(found) >= LOOK_AHEAD or (chosen and len(chosen) < room):
            return 0.0
        return self._pause(now, instant, later)

    def _find(self, tx: Tx, now: int) -> tuple[list[Row], int | None]:
        """A query: what may leave now, and when the next row that may not yet comes due."""
        return outbox.eligible(tx, Lane, self._held, LOOK_AHEAD, now), outbox.next_due(tx, now)

    def _pause(self, now: int, instant: float, later: int | None) -> float:
        waits = [SWEEP_SECONDS, *(at - instant for at in self._held.values())]
        if later is not None:
            waits.append((later - now) / 1000)
        return max(0.001, min(waits))

    def _start(self, row: Row) -> None:
        task = asyncio.create_task(self._send(row), name=f"outbox-{row.id}")
        self._running.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._store.outbox.set()

    async def _send(self, row: Row) -> None:
        try:
            outcome = await self._deliver(row)
        except Exception as error:
            # A bug in rendering must not stop the others, and must not be tried for ever.
            log.exception("message could not be rendered or sent", extra={"row": row.id, "kind": row.kind})
            outcome = outbox.Rejected(reason=type(error).__name__)
        self._hold(row, outcome)
        await self._settle(row, outcome)

    def _hold(self, row: Row, outcome: Outcome) -> None:
        instant = self._clock.monotonic()
        match outcome:
            case RetryAfter(seconds=seconds):
                self._pacer.on_retry_after(row.lane, row.chat_id, seconds)
                self._held[row.id] = instant + seconds
            case NotSent() | Unknown():
                self._held[row.id] = instant + BACKOFF_SECONDS[min(row.attempts, len(BACKOFF_SECONDS) - 1)]
            case _:
                pass

    async def _settle(self, row: Row, outcome: Outcome) -> None:
        """Write the ending down. While the books can't be written the row stays `sending`, and is tried again here:
        forgetting it would send the message twice."""
        for attempt in range(1000):
            try:
                await self._store.write(outbox.settle, [(row, outcome)], self._clock.now())
            except Exception:
                log.exception("outbox row could not be settled", extra={"row": row.id})
                if self._stopping:
                    return
                await self._clock.sleep(BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS) - 1)])
            else:
                return
