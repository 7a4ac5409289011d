"""`livestall import`: a catalogue file from a spreadsheet into the books, whole or not at all; or an example of one.

Owns the way from a file of this machine to the books; how it is read is in `handlers/sheets`.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, TextIO, assert_never

from bot.books import open_books
from bot.config import Config
from bot.failure import CommandFailed
from shop.catalogue import BadRow, Catalogue
from storage import products
from storage.clock import SystemClock
from storage.people import NotAllowed
from storage.products import Imported

Say = Callable[[str], None]

TEMPLATE: Final = Path("catalogue.xlsx")
"""Where the example goes if no file is named."""


async def import_catalogue(config: Config, file: Path, *, keep_good: bool, bad: Say) -> Imported:
    """Import a file; every row that can't be taken is told to `bad`.

    Raises CommandFailed, with nothing imported, if the file can't be read or has bad rows and they are not to be
    left out.
    """
    catalogue = read(file, config)
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


def read(file: Path, config: Config) -> Catalogue:
    """The rows of a CSV or XLSX file. Raises CommandFailed if it is none, or lacks columns."""
    from handlers.sheets import Unreadable, read_catalogue  # slow to load: other commands do without

    content = _content(file)
    counting = _Counting(sys.stderr)
    try:
        return read_catalogue(content, config.stall.currency, config.stall.languages, counting.read)
    except Unreadable as error:
        raise CommandFailed(f"{file}: {_plain()(error.key, **error.named)}") from None
    finally:
        counting.end()


def write_template(config: Config, file: Path) -> None:
    """Write the example, as XLSX, or CSV if the name ends so. Raises CommandFailed; never replaces a file."""
    from handlers import template

    make = {".xlsx": template.workbook, ".csv": template.text}.get(file.suffix.lower())
    if make is None:
        raise CommandFailed(f"{file}: the example is written as .xlsx or .csv; give it such a name")
    languages = config.stall.languages
    content = make(config.stall.currency, languages, languages[0])
    try:
        with file.open("xb") as out:
            out.write(content)
    except FileExistsError:
        raise CommandFailed(f"{file}: it is there already, and is left as it is; name another file") from None
    except OSError as error:
        raise CommandFailed(f"{file}: it can't be written ({(error.strerror or 'an error').lower()})") from None


class _Counting:
    """How many rows of a long file have been read, on one line that a person watches; nothing where nobody does."""

    def __init__(self, out: TextIO) -> None:
        self._out = out if out.isatty() else None
        self._has_told = False

    def read(self, rows: int) -> None:
        if self._out is not None:
            self._has_told = True
            self._out.write(f"\rreading: {rows:,} rows")
            self._out.flush()

    def end(self) -> None:
        if self._out is not None and self._has_told:
            self._out.write("\r\033[K")
            self._out.flush()


def _content(file: Path) -> bytes:
    from handlers.sheets import MOST_BYTES

    try:
        with file.open("rb") as source:
            return source.read(MOST_BYTES + 1)  # as much as shows that it is too large
    except FileNotFoundError:
        raise CommandFailed(f"{file}: there is no such file") from None
    except IsADirectoryError:
        raise CommandFailed(f"{file}: this is a folder; name the CSV or XLSX file in it") from None
    except OSError as error:
        raise CommandFailed(f"{file}: it can't be read ({(error.strerror or 'an error').lower()})") from None


def _plain() -> Callable[..., str]:
    """Sentences in English, from the catalogue of texts that the chat uses too."""
    from handlers.translation import Translations

    return Translations.load(["en"]).translator("en").plain


def _reasons() -> Callable[[BadRow], str]:
    """Says why a row is refused."""
    plain = _plain()
    return lambda row: "; ".join(plain(reason.key, **reason.values) for reason in row.reasons)
