"""How a stream sells, as its host reads it while talking: a bar and a few figures for each product.

Owns the wording of `storage.salesboard`; it is part of the desk. What does not fit into a message is folded: from
three lines a product to one, then to a count.
"""

from collections.abc import Iterator

from handlers import formats, shipwindows
from handlers.fitting import length
from handlers.translation import Html, lines
from handlers.wording import Face
from storage.offers import Offer
from storage.salesboard import Board, Sales

# Telegram takes 4,096 characters a message; title, links, people and orders around the products have about 1,100.
ROOM = 3_000
WIDE, NARROW = 10, 5  # cells of a bar
_SOLD, _HELD, _LEFT = "█", "▓", "░"


def sums(face: Face, board: Board) -> Html | None:
    """What came in and what is still to come; refunds if any are owed. None before the first order."""
    t = face.t
    if not board.paid + board.to_come + board.refunds:
        return None
    refunds = t.n("board.refunds", board.refunds, amount=face.money(board.refunds_amount)) if board.refunds else None
    return lines([t("board.money", paid=face.money(board.paid), to_come=face.money(board.to_come)), refunds])


def products(face: Face, board: Board) -> Html:
    """Every product; where three lines each are too many, one each while they fit, and how many more there are."""
    whole = lines(_block(face, sales) for sales in board.sales)
    if length(whole) <= ROOM:
        return whole
    kept: list[Html] = []
    room = ROOM
    for sales in board.sales:
        line = _line(face, sales)
        room -= length(line) + 1
        if room < 0:
            break
        kept.append(line)
    more = len(board.sales) - len(kept)
    return lines([*kept, face.t.n("desk.more_offers", more) if more else None])


def _block(face: Face, sales: Sales) -> Html:
    """Name and price, the bar with what is sold, and what of it is paid, left or waited for."""
    offer = sales.offer
    head = face.t(
        "board.product", code=offer.code, name=formats.name(offer.names, face.lang), price=price(face, offer)
    )
    head = shipwindows.marked(face, head, offer)
    first, *rest = _figures(face, sales)
    measure = bar(sales.sold, sales.held, offer.quantity, WIDE)
    sold = face.t("board.sold_bar", bar=measure, sold=first) if measure else first
    return lines([_marked(face, offer, head), sold, Html(" · ".join(rest)) if rest else None])


def _line(face: Face, sales: Sales) -> Html:
    """The same in one line, without the name."""
    code = face.t("board.code", code=shipwindows.code(face, sales.offer))
    measure = bar(sales.sold, sales.held, sales.offer.quantity, NARROW)
    return Html(" ".join([_marked(face, sales.offer, code), measure, " · ".join(_figures(face, sales))]))


def _figures(face: Face, sales: Sales) -> Iterator[Html]:
    """How many are sold, then what else is not nothing."""
    t, lang, offer = face.t, face.lang, sales.offer
    yield t("board.sold", packs=formats.packs(sales.sold, offer.units, lang))
    if sales.left is None:
        yield t("desk.unlimited")
    elif sales.left == 0:
        yield t("board.sold_out")
    else:
        yield t("board.left", packs=formats.number(sales.left, lang))
    if sales.held:
        yield t("board.held", packs=formats.number(sales.held, lang))
    if sales.waiting:
        yield t.n("board.waiting", sales.waiting, packs=formats.number(sales.wanted, lang))
    if sales.paid:
        yield t("board.paid", packs=formats.number(sales.paid, lang), amount=face.money(sales.amount))


def _marked(face: Face, offer: Offer, head: Html) -> Html:
    return face.t("board.paused", head=head) if offer.is_paused else head


def price(face: Face, offer: Offer) -> str:
    """What a pack costs now, marked while it is a flash price."""
    now = face.money(offer.price_at(face.now))
    return now if offer.flash_at(face.now) is None else face.t.plain("offer.flash_mark", price=now)


def bar(sold: int, held: int, quantity: int | None, cells: int) -> str:
    """Sold, held and left as so many cells; nothing where there is no limit. What is not nothing has a cell, so one
    sold of a thousand is seen, and a full bar is sold out."""
    if not quantity:
        return ""
    gone = min(quantity, sold + held)
    filled = min(cells - (gone < quantity), max(gone > 0, gone * cells // quantity))
    kept = min(filled - (sold > 0), max(1, held * cells // quantity)) if held else 0
    return _SOLD * (filled - kept) + _HELD * kept + _LEFT * (cells - filled)
