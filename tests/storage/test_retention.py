"""What is over its time goes, and nothing before; the record of the trade stays, years later too."""

from dataclasses import replace
from pathlib import Path

import pytest

from scheduler import rights
from shop.retention import DAY_MS, LEAST_TRADE_RECORDS, STANDARD
from storage import dialogs, exports, orders, payments, pseudonyms, questions, receipts, retention, stock
from storage.connection import Tx
from storage.pseudonyms import MASK, NOBODY
from storage.store import Store
from tests.clock import NOON, FakeClock
from tests.storage import remains, seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN

YEAR = 365 * DAY_MS


async def a_day_later(store: Store, now: int) -> None:
    """What the clock does at that time."""
    source = rights.what_is_over(store, FakeClock(now), STANDARD)
    await source.handle(now)


async def test_each_thing_goes_when_its_time_is_over_and_not_a_day_before(store: Store) -> None:
    await store.write(remains.plant)
    counts = {
        "SELECT count(*) FROM orders WHERE address = :m": STANDARD.addresses,
        "SELECT count(*) FROM receipts WHERE bytes IS NULL AND kind = 'photo'": STANDARD.receipts,
        "SELECT count(*) FROM questions WHERE text = :m": STANDARD.questions,
        "SELECT 2 - count(*) FROM dialogs": STANDARD.unfinished,
        "SELECT 2 - count(*) FROM inbox": STANDARD.unfinished,
        "SELECT count(*) = 2 FROM outbox": STANDARD.messages,
        "SELECT count(*) FROM orders WHERE buyer_id = 4503599627370496": STANDARD.trade_records,
        "SELECT count(*) = 0 FROM audit": STANDARD.trade_records,
    }
    for sql, kept_for in sorted(counts.items(), key=lambda each: each[1]):
        await a_day_later(store, NOON + kept_for)
        assert await trade.book(store, sql, m=MASK) == 0, sql
    for sql, kept_for in sorted(counts.items(), key=lambda each: each[1]):
        await a_day_later(store, NOON + kept_for + 1)
        assert await trade.book(store, sql, m=MASK) in (1, 2), sql


async def test_the_record_of_the_trade_is_there_after_ten_years(store: Store) -> None:
    await store.write(remains.plant)
    before = await store.read(lambda tx: exports.EXPORTS["orders"].page(tx, 0, None).records)
    await a_day_later(store, NOON + 10 * YEAR)
    after = await store.read(lambda tx: exports.EXPORTS["orders"].page(tx, 0, None).records)
    for old, new in zip(before, after, strict=True):
        assert {key for key in old if old[key] != new[key]} == {"buyer", "buyer_id", "payments", "shipments"}
        assert (new["buyer"], new["buyer_id"]) == (MASK, NOBODY)
    await trade.assert_books_agree(store)
    assert await store.read(stock.recount) == []


async def test_whose_an_order_was_is_known_for_the_three_years_the_law_asks_for(store: Store) -> None:
    await store.write(remains.plant)
    assert STANDARD.trade_records == LEAST_TRADE_RECORDS >= 3 * YEAR + DAY_MS
    await a_day_later(store, NOON + 3 * YEAR)
    assert len(await store.read(orders.of_buyer, ANN)) == 1
    assert await trade.book(store, "SELECT count(*) FROM audit") != 0


@pytest.mark.parametrize("ended", ["unpaid", "review", "parcel", "refund", "shipped"])
async def test_what_is_still_on_its_way_keeps_its_address_however_old(store: Store, ended: str) -> None:
    def act(tx: Tx) -> None:
        stall = trade.stall(tx)
        order = trade.place(tx, ANN, (stall.eggs, 1))
        if ended == "unpaid":
            return
        payment = trade.send_receipt(tx, ANN, order)
        if ended == "review":
            return
        payments.confirm(tx, actor=seed.CASHIER, payment_id=payment, now=NOON)
        for parcel in trade.parcels(tx, order).values():
            if ended == "refund":
                trade.shipments.fail(tx, actor=seed.OWNER, shipment_id=parcel, now=NOON)
            if ended == "shipped":
                trade.send(tx, parcel)
                tx.run("UPDATE shipments SET shipped_at = :n", n=NOON + 9 * YEAR)

    await store.write(act)
    await a_day_later(store, NOON + 9 * YEAR)
    assert await trade.book(store, "SELECT address FROM orders") == trade.HOME.address
    assert await trade.book(store, "SELECT buyer_id FROM orders") == ANN


async def test_a_parcel_nobody_said_to_have_received_counts_from_the_day_it_was_sent(store: Store) -> None:
    def act(tx: Tx) -> None:
        stall = trade.stall(tx)
        for parcel in trade.parcels(tx, trade.buy(tx, ANN, (stall.eggs, 1))).values():
            trade.send(tx, parcel)

    await store.write(act)
    await a_day_later(store, NOON + STANDARD.addresses + 1)
    assert await trade.book(store, "SELECT address FROM orders") == MASK
    assert await trade.book(store, "SELECT status FROM orders") == "paid"


async def test_removed_addresses_go_and_the_others_stay(store: Store) -> None:
    def act(tx: Tx) -> None:
        seed.person(tx, ANN)
        trade.addresses.save(tx, actor=ANN, address=trade.HOME, now=NOON)
        other = trade.Address(recipient="Ann", phone="1", address="2 Hill Road")
        trade.addresses.save(tx, actor=ANN, address=other, now=NOON)
        trade.addresses.remove(tx, actor=ANN, address_id=1, now=NOON)

    await store.write(act)
    await a_day_later(store, NOON + 9 * YEAR)
    assert await trade.book(store, "SELECT group_concat(address) FROM addresses") == "2 Hill Road"


async def test_a_dialog_somebody_still_answers_is_not_left(store: Store) -> None:
    def act(tx: Tx) -> None:
        seed.person(tx, ANN)
        begun = dialogs.begin(tx, actor=ANN, kind="ask", step="text", data={}, now=NOON, silent=True)
        late = NOON + STANDARD.unfinished
        dialogs.advance(tx, dialog=begun, step="text", data={"x": 1}, now=late, silent=True)

    await store.write(act)
    await a_day_later(store, NOON + STANDARD.unfinished + DAY_MS)
    assert await trade.book(store, "SELECT count(*) FROM dialogs") == 1


async def test_whatever_has_piled_up_goes_in_batches_and_none_is_done_twice(store: Store) -> None:
    many = 2 * retention.BATCH + 1

    def act(tx: Tx) -> None:
        stall = trade.stall(tx, eggs=None)
        for _ in range(many):
            order = seed.order(tx, ANN, stall.eggs, 1, status="completed")
            tx.run("UPDATE orders SET completed_at = :n WHERE id = :o", n=NOON, o=order)

    await store.write(act)
    late = NOON + 9 * YEAR
    done = [await store.write(retention.mask_orders, before=late, now=late) for _ in range(4)]
    assert done == [retention.BATCH, retention.BATCH, 1, 0]
    done = [await store.write(retention.disown_orders, before=late, now=late) for _ in range(4)]
    assert done == [retention.BATCH, retention.BATCH, 1, 0]


async def test_after_a_kill_in_the_middle_the_rest_goes_at_the_next_start(store: Store) -> None:
    await store.write(remains.plant)
    late = NOON + 9 * YEAR
    await store.write(retention.mask_receipts, before=late, now=late)
    path = store.path
    await store.close()
    async with await Store.open(path, synchronous="NORMAL", now=late) as again:
        await a_day_later(again, late)
        assert await again.read(lambda tx: tx.value("SELECT count(*) FROM orders WHERE address <> :m", m=MASK)) == 0
        assert await again.read(lambda tx: tx.value("SELECT count(*) FROM questions WHERE text <> :m", m=MASK)) == 0


async def test_it_happens_at_the_start_and_once_a_day(store: Store) -> None:
    source = rights.what_is_over(store, FakeClock(), STANDARD)
    due = await store.read(source.next_due)
    assert due is not None
    assert due <= NOON
    await source.handle(NOON)
    assert await store.read(source.next_due) == NOON + DAY_MS


async def test_old_receipts_warn_of_their_picture_sent_again(store: Store) -> None:
    await store.write(remains.plant)
    await a_day_later(store, NOON + 2 * YEAR)
    again = replace(trade.PHOTO, file_unique_id=remains.word("receipts.file_unique_id", ANN))
    stall = await store.read(lambda tx: int(tx.value("SELECT MIN(id) FROM offers")))
    order = await store.write(trade.place, BEN, (stall, 1))
    payment = await store.write(trade.send_receipt, BEN, order, proof=again)
    seen = await store.read(receipts.seen_before, payment, order)
    assert seen == (await trade.book(store, "SELECT code FROM orders WHERE id = 1"), NOON)


async def test_a_question_that_was_blanked_can_still_be_answered(store: Store) -> None:
    await store.write(remains.plant)
    await a_day_later(store, NOON + 2 * YEAR)
    id_ = await store.read(lambda tx: int(tx.value("SELECT id FROM questions WHERE person_id = :b", b=BEN)))
    outcome = await store.write(questions.answer, actor=seed.HOST, question_id=id_, text="late", now=NOON + 2 * YEAR)
    assert outcome == questions.Answered(question_id=id_)


def test_pseudonyms_lie_beyond_every_number_of_telegrams() -> None:
    assert not pseudonyms.is_one(2**52 - 1)
    assert pseudonyms.is_one(NOBODY)


@pytest.mark.parametrize(
    "sql",
    [
        retention._ORDERS, retention._RECEIPTS, retention._QUESTIONS, retention._DROP_ADDRESSES,
        retention._DROP_DIALOGS, retention._OWNED, retention._DISOWN,
    ],
)  # fmt: skip
async def test_nothing_of_it_walks_a_whole_table(store: Store, sql: str, tmp_path: Path) -> None:
    assert_no_scan(store.path, sql, before=1, limit=1, id=1, nobody=NOBODY)
