"""The buyer's side of paying: `I have paid`, receipts in any form at any time, and what the cashier's word means.

The cashier's side is in `cashier`. A tap changes nothing; only a receipt or a typed reference does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from telegram import Message

from handlers.ordering import goods, load_order
from handlers.orderviews import worded
from handlers.routing import Step, Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered
from shop import codes, contacts
from shop.orders import OrderStatus
from storage import dialogs, endings, orders, outbox, payments, refunds
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.orders import Order, OrderPolicy
from storage.outbox import Params
from storage.payments import NotPayable, Payment, Submitted, TooManyUnderReview
from storage.people import NotFound
from storage.receipts import MAX_BYTES, Proof, ReceiptKind
from storage.refunds import Refund

RECEIPT = "receipt"
LONGEST_REFERENCE = 200
MOST_PROOFS = 10  # an album's


def proof_of(message: Message) -> Proof | None:
    """The proof in a message: its largest picture, its file, or its text."""
    if message.photo:
        photo = message.photo[-1]
        return Proof(
            kind=ReceiptKind.PHOTO,
            text=message.caption,
            file_id=photo.file_id,
            file_unique_id=photo.file_unique_id,
            size=photo.file_size,
        )
    if message.document is not None:
        document = message.document
        return Proof(
            kind=ReceiptKind.DOCUMENT,
            text=message.caption,
            file_id=document.file_id,
            file_unique_id=document.file_unique_id,
            file_name=document.file_name,
            mime=document.mime_type,
            size=document.file_size,
        )
    text = contacts.tidy(message.text or "")
    return Proof(kind=ReceiptKind.TEXT, text=text[:LONGEST_REFERENCE]) if text else None


async def paid_tap(turn: Turn, order_id: int) -> Toast | None:
    """`I have paid`: ask for the receipt, or say why none is needed."""
    order = await turn.look(orders.view, order_id)
    if order is None or order.buyer_id != turn.actor:
        return Toast("tap.stale")
    if order.status in (OrderStatus.PAID, OrderStatus.COMPLETED, OrderStatus.CANCELLED):
        await turn.show("order_card", order=order_id)
        return Toast(f"payment.no_receipt.{order.status.value}")
    await turn.decide(
        dialogs.begin,
        actor=turn.actor,
        kind=RECEIPT,
        step="proof",
        data={"order": order_id},
        now=turn.now,
    )
    return None


async def _answer_proof(turn: Turn, dialog: Dialog, message: Message) -> None:
    proof = proof_of(message)
    if proof is None or not await _fits(turn, proof):
        if proof is None:
            await turn.say("payment.no_proof")
        return
    await _submit(turn, dialog.data["order"], [proof], dialog.id)


async def _fits(turn: Turn, proof: Proof) -> bool:
    """Telegram gives bots files up to 20 MB only; a larger one could not be kept."""
    if (proof.size or 0) <= MAX_BYTES:
        return True
    await turn.say("payment.too_big")
    return False


async def _submit(turn: Turn, order_id: int, proofs: Sequence[Proof], dialog: int | None = None) -> Toast | None:
    """Bring what was sent to the cashier; whether it is taken or not, the question that asked for it is over."""
    outcome = await turn.decide(
        _take,
        actor=turn.actor,
        order_id=order_id,
        proofs=proofs,
        policy=turn.settings.policy,
        now=turn.now,
        dialog=dialog,
        anchor=turn.anchor,
    )
    return Toast("tap.stale") if isinstance(outcome, NotFound) else None


def _take(
    tx: Tx,
    *,
    actor: int,
    order_id: int,
    proofs: Sequence[Proof],
    policy: OrderPolicy,
    now: int,
    dialog: int | None,
    anchor: int | None,
) -> NotFound | None:
    """Submit every proof, or say why the order takes none."""
    if dialog is not None:
        dialogs.end(tx, dialog=dialog, now=now)
    for proof in proofs:
        outcome = payments.submit(
            tx, actor=actor, order_id=order_id, proof=proof, policy=policy, now=now, anchor=anchor
        )
        match outcome:
            case Submitted():
                anchor = None
            case NotFound():
                return outcome
            case NotPayable(order_id=order):
                outbox.tell(tx, actor, "not_payable", now=now, anchor=anchor, order=order)
                return None
            case TooManyUnderReview(most=most):
                outbox.tell(tx, actor, "say", now=now, anchor=anchor, key="payment.too_many", most=most)
                return None
            case _:
                assert_never(outcome)
    return None


async def picture(turn: Turn, message: Message) -> None:
    """A picture or file sent without being asked: it belongs to the one open order, or we ask which."""
    proof = proof_of(message)
    if proof is None or not await _fits(turn, proof):
        return
    policy = turn.settings.policy
    found = await turn.look(orders.open_for_receipt, turn.actor, policy.late_receipt_ms, turn.now)
    if not found:
        await turn.say("payment.no_open_order")
        return
    named = _codes_in(message, policy.prefix)
    # A caption that names another order says at least that it is not simply the open one.
    chosen = [order for order in found if order.code in named] if named else found
    if len(chosen) == 1:
        await _submit(turn, chosen[0].id, [proof])
        return
    data = {"proofs": [_stored(proof)], "orders": [order.id for order in chosen or found]}
    await turn.decide(dialogs.begin, actor=turn.actor, kind=RECEIPT, step="which", data=data, now=turn.now)


def _codes_in(message: Message, prefix: str) -> list[str]:
    """The order codes a message names, else those of the message it replies to."""
    named = codes.find(message.text or message.caption or "", prefix)
    replied = message.reply_to_message
    if named or replied is None:
        return named
    return codes.find(replied.text or replied.caption or "", prefix)


def _stored(proof: Proof) -> dict[str, Any]:
    return {**{name: getattr(proof, name) for name in Proof.__slots__}, "kind": proof.kind.value}


def _proofs(dialog: Dialog) -> list[Proof]:
    return [Proof(**{**stored, "kind": ReceiptKind(stored["kind"])}) for stored in dialog.data["proofs"]]


async def which_tap(turn: Turn, dialog_id: int, order_id: int) -> Toast | None:
    """The buyer says which order the picture was for."""
    dialog = await turn.look(dialogs.view, dialog_id)
    if dialog is None or dialog.person != turn.actor or dialog.kind != RECEIPT or dialog.step != "which":
        return Toast("tap.stale")
    return await _submit(turn, order_id, _proofs(dialog), dialog.id)


async def _answer_which(turn: Turn, dialog: Dialog, message: Message) -> None:
    """A typed order code, or a further picture, while we ask which order the first belongs to."""
    named = _codes_in(message, turn.settings.policy.prefix)
    found = await turn.look(_with_codes, dialog, named)
    proof = proof_of(message) if message.photo or message.document else None
    if proof is not None and not await _fits(turn, proof):
        return
    if proof is not None and len(found) == 1:
        await _submit(turn, found[0], [proof])
    elif len(found) == 1:
        await _submit(turn, found[0], _proofs(dialog), dialog.id)
    elif proof is not None and len(dialog.data["proofs"]) < MOST_PROOFS:
        await turn.decide(
            dialogs.advance,
            dialog=dialog,
            step=dialog.step,
            data={**dialog.data, "proofs": [*dialog.data["proofs"], _stored(proof)]},
            now=turn.now,
            silent=message.media_group_id is not None,  # an album is asked about once
        )
    else:
        await turn.show("question", dialog=dialog.id, step=dialog.step)


def _with_codes(tx: Tx, dialog: Dialog, named: list[str]) -> list[int]:
    known = [orders.view(tx, order) for order in dialog.data["orders"]]
    return [order.id for order in known if order is not None and order.code in named]


def _load_which(tx: Tx, dialog: Dialog) -> tuple[Dialog, list[Order]]:
    known = [orders.view(tx, order) for order in dialog.data["orders"]]
    return dialog, [order for order in known if order is not None]


def _ask_which(face: Face, view: tuple[Dialog, list[Order]]) -> Rendered:
    dialog, found = view
    rows = tuple(
        (face.button("which_order", "which", dialog.id, order.id, code=order.code, total=face.money(order.total)),)
        for order in found
    )
    return Rendered(text=face.t("payment.which"), rows=rows)


def _load_proof(tx: Tx, dialog: Dialog) -> Order | None:
    return orders.view(tx, dialog.data["order"])


def _ask_proof(face: Face, order: Order) -> Rendered:
    return Rendered(text=face.t("payment.ask_proof", code=order.code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A payment, its order, and how many stand before it at the till."""

    payment: Payment
    order: Order
    before: int
    is_more: bool
    over_limit: bool


def load_claim(tx: Tx, params: Params, _chat: int) -> Claim | None:
    """A payment with its order."""
    payment = payments.view(tx, int(params["payment"] or 0))
    order = None if payment is None else orders.view(tx, payment.order_id)
    if payment is None or order is None:
        return None
    return Claim(
        payment=payment,
        order=order,
        before=payments.before(tx, payment),
        is_more=bool(params.get("more")),
        over_limit=bool(params.get("over_limit")),
    )


def _receipt_in(face: Face, claim: Claim) -> Rendered:
    code = claim.order.code
    if claim.is_more:
        return Rendered(text=face.t("payment.receipt_added", code=code))
    queue = face.t.n("payment.before_it", claim.before) if claim.before else None
    kept = "payment.kept_late"
    if claim.order.status is OrderStatus.PENDING:
        kept = worded(claim.order, "payment.kept", "payment.kept.first_paid")
    return Rendered(
        text=lines([face.t("payment.receipt_in", code=code), queue, face.t(kept)]),
        rows=((face.button("ask_the_stall", "ask", claim.order.id),),),
    )


def _confirmed(face: Face, claim: Claim) -> Rendered:
    order = claim.order
    return Rendered(
        text=lines(
            [
                face.t("payment.confirmed", code=order.code, amount=face.money(claim.payment.amount)),
                goods(face, order),
                face.t("payment.next_supplier"),
            ]
        ),
        rows=((face.button("ask_the_stall", "ask", order.id),),),
    )


def _rejected(face: Face, claim: Claim) -> Rendered:
    order = claim.order
    again = None
    if order.status is OrderStatus.PENDING:
        again = face.t("payment.send_again", when=face.deadline(order.pay_by))
    return Rendered(
        text=lines(
            [
                face.t("payment.rejected", code=order.code),
                face.t(f"payment.reason.{claim.payment.reason or 'other'}"),
                again,
            ]
        ),
        rows=((face.button("i_have_paid", "paid", order.id), face.button("ask_the_stall", "ask", order.id)),),
    )


def _late(face: Face, claim: Claim) -> Rendered:
    order = claim.order
    key = "payment.late_cancelled" if order.status is OrderStatus.CANCELLED else "payment.late"
    if order.cancel_reason == endings.PAID_FIRST:
        key = "payment.late_first_paid"
    elif claim.over_limit:
        key = "payment.late_over_limit"
    return Rendered(
        text=face.t(key, code=order.code, amount=face.money(claim.payment.amount)),
        rows=((face.button("ask_the_stall", "ask", order.id),),),
    )


def _not_payable(face: Face, order: Order) -> Rendered:
    key = f"payment.not_payable.{order.status.value}"
    return Rendered(text=face.t(key, code=order.code), rows=((face.button("ask_the_stall", "ask", order.id),),))


def _load_refund(tx: Tx, params: Params, _chat: int) -> tuple[Refund, Order] | None:
    refund = refunds.view(tx, int(params["refund"] or 0))
    order = None if refund is None else orders.view(tx, refund.order_id)
    return None if refund is None or order is None else (refund, order)


def _refund_done(face: Face, view: tuple[Refund, Order]) -> Rendered:
    refund, order = view
    return Rendered(text=face.t("refund.done_buyer", code=order.code, amount=face.money(refund.amount)))


TAPS = {
    "paid": Tap(run=paid_tap, ints=1),
    "which": Tap(run=which_tap, ints=2),
}
STEPS = {
    f"{RECEIPT}.proof": Step(load=_load_proof, ask=_ask_proof, answer=_answer_proof, takes_media=True),
    f"{RECEIPT}.which": Step(load=_load_which, ask=_ask_which, answer=_answer_which, takes_media=True),
}
KINDS: Kinds = {
    "receipt_in": Kind(load=load_claim, show=_receipt_in),
    "payment_confirmed": Kind(load=load_claim, show=_confirmed),
    "payment_rejected": Kind(load=load_claim, show=_rejected),
    "payment_late": Kind(load=load_claim, show=_late),
    "not_payable": Kind(load=load_order, show=_not_payable),
    "refund_done": Kind(load=_load_refund, show=_refund_done),
}
