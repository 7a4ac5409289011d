"""The command menu of a chat: which commands a person is offered, by role, in their language.

A menu only offers; every command asks for the role itself when it is used.
"""

from collections.abc import Iterable

from handlers.translation import Translator
from handlers.wording import Face, Kind, Kinds, Menu
from storage import roles
from storage.connection import Tx
from storage.outbox import Params
from storage.roles import Role

_EVERYONE = (
    ("start", "menu.start"),
    ("streams", "menu.streams"),
    ("shop", "menu.shop"),
    ("cart", "menu.cart"),
    ("orders", "menu.orders"),
    ("follow", "menu.follow"),
    ("address", "menu.address"),
    ("language", "menu.language"),
    ("help", "menu.help"),
    ("cancel", "menu.cancel"),
    ("privacy", "menu.privacy"),
    ("terms", "menu.terms"),
    ("paysupport", "menu.paysupport"),
)
# Work comes before everything else in the menu of who works here.
_BY_ROLE = (
    (
        Role.HOST,
        (
            ("newstream", "menu.newstream"),
            ("mystreams", "menu.mystreams"),
            ("products", "menu.products"),
            ("import", "menu.import"),
            ("delivery", "menu.delivery"),
            ("report", "menu.report"),
            ("coupons", "menu.coupons"),
            ("buyers", "menu.buyers"),
            ("link", "menu.link"),
        ),
    ),
    (Role.CASHIER, (("payments", "menu.payments"), ("refunds", "menu.refunds"))),
    (Role.SUPPLIER, (("fulfil", "menu.fulfil"),)),
    (Role.OWNER, (("invite", "menu.invite"), ("roles", "menu.roles"), ("audit", "menu.audit"))),
)


def reach(held: Iterable[Role]) -> frozenset[Role]:
    """The roles a person can act in: an owner may do everything a host, a cashier or a supplier may."""
    roles_held = frozenset(held)
    return frozenset(Role) if Role.OWNER in roles_held else roles_held


def menu(t: Translator, held: Iterable[Role]) -> Menu:
    """The commands for somebody who holds these roles."""
    able = reach(held)
    work = [entry for role, entries in _BY_ROLE if role in able for entry in entries]
    return Menu(commands=tuple((command, t.plain(key)) for command, key in (*work, *_EVERYONE)))


def default_menu(t: Translator) -> Menu:
    """What every private chat is offered in a language until its own menu has been set."""
    return menu(t, ())


def _load(tx: Tx, _params: Params, chat: int) -> frozenset[Role]:
    return roles.of(tx, chat)


def _show(face: Face, held: frozenset[Role]) -> Menu:
    return menu(face.t, held)


KINDS: Kinds = {"menu": Kind(load=_load, show=_show)}
