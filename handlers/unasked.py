"""A picture or file that nobody asked for: a receipt, a catalogue, or a product's picture.

Owns only the choice. From everybody but a host it is a receipt; an order that waits for money comes before all else,
unless the host has written a product's code under the picture.
"""

import re

from telegram import Document, Message

from handlers import importing, payment, pictures, sheets
from handlers.turns import Turn
from shop import codes
from shop.contacts import tidy
from storage import albums, dialogs, orders, products, roles
from storage.roles import Role

_LIKE_A_CODE = re.compile(r"[A-Za-z0-9]{1,12}")


async def media(turn: Turn, message: Message) -> None:
    """Hand it to whoever looks after it."""
    if not await turn.look(roles.has_role, turn.actor, Role.HOST):
        await payment.picture(turn, message)
        return
    if message.media_group_id is not None and await payment.follows_its_album(turn, message):
        return
    found = await turn.look(orders.open_for_receipt, turn.actor, turn.settings.policy.late_receipt_ms, turn.now)
    if message.document is not None and await _is_catalogue(turn, message.document, has_order=bool(found)):
        await importing.take(turn, message.document)
        return
    caption = tidy(message.caption or "")
    named = codes.find(caption, turn.settings.policy.prefix)
    if any(order.code in named for order in found):
        await payment.picture(turn, message)
        return
    product = await turn.look(products.by_code, caption) if caption else None
    album = message.media_group_id
    has_begun = album is not None and bool(await turn.look(albums.of, turn.actor, album))
    if album is not None and (product is not None or has_begun or not found):
        await pictures.take_of_album(turn, message, album)
    elif product is not None:
        await pictures.take_single(turn, message, product)
    elif caption and not found and not named and _LIKE_A_CODE.fullmatch(caption):
        await turn.say("picture.unknown_code", code=caption)
    else:
        await payment.picture(turn, message)


async def _is_catalogue(turn: Turn, document: Document, *, has_order: bool) -> bool:
    """Whatever file answers /import; without that a sheet, unless it may be the receipt of an open order."""
    asked = await turn.look(dialogs.of, turn.actor)
    if asked is not None and asked.kind == importing.IMPORT:
        return True
    return not has_order and (document.file_name or "").lower().endswith(sheets.NAMES)
