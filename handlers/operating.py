"""The owner's side: invitations made and withdrawn, and what went wrong.

Owns the kinds told when an invitation is opened and when an update could not be handled. Who holds which role is in
`staffing`, the start card in `entry`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from handlers import naming
from handlers.buttons import encode
from handlers.routing import CommandHandler, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered
from storage import invites, people, roles, staff, suppliers
from storage.connection import Tx
from storage.invites import Invited, NotOpen, OpenInvite, UnknownSupplier, Withdrawn
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.suppliers import Supplier

MOST_INVITES = 20

_WELCOME = {
    Role.OWNER: "staff.welcome_owner",
    Role.HOST: "staff.welcome_host",
    Role.CASHIER: "staff.welcome_cashier",
    Role.SUPPLIER: "staff.welcome_supplier",
}
_INVITABLE = ("host", "cashier", "supplier")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Who has opened an invitation, and for what."""

    person: people.Person
    role: Role
    supplier: str | None


# -- Invitations --------------------------------------------------------------------------------------------


async def invite(turn: Turn, argument: str) -> None:
    """/invite [host | cashier | supplier [NAME]]: what is missing is asked by buttons."""
    word, _, name = argument.partition(" ")
    role = word.lower()
    if role == "supplier" and name.strip():
        await _invite(turn, Role.SUPPLIER, name.strip())
    elif role in _INVITABLE:
        await _invite_as(turn, role)
    elif not await turn.show("invite_menu"):
        await turn.say("owner.only")


async def invite_as(turn: Turn, role: str) -> Toast | None:
    """A role's button."""
    if role not in _INVITABLE or not await _is_owner(turn):
        return Toast("tap.stale")
    await _invite_as(turn, role)
    return None


async def invite_supplier(turn: Turn, supplier_id: int) -> Toast | None:
    """A supplier's button."""
    supplier = await turn.look(suppliers.view, supplier_id)
    if supplier is None or not await _is_owner(turn):
        return Toast("tap.stale")
    await _invite(turn, Role.SUPPLIER, supplier.name)
    return None


async def _is_owner(turn: Turn) -> bool:
    return await turn.look(roles.has_role, turn.actor, Role.OWNER)


async def _invite_as(turn: Turn, role: str) -> None:
    if role != "supplier":
        await _invite(turn, Role(role), None)
    elif not await turn.show("invite_suppliers"):
        await turn.say("owner.only")


async def _invite(turn: Turn, role: Role, supplier: str | None) -> None:
    """Make the link and say it: the act returns its token, the books keep only a hash, so nothing is enqueued."""
    outcome = await turn.decide(
        invites.invite,
        actor=turn.actor,
        role=role,
        supplier=supplier,
        valid_ms=turn.settings.invite_valid_ms,
        now=turn.now,
    )
    match outcome:
        case Invited():
            await turn.show(
                "invite_link",
                token=outcome.token,
                role=outcome.role,
                supplier=outcome.supplier,
                expires_at=outcome.expires_at,
            )
        case NotAllowed():
            await turn.say("owner.only")
        case UnknownSupplier(name=name):
            await turn.show("invite_suppliers", unknown=name)
        case _:
            assert_never(outcome)


async def invited(turn: Turn) -> Toast | None:
    """The links nobody has opened yet."""
    return None if await turn.show("invites", at=turn.now) else Toast("tap.stale")


async def withdraw(turn: Turn, invite_id: int) -> Toast | None:
    """`Withdraw`: the link gives nothing any more."""
    outcome = await turn.decide(
        invites.withdraw, actor=turn.actor, invite_id=invite_id, now=turn.now, anchor=turn.anchor
    )
    match outcome:
        case Withdrawn():
            return Toast("invite.is_withdrawn")
        case NotAllowed() | NotFound():
            return Toast("tap.stale")
        case NotOpen():
            await turn.show("invites", at=turn.now)
            return Toast("invite.not_open")
        case _:
            assert_never(outcome)


def _load_menu(tx: Tx, params: Params, chat: int) -> Params | None:
    return params if roles.has_role(tx, chat, Role.OWNER) else None


def _menu(face: Face, _params: Params) -> Rendered:
    first = (face.button("invite_host", "invite", "host"), face.button("invite_cashier", "invite", "cashier"))
    rows = (first, (face.button("invite_supplier", "invite", "supplier"),))
    return Rendered(text=face.t("invite.whom", stall=face.settings.name), rows=rows)


def _load_suppliers(tx: Tx, params: Params, chat: int) -> tuple[str | None, list[Supplier]] | None:
    if not roles.has_role(tx, chat, Role.OWNER):
        return None
    unknown = params.get("unknown")
    return None if unknown is None else str(unknown), staff.known_suppliers(tx)


def _suppliers(face: Face, view: tuple[str | None, list[Supplier]]) -> Rendered:
    unknown, known = view
    if not known:
        return Rendered(text=face.t("invite.no_suppliers"))
    text = lines(
        [
            None if unknown is None else face.t("invite.unknown_supplier", name=unknown),
            face.t("invite.which_supplier"),
        ]
    )
    rows = tuple((Button(label=one.name, data=encode("invites", one.id)),) for one in known)
    return Rendered(text=text, rows=rows)


def _load_link(tx: Tx, params: Params, chat: int) -> Params | None:
    return params if roles.has_role(tx, chat, Role.OWNER) else None


def _link(face: Face, params: Params) -> Rendered:
    text = lines(
        [
            face.t("invite.head", role=naming.role(face, Role(str(params["role"])), params["supplier"])),
            face.t("invite.link", link=face.link(f"i_{params['token']}")),
            face.t("invite.valid", moment=face.moment(int(params["expires_at"] or 0))),
        ]
    )
    return Rendered(text=text)


def _load_invites(tx: Tx, params: Params, chat: int) -> list[OpenInvite] | None:
    if not roles.has_role(tx, chat, Role.OWNER):
        return None
    return invites.still_open(tx, int(params["at"] or 0))


def _invites(face: Face, found: list[OpenInvite]) -> Rendered:
    """Numbered, as the buttons are: the links themselves were shown once only."""
    shown, more = found[:MOST_INVITES], len(found) - MOST_INVITES
    text = lines(
        [
            face.t.n("invite.are_open", len(found)) if found else face.t("invite.none_open"),
            *(_open_invite(face, number, invite) for number, invite in enumerate(shown, 1)),
            face.t.n("staff.more", more) if more > 0 else None,
        ]
    )
    buttons = [face.button("withdraw", "withdraw", one.id, number=number) for number, one in enumerate(shown, 1)]
    rows = tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))
    return Rendered(text=text, rows=(*rows, (face.button("back", "staff", 0),)))


def _open_invite(face: Face, number: int, invite: OpenInvite) -> Html:
    by = face.t("staff.by_command") if invite.by is None else naming.person(face, 0, invite.by)
    role = naming.role(face, invite.role, invite.supplier)
    return face.t("invite.line", number=number, role=role, by=by, moment=face.moment(invite.expires_at))


def _load_opening(tx: Tx, params: Params, chat: int) -> Opening | None:
    person = people.view(tx, int(params["person"] or 0))
    if person is None or not roles.has_role(tx, chat, Role.OWNER):
        return None
    supplier = params["supplier"]
    return Opening(
        person=person, role=Role(str(params["role"])), supplier=None if supplier is None else str(supplier)
    )


def _opened(face: Face, view: Opening) -> Rendered:
    who = naming.person(face, view.person.id, view.person.name, view.person.username)
    return Rendered(text=face.t("invite.opened", person=who, role=naming.role(face, view.role, view.supplier)))


def _same(_tx: Tx, params: Params, _chat: int) -> Params:
    return params


def _welcome(face: Face, params: Params) -> Rendered:
    role = Role(str(params["role"]))
    head = face.t("staff.welcome", role=naming.role(face, role, params["supplier"]), stall=face.settings.name)
    return Rendered(text=lines([head, face.t(_WELCOME[role])]))


# -- What went wrong ----------------------------------------------------------------------------------------


def _apology(face: Face, params: Params) -> Rendered:
    return Rendered(text=face.t("fault.apology", incident=params["incident"]))


def _load_for_owners(tx: Tx, params: Params, chat: int) -> Params | None:
    return params if roles.has_role(tx, chat, Role.OWNER) else None


def _incident(face: Face, params: Params) -> Rendered:
    values = {name: params[name] for name in ("incident", "error", "update")}
    return Rendered(text=face.t("fault.incident", **values))


def _code_unreadable(face: Face, params: Params) -> Rendered:
    return Rendered(text=face.t("fault.code_unreadable", method=params["method"]))


COMMANDS: Mapping[str, CommandHandler] = {"invite": invite}
TAPS: Mapping[str, Tap] = {
    "invite": Tap(run=invite_as, words=1),
    "invites": Tap(run=invite_supplier, ints=1),
    "invited": Tap(run=invited),
    "withdraw": Tap(run=withdraw, ints=1),
}
KINDS: Kinds = {
    "invite_menu": Kind(load=_load_menu, show=_menu),
    "invite_suppliers": Kind(load=_load_suppliers, show=_suppliers),
    "invite_link": Kind(load=_load_link, show=_link),
    "invites": Kind(load=_load_invites, show=_invites),
    "invite_opened": Kind(load=_load_opening, show=_opened),
    "welcome_role": Kind(load=_same, show=_welcome),
    "apology": Kind(load=_same, show=_apology),
    "incident": Kind(load=_load_for_owners, show=_incident),
    "code_unreadable": Kind(load=_load_for_owners, show=_code_unreadable),
}
