"""Pictures of products: which one a card shows, and those hosts send with a code as the caption, alone or in albums.

Owns the answers to such pictures. Whether an unasked picture is one of these is decided in `unasked`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from telegram import Document, Message
from telegram.error import BadRequest, TelegramError

from handlers import formats
from handlers.presenting import uploaded_photo
from handlers.routing import Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, FileId, Kind, Kinds, Rendered, WebPicture
from shop.contacts import tidy
from storage import albums, changes, products, roles
from storage import pictures as addresses
from storage.albums import Pasted
from storage.changes import Changed, Field, Same
from storage.connection import Tx
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.products import Product
from storage.roles import Role

MOST_PHOTO_BYTES = 10 * 1024 * 1024  # Bot API, sendPhoto
_MOST_LISTED = 20
_LONGEST_ADDRESS = 120
_QUOTED = 30  # characters of a caption that are said back


def media(
    product: int, photo: str | None, picture: str | None, refused_at: int | None, now: int
) -> FileId | WebPicture | None:
    """What a card of the product shows: its photo, else the address Telegram is to make one of, else nothing."""
    if photo is not None:
        return FileId(file_id=photo)
    address = addresses.address_of(picture, refused_at, now)
    return None if address is None else WebPicture(product=product, address=_shortened(address))


# -- Pictures in the chat -----------------------------------------------------------------------------------


async def photo_of(turn: Turn, message: Message) -> str | None:
    """The file id of the photo a message brings; an image sent as a file is shown again as a photo, to get one.

    None if it brings none that can be used; then the person has been told why.
    """
    if message.photo:
        return message.photo[-1].file_id
    document = message.document
    if document is None or not (document.mime_type or "").startswith("image/"):
        await turn.say("picture.needed")
        return None
    if (document.file_size or 0) > MOST_PHOTO_BYTES:
        await turn.say("picture.too_big", most=MOST_PHOTO_BYTES // 1024 // 1024)
        return None
    return await _as_photo(turn, document)


async def _as_photo(turn: Turn, document: Document) -> str | None:
    try:
        file = await turn.deps.bot.get_file(document.file_id)
        data = bytes(await file.download_as_bytearray())
    except TelegramError:
        await turn.say("picture.not_fetched")
        return None
    caption = await turn.plain("picture.as_photo")
    try:
        return await uploaded_photo(turn.deps, turn.chat, data, caption)
    except BadRequest:
        await turn.say("picture.needed")
        return None


async def take_single(turn: Turn, message: Message, product: Product) -> None:
    """A picture with a product's code as its caption: from now on the product's."""
    photo = await photo_of(turn, message)
    if photo is None:
        return
    outcome = await turn.decide(
        changes.make, actor=turn.actor, product_id=product.id, field=Field.PHOTO, value=photo, now=turn.now
    )
    match outcome:
        case Changed() | NotFound():
            return
        case Same():
            await turn.say("change.same")
        case NotAllowed():
            await turn.say("host.only")


async def take_of_album(turn: Turn, message: Message, album: str) -> None:
    """One picture of an album; the album's message counts it."""
    await turn.decide(
        albums.paste,
        actor=turn.actor,
        album=album,
        message_id=message.message_id,
        caption=tidy(message.caption or "")[:_QUOTED],
        photo=message.photo[-1].file_id if message.photo else None,
        now=turn.now,
    )


async def undo_album(turn: Turn, album: str) -> Toast | None:
    """`Undo` under an album's message."""
    outcome = await turn.decide(albums.undo, actor=turn.actor, album=album, now=turn.now, anchor=turn.card_anchor)
    if isinstance(outcome, NotAllowed | NotFound):
        return Toast("tap.stale")
    return None if outcome else Toast("change.nothing_to_undo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Album:
    """An album's pictures so far, each with its product if it has one."""

    album: str
    pictures: tuple[tuple[Pasted, Product | None], ...]


def _load_album(tx: Tx, params: Params, chat: int) -> Album | None:
    album = str(params["album"])
    found = albums.of(tx, chat, album)
    if not found or not roles.has_role(tx, chat, Role.HOST):
        return None
    named = [(one, None if one.product_id is None else products.view(tx, one.product_id)) for one in found]
    return Album(album=album, pictures=tuple(named))


def _album(face: Face, view: Album) -> Rendered:
    """How many pictures have found their products, and what could not be understood."""
    t = face.t
    given = [product for one, product in view.pictures if product is not None and not one.is_undone]
    undone = [product for one, product in view.pictures if product is not None and one.is_undone]
    foreign = list(dict.fromkeys(one.caption for one, product in view.pictures if product is None and one.caption))
    bare = sum(product is None and not one.caption for one, product in view.pictures)
    text = lines(
        [
            t.n("album.given", len(given)) if given else t("album.none_given"),
            *(
                t("album.line", code=product.code, name=formats.name(product.names, face.lang))
                for product in {product.id: product for product in given}.values()
            ),
            t.n("album.undone", len(undone)) if undone else None,
            t.n("album.bare", bare) if bare else None,
            t("album.unknown", captions=", ".join(f"“{caption}”" for caption in foreign)) if foreign else None,
            t("album.how") if bare or foreign else None,
        ]
    )
    rows = ((face.button("undo", "undoalbum", view.album),),) if given else ()
    return Rendered(text=text, rows=rows)


# -- Addresses that can't be loaded -------------------------------------------------------------------------


def _load_refused(tx: Tx, _params: Params, chat: int) -> list[tuple[str, str]] | None:
    found = addresses.bad(tx)
    return found if found and roles.has_role(tx, chat, Role.HOST) else None


def _refused(face: Face, found: list[tuple[str, str]]) -> Rendered:
    more = len(found) - _MOST_LISTED
    text = lines(
        [
            face.t("pictures.refused"),
            *(
                face.t("pictures.refused_line", code=code, address=_shortened(address))
                for code, address in found[:_MOST_LISTED]
            ),
            face.t.n("pictures.and_more", more) if more > 0 else None,
            face.t("pictures.refused_how"),
        ]
    )
    return Rendered(text=text)


def _shortened(address: str) -> str:
    """As much of an address as it takes to know it again."""
    return address if len(address) <= _LONGEST_ADDRESS else f"{address[:_LONGEST_ADDRESS]}…"


TAPS: Mapping[str, Tap] = {"undoalbum": Tap(run=undo_album, words=1)}
KINDS: Kinds = {
    "album_card": Kind(load=_load_album, show=_album),
    "pictures_refused": Kind(load=_load_refused, show=_refused),
}
