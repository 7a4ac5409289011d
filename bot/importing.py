"""`livestall import`: a catalogue file from a spreadsheet into the books, whole or not at all.

Owns opening the file (encoding, separator, rows); what a row must look like is `shop/catalogue`.
"""

import csv
import io
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, assert_never

from bot.books import open_books
from bot.config import Config
from bot.failure import CommandFailed
from shop.catalogue import BadRow, Catalogue, Row, read_header, read_rows
from storage import products
from storage.clock import SystemClock
from storage.people import NotAllowed
from storage.products import Imported

log = logging.getLogger(__name__)

SHEETS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How .xlsx and .xls files begin."""

SEPARATORS: Final = (",", ";", "\t")
"""Spreadsheets write the one of their country; the header shows which."""

Say = Callable[[str], None]


async def import_catalogue(config: Config, file: Path, *, keep_good: bool, bad: Say) -> Imported:
    """Import a file; every row that can't be taken is told to `bad`.

    Raises CommandFailed, with nothing imported, if the file can't be read or has bad rows and they are not to be
    left out.
    """
    catalogue = read(file, config.stall.currency, config.stall.languages)
    reason = _reasons()
    for row in catalogue.bad:
        bad(f"row {row.number}: {reason(row)}")
    if catalogue.bad and not (keep_good and catalogue.rows):
        wrong = "1 row is" if len(catalogue.bad) == 1 else f"{len(catalogue.bad)} rows are"
        hint = ", or import the rest with --keep-good" if catalogue.rows else ""
        raise CommandFailed(f"{wrong} wrong, nothing was imported; put that right{hint}")
    async with open_books(config) as store:
        outcome = await store.write(products.import_rows, actor=None, rows=catalogue.rows, now=SystemClock().now())
    match outcome:
        case Imported():
            return outcome
        case NotAllowed():
            raise AssertionError("the command line may do everything")
        case _:
            assert_never(outcome)


def read(file: Path, currency: str, languages: Sequence[str]) -> Catalogue:
    """The rows of a CSV file. Raises CommandFailed if it is none, or lacks columns."""
    text = _text(file)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    try:
        header = [name.strip().lower() for name in next(rows, [])]
        missing = read_header(header, languages)
        if missing is not None:
            raise CommandFailed(f"{file}: {_reasons()(missing)}; the first line of the file names the columns")
        catalogue = read_rows(_numbered(header, rows), currency, languages)
    except csv.Error as error:
        raise CommandFailed(f"{file}, line {rows.line_num}: {error}; quotes in a text are doubled") from None
    if not catalogue.rows and not catalogue.bad:
        raise CommandFailed(f"{file}: there is no product in it, only the names of the columns")
    return catalogue


def _numbered(header: Sequence[str], rows: Iterator[list[str]]) -> Iterator[tuple[int, Row]]:
    """Rows as a spreadsheet numbers them, the header being 1; blank ones count and are left out."""
    for number, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        row = dict(zip(header, cells, strict=False))
        if any(cell.strip() for cell in cells[len(header) :]):
            row[None] = ""  # type: ignore[index]  # how `shop.catalogue` is told of cells beyond the last column
        yield number, row


def _separator(text: str) -> str:
    header = text.partition("\n")[0]
    return max(SEPARATORS, key=header.count)


def _text(file: Path) -> str:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise CommandFailed(f"{file}: there is no such file") from None
    except IsADirectoryError:
        raise CommandFailed(f"{file}: this is a folder; name the CSV file in it") from None
    except OSError as error:
        raise CommandFailed(f"{file}: it can't be read ({(error.strerror or 'an error').lower()})") from None
    if content.startswith(SHEETS):
        raise CommandFailed(f"{file}: workbooks (XLSX) come in a later version; save the sheet as CSV UTF-8")
    for encoding in ("utf-8-sig", "gb18030"):  # the second is what Excel in China writes for plain "CSV"
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        if encoding == "gb18030":
            log.warning("the file is not UTF-8; read as GB18030, as Excel in China writes it")
        if not text.strip():
            raise CommandFailed(f"{file}: it is empty; the first line names the columns, the others are products")
        return text
    raise CommandFailed(f"{file}: it is not UTF-8 text; save the sheet as CSV UTF-8")


def _reasons() -> Callable[[BadRow], str]:
    """Says why a row is refused, in English, from the catalogue of texts that the chat uses too."""
    from handlers.translation import Translations  # slow to load, and only needed for a fault

    plain = Translations.load(["en"]).translator("en").plain
    return lambda row: "; ".join(plain(reason.key, **reason.values) for reason in row.reasons)
