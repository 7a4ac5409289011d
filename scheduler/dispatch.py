"""Sending what the outbox holds: first lane first, in order within a chat, as the pacer lets it go.

Owns when a row is claimed, sent again or given up. Never renders and never talks to Telegram: `deliver` does.
"""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from scheduler.waiting import wait
from storage import outbox
from storage.clock import Clock
from storage.connection import Tx
from storage.outbox import Lane, NotSent, Outcome, RetryAfter, Row, Unknown
from storage.store import Store

log = logging.getLogger(__name__)

IN_FLIGHT = 32
SPARE_ROWS = 8  # read beyond the free places, because some may have to wait for their chats
MOST_HELD = 2_000  # rows known to wait for their chats; beyond that no more bulk is read until some may go
NOBODY = 0  # no chat has this id: what the pacer says of it holds for the whole lane
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
        # Slow answers to a broadcast must not keep the replies waiting for a place.
        self._bulk_room = in_flight - in_flight // 4
        self._running: dict[asyncio.Task[None], Lane] = {}
        # Row id -> monotonic instant before which it need not be looked at. Lost at a restart, which is harmless.
        self._held: dict[int, float] = {}
        self._healed = False
        self._stopping = False
        self._ended = asyncio.Event()
        self._ended.set()

    @property
    def in_flight(self) -> int:
        return len(self._running)

    async def run(self) -> None:
        """Send until `stop`; what a kill left on the way goes first."""
        self._ended.clear()
        try:
            while not self._stopping:
                self._store.outbox.clear()
                try:
                    await self._heal()
                    pause = await self._start_what_may_go()
                except Exception:
                    log.exception("outbox could not be read or claimed")
                    pause = BACKOFF_SECONDS[0]
                if pause > 0 and not self._stopping:
                    await wait(self._store.outbox, self._clock, pause)
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Start nothing more, wait for what is on the way."""
        self._stopping = True
        self._store.outbox.set()
        # A look that has begun may still claim rows: they are on the way too.
        await self._ended.wait()
        while self._running:
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _heal(self) -> None:
        if self._healed:
            return
        rows = await self._store.write(outbox.heal)
        self._healed = True
        if rows:
            log.warning("sending again what was cut short", extra={"rows": rows})

    async def _start_what_may_go(self) -> float:
        """Start every delivery that may go now; returns seconds until it is worth looking again."""
        room = self._room - len(self._running)
        if room <= 0:
            return SWEEP_SECONDS
        now, instant = self._clock.now(), self._clock.monotonic()
        self._held = {id_: at for id_, at in self._held.items() if at > instant}
        shut = {lane: at for lane in Lane if not self._is_now(at := self._pacer.ready_at(lane, NOBODY))}
        bulk_room = self._bulk_room - sum(lane.is_bulk for lane in self._running.values())
        has_bulk_room = bulk_room > 0 and len(self._held) < MOST_HELD
        lanes = [lane for lane in Lane if lane not in shut and (has_bulk_room or not lane.is_bulk)]
        limit = room + SPARE_ROWS
        found, later, is_late = await self._store.read(self._find, lanes, limit, now)
        if is_late:
            await self._store.write(outbox.pull_in, now)
            return 0.0
        if self._stopping:
            return 0.0
        chosen: list[Row] = []
        for row in found:
            if len(chosen) >= room:
                break
            if row.lane.is_bulk and bulk_room <= 0:
                continue
            at = self._pacer.ready_at(row.lane, row.chat_id)
            if self._is_now(at):
                self._pacer.take(row.lane, row.chat_id)
                chosen.append(row)
                bulk_room -= row.lane.is_bulk
            elif not self._is_now(opens := self._pacer.ready_at(row.lane, NOBODY)):
                # Its lane waits, not its chat: holding row by row would read the whole queue for every message.
                shut[row.lane] = opens
            else:
                self._held[row.id] = at
        if chosen:
            claimed = set(await self._store.write(outbox.claim, [row.id for row in chosen]))
            for row in chosen:
                if row.id in claimed:
                    self._start(row)
        if len(found) >= limit or (chosen and len(chosen) < room):
            return 0.0
        return self._pause(now, instant, later, shut.values())

    def _is_now(self, at: float) -> bool:
        """Has this instant come? The pacer says "now" as the instant it was asked, which is past by the time we look,
        so it is compared with the clock and never with an instant read before."""
        return at <= self._clock.monotonic()

    def _find(self, tx: Tx, lanes: list[Lane], limit: int, now: int) -> tuple[list[Row], int | None, bool]:
        """A query: what may leave now, when the next row that may not yet comes due, and whether some are kept by
        nothing but a clock that was set back."""
        found = outbox.eligible(tx, lanes, self._held, limit, now)
        return found, outbox.next_due(tx, now), outbox.is_from_the_future(tx, now)

    def _pause(self, now: int, instant: float, later: int | None, openings: Iterable[float]) -> float:
        waits = [SWEEP_SECONDS, *(at - instant for at in (*self._held.values(), *openings))]
        if later is not None:
            waits.append((later - now) / 1000)
        return max(0.001, min(waits))

    def _start(self, row: Row) -> None:
        task = asyncio.create_task(self._send(row), name=f"outbox-{row.id}")
        self._running[task] = row.lane
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
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
        for attempt in itertools.count():
            try:
                await self._store.write(outbox.settle, [(row, outcome)], self._clock.now())
            except Exception:
                log.exception("outbox row could not be settled", extra={"row": row.id})
                if self._stopping:
                    return
                await self._clock.sleep(BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS) - 1)])
            else:
                return
