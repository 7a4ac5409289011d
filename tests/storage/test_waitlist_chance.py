"""A stall's afternoon by chance: whatever people, hosts and the clock do, the books agree after every step."""

import random
from collections.abc import Callable

from shop.waitlist import Mode
from storage import checkouts, endings, lapses, lots, people, stock, waiting, waitlist
from storage.clock import MINUTE
from storage.connection import Tx
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.seed import HOST

PEOPLE = range(10_001, 10_009)
AFTERNOONS, STEPS = 12, 250


class Afternoon:
    """What can happen, each with a person and numbers by chance. The clock steps back now and then."""

    def __init__(self, tx: Tx, chance: random.Random) -> None:
        self.tx, self.chance, self.now = tx, chance, NOON
        self.offer = trade.stall(tx, eggs=6).eggs
        tx.run("UPDATE offers SET limit_per_buyer = 8 WHERE id = :id", id=self.offer)
        for person in PEOPLE:
            trade.addresses.save(tx, actor=seed.person(tx, person), address=trade.HOME, now=NOON)

    def buys(self, person: int) -> None:
        """By the acts a chat would use; a refusal is undone by the store, here by the savepoint."""
        checkout = trade.checkout(self.tx, person, (self.offer, self.chance.randint(1, 3)))
        self._or_nothing(
            lambda: checkouts.place(
                self.tx, actor=person, checkout=checkout, terms="v1", method="Pay", policy=trade.POLICY, now=self.now
            )
        )

    def takes(self, person: int) -> None:
        held = waitlist.held_for(self.tx, self.offer, person)
        if held:
            checkout = trade.checkout(self.tx, person, (self.offer, self.chance.randint(1, held)))
            placed = checkouts.place(
                self.tx, actor=person, checkout=checkout, terms="v1", method="Pay", policy=trade.POLICY, now=self.now
            )
            assert isinstance(placed, checkouts.Placed)

    def joins(self, person: int) -> None:
        mode = self.chance.choice(list(Mode))
        waiting.join(
            self.tx, actor=person, offer_id=self.offer, quantity=self.chance.randint(1, 5), mode=mode, now=self.now
        )

    def leaves(self, person: int) -> None:
        entry = waitlist.of(self.tx, self.offer, person)
        if entry is not None:
            waiting.leave(self.tx, actor=person, entry_id=entry.id, now=self.now)

    def settles(self, person: int) -> None:
        entry = waitlist.of(self.tx, self.offer, person)
        if entry is not None:
            mode = self.chance.choice(list(Mode))
            waiting.settle(self.tx, actor=person, entry_id=entry.id, mode=mode, now=self.now)

    def cancels(self, person: int) -> None:
        orders = self.tx.all("SELECT id FROM orders WHERE buyer_id = :p AND status = 'pending'", p=person)
        if orders:
            endings.cancel(self.tx, actor=person, order_id=self.chance.choice(orders)[0], now=self.now)

    def blocks(self, person: int) -> None:
        people.blocked(self.tx, person=person, now=self.now)

    def returns(self, person: int) -> None:
        people.meet(self.tx, person=person, name="Back", username=None, language=None, now=self.now)

    def supplies(self, _person: int) -> None:
        was = self.tx.value("SELECT quantity FROM offers WHERE id = :id", id=self.offer)
        wanted = None if self.chance.random() < 0.03 else self.chance.randint(3, 10)
        self._or_nothing(
            lambda: lots.set_quantity(
                self.tx, actor=HOST, offer_id=self.offer, quantity=wanted, was=was, now=self.now
            )
        )

    def passes(self, _person: int) -> None:
        self.now += self.chance.choice([MINUTE, 5 * MINUTE, 20 * MINUTE, -3 * MINUTE])
        endings.expire_due(self.tx, now=self.now)

    def _or_nothing(self, act: Callable[[], object]) -> None:
        self.tx.run("SAVEPOINT step")
        if isinstance(act(), checkouts.Placed | lots.Supplied):
            self.tx.run("RELEASE step")
        else:
            self.tx.run("ROLLBACK TO step")
            self.tx.run("RELEASE step")

    def step(self) -> None:
        """Something happens, then the clock's own work until nothing is due; each round of it gets on."""
        what = self.chance.choice(
            [self.buys, self.buys, self.takes, self.takes, self.joins, self.joins, self.joins, self.leaves,
             self.settles, self.cancels, self.cancels, self.blocks, self.returns, self.supplies, self.passes]
        )  # fmt: skip
        what(self.chance.choice(PEOPLE))
        while (due := lapses.next_due(self.tx, self.now)) is not None and due <= self.now:
            before = self.tx.value("SELECT total_changes()")
            lapses.pass_on_due(self.tx, now=self.now)
            lapses.tidy(self.tx, now=self.now)
            assert self.tx.value("SELECT total_changes()") > before, "due again and again, and nothing is done"

    def check(self) -> None:
        """Counter, ledger, orders and holds agree, and nobody waits for units that are free."""
        assert stock.recount(self.tx) == []
        assert lapses.overlooked(self.tx, self.now) == []
        row = self.tx.all("SELECT quantity, taken FROM offers WHERE id = :id", id=self.offer)[0]
        ordered = self.tx.value(
            "SELECT coalesce(sum(l.quantity), 0) FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id"
            " WHERE o.status IN ('pending', 'paid', 'completed')"
        )
        assert row["taken"] == ordered + waitlist.held(self.tx, self.offer)
        assert row["quantity"] is None or row["taken"] <= row["quantity"]
        bought = self.tx.all(
            "SELECT buyer_id, sum(l.quantity) AS n FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id"
            " WHERE o.status = 'pending' GROUP BY buyer_id"
        )
        assert all(each["n"] <= 8 for each in bought)


async def test_after_every_step_of_twelve_afternoons_the_books_agree(store: Store) -> None:
    def afternoon(tx: Tx, number: int) -> set[str]:
        tx.run("SAVEPOINT afternoon")
        day = Afternoon(tx, random.Random(number))
        for _ in range(STEPS):
            day.step()
            day.check()
        ended = {row["status"] for row in tx.all("SELECT DISTINCT status FROM waitlist")}
        tx.run("ROLLBACK TO afternoon")
        return ended

    ended = set[str]().union(*[await store.write(afternoon, number) for number in range(AFTERNOONS)])
    assert ended >= {"taken", "declined", "lapsed", "left", "served"}
