"""Reports: products summed in base units."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shop.statements import SoldRow, report


def sold(code: str, packs: int, pack_milli: int, price: int, left: int | None = 0) -> SoldRow:
    return SoldRow(
        code=code,
        names={"en": code.lower()},
        base_units={"en": "kg"},
        pack_milli=pack_milli,
        packs=packs,
        amount=packs * price,
        left=left,
    )


def test_each_product_is_counted_in_base_units() -> None:
    result = report([sold("EGG", 500, 20_000, 3600), sold("HONEY", 1000, 500, 5900, left=3)])
    assert [(line.code, str(line.quantity), str(line.left)) for line in result.lines] == [
        ("EGG", "10000", "0"),
        ("HONEY", "500", "1.5"),
    ]
    assert result.turnover == 500 * 3600 + 1000 * 5900


def test_offers_of_one_product_are_put_together_whatever_their_pack_and_price() -> None:
    result = report(
        [sold("EGG", 1, 20_000, 3600, left=2), sold("RICE", 1, 5000, 1), sold("EGG", 2, 30_000, 5000, left=1)]
    )
    egg = result.lines[0]
    assert (egg.packs, egg.quantity, egg.amount, egg.left) == (3, Decimal(80), 13_600, Decimal(70))
    assert [line.code for line in result.lines] == ["EGG", "RICE"]


def test_one_unlimited_offer_makes_the_product_unlimited() -> None:
    rows = [sold("EGG", 1, 1000, 1, left=5), sold("EGG", 1, 1000, 1, left=None), sold("EGG", 1, 1000, 1, left=5)]
    assert report(rows).lines[0].left is None


def test_what_sold_nothing_is_listed_but_not_as_sold() -> None:
    result = report([sold("EGG", 0, 1000, 1, left=5), sold("RICE", 1, 1000, 1)])
    assert [line.code for line in result.lines] == ["EGG", "RICE"]
    assert [line.code for line in result.sold] == ["RICE"]


rows = st.builds(
    sold,
    st.sampled_from(["A", "B", "C"]),
    st.integers(0, 10**6),
    st.integers(1, 10**6),
    st.integers(0, 10**6),
    st.none() | st.integers(0, 10**6),
)


@given(st.lists(rows))
def test_nothing_is_lost_in_the_sums(sales: list[SoldRow]) -> None:
    result = report(sales)
    assert result.turnover == sum(row.amount for row in sales)
    assert sum(line.quantity for line in result.lines) * 1000 == sum(row.packs * row.pack_milli for row in sales)
