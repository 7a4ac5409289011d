"""The example catalogue: what a file looks like that can be imported as it stands.

Owns its rows, in the stall's currency; a host replaces them by their own.
"""

import csv
import io
from collections.abc import Mapping, Sequence

from handlers import workbooks
from shop.cells import harmless
from shop.headings import heading_of
from shop.money import digits

NAME = "catalogue"

_LEAST = 8  # characters

_TEXTS = ("name", "unit", "base_unit", "description", "supplier", "county")
# A language not written here gets the English texts.
_EGGS = {
    "en": (
        "Free-range eggs", "box of 20", "egg", "Eggs laid by hens kept in the hills",
        "Tonggu Free-Range Poultry Cooperative", "Tonggu",
    ),
    "zh": ("散养土鸡蛋", "20枚装", "枚", "山间散养母鸡所产", "铜鼓散养禽业合作社", "铜鼓"),
}  # fmt: skip
_HONEY = {
    "en": (
        "Wild-flower honey", "500 g jar", "kg", "Raw honey from native bees", "Gaoqiao Beekeepers' Cooperative", "",
    ),
    "zh": ("百花蜂蜜", "500克瓶装", "公斤", "中华蜂原蜜", "高桥养蜂合作社", ""),
}  # fmt: skip

Cell = str | int | float


def rows(currency: str, languages: Sequence[str], reader: str) -> list[list[Cell]]:
    """The headings in the reader's language, and two products: one with everything, one with what is needed."""
    spoken = sorted(languages, key=lambda language: language != reader)
    eggs = _product(_EGGS, spoken, {
        "code": "EGG", "pack_size": 20, "price": 36 if digits(currency) == 0 else 36.5, "currency": currency,
        "stock": 500, "limit_per_buyer": 10, "households": 212, "designated": "是" if reader == "zh" else "yes",
        "ships_within_days": 3, "picture": "",
    })  # fmt: skip
    honey = _product(_HONEY, spoken, {
        "code": "HONEY", "pack_size": 0.5, "price": 59, "currency": currency, "stock": "", "limit_per_buyer": "",
        "households": "", "designated": "", "ships_within_days": 5, "picture": "",
    })  # fmt: skip
    return [[heading_of(column, reader) for column in eggs], list(eggs.values()), list(honey.values())]


def _product(
    texts: Mapping[str, tuple[str, ...]], spoken: Sequence[str], values: Mapping[str, Cell]
) -> dict[str, Cell]:
    """A product's cells by column, its texts in each language after the code; the first language is the reader's."""
    told = {language: dict(zip(_TEXTS, texts.get(language, texts["en"]), strict=True)) for language in spoken}
    by_language: dict[str, Cell] = {
        f"{stem}_{language}": told[language][stem]
        for stem in ("name", "unit", "base_unit", "description")
        for language in spoken
    }
    own = told[spoken[0]]
    return {
        "code": values["code"],
        **by_language,
        "supplier": own["supplier"],
        "county": own["county"],
        **{column: value for column, value in values.items() if column != "code"},
    }


def workbook(currency: str, languages: Sequence[str], reader: str) -> bytes:
    """The example as XLSX."""
    table = rows(currency, languages, reader)
    widths = [max(_LEAST, *(_width(str(row[at])) for row in table)) for at in range(len(table[0]))]
    return workbooks.write(NAME, table, widths)


def _width(text: str) -> int:
    """Characters a column needs; Chinese ones are twice as wide."""
    return 2 + len(text) + sum(char >= "\u2e80" for char in text)


def text(currency: str, languages: Sequence[str], reader: str) -> bytes:
    """The example as CSV in UTF-8, with the mark by which Excel knows it."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(
        [harmless(cell) if isinstance(cell, str) else cell for cell in row]
        for row in rows(currency, languages, reader)
    )
    return out.getvalue().encode("utf-8-sig")
