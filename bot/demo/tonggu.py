"""The story `--story tonggu`: the evening that began all this, with hundreds of buyers in one stream.

Owns who does what when. Those with a name are shown line by line; the crowd is counted. Every order, receipt and
confirmation is a message or a tap on the local Telegram, and the figures at the end are the bot's own report.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeVar, assert_never

from bot.demo.crowd import BUYERS, CHANGED_THEIR_MINDS, PATIENCE, SOLD_OUT, Buyer, Fate, Purchase, evening
from playground.api import Playground
from playground.messages import Message
from playground.people import Person
from playground.story import Actor, Kind, Story, StoryBroke

OWNER: Final = 1001
SUPPLIERS: Final = {
    "EGG": ("Sun", "Tonggu Free-Range Poultry Cooperative"),
    "RICE": ("Pan", "Paibu Rice Noodle Workshop"),
    "HONEY": ("Gao", "Gaoqiao Beekeepers' Cooperative"),
    "SHOOT": ("Duan", "Daduan Bamboo Cooperative"),
    "MUMTEA": ("Ju", "Tonggu Golden Chrysanthemum Farm"),
    "TEAOIL": ("You", "Sandu Camellia Oil Mill"),
    "CANDY": ("Mei", "Tonggu Hakka Kitchen"),
}
TITLE: Final = "Tonggu evening stream"
PLATFORMS: Final = "Kuaishou https://live.kuaishou.com/u/tonggu\nTaobao Live https://taobao.com/live/123"
LINK: Final = re.compile(r"https://t\.me/\w+\?start=[\w-]+")

MINUTES_A_WAVE: Final = 8
AT_ONCE: Final = 60
"""How many of the crowd are in the middle of something at one time."""

REPORTED: Final = ("10,000 eggs", "3,000 kg", "500 kg", "1,000 packages", "¥324,200.00")
FURTHER_ORDERS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Who works this evening; a supplier by the code of what they make."""

    olga: Actor
    hana: Actor
    cashiers: tuple[Actor, ...]
    suppliers: dict[str, Actor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """The evening's clock: what it shows in the stall's zone, and how to let it run on until a moment."""

    now: Callable[[], datetime]
    runs_until: Callable[[datetime], Awaitable[None]]

    async def passes(self, minutes: int) -> None:
        await self.runs_until(self.now() + timedelta(minutes=minutes))


@dataclass(slots=True)
class Sales:
    """What the storyteller has seen: confirmed orders with what is in them, and those that came to nothing."""

    confirmed: dict[str, tuple[Buyer, Purchase]] = field(default_factory=dict)
    unpaid: int = 0
    called_off: int = 0

    def packs(self, code: str) -> int:
        return sum(purchase.packs for _, purchase in self.confirmed.values() if purchase.code == code)

    @property
    def further(self) -> int:
        """Orders of what did not sell out."""
        return sum(purchase.code not in SOLD_OUT for _, purchase in self.confirmed.values())


async def play(story: Story, playground: Playground, time: Time) -> int:
    """The whole evening and the morning after; how many orders it were. Raises StoryBroke at the first step that
    fails."""
    staff = cast(playground, story)
    buyers = [Buyer(playground, number) for number in range(BUYERS + CHANGED_THEIR_MINDS)]
    try:
        await hand_out_jobs(story, staff)
        starts = (time.now() + timedelta(days=1)).replace(hour=20, minute=0, second=0, microsecond=0)
        link = await announce(story, staff, buyers, starts)
        await go_live(story, staff, buyers, time, starts)
        sales = await sell(story, staff, buyers, link, time, starts)
        await find_it_sold_out(story, playground, link)
        await count_up(story, staff, sales)
        await deliver(story, staff, sales, time)
    except AssertionError as missed:
        # What one of the crowd misses on the playground is a failed assertion; here it is how the story breaks off.
        raise StoryBroke(str(missed)) from None
    return len(sales.confirmed)


def cast(playground: Playground, story: Story) -> Staff:
    """Everybody with a job, and what the chat page says of them."""

    def actor(name: str, about: str, number: int) -> Actor:
        person = playground.person(name, id=number, language="en")
        person.about = about
        return Actor(person, story)

    return Staff(
        olga=actor("Olga", "owner", OWNER),
        hana=actor("Hana", "host", 1002),
        cashiers=(actor("Cai", "cashier", 1003), actor("Dai", "cashier", 1004)),
        suppliers={
            code: actor(name, f"supplier of {code}", 1005 + place)
            for place, (code, (name, _)) in enumerate(SUPPLIERS.items())
        },
    )


async def hand_out_jobs(story: Story, staff: Staff) -> None:
    await story.chapter("The owner hands out the jobs")
    await staff.olga.writes("/start")
    await staff.olga.sees("/invite")
    jobs = [(staff.hana, "host"), *((cashier, "cashier") for cashier in staff.cashiers)]
    jobs += [(actor, f"supplier {SUPPLIERS[code][1]}") for code, actor in staff.suppliers.items()]
    for actor, role in jobs:
        await staff.olga.writes(f"/invite {role}")
        await actor.opens(_link_in(await staff.olga.sees("start=i_")))
        await staff.olga.sees(f"{actor.person.name} has opened")


async def announce(story: Story, staff: Staff, buyers: list[Buyer], starts: datetime) -> str:
    """Everybody follows, the host announces; returns the stream's link."""
    await story.chapter(f"{len(buyers)} people follow the stall; the host announces tomorrow's stream")
    await _all_of(buyer.follows() for buyer in buyers)
    hana = staff.hana
    await hana.writes("/newstream")
    await hana.sees("title")
    await hana.writes(TITLE)
    await hana.sees("When")
    await hana.writes(f"{starts:%Y-%m-%d %H:%M}")
    await hana.sees("Where can people watch")
    await hana.writes(PLATFORMS)
    await hana.taps("Skip")
    link = _link_in(await hana.sees("start=s_"))
    for code in SUPPLIERS:
        await hana.taps("Add products")
        await hana.taps(code)
        await hana.taps("Add")
        await hana.sees(f"{code} ")
    marks = [buyer.person.mark() for buyer in buyers]
    await hana.taps("Announce")
    await hana.sees("announced")
    await _all_of(
        buyer.person.sees(TITLE, since=mark, timeout=PATIENCE) for buyer, mark in zip(buyers, marks, strict=True)
    )
    await story.tell(Kind.CHECKED, f"all {len(buyers)} have the announcement")
    return link


async def go_live(story: Story, staff: Staff, buyers: list[Buyer], time: Time, starts: datetime) -> None:
    await story.chapter("The next evening the reminder goes out, and the stream goes live")
    for buyer in buyers[::3]:
        await buyer.asks_to_be_reminded()
    marks = [buyer.person.mark() for buyer in buyers]
    await time.runs_until(starts - timedelta(minutes=10))
    await _all_of(
        buyer.person.sees(TITLE, since=mark, timeout=PATIENCE)
        for buyer, mark in zip(buyers[::3], marks[::3], strict=True)
    )
    await story.tell(Kind.CHECKED, f"{time.now():%H:%M}: those who asked for it have been reminded")
    await time.runs_until(starts)
    await staff.hana.taps("Go live")
    await staff.hana.sees("Live now")
    await _all_of(
        buyer.person.sees(buyer.words.live, since=mark, timeout=PATIENCE)
        for buyer, mark in zip(buyers, marks, strict=True)
    )
    await story.tell(Kind.CHECKED, f"{time.now():%H:%M}: all {len(buyers)} have been called")


async def sell(story: Story, staff: Staff, buyers: list[Buyer], link: str, time: Time, starts: datetime) -> Sales:
    """The stream itself, wave after wave, with the cashiers behind it."""
    await story.chapter("The stream, an hour and a half of it")
    sales = Sales()
    for number, wave in enumerate(evening(), 1):
        tills = [cashier.mark() for cashier in staff.cashiers]
        orders = await _all_of(
            buyers[purchase.buyer].orders(link, purchase.code, purchase.packs) for purchase in wave
        )
        await _all_of(
            _paid(buyers[purchase.buyer], purchase, order, staff.cashiers[place % 2], tills[place % 2], sales)
            for place, (purchase, order) in enumerate(zip(wave, orders, strict=True))
        )
        left = ", ".join(f"{code} {sales.packs(code)}" for code in SOLD_OUT)
        await story.tell(
            Kind.CHECKED, f"{time.now():%H:%M}: {len(sales.confirmed)} orders confirmed; packs sold: {left}"
        )
        await time.runs_until(starts + timedelta(minutes=MINUTES_A_WAVE * number))
    await story.tell(Kind.CHECKED, f"{sales.unpaid} orders have run out, {sales.called_off} were called off")
    return sales


async def _paid(buyer: Buyer, purchase: Purchase, order: str, cashier: Actor, till: int, sales: Sales) -> None:
    """What becomes of an order: one of the crowd, one cashier, who looks for the order in what came after `till`."""
    match purchase.fate:
        case Fate.NEVER_PAYS:
            sales.unpaid += 1
            return
        case Fate.CALLS_OFF:
            await buyer.calls_off()
            sales.called_off += 1
            return
        case Fate.PAYS_AT_THE_SECOND_TRY:
            await buyer.claims(order)
            mark = buyer.person.mark()
            await _turns_down(cashier.person, order, till)
            await buyer.person.sees(buyer.words.turned_down, since=mark, timeout=PATIENCE)
            till = cashier.mark()
            await buyer.pays(order)
        case Fate.PAYS:
            await buyer.pays(order)
        case _:
            assert_never(purchase.fate)
    slip = await _open_slip(cashier.person, order, till)
    mark = buyer.person.mark()
    await cashier.person.taps("Confirm", on=slip)
    await buyer.person.sees(buyer.words.confirmed, since=mark, timeout=PATIENCE)
    sales.confirmed[order] = (buyer, purchase)


async def _turns_down(cashier: Person, order: str, till: int) -> None:
    slip = await _open_slip(cashier, order, till)
    await cashier.taps("Reject", on=slip)
    await cashier.taps("Money has not arrived", on=await _shown(cashier, order, "Money has not arrived", till))


async def _open_slip(cashier: Person, order: str, till: int) -> Message:
    return await _shown(cashier, order, "Confirm", till)


async def _shown(person: Person, order: str, label: str, since: int) -> Message:
    """Wait for a message about the order that has this button: others about it may have been decided."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        for message in person.chat.changed_since(since):
            if order in message.text and any(label in shown for shown in message.labels):
                return message
        left = deadline - asyncio.get_running_loop().time()
        try:
            await asyncio.wait_for(person.chat.signal.next(), max(left, 0))
        except TimeoutError:
            raise AssertionError(f"{person.name} was not shown {label} for {order}\n{person.transcript()}") from None


async def find_it_sold_out(story: Story, playground: Playground, link: str) -> None:
    await story.chapter("Too late for eggs")
    latecomer = playground.person("Late", id=1_900, language="en")
    latecomer.about = "viewer"
    late = Actor(latecomer, story)
    await late.opens(link)
    await late.taps("Products")
    await late.taps("EGG")
    await late.sees("Sold out")


async def count_up(story: Story, staff: Staff, sales: Sales) -> None:
    await story.chapter("The host ends the stream and counts up")
    hana = staff.hana
    await hana.writes("/mystreams")
    await hana.taps(TITLE)
    await hana.taps("End stream")
    await hana.taps("Yes")
    report = await hana.sees(REPORTED[0])
    for figure in (*REPORTED, f"{sales.further} orders of other specialties"):
        await story.expects(
            figure in report.text, wanted=f"“{figure}” in the report", found=report.text, checked=figure
        )
    await story.expects(
        sales.further > FURTHER_ORDERS,
        wanted=f"more than {FURTHER_ORDERS} further orders",
        found=str(sales.further),
        checked=f"{len(sales.confirmed)} orders in all, {sales.further} of them of what did not sell out",
    )


async def deliver(story: Story, staff: Staff, sales: Sales, time: Time) -> None:
    await story.chapter("The next morning the suppliers ship, and the parcels arrive")
    await time.passes(12 * 60)
    by_code: dict[str, list[tuple[str, Buyer]]] = {}
    for order, (buyer, purchase) in sales.confirmed.items():
        by_code.setdefault(purchase.code, []).append((order, buyer))
    await _all_of(_shipped(staff.suppliers[code].person, parcels) for code, parcels in by_code.items())
    await story.tell(Kind.CHECKED, f"{len(sales.confirmed)} parcels received")


async def _shipped(supplier: Person, parcels: list[tuple[str, Buyer]]) -> None:
    """One supplier's morning, parcel by parcel."""
    cards = {order: await supplier.sees(order, since=0) for order, _ in parcels}
    for order, buyer in parcels:
        mark = buyer.person.mark()
        await supplier.taps("Accept", on=cards[order])
        await supplier.taps_when("Mark shipped", timeout=PATIENCE)
        await supplier.taps_when("No tracking", timeout=PATIENCE)
        shipped = await buyer.person.sees(order, since=mark, timeout=PATIENCE)
        await buyer.person.taps(buyer.words.received, on=shipped)
        await buyer.person.answered(PATIENCE)


T = TypeVar("T")


async def _all_of(doings: Iterable[Awaitable[T]]) -> list[T]:
    """Let the crowd do something, `AT_ONCE` of them at a time; what they have got, in order.

    The first that fails ends it; the others are left where they stand.
    """
    room = asyncio.Semaphore(AT_ONCE)

    async def one(doing: Awaitable[T]) -> T:
        async with room:
            return await doing

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(doing)) for doing in doings]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def _link_in(message: Message) -> str:
    found = LINK.search(message.text)
    # People waited for a message with it, or the story is written wrongly.
    assert found is not None, message.text
    return found.group()
