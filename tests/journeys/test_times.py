"""A host is asked when the stream begins: typed as it is said, tapped, unclear, gone by, and over a restart."""

from pathlib import Path

import pytest

from playground.people import Person
from tests.clock import NOON, FakeClock
from tests.journeys.actors import stream_with
from tests.journeys.test_hosting import a_host, data_of, words
from tests.stall import TestStall, open_stall

HOUR, DAY = 3600, 86_400


async def is_asked(stall: TestStall, host: Person) -> None:
    await host.sends("/newstream Tonggu spring stream")
    await host.sees("Asia/Shanghai")


async def begins(stall: TestStall) -> int:
    """When the stream is to begin, in hours from the start of the story."""
    await stall.settles()
    at: int = await stall.value("SELECT json_extract(data, '$.starts_at') FROM dialogs")
    return (at - NOON) // 3_600_000


@pytest.mark.parametrize(
    ("typed", "echo"),
    [
        ("tomorrow 20:00", "📅 Wed 11 Mar, 20:00 (in 1 day 8 h)"),
        ("Fri 8pm", "📅 Fri 13 Mar, 20:00 (in 3 days 8 h)"),
        ("in 2 hours", "📅 Tue 10 Mar, 14:00 (in 2 h)"),
        ("明晚八点半", "📅 Wed 11 Mar, 20:30 (in 1 day 8 h)"),
        ("周五晚上8点", "📅 Fri 13 Mar, 20:00 (in 3 days 8 h)"),
    ],
)
async def test_either_language_is_understood_and_the_full_echo_heads_the_next_question(
    stall: TestStall, typed: str, echo: str
) -> None:
    hana = await a_host(stall)
    await is_asked(stall, hana)
    await hana.sends(typed)
    asked = await hana.sees("Where can people watch")
    assert asked.text.splitlines()[0] == echo


@pytest.mark.parametrize(
    ("typed", "echo"),
    [
        ("明天 20:00", "📅 3月11日 周三 20:00（1天8小时后）"),
        ("下周三 19:30", "📅 3月18日 周三 19:30（8天后）"),
        ("tonight 8", "📅 3月10日 周二 20:00（8小时后）"),
    ],
)
async def test_the_echo_is_in_the_hosts_own_language(stall: TestStall, typed: str, echo: str) -> None:
    hana = await a_host(stall, language="zh-hans")
    await hana.sends("/newstream 铜鼓春季直播")
    await hana.sees("什么时候开播")
    await hana.sends(typed)
    asked = await hana.sees("在哪里看")
    assert asked.text.splitlines()[0] == echo
    assert asked.labels == ["跳过", "改时间"]


async def test_a_time_is_tapped_instead_of_typed(stall: TestStall) -> None:
    hana = await a_host(stall)
    await is_asked(stall, hana)
    assert hana.last.labels == ["Today 20:00", "Tomorrow 20:00", "Fri 20:00", "Sat 20:00", "Sun 20:00"]
    await hana.taps("Sat 20:00")
    asked = await hana.sees("Where can people watch")
    assert asked.text.startswith("📅 Sat 14 Mar, 20:00")
    assert hana.last is asked


async def test_the_buttons_speak_chinese_to_who_does(stall: TestStall) -> None:
    hana = await a_host(stall, language="zh-hans")
    await hana.sends("/newstream 铜鼓春季直播")
    asked = await hana.sees("什么时候开播")
    assert asked.labels == ["今天 20:00", "明天 20:00", "周五 20:00", "周六 20:00", "周日 20:00"]
    await hana.taps("明天 20:00")
    await hana.sees("3月11日 周三 20:00")


async def test_earlier_streams_give_the_usual_hour(stall: TestStall) -> None:
    hana = await a_host(stall)
    await stream_with(stall, hana, when="2026-03-12 19:30")
    await is_asked(stall, hana)
    assert hana.last.labels[:2] == ["Today 19:30", "Tomorrow 19:30"]


async def test_a_misreading_is_put_right_with_change_time(stall: TestStall) -> None:
    hana = await a_host(stall)
    await is_asked(stall, hana)
    await hana.sends("Fri 20:00")
    await hana.sees("Fri 13 Mar, 20:00")
    await hana.taps("Change time")
    await hana.sees("Asia/Shanghai")
    await hana.sends("Sat 20:00")
    await hana.sees("Sat 14 Mar, 20:00")
    await hana.taps("Skip")
    await hana.taps_when("Skip")
    desk = await hana.sees("start=s_")
    assert "Sat 14 Mar, 20:00" in desk.text


async def test_what_can_be_meant_in_two_ways_is_asked_back(stall: TestStall) -> None:
    hana = await a_host(stall)
    await is_asked(stall, hana)
    await hana.sends("4/5 20:00")
    asked = await hana.sees("more than one way")
    assert "“4/5 20:00”" in asked.text
    assert asked.labels == ["Sun 5 Apr, 20:00", "Mon 4 May, 20:00"]
    await hana.taps("Mon 4 May, 20:00")
    assert (await hana.sees("Where can people watch")).text.startswith("📅 Mon 4 May, 20:00")


async def test_what_can_be_meant_in_two_ways_can_be_typed_again_instead(stall: TestStall) -> None:
    hana = await a_host(stall, language="zh-hans")
    await hana.sends("/newstream 铜鼓春季直播")
    await hana.sees("什么时候开播")
    await hana.sends("周五8点")
    asked = await hana.sees("不止一种意思")
    assert asked.labels == ["3月13日 周五 08:00", "3月13日 周五 20:00"]
    await hana.sends("周五晚上8点")
    await hana.sees("3月13日 周五 20:00")
    await hana.taps("3月13日 周五 08:00", on=asked)
    assert (await hana.answered()).text
    assert await begins(stall) == 3 * 24 + 8


async def test_a_day_without_an_hour_is_asked_for_one(stall: TestStall) -> None:
    hana = await a_host(stall)
    await is_asked(stall, hana)
    await hana.sends("Friday")
    asked = await hana.sees("At what time on Fri 13 Mar")
    assert asked.labels == ["18:00", "19:00", "20:00", "21:00"]
    await hana.taps("19:00")
    await hana.sees("Fri 13 Mar, 19:00")


async def test_a_time_more_than_a_year_ahead_is_taken_when_it_is_tapped(stall: TestStall) -> None:
    hana = await a_host(stall)
    await is_asked(stall, hana)
    await hana.sends("2027-12-01 20:00")
    asked = await hana.sees("more than a year ahead")
    assert asked.labels == ["Wed 1 Dec 2027, 20:00"]
    await hana.taps("Wed 1 Dec 2027, 20:00")
    await hana.sees("Where can people watch")


async def test_what_is_no_date_is_answered_with_what_would_be(stall: TestStall) -> None:
    hana = await a_host(stall)
    await is_asked(stall, hana)
    await hana.sends("32.13.2026 <b>")
    refused = await hana.sees(
        "I could not read “32.13.2026 <b>” as a date. Try 2026-03-11 20:00 or “tomorrow 20:00”."
    )
    assert "Tomorrow 20:00" in refused.labels
    await hana.sends("yesterday 20:00")
    past = await hana.sees("Mon 9 Mar, 20:00 has gone by")
    await hana.taps("Tomorrow 20:00", on=past)
    await hana.sees("Wed 11 Mar, 20:00")


# -- Buttons that have grown old -----------------------------------------------------------------------------


async def test_a_button_of_yesterday_means_what_its_words_said_then(stall: TestStall) -> None:
    hana = await a_host(stall)
    await is_asked(stall, hana)
    await stall.passes(DAY)
    await hana.taps("Tomorrow 20:00")
    await hana.sees("Wed 11 Mar, 20:00 (in 8 h)")


async def test_a_button_whose_time_has_gone_by_is_refused_with_new_ones(stall: TestStall) -> None:
    hana = await a_host(stall)
    await is_asked(stall, hana)
    await stall.passes(DAY)
    await hana.taps("Today 20:00")
    past = await hana.sees("Tue 10 Mar, 20:00 has gone by")
    assert past.labels[0] == "Today 20:00"
    await hana.taps("Today 20:00", on=past)
    await hana.sees("Wed 11 Mar, 20:00 (in 8 h)")


async def test_a_second_tap_and_a_tap_on_an_answered_question_change_nothing(stall: TestStall) -> None:
    hana = await a_host(stall)
    await is_asked(stall, hana)
    asked = hana.last
    first, second = data_of(asked, "Fri 20:00"), data_of(asked, "Sat 20:00")
    hana.press(first, asked)
    hana.press(first, asked)
    hana.press(second, asked)
    assert await begins(stall) == 3 * 24 + 8
    assert await stall.value("SELECT step FROM dialogs") == "platforms"


async def test_a_strangers_tap_and_a_forged_instant_do_nothing(stall: TestStall) -> None:
    hana = await a_host(stall)
    await is_asked(stall, hana)
    dialog = await stall.value("SELECT id FROM dialogs")
    ann = stall.person("Ann")
    await ann.sends("/start")
    await stall.settles()
    ahead = NOON + 8 * 3_600_000
    for person, data in (
        (ann, f"1|when|{dialog}|{ahead}"),
        (ann, f"1|retime|{dialog}"),
        (hana, f"1|when|{dialog}|{2**62}"),
        (hana, f"1|when|{dialog}|-{2**62}"),
        (hana, f"1|when|{dialog + 1}|{ahead}"),
        (hana, f"1|retime|{dialog}"),
    ):
        person.press(data, person.last)
        assert "no longer works" in ((await person.answered()).text or "")
    assert await stall.value("SELECT step FROM dialogs") == "when"


# -- A change ------------------------------------------------------------------------------------------------


async def test_a_stream_is_moved_by_a_tap_and_the_desk_says_so(stall: TestStall) -> None:
    hana = await a_host(stall)
    await stream_with(stall, hana, "EGG", when="2026-03-15 19:30")
    await hana.taps("Edit")
    await hana.taps_when("Time")
    asked = await hana.sees("Now: Sun 15 Mar, 19:30")
    assert words(asked) == ["Today 19:30", "Tomorrow 19:30", "Fri 19:30", "Sat 19:30"]
    await hana.taps("Sat 19:30")
    desk = await hana.sees("start=s_")
    assert "Sat 14 Mar, 19:30" in desk.text
    await stall.settles()
    assert hana.last is desk
    assert await stall.value("SELECT count(*) FROM dialogs") == 0


async def test_a_time_the_clocks_skip_is_told_wherever_it_was_typed(tmp_path: Path) -> None:
    async with open_stall(tmp_path, stall={"timezone": "Europe/Berlin"}) as stall:
        hana = await a_host(stall)
        await hana.sends("/newstream Night stream")
        await hana.sees("Europe/Berlin")
        await hana.sends("29 Mar 2:30")
        echo = await hana.sees("Sun 29 Mar, 03:00")
        assert "The clocks change just then" in echo.text
        await hana.taps("Skip")
        await hana.taps_when("Skip")
        await hana.sees("start=s_")
        await hana.taps("Edit")
        await hana.taps_when("Time")
        await hana.sees("Now:")
        await hana.sends("3月29日凌晨2点15分")
        desk = await hana.sees("start=s_")
        assert "Sun 29 Mar, 03:00" in desk.text
        assert "The clocks change just then" in desk.text


# -- A restart in the middle ---------------------------------------------------------------------------------


async def test_a_restart_loses_neither_the_question_nor_its_buttons(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        hana = await a_host(stall)
        await is_asked(stall, hana)
        await hana.sends("Fri 8")
        asked = await hana.sees("more than one way")
        await stall.settles()
        playground = stall.playground
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        await hana.taps("Fri 13 Mar, 20:00", on=asked)
        await hana.sees("Where can people watch")
        assert await begins(stall) == 3 * 24 + 8
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        await hana.taps("Change time")
        await hana.sees("Asia/Shanghai")
        await hana.sends("明晚8点")
        await hana.sees("Wed 11 Mar, 20:00")


async def test_tomorrow_is_counted_from_when_it_was_said_though_the_bot_was_down(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        hana = await a_host(stall)
        await is_asked(stall, hana)
        playground = stall.playground
    await hana.sends("tomorrow 20:00")
    clock.advance(13 * HOUR)
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        await hana.sees("Wed 11 Mar, 20:00 (in 1")
        assert stall.clock.now() - NOON > 12 * 3_600_000  # it is Wednesday by now


async def test_what_was_ahead_when_it_was_said_may_have_gone_by_when_it_is_read(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        hana = await a_host(stall)
        await is_asked(stall, hana)
        playground = stall.playground
    await hana.sends("in 2 hours")
    clock.advance(3 * HOUR)
    async with open_stall(tmp_path, playground=playground, clock=clock):
        await hana.sees("Tue 10 Mar, 14:00 has gone by")
