"""The crowd of the Tonggu evening: who wants what, how each purchase ends, and what they say to the bot.

Owns the plan, which adds up to the evening as it was reported, and the buyers' words in both languages. Never looks
into the books: what it counts is what people were shown.
"""

import random
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from playground.api import Playground
from playground.people import Person

WANTED: Final = {
    "EGG": (500, 7, 10),
    "RICE": (600, 12, 20),
    "HONEY": (1_000, 6, 10),
    "SHOOT": (1_000, 12, 20),
    "MUMTEA": (304, 1, 5),
    "TEAOIL": (250, 1, 4),
    "CANDY": (316, 1, 5),
}
"""By product: packs bought in all, and from how many to how many at once. With the catalogue's prices these make
10,000 eggs, 3,000 kg of rice noodles, 500 kg of honey, 1,000 packages of bamboo shoots and 324,200 yuan."""

SOLD_OUT: Final = ("EGG", "RICE", "HONEY", "SHOOT")
BUYERS: Final = 380
WAVES: Final = 12
CHANGED_THEIR_MINDS: Final = 24
"""Buyers who call off or never pay; what they held is bought by others before the evening ends."""

ORDER_CODE: Final = re.compile(r"TG-[A-Z0-9]{5,}")
RECEIPT: Final = (Path(__file__).parent / "receipt-ann.png").read_bytes()
PNG_END: Final = 12
"""Bytes of a PNG's closing chunk."""

FAMILIES: Final = "李王张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN: Final = "芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚"
IN_LATIN: Final = "Li Wang Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Gao Lin Luo".split()  # noqa: SIM905


class Fate(Enum):
    """How a purchase ends."""

    PAYS = auto()
    PAYS_AT_THE_SECOND_TRY = auto()
    """The first proof is a number nobody finds; the second is a picture."""
    CALLS_OFF = auto()
    NEVER_PAYS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One order to be: `packs` of one product, by the buyer of this number."""

    buyer: int
    code: str
    packs: int
    fate: Fate


def evening(seed: int = 324_200) -> list[list[Purchase]]:
    """Every purchase, wave by wave: nobody buys twice in a wave, and nobody the same product twice.

    Those who change their minds come in the first waves, so that what they give back can still be sold.
    """
    chance = random.Random(seed)  # noqa: S311 - a story, told the same way every time
    bought = [(code, packs) for code, wanted in WANTED.items() for packs in _portions(chance, *wanted)]
    chance.shuffle(bought)
    waves = _seated([bought[number::WAVES] for number in range(WAVES)])
    for number in range(CHANGED_THEIR_MINDS):
        code = SOLD_OUT[number % len(SOLD_OUT)]
        fate = Fate.CALLS_OFF if number % 3 == 0 else Fate.NEVER_PAYS
        waves[number % 3].append(Purchase(buyer=BUYERS + number, code=code, packs=2, fate=fate))
    return waves


def _portions(chance: random.Random, total: int, fewest: int, most: int) -> Iterator[int]:
    while total:
        packs = min(total, chance.randint(fewest, most))
        yield packs
        total -= packs


def _seated(waves: list[list[tuple[str, int]]]) -> list[list[Purchase]]:
    """Give every purchase to whoever has waited longest and does not have that product yet."""
    waiting = list(range(BUYERS))
    has: set[tuple[int, str]] = set()
    seated = []
    for wave in waves:
        served = []
        for place, (code, packs) in enumerate(wave):
            buyer = next(one for one in waiting if (one, code) not in has)
            waiting.remove(buyer)
            has.add((buyer, code))
            fate = Fate.PAYS_AT_THE_SECOND_TRY if place % 17 == 0 else Fate.PAYS
            served.append(Purchase(buyer=buyer, code=code, packs=packs, fate=fate))
        waiting += [purchase.buyer for purchase in served]
        seated.append(served)
    return seated


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What buyers of one language tap, answer and wait for."""

    language: str
    follow: str
    remind: str
    live: str
    products: str
    order_now: str
    answers: tuple[tuple[str, str], ...]
    place: str
    placed: str
    paid: str
    ask_number: str
    at_the_till: str
    confirmed: str
    turned_down: str
    call_off: tuple[str, str, str]
    received: str


ENGLISH: Final = Words(
    language="en",
    follow="Follow",
    remind="Remind me",
    live="is live now",
    products="Products",
    order_now="Order now",
    answers=(
        ("recipient", "{name}"),
        ("phone", "138 0013 8000"),
        ("address", "{number} Dingjiang West Road, Tonggu, Yichun, Jiangxi"),
    ),
    place="Place order",
    placed="Pay by",
    paid="I have paid",
    ask_number="reference",
    at_the_till="is with the cashier",
    confirmed="Payment confirmed",
    turned_down="could not confirm",
    call_off=("Cancel order", "Yes, cancel order", "cancelled"),
    received="Received",
)
CHINESE: Final = Words(
    language="zh-hans",
    follow="关注",
    remind="提醒我",
    live="开播了",
    products="看商品",
    order_now="立即下单",
    answers=(
        ("收件人", "{name}"),
        ("电话", "138 0013 8000"),
        ("地址", "江西省宜春市铜鼓县定江西路{number}号"),
    ),
    place="提交订单",
    placed="前付款",
    paid="我已付款",
    ask_number="交易单号",
    at_the_till="已交给收银员",
    confirmed="付款已确认",
    turned_down="未能确认",
    call_off=("取消订单", "是，取消订单", "已取消"),
    received="已收到",
)


class Buyer:
    """One of the crowd. Every verb raises AssertionError with the chat's transcript if what should come does not."""

    def __init__(self, playground: Playground, number: int) -> None:
        family, given = number % len(FAMILIES), number // len(FAMILIES) % len(GIVEN)
        self.words = CHINESE if number % 3 else ENGLISH
        self.number = number
        chinese = FAMILIES[family] + GIVEN[given]
        self.name = chinese if self.words is CHINESE else f"{IN_LATIN[family]} {number}"
        self.person: Person = playground.person(self.name, id=10_000 + number, language=self.words.language)
        self._has_address = False

    async def follows(self) -> None:
        """Come in for the first time, and follow."""
        await self.person.sends("/start")
        await self.person.taps_when(self.words.follow, timeout=PATIENCE)
        await self.person.answered(PATIENCE)

    async def asks_to_be_reminded(self) -> None:
        """On the announcement."""
        await self.person.taps_when(self.words.remind, timeout=PATIENCE)
        await self.person.answered(PATIENCE)

    async def orders(self, link: str, code: str, packs: int) -> str:
        """From the stream's link to a placed order; returns its code."""
        person, words = self.person, self.words
        await person.opens(link)
        await person.taps_when(words.products, timeout=PATIENCE)
        await person.taps_when(code, timeout=PATIENCE)
        for _ in range(packs - 1):
            await person.taps_when("+", timeout=PATIENCE)
        await person.taps_when(words.order_now, timeout=PATIENCE)
        if not self._has_address:
            for question, answer in words.answers:
                await person.sees(question, timeout=PATIENCE)
                await person.sends(answer.format(name=self.name, number=self.number + 1))
            self._has_address = True
        await person.taps_when(words.place, timeout=PATIENCE)
        placed = await person.sees(words.placed, timeout=PATIENCE)
        found = ORDER_CODE.search(placed.text)
        assert found is not None, placed.text
        return found.group()

    async def pays(self, order: str) -> None:
        """Send a picture of the payment and hear that it has come in."""
        await self.person.sends_photo(receipt_for(order))
        await self.person.sees(self.words.at_the_till, timeout=PATIENCE)

    async def claims(self, order: str) -> None:
        """Type a number instead of sending a picture."""
        await self.person.taps_when(self.words.paid, timeout=PATIENCE)
        await self.person.sees(self.words.ask_number, timeout=PATIENCE)
        await self.person.sends(f"42000{self.number:05}")
        await self.person.sees(order, timeout=PATIENCE)

    async def calls_off(self) -> None:
        cancel, sure, done = self.words.call_off
        await self.person.taps_when(cancel, timeout=PATIENCE)
        await self.person.taps_when(sure, timeout=PATIENCE)
        await self.person.sees(done, timeout=PATIENCE)


PATIENCE: Final = 60.0
"""Real seconds: the whole crowd is served at once."""


def receipt_for(order: str) -> bytes:
    """A receipt nobody else has: the same picture with the order's code in its comment."""
    comment = b"Comment\0" + order.encode()
    chunk = struct.pack(">I", len(comment)) + b"tEXt" + comment + struct.pack(">I", zlib.crc32(b"tEXt" + comment))
    return RECEIPT[:-PNG_END] + chunk + RECEIPT[-PNG_END:]
