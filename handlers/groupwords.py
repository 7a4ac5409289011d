"""What is said about groups: the one message a group sees, what has to be switched, and what people are told in
private of what their words hold.

Owns the wording of what `groups` and `storage.claiming` cause. Nothing personal stands in a group.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from handlers import formats, shipwindows, streamcards
from handlers.translation import Html, lines
from handlers.wording import Face, Kind, Kinds, Rendered
from shop import wanted
from shop.offers import Standing
from shop.streams import StreamStatus
from shop.wanted import Line
from storage import claims, groups, offers, people, roles, streams
from storage.claims import Claim, Tally
from storage.connection import Tx
from storage.groups import Group
from storage.offers import Offer
from storage.outbox import Params
from storage.roles import Role
from storage.streams import Stream

MOST_OFFERS = 12
MOST_LINKS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A linked group, the stream it is told of and what that sells; without a stream, nothing is on."""

    group: Group
    stream: Stream | None
    offers: tuple[Offer, ...]
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """What is held for somebody: the offers in order, the group's title if it was one, the person's name if known."""

    claim: Claim
    offers: tuple[Offer, ...]
    title: str | None
    name: str | None
    is_asked: bool = False


# -- In the group --------------------------------------------------------------------------------------------


def _load_card(tx: Tx, params: Params, chat: int) -> GroupView | None:
    group = groups.view(tx, chat)
    stream = streams.view(tx, int(params["stream"] or 0))
    if group is None or stream is None or stream.status is StreamStatus.DRAFT:
        return None
    return _view(tx, group, stream)


def _view(tx: Tx, group: Group, stream: Stream | None) -> GroupView:
    listed = () if stream is None else tuple(offers.listing(tx, stream.id))
    none = Tally(orders=0, unopened=0, released=0)
    return GroupView(
        group=group,
        stream=stream,
        offers=listed,
        tally=none if stream is None else claims.tally(tx, group.id, stream.id),
    )


def _how(face: Face, opened: Sequence[Offer]) -> Html | None:
    """How an order is written, with something that can be had just now; nothing where nothing can."""
    found = [offer for offer in opened if not offer.is_paused and (offer.free is None or offer.free > 0)]
    if not found:
        return None
    quantity = 2 if found[0].free is None or found[0].free > 1 else 1
    return face.t("group.how", example=wanted.said([Line(code=found[0].code, quantity=quantity)]))


def _card(face: Face, view: GroupView) -> Rendered:
    """The collective message: how many, what is left, where to pay."""
    stream, t = view.stream, face.t
    if stream is None:
        raise ValueError("the collective message is about a stream")
    tally = view.tally
    counts = [
        t.n("group.orders", tally.orders),
        t.n("group.unopened", tally.unopened) if tally.unopened else None,
        t.n("group.released", tally.released) if tally.released else None,
    ]
    opened = [offer for offer in view.offers if offer.standing(face.now) in (Standing.OPEN, Standing.PAUSED)]
    if stream.status.is_over:
        # Only presales outlive their stream; words no longer order them, their links do.
        later = [_left(face, offer) for offer in opened[:MOST_OFFERS]]
        links = tuple(
            (face.link_button(t.plain("button.order_presale_of", code=offer.code), face.link(f"o_{offer.id}")),)
            for offer in opened[:MOST_LINKS]
        )
        head = [streamcards.title(face, stream), streamcards.when(face, stream)]
        return Rendered(text=lines([*head, *counts, *later]), rows=links)
    shown = [_left(face, offer) for offer in opened[:MOST_OFFERS]]
    more = len(opened) - len(shown)
    link = face.link(f"g_{view.group.token}")
    text = lines(
        [
            streamcards.title(face, stream),
            streamcards.when(face, stream),
            *counts,
            *shown,
            t.n("group.more_offers", more) if more else None,
            _how(face, opened),
            t("group.pay", link=link),
        ]
    )
    return Rendered(text=text, rows=((face.link_button(t.plain("button.open_stall"), link),),))


def _left(face: Face, offer: Offer) -> Html:
    return shipwindows.marked(face, _stock(face, offer), offer)


def _stock(face: Face, offer: Offer) -> Html:
    name, price = formats.name(offer.names, face.lang), face.money(offer.price)
    if offer.is_paused:
        return face.t("group.offer_paused", code=offer.code, name=name, price=price)
    if offer.is_sold_out:
        return face.t("group.offer_sold_out", code=offer.code, name=name)
    if offer.free is None:
        return face.t("group.offer", code=offer.code, name=name, price=price)
    packs = formats.packs(offer.free, offer.units, face.lang)
    return face.t("group.offer_left", code=offer.code, name=name, price=price, packs=packs)


def _load_linked(tx: Tx, _params: Params, chat: int) -> tuple[Group, list[Stream]] | None:
    group = groups.view(tx, chat)
    if group is None:
        return None
    chosen = None if group.stream_id is None else streams.view(tx, group.stream_id)
    return group, [] if chosen is None else [chosen]


def _linked(face: Face, view: tuple[Group, list[Stream]]) -> Rendered:
    group, chosen = view
    if not group.can_read:
        text = face.t("group.unreadable", bot=face.bot_username)
        return Rendered(text=text, rows=((face.button("check_again", "readcheck"),),))
    which = [face.t("group.linked_to", title=stream.title) for stream in chosen] or [face.t("group.linked_to_any")]
    return Rendered(text=lines([face.t("group.linked"), *which, face.t("group.how", example="EGG 2")]))


def _load_hint(_tx: Tx, params: Params, _chat: int) -> str:
    return str(params["suggestion"])


def _hint(face: Face, suggestion: str) -> Rendered:
    return Rendered(text=face.t("group.hint", example=suggestion))


# -- To people -----------------------------------------------------------------------------------------------


def _load_words_hint(tx: Tx, params: Params, _chat: int) -> tuple[str, str] | None:
    group = groups.by_id(tx, int(params["group"] or 0))
    return None if group is None else (group.title, str(params["suggestion"]))


def _words_hint(face: Face, view: tuple[str, str]) -> Rendered:
    title, suggestion = view
    return Rendered(text=face.t("claim.hint", title=title, example=suggestion))


def _claim_view(tx: Tx, params: Params) -> ClaimView | None:
    claim = claims.view(tx, int(params["claim"] or 0))
    if claim is None:
        return None
    found = [offers.view(tx, line.offer_id) for line in claim.lines]
    group = None if claim.group_id is None else groups.by_id(tx, claim.group_id)
    person = people.view(tx, claim.person_id)
    return ClaimView(
        claim=claim,
        offers=tuple(offer for offer in found if offer is not None),
        title=None if group is None else group.title,
        name=None if person is None else person.name,
        is_asked=bool(params.get("is_asked")),
    )


def _load_own(tx: Tx, params: Params, chat: int) -> ClaimView | None:
    view = _claim_view(tx, params)
    return view if view is not None and view.claim.person_id == chat else None


def _load_kept(tx: Tx, params: Params, chat: int) -> ClaimView | None:
    view = _load_own(tx, params, chat)
    return view if view is not None and view.claim.is_live else None


def _load_released(tx: Tx, params: Params, chat: int) -> ClaimView | None:
    view = _load_own(tx, params, chat)
    return view if view is not None and not view.claim.is_live else None


def _load_for_host(tx: Tx, params: Params, chat: int) -> ClaimView | None:
    return _claim_view(tx, params) if roles.has_role(tx, chat, Role.HOST) else None


def _goods(face: Face, view: ClaimView) -> Html:
    by_id = {offer.id: offer for offer in view.offers}
    return lines(
        shipwindows.marked(
            face,
            face.t(
                "claim.line" if line.is_kept else "claim.line_first_paid",
                name=formats.name(by_id[line.offer_id].names, face.lang),
                packs=formats.packs(line.quantity, by_id[line.offer_id].units, face.lang),
            ),
            by_id[line.offer_id],
        )
        for line in view.claim.lines
        if line.offer_id in by_id
    )


def _kept(face: Face, view: ClaimView) -> Rendered:
    until = view.claim.hold_until or 0
    if view.title is None or view.claim.added_by is not None:
        head = face.t("claim.kept_by_host", when=face.deadline(until))
    else:
        head = face.t("claim.kept", title=view.title, when=face.deadline(until))
    rows = () if view.is_asked else ((face.button("go_on", "claim", view.claim.id),),)
    return Rendered(text=lines([head, _goods(face, view)]), rows=rows)


def _released(face: Face, view: ClaimView) -> Rendered:
    rows = ((face.button("products", "offers", view.claim.stream_id),),)
    return Rendered(text=lines([face.t("claim.released"), _goods(face, view)]), rows=rows)


# -- To hosts ------------------------------------------------------------------------------------------------


def _who(face: Face, view: ClaimView) -> str:
    return view.name or face.t.plain("claim.somebody")


def _written_down(face: Face, view: ClaimView) -> Rendered:
    until = view.claim.hold_until or 0
    key = "claim.written_down" if view.claim.status is claims.Status.OPENED else "claim.written_down_stranger"
    text = lines([face.t(key, name=_who(face, view), when=face.deadline(until)), _goods(face, view)])
    return Rendered(text=text, rows=((face.button("desk", "desk", view.claim.stream_id),),))


def _unordered(face: Face, view: ClaimView) -> Rendered:
    return Rendered(text=lines([face.t("claim.unordered", name=_who(face, view)), _goods(face, view)]))


def _load_group(tx: Tx, params: Params, chat: int) -> Group | None:
    """Of a group that may be unlinked by now; for hosts only."""
    return groups.by_id(tx, int(params["group"] or 0)) if roles.has_role(tx, chat, Role.HOST) else None


def _gone(face: Face, group: Group) -> Rendered:
    return Rendered(text=face.t("group.left", title=group.title))


def _unreadable(face: Face, group: Group) -> Rendered:
    text = lines([face.t("group.cannot_read", title=group.title), face.t("group.unreadable", bot=face.bot_username)])
    return Rendered(text=text)


def _load_title(_tx: Tx, params: Params, _chat: int) -> str:
    return str(params["title"])


def _added(face: Face, title: str) -> Rendered:
    return Rendered(text=face.t("group.added", title=title, bot=face.bot_username))


KINDS: Kinds = {
    "group_card": Kind(load=_load_card, show=_card),
    "group_linked": Kind(load=_load_linked, show=_linked),
    "group_hint": Kind(load=_load_hint, show=_hint),
    "words_hint": Kind(load=_load_words_hint, show=_words_hint),
    "claim_kept": Kind(load=_load_kept, show=_kept),
    "claim_released": Kind(load=_load_released, show=_released),
    "claim_written_down": Kind(load=_load_for_host, show=_written_down),
    "claim_unordered": Kind(load=_load_for_host, show=_unordered),
    "group_left": Kind(load=_load_group, show=_gone),
    "group_unreadable": Kind(load=_load_group, show=_unreadable),
    "group_added": Kind(load=_load_title, show=_added),
}
