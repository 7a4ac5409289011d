"""Places where goods can be picked up, as hosts keep them: the stall's and each supplier's, one message to make one.

Owns the dialog `point`. Buyers choose among them in `checkout`; suppliers hand goods over in `handing`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from telegram import Message

from handlers.buttons import encode
from handlers.routing import Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop.contacts import tidy
from storage import desks, dialogs, pickups, roles, suppliers
from storage.connection import Tx
from storage.desks import Dropped
from storage.dialogs import Dialog, Moved
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.pickups import MOST_POINTS, Closed, Kept, Point, TooMany
from storage.roles import Role

POINT = "point"
LONGEST_NAME, SHORTEST_PLACE, LONGEST_PLACE, LONGEST_HOURS = 40, 5, 120, 80

_STALE = Toast("tap.stale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The open places of a supplier, or (0) of the stall. `supplier` names whose they are, None: the stall's."""

    supplier_id: int
    supplier: str | None
    points: list[Point]


async def listed(turn: Turn, supplier: int) -> Toast | None:
    """`Pick-up points` of a supplier, or (0) of the stall."""
    return None if await turn.show("pickup_points", supplier=supplier) else _STALE


async def card(turn: Turn, point: int) -> Toast | None:
    """One place."""
    return None if await turn.show("pickup_point", point=point) else _STALE


async def new(turn: Turn, supplier: int) -> Toast | None:
    """`New pick-up point`."""
    places = await turn.look(_load_places, {"supplier": supplier}, turn.actor)
    if places is None:
        return _STALE
    if len(places.points) >= MOST_POINTS:
        return Toast("pickup.too_many", {"most": MOST_POINTS}, is_alert=True)
    await _ask_for(turn, {"supplier": supplier})
    return None


async def edit(turn: Turn, point: int) -> Toast | None:
    """`Edit`."""
    found = await turn.look(_load_card, {"point": point}, turn.actor)
    if found is None or found.is_closed:
        return _STALE
    await _ask_for(turn, {"point": point})
    return None


async def _ask_for(turn: Turn, data: dict[str, int]) -> None:
    await turn.decide(
        dialogs.begin, actor=turn.actor, kind=POINT, step="lines", data=data, now=turn.now, anchor=turn.anchor
    )


async def close(turn: Turn, point: int) -> Toast | None:
    """`Remove`."""
    outcome = await turn.decide(
        pickups.close, actor=turn.actor, point_id=point, now=turn.now, anchor=turn.card_anchor
    )
    match outcome:
        case Closed():
            return None
        case NotAllowed() | NotFound():
            return _STALE
        case _:
            assert_never(outcome)


async def _answer(turn: Turn, dialog: Dialog, message: Message) -> None:
    typed = [line for line in map(tidy, (message.text or "").splitlines()) if line]
    if len(typed) != 3:
        await turn.say("pickup.three_lines")
        return
    name, place, hours = typed
    is_short = len(name) <= LONGEST_NAME and len(hours) <= LONGEST_HOURS
    if not is_short or not SHORTEST_PLACE <= len(place) <= LONGEST_PLACE:
        await turn.say(
            "pickup.bad_lines", least=SHORTEST_PLACE, name=LONGEST_NAME, place=LONGEST_PLACE, hours=LONGEST_HOURS
        )
        return
    act: Callable[[Tx], Kept | TooMany | NotAllowed | NotFound]
    if "point" in dialog.data:
        act = partial(
            pickups.change,
            actor=turn.actor,
            point_id=int(dialog.data["point"]),
            name=name,
            address=place,
            hours=hours,
            now=turn.now,
        )
    else:
        act = partial(
            pickups.add,
            actor=turn.actor,
            supplier_id=int(dialog.data["supplier"]) or None,
            name=name,
            address=place,
            hours=hours,
            now=turn.now,
        )
    match await turn.decide(desks.conclude, dialog=dialog, act=act, now=turn.now):
        case Moved() | Dropped(why=NotFound()):
            await turn.say("host.question_over")
        case Dropped(why=TooMany()):
            await turn.say("pickup.too_many", most=MOST_POINTS)
        case Dropped():
            await turn.say("host.only")


def _load_places(tx: Tx, params: Params, chat: int) -> Places | None:
    supplier_id = int(params["supplier"] or 0)
    supplier = suppliers.view(tx, supplier_id) if supplier_id else None
    if not roles.has_role(tx, chat, Role.HOST) or (supplier_id and supplier is None):
        return None
    return Places(
        supplier_id=supplier_id,
        supplier=None if supplier is None else supplier.name,
        points=pickups.of(tx, supplier_id or None),
    )


def _places(face: Face, view: Places) -> Rendered:
    t = face.t
    own = view.supplier is not None
    head = t("pickup.head_supplier", supplier=view.supplier) if own else t("pickup.head_stall")
    told = [t("checkout.place", place=point.whole) for point in view.points] or [t("pickup.none")]
    rows: Rows = tuple((Button(label=point.name, data=encode("point", point.id)),) for point in view.points)
    to_supplier = face.button("back", "tariff", view.supplier_id)
    back = to_supplier if view.supplier_id else face.button("back", "delivery", 0)
    new_ = face.button("new_point", "pointnew", view.supplier_id)
    return Rendered(text=Html("\n\n".join([head, *told])), rows=(*rows, (new_,), (back,)))


def _load_card(tx: Tx, params: Params, chat: int) -> Point | None:
    return pickups.view(tx, int(params["point"] or 0)) if roles.has_role(tx, chat, Role.HOST) else None


def _card(face: Face, point: Point) -> Rendered:
    back = (face.button("pickup_points_back", "points", point.supplier_id or 0),)
    told = face.t("checkout.place", place=point.whole)
    if point.is_closed:
        return Rendered(text=lines([told, face.t("pickup.closed")]), rows=(back,))
    edits = (face.button("edit", "pointedit", point.id), face.button("remove_it", "pointdel", point.id))
    return Rendered(text=lines([told, face.t("pickup.open")]), rows=(edits, back))


def _load_asked(tx: Tx, dialog: Dialog) -> tuple[Point | None]:
    """The place that is edited, or none."""
    return (pickups.view(tx, int(dialog.data["point"])) if "point" in dialog.data else None,)


def _ask(face: Face, view: tuple[Point | None]) -> Rendered:
    point = view[0]
    now = None if point is None else face.t("delivery.now", value=f"\n{point.whole}")
    return Rendered(text=lines([now, face.t("pickup.ask"), face.t("host.can_leave")]))


TAPS: Mapping[str, Tap] = {
    "points": Tap(run=listed, ints=1),
    "point": Tap(run=card, ints=1),
    "pointnew": Tap(run=new, ints=1),
    "pointedit": Tap(run=edit, ints=1),
    "pointdel": Tap(run=close, ints=1),
}
STEPS: Mapping[str, Step] = {f"{POINT}.lines": Step(load=_load_asked, ask=_ask, answer=_answer)}
KINDS: Kinds = {
    "pickup_points": Kind(load=_load_places, show=_places),
    "pickup_point": Kind(load=_load_card, show=_card),
}
