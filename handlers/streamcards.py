"""A stream as people see it: its card, and what is told of it when it goes live, comes near, moves or is called off.

Owns the message kinds `stream_*` for viewers. What is tapped on them is in `browse`; the host's desk is elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from handlers import formats
from handlers.offercards import my_cart
from handlers.translation import Html, lines
from handlers.wording import HALF_A_MINUTE, Button, Face, FileId, Kind, Kinds, Rendered, Rows
from shop.streams import StreamStatus
from storage import carts, offers, people, streams, watchers
from storage.connection import Tx
from storage.outbox import Params
from storage.streams import Stream

NAMED_PRODUCTS = 3
PLATFORMS_PER_ROW = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamView:
    """A stream, what it sells (names by language), where the reader stands to it, how many lines their cart has."""

    stream: Stream
    products: tuple[dict[str, str], ...]
    is_watching: bool
    follows: bool
    carted: int = 0
    is_preview: bool = False


def load(tx: Tx, params: Params, chat: int) -> StreamView | None:
    """The stream `params` names, if the reader may see it."""
    stream = streams.view(tx, int(params["stream"] or 0))
    if stream is None or not streams.is_visible_to(tx, stream, chat):
        return None
    reader = people.view(tx, chat)
    named = {offer.product_id: offer.names for offer in offers.listing(tx, stream.id)}
    return StreamView(
        stream=stream,
        products=tuple(named.values()),
        is_watching=watchers.is_watching(tx, stream.id, chat),
        follows=reader is not None and reader.follows,
        carted=carts.count(tx, chat),
        is_preview=bool(params.get("preview")),
    )


def _load_live(tx: Tx, params: Params, chat: int) -> StreamView | None:
    """Only while it is."""
    view = load(tx, params, chat)
    return view if view is not None and view.stream.status is StreamStatus.LIVE else None


def _load_ahead(tx: Tx, params: Params, chat: int) -> StreamView | None:
    """Only while it is still to come, at the very start the message speaks of."""
    view = load(tx, params, chat)
    if view is None or view.stream.status is not StreamStatus.ANNOUNCED:
        return None
    return view if view.stream.starts_at == params["starts_at"] else None


def _load_cancelled(tx: Tx, params: Params, chat: int) -> StreamView | None:
    view = load(tx, params, chat)
    return view if view is not None and view.stream.status is StreamStatus.CANCELLED else None


def when(face: Face, stream: Stream) -> Html:
    """The moment in the stall's zone and how far it is, or what became of the stream."""
    moment = face.moment(stream.starts_at)
    match stream.status:
        case StreamStatus.LIVE:
            return face.t("stream.live_now")
        case StreamStatus.ENDED:
            return face.t("stream.ended", moment=moment)
        case StreamStatus.CANCELLED:
            return face.t("stream.cancelled", moment=moment)
        case _ if stream.starts_at <= face.now:
            return face.t("stream.due", moment=moment)
        case _:
            return face.t("stream.when", moment=moment, countdown=_countdown(face, stream.starts_at))


def title(face: Face, stream: Stream) -> Html:
    """The title in bold, red while it is live."""
    key = "stream.title_live" if stream.status is StreamStatus.LIVE else "stream.title"
    return face.t(key, title=stream.title)


def _countdown(face: Face, at: int) -> str:
    return formats.countdown(at + HALF_A_MINUTE, face.now, face.t)


def _sells(face: Face, products: tuple[dict[str, str], ...]) -> str | None:
    """The first products by name, and how many more there are."""
    if not products:
        return None
    first = [formats.name(names, face.lang) for names in products[:NAMED_PRODUCTS]]
    names = face.t("list.separator").join(first)
    more = len(products) - len(first)
    if not more:
        return names
    return face.t.n("stream.products_and_more", more, names=names)


def _watch(face: Face, stream: Stream) -> Html | None:
    if not stream.platforms:
        return None
    return face.t("stream.watch", platforms=" · ".join(platform.name for platform in stream.platforms))


def _platform_rows(face: Face, stream: Stream) -> Rows:
    links = [face.link_button(platform.name, platform.url) for platform in stream.platforms]
    return tuple(tuple(links[at : at + PLATFORMS_PER_ROW]) for at in range(0, len(links), PLATFORMS_PER_ROW))


def _reminder(face: Face, view: StreamView) -> Button:
    if view.is_watching:
        return face.button("stop_reminders", "unremind", view.stream.id)
    return face.button("remind_me", "remind", view.stream.id)


def _rows(face: Face, view: StreamView) -> Rows:
    """What can be done with the stream now."""
    stream = view.stream
    first: list[Button] = []
    if view.products and stream.status is not StreamStatus.CANCELLED:
        first.append(face.button("products", "offers", stream.id))
    if stream.status in (StreamStatus.DRAFT, StreamStatus.ANNOUNCED):
        first.append(_reminder(face, view))
    second = [] if view.follows else [face.button("follow", "followat", stream.id)]
    second += my_cart(face, view.carted)
    if stream.status.is_over:
        return _without_empty([first, [face.button("streams", "streams"), *second]])
    return (*_without_empty([first, second]), *_platform_rows(face, stream))


def _without_empty(rows: Iterable[list[Button]]) -> Rows:
    return tuple(tuple(row) for row in rows if row)


def _rendered(stream: Stream, text: Html, rows: Rows) -> Rendered:
    return Rendered(text=text, rows=rows, media=None if stream.photo is None else FileId(file_id=stream.photo))


def stream_card(face: Face, view: StreamView) -> Rendered:
    """The card that announces a stream, opens from its link and answers everything tapped on it."""
    stream = view.stream
    text = lines(
        [
            title(face, stream),
            when(face, stream),
            _sells(face, view.products),
            None if stream.status.is_over else _watch(face, stream),
            None if stream.status.is_over else face.link(f"s_{stream.code}"),
            face.t("stream.preview") if view.is_preview else None,
        ]
    )
    return _rendered(stream, text, _rows(face, view))


def _stream_live(face: Face, view: StreamView) -> Rendered:
    stream = view.stream
    text = lines(
        [
            face.t("stream.has_begun", title=stream.title),
            _sells(face, view.products),
            _watch(face, stream),
            face.link(f"s_{stream.code}"),
        ]
    )
    return _rendered(stream, text, _rows(face, view))


def _stream_soon(face: Face, view: StreamView) -> Rendered:
    """A reminder; no picture, it is read in passing."""
    stream = view.stream
    if stream.starts_at - face.now < HALF_A_MINUTE:
        head = face.t("stream.begins_now", title=stream.title)
    else:
        head = face.t("stream.begins_in", title=stream.title, countdown=_countdown(face, stream.starts_at))
    text = lines([head, face.moment(stream.starts_at), _sells(face, view.products), _watch(face, stream)])
    return Rendered(text=text, rows=_rows(face, view))


def _stream_moved(face: Face, view: StreamView) -> Rendered:
    stream = view.stream
    text = lines([face.t("stream.moved", title=stream.title), when(face, stream), face.t("stream.moved_reminders")])
    return Rendered(text=text, rows=_rows(face, view))


def _stream_cancelled(face: Face, view: StreamView) -> Rendered:
    stream = view.stream
    text = face.t("stream.called_off", title=stream.title, moment=face.moment(stream.starts_at))
    return Rendered(text=text, rows=((face.button("my_orders", "orders"), face.button("streams", "streams")),))


KINDS: Kinds = {
    "stream_card": Kind(load=load, show=stream_card),
    "stream_live": Kind(load=_load_live, show=_stream_live),
    "stream_soon": Kind(load=_load_ahead, show=_stream_soon),
    "stream_moved": Kind(load=_load_ahead, show=_stream_moved),
    "stream_cancelled": Kind(load=_load_cancelled, show=_stream_cancelled),
}
