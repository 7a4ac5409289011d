"""A waiting list as buyers see it: joining, one's place, units that are held, and how a wait ended.

Owns the message kinds `waitlist_*`, and the lines and buttons that other cards show of a wait. What is tapped on them
is in `waiting`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from handlers import formats, shipwindows
from handlers.translation import Html, lines
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop.offers import most
from shop.waitlist import Mode, Status
from storage import offers, streams, waitlist
from storage.connection import Tx
from storage.offers import Offer
from storage.outbox import Params
from storage.waitlist import Entry

# Tapped at once instead of `+` many times over.
_NUMBERS = (1, 2, 3, 5, 10, 20, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """An offer somebody may wait for: who waits already, packs in their orders, and the quantity chosen, up to `most`
    (0: the limit is reached)."""

    offer: Offer
    people: int
    units: int
    already: int
    quantity: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Somebody's entry with its offer: people and packs before it, and packs chosen of what is held."""

    entry: Entry
    offer: Offer
    people: int
    units: int
    hold_ms: int
    chosen: int


# -- Joining ------------------------------------------------------------------------------------------------


def load_joining(tx: Tx, params: Params, chat: int) -> Joining | None:
    """The offer `params` names with the wanted quantity brought within bounds, if the reader may see it."""
    offer = offers.view(tx, int(params["offer"] or 0))
    stream = None if offer is None else streams.view(tx, offer.stream_id)
    if offer is None or stream is None or not streams.is_visible_to(tx, stream, chat):
        return None
    before = waitlist.line(tx, offer.id)
    already = offers.bought_by(tx, offer.id, chat)
    possible = most(offer.limit_per_buyer, already, None)
    return Joining(
        offer=offer,
        people=before.people,
        units=before.units,
        already=already,
        quantity=max(1, min(int(params["quantity"] or 1), possible)),
        most=possible,
    )


def _joining(face: Face, view: Joining) -> Rendered:
    t, offer, quantity = face.t, view.offer, view.quantity
    text = lines(
        [
            t("waitlist.head", name=formats.name(offer.names, face.lang)),
            shipwindows.under(face, offer),
            _before(face, offer, view.people, view.units, nobody="waitlist.nobody"),
            t(
                "waitlist.how_many",
                quantity=formats.number(quantity, face.lang),
                packs=formats.pack_word(quantity, offer.units, face.lang),
            ),
            t("waitlist.modes"),
        ]
    )
    numbers = [number for number in _NUMBERS if number <= max(1, view.most)]
    rows: Rows = (
        (
            face.button("fewer", "wjoin", offer.id, quantity - 1),
            face.button("quantity_chosen", "wjoin", offer.id, quantity, quantity=quantity),
            face.button("more", "wjoin", offer.id, quantity + 1),
        ),
        tuple(face.button("quantity_chosen", "wjoin", offer.id, number, quantity=number) for number in numbers),
        (
            face.button("all_or_nothing", "wadd", offer.id, quantity, Mode.ALL.value),
            face.button("what_you_have", "wadd", offer.id, quantity, Mode.ANY.value),
        ),
        (face.button("back", "offer", offer.id, 1),),
    )
    return Rendered(text=text, rows=rows)


def _before(face: Face, offer: Offer, people: int, units: int, *, nobody: str) -> Html:
    """ "4 people, 11 boxes before you"."""
    if not people:
        return face.t(nobody)
    return face.t.n("waitlist.before", people, packs=formats.packs(units, offer.units, face.lang))


# -- One's place --------------------------------------------------------------------------------------------


def wait_of(tx: Tx, entry: Entry | None, chosen: int | None = None) -> Wait | None:
    """An entry with what its card shows; `chosen` packs of what is held, all of them if it is None."""
    offer = None if entry is None else offers.view(tx, entry.offer_id)
    if entry is None or offer is None:
        return None
    people, units = waitlist.entries_before(tx, entry)
    picked = entry.held if chosen is None else max(1, min(chosen, entry.held))
    return Wait(entry=entry, offer=offer, people=people, units=units, hold_ms=waitlist.hold_ms(tx), chosen=picked)


def waits_of(tx: Tx, person: int) -> tuple[Wait, ...]:
    """Everything a person waits for."""
    found = (wait_of(tx, entry) for entry in waitlist.live_of(tx, person))
    return tuple(wait for wait in found if wait is not None)


def load(tx: Tx, params: Params, chat: int) -> Wait | None:
    """The entry `params` names, for its person."""
    entry = waitlist.view(tx, int(params["entry"] or 0))
    chosen = params.get("quantity")
    if entry is None or entry.person_id != chat:
        return None
    return wait_of(tx, entry, None if chosen is None else int(chosen))


def standing(face: Face, wait: Wait) -> Html:
    """Where somebody stands, in two lines at most: what they wait for, and who is before them."""
    entry, offer = wait.entry, wait.offer
    name = formats.name(offer.names, face.lang)
    if entry.status is Status.OFFERED and entry.hold_until is not None:
        packs = formats.packs(entry.held, offer.units, face.lang)
        return face.t("waitlist.held_short", packs=packs, name=name, when=face.deadline(entry.hold_until))
    packs = formats.packs(entry.quantity, offer.units, face.lang)
    wish = shipwindows.marked(face, face.t(f"waitlist.waiting_{entry.mode.value}", packs=packs, name=name), offer)
    return lines([wish, _before(face, offer, wait.people, wait.units, nobody="waitlist.first")])


def _entry(face: Face, wait: Wait) -> Rendered:
    """One's place, the units held, or how it ended."""
    status, offer = wait.entry.status, wait.offer
    if status is Status.OFFERED:
        return _held(face, wait)
    if status is not Status.WAITING:
        return _ended(face, wait)
    other = Mode.ANY if wait.entry.mode is Mode.ALL else Mode.ALL
    key = "what_you_have" if other is Mode.ANY else "all_or_nothing"
    mode = face.button(key, "wmode", wait.entry.id, other.value)
    return Rendered(
        text=lines([standing(face, wait), face.t("waitlist.will_tell", span=formats.span(wait.hold_ms, face.t))]),
        rows=(
            (face.button("my_place", "wplace", wait.entry.id), face.button("leave_list", "wleave", wait.entry.id)),
            (mode,),
            (face.button("products", "offers", offer.stream_id),),
        ),
    )


def _ended(face: Face, wait: Wait) -> Rendered:
    status, offer = wait.entry.status, wait.offer
    text = face.t(f"waitlist.ended.{status.value}", name=formats.name(offer.names, face.lang))
    products = face.button("products", "offers", offer.stream_id)
    if status in (Status.DECLINED, Status.LAPSED, Status.LEFT) and offer.is_open(face.now):
        again = join_button(face, offer, wait.entry.quantity)
        if offer.free is None or offer.free > 0:
            again = face.button("see_offer", "offer", offer.id, 1)
        return Rendered(text=text, rows=((again, products),))
    if status is Status.TAKEN:
        return Rendered(text=text, rows=((face.button("my_orders", "orders"), products),))
    return Rendered(text=text, rows=((products,),))


# -- Units are held -----------------------------------------------------------------------------------------


def _held(face: Face, wait: Wait) -> Rendered:
    t, entry, offer, chosen = face.t, wait.entry, wait.offer, wait.chosen
    is_part = entry.held < entry.quantity
    text = lines(
        [
            t(
                "waitlist.offered",
                packs=formats.packs(entry.held, offer.units, face.lang),
                name=formats.name(offer.names, face.lang),
            ),
            shipwindows.under(face, offer),
            t("waitlist.wanted", packs=formats.packs(entry.quantity, offer.units, face.lang)) if is_part else None,
            t(
                "waitlist.price",
                packs=formats.packs(chosen, offer.units, face.lang),
                price=face.money(offer.price),
                total=face.money(chosen * offer.price),
            ),
            t("waitlist.held_until", when=face.deadline(entry.hold_until or 0)),
        ]
    )
    take = face.button(
        "take", "wtake", entry.id, entry.turn, chosen, packs=formats.packs(chosen, offer.units, face.lang)
    )
    answers = (take, face.button("no_thanks", "wno", entry.id, entry.turn))
    if entry.held == 1:
        return Rendered(text=text, rows=(answers,))
    number = (
        face.button("fewer", "wpick", entry.id, entry.turn, chosen - 1),
        face.button("quantity_chosen", "wpick", entry.id, entry.turn, chosen, quantity=chosen),
        face.button("more", "wpick", entry.id, entry.turn, chosen + 1),
    )
    return Rendered(text=text, rows=(number, answers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """The units that were held in one turn of an entry, perhaps an earlier one."""

    wait: Wait
    is_now: bool


def load_turn(tx: Tx, params: Params, chat: int) -> Holding | None:
    """The entry, and whether the turn `params` names is still on."""
    wait = load(tx, params, chat)
    if wait is None:
        return None
    return Holding(wait=wait, is_now=wait.entry.turn == params["turn"])


def _turn(face: Face, view: Holding) -> Rendered:
    """What is held, with its two answers; afterwards what became of it, without them."""
    return _entry(face, view.wait) if view.is_now else _ended_turn(face, view.wait)


def _ended_turn(face: Face, wait: Wait) -> Rendered:
    name = formats.name(wait.offer.names, face.lang)
    return Rendered(text=face.t("waitlist.earlier_turn", name=name), rows=((my_place(face, wait.entry),),))


# -- News ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Somebody's place, and how many packs went past it."""

    wait: Wait
    units: int


def _load_passed(tx: Tx, params: Params, chat: int) -> Passed | None:
    """Only while it can still be changed."""
    wait = load(tx, params, chat)
    if wait is None or wait.entry.status is not Status.WAITING or wait.entry.mode is not Mode.ALL:
        return None
    return Passed(wait=wait, units=int(params["units"] or 0))


def _passed(face: Face, view: Passed) -> Rendered:
    entry, offer = view.wait.entry, view.wait.offer
    text = face.t(
        "waitlist.passed",
        name=formats.name(offer.names, face.lang),
        packs=formats.packs(view.units, offer.units, face.lang),
        wanted=formats.packs(entry.quantity, offer.units, face.lang),
    )
    settle = face.button("what_you_have", "wmode", entry.id, Mode.ANY.value)
    return Rendered(text=text, rows=((settle, face.button("leave_list", "wleave", entry.id)),))


def _served(face: Face, wait: Wait) -> Rendered:
    name = formats.name(wait.offer.names, face.lang)
    order = face.button("see_offer", "offer", wait.offer.id, wait.entry.quantity)
    return Rendered(text=face.t("waitlist.ended.served", name=name), rows=((order,),))


def _closed(face: Face, wait: Wait) -> Rendered:
    name = formats.name(wait.offer.names, face.lang)
    text = face.t("waitlist.closed", name=name, title=wait.offer.stream_title)
    return Rendered(text=text, rows=((face.button("streams", "streams"),),))


# -- On other cards -----------------------------------------------------------------------------------------


def join_button(face: Face, offer: Offer, quantity: int) -> Button:
    """`Join waiting list`, beginning with this many."""
    return face.button("join_waiting_list", "wjoin", offer.id, max(1, quantity))


def my_place(face: Face, entry: Entry) -> Button:
    """`My place`."""
    return face.button("my_place", "wplace", entry.id)


def ways(face: Face, offer: Offer, entry: Entry | None, possible: int, *, quantity: int = 1) -> Rows:
    """The row about waiting on an offer's card: one's place, or joining where `possible` (by the limit) is not 0."""
    if entry is not None:
        return ((my_place(face, entry),),)
    return ((join_button(face, offer, quantity),),) if possible and offer.is_open(face.now) else ()


def kept_until(tx: Tx, person: int, offer_ids: Iterable[int]) -> int | None:
    """Until when the first of these offers is held for somebody; None if none of them is."""
    entries = (waitlist.of(tx, offer, person) for offer in offer_ids)
    moments = (entry.hold_until for entry in entries if entry is not None)
    return min((at for at in moments if at is not None), default=None)


def listed(face: Face, waits: Iterable[Wait]) -> tuple[Html | None, Rows]:
    """What one waits for, as it stands above and below one's orders."""
    found = tuple(waits)
    text = lines([face.t("waitlist.title"), *(standing(face, wait) for wait in found)]) if found else None
    rows = tuple(
        (
            face.button(
                "place_entry",
                "wplace",
                wait.entry.id,
                code=wait.offer.code,
                packs=formats.packs(wait.entry.held or wait.entry.quantity, wait.offer.units, face.lang),
            ),
        )
        for wait in found
    )
    return text, rows


KINDS: Kinds = {
    "waitlist_join": Kind(load=load_joining, show=_joining),
    "waitlist_entry": Kind(load=load, show=_entry),
    "waitlist_offer": Kind(load=load_turn, show=_turn),
    "waitlist_passed": Kind(load=_load_passed, show=_passed),
    "waitlist_served": Kind(load=load, show=_served),
    "waitlist_closed": Kind(load=load, show=_closed),
}
