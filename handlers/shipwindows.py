"""When a presale ships, in words: on every line of goods that has such a promise, and alone.

Owns these words only. What is in stock has no window and reads as always.
"""

from collections.abc import Iterable

from handlers import formats
from handlers.translation import Html, lines
from handlers.wording import Face
from shop.offers import Availability
from shop.orders import OrderStatus
from shop.windows import Window
from storage.offers import Offer
from storage.orders import Order, OrderLine


def said(face: Face, window: Window) -> str:
    """The days alone: "20–24 Mar"."""
    return formats.window(window.from_ms, window.until_ms, face.zone, face.lang, face.now)


def window_of(part: Offer | OrderLine) -> Window | None:
    """The window of a presale offer, or the one a line was promised; None for what is in stock."""
    if isinstance(part, Offer) and part.availability is not Availability.PRESALE:
        return None
    if part.ships_from is None or part.ships_until is None:
        return None
    return Window(part.ships_from, part.ships_until)


def under(face: Face, part: Offer | OrderLine) -> Html | None:
    """A line of its own below the goods: "Presale: ships 20–24 Mar"."""
    window = window_of(part)
    return None if window is None else face.t("presale.ships", window=said(face, window))


def marked(face: Face, text: Html, part: Offer | OrderLine) -> Html:
    """Goods with their window behind them: "2 × Eggs · presale, ships 20–24 Mar"."""
    window = window_of(part)
    return text if window is None else face.t("presale.marked", goods=text, window=said(face, window))


def code(face: Face, offer: Offer) -> str:
    """An offer's code in a short list, where the presale of a product may stand beside what it follows."""
    return offer.code if window_of(offer) is None else face.t.plain("presale.code", code=offer.code)


def goods_line(face: Face, line: OrderLine) -> Html:
    """One line of an order: "2 × Free-range eggs", with the window of a presale."""
    text = face.t("order.line", quantity=line.quantity, name=formats.name(line.names, face.lang))
    return marked(face, text, line)


MOST_WINDOWS = 6  # that are told one under another, for goods that are too many to be told with theirs


def _windows(parts: Iterable[Offer | OrderLine]) -> list[Window]:
    """Every window once, the first ones of very many."""
    found = (window_of(part) for part in parts)
    return list(dict.fromkeys(window for window in found if window is not None))[:MOST_WINDOWS]


def below(face: Face, parts: Iterable[Offer | OrderLine]) -> list[Html]:
    """Every window of these goods, one under another."""
    return [face.t("presale.ships", window=said(face, window)) for window in _windows(parts)]


def of_order(face: Face, order: Order) -> Html | None:
    """Every window of an order, for a message that does not list its goods; None without a presale in it."""
    return lines(below(face, order.lines)) or None


def of_orders(face: Face, orders: Iterable[Order]) -> Html | None:
    """Which of these orders ship when, for the list of them: "TG-7K3QF ships 20–24 Mar"."""
    rows = [
        face.t("presale.order_ships", code=order.code, window=said(face, window))
        for order in orders
        if order.status in (OrderStatus.PENDING, OrderStatus.PAID)
        for window in _windows(order.lines)
    ]
    return lines(rows) or None
