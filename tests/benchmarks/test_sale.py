"""The measurements still run, at a size that says nothing about speed; figures are never tested."""

from pathlib import Path

import pytest

from benchmarks import sale
from benchmarks.bulk import old_books
from benchmarks.sale import flash_sale
from storage import doctor
from storage.store import Store
from tests.clock import NOON


def test_a_sale_of_five_units_to_twenty_buyers_sells_five_and_answers_everybody(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert flash_sale(buyers=20, units=5, rounds=1) == []
    told = capsys.readouterr().out
    assert "5 units of 5 taken, nothing for doctor, every buyer answered" in told
    assert "of the bare bot: " in told


async def test_books_that_do_not_fit_after_a_sale_are_told(tmp_path: Path) -> None:
    offer = (await old_books(tmp_path, 20)).id
    held = sale.Sale(1.0, 1.0, 0.0, {}, [0.1], [], 1, 0.1)
    assert await sale.misfits(tmp_path, offer, held, buyers=2, units=5) == [
        "20 units of 1000019 are taken; all 5 were wanted",
        "1 of 2 buyers were left without an answer",
    ]


async def test_old_books_hold_as_many_orders_as_were_asked_for_and_fit(tmp_path: Path) -> None:
    await old_books(tmp_path, 60)
    async with await Store.open(tmp_path / "bench.db", now=NOON) as store:
        findings = await doctor.examine(store, now=NOON, bot_is_running=True)
        orders = await store.read(lambda tx: tx.value("SELECT count(*) FROM orders"))
        paid = await store.read(lambda tx: tx.value("SELECT count(*) FROM orders WHERE status = 'paid'"))
    assert findings.differences == ()
    assert (orders, paid) == (62, 58)
