"""The main job over HTTP while the way to Telegram is bad: everybody still sees everything, and orders once."""

from pathlib import Path

import pytest

from playground.faults import Kind
from tests.journeys.actors import RECEIPT, code_in, order
from tests.journeys.players import cast, golden_way, receipts_are_kept
from tests.stall import TestStall
from tests.wire.stall import wired_stall

SENDING = ("sendMessage", "sendPhoto", "editMessageText", "editMessageCaption", "answerCallbackQuery", "getFile")


async def is_done_once(stall: TestStall) -> bool:
    """One order, completed, its money confirmed once, nothing given up."""
    await stall.settles()
    told = "SELECT status || ' ' || (SELECT count(*) FROM orders) FROM orders"
    assert await stall.value(told) == "completed 1"
    assert await stall.value("SELECT count(*) FROM payments WHERE status = 'confirmed'") == 1
    assert await stall.value("SELECT count(*) FROM outbox WHERE state = 'failed'") == 0
    return await stall.value("SELECT count(*) FROM inbox WHERE set_aside_at IS NOT NULL OR attempts > 0") == 0


async def test_an_order_goes_the_whole_way_over_http(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        await golden_way(await cast(stall))
        assert await is_done_once(stall)
        assert await stall.value("SELECT sum(repeated) FROM outbox") == 0
        await receipts_are_kept(stall)


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("kind", ["too_many", "server_error", "reset", "lost_answer", "hang"])
async def test_everybody_still_sees_everything_when_calls_fail(tmp_path: Path, kind: Kind, times: int) -> None:
    async with wired_stall(tmp_path, read=0.3) as stall:
        players = await cast(stall)
        faults = [stall.playground.faults.add(kind, method=method, times=times) for method in SENDING]
        await golden_way(players)
        assert await is_done_once(stall)
        await receipts_are_kept(stall)
        assert all(fault.hits for fault in faults)


async def test_a_message_whose_answer_was_lost_is_sent_again_and_counted(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        players = await cast(stall)
        stall.playground.faults.add("lost_answer", method="sendPhoto", chat=players.ann.id)
        code = await order(players.ann, players.link, "EGG")
        await stall.settles()
        seen = [message for message in players.ann.inbox if message.photo and code in message.text]
        assert len(seen) == 2
        assert await stall.value("SELECT repeated FROM outbox WHERE kind = 'order_placed'") == 1


async def test_a_message_that_surely_did_not_leave_is_no_repeat(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        players = await cast(stall)
        stall.playground.faults.add("too_many", method="sendPhoto", chat=players.ann.id, times=2)
        await order(players.ann, players.link, "EGG")
        await stall.settles()
        assert sum(message.photo is not None for message in players.ann.inbox) == 1
        assert await stall.value("SELECT sum(repeated) FROM outbox") == 0


async def test_updates_that_come_twice_lead_to_one_order(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        players = await cast(stall)
        again = stall.playground.faults.add("redeliver", times=None)
        await golden_way(players)
        assert await is_done_once(stall)
        assert again.hits > 10
        assert len(players.ann.inbox) == len({message.id for message in players.ann.inbox})
        assert await stall.value("SELECT count(*) FROM outbox WHERE kind = 'payment_confirmed'") == 1


async def test_a_silence_of_telegram_for_minutes_costs_nobody_an_answer(tmp_path: Path) -> None:
    async with wired_stall(tmp_path, read=0.3) as stall:
        players = await cast(stall)
        down = [stall.playground.faults.add("server_error", method=m, times=None) for m in (*SENDING, "getUpdates")]
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


async def test_somebody_who_blocks_the_bot_after_a_tap_is_no_incident(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        players = await cast(stall)
        await players.ann.sends("/streams")
        players.ann.chat.blocked = True
        await stall.settles()
        assert await stall.value("SELECT count(*) FROM inbox WHERE attempts > 0") == 0
        assert await stall.value("SELECT count(*) FROM outbox WHERE kind IN ('apology', 'incident')") == 0


async def test_a_receipt_sent_while_the_answers_are_lost_is_kept_once(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        players = await cast(stall)
        code = await order(players.ann, players.link, "EGG")
        stall.playground.faults.add("lost_answer", method="sendMessage", times=2)
        await players.ann.sends_photo(RECEIPT)
        assert code_in((await players.ann.sees("is with the cashier")).text) == code
        await stall.settles()
        assert await stall.value("SELECT count(*) FROM receipts") == 1
