"""What is taken off: for each line the best of flash price and price by quantity, then one code."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.discounts import FlashPrice, Item, Reduction, SpecialKind, Step, discounts, taken_off
from shop.money import decimal
from shop.quotes import Line, sums

EGGS = Item(offer=1, product=11, quantity=3, unit_price=3600)
RICE = Item(offer=2, product=12, quantity=1, unit_price=1000)
FLASH = FlashPrice(id=7, price=2900, left=2)


def off(*items: Item, reduction: Reduction | None = None) -> list[int]:
    return [taken_off(specials) for specials in discounts(items, reduction)]


def test_a_flash_price_holds_for_as_many_packs_as_are_left() -> None:
    (special,) = discounts([replace(EGGS, flash=FLASH)])[0]
    assert (special.kind, special.units, special.amount, special.flash) == (SpecialKind.FLASH, 2, 1400, 7)


def test_a_flash_price_without_a_quantity_holds_for_all() -> None:
    assert off(replace(EGGS, flash=replace(FLASH, left=None))) == [2100]


def test_a_flash_price_that_is_used_up_takes_nothing_off() -> None:
    assert discounts([replace(EGGS, flash=replace(FLASH, left=0))]) == [()]


def test_two_lines_of_one_offer_share_its_flash_price() -> None:
    one = replace(EGGS, quantity=1, flash=replace(FLASH, left=1))
    assert sorted(off(one, one)) == [0, 700]


def test_from_two_on_each_costs_half_of_two() -> None:
    step = Step(quantity=2, price=6600)
    assert off(replace(EGGS, quantity=1, steps=(step,))) == [0]
    assert off(replace(EGGS, quantity=2, steps=(step,))) == [600]
    assert off(replace(EGGS, quantity=5, steps=(step,))) == [1500]


def test_a_price_that_does_not_divide_is_rounded_down_for_the_line() -> None:
    assert Step(quantity=3, price=10_000).total(4) == 13_333


def test_each_line_gets_the_better_of_flash_and_quantity_never_both() -> None:
    steps = (Step(quantity=2, price=6600), Step(quantity=3, price=9000))
    best = discounts([replace(EGGS, flash=FLASH, steps=steps)])[0]
    assert [(special.kind, special.amount, special.threshold) for special in best] == [(SpecialKind.STEPS, 1800, 3)]
    best = discounts([replace(EGGS, flash=replace(FLASH, price=1000), steps=steps)])[0]
    assert [(special.kind, special.amount) for special in best] == [(SpecialKind.FLASH, 5200)]


def test_a_code_comes_on_top_of_what_is_left() -> None:
    tenth = Reduction(code="SPRING10", percent=10)
    assert off(replace(EGGS, flash=FLASH), RICE, reduction=tenth) == [1400 + 940, 100]


def test_a_code_for_some_products_leaves_the_others() -> None:
    assert off(EGGS, RICE, reduction=Reduction(code="RICE", percent=50, products=frozenset({12}))) == [0, 500]


def test_an_amount_never_exceeds_the_goods_it_is_for() -> None:
    much = Reduction(code="BIG", amount=99_999, products=frozenset({12}))
    assert off(EGGS, RICE, reduction=much) == [0, 1000]


@pytest.mark.parametrize(
    ("currency", "price", "percent", "taken"),
    [("JPY", 999, 10, "99"), ("KWD", 1255, 10, "0.125"), ("CNY", 1255, 10, "1.25"), ("CNY", 5, 10, "0.00")],
)
def test_percentages_are_rounded_down_to_the_minor_unit_of_the_currency(
    currency: str, price: int, percent: int, taken: str
) -> None:
    found = off(replace(RICE, unit_price=price), reduction=Reduction(code="P", percent=percent))
    assert decimal(found[0], currency) == taken


PRICES = st.integers(0, 10_000_000)


@st.composite
def baskets(draw: st.DrawFn) -> list[Item]:
    offers = draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))
    flashes = {
        offer: draw(
            st.none() | st.builds(FlashPrice, id=st.just(offer), price=PRICES, left=st.none() | st.integers(0, 20))
        )
        for offer in set(offers)
    }
    steps = {
        offer: tuple(draw(st.lists(st.builds(Step, quantity=st.integers(2, 9), price=PRICES), max_size=3)))
        for offer in set(offers)
    }
    return [
        Item(
            offer=offer,
            product=10 + offer,
            quantity=draw(st.integers(1, 50)),
            unit_price=draw(PRICES),
            flash=flashes[offer],
            steps=steps[offer],
        )
        for offer in offers
    ]


CODES = st.none() | st.one_of(
    st.builds(Reduction, code=st.just("C"), percent=st.integers(1, 100)),
    st.builds(Reduction, code=st.just("C"), amount=st.integers(1, 10**9)),
    st.builds(Reduction, code=st.just("C"), percent=st.integers(1, 100), products=st.just(frozenset({11, 13}))),
)


@given(baskets(), CODES)
def test_no_line_goes_below_nothing_and_lines_come_to_the_total(items: list[Item], code: Reduction | None) -> None:
    given_ = off(*items, reduction=code)
    lines = [
        Line(quantity=item.quantity, unit_price=item.unit_price, discount=each)
        for item, each in zip(items, given_, strict=True)
    ]
    assert sum(line.total for line in lines) == sums(lines).total >= 0


@given(baskets(), CODES)
def test_nobody_pays_more_for_a_special_offer(items: list[Item], code: Reduction | None) -> None:
    plain = [replace(item, flash=None, steps=()) for item in items]
    assert sum(off(*items)) >= 0
    assert sum(off(*items, reduction=code)) >= sum(off(*items)) >= sum(off(*plain)) == 0


@given(baskets(), CODES, st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(items: list[Item], code: Reduction | None, random: object) -> None:
    turned = list(items)
    random.shuffle(turned)  # type: ignore[attr-defined]
    first = sorted(zip(map(repr, items), off(*items, reduction=code), strict=True))
    second = sorted(zip(map(repr, turned), off(*turned, reduction=code), strict=True))
    assert first == second


@given(baskets(), CODES)
def test_no_more_packs_go_at_the_flash_price_than_are_left(items: list[Item], code: Reduction | None) -> None:
    units: dict[int, int] = {}
    for specials in discounts(items, code):
        for special in specials:
            if special.flash is not None:
                units[special.flash] = units.get(special.flash, 0) + special.units
    left = {item.flash.id: item.flash.left for item in items if item.flash is not None}
    assert all(left[flash] is None or taken <= (left[flash] or 0) for flash, taken in units.items())
