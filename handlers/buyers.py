"""Buyers, for hosts: whose orders ran out unpaid, and who may not order. `Block ordering` and `Allow ordering`.

Undone with one tap, so neither asks. The sentence a blocked buyer reads is here too.
"""

from collections.abc import Mapping
from typing import assert_never

from handlers import formats, naming
from handlers.routing import CommandHandler, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered
from storage import buyers, roles, streams
from storage.buyers import COUNTED_MS, AsBefore, Buyer, Set
from storage.clock import DAY
from storage.connection import Tx
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.streams import Stream

_STALE = Toast("tap.stale")
_DAYS = COUNTED_MS // DAY


def lately(face: Face, times: tuple[int, ...]) -> int:
    """How many of these moments are among the last 30 days."""
    return sum(at > face.now - COUNTED_MS for at in times)


def ran_out(face: Face, times: tuple[int, ...]) -> Html | None:
    """ "3 orders of this buyer ran out unpaid in 30 days", None where there are none."""
    count = lately(face, times)
    return face.t.n("buyer.ran_out", count, days=_DAYS) if count else None


def _load_listing(tx: Tx, params: Params, chat: int) -> list[Buyer] | None:
    if not roles.has_role(tx, chat, Role.HOST):
        return None
    return buyers.listing(tx, int(params["at"] or 0))


def _listing(face: Face, found: list[Buyer]) -> Rendered:
    if not found:
        return Rendered(text=face.t("buyers.none", days=_DAYS))
    rows = tuple(
        (
            face.button(
                "buyer_entry",
                "buyer",
                one.id,
                name=naming.person(face, one.id, one.name),
                times=formats.number(lately(face, one.ran_out), face.lang),
                mark="" if one.blocked_at is None else "⛔ ",
            ),
        )
        for one in found
    )
    return Rendered(text=face.t("buyers.title", days=_DAYS), rows=rows)


def _load_buyer(tx: Tx, params: Params, chat: int) -> Buyer | None:
    if not roles.has_role(tx, chat, Role.HOST):
        return None
    return buyers.view(tx, int(params["person"] or 0))


def _buyer(face: Face, buyer: Buyer) -> Rendered:
    t = face.t
    is_blocked = buyer.blocked_at is not None
    text = lines(
        [
            t("buyer.head", name=naming.person(face, buyer.id, buyer.name)),
            t("buyer.orders", placed=buyer.placed, completed=buyer.completed),
            ran_out(face, buyer.ran_out),
            t("buyer.is_blocked", when=face.moment(buyer.blocked_at or 0)) if is_blocked else None,
            t("buyer.what_blocking_means"),
        ]
    )
    change = face.button("block_ordering", "block", buyer.id)
    if is_blocked:
        change = face.button("allow_ordering", "allow", buyer.id)
    return Rendered(text=text, rows=((change,), (face.button("buyers", "buyers"),)))


async def buyers_command(turn: Turn, _argument: str) -> None:
    """/buyers."""
    if not await turn.show("buyers", at=turn.now):
        await turn.say("host.only")


async def buyers_tap(turn: Turn) -> Toast | None:
    """`Buyers`: back to the list."""
    return None if await turn.show("buyers", at=turn.now) else _STALE


async def buyer_tap(turn: Turn, person: int) -> Toast | None:
    """One buyer."""
    return None if await turn.show("buyer_card", person=person) else _STALE


async def block_tap(turn: Turn, person: int) -> Toast | None:
    """`Block ordering`."""
    outcome = await turn.decide(buyers.block, actor=turn.actor, person=person, now=turn.now, anchor=turn.anchor)
    return await _set(turn, outcome)


async def allow_tap(turn: Turn, person: int) -> Toast | None:
    """`Allow ordering`."""
    outcome = await turn.decide(buyers.allow, actor=turn.actor, person=person, now=turn.now, anchor=turn.anchor)
    return await _set(turn, outcome)


async def _set(turn: Turn, outcome: Set | AsBefore | NotAllowed | NotFound) -> Toast | None:
    match outcome:
        case Set(is_blocked=is_blocked):
            return Toast("buyer.blocked" if is_blocked else "buyer.allowed")
        case AsBefore(person_id=person):
            await turn.show("buyer_card", person=person)
            return Toast("buyer.as_before")
        case NotAllowed() | NotFound():
            return _STALE
        case _:
            assert_never(outcome)


def _load_nothing(_tx: Tx, _params: Params, _chat: int) -> tuple[()]:
    return ()


def _ordering_blocked(face: Face, _view: tuple[()]) -> Rendered:
    return Rendered(text=face.t("buyer.ordering_blocked"), rows=((face.button("ask_the_stall", "askstall"),),))


def _load_ran_out(tx: Tx, params: Params, chat: int) -> tuple[Stream, int] | None:
    stream = streams.view(tx, int(params["stream"] or 0))
    return (stream, int(params["count"] or 0)) if stream is not None and roles.has_role(tx, chat, Role.HOST) else None


def _ran_out_meanwhile(face: Face, view: tuple[Stream, int]) -> Rendered:
    """After the bot was down: one message instead of one an order."""
    stream, count = view
    text = face.t.n("buyers.ran_out_meanwhile", count, title=stream.title)
    return Rendered(text=text, rows=((face.button("buyers", "buyers"), face.button("desk", "desk", stream.id)),))


COMMANDS: Mapping[str, CommandHandler] = {"buyers": buyers_command}
TAPS: Mapping[str, Tap] = {
    "buyers": Tap(run=buyers_tap),
    "buyer": Tap(run=buyer_tap, ints=1),
    "block": Tap(run=block_tap, ints=1),
    "allow": Tap(run=allow_tap, ints=1),
}
KINDS: Kinds = {
    "buyers": Kind(load=_load_listing, show=_listing),
    "buyer_card": Kind(load=_load_buyer, show=_buyer),
    "orders_ran_out": Kind(load=_load_ran_out, show=_ran_out_meanwhile),
    "ordering_blocked": Kind(load=_load_nothing, show=_ordering_blocked),
}
