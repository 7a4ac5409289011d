"""What an operator does about trouble: the doctor's findings, and updates that were set aside."""

from bot import lock
from bot.books import open_books
from bot.config import Config
from bot.failure import CommandFailed
from bot.patience import patiently
from storage import doctor, inbox
from storage.clock import SystemClock
from storage.doctor import Findings
from storage.exports import iso


async def examine(config: Config) -> Findings:
    """Recount the books; beside a running bot too."""
    runs = lock.holder(config.storage.path) is not None
    async with open_books(config) as store, patiently("recounting the books"):
        return await doctor.examine(store, now=SystemClock().now(), bot_is_running=runs)


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
