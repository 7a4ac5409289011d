"""What an operator does about a letter: a person's copy of their data as a file, and erasing somebody.

Owns what the command line says about both; the chat has the same for everybody's own data (`handlers.privacy`).
"""

from typing import BinaryIO

from bot import lock
from bot.books import open_books
from bot.config import Config
from bot.failure import CommandFailed
from handlers import datafile
from storage import erasures, pseudonyms
from storage.clock import SystemClock
from storage.copies import Part
from storage.erasures import Erasing
from storage.people import NotFound
from storage.unfinished import Reason, Unfinished

_EVERYTHING = Part(number=1, first=1, last=2**63 - 1)
_WHY = {
    Reason.REVIEW: "a receipt waits for the cashier",
    Reason.UNPAID: "it is not paid",
    Reason.REFUND: "money has to be sent back",
    Reason.PARCEL: "the parcel has not been sent",
    Reason.SHIPPED: "the parcel was not said to be received",
}


async def export_person(config: Config, person: int, out: BinaryIO) -> None:
    """Write one person's copy, a ZIP with all their receipts, to `out`. Raises CommandFailed if nobody is there."""
    if out.isatty():
        raise CommandFailed(
            f"this writes a ZIP; send it to a file: `livestall export person {person} > {person}.zip`"
        )
    async with open_books(config) as store:
        if not await datafile.write(store, person, _EVERYTHING, SystemClock().now(), out):
            raise CommandFailed(_unknown(person))
    out.flush()


async def erase(config: Config, person: int) -> str:
    """Erase somebody; says what is left to be done. Raises CommandFailed with what must happen first."""
    clock = SystemClock()
    async with open_books(config) as store:
        outcome = await store.write(erasures.erase, person=person, now=clock.now())
        match outcome:
            case Erasing(pseudonym=pseudonym):
                while await store.write(erasures.go_on, pseudonym=pseudonym, now=clock.now()):
                    pass
                return _left(config, person)
            case Unfinished():
                raise CommandFailed(f"{person} can't be erased yet: {'; '.join(_first(outcome))}; nothing was erased")
            case NotFound():
                raise CommandFailed(_unknown(person))


def _unknown(person: int) -> str:
    if pseudonyms.is_one(person):
        return f"{person} stands for somebody who was erased; there is nothing more"
    return f"nobody with the id {person} is in the books; `livestall export people` lists who is"


def _first(open_: Unfinished) -> list[str]:
    return [
        *(f"order {order.code}: {_WHY[order.reason]}" for order in open_.orders),
        *(f'the stream "{title}" is not over' for title in open_.streams),
        *(f"they hold the role {role}" for role in sorted(open_.roles)),
    ]


def _left(config: Config, person: int) -> str:
    """Only the bot says goodbye, and only it empties the log beside the file."""
    when = "now" if lock.holder(config.storage.path) is not None else "at its next start"
    return f"{person} is erased; the bot says goodbye to them and forgets their chat {when}"
