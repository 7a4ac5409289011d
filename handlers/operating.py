"""The owner's side: invitations, who holds which role, and what went wrong.

Owns the kinds told when an invitation is opened and when an update could not be handled. The start card is `entry`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import assert_never

from handlers.buttons import encode
from handlers.routing import CommandHandler, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered
from storage import people, roles, staff, suppliers
from storage.connection import Tx
from storage.outbox import Params
from storage.people import NotAllowed
from storage.roles import Invited, Role, UnknownSupplier
from storage.staff import Member
from storage.suppliers import Supplier

# A line has up to 170 characters, a message 4,096.
MOST_MEMBERS = 20
_LONGEST_NAME = 40

_ROLE = {
    Role.OWNER: "staff.owner",
    Role.HOST: "staff.host",
    Role.CASHIER: "staff.cashier",
    Role.SUPPLIER: "staff.supplier",
}
_GROUP = {
    Role.OWNER: "staff.owners",
    Role.HOST: "staff.hosts",
    Role.CASHIER: "staff.cashiers",
    Role.SUPPLIER: "staff.suppliers",
}
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
        roles.invite,
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


async def staff_list(turn: Turn, _argument: str) -> None:
    """/roles: who does what."""
    if not await turn.show("staff"):
        await turn.say("owner.only")


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
            face.t("invite.head", role=_role(face, Role(str(params["role"])), params["supplier"])),
            face.t("invite.link", link=face.link(f"i_{params['token']}")),
            face.t("invite.valid", moment=face.moment(int(params["expires_at"] or 0))),
        ]
    )
    return Rendered(text=text)


def _role(face: Face, role: Role, supplier: object) -> Html:
    name = face.t(_ROLE[role])
    return face.t("staff.for_supplier", role=name, supplier=supplier) if supplier else name


def _load_opening(tx: Tx, params: Params, chat: int) -> Opening | None:
    person = people.view(tx, int(params["person"] or 0))
    if person is None or not roles.has_role(tx, chat, Role.OWNER):
        return None
    supplier = params["supplier"]
    return Opening(
        person=person, role=Role(str(params["role"])), supplier=None if supplier is None else str(supplier)
    )


def _opened(face: Face, view: Opening) -> Rendered:
    who = _name(face, view.person.id, view.person.name, view.person.username)
    return Rendered(text=face.t("invite.opened", person=who, role=_role(face, view.role, view.supplier)))


def _same(_tx: Tx, params: Params, _chat: int) -> Params:
    return params


def _welcome(face: Face, params: Params) -> Rendered:
    role = Role(str(params["role"]))
    head = face.t("staff.welcome", role=_role(face, role, params["supplier"]), stall=face.settings.name)
    return Rendered(text=lines([head, face.t(_WELCOME[role])]))


# -- Roles --------------------------------------------------------------------------------------------------


def _load_staff(tx: Tx, _params: Params, chat: int) -> list[Member] | None:
    return staff.members(tx) if roles.has_role(tx, chat, Role.OWNER) else None


def _staff(face: Face, members: list[Member]) -> Rendered:
    shown, more = members[:MOST_MEMBERS], len(members) - MOST_MEMBERS
    parts: list[Html] = []
    for role, group in groupby(shown, key=lambda member: member.role):
        parts += [face.t(_GROUP[role]), *(_member(face, member) for member in group)]
    if more > 0:
        parts.append(face.t.n("staff.more", more))
    return Rendered(text=lines(parts))


def _member(face: Face, member: Member) -> Html:
    name = _name(face, member.person_id, member.name, member.username)
    if member.supplier is None:
        return face.t("staff.member", name=name)
    return face.t("staff.member_for", name=name, supplier=member.supplier)


def _name(face: Face, id_: int, name: str, username: str | None) -> str:
    """A person by the name Telegram shows, else by number: an owner from the configuration may never have written."""
    known = name or face.t.plain("staff.number", id=id_)
    known = known if len(known) <= _LONGEST_NAME else f"{known[:_LONGEST_NAME]}…"
    return f"{known} (@{username})" if username else known


# -- What went wrong ----------------------------------------------------------------------------------------


def _apology(face: Face, params: Params) -> Rendered:
    return Rendered(text=face.t("fault.apology", incident=params["incident"]))


def _load_incident(tx: Tx, params: Params, chat: int) -> Params | None:
    return params if roles.has_role(tx, chat, Role.OWNER) else None


def _incident(face: Face, params: Params) -> Rendered:
    values = {name: params[name] for name in ("incident", "error", "update")}
    return Rendered(text=face.t("fault.incident", **values))


COMMANDS: Mapping[str, CommandHandler] = {"invite": invite, "roles": staff_list}
TAPS: Mapping[str, Tap] = {
    "invite": Tap(run=invite_as, words=1),
    "invites": Tap(run=invite_supplier, ints=1),
}
KINDS: Kinds = {
    "invite_menu": Kind(load=_load_menu, show=_menu),
    "invite_suppliers": Kind(load=_load_suppliers, show=_suppliers),
    "invite_link": Kind(load=_load_link, show=_link),
    "invite_opened": Kind(load=_load_opening, show=_opened),
    "welcome_role": Kind(load=_same, show=_welcome),
    "staff": Kind(load=_load_staff, show=_staff),
    "apology": Kind(load=_same, show=_apology),
    "incident": Kind(load=_load_incident, show=_incident),
}
