"""From `Order now` to an order: the address questions, the summary, `Place order`.

Talks to buyers only. What may be ordered and what it takes is decided by `storage.checkouts`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import assert_never

from telegram import Message

from handlers import formats
from handlers.routing import Step, Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Rendered
from shop import contacts
from shop.contacts import ContactFault
from shop.holds import Hold
from storage import addresses, checkouts, dialogs, offers, outbox, quotes
from storage.addresses import Address
from storage.checkouts import AddressMissing, AlreadyPlaced, Placed, Refusal
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.people import NotFound
from storage.quotes import LimitReached, NotOpen, OrderingBlocked, PriceChanged, Quote, SoldOut, Wish

# The version of the sentence above `Place order`; change it whenever `checkout.perishable` changes its meaning.
TERMS = "perishable-1"
ADDRESS = "address"
SUMMARY = "summary"


async def buy(turn: Turn, offer_id: int, quantity: int) -> Toast | None:
    """`Order now` on an offer card. The price is the one on sale now; `Place order` checks that it still is."""
    offer = await turn.look(offers.view, offer_id)
    if offer is None:
        return Toast("tap.stale")
    outcome = await turn.decide(
        checkouts.begin,
        actor=turn.actor,
        wish=Wish(offer_id=offer_id, quantity=quantity, price=offer.price),
        first_step="recipient",
        summary_step=SUMMARY,
        now=turn.now,
        anchor=turn.anchor,
    )
    return None if isinstance(outcome, Dialog) else await _refuse(turn, outcome)


async def place(turn: Turn, checkout: int) -> Toast | None:
    """`Place order`: one tap decides."""
    outcome = await turn.decide(
        checkouts.place,
        actor=turn.actor,
        checkout=checkout,
        terms=TERMS,
        method=turn.settings.methods[0]["name"],
        policy=turn.settings.policy,
        now=turn.now,
        anchor=turn.anchor,
    )
    match outcome:
        case Placed():
            return None
        case AlreadyPlaced(order_id=order):
            await turn.show("order_card", order=order)
            return Toast("checkout.already_placed")
        case _:
            return await _refuse(turn, outcome)


async def _refuse(turn: Turn, refusal: Refusal) -> Toast | None:
    """Say why it can't be ordered, and what can be done."""
    match refusal:
        case NotFound():
            return Toast("tap.stale")
        case SoldOut(offer_id=offer_id, free=0):
            await turn.show("sold_out", offer=offer_id)
            return Toast("checkout.sold_out_toast")
        case SoldOut(offer_id=offer_id, free=free):
            await turn.show("fewer_left", offer=offer_id, free=free)
            return Toast("checkout.fewer_left_toast")
        case LimitReached(offer_id=offer_id, limit=limit, already=already):
            await turn.show("limit_reached", offer=offer_id, limit=limit, already=already)
            return None
        case NotOpen(offer_id=offer_id):
            await turn.show("not_open", offer=offer_id)
            return None
        case PriceChanged(offer_id=offer_id):
            await turn.show("price_changed", offer=offer_id)
            return None
        case OrderingBlocked():
            await turn.show("ordering_blocked")
            return None
        case AddressMissing():
            return Toast("checkout.address_missing", is_alert=True)
        case _:
            assert_never(refusal)


async def change_address(turn: Turn, checkout: int) -> Toast | None:
    """`Change address` on the summary: ask the three questions again."""
    dialog = await turn.look(dialogs.view, checkout)
    if dialog is None or dialog.person != turn.actor or dialog.kind != checkouts.CHECKOUT:
        return Toast("tap.stale")
    outcome = await turn.decide(
        dialogs.advance,
        dialog=dialog,
        step="recipient",
        data={"lines": dialog.data["lines"]},
        now=turn.now,
        anchor=turn.anchor,
    )
    return Toast("tap.stale") if isinstance(outcome, dialogs.Moved) else None


async def drop(turn: Turn, checkout: int) -> Toast | None:
    """`Cancel` on the summary: nothing was ordered, nothing is kept."""
    dialog = await turn.look(dialogs.view, checkout)
    if dialog is None or dialog.person != turn.actor or dialog.kind != checkouts.CHECKOUT:
        return Toast("tap.stale")
    await turn.decide(_drop, actor=turn.actor, checkout=checkout, now=turn.now, anchor=turn.anchor)
    return None


def _drop(tx: Tx, *, actor: int, checkout: int, now: int, anchor: int | None) -> None:
    """Leave the checkout and say so."""
    dialogs.end(tx, dialog=checkout, now=now)
    outbox.tell(tx, actor, "say", now=now, anchor=anchor, key="checkout.dropped")


async def address_command(turn: Turn, _argument: str) -> None:
    """/address: see the saved address and give another."""
    await turn.decide(dialogs.begin, actor=turn.actor, kind=ADDRESS, step="recipient", data={}, now=turn.now)


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
        summary_step=SUMMARY,
        now=turn.now,
    )


async def _next(turn: Turn, dialog: Dialog, step: str, **answer: str) -> None:
    await turn.decide(dialogs.advance, dialog=dialog, step=step, data={**dialog.data, **answer}, now=turn.now)


async def _answer_summary(turn: Turn, dialog: Dialog, _message: Message) -> None:
    """Typed something where a button decides: show the summary again."""
    await turn.show("question", dialog=dialog.id, step=dialog.step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What stands above `Place order`."""

    checkout: int
    quote: Quote
    address: Address


def _load_summary(tx: Tx, dialog: Dialog) -> Summary | None:
    address = addresses.current(tx, dialog.person)
    quote = quotes.shown(tx, checkouts.wishes(dialog))
    if address is None or quote is None:
        return None
    return Summary(checkout=dialog.id, quote=quote, address=address)


def _is_first_paid(quote: Quote) -> bool:
    return any(one.offer.hold is Hold.FIRST_PAID for one in quote.lines)


def _ask_summary(face: Face, summary: Summary) -> Rendered:
    t = face.t
    where = summary.address
    text = lines(
        [
            t("checkout.summary"),
            *(
                t(
                    "checkout.line",
                    packs=formats.packs(one.line.quantity, one.offer.units, face.lang),
                    name=formats.name(one.offer.names, face.lang),
                    price=face.money(one.line.unit_price),
                    amount=face.money(one.line.amount),
                )
                for one in summary.quote.lines
            ),
            t("checkout.total", total=face.money(summary.quote.sums.total)),
            t(
                "checkout.ships_to",
                recipient=where.recipient,
                phone=formats.phone(where.phone, face.settings.country),
                address=where.address,
            ),
            t("checkout.first_paid") if _is_first_paid(summary.quote) else None,
            t("checkout.perishable"),
        ]
    )
    return Rendered(
        text=text,
        rows=(
            (face.button("place_order", "place", summary.checkout),),
            (
                face.button("change_address", "readdr", summary.checkout),
                face.button("cancel", "drop", summary.checkout),
            ),
        ),
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
        f"{kind}.recipient": Step(load=_saved, ask=_ask_recipient, answer=_answer_recipient),
        f"{kind}.phone": Step(ask=_ask_phone, answer=_answer_phone),
        f"{kind}.address": Step(ask=_ask_address, answer=answer),
    }


COMMANDS = {"address": address_command}
TAPS = {
    "buy": Tap(run=buy, ints=2),
    "place": Tap(run=place, ints=1),
    "readdr": Tap(run=change_address, ints=1),
    "drop": Tap(run=drop, ints=1),
}
STEPS = {
    **address_steps(checkouts.CHECKOUT),
    **address_steps(ADDRESS),
    f"{checkouts.CHECKOUT}.{SUMMARY}": Step(load=_load_summary, ask=_ask_summary, answer=_answer_summary),
}
