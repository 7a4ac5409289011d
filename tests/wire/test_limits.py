"""Telegram's limits over HTTP: a broadcast to hundreds is never told to slow down, and keeps nobody waiting."""

from pathlib import Path

from playground.limits import Limits
from playground.people import Person
from storage import people, streams
from storage.connection import Tx
from tests.journeys.market import comes_in, link_to, spring_stream
from tests.stall import OWNER, TestStall
from tests.wire.stall import Mode, wired_stall

AS_TELEGRAM = {"limits": {}}
FOLLOWERS = 300
MOST_BETWEEN = 60  # announcements that may leave between a tap and its answer: two seconds' worth


async def followed_by(stall: TestStall, count: int) -> list[Person]:
    """So many people who follow the stall."""
    followers = [stall.playground.person(f"Follower {number}", id=10_001 + number) for number in range(count)]

    def follow(tx: Tx, now: int) -> None:
        for follower in followers:
            people.meet(tx, person=follower.id, name=follower.name, username=None, language="en", now=now)
            tx.run("UPDATE people SET follows_since = :now WHERE id = :id", id=follower.id, now=now)

    await stall.program.deps.store.write(follow, stall.clock.now())
    for follower in followers:
        follower.chat.started = True
    return followers


async def announces(stall: TestStall, stream: streams.Stream) -> None:
    await stall.program.deps.store.write(
        streams.announce, actor=OWNER, stream_id=stream.id, offsets_ms=[], now=stall.clock.now()
    )


async def test_a_broadcast_keeps_the_limits_and_replies_overtake_it(tmp_path: Path, mode: Mode) -> None:
    limits = Limits.telegram()
    async with wired_stall(tmp_path, limits=limits, speed=10, read=20, mode=mode, telegram=AS_TELEGRAM) as stall:
        first = await spring_stream(stall, "EGG")
        ann = await comes_in(stall, "Ann")
        followers = await followed_by(stall, FOLLOWERS)
        second = await spring_stream(stall, "RICE", title="Night market", is_announced=False)
        await announces(stall, second)
        await followers[0].sees("Night market", since=0, timeout=30)
        told = sum(bool(follower.inbox) for follower in followers)
        await ann.opens(link_to(f"s_{first.code}"))
        await ann.sees("Spring stream", timeout=30)
        await ann.taps("Products")
        await ann.taps_when("EGG", timeout=30)
        await ann.taps_when("Order now", timeout=30)
        await ann.sees("recipient", timeout=30)
        told_meanwhile = sum(bool(follower.inbox) for follower in followers) - told
        assert told_meanwhile < 4 * MOST_BETWEEN
        assert sum(bool(follower.inbox) for follower in followers) < FOLLOWERS
        await stall.settles(50)
        assert all("Night market" in follower.last.text for follower in followers)
        assert all(len(follower.inbox) == 1 for follower in followers)
        assert stall.playground.too_many == 0


async def test_a_follower_who_has_blocked_the_bot_is_remembered_and_stops_nobody(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        followers = await followed_by(stall, 5)
        gone = followers[1]
        gone.chat.blocked = True
        stream = await spring_stream(stall, "EGG")
        others = [follower for follower in followers if follower is not gone]
        assert all("Spring stream" in follower.last.text for follower in others)
        assert await stall.value("SELECT blocked_at IS NOT NULL FROM people WHERE id = :id", id=gone.id)
        assert await stall.value("SELECT count(*) FROM outbox WHERE state = 'failed'") == 0
        asked = [call for call in stall.playground.calls if call.params.get("chat_id") == gone.id]
        await stall.program.deps.store.write(streams.go_live, actor=OWNER, stream_id=stream.id, now=stall.clock.now())
        await stall.settles()
        assert all("live now" in follower.last.text for follower in others)
        assert [call for call in stall.playground.calls if call.params.get("chat_id") == gone.id] == asked
        await gone.sends("/start")
        await gone.sees("Tonggu Stall")
        assert await stall.value("SELECT blocked_at IS NULL FROM people WHERE id = :id", id=gone.id)
