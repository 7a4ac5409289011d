"""`python -m playground`: a local Telegram of its own, until Ctrl-C. Prints one line with its address."""

import argparse
import asyncio
import signal
import sys

from playground.api import Playground
from playground.limits import Limits
from playground.server import serve


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m playground", description="A local Telegram for one bot.")
    asked.add_argument("--host", default="127.0.0.1")
    asked.add_argument("--port", type=int, default=8081, help="0 takes a free one")
    asked.add_argument("--token", default="123456:TEST")
    asked.add_argument("--username", default="stall_bot")
    asked.add_argument("--name", default="Livestall")
    asked.add_argument("--limits", action="store_true", help="enforce Telegram's rate limits")
    asked.add_argument("--person", action="append", default=[], metavar="ID:NAME[:LANGUAGE]")
    options = asked.parse_args()
    try:
        asyncio.run(_run(options))
    except OSError as error:
        sys.stderr.write(f"playground: {error.strerror or error}\n")
        return 1
    return 0


async def _run(options: argparse.Namespace) -> None:
    playground = Playground(limits=Limits.telegram() if options.limits else Limits.off())
    playground.add_bot(options.token, username=options.username, name=options.name)
    for given in options.person:
        number, name, *language = given.split(":")
        playground.person(name, id=int(number), language=language[0] if language else "en")
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with await serve(playground, options.host, options.port) as server:
        sys.stdout.write(f"{server.base_url}\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    sys.exit(main())
