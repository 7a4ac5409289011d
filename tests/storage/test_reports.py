"""Reports: counted from orders as they stand, in base units."""

from decimal import Decimal

from storage import reports
from storage.connection import Tx
from storage.reports import StreamReport
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI


def a_stream(tx: Tx) -> tuple[int, int, int]:
    """A stream that sells eggs (500 boxes of 20) and noodles without end, each from its own supplier."""
    seed.staff_and_viewers(tx)
    stream = seed.stream(tx, status="live")
    eggs = seed.offer(tx, stream, seed.product(tx, seed.supplier(tx)), quantity=500)
    noodles = seed.product(tx, seed.supplier(tx, "Noodle Works"), "RICE", price=7800)
    tx.run(
        """UPDATE products SET pack_milli = 500, base_units = '{"en":"kg","zh":"公斤"}' WHERE id = :id""", id=noodles
    )
    return stream, eggs, seed.offer(tx, stream, noodles, quantity=None)


async def of(store: Store, stream: int) -> StreamReport:
    found = await store.read(reports.view, stream)
    assert found is not None
    return found


async def test_sold_is_what_paid_and_completed_orders_hold(store: Store) -> None:
    def act(tx: Tx) -> int:
        stream, eggs, noodles = a_stream(tx)
        for buyer, offer, units, status in (
            (ANN, eggs, 3, "paid"),
            (BEN, eggs, 2, "completed"),
            (CAI, noodles, 3, "paid"),
            (ANN, eggs, 50, "pending"),
            (BEN, eggs, 60, "expired"),
            (CAI, eggs, 70, "cancelled"),
        ):
            seed.order(tx, buyer, offer, units, status=status)
        tx.run("UPDATE offers SET taken = 55 WHERE id = :id", id=eggs)
        other = seed.offer(tx, seed.stream(tx, "OTHER"), 1)
        seed.order(tx, ANN, other, 9, status="paid")
        return stream

    report = await of(store, await store.write(act))
    eggs, noodles = report.goods.lines
    assert (eggs.quantity, eggs.amount, eggs.left) == (Decimal(100), 5 * 3600, Decimal(8900))
    assert (noodles.quantity, noodles.left) == (Decimal("1.5"), None)
    assert (report.orders, report.turnover) == (3, 5 * 3600 + 3 * 7800)
    assert (report.unpaid, report.under_review, report.expired, report.cancelled) == (1, 0, 1, 1)


async def test_orders_of_what_did_not_sell_out_are_counted_once_each(store: Store) -> None:
    def act(tx: Tx) -> int:
        stream, eggs, noodles = a_stream(tx)
        tx.run("UPDATE offers SET quantity = 3, taken = 3 WHERE id = :id", id=eggs)
        for buyer, offer, status in (
            (ANN, eggs, "paid"),
            (BEN, noodles, "completed"),
            (CAI, noodles, "paid"),
            (ANN, noodles, "pending"),
        ):
            seed.order(tx, buyer, offer, 1, status=status)
        return stream

    report = await of(store, await store.write(act))
    assert [line.code for line in report.goods.sold_out] == ["EGG"]
    assert (report.orders, report.further) == (3, 2)


async def test_an_order_with_an_undecided_receipt_is_under_review_and_not_unpaid(store: Store) -> None:
    def act(tx: Tx) -> int:
        stream, eggs, _ = a_stream(tx)
        for number, status in enumerate(("rejected", "submitted"), start=1):
            if number == 1:
                order = seed.order(tx, ANN, eggs, 1)
            tx.run(
                "INSERT INTO payments (order_id, number, method, amount, currency, status, submitted_at, decided_at)"
                " VALUES (:order, :number, 'WeChat Pay', 3600, 'CNY', :status, :now, :decided)",
                order=order,
                number=number,
                status=status,
                now=NOON,
                decided=None if status == "submitted" else NOON,
            )
        seed.order(tx, BEN, eggs, 1)
        return stream

    report = await of(store, await store.write(act))
    assert (report.unpaid, report.under_review, report.orders, report.turnover) == (1, 1, 0, 0)
    assert report.goods.sold == ()


async def test_goods_a_supplier_could_not_send_are_not_sold_and_their_refund_is_shown(store: Store) -> None:
    def act(tx: Tx) -> int:
        stream, eggs, _ = a_stream(tx)
        order = seed.order(tx, ANN, eggs, 2, status="paid")
        seed.shipment(tx, order, 1, "failed")
        for number, (amount, status) in enumerate(((7200, "owed"), (100, "done"), (50, "done")), start=1):
            tx.run(
                "INSERT INTO refunds (order_id, number, amount, currency, status, reason, created_at, done_at)"
                " VALUES (:order, :number, :amount, 'CNY', :status, 'cannot_supply', :now, :done)",
                order=order,
                number=number,
                amount=amount,
                status=status,
                now=NOON,
                done=NOON if status == "done" else None,
            )
        return stream

    report = await of(store, await store.write(act))
    assert report.goods.sold == ()
    assert (report.refunds_owed, report.refunds_owed_amount) == (1, 7200)
    assert (report.refunds_done, report.refunds_done_amount) == (2, 150)


async def test_a_stream_without_anything_has_an_empty_report(store: Store) -> None:
    def act(tx: Tx) -> int:
        seed.staff_and_viewers(tx)
        return seed.stream(tx)

    report = await of(store, await store.write(act))
    assert (report.goods.lines, report.orders, report.turnover, report.refunds_owed_amount) == ((), 0, 0, 0)
    assert await store.read(reports.view, 99) is None


async def test_reports_are_counted_by_index(store: Store) -> None:
    assert_no_scan(store.path, reports._ORDERS, stream=1)
    assert_no_scan(store.path, reports._REFUNDS, stream=1)
    assert_no_scan(store.path, reports._GOODS, stream=1)
    assert_no_scan(store.path, reports._FURTHER, stream=1)
