"""XLSX workbooks: reading their sheets as rows of text, row by row and within limits, and writing one.

A file comes from outside: it is refused before it is unpacked if it would become too large, and whatever openpyxl
makes of a damaged one ends as `BadWorkbook`. XML that expands without end is stopped by defusedxml, which openpyxl
uses where it is installed. Never knows what the cells mean.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice, zip_longest
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter, range_boundaries

from shop.cells import harmless, text_of

# Of parts of a workbook that nobody here needs, such as validation rules.
warnings.filterwarnings("ignore", module=r"openpyxl\b")

MOST_UNPACKED = 48 * 1024 * 1024
MOST_PARTS = 2_000
MOST_COLUMNS = 100
_MOST_MERGES = 1_000
_MOST_SHEETS = 20

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_MERGE = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')

Cells = list[str]


class BadWorkbook(Exception):
    """The file is no workbook that can be read."""


class LargeWorkbook(Exception):
    """The file would become too large when it is unpacked."""


def read_sheets(content: bytes) -> Iterator[Iterator[Cells]]:
    """Every sheet's rows from its first line on, blank ones too, each cell as the text a person sees.

    A formula gives its result, or its own text where the file has none. A cell merged over several rows stands in
    each of them. Raises BadWorkbook or LargeWorkbook, also while rows are taken.
    """
    _check_size(content)
    with _reading():
        values = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        for sheet in islice(values.worksheets, _MOST_SHEETS):
            yield _rows(content, sheet)
    finally:
        values.close()


def _check_size(content: bytes) -> None:
    """What the parts say of their size holds: `zipfile` never unpacks more of one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            sizes = [part.file_size for part in parts.infolist()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise BadWorkbook from error
    if len(sizes) > MOST_PARTS or sum(sizes) > MOST_UNPACKED:
        raise LargeWorkbook


def _rows(content: bytes, sheet: Any) -> Iterator[Cells]:
    with _reading():
        source = _source(sheet)
        merges = _Merges(source)
        has_formulas = _FORMULA.search(source) is not None
        rows = _shown(sheet)
        formulas = _formulas(content, sheet.title) if has_formulas else None
    number = 0
    while True:
        with _reading():
            number += 1
            row = next(rows, None)
            if row is None:
                return
            if formulas is not None:
                # Both passes walk the same file, so they end together.
                row = [text or formula for text, formula in zip_longest(row, next(formulas, ()), fillvalue="")]
            filled = merges.filled(number, row)
        yield filled


def _source(sheet: Any) -> bytes:
    """The sheet's own XML: read-only sheets tell nothing of merged cells or formulas otherwise."""
    if not hasattr(sheet, "_get_source"):  # a chart has no cells
        return b""
    with sheet._get_source() as part:
        source: bytes = part.read()
    return source


def _shown(sheet: Any) -> Iterator[Cells]:
    if not hasattr(sheet, "reset_dimensions"):
        return
    # What a sheet says of its size is often wrong, and would cut it off.
    sheet.reset_dimensions()
    for row in sheet.iter_rows():
        yield [text_of(cell.value, cell.number_format or "General") for cell in row[:MOST_COLUMNS]]


def _formulas(content: bytes, title: str) -> Iterator[Cells]:
    """The same rows with the formulas themselves; every other cell is empty."""
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
    try:
        sheet: Any = book[title]
        sheet.reset_dimensions()
        for row in sheet.iter_rows():
            yield [_formula(cell) for cell in row[:MOST_COLUMNS]]
    finally:
        book.close()


def _formula(cell: Any) -> str:
    if cell.data_type != "f":
        return ""
    text = cell.value if isinstance(cell.value, str) else getattr(cell.value, "text", None)
    return text if isinstance(text, str) and text.startswith("=") else "="


class _Merges:
    """Cells merged downwards: what stands in the first of them stands in all."""

    def __init__(self, source: bytes) -> None:
        found = (range_boundaries(ref.decode()) for ref in islice(_MERGE.findall(source), _MOST_MERGES))
        # (column, first row, last row) as openpyxl counts, from 1
        spans = ((int(left or 0), int(top or 0), int(bottom or 0)) for left, top, _, bottom in found)
        self._spans = [(column, top, bottom) for column, top, bottom in spans if 0 < column <= MOST_COLUMNS]
        self._values: dict[tuple[int, int], str] = {}

    def filled(self, number: int, row: Cells) -> Cells:
        for column, top, bottom in self._spans:
            if top == number < bottom and column <= len(row):
                self._values[column, top] = row[column - 1]
            elif top < number <= bottom and (text := self._values.get((column, top))):
                row.extend("" for _ in range(column - len(row)))
                row[column - 1] = text
        return row


@contextmanager
def _reading() -> Iterator[None]:
    """openpyxl answers a damaged file with whatever its code runs into; for us it is one thing."""
    try:
        yield
    except Exception as error:
        raise BadWorkbook from error


def write(title: str, rows: Iterable[Sequence[str | int | float]], widths: Sequence[int]) -> bytes:
    """A workbook of one sheet; the first row is its headings and stays in sight. No text becomes a formula."""
    book = Workbook()
    sheet = book.active
    if sheet is None:
        raise AssertionError("a new workbook has a sheet")
    sheet.title = title
    for row in rows:
        sheet.append([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
