"""The books themselves: a backup that fails, and a stall that is opened again on books from a backup."""

import json
from pathlib import Path

from storage import backup, inbox, restore
from storage.clock import HOUR, MINUTE
from storage.inbox import Arrival
from storage.recovery import Terms
from tests.clock import FakeClock
from tests.journeys.actors import RECEIPT, order
from tests.journeys.market import comes_in
from tests.journeys.players import cast
from tests.stall import open_stall

TERMS = Terms(pay_within_ms=30 * MINUTE, grace_ms=5 * MINUTE)
DAY_SECONDS = 24 * 3600


async def goes_back(books: Path, copy: Path, now: int) -> None:
    """`livestall restore` while the stall is closed."""
    prepared = restore.prepare(copy, books, now, lambda _done: True)
    restore.settle(prepared, file=copy, terms=TERMS, resend=False, now=now)
    restore.put_in_place(prepared, books, "now")


async def test_owners_hear_of_a_backup_that_failed_and_the_stall_goes_on(tmp_path: Path) -> None:
    async with open_stall(tmp_path, backup={"folder": str(tmp_path / "disk")}) as stall:
        await stall.owner.sends("/start")
        await stall.owner.sees("Tonggu Stall")
        mark = stall.owner.mark()
        await stall.passes(DAY_SECONDS)
        told = await stall.owner.sees("backup could not be made", since=mark)
        assert "Is its disk connected?" in told.text
        assert "There is no backup yet" in told.text
        for _ in range(3):
            await stall.passes(3600)
            await stall.settles()
        assert sum("backup could not be made" in message.text for message in stall.owner.inbox) == 1
        await comes_in(stall, "Ann")


async def test_a_daily_backup_is_made_by_itself_and_told_to_nobody(tmp_path: Path) -> None:
    async with open_stall(tmp_path) as stall:
        await stall.owner.sends("/start")
        await stall.owner.sees("Tonggu Stall")
        seen = len(stall.owner.inbox)
        await stall.passes(DAY_SECONDS)
        while await stall.value("SELECT count(*) FROM backups") == 0:
            await stall.passes(1)
        await stall.settles()
        assert len(stall.owner.inbox) == seen
    (copy,) = (tmp_path / "backups").iterdir()
    assert copy.name.startswith("stall-2026-03-11-")


async def test_switched_off_no_backup_is_made(tmp_path: Path) -> None:
    async with open_stall(tmp_path, backup={"daily": False}) as stall:
        await stall.passes(2 * DAY_SECONDS)
        await stall.settles()
        assert "backup" not in {source.name for source in stall.program.wakeups._sources}
    assert not (tmp_path / "backups").exists()


async def test_a_stall_opened_on_a_backup_expires_nothing_at_once_and_sends_nothing_again(tmp_path: Path) -> None:
    copy, clock = tmp_path / "copy.db", FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        players = await cast(stall)
        await stall.owner.sends("/start")
        code = await order(players.ann, players.link, "EGG")
        await stall.settles()
        backup.copy(stall.config.storage.path, copy)
        await players.ann.sends_photo(RECEIPT)
        await players.ann.sees("is with the cashier")
        await players.cai.taps("Confirm", on=await players.cai.sees(f"Receipt for {code}", since=0))
        await players.ann.sees("Payment confirmed")
        await stall.settles()
        playground, books = stall.playground, stall.config.storage.path
    clock.advance(5 * 3600)
    await goes_back(books, copy, clock.now())
    clock.advance(3600)
    ann, olga = players.ann, stall.owner
    cai, marks, seen = players.cai, (ann.mark(), olga.mark(), players.cai.mark()), len(ann.inbox)
    async with open_stall(tmp_path, playground=playground, clock=clock) as again:
        told = await olga.sees("restored from a backup", since=marks[1])
        assert "1 unpaid order has its full time" in told.text
        await again.passes(34 * 60)
        await again.settles()
        assert await again.value("SELECT status FROM orders") == "pending"
        assert len(ann.inbox) == seen
        # She paid, and shows it once more.
        await ann.sends_photo(RECEIPT)
        await ann.sees("is with the cashier", since=marks[0])
        await cai.taps("Confirm", on=await cai.sees(f"Receipt for {code}", since=marks[2]))
        await ann.sees("Payment confirmed", since=marks[0])
        await again.settles()
        assert await again.value("SELECT status FROM orders") == "paid"


async def test_a_button_from_books_that_are_gone_does_not_decide_about_somebody_elses_payment(tmp_path: Path) -> None:
    """After the restore the next payment gets the number of one that is gone; the cashier still has its card."""
    copy, clock = tmp_path / "copy.db", FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        players = await cast(stall)
        await stall.settles()
        clock.advance(300)
        backup.copy(stall.config.storage.path, copy)
        clock.advance(300)
        lost = await order(players.ann, players.link, "EGG")
        await players.ann.sends_photo(RECEIPT)
        card = await players.cai.sees(f"Receipt for {lost}", since=0)
        await stall.settles()
        playground, books = stall.playground, stall.config.storage.path
    clock.advance(300)
    await goes_back(books, copy, clock.now())
    clock.advance(300)
    async with open_stall(tmp_path, playground=playground, clock=clock) as again:
        again.people.update(stall.people)
        bo = await comes_in(again, "Bo")
        other = await order(bo, players.link, "EGG")
        await bo.sends_photo(RECEIPT)
        newer = await players.cai.sees(f"Receipt for {other}", since=0)
        assert await again.value("SELECT id FROM payments") == 1
        await players.cai.taps("Confirm", on=card)
        await again.settles()
        assert await again.value("SELECT status FROM payments") == "submitted"
        await players.cai.taps("Confirm", on=newer)
        await bo.sees("Payment confirmed")


async def test_an_update_open_in_the_backup_is_handled_on_the_books_that_forgot_it(tmp_path: Path) -> None:
    copy, clock = tmp_path / "copy.db", FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        ann = await comes_in(stall, "Ann")
        message = {
            "message_id": 77,
            "date": clock.now() // 1000,
            "chat": {"id": ann.id, "type": "private", "first_name": "Ann"},
            "from": ann.describe(),
            "text": "/follow",
            "entities": [{"type": "bot_command", "offset": 0, "length": 7}],
        }
        update = json.dumps({"update_id": 999_999, "message": message})
        taken_in = Arrival(update_id=999_999, raw=update, sender=None)
        # Taken in at the moment of the copy, and not handled yet.
        await stall.program.deps.store.write(inbox.keep, stall.program.deps.bot.id, [taken_in], clock.now())
        backup.copy(stall.config.storage.path, copy)
        playground, books = stall.playground, stall.config.storage.path
    clock.advance(HOUR / 1000)
    await goes_back(books, copy, clock.now())
    async with open_stall(tmp_path, playground=playground, clock=clock) as again:
        assert again.program.replayed == 1
        await again.settles()
        assert await again.value("SELECT count(*) FROM people WHERE follows_since IS NOT NULL") == 1
