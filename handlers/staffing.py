"""Who works at the stall: the list by role, each person's card, and taking a role away with one tap.

Owns what owners are shown and told about roles, and what the person is told. Invitations are in `operating`.
"""

from collections.abc import Mapping
from itertools import groupby
from typing import assert_never

from telegram import Message

from handlers import formats, naming, payment
from handlers.routing import CommandHandler, Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Blank, Button, Face, Kind, Kinds, Rendered, Rows
from storage import dialogs, handovers, invites, orders, outbox, people, revocations, roles, staff
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.outbox import Params
from storage.people import NotAllowed, NotFound, Person
from storage.revocations import AlreadyRevoked, HeldAgain, LastOwner, Restored, Revoked, TooLateToUndo
from storage.roles import Role
from storage.staff import Member, Page, Profile

MOST_STREAMS = 5

_GROUP = {
    Role.OWNER: "staff.owners",
    Role.HOST: "staff.hosts",
    Role.CASHIER: "staff.cashiers",
    Role.SUPPLIER: "staff.suppliers",
}
_VACANT = {
    Role.OWNER: None,
    Role.HOST: "staff.vacant_host",
    Role.CASHIER: "staff.vacant_cashier",
    Role.SUPPLIER: "staff.vacant_supplier",
}
_STALE = Toast("tap.stale")


# -- Looking ------------------------------------------------------------------------------------------------


async def staff_list(turn: Turn, _argument: str) -> None:
    """/roles: who does what."""
    if not await turn.show("staff", page=0, at=turn.now):
        await turn.say("owner.only")


async def staff_page(turn: Turn, number: int) -> Toast | None:
    """Another page, or back to the list."""
    return None if await turn.show("staff", page=number, at=turn.now) else _STALE


async def member_tap(turn: Turn, person: int) -> Toast | None:
    """One person's card."""
    return None if await turn.show("member", person=person) else _STALE


def _load_staff(tx: Tx, params: Params, chat: int) -> tuple[Page, int] | None:
    if not roles.has_role(tx, chat, Role.OWNER):
        return None
    return staff.page(tx, int(params["page"] or 0)), len(invites.still_open(tx, int(params["at"] or 0)))


def _staff(face: Face, view: tuple[Page, int]) -> Rendered:
    page, invited = view
    parts: list[Html] = []
    for role, group in groupby(page.members, key=lambda member: member.role):
        parts += [face.t(_GROUP[role]), *(_line(face, member) for member in group)]
    names = {member.person_id: naming.person(face, member.person_id, member.name) for member in page.members}
    buttons = [face.button("member", "member", person, name=name) for person, name in names.items()]
    rows = [tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2)]
    turning = []
    if page.number > 0:
        turning.append(face.button("page_before", "staff", page.number - 1))
    if page.number < page.pages - 1:
        turning.append(face.button("page_after", "staff", page.number + 1))
    if turning:
        rows.append(tuple(turning))
    if invited:
        rows.append((face.button("open_invites", "invited", count=formats.number(invited, face.lang)),))
    return Rendered(text=lines([*parts, face.t("staff.tap")]), rows=tuple(rows))


def _line(face: Face, member: Member) -> Html:
    name = naming.person(face, member.person_id, member.name, member.username)
    if member.supplier is not None:
        name = face.t("staff.member_for", name=name, supplier=member.supplier)
    return face.t("staff.member", name=name, day=_since(face, member), by=_giver(face, member))


def _since(face: Face, member: Member) -> str:
    return formats.day(member.since, face.zone, face.lang, face.now)


def _giver(face: Face, member: Member) -> str:
    """Owners come from the settings; what nobody else gave came by a link of the command line."""
    if member.by:
        return naming.person(face, 0, member.by)
    return face.t("staff.by_settings" if member.role is Role.OWNER else "staff.by_command")


def _load_member(tx: Tx, params: Params, chat: int) -> Profile | None:
    return staff.profile(tx, int(params["person"] or 0)) if roles.has_role(tx, chat, Role.OWNER) else None


def _member(face: Face, view: Profile) -> Rendered:
    t, person = face.t, view.person
    held = [
        t(
            "staff.holds",
            role=naming.role(face, member.role, member.supplier),
            day=_since(face, member),
            by=_giver(face, member),
        )
        for member in view.roles
    ]
    more = len(view.streams) - MOST_STREAMS
    text = lines(
        [
            t("staff.card", name=naming.person(face, person.id, person.name, person.username), id=person.id),
            *(held or [t("staff.holds_nothing")]),
            t.n("staff.has_receipts", view.receipts) if view.receipts else None,
            t.n("staff.has_refunds", view.refunds) if view.refunds else None,
            t.n("staff.has_parcels", view.parcels) if view.parcels else None,
            *(t("staff.has_stream", title=title) for title in view.streams[:MOST_STREAMS]),
            t.n("staff.has_more_streams", more) if more > 0 else None,
            t("staff.is_last_owner") if view.is_last_owner else None,
        ]
    )
    rows: Rows = tuple(
        (_revoke_button(face, member),)
        for member in view.roles
        if not (view.is_last_owner and member.role is Role.OWNER)
    )
    return Rendered(text=text, rows=(*rows, (face.button("back", "staff", 0),)))


def _revoke_button(face: Face, member: Member) -> Button:
    return face.button("revoke", "revoke", member.role_id, role=naming.plain_role(face, member.role, member.supplier))


# -- Taking and giving back ---------------------------------------------------------------------------------


async def revoke_tap(turn: Turn, role_id: int) -> Toast | None:
    """`Revoke`: one tap decides, `Undo` stands under the answer."""
    outcome = await turn.decide(
        revocations.revoke, actor=turn.actor, role_id=role_id, now=turn.now, anchor=turn.anchor
    )
    match outcome:
        case Revoked():
            return None
        case NotAllowed() | NotFound():
            return _STALE
        case AlreadyRevoked(is_ours=True):
            # The answer with its `Undo` stands there, or is on its way: nothing is shown in its place.
            return Toast("staff.already_revoked")
        case AlreadyRevoked(person_id=person):
            return Toast("staff.already_revoked") if await turn.show("member", person=person) else _STALE
        case LastOwner(person_id=person):
            await turn.show("member", person=person)
            return Toast("staff.last_owner", is_alert=True)
        case _:
            assert_never(outcome)


async def undo_tap(turn: Turn, role_id: int) -> Toast | None:
    """`Undo`, for a while."""
    outcome = await turn.decide(
        revocations.restore, actor=turn.actor, role_id=role_id, now=turn.now, anchor=turn.anchor
    )
    match outcome:
        case Restored():
            return None
        case NotAllowed() | NotFound():
            return _STALE
        case HeldAgain(person_id=person):
            await turn.show("member", person=person)
            return Toast("staff.held_again")
        case TooLateToUndo():
            return Toast("staff.too_late", is_alert=True)
        case _:
            assert_never(outcome)


def _load_revoked(tx: Tx, params: Params, chat: int) -> tuple[Member, bool, Params] | None:
    """The role that was taken, whether nobody holds it now, and what followed; None once it has been given back."""
    member = staff.view(tx, int(params["role"] or 0))
    if member is None or member.until is None or not roles.has_role(tx, chat, Role.OWNER):
        return None
    return member, roles.is_vacant(tx, member.role, member.supplier_id), params


def _revoked(face: Face, view: tuple[Member, bool, Params]) -> Rendered:
    member, is_vacant, facts = view
    t, vacant = face.t, _VACANT[member.role]
    moved, withdrawn = int(facts["moved"] or 0), int(facts["withdrawn"] or 0)
    person = naming.person(face, member.person_id, member.name, member.username)
    by = (
        t("staff.by_command") if member.taker_id is None else naming.person(face, member.taker_id, member.taker or "")
    )
    can_undo = member.taker_id is not None
    text = lines(
        [
            t("staff.revoked", person=person, role=naming.role(face, member.role, member.supplier), by=by),
            t(vacant, supplier=member.supplier or "") if vacant and is_vacant else None,
            t.n("staff.moved", moved) if moved else None,
            t.n("staff.invites_withdrawn", withdrawn) if withdrawn else None,
            t("staff.in_settings", id=member.person_id) if member.role is Role.OWNER and can_undo else None,
            t("staff.undo_until", when=formats.time_of_day(_undo_until(member), face.zone)) if can_undo else None,
        ]
    )
    back = face.button("member", "member", member.person_id, name=naming.person(face, member.person_id, member.name))
    if not can_undo:
        return Rendered(text=text, rows=((back,),))
    return Rendered(text=text, rows=((face.button("undo", "unrevoke", member.role_id), back),))


def _undo_until(member: Member) -> int:
    return (member.until or 0) + revocations.UNDO_MS


def _load_restored(tx: Tx, params: Params, chat: int) -> tuple[Member, Person] | None:
    member = staff.view(tx, int(params["role"] or 0))
    if member is None or member.until is not None or not roles.has_role(tx, chat, Role.OWNER):
        return None
    by = people.view(tx, int(params["by"] or 0))
    return None if by is None else (member, by)


def _restored(face: Face, view: tuple[Member, Person]) -> Rendered:
    member, by = view
    person = naming.person(face, member.person_id, member.name, member.username)
    role = naming.role(face, member.role, member.supplier)
    back = face.button("member", "member", member.person_id, name=naming.person(face, member.person_id, member.name))
    text = face.t("staff.restored", person=person, role=role, by=naming.person(face, by.id, by.name))
    return Rendered(text=text, rows=((back,),))


# -- What the person is told --------------------------------------------------------------------------------


def _load_taken(tx: Tx, params: Params, chat: int) -> Member | None:
    """The role that was taken; None if it has been given back."""
    member = staff.view(tx, int(params["role"] or 0))
    return member if member is not None and member.person_id == chat and member.until is not None else None


def _taken(face: Face, member: Member) -> Rendered:
    """Who gave up an own role can still change their mind."""
    role = naming.role(face, member.role, member.supplier)
    text = face.t("staff.taken", role=role, stall=face.settings.name)
    if not member.is_given_up:
        return Rendered(text=text)
    until = face.t("staff.undo_until", when=formats.time_of_day(_undo_until(member), face.zone))
    return Rendered(text=lines([text, until]), rows=((face.button("undo", "unrevoke", member.role_id),),))


def _load_back(tx: Tx, params: Params, chat: int) -> Member | None:
    member = staff.view(tx, int(params["role"] or 0))
    return member if member is not None and member.person_id == chat and member.until is None else None


def _back(face: Face, member: Member) -> Rendered:
    role = naming.role(face, member.role, member.supplier)
    return Rendered(text=face.t("staff.back", role=role, stall=face.settings.name))


def _load_blank(tx: Tx, params: Params, chat: int) -> tuple[()] | None:
    """Nothing once the card is the person's again."""
    return None if handovers.may_have(tx, chat, str(params["noun"]), int(params["id"] or 0)) else ()


def _blank(face: Face, _view: tuple[()]) -> Blank:
    return Blank(text=face.t("staff.no_longer_yours"))


async def _answer_over(turn: Turn, dialog: Dialog, message: Message) -> None:
    """An answer to a question that was for a role: the question is over. A picture may still pay for an order."""
    if message.photo or message.document:
        within = turn.settings.policy.late_receipt_ms
        if await turn.look(orders.open_for_receipt, turn.actor, within, turn.now):
            return await payment.picture(turn, message)
    await turn.decide(_end_over, actor=turn.actor, dialog=dialog.id, now=turn.now)
    return None


def _end_over(tx: Tx, *, actor: int, dialog: int, now: int) -> None:
    dialogs.end(tx, dialog=dialog, now=now)
    outbox.tell(tx, actor, "say", now=now, key="staff.question_over")


def _ask_over(face: Face, _dialog: Dialog) -> Rendered:
    return Rendered(text=face.t("staff.question_over"))


COMMANDS: Mapping[str, CommandHandler] = {"roles": staff_list}
TAPS: Mapping[str, Tap] = {
    "staff": Tap(run=staff_page, ints=1),
    "member": Tap(run=member_tap, ints=1),
    "revoke": Tap(run=revoke_tap, ints=1),
    "unrevoke": Tap(run=undo_tap, ints=1),
}
STEPS: Mapping[str, Step] = {
    f"{handovers.OVER}.text": Step(ask=_ask_over, answer=_answer_over, takes_media=True),
}
KINDS: Kinds = {
    "staff": Kind(load=_load_staff, show=_staff),
    "member": Kind(load=_load_member, show=_member),
    "role_revoked": Kind(load=_load_revoked, show=_revoked),
    "role_restored": Kind(load=_load_restored, show=_restored),
    "role_taken": Kind(load=_load_taken, show=_taken),
    "role_back": Kind(load=_load_back, show=_back),
    "card_taken": Kind(load=_load_blank, show=_blank),
}
