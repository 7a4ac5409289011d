"""What a message is before it is sent: a kind with parameters becomes text, buttons and a picture.

Owns the path from a message kind to its `Rendered` form in the reader's language. Each audience's file declares its
own kinds; nothing here talks to Telegram.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Generic, TypeVar

from handlers import buttons as codec
from handlers import formats
from handlers.deps import Settings
from handlers.translation import Html, Translations, Translator, choose
from shop.paycodes.code import Code
from storage import cards, deskcards, groups, people
from storage.cards import Card
from storage.connection import Tx
from storage.copies import Part
from storage.files import Place
from storage.outbox import Params

V = TypeVar("V")

# Spans are rounded down and messages leave a little after their moment: "in 1 h" must not read "in 59 min".
HALF_A_MINUTE = 30_000
MOST_TEXT = 4096  # Bot API, sendMessage: characters after entities parsing
MOST_CAPTION = 1024  # Bot API, sendPhoto


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One inline button: `data` to tap, or `url` to open."""

    label: str
    data: str | None = None
    url: str | None = None


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QrPicture:
    """A payment code to be drawn."""

    code: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class FileId:
    """A file Telegram already has; `place` is where the books have it too, for another bot to send."""

    file_id: str
    is_document: bool = False
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """Two to ten files of one sort in one message, which can have no buttons."""

    files: tuple[FileId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """What is kept about a person, to be packed into a file when it is sent."""

    person: int
    part: Part


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPicture:
    """A product's picture that Telegram is to load from its address, as it does when it is first shown."""

    product: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A document made for this message."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A message ready to be shown: Telegram HTML, buttons, perhaps a picture or document above the text.

    `without` is the text for when there can be no picture, where it says more then. With `stays` it is only edited
    where it stands: a message that is gone is not sent anew.
    """

    text: Html
    rows: Rows = ()
    media: QrPicture | FileId | Album | DataFile | WebPicture | Attachment | None = None
    without: Html | None = None
    stays: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """The command menu of one chat: (command, description) pairs."""

    commands: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """All that a card says from now on, without buttons: edited where the card stands, never sent anew."""

    text: Html


Content = Rendered | Menu | Blank


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Who reads, and how: language, zone and the moment of rendering."""

    reader: int
    t: Translator
    zone: tzinfo
    now: int
    settings: Settings
    bot_username: str

    @property
    def lang(self) -> str:
        return self.t.lang

    def money(self, amount: int) -> str:
        """An amount in the stall's currency."""
        return formats.money(amount, self.settings.currency, self.lang)

    def moment(self, at: int) -> str:
        """A date with weekday and time in the stall's zone."""
        return formats.moment(at, self.zone, self.lang, self.now)

    def deadline(self, at: int) -> str:
        """When something runs out: "20:42 (in 30 min)" today, with the date otherwise."""
        if not formats.is_same_day(at, self.now, self.zone):
            return self.moment(at)
        when = formats.time_of_day(at, self.zone)
        if at <= self.now:
            return when
        return self.t.plain(
            "order.deadline", when=when, countdown=formats.countdown(at + HALF_A_MINUTE, self.now, self.t)
        )

    def link(self, payload: str) -> str:
        """A deep link to this bot."""
        return f"https://t.me/{self.bot_username}?start={payload}"

    def button(self, key: str, verb: str, *args: int | str, **values: object) -> Button:
        """A button with a label from the catalogues."""
        return Button(label=self.t.plain(f"button.{key}", **values), data=codec.encode(verb, *args))

    def link_button(self, label: str, url: str) -> Button:
        """A button that opens an address."""
        return Button(label=label, url=url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[V]):
    """One kind of message. `load` reads what it shows (None: no longer true or wanted), `show` words it.

    `load` runs inside a read transaction and is given the parameters and the reader's chat.
    """

    load: Callable[[Tx, Params, int], V | None]
    show: Callable[[Face, V], Content]


Kinds = Mapping[str, Kind[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A rendered message, the card's present place if it has one, what the kind has loaded, and in which language it
    is worded. `is_kept`: the message that would be edited keeps itself current and is not to show anything else."""

    content: Content
    card: Card | None
    view: Any
    t: Translator
    is_kept: bool = False


def _is_kept(tx: Tx, kind: str, chat: int, place: int, found: cards.Card | None) -> bool:
    """Is the message at `place` not to be edited into this one, which may stand elsewhere by now?"""
    if found is None:
        return kind != "desk" and deskcards.stands_at(tx, chat, place)
    return found.message_id != place and bool(cards.shown_by(tx, chat, place))


class Voice:
    """Renders message kinds; one read transaction for each."""

    def __init__(self, kinds: Kinds, settings: Settings, translations: Translations, bot_username: str) -> None:
        self._kinds = kinds
        self._settings = settings
        self._translations = translations
        self._bot_username = bot_username

    @property
    def kinds(self) -> frozenset[str]:
        """Every message kind that can be said."""
        return frozenset(self._kinds)

    def face(self, person: people.Person | None, chat: int, now: int) -> Face:
        """How to speak to this person (a chat nobody is known for gets the default language)."""
        stored = None if person is None else person.language
        hint = None if person is None else person.telegram_language
        language = choose(stored, hint, self._settings.languages)
        return Face(
            reader=chat,
            t=self._translations.translator(language),
            zone=self._settings.zone,
            now=now,
            settings=self._settings,
            bot_username=self._bot_username,
        )

    def render(
        self,
        tx: Tx,
        kind: str,
        params: Params,
        chat: int,
        now: int,
        *,
        card: str | None = None,
        place: int | None = None,
    ) -> Ready | None:
        """A query: load and word one message for `chat`; None if there is nothing to say any more. `place` is the
        message that was tapped.

        Raises KeyError for an unknown kind, which is a bug.
        """
        entry = self._kinds[kind]
        view = entry.load(tx, params, chat)
        if view is None:
            return None
        face = self.face(people.view(tx, chat) if chat > 0 else groups.speaker(tx, chat), chat, now)
        found = cards.find(tx, card, chat) if card else None
        is_kept = place is not None and _is_kept(tx, kind, chat, place, found)
        return Ready(content=entry.show(face, view), card=found, view=view, t=face.t, is_kept=is_kept)
