"""Rate limits, on a clock turned by hand."""

import pytest

from playground import Limits, Person, Playground
from playground.files import Upload
from tests.clock import FakeClock
from tests.playground.conftest import Voice
from tests.playground.pictures import png


async def test_a_chat_takes_a_burst_and_then_one_a_second(
    ann: Person, bot: Voice, pg: Playground, clock: FakeClock
) -> None:
    pg.limits = Limits(per_chat_burst=3)
    for _ in range(3):
        await bot("sendMessage", chat_id=2001, text="x")
    refusal = await bot.refused("sendMessage", chat_id=2001, text="x")
    assert (refusal.code, refusal.description) == (429, "Too Many Requests: retry after 1")
    assert refusal.parameters == {"retry_after": 1}
    clock.advance(1)
    await bot("sendMessage", chat_id=2001, text="x")
    assert (pg.too_many, pg.limits.refused) == (1, 1)


async def test_edits_count_and_answers_do_not(ann: Person, bot: Voice, pg: Playground) -> None:
    sent = await bot("sendMessage", chat_id=2001, text="x")
    pg.limits = Limits(per_chat_burst=1)
    await bot("editMessageText", chat_id=2001, message_id=sent["message_id"], text="y")
    assert (await bot.refused("editMessageText", chat_id=2001, message_id=sent["message_id"], text="z")).code == 429
    await bot("sendChatAction", chat_id=2001, action="typing")
    await bot("getChat", chat_id=2001)


async def test_a_group_takes_twenty_a_minute(ann: Person, bot: Voice, pg: Playground, clock: FakeClock) -> None:
    group = pg.group("Cashiers", members=[ann])
    pg.limits = Limits(slack=0)
    for _ in range(20):
        await bot("sendMessage", chat_id=group.id, text="x")
        clock.advance(1)
    refusal = await bot.refused("sendMessage", chat_id=group.id, text="x")
    assert refusal.parameters == {"retry_after": 40}
    clock.advance(40)
    await bot("sendMessage", chat_id=group.id, text="x")


async def test_an_album_goes_where_one_message_may_and_each_of_it_counts(
    ann: Person, bot: Voice, pg: Playground, clock: FakeClock
) -> None:
    uploads = {f"p{n}": Upload(f"{n}.png", png(9, 9)) for n in range(8)}
    media = [{"type": "photo", "media": f"attach://{name}"} for name in uploads]
    pg.limits = Limits(per_chat_burst=5)
    await bot("sendMediaGroup", chat_id=2001, media=media, **uploads)
    refusal = await bot.refused("sendMessage", chat_id=2001, text="x")
    assert refusal.parameters == {"retry_after": 4}
    clock.advance(4)
    await bot("sendMessage", chat_id=2001, text="x")


@pytest.mark.parametrize(("paid", "allowed"), [(False, 30), (True, 1000)])
def test_all_chats_together_take_thirty_a_second_or_a_thousand_paid(paid: bool, allowed: int) -> None:
    limits = Limits(slack=0)
    taken = sum(limits.retry_after(chat, 100.0, paid=paid) is None for chat in range(1, 1200))
    assert taken == allowed
    assert limits.retry_after(5000, 101.0, paid=paid) is None


def test_a_sender_that_paces_itself_exactly_is_never_refused() -> None:
    limits = Limits.telegram()
    times = [100 + number / 30 + (0.02 if number % 7 else 0) for number in range(600)]
    assert all(limits.retry_after(number + 1, at) is None for number, at in enumerate(times))


def test_zero_switches_a_figure_off_and_off_switches_all() -> None:
    limits = Limits(per_chat_per_second=0, overall_per_second=0)
    assert all(limits.retry_after(1, 100.0) is None for _ in range(100))
    assert all(Limits.off().retry_after(1, 100.0) is None for _ in range(100))
