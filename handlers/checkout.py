"""From `Order now` to an order: the address questions, the summary, `Place order`.

Talks to buyers only. What may be ordered and what it takes is decided by `storage.checkouts`.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace

from telegram import Message

from handlers import discounting, formats, givingcodes, refusing, waitcards
from handlers.fitting import length
from handlers.routing import Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered, Rows
from shop import contacts
from shop.contacts import ContactFault
from shop.holds import Hold
from storage import additions, addresses, checkouts, claims, dialogs, offers, outbox, quotes
from storage.additions import ADDITION, OpenOrder
from storage.addresses import Address
from storage.checkouts import FIRST as FIRST
from storage.checkouts import SUMMARY as SUMMARY
from storage.checkouts import AlreadyPlaced, Dearer, Placed
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.outbox import Params
from storage.quotes import Basket, Quote, QuotedLine, Wish

# The version of the sentence above `Place order`; change it whenever `checkout.perishable` changes its meaning.
TERMS = "perishable-1"
ADDRESS = "address"
ROOM = 2900  # characters of lines: the address and the rest have to fit into one message with them


async def buy(turn: Turn, offer_id: int, quantity: int) -> Toast | None:
    """`Order now` on an offer card. The price is the one on sale now; `Place order` checks that it still is."""
    offer = await turn.look(offers.view, offer_id)
    if offer is None:
        return Toast("tap.stale")
    outcome = await turn.decide(
        checkouts.begin,
        actor=turn.actor,
        wishes=[Wish(offer_id=offer_id, quantity=quantity, price=offer.price)],
        now=turn.now,
        anchor=turn.anchor,
    )
    return None if isinstance(outcome, Dialog) else await refusing.answer(turn, outcome)


async def place(turn: Turn, checkout: int, shown: int) -> Toast | None:
    """`Place order`: one tap decides. The button carries the total that stood above it, in minor units."""
    outcome = await turn.decide(
        checkouts.place,
        actor=turn.actor,
        checkout=checkout,
        terms=TERMS,
        method=turn.settings.methods[0]["name"],
        policy=turn.settings.policy,
        now=turn.now,
        shown=shown,
        anchor=turn.anchor,
    )
    match outcome:
        case Placed():
            return None
        case AlreadyPlaced(order_id=order):
            await turn.show("order_card", order=order)
            return Toast("checkout.already_placed")
        case Dearer():
            await turn.show("dearer", checkout=checkout, shown=shown)
            return Toast("checkout.dearer_toast")
        case _:
            return await refusing.answer_checkout(turn, checkout, outcome)


async def change_address(turn: Turn, checkout: int) -> Toast | None:
    """`Change address` on the summary: ask the three questions again."""
    dialog = await turn.look(dialogs.view, checkout)
    if dialog is None or dialog.person != turn.actor or dialog.kind != checkouts.CHECKOUT:
        return Toast("tap.stale")
    outcome = await turn.decide(
        dialogs.advance,
        dialog=dialog,
        step=FIRST,
        data=checkouts.without_answers(dialog),
        now=turn.now,
        anchor=turn.anchor,
    )
    return Toast("tap.stale") if isinstance(outcome, dialogs.Moved) else None


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


async def address_command(turn: Turn, _argument: str) -> None:
    """/address: see the saved address and give another."""
    await turn.decide(dialogs.begin, actor=turn.actor, kind=ADDRESS, step=FIRST, data={}, now=turn.now)


async def _answer_recipient(turn: Turn, dialog: Dialog, message: Message) -> None:
    name = contacts.recipient(message.text or "")
    if isinstance(name, ContactFault):
        await turn.say("checkout.bad_recipient")
        return
    await _next(turn, dialog, "phone", recipient=name)


async def _answer_phone(turn: Turn, dialog: Dialog, message: Message) -> None:
    """Typed, or shared as a contact."""
    typed = message.contact.phone_number if message.contact is not None else message.text or ""
    number = contacts.phone(typed)
    checked = None if isinstance(number, ContactFault) else formats.check_phone(number, turn.settings.country)
    if checked is None:
        shown = contacts.tidy(typed)[:40]
        if shown:
            await turn.say("checkout.bad_phone", text=shown)
        else:
            await turn.say("checkout.phone_missing")
        return
    await _next(turn, dialog, "address", phone=checked)


async def read_address(turn: Turn, dialog: Dialog, message: Message) -> Address | None:
    """The last answer with the two before it, or None once the person was told what is wrong."""
    where = contacts.address(message.text or "")
    if isinstance(where, ContactFault):
        await turn.say("checkout.bad_address")
        return None
    return Address(recipient=dialog.data["recipient"], phone=dialog.data["phone"], address=where)


async def _answer_address(turn: Turn, dialog: Dialog, message: Message) -> None:
    address = await read_address(turn, dialog, message)
    if address is None:
        return
    await turn.decide(
        checkouts.give_address,
        actor=turn.actor,
        dialog=dialog,
        address=address,
        now=turn.now,
    )


async def _next(turn: Turn, dialog: Dialog, step: str, **answer: str) -> None:
    await turn.decide(dialogs.advance, dialog=dialog, step=step, data={**dialog.data, **answer}, now=turn.now)


async def again(turn: Turn, dialog: Dialog, _message: Message) -> None:
    """Typed something where a button decides: show the summary again."""
    await turn.show("question", dialog=dialog.id, step=dialog.step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What stands above `Place order`; `open_order` could take it in instead, `was` is what it came to
    before it became dearer."""

    checkout: int
    basket: Basket
    address: Address
    kept_until: int | None  # by the waiting list
    claimed_until: int | None  # by words
    open_order: OpenOrder | None
    was: int | None = None


def _load_summary(tx: Tx, dialog: Dialog) -> Summary | None:
    address = addresses.current(tx, dialog.person)
    coupon = checkouts.coupon_of(dialog)
    basket = quotes.basket(tx, buyer=dialog.person, wishes=checkouts.wishes(dialog), coupon=coupon)
    if address is None or basket is None:
        return None
    kept = waitcards.kept_until(tx, dialog.person, (wish.offer_id for wish, _ in basket.chosen))
    claim = claims.view(tx, dialog.data.get("claim", 0))
    return Summary(
        checkout=dialog.id,
        basket=basket,
        address=address,
        kept_until=kept,
        claimed_until=None if claim is None else claim.kept_until,
        open_order=additions.open_of(tx, dialog.person, basket.stream_id),
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
    return [
        face.t(
            "checkout.line_short",
            quantity=one.line.quantity,
            name=formats.name(one.offer.names, face.lang),
            amount=face.money(one.line.total),
        )
        for one in quote.lines
    ]


def is_first_paid(quote: Quote) -> bool:
    """Does something of it go to who pays first?"""
    return any(one.offer.hold is Hold.FIRST_PAID for one in quote.lines)


def _ask_summary(face: Face, summary: Summary) -> Rendered:
    t = face.t
    where = summary.address
    quote = summary.basket.quote(face.now)
    total = quote.sums.total
    order = _that_takes_it(face, summary)
    text = lines(
        [
            None
            if summary.was is None
            else t("checkout.dearer", was=face.money(summary.was), total=face.money(total)),
            t("checkout.summary"),
            *summary_lines(face, quote),
            discounting.of_quote(face, quote),
            t("checkout.total", total=face.money(total)),
            None if total else t("checkout.free"),
            t("waitlist.held_until", when=face.deadline(summary.kept_until)) if summary.kept_until else None,
            t("checkout.kept", when=face.deadline(summary.claimed_until)) if summary.claimed_until else None,
            t(
                "checkout.ships_to",
                recipient=where.recipient,
                phone=formats.phone(where.phone, face.settings.country),
                address=where.address,
            ),
            *_instead(face, summary, order),
            t("checkout.first_paid") if is_first_paid(quote) else None,
            t("checkout.perishable"),
        ]
    )
    add: Rows = ()
    if order is not None:
        add = ((face.button("add_to_order", "fold", summary.checkout, order.id, quote.sums.total),),)
    return Rendered(
        text=text,
        rows=(
            (face.button("place_order", "place", summary.checkout, total),),
            *add,
            (face.button("have_code", "havecode", summary.checkout),),
            (
                face.button("change_address", "readdr", summary.checkout),
                face.button("cancel", "drop", summary.checkout),
            ),
        ),
    )


def _line(face: Face, one: QuotedLine) -> Iterator[Html]:
    """A line, and under it what is taken off."""
    yield face.t(
        "checkout.line",
        packs=formats.packs(one.line.quantity, one.offer.units, face.lang),
        name=formats.name(one.offer.names, face.lang),
        price=face.money(one.line.unit_price),
        amount=face.money(one.line.amount),
    )
    yield from discounting.of_line(face, one)


def _that_takes_it(face: Face, summary: Summary) -> OpenOrder | None:
    """The open order, if there is still time to add to it. A code makes an order of its own."""
    order = summary.open_order
    currency = summary.basket.chosen[0][1].currency
    if order is None or not order.is_in_time(face.now) or order.currency != currency or summary.basket.coupon:
        return None
    return order


def _instead(face: Face, summary: Summary, order: OpenOrder | None) -> Iterator[Html]:
    """What the open order would come to with this."""
    if order is not None:
        yield face.t(
            "addition.instead",
            code=order.code,
            before=face.money(order.total),
            total=face.money(order.total + summary.basket.quote(face.now).sums.total),
            when=face.deadline(order.pay_by_then(face.settings.policy, face.now)),
        )


def _saved(tx: Tx, dialog: Dialog) -> tuple[Dialog, Address | None]:
    return dialog, addresses.current(tx, dialog.person)


def _ask_recipient(face: Face, view: tuple[Dialog, Address | None]) -> Rendered:
    dialog, saved = view
    known = None
    if dialog.kind == ADDRESS and saved is not None:
        known = face.t(
            "address.current",
            name=saved.recipient,
            number=formats.phone(saved.phone, face.settings.country),
            place=saved.address,
        )
    return Rendered(text=lines([known, face.t("checkout.ask_recipient")]))


def _ask_phone(face: Face, _dialog: Dialog) -> Rendered:
    return Rendered(text=face.t("checkout.ask_phone"))


def _ask_address(face: Face, _dialog: Dialog) -> Rendered:
    return Rendered(text=face.t("checkout.ask_address"))


def address_steps(
    kind: str, answer: Callable[[Turn, Dialog, Message], Awaitable[None]] = _answer_address
) -> dict[str, Step]:
    """The three questions of a dialog; `answer` takes the last one."""
    return {
        f"{kind}.{FIRST}": Step(load=_saved, ask=_ask_recipient, answer=_answer_recipient),
        f"{kind}.phone": Step(ask=_ask_phone, answer=_answer_phone),
        f"{kind}.address": Step(ask=_ask_address, answer=answer),
    }


COMMANDS = {"address": address_command}
TAPS = {
    "buy": Tap(run=buy, ints=2),
    "place": Tap(run=place, ints=2),
    "readdr": Tap(run=change_address, ints=1),
    "drop": Tap(run=drop, ints=1),
}
STEPS = {
    **address_steps(checkouts.CHECKOUT),
    **address_steps(ADDRESS),
    f"{checkouts.CHECKOUT}.{SUMMARY}": Step(load=_load_summary, ask=_ask_summary, answer=givingcodes.answer_summary),
}
KINDS: Kinds = {"dearer": Kind(load=_load_dearer, show=_ask_summary)}
