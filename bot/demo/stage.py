"""Where the story is played: a local Telegram on a port, a folder with fresh books, and the bot between the two.

Owns what is left behind in the folder, so that other commands can look into the books afterwards.
"""

import os
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bot.books import configure_logs
from bot.compose import Stall, opened
from bot.config import Config, given
from bot.demo.story import OWNER
from bot.failure import CommandFailed
from bot.importing import import_catalogue
from playground.api import Playground
from playground.clock import TurnedClock
from playground.server import Server, serve
from storage.clock import Clock

HOST: Final = "127.0.0.1"
TOKEN: Final = "123456:a-token-of-the-playground"  # noqa: S105 - opens nothing
USERNAME: Final = "tonggu_stall_bot"
CODE: Final = "wxp://f2f0example"
CATALOGUE: Final = Path(__file__).with_name("tonggu-catalog.csv")
CONFIG: Final = "config.toml"
LAST_PORT: Final = 65_535

SETTINGS: Final = f"""\
# The demo's stall, written anew by every `livestall demo`. Its Telegram is the playground, which lives only as long.

[telegram]
token = "{TOKEN}"
base_url = "{{base_url}}"

# The demo's people are quicker with their thumbs than Telegram's pace for real ones.
[telegram.limits]
per_chat_per_second = 0

[storage]
path = "livestall.db"

[stall]
name = "Tonggu Stall"
currency = "CNY"
timezone = "Asia/Shanghai"
languages = ["en", "zh"]
country = "CN"

[people]
owners = [{OWNER}]

[orders]
prefix = "TG"

[[payments.methods]]
kind = "static"
name = "WeChat Pay"
payee = "Tonggu Cooperative"
code = "{CODE}"

[logs]
level = "WARNING"
"""


@asynccontextmanager
async def telegram(port: int) -> AsyncIterator[Server]:
    """A local Telegram with the stall's bot and nobody in it yet. Raises CommandFailed if the port is not free.

    Its clock can be turned from the chat page; `stall` lives by the same one.
    """
    playground = Playground(TurnedClock(shared=True))
    playground.add_bot(TOKEN, username=USERNAME, name="Tonggu Stall")
    try:
        server = await serve(playground, HOST, port)
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else str(error)
        other = port + 1 if port < LAST_PORT else port - 1
        raise CommandFailed(
            f"port {port} can't be used ({reason}); stop what listens there, or take another one: "
            f"livestall demo --port {other}, make demo PORT={other}"
        ) from None
    async with server:
        yield server


def settings(base_url: str, folder: Path) -> Config:
    """Write the configuration into the folder and read it, leaving the environment aside."""
    text = SETTINGS.format(base_url=base_url)
    (folder / CONFIG).write_text(text, encoding="utf-8")
    config = given(tomllib.loads(text), folder)
    configure_logs(config)
    return config


@asynccontextmanager
async def stall(config: Config, clock: Clock) -> AsyncIterator[Stall]:
    """The bot over fresh books with the catalogue in them; hold the database's lock meanwhile."""
    for name in ("", "-wal", "-shm"):
        config.storage.path.with_name(config.storage.path.name + name).unlink(missing_ok=True)
    await import_catalogue(config, CATALOGUE, keep_good=False, bad=lambda line: None)
    async with opened(config, clock=clock) as open_stall:
        try:
            yield open_stall
        finally:
            # Closing gives what is in hand some seconds; they are to be real ones again.
            if isinstance(clock, TurnedClock):
                clock.run(1)
