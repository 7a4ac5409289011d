"""Whatever people do with their orders, in whatever order: exactly what was taken comes back, money included."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from storage import (
    amendments,
    buyers,
    calloffs,
    checkouts,
    decisions,
    endings,
    orders,
    payments,
    recount,
    requests,
    shipments,
    stock,
)
from storage.clock import HOUR, MINUTE
from storage.connection import Tx
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST, OWNER

R = TypeVar("R")
BUYERS = st.sampled_from([ANN, BEN, CAI])
PACKS = st.integers(0, 4)
PICK = st.integers(0, 30)


class Trade(RuleBasedStateMachine):
    """Real acts on real books. Acts may refuse; what they may not do is leave the books at odds."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name) / "stall.db"
        self.store = self.loop.run_until_complete(Store.open(path, synchronous="NORMAL", now=NOON))
        self.now = NOON
        self.stall = self.write(lambda tx: trade.stall(tx, eggs=6, rice=5))
        self.write(lambda tx: trade.first_paid(tx, self.stall.rice))
        self.write(lambda tx: tx.run("UPDATE offers SET limit_per_buyer = 5 WHERE id = :id", id=self.stall.eggs))

    def teardown(self) -> None:
        self.loop.run_until_complete(self.store.close())
        self.loop.close()
        self.folder.cleanup()

    def write(self, act: Callable[[Tx], R]) -> R:
        return self.loop.run_until_complete(self.store.write(act))

    def read(self, query: Callable[[Tx], R]) -> R:
        return self.loop.run_until_complete(self.store.read(query))

    def one(self, table: str, pick: int) -> int:
        ids = self.read(lambda tx: [row["id"] for row in tx.all(f"SELECT id FROM {table} ORDER BY id DESC LIMIT 6")])
        return ids[pick % len(ids)] if ids else 0

    def order(self, pick: int) -> orders.Order | None:
        id_ = self.one("orders", pick)
        return self.read(lambda tx: orders.view(tx, id_))

    @rule(buyer=BUYERS, eggs=PACKS, rice=PACKS)
    def places(self, buyer: int, eggs: int, rice: int) -> None:
        lines = [(offer, packs) for offer, packs in ((self.stall.eggs, eggs), (self.stall.rice, rice)) if packs]
        if not lines:
            return

        def act(tx: Tx) -> object:
            dialog = trade.checkout(tx, buyer, *lines)
            return checkouts.place(
                tx, actor=buyer, checkout=dialog, terms="v1", method="Pay", policy=trade.POLICY, now=self.now
            )

        self.write(act)

    @rule(pick=PICK)
    def sends_a_receipt(self, pick: int) -> None:
        order = self.order(pick)
        if order is not None:
            self.write(
                lambda tx: payments.submit(
                    tx,
                    actor=order.buyer_id,
                    order_id=order.id,
                    proofs=[trade.PROOF],
                    policy=trade.POLICY,
                    now=self.now,
                )
            )

    @rule(pick=PICK, is_there=st.booleans())
    def decides_about_the_money(self, pick: int, is_there: bool) -> None:
        payment = self.one("payments", pick)
        if is_there:
            self.write(lambda tx: payments.confirm(tx, actor=CASHIER, payment_id=payment, now=self.now))
        else:
            self.write(
                lambda tx: payments.reject(
                    tx, actor=CASHIER, payment_id=payment, reason="other", policy=trade.POLICY, now=self.now
                )
            )

    @rule(pick=PICK, eggs=PACKS, rice=PACKS)
    def changes(self, pick: int, eggs: int, rice: int) -> None:
        order = self.order(pick)
        if order is not None:
            wanted = {"EGG": eggs, "RICE": rice}
            packs = {line.code: wanted[line.code] for line in order.lines}

            def act(tx: Tx) -> object:
                dialog = trade.draft(tx, order.buyer_id, order.id, **packs)
                return amendments.save(tx, actor=order.buyer_id, dialog_id=dialog, now=self.now)

            self.write(act)

    @rule(pick=PICK)
    def cancels(self, pick: int) -> None:
        order = self.order(pick)
        if order is not None:
            self.write(lambda tx: endings.cancel(tx, actor=order.buyer_id, order_id=order.id, now=self.now))

    @rule(pick=PICK)
    def the_stall_cancels(self, pick: int) -> None:
        order = self.one("orders", pick)
        self.write(
            lambda tx: calloffs.cancel_by_stall(tx, actor=HOST, order_id=order, reason="no_goods", now=self.now)
        )

    @rule(pick=PICK, eggs=PACKS, rice=PACKS, whole=st.booleans())
    def asks(self, pick: int, eggs: int, rice: int, whole: bool) -> None:
        order = self.order(pick)
        if order is None:
            return
        wanted = {"EGG": eggs, "RICE": rice}
        if whole:
            self.write(lambda tx: requests.ask_cancel(tx, actor=order.buyer_id, order_id=order.id, now=self.now))
        else:
            lines = {line.id: min(line.quantity, wanted[line.code]) for line in order.lines}
            self.write(
                lambda tx: requests.ask_change(tx, actor=order.buyer_id, order_id=order.id, lines=lines, now=self.now)
            )

    @rule(pick=PICK)
    def agrees(self, pick: int) -> None:
        request = self.one("change_requests", pick)
        self.write(lambda tx: decisions.agree(tx, actor=CASHIER, request_id=request, now=self.now))

    @rule(pick=PICK, what=st.sampled_from(["accept", "ship", "fail", "receive"]))
    def a_parcel_goes_on(self, pick: int, what: str) -> None:
        parcel = self.one("shipments", pick)
        match what:
            case "accept":
                self.write(lambda tx: shipments.accept(tx, actor=OWNER, shipment_id=parcel, now=self.now))
            case "ship":
                self.write(
                    lambda tx: shipments.ship(
                        tx, actor=OWNER, shipment_id=parcel, carrier=None, tracking=None, now=self.now
                    )
                )
            case "fail":
                self.write(lambda tx: shipments.fail(tx, actor=OWNER, shipment_id=parcel, now=self.now))
            case _:
                found = self.read(lambda tx: shipments.view(tx, parcel))
                if found is not None:
                    self.write(
                        lambda tx: shipments.receive(tx, actor=found.buyer_id, shipment_id=parcel, now=self.now)
                    )

    @rule(buyer=BUYERS, blocked=st.booleans())
    def a_host_blocks(self, buyer: int, blocked: bool) -> None:
        act = buyers.block if blocked else buyers.allow
        self.write(lambda tx: act(tx, actor=HOST, person=buyer, now=self.now))

    @rule(minutes=st.sampled_from([10, 40]))
    @precondition(lambda self: self.now < NOON + 12 * HOUR)
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MINUTE
        self.write(lambda tx: endings.expire_due(tx, now=self.now))

    @invariant()
    def units_and_money_add_up(self) -> None:
        assert self.read(stock.recount) == []
        assert self.read(recount.orders) == []
        assert self.read(lambda tx: tx.value("SELECT count(*) FROM offers WHERE taken > quantity OR taken < 0")) == 0


TestGivingBack = Trade.TestCase
TestGivingBack.settings = settings(
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
