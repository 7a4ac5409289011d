"""Delivery: what a supplier takes for bringing its parcel to an address, and where it brings nothing.

Pure. An address is free text, so a region is found by its words, by these rules alone:

1. Words and address are compared without regard to case, width and accents' composition.
2. A word in letters counts only if no further letter or digit touches it: "Jiangxi" is not in "Jiangxinan". Chinese
   is written without blanks, so a Chinese word counts wherever it stands.
3. A street named after a region is not in it: a word with "Road", "Street", 路, 街 and the like right behind it (a
   point of the compass may stand between: 江西中路) does not count.
4. Of several words the longest counts; of words equally long, the one whose region was named first.
5. Without any the supplier's usual fee applies.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_STREET = re.compile(
    r"[东西南北中]?[一二三四五六七八九十]?(?:大道|大街|路|街|道|巷|弄|桥)"
    r"|\s*(?:(?:north|south|east|west|middle|central|n|s|e|w|m)\.?\s+)?"
    r"(?:road|rd|street|st|avenue|ave|lane|ln|boulevard|blvd|highway|hwy|bridge)(?![^\W_])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A part of the country under the names people write it with. `fee` in minor units; None: not delivered there."""

    names: tuple[str, ...]
    fee: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What one supplier takes, in minor units of the stall's currency.

    From goods worth `free_from` on it takes nothing, in whichever region it delivers to; None: never free.
    """

    fee: int = 0
    free_from: int | None = None
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """`amount` for this parcel; `free_from` is what the goods have to be worth for none, None if there is no such."""

    amount: int
    free_from: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDelivered:
    """The address is in a region this supplier does not deliver to, named by the word that was found."""

    region: str


def fee(tariff: Tariff, worth: int, address: str) -> Fee | NotDelivered:
    """What a supplier takes for a parcel with goods of this worth (discounts taken off) to this address."""
    found = region_of(tariff, address)
    usual = tariff.fee
    if found is not None:
        region, word = found
        if region.fee is None:
            return NotDelivered(region=word)
        usual = region.fee
    # Where nothing is taken anyway, there is nothing to be free from.
    free_from = tariff.free_from if usual else None
    is_free = free_from is not None and worth >= free_from
    return Fee(amount=0 if is_free else usual, free_from=free_from)


def region_of(tariff: Tariff, address: str) -> tuple[Region, str] | None:
    """The region an address is in and the word that says so, or None."""
    text = folded(address)
    found = [
        (region, name)
        for region in tariff.regions
        for name in region.names
        if any(_counts(text, *each.span()) for each in _places(text, folded(name)))
    ]
    return max(found, key=lambda each: len(folded(each[1])), default=None)


def folded(text: str) -> str:
    """Words as they are compared."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _places(text: str, word: str) -> Iterator[re.Match[str]]:
    return re.finditer(re.escape(word), text) if word else iter(())


def _counts(text: str, start: int, end: int) -> bool:
    touches = (_is_letter(text[start]) and start > 0 and _is_letter(text[start - 1])) or (
        _is_letter(text[end - 1]) and end < len(text) and _is_letter(text[end])
    )
    return not touches and _STREET.match(text, end) is None


def _is_letter(char: str) -> bool:
    """A letter of a script with blanks between words, or a digit; Chinese, which has none, is no obstacle."""
    return char.isalnum() and unicodedata.east_asian_width(char) not in ("W", "F")
