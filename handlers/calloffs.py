"""A host cancels a buyer's order: the reasons to tap or type, and what the buyer reads.

Owns the dialog `hostcancel`. What ends, and what is owed, is decided by `storage.calloffs`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from telegram import Message

from handlers.ordering import goods, load_order
from handlers.orderviews import stall_reason
from handlers.routing import Step, Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered
from shop import contacts
from shop.orders import OrderStatus
from storage import calloffs, dialogs, endings, orders, outbox, refunds, roles
from storage.calloffs import MOST_SAID, REASONS, CalledOff, NothingToCallOff
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.orders import Order
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.refunds import Refund
from storage.roles import Role

HOSTCANCEL = "hostcancel"

_STALE = Toast("tap.stale")


def _load_ask(tx: Tx, params: Params, chat: int) -> Order | None:
    order = load_order(tx, params, chat)
    return order if order is not None and roles.has_role(tx, chat, Role.HOST) else None


def _ask(face: Face, order: Order) -> Rendered:
    is_paid = order.status is OrderStatus.PAID
    text = lines(
        [
            face.t("calloff.ask", code=order.code, name=order.buyer_name),
            goods(face, order),
            face.t("calloff.refunds") if is_paid else None,
        ]
    )
    reasons = tuple((face.button(f"calloff_{reason}", "hreason", order.id, reason),) for reason in REASONS)
    return Rendered(
        text=text,
        rows=(
            *reasons,
            (face.button("own_words", "hwords", order.id), face.button("keep_order", "order", order.id)),
        ),
    )


async def cancel_tap(turn: Turn, order: int) -> Toast | None:
    """`Cancel order` under somebody's order asks for the reason."""
    return None if await turn.show("calloff_ask", order=order) else _STALE


async def reason_tap(turn: Turn, order: int, reason: str) -> Toast | None:
    """The reason decides."""
    if reason not in REASONS:
        return _STALE
    outcome = await turn.decide(
        calloffs.cancel_by_stall,
        actor=turn.actor,
        order_id=order,
        reason=reason,
        now=turn.now,
        anchor=turn.anchor,
    )
    match outcome:
        case CalledOff():
            return Toast("calloff.done")
        case NotAllowed() | NotFound():
            return _STALE
        case NothingToCallOff():
            await turn.show("order_card", order=order)
            return Toast("calloff.too_late")
        case _:
            assert_never(outcome)


async def words_tap(turn: Turn, order: int) -> Toast | None:
    """`Own words`."""
    if await turn.look(_load_ask, {"order": order}, turn.actor) is None:
        return _STALE
    await turn.decide(
        dialogs.begin, actor=turn.actor, kind=HOSTCANCEL, step="words", data={"order": order}, now=turn.now
    )
    return None


async def _answer(turn: Turn, dialog: Dialog, message: Message) -> None:
    said = contacts.tidy(message.text or "")
    if not 0 < len(said) <= MOST_SAID:
        await turn.say("calloff.bad_words", most=MOST_SAID)
        return
    await turn.decide(_cancel, actor=turn.actor, dialog=dialog, said=said, now=turn.now)


def _cancel(tx: Tx, *, actor: int, dialog: Dialog, said: str, now: int) -> None:
    """The question is over, also when the order can't be cancelled any more: then it is shown as it stands."""
    dialogs.end(tx, dialog=dialog.id, now=now)
    order = int(dialog.data["order"])
    outcome = calloffs.cancel_by_stall(tx, actor=actor, order_id=order, reason=endings.SAID + said, now=now)
    match outcome:
        case CalledOff():
            return
        case NotAllowed() | NotFound():
            outbox.tell(tx, actor, "say", now=now, key="calloff.gone")
        case NothingToCallOff():
            outbox.tell(tx, actor, "say", now=now, key="calloff.too_late")
        case _:
            assert_never(outcome)


def _load_words(tx: Tx, dialog: Dialog) -> Order | None:
    return orders.view(tx, dialog.data["order"])


def _ask_words(face: Face, order: Order) -> Rendered:
    return Rendered(text=face.t("calloff.ask_words", code=order.code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What the stall has cancelled, and why."""

    order: Order
    refund: Refund | None
    reason: str


def _load_loss(tx: Tx, params: Params, chat: int) -> Loss | None:
    order = load_order(tx, params, chat)
    if order is None or order.buyer_id != chat:
        return None
    refund = refunds.view(tx, int(params.get("refund") or 0))
    return Loss(order=order, refund=refund, reason=str(params["reason"]))


def _called_off(face: Face, loss: Loss) -> Rendered:
    order, t = loss.order, face.t
    is_whole = order.status is OrderStatus.CANCELLED
    text = lines(
        [
            t("calloff.whole" if is_whole else "calloff.part", code=order.code),
            stall_reason(face, loss.reason),
            None if loss.refund is None else t("request.refund", amount=face.money(loss.refund.amount)),
            None if is_whole else goods(face, order),
        ]
    )
    return Rendered(text=text, rows=((face.button("ask_the_stall", "ask", order.id),),))


TAPS: Mapping[str, Tap] = {
    "hcancel": Tap(run=cancel_tap, ints=1),
    "hreason": Tap(run=reason_tap, ints=1, words=1),
    "hwords": Tap(run=words_tap, ints=1),
}
STEPS: Mapping[str, Step] = {f"{HOSTCANCEL}.words": Step(load=_load_words, ask=_ask_words, answer=_answer)}
KINDS: Kinds = {
    "calloff_ask": Kind(load=_load_ask, show=_ask),
    "order_called_off": Kind(load=_load_loss, show=_called_off),
}
