"""What lay in somebody's hands: out of their chat, and in front of whoever acts in the role from now on."""

from typing import Any

import pytest

from storage import (
    addresses,
    cards,
    dialogs,
    endings,
    handovers,
    outbox,
    payments,
    questions,
    revocations,
    roles,
    shipments,
)
from storage.clock import DAY
from storage.connection import Tx
from storage.outbox import Delivered, Lane
from storage.receipts import Proof, ReceiptKind
from storage.roles import Role
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, CASHIER, HOST, OTHER_HOST, OWNER
from tests.storage.trade import OTHER_CASHIER, SUPPLIER


async def sent(store: Store) -> None:
    """As if everything enqueued so far stood in its chat, cards included."""

    def act(tx: Tx) -> None:
        rows = [outbox.row(row) for row in tx.all("SELECT * FROM outbox WHERE state = 'queued' ORDER BY id")]
        for number, row in enumerate(rows, 100):
            outbox.settle(tx, [(row, Delivered(message_id=number))], NOON)

    await store.write(act)


async def revoke(store: Store, person: int, role: Role, actor: int = OWNER, now: int = NOON) -> int:
    role_id = (await store.read(revocations.held, person, role))[0]
    outcome = await store.write(revocations.revoke, actor=actor, role_id=role_id, now=now)
    assert isinstance(outcome, revocations.Revoked), outcome
    return role_id


async def undo(store: Store, role_id: int) -> None:
    outcome = await store.write(revocations.restore, actor=OWNER, role_id=role_id, now=NOON + 1)
    assert isinstance(outcome, revocations.Restored), outcome


async def told(store: Store, *kinds: str) -> list[tuple[str, int]]:
    return [entry for entry in await store.read(seed.told) if entry[0] in kinds]


async def params(store: Store, kind: str) -> dict[str, Any]:
    (row,) = await store.read(lambda tx: tx.all("SELECT * FROM outbox WHERE kind = :k AND state = 'queued'", k=kind))
    return outbox.row(row).params


@pytest.fixture
async def stall(store: Store) -> trade.Stall:
    return await store.write(trade.stall)


# -- The cashier --------------------------------------------------------------------------------------------


async def test_a_receipt_that_only_the_revoked_cashier_has_goes_to_another_at_once(
    store: Store, stall: trade.Stall
) -> None:
    await revoke(store, OTHER_CASHIER, Role.CASHIER)
    payment = await store.write(lambda tx: trade.send_receipt(tx, ANN, trade.place(tx, ANN, (stall.eggs, 1))))
    await sent(store)
    await store.write(lambda tx: seed.role(tx, OTHER_CASHIER, "cashier"))
    await revoke(store, CASHIER, Role.CASHIER)
    assert await told(store, "payment_card", "card_taken") == [
        ("card_taken", CASHIER),
        ("payment_card", OTHER_CASHIER),
    ]
    assert await params(store, "payment_card") == {"payment": payment}


async def test_with_the_last_cashier_what_waits_comes_to_the_owners_with_every_picture(
    store: Store, stall: trade.Stall
) -> None:
    await revoke(store, OTHER_CASHIER, Role.CASHIER)

    def act(tx: Tx) -> None:
        order = trade.place(tx, ANN, (stall.eggs, 1))
        trade.send_receipt(tx, ANN, order, proof=trade.PHOTO)
        more = Proof(kind=ReceiptKind.PHOTO, file_id="photo-2", file_unique_id="unique-2")
        payments.submit(tx, actor=ANN, order_id=order, proofs=[more], policy=trade.POLICY, now=NOON)
        failed = trade.parcels(tx, trade.buy(tx, ANN, (stall.eggs, 1)))[stall.egg_farm]
        shipments.fail(tx, actor=OWNER, shipment_id=failed, now=NOON)
        questions.ask(tx, actor=ANN, order_id=order, text="Did it come?", now=NOON)

    await store.write(act)
    await sent(store)
    await revoke(store, CASHIER, Role.CASHIER)
    handed = await told(store, "payment_card", "receipt_more", "refund_card", "question_card")
    assert handed == [
        ("receipt_more", OWNER),
        ("payment_card", OWNER),
        ("refund_card", OWNER),
        ("question_card", OWNER),
    ]
    assert (await params(store, "role_revoked"))["moved"] == 3
    assert len(await told(store, "card_taken")) == 3


async def test_whoever_has_it_already_is_not_told_twice(store: Store, stall: trade.Stall) -> None:
    await store.write(lambda tx: trade.send_receipt(tx, ANN, trade.place(tx, ANN, (stall.eggs, 1))))
    # Once while it waits to be sent, once when it stands there.
    await revoke(store, CASHIER, Role.CASHIER)
    assert await told(store, "payment_card") == [("payment_card", OTHER_CASHIER)]
    await sent(store)
    await store.write(lambda tx: seed.role(tx, CASHIER, "cashier"))
    await revoke(store, CASHIER, Role.CASHIER)
    assert await told(store, "payment_card") == []


async def test_what_was_not_sent_yet_is_dropped_and_other_messages_stay(store: Store, stall: trade.Stall) -> None:
    def act(tx: Tx) -> None:
        outbox.tell(tx, CASHIER, "say", now=NOON, key="tap.failed")
        trade.send_receipt(tx, ANN, trade.place(tx, ANN, (stall.eggs, 1)))
        trade.place(tx, CASHIER, (stall.eggs, 1))

    await store.write(lambda tx: addresses.save(tx, actor=CASHIER, address=trade.HOME, now=NOON))
    await store.write(act)
    await revoke(store, CASHIER, Role.CASHIER)
    theirs = [kind for kind, chat in await store.read(seed.told) if chat == CASHIER]
    assert theirs == ["say", "order_placed", "role_taken", "menu"]
    dropped = "SELECT kind FROM outbox WHERE state = 'dropped' AND error = 'role revoked'"
    assert await trade.book(store, dropped) == "payment_card"


async def test_a_card_that_is_on_its_way_at_this_moment_loses_its_buttons_as_well(
    store: Store, stall: trade.Stall
) -> None:
    await store.write(lambda tx: trade.send_receipt(tx, ANN, trade.place(tx, ANN, (stall.eggs, 1))))
    await store.write(
        lambda tx: tx.run(
            "UPDATE outbox SET state = 'sending' WHERE chat_id = :c AND kind = 'payment_card'", c=CASHIER
        )
    )
    await revoke(store, CASHIER, Role.CASHIER)
    assert await told(store, "card_taken") == [("card_taken", CASHIER)]


async def test_what_is_decided_stays_as_it_is(store: Store, stall: trade.Stall) -> None:
    await store.write(lambda tx: trade.buy(tx, ANN, (stall.eggs, 1)))
    await sent(store)
    await revoke(store, CASHIER, Role.CASHIER)
    assert await told(store, "card_taken") == []


async def test_undo_gives_the_cards_their_buttons_back(store: Store, stall: trade.Stall) -> None:
    payment = await store.write(lambda tx: trade.send_receipt(tx, ANN, trade.place(tx, ANN, (stall.eggs, 1))))
    await sent(store)
    role = await revoke(store, CASHIER, Role.CASHIER)
    await undo(store, role)
    # The unsent blank has given way to the card itself.
    assert await told(store, "card_taken", "payment_card") == [("payment_card", CASHIER)]
    assert await params(store, "payment_card") == {"payment": payment}


async def test_a_later_decision_tells_nothing_to_who_is_no_cashier_any_more(store: Store, stall: trade.Stall) -> None:
    payment = await store.write(lambda tx: trade.send_receipt(tx, ANN, trade.place(tx, ANN, (stall.eggs, 1))))
    await sent(store)
    await revoke(store, CASHIER, Role.CASHIER)
    assert not await store.read(handovers.may_have, CASHIER, "payment", payment)
    assert await store.read(handovers.may_have, OTHER_CASHIER, "payment", payment)
    outcome = await store.write(payments.confirm, actor=CASHIER, payment_id=payment, now=NOON)
    assert type(outcome).__name__ == "NotAllowed"


# -- The supplier -------------------------------------------------------------------------------------------


async def test_parcels_of_a_supplier_whose_last_person_goes_come_to_the_owners(
    store: Store, stall: trade.Stall
) -> None:
    order = await store.write(lambda tx: trade.buy(tx, ANN, (stall.eggs, 1), (stall.rice, 1)))
    await sent(store)
    await revoke(store, SUPPLIER, Role.SUPPLIER)
    assert await told(store, "shipment_card", "card_taken") == [("card_taken", SUPPLIER), ("shipment_card", OWNER)]
    parcel = (await store.read(trade.parcels, order))[stall.egg_farm]
    assert (await params(store, "shipment_card"))["shipment"] == parcel
    assert await store.read(shipments.to_do, stall.egg_farm) == [parcel]


async def test_a_colleague_of_the_same_supplier_takes_over_and_the_owner_is_left_alone(
    store: Store, stall: trade.Stall
) -> None:
    await store.write(lambda tx: trade.buy(tx, ANN, (stall.eggs, 1)))
    await sent(store)
    colleague = 4002

    def joins(tx: Tx) -> None:
        seed.person(tx, colleague)
        roles.grant(tx, person=colleague, role=Role.SUPPLIER, supplier=stall.egg_farm, by=OWNER, now=NOON)

    await store.write(joins)
    await revoke(store, SUPPLIER, Role.SUPPLIER)
    assert await told(store, "shipment_card") == [("shipment_card", colleague)]


async def test_who_speaks_for_two_suppliers_keeps_the_other(store: Store, stall: trade.Stall) -> None:
    def act(tx: Tx) -> None:
        roles.grant(tx, person=SUPPLIER, role=Role.SUPPLIER, supplier=stall.rice_farm, by=OWNER, now=NOON)
        trade.buy(tx, ANN, (stall.eggs, 1), (stall.rice, 1))

    await store.write(act)
    await sent(store)
    await revoke(store, SUPPLIER, Role.SUPPLIER)
    assert await told(store, "card_taken") == [("card_taken", SUPPLIER)]
    assert (await params(store, "card_taken"))["noun"] == "shipment"


# -- The host -----------------------------------------------------------------------------------------------


async def test_open_questions_go_on_and_old_ones_are_left(store: Store, stall: trade.Stall) -> None:
    await store.write(questions.ask, actor=ANN, order_id=None, text="Old", now=NOON - 31 * DAY)
    await store.write(questions.ask, actor=ANN, order_id=None, text="New", now=NOON)
    await sent(store)
    await revoke(store, OTHER_HOST, Role.HOST)
    assert await told(store, "question_card") == []
    await revoke(store, HOST, Role.HOST)
    assert await told(store, "question_card") == [("question_card", OWNER)]


async def test_a_desk_is_blanked_and_comes_back(store: Store, stall: trade.Stall) -> None:
    await store.write(lambda tx: outbox.tell(tx, HOST, "desk", now=NOON, card="desk:1", stream=stall.stream))
    await sent(store)
    role = await revoke(store, HOST, Role.HOST)
    assert await told(store, "card_taken") == [("card_taken", HOST)]
    await undo(store, role)
    assert await told(store, "card_taken", "desk") == [("desk", HOST)]


async def test_an_order_that_runs_out_in_a_stream_of_somebody_who_went_is_told_to_hosts(
    store: Store, stall: trade.Stall
) -> None:
    await store.write(lambda tx: trade.place(tx, ANN, (stall.eggs, 1)))
    await revoke(store, HOST, Role.HOST)
    await sent(store)
    await store.write(endings.expire_due, now=NOON + DAY)
    assert await told(store, "order_expired_host") == [("order_expired_host", OTHER_HOST)]


# -- Questions in progress ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", handovers.DIALOGS)
async def test_a_question_for_the_role_is_over(store: Store, stall: trade.Stall, kind: str) -> None:
    order = await store.write(lambda tx: trade.buy(tx, ANN, (stall.eggs, 1)))
    parcel = (await store.read(trade.parcels, order))[stall.egg_farm]
    role = handovers.DIALOGS[kind]
    person = SUPPLIER if role is Role.SUPPLIER else HOST
    asked = await store.write(
        dialogs.begin, actor=person, kind=kind, step="any", data={"shipment": parcel}, now=NOON, silent=True
    )
    await revoke(store, person, role)
    left = await store.read(dialogs.of, person)
    assert left is not None
    assert (left.kind, left.step) == (handovers.OVER, "text")
    # Buttons carry the dialog's id, answers its step: neither finds it any more.
    assert await store.read(dialogs.view, asked.id) is None


async def test_a_buyers_own_question_goes_on(store: Store, stall: trade.Stall) -> None:
    asked = await store.write(dialogs.begin, actor=HOST, kind="ask", step="text", data={}, now=NOON, silent=True)
    await revoke(store, HOST, Role.HOST)
    assert await store.read(dialogs.of, HOST) == asked


async def test_a_question_for_a_role_that_is_still_held_goes_on(store: Store, stall: trade.Stall) -> None:
    await store.write(lambda tx: seed.role(tx, HOST, "cashier"))
    asked = await store.write(
        dialogs.begin, actor=HOST, kind="newstream", step="title", data={}, now=NOON, silent=True
    )
    await revoke(store, HOST, Role.CASHIER)
    assert await store.read(dialogs.of, HOST) == asked


async def test_an_owner_who_goes_loses_every_card_but_those_of_roles_that_stay(
    store: Store, stall: trade.Stall
) -> None:
    second = 1002

    def act(tx: Tx) -> None:
        seed.role(tx, seed.person(tx, second), "owner")
        seed.role(tx, second, "cashier")
        outbox.tell(tx, second, "desk", now=NOON, lane=Lane.ORDER, card=f"desk:{stall.stream}", stream=stall.stream)
        trade.send_receipt(tx, ANN, trade.place(tx, ANN, (stall.eggs, 1)))

    await store.write(act)
    await sent(store)
    await revoke(store, second, Role.OWNER)
    assert (await params(store, "card_taken"))["noun"] == "desk"


async def test_what_waits_is_found_by_index(store: Store) -> None:
    assert_no_scan(store.path, handovers._RECEIPTS)
    assert_no_scan(store.path, handovers._REFUNDS)
    assert_no_scan(store.path, handovers._PARCELS, supplier=1)
    assert_no_scan(store.path, handovers._QUESTIONS, role="host", since=1)
    assert_no_scan(store.path, handovers._QUEUED, chat=1)
    assert_no_scan(store.path, cards._OF_NOUN, chat=1, noun="desk")
    assert_no_scan(store.path, cards._HAS, chat=1, card="desk:1")
