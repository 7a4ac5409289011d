"""The catalogue's headings: what people write above a column, and which column it is.

Hosts keep their sheets in their own language, so the natural Chinese headings are understood beside the plain names.
"""

import re
import unicodedata
from collections.abc import Sequence

_ENGLISH, _CHINESE = "en", "zh"

# Columns that come once a language; a heading that names none is of the language it is written in.
_TRANSLATED = {
    "name": ("name", _ENGLISH),
    "product_name": ("name", _ENGLISH),
    "unit": ("unit", _ENGLISH),
    "base_unit": ("base_unit", _ENGLISH),
    "description": ("description", _ENGLISH),
    "名称": ("name", _CHINESE),
    "品名": ("name", _CHINESE),
    "商品名": ("name", _CHINESE),
    "商品名称": ("name", _CHINESE),
    "产品名称": ("name", _CHINESE),
    "单位": ("unit", _CHINESE),
    "规格": ("unit", _CHINESE),
    "包装": ("unit", _CHINESE),
    "基本单位": ("base_unit", _CHINESE),
    "计量单位": ("base_unit", _CHINESE),
    "描述": ("description", _CHINESE),
    "说明": ("description", _CHINESE),
    "介绍": ("description", _CHINESE),
    "商品描述": ("description", _CHINESE),
}
_PLAIN = {
    "编码": "code",
    "编号": "code",
    "代码": "code",
    "货号": "code",
    "商品编码": "code",
    "商品编号": "code",
    "每份数量": "pack_size",
    "每件数量": "pack_size",
    "装量": "pack_size",
    "价格": "price",
    "单价": "price",
    "售价": "price",
    "币种": "currency",
    "货币": "currency",
    "库存": "stock",
    "供货量": "stock",
    "限购": "limit_per_buyer",
    "每人限购": "limit_per_buyer",
    "供货方": "supplier",
    "供应商": "supplier",
    "合作社": "supplier",
    "县": "county",
    "县区": "county",
    "产地": "county",
    "户数": "households",
    "农户数": "households",
    "带动户数": "households",
    "定点": "designated",
    "定点帮扶": "designated",
    "帮扶": "designated",
    "发货天数": "ships_within_days",
    "几天内发货": "ships_within_days",
    "图片": "picture",
    "图片地址": "picture",
    "图片链接": "picture",
}
_LANGUAGES = {"英文": _ENGLISH, "英语": _ENGLISH, "english": _ENGLISH, "中文": _CHINESE, "chinese": _CHINESE}
_GAPS = re.compile(r"[\W_]+")


def column_of(heading: str) -> str:
    """The column a heading means: "Name (EN)" is name_en, "单价" price, "英文名称" name_en; unknown ones stay.

    Case, full-width letters, blanks and brackets do not matter.
    """
    words = [word for word in _GAPS.split(unicodedata.normalize("NFKC", heading).lower()) if word]
    plain = "_".join(words)
    if plain in _PLAIN:
        return _PLAIN[plain]
    language: str | None = None
    for marked, code in _LANGUAGES.items():
        if words and words[-1] == marked:
            plain, language = "_".join(words[:-1]), code
        elif plain.startswith(marked):
            plain, language = plain.removeprefix(marked).strip("_"), code
    if plain in _TRANSLATED:
        stem, own = _TRANSLATED[plain]
        return f"{stem}_{language or own}"
    stem, _, ending = plain.rpartition("_")
    if stem in _TRANSLATED and re.fullmatch(r"[a-z]{2,3}", ending):
        return f"{_TRANSLATED[stem][0]}_{ending}"
    return "_".join(words)


def columns_of(headings: Sequence[str]) -> tuple[str, ...]:
    """The columns of a whole line of headings."""
    return tuple(map(column_of, headings))


_IN_CHINESE = {
    "code": "编码",
    "name": "名称",
    "unit": "单位",
    "base_unit": "基本单位",
    "description": "描述",
    "pack_size": "每份数量",
    "price": "价格",
    "currency": "币种",
    "stock": "库存",
    "limit_per_buyer": "每人限购",
    "supplier": "供货方",
    "county": "县",
    "households": "户数",
    "designated": "定点帮扶",
    "ships_within_days": "发货天数",
    "picture": "图片",
}


def heading_of(column: str, language: str) -> str:
    """What to write above a column for who reads this language; `column_of` understands it."""
    if language != _CHINESE:
        return column
    if column in _IN_CHINESE:
        return _IN_CHINESE[column]
    stem, _, of_language = column.rpartition("_")
    if of_language == _CHINESE:
        return _IN_CHINESE[stem]
    return f"英文{_IN_CHINESE[stem]}" if of_language == _ENGLISH else column
