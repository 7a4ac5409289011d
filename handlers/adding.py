"""`Add to my open order`: what an unpaid order would come to with more goods, and putting them in.

Owns the dialog `addition` and its summary; at a checkout the same button stands on the checkout's own summary. What
an order takes in, and until when, is decided by `storage.additions`.
"""

from dataclasses import dataclass

from handlers import ordering, parcelwords, refusing
from handlers.checkout import TERMS, again, is_first_paid, summary_lines
from handlers.routing import Step, Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered
from shop.orders import OrderStatus
from storage import additions, checkouts, offers, orders, quotes
from storage.additions import ADDITION, Added, Joined, NotThere, OpenOrder, Shut, Taker, TooLong
from storage.checkouts import SUMMARY, AlreadyPlaced, Postponed
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.orders import Order
from storage.outbox import Params
from storage.quotes import Basket, NotDeliveredThere, Outdated, Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """What would be added, and the order that would take it in."""

    dialog: int
    basket: Basket
    order: Order
    open: OpenOrder
    taker: Taker


async def begin_tap(turn: Turn, offer_id: int, quantity: int) -> Toast | None:
    """`Add to my open order` on an offer card: show what the order would come to."""
    offer = await turn.look(offers.view, offer_id)
    if offer is None:
        return Toast("tap.stale")
    outcome = await turn.decide(
        additions.begin,
        actor=turn.actor,
        wish=Wish(offer_id=offer_id, quantity=quantity, price=offer.price),
        step=SUMMARY,
        now=turn.now,
        anchor=turn.anchor,
    )
    match outcome:
        case Dialog():
            return None
        case NotDeliveredThere() | NotThere():
            return _not_there(outcome)
        case _:
            return await refusing.answer(turn, outcome)


def _not_there(why: NotDeliveredThere | NotThere) -> Toast:
    """It can't come to where the order goes; it can still be an order of its own."""
    if isinstance(why, NotThere):
        return Toast("addition.not_there", is_alert=True)
    return Toast("addition.not_delivered", {"region": why.region}, is_alert=True)


async def add_tap(turn: Turn, checkout: int, order_id: int, shown: int) -> Toast | None:
    """`Add to my open order` under a summary: one tap decides. The order rises by at most what was `shown`."""
    outcome = await turn.decide(
        additions.add,
        actor=turn.actor,
        checkout=checkout,
        order_id=order_id,
        terms=TERMS,
        policy=turn.settings.policy,
        now=turn.now,
        shown=shown,
    )
    match outcome:
        case Added():
            return Toast("addition.toast_added")
        case Postponed():
            return Toast("checkout.postponed_toast", is_alert=True)
        case AlreadyPlaced(order_id=order):
            await turn.show("order_card", order=order)
            return Toast("addition.toast_already")
        case Shut(order_id=order):
            await turn.show_below("order_shut", order=order)
            return None
        case Outdated():
            await turn.show("question", dialog=checkout, step=SUMMARY)
            return Toast("checkout.outdated", is_alert=True)
        case NotDeliveredThere() | NotThere():
            return _not_there(outcome)
        case TooLong(most=most):
            return Toast("addition.too_long", {"most": most}, is_alert=True)
        case _:
            return await refusing.answer_checkout(turn, checkout, outcome)


def _load(tx: Tx, dialog: Dialog) -> Addition | None:
    """None once the order takes in nothing any more."""
    basket = quotes.basket(tx, buyer=dialog.person, wishes=checkouts.wishes(dialog))
    order = orders.view(tx, int(dialog.data["order"]))
    found = None if basket is None else additions.open_of(tx, dialog.person, basket.stream_id)
    if basket is None or order is None or found is None or found.id != order.id:
        return None
    taker = additions.taker_of(tx, order.id, basket.suppliers)
    if taker is None:
        return None
    return Addition(dialog=dialog.id, basket=basket, order=order, open=found, taker=taker)


def _ask(face: Face, view: Addition) -> Rendered:
    t, order, quote = face.t, view.order, view.basket.quote(face.now)
    joined = view.taker.joined(quote)
    cancel = (face.button("cancel", "drop", view.dialog),)
    if not isinstance(joined, Joined):
        why = _not_there(joined)
        said = [t("addition.head", code=order.code), *summary_lines(face, quote), t(why.key, **(why.values or {}))]
        return Rendered(text=lines(said), rows=(cancel,))
    text = lines(
        [
            t("addition.head", code=order.code),
            *summary_lines(face, quote),
            *parcelwords.told(face, joined.deliveries),
            t(
                "addition.total",
                before=face.money(order.total),
                total=face.money(joined.total),
                when=face.deadline(view.open.pay_by_then(face.settings.policy, face.now)),
            ),
            parcelwords.goes_to(face, order),
            t("checkout.first_paid") if is_first_paid(quote) else None,
            t("checkout.perishable"),
        ]
    )
    return Rendered(
        text=text,
        rows=(
            (face.button("add_to_order", "fold", view.dialog, order.id, joined.rise),),
            cancel,
        ),
    )


def _shut(face: Face, order: Order) -> Rendered:
    """Why the order takes in nothing; what was wished can still be an order of its own."""
    state = "under_review" if order.is_under_review else order.status.value
    # Pending and yet shut: the time that was shown is over, and only the hidden grace is left.
    key = "addition.shut.expired" if state == OrderStatus.PENDING else f"addition.shut.{state}"
    return Rendered(
        text=face.t(key, code=order.code), rows=((face.button("see_order", "order", order.id, code=order.code),),)
    )


def _load_own(tx: Tx, params: Params, chat: int) -> Order | None:
    order = ordering.load_order(tx, params, chat)
    return order if order is not None and order.buyer_id == chat else None


TAPS = {
    "addopen": Tap(run=begin_tap, ints=2),
    "fold": Tap(run=add_tap, ints=3),
}
STEPS = {f"{ADDITION}.{SUMMARY}": Step(load=_load, ask=_ask, answer=again)}
KINDS: Kinds = {
    "order_shut": Kind(load=_load_own, show=_shut),
}
