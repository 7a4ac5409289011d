"""What is said about times: buttons and echoes in both languages, each of which could be typed back."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import formats, hosttimes
from handlers.buttons import decode
from handlers.hosttimes import EDIT, NEW, Answer, Question
from handlers.wording import Rendered
from shop.moments import FURTHEST_MS, When, parse_when
from shop.suggestions import coming_days
from storage.dialogs import Dialog
from tests.clock import NOON
from tests.handlers.faces import DAY, HOUR, MINUTE, TEXTS, face, read, words
from tests.handlers.test_hosting import BOTH, START, a_stream
from tests.shop.test_moments import nows, zones

LANGUAGES = st.sampled_from(["en", "zh"])


def question(*starts: int, is_edit: bool = False) -> Question:
    stream = a_stream() if is_edit else None
    dialog = Dialog(id=3, person=2001, kind=EDIT if is_edit else NEW, step="when", data={})
    return Question(dialog=dialog, stream=stream, starts=starts)


def shown(kind: str, lang: str, *moments: int, text: str = "") -> Rendered:
    answer = Answer(question=question(), text=text, moments=moments)
    rendered = hosttimes.KINDS[kind].show(face(lang), answer)
    assert isinstance(rendered, Rendered)
    return rendered


def instants(rendered: Rendered) -> list[int]:
    taps = [decode(button.data) for row in rendered.rows for button in row]
    assert all(tap is not None and (tap.verb, tap.args[0]) == ("when", "3") for tap in taps)
    return [int(tap.args[1]) for tap in taps if tap is not None]


@pytest.mark.parametrize(
    ("lang", "labels"),
    [
        ("en", [["Today 20:00", "Tomorrow 20:00"], ["Fri 20:00", "Sat 20:00"], ["Sun 20:00"]]),
        ("zh", [["今天 20:00", "明天 20:00"], ["周五 20:00", "周六 20:00"], ["周日 20:00"]]),
    ],
)
def test_the_coming_days_are_buttons_that_carry_their_instant(lang: str, labels: list[list[str]]) -> None:
    rows = hosttimes.coming(face(lang), question())
    asked = Rendered(text=TEXTS.translator(lang)("countdown.now"), rows=rows)
    assert words(asked) == labels
    assert instants(asked) == [NOON + 8 * HOUR + days * DAY for days in (0, 1, 3, 4, 5)]


def test_they_are_offered_at_the_hosts_usual_hour() -> None:
    half_past_seven = START - 30 * MINUTE
    rows = hosttimes.coming(face(), question(half_past_seven, half_past_seven - 7 * DAY, START - 14 * DAY))
    assert rows[0][0].label == "Today 19:30"


def test_a_change_is_offered_at_the_same_hour_of_other_days() -> None:
    rows = hosttimes.coming(face(), question(START, is_edit=True))
    assert [button.label for row in rows for button in row] == [
        "Today 20:00", "Tomorrow 20:00", "Fri 20:00", "Sat 20:00",
    ]  # fmt: skip


@pytest.mark.parametrize(("lang", "past"), [("en", "Sun 1 Mar, 20:00"), ("zh", "3月1日 周日 20:00")])
def test_a_time_gone_by_is_named_with_an_example(lang: str, past: str) -> None:
    text = read(shown("when_past", lang, NOON - 9 * DAY + 8 * HOUR))
    assert past in text
    assert "2026-03-11 20:00" in text


@BOTH
def test_what_is_no_date_is_quoted_with_two_examples_and_buttons(lang: str) -> None:
    unclear = shown("when_unclear", lang, text="32.13.2026 <x>")
    text = read(unclear)
    assert "“32.13.2026 <x>”" in text
    assert "2026-03-11 20:00" in text
    assert ("“tomorrow 20:00”" if lang == "en" else "“明天 20:00”") in text
    assert len(instants(unclear)) == 5


@pytest.mark.parametrize(
    ("lang", "labels"),
    [
        ("en", [["Sun 5 Apr, 20:00"], ["Mon 4 May, 20:00"]]),
        ("zh", [["4月5日 周日 20:00"], ["5月4日 周一 20:00"]]),
    ],
)
def test_what_can_be_meant_in_two_ways_has_a_button_for_each_in_full(lang: str, labels: list[list[str]]) -> None:
    both = [NOON + 8 * HOUR + days * DAY for days in (26, 55)]
    which = shown("when_which", lang, *both, text="4/5 20:00")
    assert "“4/5 20:00”" in read(which)
    assert words(which) == labels
    assert instants(which) == both


@pytest.mark.parametrize(("lang", "moment"), [("en", "Wed 1 Dec 2027, 20:00"), ("zh", "2027年12月1日 周三 20:00")])
def test_a_time_far_ahead_is_named_and_has_one_button(lang: str, moment: str) -> None:
    at = int(datetime(2027, 12, 1, 12, tzinfo=UTC).timestamp() * 1000)
    far = shown("when_which", lang, at, text="2027-12-01 20:00")
    assert moment in read(far)
    assert words(far) == [[moment]]


@pytest.mark.parametrize(("lang", "day"), [("en", "Fri 13 Mar"), ("zh", "3月13日 周五")])
def test_a_day_without_an_hour_is_asked_for_one(lang: str, day: str) -> None:
    asked = shown("when_hourless", lang, NOON + 3 * DAY)
    assert day in read(asked)
    assert "2026-03-13 20:00" in read(asked)
    assert words(asked) == [["18:00", "19:00"], ["20:00", "21:00"]]
    assert instants(asked) == [NOON + 3 * DAY + hours * HOUR for hours in (6, 7, 8, 9)]


# -- What we print can be typed ------------------------------------------------------------------------------


@given(nows, st.integers(1, FURTHEST_MS // MINUTE), zones, LANGUAGES)
def test_every_echo_reads_back_as_the_same_moment(now: int, minutes: int, zone: object, lang: str) -> None:
    """Except in the hour that the clock shows twice, where the words cannot tell the second from the first."""
    at = now - now % MINUTE + minutes * MINUTE
    if at > now + FURTHEST_MS:
        at -= MINUTE
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone)  # type: ignore[arg-type]
    echo = formats.moment(at, zone, lang, now)  # type: ignore[arg-type]
    found = parse_when(echo, zone, now)  # type: ignore[arg-type]
    moments = [found] if isinstance(found, When) else getattr(found, "moments", ())
    if local.fold:
        return
    assert [moment.at_ms for moment in moments] == [at], (echo, found)


@given(nows, st.times(), zones, LANGUAGES)
def test_every_button_reads_back_as_the_moment_it_carries(now: int, at: time, zone: object, lang: str) -> None:
    at = at.replace(second=0, microsecond=0, tzinfo=None)
    reader = replace(face(lang, now=now), zone=zone)  # type: ignore[arg-type]
    for moment in coming_days(at, zone, now):  # type: ignore[arg-type]
        label = hosttimes._short(reader, moment)
        assert parse_when(label, zone, now) == When(moment), label  # type: ignore[arg-type]


@BOTH
def test_the_examples_we_give_are_understood(lang: str) -> None:
    reader = face(lang)
    for example in (hosttimes.example(reader), {"en": "tomorrow 20:00", "zh": "明天 20:00"}[lang]):
        assert parse_when(example, reader.zone, NOON) == When(NOON + 32 * HOUR)
