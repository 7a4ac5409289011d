"""Where parcels go: the questions for recipient, phone and address, and `/address` with all that are saved.

Talks to buyers only. The summary of a checkout, from which addresses are chosen too, is in `checkout`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from telegram import Message

from handlers import formats
from handlers.routing import Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop import contacts
from shop.contacts import ContactFault
from storage import addresses, checkouts, destinations, dialogs, outbox
from storage.addresses import MOST_ADDRESSES, Address, Saved, TooMany
from storage.checkouts import SUMMARY, Bill
from storage.connection import Tx
from storage.dialogs import Dialog, Moved
from storage.outbox import Params
from storage.people import NotFound

ADDRESS = "address"
LONGEST_LABEL = 20
_SHORT = 40

_STALE = Toast("tap.stale")

Answer = Callable[[Turn, Dialog, Message], Awaitable[None]]
Told = Callable[[Turn, Dialog, str], Awaitable[None]]


# -- /address -----------------------------------------------------------------------------------------------


async def address_command(turn: Turn, _argument: str) -> None:
    """/address: what is saved, or the first question if nothing is."""
    if not await turn.show("addresses"):
        await turn.decide(dialogs.begin, actor=turn.actor, kind=ADDRESS, step="recipient", data={}, now=turn.now)


async def listed(turn: Turn) -> Toast | None:
    """`Back` to the list."""
    return None if await turn.show("addresses") else _STALE


async def card(turn: Turn, address_id: int) -> Toast | None:
    """One of several."""
    return None if await turn.show("address", address=address_id) else _STALE


async def new(turn: Turn) -> Toast | None:
    """`New address`."""
    if len(await turn.look(addresses.every, turn.actor)) >= MOST_ADDRESSES:
        return Toast("address.too_many", {"most": MOST_ADDRESSES}, is_alert=True)
    await turn.decide(
        dialogs.begin, actor=turn.actor, kind=ADDRESS, step="recipient", data={}, now=turn.now, anchor=turn.anchor
    )
    return None


async def edit(turn: Turn, address_id: int) -> Toast | None:
    """`Edit`: the same questions, each with what it was."""
    return await _ask(turn, address_id, "recipient")


async def rename(turn: Turn, address_id: int) -> Toast | None:
    """`Label`."""
    return await _ask(turn, address_id, "label")


async def _ask(turn: Turn, address_id: int, step: str) -> Toast | None:
    if await turn.look(addresses.view, address_id, turn.actor) is None:
        return _STALE
    data = {"replaces": address_id}
    await turn.decide(
        dialogs.begin, actor=turn.actor, kind=ADDRESS, step=step, data=data, now=turn.now, anchor=turn.anchor
    )
    return None


async def use_first(turn: Turn, address_id: int) -> Toast | None:
    """`Use first`."""
    outcome = await turn.decide(
        addresses.use, actor=turn.actor, address_id=address_id, now=turn.now, anchor=turn.anchor
    )
    return _STALE if isinstance(outcome, NotFound) else None


async def remove(turn: Turn, address_id: int) -> Toast | None:
    """`Remove`."""
    outcome = await turn.decide(
        addresses.remove, actor=turn.actor, address_id=address_id, now=turn.now, anchor=turn.anchor
    )
    return _STALE if isinstance(outcome, NotFound) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """All of a person's addresses, the first first; `note` is what was just done."""

    saved: list[Saved]
    note: str


def _load_list(tx: Tx, params: Params, chat: int) -> Listed | None:
    """None where nothing is saved, unless an answer to `Remove` has to say just that."""
    saved = addresses.every(tx, chat)
    return Listed(saved=saved, note=str(params.get("note") or "")) if saved or params.get("after") else None


def _list(face: Face, view: Listed) -> Rendered:
    new_ = (face.button("new_address", "addrnew"),)
    if not view.saved:
        return Rendered(text=face.t("address.none"), rows=(new_,))
    first, *others = view.saved
    head = face.t("address.current", **_values(face, first.address))
    label = face.t("address.label", label=first.label) if first.label else None
    named = lines([face.t(view.note) if view.note else None, label, head, _map(face, first)])
    if not others:
        return Rendered(text=named, rows=(*_card_rows(face, first, is_first=True), new_))
    more = face.t("address.others")
    rows: Rows = tuple((entry(face, saved, "addr", saved.id),) for saved in view.saved)
    return Rendered(text=lines([named, more]), rows=(*rows, new_))


def entry(face: Face, saved: Saved, verb: str, *args: int) -> Button:
    """An address in a list: its label or recipient, and how it begins."""
    name = saved.label or saved.address.recipient
    text = f"{name} · {saved.address.address}".replace("\n", " ")
    shown = text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"
    return face.button("address_entry", verb, *args, address=shown)


def _load_card(tx: Tx, params: Params, chat: int) -> tuple[Saved, bool] | None:
    saved = addresses.view(tx, int(params["address"] or 0), chat)
    first = addresses.first(tx, chat)
    return None if saved is None or first is None else (saved, first.id == saved.id)


def _card(face: Face, view: tuple[Saved, bool]) -> Rendered:
    saved, is_first = view
    text = lines(
        [
            face.t("address.label", label=saved.label) if saved.label else None,
            face.t("address.card", **_values(face, saved.address)),
            _map(face, saved),
            face.t("address.is_first") if is_first else None,
        ]
    )
    back = (face.button("back", "addrs"),)
    return Rendered(text=text, rows=(*_card_rows(face, saved, is_first=is_first), back))


def _card_rows(face: Face, saved: Saved, *, is_first: bool) -> Rows:
    edits = (
        face.button("edit", "addredit", saved.id),
        face.button("address_label", "addrlabel", saved.id),
        face.button("remove_it", "addrdel", saved.id),
    )
    return (edits,) if is_first else ((face.button("use_first", "addruse", saved.id),), edits)


def _values(face: Face, address: Address) -> dict[str, object]:
    number = formats.phone(address.phone, face.settings.country)
    return {"name": address.recipient, "number": number, "place": address.address}


def _map(face: Face, saved: Saved) -> Html | None:
    return face.t("address.has_location") if saved.address.location else None


# -- The questions ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question, the address that is being edited, and what a checkout comes to so far."""

    dialog: Dialog
    old: Saved | None
    bill: Bill | None


def _load(tx: Tx, dialog: Dialog) -> Asked:
    replaces = dialog.data.get("replaces")
    old = None if replaces is None else addresses.view(tx, replaces, dialog.person)
    bill = checkouts.bill(tx, dialog) if dialog.kind == checkouts.CHECKOUT else None
    return Asked(dialog=dialog, old=old, bill=bill)


def _question(face: Face, asked: Asked, key: str, before: str | None, **values: object) -> Rendered:
    """The question; what is edited comes with what it was, and a button that leaves it so."""
    was = None if before is None else face.t("address.now", value=before)
    keep: Rows = () if before is None else ((face.button("keep_it", "addrkeep", asked.dialog.id),),)
    pick = asked.bill is not None and asked.bill.points and not asked.dialog.data.get(checkouts.PICKUP)
    pickup: Rows = ((face.button("pick_up", "pickup", asked.dialog.id),),) if pick else ()
    return Rendered(text=lines([was, face.t(key, **values)]), rows=(*keep, *pickup, *_way_back(face, asked)))


def _way_back(face: Face, asked: Asked) -> Rows:
    """Out of the questions with nothing changed: to the summary, or to the order they are about."""
    dialog, bill = asked.dialog, asked.bill
    if dialog.kind not in (ADDRESS, checkouts.CHECKOUT):
        return ((face.button("keep_as_is", "tokeep", dialog.id),),)
    return ((face.button("back", "tosummary", dialog.id),),) if bill is not None and bill.to is not None else ()


def _ask_recipient(face: Face, asked: Asked) -> Rendered:
    is_pickup = asked.dialog.data.get(checkouts.PICKUP) is not None
    key = "checkout.ask_who_comes" if is_pickup else "checkout.ask_recipient"
    return _question(face, asked, key, None if asked.old is None else asked.old.address.recipient)


def _ask_phone(face: Face, asked: Asked) -> Rendered:
    old = None if asked.old is None else formats.phone(asked.old.address.phone, face.settings.country)
    is_pickup = asked.dialog.data.get(checkouts.PICKUP) is not None
    key = "checkout.ask_phone_pickup" if is_pickup else "checkout.ask_phone"
    return _question(face, asked, key, old, example=formats.example_phone(face.settings.country))


def _ask_address(face: Face, asked: Asked) -> Rendered:
    return _question(face, asked, "checkout.ask_address", None if asked.old is None else asked.old.address.address)


def _ask_label(face: Face, asked: Asked) -> Rendered:
    before = asked.old.label if asked.old is not None and asked.old.label else None
    return _question(face, asked, "address.ask_label", before, most=LONGEST_LABEL)


async def _answer_recipient(turn: Turn, dialog: Dialog, message: Message) -> None:
    name = contacts.recipient(message.text or "")
    if isinstance(name, ContactFault):
        await turn.say("checkout.bad_recipient")
        return
    await next_question(turn, dialog, "phone", recipient=name)


async def _answer_phone(told: Told, turn: Turn, dialog: Dialog, message: Message) -> None:
    """Typed, or shared as a contact: that comes in international form, with or without its plus."""
    country = turn.settings.country
    typed = message.contact.phone_number if message.contact is not None else message.text or ""
    checked = None
    if message.contact is not None and country is not None:
        checked = formats.check_phone(f"+{typed.lstrip('+')}", country)
    checked = checked or formats.check_phone(typed, country)
    if checked is not None:
        await told(turn, dialog, checked)
        return
    shown = contacts.tidy(typed)[:40]
    example = formats.example_phone(country)
    if shown:
        await turn.say(
            "checkout.bad_phone", text=shown, example=example, abroad=formats.example_phone_abroad(country)
        )
    else:
        await turn.say("checkout.phone_missing", example=example)


async def _take_phone(turn: Turn, dialog: Dialog, phone: str) -> None:
    if dialog.data.get(checkouts.PICKUP) is None:
        await next_question(turn, dialog, "address", phone=phone)
        return
    # Who picks it up tells no address: name and phone were all that was missing.
    data = {**checkouts.kept(dialog), "contact": [dialog.data["recipient"], phone]}
    await turn.decide(dialogs.advance, dialog=dialog, step=SUMMARY, data=data, now=turn.now)


async def _answer_address(turn: Turn, dialog: Dialog, message: Message) -> None:
    address = await read_address(turn, dialog, message)
    if address is not None:
        await _save(turn, dialog, address.address, address.location)


async def read_address(turn: Turn, dialog: Dialog, message: Message) -> Address | None:
    """The last answer with those before it, or None once the person was told what is wrong or missing. A location
    helps whoever brings it, and does not stand in for the address."""
    place = location_of(message)
    if place is not None:
        noted = await turn.decide(_note_location, dialog=dialog, location=place, now=turn.now)
        if isinstance(noted, Moved):
            await turn.say("host.question_over")
        return None
    where = contacts.address(message.text or "")
    if isinstance(where, ContactFault):
        await turn.say("checkout.bad_address")
        return None
    told = dialog.data
    return Address(recipient=told["recipient"], phone=told["phone"], address=where, location=told.get("location"))


def location_of(message: Message) -> str | None:
    """ "latitude,longitude" of a shared location, to about a tenth of a metre."""
    found = message.location
    return None if found is None else f"{found.latitude:.6f},{found.longitude:.6f}"


def _note_location(tx: Tx, *, dialog: Dialog, location: str, now: int) -> Dialog | Moved:
    data = {**dialog.data, "location": location}
    moved = dialogs.advance(tx, dialog=dialog, step=dialog.step, data=data, now=now, silent=True)
    if isinstance(moved, Dialog):
        outbox.tell(tx, dialog.person, "say", now=now, key="address.location_noted")
    return moved


async def _save(turn: Turn, dialog: Dialog, where: str, location: str | None) -> None:
    address = Address(
        recipient=dialog.data["recipient"], phone=dialog.data["phone"], address=where, location=location
    )
    outcome = await turn.decide(
        destinations.give_address,
        actor=turn.actor,
        dialog=dialog,
        address=address,
        summary_step=SUMMARY,
        now=turn.now,
    )
    if isinstance(outcome, TooMany):
        await turn.say("address.too_many", most=MOST_ADDRESSES)


async def _answer_label(turn: Turn, dialog: Dialog, message: Message) -> None:
    typed = contacts.tidy(message.text or "")
    if not 0 < len(typed) <= LONGEST_LABEL:
        await turn.say("address.bad_label", most=LONGEST_LABEL)
        return
    await turn.decide(_label, dialog=dialog, label="" if typed in ("-", "—", "–") else typed, now=turn.now)


def _label(tx: Tx, *, dialog: Dialog, label: str, now: int) -> None:
    """The name it has in the list; if the address was removed meanwhile, the list says so."""
    dialogs.end(tx, dialog=dialog.id, now=now)
    old = addresses.view(tx, dialog.data["replaces"], dialog.person)
    if old is not None:
        addresses.edit(tx, actor=dialog.person, address_id=old.id, address=old.address, label=label, now=now)
    outbox.tell(tx, dialog.person, "addresses", now=now, after=True)


async def keep(turn: Turn, dialog_id: int) -> Toast | None:
    """`Leave as it is`: the answer is what it was before."""
    dialog = await turn.look(dialogs.view, dialog_id)
    if dialog is None or dialog.person != turn.actor or dialog.kind != ADDRESS:
        return _STALE
    old = await turn.look(addresses.view, dialog.data.get("replaces") or 0, turn.actor)
    if old is None:
        return _STALE
    match dialog.step:
        case "recipient":
            await next_question(turn, dialog, "phone", recipient=old.address.recipient)
        case "phone":
            await _take_phone(turn, dialog, old.address.phone)
        case "address":
            await _save(turn, dialog, old.address.address, dialog.data.get("location") or old.address.location)
        case _:
            await turn.decide(_label, dialog=dialog, label=old.label, now=turn.now)
    return None


async def next_question(turn: Turn, dialog: Dialog, step: str, **answer: str) -> None:
    """On to the next question, with what was answered."""
    await turn.decide(dialogs.advance, dialog=dialog, step=step, data={**dialog.data, **answer}, now=turn.now)


def steps(kind: str, answer_last: Answer = _answer_address, told: Told = _take_phone) -> dict[str, Step]:
    """The three questions, in a dialog of this kind; `answer_last` takes the last answer, `told` the phone before."""
    asked: dict[str, tuple[Any, Any]] = {
        "recipient": (_ask_recipient, _answer_recipient),
        "phone": (_ask_phone, partial(_answer_phone, told)),
        "address": (_ask_address, answer_last),
    }
    return {f"{kind}.{name}": Step(load=_load, ask=ask, answer=answer) for name, (ask, answer) in asked.items()}


COMMANDS = {"address": address_command}
TAPS = {
    "addrs": Tap(run=listed),
    "addr": Tap(run=card, ints=1),
    "addrnew": Tap(run=new),
    "addredit": Tap(run=edit, ints=1),
    "addrlabel": Tap(run=rename, ints=1),
    "addruse": Tap(run=use_first, ints=1),
    "addrdel": Tap(run=remove, ints=1),
    "addrkeep": Tap(run=keep, ints=1),
}
STEPS = {
    **steps(checkouts.CHECKOUT),
    **steps(ADDRESS),
    f"{ADDRESS}.label": Step(load=_load, ask=_ask_label, answer=_answer_label),
}
KINDS: Kinds = {
    "addresses": Kind(load=_load_list, show=_list),
    "address": Kind(load=_load_card, show=_card),
}
