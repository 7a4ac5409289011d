"""Trouble on demand, as the core raises it; the fronts' side is in test_server and test_in_process."""

import pytest

from playground import Faults, Person, Playground
from playground.refusals import ConnectionCutError, GatewayError, NeverAnswersError
from tests.playground.conftest import Voice


async def test_too_many_hits_once_and_then_all_is_well(ann: Person, bot: Voice, pg: Playground) -> None:
    fault = pg.faults.add("too_many", method="sendMessage", retry_after=7)
    assert (await bot.refused("sendMessage", chat_id=2001, text="x")).parameters == {"retry_after": 7}
    await bot("sendMessage", chat_id=2001, text="x")
    assert (fault.hits, fault.spent, len(pg.faults)) == (1, True, 0)


async def test_a_fault_can_mean_one_chat_and_certain_words(ann: Person, bot: Voice, pg: Playground) -> None:
    ben = pg.person("Ben", id=2002)
    await ben.sends("/start")
    pg.faults.add("forbidden", chat=2002, contains="新单", times=None)
    await bot("sendMessage", chat_id=2001, text="新单")
    await bot("sendMessage", chat_id=2002, text="other")
    for _ in range(3):
        refusal = await bot.refused("sendMessage", chat_id=2002, text="新单")
        assert refusal.description == "Forbidden: bot was blocked by the user"
    pg.faults.clear()
    await bot("sendMessage", chat_id=2002, text="新单")


async def test_a_reset_call_never_happened_and_a_lost_answer_did(ann: Person, bot: Voice, pg: Playground) -> None:
    pg.faults.add("reset")
    pg.faults.add("lost_answer")
    with pytest.raises(ConnectionCutError) as reset:
        await bot("sendMessage", chat_id=2001, text="never")
    with pytest.raises(ConnectionCutError) as lost:
        await bot("sendMessage", chat_id=2001, text="arrived")
    assert (reset.value.handled, lost.value.handled) == (False, True)
    assert [message.text for message in ann.inbox] == ["arrived"]


async def test_servers_in_trouble_answer_with_html(ann: Person, bot: Voice, pg: Playground) -> None:
    pg.faults.add("server_error", status=502)
    with pytest.raises(GatewayError) as caught:
        await bot("getMe")
    assert b"<h1>502 Bad Gateway</h1>" in caught.value.body


async def test_a_hanging_call_has_no_effect(ann: Person, bot: Voice, pg: Playground) -> None:
    pg.faults.add("hang", method="sendMessage")
    with pytest.raises(NeverAnswersError):
        await bot("sendMessage", chat_id=2001, text="x")
    assert ann.inbox == []


async def test_faults_without_a_method_spare_polling(ann: Person, bot: Voice, pg: Playground) -> None:
    pg.faults.add("bad_request", description="no luck today")
    assert await bot.updates() == []
    assert (await bot.refused("getMe")).description == "Bad Request: no luck today"
    pg.faults.add("too_many", method="getUpdates")
    assert (await bot.refused("getUpdates")).code == 429


async def test_a_confirmed_update_comes_again(ann: Person, bot: Voice, pg: Playground) -> None:
    pg.faults.add("redeliver", contains="again")
    await ann.sends("once")
    await ann.sends("again")
    _, again = await bot.updates()
    offset = again["update_id"] + 1
    assert await bot.updates(offset) == [again]
    assert await bot.updates(offset) == []


def test_chance_is_repeatable_by_its_seed() -> None:
    def hits(seed: int) -> list[bool]:
        faults = Faults(seed)
        faults.add("reset", times=None, probability=0.5)
        return [faults.strike("sendMessage", {}, 1) is not None for _ in range(50)]

    assert hits(1) == hits(1)
    assert 10 < sum(hits(1)) < 40


def test_an_unknown_kind_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="no such fault"):
        Faults().add("flood")  # type: ignore[arg-type]
