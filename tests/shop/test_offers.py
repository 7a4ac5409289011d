"""Offers, streams and stock: what is open, how much, in which unit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop import streams
from shop.offers import Availability, OfferFacts, Standing, allowed, is_open, is_quantity, most, standing
from shop.stock import base_quantity, free, is_sold_out, pack_milli
from shop.streams import StreamStatus as Stream

IN_STOCK = OfferFacts(availability=Availability.IN_STOCK)
PRESALE = OfferFacts(availability=Availability.PRESALE)


def test_an_offer_opens_with_the_announcement_and_closes_with_the_end() -> None:
    assert [stream.value for stream in Stream if is_open(IN_STOCK, stream, 0)] == ["announced", "live"]


def test_a_presale_outlives_its_stream_until_its_own_close() -> None:
    assert is_open(PRESALE, Stream.ENDED, 10**15)
    closing = OfferFacts(availability=Availability.PRESALE, closes_at=100)
    assert is_open(closing, Stream.ENDED, 99)
    assert not is_open(closing, Stream.ENDED, 100)


def test_nothing_is_open_in_a_draft_or_a_cancelled_stream() -> None:
    early = OfferFacts(availability=Availability.PRESALE, opens_at=0, closes_at=100)
    assert standing(early, Stream.DRAFT, 50) is Standing.NOT_YET
    assert standing(early, Stream.CANCELLED, 50) is Standing.CLOSED


def test_an_offers_own_times_come_before_its_streams() -> None:
    timed = OfferFacts(availability=Availability.IN_STOCK, opens_at=10, closes_at=20)
    seen = [standing(timed, Stream.LIVE, now).value for now in (9, 10, 19, 20)]
    assert seen == ["not_yet", "open", "open", "closed"]
    assert is_open(timed, Stream.ENDED, 15)


def test_a_withdrawn_offer_is_closed() -> None:
    assert not is_open(OfferFacts(availability=Availability.PRESALE, is_withdrawn=True), Stream.LIVE, 0)


def test_a_pause_closes_only_what_would_be_open() -> None:
    paused = OfferFacts(availability=Availability.IN_STOCK, is_paused=True, opens_at=10)
    seen = [(stream.value, standing(paused, stream, 10).value) for stream in Stream]
    assert [found for _, found in seen] == ["not_yet", "paused", "paused", "closed", "closed"]
    assert standing(paused, Stream.LIVE, 9) is Standing.NOT_YET


def test_a_stream_goes_one_way_and_can_be_cancelled_until_it_ends() -> None:
    moves = [(a.value, b.value) for a in Stream for b in Stream if streams.can(a, b)]
    assert moves == [
        ("draft", "announced"),
        ("draft", "cancelled"),
        ("announced", "live"),
        ("announced", "ended"),
        ("announced", "cancelled"),
        ("live", "ended"),
        ("live", "cancelled"),
    ]
    assert [stream.value for stream in Stream if stream.is_over] == ["ended", "cancelled"]
    assert [stream.value for stream in Stream if not stream.is_public] == ["draft"]


def test_the_limit_counts_what_a_buyer_holds_already() -> None:
    assert allowed(10, 8, 2)
    assert not allowed(10, 8, 3)
    assert allowed(None, 5000, 100)


@pytest.mark.parametrize("wanted", [0, -1, 10_000, 2**63])
def test_a_quantity_is_one_to_9999(wanted: int) -> None:
    assert not is_quantity(wanted)
    assert not allowed(None, 0, wanted)


@given(st.none() | st.integers(1, 50), st.integers(0, 60), st.none() | st.integers(0, 60))
def test_the_most_a_buyer_can_take_is_allowed_and_one_more_is_not(
    limit: int | None, already: int, left: int | None
) -> None:
    top = most(limit, already, left)
    assert top == 0 or allowed(limit, already, top)
    assert not allowed(limit, already, top + 1) or top == left


def test_packs_are_counted_in_base_units_exactly() -> None:
    assert str(base_quantity(500, 20_000)) == "10000"
    assert str(base_quantity(6000, 500)) == "3000"
    assert str(base_quantity(3, 500)) == "1.5"
    assert str(base_quantity(0, 500)) == "0"


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_base_units_never_round(packs: int, milli: int) -> None:
    assert base_quantity(packs, milli) * 1000 == packs * milli


@pytest.mark.parametrize(
    ("size", "milli"), [("20", 20_000), ("0.5", 500), ("2.5", 2500), ("0.001", 1), ("1.000", 1000)]
)
def test_a_pack_size_is_kept_in_thousandths(size: str, milli: int) -> None:
    assert pack_milli(size) == milli


@pytest.mark.parametrize("size", ["", "0", "-1", "0.0001", "twenty", "nan", "inf", "1e9", "1e999999", "1,5"])
def test_a_senseless_pack_size_is_none(size: str) -> None:
    assert pack_milli(size) is None


def test_an_unlimited_lot_never_sells_out() -> None:
    assert free(None, 10**9) is None
    assert not is_sold_out(None, 10**9)
    assert free(500, 490) == 10
    assert is_sold_out(500, 500)
    assert base_quantity(1, pack_milli("0.5") or 0) == Decimal("0.5")
