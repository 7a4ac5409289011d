"""Long polling: offsets, waiting, two pollers, wanted kinds."""

import asyncio

import pytest

from playground import Person, Playground, Refusal
from tests.clock import FakeClock
from tests.playground.conftest import Voice


async def settle() -> None:
    """Let every task that can run do so."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_updates_stay_until_their_offset_is_confirmed(ann: Person, bot: Voice) -> None:
    await ann.sends("one")
    await ann.sends("two")
    first = await bot.updates()
    assert await bot.updates() == first
    left = await bot.updates(first[0]["update_id"] + 1)
    assert [update["message"]["text"] for update in left] == ["two"]
    assert await bot.updates(left[0]["update_id"] + 1) == []


async def test_a_negative_offset_keeps_only_the_newest(ann: Person, bot: Voice) -> None:
    for text in ("one", "two", "three"):
        await ann.sends(text)
    assert [update["message"]["text"] for update in await bot.updates(-1)] == ["three"]
    assert len(await bot.updates()) == 1


async def test_a_long_poll_ends_with_the_first_update(ann: Person, bot: Voice) -> None:
    poll = asyncio.create_task(bot("getUpdates", timeout=30))
    await settle()
    assert not poll.done()
    await ann.sends("hello")
    assert [update["message"]["text"] for update in await poll] == ["hello"]


async def test_an_update_that_comes_while_a_poll_begins_is_not_missed(ann: Person, bot: Voice) -> None:
    poll = asyncio.create_task(bot("getUpdates", timeout=30))
    await asyncio.sleep(0)
    await ann.sends("hello")
    assert len(await poll) == 1


async def test_a_long_poll_ends_empty_when_its_time_is_up(bot: Voice, clock: FakeClock) -> None:
    poll = asyncio.create_task(bot("getUpdates", timeout=30))
    await settle()
    clock.advance(29)
    await settle()
    assert not poll.done()
    clock.advance(1)
    assert await poll == []


async def test_a_second_poller_ends_the_first_with_a_conflict(ann: Person, bot: Voice) -> None:
    first = asyncio.create_task(bot("getUpdates", timeout=30))
    await settle()
    second = asyncio.create_task(bot("getUpdates", timeout=30))
    with pytest.raises(Refusal) as caught:
        await first
    assert (caught.value.code, caught.value.description) == (
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    )
    await ann.sends("hello")
    assert len(await second) == 1


async def test_polling_is_refused_while_a_webhook_is_set(pg: Playground, bot: Voice) -> None:
    poll = asyncio.create_task(bot("getUpdates", timeout=30))
    await settle()
    await bot("setWebhook", url="https://stall.example/hook")
    with pytest.raises(Refusal, match="terminated by setWebhook request"):
        await poll
    assert (await bot.refused("getUpdates")).description.startswith("Conflict: can't use getUpdates method")
    assert (await bot("getWebhookInfo"))["url"] == "https://stall.example/hook"
    await bot("deleteWebhook")
    assert await bot.updates() == []
    await pg.close()


async def test_a_cancelled_poll_loses_nothing(ann: Person, bot: Voice) -> None:
    poll = asyncio.create_task(bot("getUpdates", timeout=30))
    await settle()
    poll.cancel()
    with pytest.raises(asyncio.CancelledError):
        await poll
    await ann.sends("hello")
    assert len(await bot.updates()) == 1


async def test_unwanted_kinds_are_dropped_when_they_arise(ann: Person, bot: Voice) -> None:
    await bot("getUpdates", allowed_updates=["callback_query"])
    await ann.sends("unheard")
    await bot("getUpdates", allowed_updates=["message"])
    await ann.sends("heard")
    assert [update["message"]["text"] for update in await bot.updates()] == ["heard"]


async def test_a_batch_is_no_larger_than_its_limit(ann: Person, bot: Voice) -> None:
    for number in range(5):
        await ann.sends(str(number))
    assert len(await bot("getUpdates", limit=2)) == 2


async def test_an_old_update_can_come_again_under_its_own_id(ann: Person, bot: Voice, pg: Playground) -> None:
    await ann.sends("hello")
    [update] = await bot.updates()
    assert await bot.updates(update["update_id"] + 1) == []
    pg.redeliver(update["update_id"])
    assert await bot.updates(update["update_id"] + 1) == [update]
    assert await bot.updates(update["update_id"] + 1) == []
    with pytest.raises(LookupError):
        pg.redeliver(1)


async def test_update_ids_are_never_used_again(ann: Person, bot: Voice) -> None:
    await ann.sends("one")
    [first] = await bot.updates()
    await bot.updates(first["update_id"] + 1)
    await ann.sends("two")
    [second] = await bot.updates()
    assert second["update_id"] == first["update_id"] + 1
