"""One line per person, all lines side by side."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.queue import PersonQueue, QueueClosed
from tests.clock import FakeClock

ANN, BOB, CAN = 7, 8, 9


@pytest.fixture
async def queue() -> AsyncIterator[PersonQueue]:
    queue = PersonQueue(FakeClock(), concurrency=4)
    yield queue
    await queue.close()


def writes(book: list[str], name: str) -> Callable[[], Awaitable[None]]:
    """A job that takes a turn of the loop and then writes its name."""

    async def job() -> None:
        await asyncio.sleep(0)
        book.append(name)

    return job


async def done(queue: PersonQueue) -> None:
    await asyncio.wait_for(queue.wait_below(1), 10)


async def test_the_jobs_of_a_person_run_in_the_order_they_came(queue: PersonQueue) -> None:
    book: list[str] = []
    for n in range(20):
        queue.put(ANN, writes(book, str(n)))
    assert book == []
    await done(queue)
    assert book == [str(n) for n in range(20)]


@given(keys=st.lists(st.integers(1, 4), max_size=60), pauses=st.lists(st.integers(0, 4), min_size=60, max_size=60))
@settings(deadline=None, max_examples=60)
def test_whatever_comes_every_line_keeps_its_order_and_runs_one_job_at_a_time(
    keys: list[int], pauses: list[int]
) -> None:
    async def story() -> None:
        queue = PersonQueue(FakeClock(), concurrency=3)
        running: set[int] = set()
        most, ended = 0, list[tuple[int, int]]()

        def job(n: int, key: int) -> Callable[[], Awaitable[None]]:
            async def run() -> None:
                nonlocal most
                assert key not in running
                running.add(key)
                most = max(most, len(running))
                for _ in range(pauses[n]):
                    await asyncio.sleep(0)
                running.remove(key)
                ended.append((key, n))

            return run

        for n, key in enumerate(keys):
            queue.put(key, job(n, key))
            if pauses[n] == 4:
                await asyncio.sleep(0)
        await done(queue)
        for person in set(keys):
            assert [n for key, n in ended if key == person] == [n for n, key in enumerate(keys) if key == person]
        assert most <= 3
        assert (queue.size, queue.keys) == (0, 0)

    asyncio.run(story())


async def test_persons_are_served_side_by_side_up_to_the_limit() -> None:
    queue = PersonQueue(FakeClock(), concurrency=3)
    running, gate = 0, asyncio.Event()

    async def job() -> None:
        nonlocal running
        running += 1
        await gate.wait()

    for key in range(5):
        queue.put(key, job)
    for _ in range(10):
        await asyncio.sleep(0)
    assert running == 3
    assert queue.size == 5
    gate.set()
    await done(queue)
    assert running == 5


async def test_a_person_with_six_hundred_jobs_delays_nobody_else() -> None:
    queue = PersonQueue(FakeClock(), concurrency=1)  # the hardest case: everybody shares one place
    book: list[str] = []
    for n in range(600):
        queue.put(ANN, writes(book, f"ann {n}"))
    await asyncio.sleep(0)
    for n in range(3):
        queue.put(BOB, writes(book, f"bob {n}"))
        queue.put(CAN, writes(book, f"can {n}"))
    await done(queue)
    assert max(book.index(name) for name in ("bob 2", "can 2")) < 12
    assert [name for name in book if name.startswith("ann")] == [f"ann {n}" for n in range(600)]


async def test_a_job_that_raises_does_not_stop_its_line(queue: PersonQueue, caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise ValueError("no such offer")

    book: list[str] = []
    queue.put(ANN, fails)
    queue.put(ANN, writes(book, "next"))
    await done(queue)
    assert book == ["next"]
    assert [(record.message, record.__dict__["person"]) for record in caplog.records] == [("job failed", ANN)]


async def test_a_job_whose_future_was_cancelled_does_not_stop_its_line(
    queue: PersonQueue, caplog: pytest.LogCaptureFixture
) -> None:
    async def given_up() -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    book: list[str] = []
    queue.put(ANN, given_up)
    queue.put(ANN, writes(book, "next"))
    await done(queue)
    assert book == ["next"]
    assert "cancelled" in caplog.text


async def test_a_job_may_add_jobs_to_its_own_line(queue: PersonQueue) -> None:
    book: list[str] = []

    async def first() -> None:
        queue.put(ANN, writes(book, "third"))
        book.append("first")

    queue.put(ANN, first)
    queue.put(ANN, writes(book, "second"))
    await done(queue)
    assert book == ["first", "second", "third"]


async def test_a_job_put_in_the_very_moment_the_queue_runs_dry_is_served() -> None:
    queue = PersonQueue(FakeClock(), concurrency=1)
    loop, book = asyncio.get_running_loop(), list[str]()

    async def last() -> None:
        # Runs after the worker's last step and before anything the loop does about its end.
        loop.call_soon(lambda: queue.put(ANN, writes(book, "after")))

    queue.put(ANN, last)
    for _ in range(10):
        await asyncio.sleep(0)
    await done(queue)
    assert book == ["after"]


async def test_nothing_is_kept_for_those_who_wait_for_nothing(queue: PersonQueue) -> None:
    book: list[str] = []
    for key in range(1_000):
        queue.put(key, writes(book, "x"))
    assert queue.keys == 1_000
    await done(queue)
    assert (queue.size, queue.keys, queue._workers, len(queue._turns)) == (0, 0, set(), 0)


async def test_the_intake_is_let_on_when_few_enough_wait(queue: PersonQueue) -> None:
    gate = asyncio.Event()

    async def job() -> None:
        await gate.wait()
        gate.clear()

    for _ in range(3):
        queue.put(ANN, job)
    await asyncio.wait_for(queue.wait_below(4), 1)
    waiting = asyncio.create_task(queue.wait_below(2))
    left_behind = asyncio.create_task(queue.wait_below(2))
    for _ in range(5):
        await asyncio.sleep(0)
    left_behind.cancel()
    for size in (2, 1):
        assert not waiting.done()
        gate.set()
        for _ in range(5):
            await asyncio.sleep(0)
        assert queue.size == size
    assert waiting.done()
    gate.set()
    await done(queue)


async def test_draining_waits_for_the_last_job(queue: PersonQueue) -> None:
    book: list[str] = []
    for n in range(50):
        queue.put(n % 3, writes(book, "x"))
    assert await queue.drain(5) is True
    assert len(book) == 50
    assert await queue.drain(5) is True


async def test_draining_gives_up_when_the_time_is_over() -> None:
    clock = FakeClock()
    queue = PersonQueue(clock)
    queue.put(ANN, asyncio.Event().wait)  # type: ignore[arg-type]
    draining = asyncio.create_task(queue.drain(5))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not draining.done()
    clock.advance(5)
    assert await draining is False
    assert queue.size == 1
    await queue.close()


async def test_closing_cancels_what_runs_drops_what_waits_and_takes_no_more(queue: PersonQueue) -> None:
    book: list[str] = []

    async def job() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            book.append("cancelled")

    for _ in range(3):
        queue.put(ANN, job)
    waiting = asyncio.create_task(queue.wait_below(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await queue.close()
    await queue.close()
    await waiting
    assert book == ["cancelled"]
    assert queue.size == 0
    with pytest.raises(QueueClosed):
        queue.put(ANN, job)


@pytest.mark.parametrize("persons", [500, 20_000])
async def test_what_a_job_costs_is_printed(persons: int, capsys: pytest.CaptureFixture[str]) -> None:
    queue = PersonQueue(FakeClock())
    left = 20_000

    async def job() -> None:
        nonlocal left
        left -= 1

    began = time.perf_counter()
    for n in range(left):
        queue.put(n % persons, job)
    await done(queue)
    each = (time.perf_counter() - began) / 20_000 * 1e6
    assert left == 0
    with capsys.disabled():
        print(f"\n  a job of one of {persons} persons costs {each:.1f} us in the queue")  # noqa: T201


async def test_whoever_waits_for_room_is_told_when_none_comes_in_time() -> None:
    clock = FakeClock()
    queue = PersonQueue(clock)
    free = asyncio.Event()

    async def stuck() -> None:
        await free.wait()

    queue.put(ANN, stuck)
    patient = asyncio.create_task(queue.wait_below(1, 60))
    hasty = asyncio.create_task(queue.wait_below(1, 5))
    while clock.sleeping < 2:
        await asyncio.sleep(0)
    clock.advance(5)
    assert await hasty is False
    free.set()
    assert await patient is True
    assert await queue.wait_below(1, 0) is True
    assert clock.sleeping == 0
    await queue.close()
