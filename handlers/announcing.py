"""The stream desk: what a host sees of a stream, and the decisions taken there.

Owns the card `desk:<stream>` and what the clock tells a host. Questions about a stream are in `hosting`, what it
sells is put up in `offering`; the card viewers see is `streamcards`.
"""

from collections.abc import Mapping
from typing import assert_never

from handlers import deskcards
from handlers.routing import Tap
from handlers.turns import Toast, Turn
from handlers.wording import Kinds
from storage import desks, streams
from storage.desks import CalledOff, Opened
from storage.people import NotAllowed, NotFound
from storage.streams import AlreadyAnnounced, Announced, Ended, OutOfTurn, WentLive

_STALE = Toast("tap.stale")


async def desk(turn: Turn, stream_id: int) -> Toast | None:
    """Open a desk from a list, or come back to it."""
    outcome = await turn.decide(
        desks.open_desk, actor=turn.actor, stream_id=stream_id, now=turn.now, anchor=turn.card_anchor
    )
    match outcome:
        case Opened():
            return None
        case NotAllowed() | NotFound():
            return _STALE
        case _:
            assert_never(outcome)


async def preview(turn: Turn, stream_id: int) -> Toast | None:
    """`Preview`: the viewers' card, below the desk."""
    if not await turn.look(desks.view, stream_id, turn.actor):
        return _STALE
    return None if await turn.show_below("stream_card", stream=stream_id, preview=True) else _STALE


async def announce(turn: Turn, stream_id: int) -> Toast | None:
    """`Announce`: one tap, nothing is asked."""
    outcome = await turn.decide(
        streams.announce,
        actor=turn.actor,
        stream_id=stream_id,
        offsets_ms=turn.settings.remind_before_ms,
        now=turn.now,
        anchor=turn.card_anchor,
    )
    match outcome:
        case Announced():
            return Toast("desk.announcing")
        case AlreadyAnnounced():
            return await _refreshed(turn, stream_id, "desk.already_announced")
        case _:
            return await _refused(turn, stream_id, outcome)


async def go_live(turn: Turn, stream_id: int) -> Toast | None:
    """`Go live`, from the desk or from the clock's word that it is time."""
    outcome = await turn.decide(
        streams.go_live, actor=turn.actor, stream_id=stream_id, now=turn.now, anchor=turn.card_anchor
    )
    match outcome:
        case WentLive():
            return Toast("desk.going_live")
        case _:
            return await _refused(turn, stream_id, outcome)


async def ask_end(turn: Turn, stream_id: int) -> Toast | None:
    """`End stream` asks."""
    return await _asked(turn, "ask_end", stream_id)


async def end(turn: Turn, stream_id: int) -> Toast | None:
    """It is over: the desk says so, the report follows."""
    outcome = await turn.decide(
        streams.end, actor=turn.actor, stream_id=stream_id, now=turn.now, anchor=turn.card_anchor
    )
    match outcome:
        case Ended():
            return None
        case _:
            return await _refused(turn, stream_id, outcome)


async def ask_cancel(turn: Turn, stream_id: int) -> Toast | None:
    """`Cancel stream` asks, naming the orders it would touch."""
    return await _asked(turn, "ask_cancel_stream", stream_id)


async def cancel(turn: Turn, stream_id: int) -> Toast | None:
    """The stream is called off, its unpaid orders with it; the desk tells which paid ones stay."""
    outcome = await turn.decide(
        desks.call_off, actor=turn.actor, stream_id=stream_id, now=turn.now, anchor=turn.card_anchor
    )
    match outcome:
        case CalledOff():
            return None
        case _:
            return await _refused(turn, stream_id, outcome)


async def edit(turn: Turn, stream_id: int) -> Toast | None:
    """`Edit`: which of it?"""
    return await _asked(turn, "edit_stream", stream_id)


async def _asked(turn: Turn, kind: str, stream_id: int) -> Toast | None:
    """Show a question in the desk's place; where it can't be asked any more, the desk as it is now."""
    if await turn.show(kind, stream=stream_id):
        return None
    return await _refreshed(turn, stream_id, "desk.out_of_turn")


async def _refused(turn: Turn, stream_id: int, refusal: OutOfTurn | NotAllowed | NotFound) -> Toast:
    """The stream is past that, or the tap is not for this person."""
    match refusal:
        case OutOfTurn():
            return await _refreshed(turn, stream_id, "desk.out_of_turn")
        case NotAllowed() | NotFound():
            return _STALE
        case _:
            assert_never(refusal)


async def _refreshed(turn: Turn, stream_id: int, key: str) -> Toast:
    """The tap came too late or twice: show how things are."""
    return Toast(key) if await turn.show("desk", stream=stream_id) else _STALE


TAPS: Mapping[str, Tap] = {
    "desk": Tap(run=desk, ints=1),
    "preview": Tap(run=preview, ints=1),
    "announce": Tap(run=announce, ints=1),
    "live": Tap(run=go_live, ints=1),
    "end": Tap(run=ask_end, ints=1),
    "endyes": Tap(run=end, ints=1),
    "edit": Tap(run=edit, ints=1),
    "cancels": Tap(run=ask_cancel, ints=1),
    "cancelsyes": Tap(run=cancel, ints=1),
}
KINDS: Kinds = deskcards.KINDS
