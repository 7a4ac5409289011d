"""The inbox: every update is kept until what it asks for is done, and done at most once."""

import pytest

from storage import inbox, outbox, people
from storage.clock import HOUR
from storage.connection import Tx
from storage.inbox import MAX_ATTEMPTS, AlreadyHandled, Arrival, Sender, UpdateKey
from storage.store import Refused, Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, OWNER

BOT, OTHER_BOT = 123456, 654321
SENDER = Sender(id=ANN, name="Ann", username="ann", language="en")


class No(Refused):
    """A refusal."""


def arrival(update: int, sender: Sender | None = SENDER) -> Arrival:
    return Arrival(update_id=update, raw=f'{{"update_id":{update}}}', sender=sender)


async def keep(store: Store, *updates: int, bot: int = BOT) -> list[int]:
    return await store.write(inbox.keep, bot, [arrival(update) for update in updates], NOON)


async def open_ones(store: Store, bot: int = BOT) -> list[int]:
    return [update for update, _ in await store.read(inbox.leftovers, bot, -1, 100)]


async def fail(store: Store, update: int, times: int = 1, chat: int | None = ANN) -> list[bool]:
    key = UpdateKey(BOT, update)
    return [
        await store.write(inbox.failed, key=key, error="KeyError", incident="A1B2C3", chat=chat, now=NOON)
        for _ in range(times)
    ]


def act(tx: Tx, *, say: str, now: int) -> str:
    outbox.tell(tx, ANN, say, now=now)
    return say


def refuse(tx: Tx, *, now: int) -> No:
    outbox.tell(tx, ANN, "never", now=now)
    return No()


async def decide(store: Store, update: int, say: str = "welcome", bot: int = BOT) -> str:
    return await store.write(inbox.once, UpdateKey(bot, update), act, say=say, now=NOON)


async def test_updates_are_kept_in_order_with_the_people_they_come_from(store: Store) -> None:
    assert await keep(store, 12, 10, 11) == [12, 10, 11]
    rows = await store.read(inbox.leftovers, BOT, -1, 100)
    assert rows == [(update, f'{{"update_id":{update}}}') for update in (10, 11, 12)]
    assert await store.read(inbox.leftovers, BOT, 10, 1) == rows[1:2]
    ann = await store.read(people.view, ANN)
    assert ann is not None
    assert (ann.name, ann.username, ann.telegram_language) == ("Ann", "ann", "en")


async def test_a_redelivered_update_is_not_new(store: Store) -> None:
    await keep(store, 10)
    assert await keep(store, 10, 11) == [11]
    await decide(store, 10)
    assert await keep(store, 10) == []
    assert await open_ones(store) == [11]


async def test_update_ids_are_each_bots_own(store: Store) -> None:
    await keep(store, 10)
    assert await keep(store, 10, bot=OTHER_BOT) == [10]
    await decide(store, 10)
    assert await open_ones(store, OTHER_BOT) == [10]


async def test_whoever_writes_again_can_be_written_to_again(store: Store) -> None:
    await keep(store, 10)
    await store.write(people.blocked, person=ANN, now=NOON)
    await keep(store, 11)
    ann = await store.read(people.view, ANN)
    assert ann is not None
    assert ann.reachable


async def test_an_act_and_its_update_are_done_together(store: Store) -> None:
    await keep(store, 10)
    assert await decide(store, 10) == "welcome"
    assert await open_ones(store) == []
    assert await store.read(seed.told) == [("welcome", ANN)]


async def test_a_second_act_of_one_update_does_not_happen(store: Store) -> None:
    await keep(store, 10)
    await decide(store, 10)
    with pytest.raises(AlreadyHandled):
        await decide(store, 10, "welcome again")
    assert await store.read(seed.told) == [("welcome", ANN)]


async def test_an_update_nobody_kept_leads_to_no_act(store: Store) -> None:
    with pytest.raises(AlreadyHandled):
        await decide(store, 404)
    assert await store.read(seed.told) == []


async def test_a_refused_act_leaves_its_update_open(store: Store) -> None:
    await keep(store, 10)
    assert isinstance(await store.write(inbox.once, UpdateKey(BOT, 10), refuse, now=NOON), No)
    assert await open_ones(store) == [10]
    assert await store.read(seed.told) == []
    assert await decide(store, 10) == "welcome"


async def test_an_act_that_raises_leaves_its_update_open(store: Store) -> None:
    def bug(tx: Tx, *, now: int) -> None:
        outbox.tell(tx, ANN, "never", now=now)
        raise LookupError

    await keep(store, 10)
    with pytest.raises(LookupError):
        await store.write(inbox.once, UpdateKey(BOT, 10), bug, now=NOON)
    assert await open_ones(store) == [10]
    assert await store.read(seed.told) == []


async def test_an_act_without_a_moment_is_a_bug(store: Store) -> None:
    await keep(store, 10)
    with pytest.raises(TypeError, match="now="):
        await store.write(inbox.once, UpdateKey(BOT, 10), act, say="welcome", now="noon")  # type: ignore[arg-type]
    assert await open_ones(store) == [10]


async def test_look_ups_are_closed_in_batches_and_lead_to_no_act_any_more(store: Store) -> None:
    await keep(store, 10, 11, 12)
    await store.write(inbox.close, [UpdateKey(BOT, 10), UpdateKey(BOT, 12)], NOON)
    assert await open_ones(store) == [11]
    with pytest.raises(AlreadyHandled):
        await decide(store, 10)


async def test_three_failures_set_an_update_aside_and_tell_the_person_and_the_owners(store: Store) -> None:
    await store.write(lambda tx: seed.role(tx, seed.person(tx, OWNER), "owner"))
    await keep(store, 10, 11)
    assert MAX_ATTEMPTS == 3
    assert await fail(store, 10, times=3) == [False, False, True]
    assert await open_ones(store) == [11]
    assert await store.read(seed.told) == [("apology", ANN), ("incident", OWNER)]
    (aside,) = await store.read(inbox.set_aside)
    assert (aside.key, aside.attempts, aside.error) == (UpdateKey(BOT, 10), 3, "KeyError")


async def test_nobody_is_told_of_a_failure_that_is_tried_again(store: Store) -> None:
    await keep(store, 10)
    await fail(store, 10, times=2)
    assert await open_ones(store) == [10]
    assert await store.read(seed.told) == []
    assert await store.read(inbox.set_aside) == []


async def test_a_failure_outside_a_private_chat_tells_only_the_owners(store: Store) -> None:
    await store.write(lambda tx: seed.role(tx, seed.person(tx, OWNER), "owner"))
    await keep(store, 10)
    await fail(store, 10, times=3, chat=None)
    assert await store.read(seed.told) == [("incident", OWNER)]


async def test_a_failure_after_the_act_is_no_reason_to_act_again(store: Store) -> None:
    await keep(store, 10)
    await decide(store, 10)
    assert await fail(store, 10, times=4) == [False] * 4
    assert await store.read(inbox.set_aside) == []
    assert await open_ones(store) == []


async def test_a_retry_frees_an_update_for_three_more_attempts(store: Store) -> None:
    await keep(store, 10)
    assert not await store.write(inbox.retry, 10, NOON)
    await fail(store, 10, times=3)
    assert await store.write(inbox.retry, 10, NOON)
    assert await open_ones(store) == [10]
    assert await fail(store, 10, times=3) == [False, False, True]
    await store.write(inbox.retry, 10, NOON)
    assert await decide(store, 10) == "welcome"
    assert not await store.write(inbox.retry, 10, NOON)
    assert await store.read(inbox.set_aside) == []


async def test_an_update_that_is_set_aside_still_counts_as_known(store: Store) -> None:
    await keep(store, 10)
    await fail(store, 10, times=3)
    assert await keep(store, 10) == []


async def test_done_updates_are_forgotten_after_two_days_and_open_ones_never(store: Store) -> None:
    await keep(store, 10, 11, 12)
    await decide(store, 10)
    await fail(store, 11, times=3)
    assert await store.write(inbox.forget, NOON + 48 * HOUR) == 0
    assert await store.write(inbox.forget, NOON + 48 * HOUR + 1) == 1
    assert await store.write(inbox.forget, NOON + 1000 * HOUR) == 0
    assert await trade.book(store, "SELECT count(*) FROM inbox") == 2


async def test_updates_are_found_by_index(store: Store) -> None:
    key = {"bot": BOT, "update": 1}
    assert_no_scan(store.path, inbox._OPEN, bot=BOT, after=0, limit=9)
    assert_no_scan(store.path, inbox._CLOSE, now=NOON, **key)
    assert_no_scan(store.path, inbox._FAILED, now=NOON, error="", most=3, **key)
    assert_no_scan(store.path, inbox._SET_ASIDE)
    assert_no_scan(store.path, inbox._RETRY, update=1)
    assert_no_scan(store.path, inbox._FORGET, before=1)
