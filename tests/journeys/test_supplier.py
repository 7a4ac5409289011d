"""Suppliers: each sees only its own orders, says what it can send, and what happens when it can't."""

from storage import products, roles
from storage.roles import Role
from tests.journeys.actors import RECEIPT, order
from tests.journeys.market import comes_in, link_to
from tests.journeys.players import Cast, cast
from tests.stall import OWNER, TestStall


async def paid(stall: TestStall, players: Cast, product: str = "EGG", *, known: bool = False) -> str:
    """An order whose money the cashier has confirmed."""
    code = await order(players.ann, players.link, product, known=known)
    mark = players.ann.mark()
    await players.ann.sends_photo(RECEIPT)
    await players.cai.taps("Confirm", on=await players.cai.sees(f"Receipt for {code}", since=0))
    await players.ann.sees("Payment confirmed", since=mark)
    await stall.settles()
    return code


async def test_two_suppliers_of_one_stream_see_only_their_own_orders(stall: TestStall) -> None:
    players = await cast(stall, "EGG", "RICE")
    ron = await comes_in(stall, "Ron")
    store = stall.program.deps.store
    rice = await store.read(products.by_code, "RICE")
    assert rice is not None
    await store.write(
        roles.grant, person=ron.id, role=Role.SUPPLIER, supplier=rice.supplier_id, by=OWNER, now=stall.clock.now()
    )
    eggs, noodles = await paid(stall, players), await paid(stall, players, "RICE", known=True)
    for person, own, foreign in ((players.sun, eggs, noodles), (ron, noodles, eggs)):
        parcel = await person.sees(own, since=0)
        assert "12 Dingjiang West Road" in parcel.text
        await person.sends("/fulfil")
        assert [label.split(" ")[0] for label in (await person.sees("1 parcel to send")).labels] == [own]
        assert not [message for message in person.inbox if foreign in message.text]
    ron.press("1|parcel|1", ron.last)
    assert (await ron.answered()).text == "This button no longer works. Send /start to begin again."
    ron.press("1|accept|1", ron.last)
    await ron.answered()
    await stall.settles()
    assert await stall.value("SELECT group_concat(status) FROM shipments") == "requested,requested"
    assert not [message for message in ron.inbox if eggs in message.text]


async def test_what_cannot_be_supplied_is_owed_back_and_everybody_is_told(stall: TestStall) -> None:
    players = await cast(stall)
    ann, cai, sun = players.ann, players.cai, players.sun
    code = await paid(stall, players)
    mark = ann.mark(), cai.mark()
    await sun.taps("Cannot supply")
    await sun.sees("Can't supply these lines?")
    await sun.taps("Yes, cannot supply")
    told = await ann.sees("can't supply", since=mark[0])
    assert "¥36.00" in told.text
    card = await cai.sees(f"Refund owed for {code}: ¥36.00", since=mark[1])
    await stall.settles()
    assert "can't be supplied" in sun.last.text
    assert await stall.value("SELECT status FROM orders") == "cancelled"
    mark = (ann.mark(),)
    await cai.taps("Refunded", on=card)
    await ann.sees("has sent ¥36.00 back", since=mark[0])
    await stall.settles()
    assert "Refunded by Cai" in cai.last.text
    assert await stall.value("SELECT quantity - taken FROM offers") == 49


async def test_thinking_better_of_it_brings_the_parcel_back(stall: TestStall) -> None:
    players = await cast(stall)
    await paid(stall, players)
    await players.sun.taps("Cannot supply")
    await players.sun.taps_when("Back")
    await players.sun.taps_when("Accept")
    await players.sun.sees("being packed")


async def test_a_parcel_is_sent_with_carrier_and_number(stall: TestStall) -> None:
    players = await cast(stall)
    code = await paid(stall, players)
    sun, ann = players.sun, players.ann
    await sun.taps("Mark shipped")
    await sun.sees("Which carrier")
    await sun.sends("x" * 61)
    await sun.sees("1 to 60 characters")
    await sun.sends("SF Express")
    await sun.sees("tracking number at SF Express")
    mark = ann.mark()
    await sun.sends("SF<1234>")
    assert "SF Express SF<1234>" in (await ann.sees(f"Order {code} is on its way", since=mark)).text
    await ann.taps("Received")
    await ann.sees("is completed")
    await stall.settles()
    assert "received" in sun.last.text
    assert await stall.value("SELECT status FROM orders") == "completed"


async def test_a_parcel_sent_already_is_not_sent_again(stall: TestStall) -> None:
    players = await cast(stall)
    await paid(stall, players)
    sun = players.sun
    ship = sun.last
    data = next(button.data for row in ship.buttons for button in row if "Mark shipped" in button.text)
    assert data is not None
    await sun.taps("Mark shipped")
    await sun.taps_when("No tracking")
    await stall.settles()
    sun.press(data, ship)
    assert (await sun.answered()).text == "This parcel is already: on its way"
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM outbox WHERE kind = 'shipment_shipped'") == 1


async def test_received_counts_once(stall: TestStall) -> None:
    players = await cast(stall)
    await paid(stall, players)
    await players.sun.taps("Mark shipped")
    mark = players.ann.mark()
    await players.sun.taps_when("No tracking")
    parcel = await players.ann.sees("on its way", since=mark)
    data = parcel.buttons[0][0].data
    assert data is not None
    await players.ann.taps("Received", on=parcel)
    await players.ann.sees("is completed")
    players.ann.press(data, parcel)
    assert (await players.ann.answered()).text == "This parcel is already: received"
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM outbox WHERE kind = 'shipment_received'") == 1


async def test_a_stranger_sees_nothing_of_others_orders(stall: TestStall) -> None:
    players = await cast(stall)
    code = await paid(stall, players)
    eve = await comes_in(stall, "Eve")
    for words in (code, f"/start r_{code}"):
        await eve.sends(words)
        await stall.settles()
    await eve.opens(link_to(f"r_{code}"))
    await eve.sends("/orders")
    await eve.sees("no orders yet")
    for data in (
        "1|order|1",
        "1|code|1",
        "1|paid|1",
        "1|cancel|1",
        "1|slip|1",
        "1|parcel|1",
        "1|refund|1",
        "1|ask|1",
    ):
        eve.press(data, eve.last)
        assert (await eve.answered()).text, data
    await stall.settles()
    seen = [message for message in eve.inbox if "36.00" in message.text or "Dingjiang" in message.text]
    assert not seen
    assert not [message for message in eve.inbox if "TG-" in message.text]
