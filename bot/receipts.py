"""Fetching the bytes of receipts: a file id belongs to one bot, the bytes belong to the stall.

Owns the download only; when it is tried again is in `storage.receipts`.
"""

import logging

from telegram.error import BadRequest, TelegramError

from handlers.deps import Deps
from scheduler.wakeups import Source
from storage import receipts

log = logging.getLogger(__name__)


def receipts_to_fetch(deps: Deps) -> Source:
    """Receipts whose bytes are still at Telegram."""

    async def handle(now: int) -> None:
        for receipt in await deps.store.read(receipts.to_fetch, now):
            await _fetch(deps, receipt)

    return Source(name="receipts", next_due=receipts.next_fetch, handle=handle)


async def _fetch(deps: Deps, receipt: receipts.ToFetch) -> None:
    try:
        file = await deps.bot.get_file(receipt.file_id)
        data = bytes(await file.download_as_bytearray())
    except TelegramError as error:
        # "file is too big" and "wrong file id" stay true however often one asks.
        is_final = isinstance(error, BadRequest)
        log.warning("receipt not fetched", extra={"receipt": receipt.id, "error": type(error).__name__})
        await deps.store.write(receipts.not_fetched, receipt=receipt.id, is_final=is_final, now=deps.clock.now())
        return
    await deps.store.write(receipts.fetched, receipt=receipt.id, data=data, now=deps.clock.now())
