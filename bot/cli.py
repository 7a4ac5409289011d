"""The command line: what `livestall` can be asked to do, and how it says that it can't.

Owns names, options and exit codes (1: it could not be done, 2: it was not understood, 70: a fault of the program,
78: the settings are no good). Each command loads what it needs when it runs, so that the small ones answer at once.
Results go to stdout, everything else to stderr; a failure is one line there, never a traceback.
"""

import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TextIO

import typer

from bot.failure import CommandFailed

log = logging.getLogger(__name__)

app = typer.Typer(
    name="livestall",
    help="A market stall in a chat. Every command but demo takes --config FILE (config.toml if not given).",
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
inbox = typer.Typer(help="List or retry updates that were set aside.", rich_markup_mode=None)
app.add_typer(inbox, name="inbox")
outbox = typer.Typer(help="List messages that were set aside.", rich_markup_mode=None)
app.add_typer(outbox, name="outbox")

ConfigFile = Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration.")]
DEFAULT_CONFIG = Path("config.toml")


@app.command()
def run(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Open the stall until SIGTERM or Ctrl-C; one per database."""
    from bot.books import settings
    from bot.run import run as keep_open

    raise typer.Exit(keep_open(settings(config)))


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the story.")] = False,
    port: Annotated[int, typer.Option(metavar="N", min=0, max=65535, help="Of the chat page; 0: a free one.")] = 8088,
    story: Annotated[
        str, typer.Option(metavar="evening|tonggu", help="Six people, or the evening of 324,200 yuan.")
    ] = "evening",
) -> None:
    """Play the story on a local Telegram, then keep its chat page open until Ctrl-C. No settings needed."""
    from bot.demo import demo as play

    raise typer.Exit(play(once=once, port=port, name=story))


@app.command()
def check(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """List every fault of settings, token and database."""
    from bot.checking import check as look

    if not asyncio.run(look(config, lambda line: _print(f"ok  {line}"), _complain)):
        raise typer.Exit(1)


@app.command("import")
def import_(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="The catalogue, XLSX or CSV.")] = None,
    template: Annotated[
        bool, typer.Option("--template", help="Write an example to FILE (catalogue.xlsx if not given) instead.")
    ] = False,
    keep_good: Annotated[bool, typer.Option("--keep-good", help="Leave bad rows out and import the rest.")] = False,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Bring a catalogue into the books, or nothing of it if a row is bad; or write an example of one."""
    from bot.books import quiet_settings
    from bot.importing import TEMPLATE, import_catalogue, write_template

    if template:
        write_template(quiet_settings(config), file or TEMPLATE)
        _print(f"written: {file or TEMPLATE}")
        return
    if file is None:
        raise typer.BadParameter("name the catalogue file, or write an example with --template")
    done = asyncio.run(import_catalogue(quiet_settings(config), file, keep_good=keep_good, bad=_complain))
    _print(
        f"imported: {done.created} new, {done.updated} changed, {done.unchanged} unchanged; "
        f"suppliers: {done.suppliers_created} new"
    )


@app.command()
def export(
    kind: Annotated[
        str, typer.Argument(metavar="orders|payments|shipments|people|audit|person", help="What to export.")
    ],
    person: Annotated[int | None, typer.Argument(metavar="ID", help="Whose data, for person: a Telegram id.")] = None,
    file_format: Annotated[str, typer.Option("--format", metavar="json|csv", help="How.")] = "json",
    stream: Annotated[str | None, typer.Option(metavar="CODE", help="Only what belongs to this stream.")] = None,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Write orders, payments, shipments, people or the audit to stdout; or everything about one person, as a ZIP."""
    from bot.books import quiet_settings
    from bot.exporting import export as write
    from bot.rights import export_person

    if (kind == "person") != (person is not None):
        raise CommandFailed("`livestall export person ID` takes a Telegram id; the other exports take none")
    if person is not None:
        asyncio.run(export_person(quiet_settings(config), person, sys.stdout.buffer))
        return
    asyncio.run(write(quiet_settings(config), kind, file_format, stream, sys.stdout))


@app.command()
def invite(
    role: Annotated[str, typer.Argument(metavar="host|cashier|supplier", help="What the person becomes.")],
    supplier: Annotated[str | None, typer.Option(metavar="NAME", help="Whose voice a supplier is.")] = None,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Print a one-time link that gives a role."""
    from bot.books import quiet_settings
    from bot.inviting import invite as make_link

    _print(asyncio.run(make_link(quiet_settings(config), role, supplier)))


@app.command()
def roles(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Print who holds which role: Telegram id, role, name, since when, by whom."""
    from bot.books import quiet_settings
    from bot.staffing import list_roles

    for line in asyncio.run(list_roles(quiet_settings(config))):
        _print(line)


@app.command()
def revoke(
    role: Annotated[str, typer.Argument(metavar="owner|host|cashier|supplier", help="What the person is no more.")],
    person: Annotated[int, typer.Argument(metavar="ID", help="The person's Telegram id, as `roles` prints it.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Take a role from somebody, effective at once."""
    from bot.books import quiet_settings
    from bot.staffing import revoke as take

    for line in asyncio.run(take(quiet_settings(config), role, person)):
        _print(line)


@app.command()
def erase(
    person: Annotated[int, typer.Argument(metavar="ID", help="A Telegram id, as `export people` lists it.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Erase everything about a person but the records of trade. Can't be undone."""
    from bot.books import quiet_settings
    from bot.rights import erase as forget

    _print(asyncio.run(forget(quiet_settings(config), person)))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy to make; must not be there yet.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Copy the books, as they are now, into one new file."""
    from bot.backup import backup as copy
    from bot.books import quiet_settings

    _print(asyncio.run(copy(quiet_settings(config), file)))


@app.command()
def restore(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="The backup to go back to.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Go back although the books of now have newer things.")] = False,
    resend: Annotated[
        bool, typer.Option("--resend", help="Send what was unsent in the backup; without FILE, what was set aside.")
    ] = False,
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Put the books back to a backup; the books of now are kept aside. Wants the database for itself."""
    from bot.books import quiet_settings
    from bot.restore import Restoring, free

    settings = quiet_settings(config)
    if file is not None:
        for line in Restoring(settings, file, sys.stdin, sys.stderr).restore(yes=yes, resend=resend):
            _print(line)
    elif resend and not yes:
        _print(asyncio.run(free(settings)))
    else:
        raise CommandFailed("which backup? Name its file: `livestall restore FILE`", 2)


@app.command()
def doctor(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Recount everything and list what does not add up."""
    from bot.books import quiet_settings
    from bot.upkeep import examine

    findings = asyncio.run(examine(quiet_settings(config), config))
    _print(f"SQLite {findings.sqlite_version}, schema {findings.schema}")
    for note in findings.notes:
        _print(f"note: {note}")
    for difference in findings.differences:
        _print(f"difference: {difference}")
    if count := len(findings.differences):
        raise CommandFailed(f"{count} difference{'s' if count > 1 else ''} found; keep a copy of the database now")
    _print("the books are in order")


@inbox.command("list")
def inbox_list(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Print every update that is set aside: id, when, attempts, error."""
    from bot.books import quiet_settings
    from bot.upkeep import set_aside

    for line in asyncio.run(set_aside(quiet_settings(config))):
        _print(line)


@inbox.command("retry")
def inbox_retry(
    update: Annotated[
        int, typer.Argument(metavar="ID", help="The update's id, as `doctor` and `inbox list` name it.")
    ],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Let an update that was set aside run again."""
    from bot.books import quiet_settings
    from bot.upkeep import retry

    _print(asyncio.run(retry(quiet_settings(config), update)))


@outbox.command("list")
def outbox_list(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Print every message a restore has set aside: id, when, kind, chat."""
    from bot.books import quiet_settings
    from bot.upkeep import unsent

    for line in asyncio.run(unsent(quiet_settings(config))):
        _print(line)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Whatever goes wrong is one line on stderr."""
    _speak_utf8(sys.stdout, sys.stderr)
    try:
        return int(app(arguments, prog_name="livestall", standalone_mode=False) or 0)
    except CommandFailed as failure:
        _complain(str(failure))
        return failure.code
    except typer.TyperException as error:
        told = getattr(error, "format_message", error.__str__)()
        _complain(f"{told.rstrip('.')}; `livestall --help` shows what there is")
        return 2
    except typer.Abort:
        return 130
    except Exception as error:
        from bot.logs import Redaction

        log.debug("command failed", exc_info=True)
        text = Redaction().hidden(f"{type(error).__name__}: {error}")
        _complain(f"a fault of the program, please report it: {text}")
        return 70  # EX_SOFTWARE


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _complain(line: str) -> None:
    """One line on stderr, whatever the text."""
    sys.stderr.write(f"livestall: {' '.join(line.split())}\n")


def _speak_utf8(*streams: TextIO | object) -> None:
    """Names and addresses are of all languages, also where the terminal's locale says it knows only ASCII."""
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


if __name__ == "__main__":
    sys.exit(main())
