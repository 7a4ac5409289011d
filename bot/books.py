"""What most commands begin with: the configuration and the open books, or one sentence why not."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot import lock, logs
from bot.config import Config, ConfigFaults, load
from bot.failure import UNUSABLE, CommandFailed
from storage import trouble
from storage.clock import SystemClock
from storage.store import Store


def settings(path: Path) -> Config:
    """The configuration at `path`. Raises CommandFailed with the fault, or with the first of several."""
    try:
        return load(path)
    except ConfigFaults as error:
        first, *others = error.faults
        if others:
            raise CommandFailed(
                f"{len(error.faults)} settings must be put right, the first is {first}; "
                f"`livestall check --config {path}` lists them all",
                UNUSABLE,
            ) from None
        raise CommandFailed(str(first), UNUSABLE) from None


def quiet_settings(path: Path) -> Config:
    """The same for a command that answers and ends: it logs warnings only, and no secrets."""
    config = settings(path)
    configure_logs(config, at_least=logging.WARNING)
    return config


def configure_logs(config: Config, at_least: int = logging.DEBUG) -> None:
    """Logs to stderr as configured, with the configuration's secrets hidden."""
    secret = config.telegram.webhook.secret
    secrets = [config.telegram.token.get_secret_value(), secret.get_secret_value() if secret else ""]
    level = logging.getLevelNamesMapping()[config.logs.level]
    logs.configure(config.logs.format, max(level, at_least), secrets)


@asynccontextmanager
async def open_books(config: Config) -> AsyncIterator[Store]:
    """The database, created or migrated, for one command. Raises CommandFailed if it is no good."""
    path = config.storage.path
    lock.refuse_while_restoring(path)
    try:
        store = await Store.open(
            path, synchronous=config.storage.synchronous, checkpoints=False, now=SystemClock().now()
        )
    except Exception as error:
        if (sentence := trouble.told_at_opening(error, path)) is None:
            raise
        raise CommandFailed(sentence, UNUSABLE if trouble.is_lasting(error) else 1) from None
    try:
        yield store
    except Exception as error:
        if (sentence := trouble.told(error, path)) is None:
            raise
        raise CommandFailed(sentence) from None
    finally:
        await store.close()
