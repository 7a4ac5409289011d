"""What leaves the books: keys, instants, amounts, pages."""

from typing import Any

import pytest

from storage import audit, exports, stock
from storage.connection import Tx
from storage.exports import EXPORTS
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed

HALF_AN_HOUR = 30 * 60 * 1000


def one_order(tx: Tx) -> int:
    """Ann's two boxes of eggs in SPRING, unpaid."""
    seed.staff_and_viewers(tx)
    egg = seed.product(tx, seed.supplier(tx))
    offer = seed.offer(tx, seed.stream(tx), egg)
    order = seed.order(tx, seed.ANN, offer, 2, code="TG-7K3QF")
    stock.take(tx, offer, order, 2, NOON, "placed")
    tx.run("UPDATE orders SET pay_by = :at, hold_until = :at + 300000", at=NOON + HALF_AN_HOUR)
    return order


def receipt(tx: Tx, order: int, *texts: str | None, status: str = "submitted") -> None:
    """A payment of an order with a typed reference, or a picture, for each of `texts`."""
    number = tx.value("SELECT count(*) + 1 FROM payments WHERE order_id = :order", order=order)
    decided = None if status == "submitted" else NOON + 1000
    payment = tx.insert(
        "INSERT INTO payments (order_id, number, method, amount, currency, status, submitted_at, decided_at,"
        " decided_by) SELECT id, :number, 'WeChat Pay', total, currency, :status, :now, :decided, :by"
        " FROM orders WHERE id = :order",
        order=order,
        number=number,
        status=status,
        now=NOON,
        decided=decided,
        by=seed.CASHIER if decided else None,
    )
    for text in texts:
        tx.run(
            "INSERT INTO receipts (payment_id, kind, text, file_id, received_at)"
            " VALUES (:payment, :kind, :text, :file, :now)",
            payment=payment,
            kind="photo" if text is None else "text",
            text=text,
            file="file" if text is None else None,
            now=NOON,
        )


async def exported(store: Store, kind: str, stream: int | None = None) -> list[dict[str, Any]]:
    return list((await store.read(EXPORTS[kind].page, 0, stream)).records)


@pytest.fixture
async def order(store: Store) -> int:
    return await store.write(one_order)


async def test_an_order_tells_everything_a_script_needs(store: Store, order: int) -> None:
    assert await exported(store, "orders") == [
        {
            "code": "TG-7K3QF",
            "status": "pending",
            "under_review": False,
            "stream": "SPRING",
            "buyer": f"Person {seed.ANN}",
            "buyer_id": seed.ANN,
            "created_at": "2026-03-10T04:00:00Z",
            "pay_by": "2026-03-10T04:30:00Z",
            "expires_at": "2026-03-10T04:35:00Z",
            "currency": "CNY",
            "discount": "0.00",
            "delivery_fee": "0.00",
            "total": "72.00",
            "pickup_number": None,
            "lines": [
                {
                    "code": "EGG",
                    "quantity": 2,
                    "unit_price": "36.00",
                    "discount": "0.00",
                    "supplier": "Hill Farm",
                    "ships_from": None,
                    "ships_until": None,
                }
            ],
            "specials": [],
            "payments": [],
            "shipments": [],
        }
    ]


async def test_an_order_under_review_does_not_expire(store: Store, order: int) -> None:
    await store.write(receipt, order, "4200001", None, "again 4200001")
    await store.write(lambda tx: tx.run("UPDATE orders SET hold_until = NULL"))
    (found,) = await exported(store, "orders")
    assert (found["status"], found["under_review"], found["expires_at"]) == ("pending", True, None)
    assert found["payments"] == [
        {"method": "WeChat Pay", "amount": "72.00", "status": "submitted", "reference": "4200001; again 4200001"}
    ]


async def test_an_expired_order_tells_when_it_expired(store: Store, order: int) -> None:
    await store.write(
        lambda tx: tx.run("UPDATE orders SET status = 'expired', hold_until = NULL, expired_at = :at", at=NOON + 5000)
    )
    (found,) = await exported(store, "orders")
    assert found["expires_at"] == "2026-03-10T04:00:05Z"


async def test_a_payment_is_numbered_as_people_see_it(store: Store, order: int) -> None:
    await store.write(receipt, order, None, status="rejected")
    await store.write(receipt, order, "4200002", status="confirmed")
    first, second = await exported(store, "payments")
    assert (first["number"], first["reference"], first["status"]) == ("TG-7K3QF-P-1", None, "rejected")
    assert second == {
        "code": "TG-7K3QF",
        "number": "TG-7K3QF-P-2",
        "method": "WeChat Pay",
        "amount": "72.00",
        "currency": "CNY",
        "status": "confirmed",
        "reference": "4200002",
        "submitted_at": "2026-03-10T04:00:00Z",
        "decided_at": "2026-03-10T04:00:01Z",
        "decided_by": f"Person {seed.CASHIER}",
    }


def of_two_suppliers(tx: Tx, order: int) -> None:
    """The order gets a second supplier's line, and a shipment is asked of each."""
    mill = seed.supplier(tx, "Mill")
    rice = seed.product(tx, mill, "RICE")
    offer = seed.offer(tx, 1, rice)
    other = seed.order(tx, seed.BEN, offer, 1)
    tx.run("UPDATE order_lines SET order_id = :order WHERE order_id = :other", order=order, other=other)
    tx.run("DELETE FROM orders WHERE id = :other", other=other)
    seed.shipment(tx, order, 1, "shipped")
    seed.shipment(tx, order, mill, "requested")
    tx.run(
        "UPDATE shipments SET carrier = 'SF', tracking = 'SF123', shipped_at = :now WHERE supplier_id = 1", now=NOON
    )


async def test_a_shipment_carries_only_its_suppliers_lines(store: Store, order: int) -> None:
    await store.write(of_two_suppliers, order)
    hill, mill = await exported(store, "shipments")
    assert hill["lines"] == [{"code": "EGG", "quantity": 2, "ships_from": None, "ships_until": None}]
    assert mill["lines"] == [{"code": "RICE", "quantity": 1, "ships_from": None, "ships_until": None}]
    assert (hill["order"], hill["carrier"], hill["tracking"]) == ("TG-7K3QF", "SF", "SF123")
    assert (hill["recipient"], hill["phone"], hill["address"]) == ("R", "1", "A")
    assert (hill["shipped_at"], mill["shipped_at"]) == ("2026-03-10T04:00:00Z", None)


async def test_people_come_with_roles_and_orders(store: Store, order: int) -> None:
    found = {person["id"]: person for person in await exported(store, "people")}
    assert found[seed.OWNER]["roles"] == ["owner"]
    assert (found[seed.ANN]["roles"], found[seed.ANN]["orders"]) == ([], 1)
    assert (found[seed.ANN]["follows"], found[seed.ANN]["reachable"]) == (False, True)


@pytest.mark.parametrize("kind", EXPORTS)
async def test_the_keys_of_a_record_are_those_that_were_promised(kind: str, store: Store, order: int) -> None:
    await store.write(receipt, order, None)
    await store.write(seed.shipment, order, 1, "requested")
    await store.write(audit.note, seed.ANN, "order.placed", f"order:{order}", NOON)
    (record, *_) = await exported(store, kind)
    assert tuple(record) == EXPORTS[kind].keys


@pytest.mark.parametrize("kind", EXPORTS)
async def test_another_stream_has_nothing_of_this_one(kind: str, store: Store, order: int) -> None:
    await store.write(receipt, order, None)
    await store.write(seed.shipment, order, 1, "requested")
    await store.write(audit.note, seed.ANN, "order.placed", f"order:{order}", NOON)
    autumn = await store.write(seed.stream, "AUTUMN")
    spring = await store.read(exports.stream_id, " spring ")
    assert await exported(store, kind, autumn) == []
    assert len(await exported(store, kind, spring)) == 1


async def test_a_page_after_another_leaves_nobody_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PAGE", 3)
    await store.write(seed.staff_and_viewers)  # seven people
    found: list[int] = []
    after: int | None = 0
    while after is not None:
        page = await store.read(EXPORTS["people"].page, after, None)
        found += [person["id"] for person in page.records]
        after = page.last
    assert found == sorted({seed.OWNER, seed.HOST, seed.OTHER_HOST, seed.CASHIER, seed.ANN, seed.BEN, seed.CAI})


async def test_the_audit_of_a_stream_is_about_it_its_offers_and_its_orders(store: Store, order: int) -> None:
    def act(tx: Tx) -> None:
        for subject in (f"order:{order}", "stream:1", "offer:1", "catalogue", "stream:9", "person:1001"):
            audit.note(tx, None, "stream.edited", subject, NOON, amount=5)

    await store.write(act)
    entries = await exported(store, "audit", 1)
    assert [(entry["subject"], entry["order"]) for entry in entries] == [
        (f"order:{order}", "TG-7K3QF"),
        ("stream:1", None),
        ("offer:1", None),
    ]
    assert entries[0]["details"] == {"amount": 5}
    assert len(await exported(store, "audit")) == 6
