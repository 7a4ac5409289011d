"""The payment code in front of the buyer: what it asks for, what can be typed instead, and none that is wrong."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from handlers.qrcard import QrCards, draw, scan
from playground.people import Person
from shop.paycodes.code import Code
from shop.paycodes.epc import read_bytes
from tests.journeys.actors import RECEIPT, order
from tests.journeys.players import cast
from tests.stall import WECHAT, TestStall, open_stall

SEPA = {
    "kind": "epc",
    "name": "SEPA transfer",
    "payee": "Hofladen Müller & <Söhne> 合作社",
    "iban": "DE89 3704 0044 0532 0130 00",
    "bic": "COBADEFFXXX",
}


@pytest.fixture
async def euro(tmp_path: Path) -> AsyncIterator[TestStall]:
    """A stall that sells in euro, by bank transfer first and by a wallet."""
    euro = {"currency": "EUR", "timezone": "Europe/Berlin"}
    async with open_stall(tmp_path, stall=euro, payments={"methods": [SEPA, WECHAT]}) as opened:
        yield opened


async def test_a_bank_transfer_can_be_scanned_and_typed(euro: TestStall) -> None:
    players = await cast(euro)
    code = await order(players.ann, players.link, "EGG")
    placed = await players.ann.sees(code, since=0)
    assert placed.photo is not None
    (scanned,) = scan(placed.photo)
    said = read_bytes(scanned)
    assert (said.name, said.iban, said.bic) == (SEPA["payee"], "DE89370400440532013000", "COBADEFFXXX")
    assert (said.amount, said.text) == (3600, code)
    assert "Pay €36.00 to Hofladen Müller & <Söhne> 合作社 by SEPA transfer" in placed.text
    for copied in ("DE89 3704 0044 0532 0130 00", "COBADEFFXXX", code):
        assert f"<code>{copied}</code>" in placed.html
    assert f"Reference {code}. Pay by" in placed.text
    await players.ann.sends_photo(RECEIPT)
    await players.ann.sees("is with the cashier")


async def test_a_bank_transfer_reads_well_in_chinese(euro: TestStall) -> None:
    players = await cast(euro)
    mei = euro.person("Mei", language="zh")
    await chinese_order(mei, players.link)
    placed = await mei.sees("汇款附言")
    assert "IBAN：DE89 3704 0044 0532 0130 00" in placed.text
    assert "BIC：COBADEFFXXX" in placed.text
    await mei.taps("用WeChat Pay付款")
    assert "备注写" in (await mei.sees("请用WeChat Pay付")).text


async def chinese_order(mei: Person, link: str) -> None:
    await mei.opens(link)
    for label in ("看商品", "EGG", "立即下单"):
        await mei.taps_when(label)
    await mei.sees("收件人")
    await mei.sends("李华")
    await mei.sees("电话")
    await mei.sends("138 0013 8000")
    await mei.sees("地址")
    await mei.sends("Hauptstraße 1, Berlin")
    await mei.taps_when("提交订单")


async def test_the_buyer_chooses_between_the_stalls_ways_to_pay(euro: TestStall) -> None:
    players = await cast(euro)
    ann = players.ann
    await order(ann, players.link, "EGG")
    await ann.taps("Pay by WeChat Pay")
    wallet = await ann.sees("by WeChat Pay")
    assert wallet.photo is not None
    assert scan(wallet.photo) == [WECHAT["code"].encode()]
    assert "IBAN" not in wallet.text
    await euro.settles()
    await ann.taps("Pay by SEPA transfer", on=wallet)
    again = await ann.sees("by SEPA transfer")
    assert again.photo is not None
    assert read_bytes(scan(again.photo)[0]).amount == 3600
    await ann.sends_photo(RECEIPT)
    assert "SEPA transfer" in (await players.cai.sees("Receipt for", since=0)).text


async def test_what_costs_nothing_is_no_transfer_but_still_an_order(euro: TestStall) -> None:
    players = await cast(euro)
    code = await order(players.ann, players.link, "EGG")
    await euro.program.deps.store.write(lambda tx: tx.run("UPDATE offers SET price = 0"))
    await players.ann.opens(players.link)
    for label in ("Products", "EGG", "Order now", "Place order"):
        await players.ann.taps_when(label)
    placed = await players.ann.sees("Nothing to pay")
    assert code not in placed.text
    assert placed.photo is None
    assert "DE89 3704 0044 0532 0130 00" not in placed.text
    assert "I have paid" not in " ".join(placed.labels)
    assert await euro.value("SELECT count(*) FROM orders WHERE status = 'paid' AND total = 0") == 1


def swapped(code: Code) -> bytes:
    """Draws a code of somebody else's."""
    return draw(replace(code, text=code.text.replace("DE89370400440532013000", "DE02120300000000202051") + "x"))


async def test_a_code_that_reads_wrong_goes_out_as_text_and_the_owners_hear_of_it_once(euro: TestStall) -> None:
    players = await cast(euro)
    await euro.owner.sends("/start")
    await euro.settles()
    honest = euro.program.deps.pictures
    mark = euro.owner.mark()
    async with QrCards(draw=swapped) as forger:
        euro.program.deps.pictures = forger
        first = await order(players.ann, players.link, "EGG")
        placed = await players.ann.sees(first, since=0)
        await order(players.ann, players.link, "EGG", known=True)
        await euro.settles()
    assert placed.photo is None
    for typed in ("€36.00", SEPA["payee"], "DE89 3704 0044 0532 0130 00", f"Reference {first}", "please type"):
        assert typed in placed.text
    assert "I have paid" in " ".join(placed.labels)
    assert not [message for message in players.ann.inbox if message.photo]
    assert "SEPA transfer" in (await euro.owner.sees("did not read right", since=mark)).text
    assert await euro.value("SELECT count(*) FROM outbox WHERE kind = 'code_unreadable'") == 1
    # As soon as drawing works again, so does the picture.
    euro.program.deps.pictures = honest
    third = await order(players.ann, players.link, "EGG", known=True)
    assert (await players.ann.sees(third, since=0)).photo is not None


async def test_a_wallets_code_that_reads_wrong_can_be_copied(stall: TestStall) -> None:
    players = await cast(stall)
    async with QrCards(draw=swapped) as forger:
        stall.program.deps.pictures = forger
        code = await order(players.ann, players.link, "EGG")
        placed = await players.ann.sees(code, since=0)
    assert placed.photo is None
    assert f"<code>{WECHAT['code']}</code>" in placed.html
    await players.ann.sends("reference 4711")
    await players.ann.sees("I did not understand")
    await players.ann.sends_photo(RECEIPT)
    await players.ann.sees("is with the cashier")


async def test_a_code_is_drawn_and_uploaded_once_for_everybody(stall: TestStall) -> None:
    players = await cast(stall)
    for is_known in (False, True):
        await order(players.ann, players.link, "EGG", known=is_known)
    await stall.settles()
    photos = [call.params["photo"] for call in stall.playground.calls_of("sendPhoto")]
    assert [isinstance(photo, str) for photo in photos] == [False, True]


async def test_what_must_be_typed_is_never_cut_by_a_long_list_of_goods(euro: TestStall) -> None:
    players = await cast(euro)
    long = json.dumps(dict.fromkeys(("en", "zh"), "Free-range egg " * 70))
    code = await order(players.ann, players.link, "EGG")
    await euro.settles()
    await euro.program.deps.store.write(lambda tx: tx.run("UPDATE order_lines SET names = :names", names=long))
    players.ann.press(f"1|code|{await euro.value('SELECT id FROM orders')}", players.ann.last)
    await players.ann.answered()
    shown = await players.ann.sees("…")
    assert shown.photo is not None
    assert len(shown.text) <= 1024
    for typed in ("DE89 3704 0044 0532 0130 00", f"Reference {code}", "send the receipt"):
        assert typed in shown.text
