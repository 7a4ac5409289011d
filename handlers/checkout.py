"""From `Order now` to an order: the address questions, the summary, `Place order`.

Talks to buyers only. What may be ordered and what it takes is decided by `storage.checkouts`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from telegram import Message

from handlers import discounting, formats
from handlers.routing import Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered
from shop import contacts
from shop import coupons as codes
from shop.contacts import ContactFault
from storage import addresses, checkouts, coupons, dialogs, offers, outbox, quotes
from storage.addresses import Address
from storage.checkouts import AddressMissing, AlreadyPlaced, CodeRefused, Dearer, Placed, Refusal
from storage.connection import Tx
from storage.dialogs import Dialog, Moved
from storage.outbox import Params
from storage.people import NotFound
from storage.quotes import Basket, LimitReached, NotOpen, PriceChanged, QuotedLine, SoldOut, Wish

# The version of the sentence above `Place order`; change it whenever `checkout.perishable` changes its meaning.
TERMS = "perishable-1"
ADDRESS = "address"
SUMMARY = "summary"
CODE = "code"


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
        case _:
            return await _refuse(turn, outcome, shown)


async def _refuse(turn: Turn, refusal: Refusal, shown: int = 0) -> Toast | None:
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
        case Dearer(checkout=checkout):
            await turn.show("dearer", checkout=checkout, shown=shown)
            return Toast("checkout.dearer_toast")
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
        data=checkouts.chosen(dialog),
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


async def _answer_address(turn: Turn, dialog: Dialog, message: Message) -> None:
    where = contacts.address(message.text or "")
    if isinstance(where, ContactFault):
        await turn.say("checkout.bad_address")
        return
    address = Address(recipient=dialog.data["recipient"], phone=dialog.data["phone"], address=where)
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


async def have_code(turn: Turn, checkout: int) -> Toast | None:
    """`I have a code` on the summary: which?"""
    dialog = await turn.look(dialogs.view, checkout)
    if (
        dialog is None
        or dialog.person != turn.actor
        or (dialog.kind, dialog.step) not in ((checkouts.CHECKOUT, SUMMARY), (checkouts.CHECKOUT, CODE))
    ):
        return Toast("tap.stale")
    outcome = await turn.decide(
        dialogs.advance, dialog=dialog, step=CODE, data=dialog.data, now=turn.now, anchor=turn.anchor
    )
    return Toast("tap.stale") if isinstance(outcome, Moved) else None


async def without_code(turn: Turn, checkout: int) -> Toast | None:
    """`Without a code`: the summary again, as it was."""
    dialog = await turn.look(dialogs.view, checkout)
    if dialog is None or dialog.person != turn.actor or (dialog.kind, dialog.step) != (checkouts.CHECKOUT, CODE):
        return Toast("tap.stale")
    await turn.decide(
        dialogs.advance, dialog=dialog, step=SUMMARY, data=dialog.data, now=turn.now, anchor=turn.anchor
    )
    return None


async def _answer_code(turn: Turn, dialog: Dialog, message: Message) -> None:
    """The code: it counts, or one sentence says why not."""
    outcome = await turn.decide(
        checkouts.give_code,
        actor=turn.actor,
        dialog=dialog,
        text=message.text or "",
        summary_step=SUMMARY,
        now=turn.now,
    )
    match outcome:
        case CodeRefused(fault=fault, code=code):
            await turn.say(f"coupon.fault.{fault.value}", code=code)
        case Moved():
            await turn.say("host.question_over")
        case _:
            return


async def _answer_summary(turn: Turn, dialog: Dialog, message: Message) -> None:
    """Typed something where a button decides: a code is taken as one, else the summary is shown again."""
    if await turn.look(_is_code, dialog.person, message.text or "", turn.now):
        await _answer_code(turn, dialog, message)
    else:
        await turn.decide(_ask_again, dialog=dialog, text=message.text or "", now=turn.now)


def _is_code(tx: Tx, person: int, text: str, now: int) -> bool:
    """Does the stall know such a code? Not looked at while guesses are paused."""
    code = codes.normalise(text)
    if code is None or coupons.is_paused(tx, person, coupons.CHAT, now):
        return False
    return coupons.by_code(tx, code, person) is not None


def _ask_again(tx: Tx, *, dialog: Dialog, text: str, now: int) -> None:
    """The summary once more; what could have been a guess at a code is counted as one in the chat."""
    coupons.spoken(tx, dialog.person, text, now)
    dialogs.ask(tx, dialog, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What stands above `Place order`; `was` is the total it had before it became dearer."""

    checkout: int
    basket: Basket
    address: Address
    was: int | None = None


def _load_summary(tx: Tx, dialog: Dialog) -> Summary | None:
    address = addresses.current(tx, dialog.person)
    coupon = checkouts.coupon_of(dialog)
    basket = quotes.basket(tx, buyer=dialog.person, wishes=checkouts.wishes(dialog), coupon=coupon)
    if address is None or basket is None:
        return None
    return Summary(checkout=dialog.id, basket=basket, address=address)


def _load_dearer(tx: Tx, params: Params, chat: int) -> Summary | None:
    dialog = dialogs.view(tx, int(params["checkout"] or 0))
    if dialog is None or dialog.person != chat or dialog.kind != checkouts.CHECKOUT:
        return None
    summary = _load_summary(tx, dialog)
    return None if summary is None else replace(summary, was=int(params["shown"] or 0))


def _ask_summary(face: Face, summary: Summary) -> Rendered:
    t = face.t
    where = summary.address
    quote = summary.basket.quote(face.now)
    total = quote.sums.total
    dearer = summary.was is not None
    text = lines(
        [
            t("checkout.dearer", was=face.money(summary.was or 0), total=face.money(total)) if dearer else None,
            t("checkout.summary"),
            *(row for one in quote.lines for row in _line(face, one)),
            discounting.of_quote(face, quote),
            t("checkout.total", total=face.money(total)),
            None if total else t("checkout.free"),
            t(
                "checkout.ships_to",
                recipient=where.recipient,
                phone=formats.phone(where.phone, face.settings.country),
                address=where.address,
            ),
            t("checkout.perishable"),
        ]
    )
    return Rendered(
        text=text,
        rows=(
            (face.button("place_order", "place", summary.checkout, total),),
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


def _ask_code(face: Face, dialog: Dialog) -> Rendered:
    return Rendered(text=face.t("coupon.ask_code"), rows=((face.button("without_code", "nocode", dialog.id),),))


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


def _steps(kind: str) -> dict[str, Step]:
    return {
        f"{kind}.recipient": Step(load=_saved, ask=_ask_recipient, answer=_answer_recipient),
        f"{kind}.phone": Step(ask=_ask_phone, answer=_answer_phone),
        f"{kind}.address": Step(ask=_ask_address, answer=_answer_address),
    }


COMMANDS = {"address": address_command}
TAPS = {
    "buy": Tap(run=buy, ints=2),
    "place": Tap(run=place, ints=2),
    "havecode": Tap(run=have_code, ints=1),
    "nocode": Tap(run=without_code, ints=1),
    "readdr": Tap(run=change_address, ints=1),
    "drop": Tap(run=drop, ints=1),
}
STEPS = {
    **_steps(checkouts.CHECKOUT),
    **_steps(ADDRESS),
    f"{checkouts.CHECKOUT}.{SUMMARY}": Step(load=_load_summary, ask=_ask_summary, answer=_answer_summary),
    f"{checkouts.CHECKOUT}.{CODE}": Step(ask=_ask_code, answer=_answer_code),
}
KINDS: Kinds = {"dearer": Kind(load=_load_dearer, show=_ask_summary)}
