"""`Change address` of an order that stands: another address, a place to pick it up, or who comes for it.

Owns the dialog `readdress`. What is possible and what it costs is decided by `storage.redirections`; nothing becomes
dearer before it was said how much. Once the order is paid all of it is a wish (`wishing`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from telegram import Message

from handlers import addressing, parcelwords, refusing
from handlers.addressing import entry
from handlers.routing import Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Rendered
from shop.orders import OrderStatus
from storage import addresses, dialogs, orders, outbox, redirections, requests
from storage.addresses import Address, Saved
from storage.amendments import Changed, TooLate, UnderReview
from storage.checkouts import PICKUP
from storage.connection import Tx
from storage.deliveries import Destination
from storage.dialogs import Dialog, Moved
from storage.orders import Order
from storage.pickups import Point
from storage.quotes import NotDeliveredThere, Outdated, SoldOut
from storage.redirections import Redirected
from storage.requests import AlreadyAsked, Asked

READDRESS = "readdress"
WHERE, SURE = "where", "sure"  # the steps before the questions and, where it costs more, after them

_STALE = Toast("tap.stale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An order and where else it could go."""

    dialog: int
    order: Order
    addresses: list[Saved]
    points: list[Point]


def _choice(tx: Tx, order: Order, dialog: int = 0) -> Choice:
    """Places are for orders that are not paid: after that goods may be on their way already."""
    saved = [
        each
        for each in addresses.every(tx, order.buyer_id)
        if order.is_pickup or (each.address.address, each.address.recipient) != (order.address, order.recipient)
    ]
    points = redirections.places(tx, order) if order.status is OrderStatus.PENDING else []
    others = [point for point in points if point.id != order.pickup_point_id]
    return Choice(dialog=dialog, order=order, addresses=saved, points=others)


async def address_tap(turn: Turn, order_id: int) -> Toast | None:
    """`Change address` of an order: choose where, else the questions; of a paid one what they come to is a wish."""
    order = await turn.look(orders.view, order_id)
    if order is None or order.buyer_id != turn.actor:
        return _STALE
    if order.is_under_review:
        return Toast("change.under_review", is_alert=True)
    is_wish = requests.is_possible(order, requests.RequestKind.ADDRESS, {})
    if order.status is not OrderStatus.PENDING and not is_wish:
        await turn.show("order_card", order=order_id)
        return Toast("change.address_too_late")
    data: dict[str, int | None] = {"order": order_id}
    choice = await turn.look(_choice, order)
    step = "recipient"
    if is_wish and order.is_pickup:
        data[PICKUP] = order.pickup_point_id
    elif order.is_pickup or choice.addresses or choice.points:
        step = WHERE
    await turn.decide(dialogs.begin, actor=turn.actor, kind=READDRESS, step=step, data=data, now=turn.now)
    return None


async def _own(turn: Turn, dialog_id: int) -> Dialog | None:
    dialog = await turn.look(dialogs.view, dialog_id)
    return dialog if dialog is not None and dialog.person == turn.actor and dialog.kind == READDRESS else None


async def to_address(turn: Turn, dialog_id: int, address_id: int) -> Toast | None:
    """One of the saved addresses."""
    dialog = await _own(turn, dialog_id)
    saved = await turn.look(addresses.view, address_id, turn.actor)
    if dialog is None or saved is None:
        return _STALE
    return await _go(turn, dialog, Destination(**asdict(saved.address)))


async def to_point(turn: Turn, dialog_id: int, point: int) -> Toast | None:
    """A place where it is picked up, by who receives it now."""
    dialog = await _own(turn, dialog_id)
    order = None if dialog is None else await turn.look(orders.view, dialog.data["order"])
    if dialog is None or order is None:
        return _STALE
    to = Destination(recipient=order.recipient, phone=order.phone, address="", pickup_point=point)
    return await _go(turn, dialog, to)


async def to_new(turn: Turn, dialog_id: int) -> Toast | None:
    """`New address`: the three questions."""
    return await _ask(turn, dialog_id, None)


async def to_somebody(turn: Turn, dialog_id: int) -> Toast | None:
    """`Change name` of who picks it up."""
    dialog = await _own(turn, dialog_id)
    order = None if dialog is None else await turn.look(orders.view, dialog.data["order"])
    return _STALE if order is None or not order.is_pickup else await _ask(turn, dialog_id, order.pickup_point_id)


async def _ask(turn: Turn, dialog_id: int, point: int | None) -> Toast | None:
    dialog = await _own(turn, dialog_id)
    if dialog is None:
        return _STALE
    data = {"order": dialog.data["order"], PICKUP: point}
    moved = await turn.decide(
        dialogs.advance, dialog=dialog, step="recipient", data=data, now=turn.now, anchor=turn.anchor
    )
    return _STALE if isinstance(moved, Moved) else None


async def sure_tap(turn: Turn, dialog_id: int, total: int) -> Toast | None:
    """`Send it there`, for at most the total that stood above it."""
    dialog = await _own(turn, dialog_id)
    if dialog is None or dialog.step != SURE:
        return _STALE
    return await _go(turn, dialog, Destination(**dialog.data["to"]), shown=total)


async def keep_tap(turn: Turn, dialog_id: int) -> Toast | None:
    """`Keep as it is`."""
    dialog = await _own(turn, dialog_id)
    if dialog is None:
        return _STALE
    await turn.decide(_keep, dialog=dialog, now=turn.now, anchor=turn.anchor)
    return None


def _keep(tx: Tx, *, dialog: Dialog, now: int, anchor: int | None) -> None:
    dialogs.end(tx, dialog=dialog.id, now=now)
    outbox.tell(tx, dialog.person, "order_card", now=now, anchor=anchor, order=int(dialog.data["order"]))


async def _answer_address(turn: Turn, dialog: Dialog, message: Message) -> None:
    address = await addressing.read_address(turn, dialog, message)
    if address is not None:
        await _go(turn, dialog, Destination(**asdict(address)))


async def _told_phone(turn: Turn, dialog: Dialog, phone: str) -> None:
    """Who picks it up tells no address."""
    point = dialog.data.get(PICKUP)
    if point is None:
        await addressing.next_question(turn, dialog, "address", phone=phone)
        return
    to = Destination(recipient=dialog.data["recipient"], phone=phone, address="", pickup_point=point)
    await _go(turn, dialog, to)


async def _typed(turn: Turn, dialog: Dialog, _message: Message) -> None:
    """Typed something where buttons decide: the same again."""
    await turn.show("question", dialog=dialog.id, step=dialog.step)


# -- Deciding -----------------------------------------------------------------------------------------------


async def _go(turn: Turn, dialog: Dialog, to: Destination, shown: int | None = None) -> Toast | None:
    outcome = await turn.decide(
        _send, actor=turn.actor, dialog=dialog, to=to, shown=shown, now=turn.now, anchor=turn.anchor
    )
    match outcome:
        case SoldOut():
            return await refusing.answer(turn, outcome)
        case Moved():
            return _STALE
        case _:
            return None


def _send(
    tx: Tx, *, actor: int, dialog: Dialog, to: Destination, shown: int | None, now: int, anchor: int | None
) -> Moved | SoldOut | None:
    """The order goes there; where that is dearer than it is and than was `shown`, it is asked once more. Where it
    can't be sent there any more the questions are over, and that is said."""
    order = orders.view(tx, int(dialog.data["order"]))
    if order is None or dialogs.view(tx, dialog.id) is None:
        return Moved()
    most = max(order.total, shown or 0)
    outcome: object = redirections.redirect(
        tx, actor=actor, order_id=order.id, to=to, now=now, shown=most, anchor=anchor
    )
    if isinstance(outcome, SoldOut):
        return outcome
    if isinstance(outcome, Outdated):
        data = {"order": order.id, "to": asdict(to)}
        moved = dialogs.advance(tx, dialog=dialog, step=SURE, data=data, now=now, anchor=anchor)
        return moved if isinstance(moved, Moved) else None
    dialogs.end(tx, dialog=dialog.id, now=now)
    is_paid = isinstance(outcome, TooLate) and outcome.status is OrderStatus.PAID
    # Once paid, what is sent is not picked up, nor the other way round: a place is no address to wish for.
    if is_paid and to.pickup_point == order.pickup_point_id:
        address = Address(recipient=to.recipient, phone=to.phone, address=to.address, location=to.location)
        outcome = requests.ask_address(tx, actor=actor, order_id=order.id, address=address, now=now, anchor=anchor)
    _tell(tx, actor, outcome, now, anchor)
    return None


def _tell(tx: Tx, actor: int, outcome: object, now: int, anchor: int | None) -> None:
    """Say why it was not possible; where it was, the order or the wish says so itself."""
    match outcome:
        case Changed() | Asked():
            return
        case NotDeliveredThere(region=region):
            outbox.tell(tx, actor, "say", now=now, anchor=anchor, key="change.not_delivered", region=region)
        case UnderReview():
            outbox.tell(tx, actor, "say", now=now, anchor=anchor, key="change.under_review")
        case AlreadyAsked():
            outbox.tell(tx, actor, "say", now=now, anchor=anchor, key="request.one_at_a_time")
        case _:
            outbox.tell(tx, actor, "say", now=now, anchor=anchor, key="change.address_too_late")


# -- How it is asked ----------------------------------------------------------------------------------------


def _load_choice(tx: Tx, dialog: Dialog) -> Choice | None:
    order = orders.view(tx, dialog.data["order"])
    return None if order is None else _choice(tx, order, dialog.id)


def _ask_where(face: Face, choice: Choice) -> Rendered:
    id_, order = choice.dialog, choice.order
    rows: list[tuple[Button, ...]] = [(entry(face, each, "toaddr", id_, each.id),) for each in choice.addresses]
    rows += [(face.button("pick_up_at", "topoint", id_, point.id, place=point.name),) for point in choice.points]
    new = face.button("new_address", "tonew", id_)
    rows.append((new, face.button("change_contact", "towho", id_)) if order.is_pickup else (new,))
    rows.append((face.button("keep_as_is", "tokeep", id_),))
    places = [face.t("checkout.place", place=point.whole) for point in choice.points]
    return Rendered(text=Html("\n\n".join([face.t("change.ask_where", code=order.code), *places])), rows=tuple(rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """An order and what it would come to there."""

    dialog: int
    order: Order
    found: Redirected


def _load_doubt(tx: Tx, dialog: Dialog) -> Doubt | None:
    order = orders.view(tx, dialog.data["order"])
    found = None if order is None else redirections.redirected(tx, order, Destination(**dialog.data["to"]))
    if order is None or not isinstance(found, Redirected):
        return None
    return Doubt(dialog=dialog.id, order=order, found=found)


def _ask_sure(face: Face, doubt: Doubt) -> Rendered:
    order, found = doubt.order, doubt.found
    text = lines(
        [
            face.t("change.dearer_there", code=order.code),
            face.t("order.ships_to", recipient=found.to.recipient, address=found.to.address),
            *parcelwords.told(face, found.deliveries),
            face.t("change.total_there", before=face.money(order.total), total=face.money(found.total)),
        ]
    )
    rows = (
        (
            face.button("send_there", "tosure", doubt.dialog, found.total),
            face.button("keep_as_is", "tokeep", doubt.dialog),
        ),
    )
    return Rendered(text=text, rows=rows)


TAPS: Mapping[str, Tap] = {
    "chaddr": Tap(run=address_tap, ints=1),
    "toaddr": Tap(run=to_address, ints=2),
    "topoint": Tap(run=to_point, ints=2),
    "tonew": Tap(run=to_new, ints=1),
    "towho": Tap(run=to_somebody, ints=1),
    "tosure": Tap(run=sure_tap, ints=2),
    "tokeep": Tap(run=keep_tap, ints=1),
}
STEPS: Mapping[str, Step] = {
    f"{READDRESS}.{WHERE}": Step(load=_load_choice, ask=_ask_where, answer=_typed),
    f"{READDRESS}.{SURE}": Step(load=_load_doubt, ask=_ask_sure, answer=_typed),
    **addressing.steps(READDRESS, _answer_address, _told_phone),
}
