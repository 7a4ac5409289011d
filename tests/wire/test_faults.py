"""The main job while the way to Telegram is bad: everybody still sees everything, and orders once."""

from pathlib import Path

import pytest

from playground.faults import Kind
from storage import inbox
from tests.journeys.actors import RECEIPT, code_in, order
from tests.journeys.market import comes_in, link_to, spring_stream
from tests.journeys.players import cast, golden_way, receipts_are_kept
from tests.stall import TestStall
from tests.wire.stall import ASKED, Mode, wired_stall
from tests.wire.ways import WAYS, Way, stall_by

PASSING: tuple[Kind, ...] = ("too_many", "server_error", "reset", "lost_answer", "hang")
"""Troubles that pass: whatever they hit has to arrive all the same."""

SENDING = ("sendMessage", "sendPhoto", "editMessageText", "editMessageCaption", "answerCallbackQuery", "getFile")


async def is_done_once(stall: TestStall) -> bool:
    """One order, completed, its money confirmed once, nothing given up."""
    await stall.settles()
    told = "SELECT status || ' ' || (SELECT count(*) FROM orders) FROM orders"
    assert await stall.value(told) == "completed 1"
    assert await stall.value("SELECT count(*) FROM payments WHERE status = 'confirmed'") == 1
    assert await stall.value("SELECT count(*) FROM outbox WHERE state = 'failed'") == 0
    return await stall.value("SELECT count(*) FROM inbox WHERE set_aside_at IS NOT NULL OR attempts > 0") == 0


@pytest.mark.parametrize("way", WAYS)
async def test_an_order_goes_the_whole_way(tmp_path: Path, way: Way) -> None:
    async with stall_by(way, tmp_path) as stall:
        await golden_way(await cast(stall))
        assert await is_done_once(stall)
        assert await stall.value("SELECT sum(repeated) FROM outbox") == 0
        await receipts_are_kept(stall)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("kind", PASSING)
async def test_everybody_still_sees_everything_when_calls_fail(
    tmp_path: Path, kind: Kind, times: int, way: Way
) -> None:
    async with stall_by(way, tmp_path) as stall:
        players = await cast(stall)
        faults = [stall.playground.faults.add(kind, method=method, times=times) for method in SENDING]
        await golden_way(players)
        assert await is_done_once(stall)
        await receipts_are_kept(stall)
        assert all(fault.hits for fault in faults)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(4))
async def test_everybody_still_sees_everything_when_anything_fails_at_any_time(
    tmp_path: Path, seed: int, way: Way
) -> None:
    async with stall_by(way, tmp_path) as stall:
        players = await cast(stall)
        faults = stall.playground.faults
        faults.reseed(seed)
        planned = [faults.add(kind, times=None, probability=0.06) for kind in PASSING]
        # A poll that hangs is given up after its own long wait, in real seconds.
        asked = ASKED["webhook" if way == "webhook" else "polling"]
        planned += [faults.add(kind, method=asked, times=None, probability=0.06) for kind in PASSING[:-1]]
        faults.add("redeliver", times=None, probability=0.3)
        await golden_way(players)
        faults.clear()
        assert await is_done_once(stall)
        await receipts_are_kept(stall)
        assert sum(fault.hits > 0 for fault in planned) > len(PASSING) / 2


@pytest.mark.parametrize("way", WAYS)
async def test_a_call_that_telegram_will_never_take_stops_nothing_else(tmp_path: Path, way: Way) -> None:
    """Buttons can't be answered, messages can't be edited, one follower's message is refused, another has left."""
    async with stall_by(way, tmp_path) as stall:
        players = await cast(stall)
        eve, flo = await comes_in(stall, "Eve"), await comes_in(stall, "Flo")
        for follower in (eve, flo, players.ann):
            await follower.taps("Follow")
            await stall.settles()
        faults = stall.playground.faults
        planned = [
            faults.add("bad_request", method=method, times=None)
            for method in ("answerCallbackQuery", "editMessageText", "editMessageCaption", "editMessageReplyMarkup")
        ]
        planned += [
            faults.add("bad_request", method="sendMessage", chat=eve.id, times=None),
            faults.add("forbidden", chat=flo.id, times=None),
        ]
        stream = await spring_stream(stall, "RICE", title="Second stream")
        await players.ann.sees("Second stream", since=0)
        await golden_way(players)
        await stall.settles()
        assert await stall.value("SELECT status FROM orders") == "completed"
        assert await stall.value("SELECT DISTINCT chat_id FROM outbox WHERE state = 'failed'") == eve.id
        assert await stall.value("SELECT blocked_at IS NOT NULL FROM people WHERE id = :id", id=flo.id)
        assert await stall.value("SELECT count(*) FROM inbox WHERE attempts > 0") == 0
        assert all(fault.hits for fault in planned)
        faults.clear()
        for follower in (eve, flo):
            await follower.opens(link_to(f"s_{stream.code}"))
            await follower.sees("Second stream")


@pytest.mark.parametrize("way", WAYS)
async def test_a_poisoned_update_is_set_aside_and_the_rest_goes_on(tmp_path: Path, way: Way) -> None:
    """The books refuse one particular question for ever; who asked it and everybody else are served all the same."""
    async with stall_by(way, tmp_path) as stall:
        players = await cast(stall)
        await stall.owner.sends("/start")
        await stall.program.deps.store.write(
            lambda tx: tx.run(
                "CREATE TRIGGER poison BEFORE INSERT ON questions WHEN NEW.text = 'poison'"
                " BEGIN SELECT RAISE(ABORT, 'poison'); END"
            )
        )
        await players.ann.sends("/help")
        await players.ann.taps_when("Ask the stall")
        await players.ann.sees("What would you like to know?")
        await players.ann.sends("poison")
        incident = (await players.ann.sees("Something went wrong")).text.split()[-1]
        told = await stall.owner.sees(incident)
        await players.ann.sends("/cancel")
        await golden_way(players)
        await stall.settles()
        aside = await stall.program.deps.store.read(inbox.set_aside)
        assert [update.attempts for update in aside] == [inbox.MAX_ATTEMPTS]
        assert f"livestall inbox retry {aside[0].key.update_id}" in told.text


async def test_a_message_whose_answer_was_lost_is_sent_again_and_counted(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        players = await cast(stall)
        stall.playground.faults.add("lost_answer", method="sendPhoto", chat=players.ann.id)
        code = await order(players.ann, players.link, "EGG")
        await stall.settles()
        seen = [message for message in players.ann.inbox if message.photo and code in message.text]
        assert len(seen) == 2
        assert await stall.value("SELECT repeated FROM outbox WHERE kind = 'order_placed'") == 1


async def test_a_message_that_surely_did_not_leave_is_no_repeat(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        players = await cast(stall)
        stall.playground.faults.add("too_many", method="sendPhoto", chat=players.ann.id, times=2)
        await order(players.ann, players.link, "EGG")
        await stall.settles()
        assert sum(message.photo is not None for message in players.ann.inbox) == 1
        assert await stall.value("SELECT sum(repeated) FROM outbox") == 0


async def test_updates_that_come_twice_lead_to_one_order(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        players = await cast(stall)
        again = stall.playground.faults.add("redeliver", times=None)
        await golden_way(players)
        assert await is_done_once(stall)
        assert again.hits > 10
        assert len(players.ann.inbox) == len({message.id for message in players.ann.inbox})
        assert await stall.value("SELECT count(*) FROM outbox WHERE kind = 'payment_confirmed'") == 1


async def test_a_silence_of_telegram_for_minutes_costs_nobody_an_answer(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode, read=0.3) as stall:
        players = await cast(stall)
        down = [stall.playground.faults.add("server_error", method=m, times=None) for m in (*SENDING, ASKED[mode])]
        await players.ann.opens(players.link)
        await players.cai.sends("/payments")
        before = stall.clock.now()
        while stall.clock.now() < before + 150_000:
            await stall.passes(1)
        assert down[-1].hits > 3
        stall.playground.faults.clear()
        await players.ann.sees("Spring stream")
        await players.cai.sees("No receipt is waiting")
        assert await stall.value("SELECT count(*) FROM inbox WHERE attempts > 0") == 0


async def test_somebody_who_blocks_the_bot_after_a_tap_is_no_incident(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        players = await cast(stall)
        await players.ann.sends("/streams")
        players.ann.chat.blocked = True
        await stall.settles()
        assert await stall.value("SELECT count(*) FROM inbox WHERE attempts > 0") == 0
        assert await stall.value("SELECT count(*) FROM outbox WHERE kind IN ('apology', 'incident')") == 0


async def test_a_receipt_sent_while_the_answers_are_lost_is_kept_once(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        players = await cast(stall)
        code = await order(players.ann, players.link, "EGG")
        stall.playground.faults.add("lost_answer", method="sendMessage", times=2)
        await players.ann.sends_photo(RECEIPT)
        assert code_in((await players.ann.sees("is with the cashier")).text) == code
        await stall.settles()
        assert await stall.value("SELECT count(*) FROM receipts") == 1
