"""The main job: from an empty stall to a delivered order, told by its people."""

from zxingcpp import read_barcodes

from tests.journeys.actors import RECEIPT, import_catalogue, invited, order, stream_with
from tests.pictures import opened_png
from tests.stall import TestStall


async def test_an_order_goes_from_announcement_to_delivery(stall: TestStall) -> None:
    await import_catalogue(stall)
    await stall.owner.sends("/start")
    await stall.settles()
    hana = await invited(stall, "Hana", "host")
    cai = await invited(stall, "Cai", "cashier")
    sun = await invited(stall, "Sun", "supplier", "Tonggu Free-Range Poultry Cooperative")
    link = await stream_with(stall, hana, "EGG", "RICE")

    ann, bo = stall.person("Ann"), stall.person("Bo", language="zh-hans")
    for follower in (ann, bo):
        await follower.sends("/start")
        await stall.settles()
        await follower.taps("Follow" if follower is ann else "关注")
        await stall.settles()

    mark = ann.mark(), bo.mark()
    await hana.taps("Announce")
    await stall.settles()
    assert (await ann.sees("Tonggu spring stream", since=mark[0])).labels
    await bo.sees("周日", since=mark[1])

    code = await order(ann, link, "EGG")
    placed = await ann.sees(code)
    assert "36.00" in placed.text
    assert placed.photo is not None
    assert [found.text for found in read_barcodes(opened_png(placed.photo))] == ["wxp://f2f0example"]

    await ann.sends_photo(RECEIPT)
    await ann.sees(code)
    await stall.settles()
    slip = await cai.sees(code, since=0)
    assert slip.photo == RECEIPT
    mark = ann.mark(), sun.mark()
    await cai.taps("Confirm")
    await ann.sees("Payment confirmed", since=mark[0])
    parcel = await sun.sees(code, since=mark[1])
    assert "12 Dingjiang West Road, Tonggu, Yichun, Jiangxi" in parcel.text

    await sun.taps("Accept")
    await sun.taps_when("Mark shipped")
    await sun.sees("carrier")
    await sun.sends("SF Express")
    await sun.sees("number")
    mark = ann.mark(), sun.mark()
    await sun.sends("SF1234567890123")
    shipped = await ann.sees("SF1234567890123", since=mark[0])
    assert code in shipped.text
    await ann.taps("Received")
    await ann.sees("completed")
    await stall.settles()

    assert await stall.value("SELECT status FROM orders") == "completed"
    mark = (hana.mark(),)
    await hana.sends("/report")
    report = await hana.sees("eggs")
    assert "20 eggs" in report.text
    assert "36.00" in report.text
