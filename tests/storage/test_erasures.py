"""Erasing a person: everything personal goes, to the last byte of the file; the trade stays, for everybody."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from scheduler import rights
from storage import (
    checkouts,
    connection,
    copies,
    correspondence,
    doctor,
    dossiers,
    endings,
    erasures,
    exports,
    files,
    inbox,
    orders,
    outbox,
    payments,
    people,
    pseudonyms,
    questions,
    roles,
    unfinished,
)
from storage.checkouts import Placed
from storage.connection import Tx
from storage.erasures import Erasing
from storage.files import Place, Shelf
from storage.inbox import Arrival, Sender
from storage.people import NotFound
from storage.pseudonyms import MASK
from storage.store import Store
from storage.unfinished import Reason, Unfinished
from tests.clock import NOON, FakeClock
from tests.docs.test_privacy_page import personal
from tests.storage import remains, seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.remains import PLACES, STAYS, WORDS, erased, found_in, goes_on
from tests.storage.seed import ANN, BEN, CASHIER, HOST, OWNER


async def test_a_word_is_planted_in_every_column_the_page_calls_personal(store: Store) -> None:
    assert set(personal()) == set(PLACES)
    await store.write(remains.plant)
    await store.maintain(connection.empty_log)
    assert found_in(store.path, ANN) == found_in(store.path, BEN) == WORDS


async def test_nothing_personal_is_left_in_the_file_and_its_log(store: Store) -> None:
    await store.write(remains.plant)
    await erased(store, ANN)
    assert found_in(store.path, ANN) == STAYS
    assert found_in(store.path, BEN) == WORDS
    assert remains.numbers_of(store.path, ANN) == set()


async def test_without_secure_delete_the_words_would_stay_in_the_file(store: Store) -> None:
    """The negative control of the test above."""
    await store.maintain(lambda books: books.execute("PRAGMA secure_delete = OFF").fetchall())
    await store.write(remains.plant)
    await erased(store, ANN)
    assert found_in(store.path, ANN) - STAYS


async def test_before_the_log_is_emptied_the_words_are_still_in_it(store: Store) -> None:
    """Why the erasure is not done before: its last phase is the file."""
    await store.write(remains.plant)
    begun = await store.write(erasures.erase, person=ANN, now=NOON)
    assert isinstance(begun, Erasing)
    now = NOON
    while not await store.read(erasures.waits_for_file, now):
        now += erasures.WAIT_MS
        await store.write(erasures.go_on, pseudonym=begun.pseudonym, now=now)
        await store.write(remains.finish, now)
    assert found_in(store.path, ANN) - STAYS
    await goes_on(store, now)
    assert found_in(store.path, ANN) == STAYS


async def test_the_trade_stays_as_it_was_under_a_name_that_says_nothing(store: Store) -> None:
    await store.write(remains.plant)
    before = await store.read(lambda tx: exports.EXPORTS["orders"].page(tx, 0, None).records)
    pseudonym = await erased(store, ANN)
    after = await store.read(lambda tx: exports.EXPORTS["orders"].page(tx, 0, None).records)
    masked, others = after
    assert others == before[1]
    assert (masked["buyer"], masked["buyer_id"]) == (MASK, pseudonym)
    changed = {key for key in masked if masked[key] != before[0][key]}
    assert changed == {"buyer", "buyer_id", "payments", "shipments"}
    assert [payment["reference"] for payment in masked["payments"]] == [None]
    assert [payment["amount"] for payment in masked["payments"]] == ["36.00"]
    parcel = (await store.read(lambda tx: exports.EXPORTS["shipments"].page(tx, 0, None).records))[0]
    assert (parcel["recipient"], parcel["phone"], parcel["address"], parcel["tracking"]) == (MASK, MASK, MASK, None)
    assert pseudonym not in [
        row["id"] for row in await store.read(lambda tx: exports.EXPORTS["people"].page(tx, 0, None).records)
    ]


async def test_the_books_are_in_order_afterwards(store: Store) -> None:
    def bought(tx: Tx) -> None:
        stall = trade.stall(tx)
        for _ in range(3):
            order = trade.buy(tx, ANN, (stall.eggs, 1), (stall.rice, 1))
            for parcel in trade.parcels(tx, order).values():
                trade.send(tx, parcel)
                trade.shipments.receive(tx, actor=ANN, shipment_id=parcel, now=NOON)

    await store.write(bought)
    await erased(store, ANN)
    found = await doctor.examine(store, now=NOON + 3_600_000, bot_is_running=True)
    assert (found.differences, [note for note in found.notes if "receipt" in note or "erasure" in note]) == ((), [])
    await trade.assert_books_agree(store)


async def test_whoever_comes_back_begins_anew(store: Store) -> None:
    await store.write(remains.plant)
    await erased(store, ANN)
    assert await store.read(people.view, ANN) is None
    sender = Sender(id=ANN, name="Ann again", username=None, language="zh")
    await store.write(inbox.keep, 1, [Arrival(update_id=99, raw="{}", sender=sender)], NOON)
    back = await store.read(people.view, ANN)
    assert back is not None
    assert (back.name, back.language, back.follows) == ("Ann again", None, False)
    assert await store.read(orders.of_buyer, ANN) == []
    about = await store.read(dossiers.about, ANN, NOON)
    assert about is not None
    assert (about["orders"], about["questions"], about["addresses"], about["decisions"]) == ([], [], [], [])


async def test_whoever_comes_back_meanwhile_keeps_what_is_new(store: Store) -> None:
    await store.write(remains.plant)
    begun = await store.write(erasures.erase, person=ANN, now=NOON)
    assert isinstance(begun, Erasing)

    def returns(tx: Tx) -> int:
        people.meet(tx, person=ANN, name="Ann again", username=None, language="en", now=NOON)
        trade.addresses.save(tx, actor=ANN, address=trade.HOME, now=NOON)
        return trade.place(tx, ANN, (1, 1), now=NOON + 1)

    order = await store.write(returns)
    await goes_on(store, NOON)
    kept = await store.read(orders.view, order)
    assert kept is not None
    assert (kept.buyer_id, kept.buyer_name, kept.address) == (ANN, "Ann again", trade.HOME.address)
    assert found_in(store.path, ANN) == STAYS


async def test_asking_twice_is_one_erasure_and_the_second_tap_brings_no_name_back(store: Store) -> None:
    await store.write(remains.plant)
    first = await store.write(erasures.erase, person=ANN, now=NOON)
    await store.write(people.meet, person=ANN, name="Ann of the tap", username="annie", language="en", now=NOON)
    assert await store.write(erasures.erase, person=ANN, now=NOON) == first
    await goes_on(store)
    assert await trade.book(store, "SELECT count(*) FROM erasures") == 1
    assert await store.read(people.view, ANN) is None
    assert b"Ann of the tap" not in remains.bytes_of(store.path)


# -- What has to happen first --------------------------------------------------------------------------------


async def test_an_order_on_its_way_keeps_a_person_until_it_is_over(store: Store) -> None:
    def act(tx: Tx) -> dict[str, int]:
        stall = trade.stall(tx, eggs=50)
        made = {"unpaid": trade.place(tx, ANN, (stall.eggs, 1)), "review": trade.place(tx, ANN, (stall.eggs, 1))}
        trade.send_receipt(tx, ANN, made["review"])
        made["parcel"] = trade.buy(tx, ANN, (stall.eggs, 1))
        made["shipped"] = trade.buy(tx, ANN, (stall.eggs, 1))
        for parcel in trade.parcels(tx, made["shipped"]).values():
            trade.send(tx, parcel)
        made["refund"] = trade.buy(tx, ANN, (stall.eggs, 1))
        for parcel in trade.parcels(tx, made["refund"]).values():
            trade.shipments.fail(tx, actor=OWNER, shipment_id=parcel, now=NOON)
        return made

    made = await store.write(act)
    before = await trade.book(store, "SELECT total_changes()")
    outcome = await store.write(erasures.erase, person=ANN, now=NOON)
    assert isinstance(outcome, Unfinished)
    assert {order.id: order.reason for order in outcome.orders} == {id_: Reason(why) for why, id_ in made.items()}
    assert await trade.book(store, "SELECT total_changes()") == before
    assert await trade.book(store, "SELECT count(*) FROM addresses WHERE person_id = :a", a=ANN) == 1


async def test_a_receipt_that_waits_for_a_cancelled_order_keeps_its_buyer_too(store: Store) -> None:
    def act(tx: Tx) -> None:
        order = trade.place(tx, ANN, (trade.stall(tx).eggs, 1))
        trade.send_receipt(tx, ANN, order)
        endings.cancel(tx, actor=ANN, order_id=order, now=NOON)

    await store.write(act)
    outcome = await store.write(erasures.erase, person=ANN, now=NOON)
    assert isinstance(outcome, Unfinished)
    assert [order.reason for order in outcome.orders] == [Reason.REVIEW]


@pytest.mark.parametrize(("person", "held"), [(OWNER, "owner"), (HOST, "host"), (CASHIER, "cashier")])
async def test_who_works_here_is_kept_until_the_role_is_gone(store: Store, person: int, held: str) -> None:
    await store.write(trade.stall)
    outcome = await store.write(erasures.erase, person=person, now=NOON)
    assert isinstance(outcome, Unfinished)
    assert outcome.roles == {roles.Role(held)}
    assert outcome.streams == (("Spring stream",) if person == HOST else ())


async def test_nobody_is_erased_who_is_not_there(store: Store) -> None:
    await store.write(remains.plant)
    pseudonym = await erased(store, ANN)
    for person in (4711, pseudonym, pseudonyms.NOBODY):
        assert isinstance(await store.write(erasures.erase, person=person, now=NOON), NotFound)


# -- Erased or ordered: exactly one --------------------------------------------------------------------------


async def race(store: Store, place_first: bool) -> tuple[bool, bool]:
    """Both wishes at once; whether each came true."""

    def ready(tx: Tx) -> int:
        return trade.checkout(tx, ANN, (trade.stall(tx).eggs, 1))

    checkout = await store.write(ready)
    placing = store.write(
        checkouts.place, actor=ANN, checkout=checkout, terms="v1", method="WeChat Pay", policy=trade.POLICY, now=NOON
    )
    erasing = store.write(erasures.erase, person=ANN, now=NOON)
    if place_first:
        placed, gone = await asyncio.gather(placing, erasing)
    else:
        gone, placed = await asyncio.gather(erasing, placing)
    return isinstance(placed, Placed), isinstance(gone, Erasing)


@pytest.mark.parametrize("place_first", [True, False])
async def test_an_order_and_an_erasure_at_once_are_never_both(store: Store, place_first: bool) -> None:
    assert await race(store, place_first) == (place_first, not place_first)
    await goes_on(store)
    assert await trade.book(store, "SELECT count(*) FROM orders WHERE buyer_id = :a", a=ANN) == int(place_first)


async def test_without_the_look_at_open_orders_both_would_happen(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above."""
    nothing = Unfinished(orders=(), streams=(), roles=frozenset())
    monkeypatch.setattr(unfinished, "of", lambda _tx, _person: nothing)
    assert await race(store, place_first=True) == (True, True)


# -- Step by step --------------------------------------------------------------------------------------------


async def test_an_erasure_can_stop_after_any_step_and_is_finished_later(store: Store, tmp_path: Path) -> None:
    await store.write(remains.plant)
    begun = await store.write(erasures.erase, person=ANN, now=NOON)
    assert isinstance(begun, Erasing)
    steps, now, path = 0, NOON, store.path
    while True:
        # Nothing but the file goes from one step to the next, as after a kill.
        async with await Store.open(path, synchronous="NORMAL", now=now) as again:
            now += erasures.WAIT_MS
            if await again.read(erasures.waits_for_file, now):
                break
            await again.write(erasures.go_on, pseudonym=begun.pseudonym, now=now)
            await again.write(remains.finish, now)
        steps += 1
    assert steps >= len(erasures._STEPS)
    await goes_on(store, now)
    assert found_in(path, ANN) == STAYS


async def test_a_long_history_goes_in_bounded_steps(store: Store) -> None:
    def long(tx: Tx) -> None:
        stall = trade.stall(tx, eggs=None)
        for _ in range(2 * erasures.ORDERS + 1):
            seed.order(tx, ANN, stall.eggs, 1, status="completed")

    await store.write(long)
    begun = await store.write(erasures.erase, person=ANN, now=NOON)
    assert isinstance(begun, Erasing)
    touched = []
    masked = "SELECT count(*) FROM orders WHERE contact_erased_at IS NOT NULL"
    while await store.read(lambda tx: tx.value("SELECT phase FROM erasures")) in ("receipts", "orders"):
        before = await trade.book(store, masked)
        await store.write(erasures.go_on, pseudonym=begun.pseudonym, now=NOON)
        touched.append(int(str(await trade.book(store, masked))) - int(str(before)))
    assert max(touched) == erasures.ORDERS
    assert sum(touched) == 2 * erasures.ORDERS + 1


async def test_the_chat_is_forgotten_only_after_the_last_message_has_ended(store: Store) -> None:
    await store.write(remains.plant)
    begun = await store.write(erasures.erase, person=ANN, now=NOON)
    assert isinstance(begun, Erasing)
    for now in range(NOON, NOON + 10 * erasures.WAIT_MS, erasures.WAIT_MS):
        while await store.write(erasures.go_on, pseudonym=begun.pseudonym, now=now):
            pass
    waiting = await store.read(
        lambda tx: tx.all("SELECT kind, state FROM outbox WHERE chat_id = :a AND state = 'queued'", a=ANN)
    )
    assert [tuple(row) for row in waiting] == [("erased", "queued")]
    assert await store.read(people.view, ANN) is not None
    await goes_on(store, now)
    assert await store.read(people.view, ANN) is None
    assert await trade.book(store, "SELECT count(*) FROM outbox WHERE chat_id = :a", a=ANN) == 0


async def test_messages_that_wait_for_the_person_are_not_sent_any_more(store: Store) -> None:
    await store.write(remains.plant)
    assert await store.read(seed.told) == [("say", ANN), ("say", BEN)]
    await store.write(erasures.erase, person=ANN, now=NOON)
    assert await store.read(seed.told) == [("say", BEN)]


async def test_the_staffs_cards_are_edited_and_nobody_elses(store: Store) -> None:
    await store.write(remains.plant)
    await trade.all_said(store)
    begun = await store.write(erasures.erase, person=ANN, now=NOON)
    assert isinstance(begun, Erasing)
    while await store.write(erasures.go_on, pseudonym=begun.pseudonym, now=NOON):
        pass
    assert await store.read(seed.told) == [("payment_card", CASHIER), ("question_card", HOST), ("erased", ANN)]


async def test_a_receipt_that_is_being_fetched_does_not_come_back(store: Store) -> None:
    await store.write(remains.plant)
    waiting = await store.read(
        lambda tx: tx.value("SELECT id FROM receipts WHERE kind = 'photo' ORDER BY id LIMIT 1")
    )
    await store.write(lambda tx: tx.run("UPDATE receipts SET fetch_after = :n WHERE id = :id", n=NOON, id=waiting))
    await erased(store, ANN)
    await store.write(payments.bytes_came, receipt=waiting, data=b"late bytes", now=NOON)
    await store.write(files.not_fetched, place=Place(Shelf.RECEIPT, waiting), is_final=False, now=NOON)
    await store.write(files.moved, place=Place(Shelf.RECEIPT, waiting), file_id="new")
    row = await store.read(lambda tx: tx.one("SELECT bytes, fetch_after FROM receipts WHERE id = :id", id=waiting))
    assert row is not None
    assert tuple(row) == (None, None)
    assert await trade.book(store, "SELECT file_id FROM receipts WHERE id = :id", id=waiting) == ""


async def test_a_question_whose_picture_is_being_fetched_gets_none(store: Store) -> None:
    await store.write(remains.plant)
    mine = await store.read(lambda tx: int(tx.value("SELECT id FROM questions WHERE person_id = :p", p=ANN)))
    await erased(store, ANN)
    await store.write(questions.picture_came, question=mine, data=b"late bytes")
    await store.write(files.not_fetched, place=Place(Shelf.QUESTION, mine), is_final=False, now=NOON)
    row = await store.read(
        lambda tx: tx.one("SELECT photo_bytes, photo_fetch_after FROM questions WHERE id = :id", id=mine)
    )
    assert row is not None
    assert tuple(row) == (None, None)


async def test_nobody_is_told_anything_under_a_pseudonym(store: Store) -> None:
    await store.write(remains.plant)
    pseudonym = await erased(store, ANN)
    assert await store.write(lambda tx: outbox.tell(tx, pseudonym, "say", now=NOON, key="x")) is None
    question = await trade.book(store, "SELECT id FROM questions WHERE person_id = :p", p=pseudonym)
    outcome = await store.write(questions.answer, actor=HOST, question_id=question, text="late", now=NOON)  # type: ignore[arg-type]
    assert outcome == questions.NobodyThere()


async def test_updates_of_the_staff_that_quote_an_order_go_too(store: Store) -> None:
    await store.write(remains.plant)
    code = await trade.book(store, "SELECT code FROM orders WHERE buyer_id = :a", a=ANN)

    def quoted(tx: Tx) -> None:
        cashier = Sender(id=CASHIER, name="C", username=None, language=None)
        for update, text in ((70, f"card of {code}"), (71, "nothing of hers")):
            inbox.keep(tx, 1, [Arrival(update_id=update, raw=json.dumps({"text": text}), sender=cashier)], NOON)
            for _ in range(inbox.MAX_ATTEMPTS):
                inbox.failed(tx, key=inbox.UpdateKey(1, update), error="E", incident="I", chat=None, now=NOON)

    await store.write(quoted)
    await erased(store, ANN)
    assert [aside.key.update_id for aside in await store.read(inbox.set_aside)] == [71, BEN]


async def test_what_people_wrote_is_not_kept_beyond_the_moment_it_is_done(store: Store) -> None:
    sender = Sender(id=ANN, name="Ann", username=None, language=None)
    await store.write(inbox.keep, 1, [Arrival(update_id=1, raw='{"text":"my secret"}', sender=sender)], NOON)
    await store.write(inbox.close, [inbox.UpdateKey(1, 1)], NOON)
    assert await trade.book(store, "SELECT raw FROM inbox") == ""


async def test_while_somebody_reads_from_the_log_it_is_emptied_later(store: Store) -> None:
    await store.write(remains.plant)
    reader = sqlite3.connect(store.path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM people").fetchone()
    assert await store.maintain(connection.empty_log) is False
    clock = FakeClock()
    source = rights.erasures_to_finish(store, clock)
    await store.write(erasures.erase, person=ANN, now=NOON)
    for _ in range(3):
        await source.handle(clock.now())
        await store.write(remains.finish, clock.now())
        clock.advance(5)
    assert await trade.book(store, "SELECT phase FROM erasures") == "file"
    assert await store.read(erasures.next_due) == clock.now()
    reader.close()
    await source.handle(clock.now())
    assert await trade.book(store, "SELECT phase FROM erasures") == "done"
    assert found_in(store.path, ANN) == STAYS


async def test_a_clock_set_back_leaves_nothing_behind(store: Store) -> None:
    await store.write(remains.plant)
    await erased(store, ANN, NOON - 3_600_000)
    assert found_in(store.path, ANN) == STAYS
    assert remains.numbers_of(store.path, ANN) == set()


async def test_an_erasure_that_does_not_move_on_is_told_to_the_operator(store: Store) -> None:
    await store.write(remains.plant)
    await store.write(erasures.erase, person=ANN, now=NOON)
    found = await doctor.examine(store, now=NOON + 3_600_000, bot_is_running=False)
    assert any("1 erasure of a person's data not finished" in note for note in found.notes)


# -- Plans ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        erasures._UNDER_WAY, erasures._RECEIPTS, erasures._ORDERS, erasures._QUESTIONS, erasures._ON_THE_WAY,
        erasures._DROP_TOLD, erasures._AUDIT_ACTOR, erasures._AUDIT_SUBJECT, erasures._DUE, erasures._DUE_FILE,
        *erasures._THEIRS_ALONE, unfinished._ORDERS, unfinished._STREAMS, inbox._OPEN_OF, inbox._DROP_OWN,
        inbox._DROP_QUOTING, inbox._FORGET_SENDER, copies._LAST_MADE, copies._FILES, copies._FILE, dossiers._ORDERS,
        dossiers._WATCHED, dossiers._DECISIONS, dossiers._ABOUT_THEM, correspondence._QUESTIONS, correspondence._TOLD,
        correspondence._TO_TELL, questions._LATELY,
    ],
)  # fmt: skip
async def test_nothing_of_it_walks_a_whole_table(store: Store, sql: str) -> None:
    names = ("person", "pseudonym", "cursor", "limit", "chat", "last", "until", "now", "before", "codes", "subject",
             "action", "id")  # fmt: skip
    assert_no_scan(store.path, sql, **{name: "[]" if name == "codes" else 1 for name in names})
