"""A rush over HTTP: three hundred orders edit the desk every five seconds at most, and the last edit is the truth."""

import asyncio
from itertools import pairwise
from pathlib import Path

from playground.limits import Limits
from shop.streams import StreamStatus
from storage import addresses, checkouts, dialogs, people
from storage.addresses import Address
from storage.checkouts import CHECKOUT
from storage.connection import Tx
from storage.roles import Role
from tests.journeys.market import becomes, spring_stream, works_as
from tests.stall import TestStall
from tests.wire.stall import Mode, wired_stall

HOME = Address(recipient="Li Hua", phone="+8613800138000", address="12 Dingjiang West Road, Tonggu")
ORDERS = 300
WAITING = "SELECT count(*) FROM outbox WHERE kind = 'desk' AND state IN ('queued', 'sending')"
FIVE_SECONDS = 5 - 0.001  # the books keep milliseconds


async def rush(stall: TestStall, stream: int) -> None:
    """Three hundred people order a pack each, over some seconds of the clock."""
    store, policy = stall.program.deps.store, stall.program.deps.settings.policy
    offer = await stall.value("SELECT id FROM offers WHERE stream_id = :s", s=stream)
    buyers = [stall.playground.person(f"Buyer {number}", id=10_001 + number) for number in range(ORDERS)]

    def at_the_summary(tx: Tx) -> list[int]:
        found = []
        for buyer in buyers:
            now = stall.clock.now()
            people.meet(tx, person=buyer.id, name=buyer.name, username=None, language="en", now=now)
            addresses.save(tx, actor=buyer.id, address=HOME, now=now)
            data = {"lines": [[offer, 1, 3600]]}
            dialog = dialogs.begin(tx, actor=buyer.id, kind=CHECKOUT, step="summary", data=data, now=now, silent=True)
            found.append(dialog.id)
        return found

    open_ = await store.write(at_the_summary)
    for buyer in buyers:
        buyer.chat.started = True
    for buyer, checkout in zip(buyers, open_, strict=True):
        placed = await store.write(
            checkouts.place,
            actor=buyer.id,
            checkout=checkout,
            terms="v1",
            method="WeChat Pay",
            policy=policy,
            now=stall.clock.now(),
        )
        assert isinstance(placed, checkouts.Placed)
        await asyncio.sleep(0.002)


async def test_a_rush_of_orders_edits_the_desk_every_five_seconds_and_ends_with_the_truth(
    tmp_path: Path, mode: Mode
) -> None:
    async with wired_stall(tmp_path, limits=Limits.telegram(), speed=10, mode=mode, telegram={"limits": {}}) as stall:
        stream = await spring_stream(stall, "EGG", quantity=ORDERS)
        await becomes(stall, stream, StreamStatus.LIVE)
        hana = await works_as(stall, "Hana", Role.HOST)
        hana.press(f"1|desk|{stream.id}", hana.last)
        desk = await hana.sees("start=s_")
        await stall.settles()
        messages = len(hana.inbox)
        await rush(stall, stream.id)
        async with asyncio.timeout(60):
            while await stall.value(WAITING):
                await asyncio.sleep(0.05)
        await stall.settles(60)
        edits = [
            call.at
            for call in stall.playground.calls
            if call.method == "editMessageText" and call.params.get("chat_id") == hana.id
        ]
        assert len(edits) >= 2
        assert all(later - earlier >= FIVE_SECONDS for earlier, later in pairwise(edits))
        assert len(hana.inbox) == messages, "one message, edited"
        assert f"{ORDERS} boxes sold" in desk.text
        assert "⛔ sold out" in desk.text
        assert "¥10,800.00 to come" in desk.text
        assert f"{ORDERS} to pay" in desk.text
        assert stall.playground.too_many == 0
