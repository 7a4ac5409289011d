"""What a host reads while something is told to many, in both languages."""

from dataclasses import replace

import pytest

from handlers import progress
from handlers.wording import Rendered
from storage.broadcasts import Kind
from storage.progress import Progress
from tests.clock import NOON
from tests.handlers.faces import face, read
from tests.handlers.test_hosting import BOTH

UNDER_WAY = Progress(
    kind=Kind.ANNOUNCE,
    stream_id=7,
    title="Tonggu <spring> stream",
    code=None,
    host=2001,
    began_at=NOON,
    is_enqueued=True,
    sent=800,
    left=396,
    blocked=8,
    failed=0,
    dropped=0,
    last_at=NOON + 27_000,
    recent=300,
    recent_ms=10_000,
)
OVER = replace(UNDER_WAY, sent=1196, left=0, last_at=NOON + 41_000)


def shown(view: Progress, lang: str = "en") -> list[str]:
    rendered = progress.KINDS["broadcast_progress"].show(face(lang), view)
    assert isinstance(rendered, Rendered)
    assert rendered.rows == ()
    return read(rendered).splitlines()


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ["📣 Announcing to 1,204 followers: 800 sent · 396 left · 8 blocked", "About 15 s to go."]),
        ("zh", ["📣 正在通知1,204位关注者：已发800 · 剩余396 · 已屏蔽8", "大约还要15秒。"]),
    ],
)
def test_the_way_is_told_by_count_and_time(lang: str, said: list[str]) -> None:
    assert shown(UNDER_WAY, lang) == ["Tonggu <spring> stream", *said]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "✅ Announced to 1,196 followers in 41 s. 8 have blocked the bot."),
        ("zh", "✅ 已通知1,196位关注者，用时41秒。8人已屏蔽机器人。"),
    ],
)
def test_the_end_is_told_in_one_line(lang: str, said: str) -> None:
    assert shown(OVER, lang) == ["Tonggu <spring> stream", said]


@BOTH
@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_telling_has_its_words(kind: Kind, lang: str) -> None:
    """One and many, under way and over."""
    for sent in (1, 1196):
        for view in (replace(UNDER_WAY, kind=kind, sent=sent), replace(OVER, kind=kind, sent=sent)):
            assert f"{sent:,}" in shown(view, lang)[1]


@BOTH
def test_refused_and_dropped_messages_are_named_only_where_there_are_any(lang: str) -> None:
    plain = shown(replace(OVER, blocked=0), lang)[1]
    both = shown(replace(OVER, blocked=0, failed=3, dropped=5), lang)[1]
    assert both.startswith(plain)
    assert "3" in both.removeprefix(plain)
    assert "5" in both.removeprefix(plain)
    way = shown(replace(UNDER_WAY, blocked=0, failed=3, dropped=5), lang)[1]
    assert way.count(" · ") == 3


def test_long_tellings_are_counted_in_minutes_and_an_unknown_pace_is_not_guessed() -> None:
    assert shown(replace(OVER, last_at=NOON + 31 * 60_000))[1].startswith(
        "✅ Announced to 1,196 followers in 31 min."
    )
    assert "About 10 min to go." in shown(replace(UNDER_WAY, left=18_000))
    assert len(shown(replace(UNDER_WAY, recent=0))) == 2
