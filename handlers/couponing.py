"""Codes for hosts: the list, one code's card, a new one in a line; and what a code gives to whoever types it.

Owns the dialog `coupon`. How a line is understood is in `shop.coupons`; using a code in an order is in `checkout`.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import assert_never

from telegram import Message

from handlers import discounting, formats
from handlers.routing import Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered
from shop.coupons import LONGEST, SHORTEST, CouponFault, Terms, TermsFault, fault, read_terms
from shop.moments import Hourless, Past, When, Which, at_wall, parse_when
from shop.money import decimal
from storage import coupons, dialogs, roles
from storage.connection import Tx
from storage.coupons import AlreadyOver, CodeTaken, Coupon, Made, NoSuchProduct, Stopped
from storage.dialogs import Dialog
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.roles import Role

COUPON = "coupon"

_STALE = Toast("tap.stale")


async def coupons_command(turn: Turn, _argument: str) -> None:
    """/coupons: the codes, newest first."""
    if not await turn.show("coupons"):
        await turn.say("host.only")


async def coupons_tap(turn: Turn) -> Toast | None:
    """Back to the list."""
    return None if await turn.show("coupons") else _STALE


async def coupon_command(turn: Turn, argument: str) -> None:
    """/coupon with everything on one line; alone it asks."""
    if not await turn.look(roles.has_role, turn.actor, Role.HOST):
        await turn.say("host.only")
    elif argument:
        await _make(turn, argument, None)
    else:
        await _ask(turn)


async def new_tap(turn: Turn) -> Toast | None:
    """`New code`."""
    if not await turn.look(roles.has_role, turn.actor, Role.HOST):
        return _STALE
    await _ask(turn)
    return None


async def _ask(turn: Turn) -> None:
    await turn.decide(
        dialogs.begin, actor=turn.actor, kind=COUPON, step="terms", data={}, now=turn.now, anchor=turn.anchor
    )


async def _answer(turn: Turn, dialog: Dialog, message: Message) -> None:
    await _make(turn, message.text or "", dialog.id)


async def _make(turn: Turn, text: str, dialog: int | None) -> None:
    """Read the line; what can't be understood is said, and the question stays open."""
    currency = turn.settings.currency
    terms = read_terms(text, currency)
    if isinstance(terms, TermsFault):
        await turn.say(
            f"coupon.unclear.{terms.value}", example=_example(currency), shortest=SHORTEST, longest=LONGEST
        )
        return
    starts_at = turn.now if terms.starts is None else _starts(turn, terms.starts)
    ends_at = None if terms.ends is None else _ends(turn, terms.ends)
    for said, found in ((terms.starts, starts_at), (terms.ends, ends_at)):
        if isinstance(found, str):
            await turn.say(found, text=(said or "")[:40])
            return
    if isinstance(starts_at, str) or isinstance(ends_at, str):
        return
    if ends_at is not None and ends_at <= starts_at:
        await turn.say("coupon.when_past", text=(terms.ends or "")[:40])
        return
    await _write(turn, terms, starts_at, ends_at, dialog)


def _starts(turn: Turn, said: str) -> int | str:
    """When it begins, a day without an hour at midnight; what has begun already begins now."""
    found = parse_when(said, turn.settings.zone, turn.now)
    match found:
        case When(at_ms=at):
            return at
        case Past():
            return turn.now
        case Hourless(day=day):
            first = at_wall(datetime.combine(day, time()), turn.settings.zone, turn.now)
            return first.at_ms if isinstance(first, When) else turn.now
        case _:
            return "coupon.when_which" if isinstance(found, Which) else "coupon.when_unclear"


def _ends(turn: Turn, said: str) -> int | str:
    """When it ends; a day without an hour counts whole."""
    found = parse_when(said, turn.settings.zone, turn.now)
    match found:
        case When(at_ms=at):
            return at
        case Past():
            return "coupon.when_past"
        case Hourless(day=day):
            return at_wall(datetime.combine(day + timedelta(days=1), time()), turn.settings.zone, turn.now).at_ms
        case _:
            return "coupon.when_which" if isinstance(found, Which) else "coupon.when_unclear"


async def _write(turn: Turn, terms: Terms, starts_at: int, ends_at: int | None, dialog: int | None) -> None:
    outcome = await turn.decide(
        coupons.make,
        actor=turn.actor,
        terms=terms,
        currency=turn.settings.currency,
        starts_at=starts_at,
        ends_at=ends_at,
        now=turn.now,
        dialog=dialog,
    )
    match outcome:
        case Made():
            return
        case CodeTaken():
            await turn.say("coupon.taken", code=terms.code)
        case NoSuchProduct(code=code):
            await turn.say("coupon.no_product", code=code[:40])
        case NotAllowed():
            await turn.say("host.only")
        case _:
            assert_never(outcome)


async def coupon_tap(turn: Turn, coupon_id: int) -> Toast | None:
    """One code's card."""
    return None if await turn.show("coupon_card", coupon=coupon_id) else _STALE


async def stop_tap(turn: Turn, coupon_id: int) -> Toast | None:
    """`Stop the code`: one tap."""
    outcome = await turn.decide(coupons.stop, actor=turn.actor, coupon_id=coupon_id, now=turn.now, anchor=turn.anchor)
    match outcome:
        case Stopped():
            return Toast("coupon.stopped")
        case AlreadyOver():
            await turn.show("coupon_card", coupon=coupon_id)
            return Toast("coupon.stopped_before")
        case NotAllowed() | NotFound():
            return _STALE
        case _:
            assert_never(outcome)


# -- Cards --------------------------------------------------------------------------------------------------


def _example(currency: str) -> str:
    return f"SPRING10 10% · THANKS {decimal(500, currency)}"


def _question(face: Face, _dialog: Dialog) -> Rendered:
    return Rendered(text=face.t("coupon.ask", amount=decimal(500, face.settings.currency)))


def _load_list(tx: Tx, _params: Params, chat: int) -> list[Coupon] | None:
    return coupons.listing(tx, chat) if roles.has_role(tx, chat, Role.HOST) else None


def _list(face: Face, found: list[Coupon]) -> Rendered:
    new = (face.button("new_code", "couponnew"),)
    if not found:
        return Rendered(text=face.t("coupon.none"), rows=(new,))
    rows = tuple(
        (
            face.button(
                "coupon_entry",
                "coupon",
                one.id,
                code=one.code,
                off=discounting.gives(face, one)[:40],
                state=face.t.plain(f"coupon.state.{_state(face, one)}"),
            ),
        )
        for one in found
    )
    return Rendered(text=face.t("coupon.title"), rows=(*rows, new))


def _state(face: Face, coupon: Coupon) -> str:
    """Where the code stands for everybody; what this host has used of it does not matter."""
    found = fault(coupon.facts, face.now)
    return "runs" if found is None or found is CouponFault.USED_BY_YOU else found.value


def _load(tx: Tx, params: Params, chat: int) -> Coupon | None:
    return coupons.view(tx, int(params["coupon"] or 0), chat) if roles.has_role(tx, chat, Role.HOST) else None


def _card(face: Face, coupon: Coupon) -> Rendered:
    t, facts = face.t, coupon.facts
    used = formats.number(facts.used, face.lang)
    text = lines(
        [
            t("coupon.head", code=coupon.code, gives=discounting.gives(face, coupon)),
            t(f"coupon.state_of.{_state(face, coupon)}"),
            t("coupon.starts", moment=face.moment(facts.starts_at)) if facts.starts_at > face.now else None,
            t("coupon.ends", moment=face.moment(facts.ends_at)) if facts.ends_at is not None else None,
            t("coupon.used", used=used)
            if facts.uses is None
            else t("coupon.used_of", used=used, uses=formats.number(facts.uses, face.lang)),
            t.n("coupon.per_buyer", facts.per_buyer) if facts.per_buyer is not None else None,
            t("coupon.link", link=face.link(f"c_{coupon.code}")) if coupon.code.isascii() else None,
        ]
    )
    back = (face.button("all_codes", "coupons"),)
    if facts.is_stopped:
        return Rendered(text=text, rows=(back,))
    return Rendered(text=text, rows=((face.button("stop_code", "couponstop", coupon.id),), back))


def _load_hint(tx: Tx, params: Params, chat: int) -> Coupon | None:
    return coupons.view(tx, int(params["coupon"] or 0), chat)


def _hint(face: Face, coupon: Coupon) -> Rendered:
    """To whoever typed the code into the chat: what it gives and where to use it, or why not."""
    found = fault(coupon.facts, face.now)
    text: Html = (
        face.t("coupon.hint", code=coupon.code, gives=discounting.gives(face, coupon))
        if found is None
        else face.t(f"coupon.fault.{found.value}", code=coupon.code)
    )
    return Rendered(text=text, rows=((face.button("streams", "streams"), face.button("shop", "shop")),))


COMMANDS = {"coupons": coupons_command, "coupon": coupon_command}
TAPS: Mapping[str, Tap] = {
    "coupons": Tap(run=coupons_tap),
    "coupon": Tap(run=coupon_tap, ints=1),
    "couponnew": Tap(run=new_tap),
    "couponstop": Tap(run=stop_tap, ints=1),
}
STEPS: Mapping[str, Step] = {f"{COUPON}.terms": Step(ask=_question, answer=_answer)}
KINDS: Kinds = {
    "coupons": Kind(load=_load_list, show=_list),
    "coupon_card": Kind(load=_load, show=_card),
    "coupon_hint": Kind(load=_load_hint, show=_hint),
}
