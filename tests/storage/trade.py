"""The way of an order in a test's books, by the real acts: placed, paid for, sent.

Each step is an act that fails the test if it does not end well; what may go wrong is for the tests themselves.
"""

from dataclasses import dataclass

from shop.waitlist import Mode
from storage import addresses, amendments, checkouts, dialogs, lapses, payments, shipments, stock, waiting, waitlist
from storage.addresses import Address
from storage.checkouts import CHECKOUT, Placed
from storage.clock import HOUR, MINUTE
from storage.connection import Tx
from storage.orders import OrderPolicy
from storage.payments import Confirmed, Submitted
from storage.receipts import Proof, ReceiptKind
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed
from tests.storage.seed import ANN, BEN, CAI, CASHIER

POLICY = OrderPolicy(
    prefix="TG",
    pay_within_ms=30 * MINUTE,
    grace_ms=5 * MINUTE,
    remind_after_ms=15 * MINUTE,
    late_receipt_ms=24 * HOUR,
    most_under_review=3,
)
HOME = Address(recipient="Ann Li", phone="+8613800000000", address="1 Tea Lane, Tonggu")
PROOF = Proof(kind=ReceiptKind.TEXT, text="paid, reference 4711")
PHOTO = Proof(kind=ReceiptKind.PHOTO, file_id="photo-1", file_unique_id="unique-1")
PRICE = 3600
SUPPLIER = 4001
OTHER_CASHIER = 3002


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """An announced stream with eggs of one supplier and rice of another."""

    stream: int
    eggs: int
    rice: int
    egg_farm: int
    rice_farm: int


def stall(tx: Tx, *, eggs: int | None = 10, rice: int | None = 10, status: str = "announced") -> Stall:
    """Staff, a supplier's person, buyers with addresses, and something to buy."""
    seed.staff_and_viewers(tx)
    seed.role(tx, seed.person(tx, OTHER_CASHIER), "cashier")
    egg_farm, rice_farm = seed.supplier(tx), seed.supplier(tx, "Terrace Rice")
    seed.person(tx, SUPPLIER)
    tx.run(
        "INSERT INTO roles (person_id, role, supplier_id, granted_at) VALUES (:p, 'supplier', :s, :now)",
        p=SUPPLIER,
        s=egg_farm,
        now=NOON,
    )
    for buyer in (ANN, BEN, CAI):
        addresses.save(tx, actor=buyer, address=HOME, now=NOON)
    stream = seed.stream(tx, status=status)
    return Stall(
        stream=stream,
        eggs=seed.offer(tx, stream, seed.product(tx, egg_farm), quantity=eggs),
        rice=seed.offer(tx, stream, seed.product(tx, rice_farm, "RICE", price=1000), quantity=rice),
        egg_farm=egg_farm,
        rice_farm=rice_farm,
    )


def first_paid(tx: Tx, offer: int) -> int:
    """From now on whoever pays first gets it."""
    tx.run("UPDATE offers SET hold = 'first_paid' WHERE id = :id", id=offer)
    return offer


def lines(tx: Tx, order: int) -> dict[str, int]:
    """Code -> line id of an order."""
    return {row["code"]: row["id"] for row in tx.all("SELECT id, code FROM order_lines WHERE order_id = :o", o=order)}


def draft(tx: Tx, buyer: int, order: int, **packs: int) -> int:
    """A change of packs by code, chosen and not saved; the dialog's id."""
    chosen = {str(lines(tx, order)[code]): quantity for code, quantity in packs.items()}
    data = {"order": order, "lines": chosen}
    return dialogs.begin(tx, actor=buyer, kind=amendments.CHANGE, step="lines", data=data, now=NOON, silent=True).id


def checkout(tx: Tx, buyer: int, *lines: tuple[int, int]) -> int:
    """A checkout at its summary: (offer, units) at the prices of now."""
    wished = [
        [offer, units, tx.value("SELECT price FROM offers WHERE id = :id", id=offer) or 1] for offer, units in lines
    ]
    dialog = dialogs.begin(
        tx, actor=buyer, kind=CHECKOUT, step="summary", data={"lines": wished}, now=NOON, silent=True
    )
    return dialog.id


def place(tx: Tx, buyer: int, *lines: tuple[int, int], now: int = NOON) -> int:
    """An order of (offer, units) lines, and its id."""
    placed = checkouts.place(
        tx,
        actor=buyer,
        checkout=checkout(tx, buyer, *lines),
        terms="v1",
        method="WeChat Pay",
        policy=POLICY,
        now=now,
    )
    assert isinstance(placed, Placed), placed
    return placed.order_id


def send_receipt(tx: Tx, buyer: int, order: int, *, now: int = NOON, proof: Proof = PROOF) -> int:
    """The order comes under review; the payment's id."""
    sent = payments.submit(tx, actor=buyer, order_id=order, proofs=[proof], policy=POLICY, now=now)
    assert isinstance(sent, Submitted), sent
    return sent.payment_id


def pay(tx: Tx, buyer: int, order: int, *, now: int = NOON) -> Confirmed:
    """A receipt, and the cashier's `Confirm`."""
    done = payments.confirm(tx, actor=CASHIER, payment_id=send_receipt(tx, buyer, order, now=now), now=now)
    assert isinstance(done, Confirmed), done
    return done


def buy(tx: Tx, buyer: int, *lines: tuple[int, int]) -> int:
    """A paid order."""
    order = place(tx, buyer, *lines)
    pay(tx, buyer, order)
    return order


def wait(tx: Tx, person: int, offer: int, quantity: int = 1, mode: Mode = Mode.ANY, *, now: int = NOON) -> int:
    """An entry on an offer's waiting list, and its id."""
    joined = waiting.join(tx, actor=person, offer_id=offer, quantity=quantity, mode=mode, now=now)
    assert isinstance(joined, waiting.Joined), joined
    return joined.entry.id


def entry(tx: Tx, entry_id: int) -> waitlist.Entry:
    """An entry as it stands."""
    found = waitlist.view(tx, entry_id)
    assert found is not None
    return found


def parcels(tx: Tx, order: int) -> dict[int, int]:
    """Supplier -> shipment of an order."""
    rows = tx.all("SELECT id, supplier_id FROM shipments WHERE order_id = :order", order=order)
    return {row["supplier_id"]: row["id"] for row in rows}


def send(tx: Tx, shipment: int) -> None:
    """An owner notes the parcel as sent."""
    moved = shipments.ship(tx, actor=seed.OWNER, shipment_id=shipment, carrier="SF", tracking="SF123", now=NOON)
    assert isinstance(moved, shipments.Moved), moved


async def book(store: Store, sql: str, **values: object) -> object:
    """One value from the books."""
    return await store.read(lambda tx: tx.value(sql, **values))


async def status(store: Store, order: int) -> object:
    """Where an order stands."""
    return await book(store, "SELECT status FROM orders WHERE id = :id", id=order)


async def free(store: Store, offer: int) -> object:
    """Packs of an offer that nobody holds."""
    return await book(store, "SELECT quantity - taken FROM offers WHERE id = :id", id=offer)


async def assert_books_agree(store: Store) -> None:
    """Counter, ledger and live order lines say the same, no order lost its lines or its units, and nobody waits for
    units that are free."""
    assert await store.read(stock.recount) == []
    assert await store.read(lapses.overlooked, NOON) == []
    halves = """
        SELECT count(*) FROM orders AS o WHERE NOT EXISTS (SELECT 1 FROM order_lines WHERE order_id = o.id)
            OR (NOT EXISTS (SELECT 1 FROM stock_movements WHERE order_id = o.id AND kind = 'take')
                AND EXISTS (SELECT 1 FROM order_lines WHERE order_id = o.id AND hold = 'on_order'))
    """
    assert await book(store, halves) == 0
    assert await book(store, "SELECT count(*) FROM pragma_foreign_key_check") == 0


async def kinds_told(store: Store) -> list[tuple[str, int]]:
    """What is waiting to be said, and to whom."""
    return await store.read(seed.told)


async def all_said(store: Store) -> None:
    """As if everything enqueued so far had been sent: what is enqueued next stands alone."""

    def act(tx: Tx) -> int:
        return tx.run("UPDATE outbox SET state = 'sent', ended_at = :now WHERE state = 'queued'", now=NOON)

    await store.write(act)
