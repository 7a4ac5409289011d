"""Waiting lists, tapped: join, look at one's place, leave, take what is held or say no to it.

What the messages say is in `waitcards`; whose turn it is, is decided in `storage`. Taking leads into the ordinary
checkout, which finds what is held for its buyer.
"""

from collections.abc import Mapping
from typing import assert_never

from handlers import checkout, waitcards
from handlers.routing import Tap
from handlers.turns import Toast, Turn
from handlers.wording import Kinds
from shop.waitlist import Mode, Status
from storage import waiting, waitlist
from storage.people import NotFound
from storage.quotes import LimitReached, NotOpen
from storage.waiting import AlreadyWaiting, Joined, Left, Over, StillThere

_STALE = Toast("tap.stale")
_MODES = {mode.value: mode for mode in Mode}


async def ask(turn: Turn, offer_id: int, quantity: int) -> Toast | None:
    """`Join waiting list`: how many, and what with fewer. Who waits already sees their place."""
    entry = await turn.look(waitlist.of, offer_id, turn.actor)
    if entry is not None:
        await turn.show("waitlist_entry", entry=entry.id)
        return Toast("waitlist.already")
    view = await turn.look(waitcards.load_joining, {"offer": offer_id, "quantity": quantity}, turn.actor)
    if view is None:
        return _STALE
    if not view.most:
        await turn.show("limit_reached", offer=offer_id, limit=view.offer.limit_per_buyer, already=view.already)
        return None
    await turn.show("waitlist_join", offer=offer_id, quantity=view.quantity)
    if quantity < 1:
        return Toast("offer.toast_least")
    return Toast("offer.toast_limit", {"limit": view.most}) if quantity > view.quantity else None


async def join(turn: Turn, offer_id: int, quantity: int, mode: str) -> Toast | None:
    """`All or nothing` or `What you have` with a quantity: one tap decides."""
    if mode not in _MODES:
        return _STALE
    outcome = await turn.decide(
        waiting.join,
        actor=turn.actor,
        offer_id=offer_id,
        quantity=quantity,
        mode=_MODES[mode],
        now=turn.now,
        anchor=turn.anchor,
    )
    match outcome:
        case Joined():
            return Toast("waitlist.joined")
        case AlreadyWaiting(entry_id=entry):
            await turn.show("waitlist_entry", entry=entry)
            return Toast("waitlist.already")
        case StillThere():
            await turn.show("offer_card", offer=offer_id, quantity=quantity)
            return Toast("waitlist.still_there")
        case LimitReached(limit=limit, already=already):
            await turn.show("limit_reached", offer=offer_id, limit=limit, already=already)
            return None
        case NotOpen():
            await turn.show("not_open", offer=offer_id)
            return None
        case NotFound():
            return _STALE
        case _:
            assert_never(outcome)


async def place(turn: Turn, entry_id: int) -> Toast | None:
    """`My place`, as it is now."""
    return None if await turn.show("waitlist_entry", entry=entry_id) else _STALE


async def leave(turn: Turn, entry_id: int) -> Toast | None:
    """`Leave`: one tap decides; joining again is at the end of the list."""
    outcome = await turn.decide(waiting.leave, actor=turn.actor, entry_id=entry_id, now=turn.now, anchor=turn.anchor)
    return await _answered(turn, outcome)


async def decline(turn: Turn, entry_id: int, number: int) -> Toast | None:
    """`No thanks` to what is held in this turn."""
    outcome = await turn.decide(
        waiting.leave, actor=turn.actor, entry_id=entry_id, turn=number, now=turn.now, anchor=turn.card_anchor
    )
    return await _answered(turn, outcome)


async def _answered(turn: Turn, outcome: Left | Over | NotFound) -> Toast | None:
    match outcome:
        case Left(was_offered=was_offered):
            return Toast("waitlist.passed_on") if was_offered else None
        case Over(entry_id=entry):
            await turn.show("waitlist_entry", entry=entry)
            return Toast("waitlist.over")
        case NotFound():
            return _STALE
        case _:
            assert_never(outcome)


async def change_mode(turn: Turn, entry_id: int, mode: str) -> Toast | None:
    """Settle for what there is, or wait for all after all; the place stays."""
    if mode not in _MODES:
        return _STALE
    outcome = await turn.decide(
        waiting.settle, actor=turn.actor, entry_id=entry_id, mode=_MODES[mode], now=turn.now, anchor=turn.anchor
    )
    match outcome:
        case Joined():
            return Toast("waitlist.changed")
        case Over(entry_id=entry):
            await turn.show("waitlist_entry", entry=entry)
            return Toast("waitlist.over")
        case NotFound():
            return _STALE
        case _:
            assert_never(outcome)


async def pick(turn: Turn, entry_id: int, number: int, quantity: int) -> Toast | None:
    """`−` and `+` on what is held: fewer may be taken, the rest is passed on."""
    view = await turn.look(waitcards.load_turn, {"entry": entry_id, "turn": number, "quantity": quantity}, turn.actor)
    if view is None:
        return _STALE
    await turn.show("waitlist_offer", entry=entry_id, turn=number, quantity=view.wait.chosen)
    if not view.is_now or view.wait.entry.status is not Status.OFFERED:
        return Toast("waitlist.over")
    if quantity < 1:
        return Toast("offer.toast_least")
    return Toast("waitlist.all_held") if quantity > view.wait.chosen else None


async def take(turn: Turn, entry_id: int, number: int, quantity: int) -> Toast | None:
    """`Take 3`: into the checkout. The units stay held until the time that was told."""
    view = await turn.look(waitcards.load_turn, {"entry": entry_id, "turn": number, "quantity": quantity}, turn.actor)
    if view is None:
        return _STALE
    if not view.is_now or view.wait.entry.status is not Status.OFFERED:
        await turn.show("waitlist_entry", entry=entry_id)
        return Toast("waitlist.over")
    return await checkout.buy(turn, view.wait.offer.id, view.wait.chosen)


TAPS: Mapping[str, Tap] = {
    "wjoin": Tap(run=ask, ints=2),
    "wadd": Tap(run=join, ints=2, words=1),
    "wplace": Tap(run=place, ints=1),
    "wleave": Tap(run=leave, ints=1),
    "wmode": Tap(run=change_mode, ints=1, words=1),
    "wpick": Tap(run=pick, ints=3),
    "wtake": Tap(run=take, ints=3),
    "wno": Tap(run=decline, ints=2),
}
KINDS: Kinds = waitcards.KINDS
