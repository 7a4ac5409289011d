"""How many packs a host puts up, as typed: a whole number, or a word for "without end"."""

import re
import unicodedata
from dataclasses import dataclass

MOST_PACKS = 10_000_000

_WHOLE = re.compile(r"[0-9]+|[0-9]{1,3}(?P<group>[ ,.'])[0-9]{3}(?:(?P=group)[0-9]{3})*")
_WITHOUT_END = frozenset({"unlimited", "no limit", "without limit", "∞", "不限", "不限量", "无限", "不限制"})


@dataclass(frozen=True, slots=True)
class Lot:
    """So many packs; None is unlimited."""

    packs: int | None


def read_lot(text: str) -> Lot | None:
    """1 to 10,000,000 packs or "unlimited"; None for anything else. Full-width digits and grouping are understood."""
    plain = " ".join(unicodedata.normalize("NFKC", text).replace("\u2019", "'").lower().split())
    if plain in _WITHOUT_END:
        return Lot(None)
    if len(plain) > 20 or _WHOLE.fullmatch(plain) is None:
        return None
    packs = int(re.sub(r"[^0-9]", "", plain))
    return Lot(packs) if 1 <= packs <= MOST_PACKS else None
