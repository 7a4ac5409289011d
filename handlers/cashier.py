"""The till: receipts to look at, `Confirm` and `Reject`, refunds to pay out.

First decision wins; every cashier's card shows who decided. The buyer's side is in `payment`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from handlers import discounting, formats, parcelwords
from handlers.buyers import ran_out
from handlers.ordering import around_goods
from handlers.routing import Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import MOST_CAPTION, MOST_TEXT, Album, Face, FileId, Kind, Kinds, Rendered, Rows
from shop.orders import OrderStatus
from shop.payments import PaymentStatus
from storage import buyers, holds, orders, payments, receipts, refunds, requests, roles
from storage.connection import Tx
from storage.files import Place, Shelf
from storage.orders import Order, OrderLine
from storage.outbox import Params
from storage.payments import AlreadyDecided, Confirmed, Payment, Rejected
from storage.people import NotAllowed, NotFound
from storage.receipts import Receipt, ReceiptKind
from storage.refunds import AlreadyRepaid, Refund, Repaid
from storage.roles import Role

MOST_TYPED = 360  # characters of what the buyer wrote: the slip is a caption, of 1,024 at most
MOST_WITHOUT_FILE = 1_500  # the same where there is no picture, and so no caption
MOST_NAMED = 3  # files, origins and texts that are told one by one
LONGEST_NAME = 40
REASONS = ("amount", "not_found", "unreadable", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A claim of payment as a cashier needs to see it."""

    payment: Payment
    order: Order
    receipts: list[Receipt]
    placed: int
    completed: int
    seen_before: tuple[str, int] | None
    asks_reason: bool
    ran_out: tuple[int, ...]
    gone: list[OrderLine]

    @property
    def files(self) -> list[Receipt]:
        """Pictures and documents as they came; an erased one has an empty id."""
        return [receipt for receipt in self.receipts if receipt.file_id is not None]


def _load_slip(tx: Tx, params: Params, chat: int) -> Slip | None:
    payment = payments.view(tx, int(params["payment"] or 0))
    order = None if payment is None else orders.view(tx, payment.order_id)
    if payment is None or order is None or not roles.has_role(tx, chat, Role.CASHIER):
        return None
    placed, completed = orders.history(tx, order.buyer_id)
    return Slip(
        payment=payment,
        order=order,
        receipts=receipts.of_payment(tx, payment.id),
        placed=placed,
        completed=completed,
        seen_before=receipts.seen_before(tx, payment.id, order.id),
        asks_reason=bool(params.get("reasons")),
        ran_out=buyers.ran_out(tx, order.buyer_id),
        gone=holds.unheld_gone(tx, order) if order.is_under_review else [],
    )


def _file(receipt: Receipt) -> FileId:
    return FileId(
        file_id=receipt.file_id or "",
        is_document=receipt.kind is ReceiptKind.DOCUMENT,
        place=Place(Shelf.RECEIPT, receipt.id),
    )


def _media(found: list[Receipt]) -> FileId | Album | None:
    """The receipts themselves: one as it is, several of a sort together."""
    files = tuple(_file(receipt) for receipt in found if receipt.file_id)
    if len(files) > 1:
        return Album(files=files)
    return files[0] if files else None


def _state(face: Face, slip: Slip) -> Html | None:
    payment = slip.payment
    if payment.status is PaymentStatus.CONFIRMED:
        return face.t("slip.confirmed_by", name=payment.decider_name or "?")
    if payment.status is PaymentStatus.REJECTED:
        return face.t("slip.rejected_by", name=payment.decider_name or "?")
    if slip.gone:
        names = face.t.plain("list.separator").join(formats.name(line.names, face.lang) for line in slip.gone)
        return face.t("slip.gone", names=names)
    if slip.order.status in (OrderStatus.CANCELLED, OrderStatus.EXPIRED):
        return face.t(f"slip.order.{slip.order.status.value}")
    return None


def _about(face: Face, found: list[Receipt], room: int) -> Iterator[Html]:
    """What there is to say of receipts besides what they show: names of files, words, and where they come from."""
    for receipt in [receipt for receipt in found if receipt.kind is ReceiptKind.DOCUMENT][:MOST_NAMED]:
        size = "" if receipt.size is None else formats.file_size(receipt.size, face.lang)
        yield face.t("slip.file", name=(receipt.file_name or "?")[-LONGEST_NAME:], size=size)
    origins = dict.fromkeys(receipt.forwarded_from for receipt in found if receipt.forwarded_from)
    for name in list(origins)[:MOST_NAMED]:
        yield face.t("slip.forwarded", name=name[:LONGEST_NAME])
    typed = [receipt.text for receipt in found if receipt.text][:MOST_NAMED]
    for text in typed:
        most = room // len(typed)
        yield face.t("slip.typed", text=text if len(text) <= most else f"{text[: most - 1]}…")
    if any(receipt.is_odd for receipt in found):
        yield face.t("slip.odd_file")


def _slip(face: Face, slip: Slip) -> Rendered:
    payment, order, files = slip.payment, slip.order, slip.files
    warning = None
    if slip.seen_before is not None:
        warning = face.t("slip.seen_before", code=slip.seen_before[0], when=face.moment(slip.seen_before[1]))
    head = face.t("slip.head", code=order.code, amount=face.money(payment.amount), method=payment.method)
    buyer = face.t("slip.buyer", name=order.buyer_name, placed=slip.placed, completed=slip.completed)
    after = [
        discounting.of_order(face, order),
        parcelwords.fee(face, order),
        face.t.n("slip.files", len(files)) if len(files) > 1 else None,
        *_about(face, slip.receipts, MOST_TYPED if files else MOST_WITHOUT_FILE),
        warning,
        _state(face, slip),
    ]
    most = MOST_CAPTION if files else MOST_TEXT
    media = _file(files[0]) if files else None
    gone = [face.t("slip.file_gone")] if files and files[0].file_id else []
    before = [head, buyer, ran_out(face, slip.ran_out)]
    return Rendered(
        text=around_goods(face, before, order, after, most),
        rows=_slip_buttons(face, slip),
        media=media,
        without=around_goods(face, before, order, [*gone, *after], MOST_TEXT),
    )


def _slip_buttons(face: Face, slip: Slip) -> Rows:
    id_ = slip.payment.id
    several = sum(bool(receipt.file_id) for receipt in slip.files)
    shown = ((face.button("all_files", "files", id_, count=several),),) if several > 1 else ()
    if slip.payment.status is not PaymentStatus.SUBMITTED:
        return shown
    if slip.asks_reason:
        reasons = tuple((face.button(f"reason_{reason}", "reason", id_, reason),) for reason in REASONS)
        return (*reasons, (face.button("back", "slip", id_),))
    return ((face.button("confirm", "confirm", id_), face.button("reject", "reject", id_)), *shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """Files of one sort, or one typed reference, that belong to a claim and are not on its card."""

    order: Order
    payment: Payment
    receipts: list[Receipt]


def _load_more(tx: Tx, params: Params, chat: int) -> More | None:
    found = receipts.between(tx, params)
    payment = payments.view(tx, found[0].payment_id) if found else None
    order = None if payment is None else orders.view(tx, payment.order_id)
    if payment is None or order is None or not roles.has_role(tx, chat, Role.CASHIER):
        return None
    return More(order=order, payment=payment, receipts=found)


def _more(face: Face, view: More) -> Rendered:
    code, count = view.order.code, len(view.receipts)
    head = face.t("slip.more", code=code) if count == 1 else face.t.n("slip.more_files", count, code=code)
    state = None
    if view.payment.status is not PaymentStatus.SUBMITTED:
        state = face.t("slip.more_decided", name=view.payment.decider_name or "?")
    about = [*_about(face, view.receipts, MOST_TYPED), state]
    gone = face.t("slip.file_gone")
    return Rendered(text=lines([head, *about]), media=_media(view.receipts), without=lines([head, gone, *about]))


async def files_tap(turn: Turn, payment: int) -> Toast | None:
    """Every file of a claim once more, below: each sort in as few messages as Telegram allows."""
    found = [receipt for receipt in await turn.look(receipts.of_payment, payment) if receipt.file_id]
    is_shown = False
    for run in receipts.runs(found):
        is_shown |= await turn.show_below("receipt_more", first=run[0].id, last=run[-1].id, album=None)
    return None if is_shown else Toast("tap.stale")


async def slip_tap(turn: Turn, payment: int) -> Toast | None:
    """One receipt, from the list or back from the reasons."""
    return None if await turn.show("payment_card", payment=payment) else Toast("tap.stale")


async def confirm_tap(turn: Turn, payment: int) -> Toast | None:
    """`Confirm`: one tap decides."""
    outcome = await turn.decide(
        payments.confirm, actor=turn.actor, payment_id=payment, now=turn.now, anchor=turn.card_anchor
    )
    if isinstance(outcome, Confirmed):
        return Toast("slip.confirmed")
    return await _refuse(turn, outcome)


async def reject_tap(turn: Turn, payment: int) -> Toast | None:
    """`Reject` asks for the reason, which the buyer is told."""
    found = await turn.look(payments.view, payment)
    if found is not None and found.status is not PaymentStatus.SUBMITTED:
        return await _refuse(
            turn, AlreadyDecided(payment_id=payment, status=found.status, by=found.decider_name or "")
        )
    return None if await turn.show("payment_card", payment=payment, reasons=True) else Toast("tap.stale")


async def reason_tap(turn: Turn, payment: int, reason: str) -> Toast | None:
    """The reason decides."""
    if reason not in REASONS:
        return Toast("tap.stale")
    outcome = await turn.decide(
        payments.reject,
        actor=turn.actor,
        payment_id=payment,
        reason=reason,
        policy=turn.settings.policy,
        now=turn.now,
        anchor=turn.card_anchor,
    )
    if isinstance(outcome, Rejected):
        return Toast("slip.rejected")
    return await _refuse(turn, outcome)


async def _refuse(turn: Turn, refusal: NotAllowed | NotFound | AlreadyDecided) -> Toast:
    match refusal:
        case NotAllowed() | NotFound():
            return Toast("tap.stale")
        case AlreadyDecided(payment_id=payment, status=status, by=by):
            if not await turn.show("payment_card", payment=payment):
                return Toast("tap.stale")
            return Toast(f"slip.already.{status.value}", {"name": by})
        case _:
            assert_never(refusal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """How many receipts wait and the oldest of them, and what buyers ask for: request id and order."""

    count: int
    waiting: list[tuple[Payment, Order]]
    wishes: list[tuple[int, Order]]


def _load_till(tx: Tx, _params: Params, chat: int) -> Till | None:
    if not roles.has_role(tx, chat, Role.CASHIER):
        return None
    found = [payments.view(tx, payment) for payment in payments.waiting(tx)]
    known = [(payment, orders.view(tx, payment.order_id)) for payment in found if payment is not None]
    asked = [requests.view(tx, request) for request in requests.waiting(tx)]
    about = [(request.id, orders.view(tx, request.order_id)) for request in asked if request is not None]
    return Till(
        count=payments.waiting_count(tx),
        waiting=[(payment, order) for payment, order in known if order is not None],
        wishes=[(request, order) for request, order in about if order is not None],
    )


def _till(face: Face, till: Till) -> Rendered:
    if not till.waiting and not till.wishes:
        return Rendered(text=face.t("till.empty"))
    rows = tuple(
        (face.button("slip_entry", "slip", payment.id, code=order.code, amount=face.money(payment.amount)),)
        for payment, order in till.waiting
    )
    wishes = tuple((face.button("wish_entry", "rq", request, code=order.code),) for request, order in till.wishes)
    text = lines(
        [
            face.t.n("till.waiting", till.count) if till.count else None,
            face.t.n("till.wishes", len(wishes)) if wishes else None,
        ]
    )
    return Rendered(text=text, rows=(*rows, *wishes))


async def payments_command(turn: Turn, _argument: str) -> None:
    """/payments: receipts nobody has decided."""
    if not await turn.show("till"):
        await turn.say("command.cashiers_only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A refund and its order."""

    refund: Refund
    order: Order


def _load_refund(tx: Tx, params: Params, chat: int) -> Owed | None:
    refund = refunds.view(tx, int(params["refund"] or 0))
    order = None if refund is None else orders.view(tx, refund.order_id)
    if refund is None or order is None or not roles.has_role(tx, chat, Role.CASHIER):
        return None
    return Owed(refund=refund, order=order)


def _refund(face: Face, owed: Owed) -> Rendered:
    refund, order = owed.refund, owed.order
    done = face.t("refund.done_by", name=refund.done_by_name or "?") if refund.is_done else None
    text = lines(
        [
            face.t("refund.head", code=order.code, amount=face.money(refund.amount)),
            face.t("refund.buyer", name=order.buyer_name),
            face.t(f"refund.reason.{refund.reason}"),
            done,
        ]
    )
    rows = () if refund.is_done else ((face.button("refunded", "repaid", refund.id),),)
    return Rendered(text=text, rows=rows)


def _load_refunds(tx: Tx, _params: Params, chat: int) -> list[Owed] | None:
    if not roles.has_role(tx, chat, Role.CASHIER):
        return None
    found = [_load_refund(tx, {"refund": refund}, chat) for refund in refunds.owed(tx)]
    return [owed for owed in found if owed is not None]


def _refunds(face: Face, found: list[Owed]) -> Rendered:
    if not found:
        return Rendered(text=face.t("refund.none"))
    rows = tuple(
        (
            face.button(
                "refund_entry",
                "refund",
                owed.refund.id,
                code=owed.order.code,
                amount=face.money(owed.refund.amount),
            ),
        )
        for owed in found
    )
    return Rendered(text=face.t.n("refund.waiting", len(found)), rows=rows)


async def refunds_command(turn: Turn, _argument: str) -> None:
    """/refunds: money that has to go back."""
    if not await turn.show("refunds"):
        await turn.say("command.cashiers_only")


async def refund_tap(turn: Turn, refund: int) -> Toast | None:
    """One refund from the list."""
    return None if await turn.show("refund_card", refund=refund) else Toast("tap.stale")


async def repaid_tap(turn: Turn, refund: int) -> Toast | None:
    """`Refunded`: the cashier has sent the money back."""
    outcome = await turn.decide(
        refunds.repay, actor=turn.actor, refund_id=refund, now=turn.now, anchor=turn.card_anchor
    )
    match outcome:
        case Repaid():
            return None
        case NotAllowed() | NotFound():
            return Toast("tap.stale")
        case AlreadyRepaid(by=by):
            await turn.show("refund_card", refund=refund)
            return Toast("refund.already", {"name": by})
        case _:
            assert_never(outcome)


COMMANDS = {"payments": payments_command, "refunds": refunds_command}
TAPS = {
    "slip": Tap(run=slip_tap, ints=1),
    "files": Tap(run=files_tap, ints=1),
    "confirm": Tap(run=confirm_tap, ints=1),
    "reject": Tap(run=reject_tap, ints=1),
    "reason": Tap(run=reason_tap, ints=1, words=1),
    "refund": Tap(run=refund_tap, ints=1),
    "repaid": Tap(run=repaid_tap, ints=1),
}
KINDS: Kinds = {
    "payment_card": Kind(load=_load_slip, show=_slip),
    "receipt_more": Kind(load=_load_more, show=_more),
    "till": Kind(load=_load_till, show=_till),
    "refund_card": Kind(load=_load_refund, show=_refund),
    "refunds": Kind(load=_load_refunds, show=_refunds),
}
