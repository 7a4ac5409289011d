"""A busy group over HTTP, with Telegram's limits on: every order is held, and the group never hears too much."""

from pathlib import Path

from playground.limits import Limits
from storage import doctor
from tests.journeys.actors import link_in
from tests.journeys.groups import circle, taken
from tests.stall import TestStall
from tests.wire.stall import wired_stall
from tests.wire.test_limits import AS_TELEGRAM

BUYERS = 60


async def books_agree(stall: TestStall) -> None:
    findings = await doctor.examine(stall.program.deps.store, now=stall.clock.now(), bot_is_running=True)
    assert not findings.differences


async def test_sixty_strangers_order_at_once_and_the_group_keeps_to_its_twenty_messages(tmp_path: Path) -> None:
    async with wired_stall(tmp_path, limits=Limits.telegram(), speed=20, telegram=AS_TELEGRAM) as stall:
        there = await circle(stall, "MUMTEA", quantity=50)
        buyers = [stall.playground.person(f"Buyer {number}", id=30_001 + number) for number in range(BUYERS)]
        there.group.members |= {buyer.id: "member" for buyer in buyers}
        orders = [await buyer.sends("MUMTEA 1", chat=there.group) for buyer in buyers]
        await stall.settles(30)
        assert await taken(stall) == 50
        assert sorted(order.reactions[0] for order in orders) == sorted(["👍"] * 50 + ["😢"] * 10)
        card = await stall.owner.sees("50 orders", chat=there.group, since=0, timeout=30)
        buyer = next(one for one, order in zip(buyers, orders, strict=True) if order.reactions == ["👍"])
        await buyer.opens(link_in(card.text))
        await buyer.sees("recipient", timeout=30)
        assert stall.playground.too_many == 0
        await books_agree(stall)


async def test_lost_answers_and_refusals_cost_no_order(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        there = await circle(stall)
        faults = stall.playground.faults
        faults.add("too_many", chat=there.group.id, times=2, retry_after=2)
        faults.add("server_error", method="setMessageReaction", times=1)
        faults.add("lost_answer", method="sendMessage", times=2)
        await there.ann.sends("EGG 2", chat=there.group)
        await there.ben.sends("EGG 3", chat=there.group)
        await stall.owner.sees("2 orders", chat=there.group, since=0, timeout=30)
        await there.ann.sees("recipient", timeout=30)
        await stall.settles(30)
        assert await taken(stall) == 5
        await books_agree(stall)
