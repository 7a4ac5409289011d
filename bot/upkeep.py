"""What an operator does about trouble: the doctor's findings, and what was set aside."""

from pathlib import Path

from bot import lock
from bot.backup import plan_of
from bot.books import open_books
from bot.config import Config
from bot.failure import CommandFailed
from bot.patience import patiently
from storage import doctor, inbox, recovery
from storage.clock import SystemClock
from storage.doctor import Findings, Known
from storage.exports import iso
from storage.surroundings import Place


async def examine(config: Config, settings: Path) -> Findings:
    """Recount the books and look around them; beside a running bot too. `settings` is the configuration's file."""
    from handlers import routes  # only here: it takes a second to load

    runs = lock.holder(config.storage.path) is not None
    plan = plan_of(config) if config.backup.daily else None
    place = Place(books=config.storage.path, settings=settings, plan=plan, oldest_ms=config.privacy.backups)
    table = routes()
    known = Known(steps=frozenset(table.steps), kinds=frozenset(table.all_kinds()))
    async with open_books(config) as store, patiently("recounting the books"):
        return await doctor.examine(store, now=SystemClock().now(), bot_is_running=runs, place=place, known=known)


async def set_aside(config: Config) -> list[str]:
    """A line for each update that is set aside."""
    async with open_books(config) as store:
        return [
            f"{update.key.update_id}  {iso(update.set_aside_at)}  {update.attempts} attempts  {update.error}"
            for update in await store.read(inbox.set_aside)
        ]


async def retry(config: Config, update: int) -> str:
    """Free an update that was set aside; says when it runs. Raises CommandFailed if there is none of that id."""
    async with open_books(config) as store:
        if not await store.write(inbox.retry, update, SystemClock().now()):
            raise CommandFailed(f"nothing with the id {update} is set aside; `livestall inbox list` shows what is")
    when = "within a few seconds" if lock.holder(config.storage.path) is not None else "at the next start of the bot"
    return f"{update} runs again {when}"


async def unsent(config: Config) -> list[str]:
    """A line for each message a restore has set aside."""
    async with open_books(config) as store:
        return [
            f"{message.id}  {iso(message.created_at)}  {message.kind}  to {message.chat_id}"
            for message in await store.read(recovery.set_aside)
        ]
