"""`livestall export`: the records of the books as one JSON array or as CSV, written page by page.

Owns the two formats. CSV is made for a spreadsheet that people open: nested lists become one readable cell, and no
cell can turn into a formula.
"""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TextIO

from bot.books import open_books
from bot.config import Config
from bot.failure import CommandFailed
from bot.patience import patiently
from shop.cells import harmless
from storage import exports
from storage.exports import Export, Record
from storage.store import Store


class Writer(Protocol):
    """One format; called in this order."""

    def begin(self) -> None: ...
    def write(self, records: Sequence[Record]) -> None: ...
    def end(self) -> None: ...


async def export(config: Config, kind: str, file_format: str, stream: str | None, out: TextIO) -> None:
    """Write every record of a kind to `out`. Raises CommandFailed for what is not there."""
    if kind not in exports.EXPORTS:
        raise CommandFailed(f"there are no {kind} to export; export takes {', '.join(exports.EXPORTS)}")
    if file_format not in _WRITERS:
        raise CommandFailed(f"there is no format {file_format}; --format takes {' or '.join(_WRITERS)}")
    chosen = exports.EXPORTS[kind]
    async with open_books(config) as store:
        stream_id = None if stream is None else await _stream(store, stream)
        writer = _WRITERS[file_format](chosen, out)
        writer.begin()
        async with patiently(f"writing {kind}", shows=not out.isatty()) as work:
            after: int | None = 0
            while after is not None:
                page = await store.read(chosen.page, after, stream_id)
                writer.write(page.records)
                work.done = (work.done or 0) + len(page.records)
                after = page.last
        writer.end()
        out.flush()


async def _stream(store: Store, code: str) -> int:
    found = await store.read(exports.stream_id, code)
    if found is not None:
        return found
    known = await store.read(exports.newest_streams)
    hint = f"the newest are {', '.join(known)}" if known else "there are no streams yet"
    raise CommandFailed(f"there is no stream {code}; {hint}")


class JsonArray:
    """One array, a record a line."""

    def __init__(self, export: Export, out: TextIO) -> None:
        self._out = out
        self._between = "\n"

    def begin(self) -> None:
        self._out.write("[")

    def write(self, records: Sequence[Record]) -> None:
        for record in records:
            self._out.write(self._between + json.dumps(record, ensure_ascii=False))
            self._between = ",\n"

    def end(self) -> None:
        self._out.write("]\n" if self._between == "\n" else "\n]\n")


class Csv:
    """A header and a row a record, in UTF-8; no byte order mark, which scripts would read as part of the header."""

    def __init__(self, export: Export, out: TextIO) -> None:
        self._keys = export.keys
        self._csv = csv.writer(out, lineterminator="\n")

    def begin(self) -> None:
        self._csv.writerow(self._keys)

    def write(self, records: Sequence[Record]) -> None:
        self._csv.writerows([_cell(key, record[key]) for key in self._keys] for record in records)

    def end(self) -> None:
        pass


_WRITERS: Mapping[str, Callable[[Export, TextIO], Writer]] = {"json": JsonArray, "csv": Csv}

Nested = Mapping[str, Any]


def _line(line: Nested) -> str:
    """`EGG x 2 @ 36.00 (Hill Farm)`; without price and supplier where the record has none."""
    price = f" @ {line['unit_price']} ({line['supplier']})" if "unit_price" in line else ""
    ships = f", ships {line['ships_from']} to {line['ships_until']}" if line.get("ships_until") else ""
    return f"{line['code']} x {line['quantity']}{price}{ships}"


def _payment(payment: Nested) -> str:
    reference = f" ({payment['reference']})" if payment["reference"] else ""
    return f"{payment['method']} {payment['amount']} {payment['status']}{reference}"


def _shipment(shipment: Nested) -> str:
    tracking = " ".join(filter(None, (shipment["carrier"], shipment["tracking"])))
    return f"{shipment['supplier']}: {shipment['status']}{f' ({tracking})' if tracking else ''}"


def _special(special: Nested) -> str:
    """`flash: 2 for -10.00`, `coupon SPRING10: 3 for -4.50`; the amount is what was taken off."""
    code = f" {special['coupon']}" if special["coupon"] else ""
    return f"{special['kind']}{code}: {special['units']} for -{special['amount']}"


_READABLE: Mapping[str, Callable[[Any], str]] = {
    "lines": _line,
    "specials": _special,
    "payments": _payment,
    "shipments": _shipment,
    "roles": str,
}


def _cell(key: str, value: object) -> str | int | None:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | None:
            return value
        case list():
            return harmless("; ".join(map(_READABLE[key], value)))
        case dict():
            return harmless("; ".join(f"{name} {held}" for name, held in value.items() if held is not None))
        case _:
            return harmless(str(value))
