"""Looking around: the streams that are coming, what they sell, and one offer with its quantity.

Owns what viewers tap before they order. How a stream or an offer reads is in `streamcards` and `offercards`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import assert_never

from handlers import offercards, streamcards
from handlers.offercards import OfferView
from handlers.routing import CommandHandler, Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop.offers import Standing
from shop.streams import StreamStatus
from storage import offers, people, streams, watchers
from storage.connection import Tx
from storage.offers import Offer
from storage.outbox import Params
from storage.people import NotFound
from storage.streams import OutOfTurn, Stream
from storage.watchers import NotWatching, Watching

PAGE = 20
MOST_STREAMS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Offers to choose from, one page of them; `stream` is theirs if they are all of one."""

    stream: Stream | None
    offers: tuple[Offer, ...]
    page: int
    pages: int


# -- Streams -----------------------------------------------------------------------------------------------


def _upcoming(tx: Tx, at: int) -> list[Stream]:
    return streams.upcoming(tx, at, MOST_STREAMS)


def _load_streams(tx: Tx, params: Params, _chat: int) -> list[Stream]:
    """`at` is the moment of asking."""
    return _upcoming(tx, int(params["at"] or 0))


def _stream_list(face: Face, found: list[Stream]) -> Rendered:
    if not found:
        rows = ((face.button("shop", "shop"), face.button("help", "help")),)
        return Rendered(text=face.t("streams.none"), rows=rows)
    text = lines(
        [
            face.t("streams.title"),
            *(
                face.t("streams.line", title=streamcards.title(face, stream), when=streamcards.when(face, stream))
                for stream in found
            ),
        ]
    )
    return Rendered(text=text, rows=tuple((_stream_button(face, stream),) for stream in found))


def _stream_button(face: Face, stream: Stream) -> Button:
    if stream.status is StreamStatus.LIVE:
        return face.button("stream_live", "stream", stream.id, title=stream.title)
    return face.button("stream", "stream", stream.id, title=stream.title, moment=face.moment(stream.starts_at))


async def show_streams(turn: Turn) -> None:
    """What is coming and what is live; a single stream is shown at once."""
    found = await turn.look(_upcoming, turn.now)
    if len(found) == 1:
        await turn.show("stream_card", stream=found[0].id)
    else:
        await turn.show("streams", at=turn.now)


async def streams_command(turn: Turn, _argument: str) -> None:
    """/streams."""
    await show_streams(turn)


async def stream_tap(turn: Turn, stream: int) -> Toast | None:
    """One stream's card."""
    return None if await turn.show("stream_card", stream=stream) else Toast("tap.stale")


async def remind(turn: Turn, stream: int) -> Toast | None:
    """`Remind me`."""
    outcome = await turn.decide(watchers.watch, actor=turn.actor, stream_id=stream, now=turn.now, anchor=turn.anchor)
    match outcome:
        case Watching():
            return Toast("remind.on")
        case OutOfTurn():
            await turn.show("stream_card", stream=stream)
            return Toast("remind.over")
        case NotFound():
            return Toast("tap.stale")
        case _:
            assert_never(outcome)


async def unremind(turn: Turn, stream: int) -> Toast | None:
    """`Stop reminders`."""
    outcome = await turn.decide(
        watchers.unwatch, actor=turn.actor, stream_id=stream, now=turn.now, anchor=turn.anchor
    )
    match outcome:
        case NotWatching():
            return Toast("remind.off")
        case NotFound():
            return Toast("tap.stale")
        case _:
            assert_never(outcome)


async def follow_at(turn: Turn, stream: int) -> Toast:
    """`Follow` on a stream's card."""
    if await turn.look(streamcards.load, {"stream": stream}, turn.actor) is None:
        return Toast("tap.stale")
    is_new = await turn.decide(people.follow, actor=turn.actor, stream=stream, now=turn.now, anchor=turn.anchor)
    return Toast("follow.toast" if is_new else "follow.toast_already")


# -- Offers ------------------------------------------------------------------------------------------------


def _shelf(stream: Stream | None, found: Sequence[Offer], page: int) -> Shelf:
    pages = max(1, -(-len(found) // PAGE))
    at = min(max(page, 0), pages - 1)
    return Shelf(stream=stream, offers=tuple(found[at * PAGE : (at + 1) * PAGE]), page=at, pages=pages)


def _load_offers(tx: Tx, params: Params, chat: int) -> Shelf | None:
    stream = streams.view(tx, int(params["stream"] or 0))
    if stream is None or not streams.is_visible_to(tx, stream, chat):
        return None
    return _shelf(stream, offers.listing(tx, stream.id), int(params.get("page") or 0))


def _load_shop(tx: Tx, params: Params, _chat: int) -> Shelf:
    """Every offer of the streams that are announced or live that is open, or paused for a while, and the presales of
    those that are over."""
    at = int(params["at"] or 0)
    found = [offer for stream in _upcoming(tx, at) for offer in offers.listing(tx, stream.id)]
    found = [offer for offer in found if offer.standing(at) in (Standing.OPEN, Standing.PAUSED)]
    found += sorted(offers.presales_after_streams(tx, at), key=lambda offer: -offer.stream_id)
    return _shelf(None, found, int(params.get("page") or 0))


def _offer_rows(face: Face, found: Sequence[Offer]) -> Rows:
    return tuple((offercards.button(face, offer),) for offer in found)


def _page_row(face: Face, shelf: Shelf, verb: str, *args: int) -> Rows:
    """Buttons to the pages before and after, if there are any."""
    row: list[Button] = []
    if shelf.page > 0:
        row.append(face.button("page_before", verb, *args, shelf.page - 1))
    if shelf.page + 1 < shelf.pages:
        row.append(face.button("page_after", verb, *args, shelf.page + 1))
    return (tuple(row),) if row else ()


def _offer_list(face: Face, shelf: Shelf) -> Rendered:
    stream = shelf.stream
    if stream is None:
        raise ValueError("a stream's products need the stream")
    back = (face.button("back_to_stream", "stream", stream.id),)
    if not shelf.offers:
        return Rendered(text=face.t("offers.none", title=stream.title), rows=(back,))
    text = lines(
        [
            face.t("offers.title", title=stream.title),
            *(offercards.line(face, offer) for offer in shelf.offers),
            face.t("offers.choose"),
        ]
    )
    rows = (*_offer_rows(face, shelf.offers), *_page_row(face, shelf, "offersp", stream.id), back)
    return Rendered(text=text, rows=rows)


def _shop_lines(face: Face, found: Sequence[Offer]) -> list[Html]:
    """A line for each offer, under their streams' titles."""
    parts: list[Html] = []
    for _, group in groupby(found, key=lambda offer: offer.stream_id):
        of_stream = list(group)
        parts.append(face.t("shop.stream", title=of_stream[0].stream_title))
        parts += [offercards.line(face, offer) for offer in of_stream]
    return parts


def _shop(face: Face, shelf: Shelf) -> Rendered:
    if not shelf.offers:
        rows = ((face.button("streams", "streams"), face.button("help", "help")),)
        return Rendered(text=face.t("shop.none"), rows=rows)
    text = lines([face.t("shop.title"), *_shop_lines(face, shelf.offers), face.t("offers.choose")])
    return Rendered(text=text, rows=(*_offer_rows(face, shelf.offers), *_page_row(face, shelf, "shopp")))


async def show_shop(turn: Turn, page: int = 0) -> None:
    """Everything that can be ordered now."""
    await turn.show("shop", at=turn.now, page=page)


async def shop_command(turn: Turn, _argument: str) -> None:
    """/shop."""
    await show_shop(turn)


async def offers_tap(turn: Turn, stream: int, page: int = 0) -> Toast | None:
    """`Products` of a stream."""
    return None if await turn.show("offers", stream=stream, page=page) else Toast("tap.stale")


async def offer_tap(turn: Turn, offer: int, quantity: int) -> Toast | None:
    """An offer's card with this quantity; where that can't be had, with the nearest one, and the reason."""
    view: OfferView | None = await turn.show_seen("offer_card", offer=offer, quantity=quantity)
    if view is None:
        return Toast("tap.stale")
    if quantity < 1:
        return Toast("offer.toast_least")
    if quantity <= view.possible or view.possible == 0:
        return None
    free, limit = view.offer.free, view.offer.limit_per_buyer
    if free is not None and free == view.possible:
        return Toast("offer.toast_left", {"left": free})
    if limit is not None and view.already:
        return Toast("offer.toast_limit_with", {"limit": limit, "already": view.already})
    return Toast("offer.toast_limit", {"limit": view.possible})


COMMANDS: Mapping[str, CommandHandler] = {"streams": streams_command, "shop": shop_command}
TAPS: Mapping[str, Tap] = {
    "streams": Tap(run=show_streams),
    "stream": Tap(run=stream_tap, ints=1),
    "remind": Tap(run=remind, ints=1),
    "unremind": Tap(run=unremind, ints=1),
    "followat": Tap(run=follow_at, ints=1),
    "shop": Tap(run=show_shop),
    "shopp": Tap(run=show_shop, ints=1),
    "offers": Tap(run=offers_tap, ints=1),
    "offersp": Tap(run=offers_tap, ints=2),
    "offer": Tap(run=offer_tap, ints=2),
}
STEPS: Mapping[str, Step] = {}
KINDS: Kinds = {
    **streamcards.KINDS,
    **offercards.KINDS,
    "streams": Kind(load=_load_streams, show=_stream_list),
    "offers": Kind(load=_load_offers, show=_offer_list),
    "shop": Kind(load=_load_shop, show=_shop),
}
