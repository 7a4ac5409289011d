"""What is counted, and under which labels: few of them, and never anything about a person."""

from typing import get_args

import pytest
from telegram.error import NetworkError
from telegram.request import BaseRequest

from bot.counted import CountedRequest
from bot.metrics import OUTCOMES, Metrics, answer_of
from bot.transport import AiohttpRequest, NotSent
from storage.outbox import Blocked, Delivered, Lane, Outcome, Row, Unknown
from storage.store import GROUP
from tests.bot.server import refusing, serving, unused_port

TOKEN = "123456:AAF-a_token_that_nobody_may_ever_read"


def value(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"livestall_{name}", labels) or 0.0


def a_row(*, repeated: int = 0) -> Row:
    return Row(
        id=1, kind="say", params={}, chat_id=7, lane=Lane.ORDER, card=None, anchor=None, attempts=1, repeated=repeated
    )


def test_every_way_a_delivery_can_end_has_a_word_of_its_own() -> None:
    assert set(OUTCOMES) == set(get_args(Outcome))
    assert len(set(OUTCOMES.values())) == len(OUTCOMES)


@pytest.mark.parametrize(
    ("status", "answer"),
    [(200, "ok"), (204, "ok"), (None, "none"), (400, "400"), (403, "403"), (429, "429"), (500, "5xx"), (502, "5xx"),
     (302, "3xx"), (413, "4xx")],
)  # fmt: skip
def test_answers_fall_into_few_classes(status: int | None, answer: str) -> None:
    assert answer_of(status) == answer


def test_two_sets_of_metrics_know_nothing_of_each_other() -> None:
    first, second = Metrics(), Metrics()
    first.updates_again.inc()
    assert (value(first, "updates_again_total"), value(second, "updates_again_total")) == (1, 0)


def test_the_largest_group_has_a_bucket_of_its_own() -> None:
    metrics = Metrics()
    metrics.committed(GROUP, 0.002)
    assert value(metrics, "commit_acts_bucket", le=f"{GROUP}.0") == 1
    assert value(metrics, "commit_seconds_bucket", le="0.001") == 0
    assert value(metrics, "commit_seconds_bucket", le="0.0025") == 1


async def test_deliveries_are_counted_by_lane_and_ending() -> None:
    metrics = Metrics()
    endings: list[Outcome] = [Delivered(message_id=1), Blocked(), Unknown(reason="x"), Delivered(message_id=2)]

    async def deliver(row: Row) -> Outcome:
        return endings.pop(0)

    counted = metrics.counting(deliver)
    for repeated in (0, 1, 0, 1):
        await counted(a_row(repeated=repeated))
    told = {word: value(metrics, "messages_total", lane="order", outcome=word) for word in OUTCOMES.values()}
    assert {word: count for word, count in told.items() if count} == {"delivered": 2, "blocked": 1, "unheard": 1}
    assert value(metrics, "messages_repeated_total", lane="order") == 1


async def test_a_message_that_can_not_be_rendered_is_counted_and_told() -> None:
    metrics = Metrics()

    async def deliver(row: Row) -> Outcome:
        raise KeyError(row.kind)

    with pytest.raises(KeyError):
        await metrics.counting(deliver)(a_row())
    assert value(metrics, "messages_total", lane="order", outcome="bug") == 1


async def test_calls_are_counted_by_method_and_never_by_address() -> None:
    metrics = Metrics()
    async with serving() as server:
        request = CountedRequest(AiohttpRequest(), metrics)
        async with request:
            await request.post(f"{server.base_url}{TOKEN}/getMe")
            await request.retrieve(f"{server.base_url.removesuffix('bot')}file/bot{TOKEN}/photos/7.jpg")
            server.answer = refusing(403, "Forbidden: bot was blocked by the user")
            with pytest.raises(Exception, match="blocked"):
                await request.post(f"{server.base_url}{TOKEN}/sendMessage")
            with pytest.raises(NotSent):
                await request.post(f"http://127.0.0.1:{unused_port()}/bot{TOKEN}/getMe")
    assert value(metrics, "telegram_calls_total", method="getMe", answer="ok") == 1
    assert value(metrics, "telegram_calls_total", method="getMe", answer="none") == 1
    assert value(metrics, "telegram_calls_total", method="download", answer="ok") == 1
    assert value(metrics, "telegram_calls_total", method="sendMessage", answer="403") == 1
    assert value(metrics, "telegram_call_seconds_count", method="getMe") == 2
    labels = {text for family in metrics.registry.collect() for one in family.samples for text in one.labels.values()}
    assert not [text for text in labels if "AAF" in text or "http" in text]


async def test_counting_changes_nothing_about_a_call() -> None:
    inner = AiohttpRequest(read=7)
    counted: BaseRequest = CountedRequest(inner, Metrics())
    assert counted.read_timeout == 7
    with pytest.raises(NetworkError, match="not a JSON object"):
        counted.parse_json_payload(b"<html>")
