"""Every race there is for the same thing, between tasks and between processes; and, as negative controls, the same
races between people who trust what they read beforehand."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from storage import doctor
from storage.store import Store
from tests.clock import NOON
from tests.crash import careless, counting, fair
from tests.crash.fair import Move
from tests.crash.goodsrivals import GOODS
from tests.crash.hands import KNOWN, Hands
from tests.crash.moneyrivals import MONEY
from tests.crash.rivals import Race

RACES = {**GOODS, **MONEY}
ROUNDS = 3
WHERE = pytest.mark.parametrize("processes", [1, 2], ids=["two tasks", "two processes"])


async def run(store: Store, hands: Hands | None, moves: Sequence[Move], now: int) -> None:
    """Everybody looks, then everybody acts; with `hands` every second one in another process."""
    if hands is None:
        await fair.play(store, moves, now=now, known=KNOWN)
        return
    other = hands

    async def ready() -> None:
        other.acts()

    hands.opens(store.path)
    hands.looks(moves[1::2], now, now)
    try:
        await fair.play(store, moves[::2], now=now, ready=ready, known=KNOWN)
    finally:
        hands.ends()


async def truth(store: Store, race: Race) -> int:
    found: int = await store.read(lambda tx: tx.value(race.truth))
    return found


@WHERE
@pytest.mark.parametrize("name", RACES)
async def test_whoever_is_first_one_of_them_has_it(tmp_path: Path, hands: Hands, name: str, processes: int) -> None:
    race = RACES[name]
    for number in range(ROUNDS):
        async with await Store.open(tmp_path / f"{number}.db", synchronous="NORMAL", now=NOON) as store:
            await store.write(race.prepare)
            # Each in its turn is the first to be heard, and in the process of its own.
            moves = [*race.rivals[number:], *race.rivals[:number]]
            await run(store, hands if processes == 2 else None, moves, race.now)
            assert await truth(store, race) == race.right
            assert await store.read(counting.faults, race.now, is_settled=False) == []
            assert (await doctor.examine(store, now=race.now, bot_is_running=True)).differences == ()


@WHERE
@pytest.mark.parametrize("name", RACES)
async def test_trusting_what_was_read_beforehand_gives_it_to_both(
    tmp_path: Path, hands: Hands, name: str, processes: int
) -> None:
    """Negative control: the same race without asking again, in tables without their CHECKs."""
    race = RACES[name]
    async with await Store.open(tmp_path / "stall.db", synchronous="NORMAL", now=NOON) as store:
        await store.write(race.prepare)
        await store.write(careless.without_the_checks)
        await run(store, hands if processes == 2 else None, race.careless, race.now)
        assert await truth(store, race) != race.right
