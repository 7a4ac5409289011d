"""The race for the last use of a code and the last pack at a flash price: as many are given as there are.

With negative controls: without the safeguards the same race gives more.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from shop.coupons import Terms
from storage import addresses, checkouts, coupons, dialogs, discounts, endings, givingcodes, specials
from storage.checkouts import Placed
from storage.connection import Tx
from storage.givingcodes import CodeTaken
from storage.store import Store
from tests.clock import NOON
from tests.crash.test_race import kinds
from tests.storage import seed, trade
from tests.storage.seed import HOST
from tests.storage.trade import POLICY

BUYERS = range(10_001, 10_101)
LAST = 5


def crowd(tx: Tx, terms: Terms | None = None) -> dict[int, int]:
    """A hundred people at their summary, a code given or a flash price shown; buyer -> checkout."""
    stall = trade.stall(tx, eggs=None)
    if terms is None:
        specials.start_flash(tx, actor=HOST, offer_id=stall.eggs, price=2900, minutes=10, quantity=LAST, now=NOON)
    else:
        coupons.make(tx, actor=HOST, terms=terms, currency="CNY", starts_at=NOON, ends_at=None, now=NOON)
    tapping: dict[int, int] = {}
    for buyer in BUYERS:
        addresses.save(tx, actor=seed.person(tx, buyer), address=trade.HOME, now=NOON)
        tapping[buyer] = trade.checkout(tx, buyer, (stall.eggs, 1))
        if terms is not None:
            given = givingcodes.give_code(
                tx, actor=buyer, dialog=_dialog(tx, tapping[buyer]), text=terms.code, summary_step="summary", now=NOON
            )
            assert isinstance(given, CodeTaken), given
    return tapping


def _dialog(tx: Tx, id_: int) -> dialogs.Dialog:
    found = dialogs.view(tx, id_)
    assert found is not None
    return found


async def place(store: Store, buyer: int, checkout: int, shown: int) -> object:
    return await store.write(
        checkouts.place,
        actor=buyer,
        checkout=checkout,
        terms="v1",
        method="Pay",
        policy=POLICY,
        now=NOON,
        shown=shown,
    )


async def assert_fits(store: Store) -> None:
    await trade.assert_books_agree(store)
    assert await store.read(lambda tx: list(discounts.recount(tx))) == []


CASES = [(Terms(code="LAST", amount=500, uses=LAST), 3100), (None, 2900)]


@pytest.mark.parametrize("stores", [1, 3], ids=["one store", "three stores on one file"])
@pytest.mark.parametrize(("terms", "shown"), CASES, ids=["code", "flash price"])
async def test_as_many_get_the_special_price_as_there_are_and_nobody_pays_more_than_shown(
    tmp_path: Path, terms: Terms | None, shown: int, stores: int
) -> None:
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(await Store.open(tmp_path / "s.db", synchronous="NORMAL", now=NOON))
            for _ in range(stores)
        ]
        tapping = await opened[0].write(crowd, terms)
        outcomes = await asyncio.gather(
            *(
                place(opened[n % stores], buyer, checkout, shown)
                for n, (buyer, checkout) in enumerate(tapping.items())
            )
        )
        assert kinds(list(outcomes)) == {"Placed": LAST, "Outdated": len(BUYERS) - LAST}
        assert await trade.book(opened[0], "SELECT count(*) FROM orders WHERE total = :t", t=shown) == LAST
        assert await trade.book(opened[0], "SELECT count(*) FROM orders") == LAST
        await assert_fits(opened[0])


@pytest.mark.parametrize(("terms", "shown"), CASES, ids=["code", "flash price"])
async def test_what_a_cancelled_or_expired_order_gives_back_goes_to_somebody_else_and_to_one_only(
    tmp_path: Path, terms: Terms | None, shown: int
) -> None:
    async with await Store.open(tmp_path / "s.db", synchronous="NORMAL", now=NOON) as store:
        tapping = await store.write(crowd, terms)
        few_at_once = asyncio.Semaphore(10)  # all at once would have tapped before the first could cancel

        async def tap(buyer: int, checkout: int) -> object:
            async with few_at_once:
                return await order_and_leave(buyer, checkout)

        async def order_and_leave(buyer: int, checkout: int) -> object:
            outcome = await place(store, buyer, checkout, shown)
            if isinstance(outcome, Placed) and outcome.order_id % 2:
                await store.write(endings.cancel, actor=buyer, order_id=outcome.order_id, now=NOON)
            elif isinstance(outcome, Placed) and outcome.order_id % 3 == 0:
                await store.write(
                    lambda tx: tx.run("UPDATE orders SET hold_until = 1 WHERE id = :o", o=outcome.order_id)
                )
                await store.write(endings.expire_due, now=NOON)
            return outcome

        outcomes = await asyncio.gather(*(tap(buyer, checkout) for buyer, checkout in tapping.items()))
        live = await trade.book(store, "SELECT count(*) FROM orders WHERE status = 'pending'")
        assert isinstance(live, int)
        assert live <= LAST < kinds(list(outcomes))["Placed"]
        await assert_fits(store)


async def test_one_buyer_at_two_tills_uses_a_code_for_one_use_each_once(tmp_path: Path) -> None:
    """A checkout is one row per person, so the second order is placed by hand beside the first."""
    async with AsyncExitStack() as stack:
        one, two = [
            await stack.enter_async_context(await Store.open(tmp_path / "s.db", synchronous="NORMAL", now=NOON))
            for _ in range(2)
        ]
        buyer = seed.ANN

        def prepared(tx: Tx) -> tuple[int, int, int]:
            stall = trade.stall(tx)
            made = coupons.make(
                tx,
                actor=HOST,
                terms=Terms(code="MINE", percent=10, per_buyer=1),
                currency="CNY",
                starts_at=NOON,
                ends_at=None,
                now=NOON,
            )
            assert isinstance(made, coupons.Made)
            return made.coupon_id, trade.place(tx, buyer, (stall.eggs, 1)), trade.place(tx, buyer, (stall.rice, 1))

        coupon, *both = await one.write(prepared)

        def use(tx: Tx, order: int) -> bool:
            is_used = coupons.use(tx, coupon, buyer, order)
            if is_used:
                tx.run("UPDATE orders SET coupon_id = :c WHERE id = :o", c=coupon, o=order)
            return is_used

        outcomes = await asyncio.gather(
            *(store.write(use, order) for store, order in zip((one, two), both, strict=True))
        )
        assert sorted(outcomes) == [False, True]
        assert await trade.book(one, "SELECT used FROM coupons") == 1


async def test_trusting_what_was_read_beforehand_gives_more_than_there_is(tmp_path: Path) -> None:
    """Negative control: a table without the CHECK, an act without the condition."""
    async with await Store.open(tmp_path / "s.db", synchronous="NORMAL", now=NOON) as store:
        await store.write(lambda tx: tx.run("CREATE TABLE careless (uses INTEGER, used INTEGER) STRICT"))
        await store.write(lambda tx: tx.run("INSERT INTO careless VALUES (:uses, 0)", uses=LAST))
        everybody_has_looked = asyncio.Barrier(len(BUYERS))

        async def tap() -> None:
            left = await store.read(lambda tx: tx.value("SELECT uses - used FROM careless"))
            await everybody_has_looked.wait()
            if left > 0:
                await store.write(lambda tx: tx.run("UPDATE careless SET used = used + 1"))

        await asyncio.gather(*(tap() for _ in BUYERS))
        assert await trade.book(store, "SELECT used FROM careless") == len(BUYERS)


CARELESS: list[tuple[Terms | None, str, Callable[[Tx], int]]] = [
    (CASES[0][0], "never_over_used", lambda tx: tx.run("UPDATE coupons SET used = used + 1")),
    (None, "never_over_the_flash", lambda tx: tx.run("UPDATE flashes SET taken = taken + 1")),
]


@pytest.mark.parametrize(("terms", "check", "careless"), CARELESS, ids=["code", "flash price"])
async def test_without_the_condition_the_check_still_stops_the_next(
    tmp_path: Path, terms: Terms | None, check: str, careless: Callable[[Tx], int]
) -> None:
    async with await Store.open(tmp_path / "s.db", synchronous="NORMAL", now=NOON) as store:
        await store.write(crowd, terms)
        outcomes = await asyncio.gather(*(store.write(careless) for _ in BUYERS), return_exceptions=True)
        stopped = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert len(stopped) == len(BUYERS) - LAST
        assert all(check in str(error) for error in stopped)
