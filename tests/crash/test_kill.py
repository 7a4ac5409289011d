"""SIGKILL at any moment, under load: nothing is lost, nothing is done twice, and what is seen twice is known.

The bot is a process of its own against a Telegram in this one. `make soak` plays 500 rounds; SEED=n plays one again.
"""

import asyncio
import contextlib
import logging
import os
import random
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from playground.server import serve
from tests.bot.commands import config_file, running
from tests.crash.audit import kind_of, misfits, repeats
from tests.crash.nursery import Nursery, nursery
from tests.crash.rounds import Round, Watched
from tests.stall import TOKEN

log = logging.getLogger(__name__)

MOST_KILLS = 4
SIDE_BY_SIDE = 3  # people wait more than machines work
QUICK_ROUNDS, LONG_ROUNDS = 20, 500


@pytest.fixture
async def births() -> AsyncIterator[Nursery]:
    """Where bots come from."""
    async with nursery() as opened:
        yield opened


async def play(folder: Path, births: Nursery, seed: int, most_orders: int) -> Round:
    """One round; everything must fit at its end."""
    chance = random.Random(seed)
    folder.mkdir()
    played = Round(folder, seed, orders=chance.randint(3, most_orders), kills=chance.randint(1, MOST_KILLS))
    await played.plays(births)
    found = await played.misfits()
    assert not found, "\n".join([*found, played.story()])
    doctor = await births.starts(folder / "doctor.log", "doctor", "--config", folder / "config.toml")
    assert await doctor.ends() == 0, (folder / "doctor.log").read_text()
    return played


async def play_all(folder: Path, births: Nursery, rounds: int, most_orders: int) -> None:
    """Rounds of new seeds, or the one that is asked for. The whole must have been hard enough to prove something."""
    asked = os.environ.get("SEED")
    seeds = [int(asked)] if asked else [random.SystemRandom().randrange(1 << 32) for _ in range(rounds)]
    killed = repeated = messages = 0
    places = asyncio.Semaphore(SIDE_BY_SIDE)

    async def one(number: int, seed: int) -> None:
        nonlocal killed, repeated, messages
        async with places:
            played = await play(folder / str(number), births, seed, most_orders)
        again, sent = await repeats(played.books)
        killed, repeated, messages = killed + played.killed, repeated + again, messages + sent

    async with asyncio.TaskGroup() as rounds_played:
        for number, seed in enumerate(seeds):
            rounds_played.create_task(one(number, seed))
    log.info("%d rounds, %d kills, %d of %d messages repeated", len(seeds), killed, repeated, messages)
    assert asked or (killed > rounds and repeated)


@pytest.mark.timeout(300)
async def test_no_kill_loses_or_doubles_anything(tmp_path: Path, births: Nursery) -> None:
    await play_all(tmp_path, births, QUICK_ROUNDS, most_orders=12)


@pytest.mark.soak
@pytest.mark.timeout(7_200)
async def test_no_kill_loses_or_doubles_anything_in_the_long_run(tmp_path: Path, births: Nursery) -> None:
    await play_all(tmp_path, births, LONG_ROUNDS, most_orders=40)


# Would the test notice? Each fault is put into the books or the chats of a round that went well.

TAMPERING = {
    "a confirmation is not enqueued": "DELETE FROM outbox WHERE kind = 'payment_confirmed'",
    "a message is never sent": "UPDATE outbox SET state = 'queued' WHERE kind = 'shipment_shipped'",
    "a message is given up": "UPDATE outbox SET state = 'failed', error = 'x' WHERE kind = 'receipt_in'",
    "a message is sent to nobody": "UPDATE outbox SET message_id = 9999 WHERE kind = 'receipt_in'",
    "a question is enqueued twice": """
        INSERT INTO outbox (kind, params, chat_id, lane, not_before, state, created_at)
        SELECT kind, params, chat_id, lane, 0, 'sent', 0 FROM outbox WHERE kind = 'question' LIMIT 1""",
    "a consequence is enqueued twice": """
        INSERT INTO outbox (kind, params, chat_id, lane, not_before, state, created_at)
        SELECT kind, params, chat_id, lane, 0, 'sent', 0 FROM outbox WHERE kind = 'receipt_in' LIMIT 1""",
    "a unit is taken and not ordered": "UPDATE offers SET taken = taken + 1",
    "a confirmed payment is forgotten": """
        UPDATE payments SET status = 'submitted', decided_at = NULL, decided_by = NULL""",
    "an update stays open": "UPDATE inbox SET done_at = NULL WHERE update_id = (SELECT MAX(update_id) FROM inbox)",
    "one update has led to two acts": """
        DELETE FROM inbox WHERE sender_id IN (SELECT buyer_id FROM orders) AND EXISTS (
            SELECT 1 FROM inbox AS i WHERE i.sender_id = inbox.sender_id AND i.update_id < inbox.update_id)""",
    "a handler has failed": "UPDATE inbox SET attempts = 1 WHERE update_id = (SELECT MAX(update_id) FROM inbox)",
}


def tampered(books: Path, copy: Path, sql: str) -> Path:
    """A copy of the books in which somebody has changed something."""
    with contextlib.closing(sqlite3.connect(books)) as source, contextlib.closing(sqlite3.connect(copy)) as target:
        source.backup(target)
        assert target.execute(sql).rowcount > 0
        target.commit()
    return copy


async def test_every_fault_it_looks_for_is_found_when_it_is_put_there(tmp_path: Path, births: Nursery) -> None:
    played = Round(tmp_path, seed=1, orders=2, kills=0)
    await played.plays(births)
    assert await played.misfits() == []
    buyers = [buyer.person.id for buyer in played.buyers]
    for number, (fault, sql) in enumerate(TAMPERING.items()):
        books = tampered(played.books, tmp_path / f"tampered-{number}.db", sql)
        assert await misfits(books, played.playground, buyers), fault
    assert await misfits(played.books, played.playground, [*buyers, buyers[-1] + 1]), "somebody got no order"
    assert await misfits(played.books, played.playground, buyers[:1]), "somebody got an order they did not want"


async def test_a_message_seen_twice_is_found_unless_its_row_is_repeated(tmp_path: Path, births: Nursery) -> None:
    played = Round(tmp_path, seed=2, orders=1, kills=0)
    await played.plays(births)
    buyer, books = played.buyers[0].person, played.books
    for number, kind in enumerate(("receipt_in", "payment_confirmed", "shipment_received")):
        seen = next(message for message in buyer.inbox if kind_of(message) == kind)
        played.playground.post(buyer.chat, played.playground.bot, seen.text)
        assert any(f"1 more {kind}" in misfit for misfit in await misfits(books, played.playground, [buyer.id]))
        known = f"UPDATE outbox SET repeated = 1 WHERE kind = '{kind}'"
        books = tampered(books, tmp_path / f"known-{number}.db", known)
        assert await misfits(books, played.playground, [buyer.id]) == []


async def test_the_command_itself_survives_a_kill(tmp_path: Path) -> None:
    """The rounds fork their bots; this one is started as an operator would."""
    playground = Watched()
    playground.add_bot(token=TOKEN, username="stall_bot", name="Livestall", id=123456)
    async with await serve(playground) as server:
        config = config_file(tmp_path, telegram={"base_url": server.base_url})
        ann = playground.person("Ann")
        await ann.sends("/start")
        async with running(config) as bot:
            await ann.sees("Tonggu Stall")
            bot.process.kill()
            await bot.process.wait()
        await ann.sends("/start")
        async with running(config) as bot:
            await ann.sees("Tonggu Stall")
            bot.process.terminate()
            assert await bot.ends() == 0
