"""The line that shows long commands are at work: on a terminal only, after two seconds only, and gone at the end."""

import asyncio
import io

import pytest

from bot.patience import PATIENCE_SECONDS, patiently
from tests.clock import FakeClock


class Terminal(io.StringIO):
    """Somewhere a person reads along."""

    def isatty(self) -> bool:
        return True


async def reads(stream: io.StringIO, words: str) -> bool:
    """Whether the words come to stand there, in real time for what takes milliseconds."""
    for _ in range(400):
        if words in stream.getvalue():
            return True
        await asyncio.sleep(0.005)
    return False


async def at_work(stream: io.StringIO, seconds: float, *, shows: bool = True) -> str:
    """What stands there after so many seconds of work."""
    clock = FakeClock()
    async with patiently("recounting", shows=shows, stream=stream, clock=clock) as work:
        await asyncio.sleep(0.02)
        clock.advance(seconds)
        await asyncio.sleep(0.02)
        work.done = 1_500
        clock.advance(0.2)
        if shows and stream.isatty() and seconds >= PATIENCE_SECONDS:
            assert await reads(stream, "recounting")
    return stream.getvalue()


async def test_long_work_is_named_on_a_terminal_and_the_line_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    assert "recounting" in await at_work(terminal, PATIENCE_SECONDS)
    assert terminal.getvalue().rstrip().endswith(("\x1b[2K", "\x1b[1A\x1b[2K", "\x1b[?25h"))


async def test_how_far_it_is_stands_in_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal, clock = Terminal(), FakeClock()
    async with patiently("writing orders", stream=terminal, clock=clock) as work:
        await asyncio.sleep(0.02)
        clock.advance(PATIENCE_SECONDS)
        assert await reads(terminal, "writing orders")
        work.done = 1_500
        clock.advance(0.2)
        assert await reads(terminal, "writing orders · 1,500 · 2 s")


@pytest.mark.parametrize("seconds", [0.0, PATIENCE_SECONDS - 0.5])
async def test_quick_work_leaves_no_trace(seconds: float) -> None:
    assert await at_work(Terminal(), seconds) == ""


async def test_nothing_is_written_to_a_file_or_beside_results_on_the_same_terminal() -> None:
    assert await at_work(io.StringIO(), 60) == ""
    assert await at_work(Terminal(), 60, shows=False) == ""


async def test_work_that_fails_takes_its_line_with_it() -> None:
    async def breaks() -> None:
        async with patiently("recounting", stream=Terminal(), clock=FakeClock()):
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await breaks()
    assert [task for task in asyncio.all_tasks() if task.get_name() == "patience"] == []
