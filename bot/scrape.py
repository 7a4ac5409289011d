"""The page `/metrics`: what has been counted, and a look at the stall and its books at the moment it is asked for.

Owns the names of what is looked up. The books are asked on a reader's connection and with little patience: a page
without them is better than a page that holds something up.
"""

import asyncio
import logging
import platform
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Final

from prometheus_client import Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, SummaryMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.compose import Stall
from bot.metrics import PREFIX, Metrics
from storage.connection import Tx
from storage.figures import Figures, Waiting, figures

log = logging.getLogger(__name__)

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
BOOKS_SECONDS: Final = 2.0
"""How long the page waits for the books."""

Look = tuple[Figures, dict[str, int], int]
"""The figures, by how much each source of deadlines is late (ms), and the instant of both (UTC ms)."""


async def page(metrics: Metrics, stall: Stall | None, *, is_ready: bool) -> bytes:
    """The whole page in the text format. Never fails: what can't be looked up is left out."""
    looked_up: Iterable[Metric] = _process(is_ready)
    if stall is not None:
        look = await _look(stall)
        looked_up = chain(looked_up, _stall(stall), _webhook(stall), _books(stall, look))
    return generate_latest(_Page(chain(metrics.registry.collect(), looked_up)))


class _Page:
    """What `generate_latest` takes: the families, without the library's `_created` series, a second line for each."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        for family in self._families:
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family


async def _look(stall: Stall) -> Look | None:
    deps, wakeups = stall.deps, stall.wakeups
    now, bot = deps.clock.now(), deps.bot.id

    def look(tx: Tx) -> Look:
        return figures(tx, bot, now), wakeups.overdue(tx, now), now

    try:
        async with asyncio.timeout(BOOKS_SECONDS):
            return await deps.store.read(look)
    except Exception as error:  # closed, busy, damaged: the page says so in `books_readable`
        log.warning("the books can't be read for the metrics", extra={"error": type(error).__name__})
        return None


def _process(is_ready: bool) -> Iterator[Metric]:
    yield _gauge("ready", "1 while /readyz says so, else 0.", is_ready)
    build = InfoMetricFamily(f"{PREFIX}_build", "Always 1; the versions stand in the labels.")
    build.add_metric([], {"version": _version(), "python": platform.python_version()})
    yield build


def _version() -> str:
    try:
        return metadata.version("livestall")
    except metadata.PackageNotFoundError:  # run from a checkout that was never installed
        return "unknown"


def _stall(stall: Stall) -> Iterator[Metric]:
    deps, pacer = stall.deps, stall.pacer
    yield _gauge("queue_updates", "Updates that wait for their turn or are being handled.", stall.queue.size)
    yield _gauge("queue_people", "People who have such updates.", stall.queue.keys)
    yield _gauge("outbox_in_flight", "Messages of the outbox on their way to Telegram.", stall.dispatch.in_flight)
    yield _counters("acts_refused_total", "Acts that changed nothing, by ending.", "reason", deps.refused_acts)
    yield _counters("taps_refused_total", "Taps that could do nothing.", "reason", deps.refused_taps)
    yield _counters("pacer_pauses_total", "Pauses Telegram asked for, by what they hold up.", "held", pacer.pauses)
    waits = SummaryMetricFamily(f"{PREFIX}_pacer_wait_seconds", "Time answers waited for their place in the pace.")
    waits.add_metric([], count_value=pacer.waits, sum_value=pacer.waited)
    yield waits


def _webhook(stall: Stall) -> Iterator[Metric]:
    if stall.webhook is None:
        return
    yield _gauge("webhook_calls", "Calls of the webhook that wait for their answer.", stall.webhook.calls)
    seen = stall.webhook.seen
    yield _gauge(
        "webhook_pending_updates",
        "Updates that wait at Telegram, as of the last look (once a minute).",
        seen.pending_update_count if seen else 0,
    )
    error = seen.last_error_date if seen else None
    yield _gauge(
        "webhook_last_error_timestamp_seconds",
        "When Telegram last failed to deliver, as of the last look; 0 if never.",
        error.timestamp() if error else 0,
    )


def _books(stall: Stall, look: Look | None) -> Iterator[Metric]:
    path = stall.deps.store.path
    yield _gauge("books_readable", "1 if the books could be read for this page, else 0.", look is not None)
    sizes = {"database": _size(path), "wal": _size(path.with_name(f"{path.name}-wal"))}
    yield _gauges("books_bytes", "Size of the database and of the log beside it.", "file", sizes)
    if look is None:
        return
    found, late, now = look
    lanes = {lane.name.lower(): waiting for lane, waiting in found.outbox.items()}
    yield _gauge("inbox_open", "Updates in the books that are not done.", found.inbox.count)
    yield _gauge("inbox_oldest_seconds", "Age of the oldest of them.", _age(found.inbox, now))
    yield _gauge("inbox_set_aside", "Updates given up, waiting for `livestall inbox retry`.", found.set_aside)
    yield _gauges(
        "outbox_queued", "Messages that wait to be sent.", "lane", {lane: row.count for lane, row in lanes.items()}
    )
    yield _gauges(
        "outbox_oldest_seconds",
        "For how long the oldest message that may go has waited.",
        "lane",
        {lane: _age(row, now) for lane, row in lanes.items()},
    )
    yield _gauges(
        "due_late_seconds",
        "For how long the oldest deadline has been due and not handled.",
        "work",
        {name: milliseconds / 1000 for name, milliseconds in late.items()},
    )
    yield _gauge("receipts_waiting", "Receipts that wait for a cashier.", found.receipts.count)
    yield _gauge("receipts_oldest_seconds", "Age of the oldest of them.", _age(found.receipts, now))
    yield _gauge("refunds_owed", "Refunds that nobody has sent yet.", found.refunds)
    yield _gauge("orders_unpaid", "Orders that hold units and will run out unless they are paid.", found.unpaid)


def _age(waiting: Waiting, now: int) -> float:
    return 0.0 if waiting.since is None else max(0, now - waiting.since) / 1000


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", words, value=value)


def _gauges(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _counters(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(f"{PREFIX}_{name}", words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
