"""`livestall restore`: putting the books back to a backup, and letting go what that has set aside.

Owns the talk with the operator: what would be lost, and whether that is wanted. The exchange is in `storage.restore`.
"""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from bot import lock
from bot.backup import in_a_thread
from bot.books import open_books
from bot.config import Config
from bot.failure import CommandFailed
from storage import recovery, trouble
from storage import restore as exchange
from storage.clock import SystemClock
from storage.exports import iso
from storage.recovery import Terms
from storage.restore import Newer, NotRestored


def terms_of(config: Config) -> Terms:
    """What an unpaid order gets again."""
    return Terms(pay_within_ms=config.orders.pay_within, grace_ms=config.orders.grace)


async def free(config: Config) -> str:
    """Let the messages go that a restore has set aside; beside a running bot too."""
    async with open_books(config) as store:
        freed = await store.write(recovery.resend, now=SystemClock().now())
    when = "within a few seconds" if lock.holder(config.storage.path) is not None else "at the next start of the bot"
    return f"{_counted(freed, 'message')} freed; sent {when}" if freed else "no message is set aside"


class Restoring:
    """One restore, from the file that was named to the books in their place."""

    def __init__(self, config: Config, file: Path, keyboard: TextIO, screen: TextIO) -> None:
        self._config = config
        self._books = config.storage.path
        self._file = file
        self._keyboard = keyboard
        self._screen = screen

    def restore(self, *, yes: bool, resend: bool) -> Iterator[str]:
        """Do it; what to say about it, line by line. Raises CommandFailed, and then the books are as they were."""
        with lock.held(self._books, restoring=True):
            try:
                yield from self._restore(yes, resend)
            except NotRestored as error:
                raise CommandFailed(str(error)) from None
            except Exception as error:
                if (sentence := trouble.told_at_opening(error, self._books)) is None:
                    raise
                raise CommandFailed(sentence) from None

    def _restore(self, yes: bool, resend: bool) -> Iterator[str]:
        now = SystemClock().now()
        try:
            prepared = asyncio.run(
                in_a_thread(
                    "checking the backup",
                    lambda goes_on: exchange.prepare(self._file, self._books, now, goes_on),
                )
            )
            newer = exchange.newer(prepared, self._books)
            erased = () if newer is None else newer.erased
            if newer is None or not newer.is_nothing:
                yield from self._lost(newer)
                if not yes:
                    self._ask()
            settled = exchange.settle(prepared, file=self._file, terms=terms_of(self._config), resend=resend, now=now)
            kept = exchange.keep_older(prepared, self._file, self._books)
            stamp = f"{datetime.fromtimestamp(now / 1000, UTC):%Y%m%d-%H%M%S}"
            aside = exchange.put_in_place(prepared, self._books, stamp)
        finally:
            exchange.discard(self._books)
        yield f"the books are back to {self._file}; the newest they know of is of {iso(settled.known_until)}"
        if aside is not None:
            yield f"the books of before are kept as {aside}"
        if kept is not None:
            yield f"they were at schema {prepared.schema} and are at this version's now; as they were: {kept}"
        for person in erased:
            yield f"person {person} was erased since, and is in the books again: `livestall erase {person}`"
        if settled.unpaid:
            yield f"{_counted(settled.unpaid, 'unpaid order')}: time to pay begins again at the bot's next start"
        if settled.set_aside:
            yield (
                f"{_counted(settled.set_aside, 'message')} unsent in the backup set aside: `livestall outbox list` "
                "shows them, `livestall restore --resend` sends them"
            )

    def _lost(self, newer: Newer | None) -> Iterator[str]:
        if newer is None:
            yield f"{self._books} can't be read, so nobody can tell what in it is newer than {self._file}"
            return
        yield f"newer than {self._file}, and gone from the books if it is restored:"
        codes = ", ".join(newer.codes) + (", …" if newer.orders > len(newer.codes) else "")
        told = (
            (newer.orders, f"{_counted(newer.orders, 'order')}: {codes}"),
            (newer.moved, f"{_counted(newer.moved, 'older order')} with another state since"),
            (newer.payments, _counted(newer.payments, "payment")),
            (newer.money, f"money confirmed: {', '.join(map(str, newer.money))}"),
            (newer.repaid, f"money sent back: {', '.join(map(str, newer.repaid))}"),
            (newer.shipments, _counted(newer.shipments, "shipment")),
            (newer.people, _counted(newer.people, "person", "people")),
            (newer.erased, f"the erasure of {_counted(len(newer.erased), 'person', 'people')}"),
        )
        yield from (f"  {line}" for counted, line in told if counted)

    def _ask(self) -> None:
        """Raises CommandFailed unless somebody at the keyboard says yes."""
        if not self._keyboard.isatty():
            raise CommandFailed("nothing was changed; add --yes to go back all the same")
        self._screen.write("Go back all the same? Type yes: ")
        self._screen.flush()
        if self._keyboard.readline().strip().lower() not in ("yes", "y"):
            raise CommandFailed("nothing was changed")


def _counted(number: int, noun: str, nouns: str | None = None) -> str:
    return f"{number} {noun if number == 1 else nouns or f'{noun}s'}"
