"""Telegram's rate limits: how many messages a bot may send before it hears 429. Never delays anything.

Figures from the Bot FAQ: about one message a second in one chat with short bursts, 20 a minute in a group, 30 a
second over all chats, 1,000 with paid broadcast. 0 switches a figure off. `slack` is what Telegram lets pass beyond
the figure, so that a bot pacing itself exactly is not refused because two requests overtook each other on the way.
"""

import math
from collections import deque
from dataclasses import dataclass, field

GROUP_WINDOW = 60.0


@dataclass(slots=True, kw_only=True)
class Limits:
    per_chat_per_second: float = 1
    per_chat_burst: int = 5
    group_per_minute: int = 20
    overall_per_second: int = 30
    paid_per_second: int = 1_000
    slack: float = 0.1
    enabled: bool = True
    refused: int = 0
    """How many calls got a 429 from here."""
    _chats: dict[int, tuple[float, float]] = field(default_factory=dict)
    _groups: dict[int, deque[float]] = field(default_factory=dict)
    _recent: deque[float] = field(default_factory=deque)

    @classmethod
    def off(cls) -> "Limits":
        return cls(enabled=False)

    @classmethod
    def telegram(cls) -> "Limits":
        return cls()

    def retry_after(self, chat_id: int, now: float, *, paid: bool = False, messages: int = 1) -> int | None:
        """Count a message to `chat_id` at monotonic `now`; whole seconds to wait if it is one too many.

        An album of so many `messages` goes where one may go, and each counts. A refused call counts nothing.
        """
        if not self.enabled:
            return None
        waits = [
            self._wait_in_chat(chat_id, now) if chat_id > 0 else self._wait_in_group(chat_id, now),
            self._wait_overall(now, self.paid_per_second if paid else self.overall_per_second),
        ]
        wait = max(waits)
        if wait > 0:
            self.refused += 1
            return max(1, math.ceil(wait))
        for _ in range(messages):
            self._count(chat_id, now)
        return None

    def _wait_in_chat(self, chat_id: int, now: float) -> float:
        if not self.per_chat_per_second:
            return 0.0
        tokens = self._tokens(chat_id, now)
        return 0.0 if tokens >= 1 - self.slack else (1 - tokens) / self.per_chat_per_second

    def _tokens(self, chat_id: int, now: float) -> float:
        tokens, since = self._chats.get(chat_id, (float(self.per_chat_burst), now))
        return min(float(self.per_chat_burst), tokens + (now - since) * self.per_chat_per_second)

    def _wait_in_group(self, chat_id: int, now: float) -> float:
        sent = self._groups.get(chat_id)
        if not self.group_per_minute or sent is None:
            return 0.0
        return _wait_in_window(sent, now, GROUP_WINDOW, self._allowed(self.group_per_minute))

    def _wait_overall(self, now: float, figure: int) -> float:
        return _wait_in_window(self._recent, now, 1.0, self._allowed(figure)) if figure else 0.0

    def _allowed(self, figure: int) -> int:
        return math.ceil(figure * (1 + self.slack))

    def _count(self, chat_id: int, now: float) -> None:
        self._recent.append(now)
        if chat_id > 0:
            self._chats[chat_id] = (self._tokens(chat_id, now) - 1, now)
        else:
            self._groups.setdefault(chat_id, deque()).append(now)


def _wait_in_window(sent: deque[float], now: float, window: float, allowed: int) -> float:
    while sent and sent[0] <= now - window:
        sent.popleft()
    return 0.0 if len(sent) < allowed else sent[len(sent) - allowed] + window - now
