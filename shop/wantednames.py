"""What names a product in a line of chat: its code, its name in any language, the end of a Latin name, a part of a
Chinese one.

Owns finding products in a text; the other words are in `wantedwords`, what they mean together in `wanted`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shop import wantedwords as words
from shop.wantedwords import Mark, Token

MOST_PART = 12  # characters of a Chinese name that are looked for at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product on offer: its code, its names and its units ("box of 20", "20枚装") by language."""

    code: str
    names: Mapping[str, str]
    units: Mapping[str, str]


class Vocabulary:
    """The products on offer, ready to be found in texts."""

    def __init__(self, products: Sequence[Product]) -> None:
        self.products = products
        self._names = [(one.code, words.plain(name)) for one in products for name in one.names.values()]
        # Where no two characters of any name stand, no part of one begins.
        self._pairs = {name[at : at + 2] for _, name in self._names for at in range(len(name) - 1)}
        self._ends: dict[tuple[str, ...], dict[str, None]] = {}
        self._longest = 0
        for code, name in self._names:
            stems = words.stems(name)
            self._longest = max(self._longest, len(stems))
            for start in range(len(stems)):
                self._ends.setdefault(stems[start:], {})[code] = None

    def tokens(self, text: str) -> Iterator[Token]:
        """The text as marks, products found first and the longest way. Nothing is left out but blanks."""
        at = 0
        while at < len(text):
            named = self._chinese(text, at) or self._latin(text, at)
            run = words.LATIN_RUN.match(text, at)
            glued = None if run is None else self._glued(run.group())
            # "Egg noodles" is not the code EGG and something else.
            if run is not None and glued is not None and (named is None or named[1] <= run.end()):
                yield from glued
                at = run.end()
                continue
            token, at = words.next_token(text, at) if named is None else named
            if token is not None:
                yield token

    def _chinese(self, text: str, at: int) -> tuple[Token, int] | None:
        """The longest run of characters that is part of a product's name."""
        if not words.is_cjk(text[at]) or text[at : at + 2] not in self._pairs:
            return None
        end = at
        while end < len(text) and end - at < MOST_PART and words.is_cjk(text[end]):
            end += 1
        while end - at >= 2:
            part = text[at:end]
            if not words.is_common(part) and (meant := self._meant(part)):
                return Token(Mark.PRODUCT, part, codes=meant), end
            end -= 1
        return None

    def _meant(self, part: str) -> tuple[str, ...]:
        """Whose names hold this part; only those which are wholly it, if there are any."""
        holding = [(code, name) for code, name in self._names if part in name]
        whole = dict.fromkeys(code for code, name in holding if name == part)
        return tuple(whole or dict.fromkeys(code for code, _ in holding))

    def _latin(self, text: str, at: int) -> tuple[Token, int] | None:
        """The longest end of a name that begins here: "Free-range eggs", "range eggs", "eggs", "egg"."""
        ends: list[tuple[tuple[str, ...], int]] = []
        stems: tuple[str, ...] = ()
        end = at
        while len(stems) < self._longest:
            word = words.NAME_WORD.match(text, end)
            if word is None or (not stems and word.start(1) != at):
                break
            stems, end = (*stems, words.stem(word[1])), word.end()
            ends.append((stems, end))
        for found, stop in reversed(ends):
            codes = self._ends.get(found)
            if codes is not None and not words.is_common_word(text[at:stop]):
                return Token(Mark.PRODUCT, text[at:stop], codes=tuple(codes)), stop
        return None

    def _glued(self, word: str) -> list[Token] | None:
        """A code by itself or with its number written to it: EGG, EGG2, EGGx2, 2EGG, 2xEGG. None if it is neither."""
        readings: dict[tuple[str, int], list[Token]] = {}
        upper = word.upper()
        for product in self.products:
            code = product.code
            if code.isdecimal() or code not in upper:
                continue  # a number is a number
            found = re.fullmatch(rf"(?:([0-9]+)[xX×*]?)?({code})(?:[xX×*]?([0-9]+))?", word, re.IGNORECASE)
            if found is None or (found[1] and found[3]):
                continue
            is_capital = found[2] == code
            if len(code) <= 2 and not is_capital:
                continue  # "me 2", "no 1"
            token = Token(Mark.PRODUCT, word, codes=(code,), is_code=True, is_capital=is_capital)
            digits = found[1] or found[3]
            if digits is None:
                return [token]
            number = words.number_token(digits)
            readings[code, number.number] = [number, token] if found[1] else [token, number]
        if len(readings) > 1:
            codes = tuple(dict.fromkeys(code for code, _ in readings))
            unclear = Token(Mark.PRODUCT, word, codes=codes, is_code=True, is_capital=True)
            return [unclear, Token(Mark.BAD_NUMBER, number=1)]
        return next(iter(readings.values()), None)
