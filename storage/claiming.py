"""Orders in words become claims: said in a group, written down by a host, opened by a stranger, gone on with.

Owns the acts; what is held is in `claims`. Units are held at once, for somebody the bot can write to as long as for
any unpaid order, for a stranger only until the link is opened. The order itself is placed like every other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from shop.holds import Hold
from shop.offers import Availability
from shop.wanted import Line
from storage import (
    addresses,
    audit,
    checkouts,
    claims,
    dialogs,
    groupcards,
    groups,
    offers,
    outbox,
    quotes,
    roles,
    streams,
)
from storage.claims import Claim, Status
from storage.clock import DAY, MINUTE
from storage.connection import Tx
from storage.groups import Group
from storage.offers import Offer
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound
from storage.quotes import LimitReached, NotOpen, OrderingBlocked, PriceChanged, Refusal, SoldOut, Wish
from storage.roles import Role
from storage.store import Refused

MOST_WORDS = 10  # times one claim can be added to: one person can't keep a lot of work, or of units, to themselves
MOST_RUN_OUT = 3  # claims a stranger may let run out in a day; then words without an opened link hold nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRules:
    """How long words hold units (milliseconds), and how many packs of an offer they hold for a stranger."""

    hold_ms: int = 30 * MINUTE
    hold_strangers_ms: int = 10 * MINUTE
    most_strangers: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Units are held. `refused` says why not, for lines that could not be had."""

    claim_id: int
    is_known: bool
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheld:
    """Nothing could be held. Who can be written to has been told why."""

    refused: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TooOften(Refused):
    """One person's words hold no more than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable(Refused):
    """The buyer has never opened the bot, and no group shows them a link. `link` is the stream's code: once they have
    opened that, their order can be written down."""

    link: str


WrittenDown = Claimed | Unheld | Unreachable | NotAllowed | NotFound


def say(
    tx: Tx, *, person: int, group: Group, lines: Sequence[Line], rules: ClaimRules, below: int | None, now: int
) -> Claimed | Unheld | TooOften | NotFound:
    """Somebody has ordered in a linked group. `below` is their message, the newest of the chat."""
    stream = groups.current(tx, group, now)
    if stream is None:
        return NotFound()
    is_known = claims.can_be_written_to(tx, person)
    before = claims.live(tx, person, stream.id)
    if before is not None and before.words >= MOST_WORDS:
        return TooOften()
    if not is_known and claims.run_out_since(tx, person, now - DAY) >= MOST_RUN_OUT:
        return TooOften()
    return _hold(tx, person, stream.id, group, lines, rules, None, is_known, below, now)


def write_down(
    tx: Tx, *, actor: int, buyer: int, stream_id: int, lines: Sequence[Line], rules: ClaimRules, now: int
) -> WrittenDown:
    """A host adds an order that was missed, for a buyer. The host is told how it went."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    stream = streams.view(tx, stream_id)
    if stream is None or stream.status.is_over or not stream.status.is_public:
        return NotFound()
    linked = [group for group in groups.live(tx) if (at := groups.current(tx, group, now)) and at.id == stream_id]
    is_known = claims.can_be_written_to(tx, buyer)
    group = linked[0] if linked else None
    if group is None and not is_known:
        return Unreachable(link=stream.code)
    outcome = _hold(tx, buyer, stream_id, group, lines, rules, actor, is_known, None, now)
    if isinstance(outcome, Claimed):
        audit.note(tx, actor, "claim.written_down", f"stream:{stream_id}", now, claim=outcome.claim_id)
        outbox.tell(tx, actor, "claim_written_down", now=now, claim=outcome.claim_id)
    return outcome


def _hold(
    tx: Tx,
    person: int,
    stream_id: int,
    group: Group | None,
    lines: Sequence[Line],
    rules: ClaimRules,
    by: int | None,
    is_known: bool,
    below: int | None,
    now: int,
) -> Claimed | Unheld:
    """Hold every line that can be had; the others are explained to who can be written to."""
    listed = offers.listing(tx, stream_id)
    good: list[tuple[Offer, int]] = []
    refused: list[Refusal] = []
    for line in lines:
        offer = choose(listed, line, now)
        allowed = NotFound() if offer is None else _check(tx, offer, line.quantity, person, is_known, rules, now)
        if isinstance(allowed, Offer):
            good.append((allowed, line.quantity))
        else:
            refused.append(allowed)
    if is_known or by is not None:
        _explain(tx, person, by, refused, now)
    if not good:
        return Unheld(refused=tuple(refused))
    until = now + (rules.hold_ms if is_known else rules.hold_strangers_ms)
    claim_id = claims.open_(
        tx,
        person=person,
        stream=stream_id,
        group=None if group is None else group.id,
        is_known=is_known,
        by=by,
        until=until,
        now=now,
    )
    for offer, units in good:
        is_kept = offer.hold is Hold.ON_ORDER
        if not claims.add(
            tx, claim=claim_id, offer_id=offer.id, units=units, price=offer.price, is_kept=is_kept, now=now
        ):
            raise RuntimeError(f"offer {offer.id}: units that were free are gone inside one transaction")
    if by is None:
        audit.note(tx, None, "claim.held", f"stream:{stream_id}", now, claim=claim_id)
    if group is not None:
        groupcards.post(tx, group.chat_id, stream_id, now, below=below)
    if is_known:
        _approach(tx, claim_id, now)
    return Claimed(claim_id=claim_id, is_known=is_known, refused=tuple(refused))


def hint(tx: Tx, *, person: int, group: Group, suggestion: str, now: int) -> None:
    """What somebody wrote was nearly an order: say how to write it, in private if they can be written to, else in the
    group, where it is said once a minute."""
    if claims.can_be_written_to(tx, person):
        dedupe = f"hint:{person}:{suggestion}:{now // MINUTE}"
        outbox.tell(
            tx, person, "words_hint", now=now, lane=Lane.ORDER, dedupe=dedupe, group=group.id, suggestion=suggestion
        )
    else:
        dedupe = f"hint:{group.chat_id}:{now // MINUTE}"
        outbox.tell(tx, group.chat_id, "group_hint", now=now, lane=Lane.ORDER, dedupe=dedupe, suggestion=suggestion)


def choose(listed: Sequence[Offer], line: Line, now: int) -> Offer | None:
    """Which offer of a stream a code means: what is in stock before a presale, what can be had before what can't."""
    meant = [offer for offer in listed if offer.code == line.code]

    def merit(offer: Offer) -> tuple[bool, bool, bool]:
        has_enough = offer.free is None or offer.free >= line.quantity
        return offer.is_open(now), has_enough, offer.availability is Availability.IN_STOCK

    return max(meant, key=merit, default=None)


def _check(
    tx: Tx, offer: Offer, units: int, person: int, is_known: bool, rules: ClaimRules, now: int
) -> Offer | Refusal:
    """May these units be held besides what is held for the person already?"""
    held = claims.held_for(tx, offer.id, person)
    if not is_known and held + units > rules.most_strangers:
        return LimitReached(offer_id=offer.id, limit=rules.most_strangers, already=held)
    wish = Wish(offer_id=offer.id, quantity=held + units, price=offer.price)
    allowed = quotes.check(tx, wish, person, now)
    if not isinstance(allowed, Offer):
        return allowed
    if not allowed.is_open(now):
        return NotOpen(offer_id=offer.id)
    # What the waiting list holds for them is theirs to take there.
    if allowed.free is not None and allowed.free < units:
        return SoldOut(offer_id=offer.id, free=allowed.free)
    return allowed


def _explain(tx: Tx, buyer: int, by: int | None, refused: Sequence[Refusal], now: int) -> None:
    """Why a line could not be had, with what can be done instead; once a minute for each. The host who writes it down
    is told of the `buyer`, and can do nothing in their place."""
    person, of = (buyer, None) if by is None else (by, buyer)
    for refusal in refused:
        if isinstance(refusal, NotFound):
            continue
        if isinstance(refusal, OrderingBlocked):
            once = f"words:{person}:blocked:{now // MINUTE}"
            outbox.tell(tx, person, "ordering_blocked", now=now, lane=Lane.ORDER, dedupe=once)
            continue
        once = f"words:{person}:{refusal.offer_id}:{now // MINUTE}"
        match refusal:
            case SoldOut(offer_id=offer_id, free=0):
                outbox.tell(tx, person, "sold_out", now=now, lane=Lane.ORDER, dedupe=once, offer=offer_id, of=of)
            case SoldOut(offer_id=offer_id, free=free):
                outbox.tell(
                    tx, person, "fewer_left", now=now, lane=Lane.ORDER, dedupe=once, offer=offer_id, free=free, of=of
                )
            case LimitReached(offer_id=offer_id, limit=limit, already=already):
                outbox.tell(
                    tx,
                    person,
                    "limit_reached",
                    now=now,
                    lane=Lane.ORDER,
                    dedupe=once,
                    offer=offer_id,
                    limit=limit,
                    already=already,
                    of=of,
                )
            case NotOpen(offer_id=offer_id):
                outbox.tell(tx, person, "not_open", now=now, lane=Lane.ORDER, dedupe=once, offer=offer_id, of=of)
            case PriceChanged():
                raise RuntimeError("a price that was read in this transaction has changed in it")
            case _:
                assert_never(refusal)


# -- Towards the order ---------------------------------------------------------------------------------------


def _data(claim: Claim) -> dict[str, Any]:
    lines = [[line.offer_id, line.orderable, line.price] for line in claim.lines if line.orderable]
    return {"lines": lines, "claim": claim.id}


def _approach(tx: Tx, claim_id: int, now: int) -> None:
    """Ask in private for what is missing, or show the summary. A question that is being asked is not given up for it:
    then a message says what is held, and its button goes on."""
    claim = claims.view(tx, claim_id)
    if claim is None:
        return
    person = claim.person_id
    asked = dialogs.of(tx, person)
    is_ours = asked is not None and asked.kind == checkouts.CHECKOUT and asked.data.get("claim") == claim_id
    if asked is not None and is_ours and asked.step != checkouts.SUMMARY:
        # In the middle of the address: what was typed stays, the summary will have everything.
        data = {**asked.data, **_data(claim)}
        if (latest := checkouts.ships_until(tx, data["lines"])) is not None:
            data["until"] = latest
        dialogs.advance(tx, dialog=asked, step=asked.step, data=data, now=now, silent=True)
        outbox.tell(tx, person, "claim_kept", now=now, lane=Lane.ORDER, claim=claim_id, is_asked=True)
    elif asked is not None and not is_ours and asked.kind != dialogs.UNSAID:
        outbox.tell(tx, person, "claim_kept", now=now, lane=Lane.ORDER, claim=claim_id)
    else:
        _begin(tx, claim, now, anchor=None)


def _begin(tx: Tx, claim: Claim, now: int, anchor: int | None) -> None:
    """The checkout of a claim; before the first address question it is said what it is about. One that is at its
    summary keeps its place and its code."""
    asked = dialogs.of(tx, claim.person_id)
    is_ours = asked is not None and asked.kind == checkouts.CHECKOUT and asked.data.get("claim") == claim.id
    before = checkouts.kept(asked) if asked is not None and is_ours else {}
    if addresses.current(tx, claim.person_id) is None:
        outbox.tell(tx, claim.person_id, "claim_kept", now=now, claim=claim.id, is_asked=True)
        anchor = None
    checkouts.begin_claimed(tx, actor=claim.person_id, data={**before, **_data(claim)}, now=now, anchor=anchor)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneOn:
    """The checkout of what is held is before its person."""

    claim_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingHeld(Refused):
    """The group is known; nothing is held there for this person. `claim_id` is one that ran out, if the last did."""

    stream_id: int | None
    claim_id: int | None


def open_link(tx: Tx, *, actor: int, token: str, rules: ClaimRules, now: int) -> GoneOn | NothingHeld | NotFound:
    """Somebody has opened the link of a group's message: what is held for them is theirs to order now."""
    group = groups.by_token(tx, token)
    if group is None:
        return NotFound()
    claim = claims.newest_in(tx, actor, group.id)
    if claim is None or not claim.is_live:
        stream = groups.current(tx, group, now)
        has_run_out = claim is not None and claim.status is Status.RELEASED
        return NothingHeld(
            stream_id=None if stream is None else stream.id,
            claim_id=claim.id if claim is not None and has_run_out else None,
        )
    claims.opened(tx, claim.id, now + rules.hold_ms)
    groupcards.touch(tx, claim.stream_id, now)
    _begin(tx, claim, now, anchor=None)
    return GoneOn(claim_id=claim.id)


def go_on(
    tx: Tx, *, actor: int, claim_id: int, now: int, anchor: int | None = None
) -> GoneOn | NothingHeld | NotFound:
    """`Go on` under what is held."""
    claim = claims.view(tx, claim_id)
    if claim is None or claim.person_id != actor:
        return NotFound()
    if not claim.is_live:
        return NothingHeld(stream_id=claim.stream_id, claim_id=claim.id)
    _begin(tx, claim, now, anchor)
    return GoneOn(claim_id=claim.id)
