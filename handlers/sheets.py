"""Catalogue files as hosts have them, CSV or XLSX, read into the rows that `shop/catalogue` judges.

Owns encodings, separators, finding the headings, and the limits; a file that can't be read at all is `Unreadable`,
with the sentence that says so. Slow for long files: call it in a thread of its own.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import NamedTuple

from handlers import workbooks
from handlers.workbooks import BadWorkbook, Cells, LargeWorkbook
from shop.catalogue import BadRow, Catalogue, Row, is_read, read_header, read_rows
from shop.headings import columns_of

MOST_BYTES = 20 * 1024 * 1024  # as much as Telegram gives a bot (Bot API, getFile)
MOST_ROWS = 10_000
NAMES = (".csv", ".tsv", ".xlsx", ".xlsm", ".xls")
"""How the names of files end that are taken for a catalogue."""

_MEGABYTE = 1024 * 1024
_MOST_LINES = 100_000  # blank ones included
_LOOKED_THROUGH = 20  # lines at the top among which the headings must stand; titles are often above them
_PROGRESS_EVERY = 500
_SEPARATORS = (",", ";", "\t")  # spreadsheets write the one of their country
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_LOCKED = "EncryptedPackage".encode("utf-16-le")  # the stream in which Office keeps a workbook with a password

Progress = Callable[[int], None]


class Unreadable(Exception):
    """The file is no catalogue at all; `key` and `values` are the sentence that says why."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key)
        self.key = key
        self.named = values


class _Headed(NamedTuple):
    """The line that names the columns."""

    number: int
    headings: Cells
    columns: tuple[str, ...]


def read_catalogue(
    content: bytes, currency: str, languages: Sequence[str], progress: Progress | None = None
) -> Catalogue:
    """The products of a file for a stall with this currency and these languages. Raises Unreadable.

    Row numbers are those a spreadsheet shows; reasons name columns as the file's own headings do. Of several sheets
    the first with headings counts. `progress` is told now and then how many rows have been read.
    """
    if len(content) > MOST_BYTES:
        raise Unreadable("sheet.too_big", most=MOST_BYTES // _MEGABYTE)
    is_workbook = content.startswith(_ZIP)
    sheets = _workbook(content) if is_workbook else iter([_csv(content)])
    faults: list[tuple[int, Unreadable]] = []
    try:
        for sheet in sheets:
            lines = ((number, cells) for number, cells in enumerate(sheet, 1))
            top = list(islice(lines, _LOOKED_THROUGH))
            found = _headed(top, languages)
            if isinstance(found, _Headed):
                below = chain((line for line in top if line[0] > found.number), lines)
                rows = _numbered(found, below, shifts=not is_workbook, progress=progress)
                return _named(_read(rows, currency, languages), found)
            faults.append(found)
    except BadWorkbook:
        raise Unreadable("sheet.bad_workbook") from None
    except LargeWorkbook:
        raise Unreadable("sheet.unpacks_too_large") from None
    if not faults:
        raise Unreadable("sheet.empty")
    raise max(faults, key=lambda fault: fault[0])[1]


def _read(rows: Iterable[tuple[int, Row]], currency: str, languages: Sequence[str]) -> Catalogue:
    catalogue = read_rows(rows, currency, languages)
    if not catalogue.rows and not catalogue.bad:
        raise Unreadable("sheet.no_products")
    return catalogue


# -- Headings and rows --------------------------------------------------------------------------------------


def _headed(top: Iterable[tuple[int, Cells]], languages: Sequence[str]) -> _Headed | tuple[int, Unreadable]:
    """The first line with every column that is needed; else what is wrong with the line that comes nearest, and how
    near it comes."""
    nearest, fault = -1, Unreadable("sheet.empty")
    for number, cells in top:
        headings = _trimmed(cells)
        if not headings:
            continue
        columns = columns_of(headings)
        missing = read_header(columns, languages)
        if missing is None:
            return _Headed(number, headings, columns)
        known = sum(map(is_read, columns))
        if known > nearest:
            reason = missing.reasons[0]
            nearest = known
            fault = Unreadable(reason.key, **reason.values) if known else Unreadable("sheet.no_headings")
    return nearest, fault


def _numbered(
    head: _Headed, lines: Iterable[tuple[int, Cells]], *, shifts: bool, progress: Progress | None
) -> Iterator[tuple[int, Row]]:
    """Rows below the headings; blank ones count and are left out. Raises Unreadable for too many.

    In a CSV (`shifts`) a cell beyond the last column means that a comma stands unquoted before it; beside a table of
    a workbook people keep notes.
    """
    width, taken = len(head.columns), 0
    for number, cells in lines:
        if number > _MOST_LINES:
            raise Unreadable("sheet.too_many_rows", most=MOST_ROWS)
        if not any(cell.strip() for cell in cells[: None if shifts else width]):
            continue
        taken += 1
        if taken > MOST_ROWS:
            raise Unreadable("sheet.too_many_rows", most=MOST_ROWS)
        if progress is not None and taken % _PROGRESS_EVERY == 0:
            progress(taken)
        row = dict(zip(head.columns, cells, strict=False))
        if shifts and any(cell.strip() for cell in cells[width:]):
            row[None] = ""  # type: ignore[index]  # how `shop.catalogue` is told of cells beyond the last column
        yield number, row


def _named(catalogue: Catalogue, head: _Headed) -> Catalogue:
    """The same, with the columns in the reasons called what the file calls them."""
    own = {column: heading.strip() for column, heading in zip(head.columns, head.headings, strict=True)}
    bad = tuple(
        BadRow(
            row.number,
            tuple(
                replace(reason, values={**reason.values, "column": own[reason.values["column"]]})
                if reason.values.get("column") in own
                else reason
                for reason in row.reasons
            ),
        )
        for row in catalogue.bad
    )
    return Catalogue(catalogue.rows, bad)


def _trimmed(cells: Cells) -> Cells:
    end = max((at for at, cell in enumerate(cells, 1) if cell.strip()), default=0)
    return cells[:end]


# -- The two kinds of file ----------------------------------------------------------------------------------


def _workbook(content: bytes) -> Iterator[Iterator[Cells]]:
    return workbooks.read_sheets(content)


def _csv(content: bytes) -> Iterator[Cells]:
    """The rows of a text file. Raises Unreadable, also while rows are taken."""
    if content.startswith(_OLE):
        raise Unreadable("sheet.locked" if _LOCKED in content else "sheet.old_workbook")
    text = _text(content)
    if not text.strip():
        raise Unreadable("sheet.empty")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    while True:
        try:
            row = next(rows, None)
        except csv.Error:
            raise Unreadable("sheet.quotes", line=rows.line_num) from None
        if row is None:
            return
        yield row


def _text(content: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with one, or GB18030, which Excel in China writes for plain "CSV"."""
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable("sheet.not_text")


def _separator(text: str) -> str:
    """The one by which most headings are understood; a comma in a text never decides."""
    top = text[:10_000].splitlines()[:_LOOKED_THROUGH]

    def known(separator: str) -> tuple[int, int]:
        cells = [columns_of([cell.strip('"') for cell in line.split(separator)]) for line in top]
        return max(sum(map(is_read, columns)) for columns in cells), text.partition("\n")[0].count(separator)

    return max(_SEPARATORS, key=known)
