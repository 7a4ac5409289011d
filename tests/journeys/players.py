"""The main job in the words of its people, for stories in which something goes wrong around it."""

import asyncio
from dataclasses import dataclass

from playground.people import Person
from storage import products, roles
from storage.roles import Role
from tests.journeys.actors import RECEIPT, order
from tests.journeys.market import comes_in, link_to, spring_stream
from tests.stall import OWNER, TestStall


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays, and the link of a stream that sells eggs."""

    ann: Person
    cai: Person
    sun: Person
    link: str


async def cast(stall: TestStall, *codes: str, quantity: int | None = 50) -> Cast:
    """A buyer, a cashier, a supplier of eggs, and an announced stream."""
    stream = await spring_stream(stall, *(codes or ("EGG",)), quantity=quantity)
    ann, cai, sun = [await comes_in(stall, name) for name in ("Ann", "Cai", "Sun")]
    store, now = stall.program.deps.store, stall.clock.now()
    eggs = await store.read(products.by_code, "EGG")
    assert eggs is not None
    await store.write(roles.grant, person=cai.id, role=Role.CASHIER, supplier=None, by=OWNER, now=now)
    await store.write(roles.grant, person=sun.id, role=Role.SUPPLIER, supplier=eggs.supplier_id, by=OWNER, now=now)
    return Cast(ann, cai, sun, link_to(f"s_{stream.code}"))


async def receipts_are_kept(stall: TestStall) -> None:
    """Wait until the bytes of every receipt are in the books: they are fetched after everybody has been told."""
    async with asyncio.timeout(10):
        while await stall.value("SELECT count(*) FROM receipts WHERE file_id IS NOT NULL AND bytes IS NULL"):
            await asyncio.sleep(0.005)


async def one_order(stall: TestStall) -> tuple[Cast, str]:
    """The cast, and an order of the buyer's that waits for money."""
    players = await cast(stall)
    return players, await order(players.ann, players.link, "EGG")


async def a_moment_passes(stall: TestStall) -> None:
    """Until the last part of an album is certainly there."""
    await stall.settles()
    await stall.passes(2)
    await stall.settles()


async def golden_way(players: Cast) -> str:
    """Ordered, paid, confirmed, shipped, received: every person sees what they have to see. Returns the code."""
    ann, cai, sun = players.ann, players.cai, players.sun
    mark = cai.mark()
    code = await order(ann, players.link, "EGG")
    assert "36.00" in (await ann.sees(code, since=0)).text
    await ann.sends_photo(RECEIPT)
    await ann.sees("is with the cashier")
    slip = await cai.sees(code, since=mark)
    assert slip.photo == RECEIPT
    mark = ann.mark(), sun.mark()
    await cai.taps("Confirm", on=slip)
    await ann.sees("Payment confirmed", since=mark[0])
    parcel = await sun.sees(code, since=mark[1])
    assert "12 Dingjiang West Road" in parcel.text
    await sun.taps("Accept", on=parcel)
    await sun.taps_when("Mark shipped")
    mark = (ann.mark(),)
    await sun.taps_when("No tracking")
    await ann.sees("on its way", since=mark[0])
    await ann.taps_when("Received")
    assert code in (await ann.sees("is completed")).text
    return code
