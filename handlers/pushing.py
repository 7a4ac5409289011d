"""One product told to everybody: the host's list under `Push`, and the message people and groups get.

Owns the message kinds `pushes` and `offer_pushed*`; when it may be told and who hears it is decided in
`storage.pushes` and `storage.broadcasts`. What people get is the product's own card, with its buttons.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from handlers import deskcards, formats, offercards, pausing, salesboard, shipwindows
from handlers.formats import name
from handlers.offercards import OfferView
from handlers.routing import Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered
from shop.streams import StreamStatus
from shop.wanted import Line, said
from storage import groups, offers, pushes
from storage.connection import Tx
from storage.offers import Offer
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.pushes import JustPushed, NothingToOrder, Push, Pushed
from storage.streams import Stream

_STALE = Toast("tap.stale")


# -- The host's list ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushes:
    """What a stream sells, the page that is asked for, and when each product was last told to everybody."""

    stream: Stream
    offers: tuple[Offer, ...]
    page: int
    last: Mapping[int, Push]


def _load_list(tx: Tx, params: Params, chat: int) -> Pushes | None:
    found = pausing.load(tx, params, chat)
    if found is None or found[0].status.is_over:
        return None
    stream, listed, page = found
    told = {offer.id: last for offer in listed if (last := pushes.last(tx, offer.id)) is not None}
    return Pushes(stream=stream, offers=tuple(listed), page=page, last=told)


def _list(face: Face, loaded: Pushes) -> Rendered:
    view = pausing.paged(face, (loaded.stream, list(loaded.offers), loaded.page))
    back = (deskcards.back(face, view.stream.id),)
    if not view.offers:
        return Rendered(text=face.t("selling.nothing", title=view.stream.title), rows=(back,))
    told = [_told(face, offer, loaded.last[offer.id]) for offer in view.offers if offer.id in loaded.last]
    rows = tuple(
        (_button(face, offer, view.page),) for offer in view.offers if pushes.is_worth_while(offer, face.now)
    )
    text = lines(
        [face.t("push.title", title=view.stream.title), face.t("push.pick" if rows else "push.none_open"), *told]
    )
    return Rendered(text=text, rows=(*rows, *pausing.page_row(face, "pushes", view), back))


def _told(face: Face, offer: Offer, push: Push) -> Html:
    """ "EGG · 20:03 · Olga"."""
    return face.t("push.told", code=shipwindows.code(face, offer), moment=face.moment(push.at), by=push.by)


def _button(face: Face, offer: Offer, page: int) -> Button:
    values = {
        "code": shipwindows.code(face, offer),
        "name": name(offer.names, face.lang),
        "price": salesboard.price(face, offer),
    }
    return face.button("push_one", "push", offer.id, page, **values)


async def listed(turn: Turn, stream: int, page: int) -> Toast | None:
    """`Push` on the desk, and the pages of its list."""
    return None if await turn.show("pushes", stream=stream, page=page) else _STALE


async def push(turn: Turn, offer: int, page: int) -> Toast | None:
    """A product of the list: one tap, and people are told."""
    outcome = await turn.decide(
        pushes.push, actor=turn.actor, offer_id=offer, now=turn.now, page=page, anchor=turn.anchor
    )
    match outcome:
        case Pushed():
            return Toast("push.toast")
        case JustPushed(push=before):
            time = formats.time_of_day(before.at, turn.settings.zone)
            return Toast("push.just_told", {"time": time, "by": before.by}, is_alert=True)
        case NothingToOrder():
            return Toast("push.nothing_to_order", is_alert=True)
        case NotAllowed() | NotFound():
            return _STALE
        case _:
            assert_never(outcome)


# -- What is told ---------------------------------------------------------------------------------------------


def _load_pushed(tx: Tx, params: Params, chat: int) -> OfferView | None:
    """The card with one pack chosen; None once it is no news: nothing to be had, for anybody or for this reader."""
    view = offercards.load(tx, {"offer": params["offer"], "quantity": 1}, chat)
    return view if view is not None and view.possible and _is_news(view.offer) else None


def _is_news(offer: Offer) -> bool:
    """Can it still be had, as far as it does not depend on the time?"""
    return not offer.stream_status.is_over and not offer.is_paused and not offer.is_sold_out


def _pushed(face: Face, view: OfferView) -> Rendered:
    card = offercards.offer_card(face, view)
    return replace(card, text=lines([_head(face, view.offer), card.text]))


def _head(face: Face, offer: Offer) -> Html:
    is_live = offer.stream_status is StreamStatus.LIVE
    return face.t("push.live" if is_live else "push.ahead", title=offer.stream_title)


def _load_for_group(tx: Tx, params: Params, chat: int) -> Offer | None:
    """Only while the group is linked."""
    offer = offers.view(tx, int(params["offer"] or 0))
    return offer if offer is not None and _is_news(offer) and groups.view(tx, chat) is not None else None


def _for_group(face: Face, offer: Offer) -> Rendered:
    """Name, price, what is left, how to order in words, and the link; nobody is named."""
    link = face.link(f"o_{offer.id}")
    text = lines(
        [
            _head(face, offer),
            offercards.line(face, offer),
            face.t("push.in_words", example=said([Line(code=offer.code, quantity=1)])),
            face.t("push.link", link=link),
        ]
    )
    return Rendered(text=text, rows=((face.link_button(face.t.plain("button.see_offer"), link),),))


TAPS: Mapping[str, Tap] = {"pushes": Tap(run=listed, ints=2), "push": Tap(run=push, ints=2)}
KINDS: Kinds = {
    "pushes": Kind(load=_load_list, show=_list),
    "offer_pushed": Kind(load=_load_pushed, show=_pushed),
    "offer_pushed_group": Kind(load=_load_for_group, show=_for_group),
}
