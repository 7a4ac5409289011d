"""`livestall check`: the configuration, the token, the database and the time zone, with everything that is wrong.

Tells one line a thing that is in order and one a fault; never stops at the first fault it could go past.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import account
from bot.books import configure_logs, open_books
from bot.config import Config, ConfigFaults, load
from bot.failure import CommandFailed
from storage import doctor

Say = Callable[[str], None]


async def check(path: Path, good: Say, bad: Say) -> bool:
    """Look at everything; True if all is well. Asks Telegram once (getMe)."""
    try:
        config = load(path)
    except ConfigFaults as error:
        for fault in error.faults:
            bad(str(fault))
        return False
    configure_logs(config)
    good(f"config: {path}")
    is_well = True
    for look in (_token, _database):
        try:
            good(await look(config))
        except CommandFailed as failure:
            bad(str(failure))
            is_well = False
    zone = config.stall.timezone
    good(f"time zone: {zone}, where it is now {datetime.now(ZoneInfo(zone)):%Y-%m-%d %H:%M}")
    return is_well


async def _token(config: Config) -> str:
    return f"token: @{(await account.whoami(config)).username}"


async def _database(config: Config) -> str:
    """Opened, brought to this version's schema, and looked over."""
    path = config.storage.path
    async with open_books(config) as store:
        if faults := await doctor.glance(store):
            raise CommandFailed(f"{path}: the file is damaged ({faults[0]}); go back to a backup")
    return f"database: {path}"
