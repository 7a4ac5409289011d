"""The story the demo tells: one evening at the stall, from handed-out jobs to delivered orders.

Owns who there is and what they do. Every step is a real message or tap on the local Telegram, and what people are
shown is what the bot has sent; the story breaks off at the first thing that does not come.
"""

import importlib
import importlib.util
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from playground.api import Playground
from playground.messages import Message
from playground.story import Actor, Story

OWNER: Final = 1001
COOPERATIVE: Final = "Tonggu Free-Range Poultry Cooperative"
TITLE: Final = "Tonggu evening stream"
PLATFORMS: Final = "Kuaishou https://live.kuaishou.com/u/tonggu\nTaobao Live https://taobao.com/live/123"
RECEIPTS: Final = Path(__file__).parent

PNG: Final = b"\x89PNG\r\n\x1a\n"
LINK: Final = re.compile(r"https://t\.me/\w+\?start=[\w-]+")
ORDER_CODE: Final = re.compile(r"TG-[A-Z0-9]{5,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays. Ann reads English, Bo Chinese."""

    olga: Actor
    hana: Actor
    cai: Actor
    sun: Actor
    ann: Actor
    bo: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Props:
    """What the story needs from outside: a clock for "tomorrow", the code on the wall, a place for pictures."""

    zone: ZoneInfo
    payment_code: str
    keep: Callable[[str, bytes], Path]
    """Saves a picture by name; says where."""


def cast(playground: Playground, story: Story) -> Cast:
    """Everybody, with what the chat page says of them."""

    def actor(name: str, about: str, number: int, language: str = "en") -> Actor:
        person = playground.person(name, id=number, language=language)
        person.about = about
        return Actor(person, story)

    return Cast(
        ann=actor("Ann", "viewer", 2001),
        bo=actor("Bo", "viewer · 中文", 2002, "zh-hans"),
        hana=actor("Hana", "host", 1002),
        cai=actor("Cai", "cashier", 1003),
        sun=actor("Sun", "supplier", 1004),
        olga=actor("Olga", "owner", OWNER),
    )


async def play(story: Story, who: Cast, props: Props) -> None:
    """The whole evening. Raises playground.story.StoryBroke at the first step that fails."""
    await hand_out_jobs(story, who)
    await follow(story, who)
    await announce(story, who, props)
    await go_live(story, who)
    order = await buy(story, who, props)
    await deliver(story, who, order)
    await buy_in_chinese(story, who)
    await report(story, who)


async def hand_out_jobs(story: Story, who: Cast) -> None:
    await story.chapter("The owner hands out the jobs")
    await who.olga.writes("/start")
    await who.olga.sees("/invite")
    for actor, role, command in (
        (who.hana, "host", "/newstream"),
        (who.cai, "cashier", "/payments"),
        (who.sun, f"supplier {COOPERATIVE}", "/fulfil"),
    ):
        await who.olga.writes(f"/invite {role}")
        invitation = await who.olga.sees("start=i_")
        await actor.opens(_found(LINK, invitation))
        await actor.sees(command)
        await who.olga.sees(f"{actor.person.name} has opened")


async def follow(story: Story, who: Cast) -> None:
    await story.chapter("Two viewers follow the stall, each in their language")
    await who.ann.writes("/start")
    await who.ann.taps("Follow")
    await who.bo.writes("/start")
    await who.bo.taps("关注")


async def announce(story: Story, who: Cast, props: Props) -> None:
    await story.chapter("The host makes a stream and announces it")
    hana = who.hana
    await hana.writes("/newstream")
    await hana.sees("title")
    await hana.writes(TITLE)
    await hana.sees("When")
    tomorrow = datetime.fromtimestamp(story.now(), props.zone) + timedelta(days=1)
    await hana.writes(f"{tomorrow:%Y-%m-%d} 20:00")
    await hana.sees("Where can people watch")
    await hana.writes(PLATFORMS)
    await hana.taps("Skip")
    await hana.sees("start=s_")
    for product in ("EGG", "RICE"):
        await hana.taps("Add products")
        await hana.taps(product)
        await hana.taps("Add")
        await hana.sees(f"{product} ")
    followers = who.ann.mark(), who.bo.mark()
    await hana.taps("Announce")
    await hana.sees("announced")
    await who.ann.sees(TITLE, since=followers[0])
    await who.bo.sees("观看", since=followers[1])
    await who.ann.taps("Remind me")


async def go_live(story: Story, who: Cast) -> None:
    await story.chapter("The stream goes live")
    followers = who.ann.mark(), who.bo.mark()
    await who.hana.taps("Go live")
    await who.hana.sees("Live now")
    await who.ann.sees("is live now", since=followers[0])
    await who.bo.sees("开播了", since=followers[1])


async def buy(story: Story, who: Cast, props: Props) -> str:
    """Ann orders and pays; returns the order's code."""
    await story.chapter("Ann orders two boxes of eggs and pays")
    ann, cai = who.ann, who.cai
    for button in ("Products", "EGG", "+", "Order now"):
        await ann.taps(button)
    for question, answer in (
        ("recipient", "Ann Lin"),
        ("phone", "138 0013 8000"),
        ("address", "12 Dingjiang West Road, Tonggu, Yichun, Jiangxi"),
    ):
        await ann.sees(question)
        await ann.writes(answer)
    await ann.taps("Place order")
    placed = await ann.sees("Pay by")
    await check_payment_code(story, placed, props)

    till = cai.mark()
    await ann.taps("I have paid")
    await ann.sees("receipt")
    receipt = (RECEIPTS / "receipt-ann.png").read_bytes()
    await ann.sends_photo(receipt, "the receipt of her payment")
    await ann.sees("is with the cashier")
    order = _found(ORDER_CODE, placed)
    slip = await cai.sees(order, since=till)
    await story.expects(
        slip.photo == receipt,
        wanted="the very picture Ann has sent with the cashier",
        found="another one" if slip.photo else "no picture",
        checked=f"the cashier has Ann's receipt itself: {props.keep('receipt.png', slip.photo or b'')}",
    )
    paid = ann.mark()
    await cai.taps("Confirm")
    await ann.sees("Payment confirmed", since=paid)
    return order


async def check_payment_code(story: Story, placed: Message, props: Props) -> None:
    """The QR picture is one, and a phone would read the payment code in it."""
    picture = placed.photo or b""
    place = props.keep("qr.png", picture)
    await story.expects(
        picture.startswith(PNG), wanted="a PNG with the order", found="none", checked=f"the payment code: {place}"
    )
    if (read := read_by_scanner(picture)) is not None:
        await story.expects(
            read == [props.payment_code],
            wanted=f"a QR code that reads {props.payment_code}",
            found=", ".join(read) or "nothing a scanner can read",
            checked=f"a scanner reads it as {props.payment_code}",
        )


async def deliver(story: Story, who: Cast, order: str) -> None:
    await story.chapter("The supplier ships, Ann receives")
    ann, sun = who.ann, who.sun
    await sun.sees(order)
    await sun.taps("Accept")
    await sun.taps("Mark shipped")
    await sun.sees("carrier")
    await sun.writes("SF Express")
    await sun.sees("number")
    on_its_way = ann.mark()
    await sun.writes("SF1234567890123")
    await ann.sees("SF1234567890123", since=on_its_way)
    await ann.taps("Received")
    await ann.sees("completed")


async def buy_in_chinese(story: Story, who: Cast) -> None:
    await story.chapter("Bo buys too, and his first proof of payment is turned down")
    bo, cai, sun = who.bo, who.cai, who.sun
    for button in ("看商品", "EGG", "立即下单"):
        await bo.taps(button)
    for question, answer in (
        ("收件人", "王波"),
        ("电话", "138 0013 8000"),
        ("地址", "江西省宜春市铜鼓县定江西路12号"),
    ):
        await bo.sees(question)
        await bo.writes(answer)
    await bo.taps("提交订单")
    order = _found(ORDER_CODE, await bo.sees("付款"))

    await bo.taps("我已付款")
    await bo.sees("交易单号")
    await bo.writes("4200001234")
    await bo.sees(order)
    turned_down = bo.mark()
    await cai.taps("Reject")
    await cai.taps("Money has not arrived")
    await bo.sees("原因", since=turned_down)
    till = cai.mark()
    await bo.sends_photo((RECEIPTS / "receipt-bo.png").read_bytes(), "the receipt of his payment")
    await bo.sees(order)
    await cai.sees(order, since=till)
    paid = bo.mark()
    await cai.taps("Confirm")
    await bo.sees("付款已确认", since=paid)

    for button in ("Accept", "Mark shipped", "No tracking"):
        await sun.taps(button)
    await bo.taps("已收到")
    await bo.sees("谢谢您")


async def report(story: Story, who: Cast) -> None:
    await story.chapter("The host counts up")
    await who.hana.writes("/report")
    await who.hana.sees("60 eggs")


def read_by_scanner(picture: bytes) -> list[str] | None:
    """What a barcode reader finds in a PNG; None where there is none on this machine."""
    if importlib.util.find_spec("zxingcpp") is None:
        return None
    opened = importlib.import_module("PIL.Image").open(io.BytesIO(picture)).convert("RGB")
    return [code.text for code in importlib.import_module("zxingcpp").read_barcodes(opened)]


def _found(pattern: re.Pattern[str], message: Message) -> str:
    """What `pattern` means in a message."""
    found = pattern.search(message.text)
    # People waited for a message with it, or the story is written wrongly.
    assert found is not None, message.text
    return found.group()
