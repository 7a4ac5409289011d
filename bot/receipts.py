"""Fetching the bytes of receipts and of pictures that came with a question: a file id belongs to one bot.

Owns the download only; when it is tried again is in `storage.files`.
"""

import logging

from telegram.error import BadRequest, TelegramError

from handlers.deps import Deps
from scheduler.wakeups import Source
from storage import files, payments, questions
from storage.files import Shelf, ToFetch

log = logging.getLogger(__name__)


def receipts_to_fetch(deps: Deps) -> Source:
    """Files whose bytes are still at Telegram."""

    async def handle(now: int) -> None:
        for file in await deps.store.read(files.to_fetch, now):
            await _fetch(deps, file)

    return Source(name="receipts", next_due=files.next_fetch, handle=handle)


async def _fetch(deps: Deps, file: ToFetch) -> None:
    place, log_as = file.place, {"file": file.place.shelf.value, "row": file.place.id}
    try:
        found = await deps.bot.get_file(file.file_id)
        data = bytes(await found.download_as_bytearray())
    except TelegramError as error:
        # "file is too big" and "wrong file id" stay true however often one asks.
        is_final = isinstance(error, BadRequest)
        log.warning("file not fetched", extra={**log_as, "error": type(error).__name__})
        await deps.store.write(files.not_fetched, place=place, is_final=is_final, now=deps.clock.now())
        return
    match place.shelf:
        case Shelf.RECEIPT:
            await deps.store.write(payments.bytes_came, receipt=place.id, data=data, now=deps.clock.now())
        case Shelf.QUESTION:
            await deps.store.write(questions.picture_came, question=place.id, data=data)
