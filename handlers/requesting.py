"""What buyers ask for after payment, in front of the cashiers: one card with `Agree` and `Decline`.

First decision wins; every cashier's card shows who decided. The buyer's side is in `amending`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from handlers import formats, shipwindows
from handlers.routing import Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered, Rows
from shop.shipments import ShipmentStatus
from storage import amendments, decisions, orders, requests, roles
from storage.connection import Tx
from storage.decisions import REASONS, Agreed, Declined, TooFar
from storage.deliveries import Delivery
from storage.orders import Order
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.requests import Request, RequestStatus, Settled
from storage.roles import Role

_STALE = Toast("tap.stale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A request with its order. `is_possible`: it can still be agreed to."""

    request: Request
    order: Order
    is_possible: bool
    asks_reason: bool
    deliveries: tuple[Delivery, ...] = ()


def _load(tx: Tx, params: Params, chat: int) -> Slip | None:
    request = requests.view(tx, int(params["request"] or 0))
    order = None if request is None else orders.view(tx, request.order_id)
    if request is None or order is None or not roles.has_role(tx, chat, Role.CASHIER):
        return None
    there = () if request.address is None else requests.deliveries_there(tx, order, request.address)
    is_refused = any(each.refused_in is not None for each in there)
    return Slip(
        request=request,
        order=order,
        deliveries=there,
        is_possible=not is_refused and requests.is_possible(order, request.kind, request.lines),
        asks_reason=bool(params.get("reasons")),
    )


def _wish(face: Face, slip: Slip) -> list[Html]:
    """Line by line what would go, or the address as it would be."""
    request, t = slip.request, face.t
    if request.address is not None:
        where = requests.destination(slip.order, request.address)
        phone = formats.phone(where.phone, face.settings.country)
        key = "checkout.ships_to" if where.pickup_point is None else "checkout.picked_up"
        told = t(key, recipient=where.recipient, phone=phone, address=where.address, place=where.address)
        return [told, *_delivery(face, slip)]
    found: list[Html] = []
    for line in slip.order.lines:
        if request.status is RequestStatus.OPEN and line.id in request.lines:
            left = request.lines[line.id]
            key = "change.line" if left else "change.line_out"
            name = formats.name(line.names, face.lang)
            said = t(key, quantity=line.quantity, new=left, name=name)
            found.append(shipwindows.marked(face, said, line))
    return found


def _delivery(face: Face, slip: Slip) -> Iterator[Html]:
    """What bringing it there would cost, where that is another fee than was paid, and who does not deliver there. The
    order's money stays as it is: the difference is between people."""
    paid = {each.supplier_id: each.fee for each in slip.order.deliveries}
    for each in slip.deliveries:
        if each.refused_in is not None:
            yield face.t("checkout.not_delivered", supplier=each.supplier_name, region=each.refused_in)
        elif each.fee != paid.get(each.supplier_id, 0):
            yield face.t(
                "request.other_fee",
                supplier=each.supplier_name,
                fee=face.money(each.fee),
                paid=face.money(paid.get(each.supplier_id, 0)),
            )


def _state(face: Face, slip: Slip) -> Html | None:
    """What to know before deciding, or how it ended."""
    status = slip.request.status
    if status is not RequestStatus.OPEN:
        return face.t(f"request.state.{status.value}", name=slip.request.decided_by_name or "?")
    if not slip.is_possible:
        return face.t("request.too_far")
    if any(parcel.status is ShipmentStatus.ACCEPTED for parcel in slip.order.shipments):
        return face.t("request.accepted")
    return None


def _card(face: Face, slip: Slip) -> Rendered:
    request, order, t = slip.request, slip.order, face.t
    is_open = request.status is RequestStatus.OPEN
    money = None
    if is_open and request.lines and slip.is_possible:
        amount = order.total if _is_whole(slip) else amendments.worth(order, request.lines)
        money = t("request.would_refund", amount=face.money(amount))
    head = t(f"request.head.{request.kind.value}", code=order.code, name=order.buyer_name)
    text = lines([head, *_wish(face, slip), money, _state(face, slip)])
    return Rendered(text=text, rows=_rows(face, slip) if is_open else ())


def _is_whole(slip: Slip) -> bool:
    return all(slip.request.lines.get(line.id) == 0 for line in slip.order.lines)


def _rows(face: Face, slip: Slip) -> Rows:
    id_ = slip.request.id
    if slip.asks_reason:
        reasons = tuple((face.button(f"decline_{reason}", "rqreason", id_, reason),) for reason in REASONS)
        return (*reasons, (face.button("back", "rq", id_),))
    decline = face.button("decline", "rqno", id_)
    return ((face.button("agree", "rqyes", id_), decline),) if slip.is_possible else ((decline,),)


async def request_tap(turn: Turn, request: int) -> Toast | None:
    """One request, from the list or back from the reasons."""
    return None if await turn.show("request_card", request=request) else _STALE


async def agree_tap(turn: Turn, request: int) -> Toast | None:
    """`Agree`: one tap decides."""
    outcome = await turn.decide(
        decisions.agree, actor=turn.actor, request_id=request, now=turn.now, anchor=turn.card_anchor
    )
    return Toast("request.toast.agreed") if isinstance(outcome, Agreed) else await _refuse(turn, request, outcome)


async def decline_tap(turn: Turn, request: int) -> Toast | None:
    """`Decline` asks for the reason, which the buyer is told."""
    found = await turn.look(requests.view, request)
    if found is not None and found.status is not RequestStatus.OPEN:
        settled = Settled(request_id=request, status=found.status, by=found.decided_by_name or "")
        return await _refuse(turn, request, settled)
    return None if await turn.show("request_card", request=request, reasons=True) else _STALE


async def reason_tap(turn: Turn, request: int, reason: str) -> Toast | None:
    """The reason decides."""
    if reason not in REASONS:
        return _STALE
    outcome = await turn.decide(
        decisions.decline,
        actor=turn.actor,
        request_id=request,
        reason=reason,
        now=turn.now,
        anchor=turn.card_anchor,
    )
    if isinstance(outcome, Declined):
        return Toast("request.toast.declined")
    return await _refuse(turn, request, outcome)


async def _refuse(turn: Turn, request: int, refusal: NotAllowed | NotFound | Settled | TooFar) -> Toast:
    match refusal:
        case NotAllowed() | NotFound():
            return _STALE
        case TooFar():
            await turn.show("request_card", request=request)
            return Toast("request.toast.too_far")
        case Settled(status=status, by=by):
            if not await turn.show("request_card", request=request):
                return _STALE
            return Toast(f"request.already.{status.value}", {"name": by})
        case _:
            assert_never(refusal)


TAPS: Mapping[str, Tap] = {
    "rq": Tap(run=request_tap, ints=1),
    "rqyes": Tap(run=agree_tap, ints=1),
    "rqno": Tap(run=decline_tap, ints=1),
    "rqreason": Tap(run=reason_tap, ints=1, words=1),
}
KINDS: Kinds = {"request_card": Kind(load=_load, show=_card)}
