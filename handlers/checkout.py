"""From `Order now` to an order: the summary, `Place order`.

Talks to buyers only. What may be ordered and what it takes is decided by `storage.checkouts`; the questions for
recipient, phone and address are in `addressing`, the choice among addresses and pick-up points in `choosing`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from telegram import Message

from handlers import addressing, discounting, formats, givingcodes, parcelwords, refusing, shipwindows, waitcards
from handlers.fitting import length
from handlers.routing import Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop.holds import Hold
from storage import additions, addresses, checkouts, claims, dialogs, offers, outbox
from storage.additions import ADDITION, Joined, OpenOrder, Taker
from storage.checkouts import PICKUP, SUMMARY, AlreadyPlaced, Bill, Placed, Postponed
from storage.connection import Tx
from storage.deliveries import Destination
from storage.dialogs import Dialog
from storage.outbox import Params
from storage.people import NotFound
from storage.quotes import NotDeliveredThere, Outdated, Quote, QuotedLine, Wish

# The version of the sentence above `Place order`; change it whenever `checkout.perishable` changes its meaning.
TERMS = "perishable-1"
ROOM = 2900  # characters of lines: the address and the rest have to fit into one message with them


async def buy(turn: Turn, offer_id: int, quantity: int) -> Toast | None:
    """`Order now` on an offer card. The price is the one on sale now; `Place order` checks that it still is."""
    outcome = await turn.decide(
        _begin, actor=turn.actor, offer_id=offer_id, quantity=quantity, now=turn.now, anchor=turn.anchor
    )
    return None if isinstance(outcome, Dialog) else await refusing.answer(turn, outcome)


def _begin(
    tx: Tx, *, actor: int, offer_id: int, quantity: int, now: int, anchor: int | None
) -> Dialog | checkouts.Refusal:
    """Start a checkout at the price of this moment."""
    offer = offers.view(tx, offer_id)
    if offer is None:
        return NotFound()
    wish = Wish(offer_id=offer_id, quantity=quantity, price=offer.price)
    return checkouts.begin(tx, actor=actor, wishes=[wish], now=now, anchor=anchor)


async def place_of_before(turn: Turn, checkout: int, shown: int) -> Toast | None:
    """`Place order` under a summary from before there were fees and places: what it comes to now is shown first."""
    if await turn.look(checkouts.own, checkout, turn.actor) is not None:
        await turn.show("dearer", checkout=checkout, shown=shown)
        return Toast("checkout.outdated", is_alert=True)
    before = await turn.look(checkouts.became, checkout, turn.actor)
    return await _placed_before(turn, before) if isinstance(before, AlreadyPlaced) else Toast("tap.stale")


async def _placed_before(turn: Turn, before: AlreadyPlaced) -> Toast:
    await turn.show("order_card", order=before.order_id)
    return Toast("checkout.already_placed")


async def place(turn: Turn, checkout: int, total: int, where: int) -> Toast | None:
    """`Place order`: one tap decides. The button carries the total that stood above it, in minor units, and the mark
    of where it was to go."""
    outcome = await turn.decide(
        checkouts.place,
        actor=turn.actor,
        checkout=checkout,
        terms=TERMS,
        method=turn.settings.methods[0]["name"],
        policy=turn.settings.policy,
        now=turn.now,
        shown=total,
        where=where,
        anchor=turn.anchor,
    )
    match outcome:
        case Placed():
            return None
        case AlreadyPlaced():
            return await _placed_before(turn, outcome)
        case Outdated():
            await turn.show("dearer", checkout=checkout, shown=total)
            return Toast("checkout.outdated", is_alert=True)
        case NotDeliveredThere(region=region):
            await turn.show("dearer", checkout=checkout, shown=total)
            return Toast("checkout.not_delivered_toast", {"region": region}, is_alert=True)
        case Postponed():
            return Toast("checkout.postponed_toast", is_alert=True)
        case _:
            return await refusing.answer_checkout(turn, checkout, outcome)


async def drop(turn: Turn, checkout: int) -> Toast | None:
    """`Cancel` on a summary: nothing was ordered, nothing is kept; a cart and an open order stay as they are."""
    dialog = await turn.look(dialogs.view, checkout)
    if dialog is None or dialog.person != turn.actor or dialog.kind not in (checkouts.CHECKOUT, ADDITION):
        return Toast("tap.stale")
    await turn.decide(_drop, dialog=dialog, now=turn.now, anchor=turn.anchor)
    return None


def _drop(tx: Tx, *, dialog: Dialog, now: int, anchor: int | None) -> None:
    """Leave the checkout and say so; what words hold for it is free again."""
    if "claim" in dialog.data:
        claims.drop(tx, actor=dialog.person, claim_id=dialog.data["claim"], now=now)
    dialogs.end(tx, dialog=dialog.id, now=now)
    key = "checkout.dropped"
    if dialog.kind == ADDITION:
        key = "addition.dropped"
    elif checkouts.is_of_cart(dialog):
        key = "cart.dropped"
    outbox.tell(tx, dialog.person, "say", now=now, anchor=anchor, key=key)


# -- The summary --------------------------------------------------------------------------------------------


async def _answer_summary(turn: Turn, dialog: Dialog, message: Message) -> None:
    """A location belongs to the address above; what is typed may be a code."""
    place = addressing.location_of(message)
    if place is None:
        await givingcodes.answer_summary(turn, dialog, message)
    else:
        await turn.decide(_add_location, dialog=dialog, location=place, now=turn.now)


def _add_location(tx: Tx, *, dialog: Dialog, location: str, now: int) -> None:
    saved = addresses.first(tx, dialog.person)
    if saved is not None and PICKUP not in dialog.data:
        told = addresses.Address(
            recipient=saved.address.recipient,
            phone=saved.address.phone,
            address=saved.address.address,
            location=location,
        )
        addresses.edit(tx, actor=dialog.person, address_id=saved.id, address=told, now=now)
    dialogs.ask(tx, dialog, now)


async def again(turn: Turn, dialog: Dialog, _message: Message) -> None:
    """Typed something where a button decides: show the summary again."""
    await turn.show("question", dialog=dialog.id, step=dialog.step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What stands above `Place order`; `open_order` could take it in instead, as `taker` says, `was` is what it came
    to before it became dearer."""

    bill: Bill
    kept_until: int | None  # by the waiting list
    claimed_until: int | None  # by words
    open_order: OpenOrder | None
    taker: Taker | None
    was: int | None = None


def _load_summary(tx: Tx, dialog: Dialog) -> Summary | None:
    bill = checkouts.bill(tx, dialog)
    if bill is None:
        return None
    basket = bill.basket
    kept = waitcards.kept_until(tx, dialog.person, (wish.offer_id for wish, _ in basket.chosen))
    claim = claims.view(tx, dialog.data.get("claim", 0))
    order = additions.open_of(tx, dialog.person, basket.stream_id)
    return Summary(
        bill=bill,
        kept_until=kept,
        claimed_until=None if claim is None else claim.kept_until,
        open_order=order,
        taker=None if order is None else additions.taker_of(tx, order.id, basket.suppliers),
    )


def _load_dearer(tx: Tx, params: Params, chat: int) -> Summary | None:
    dialog = dialogs.view(tx, int(params["checkout"] or 0))
    if dialog is None or dialog.person != chat or dialog.kind != checkouts.CHECKOUT:
        return None
    summary = _load_summary(tx, dialog)
    return None if summary is None else replace(summary, was=int(params["shown"] or 0))


def summary_lines(face: Face, quote: Quote) -> list[Html]:
    """What is ordered and taken off, line by line; where that is much, without the unit and the price of one."""
    full = [row for one in quote.lines for row in _line(face, one)]
    if sum(map(length, full)) <= ROOM:
        return full
    short = [
        face.t(
            "checkout.line_short",
            quantity=one.line.quantity,
            name=formats.name(one.offer.names, face.lang),
            amount=face.money(one.line.total),
        )
        for one in quote.lines
    ]
    return [*short, *shipwindows.below(face, (one.offer for one in quote.lines))]


def is_first_paid(quote: Quote) -> bool:
    """Does something of it go to who pays first?"""
    return any(one.offer.hold is Hold.FIRST_PAID for one in quote.lines)


def _ask_summary(face: Face, summary: Summary) -> Rendered:
    t, bill = face.t, summary.bill
    quote = bill.basket.quote(face.now)
    total = quote.sums.total
    joined = _joined(face, summary, quote)
    is_dearer = summary.was is not None and total > summary.was
    text = lines(
        [
            t("checkout.dearer", was=face.money(summary.was or 0), total=face.money(total)) if is_dearer else None,
            t("checkout.summary"),
            *summary_lines(face, quote),
            discounting.of_quote(face, quote),
            *parcelwords.told(face, quote.deliveries),
            t("checkout.total", total=face.money(total)),
            t("checkout.free") if not total and _can_be_placed(bill, quote) else None,
            t("waitlist.held_until", when=face.deadline(summary.kept_until)) if summary.kept_until else None,
            t("checkout.kept", when=face.deadline(summary.claimed_until)) if summary.claimed_until else None,
            _goes_to(face, bill.to),
            *_refused(face, bill, quote),
            *_instead(face, summary, joined),
            t("checkout.first_paid") if is_first_paid(quote) else None,
            t("checkout.perishable"),
        ]
    )
    return Rendered(text=text, rows=_summary_rows(face, summary, quote, joined))


def _can_be_placed(bill: Bill, quote: Quote) -> bool:
    return bill.to is not None and not quote.refused


def _line(face: Face, one: QuotedLine) -> Iterator[Html]:
    """A line, and under it what is taken off."""
    said = face.t(
        "checkout.line",
        packs=formats.packs(one.line.quantity, one.offer.units, face.lang),
        name=formats.name(one.offer.names, face.lang),
        price=face.money(one.line.unit_price),
        amount=face.money(one.line.amount),
    )
    yield shipwindows.marked(face, said, one.offer)
    yield from discounting.of_line(face, one)


def _joined(face: Face, summary: Summary, quote: Quote) -> Joined | None:
    """What the open order would come to with this, if it still takes it. A code makes an order of its own."""
    order, taker, basket = summary.open_order, summary.taker, summary.bill.basket
    if order is None or taker is None or not order.is_in_time(face.now):
        return None
    if order.currency != quote.currency or basket.coupon is not None:
        return None
    joined = taker.joined(quote)
    return joined if isinstance(joined, Joined) else None


def _instead(face: Face, summary: Summary, joined: Joined | None) -> Iterator[Html]:
    """What the open order would come to with this."""
    order = summary.open_order
    if order is not None and joined is not None:
        yield face.t(
            "addition.instead",
            code=order.code,
            before=face.money(order.total),
            total=face.money(joined.total),
            when=face.deadline(order.pay_by_then(face.settings.policy, face.now)),
        )


def _goes_to(face: Face, to: Destination | None) -> Html:
    if to is None:
        return face.t("checkout.no_address")
    phone = formats.phone(to.phone, face.settings.country)
    if to.pickup_point is not None:
        return face.t("checkout.picked_up", recipient=to.recipient, phone=phone, place=to.address)
    goes = face.t("checkout.ships_to", recipient=to.recipient, phone=phone, address=to.address)
    return lines([goes, face.t("address.has_location") if to.location else None])


def _refused(face: Face, bill: Bill, quote: Quote) -> Iterator[Html]:
    for each in quote.refused:
        yield face.t("checkout.not_delivered", supplier=each.supplier_name, region=each.refused_in)
    if quote.refused:
        yield face.t("checkout.not_delivered_pickup" if bill.points else "checkout.not_delivered_do")


def _summary_rows(face: Face, summary: Summary, quote: Quote, joined: Joined | None) -> Rows:
    bill = summary.bill
    id_ = bill.checkout
    rows: list[tuple[Button, ...]] = []
    if bill.to is not None and _can_be_placed(bill, quote):
        rows.append((face.button("place_order", "placeas", id_, quote.sums.total, bill.to.mark),))
    if summary.open_order is not None and joined is not None:
        rows.append((face.button("add_to_order", "fold", id_, summary.open_order.id, joined.rise),))
    rows.append((face.button("have_code", "havecode", id_),))
    if len(quote.suppliers) > len(quote.refused):
        rows += [
            (face.button("leave_out", "leaveout", id_, each.supplier_id, supplier=each.supplier_name),)
            for each in quote.refused
        ]
    cancel = face.button("cancel", "drop", id_)
    if bill.to is not None and bill.to.pickup_point is not None:
        another = [face.button("another_place", "pickup", id_)] if len(bill.points) > 1 else []
        rows.append((face.button("send_it", "sendit", id_), face.button("change_contact", "recontact", id_)))
        return (*rows, (*another, cancel))
    if bill.points:
        rows.append((face.button("pick_up", "pickup", id_),))
    return (*rows, (face.button("change_address", "readdr", id_), cancel))


TAPS = {
    "buy": Tap(run=buy, ints=2),
    "place": Tap(run=place_of_before, ints=2),
    "placeas": Tap(run=place, ints=3),
    "drop": Tap(run=drop, ints=1),
}
STEPS = {
    f"{checkouts.CHECKOUT}.{SUMMARY}": Step(load=_load_summary, ask=_ask_summary, answer=_answer_summary),
}
KINDS: Kinds = {"dearer": Kind(load=_load_dearer, show=_ask_summary)}
