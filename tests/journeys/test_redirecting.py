"""What delivery costs when an order changes, as buyers and cashiers meet it in the chat, in both languages."""

from playground.people import Person
from shop.delivery import Region, Tariff
from storage import orders, payments, tariffs
from storage.roles import Role
from tests.journeys.actors import RECEIPT, order
from tests.journeys.groups import lives_at_home
from tests.journeys.market import comes_in, spring_stream, works_as
from tests.journeys.players import Cast, cast
from tests.journeys.test_delivery import HOME, a_supplier, sets, starts, tells
from tests.journeys.test_forged import press
from tests.journeys.test_words import comes_in_chinese
from tests.stall import OWNER, TestStall


async def charges(stall: TestStall, tariff: Tariff) -> None:
    """Everybody who sells takes this much."""
    store, now = stall.program.deps.store, stall.clock.now()
    rows = await store.read(lambda tx: [row["id"] for row in tx.all("SELECT id FROM suppliers")])
    for supplier in rows:
        await store.write(tariffs.change, actor=OWNER, supplier_id=supplier, tariff=tariff, now=now)


async def opens_a_place(stall: TestStall, name: str = "North gate") -> None:
    store, now = stall.program.deps.store, stall.clock.now()
    insert = (
        "INSERT INTO pickup_points (name, address, hours, created_at) VALUES (:name, 'Somewhere 1', 'daily', :now)"
    )
    await store.write(lambda tx: tx.insert(insert, name=name, now=now))


FAR = Tariff(fee=500, regions=(Region(names=("Urumqi", "乌鲁木齐"), fee=3000), Region(names=("Tibet",), fee=None)))


async def with_an_order(stall: TestStall, tariff: Tariff = FAR) -> Cast:
    players = await cast(stall)
    await charges(stall, tariff)
    await order(players.ann, players.link, "EGG")
    await players.ann.sees("41.00", since=0)
    return players


async def test_an_unpaid_order_goes_where_it_is_dearer_only_after_that_was_said(stall: TestStall) -> None:
    ann = (await with_an_order(stall)).ann
    await ann.taps("Change address")
    await tells(ann, address="2 Desert Road, Urumqi")
    doubt = await ann.sees("costs more there")
    assert "Total ¥41.00 → ¥66.00" in doubt.text
    await ann.taps("Keep as it is")
    assert HOME in (await ann.sees("Ships to")).text
    await ann.taps_when("Change address")
    await ann.sees("recipient")
    await ann.sends("Li Hua")
    await ann.sees("phone")
    await ann.sends_contact("8613800138000")
    await ann.sees("address")
    await ann.sends_location(43.8, 87.6)
    await ann.sees("Now type the address")
    await ann.sends("2 Desert Road, Urumqi")
    mark = ann.mark()
    await ann.taps_when("Send it there")
    placed = await ann.sees("Pay by", since=mark)
    assert "66.00" in placed.text
    row = "SELECT total || ' ' || address || ' ' || location FROM orders"
    assert await stall.value(row) == "6600 2 Desert Road, Urumqi 43.800000,87.600000"
    await ann.taps("Change address")
    await ann.sees("Where should order")
    await ann.taps("New address")
    await tells(ann, address="1 Hill, Tibet")
    await ann.sees("not everything in it is delivered to Tibet")
    assert await stall.value("SELECT address FROM orders") == "2 Desert Road, Urumqi"


async def test_a_fee_raised_after_the_doubt_was_shown_is_shown_once_more(stall: TestStall) -> None:
    ann = (await with_an_order(stall)).ann
    await ann.taps("Change address")
    await tells(ann, address="2 Desert Road, Urumqi")
    await ann.sees("¥66.00")
    await charges(stall, Tariff(fee=500, regions=(Region(names=("Urumqi",), fee=4000),)))
    await ann.taps("Send it there")
    await ann.sees("Total ¥41.00 → ¥76.00")
    assert await stall.value("SELECT total FROM orders") == 4100
    await ann.taps("Send it there")
    await ann.sees("76.00")


async def test_an_unpaid_order_is_picked_up_after_all_by_somebody_else_and_then_sent(stall: TestStall) -> None:
    await opens_a_place(stall)
    ann = (await with_an_order(stall)).ann
    await ann.taps("Change address")
    await ann.sees("North gate")
    await ann.sends("where?")  # buttons decide: the same again
    mark = ann.mark()
    await ann.taps_when("Pick up: North gate")
    placed = await ann.sees("Pick-up number 1", since=mark)
    assert "36.00" in placed.text
    assert await stall.value("SELECT total FROM orders") == 3600
    await ann.taps("Change address")
    await ann.taps_when("Change name")
    await ann.sees("who picks it up")
    await ann.sends("Bo Li")
    await ann.sees("phone")
    await ann.sends("138 0013 8001")
    await ann.sees("North gate")
    assert await stall.value("SELECT recipient || ' ' || pickup_number FROM orders") == "Bo Li 1"
    await ann.taps_when("Change address")
    await ann.taps_when("Li Hua · 12 Dingjiang")
    await ann.taps_when("Send it there")
    await ann.sees("41.00")
    assert await stall.value("SELECT pickup_number FROM orders") is None


async def test_a_place_chosen_for_an_order_that_is_paid_meanwhile_is_no_wish_for_an_address_of_nothing(
    stall: TestStall,
) -> None:
    await opens_a_place(stall)
    ann = (await with_an_order(stall)).ann
    await ann.taps("Change address")
    asked = await ann.sees("North gate")
    store, now = stall.program.deps.store, stall.clock.now()
    paid = await store.read(lambda tx: orders.view(tx, tx.value("SELECT id FROM orders")))
    assert paid is not None
    await store.write(payments.settle, paid, now)
    await ann.taps("Pick up: North gate", on=asked)
    await ann.sees("can't be changed here")
    assert await stall.value("SELECT count(*) FROM change_requests") == 0
    assert HOME.split(",")[0] in str(await stall.value("SELECT address FROM orders"))


async def test_a_chinese_buyer_is_asked_in_chinese(stall: TestStall) -> None:
    await spring_stream(stall, "EGG")
    await opens_a_place(stall, "北门")
    await charges(stall, FAR)
    li = await comes_in_chinese(stall)
    await lives_at_home(stall, li)
    await li.sends("EGG")
    summary = await li.sees("合计")
    assert "¥5.00" in summary.text
    await li.taps("提交订单")
    await li.sees("41.00")
    await li.taps("修改地址")
    await li.sees("要送到哪里")
    await li.taps("新地址")
    for word, typed in (("收件人", "李华"), ("电话", "138 0013 8000"), ("地址", "乌鲁木齐市天山区沙路2号")):
        await li.sees(word)
        await li.sends(typed)
    doubt = await li.sees("要贵一些")
    assert "¥41.00 → ¥66.00" in doubt.text
    await li.taps("改送那里")
    await li.sees("66.00")
    await li.taps("修改地址")
    await li.taps_when("自提：北门")
    await li.sees("36.00")


async def test_packs_that_change_show_what_delivery_costs_then(stall: TestStall) -> None:
    ann = (await with_an_order(stall, Tariff(fee=500, free_from=7200))).ann
    await ann.taps("Change")
    await ann.sees("Total ¥41.00")
    await ann.taps("+")
    draft = await ann.sees("Total ¥72.00")
    assert ": free" in draft.text
    await charges(stall, Tariff(fee=500))
    await ann.taps("Save")
    assert "something above the button has changed" in ((await ann.answered()).text or "")
    await ann.sees("Total ¥77.00")
    assert await stall.value("SELECT total FROM orders") == 4100
    await ann.taps("Save")
    await ann.sees("77.00")
    await stall.settles()
    assert await stall.value("SELECT total FROM orders") == 7700


async def test_goods_added_to_an_open_order_say_what_the_whole_comes_to(stall: TestStall) -> None:
    players = await with_an_order(stall, Tariff(fee=500, free_from=7200))
    ann = players.ann
    await starts(ann, players.link)
    summary = await ann.sees("Or add it to your open order")
    assert "together ¥72.00" in summary.text
    await ann.taps("Add to my open order")
    await ann.sees("72.00")
    await stall.settles()
    assert await stall.value("SELECT total FROM orders") == 7200


async def test_the_cashier_reads_that_delivery_to_the_new_address_costs_another_fee(stall: TestStall) -> None:
    players = await with_an_order(stall)
    ann, cai = players.ann, players.cai
    await ann.sends_photo(RECEIPT)
    mark = ann.mark()
    await cai.taps_when("Confirm")
    await ann.sees("Payment confirmed", since=mark)
    await ann.sends("/orders")
    await ann.taps_when("TG-")
    await ann.taps_when("Change address")
    await tells(ann, address="1 Hill, Tibet")
    await ann.sees("not everything in it is delivered to Tibet")
    await ann.sends("/orders")
    await ann.taps_when("TG-")
    await ann.taps_when("Change address")
    await tells(ann, address="2 Desert Road, Urumqi")
    asked = await cai.sees("2 Desert Road", since=0)
    assert "¥30.00; paid for it: ¥5.00" in asked.text
    await cai.taps("Agree", on=asked)
    await stall.settles()
    assert await stall.value("SELECT total || ' ' || address FROM orders") == "4100 2 Desert Road, Urumqi"


async def test_an_order_written_down_by_a_host_shows_its_fee(stall: TestStall) -> None:
    await spring_stream(stall, "EGG")
    await charges(stall, FAR)
    ann = await comes_in(stall, "Ann")
    ann.username = "ann_li"
    await ann.sends("/start")
    await lives_at_home(stall, ann)
    await stall.owner.sends("/mystreams")
    await stall.owner.taps_when("Spring stream")
    await stall.owner.taps_when("Add an order")
    await stall.owner.sees("Whose order was missed?")
    await stall.owner.sends("@ann_li EGG 2")
    summary = await ann.sees("Total ¥77.00")
    assert "¥5.00" in summary.text
    assert "Kept for you until" in summary.text
    await ann.taps("Place order")
    await ann.sees("77.00")


# -- Buttons of before --------------------------------------------------------------------------------------


async def test_the_buttons_of_before_there_were_fees_are_answered_with_what_it_comes_to_now(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    await starts(ann, players.link)
    await tells(ann)
    await ann.sees("Total ¥36.00")
    checkout = await stall.value("SELECT id FROM dialogs")
    assert "Have a look and tap again" in await press(ann, f"1|place|{checkout}|3600")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM orders") == 0
    await charges(stall, Tariff(fee=500))
    await press(ann, f"1|place|{checkout}|3600")
    assert "It was ¥36.00 and is now ¥41.00" in (await ann.sees("is now")).text
    await ann.taps("Place order")
    await ann.sees("Pay by")
    assert "placed already" in await press(ann, f"1|place|{checkout}|3600")
    await charges(stall, Tariff(fee=500, free_from=7200))
    await starts(ann, players.link)
    await ann.sees("Or add it to your open order")
    fold, open_order = await stall.value("SELECT id FROM dialogs"), await stall.value("SELECT id FROM orders")
    assert "Added" in await press(ann, f"1|fold|{fold}|{open_order}|3600")  # it rises by less
    await ann.taps_when("Change")
    await ann.sees("Nothing happens before")
    draft = await stall.value("SELECT id FROM dialogs")
    assert "Have a look and tap again" in await press(ann, f"1|chsave|{draft}")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM orders") == 1


async def test_an_address_edited_meanwhile_is_shown_before_anything_is_ordered(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    await starts(ann, players.link)
    await tells(ann)
    summary = await ann.sees("Total ¥36.00")
    store, now = stall.program.deps.store, stall.clock.now()
    await store.write(
        lambda tx: tx.run(
            "INSERT INTO addresses (person_id, recipient, phone, address, place, created_at)"
            " VALUES (:p, 'Bo', '+8613800138000', 'Elsewhere 9', 99, :n)",
            p=ann.id,
            n=now,
        )
    )
    await ann.taps("Place order", on=summary)
    assert "such as a fee or the address" in ((await ann.answered()).text or "")
    await ann.sees("Elsewhere 9")
    assert await stall.value("SELECT count(*) FROM orders") == 0
    await ann.taps("Place order")
    await ann.sees("Pay by")


async def test_a_supplier_reads_where_its_own_parcel_is_picked_up_and_nothing_of_others(stall: TestStall) -> None:
    await opens_a_place(stall)
    players = await cast(stall, "EGG", "HONEY")
    hana: Person = await works_as(stall, "Hana", Role.HOST)
    await a_supplier(stall, hana)
    await sets(hana, "Fee", "12", "Fee: ¥12.00")
    ann = players.ann
    await ann.opens(players.link)
    for code in ("EGG", "HONEY"):
        await ann.taps_when("Products")
        await ann.taps_when(code)
        await ann.taps_when("Add to cart")
        await stall.settles()
        await ann.opens(players.link)
    await ann.sends("/cart")
    await ann.sees("Delivery comes on top")
    await ann.taps("Check out")
    await tells(ann)
    await ann.taps_when("Pick up")
    await ann.taps_when("Place order")
    await ann.sees("Pick-up number 1")
    await ann.sends_photo(RECEIPT)
    await players.cai.taps_when("Confirm")
    parcel = await players.sun.sees("Pick-up number 1", since=0)
    assert "North gate" in parcel.text
    assert "HONEY" not in parcel.text
    assert HOME not in parcel.text
