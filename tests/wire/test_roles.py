"""Somebody leaves while the way to Telegram is bad: nobody keeps a button, nothing waits for nobody."""

from pathlib import Path

import pytest

from playground.faults import Kind
from tests.journeys.actors import RECEIPT, order
from tests.journeys.players import cast
from tests.journeys.test_roles import revokes
from tests.wire.stall import wired_stall

CALLS = ("sendMessage", "sendPhoto", "editMessageText", "editMessageCaption", "answerCallbackQuery", "setMyCommands")
SURELY = ("sendMessage", "sendPhoto", "editMessageCaption", "setMyCommands")


@pytest.mark.parametrize("kind", ["too_many", "server_error", "reset", "lost_answer", "hang"])
async def test_a_cashier_is_revoked_whatever_fails(tmp_path: Path, kind: Kind) -> None:
    async with wired_stall(tmp_path, read=0.3) as stall:
        players = await cast(stall)
        owner, cai = stall.owner, players.cai
        await owner.sends("/start")
        code = await order(players.ann, players.link, "EGG")
        await players.ann.sends_photo(RECEIPT)
        card = await cai.sees(f"Receipt for {code}", since=0)
        await stall.settles()
        mark = owner.mark()
        faults = {method: stall.playground.faults.add(kind, method=method, times=2) for method in CALLS}
        await owner.sends("/roles")
        await owner.taps_when("Cai")
        await owner.taps_when("Revoke cashier")
        theirs = await owner.sees(f"Receipt for {code}", since=mark)
        await stall.settles()
        assert all(faults[method].hits for method in SURELY)
        assert not card.labels
        assert "payments" not in {entry["command"] for entry in cai.menu}
        assert await stall.value("SELECT count(*) FROM outbox WHERE state = 'failed'") == 0
        assert await stall.value("SELECT count(*) FROM inbox WHERE set_aside_at IS NOT NULL") == 0
        stall.playground.faults.clear()
        await owner.taps("Confirm", on=theirs)
        await players.ann.sees("Payment confirmed")


async def test_undo_over_http_gives_everything_back(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        players = await cast(stall)
        await stall.owner.sends("/start")
        code = await order(players.ann, players.link, "EGG")
        await players.ann.sends_photo(RECEIPT)
        card = await players.cai.sees(f"Receipt for {code}", since=0)
        await revokes(stall, "Cai", "cashier")
        assert not card.labels
        await stall.owner.taps("Undo")
        await stall.owner.sees("is cashier again")
        await stall.settles()
        assert card.labels == ["✅ Confirm", "Reject"]
