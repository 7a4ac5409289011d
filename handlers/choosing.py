"""Where a checkout goes: another of the saved addresses, a new one, or a place where the goods are picked up.

Talks to buyers only. Everything here leads back to the summary, which is in `checkout`.
"""

from dataclasses import dataclass

from telegram import Message

from handlers.addressing import entry
from handlers.buttons import encode
from handlers.routing import Step, Tap
from handlers.translation import Html
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Rendered, Rows
from storage import addresses, checkouts, destinations, dialogs
from storage.addresses import MOST_ADDRESSES, Saved
from storage.checkouts import PICKUP, SUMMARY
from storage.connection import Tx
from storage.dialogs import Dialog, Moved
from storage.people import NotFound
from storage.pickups import Point

WHERE, PLACE = "where", "place"  # the steps that choose among addresses, and among pick-up points

_STALE = Toast("tap.stale")


async def _checkout(turn: Turn, checkout: int) -> Dialog | None:
    dialog = await turn.look(dialogs.view, checkout)
    is_own = dialog is not None and dialog.person == turn.actor and dialog.kind == checkouts.CHECKOUT
    return dialog if is_own else None


async def change_address(turn: Turn, checkout: int) -> Toast | None:
    """`Change address` on the summary: choose among several, else answer the three questions again."""
    dialog = await _checkout(turn, checkout)
    if dialog is None:
        return _STALE
    several = len(await turn.look(addresses.every, turn.actor)) > 1
    return await _go(turn, dialog, WHERE if several else "recipient", without_pickup=not several)


async def new_address(turn: Turn, checkout: int) -> Toast | None:
    """`New address` in the list: the three questions."""
    dialog = await _checkout(turn, checkout)
    if dialog is None:
        return _STALE
    if len(await turn.look(addresses.every, turn.actor)) >= MOST_ADDRESSES:
        return Toast("address.too_many", {"most": MOST_ADDRESSES}, is_alert=True)
    return await _go(turn, dialog, "recipient", without_pickup=True)


async def use_address(turn: Turn, checkout: int, address_id: int) -> Toast | None:
    """One of the list."""
    return _moved(
        await turn.decide(
            destinations.choose_address,
            actor=turn.actor,
            checkout=checkout,
            address_id=address_id,
            summary_step=SUMMARY,
            now=turn.now,
            anchor=turn.anchor,
        )
    )


async def send_it(turn: Turn, checkout: int) -> Toast | None:
    """`Have it sent`: to the first address after all, or asked for one."""
    dialog = await _checkout(turn, checkout)
    if dialog is None:
        return _STALE
    saved = await turn.look(addresses.first, turn.actor)
    return await _go(turn, dialog, SUMMARY if saved is not None else "recipient", without_pickup=True)


async def back(turn: Turn, checkout: int) -> Toast | None:
    """`Back` from a list to the summary; to the first question where there is nothing to sum up yet."""
    dialog = await _checkout(turn, checkout)
    if dialog is None:
        return _STALE
    bill = await turn.look(checkouts.bill, dialog)
    return await _go(turn, dialog, "recipient" if bill is None or bill.to is None else SUMMARY)


async def change_contact(turn: Turn, checkout: int) -> Toast | None:
    """`Change name` of who picks it up."""
    dialog = await _checkout(turn, checkout)
    return _STALE if dialog is None or PICKUP not in dialog.data else await _go(turn, dialog, "recipient")


async def pick_up(turn: Turn, checkout: int) -> Toast | None:
    """`Pick up`: at the only place, or at one of several."""
    dialog = await _checkout(turn, checkout)
    bill = None if dialog is None else await turn.look(checkouts.bill, dialog)
    if dialog is None or bill is None or not bill.points:
        return _STALE
    if len(bill.points) == 1:
        return await pick_up_at(turn, checkout, bill.points[0].id)
    # What was answered so far stays: name and phone are asked once.
    moved = await turn.decide(
        dialogs.advance, dialog=dialog, step=PLACE, data=dialog.data, now=turn.now, anchor=turn.anchor
    )
    return _moved(moved)


async def pick_up_at(turn: Turn, checkout: int, point: int) -> Toast | None:
    """The place that was chosen."""
    return _moved(
        await turn.decide(
            destinations.choose_pickup,
            actor=turn.actor,
            checkout=checkout,
            point_id=point,
            contact_step="recipient",
            summary_step=SUMMARY,
            now=turn.now,
            anchor=turn.anchor,
        )
    )


async def leave_out(turn: Turn, checkout: int, supplier: int) -> Toast | None:
    """`Without …`: order the rest."""
    return _moved(
        await turn.decide(
            destinations.leave_out,
            actor=turn.actor,
            checkout=checkout,
            supplier_id=supplier,
            summary_step=SUMMARY,
            now=turn.now,
            anchor=turn.anchor,
        )
    )


async def _go(turn: Turn, dialog: Dialog, step: str, *, without_pickup: bool = False) -> Toast | None:
    """On to another step, with what the checkout holds."""
    data = checkouts.sent(dialog) if without_pickup else checkouts.kept(dialog)
    return _moved(
        await turn.decide(dialogs.advance, dialog=dialog, step=step, data=data, now=turn.now, anchor=turn.anchor)
    )


def _moved(outcome: Dialog | Moved | NotFound) -> Toast | None:
    return None if isinstance(outcome, Dialog) else _STALE


# -- The lists ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A checkout and what it may choose from."""

    checkout: int
    addresses: list[Saved]
    points: tuple[Point, ...]


def _load_choice(tx: Tx, dialog: Dialog) -> Choice | None:
    bill = checkouts.bill(tx, dialog)
    if bill is None:
        return None
    return Choice(checkout=dialog.id, addresses=addresses.every(tx, dialog.person), points=bill.points)


async def _answer(turn: Turn, dialog: Dialog, _message: Message) -> None:
    """Typed something where a button decides: show the list again."""
    await turn.show("question", dialog=dialog.id, step=dialog.step)


def _ask_where(face: Face, choice: Choice) -> Rendered:
    rows: Rows = tuple((entry(face, each, "useaddr", choice.checkout, each.id),) for each in choice.addresses)
    last = (face.button("new_address", "newaddr", choice.checkout), face.button("back", "tosummary", choice.checkout))
    return Rendered(text=face.t("checkout.ask_where"), rows=(*rows, last))


def _ask_place(face: Face, choice: Choice) -> Rendered:
    told = [face.t("checkout.place", place=point.whole) for point in choice.points]
    rows: Rows = tuple(
        (Button(label=point.name, data=encode("pickat", choice.checkout, point.id)),) for point in choice.points
    )
    text = Html("\n\n".join([face.t("checkout.ask_place"), *told]))
    return Rendered(text=text, rows=(*rows, (face.button("back", "tosummary", choice.checkout),)))


TAPS = {
    "readdr": Tap(run=change_address, ints=1),
    "newaddr": Tap(run=new_address, ints=1),
    "useaddr": Tap(run=use_address, ints=2),
    "sendit": Tap(run=send_it, ints=1),
    "tosummary": Tap(run=back, ints=1),
    "recontact": Tap(run=change_contact, ints=1),
    "pickup": Tap(run=pick_up, ints=1),
    "pickat": Tap(run=pick_up_at, ints=2),
    "leaveout": Tap(run=leave_out, ints=2),
}
STEPS = {
    f"{checkouts.CHECKOUT}.{WHERE}": Step(load=_load_choice, ask=_ask_where, answer=_answer),
    f"{checkouts.CHECKOUT}.{PLACE}": Step(load=_load_choice, ask=_ask_place, answer=_answer),
}
