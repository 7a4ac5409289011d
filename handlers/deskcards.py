"""The desk as a message, the questions asked in its place, and what the clock tells a host.

What the buttons do is in `announcing`. Everything here is for hosts only: others get nothing.
"""

from dataclasses import replace

from handlers import formats, presalecards, salesboard, shipwindows, streamcards
from handlers.buyers import ran_out
from handlers.hostquestions import STATUS
from handlers.orderviews import worded
from handlers.translation import Html, escaped, lines
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop.offers import Standing
from shop.orders import OrderStatus
from shop.streams import StreamStatus
from storage import buyers, desks, orders, pseudonyms, roles
from storage.connection import Tx
from storage.desks import Desk
from storage.offers import Offer
from storage.orders import Order
from storage.outbox import Params
from storage.roles import Role

# Telegram takes 4,096 characters a message; a line of an offer has at most about 130.
MOST_OFFERS = 20


def load(tx: Tx, params: Params, chat: int) -> Desk | None:
    """The desk of the stream `params` names, for a host."""
    view = desks.view(tx, int(params["stream"] or 0), chat)
    if view is None:
        return None
    return replace(view, is_start_moved=bool(params.get("is_start_moved")), is_refresh=bool(params.get("is_refresh")))


def desk(face: Face, view: Desk) -> Rendered:
    """Title, time, state, platforms, money and orders, product by product, people, and the link to hand out.

    Of a draft that sells nothing yet: what it will sell, and who will hear of it.
    """
    t, stream = face.t, view.stream
    is_draft = stream.status is StreamStatus.DRAFT
    facts = lines(
        [
            streamcards.title(face, stream),
            _when(face, view),
            t("host.when_moved") if view.is_start_moved else None,
            _platforms(face, view),
            t("desk.paused") if stream.paused_at is not None and _sells(face, view) else None,
        ]
    )
    standing = lines(
        [
            None if is_draft else salesboard.sums(face, view.board),
            _orders(face, view),
            t("desk.paid_stay") if stream.status is StreamStatus.CANCELLED and view.paid else None,
        ]
    )
    link = t("desk.link", link=face.link(f"s_{stream.code}"))
    if is_draft:
        link = lines([link, t("desk.link_of_draft")])
    text = _blocks(facts, standing, _offers(face, view), _people(face, view), link)
    return Rendered(text=text, rows=_rows(face, view), stays=view.is_refresh)


def _blocks(*parts: Html | None) -> Html:
    return Html("\n\n".join(part for part in parts if part))


def _sells(face: Face, view: Desk) -> bool:
    """Is there something that is, or may yet be, on sale? Of a stream that is over, a presale may be."""
    return any(offer.standing(face.now) is not Standing.CLOSED for offer in view.offers)


def _when(face: Face, view: Desk) -> Html:
    """The time and how far it is; a word for the state where the time alone does not say it."""
    stream = view.stream
    text = streamcards.when(face, stream)
    if stream.status in (StreamStatus.DRAFT, StreamStatus.ANNOUNCED):
        return face.t("desk.when_and_status", when=text, status=face.t(STATUS[stream.status]))
    return text


def _platforms(face: Face, view: Desk) -> Html | None:
    links = [
        Html(f'<a href="{escaped(platform.url)}">{escaped(platform.name)}</a>') for platform in view.stream.platforms
    ]
    return face.t("desk.watch", platforms=Html(" · ".join(links))) if links else None


def _offers(face: Face, view: Desk) -> Html:
    if not view.offers:
        return face.t("desk.no_offers")
    if view.stream.status is not StreamStatus.DRAFT:
        return salesboard.products(face, view.board)
    shown = [_offer(face, offer) for offer in view.offers[:MOST_OFFERS]]
    more = len(view.offers) - len(shown)
    return lines([*shown, face.t.n("desk.more_offers", more) if more else None])


def _offer(face: Face, offer: Offer) -> Html:
    left = (
        face.t("desk.unlimited") if offer.free is None else face.t("desk.left", packs=_packs(face, offer.free, offer))
    )
    said = face.t(
        "desk.offer",
        code=offer.code,
        name=formats.name(offer.names, face.lang),
        price=salesboard.price(face, offer),
        sold=formats.number(offer.taken, face.lang),
        left=left,
    )
    return shipwindows.marked(face, said, offer)


def _packs(face: Face, quantity: int, offer: Offer) -> str:
    return formats.packs(quantity, offer.units, face.lang)


def _people(face: Face, view: Desk) -> Html | None:
    """Who will hear of a draft, and who of a start that is ahead."""
    watchers = face.t.n("desk.watchers", view.watchers)
    match view.stream.status:
        case StreamStatus.DRAFT:
            return face.t("desk.people", followers=face.t.n("desk.followers", view.followers), watchers=watchers)
        case StreamStatus.ANNOUNCED:
            return face.t("desk.watched", watchers=watchers)
        case _:
            return None


def _orders(face: Face, view: Desk) -> Html | None:
    if not view.unpaid + view.paid + view.completed:
        return None
    counts = {"unpaid": view.unpaid, "paid": view.paid, "completed": view.completed}
    figures = {name: formats.number(count, face.lang) for name, count in counts.items()}
    review = view.board.under_review
    return lines([face.t("desk.orders", **figures), face.t.n("board.under_review", review) if review else None])


def _rows(face: Face, view: Desk) -> Rows:
    """What can be done now (DESIGN §4)."""
    id_ = view.stream.id
    add, report = face.button("add_products", "pick", id_, 0), face.button("report", "report", id_)
    show, edit = face.button("preview", "preview", id_), face.button("edit", "edit", id_)
    special = face.button("special_prices", "specials", id_)
    end, cancel = face.button("end_stream", "end", id_), face.button("cancel_stream", "cancels", id_)
    can_change = _sells(face, view)
    stock = ((face.button("stock", "lots", id_, 0),),) if can_change else ()
    if view.stream.status not in (StreamStatus.DRAFT, StreamStatus.CANCELLED):
        stock = (*presalecards.desk_rows(face, view.offers), *stock)
    group, missed = face.button("groups", "groups", id_), face.button("add_order", "addorder", id_)
    push, pause = face.button("push", "pushes", id_, 0), face.button("pause", "selling", id_, 0)
    if view.stream.paused_at is not None:
        pause = face.button("resume", "resumedesk", id_)
    match view.stream.status:
        case StreamStatus.DRAFT:
            return ((add, show), *stock, (face.button("announce", "announce", id_), edit), (special, cancel))
        case StreamStatus.ANNOUNCED:
            return (
                (add, show),
                *stock,
                *(((push, pause),) if can_change else ()),
                (face.button("go_live", "live", id_), end),
                (edit, report),
                (missed, group),
                (special, cancel),
            )
        case StreamStatus.LIVE:
            selling = ((push, pause),) if can_change else ()
            return (*selling, (add, end), *stock, (edit, report), (missed, group), (special,))
        case _:
            return (*stock, *(((pause,),) if can_change else ()), (report,))


# -- Questions in the desk's place ---------------------------------------------------------------------------


def _load_running(tx: Tx, params: Params, chat: int) -> Desk | None:
    view = load(tx, params, chat)
    return None if view is None or view.stream.status.is_over else view


def _load_endable(tx: Tx, params: Params, chat: int) -> Desk | None:
    view = _load_running(tx, params, chat)
    return None if view is None or view.stream.status is StreamStatus.DRAFT else view


def _load_due(tx: Tx, params: Params, chat: int) -> Desk | None:
    view = load(tx, params, chat)
    return view if view is not None and view.stream.status is StreamStatus.ANNOUNCED else None


def _yes_or_no(face: Face, view: Desk, verb: str) -> Rows:
    return ((face.button("yes", verb, view.stream.id), face.button("no", "desk", view.stream.id)),)


def _ask_end(face: Face, view: Desk) -> Rendered:
    unpaid = face.t.n("desk.unpaid_stay", view.unpaid) if view.unpaid else None
    text = lines([face.t("desk.ask_end", title=view.stream.title), unpaid])
    return Rendered(text=text, rows=_yes_or_no(face, view, "endyes"))


def _ask_cancel(face: Face, view: Desk) -> Rendered:
    text = lines(
        [
            face.t("desk.ask_cancel", title=view.stream.title),
            face.t.n("desk.watchers_are_told", view.watchers) if view.watchers else None,
            face.t.n("desk.unpaid_end", view.unpaid) if view.unpaid else None,
            face.t.n("desk.paid_would_stay", view.paid) if view.paid else None,
        ]
    )
    return Rendered(text=text, rows=_yes_or_no(face, view, "cancelsyes"))


def _edit(face: Face, view: Desk) -> Rendered:
    """Once live, the start stays."""
    id_ = view.stream.id
    texts = [face.button("edit_title", "editf", id_, "title")]
    if view.stream.status is not StreamStatus.LIVE:
        texts.append(face.button("edit_time", "editf", id_, "when"))
    looks = (
        face.button("edit_platforms", "editf", id_, "platforms"),
        face.button("edit_picture", "editf", id_, "picture"),
    )
    rows = (tuple(texts), looks, (back(face, id_),))
    return Rendered(text=face.t("desk.ask_edit", title=view.stream.title), rows=rows)


def back(face: Face, stream_id: int) -> Button:
    """The way to the desk from everything that was opened there."""
    return face.button("desk", "desk", stream_id)


# -- From the clock ------------------------------------------------------------------------------------------


def _due(face: Face, view: Desk) -> Rendered:
    id_ = view.stream.id
    text = face.t("desk.due", title=view.stream.title, moment=face.moment(view.stream.starts_at))
    return Rendered(text=text, rows=((face.button("go_live", "live", id_), back(face, id_)),))


def _load_expired(tx: Tx, params: Params, chat: int) -> tuple[Order, tuple[int, ...]] | None:
    """None for who is no host, and once late money has brought the order back."""
    order = orders.view(tx, int(params["order"] or 0))
    if order is None or order.status is not OrderStatus.EXPIRED or not roles.has_role(tx, chat, Role.HOST):
        return None
    return order, buyers.ran_out(tx, order.buyer_id)


def _expired(face: Face, view: tuple[Order, tuple[int, ...]]) -> Rendered:
    order = view[0]
    rows: Rows = ()
    if not pseudonyms.is_one(order.buyer_id):
        rows = ((face.button("buyer", "buyer", order.buyer_id),),)
    goods = [
        shipwindows.marked(
            face,
            face.t("desk.expired_line", quantity=line.quantity, name=formats.name(line.names, face.lang)),
            line,
        )
        for line in order.lines
    ]
    return Rendered(
        text=lines(
            [
                face.t("desk.order_expired", code=order.code),
                *goods,
                face.t(worded(order, "desk.free_again", "desk.free_again.first_paid")),
                ran_out(face, view[1]),
            ]
        ),
        rows=rows,
    )


KINDS: Kinds = {
    "desk": Kind(load=load, show=desk),
    "ask_end": Kind(load=_load_endable, show=_ask_end),
    "ask_cancel_stream": Kind(load=_load_running, show=_ask_cancel),
    "edit_stream": Kind(load=_load_running, show=_edit),
    "stream_due_host": Kind(load=_load_due, show=_due),
    "order_expired_host": Kind(load=_load_expired, show=_expired),
}
