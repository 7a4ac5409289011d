"""The exchange of the books for a copy: what may take their place, what would be lost, and that nothing is."""

import contextlib
import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from shop.money import Money
from storage import backup, doctor, payments, pseudonyms, restore
from storage.clock import HOUR, MINUTE
from storage.connection import Tx
from storage.migrate import known
from storage.recovery import Terms
from storage.restore import Newer, NotRestored
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.seed import ANN, BEN, CAI, CASHIER

TERMS = Terms(pay_within_ms=30 * MINUTE, grace_ms=5 * MINUTE)
LATER = NOON + HOUR


class Shelf:
    """The books of a stall and a copy of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.books = folder / "livestall.db"
        self.copy = folder / "copy.db"

    async def writes(self, *acts: Callable[[Tx], object]) -> None:
        async with await Store.open(self.books, now=NOON) as store:
            for act in acts:
                await store.write(act)

    def is_copied(self) -> None:
        self.copy.unlink(missing_ok=True)
        backup.copy(self.books, self.copy)

    def prepares(self, file: Path | None = None) -> restore.Prepared:
        return restore.prepare(file or self.copy, self.books, LATER, lambda _done: True)

    def newer(self) -> Newer | None:
        prepared = self.prepares()
        try:
            return restore.newer(prepared, self.books)
        finally:
            restore.discard(self.books)

    def is_restored(self, file: Path | None = None) -> Path | None:
        prepared = self.prepares(file)
        restore.settle(prepared, file=self.copy, terms=TERMS, resend=False, now=LATER)
        aside = restore.put_in_place(prepared, self.books, "20260310-050000")
        restore.discard(self.books)
        return aside

    def refuses(self, file: Path) -> str:
        with pytest.raises(NotRestored) as caught:
            self.prepares(file)
        assert not list(self.folder.glob("*.restoring*"))
        return str(caught.value)

    async def orders(self, file: Path | None = None) -> int:
        async with await Store.open(file or self.books, now=NOON) as store:
            assert (await doctor.examine(store, now=NOON, bot_is_running=False)).differences == ()
            count: int = await store.read(lambda tx: tx.value("SELECT count(*) FROM orders"))
            return count

    def names(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture
async def shelf(tmp_path: Path) -> Shelf:
    """Books with one order, and a copy of them."""
    made = Shelf(tmp_path)
    await made.writes(trade.stall, lambda tx: trade.place(tx, ANN, (1, 1)))
    made.is_copied()
    return made


async def test_the_copy_takes_the_place_of_the_books_which_are_kept(shelf: Shelf) -> None:
    await shelf.writes(lambda tx: trade.place(tx, BEN, (1, 1)))
    aside = shelf.is_restored()
    assert aside == shelf.folder / "livestall.replaced-20260310-050000.db"
    assert shelf.names() == {"livestall.db", "copy.db", aside.name}
    assert stat.S_IMODE(aside.stat().st_mode) == stat.S_IMODE(shelf.books.stat().st_mode) == 0o600
    assert await shelf.orders() == 1
    assert await shelf.orders(aside) == 2


async def test_the_file_that_was_named_stays_as_it_is(shelf: Shelf) -> None:
    before = shelf.copy.read_bytes()
    shelf.is_restored()
    assert shelf.copy.read_bytes() == before


async def test_two_restores_within_a_second_keep_both_books(shelf: Shelf) -> None:
    first, second = shelf.is_restored(), shelf.is_restored()
    assert first is not None
    assert second is not None
    assert first != second
    assert await shelf.orders(first) == await shelf.orders(second) == 1


async def test_where_there_are_no_books_yet_the_copy_becomes_them(shelf: Shelf) -> None:
    shelf.books.unlink()
    assert shelf.newer() == Newer()
    assert shelf.is_restored() is None
    assert await shelf.orders() == 1


async def test_what_was_only_in_the_log_is_kept_with_the_old_books_and_not_read_into_the_new(shelf: Shelf) -> None:
    """A killed bot leaves its newest orders in the -wal."""
    killed = shelf.folder / "killed"
    killed.mkdir()
    async with await Store.open(shelf.books, now=NOON) as store:
        await store.write(lambda tx: trade.place(tx, BEN, (1, 2)))
        for name in ("livestall.db", "livestall.db-wal"):
            shutil.copy(shelf.folder / name, killed)
    for name in ("livestall.db", "livestall.db-wal"):
        shutil.copy(killed / name, shelf.folder)
    assert shelf.books.with_name("livestall.db-wal").stat().st_size > 0
    assert shelf.newer() == Newer(orders=1, codes=(await code_of(killed / "livestall.db", 2),))
    aside = shelf.is_restored()
    assert aside is not None
    assert not list(shelf.folder.glob("*-wal"))
    assert await shelf.orders() == 1
    assert await shelf.orders(aside) == 2


async def code_of(books: Path, order: int) -> str:
    async with await Store.open(books, now=NOON) as store:
        code: str = await store.read(lambda tx: tx.value("SELECT code FROM orders WHERE id = :id", id=order))
        return code


async def test_everything_that_is_newer_is_counted(shelf: Shelf) -> None:
    def day(tx: Tx) -> None:
        trade.pay(tx, ANN, 1)
        order = trade.buy(tx, BEN, (1, 2))
        trade.place(tx, CAI, (1, 1))
        seed.person(tx, 7007)
        seed.shipment(tx, order, 2, "failed")
        tx.run(
            "INSERT INTO refunds (order_id, number, amount, currency, status, reason, created_at, done_at)"
            " VALUES (:order, 1, 100, 'CNY', 'done', 'late_money', 1, 1)",
            order=order,
        )

    await shelf.writes(day)
    newer = shelf.newer()
    assert newer == Newer(
        orders=2,
        codes=(await code_of(shelf.books, 3), await code_of(shelf.books, 2)),
        moved=1,
        payments=2,
        money=(Money(3 * trade.PRICE, "CNY"),),
        repaid=(Money(100, "CNY"),),
        shipments=3,
        people=1,
    )


async def test_people_who_were_erased_since_are_named_because_the_copy_knows_them_still(shelf: Shelf) -> None:
    await shelf.writes(lambda tx: seed.person(tx, 7007))
    shelf.is_copied()

    def erased(tx: Tx) -> None:
        pseudonyms.take(tx, LATER)
        tx.run("DELETE FROM people WHERE id = 7007")

    await shelf.writes(erased)
    assert shelf.newer() == Newer(erased=(7007,))


async def test_only_a_few_orders_are_named(shelf: Shelf) -> None:
    await shelf.writes(lambda tx: [trade.place(tx, BEN, (1, 1)) for _ in range(restore.NAMED + 2)])
    newer = shelf.newer()
    assert newer is not None
    assert (newer.orders, len(newer.codes)) == (restore.NAMED + 2, restore.NAMED)


async def test_with_nothing_newer_nothing_is_told(shelf: Shelf) -> None:
    newer = shelf.newer()
    assert newer is not None
    assert newer.is_nothing


async def test_books_that_cannot_be_read_are_replaced_and_kept_to_the_last_byte(shelf: Shelf) -> None:
    ruin, log = b"nothing but noise " * 500, b"more noise"
    shelf.books.write_bytes(ruin)
    shelf.books.with_name("livestall.db-wal").write_bytes(log)
    assert shelf.newer() is None
    aside = shelf.is_restored()
    assert aside is not None
    assert aside.read_bytes() == ruin
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == log
    assert await shelf.orders() == 1


async def test_books_somebody_has_open_are_left_alone(shelf: Shelf) -> None:
    async with await Store.open(shelf.books, now=NOON) as store:
        prepared = shelf.prepares()
        with pytest.raises(NotRestored, match=r"another command has .* open; try again"):
            restore.put_in_place(prepared, shelf.books, "20260310-050000")
        restore.discard(shelf.books)
        await store.write(lambda tx: trade.place(tx, BEN, (1, 1)))
    assert await shelf.orders() == 2
    assert shelf.names() == {"livestall.db", "copy.db"}


async def test_an_older_copy_is_brought_to_this_schema_and_kept_as_it_was(shelf: Shelf) -> None:
    old = shelf.folder / "old.db"
    past = Path(__file__).parent / "past" / "0001.sql"
    with sqlite3.connect(old) as connection:
        connection.executescript(past.read_text(encoding="utf-8"))
    connection.close()
    before = old.read_bytes()
    prepared = shelf.prepares(old)
    assert prepared.schema == 1
    kept = restore.keep_older(prepared, old, shelf.books)
    assert kept is not None
    assert kept.name == f"livestall.before-{known()[1].number:04}.db"
    restore.settle(prepared, file=old, terms=TERMS, resend=False, now=LATER)
    restore.put_in_place(prepared, shelf.books, "20260310-050000")
    assert old.read_bytes() == before
    assert await shelf.orders() == 8
    assert restore.keep_older(shelf.prepares(), shelf.copy, shelf.books) is None


async def test_what_is_not_a_backup_of_this_stalls_program_is_refused(shelf: Shelf) -> None:
    letter, other, newer, changed = (shelf.folder / name for name in ("letter", "other.db", "newer.db", "changed.db"))
    letter.write_bytes(b"This is a letter, not a database. " * 200)
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE orders (id)")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    for file, sql in ((newer, "PRAGMA user_version = 9999"), (changed, "UPDATE migrations SET checksum = 'x'")):
        shutil.copy(shelf.copy, file)
        with sqlite3.connect(file) as connection:
            connection.execute(sql)
        connection.close()
    assert "no SQLite database" in shelf.refuses(letter)
    assert "another program" in shelf.refuses(other)
    assert "upgrade livestall" in shelf.refuses(newer)
    assert "0001_initial.sql differs" in shelf.refuses(changed)
    assert "no such file" in shelf.refuses(shelf.folder / "nowhere.db")
    assert "no such file" in shelf.refuses(shelf.folder)
    assert "the database itself" in shelf.refuses(shelf.books)


async def test_a_damaged_copy_is_refused(shelf: Shelf) -> None:
    with contextlib.closing(sqlite3.connect(shelf.copy)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'people'").fetchone()[0]
    with shelf.copy.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    assert "is damaged; take another backup" in shelf.refuses(shelf.copy)


async def test_what_an_earlier_attempt_left_does_no_harm(shelf: Shelf) -> None:
    for suffix in ("", "-journal", "-wal", ".0123abcd.part"):
        shelf.books.with_name(f"livestall.db.restoring{suffix}").write_bytes(b"left behind")
    shelf.is_restored()
    assert await shelf.orders() == 1
    assert not list(shelf.folder.glob("*.restoring*"))


async def test_a_payment_decided_after_the_copy_is_not_there_and_can_be_decided_again(shelf: Shelf) -> None:
    await shelf.writes(lambda tx: trade.send_receipt(tx, ANN, 1))
    shelf.is_copied()

    def confirms(tx: Tx) -> object:
        return payments.confirm(tx, actor=CASHIER, payment_id=1, now=LATER)

    await shelf.writes(confirms)
    shelf.is_restored()
    await shelf.writes(confirms)
    async with await Store.open(shelf.books, now=NOON) as store:
        assert await trade.status(store, 1) == "paid"
