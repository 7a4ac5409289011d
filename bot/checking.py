"""`livestall check`: the configuration, the token, the way in, the database and the time zone, with what is wrong.

Tells one line a thing that is in order and one a fault; never stops at the first fault it could go past.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from telegram import WebhookInfo

from bot import account, lock
from bot.backup import plan_of
from bot.books import configure_logs, open_books
from bot.config import Config, ConfigFaults, load
from bot.config_webhook import is_same
from bot.failure import CommandFailed
from bot.front import Front
from bot.web import Site, untaken
from storage import doctor

Say = Callable[[str], None]
Look = Callable[[Config], Awaitable[str]]


async def check(path: Path, good: Say, bad: Say) -> bool:
    """Look at everything; True if all is well. Asks Telegram twice (getMe, getWebhookInfo)."""
    try:
        config = load(path)
    except ConfigFaults as error:
        for fault in error.faults:
            bad(str(fault))
        return False
    configure_logs(config)
    good(f"config: {path}")
    # Without a good token the second question would only say the same again.
    is_well = await _is_well(config, (_token,), good, bad) and await _is_well(config, (_way_in,), good, bad)
    looks = (_addresses, _database, _backups) if _sites(config) else (_database, _backups)
    is_well &= await _is_well(config, looks, good, bad)
    zone = config.stall.timezone
    good(f"time zone: {zone}, where it is now {datetime.now(ZoneInfo(zone)):%Y-%m-%d %H:%M}")
    return is_well


async def _is_well(config: Config, looks: tuple[Look, ...], good: Say, bad: Say) -> bool:
    is_well = True
    for look in looks:
        try:
            good(await look(config))
        except CommandFailed as failure:
            bad(str(failure))
            is_well = False
    return is_well


async def _token(config: Config) -> str:
    return f"token: @{(await account.whoami(config)).username}"


async def _way_in(config: Config) -> str:
    """What Telegram says of the webhook; in polling mode too, where one that is left over would be in the way."""
    seen, mode = await account.webhook(config), config.telegram.mode
    if mode == "polling":
        left = f"; the webhook {seen.url} is still set and is removed by `livestall run`" if seen.url else ""
        return f"updates: polling{left}"
    ours = config.telegram.webhook.url or ""
    if not is_same(seen.url, ours):
        other = f"now it is {seen.url}" if seen.url else "now there is none"
        return f"updates: webhook {ours}; {other}, `livestall run` sets it"
    if seen.pending_update_count and seen.last_error_message:
        raise CommandFailed(_undelivered(seen))
    return f"updates: webhook {seen.url}, set"


def _undelivered(seen: WebhookInfo) -> str:
    when = f" at {seen.last_error_date:%Y-%m-%d %H:%M} UTC" if seen.last_error_date else ""
    return (
        f"telegram.webhook.url: updates waiting at Telegram: {seen.pending_update_count}; it could not deliver to "
        f"{seen.url}{when} ({seen.last_error_message}); check that the address leads to this machine"
    )


async def _addresses(config: Config) -> str:
    """Whether the addresses to listen on can be had. A stall that is open has them."""
    sites = _sites(config)
    told = ", ".join(dict.fromkeys(f"{site.listen.host}:{site.listen.port}" for site in sites))
    if lock.holder(config.storage.path) is not None:
        return f"addresses: {told} (the stall is open)"
    for site in sites:
        try:
            socket.create_server((site.listen.host, site.listen.port), family=_family(site.listen.host)).close()
        except OSError as error:
            raise CommandFailed(untaken(site.key, site.listen, error)) from None
    return f"addresses: {told}, free"


def _sites(config: Config) -> list[Site]:
    return Front().sites(config)


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


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
