"""A stall that has something to sell, set up by acts: for stories that begin after the host's work is done."""

from handlers.wording import MOST_TEXT
from playground.people import Person
from shop.streams import StreamStatus
from storage import offers, products, roles, streams
from storage.clock import HOUR, MINUTE
from storage.roles import Role
from storage.streams import Platform
from tests.journeys.actors import import_catalogue
from tests.stall import OWNER, TestStall

PLATFORM = Platform(name="Kuaishou", url="https://live.kuaishou.example/tonggu")


async def comes_in(stall: TestStall, name: str, language: str = "en") -> Person:
    """Somebody who has opened the stall once."""
    person = stall.person(name, language=language)
    await person.sends("/start")
    await person.sees("Tonggu Stall")
    await stall.settles()
    return person


async def works_as(stall: TestStall, name: str, role: Role) -> Person:
    """Somebody who has opened the stall and holds a role."""
    person = await comes_in(stall, name)
    await stall.program.deps.store.write(
        roles.grant, person=person.id, role=role, supplier=None, by=OWNER, now=stall.clock.now()
    )
    return person


async def spring_stream(
    stall: TestStall, *codes: str, title: str = "Spring stream", quantity: int | None = 50, is_announced: bool = True
) -> streams.Stream:
    """A stream of the owner's that begins in 2 h 10 min and sells `quantity` packs of each product."""
    store, now = stall.program.deps.store, stall.clock.now()
    if not await store.read(products.listing):
        await import_catalogue(stall)
    created = await store.write(
        streams.create,
        actor=OWNER,
        title=title,
        starts_at=now + 2 * HOUR + 10 * MINUTE,
        platforms=[PLATFORM],
        photo=None,
        now=now,
    )
    assert isinstance(created, streams.Created)
    for code in codes:
        product = await store.read(products.by_code, code)
        assert product is not None
        added = await store.write(
            offers.add,
            actor=OWNER,
            stream_id=created.stream.id,
            product_id=product.id,
            quantity=quantity,
            price=product.price,
            now=now,
        )
        assert isinstance(added, offers.Added)
    if is_announced:
        announced = await store.write(
            streams.announce, actor=OWNER, stream_id=created.stream.id, offsets_ms=[HOUR], now=now
        )
        assert isinstance(announced, streams.Announced)
    await stall.settles()
    return created.stream


async def becomes(stall: TestStall, stream: streams.Stream, status: StreamStatus) -> None:
    """The owner takes the stream on to this state."""
    store, now = stall.program.deps.store, stall.clock.now()
    act = {
        StreamStatus.LIVE: streams.go_live,
        StreamStatus.ENDED: streams.end,
        StreamStatus.CANCELLED: streams.cancel,
    }[status]
    await store.write(act, actor=OWNER, stream_id=stream.id, now=now)
    await stall.settles()


def link_to(payload: str) -> str:
    """A deep link to the stall."""
    return f"https://t.me/stall_bot?start={payload}"


LONGEST_TEXT = "x" * MOST_TEXT
