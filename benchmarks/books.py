"""Books prepared for a measurement: a live stream, one offer, and buyers who stand before `Place order`."""

import asyncio
import resource
import time
from pathlib import Path
from typing import Any

from bot.compose import settings_of
from bot.config import Config, given
from shop.catalogue import CatalogueRow
from storage import addresses, checkouts, dialogs, offers, people, products, revocations, streams
from storage.addresses import Address
from storage.connection import Tx
from storage.deliveries import Destination
from storage.orders import OrderPolicy
from storage.quotes import Wish
from storage.store import Store

TOKEN = "123456:BENCH"
USERNAME = "bench_bot"
SECRET = "bench"
METHOD = {"kind": "static", "name": "Pay", "payee": "Bench", "code": "wxp://bench"}
HOST = 1001
FIRST_BUYER = 10_000
HOME = Destination(recipient="Li Hua", phone="+8613800138000", address="12 Dingjiang West Road, Tonggu")


def processor() -> float:
    """Seconds of processor time this process has used, in all its threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def config(folder: Path, base_url: str, webhook: int | None = None) -> Config:
    """The stall as it ships: full durability, Telegram's own limits; with a webhook on that port, or polling."""
    own = {"mode": "webhook", "webhook": {"url": f"http://127.0.0.1:{webhook}/", "port": webhook, "secret": SECRET}}
    return given(
        {
            "telegram": {"token": TOKEN, "base_url": base_url} | (own if webhook else {}),
            "storage": {"path": str(folder / "bench.db")},
            "stall": {"name": "Bench", "currency": "CNY", "timezone": "Asia/Shanghai"},
            "people": {"owners": [HOST]},
            "payments": {"methods": [METHOD]},
            "logs": {"level": "WARNING"},
        },
        folder,
    )


def orders_policy() -> OrderPolicy:
    """The stall's rules for orders, as they are set there."""
    return settings_of(config(Path(), "http://127.0.0.1")).policy


def _stock(tx: Tx, quantity: int, now: int) -> offers.Offer:
    revocations.set_owners(tx, [HOST], now)
    people.meet(tx, person=HOST, name="Host", username=None, language="en", now=now)
    row = CatalogueRow(
        number=1,
        code="EGG",
        names={"en": "Eggs", "zh": "鸡蛋"},
        units={"en": "box of 20", "zh": "20枚装"},
        base_units={"en": "egg", "zh": "枚"},
        descriptions={"en": "", "zh": ""},
        pack_milli=20_000,
        price=3600,
        currency="CNY",
        stock=quantity,
        limit_per_buyer=None,
        supplier="Farm",
        county="Tonggu",
        households=1,
        is_designated=False,
        ships_within_days=3,
        picture="",
    )
    products.import_rows(tx, actor=None, rows=[row], now=now)
    made = streams.create(tx, actor=HOST, title="Bench", starts_at=now + 3_600_000, platforms=[], photo=None, now=now)
    if not isinstance(made, streams.Created):
        raise TypeError(made)
    product = products.by_code(tx, "EGG")
    if product is None:
        raise LookupError("EGG")
    added = offers.add(
        tx, actor=HOST, stream_id=made.stream.id, product_id=product.id, quantity=quantity, price=3600, now=now
    )
    streams.announce(tx, actor=HOST, stream_id=made.stream.id, offsets_ms=(), now=now)
    tx.run("UPDATE outbox SET state = 'dropped', ended_at = :now", now=now)
    if not isinstance(added, offers.Added):
        raise TypeError(added)
    return added.offer


def known(tx: Tx, buyer: int, now: int) -> None:
    """A buyer whose address is saved."""
    people.meet(tx, person=buyer, name=f"Buyer {buyer}", username=None, language="en", now=now)
    address = Address(recipient=HOME.recipient, phone=HOME.phone, address=HOME.address)
    addresses.save(tx, actor=buyer, address=address, now=now)


def _at_summary(tx: Tx, buyer: int, offer: offers.Offer, now: int) -> int:
    known(tx, buyer, now)
    wish = Wish(offer_id=offer.id, quantity=1, price=offer.price)
    dialog = checkouts.begin(tx, actor=buyer, wishes=[wish], now=now)
    if not isinstance(dialog, dialogs.Dialog):
        raise TypeError(dialog)
    tx.run("UPDATE outbox SET state = 'dropped', ended_at = :now WHERE state = 'queued'", now=now)
    return dialog.id


async def prepare(folder: Path, buyers: int) -> list[dict[str, Any]]:
    """Fill the books; returns the updates of everybody tapping `Place order`."""
    now = time.time_ns() // 1_000_000
    async with await Store.open(folder / "bench.db", synchronous="NORMAL", now=now) as store:
        offer = await store.write(_stock, buyers, now)
        return await at_the_summary(store, offer, FIRST_BUYER, buyers, now)


async def at_the_summary(
    store: Store, offer: offers.Offer, first: int, buyers: int, now: int
) -> list[dict[str, Any]]:
    """So many people from `first` on stand before `Place order`; returns the updates of their taps."""
    checkouts_ = await asyncio.gather(
        *(store.write(_at_summary, first + index, offer, now) for index in range(buyers))
    )
    return [
        tap(first - FIRST_BUYER + index, first + index, f"1|placeas|{checkout}|{offer.price}|{HOME.mark}")
        for index, checkout in enumerate(checkouts_)
    ]


async def put_up(folder: Path, buyers: int, units: int) -> int:
    """Books with one offer of so many units and so many buyers whose addresses are saved; returns the offer."""
    now = time.time_ns() // 1_000_000
    async with await Store.open(folder / "bench.db", synchronous="NORMAL", now=now) as store:
        offer = await store.write(_stock, units, now)
        await asyncio.gather(*(store.write(known, FIRST_BUYER + index, now) for index in range(buyers)))
    return offer.id


def tap(index: int, person: int, data: str) -> dict[str, Any]:
    """A callback query as Telegram sends it."""
    sender = {"id": person, "is_bot": False, "first_name": f"Buyer {person}", "language_code": "en"}
    return {
        "update_id": index + 1,
        "callback_query": {
            "id": str(index),
            "from": sender,
            "chat_instance": "1",
            "data": data,
            "message": {
                "message_id": 100 + index,
                "date": int(time.time()),
                "chat": {"id": person, "type": "private", "first_name": "B"},
                "text": "Your order",
            },
        },
    }


def typed(index: int, person: int) -> dict[str, Any]:
    """A text message as Telegram sends it."""
    return {
        "update_id": index + 1,
        "message": {
            "message_id": 100 + index,
            "date": int(time.time()),
            "chat": {"id": person, "type": "private", "first_name": "B"},
            "from": {"id": person, "is_bot": False, "first_name": "B", "language_code": "en"},
            "text": "hello",
        },
    }


def posted(index: int, channel: int) -> dict[str, Any]:
    """A post in a channel as Telegram sends it."""
    post = {"message_id": 100 + index, "date": int(time.time()), "chat": {"id": -channel, "type": "channel"}}
    return {"update_id": index + 1, "channel_post": {**post, "text": "hello"}}
