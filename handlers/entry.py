"""The front door: /start and its links, help by role, language, following, leaving a question.

Owns what everybody meets first. Nothing is asked before it is needed: no language, no follow, no menu to pass.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from babel import Locale

from handlers import groups, menus, streamcards
from handlers.menus import default_menu as default_menu
from handlers.offercards import my_cart
from handlers.routing import CommandHandler, Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered
from shop import codes
from storage import carts, claims, coupons, dialogs, invites, orders, outbox, people, roles, streams
from storage.connection import Tx
from storage.invites import InviteExpired, InviteUnknown, InviteUsed, InviteWithdrawn, Welcomed
from storage.outbox import Params
from storage.roles import Role
from storage.streams import Stream

_START_BY_ROLE = (
    (Role.OWNER, "start.owner"),
    (Role.HOST, "start.host"),
    (Role.CASHIER, "start.cashier"),
    (Role.SUPPLIER, "start.supplier"),
)
_HELP_BY_ROLE = (
    (Role.OWNER, "help.owner"),
    (Role.HOST, "help.host"),
    (Role.CASHIER, "help.cashier"),
    (Role.SUPPLIER, "help.supplier"),
)
# What /cancel says of a dialog by its kind; the others get `cancel.left`.
_LEFT = {"ask": "cancel.left_question", "checkout": "cancel.left_checkout", "addition": "cancel.left_addition"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who comes in, what is next, how many lines their cart has, and what went wrong on the way in (`note`, a message
    key)."""

    follows: bool
    roles: frozenset[Role]
    next_stream: Stream | None
    carted: int
    note: str | None


# -- The start card and help -------------------------------------------------------------------------------


def _load_start(tx: Tx, params: Params, chat: int) -> Door:
    """`at` is the moment of asking."""
    reader = people.view(tx, chat)
    ahead = streams.upcoming(tx, int(params["at"] or 0), 1)
    note = params.get("note")
    return Door(
        follows=reader is not None and reader.follows,
        roles=menus.reach(roles.of(tx, chat)),
        next_stream=ahead[0] if ahead else None,
        carted=carts.count(tx, chat),
        note=None if note is None else str(note),
    )


def _start(face: Face, door: Door) -> Rendered:
    t = face.t
    stream = door.next_stream
    text = lines(
        [
            t(door.note) if door.note else None,
            t("start.title", stall=face.settings.name),
            t("start.what"),
            None
            if stream is None
            else t("start.next", title=streamcards.title(face, stream), when=streamcards.when(face, stream)),
            t("start.following" if door.follows else "start.not_following"),
            *(t(key) for role, key in _START_BY_ROLE if role in door.roles),
        ]
    )
    following = face.button("unfollow", "unfollow") if door.follows else face.button("follow", "follow")
    return Rendered(
        text=text,
        rows=(
            (face.button("streams", "streams"), face.button("shop", "shop")),
            (face.button("my_orders", "orders"), following),
            (*my_cart(face, door.carted), face.button("help", "help")),
        ),
    )


def _load_roles(tx: Tx, _params: Params, chat: int) -> frozenset[Role]:
    return menus.reach(roles.of(tx, chat))


def _help(face: Face, able: frozenset[Role]) -> Rendered:
    text = lines([face.t("help.everyone"), *_help_for(face, able), face.t("help.ask")])
    rows = (
        (face.button("ask_the_stall", "askstall"),),
        (face.button("streams", "streams"), face.button("my_orders", "orders")),
    )
    return Rendered(text=text, rows=rows)


def _help_for(face: Face, able: frozenset[Role]) -> Iterator[Html]:
    return (face.t(key) for role, key in _HELP_BY_ROLE if role in able)


async def home(turn: Turn) -> None:
    """The start card."""
    await turn.show("start", at=turn.now)


async def help_tap(turn: Turn) -> None:
    """`Help`."""
    await turn.show("help")


async def help_command(turn: Turn, _argument: str) -> None:
    """/help."""
    await turn.show("help")


# -- Deep links --------------------------------------------------------------------------------------------


async def start_command(turn: Turn, payload: str) -> None:
    """/start: the start card, or at once what the link names."""
    kind, _, rest = payload.partition("_")
    match kind:
        case "" if not payload:
            await home(turn)
        case "i" if rest:
            await _open_invite(turn, rest)
        case "s" if rest:
            stream = await turn.look(streams.by_code, rest)
            await _open(turn, "stream_card", stream=0 if stream is None else stream.id)
        case "o" if rest.isascii() and rest.isdecimal() and len(rest) < 19:
            await _open(turn, "offer_card", offer=int(rest), quantity=1)
        case "c" if rest:
            if not await turn.decide(coupons.open_link, actor=turn.actor, text=rest, now=turn.now):
                await _unknown(turn)
        case "g" if rest:
            await groups.open_link(turn, rest)
        case "r" if rest:
            order = await turn.look(find_order, rest, turn.settings.policy.prefix, turn.actor)
            await _open(turn, "order_card", order=order or 0)
        case _:
            await _unknown(turn)


async def _open(turn: Turn, kind: str, **params: int) -> None:
    if not await turn.show(kind, **params):
        await _unknown(turn)


async def _unknown(turn: Turn) -> None:
    """A link to nothing, to something of somebody else, or to a draft: the three are never told apart."""
    await turn.show("start", at=turn.now, note="link.unknown")


async def _open_invite(turn: Turn, token: str) -> None:
    """One tap decides: the role is given, and the welcome tells what it is for."""
    outcome = await turn.decide(invites.accept, actor=turn.actor, token=token, now=turn.now)
    match outcome:
        case Welcomed():
            return
        case InviteUsed():
            await turn.say("invite.used")
        case InviteExpired():
            await turn.say("invite.expired")
        case InviteWithdrawn():
            await turn.say("invite.withdrawn")
        case InviteUnknown():
            await turn.say("invite.unknown")
        case _:
            assert_never(outcome)


def find_order(tx: Tx, text: str, prefix: str, person: int) -> int | None:
    """The order somebody typed the code of, if it is theirs or they work with orders."""
    code = codes.normalise(text, prefix)
    order = None if code is None else orders.by_code(tx, code)
    if order is None:
        return None
    is_theirs = order.buyer_id == person or roles.has_role(tx, person, Role.CASHIER, Role.HOST)
    return order.id if is_theirs else None


# -- Following and language --------------------------------------------------------------------------------


async def follow_tap(turn: Turn) -> Toast:
    """`Follow` on the start card."""
    is_new = await turn.decide(people.follow, actor=turn.actor, now=turn.now, anchor=turn.anchor)
    return Toast("follow.toast" if is_new else "follow.toast_already")


async def unfollow_tap(turn: Turn) -> Toast:
    """`Unfollow`."""
    await turn.decide(people.unfollow, actor=turn.actor, now=turn.now, anchor=turn.anchor)
    return Toast("follow.toast_off")


async def follow_command(turn: Turn, _argument: str) -> None:
    """/follow; the start card it answers with has `Unfollow`."""
    await turn.decide(people.follow, actor=turn.actor, now=turn.now)


def _load_nothing(_tx: Tx, _params: Params, _chat: int) -> tuple[()]:
    return ()


def _language(face: Face, _view: tuple[()]) -> Rendered:
    """In the language that is spoken now, with every other one in its own name."""
    buttons = tuple(face.button("language", "lang", code, name=own_name(code)) for code in face.settings.languages)
    return Rendered(
        text=face.t("language.now", name=own_name(face.lang)), rows=tuple((button,) for button in buttons)
    )


def own_name(language: str) -> str:
    """A language's name in itself: "English", "中文"."""
    name = Locale.parse(language).get_language_name(language) or language
    return name[:1].upper() + name[1:]


async def language_command(turn: Turn, _argument: str) -> None:
    """/language."""
    await turn.show("language")


async def language_tap(turn: Turn, language: str) -> Toast | None:
    """From now on this language, in messages and in the command menu."""
    if language not in turn.settings.languages:
        return Toast("tap.stale")
    await turn.decide(people.speak, actor=turn.actor, language=language, now=turn.now, anchor=turn.anchor)
    return None


# -- Leaving a question ------------------------------------------------------------------------------------


def _leave(tx: Tx, *, actor: int, now: int) -> None:
    """Leave what is being asked and say what became of it; what words hold for a checkout is free again."""
    asked = dialogs.of(tx, actor)
    if asked is not None and "claim" in asked.data:
        claims.drop(tx, actor=actor, claim_id=asked.data["claim"], now=now)
    kind = dialogs.leave(tx, actor=actor, now=now)
    key = "cancel.nothing" if kind is None or kind == dialogs.UNSAID else _LEFT.get(kind, "cancel.left")
    outbox.tell(tx, actor, "say", now=now, key=key)


async def cancel_command(turn: Turn, _argument: str) -> None:
    """/cancel."""
    await turn.decide(_leave, actor=turn.actor, now=turn.now)


COMMANDS: Mapping[str, CommandHandler] = {
    "start": start_command,
    "help": help_command,
    "follow": follow_command,
    "language": language_command,
    "cancel": cancel_command,
}
TAPS: Mapping[str, Tap] = {
    "home": Tap(run=home),
    "help": Tap(run=help_tap),
    "follow": Tap(run=follow_tap),
    "unfollow": Tap(run=unfollow_tap),
    "lang": Tap(run=language_tap, words=1),
}
STEPS: Mapping[str, Step] = {}
KINDS: Kinds = {
    **menus.KINDS,
    "start": Kind(load=_load_start, show=_start),
    "help": Kind(load=_load_roles, show=_help),
    "language": Kind(load=_load_nothing, show=_language),
}
