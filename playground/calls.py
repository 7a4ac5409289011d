"""The record of what bots asked for. Keeps, counts, forgets the oldest; never judges."""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a bot. `at` is monotonic seconds of the playground's clock; `error` is Telegram's words."""

    method: str
    params: Mapping[str, Any]
    ok: bool
    code: int
    error: str | None
    at: float
    result: Any = None


class CallLog:
    """The newest `size` calls (None keeps all) and counts of all calls ever."""

    def __init__(self, size: int | None = 100_000) -> None:
        self._calls: deque[Call] = deque(maxlen=size)
        self.counts: Counter[str] = Counter()
        self.codes: Counter[int] = Counter()

    def add(self, call: Call) -> None:
        self._calls.append(call)
        self.counts[call.method] += 1
        self.codes[call.code] += 1

    def of(self, method: str) -> list[Call]:
        return [call for call in self._calls if call.method == method]

    def newest(self, number: int) -> list[Call]:
        """The newest `number` calls but for the bot's polling, the latest first."""
        return list(islice((call for call in reversed(self._calls) if call.method != "getUpdates"), number))

    def clear(self) -> None:
        self._calls.clear()

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index: int) -> Call:
        return self._calls[index]
