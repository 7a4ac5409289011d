"""What is counted while the stall runs, for the page `/metrics`.

Owns the names, the words about them and the registry: a new one for every process or test, never the library's global
one. Labels come from short fixed lists; no person, chat, order or text is ever one. What can be read off the stall at
any time (queues, books) is not counted here but looked up by `bot/scrape.py`.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

from storage.outbox import (
    Blocked,
    Delivered,
    Migrated,
    NotSent,
    Outcome,
    Pointless,
    Rejected,
    RetryAfter,
    Row,
    Unknown,
)

PREFIX: Final = "livestall"

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""From a commit on a fast disk to a long poll that found nothing."""

GROUPS: Final = (1, 2, 5, 10, 20, 50)
"""How many acts share a commit; `storage.store.GROUP` is the most."""

OUTCOMES: Final[dict[type[Outcome], str]] = {
    Delivered: "delivered",
    Blocked: "blocked",
    Migrated: "moved",
    RetryAfter: "asked_to_wait",
    Rejected: "rejected",
    Pointless: "pointless",
    NotSent: "not_sent",
    Unknown: "unheard",
}
"""What the endings of a delivery are called on the page."""

BUG: Final = "bug"
"""The outcome of a message that could not be rendered."""


class Metrics:
    """Everything that is counted; safe to use from the loop's thread, at a microsecond a count."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.updates = self._counter("updates_total", "Updates taken in for the first time.", "kind")
        self.updates_again = self._counter("updates_again_total", "Updates that came again, and were passed over.")
        self.handling = self._histogram("handler_seconds", "Time from a handler's start to its end.", SECONDS, "kind")
        self.handler_failures = self._counter("handler_failures_total", "Attempts at an update that failed.")
        self.webhook_requests = self._counter("webhook_requests_total", "Calls of the webhook by answer.", "status")
        self.messages = self._counter(
            "messages_total", "Attempts to deliver a message of the outbox, by how they ended.", "lane", "outcome"
        )
        self.repeats = self._counter(
            "messages_repeated_total", "Messages delivered that may have been delivered before.", "lane"
        )
        self.calls = self._counter(
            "telegram_calls_total", "Calls of the Bot API by answer (`none`: no answer).", "method", "answer"
        )
        self.call_seconds = self._histogram(
            "telegram_call_seconds", "Time from a call of the Bot API to its answer.", SECONDS, "method"
        )
        self.commit_seconds = self._histogram("commit_seconds", "Time a commit of the books took.", SECONDS)
        self.commit_acts = self._histogram("commit_acts", "Acts that shared a commit of the books.", GROUPS)

    def committed(self, acts: int, seconds: float) -> None:
        """For `Store.open`: a group of acts was committed, or failed."""
        self.commit_acts.observe(acts)
        self.commit_seconds.observe(seconds)

    def counting(self, deliver: Callable[[Row], Awaitable[Outcome]]) -> Callable[[Row], Awaitable[Outcome]]:
        """`deliver` itself, with every outcome counted."""

        async def counted(row: Row) -> Outcome:
            lane = row.lane.name.lower()
            try:
                outcome = await deliver(row)
            except Exception:
                self.messages.labels(lane, BUG).inc()
                raise
            self.messages.labels(lane, OUTCOMES[type(outcome)]).inc()
            if row.repeated and isinstance(outcome, Delivered):
                self.repeats.labels(lane).inc()
            return outcome

        return counted

    def call_ended(self, method: str, status: int | None, began: float) -> None:
        """A call of the Bot API that began at this `time.perf_counter()` has had `status` for an answer, or none."""
        self.calls.labels(method, answer_of(status)).inc()
        self.call_seconds.labels(method).observe(time.perf_counter() - began)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}_{name}", words, labels, registry=self.registry)

    def _histogram(self, name: str, words: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"{PREFIX}_{name}", words, labels, buckets=buckets, registry=self.registry)


def answer_of(status: int | None) -> str:
    """The class of an answer: few enough for a label, and each of them means something else for whoever looks."""
    match status:
        case None:
            return "none"
        case 400 | 401 | 403 | 404 | 409 | 429:
            return str(status)
        case _:
            return "ok" if 200 <= status < 300 else f"{status // 100}xx"
