"""Orders in words, written to the stall in private: from "EGG 2" to the same checkout as `Order now`.

Owns which stream is meant, what is said of lines that can't be had, and suggestions for what was nearly an order. How
words are read is in `shop/wanted`; words in a group are heard in `groups`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from handlers import formats, waitcards
from handlers.routing import Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop import wanted
from shop.offers import Standing, most
from shop.wanted import Close, Line, Nothing, Wanted
from shop.wantednames import Product
from storage import checkouts, claiming, dialogs, offers, outbox, quotes, streams, waitlist
from storage.checkouts import Refusal
from storage.connection import Tx
from storage.dialogs import UNSAID, Dialog
from storage.offers import Offer
from storage.outbox import Params
from storage.quotes import LimitReached, NotOpen, OrderingBlocked, SoldOut, Wish
from storage.store import Refused
from storage.streams import Stream
from storage.waitlist import Entry

MOST_STREAMS = 20
MOST_ASKED = 8  # streams that are asked about at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What words order, and the streams that sell all of it."""

    lines: tuple[Line, ...]
    streams: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hopeless(Refused):
    """There is nothing left to do with the words: they are gone, or of somebody else."""


def products(listed: Sequence[Offer]) -> list[Product]:
    """What is on offer, as words name it."""
    by_code = {offer.code: offer for offer in listed}
    return [Product(code=offer.code, names=offer.names, units=offer.units) for offer in by_code.values()]


def _find(tx: Tx, text: str, now: int) -> Meaning | Close | Nothing:
    """What the words mean among everything that is announced or live."""
    shelves = {stream.id: offers.listing(tx, stream.id) for stream in streams.upcoming(tx, now, MOST_STREAMS)}
    listed = [offer for shelf in shelves.values() for offer in shelf]
    found = wanted.read(text, products(listed), is_private=True)
    if not isinstance(found, Wanted):
        return found
    codes = {line.code for line in found.lines}
    selling = [id_ for id_, shelf in shelves.items() if codes <= {offer.code for offer in shelf}]
    if not selling:
        # Of different streams: each line is an order of its own.
        return Close(suggestions=tuple(wanted.said([line]) for line in found.lines[: wanted.MOST_SUGGESTIONS]))
    return Meaning(lines=found.lines, streams=tuple(selling))


async def understood(turn: Turn, text: str) -> bool:
    """Words to the stall outside a dialog: begin the checkout they ask for, or ask what is unclear. False: talk."""
    found = await turn.look(_find, text, turn.now)
    match found:
        case Nothing():
            return False
        case Close(suggestions=suggestions):
            return await turn.decide(_suggest, actor=turn.actor, text=text, meant=list(suggestions), now=turn.now)
        case Meaning(lines=meant, streams=(stream,)):
            await turn.decide(_order, actor=turn.actor, text=text, meant=meant, stream=stream, now=turn.now)
        case Meaning(lines=meant, streams=selling):
            await turn.decide(_ask_which, actor=turn.actor, text=text, meant=meant, selling=selling, now=turn.now)
        case _:
            assert_never(found)
    return True


async def instead(turn: Turn, dialog: Dialog, text: str) -> bool:
    """Words under the summary of another order: nothing is ordered yet, so what they ask for takes its place. What
    other words hold has to be ordered or let go first. False: they order nothing."""
    found = await turn.look(_find, text, turn.now)
    if isinstance(found, Meaning) and "claim" not in dialog.data:
        return await understood(turn, text)
    if isinstance(found, Nothing):
        return False
    await turn.decide(_one_at_a_time, dialog=dialog, now=turn.now)
    return True


def _one_at_a_time(tx: Tx, *, dialog: Dialog, now: int) -> None:
    outbox.tell(tx, dialog.person, "say", now=now, key="checkout.one_at_a_time")
    dialogs.ask(tx, dialog, now)


def _keep(tx: Tx, actor: int, text: str, now: int, **data: object) -> int:
    """Keep the words with what is needed to go on."""
    kept = {"text": text, "order": None, **data}
    return dialogs.begin(tx, actor=actor, kind=UNSAID, step="text", data=kept, now=now, silent=True).id


def _suggest(tx: Tx, *, actor: int, text: str, meant: list[str], now: int) -> bool:
    """Nearly an order: offer what may have been meant, and to pass the words on."""
    kept = _keep(tx, actor, text, now, meant=meant)
    outbox.tell(tx, actor, "words_close", now=now, dialog=kept)
    return True


def _ask_which(tx: Tx, *, actor: int, text: str, meant: Sequence[Line], selling: Sequence[int], now: int) -> None:
    """Several streams sell it."""
    lines_ = [[line.code, line.quantity] for line in meant]
    kept = _keep(tx, actor, text, now, wanted=lines_, streams=list(selling[:MOST_ASKED]))
    outbox.tell(tx, actor, "words_which", now=now, dialog=kept)


def _order(
    tx: Tx, *, actor: int, text: str, meant: Sequence[Line], stream: int, now: int, anchor: int | None = None
) -> None:
    """Begin the checkout, or say of each line why it can't be had."""
    listed = offers.listing(tx, stream)
    chosen = [(claiming.choose(listed, line, now), line) for line in meant]
    wishes = [
        Wish(offer_id=offer.id, quantity=line.quantity, price=offer.price)
        for offer, line in chosen
        if offer is not None
    ]
    _begin(tx, actor, text, wishes, now, anchor)


def _begin(tx: Tx, actor: int, text: str, wishes: Sequence[Wish], now: int, anchor: int | None) -> None:
    begun = checkouts.begin(tx, actor=actor, wishes=wishes, now=now, anchor=anchor)
    if not isinstance(begun, Dialog):
        kept = _keep(tx, actor, text, now, wishes=[[wish.offer_id, wish.quantity, wish.price] for wish in wishes])
        outbox.tell(tx, actor, "words_refused", now=now, anchor=anchor, dialog=kept, at=now)


# -- What can be tapped under it -----------------------------------------------------------------------------


def _kept(tx: Tx, actor: int, dialog: int, name: str) -> Dialog | None:
    """The actor's own words, if they are kept with what the button needs."""
    kept = dialogs.view(tx, dialog)
    is_theirs = kept is not None and kept.person == actor and kept.kind == UNSAID and name in kept.data
    return kept if is_theirs else None


async def take_meant(turn: Turn, dialog: int, index: int) -> Toast | None:
    """One of the suggestions."""
    kept = await turn.look(_kept, turn.actor, dialog, "meant")
    if kept is None or not 0 <= index < len(kept.data["meant"]):
        return Toast("tap.stale")
    if not await understood(turn, kept.data["meant"][index]):
        await turn.show("streams", at=turn.now)
    return None


async def take_stream(turn: Turn, dialog: int, stream: int) -> Toast | None:
    """This stream is meant."""
    outcome = await turn.decide(
        _order_in, actor=turn.actor, dialog=dialog, stream=stream, now=turn.now, anchor=turn.anchor
    )
    return Toast("tap.stale") if isinstance(outcome, Hopeless) else None


def _order_in(tx: Tx, *, actor: int, dialog: int, stream: int, now: int, anchor: int | None) -> Hopeless | None:
    kept = _kept(tx, actor, dialog, "wanted")
    if kept is None or stream not in kept.data["streams"]:
        return Hopeless()
    meant = [Line(code=code, quantity=quantity) for code, quantity in kept.data["wanted"]]
    _order(tx, actor=actor, text=kept.data["text"], meant=meant, stream=stream, now=now, anchor=anchor)
    return None


async def take_rest(turn: Turn, dialog: int) -> Toast | None:
    """`Take 3`, `Order the rest`: what can be had now."""
    outcome = await turn.decide(_order_rest, actor=turn.actor, dialog=dialog, now=turn.now, anchor=turn.anchor)
    return Toast("tap.stale") if isinstance(outcome, Hopeless) else None


def _order_rest(tx: Tx, *, actor: int, dialog: int, now: int, anchor: int | None) -> Hopeless | None:
    kept = _kept(tx, actor, dialog, "wishes")
    if kept is None:
        return Hopeless()
    judged = _judged(tx, kept, actor, now)
    rest = [
        Wish(offer_id=one.offer.id, quantity=one.possible, price=one.offer.price) for one in judged if one.possible
    ]
    if not rest:
        rest = [Wish(offer_id=one.offer.id, quantity=one.wanted, price=one.offer.price) for one in judged]
    _begin(tx, actor, kept.data["text"], rest, now, anchor)
    return None


# -- Words about it ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One line of an order that could not be had as it was: why not, how many packs of it can, how many the buyer's
    limit leaves, and their place on its waiting list."""

    offer: Offer
    wanted: int
    why: Refusal | None
    possible: int
    room: int
    entry: Entry | None


def _judged(tx: Tx, kept: Dialog, buyer: int, now: int) -> list[Judged]:
    found = []
    for offer_id, quantity, _ in kept.data["wishes"]:
        offer = offers.view(tx, offer_id)
        if offer is None:
            continue
        checked = quotes.check(tx, Wish(offer_id=offer_id, quantity=quantity, price=offer.price), buyer, now)
        why = None if isinstance(checked, Offer) else checked
        already = offers.bought_by(tx, offer_id, buyer)
        possible = 0
        if why is None:
            possible = quantity
        elif offer.is_open(now):
            possible = min(quantity, most(offer.limit_per_buyer, already, offer.free))
        room, entry = most(offer.limit_per_buyer, already, None), waitlist.of(tx, offer_id, buyer)
        found.append(Judged(offer=offer, wanted=quantity, why=why, possible=possible, room=room, entry=entry))
    return found


def _load_refused(tx: Tx, params: Params, chat: int) -> tuple[int, list[Judged]] | None:
    kept = _kept(tx, chat, int(params["dialog"] or 0), "wishes")
    return None if kept is None else (kept.id, _judged(tx, kept, chat, int(params["at"] or 0)))


def _why(face: Face, one: Judged) -> Html:
    name = formats.name(one.offer.names, face.lang)
    match one.why:
        case None:
            return face.t("words.can_be_had", name=name, packs=_packs(face, one.offer, one.wanted))
        case SoldOut(free=0):
            return face.t("words.sold_out", name=name)
        case SoldOut(free=free):
            return face.t("words.fewer_left", name=name, packs=_packs(face, one.offer, free))
        case LimitReached(limit=limit, already=already):
            return face.t(
                "checkout.limit_reached",
                name=name,
                limit=_packs(face, one.offer, limit),
                already=_packs(face, one.offer, already),
            )
        case NotOpen():
            is_paused = one.offer.standing(face.now) is Standing.PAUSED
            return face.t("checkout.paused" if is_paused else "words.not_open", name=name)
        case OrderingBlocked():
            return face.t("buyer.ordering_blocked")
        case _:
            return face.t("checkout.closed", name=name)


def _waiting(face: Face, one: Judged) -> Rows:
    """Of what has run out: the waiting list, for as many as were wanted."""
    return waitcards.ways(face, one.offer, one.entry, one.room, quantity=one.wanted)


def _packs(face: Face, offer: Offer, quantity: int) -> str:
    return formats.packs(quantity, offer.units, face.lang)


def _refused(face: Face, view: tuple[int, list[Judged]]) -> Rendered:
    dialog, judged = view
    text = lines([*(_why(face, one) for one in judged), face.t("words.nothing_yet")])
    rows: list[tuple[Button, ...]] = []
    possible = [one for one in judged if one.possible]
    if possible and len(judged) == 1:
        only = possible[0]
        rows.append((face.button("take", "wordsrest", dialog, packs=_packs(face, only.offer, only.possible)),))
    elif possible:
        rows.append((face.button("order_rest", "wordsrest", dialog),))
    short = [one for one in judged if isinstance(one.why, SoldOut)]
    if len(short) == 1:
        rows += _waiting(face, short[0])
    if judged:
        rows.append((face.button("products", "offers", judged[0].offer.stream_id),))
    return Rendered(text=text, rows=tuple(rows))


def _load_which(tx: Tx, params: Params, chat: int) -> tuple[Dialog, list[Stream]] | None:
    kept = _kept(tx, chat, int(params["dialog"] or 0), "wanted")
    if kept is None:
        return None
    found = [streams.view(tx, id_) for id_ in kept.data["streams"]]
    return kept, [stream for stream in found if stream is not None]


def _which(face: Face, view: tuple[Dialog, list[Stream]]) -> Rendered:
    kept, found = view
    said = wanted.said([Line(code=code, quantity=quantity) for code, quantity in kept.data["wanted"]])
    rows = tuple(
        (
            face.button(
                "stream", "wordsin", kept.id, stream.id, title=stream.title, moment=face.moment(stream.starts_at)
            ),
        )
        for stream in found
    )
    return Rendered(text=face.t("words.which", words=said), rows=rows)


def _load_close(tx: Tx, params: Params, chat: int) -> Dialog | None:
    return _kept(tx, chat, int(params["dialog"] or 0), "meant")


def _close(face: Face, kept: Dialog) -> Rendered:
    meant = kept.data["meant"]
    rows = tuple((face.button("meant", "meant", kept.id, index, words=said),) for index, said in enumerate(meant))
    ask = (face.button("ask_the_stall", "asksaid", kept.id),)
    return Rendered(text=face.t("words.close", example=meant[0]), rows=(*rows, ask))


TAPS: Mapping[str, Tap] = {
    "meant": Tap(run=take_meant, ints=2),
    "wordsin": Tap(run=take_stream, ints=2),
    "wordsrest": Tap(run=take_rest, ints=1),
}
KINDS: Kinds = {
    "words_refused": Kind(load=_load_refused, show=_refused),
    "words_which": Kind(load=_load_which, show=_which),
    "words_close": Kind(load=_load_close, show=_close),
}
