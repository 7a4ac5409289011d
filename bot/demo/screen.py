"""The story as a terminal shows it: who wrote, tapped and saw what, in colours where there are any.

Owns how beats look. Without a terminal it is plain text with a line for a line, never wrapped or coloured.
"""

import asyncio
from datetime import datetime
from typing import Final, TextIO
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from playground.messages import Message
from playground.people import Person
from playground.story import Beat, Kind

COLOURS: Final = ("magenta", "green", "yellow", "blue", "cyan", "red")
MARGIN: Final = 10
"""Columns for the time; what a person sees stands behind it with a bar."""

NARROWEST: Final = 30
CHAPTER_WIDTH: Final = 78
BEAT_SECONDS: Final = 0.08
"""Between beats on a terminal, so that the eye can follow; ten seconds for the whole story."""

SIGNS: Final = {
    Kind.WRITES: "💬",
    Kind.OPENS: "🔗",
    Kind.TAPS: "👆",
    Kind.SENDS: "📷",
    Kind.SEES: "👀",
    Kind.SEES_CHANGED: "👀",
    Kind.TOLD: "🔔",
    Kind.CHECKED: "🔎",
}
VERBS: Final = {
    Kind.WRITES: "writes:",
    Kind.OPENS: "opens",
    Kind.TAPS: "taps",
    Kind.SENDS: "sends a picture:",
    Kind.SEES: "sees",
    Kind.SEES_CHANGED: "sees it change to",
    Kind.TOLD: "is told:",
}
STYLES: Final = {
    "bold": "bold",
    "italic": "italic",
    "underline": "underline",
    "strikethrough": "strike",
    "code": "bright_cyan",
    "pre": "bright_cyan",
    "url": "underline",
    "text_link": "underline",
    "blockquote": "italic",
}


class Screen:
    """Writes beats to a stream as they come. Times are those of `zone`."""

    def __init__(self, to: TextIO, zone: ZoneInfo) -> None:
        self._console = Console(file=to, highlight=False, markup=False, emoji=False)
        self.zone = zone
        self._chapters = 0
        self._shown_time = ""
        self._colours: dict[int, str] = {}

    async def tell(self, beat: Beat) -> None:
        """Show a beat; on a terminal take a breath after it."""
        match beat.kind:
            case Kind.CHAPTER:
                self._chapters += 1
                self.line()
                self.line(f"━━ {self._chapters} · {beat.text} ".ljust(CHAPTER_WIDTH, "━"), style="bold")
                self.line()
            case Kind.CHECKED:
                self._put(self._head(beat).append(beat.text, "green"))
            case Kind.SEES | Kind.SEES_CHANGED:
                self._sees(beat)
            case _:
                self._does(beat)
        if self._console.is_terminal:
            await asyncio.sleep(BEAT_SECONDS)

    def line(self, text: str = "", style: str = "") -> None:
        """A line of the storyteller's own, left whole so that a command in it can be copied."""
        self._console.print(Text(text, style), soft_wrap=True)

    def _does(self, beat: Beat) -> None:
        head = self._head(beat)
        said = f"[{beat.text}]" if beat.kind is Kind.TAPS else beat.text
        first, *more = said.split("\n")
        self._put(head.append(f" {VERBS[beat.kind]} ").append(first, "bold" if beat.kind is Kind.TAPS else ""))
        for line in more:
            self._put(Text(" " * (MARGIN + 3)).append(line))

    def _sees(self, beat: Beat) -> None:
        message = beat.message
        if message is None or beat.who is None:
            return
        self._put(self._head(beat).append(f" {VERBS[beat.kind]}"))
        bar = Text(" " * MARGIN).append("┃ ", self._colour(beat.who))
        for line in _lines(message):
            self._put(line, bar)

    def _head(self, beat: Beat) -> Text:
        """The time where it has changed, the sign of what is done, and by whom."""
        time = datetime.fromtimestamp(beat.at, self.zone).strftime("%H:%M:%S")
        head = Text(("" if time == self._shown_time else time).ljust(MARGIN), "dim")
        self._shown_time = time
        head = Text().append_text(head).append(f"{SIGNS[beat.kind]} ")
        return head.append(beat.who.name, f"bold {self._colour(beat.who)}") if beat.who else head

    def _colour(self, person: Person) -> str:
        return self._colours.setdefault(person.id, COLOURS[len(self._colours) % len(COLOURS)])

    def _put(self, text: Text, before: Text | None = None) -> None:
        """Write a line; on a terminal wrap it behind its margin."""
        before = before or Text()
        if not self._console.is_terminal:
            self._console.print(before + text, soft_wrap=True)
            return
        room = max(self._console.width - before.cell_len, NARROWEST)
        for part in text.wrap(self._console, room) or [Text()]:
            self._console.print(before + part, soft_wrap=True)


def _lines(message: Message) -> list[Text]:
    """What stands in a message: picture, text, buttons row by row."""
    lines = []
    if message.media is not None:
        shape = f" {message.media.width} × {message.media.height}" if message.photo else f" {message.media.name}"
        lines.append(Text(f"🖼 {message.media.kind}{shape}", "dim"))
    lines += _styled(message).split("\n", allow_blank=True)
    for row in message.buttons:
        lines.append(Text("  ").join(Text(f"[{button.text}{' ↗' if button.url else ''}]", "bold") for button in row))
    return lines


def _styled(message: Message) -> Text:
    """The text with its marks; their places count UTF-16 units, as the Bot API's do."""
    text, units = Text(message.text), message.text.encode("utf-16-le")
    for entity in message.entities:
        style = STYLES.get(entity["type"])
        if style is not None:
            start, end = (
                len(units[: 2 * at].decode("utf-16-le", "replace"))
                for at in (entity["offset"], entity["offset"] + entity["length"])
            )
            text.stylize(style, start, end)
    return text
