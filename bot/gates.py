"""The arithmetic of the pacer: what one chat, or the bulk lane, may still take, and when.

Owns instants and sums; each gate is told the time and has no idea of chats, lanes or pauses.
"""

from collections import deque
from typing import Final, Protocol

BULK_FLOOR: Final = 5
"""Bulk messages per second that go however much else is said: a broadcast must not starve for ever."""

WINDOW: Final = 60.0
"""Telegram counts messages to a group by the minute."""


class Gate(Protocol):
    """What one chat may still take."""

    def ready_at(self, now: float, ahead: int = 0) -> float:
        """When the next message may go if `ahead` others go before it; never before `now`."""

    def take(self, at: float) -> None:
        """One message goes at `at`, an instant that `ready_at` gave."""

    def is_rested(self, now: float) -> bool:
        """True when a new gate would behave the same."""


class Bucket:
    """A burst, then one message per interval (the generic cell rate algorithm)."""

    __slots__ = ("_burst", "_full_at", "_interval")

    def __init__(self, per_second: float, burst: int) -> None:
        self._interval = 1 / per_second
        self._burst = max(1, burst)
        self._full_at = float("-inf")  # from then on the whole burst is there again

    def ready_at(self, now: float, ahead: int = 0) -> float:
        full_at = max(self._full_at, now) + ahead * self._interval
        return max(now, full_at - (self._burst - 1) * self._interval)

    def take(self, at: float) -> None:
        self._full_at = max(self._full_at, at) + self._interval

    def is_rested(self, now: float) -> bool:
        return self._full_at <= now


class Window:
    """At most `limit` messages in any 60 seconds, wherever those begin."""

    __slots__ = ("_limit", "_taken")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._taken: deque[float] = deque(maxlen=limit)

    def ready_at(self, now: float, ahead: int = 0) -> float:
        # The message `limit` places before ours decides. It may be one of those ahead, which go now or a round later.
        rounds, place = divmod(len(self._taken) + ahead - self._limit, self._limit)
        if rounds < 0:
            return now
        decisive = self._taken[place] if place < len(self._taken) else now
        return max(now, decisive + WINDOW) + rounds * WINDOW

    def take(self, at: float) -> None:
        self._taken.append(at)

    def is_rested(self, now: float) -> bool:
        return not self._taken or self._taken[-1] + WINDOW <= now


class Unlimited:
    """A limit that is switched off."""

    def ready_at(self, now: float, ahead: int = 0) -> float:
        return now

    def take(self, at: float) -> None:
        return None

    def is_rested(self, now: float) -> bool:
        return True


class Bulk:
    """Reminders and broadcasts to all chats: evenly spaced, at what the other lanes' last second left over.

    The spacing is worked out when asked, so it follows the replies both ways. `per_second` 0 means no limit.
    """

    __slots__ = ("_last", "_others", "_per_second")

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._last = float("-inf")
        self._others: deque[float] = deque()

    def ready_at(self, now: float) -> float:
        if not self._per_second:
            return now
        self._forget(now)
        left = self._per_second - len(self._others)
        return max(now, self._last + 1 / max(left, min(BULK_FLOOR, self._per_second)))

    def take(self, at: float) -> None:
        self._last = max(self._last, at)

    def make_room(self, now: float) -> None:
        """A message of another lane goes: it is never held, but bulk has one less in the second that follows."""
        if self._per_second:
            self._forget(now)
            self._others.append(now)

    def _forget(self, now: float) -> None:
        while self._others and self._others[0] <= now - 1:
            self._others.popleft()
