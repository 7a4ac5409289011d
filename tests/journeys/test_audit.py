"""/audit as an owner uses it: the newest first, page by page, narrowed by buttons and by what is typed."""

from storage import audit
from storage.clock import DAY
from storage.roles import Role
from tests.journeys.actors import RECEIPT, invited, order
from tests.journeys.market import comes_in, works_as
from tests.journeys.players import cast
from tests.journeys.test_cashier import slip
from tests.journeys.test_supplier import paid
from tests.stall import OWNER, TestStall


async def noted(stall: TestStall, count: int, actor: int = OWNER, *, days_ago: int = 0) -> None:
    """Some entries about nothing in particular."""
    at = stall.clock.now() - days_ago * DAY
    for number in range(count):
        await stall.program.deps.store.write(audit.note, actor, "inbox.retried", f"update:{number}", at)


async def test_an_owner_reads_who_did_what_with_an_order(stall: TestStall) -> None:
    players = await cast(stall)
    owner = stall.owner
    await owner.sends("/start")
    code = await paid(stall, players)
    await owner.sends(f"/audit {code.lower()}")
    page = await owner.sees("Who did what")
    assert code in page.text.splitlines()[0]
    told = [line.partition(" · ")[2] for line in page.text.splitlines()[1:]]
    assert told == [
        f"by itself: {code} is paid",
        f"Cai: confirmed ¥36.00 for {code}",
        f"Ann: sent a receipt for {code}, ¥36.00",
        f"Ann: ordered {code}",
    ]


async def test_pages_are_turned_both_ways(stall: TestStall) -> None:
    owner = stall.owner
    await owner.sends("/start")
    await owner.sees("Tonggu Stall")
    await noted(stall, 20)
    await owner.sends("/audit")
    first = await owner.sees("update 19 ")
    assert "update 12 " in first.text
    assert first.labels[0] == "More ▶"
    await owner.taps("More ▶")
    await owner.sees("update 11 ")
    await owner.taps("More ▶")
    last = await owner.sees("update 3 ")
    assert "More ▶" not in last.labels
    await owner.taps("◀ Back")
    await owner.sees("update 11 ")
    await owner.taps("◀ Back")
    assert "◀ Back" not in (await owner.sees("update 19 ")).labels


async def test_entries_are_narrowed_by_person_kind_and_time(stall: TestStall) -> None:
    owner = stall.owner
    await noted(stall, 3, days_ago=3)
    await invited(stall, "Cai", "cashier")
    await owner.sends("/audit")
    everything = await owner.sees("Who did what · Everybody · Everything · All time")
    assert "gave Cai the role cashier" in everything.text
    assert "update 0" in everything.text
    await owner.taps("What")
    await owner.taps_when("Roles")
    roles = await owner.sees("· Roles ·")
    assert "update 0" not in roles.text
    await owner.taps("Who")
    await owner.taps_when("Cai")
    cais = await owner.sees("Who did what · Cai · Roles")
    assert "Cai: opened an invitation: cashier" in cais.text
    assert "Olga: gave Cai the role cashier" in cais.text
    assert "made an invitation" not in cais.text
    await owner.taps("Who")
    await owner.taps_when("Everybody")
    await owner.taps_when("What")
    await owner.taps_when("Everything")
    await owner.taps_when("When")
    await owner.taps_when("Today")
    today = await owner.sees("· Today")
    assert "update 0" not in today.text
    await owner.taps("When")
    await owner.taps_when("7 days")
    assert "update 0" in (await owner.sees("· 7 days")).text


async def test_streams_people_and_what_nobody_did_are_found_by_what_is_typed(stall: TestStall) -> None:
    players = await cast(stall)
    owner = stall.owner
    owner.username = "olga_tonggu"
    await owner.sends("/start")
    await owner.sees("Tonggu Stall")
    stream = await stall.value("SELECT code FROM streams")
    for typed, seen in (
        (stream.lower(), "put EGG on sale in Spring stream"),
        (stream, "announced Spring stream"),
        ("@Olga_Tonggu", "made the stream Spring stream"),
        (str(OWNER), "made the stream Spring stream"),
        (str(players.cai.id), "gave Cai the role cashier"),
    ):
        await owner.sends(f"/audit {typed}")
        await owner.sees(seen)
    await owner.taps("Who")
    await owner.taps_when("Clock and command line")
    await owner.sees("the command line: imported the catalogue")


async def test_what_is_not_there_is_told_with_an_example(stall: TestStall) -> None:
    owner = stall.owner
    for typed in ("TG-99999", "@nobody", "<b>x</b>", "9" * 40, "0", "-", "y" * 4_000):
        await owner.sends(f"/audit {typed}")
        told = await owner.sees("Nothing here is called")
        assert "/audit TG-7K3QF" in told.text
        assert len(told.text) < 300


async def test_only_owners_read_the_audit(stall: TestStall) -> None:
    people = [await works_as(stall, "Hana", Role.HOST), await works_as(stall, "Cai", Role.CASHIER)]
    for person in (*people, await comes_in(stall, "Ann")):
        await person.sends("/audit")
        await person.sees("Only the stall's owner")
        await person.sends(f"/audit {OWNER}")
        await person.sees("Only the stall's owner")


async def test_the_audit_speaks_chinese(stall: TestStall) -> None:
    players = await cast(stall)
    owner = stall.person("Olga", OWNER, language="zh")
    await owner.sends("/start")
    await owner.sees("Tonggu Stall")
    code = await order(players.ann, players.link, "EGG")
    await players.ann.sends_photo(RECEIPT)
    await slip(players.cai, code)
    await owner.sends("/audit")
    page = await owner.sees("操作记录 · 所有人 · 全部类别 · 全部时间")
    assert f"Ann：提交凭证 {code}，¥36.00" in page.text
    await owner.taps("类别")
    await owner.taps_when("身份")
    await owner.sees("授予Cai身份：收银员")
