"""Fulfilment: what a supplier is asked to send. What the buyer hears of it is in `arriving`.

A supplier sees only its own lines, and a name, phone and address only of parcels it sends.
"""

from dataclasses import dataclass
from typing import assert_never

from telegram import Message

from handlers import formats, naming, presalecards, shipwindows
from handlers.fitting import length
from handlers.routing import Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered
from shop import contacts
from shop.shipments import ShipmentStatus
from storage import dialogs, outbox, presales, roles, shipments, suppliers
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.presales import Presale
from storage.roles import Role
from storage.shipments import Moved, NotNow, Shipment

SHIPPING = "shipping"
LONGEST_ANSWER = 60
MOST_PRESALES = 10
MOST_PARCELS = 50  # Telegram takes 100 buttons a message; an owner sees every supplier's
ROOM = 2900  # characters of a parcel's lines: the address has to fit into the same message
_TO_SEND = frozenset({ShipmentStatus.REQUESTED, ShipmentStatus.ACCEPTED})


def _load_parcel(tx: Tx, params: Params, chat: int) -> tuple[Shipment, bool] | None:
    """A parcel for somebody who speaks for its supplier, and whether `Cannot supply` is being asked about."""
    parcel = shipments.view(tx, int(params["shipment"] or 0))
    if parcel is None or not roles.supplies(tx, chat, parcel.supplier_id):
        return None
    return parcel, bool(params.get("asking"))


def _parcel(face: Face, view: tuple[Shipment, bool]) -> Rendered:
    parcel, is_asking = view
    t = face.t
    due = (
        t(
            "parcel.ready_by" if parcel.is_pickup else "parcel.ships_by",
            day=formats.day(parcel.ships_by, face.zone, face.lang, face.now),
        )
        if parcel.ships_by
        else None
    )
    state = None
    if parcel.status is not ShipmentStatus.REQUESTED:
        state_key = naming.parcel_state(parcel.status, is_pickup=parcel.is_pickup)
        state = t("parcel.state", state=t("shipment.status.called_off" if parcel.is_called_off else state_key))
    tracking = None
    if parcel.tracking:
        tracking = t("parcel.tracking", carrier=parcel.carrier or "", tracking=parcel.tracking)
    text = lines(
        [
            t("parcel.head", code=parcel.order_code, supplier=parcel.supplier_name),
            due,
            *_contents(face, parcel),
            _ships_to(face, parcel),
            t("parcel.fee", fee=face.money(parcel.fee)) if parcel.fee else None,
            state,
            tracking,
            t("parcel.ask_cannot") if is_asking else None,
        ]
    )
    return Rendered(text=text, rows=_parcel_buttons(face, parcel, is_asking))


def _contents(face: Face, parcel: Shipment) -> list[Html]:
    """What goes into the parcel, every line of it; where they are many and long, without the units."""
    full = [
        shipwindows.marked(
            face,
            face.t(
                "parcel.line",
                quantity=line.quantity,
                name=formats.name(line.names, face.lang),
                unit=formats.unit(line.units, face.lang),
                code=line.code,
            ),
            line,
        )
        for line in parcel.lines
    ]
    if sum(map(length, full)) <= ROOM:
        return full
    short = [
        face.t(
            "parcel.line_short",
            quantity=line.quantity,
            name=formats.name(line.names, face.lang),
            code=line.code,
        )
        for line in parcel.lines
    ]
    return [*short, *shipwindows.below(face, parcel.lines)]


def _ships_to(face: Face, parcel: Shipment) -> Html | None:
    """Where it goes; not for a supplier that does not send it after all."""
    if parcel.status is ShipmentStatus.FAILED:
        return None
    phone = formats.phone(parcel.phone, face.settings.country)
    if parcel.is_pickup:
        return face.t(
            "parcel.picked_up",
            number=parcel.pickup_number,
            recipient=parcel.recipient,
            phone=phone,
            place=parcel.address,
        )
    return face.t("parcel.ships_to", recipient=parcel.recipient, phone=phone, address=parcel.address)


def _parcel_buttons(face: Face, parcel: Shipment, is_asking: bool) -> tuple[tuple[Button, ...], ...]:
    if parcel.status is ShipmentStatus.SHIPPED and parcel.is_pickup:
        return ((face.button("handed_over", "handover", parcel.id),),)
    if parcel.status not in _TO_SEND:
        return ()
    if is_asking:
        return ((face.button("yes_cannot", "cannotyes", parcel.id), face.button("back", "parcel", parcel.id)),)
    first = (face.button("accept", "accept", parcel.id),) if parcel.status is ShipmentStatus.REQUESTED else ()
    ready, sent = face.button("ready", "ready", parcel.id), face.button("mark_shipped", "ship", parcel.id)
    done = ready if parcel.is_pickup else sent
    link = None if parcel.location is None else naming.map_of(parcel.location)
    on_map = ((face.link_button(face.t.plain("button.map"), link),),) if link else ()
    return ((*first, done), *on_map, (face.button("cannot_supply", "cannot", parcel.id),))


def _changed(face: Face, view: tuple[Shipment, bool]) -> Rendered:
    """The card may be far up, and the parcel packed."""
    parcel = view[0]
    key = "parcel.called_off" if parcel.is_called_off else "parcel.changed"
    return Rendered(
        text=face.t(key, code=parcel.order_code),
        rows=((face.button("see_parcel", "parcel", parcel.id),),),
    )


async def parcel_tap(turn: Turn, shipment: int) -> Toast | None:
    """One parcel, from the list or back from a question."""
    return None if await turn.show("shipment_card", shipment=shipment) else Toast("tap.stale")


async def accept_tap(turn: Turn, shipment: int) -> Toast | None:
    """`Accept`: one tap decides."""
    outcome = await turn.decide(
        shipments.accept, actor=turn.actor, shipment_id=shipment, now=turn.now, anchor=turn.card_anchor
    )
    return await ended(turn, outcome)


async def ship_tap(turn: Turn, shipment: int) -> Toast | None:
    """`Mark shipped` asks for carrier and number."""
    found = await turn.look(_own, shipment, turn.actor)
    if found is None:
        return Toast("tap.stale")
    if found.is_pickup:
        return Toast("tap.stale")
    if found.status not in _TO_SEND:
        return await ended(turn, shipments.not_now(found))
    await turn.decide(
        dialogs.begin,
        actor=turn.actor,
        kind=SHIPPING,
        step="carrier",
        data={"shipment": shipment},
        now=turn.now,
    )
    return None


def _own(tx: Tx, shipment: int, person: int) -> Shipment | None:
    found = _load_parcel(tx, {"shipment": shipment}, person)
    return None if found is None else found[0]


async def _answer_carrier(turn: Turn, dialog: Dialog, message: Message) -> None:
    carrier = contacts.tidy(message.text or "")
    if not 0 < len(carrier) <= LONGEST_ANSWER:
        await turn.say("parcel.bad_carrier")
        return
    await turn.decide(
        dialogs.advance, dialog=dialog, step="tracking", data={**dialog.data, "carrier": carrier}, now=turn.now
    )


async def _answer_tracking(turn: Turn, dialog: Dialog, message: Message) -> None:
    tracking = contacts.tidy(message.text or "")
    if not 0 < len(tracking) <= LONGEST_ANSWER:
        await turn.say("parcel.bad_tracking")
        return
    await turn.decide(
        _ship,
        actor=turn.actor,
        dialog=dialog,
        carrier=dialog.data["carrier"],
        tracking=tracking,
        now=turn.now,
        # The card answers below what was typed.
        anchor=message.message_id,
    )


async def no_tracking_tap(turn: Turn, dialog_id: int) -> Toast | None:
    """`No tracking` ends both questions."""
    dialog = await turn.look(dialogs.view, dialog_id)
    if dialog is None or dialog.person != turn.actor or dialog.kind != SHIPPING:
        return Toast("tap.stale")
    await turn.decide(
        _ship,
        actor=turn.actor,
        dialog=dialog,
        carrier=None,
        tracking=None,
        now=turn.now,
        anchor=turn.card_anchor,
    )
    return None


def _ship(
    tx: Tx, *, actor: int, dialog: Dialog, carrier: str | None, tracking: str | None, now: int, anchor: int | None
) -> None:
    """Both questions are over, also when a colleague was faster: then the parcel is shown as it stands."""
    dialogs.end(tx, dialog=dialog.id, now=now)
    shipment = int(dialog.data["shipment"])
    outcome = shipments.ship(
        tx, actor=actor, shipment_id=shipment, carrier=carrier, tracking=tracking, now=now, anchor=anchor
    )
    match outcome:
        case Moved():
            return
        case NotNow():
            card = f"shipment:{shipment}"
            outbox.tell(tx, actor, "shipment_card", now=now, card=card, anchor=anchor, shipment=shipment)
        case NotAllowed() | NotFound():
            outbox.tell(tx, actor, "say", now=now, key="parcel.gone")
        case _:
            assert_never(outcome)


async def cannot_tap(turn: Turn, shipment: int) -> Toast | None:
    """`Cannot supply` asks once more."""
    found = await turn.look(_own, shipment, turn.actor)
    if found is None:
        return Toast("tap.stale")
    if found.status not in _TO_SEND:
        return await ended(turn, shipments.not_now(found))
    await turn.show("shipment_card", shipment=shipment, asking=True)
    return None


async def cannot_yes(turn: Turn, shipment: int) -> Toast | None:
    """The supplier means it: a refund is owed."""
    outcome = await turn.decide(
        shipments.fail, actor=turn.actor, shipment_id=shipment, now=turn.now, anchor=turn.card_anchor
    )
    return await ended(turn, outcome)


async def received_tap(turn: Turn, shipment: int) -> Toast | None:
    """`Received`, by the buyer: one tap decides."""
    outcome = await turn.decide(
        shipments.receive, actor=turn.actor, shipment_id=shipment, now=turn.now, anchor=turn.anchor
    )
    match outcome:
        case Moved():
            return None
        case NotFound():
            return Toast("tap.stale")
        case NotNow(status=status, is_pickup=is_pickup):
            state = await turn.plain(naming.parcel_state(status, is_pickup=is_pickup))
            return Toast("parcel.already", {"state": state})
        case _:
            assert_never(outcome)


async def problem_tap(turn: Turn, shipment: int) -> Toast | None:
    """`Report a problem`: a question to the stall about this order."""
    found = await turn.look(shipments.view, shipment)
    if found is None or found.buyer_id != turn.actor:
        return Toast("tap.stale")
    await turn.decide(
        dialogs.begin,
        actor=turn.actor,
        kind="ask",
        step="text",
        data={"order": found.order_id},
        now=turn.now,
    )
    return None


async def ended(turn: Turn, outcome: Moved | NotAllowed | NotFound | NotNow) -> Toast | None:
    """How a supplier's tap ended; the card itself is the answer."""
    match outcome:
        case Moved():
            return None
        case NotAllowed() | NotFound():
            return Toast("tap.stale")
        case NotNow(shipment_id=shipment, status=status, is_pickup=is_pickup):
            await turn.show("shipment_card", shipment=shipment)
            state = await turn.plain(naming.parcel_state(status, is_pickup=is_pickup))
            return Toast("parcel.already", {"state": state})
        case _:
            assert_never(outcome)


def _ask_carrier(face: Face, dialog: Dialog) -> Rendered:
    return Rendered(text=face.t("parcel.ask_carrier"), rows=((face.button("no_tracking", "notrack", dialog.id),),))


def _ask_tracking(face: Face, dialog: Dialog) -> Rendered:
    return Rendered(text=face.t("parcel.ask_tracking", carrier=dialog.data["carrier"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a supplier has to send, and the presales they were asked about."""

    parcels: list[Shipment]
    presales: list[Presale]


def _load_work(tx: Tx, _params: Params, chat: int) -> Work | None:
    is_owner = roles.has_role(tx, chat, Role.OWNER)
    own = suppliers.every(tx) if is_owner else roles.suppliers_of(tx, chat)
    if not own and not is_owner:
        return None
    found = [shipments.view(tx, parcel) for supplier in own for parcel in shipments.to_do(tx, supplier)]
    asked = [presales.view(tx, presale) for supplier in own for presale in presales.of_supplier(tx, supplier)]
    return Work(
        parcels=[parcel for parcel in found if parcel is not None],
        presales=[presale for presale in asked if presale is not None],
    )


def _work(face: Face, work: Work) -> Rendered:
    parcels = work.parcels
    others = tuple((presalecards.entry(face, presale),) for presale in work.presales[:MOST_PRESALES])
    if not parcels:
        return Rendered(text=face.t("parcel.none"), rows=others)
    rows = tuple(
        (
            face.button(
                "parcel_entry",
                "parcel",
                parcel.id,
                code=parcel.order_code,
                state=face.t.plain(naming.parcel_state(parcel.status, is_pickup=parcel.is_pickup)),
            ),
        )
        for parcel in parcels[:MOST_PARCELS]
    )
    return Rendered(text=face.t.n("parcel.waiting", len(parcels)), rows=(*rows, *others))


async def fulfil_command(turn: Turn, _argument: str) -> None:
    """/fulfil: what this supplier still has to send."""
    if not await turn.show("parcels"):
        await turn.say("command.suppliers_only")


COMMANDS = {"fulfil": fulfil_command}
TAPS = {
    "parcel": Tap(run=parcel_tap, ints=1),
    "accept": Tap(run=accept_tap, ints=1),
    "ship": Tap(run=ship_tap, ints=1),
    "notrack": Tap(run=no_tracking_tap, ints=1),
    "cannot": Tap(run=cannot_tap, ints=1),
    "cannotyes": Tap(run=cannot_yes, ints=1),
    "received": Tap(run=received_tap, ints=1),
    "problem": Tap(run=problem_tap, ints=1),
}
STEPS = {
    f"{SHIPPING}.carrier": Step(ask=_ask_carrier, answer=_answer_carrier),
    f"{SHIPPING}.tracking": Step(ask=_ask_tracking, answer=_answer_tracking),
}
KINDS: Kinds = {
    "shipment_card": Kind(load=_load_parcel, show=_parcel),
    "shipment_changed": Kind(load=_load_parcel, show=_changed),
    "parcels": Kind(load=_load_work, show=_work),
}
