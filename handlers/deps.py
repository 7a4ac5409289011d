"""What every handler gets: one typed `Deps`, carried by the callback context.

Owns no behaviour; the composition root in `bot` fills it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any, ClassVar, Protocol, Self

from telegram.ext import Application, CallbackContext, ExtBot

from handlers.talkers import Talkers
from handlers.translation import Translations
from shop.paycodes.code import Code
from shop.retention import STANDARD, Retention
from storage.claiming import ClaimRules
from storage.clock import DAY, Clock
from storage.orders import OrderPolicy
from storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyTerms:
    """What people are told about their data: who answers for it, how long it is kept, how old backups get."""

    contact: str | None = None
    kept: Retention = STANDARD
    backups_ms: int = 30 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class PresaleTerms:
    """What a presale's ship window is filled in with: how far ahead it begins, how long it lasts (milliseconds)."""

    after_ms: int = 7 * DAY
    over_ms: int = 4 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The stall's settings as handlers need them; durations in milliseconds."""

    name: str
    currency: str
    zone: tzinfo
    languages: tuple[str, ...]
    country: str | None
    methods: tuple[Mapping[str, str], ...]
    policy: OrderPolicy
    remind_before_ms: tuple[int, ...]
    invite_valid_ms: int
    claims: ClaimRules = field(default_factory=ClaimRules)
    presale: PresaleTerms = PresaleTerms()
    terms_url: str | None = None
    privacy: PrivacyTerms = PrivacyTerms()

    def method(self, name: str) -> Mapping[str, str]:
        """The payment method of that name, or the first one if it is gone from the configuration."""
        return next((method for method in self.methods if method["name"] == name), self.methods[0])


class Newest(Protocol):
    """Which message stands last in a chat, as far as we know."""

    def note(self, chat_id: int, message_id: int) -> None:
        """A message with this id has appeared in the chat."""

    def is_newest(self, chat_id: int, message_id: int) -> bool:
        """True only if no later message is known and this one is."""


class Pictures(Protocol):
    """Draws QR pictures, and reads each back."""

    async def picture(self, code: Code) -> bytes:
        """PNG bytes of the code. Raises `qrcard.NoPictureError` where none may be shown."""


class Progress:
    """How the updates in hand are going: which have had their act, and which failed with what.

    One entry per update that is being handled; `take` removes it.
    """

    def __init__(self) -> None:
        self._acted: set[int] = set()
        self._failed: dict[int, Exception] = {}

    def acted(self, update_id: int) -> None:
        """The update's act is committed, and its inbox row closed with it."""
        self._acted.add(update_id)

    def failed(self, update_id: int, error: Exception) -> None:
        """The handler raised."""
        self._failed[update_id] = error

    def take(self, update_id: int) -> tuple[bool, Exception | None]:
        """Whether the update has had its act, and the error if its handler raised."""
        acted = update_id in self._acted
        self._acted.discard(update_id)
        return acted, self._failed.pop(update_id, None)


Bot = ExtBot[Any]


class Calls(Protocol):
    """The Bot API in its own words, for what is sent by the thousand."""

    async def call(self, method: str, fields: dict[str, Any], pace: Any = None) -> Any:
        """The `result` of a method, of JSON values; None is left out. Raises `telegram.error`."""


@dataclass(slots=True, kw_only=True)
class Deps:
    """Everything a handler may use. `bot` and `calls` send only through the pacer."""

    store: Store
    clock: Clock
    settings: Settings
    translations: Translations
    pictures: Pictures
    newest: Newest
    bot: Bot
    calls: Calls
    progress: Progress = field(default_factory=Progress)
    talkers: Talkers = field(default_factory=Talkers)
    # Counted for whoever watches: acts that changed nothing by the name of their ending, and taps that could do
    # nothing (`unknown`: no button of ours carries that; `stale`: what it was about is over, or somebody else's).
    refused_acts: Counter[str] = field(default_factory=Counter)
    refused_taps: Counter[str] = field(default_factory=Counter)
    # A picture's file id at Telegram by its text, so that a QR is uploaded once. Bounded by `uploading`.
    uploaded: dict[str, str] = field(default_factory=dict)


class StallContext(CallbackContext[Bot, dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """The callback context with our `deps` instead of PTB's data dictionaries."""

    deps: ClassVar[Deps]

    @classmethod
    def from_update(cls, update: object, application: Application[Any, Any, Any, Any, Any, Any]) -> Self:
        """Without looking for whose dictionaries it would be: there are none."""
        return cls(application)
