"""Reminders by the clock: on time, once, moved with their stream, and dropped when they have become pointless."""

from pathlib import Path

from playground.people import Person
from tests.clock import FakeClock
from tests.journeys.actors import import_catalogue, invited, stream_with
from tests.stall import TestStall, open_stall

HOUR = 3600.0
START = "2026-03-12 20:00"  # 56 hours after the stall's noon


async def announced(stall: TestStall) -> tuple[Person, Person, str]:
    """A host with an announced stream, and a viewer who has asked to be reminded."""
    await import_catalogue(stall)
    await stall.owner.sends("/start")
    await stall.settles()
    host, ann = await invited(stall, "Hana", "host"), stall.person("Ann")
    link = await stream_with(stall, host, "EGG", when=START)
    await host.taps("Announce")
    await stall.settles()
    await ann.opens(link)
    await ann.taps_when("Remind me")
    await ann.taps_when("Stop reminders")
    await ann.taps_when("Remind me")
    await stall.settles()
    return host, ann, link


async def test_each_configured_moment_reminds_once_and_the_start_itself_too(stall: TestStall) -> None:
    host, ann, _ = await announced(stall)
    seen = len(ann.inbox)
    for hours, more in ((31.5, 0), (1.0, 1), (22.0, 1), (0.6, 2), (0.75, 3), (0.3, 4), (2.0, 4)):
        await stall.passes(hours * HOUR)
        await stall.settles()
        assert len(ann.inbox) - seen == more, (hours, ann.transcript())
    assert await stall.value("SELECT count(*) FROM reminders WHERE state = 'due'") == 0
    assert "Go live" in str(host.last.labels)


async def test_going_live_tells_the_watchers_and_the_clock_says_nothing_more(stall: TestStall) -> None:
    host, ann, _ = await announced(stall)
    mark = ann.mark()
    await host.taps("Go live")
    await ann.sees("live now", since=mark)
    await stall.settles()
    seen = len(ann.inbox)
    await stall.passes(60 * HOUR)
    await stall.settles()
    assert len(ann.inbox) == seen, ann.transcript()


async def test_a_moved_stream_takes_its_reminders_with_it(stall: TestStall) -> None:
    host, ann, _ = await announced(stall)
    mark = ann.mark()
    await host.taps("Edit")
    await host.taps_when("Time")
    await stall.settles()
    await host.sends("2026-03-13 20:00")
    await ann.sees("13 Mar", since=mark)
    await stall.settles()
    seen = len(ann.inbox)
    await stall.passes(33 * HOUR)  # 23 hours before the old start
    await stall.settles()
    assert len(ann.inbox) == seen, ann.transcript()
    await stall.passes(24 * HOUR)
    await stall.settles()
    assert len(ann.inbox) == seen + 1, ann.transcript()


async def test_after_a_long_sleep_only_what_still_makes_sense_is_said(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        _, ann, _ = await announced(stall)
        playground = stall.playground
    seen = len(ann.inbox)
    clock.advance(55.5 * HOUR)  # half an hour before the start: both earlier reminders are overdue
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        await stall.settles()
        assert len(ann.inbox) == seen + 1, ann.transcript()
        assert await stall.value("SELECT count(*) FROM reminders WHERE state = 'dropped' AND note IS NOT NULL") >= 1


async def test_after_the_stream_is_over_nothing_is_said(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        _, ann, _ = await announced(stall)
        playground = stall.playground
    seen = len(ann.inbox)
    clock.advance(80 * HOUR)
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        await stall.settles()
        assert len(ann.inbox) == seen, ann.transcript()
        assert await stall.value("SELECT count(*) FROM reminders WHERE state = 'due'") == 0
