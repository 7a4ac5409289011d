"""Delivery fees, regions, addresses and pick-up points as people meet them in the chat."""

import pytest

from playground.people import Person
from storage.roles import Role
from tests.journeys.actors import RECEIPT, code_in, order
from tests.journeys.market import comes_in, works_as
from tests.journeys.players import cast
from tests.stall import TestStall

HOME = "12 Dingjiang West Road, Tonggu, Yichun, Jiangxi"


async def a_supplier(stall: TestStall, host: Person) -> str:
    """The name of who makes the eggs, before whose card the host stands."""
    name = str(
        await stall.value("SELECT s.name FROM suppliers AS s JOIN products AS p ON p.supplier_id = s.id"
                          " WHERE p.code = 'EGG'")
    )  # fmt: skip
    await host.sends("/delivery")
    await host.taps_when(name)
    await host.sees(f"Delivery, {name}")
    return name


async def sets(host: Person, button: str, typed: str, told: str) -> None:
    await host.taps_when(button)
    await host.sees("/cancel leaves")
    await host.sends(typed)
    await host.sees(told)


async def starts(buyer: Person, link: str, code: str = "EGG") -> None:
    await buyer.opens(link)
    await buyer.taps_when("Products")
    await buyer.taps_when(code)
    await buyer.taps_when("Order now")


async def tells(buyer: Person, *, phone: str = "138 0013 8000", address: str = HOME) -> None:
    await buyer.sees("recipient")
    await buyer.sends("Li Hua")
    await buyer.sees("phone")
    await buyer.sends(phone)
    await buyer.sees("address")
    await buyer.sends(address)


async def test_a_fee_is_set_shown_paid_and_told_everywhere(stall: TestStall) -> None:
    players = await cast(stall)
    hana = await works_as(stall, "Hana", Role.HOST)
    name = await a_supplier(stall, hana)
    await sets(hana, "Fee", "¥12", "Fee: ¥12.00")
    await hana.taps_when("See the fees")
    await sets(hana, "Free from", "99", "Free from goods worth ¥99.00")
    await starts(players.ann, players.link)
    await tells(players.ann)
    summary = await players.ann.sees("Total")
    assert f"Delivery, {name}: ¥12.00, free from ¥99.00" in summary.text
    assert "Total ¥48.00" in summary.text
    await players.ann.taps("Place order")
    placed = await players.ann.sees("Pay by")
    assert "Delivery ¥12.00" in placed.text
    assert "48.00" in placed.text
    await players.ann.sends_photo(RECEIPT)
    slip = await players.cai.sees("48.00", since=0)
    assert "Delivery ¥12.00" in slip.text
    await players.cai.taps_when("Confirm")
    parcel = await players.sun.sees(code_in(placed.text), since=0)
    assert "Delivery ¥12.00" in parcel.text


async def test_an_undone_fee_is_no_fee(stall: TestStall) -> None:
    players = await cast(stall)
    hana = await works_as(stall, "Hana", Role.HOST)
    await a_supplier(stall, hana)
    await sets(hana, "Fee", "12", "Fee: ¥12.00")
    await hana.taps("Undo")
    await hana.sees("Undone")
    await starts(players.ann, players.link)
    await tells(players.ann)
    assert "Delivery" not in (await players.ann.sees("Total")).text


@pytest.mark.parametrize(
    ("button", "typed", "told"),
    [
        ("Fee", "a lot", "could not read “a lot” as an amount"),
        ("Free from", "later", "or “never”"),
        ("Regions", "Jiangxi", "Jiangxi, 江西 = 8.00"),
        ("Not delivered to", "X", "could not read “X”"),
    ],
)
async def test_what_is_no_fee_is_told_with_an_example(stall: TestStall, button: str, typed: str, told: str) -> None:
    await cast(stall)
    hana = await works_as(stall, "Hana", Role.HOST)
    await a_supplier(stall, hana)
    await sets(hana, button, typed, told)
    assert await stall.value("SELECT count(*) FROM tariffs") == 0


async def test_a_chinese_host_sets_regions_in_chinese(stall: TestStall) -> None:
    await cast(stall)
    hua = stall.person("Hua", language="zh")
    await hua.sends("/start")
    await stall.settles()
    now = stall.clock.now()
    await stall.program.deps.store.write(
        lambda tx: tx.run("INSERT INTO roles (person_id, role, granted_at) VALUES (:p, 'host', :n)", p=hua.id, n=now)
    )
    await hua.sends("/delivery")
    await hua.sees("各供货方的运费")
    name = str(await stall.value("SELECT name FROM suppliers ORDER BY name LIMIT 1"))
    await hua.taps(name)
    await sets_in_chinese(hua)
    assert "新疆" in str(await stall.value("SELECT terms FROM tariffs"))


async def sets_in_chinese(host: Person) -> None:
    await host.taps_when("不发货地区")
    await host.sees("哪些地区不发货")
    await host.sends("新疆，Xinjiang；西藏")
    await host.sees("不发货地区：新疆, Xinjiang; 西藏")


async def test_where_nothing_is_delivered_another_address_helps(stall: TestStall) -> None:
    players = await cast(stall)
    hana = await works_as(stall, "Hana", Role.HOST)
    name = await a_supplier(stall, hana)
    await sets(hana, "Not delivered to", "Jiangxi, 江西", "Not delivered to: Jiangxi, 江西")
    ann = players.ann
    await starts(ann, players.link)
    await tells(ann)
    summary = await ann.sees(f"{name} does not deliver to Jiangxi")
    assert "Place order" not in [button.text for row in summary.buttons for button in row]
    await ann.taps("Change address")
    await tells(ann, address="5 Jiangxi Road, Shanghai")
    await ann.taps_when("Place order")
    await ann.sees("Pay by")
    assert await stall.value("SELECT count(*) FROM orders") == 1


async def test_a_fee_raised_meanwhile_is_shown_before_anything_is_ordered(stall: TestStall) -> None:
    players = await cast(stall)
    await starts(players.ann, players.link)
    await tells(players.ann)
    await players.ann.sees("Total ¥36.00")
    hana = await works_as(stall, "Hana", Role.HOST)
    await a_supplier(stall, hana)
    await sets(hana, "Fee", "12", "Fee: ¥12.00")
    await players.ann.taps("Place order")
    assert "something above the button has changed" in ((await players.ann.answered()).text or "")
    await players.ann.sees("Total ¥48.00")
    assert await stall.value("SELECT count(*) FROM orders") == 0
    await players.ann.taps("Place order")
    await players.ann.sees("Pay by")


async def test_addresses_are_named_edited_chosen_and_removed(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    await order(ann, players.link, "EGG")
    await ann.sends("/address")
    await ann.sees(HOME)
    await ann.taps("Label")
    await ann.sees("What do you call")
    await ann.sends("Home <3")
    await ann.sees("Home <3")
    await ann.taps("New address")
    await tells(ann, address="7 Office Street, Nanchang")
    await ann.sees("Saved")
    await ann.sends("/address")
    await ann.taps_when("Home <3")
    await ann.taps_when("Use first")
    await ann.sees("All your addresses")
    await starts(ann, players.link)
    assert HOME in (await ann.sees("Total")).text
    await ann.taps("Change address")
    await ann.taps_when("Li Hua · 7 Office")
    assert "7 Office Street" in (await ann.sees("Total")).text
    await ann.taps("Place order")
    await ann.sees("Pay by")
    await ann.sends("/address")
    await ann.taps_when("Li Hua · 7 Office")
    await ann.taps_when("Edit")
    await ann.sees("Until now: Li Hua")
    await ann.taps("Leave as it is")
    await ann.sees("phone")
    await ann.taps("Leave as it is")
    await ann.sees("address")
    await ann.sends("8 Office Street, Nanchang")
    await ann.sees("Saved")
    assert await stall.value("SELECT address FROM orders ORDER BY id DESC LIMIT 1") == "7 Office Street, Nanchang"
    await ann.sends("/address")
    await ann.taps_when("Home <3")
    await ann.taps_when("Remove")
    await ann.sees("8 Office Street")
    await ann.taps("Remove")
    await ann.sees("No address is saved")


async def test_a_location_goes_with_the_address_to_the_supplier(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    await starts(ann, players.link)
    await ann.sees("recipient")
    await ann.sends("Li Hua")
    await ann.sees("phone")
    await ann.sends_contact("4915123456789")
    await ann.sees("address")
    await ann.sends_location(28.5234, 114.3711)
    await ann.sees("Now type the address")
    await ann.sends(HOME)
    assert "on the map" in (await ann.sees("Total")).text
    await ann.sends_location(28.5, 114.25)
    await ann.sees("Total")
    await ann.taps("Place order")
    await ann.sees("Pay by")
    row = "SELECT phone || ' ' || location FROM orders"
    assert await stall.value(row) == "+4915123456789 28.500000,114.250000"
    await ann.sends_photo(RECEIPT)
    await players.cai.taps_when("Confirm")
    await players.sun.sees("Li Hua", since=0)
    tapped = await players.sun.taps("Map")
    assert "28.500000" in str(tapped.url)


async def test_a_wrong_phone_is_told_with_an_example_of_the_country(stall: TestStall) -> None:
    players = await cast(stall)
    await starts(players.ann, players.link)
    await players.ann.sees("recipient")
    await players.ann.sends("Li Hua")
    await players.ann.sees("138 0013 8000")
    await players.ann.sends("0151 2345")
    await players.ann.sees("+86 138 0013 8000")


async def test_what_is_picked_up_is_ready_and_handed_over(stall: TestStall) -> None:
    players = await cast(stall)
    ann, sun = players.ann, players.sun
    hana = await works_as(stall, "Hana", Role.HOST)
    await hana.sends("/delivery")
    await hana.taps_when("Pick-up points (0)")
    await hana.taps_when("New pick-up point")
    await hana.sees("three lines")
    await hana.sends("Market hall")
    await hana.sees("exactly three lines")
    await hana.sends("Market <hall>\n12 Dingjiang West Road, gate 2\nSat 9:00–12:00")
    await hana.sees("Buyers can choose it")
    await starts(ann, players.link)
    await ann.sees("recipient")
    await ann.taps("Pick up")
    await ann.sees("who picks it up")
    await ann.sends("Li Hua")
    await ann.sees("phone")
    await ann.sends("138 0013 8000")
    assert "Market <hall>" in (await ann.sees("Total")).text
    await ann.taps("Place order")
    assert "Pick-up number 1" in (await ann.sees("Pay by")).text
    await ann.sends_photo(RECEIPT)
    await players.cai.taps_when("Confirm")
    assert "Pick-up number 1" in (await sun.sees("Li Hua", since=0)).text
    await sun.taps("Ready for pick-up")
    ready = await ann.sees("is ready for pick-up", since=0)
    assert "Sat 9:00–12:00" in ready.text
    assert "Pick-up number 1" in ready.text
    await sun.taps_when("Handed over")
    await ann.sees("is completed", since=0)
    assert await stall.value("SELECT status FROM orders") == "completed"


async def test_who_has_an_address_picks_up_with_one_tap_and_may_think_again(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    await order(ann, players.link, "EGG")
    store, now = stall.program.deps.store, stall.clock.now()
    insert = (
        "INSERT INTO pickup_points (name, address, hours, created_at) VALUES (:name, 'Somewhere 1', 'daily', :now)"
    )
    for name in ("North gate", "South gate"):
        await store.write(lambda tx, name=name: tx.insert(insert, name=name, now=now))
    await starts(ann, players.link)
    await ann.taps_when("Pick up")
    await ann.taps_when("South gate")
    assert "South gate" in (await ann.sees("Total")).text
    await ann.taps("Another place")
    await ann.taps_when("North gate")
    assert "North gate" in (await ann.sees("Total")).text
    await ann.taps("Have it sent")
    assert HOME in (await ann.sees("Total")).text


async def test_nobody_but_hosts_sees_the_fees(stall: TestStall) -> None:
    await cast(stall)
    mal = await comes_in(stall, "Mal")
    await mal.sends("/delivery")
    await mal.sees("host")
