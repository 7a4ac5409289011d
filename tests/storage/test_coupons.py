"""Codes in the books: made and stopped by hosts, used by buyers, their uses counted and given back."""

import sqlite3

import pytest

from shop.coupons import MOST_WRONG, PAUSE_MS, CouponFault, Terms
from storage import checkouts, coupons, dialogs, discounts, endings, erasures, givingcodes, orders, payments
from storage.checkouts import Placed
from storage.clock import DAY, HOUR
from storage.connection import Tx
from storage.coupons import AlreadyOver, Made, NoSuchProduct, Stopped
from storage.givingcodes import CodeRefused, CodeTaken, CodeUnknown
from storage.people import NotAllowed, NotFound
from storage.quotes import Outdated
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST
from tests.storage.trade import POLICY, Stall

SPRING = Terms(code="SPRING10", percent=10)


@pytest.fixture
async def stall(store: Store) -> Stall:
    return await store.write(lambda tx: trade.stall(tx))


def make(tx: Tx, terms: Terms = SPRING, *, starts_at: int = NOON, ends_at: int | None = None) -> int:
    made = coupons.make(tx, actor=HOST, terms=terms, currency="CNY", starts_at=starts_at, ends_at=ends_at, now=NOON)
    assert isinstance(made, Made), made
    return made.coupon_id


def give(tx: Tx, buyer: int, text: str, *lines: tuple[int, int], now: int = NOON) -> tuple[int, object]:
    """A checkout, and what becomes of a code typed in it."""
    dialog = dialogs.view(tx, trade.checkout(tx, buyer, *lines))
    assert dialog is not None
    outcome = givingcodes.give_code(tx, actor=buyer, dialog=dialog, text=text, summary_step="summary", now=now)
    return dialog.id, outcome


def order_with(
    tx: Tx, buyer: int, text: str, *lines: tuple[int, int], shown: int | None = None, now: int = NOON
) -> object:
    """An order with a code, placed."""
    checkout, outcome = give(tx, buyer, text, *lines, now=now)
    assert isinstance(outcome, CodeTaken), outcome
    return checkouts.place(
        tx, actor=buyer, checkout=checkout, terms="v1", method="Pay", policy=POLICY, now=now, shown=shown
    )


async def used(store: Store, id_: int) -> object:
    return await trade.book(store, "SELECT used FROM coupons WHERE id = :id", id=id_)


async def assert_fits(store: Store) -> None:
    await trade.assert_books_agree(store)
    assert await store.read(lambda tx: list(discounts.recount(tx))) == []


async def test_a_code_is_shared_over_its_lines_and_frozen(store: Store, stall: Stall) -> None:
    id_ = await store.write(make)
    placed = await store.write(order_with, ANN, " spring10 ", (stall.eggs, 1), (stall.rice, 1))
    assert isinstance(placed, Placed)
    found = await store.read(orders.view, placed.order_id)
    assert found is not None
    assert [[(one.code, one.amount) for one in line.specials] for line in found.lines] == [
        [("SPRING10", 360)],
        [("SPRING10", 100)],
    ]
    assert (found.total, await used(store, id_)) == (4140, 1)
    await assert_fits(store)


@pytest.mark.parametrize("way", ["cancelled", "expired"])
async def test_an_order_that_is_over_gives_its_use_back_and_late_money_takes_it_again(
    store: Store, stall: Stall, way: str
) -> None:
    id_ = await store.write(make, Terms(code="ONCE", amount=500, uses=1))
    placed = await store.write(order_with, ANN, "ONCE", (stall.eggs, 1))
    assert isinstance(placed, Placed)
    if way == "cancelled":
        await store.write(endings.cancel, actor=ANN, order_id=placed.order_id, now=NOON)
        assert await used(store, id_) == 0
    else:
        await store.write(endings.expire_due, now=NOON + HOUR)
        assert await used(store, id_) == 0
        await store.write(trade.pay, ANN, placed.order_id, now=NOON + HOUR)
        assert await trade.status(store, placed.order_id) == "paid"
        assert await used(store, id_) == 1
    await assert_fits(store)


async def test_late_money_goes_back_when_the_last_use_is_somebody_elses(store: Store, stall: Stall) -> None:
    id_ = await store.write(make, Terms(code="ONCE", amount=500, uses=1))
    placed = await store.write(order_with, ANN, "ONCE", (stall.eggs, 1))
    assert isinstance(placed, Placed)
    await store.write(endings.expire_due, now=NOON + HOUR)
    assert isinstance(await store.write(order_with, BEN, "ONCE", (stall.eggs, 1), now=NOON + HOUR), Placed)
    confirmed = await store.write(trade.pay, ANN, placed.order_id, now=NOON + HOUR)
    assert isinstance(confirmed, payments.Confirmed)
    assert await trade.status(store, placed.order_id) == "expired"
    assert await trade.book(store, "SELECT amount FROM refunds") == 3100
    assert await used(store, id_) == 1
    await assert_fits(store)


@pytest.mark.parametrize(
    ("terms", "now", "why"),
    [
        (Terms(code="SOON", percent=10), NOON - 1, CouponFault.TOO_EARLY),
        (Terms(code="SOON", percent=10), NOON + DAY, CouponFault.OVER),
        (Terms(code="RICE", percent=10, products=("RICE",)), NOON, CouponFault.OTHER_GOODS),
    ],
)
async def test_a_code_that_takes_nothing_off_now_says_why(
    store: Store, stall: Stall, terms: Terms, now: int, why: CouponFault
) -> None:
    await store.write(make, terms, ends_at=NOON + DAY)
    _, outcome = await store.write(give, ANN, terms.code, (stall.eggs, 1), now=now)
    assert outcome == CodeRefused(fault=why, code=terms.code)


async def test_a_code_used_up_by_others_and_one_used_up_by_oneself_are_told_apart(store: Store, stall: Stall) -> None:
    await store.write(make, Terms(code="TWO", percent=10, uses=2, per_buyer=1))
    await store.write(order_with, ANN, "TWO", (stall.eggs, 1))
    assert (await store.write(give, ANN, "TWO", (stall.eggs, 1)))[1] == CodeRefused(
        fault=CouponFault.USED_BY_YOU, code="TWO"
    )
    await store.write(order_with, BEN, "TWO", (stall.eggs, 1))
    assert (await store.write(give, CAI, "TWO", (stall.eggs, 1)))[1] == CodeRefused(
        fault=CouponFault.USED_UP, code="TWO"
    )


async def test_a_code_that_ends_before_the_order_is_placed_is_never_silently_dropped(
    store: Store, stall: Stall
) -> None:
    await store.write(make, ends_at=NOON + HOUR)
    checkout, _ = await store.write(give, ANN, "SPRING10", (stall.eggs, 1))

    async def place(shown: int) -> object:
        return await store.write(
            checkouts.place,
            actor=ANN,
            checkout=checkout,
            terms="v1",
            method="Pay",
            policy=POLICY,
            now=NOON + HOUR,
            shown=shown,
        )

    assert isinstance(await place(3240), Outdated)
    placed = await place(3600)
    assert isinstance(placed, Placed)
    assert await trade.book(store, "SELECT coupon_id IS NULL FROM orders") == 1
    await assert_fits(store)


async def test_after_five_wrong_codes_no_more_are_looked_at_for_a_while(store: Store, stall: Stall) -> None:
    await store.write(make)
    for _ in range(MOST_WRONG):
        assert isinstance((await store.write(give, ANN, "WRONG", (stall.eggs, 1)))[1], CodeUnknown)
    paused = CodeRefused(fault=CouponFault.PAUSED, code="")
    assert (await store.write(give, ANN, "SPRING10", (stall.eggs, 1), now=NOON + 1))[1] == paused
    assert isinstance((await store.write(give, BEN, "SPRING10", (stall.eggs, 1)))[1], CodeTaken)
    _, again = await store.write(give, ANN, "SPRING10", (stall.eggs, 1), now=NOON + PAUSE_MS)
    assert isinstance(again, CodeTaken)


async def test_guesses_in_the_chat_are_bounded_too_and_block_nobody_at_the_summary(
    store: Store, stall: Stall
) -> None:
    await store.write(make)
    for _ in range(MOST_WRONG):
        assert await store.write(coupons.spoken, ANN, "hello", NOON) is None
    assert await store.write(coupons.spoken, ANN, "SPRING10", NOON) is None
    assert await store.write(coupons.spoken, BEN, "SPRING10", NOON) is not None
    assert isinstance((await store.write(give, ANN, "SPRING10", (stall.eggs, 1)))[1], CodeTaken)
    assert await store.write(coupons.forget_tries, NOON + PAUSE_MS) == 1


async def test_only_hosts_make_and_stop_codes(store: Store, stall: Stall) -> None:
    del stall
    made = await store.write(
        coupons.make, actor=CASHIER, terms=SPRING, currency="CNY", starts_at=NOON, ends_at=None, now=NOON
    )
    assert isinstance(made, NotAllowed)
    id_ = await store.write(make)
    assert isinstance(await store.write(coupons.stop, actor=ANN, coupon_id=id_, now=NOON), NotAllowed)
    outcomes = [await store.write(coupons.stop, actor=HOST, coupon_id=id_, now=NOON) for _ in range(2)]
    assert [type(outcome) for outcome in outcomes] == [Stopped, AlreadyOver]
    assert isinstance(await store.write(coupons.stop, actor=HOST, coupon_id=99, now=NOON), NotFound)


async def test_a_stopped_code_stays_with_orders_that_have_it_and_is_never_made_anew(
    store: Store, stall: Stall
) -> None:
    id_ = await store.write(make)
    placed = await store.write(order_with, ANN, "SPRING10", (stall.eggs, 1))
    assert isinstance(placed, Placed)
    await store.write(coupons.stop, actor=HOST, coupon_id=id_, now=NOON)
    await store.write(trade.pay, ANN, placed.order_id)
    assert await trade.book(store, "SELECT total FROM orders WHERE status = 'paid'") == 3240
    again = await store.write(
        coupons.make, actor=HOST, terms=SPRING, currency="CNY", starts_at=NOON, ends_at=None, now=NOON
    )
    assert again == coupons.CodeTaken(coupon_id=id_)


async def test_a_code_for_a_product_there_is_not_is_refused_whole(store: Store, stall: Stall) -> None:
    del stall
    terms = Terms(code="NEW", percent=10, products=("EGG", "NONE"))
    made = await store.write(
        coupons.make, actor=HOST, terms=terms, currency="CNY", starts_at=NOON, ends_at=None, now=NOON
    )
    assert made == NoSuchProduct(code="NONE")
    assert await trade.book(store, "SELECT count(*) FROM coupons") == 0


async def test_a_code_that_pays_for_everything_makes_a_free_order(store: Store, stall: Stall) -> None:
    await store.write(make, Terms(code="GIFT", amount=100_000))
    placed = await store.write(order_with, ANN, "GIFT", (stall.eggs, 1), (stall.rice, 2), shown=0)
    assert isinstance(placed, Placed)
    assert await trade.status(store, placed.order_id) == "paid"
    assert await trade.book(store, "SELECT count(*) FROM shipments") == 2
    await assert_fits(store)


async def test_wrong_codes_of_somebody_who_is_erased_go(store: Store, stall: Stall) -> None:
    await store.write(make)
    await store.write(give, CAI, "WRONG", (stall.eggs, 1))
    await store.write(erasures.erase, person=CAI, now=NOON)
    assert await trade.book(store, "SELECT count(*) FROM coupon_tries") == 0


async def test_the_table_itself_refuses_more_uses_than_there_are(store: Store, stall: Stall) -> None:
    del stall
    id_ = await store.write(make, Terms(code="ONCE", percent=1, uses=1))
    with pytest.raises(sqlite3.IntegrityError, match="never_over_used"):
        await store.write(lambda tx: tx.run("UPDATE coupons SET used = 2 WHERE id = :id", id=id_))


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        (coupons._BY_BUYER, {"coupon": 1, "buyer": 1, "order": 1}),
        (coupons._PRODUCTS, {"coupon": 1}),
        (coupons._USE, {"coupon": 1, "buyer": 1, "order": 1}),
        (coupons._GIVE_BACK, {"coupon": 1}),
        (coupons._TRIES, {"person": 1, "place": "chat"}),
        (coupons._FORGET, {"stale": 1}),
        ("SELECT * FROM coupons WHERE code = :code", {"code": "A"}),
    ],
)
async def test_hot_statements_find_their_rows_by_an_index(store: Store, sql: str, values: dict[str, object]) -> None:
    assert_no_scan(store.path, sql, **values)
