"""The doctor finds nothing in books that are in order, and each thing that is not."""

import sqlite3

import pytest

from storage import broadcasts, dialogs, doctor, outbox, stock
from storage.connection import Tx
from storage.doctor import Findings
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed
from tests.storage.test_exports import receipt

HOUR = 60 * 60 * 1000


def orders_in_every_state(tx: Tx) -> None:
    """PENDING, REVIEW, PAID, COMPLETED, FAILED (half of it), EXPIRED and CANCELLED, each as its acts leave it."""
    seed.staff_and_viewers(tx)
    hill = seed.supplier(tx)
    offer = seed.offer(tx, seed.stream(tx), seed.product(tx, hill), quantity=100)

    def order(code: str, status: str, *, holds: bool = True) -> int:
        made = seed.order(tx, seed.ANN, offer, 2, status=status, code=code)
        stock.take(tx, offer, made, 2, NOON, "placed")
        if not holds:
            stock.give_back(tx, offer, made, 2, NOON, "over")
        return made

    tx.run("UPDATE orders SET hold_until = :at WHERE id = :id", at=NOON + HOUR, id=order("PENDING", "pending"))
    receipt(tx, order("REVIEW", "pending"), None)
    for code, shipment in (("PAID", "accepted"), ("COMPLETED", "delivered")):
        made = order(code, code.lower())
        receipt(tx, made, None, status="confirmed")
        seed.shipment(tx, made, hill, shipment)
    order("EXPIRED", "expired", holds=False)
    late = order("CANCELLED", "cancelled", holds=False)
    receipt(tx, late, None, status="confirmed")
    refund(tx, late, 7200)
    tx.run("UPDATE receipts SET bytes = x'00'")


def refund(tx: Tx, order: int, amount: int) -> None:
    tx.run(
        "INSERT INTO refunds (order_id, number, amount, currency, reason, created_at)"
        " VALUES (:order, 1, :amount, 'CNY', 'late_money', :now)",
        order=order,
        amount=amount,
        now=NOON,
    )


async def examined(store: Store, *, now: int = NOON, running: bool = False) -> Findings:
    return await doctor.examine(store, now=now, bot_is_running=running)


@pytest.fixture
async def books(store: Store) -> Store:
    await store.write(orders_in_every_state)
    return store


def of(code: str) -> str:
    return f"(SELECT id FROM orders WHERE code = '{code}')"


async def test_books_in_order_have_no_differences(books: Store) -> None:
    findings = await examined(books)
    assert findings.differences == ()
    assert findings.sqlite_version == sqlite3.sqlite_version
    assert findings.schema >= 1


MISFITS = {
    "units that nobody ordered": (
        "UPDATE offers SET taken = taken + 1",
        "offer 1: 9 units taken, the ledger says 8",
    ),
    "a total that is not the lines'": (
        f"UPDATE orders SET lines_total = 7300, total = 7300 WHERE id = {of('PENDING')}",
        "order PENDING: its lines come to 72.00 CNY, the order says 73.00 CNY",
    ),
    "an unpaid order that never runs out": (
        f"UPDATE orders SET hold_until = NULL WHERE id = {of('PENDING')}",
        "order PENDING: it is unpaid and never runs out",
    ),
    "an order under review that would run out": (
        f"UPDATE orders SET hold_until = 1 WHERE id = {of('REVIEW')}",
        "order REVIEW: a receipt is under review, and yet the order would run out",
    ),
    "a paid order without money": (
        f"UPDATE payments SET status = 'rejected' WHERE order_id = {of('PAID')}",
        "order PAID: it is paid, but only 0.00 CNY of 72.00 CNY is confirmed",
    ),
    "money waiting without a refund": (
        "DELETE FROM refunds",
        "order CANCELLED: 72.00 CNY is waiting, and no refund is owed for it",
    ),
    "more going back than came in": (
        "UPDATE refunds SET amount = 7201",
        "order CANCELLED: 72.01 CNY goes back, but only 72.00 CNY came in",
    ),
    "a payment in another currency": (
        f"UPDATE payments SET currency = 'EUR' WHERE order_id = {of('COMPLETED')}",
        "order COMPLETED: a payment is in EUR, the order in CNY",
    ),
    "a supplier that was not asked": (
        f"DELETE FROM shipments WHERE order_id = {of('PAID')}",
        "order PAID: it is paid, but Hill Farm was never asked to send its lines",
    ),
    "an order completed before its parcel": (
        f"UPDATE shipments SET status = 'shipped' WHERE order_id = {of('COMPLETED')}",
        "order COMPLETED: it is completed, but 0 of 1 shipments have ended, 0 arrived",
    ),
    "an order that should be completed": (
        f"UPDATE shipments SET status = 'delivered' WHERE order_id = {of('PAID')}",
        "order PAID: it is paid, but 1 of 1 shipments have ended, 1 arrived",
    ),
    "a paid order that nobody knows when": (
        f"UPDATE orders SET paid_at = NULL WHERE id = {of('PAID')}",
        "order PAID: it is paid, but nobody knows when it was paid",
    ),
    "a completed order that nobody knows when": (
        f"UPDATE orders SET completed_at = NULL WHERE id = {of('COMPLETED')}",
        "order COMPLETED: it is completed, but nobody knows when it was completed",
    ),
    "an expired order that nobody knows when": (
        f"UPDATE orders SET expired_at = NULL WHERE id = {of('EXPIRED')}",
        "order EXPIRED: it is expired, but nobody knows when it ran out",
    ),
    "a cancelled order that nobody knows when": (
        f"UPDATE orders SET cancelled_at = NULL WHERE id = {of('CANCELLED')}",
        "order CANCELLED: it is cancelled, but nobody knows when it was cancelled",
    ),
    "an order that waits for money that is there": (
        f"UPDATE payments SET status = 'confirmed', decided_at = 1 WHERE order_id = {of('REVIEW')}",
        "order REVIEW: it is pending, but its whole price is confirmed",
    ),
    "a parcel that is on its way since never": (
        f"UPDATE shipments SET status = 'shipped' WHERE order_id = {of('PAID')}",
        "order PAID: a shipment is shipped, but its times say something else",
    ),
    "a parcel that ended and is not over": (
        "UPDATE shipments SET ended_at = 1 WHERE status = 'accepted'",
        "order PAID: a shipment is accepted, but its times say something else",
    ),
    "a stream that is over since never": (
        "UPDATE streams SET status = 'ended'",
        "stream SPRING: it is ended, but its times say something else",
    ),
    "a stream that was announced at no time": (
        "UPDATE streams SET announced_at = NULL",
        "stream SPRING: it is announced, but its times say something else",
    ),
    **{
        f"a card of no {what}": (
            f"INSERT INTO cards VALUES ('{what}:999', 1, 1, 0, 1)",
            f"card {what}:999: it is shown in 1 chats, but there is no such row",
        )
        for what in ("order", "payment", "refund", "shipment", "question", "desk")
    },
    "a parcel of an unpaid order": (
        f"UPDATE shipments SET order_id = {of('PENDING')} WHERE order_id = {of('COMPLETED')}",
        "order PENDING: it is pending, but 1 of 1 shipments have ended",
    ),
}


@pytest.mark.parametrize(("misfit", "told"), MISFITS.values(), ids=MISFITS)
async def test_what_does_not_fit_is_told(misfit: str, told: str, books: Store) -> None:
    await books.write(lambda tx: tx.run(misfit))
    assert [line for line in (await examined(books)).differences if line.startswith(told)]


async def test_an_expired_order_that_still_holds_units_is_told(books: Store) -> None:
    await books.write(
        lambda tx: tx.run(f"UPDATE orders SET status = 'expired', hold_until = NULL WHERE id = {of('PENDING')}")
    )
    assert any("the ledger holds 2 units, its live lines 0" in line for line in (await examined(books)).differences)


async def test_an_order_without_lines_is_told(books: Store) -> None:
    await books.write(lambda tx: tx.run(f"DELETE FROM order_lines WHERE order_id = {of('EXPIRED')}"))
    assert (await examined(books)).differences == ("order EXPIRED: it has no lines",)


async def test_one_thing_told_twice_is_a_difference(books: Store) -> None:
    for _ in range(2):
        await books.write(lambda tx: outbox.tell(tx, seed.ANN, "payment_confirmed", now=NOON, order=3, payment=2))
    (told,) = (await examined(books)).differences
    assert "payment_confirmed" in told
    assert f"enqueued 2 times for chat {seed.ANN}" in told


async def test_a_row_that_names_nobody_is_a_difference(books: Store) -> None:
    def without_keys(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA foreign_keys = OFF").close()
        connection.execute("UPDATE streams SET host_id = 77").close()

    await books.maintain(without_keys)
    assert "database: streams row 1 names a row of people that is not there" in (await examined(books)).differences


async def test_a_value_that_no_check_would_let_in_is_a_difference(books: Store) -> None:
    def without_checks(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA ignore_check_constraints = ON").close()
        connection.execute("UPDATE products SET price = -1").close()
        connection.execute("PRAGMA ignore_check_constraints = OFF").close()

    await books.maintain(without_checks)
    assert await doctor.glance(books) == ["database: CHECK constraint failed in products"]
    assert any("CHECK constraint failed in products" in line for line in (await examined(books)).differences)


async def test_a_total_that_is_not_lines_less_discounts_and_the_fee_is_a_difference(books: Store) -> None:
    def without_checks(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA ignore_check_constraints = ON").close()
        connection.execute("UPDATE orders SET delivery_fee = 100 WHERE code = 'PAID'").close()
        connection.execute("PRAGMA ignore_check_constraints = OFF").close()

    await books.maintain(without_checks)
    assert any("CHECK constraint failed in orders" in line for line in (await examined(books)).differences)


async def test_an_index_that_misses_a_row_is_a_difference(books: Store) -> None:
    def without_an_entry(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA writable_schema = ON").close()
        # The index on nothing but what is not there: its pages and its definition disagree.
        connection.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, 'buyer_id, id', 'stream_id, id')"
            " WHERE name = 'orders_by_buyer'"
        ).close()
        connection.execute("PRAGMA writable_schema = RESET").close()

    await books.maintain(without_an_entry)
    assert any("orders_by_buyer" in line for line in (await examined(books)).differences)


async def test_half_a_refund_for_half_an_order_is_in_order(store: Store) -> None:
    def half_of_it_failed(tx: Tx) -> None:
        seed.staff_and_viewers(tx)
        stream = seed.stream(tx)
        made: int | None = None
        for name, code, status in (("Hill Farm", "EGG", "failed"), ("Mill", "RICE", "delivered")):
            supplier = seed.supplier(tx, name)
            offer = seed.offer(tx, stream, seed.product(tx, supplier, code))
            order = seed.order(tx, seed.ANN, offer, 1, status="completed", code=f"TG-{code}")
            if made is not None:
                tx.run("UPDATE order_lines SET order_id = :made WHERE order_id = :order", made=made, order=order)
                tx.run("DELETE FROM orders WHERE id = :order", order=order)
                tx.run("UPDATE orders SET lines_total = 7200, total = 7200")
                stock.take(tx, offer, made, 1, NOON, "placed")
            made = made or order
            seed.shipment(tx, made, supplier, status)
        assert made is not None
        receipt(tx, made, None, status="confirmed")
        refund(tx, made, 3600)

    await store.write(half_of_it_failed)
    assert (await examined(store)).differences == ()
    await store.write(lambda tx: tx.run("UPDATE refunds SET amount = 3500"))
    assert (await examined(store)).differences == ("order TG-EGG: 1.00 CNY is waiting, and no refund is owed for it",)


async def test_messages_that_failed_or_were_cut_short_are_notes(books: Store) -> None:
    def messages(tx: Tx) -> None:
        for state, repeated in (*[("failed", 0)] * 12, ("sending", 0), ("sent", 1)):
            outbox.tell(tx, seed.ANN, "say", now=NOON)
            tx.run(
                "UPDATE outbox SET state = :state, repeated = :repeated, error = 'chat not found'"
                " WHERE id = (SELECT MAX(id) FROM outbox)",
                state=state,
                repeated=repeated,
            )

    await books.write(messages)
    findings = await examined(books)
    assert findings.differences == ()
    assert f"message 12 (say) to chat {seed.ANN} failed: chat not found" in findings.notes
    assert "2 more messages failed" in findings.notes
    assert "1 message on the way when the bot stopped; sent again at its next start" in findings.notes
    assert "1 message repeated: sent again because no answer was heard" in findings.notes
    assert not [note for note in (await examined(books, running=True)).notes if "on the way" in note]


async def test_receipts_that_only_telegram_has_are_notes(books: Store) -> None:
    await books.write(lambda tx: tx.run("UPDATE receipts SET bytes = NULL, file_unique_id = 'x' WHERE id IN (1, 2)"))
    notes = (await examined(books)).notes
    assert "order REVIEW: a receipt could not be fetched; only Telegram has it" in notes
    assert "orders REVIEW, PAID: the same picture was sent as a receipt for each" in notes


async def test_what_should_have_happened_by_now_is_a_note(books: Store) -> None:
    def reminder(tx: Tx) -> None:
        tx.run("INSERT INTO reminders (stream_id, starts_at, before_ms, due_at) VALUES (1, :now, 0, :now)", now=NOON)

    await books.write(reminder)
    assert not [note for note in (await examined(books)).notes if "in time" in note]
    notes = (await examined(books, now=NOON + 2 * HOUR)).notes
    assert "1 unpaid order not expired in time, because the bot is not running" in notes
    assert "1 stream reminder not sent in time, because the bot is not running" in notes


async def test_messages_and_announcements_that_wait_too_long_are_notes(books: Store) -> None:
    def waiting(tx: Tx) -> None:
        broadcasts.start(tx, broadcasts.Kind.ANNOUNCE, 1, seed.HOST, NOON)
        outbox.tell(tx, seed.ANN, "say", now=NOON)
        outbox.tell(tx, seed.ANN, "say", now=NOON, not_before=NOON + 5 * HOUR)
        outbox.tell(tx, seed.ANN, "stream_card", now=NOON, lane=outbox.Lane.BROADCAST)

    await books.write(waiting)
    assert not [
        note for note in (await examined(books)).notes if "announcement" in note or "waiting for more" in note
    ]
    notes = (await examined(books, now=NOON + HOUR, running=True)).notes
    why = "though the bot is running; look at its log"
    assert f"1 announcement not told to everybody in time, {why}" in notes
    assert f"1 message waiting for more than ten minutes, {why}" in notes


async def test_books_without_an_owner_are_a_note(books: Store) -> None:
    assert not [note for note in (await examined(books)).notes if "owner" in note]
    await books.write(lambda tx: tx.run("UPDATE roles SET revoked_at = 1 WHERE role = 'owner'"))
    assert any(note.startswith("nobody is an owner") for note in (await examined(books)).notes)


async def test_questions_and_messages_of_another_version_are_notes(books: Store) -> None:
    def left(tx: Tx) -> None:
        dialogs.begin(tx, actor=seed.ANN, kind="address", step="shoe_size", data={}, now=NOON)
        dialogs.begin(tx, actor=seed.BEN, kind="address", step="phone", data={}, now=NOON, silent=True)
        outbox.tell(tx, seed.ANN, "horoscope", now=NOON)

    await books.write(left)
    known = doctor.Known(steps=frozenset({"address.phone"}), kinds=frozenset({"question"}))
    notes = (await doctor.examine(books, now=NOON, bot_is_running=False, known=known)).notes
    assert (
        f"person {seed.ANN} was asked address.shoe_size, which this version does not know; /cancel ends it" in notes
    )
    assert "1 message of the kind horoscope, which this version can't say" in notes
    assert not [note for note in notes if str(seed.BEN) in note or "question," in note]


@pytest.mark.parametrize(
    ("version", "has_it"), [("3.6.23", False), ("3.7.0", True), ("3.51.2", True), ("3.51.3", False), ("4.0", False)]
)
def test_the_versions_with_the_wal_reset_bug_are_known(version: str, has_it: bool) -> None:
    assert bool(list(doctor._wal_reset_bug(version))) is has_it
