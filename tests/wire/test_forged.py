"""Button data is input from outside: forged, stale or somebody else's, it changes nothing and is answered."""

import random
from pathlib import Path

import pytest

import handlers
from playground.messages import Message
from playground.people import Person
from storage.connection import Tx
from tests.journeys.actors import RECEIPT, order
from tests.journeys.players import Cast, cast, golden_way
from tests.stall import TestStall
from tests.wire.stall import Mode, wired_stall

TRADE = (
    "orders", "order_lines", "offers", "stock_movements", "payments", "refunds", "shipments", "streams",
    "roles", "invites", "products", "suppliers", "reminders", "broadcasts", "answers", "questions", "waitlist",
)  # fmt: skip


async def books(stall: TestStall) -> dict[str, list[tuple[object, ...]]]:
    """Everything that trade has written."""

    def everything(tx: Tx) -> dict[str, list[tuple[object, ...]]]:
        return {table: [tuple(row) for row in tx.all(f"SELECT * FROM {table}")] for table in TRADE}

    return await stall.program.deps.store.read(everything)


async def under_review(stall: TestStall) -> tuple[Cast, str]:
    """An order whose receipt is with the cashier."""
    players = await cast(stall)
    code = await order(players.ann, players.link, "EGG")
    await players.ann.sends_photo(RECEIPT)
    await players.cai.sees(code, since=0)
    await stall.settles()
    return players, code


def buttons(person: Person) -> list[tuple[Message, str]]:
    """Every button the bot has shown somebody."""
    rows = ((message, button) for message in person.inbox for row in message.buttons for button in row)
    return [(message, button.data) for message, button in rows if button.data is not None]


def forged(chance: random.Random) -> str:
    """Data as an attacker would make it up: real verbs with numbers that may be somebody's, or any noise."""
    verb = chance.choice([*handlers.routes().taps, "", "drop table", "购"])
    count = chance.randrange(4)
    words = [chance.choice(["0", "1", "2", "3", "-1", "9" * 19, "x", "", "amount", "1e3"]) for _ in range(count)]
    return "|".join([chance.choice(["1", "1", "1", "0", "2", ""]), verb, *words])[:60] or "|"


@pytest.mark.parametrize("seed", range(3))
async def test_forged_buttons_change_nothing_and_are_answered(tmp_path: Path, mode: Mode, seed: int) -> None:
    chance = random.Random(seed)
    async with wired_stall(tmp_path, mode=mode) as stall:
        await under_review(stall)
        eve = stall.person("Eve")
        await eve.sends("/start")
        message = await eve.sees("Tonggu Stall")
        before = await books(stall)
        for _ in range(150):
            data = forged(chance)
            eve.press(data, message)
            assert await eve.answered() is not None, data
        await stall.settles()
        assert await books(stall) == before
        assert await stall.value("SELECT count(*) FROM inbox WHERE attempts > 0") == 0


async def test_the_buttons_of_others_change_nothing_and_are_answered(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        players, code = await under_review(stall)
        eve = stall.person("Eve")
        await eve.sends("/start")
        message = await eve.sees("Tonggu Stall")
        before = await books(stall)
        mark = eve.mark()
        foreign = [*buttons(players.ann), *buttons(players.cai), ("", "1|cancelyes|1"), ("", "1|reason|1|amount")]
        for _, data in foreign:
            if data.split("|")[1] in ("buy", "ask", "askstall", "home"):
                continue
            eve.press(data, message)
            await eve.answered()
        await stall.settles()
        assert await books(stall) == before
        assert not [seen for seen in eve.chat.changed_since(mark) if code in seen.text]


async def test_a_buyer_cannot_do_the_work_of_staff(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        players, _ = await under_review(stall)
        ann = players.ann
        before = await books(stall)
        for data in ("1|confirm|1", "1|reason|1|amount", "1|reject|1", "1|repaid|1", "1|announce|1", "1|endyes|1"):
            ann.press(data, ann.last)
            assert (await ann.answered()).text
        await stall.settles()
        assert await books(stall) == before
        await players.cai.taps("Confirm")
        await players.sun.sees("Dingjiang", since=0)
        await stall.settles()
        before = await books(stall)
        for data in ("1|accept|1", "1|ship|1", "1|cannot|1", "1|cannotyes|1", "1|received|1"):
            ann.press(data, ann.last)
            assert (await ann.answered()).text
        await stall.settles()
        assert await books(stall) == before


async def test_the_buttons_of_old_messages_change_nothing_once_all_is_done(tmp_path: Path, mode: Mode) -> None:
    async with wired_stall(tmp_path, mode=mode) as stall:
        players = await cast(stall)
        await golden_way(players)
        await stall.settles()
        shown = [
            (person, button["callback_data"])
            for call in stall.playground.calls
            if (person := stall.playground.people.get(call.params.get("chat_id", 0))) is not None
            for row in (call.params.get("reply_markup") or {}).get("inline_keyboard", [])
            for button in row
            if "callback_data" in button
        ]
        verbs = {data.split("|")[1] for _, data in shown}
        assert {"placeas", "paid", "cancel", "confirm", "accept", "received"} <= verbs
        before = await books(stall)
        for person, data in shown:
            person.press(data, person.last)
            await person.answered()
        for person in (players.ann, players.cai, players.sun):
            for data in ("1|cancelyes|1", "1|reason|1|amount", "1|cannotyes|1"):
                person.press(data, person.last)
                await person.answered()
        await stall.settles()
        after = await books(stall)
        assert {table: rows for table, rows in after.items() if rows != before[table]} == {}
