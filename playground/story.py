"""A story told by people: what each of them writes, taps, sends and is shown, as one beat after the other.

Owns the order of telling: a message is told when somebody sees it, as it stood then, and never twice unchanged.
Knows nothing of what the bot is for, and never decides how a beat looks; that is the listener's.
"""

import copy
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

from playground.messages import Message
from playground.people import Person

PATIENCE = 10.0
"""Real seconds a person waits for what should come."""


class Kind(Enum):
    """What a beat tells."""

    CHAPTER = auto()
    WRITES = auto()
    OPENS = auto()
    TAPS = auto()
    SENDS = auto()
    SEES = auto()
    SEES_CHANGED = auto()
    """A message told before has been edited."""
    TOLD = auto()
    """A tap was answered with words that pass."""
    CHECKED = auto()
    """The storyteller has looked closer at something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One thing that happened. `at` is Unix seconds; `message` is a copy, later edits leave it as it was seen."""

    kind: Kind
    at: int
    text: str = ""
    who: Person | None = None
    message: Message | None = None


Listener = Callable[[Beat], Awaitable[None]]


class StoryBroke(Exception):
    """A step did not come to pass. The text says what was expected and what the person's chat shows instead."""


@dataclass(slots=True)
class Story:
    """Passes every beat on as it happens and keeps it."""

    listener: Listener
    now: Callable[[], int]
    beats: list[Beat] = field(default_factory=list)

    async def chapter(self, title: str) -> None:
        await self.tell(Kind.CHAPTER, title)

    async def expects(self, holds: bool, *, wanted: str, found: str, checked: str) -> None:
        """Tell that `checked` is so. Raises StoryBroke naming what was `wanted` and `found` if it is not."""
        if not holds:
            raise StoryBroke(f"expected {wanted}, found {found}")
        await self.tell(Kind.CHECKED, checked)

    async def tell(
        self, kind: Kind, text: str = "", who: Person | None = None, message: Message | None = None
    ) -> None:
        """Note a beat and let the listener take its time over it."""
        seen = copy.copy(message) if message else None
        beat = Beat(kind=kind, at=self.now(), text=text, who=who, message=seen)
        self.beats.append(beat)
        await self.listener(beat)


class Actor:
    """A person in a story. Each verb raises StoryBroke when it can't be done or what should follow does not come."""

    def __init__(self, person: Person, story: Story) -> None:
        self.person = person
        self._story = story
        self._told: dict[int, int] = {}

    def mark(self) -> int:
        """A position for `since`: now."""
        return self.person.mark()

    async def writes(self, text: str) -> None:
        await self.person.sends(text)
        await self._story.tell(Kind.WRITES, text, self.person)

    async def opens(self, link: str) -> None:
        """Follow a deep link to the bot."""
        await self.person.opens(link)
        await self._story.tell(Kind.OPENS, link, self.person)

    async def sends_photo(self, picture: bytes, what: str) -> None:
        """Send a picture; `what` is said of it in the telling only."""
        await self.person.sends_photo(picture)
        await self._story.tell(Kind.SENDS, what, self.person)

    async def taps(self, label: str) -> None:
        """Tap a button shown since her last own action, told with the message it stands on; wait for the answer."""
        with self._breaking():
            tap = await self.person.taps_when(label, timeout=PATIENCE)
            if tap.query is not None and tap.query.message is not None:
                await self._sees(tap.query.message)
            await self._story.tell(Kind.TAPS, tap.button.text, self.person)
            if tap.query is not None:
                answer = await self.person.answered(PATIENCE)
                if answer.text:
                    await self._story.tell(Kind.TOLD, answer.text, self.person)

    async def sees(self, text: str, *, since: int | None = None) -> Message:
        """Wait for a message of the bot with `text` in it, new or edited since her last own action or `since`."""
        with self._breaking():
            message = await self.person.sees(text, since=since, timeout=PATIENCE)
        await self._sees(message)
        return message

    async def _sees(self, message: Message) -> None:
        told = self._told.get(message.id)
        if told != message.changed:
            self._told[message.id] = message.changed
            await self._story.tell(Kind.SEES if told is None else Kind.SEES_CHANGED, "", self.person, message)

    @contextmanager
    def _breaking(self) -> Iterator[None]:
        """What people miss on the playground is a failed assertion; here it is how a story breaks off."""
        try:
            yield
        except AssertionError as missed:
            raise StoryBroke(str(missed)) from None
