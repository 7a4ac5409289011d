"""Orders, payments and shipments: states, sums, what is derived."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop import orders, payments, shipments
from shop.orders import LATE_RECEIPT_MS, OrderStatus, can, outcome_of_shipments
from shop.payments import PaymentStatus, refund_due
from shop.shipments import ShipmentStatus as Ship

money = st.integers(0, 10**9)


def test_an_order_moves_only_as_the_design_says() -> None:
    moves = {(a.value, b.value) for a in OrderStatus for b in OrderStatus if can(a, b)}
    assert moves == {
        ("pending", "paid"),
        ("pending", "expired"),
        ("pending", "cancelled"),
        ("paid", "completed"),
        ("paid", "cancelled"),
        ("expired", "paid"),
    }


def test_a_decided_payment_stays_decided() -> None:
    assert payments.can(PaymentStatus.SUBMITTED, PaymentStatus.CONFIRMED)
    assert payments.can(PaymentStatus.SUBMITTED, PaymentStatus.REJECTED)
    assert not any(payments.can(PaymentStatus.CONFIRMED, status) for status in PaymentStatus)
    assert not any(payments.can(PaymentStatus.REJECTED, status) for status in PaymentStatus)


def test_a_shipment_goes_forward_and_ends_delivered_short_or_failed() -> None:
    assert {status for status in Ship if status.is_final} == {Ship.DELIVERED, Ship.SHORT, Ship.FAILED}
    assert shipments.can(Ship.REQUESTED, Ship.ACCEPTED)
    assert shipments.can(Ship.REQUESTED, Ship.SHIPPED)
    assert not shipments.can(Ship.SHIPPED, Ship.ACCEPTED)
    assert not shipments.can(Ship.REQUESTED, Ship.DELIVERED)


def test_an_order_completes_once_everything_ended_and_something_arrived() -> None:
    assert outcome_of_shipments([Ship.DELIVERED, Ship.FAILED]) is OrderStatus.COMPLETED
    assert outcome_of_shipments([Ship.SHORT, Ship.FAILED]) is OrderStatus.COMPLETED
    assert outcome_of_shipments([Ship.DELIVERED, Ship.SHIPPED]) is None
    assert outcome_of_shipments([]) is None


def test_an_order_of_which_nothing_arrived_is_cancelled() -> None:
    assert outcome_of_shipments([Ship.FAILED, Ship.FAILED]) is OrderStatus.CANCELLED


def test_only_a_pending_order_with_proof_is_under_review() -> None:
    assert orders.is_under_review(OrderStatus.PENDING, submitted_payments=1)
    assert not orders.is_under_review(OrderStatus.PENDING, submitted_payments=0)
    assert not orders.is_under_review(OrderStatus.EXPIRED, submitted_payments=1)


def test_a_buyer_has_at_most_three_orders_under_review() -> None:
    assert orders.may_send_for_review(2)
    assert not orders.may_send_for_review(3)


def test_a_receipt_is_late_only_after_a_day() -> None:
    def taken(now: int) -> bool:
        return orders.takes_receipts(OrderStatus.EXPIRED, expired_at=0, now=now)

    assert taken(LATE_RECEIPT_MS)
    assert not taken(LATE_RECEIPT_MS + 1)
    assert orders.takes_receipts(OrderStatus.PENDING, expired_at=None, now=0)
    assert not orders.takes_receipts(OrderStatus.CANCELLED, expired_at=None, now=0)
    assert not orders.takes_receipts(OrderStatus.PAID, expired_at=None, now=0)


@given(st.sampled_from(OrderStatus), money, money, money)
def test_money_beyond_what_is_due_is_always_seen_somewhere(
    status: OrderStatus, due: int, confirmed: int, refunded: int
) -> None:
    over = orders.overpaid(status, due, confirmed=confirmed, refunded=refunded)
    waiting = orders.money_waiting(status, confirmed=confirmed, refunded=refunded)
    assert min(over, waiting) == 0
    stands = status in orders.HOLDING
    assert over + waiting == max(0, confirmed - refunded - (due if stands else 0))


def test_the_balance_counts_refunds_back_in() -> None:
    assert orders.balance(7200, confirmed=7200, refunded=0) == 0
    assert orders.balance(7200, confirmed=7200, refunded=3600) == 3600
    assert orders.balance(7200, confirmed=8000, refunded=0) == -800


def test_a_refund_is_owed_once_however_often_one_asks() -> None:
    assert refund_due(confirmed=7200, kept=0, refunds=0) == 7200
    assert refund_due(confirmed=7200, kept=0, refunds=7200) == 0
    assert refund_due(confirmed=7200, kept=3600, refunds=0) == 3600


@pytest.mark.parametrize(
    ("pay_by", "now", "expected"),
    [(30, 10, 40), (30, 29, 59), (59, 45, 60), (60, 59, 60), (75, 50, 75), (30, -20, 30)],
    ids=["moves", "moves far", "ends at twice the time", "stays there", "later already", "clock set back"],
)
def test_goods_added_move_the_time_to_pay_but_at_most_to_twice_what_it_was(
    pay_by: int, now: int, expected: int
) -> None:
    assert orders.prolonged(pay_by, created_at=0, now=now, pay_within_ms=30) == expected
