"""Waking whoever waits for a change, without polling and without a task per waiter. Carries no data."""

import asyncio


class Signal:
    """`notify` wakes everybody who holds a future of `next` at that moment."""

    __slots__ = ("_waiters",)

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        waiters, self._waiters = self._waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def next(self) -> "asyncio.Future[None]":
        """A future of the next change.

        It counts from this very moment, not from the first await: between looking and waiting nothing is missed.
        """
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        waiter.add_done_callback(self._waiters.discard)
        return waiter
