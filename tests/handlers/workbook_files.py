"""Workbooks for tests, whole and damaged, as spreadsheets and people with bad intentions make them."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook, load_workbook

HEADINGS = (
    "code", "name_en", "name_zh", "unit_en", "base_unit_en", "pack_size", "price", "currency", "supplier",
    "ships_within_days", "stock",
)  # fmt: skip


def product(code: str = "EGG", **changes: Any) -> list[Any]:
    """A row under HEADINGS."""
    cells = dict(zip(HEADINGS, (code, "Eggs", "鸡蛋", "box", "egg", 20, 36, "CNY", "Hill Farm", 3, 500), strict=True))
    return list({**cells, **changes}.values())


def workbook(*rows: Sequence[Any], change: Callable[[Any], None] | None = None) -> bytes:
    """One sheet with these rows; `change` may do more to it."""
    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    if change is not None:
        change(sheet)
    return saved(book)


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def opened(content: bytes) -> list[list[Any]]:
    """Every value of the first sheet, as the library reads it back; formulas stay formulas."""
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(content)).active.iter_rows()]


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same file with one of its parts changed, or made out of nothing."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            data = old.read(part)
            new.writestr(part, change(data) if part == name else data)
        if name not in old.namelist():
            new.writestr(name, change(b""))
    return out.getvalue()


SHEET, STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
_STRINGS_TYPE = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings"
_INLINE = re.compile(rb't="inlineStr"><is><t>(.*?)</t></is>')


def with_shared_strings(content: bytes) -> bytes:
    """The same file with its texts where Excel keeps them, in a part of their own."""
    texts: list[bytes] = []

    def shared(match: re.Match[bytes]) -> bytes:
        texts.append(match[1])
        return b't="s"><v>%d</v>' % (len(texts) - 1)

    content = with_part(content, SHEET, lambda xml: _INLINE.sub(shared, xml))
    items = b"".join(b"<si><t>%s</t></si>" % one for one in texts)
    space = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = b'<Override PartName="/%s" ContentType="%s+xml"/></Types>' % (STRINGS.encode(), _STRINGS_TYPE)
    content = with_part(content, "[Content_Types].xml", lambda xml: xml.replace(b"</Types>", kind))
    return with_part(content, STRINGS, lambda _: b'<sst xmlns="%s">%s</sst>' % (space, items))
