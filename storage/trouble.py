"""What can be wrong with the file of the books, each told in one sentence with what to do.

Only words; opening and closing is in `store`, counting in `doctor`.
"""

import sqlite3
from pathlib import Path

from storage.backup import NotCopied
from storage.migrate import ChangedMigration, NewerDatabase

_BY_CODE = {
    sqlite3.SQLITE_BUSY: "another program keeps the database busy; try again when it is done",
    sqlite3.SQLITE_LOCKED: "another program keeps the database busy; try again when it is done",
    sqlite3.SQLITE_NOTADB: "the file is no SQLite database; point [storage] path at another one",
    sqlite3.SQLITE_CORRUPT: "the database is damaged; go back to a backup",
    sqlite3.SQLITE_FULL: "the disk is full; make room and try again",
    sqlite3.SQLITE_READONLY: "the database can't be written; check who owns the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "the database can't be opened; check [storage] path and who owns the folder",
    sqlite3.SQLITE_IOERR: "reading or writing the disk failed; check the disk before anything else",
}


def told(error: BaseException, path: Path) -> str | None:
    """The sentence for an error of the database at `path`; None if it is no such error."""
    match error:
        case NewerDatabase() | ChangedMigration() | NotCopied():
            return f"{path}: {error}"
        case sqlite3.Error():
            # The low byte is the kind; the rest tells details (SQLITE_IOERR_WRITE …).
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            return f"{path}: {_BY_CODE.get(code, f'the database failed ({error})')}"
        case _:
            return None


def is_lasting(error: BaseException) -> bool:
    """True if opening again can't help until somebody has changed the program or the settings."""
    return isinstance(error, NewerDatabase | ChangedMigration)


def told_at_opening(error: BaseException, path: Path) -> str | None:
    """The same for `Store.open`, where the file and its folder may be at fault too."""
    match error:
        case FileNotFoundError():
            return f"{path}: there is no folder {path.parent}; make it, or change [storage] path"
        case IsADirectoryError():
            return f"{path}: this is a folder; [storage] path takes a file"
        case PermissionError():
            return f"{path}: this user may not read and write here; check who owns the file and its folder"
        case OSError():
            return f"{path}: it can't be opened ({(error.strerror or 'an error').lower()}); check [storage] path"
        case _:
            return told(error, path)
