"""`livestall check`: the configuration, the token, the database and the time zone, with everything that is wrong.

Tells one line a thing that is in order and one a fault; never stops at the first fault it could go past.
"""

import asyncio
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import account
from bot.backup import plan_of
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
    for look in (_token, _database, _backups):
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


async def _backups(config: Config) -> str:
    """A folder that was chosen has to be there; the one beside the database is made by the bot."""
    plan = plan_of(config)
    if not config.backup.daily:
        return "daily backups: switched off"
    is_there, is_open = await asyncio.to_thread(lambda: (plan.folder.is_dir(), os.access(plan.folder, os.W_OK)))
    if not plan.makes_folder and not is_there:
        raise CommandFailed(f"backup.folder: there is no folder {plan.folder}; make it, or connect its disk")
    if is_there and not is_open:
        raise CommandFailed(f"backup.folder: this user may not write in {plan.folder}; check who owns it")
    at = f"{plan.minute // 60:02}:{plan.minute % 60:02}"
    return f"daily backups: at {at} there, the newest {plan.keep} are kept in {plan.folder}"
