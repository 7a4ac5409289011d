"""Selling paused and resumed: the list of what a stream sells, each product with the button that turns it.

Owns the message kind `selling`, for hosts only; who may and what follows is decided in `storage.pauses`. Every button
says what it does, so a second tap, or another host's, finds it done.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import assert_never

from handlers import deskcards, formats, shipwindows
from handlers.routing import Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop.offers import Standing
from storage import offers, pauses, roles, streams
from storage.connection import Tx
from storage.offers import Offer
from storage.outbox import Params
from storage.pauses import AlreadySo, Paused, Resumed
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.streams import OutOfTurn, Stream

PAGE = 20

_STALE = Toast("tap.stale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selling:
    """One page of what a stream still sells, or would sell if it were not paused."""

    stream: Stream
    offers: tuple[Offer, ...]
    page: int
    pages: int


def load(tx: Tx, params: Params, chat: int) -> tuple[Stream, list[Offer], int] | None:
    """The stream `params` names, what it sells, and the page that is asked for; for a host."""
    stream = streams.view(tx, int(params["stream"] or 0))
    if stream is None or not stream.status.is_public or not roles.has_role(tx, chat, Role.HOST):
        return None
    return stream, offers.listing(tx, stream.id), int(params["page"] or 0)


def paged(face: Face, view: tuple[Stream, list[Offer], int]) -> Selling:
    """The page of what is not closed; a number beyond the last one is the last."""
    stream, listed, wanted = view
    found = [offer for offer in listed if offer.standing(face.now) is not Standing.CLOSED]
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(wanted, 0), pages - 1)
    return Selling(stream=stream, offers=tuple(found[page * PAGE : (page + 1) * PAGE]), page=page, pages=pages)


def page_row(face: Face, verb: str, view: Selling) -> Rows:
    """`Earlier` and `Later`, where there are other pages."""
    row: list[Button] = []
    if view.page > 0:
        row.append(face.button("page_before", verb, view.stream.id, view.page - 1))
    if view.page + 1 < view.pages:
        row.append(face.button("page_after", verb, view.stream.id, view.page + 1))
    return (tuple(row),) if row else ()


def _selling(face: Face, loaded: tuple[Stream, list[Offer], int]) -> Rendered:
    view = paged(face, loaded)
    stream, back = view.stream, (deskcards.back(face, view.stream.id),)
    if not view.offers:
        return Rendered(text=face.t("selling.nothing", title=stream.title), rows=(back,))
    is_paused = stream.paused_at is not None
    head = [
        face.t("selling.title", title=stream.title),
        face.t("selling.all_paused") if is_paused else None,
        *(_line(face, offer) for offer in view.offers),
        face.t("selling.what_stays"),
    ]
    everything = face.button("pause_all", "pauseall", stream.id)
    if is_paused:
        everything = face.button("resume_all", "resumeall", stream.id)
    each = tuple((_button(face, offer, view.page),) for offer in view.offers)
    return Rendered(text=lines(head), rows=((everything,), *each, *page_row(face, "selling", view), back))


def _line(face: Face, offer: Offer) -> Html:
    key = "selling.line_paused" if offer.paused_at is not None else "selling.line"
    line = face.t(key, code=offer.code, name=formats.name(offer.names, face.lang))
    return shipwindows.marked(face, line, offer)


def _button(face: Face, offer: Offer, page: int) -> Button:
    """Which of it stops and which goes on."""
    values = {"code": shipwindows.code(face, offer), "name": formats.name(offer.names, face.lang)}
    if offer.paused_at is not None:
        return face.button("resume_one", "resume", offer.id, page, **values)
    return face.button("pause_one", "pause", offer.id, page, **values)


# -- Taps -----------------------------------------------------------------------------------------------------


async def listed(turn: Turn, stream: int, page: int) -> Toast | None:
    """`Pause` on the desk, and the pages of its list."""
    return None if await turn.show("selling", stream=stream, page=page) else _STALE


async def pause(turn: Turn, offer: int, page: int) -> Toast | None:
    """`Pause EGG`."""
    return await _decided(
        turn,
        page,
        turn.decide(pauses.pause, actor=turn.actor, offer_id=offer, now=turn.now, page=page, anchor=turn.anchor),
    )


async def resume(turn: Turn, offer: int, page: int) -> Toast | None:
    """`Resume EGG`."""
    return await _decided(
        turn,
        page,
        turn.decide(pauses.resume, actor=turn.actor, offer_id=offer, now=turn.now, page=page, anchor=turn.anchor),
    )


async def pause_all(turn: Turn, stream: int) -> Toast | None:
    """`Pause everything`."""
    return await _decided(
        turn, 0, turn.decide(pauses.pause_all, actor=turn.actor, stream_id=stream, now=turn.now, anchor=turn.anchor)
    )


async def resume_all(turn: Turn, stream: int) -> Toast | None:
    """`Resume everything`."""
    return await _decided(
        turn, 0, turn.decide(pauses.resume_all, actor=turn.actor, stream_id=stream, now=turn.now, anchor=turn.anchor)
    )


async def resume_from_desk(turn: Turn, stream: int) -> Toast | None:
    """`Resume` on the desk: one tap, and the desk answers."""
    return await _decided(
        turn,
        None,
        turn.decide(
            pauses.resume_all,
            actor=turn.actor,
            stream_id=stream,
            now=turn.now,
            anchor=turn.card_anchor,
            is_from_desk=True,
        ),
    )


async def _decided(
    turn: Turn, page: int | None, decision: Awaitable[Paused | Resumed | pauses.Refusal]
) -> Toast | None:
    """Say it in a word; the list, or the desk, shows how it stands."""
    match await decision:
        case Paused():
            return Toast("selling.paused_toast")
        case Resumed():
            return Toast("selling.resumed_toast")
        case AlreadySo(stream_id=stream):
            if page is None:
                await turn.show("desk", stream=stream)
            else:
                await turn.show("selling", stream=stream, page=page)
            return Toast("selling.already")
        case OutOfTurn():
            return Toast("selling.over")
        case NotAllowed() | NotFound():
            return _STALE
        case other:
            assert_never(other)


TAPS: Mapping[str, Tap] = {
    "selling": Tap(run=listed, ints=2),
    "pause": Tap(run=pause, ints=2),
    "resume": Tap(run=resume, ints=2),
    "pauseall": Tap(run=pause_all, ints=1),
    "resumeall": Tap(run=resume_all, ints=1),
    "resumedesk": Tap(run=resume_from_desk, ints=1),
}
KINDS: Kinds = {"selling": Kind(load=load, show=_selling)}
