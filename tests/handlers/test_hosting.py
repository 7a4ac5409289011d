"""What hosts are asked and shown: every message in both languages, as Telegram would take it."""

import pytest

from handlers import hosting
from handlers.buttons import decode
from handlers.hosttimes import EDIT, NEW, Question
from handlers.wording import Button, Rendered
from shop.streams import StreamStatus
from storage.dialogs import Dialog
from storage.streams import Platform, Stream
from tests.clock import NOON
from tests.handlers.faces import DAY, HOUR, face, read, words

BOTH = pytest.mark.parametrize("lang", ["en", "zh"])
START = NOON + 5 * DAY + 8 * HOUR
KUAISHOU = Platform(name="Kuaishou <1>", url="https://live.kuaishou.com/u/tonggu?a=1&b=2")


def a_stream(status: StreamStatus = StreamStatus.DRAFT, title: str = "Tonggu <spring> & stream") -> Stream:
    return Stream(
        id=7,
        code="SPRING",
        title=title,
        host_id=2001,
        starts_at=START,
        platforms=(KUAISHOU,),
        photo=None,
        status=status,
        created_at=NOON,
        announced_at=None,
        live_at=None,
        ended_at=None,
        cancelled_at=None,
    )


def question(step: str, lang: str, *, stream: Stream | None = None, **data: object) -> Rendered:
    dialog = Dialog(id=3, person=2001, kind=NEW if stream is None else EDIT, step=step, data=data)
    return hosting.STEPS[f"{dialog.kind}.{step}"].ask(face(lang), Question(dialog=dialog, stream=stream))


def verb_of(button: Button) -> str:
    tap = decode(button.data)
    assert tap is not None
    return tap.verb


@BOTH
def test_the_title_is_asked_with_the_way_out(lang: str) -> None:
    text = read(question("title", lang))
    assert "100" in text
    assert "/cancel" in text


@BOTH
def test_the_time_is_asked_in_the_stalls_zone_with_an_example_that_lies_ahead(lang: str) -> None:
    text = read(question("when", lang, title="Spring <b>"))
    for part in ("Asia/Shanghai", "2026-03-11 20:00", "Spring <b>"):
        assert part in text


@pytest.mark.parametrize(
    ("lang", "echo"), [("en", "Sun 15 Mar, 20:00 (in 5 days 8 h)"), ("zh", "3月15日 周日 20:00（5天8小时后）")]
)
def test_the_accepted_time_heads_the_next_question_and_nothing_is_confirmed(lang: str, echo: str) -> None:
    asked = question("platforms", lang, title="Spring", starts_at=START, is_moved=False)
    assert echo in read(asked).splitlines()[0]
    assert words(asked) == ([["Skip"], ["Change time"]] if lang == "en" else [["跳过"], ["改时间"]])


@BOTH
def test_a_time_the_clock_change_skips_is_said_to_be_moved(lang: str) -> None:
    moved = read(question("platforms", lang, title="Spring", starts_at=START, is_moved=True))
    assert len(moved.splitlines()) == 1 + len(
        read(question("platforms", lang, title="Spring", starts_at=START, is_moved=False)).splitlines()
    )


@BOTH
def test_the_picture_is_asked_below_the_platforms_as_they_were_understood(lang: str) -> None:
    asked = question("picture", lang, platforms=[[KUAISHOU.name, KUAISHOU.url]])
    assert "Kuaishou <1>" in read(asked)
    assert len(asked.rows) == 1
    assert "Kuaishou" not in read(question("picture", lang, platforms=[]))


@BOTH
@pytest.mark.parametrize("step", ["title", "when", "platforms", "picture"])
def test_a_change_is_asked_with_what_it_is_now_and_cannot_be_skipped(lang: str, step: str) -> None:
    asked = question(step, lang, stream=a_stream(), stream_id=7)
    text = read(asked)
    now = {"title": "Tonggu <spring> & stream", "when": "20:00", "platforms": "Kuaishou <1>", "picture": ""}
    assert now[step] in text
    assert "/cancel" in text
    assert [verb_of(button) for row in asked.rows for button in row] == (["when"] * 4 if step == "when" else [])


@BOTH
def test_only_the_picture_takes_a_picture(lang: str) -> None:
    assert [name for name, step in hosting.STEPS.items() if step.takes_media] == ["newstream.picture", "edit.picture"]
    assert read(question("picture", lang, platforms=[]))


@pytest.mark.parametrize(
    ("lang", "label"),
    [("en", "Spring · Sun 15 Mar · live"), ("zh", "Spring · 3月15日 周日 · 直播中")],
)
def test_a_hosts_streams_are_buttons_with_day_and_state(lang: str, label: str) -> None:
    shown = hosting.KINDS["mystreams"].show(face(lang), [a_stream(StreamStatus.LIVE, "Spring")])
    assert isinstance(shown, Rendered)
    assert read(shown)
    assert words(shown) == [[label]]
    assert shown.rows[0][0].data == "1|desk|7"


@BOTH
def test_without_streams_the_way_to_one_is_shown(lang: str) -> None:
    shown = hosting.KINDS["mystreams"].show(face(lang), [])
    assert isinstance(shown, Rendered)
    assert "/newstream" in read(shown)


def test_a_long_title_is_cut_in_a_list() -> None:
    shown = hosting.KINDS["mystreams"].show(face(), [a_stream(title="x" * 100)])
    assert isinstance(shown, Rendered)
    assert shown.rows[0][0].label.startswith("x" * 32 + "… · ")
