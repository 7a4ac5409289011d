"""Telling many: the host sees one message that edits itself, through blocks, pauses and restarts."""

import asyncio
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from playground.people import Person
from storage.progress import OFTEN
from tests.clock import FakeClock
from tests.journeys.actors import stream_with
from tests.journeys.test_hosting import a_host
from tests.stall import TestStall, open_stall

# The host's own chat is not paced: people in these stories type faster than the clock goes.
PACED = {"limits": {"per_chat_per_second": 0, "group_per_minute": 0, "bulk_per_second": 30}}
PROGRESS = re.compile(r"Announcing to |Announced to |Telling |Told ")
MANY = 240  # eight seconds at 30 a second


async def followers(stall: TestStall, count: int) -> list[Person]:
    """So many people who follow."""
    people = [stall.person(f"Follower {number}") for number in range(count)]
    for person in people:
        await person.sends("/follow")
    await stall.settles()
    return people


async def a_draft(stall: TestStall, *codes: str) -> Person:
    """A host at the desk of a stream that can be announced."""
    hana = await a_host(stall)
    await stream_with(stall, hana, *codes)
    await stall.settles()
    return hana


async def time_goes(stall: TestStall, until: Callable[[], bool], *, most: float = 600.0) -> float:
    """Let time go by as slowly as the dispatcher can follow; returns the seconds that have gone."""
    gone = 0.0
    while not until():
        assert gone < most, stall.transcripts()[-2000:]
        step = min(0.04, stall.clock.next_wake or 0.04)
        stall.clock.advance(step)
        gone += step
        stall.program.deps.store.due.set()
        quiet = 0
        while quiet < 3:
            await asyncio.sleep(0.001)
            is_busy = stall.program.dispatch.in_flight or stall.program.deps.store.outbox.is_set()
            quiet = 0 if is_busy else quiet + 1
    return gone


def told_host(stall: TestStall, host: Person) -> list[tuple[str, str]]:
    """Method and text of every sending and edit of the host's progress message."""
    return [
        (call.method, str(call.params["text"]))
        for call in stall.playground.calls
        if call.ok
        and str(call.params.get("chat_id")) == str(host.id)
        and PROGRESS.search(str(call.params.get("text")))
    ]


async def counted(stall: TestStall) -> dict[str, int]:
    """The books: the newest broadcast's messages by what became of them."""
    sql = """
        SELECT json_group_object(state, n) FROM (
            SELECT CASE WHEN error = 'blocked' THEN 'blocked' ELSE state END AS state, count(*) AS n FROM outbox
            WHERE broadcast_id = (SELECT max(id) FROM broadcasts) GROUP BY 1)
    """
    found: dict[str, int] = json.loads(await stall.value(sql))
    return found


async def took(stall: TestStall) -> int:
    """Seconds from the tap to the last message, by the books."""
    sql = "SELECT max(o.ended_at) - b.created_at FROM broadcasts AS b JOIN outbox AS o ON o.broadcast_id = b.id"
    return round(await stall.value(sql) / 1000)


def is_told(host: Person, words: str) -> Callable[[], bool]:
    return lambda: any(words in message.text for message in host.inbox)


async def test_a_few_followers_are_told_without_a_word_about_it(stall: TestStall) -> None:
    people = await followers(stall, 3)
    hana = await a_draft(stall, "EGG")
    await hana.taps("Announce")
    await stall.settles()
    assert all("Tonggu spring stream" in person.last.text for person in people)
    for _ in range(5):
        await stall.passes(1)
        await stall.settles()
    assert told_host(stall, hana) == []
    assert await stall.value("SELECT count(*) FROM broadcasts WHERE report_at IS NOT NULL") == 0


async def test_many_followers_are_told_and_the_host_watches_one_message(tmp_path: Path) -> None:
    async with open_stall(tmp_path, telegram=PACED) as stall:
        people = await followers(stall, MANY)
        hana = await a_draft(stall, "EGG")
        for person in people[:4]:
            stall.playground.faults.add("forbidden", chat=person.id, method="sendMessage")
        await hana.taps("Announce")
        await time_goes(stall, is_told(hana, "Announced to"))
        await stall.settles()
        told = told_host(stall, hana)
        assert [method for method, _ in told] == ["sendMessage"] + ["editMessageText"] * (len(told) - 1)
        assert 2 <= len(told) <= 2 + await took(stall) // 2
        written = await stall.value(
            "SELECT json_group_array(created_at) FROM outbox WHERE kind = 'broadcast_progress' ORDER BY id"
        )
        assert all(later - earlier >= OFTEN for earlier, later in pairwise(json.loads(written)))
        for _, text in told[:-1]:
            sent, left = (int(part) for part in re.findall(r"([0-9]+) (?:sent|left)", text))
            assert sent + left + 4 == MANY
            assert "4 blocked" in text
            assert "to go" in text
        assert await counted(stall) == {"sent": MANY - 4, "blocked": 4}
        assert f"Announced to {MANY - 4} followers in {await took(stall)} s. 4 have blocked the bot." in told[-1][1]
        # The last one is what stands in the chat.
        assert len([message for message in hana.inbox if PROGRESS.search(message.text)]) == 1
        assert (
            await stall.value(
                "SELECT count(*) FROM people WHERE blocked_at IS NOT NULL AND follows_since IS NOT NULL"
            )
            == 4
        )


async def test_the_host_is_answered_at_once_meanwhile(tmp_path: Path) -> None:
    async with open_stall(tmp_path, telegram=PACED) as stall:
        await followers(stall, MANY)
        hana = await a_draft(stall, "EGG")
        await hana.taps("Announce")
        await time_goes(stall, is_told(hana, "Announcing to"))
        before = stall.clock.now()
        await hana.sends("/mystreams")
        await hana.sees("Your streams")
        assert stall.clock.now() == before


async def test_a_pause_telegram_asks_for_is_waited_out_and_everybody_is_counted_once(tmp_path: Path) -> None:
    async with open_stall(tmp_path, telegram=PACED) as stall:
        people = await followers(stall, MANY)
        hana = await a_draft(stall, "EGG")
        stall.playground.faults.add("too_many", chat=people[100].id, method="sendMessage", retry_after=6)
        stall.playground.faults.add("reset", chat=people[50].id, method="sendMessage")
        await hana.taps("Announce")
        await time_goes(stall, is_told(hana, "Announced to"))
        assert await counted(stall) == {"sent": MANY}
        seconds = re.search(rf"Announced to {MANY} followers in ([0-9]+) s\.", told_host(stall, hana)[-1][1])
        assert seconds is not None
        assert int(seconds[1]) >= 13


async def test_a_restart_in_the_middle_goes_on_in_the_same_message_with_the_right_figures(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock, telegram=PACED) as stall:
        await followers(stall, MANY)
        hana = await a_draft(stall, "EGG")
        await hana.taps("Announce")
        await time_goes(stall, is_told(hana, "Announcing to"))
        playground = stall.playground
    clock.advance(600)
    async with open_stall(tmp_path, playground=playground, clock=clock, telegram=PACED) as stall:
        await time_goes(stall, is_told(hana, "Announced to"))
        await stall.settles()
        assert await counted(stall) == {"sent": MANY}
        told = told_host(stall, hana)
        assert f"Announced to {MANY} followers in 10 min." in told[-1][1]
        assert [method for method, _ in told].count("sendMessage") == 1
        # The pace is that of late: ten minutes of standstill don't make the rest take hours.
        assert not any(" h" in line for _, text in told for line in text.splitlines() if "to go" in line)


async def test_a_host_whose_message_is_gone_gets_another_one(tmp_path: Path) -> None:
    async with open_stall(tmp_path, telegram=PACED) as stall:
        await followers(stall, MANY)
        hana = await a_draft(stall, "EGG")
        await hana.taps("Announce")
        await time_goes(stall, is_told(hana, "Announcing to"))
        stall.playground.faults.add(
            "bad_request", chat=hana.id, method="editMessageText", description="message to edit not found"
        )
        await time_goes(stall, is_told(hana, "Announced to"))
        assert [method for method, _ in told_host(stall, hana)].count("sendMessage") == 2


async def test_moving_and_calling_off_are_counted_too(tmp_path: Path) -> None:
    async with open_stall(tmp_path, telegram={"limits": {**PACED["limits"], "bulk_per_second": 5}}) as stall:
        people = await followers(stall, 12)
        hana = await a_draft(stall, "EGG")
        await hana.taps("Announce")
        await time_goes(stall, is_told(hana, "Announced to 12 followers"))
        await stall.settles()
        stream = await stall.value("SELECT id FROM streams")
        for person in people:
            person.press(f"1|remind|{stream}", person.last)
        await stall.settles()
        await hana.taps("Edit")
        await hana.taps_when("Time")
        await hana.sees("Now:")
        await hana.sends("2026-03-15 21:00")
        await time_goes(stall, is_told(hana, "Told 12 people the new time"))
        desk = next(message for message in reversed(hana.inbox) if "Cancel stream" in message.labels)
        await hana.taps("Cancel stream", on=desk)
        await hana.taps_when("Yes")
        await time_goes(stall, is_told(hana, "Told 12 people that it is called off"))


async def test_going_live_is_counted_too(tmp_path: Path) -> None:
    async with open_stall(tmp_path, telegram={"limits": {**PACED["limits"], "bulk_per_second": 5}}) as stall:
        await followers(stall, 12)
        hana = await a_draft(stall, "EGG")
        await hana.taps("Announce")
        await time_goes(stall, is_told(hana, "Announced to 12 followers"))
        await stall.settles()
        desk = next(message for message in reversed(hana.inbox) if any("Go live" in word for word in message.labels))
        await hana.taps("Go live", on=desk)
        await time_goes(stall, is_told(hana, "Told 12 people that you are live"))
        assert await counted(stall) == {"sent": 12}
