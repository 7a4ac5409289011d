"""The buyer's side of paying: `I have paid`, receipts in any form at any time, and what the cashier's word means.

The cashier's side is in `cashier`. A tap changes nothing; only a receipt or a typed reference does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from telegram import Message

from handlers import shipwindows
from handlers.ordering import goods, load_order
from handlers.orderviews import worded
from handlers.proofs import codes_in, proof_of, stored, waiting_in
from handlers.routing import Step, Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered
from shop.orders import OrderStatus
from shop.payments import PaymentStatus
from storage import dialogs, endings, orders, outbox, payments, questions, receipts
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.orders import Order, OrderPolicy
from storage.outbox import Params
from storage.payments import NotPayable, Payment, Submitted, TooManyUnderReview
from storage.people import NotFound
from storage.receipts import Proof, Receipt, ReceiptKind

RECEIPT = "receipt"
MOST_PROOFS = 30  # that wait for one answer: three albums


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
    """The proof for the order that was asked about, unless its caption names another one that is open."""
    proof = proof_of(message)
    if proof is None:
        await turn.say("payment.no_proof")
        return
    if await _follows_its_album(turn, proof):
        return
    named = codes_in(message, turn.settings.policy.prefix) if proof.file_id is not None else []
    asked = await turn.look(orders.view, dialog.data["order"])
    if named and (asked is None or asked.code not in named):
        await _for_the_named(turn, proof, named)
        return
    await _submit(turn, dialog.data["order"], [proof], _Waiting(dialog=dialog.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """A question that a proof answers: it is over then, unless other proofs go on waiting for an answer to it."""

    dialog: int
    others: Sequence[Proof] = ()


async def _submit(
    turn: Turn, order_id: int, proofs: Sequence[Proof], waiting: _Waiting | None = None, *, is_whole: bool = False
) -> Toast | None:
    """Bring what was sent to the cashier; whether it is taken or not, the question that asked for it is over."""
    outcome = await turn.decide(
        _take,
        actor=turn.actor,
        order_id=order_id,
        proofs=proofs,
        policy=turn.settings.policy,
        now=turn.now,
        waiting=waiting,
        is_whole=is_whole or proofs[0].album is None,
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
    waiting: _Waiting | None,
    is_whole: bool,
    anchor: int | None,
) -> NotFound | None:
    """Submit every proof, or say why the order takes none; of an album that is said once."""
    if waiting is not None:
        dialog = dialogs.view(tx, waiting.dialog)
        if dialog is not None and waiting.others:
            data = {**dialog.data, "proofs": [stored(proof) for proof in waiting.others]}
            dialogs.advance(tx, dialog=dialog, step=dialog.step, data=data, now=now, silent=True)
        else:
            dialogs.end(tx, dialog=waiting.dialog, now=now)
    outcome = payments.submit(
        tx,
        actor=actor,
        order_id=order_id,
        proofs=proofs,
        policy=policy,
        now=now,
        is_whole=is_whole,
        anchor=anchor,
    )
    once = _once(actor, proofs[0].album)
    match outcome:
        case Submitted():
            return None
        case NotFound():
            return outcome
        case NotPayable(order_id=order):
            outbox.tell(tx, actor, "not_payable", now=now, anchor=anchor, dedupe=once, order=order)
        case TooManyUnderReview(most=most):
            outbox.tell(tx, actor, "say", now=now, anchor=anchor, dedupe=once, key="payment.too_many", most=most)
        case _:
            assert_never(outcome)
    return None


async def _follows_its_album(turn: Turn, proof: Proof) -> bool:
    """A part of an album goes where its first part went; False if this is none, or the first."""
    begun = await turn.look(receipts.of_album, turn.actor, proof.album)
    if begun is not None:
        await _submit(turn, begun.order_id, [proof])
        return True
    if await turn.look(questions.is_asked_with, turn.actor, proof.album):
        await _say_once(turn, proof, "ask.one_picture")
        return True
    return False


async def follows_its_album(turn: Turn, message: Message) -> bool:
    """The same of a message that may be something else than a receipt."""
    proof = proof_of(message)
    return proof is not None and await _follows_its_album(turn, proof)


async def _say_once(turn: Turn, proof: Proof, key: str) -> None:
    """Answer at once with one sentence; to the parts of an album with one for all of them."""
    if proof.album is None:
        await turn.say(key)
    else:
        await turn.decide(_tell_once, actor=turn.actor, album=proof.album, key=key, now=turn.now)


def _tell_once(tx: Tx, *, actor: int, album: str, key: str, now: int) -> None:
    """Say it unless something was said about this album."""
    outbox.tell(tx, actor, "say", now=now, dedupe=_once(actor, album), key=key)


def _once(actor: int, album: str | None) -> str | None:
    """An album that is not taken is told so with one message, whatever its parts meet."""
    return None if album is None else f"album_refused:{actor}:{album}"


async def picture(turn: Turn, message: Message) -> None:
    """A picture or file sent without being asked: it belongs to the one open order, or we ask which."""
    proof = proof_of(message)
    if proof is None or await _follows_its_album(turn, proof):
        return
    await _for_the_named(turn, proof, codes_in(message, turn.settings.policy.prefix))


async def _for_the_named(turn: Turn, proof: Proof, named: list[str]) -> None:
    """A proof for whichever open order its caption names, or for the only one."""
    found = await turn.look(orders.open_for_receipt, turn.actor, turn.settings.policy.late_receipt_ms, turn.now)
    if not found:
        await _say_once(turn, proof, "payment.no_open_order")
        return
    # A caption that names another order says at least that it is not simply the open one.
    chosen = [order for order in found if order.code in named] if named else found
    if len(chosen) == 1:
        await _submit(turn, chosen[0].id, [proof])
        return
    data = {"proofs": [stored(proof)], "orders": [order.id for order in chosen or found]}
    await turn.decide(dialogs.begin, actor=turn.actor, kind=RECEIPT, step="which", data=data, now=turn.now)


async def which_tap(turn: Turn, dialog_id: int, order_id: int) -> Toast | None:
    """The buyer says which order the picture was for."""
    dialog = await turn.look(dialogs.view, dialog_id)
    if dialog is None or dialog.person != turn.actor or dialog.kind != RECEIPT or dialog.step != "which":
        return Toast("tap.stale")
    return await _submit(turn, order_id, waiting_in(dialog), _Waiting(dialog=dialog.id), is_whole=True)


async def _answer_which(turn: Turn, dialog: Dialog, message: Message) -> None:
    """A typed order code, or a further picture, while we ask which order the first belongs to."""
    named = codes_in(message, turn.settings.policy.prefix)
    found = await turn.look(_with_codes, dialog, named)
    proof = proof_of(message) if message.photo or message.document else None
    if proof is not None and await _follows_its_album(turn, proof):
        return
    waiting = waiting_in(dialog)
    if proof is not None and len(found) == 1:
        # An album is one receipt: a caption on any part of it speaks for those that wait.
        same = [each for each in waiting if each.album is not None and each.album == proof.album]
        others = [each for each in waiting if each not in same]
        question = _Waiting(dialog=dialog.id, others=others)
        await _submit(turn, found[0], [*same, proof], question)
    elif len(found) == 1:
        await _submit(turn, found[0], waiting, _Waiting(dialog=dialog.id), is_whole=True)
    elif proof is not None and len(waiting) < MOST_PROOFS:
        await turn.decide(
            dialogs.advance,
            dialog=dialog,
            step=dialog.step,
            data={**dialog.data, "proofs": [stored(each) for each in (*waiting, proof)]},
            now=turn.now,
            silent=proof.album is not None,  # an album is asked about once
        )
    elif proof is not None:
        await _say_once(turn, proof, "payment.too_many_waiting")
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
    """A payment and its order; `over_limit`: that is why late money could not bring the order back."""

    payment: Payment
    order: Order
    over_limit: bool


def _load_claim(tx: Tx, params: Params, _chat: int) -> Claim | None:
    payment = payments.view(tx, int(params["payment"] or 0))
    order = None if payment is None else orders.view(tx, payment.order_id)
    if payment is None or order is None:
        return None
    return Claim(payment=payment, order=order, over_limit=bool(params.get("over_limit")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What the buyer has just sent for a claim, and how many claims stand before it at the till."""

    claim: Claim
    receipts: list[Receipt]
    before: int
    is_more: bool


def _load_sent(tx: Tx, params: Params, chat: int) -> Sent | None:
    claim = _load_claim(tx, params, chat)
    if claim is None:
        return None
    return Sent(
        claim=claim,
        receipts=receipts.between(tx, params),
        before=payments.before(tx, claim.payment),
        is_more=bool(params["more"]),
    )


def _receipt_in(face: Face, sent: Sent) -> Rendered:
    claim, code, count = sent.claim, sent.claim.order.code, len(sent.receipts)
    too_big = face.t("payment.too_big") if any(receipt.is_too_big for receipt in sent.receipts) else None
    if claim.payment.status is PaymentStatus.CONFIRMED:
        return Rendered(text=face.t("payment.receipt_kept", code=code))
    if sent.is_more:
        one, several = "payment.receipt_added", face.t.n("payment.receipts_added", count, code=code)
        return Rendered(text=lines([face.t(one, code=code) if count == 1 else several, too_big]))
    is_photos = all(receipt.kind is ReceiptKind.PHOTO for receipt in sent.receipts)
    if count == 1:
        thanks = face.t("payment.receipt_in", code=code)
    elif is_photos:
        thanks = face.t.n("payment.pictures_in", count, code=code)
    else:
        thanks = face.t.n("payment.files_in", count, code=code)
    queue = face.t.n("payment.before_it", sent.before) if sent.before else None
    kept = "payment.kept_late"
    if claim.order.status is OrderStatus.PENDING:
        kept = worded(claim.order, "payment.kept", "payment.kept.first_paid")
    return Rendered(
        text=lines([thanks, queue, face.t(kept), shipwindows.of_order(face, claim.order), too_big]),
        rows=((face.button("ask_the_stall", "ask", claim.order.id),),),
    )


def _confirmed(face: Face, claim: Claim) -> Rendered:
    order = claim.order
    return Rendered(
        text=lines(
            [
                face.t("payment.confirmed", code=order.code, amount=face.money(claim.payment.amount)),
                goods(face, order),
                face.t("payment.next_pickup" if order.is_pickup else "payment.next_supplier"),
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


TAPS = {
    "paid": Tap(run=paid_tap, ints=1),
    "which": Tap(run=which_tap, ints=2),
}
STEPS = {
    f"{RECEIPT}.proof": Step(load=_load_proof, ask=_ask_proof, answer=_answer_proof, takes_media=True),
    f"{RECEIPT}.which": Step(load=_load_which, ask=_ask_which, answer=_answer_which, takes_media=True),
}
KINDS: Kinds = {
    "receipt_in": Kind(load=_load_sent, show=_receipt_in),
    "payment_confirmed": Kind(load=_load_claim, show=_confirmed),
    "payment_rejected": Kind(load=_load_claim, show=_rejected),
    "payment_late": Kind(load=_load_claim, show=_late),
    "not_payable": Kind(load=load_order, show=_not_payable),
}
