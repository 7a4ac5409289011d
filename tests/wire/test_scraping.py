"""The metrics page of a stall that is working, that is overloaded, and that is closing."""

import asyncio
import re
import threading
from pathlib import Path

from bot import scrape
from playground.faults import Kind
from storage import inbox
from storage.connection import Tx
from storage.store import READERS
from tests.journeys.actors import RECEIPT, order
from tests.journeys.market import comes_in
from tests.journeys.players import cast, golden_way
from tests.stall import TestStall
from tests.wire.stall import Mode, wired_stall

Figures = dict[str, float]


async def figures(stall: TestStall) -> Figures:
    """Every series of the page by its name and labels."""
    text = (await stall.front.page())[0].decode()
    return {name: float(value) for name, value in re.findall(r"^([a-z].*) (\S+)$", text, re.MULTILINE)}


def summed(found: Figures, name: str, **labels: str) -> float:
    wanted = [f'{label}="{value}"' for label, value in labels.items()]
    return sum(
        value
        for series, value in found.items()
        if series.partition("{")[0] == name and all(each in series for each in wanted)
    )


async def test_the_whole_way_of_an_order_shows_in_the_figures(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        before = await figures(stall)
        await golden_way(await cast(stall))
        await stall.settles()
        after = await figures(stall)
        updates = await stall.value("SELECT count(*) FROM inbox")
        sent = await stall.value("SELECT count(*) FROM outbox WHERE state = 'sent'")
    assert after["livestall_ready"] == 1
    assert summed(after, "livestall_updates_total") == updates
    assert summed(after, "livestall_handler_seconds_count") == updates
    assert summed(after, "livestall_messages_total", outcome="delivered") == sent
    assert after["livestall_commit_acts_sum"] >= after["livestall_commit_acts_count"] > 10
    assert summed(after, "livestall_telegram_calls_total", method="sendPhoto", answer="ok") >= 2
    assert summed(after, "livestall_telegram_calls_total", method="download", answer="ok") <= 1
    assert (summed(after, "livestall_webhook_requests_total", status="200") > 0) is (mode == "webhook")
    assert summed(after, "livestall_messages_repeated_total") == 0
    late = [
        value for found in (before, after) for name, value in found.items() if name.startswith("livestall_due_late")
    ]
    assert late
    assert max(late) < 60
    assert after["livestall_inbox_open"] == after["livestall_inbox_oldest_seconds"] == 0
    assert after["process_cpu_seconds_total"] >= before["process_cpu_seconds_total"]


async def test_what_telegram_answers_and_does_not_answer_is_told_apart(tmp_path: Path) -> None:
    kinds: tuple[Kind, ...] = ("too_many", "server_error", "reset", "lost_answer", "bad_request", "forbidden")
    async with wired_stall(tmp_path) as stall:
        ann = await comes_in(stall, "Ann")
        for kind in kinds:
            stall.playground.faults.add(kind, method="sendMessage", chat=ann.id)
            await ann.sends("/help")
            await stall.settles()
        found = await figures(stall)
    told = {
        answer: summed(found, "livestall_telegram_calls_total", answer=answer) for answer in ("429", "5xx", "403")
    }
    assert told == {"429": 1, "5xx": 1, "403": 1}
    assert summed(found, "livestall_telegram_calls_total", method="sendMessage", answer="none") == 2
    assert summed(found, "livestall_telegram_calls_total", method="sendMessage", answer="400") == 1
    assert summed(found, "livestall_pacer_pauses_total", held="chat") == 1


async def test_a_message_that_is_sent_again_is_counted(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        players = await cast(stall)
        stall.playground.faults.add("lost_answer", method="sendPhoto", chat=players.ann.id)
        await order(players.ann, players.link, "EGG")
        await stall.settles()
        found = await figures(stall)
        assert found["livestall_orders_unpaid"] == 1
    assert summed(found, "livestall_messages_total", outcome="unheard") == 1
    assert summed(found, "livestall_messages_repeated_total") == 1


async def test_what_is_refused_is_counted_by_its_reason(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        players = await cast(stall, quantity=1)
        await order(players.ann, players.link, "EGG")
        await players.ann.sends_photo(RECEIPT)
        await players.ann.sees("is with the cashier")
        await stall.settles()
        bo = await comes_in(stall, "Bo")
        for data in ("noise", "1|nothing|like|this", "1|confirm|x", "1|confirm|1", "1|repaid|77"):
            bo.press(data, bo.last)
            assert (await bo.answered()).text
        await stall.settles()
        found = await figures(stall)
    assert summed(found, "livestall_taps_refused_total", reason="unknown") == 3
    assert summed(found, "livestall_taps_refused_total", reason="stale") == 2
    assert summed(found, "livestall_acts_refused_total", reason="NotAllowed") >= 1


async def test_the_page_comes_quickly_while_the_books_are_busy(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        store = stall.program.deps.store
        free, both = threading.Event(), threading.Barrier(READERS + 1)

        def stuck(_: Tx) -> None:
            both.wait(20)
            free.wait(60)

        readers = [asyncio.create_task(store.read(stuck)) for _ in range(READERS)]
        await asyncio.to_thread(both.wait, 20)
        try:
            async with asyncio.timeout(scrape.BOOKS_SECONDS + 10):
                found = await figures(stall)
        finally:
            free.set()
            await asyncio.gather(*readers)
        assert found["livestall_books_readable"] == 0
        assert "livestall_inbox_open" not in found
        assert found['livestall_books_bytes{file="database"}'] > 0
        assert (await figures(stall))["livestall_books_readable"] == 1


async def test_pages_asked_for_under_load_hold_up_nobody(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        people = [stall.playground.person(f"Person {n}", id=10_001 + n) for n in range(100)]
        for person in people:
            await person.sends("/help")
        pages = await asyncio.gather(*(figures(stall) for _ in range(20)))
        await stall.settles(30)
        assert all(page["livestall_books_readable"] == 1 for page in pages)
        assert all("How it works" in person.last.text for person in people)
        assert summed(await figures(stall), "livestall_updates_total", kind="message") == 100


async def test_a_page_asked_for_while_the_books_close_is_without_them(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        await comes_in(stall, "Ann")
    found = await figures(stall)
    assert found["livestall_books_readable"] == 0
    assert summed(found, "livestall_updates_total") == 1
    assert "livestall_inbox_open" not in found


async def test_what_waits_has_its_age(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        ann = await comes_in(stall, "Ann")
        await stall.program.deps.store.write(
            lambda tx: tx.run("UPDATE inbox SET done_at = NULL, set_aside_at = :now", now=stall.clock.now())
        )
        assert (await figures(stall))["livestall_inbox_set_aside"] == 1
        hang = stall.playground.faults.add("hang", method="sendMessage", chat=ann.id, times=None)
        await ann.sends("/help")
        async with asyncio.timeout(10):
            while not hang.hits:
                await asyncio.sleep(0.005)
        before = stall.clock.now()
        while stall.clock.now() < before + 10_000:
            await asyncio.sleep(0.005)
        found = await figures(stall)
        assert found["livestall_inbox_open"] == found["livestall_queue_updates"] == 1
        assert found["livestall_inbox_oldest_seconds"] >= 10
        assert await stall.program.deps.store.read(inbox.set_aside)
        stall.playground.faults.clear()
