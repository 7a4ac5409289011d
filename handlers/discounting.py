"""What was taken off and why, in words: under a line of the summary, on an order, and what a code gives.

Owns these words only; what is taken off is decided in `shop.discounts`.
"""

from collections.abc import Iterator

from handlers import formats
from handlers.translation import Html, lines
from handlers.wording import Face
from shop.discounts import Special, SpecialKind
from storage.coupons import Coupon
from storage.orders import Order
from storage.quotes import Quote, QuotedLine

# A photo's caption takes 1,024 characters: an order with more than this says only how much in all.
MOST_NAMED = 6


def why(face: Face, special: Special) -> str:
    """Which rule: "flash price × 2", "from 2 on", "code SPRING10"."""
    t = face.t
    match special.kind:
        case SpecialKind.FLASH:
            return t.plain("discount.flash", units=formats.number(special.units, face.lang))
        case SpecialKind.STEPS:
            return t.plain("discount.steps", quantity=formats.number(special.threshold or 0, face.lang))
        case SpecialKind.COUPON:
            return t.plain("discount.coupon", code=special.code or "")


def of_line(face: Face, quoted: QuotedLine) -> Iterator[Html]:
    """What is taken off a line of a quote, a row for each rule."""
    for special in quoted.specials:
        yield face.t("discount.row", why=why(face, special), amount=face.money(special.amount))


def of_quote(face: Face, quote: Quote) -> Html | None:
    """What is taken off in all, and why a code takes nothing off."""
    off = quote.sums.discount_total
    return (
        lines(
            [
                face.t("discount.total", amount=face.money(off)) if off else None,
                face.t("discount.void") if quote.fault is not None else None,
            ]
        )
        or None
    )


def of_order(face: Face, order: Order) -> Html | None:
    """What was taken off an order, line by line, and in all; None if nothing was."""
    if not order.discount_total:
        return None
    named = [(line, special) for line in order.lines for special in line.specials]
    rows = [
        face.t(
            "discount.order_row",
            name=formats.name(line.names, face.lang),
            why=why(face, special),
            amount=face.money(special.amount),
        )
        for line, special in named
    ]
    shown = rows if len(rows) <= MOST_NAMED else []
    return lines([*shown, face.t("discount.total", amount=face.money(order.discount_total))])


def gives(face: Face, coupon: Coupon) -> str:
    """What a code takes off, and off what: "10 % off EGG, RICE"."""
    reduction = coupon.reduction
    if reduction.percent is not None:
        off = face.t.plain("coupon.percent", percent=reduction.percent)
    else:
        off = face.t.plain("coupon.amount", amount=face.money(reduction.amount or 0))
    if not coupon.product_codes:
        return off
    return face.t.plain("coupon.for", off=off, products=", ".join(coupon.product_codes))
