"""Offers: when one is open, and how many of it a person may take.

Never counts units (`shop/stock.py` and the books do) and never reads a clock: `now` is given, in UTC milliseconds.
"""

from dataclasses import dataclass
from enum import StrEnum

from shop.streams import StreamStatus

MOST_PER_LINE = 9_999


class Availability(StrEnum):
    IN_STOCK = "in_stock"
    PRESALE = "presale"


class Standing(StrEnum):
    """Where an offer stands for a buyer, apart from whether units are left."""

    OPEN = "open"
    NOT_YET = "not_yet"
    PAUSED = "paused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFacts:
    """What decides whether an offer is open; None means "as its stream goes"."""

    availability: Availability
    opens_at: int | None = None
    closes_at: int | None = None
    is_withdrawn: bool = False
    is_paused: bool = False


def standing(offer: OfferFacts, stream: StreamStatus, now: int) -> Standing:
    """DESIGN rule 8: open from the stream's announcement to its end, unless the offer's own times say otherwise.

    A presale does not end with its stream, only at its own `closes_at`. A cancelled stream closes everything,
    and before the announcement nothing is open, whatever the offer says. What would be open can be paused by a host.
    """
    if offer.is_withdrawn or stream is StreamStatus.CANCELLED:
        return Standing.CLOSED
    if offer.closes_at is not None and now >= offer.closes_at:
        return Standing.CLOSED
    ends_with_stream = offer.closes_at is None and offer.availability is Availability.IN_STOCK
    if stream is StreamStatus.ENDED and ends_with_stream:
        return Standing.CLOSED
    if stream is StreamStatus.DRAFT or (offer.opens_at is not None and now < offer.opens_at):
        return Standing.NOT_YET
    return Standing.PAUSED if offer.is_paused else Standing.OPEN


def is_open(offer: OfferFacts, stream: StreamStatus, now: int) -> bool:
    return standing(offer, stream, now) is Standing.OPEN


def is_quantity(wanted: int) -> bool:
    """Whether a number can be a line's quantity at all: 1 to 9,999 packs."""
    return 1 <= wanted <= MOST_PER_LINE


def allowed(limit: int | None, already: int, wanted: int) -> bool:
    """Whether a buyer who holds `already` packs in standing orders may take `wanted` more; None is no limit."""
    return is_quantity(wanted) and (limit is None or already + wanted <= limit)


def most(limit: int | None, already: int, free: int | None) -> int:
    """The largest quantity this buyer can order now, for the `+` button; 0 if none."""
    bounds = [MOST_PER_LINE]
    if limit is not None:
        bounds.append(limit - already)
    if free is not None:
        bounds.append(free)
    return max(0, min(bounds))
