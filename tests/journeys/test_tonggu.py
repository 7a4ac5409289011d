"""The evening the stall was made for, played by hundreds of buyers in the test's own time."""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.demo import tonggu
from bot.demo.crowd import BUYERS, WANTED, Fate, evening
from playground.story import Beat, Story
from storage import doctor, reports
from tests.journeys.actors import import_catalogue
from tests.stall import OWNER, TestStall

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONGEST_STEP = timedelta(minutes=1)
LIMITS = {"EGG": 10, "RICE": 20, "HONEY": 10, "SHOOT": 20, "TEAOIL": 6}
PRICES = {"EGG": 36, "RICE": 78, "HONEY": 59, "SHOOT": 45, "MUMTEA": 128, "TEAOIL": 380, "CANDY": 68}


def test_the_plan_adds_up_to_what_was_sold_and_keeps_the_rules() -> None:
    waves = evening()
    assert all(len({purchase.buyer for purchase in wave}) == len(wave) for wave in waves)
    paid = [one for wave in waves for one in wave if one.fate in (Fate.PAYS, Fate.PAYS_AT_THE_SECOND_TRY)]
    assert sum(PRICES[one.code] * one.packs for one in paid) == 324_200
    assert Counter({code: packs for code, (packs, _, _) in WANTED.items()}) == sum(
        (Counter({one.code: one.packs}) for one in paid), Counter()
    )
    assert max(Counter((one.buyer, one.code) for one in paid).values()) == 1
    assert all(one.packs <= LIMITS.get(one.code, one.packs) for one in paid)
    assert {one.buyer for one in paid} == set(range(BUYERS))


@pytest.mark.timeout(480)
async def test_the_evening_of_324_200_yuan(stall: TestStall) -> None:
    await import_catalogue(stall)
    beats: list[Beat] = []

    async def listen(beat: Beat) -> None:
        beats.append(beat)

    def now() -> datetime:
        return datetime.fromtimestamp(stall.clock.now() / 1000, SHANGHAI)

    async def runs_until(moment: datetime) -> None:
        while (left := moment - now()) > timedelta():
            await stall.settles()
            await stall.passes(min(left, LONGEST_STEP).total_seconds())
        await stall.settles()

    time = tonggu.Time(now=now, runs_until=runs_until)
    await tonggu.play(Story(listen, lambda: stall.playground.now), stall.playground, time)
    await stall.settles()

    # What the storyteller has seen, the books say too.
    counted = await stall.program.deps.store.read(reports.view, 1)
    assert counted is not None
    assert counted.turnover == counted.goods.turnover == 32_420_000
    assert {line.code: (str(line.quantity), line.left) for line in counted.goods.sold_out} == {
        "EGG": ("10000", 0),
        "RICE": ("3000", 0),
        "HONEY": ("500", 0),
        "SHOOT": ("1000", 0),
    }
    assert counted.further > 300
    assert (counted.expired, counted.cancelled, counted.unpaid, counted.under_review) == (16, 8, 0, 0)
    assert await stall.value("SELECT count(*) FROM orders WHERE status = 'completed'") == counted.orders
    findings = await doctor.examine(stall.program.deps.store, now=stall.clock.now(), bot_is_running=True)
    assert not findings.differences, findings

    olga = stall.playground.people[OWNER]
    await olga.sends("/language")
    await olga.taps_when("中文")
    await stall.settles()
    await olga.sends("/report")
    told = (await olga.sees("324,200.00")).text
    for figure in ("10,000枚", "3,000公斤", "500公斤", "1,000包", f"另有其他特产{counted.further}单"):
        assert figure in told
