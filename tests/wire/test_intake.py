"""What comes in over HTTP: a second poller, an update nobody can read, and a person who does not stop."""

import asyncio
from pathlib import Path

from storage import inbox
from tests.journeys.market import comes_in
from tests.stall import OWNER, TOKEN, TestStall
from tests.wire.stall import Mode, wired_stall


async def until_ready(stall: TestStall) -> None:
    async with asyncio.timeout(20):
        while not stall.program.health.is_ready:
            await asyncio.sleep(0.005)


async def test_a_second_poller_is_reported_and_got_over(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        ann = await comes_in(stall, "Ann")
        await until_ready(stall)
        health = stall.program.health
        await stall.playground.call(TOKEN, "getUpdates", {"timeout": "0"})
        async with asyncio.timeout(20):
            while not health.conflicts:
                await asyncio.sleep(0)
        assert not health.is_ready
        assert health.trouble == "another process polls with this token"
        await ann.sends("/help")
        await ann.sees("How it works")
        await until_ready(stall)


def unreadable(person: int) -> dict[str, object]:
    """A message whose sender has no name: python-telegram-bot can't read it."""
    return {
        "message_id": 77,
        "date": 1_773_115_200,
        "chat": {"id": person, "type": "private"},
        "from": {"id": person, "is_bot": False},
        "text": "hello",
    }


async def test_an_update_nobody_can_read_is_set_aside_and_told(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        olga, ann, bo = stall.owner, await comes_in(stall, "Ann"), await comes_in(stall, "Bo")
        await olga.sends("/start")
        await stall.settles()
        poison = stall.playground.bot.mail.add("message", unreadable(ann.id))
        assert poison is not None
        await ann.sends("/help")
        await bo.sends("/help")
        await bo.sees("How it works")
        apology = await ann.sees("Something went wrong", since=0)
        incident = apology.text.split()[-1]
        told = await olga.sees(incident)
        assert f"livestall inbox retry {poison}" in told.text
        assert "TypeError" in told.text
        await ann.sees("How it works", since=0)
        await stall.settles()
        aside = await stall.program.deps.store.read(inbox.set_aside)
        assert [(update.key.update_id, update.attempts) for update in aside] == [(poison, inbox.MAX_ATTEMPTS)]


async def test_an_update_set_aside_runs_again_when_it_is_let(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        ann = await comes_in(stall, "Ann")
        poison = stall.playground.bot.mail.add("message", unreadable(ann.id))
        assert poison is not None
        await ann.sees("Something went wrong")
        mark = ann.mark()
        await stall.program.deps.store.write(inbox.retry, poison, stall.clock.now())
        await ann.sees("Something went wrong", since=mark)
        await stall.settles()
        assert await stall.value("SELECT attempts FROM inbox WHERE update_id = :id", id=poison) == inbox.MAX_ATTEMPTS


async def test_a_kind_of_update_nobody_knows_holds_up_nothing(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        ann = await comes_in(stall, "Ann")
        stall.playground.bot.mail.add("message", {"from": "nonsense", "chat": [], "date": None})
        stall.playground.bot.mail.add("callback_query", {"id": "1"})
        await ann.sends("/help")
        await ann.sees("How it works")
        await stall.settles()


async def test_a_thousand_words_of_one_person_hold_up_nobody_else(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        flo, ann = await comes_in(stall, "Flo"), await comes_in(stall, "Ann")
        for _ in range(600):
            await flo.sends("/help")
        await ann.sends("/help")
        await ann.sees("How it works", timeout=30)
        answered = sum("How it works" in message.text for message in flo.inbox)
        assert answered < 300
        await stall.settles(60)
        assert sum("How it works" in message.text for message in flo.inbox) == 600


async def test_staff_hear_nothing_of_a_quiet_day(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        await stall.owner.sends("/start")
        await comes_in(stall, "Ann")
        assert [message.chat.id for message in stall.owner.inbox] == [OWNER]
