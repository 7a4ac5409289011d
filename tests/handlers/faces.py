"""A reader for rendering tests: a face with fixed time, zone and settings, and what Telegram would make of a text."""

import re
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

from handlers.deps import Settings
from handlers.translation import Translations
from handlers.wording import MOST_CAPTION, MOST_TEXT, Face, Rendered
from storage.orders import OrderPolicy
from tests.clock import NOON

ANN = 5001
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TEXTS = Translations.load(["en", "zh"])
SETTINGS = Settings(
    name="Tonggu Stall",
    currency="CNY",
    zone=ZoneInfo("Asia/Shanghai"),
    languages=("en", "zh"),
    country="CN",
    methods=({"kind": "static", "name": "WeChat Pay", "payee": "Tonggu Cooperative", "code": "wxp://f2f0example"},),
    policy=OrderPolicy(
        prefix="TG",
        pay_within_ms=30 * MINUTE,
        grace_ms=5 * MINUTE,
        remind_after_ms=15 * MINUTE,
        late_receipt_ms=DAY,
        most_under_review=3,
    ),
    remind_before_ms=(DAY, HOUR, 10 * MINUTE),
    invite_valid_ms=7 * DAY,
)

_ALLOWED = frozenset({"b", "i", "u", "s", "code", "pre", "a", "blockquote"})


def face(lang: str = "en", *, reader: int = ANN, now: int = NOON) -> Face:
    """Ann, noon in Shanghai on Tuesday 10 March 2026."""
    return Face(
        reader=reader,
        t=TEXTS.translator(lang),
        zone=SETTINGS.zone,
        now=now,
        settings=SETTINGS,
        bot_username="stall_bot",
    )


class _Reading(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _ALLOWED, f"<{tag}> is not Telegram's"
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def read(rendered: Rendered) -> str:
    """The text as a person reads it, after checking that Telegram would take the message."""
    reading = _Reading()
    reading.feed(rendered.text)
    reading.close()
    assert not reading.open
    text = "".join(reading.said)
    assert 0 < len(text) <= (MOST_TEXT if rendered.media is None else MOST_CAPTION)
    for row in rendered.rows:
        assert row, "an empty row of buttons"
        for button in row:
            assert button.label.strip()
            assert (button.data is None) != (button.url is None)
    return text


def words(rendered: Rendered) -> list[list[str]]:
    """The buttons' words row by row, without an emoji before them."""
    return [
        [re.sub(r"^[\U0001F300-\U0001FAFF\u25C0\u26D4]\ufe0f? ", "", button.label) for button in row]
        for row in rendered.rows
    ]
