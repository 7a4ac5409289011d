"""docs/cli.md and the command line: every command, option and default, the exports field by field, the catalogue."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.cli import app
from shop.catalogue import COLUMNS, TRANSLATED, read_row
from shop.headings import column_of
from storage.exports import EXPORTS, Record
from storage.store import Store
from tests.clock import NOON
from tests.docs.pages import headings, page, quoted, rows, section, shell_lines
from tests.docs.tree import files
from tests.storage import seed, trade

PAGE = page("docs/cli.md")
LINES_OF_PAGES = [
    (path.name, line)
    for path in files()
    if path.suffix == ".md"
    for line in shell_lines(path.read_text(encoding="utf-8"))
    if re.match(r"(?:\.venv/bin/)?(?:livestall|stall) ", line)
]


def commands(group: Any = None, above: str = "") -> Iterator[tuple[str, Any]]:
    """Every command of the program by its full name."""
    root: Any = group or typer.main.get_command(app)
    for name, command in root.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


COMMANDS = dict(commands())


def documented() -> dict[str, tuple[list[str], str]]:
    """Arguments and text of every command of the page."""
    found = {}
    for heading in headings(PAGE, 3):
        if words := re.fullmatch(r"`livestall ([a-z ]+?)((?: [A-Z|a-z]*[A-Z|][A-Za-z|]*)*)`", heading):
            found[words[1]] = (words[2].split(), section(PAGE, heading))
    return found


def test_every_command_is_documented_with_its_arguments_and_every_documented_one_exists() -> None:
    ours = {
        name: [one.metavar for one in command.params if one.param_type_name == "argument"]
        for name, command in COMMANDS.items()
    }
    assert {name: arguments for name, (arguments, _) in documented().items()} == ours


def test_every_option_is_documented_with_its_default_and_every_documented_one_exists() -> None:
    for name, (_, text) in documented().items():
        options = {
            " ".join(filter(None, (one.opts[0], one.metavar))): str(one.default or "—")
            for one in COMMANDS[name].params
            if one.param_type_name == "option" and one.opts[0] != "--config"
        }
        assert {quoted(cells[0])[0]: cells[1].strip("`") for cells in rows(text)} == options, name


def test_every_command_but_the_demo_takes_a_configuration_as_the_page_says() -> None:
    without = [name for name, one in COMMANDS.items() if all(option.opts[0] != "--config" for option in one.params)]
    assert without == ["demo"]
    assert "Every command but `demo` takes `--config FILE`" in PAGE


@pytest.mark.parametrize(("name", "line"), LINES_OF_PAGES, ids=[" ".join(pair) for pair in LINES_OF_PAGES])
def test_every_command_line_on_the_pages_can_be_typed(name: str, line: str) -> None:
    del name
    _, *words = shlex.split(re.split(r" [|>] ", line)[0])
    longest = " ".join(words[:2]) if " ".join(words[:2]) in COMMANDS else words[0]
    # Parses and raises for what there is not; runs nothing.
    COMMANDS[longest].make_context(longest, words[len(longest.split()) :])


def test_every_export_is_documented_field_by_field() -> None:
    ours = {name: list(export.keys) for name, export in EXPORTS.items()}
    fields = {name: [quoted(cells[0])[0] for cells in rows(section(PAGE, f"export {name}"))] for name in EXPORTS}
    assert {name: [field for field in found if "." not in field] for name, found in fields.items()} == ours


async def test_what_is_exported_has_exactly_the_documented_fields_inside(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "books.db", now=NOON) as store:
        records = await store.write(_sold)
    for name, record in records.items():
        inside = {
            f"{key}.{field}"
            for key, value in record.items()
            if isinstance(value, list) and value and isinstance(value[0], dict)
            for field in value[0]
        }
        cells = rows(section(PAGE, f"export {name}"))
        assert {quoted(one[0])[0] for one in cells if "." in quoted(one[0])[0]} == inside, name


def _sold(tx: Any) -> dict[str, Record]:
    """The first record of every export, of an order with a line, a payment and a shipment."""
    stall = trade.stall(tx)
    trade.buy(tx, seed.ANN, (stall.eggs, 1))
    return {name: export.page(tx, 0, None).records[0] for name, export in EXPORTS.items()}


def test_every_column_of_the_catalogue_is_documented_and_every_documented_one_is_read() -> None:
    read = _Reading()
    read_row(2, read, "CNY", ["en"])
    translated = {f"{stem}_en" for stem in (*TRANSLATED, "description")}
    columns = {quoted(cells[0])[0]: cells[1] for cells in rows(section(PAGE, "The catalogue file"))}
    assert columns.keys() == {column for column in read.asked if column} | translated
    assert {name for name, needed in columns.items() if needed == "yes"} == {
        *COLUMNS,
        *(f"{stem}_en" for stem in TRANSLATED),
    }


def test_the_chinese_headings_of_the_page_are_understood_and_a_needed_column_has_one() -> None:
    for name, _, chinese, _ in rows(section(PAGE, "The catalogue file")):
        column = re.sub("_en$", "_zh", quoted(name)[0])
        headings = [heading for heading in chinese.split(", ") if heading]
        assert headings
        assert {column_of(heading) for heading in headings} == {column}


class _Reading(dict[str, str]):
    """A row that notes which columns are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)
