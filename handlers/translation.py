"""Texts by key in a person's language, from gettext catalogues compiled in memory at start.

Every value put into a text is HTML-escaped here, unless it is `Html` already; a key that is not there is a bug and
raises KeyError. Never decides what to say, only how it reads.
"""

import gettext
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Self

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LOCALES = Path(__file__).parent / "locales"


class Html(str):
    """Text that is Telegram HTML already: it goes into other texts as it is."""

    __slots__ = ()


def escaped(value: object) -> Html:
    """Anything as HTML: markup and quotes of a plain value are escaped, Html stays."""
    return value if isinstance(value, Html) else Html(html.escape(str(value)))


def lines(parts: Iterable[object]) -> Html:
    """Parts under one another as one HTML text; None and empty parts are left out."""
    return Html("\n".join(escaped(part) for part in parts if part not in (None, "")))


@lru_cache(maxsize=4096)
def figure(value: int | Decimal, lang: str, pattern: str | None = None) -> str:
    """A number as the language groups it (1,204), in a pattern of Babel's or its own. The same few come again and
    again, and Babel takes its time for each."""
    return str(format_decimal(value, format=pattern, locale=lang))


class Translator:
    """Speaks one language: `t("order.placed", code=…)`."""

    __slots__ = ("_catalogue", "lang")

    def __init__(self, lang: str, catalogue: gettext.NullTranslations) -> None:
        self.lang = lang
        self._catalogue = catalogue

    def __call__(self, key: str, /, **values: object) -> Html:
        """The text as HTML. KeyError if the key, or a value its text names, is missing."""
        return _html(self._catalogue.gettext(key), values)

    def n(self, key: str, n: int, /, **values: object) -> Html:
        """The text in the plural form for n, which it may name as `{n}` (grouped: 1,204)."""
        text = self._catalogue.ngettext(key, key, n)
        return _html(text, {**values, "n": figure(n, self.lang)})

    def plain(self, key: str, /, **values: object) -> str:
        """The text without escaping, for what Telegram shows as it is: button labels, toasts, command menus."""
        return self._catalogue.gettext(key).format_map(values)


class Translations:
    """The catalogues of a stall's languages; the first is the default."""

    def __init__(self, translators: Mapping[str, Translator]) -> None:
        self._translators = dict(translators)
        self.languages = tuple(translators)

    @classmethod
    def load(cls, languages: Sequence[str]) -> Self:
        """Read and compile `locales/<language>.po` of each. ValueError if there is none for one of them."""
        if not languages:
            raise ValueError("a stall speaks at least one language")
        return cls({lang: Translator(lang, _compile(lang)) for lang in languages})

    def translator(self, lang: str | None) -> Translator:
        """The translator of a language, or of the default one if the stall does not speak it (any more)."""
        return self._translators.get(lang or "", self._translators[self.languages[0]])


def available() -> tuple[str, ...]:
    """Languages the program has texts for."""
    return tuple(sorted(path.stem for path in LOCALES.glob("*.po")))


def choose(stored: str | None, telegram_code: str | None, offered: Sequence[str]) -> str:
    """A person's language: their own choice, else Telegram's code for them, else the first one offered.

    Telegram sends IETF tags ("zh-hans", "pt-br"): the full tag is tried first, then its language alone.
    """
    if stored is not None and stored in offered:
        return stored
    tag = (telegram_code or "").lower().replace("_", "-")
    for candidate in (tag, tag.partition("-")[0]):
        if candidate in offered:
            return candidate
    return offered[0]


class _NothingMissing(gettext.NullTranslations):
    """Where gettext looks last; its own habit of showing the key instead would hide the bug."""

    def gettext(self, message: str) -> str:
        raise KeyError(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        raise KeyError(msgid1)


def _compile(lang: str) -> gettext.GNUTranslations:
    path = LOCALES / f"{lang}.po"
    if lang not in available():
        raise ValueError(f"no texts for language {lang!r}; there are: {', '.join(available())}")
    with path.open("rb") as source:
        catalogue = read_po(source, locale=lang, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    translations = gettext.GNUTranslations(compiled)
    translations.add_fallback(_NothingMissing())
    return translations


def _html(text: str, values: Mapping[str, object]) -> Html:
    return Html(text.format_map({name: escaped(value) for name, value in values.items()}))
