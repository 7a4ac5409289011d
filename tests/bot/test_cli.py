"""What `livestall` answers: results on stdout, one line on stderr when it can't, and the exit code."""

import asyncio
import csv
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from bot import cli
from storage import inbox, people, roles
from storage.connection import Tx
from storage.inbox import Arrival, UpdateKey
from storage.store import Store
from tests.bot.commands import config_file, environment, livestall
from tests.clock import NOON
from tests.handlers.workbook_files import HEADINGS, product, workbook
from tests.storage import remains, seed, trade

HEADER = (
    "code,name_en,name_zh,unit_en,unit_zh,pack_size,base_unit_en,base_unit_zh,price,currency,stock,limit_per_buyer,"
    "supplier,county,households,designated,ships_within_days,description_en,description_zh"
)
EGG = "EGG,Eggs,散养土鸡蛋,box of 20,20枚装,20,egg,枚,36.00,CNY,500,10,Hill Farm,Tonggu,212,yes,3,,"
RICE = "RICE,Rice noodles,手工米粉,5 kg box,5公斤装,5,kg,公斤,78.00,CNY,600,20,Paibu,Tonggu,96,yes,3,,"
BAD = "TEA,Tea,茶,tin,罐,1,tin,罐,free,CNY,1,1,Paibu,Tonggu,96,yes,3,,"


class Desk:
    """A folder with a config.toml, and the command line used in it."""

    def __init__(self, folder: Path, captured: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.config = config_file(folder)
        self._captured = captured
        self.out = self.err = ""

    def types(self, *arguments: str | Path) -> int:
        """One command, with --config after it; `out` and `err` are what it wrote."""
        self._captured.readouterr()
        code = cli.main([*map(str, arguments), "--config", str(self.config)])
        self.out, self.err = self._captured.readouterr()
        assert "Traceback" not in self.err
        return code

    def fails(self, *arguments: str | Path, code: int = 1) -> str:
        """A command that can't be done: its one line."""
        assert self.types(*arguments) == code
        assert self.err.count("\n") == 1, self.err
        return self.err

    def file(self, content: str | bytes, name: str = "goods.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def books(self, act: Any, *args: Any, **kwargs: Any) -> Any:
        """Run an act on the books of this desk."""

        async def write() -> Any:
            async with await Store.open(self.folder / "stall.db", synchronous="NORMAL", now=NOON) as store:
                return await store.write(act, *args, **kwargs)

        return asyncio.run(write())


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield Desk(tmp_path, capsys)
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


def catalogue(*rows: str) -> str:
    return "\n".join((HEADER, *rows)) + "\n"


# -- in a process of its own --------------------------------------------------------------------------


def test_a_shell_gets_json_alone_on_stdout_and_0(tmp_path: Path) -> None:
    config_file(tmp_path)
    done = livestall(tmp_path, "export", "orders", "--format", "json")
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


def test_a_shell_gets_one_line_and_not_0_for_a_missing_configuration(tmp_path: Path) -> None:
    done = livestall(tmp_path, "doctor")
    assert done.returncode == 78  # EX_CONFIG, for systemd's RestartPreventExitStatus
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "cp config.example.toml config.toml" in done.stderr


# -- what everybody does wrong ------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["frobnicate"], ["import"], ["inbox", "retry", "seven"], ["doctor", "--loud"]])
def test_what_is_not_understood_is_told_on_one_line(arguments: list[str], desk: Desk) -> None:
    assert "`livestall --help` shows what there is" in desk.fails(*arguments, code=2)


def test_help_names_every_command(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in ("run", "check", "import", "export", "invite", "doctor", "inbox"))


def test_of_several_faults_the_first_is_told_and_where_the_others_are(desk: Desk) -> None:
    config_file(desk.folder, stall={"currency": "XXQ"}, people={"owners": [-1]})
    told = desk.fails("doctor", code=78)
    assert "2 settings" in told
    assert "stall.currency" in told
    assert "livestall check" in told


def test_a_folder_that_is_not_there_is_told_with_its_key(desk: Desk) -> None:
    config_file(desk.folder, storage={"path": str(desk.folder / "nowhere" / "stall.db")})
    assert "[storage] path" in desk.fails("export", "people")


def test_a_file_that_is_no_database_is_told(desk: Desk) -> None:
    desk.file(b"This is a letter, not a database. " * 200, "stall.db")
    assert "no SQLite database" in desk.fails("doctor")


def test_a_database_of_a_newer_version_is_refused(desk: Desk) -> None:
    assert desk.types("doctor") == 0
    desk.books(Tx.run, "PRAGMA user_version = 9999")
    assert "upgrade livestall" in desk.fails("export", "orders", code=78)


# -- check --------------------------------------------------------------------------------------------


def test_check_lists_every_fault_of_the_configuration(desk: Desk) -> None:
    config_file(desk.folder, stall={"currency": "XXQ", "timezone": "Mars"}, people={"owners": [-1]})
    assert desk.types("check") == 1
    assert len(desk.err.splitlines()) == 3
    assert all(key in desk.err for key in ("stall.currency", "stall.timezone", "people.owners[0]"))


def test_check_goes_on_after_a_fault(desk: Desk) -> None:
    assert "telegram.base_url" in desk.fails("check")  # nothing listens there
    told = ["ok  config", "ok  database", "ok  daily backups", "ok  time zone"]
    assert [line.split(":")[0] for line in desk.out.splitlines()] == told


def test_check_tells_of_a_folder_for_backups_that_is_not_there(desk: Desk) -> None:
    config_file(desk.folder, backup={"folder": str(desk.folder / "disk")})
    assert desk.types("check") == 1
    assert f"backup.folder: there is no folder {desk.folder / 'disk'}" in desk.err
    (desk.folder / "disk").mkdir()
    assert desk.types("check") == 1
    assert f"at 04:00 there, the newest 14 are kept in {desk.folder / 'disk'}" in desk.out
    config_file(desk.folder, backup={"daily": False})
    assert desk.types("check") == 1
    assert "daily backups: switched off" in desk.out


# -- import -------------------------------------------------------------------------------------------


def test_a_catalogue_is_imported_and_the_second_time_nothing_changes(desk: Desk) -> None:
    file = desk.file(catalogue(EGG, RICE))
    assert desk.types("import", file) == 0
    assert desk.out == "imported: 2 new, 0 changed, 0 unchanged; suppliers: 2 new\n"
    assert desk.types("import", desk.file(catalogue(EGG.replace("36.00", "38.00"), RICE))) == 0
    assert desk.out == "imported: 0 new, 1 changed, 1 unchanged; suppliers: 0 new\n"


def test_every_bad_row_is_listed_and_nothing_is_imported(desk: Desk) -> None:
    file = desk.file(catalogue(EGG, BAD, "", "RICE,,,,,,,,,,,,,,,,,,", RICE))
    assert desk.types("import", file) == 1
    first, second, third, last = desk.err.splitlines()
    assert first.startswith("livestall: row 3: price")
    assert second.startswith("livestall: row 5: ")
    assert third.startswith("livestall: row 6: code RICE stands in row 5")
    assert "nothing was imported" in last
    assert "--keep-good" in last
    assert desk.out == ""
    assert desk.types("import", desk.file(catalogue(EGG))) == 0
    assert desk.out.startswith("imported: 1 new")


def test_keep_good_imports_the_rest_and_lists_the_bad(desk: Desk) -> None:
    assert desk.types("import", desk.file(catalogue(EGG, BAD)), "--keep-good") == 0
    assert desk.out.startswith("imported: 1 new")
    assert desk.err.splitlines()[0].startswith("livestall: row 3: ")


def test_keep_good_of_nothing_good_is_a_failure(desk: Desk) -> None:
    assert desk.types("import", desk.file(catalogue(BAD)), "--keep-good") == 1
    assert "nothing was imported" in desk.err.splitlines()[-1]


@pytest.mark.parametrize(
    "content",
    [
        ("\ufeff" + catalogue(EGG, RICE)).encode(),
        catalogue(EGG, RICE).encode("gb18030"),
        catalogue(EGG, RICE).replace(",", ";").encode(),
        catalogue(EGG, RICE).replace(",", "\t").replace("\n", "\r\n").encode(),
    ],
    ids=["utf-8 with a mark", "gb18030", "semicolons", "tabs"],
)
def test_whatever_a_spreadsheet_writes_as_text_is_read(content: bytes, desk: Desk) -> None:
    assert desk.types("import", desk.file(content)) == 0
    assert desk.out.startswith("imported: 2 new")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04\x14\x00", "save it as XLSX or CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\x00", "an old Excel workbook"),
        (b"", "is empty"),
        (HEADER.encode() + b"\n,,,\n", "no product in the file"),
        (b"code,price\nEGG,1\n", "columns are missing: currency"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "neither a workbook nor text"),
        ((HEADER + '\nEGG,"Eggs').encode(), "Line 2"),
        (bytes(20 * 1024 * 1024 + 1), "larger than 20 MB"),
    ],
    ids=["xlsx", "xls", "empty", "header only", "columns missing", "not text", "open quote", "too big"],
)
def test_a_file_that_can_not_be_read_is_told_in_one_sentence(content: bytes, told: str, desk: Desk) -> None:
    assert told in desk.fails("import", desk.file(content))


def test_a_missing_file_and_a_folder_are_told(desk: Desk) -> None:
    assert "no such file" in desk.fails("import", desk.folder / "absent.csv")
    assert "this is a folder" in desk.fails("import", desk.folder)


def test_a_workbook_is_imported_and_its_bad_rows_are_listed_by_number(desk: Desk) -> None:
    book = workbook(HEADINGS, product(), product("RICE", price="free"), product("TEA"))
    file = desk.file(book, "goods.xlsx")
    assert desk.types("import", file) == 1
    first, last = desk.err.splitlines()
    assert first.startswith("livestall: row 3: price is “free”")
    assert "nothing was imported" in last
    assert desk.types("import", file, "--keep-good") == 0
    assert desk.out == "imported: 2 new, 0 changed, 0 unchanged; suppliers: 1 new\n"


@pytest.mark.parametrize("name", ["example.xlsx", "example.csv", "Example.XLSX"])
def test_the_example_is_written_and_can_be_imported(desk: Desk, name: str) -> None:
    file = desk.folder / name
    assert desk.types("import", "--template", file) == 0
    assert desk.out == f"written: {file}\n"
    assert desk.types("import", file) == 0
    assert desk.out.startswith("imported: 2 new")


def test_the_example_has_a_name_if_none_is_given(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    assert desk.types("import", "--template") == 0
    assert desk.out == "written: catalogue.xlsx\n"
    assert (desk.folder / "catalogue.xlsx").read_bytes().startswith(b"PK")


def test_the_example_never_replaces_a_file(desk: Desk) -> None:
    file = desk.file(b"my own", "mine.xlsx")
    assert "left as it is" in desk.fails("import", "--template", file)
    assert file.read_bytes() == b"my own"
    assert ".xlsx or .csv" in desk.fails("import", "--template", desk.folder / "example.ods")
    assert "can't be written" in desk.fails("import", "--template", desk.folder / "nowhere" / "example.csv")


def test_how_far_a_long_file_is_shows_on_a_terminal_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [EGG.replace("EGG", f"P{number}", 1) for number in range(1_000)]
    file = desk.file(catalogue(*rows))
    assert desk.types("import", file) == 0
    assert desk.err == ""
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda _: True)
    assert desk.types("import", file) == 0
    assert "reading: 500 rows" in desk.err
    assert desk.err.endswith("\r\033[K")


# -- export -------------------------------------------------------------------------------------------


def some_orders(tx: Tx) -> None:
    seed.staff_and_viewers(tx)
    tx.run("UPDATE people SET name = '=HYPERLINK(1)' WHERE id = :id", id=seed.ANN)
    spring, autumn = seed.stream(tx), seed.stream(tx, "AUTUMN")
    egg = seed.product(tx, seed.supplier(tx))
    for number, stream in enumerate((spring, autumn, spring), 1):
        offer = seed.offer(tx, stream, egg, availability="presale" if number == 3 else "in_stock")
        seed.order(tx, seed.ANN, offer, number, code=f"TG-{number}")


def test_orders_come_as_one_array_with_money_as_text(desk: Desk) -> None:
    desk.books(some_orders)
    assert desk.types("export", "orders") == 0
    first, *others = json.loads(desk.out)
    assert (first["code"], first["stream"], first["total"], first["currency"]) == ("TG-1", "SPRING", "36.00", "CNY")
    line = {"code": "EGG", "quantity": 1, "unit_price": "36.00", "discount": "0.00", "supplier": "Hill Farm"}
    assert first["lines"] == [{**line, "ships_from": None, "ships_until": None}]
    assert [order["code"] for order in others] == ["TG-2", "TG-3"]


def test_one_stream_is_exported_by_its_code(desk: Desk) -> None:
    desk.books(some_orders)
    assert desk.types("export", "orders", "--stream", "spring") == 0
    assert [order["code"] for order in json.loads(desk.out)] == ["TG-1", "TG-3"]
    assert "AUTUMN, SPRING" in desk.fails("export", "orders", "--stream", "WINTER")


def test_a_spreadsheet_gets_readable_cells_and_no_formula(desk: Desk) -> None:
    desk.books(some_orders)
    assert desk.types("export", "orders", "--format", "csv") == 0
    first = next(csv.DictReader(io.StringIO(desk.out)))
    assert first["buyer"] == "'=HYPERLINK(1)"
    assert first["lines"] == "EGG x 1 @ 36.00 (Hill Farm)"
    assert first["specials"] == ""
    assert first["under_review"] == "no"
    assert first["total"] == "36.00"


def test_an_empty_csv_still_names_its_columns(desk: Desk) -> None:
    assert desk.types("export", "people", "--format", "csv") == 0
    assert desk.out == "id,name,username,language,follows,reachable,roles,orders\n"


def test_what_can_not_be_exported_is_told_with_what_can(desk: Desk) -> None:
    assert "orders, payments, shipments, people, audit" in desk.fails("export", "frogs")
    assert "json or csv" in desk.fails("export", "orders", "--format", "xml")


# -- invite, inbox, doctor ----------------------------------------------------------------------------


def test_an_invitation_is_a_link_and_nothing_else(desk: Desk) -> None:
    desk.books(people.bot_seen, bot=123456, username="stall_bot", now=NOON)
    assert desk.types("invite", "cashier") == 0
    link = desk.out.removesuffix("\n")
    assert link.startswith("https://t.me/stall_bot?start=i_")
    assert len(link.partition("start=")[2]) <= 64  # Bot API: a start parameter's most


def test_a_supplier_is_invited_by_name(desk: Desk) -> None:
    assert "there are no suppliers yet" in desk.fails("invite", "supplier")
    desk.books(people.bot_seen, bot=123456, username="stall_bot", now=NOON)
    desk.books(seed.supplier)
    assert "Add --supplier NAME, one of: Hill Farm" in desk.fails("invite", "supplier")
    assert "one of: Hill Farm" in desk.fails("invite", "supplier", "--supplier", "Hell Farm")
    assert desk.types("invite", "supplier", "--supplier", "hill farm") == 0


def test_owners_and_unknown_roles_are_not_invited(desk: Desk) -> None:
    assert "[people] owners" in desk.fails("invite", "owner")
    assert "host, cashier or supplier" in desk.fails("invite", "king")
    assert "--supplier" in desk.fails("invite", "host", "--supplier", "Hill Farm")


# -- roles, revoke ------------------------------------------------------------------------------------


def owners_and_staff(tx: Tx) -> None:
    seed.staff_and_viewers(tx)
    farm = seed.supplier(tx)
    roles.grant(tx, person=seed.ANN, role=roles.Role.SUPPLIER, supplier=farm, by=seed.OWNER, now=NOON)


def test_roles_are_listed_a_line_each(desk: Desk) -> None:
    desk.books(owners_and_staff)
    assert desk.types("roles") == 0
    lines = desk.out.splitlines()
    assert lines[0] == "1001  owner  Person 1001  since 2026-03-10T04:00:00Z  by the settings"
    assert lines[-1] == "5001  supplier for Hill Farm  Person 5001  since 2026-03-10T04:00:00Z  by Person 1001"
    assert len(lines) == 5


def test_a_role_is_taken_once_and_the_person_will_be_told(desk: Desk) -> None:
    desk.books(owners_and_staff)
    assert desk.types("revoke", "supplier", str(seed.ANN)) == 0
    assert desk.out == "Person 5001 is no longer supplier for Hill Farm\n"
    assert desk.books(lambda tx: tx.value("SELECT count(*) FROM outbox WHERE kind = 'role_taken'")) == 1
    assert "5001 is no supplier here" in desk.fails("revoke", "supplier", str(seed.ANN))
    assert "owner, host, cashier or supplier" in desk.fails("revoke", "king", "5001")


def test_the_last_owner_stays_and_the_settings_are_named_for_another(desk: Desk) -> None:
    desk.books(owners_and_staff)
    assert "1001 is the only owner" in desk.fails("revoke", "owner", str(seed.OWNER))
    desk.books(lambda tx: seed.role(tx, seed.HOST, "owner"))
    assert desk.types("revoke", "owner", str(seed.OWNER)) == 0
    assert "[people] owners names 1001 still" in desk.out
    assert desk.types("roles") == 0
    assert next(line for line in desk.out.splitlines() if "  owner  " in line).startswith(str(seed.HOST))


def test_settings_without_an_owner_are_refused(desk: Desk) -> None:
    config_file(desk.folder, people={"owners": []})
    assert "people.owners" in desk.fails("check")
    assert "people.owners" in desk.fails("run", code=78)


def test_the_audit_is_exported_with_readable_details(desk: Desk) -> None:
    desk.books(owners_and_staff)
    assert desk.types("export", "audit", "--format", "csv") == 0
    (entry,) = csv.DictReader(io.StringIO(desk.out))
    assert (entry["actor"], entry["action"], entry["subject"]) == ("Person 1001", "role.granted", "person:5001")
    assert entry["details"] == "role supplier; supplier 1"


def set_aside(tx: Tx) -> None:
    inbox.keep(tx, 1, [Arrival(update_id=700, raw="{}", sender=None)], NOON)
    for _ in range(inbox.MAX_ATTEMPTS):
        inbox.failed(tx, key=UpdateKey(1, 700), error="KeyError", incident="A1", chat=None, now=NOON)


def test_an_update_set_aside_is_listed_and_can_be_freed_once(desk: Desk) -> None:
    desk.books(set_aside)
    assert desk.types("inbox", "list") == 0
    assert desk.out == "700  2026-03-10T04:00:00Z  3 attempts  KeyError\n"
    assert desk.types("doctor") == 0
    assert "livestall inbox retry 700" in desk.out
    assert desk.types("inbox", "retry", "700") == 0
    assert desk.out == "700 runs again at the next start of the bot\n"
    assert "nothing with the id 700" in desk.fails("inbox", "retry", "700")


def test_the_doctor_names_sqlite_and_finds_nothing_in_new_books(desk: Desk) -> None:
    assert desk.types("doctor") == 0
    lines = desk.out.splitlines()
    assert lines[0].startswith("SQLite 3.")
    assert lines[-1] == "the books are in order"


def test_the_doctor_tells_each_difference_and_fails(desk: Desk) -> None:
    desk.books(some_orders)  # nothing was taken for these orders, and they never run out
    assert desk.types("doctor") == 1
    assert desk.out.count("difference: ") == 6
    assert desk.err.startswith("livestall: 6 differences found")


# -- People's rights -----------------------------------------------------------------------------------------


def test_one_persons_data_goes_to_a_file_and_nobody_elses_is_in_it(tmp_path: Path) -> None:
    config = config_file(tmp_path)

    async def plant() -> None:
        async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:
            await store.write(remains.plant)

    asyncio.run(plant())
    command = [sys.executable, "-m", "bot", "export", "person", str(seed.ANN), "--config", str(config)]
    done = subprocess.run(command, env=environment(), capture_output=True, check=True, cwd=tmp_path)
    with ZipFile(io.BytesIO(done.stdout)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
        assert len(archive.namelist()) == 3
    assert all(remains.word(column, seed.ANN).encode() in everything for column in remains.WORDS)
    assert b"ben-" not in everything


def test_exporting_a_person_says_what_is_missing_or_wrong(desk: Desk) -> None:
    assert "takes a Telegram id" in desk.fails("export", "person")
    assert "takes a Telegram id" in desk.fails("export", "orders", "2001")
    assert desk.fails("export", "person", "Ann", code=2)


def test_erasing_says_what_must_happen_first_and_erases_nothing(desk: Desk) -> None:
    def act(tx: Tx) -> int:
        stall = trade.stall(tx)
        return trade.place(tx, seed.ANN, (stall.eggs, 1))

    order = desk.books(act)
    said = desk.fails("erase", str(seed.ANN))
    assert "it is not paid" in said
    assert "nothing was erased" in said
    assert "they hold the role host" in desk.fails("erase", str(seed.HOST))
    assert "nobody with the id 4711" in desk.fails("erase", "4711")
    assert desk.books(lambda tx: tx.value("SELECT address FROM orders WHERE id = :o", o=order)) == trade.HOME.address


def test_erasing_from_the_command_line_leaves_only_the_goodbye_to_the_bot(desk: Desk) -> None:
    desk.books(remains.plant)
    assert desk.types("erase", str(seed.ANN)) == 0
    assert "at its next start" in desk.out
    assert remains.found_in(desk.folder / "stall.db", seed.ANN) == remains.STAYS | {"people.language"}
    assert desk.books(seed.told)[-1] == ("erased", seed.ANN)
    assert desk.types("doctor") == 0


def test_too_short_a_time_for_records_of_trade_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = config_file(tmp_path, privacy={"trade_records": "365d"})
    assert cli.main(["doctor", "--config", str(config)]) == 78
    assert "three years or more" in capsys.readouterr().err
