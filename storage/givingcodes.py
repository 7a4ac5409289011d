"""A coupon code typed at a checkout: it counts there, or its buyer hears why not.

Owns the act `give_code`. What a code is and how often it was used is in `coupons`, what it takes off in `quotes`.
"""

from dataclasses import dataclass

from shop import coupons as coupon_rules
from shop.coupons import CouponFault
from storage import checkouts, coupons, dialogs, outbox, quotes
from storage.connection import Tx
from storage.store import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTaken:
    """The code counts; the summary says what it takes off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeUnknown:
    """There is no such code. The try is counted and the buyer has been told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeRefused(Refused):
    """The code takes nothing off now."""

    fault: CouponFault
    code: str


def give_code(
    tx: Tx, *, actor: int, dialog: dialogs.Dialog, text: str, summary_step: str, now: int
) -> CodeTaken | CodeUnknown | CodeRefused | dialogs.Moved:
    """The buyer types a code: it counts in this checkout, in place of any other, or they are told why not."""
    if coupons.is_paused(tx, actor, coupons.SUMMARY, now):
        return CodeRefused(fault=CouponFault.PAUSED, code="")
    code = coupon_rules.normalise(text)
    coupon = None if code is None else coupons.by_code(tx, code, actor)
    if coupon is None:
        coupons.note_wrong(tx, actor, coupons.SUMMARY, now)
        outbox.tell(tx, actor, "say", now=now, key="coupon.fault.unknown", code=text.strip()[:40])
        return CodeUnknown()
    basket = quotes.basket(tx, buyer=actor, wishes=checkouts.wishes(dialog), coupon=coupon.id)
    fault = CouponFault.OTHER_GOODS if basket is None else basket.quote(now).fault
    if fault is not None:
        return CodeRefused(fault=fault, code=coupon.code)
    data = {**checkouts.kept(dialog), "coupon": coupon.id}
    moved = dialogs.advance(tx, dialog=dialog, step=summary_step, data=data, now=now)
    return moved if isinstance(moved, dialogs.Moved) else CodeTaken()
