"""The switches over HTTP: trouble, limits and the clock are set, seen and taken back; nonsense is refused."""

from typing import Any

import aiohttp
import pytest

from playground import Person, Playground
from playground.clock import TurnedClock
from tests.playground.conftest import asked, method


async def removed(http: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
    async with http.delete(path) as answer:
        return answer.status, await answer.json()


async def test_planned_trouble_is_listed_counted_and_called_off_one_by_one(
    http: aiohttp.ClientSession, ann: Person
) -> None:
    await asked(http, "/play/faults", {"kind": "forbidden", "method": "sendMessage", "chat": 2001, "times": 3})
    await asked(http, "/play/faults", {"kind": "server_error", "method": "getMe", "times": None, "status": 503})
    assert (await asked(http, method("sendMessage"), {"chat_id": 2001, "text": "x"}))["error_code"] == 403
    first, second = (await asked(http, "/play/switches"))["faults"]
    assert (first["kind"], first["chat"], first["hits"], first["times"]) == ("forbidden", 2001, 1, 3)
    assert (second["status"], second["times"]) == (503, None)
    assert await removed(http, f"/play/faults/{first['number']}") == (200, {"planned": 1})
    assert (await removed(http, f"/play/faults/{first['number']}"))[0] == 404
    assert (await asked(http, method("sendMessage"), {"chat_id": 2001, "text": "x"}))["ok"] is True
    async with http.get(method("getMe")) as answer:
        assert answer.status == 503


async def test_limits_are_switched_on_with_their_figures(http: aiohttp.ClientSession, ann: Person) -> None:
    assert (await asked(http, "/play/switches"))["limits"]["enabled"] is False
    await asked(http, "/play/limits", {"per_chat_burst": 1})
    answers = [await asked(http, method("sendMessage"), {"chat_id": 2001, "text": "x"}) for _ in range(2)]
    assert [answer["ok"] for answer in answers] == [True, False]
    told = await asked(http, "/play/switches")
    limits = told["limits"]
    assert (limits["enabled"], limits["per_chat_burst"], limits["group_per_minute"]) == (True, 1, 20)
    assert (limits["refused"], told["too_many"]) == (1, 1)
    assert [(call["method"], call["code"]) for call in told["calls"]] == [("sendMessage", 429), ("sendMessage", 200)]
    await asked(http, "/play/limits", {"enabled": False})
    assert (await asked(http, method("sendMessage"), {"chat_id": 2001, "text": "x"}))["ok"] is True


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("/play/faults", {"kind": "flood"}, "no such fault"),
        ("/play/faults", {}, "no such fault"),
        ("/play/faults", {"kind": "reset", "method": "sendMesage"}, "no method sendMesage"),
        ("/play/faults", {"kind": "reset", "times": 0}, "times is a number from 1"),
        ("/play/faults", {"kind": "reset", "times": 1.5}, "whole number"),
        ("/play/faults", {"kind": "reset", "times": "3"}, "times is a number"),
        ("/play/faults", {"kind": "too_many", "retry_after": -1}, "retry_after is a number"),
        ("/play/faults", {"kind": "reset", "probability": 2}, "probability is a number from 0 to 1"),
        ("/play/faults", {"kind": "server_error", "status": 200}, "status is a number from 500"),
        ("/play/faults", {"kind": "reset", "hits": 5}, "a fault has no hits"),
        ("/play/limits", {"per_chat_per_second": -1}, "per_chat_per_second is a number"),
        ("/play/limits", {"group_per_minute": True}, "group_per_minute is a number"),
        ("/play/limits", {"_chats": {}}, "no limit _chats"),
        ("/play/limits", {"enabled": "yes"}, "true or false"),
    ],
)
async def test_nonsense_is_refused_and_sets_nothing(
    http: aiohttp.ClientSession, pg: Playground, path: str, body: dict[str, Any], reason: str
) -> None:
    limits = pg.limits
    async with http.post(path, json=body) as answer:
        assert answer.status == 400
        assert reason in (await answer.json())["error"]
    assert (len(pg.faults), pg.limits) == (0, limits)


async def test_another_programs_clock_is_not_turned_from_here(http: aiohttp.ClientSession) -> None:
    assert (await asked(http, "/play/people"))["clock"]["turns"] is False
    assert "turned by the program" in (await asked(http, "/play/clock", {"jump": 600}))["error"]


class TestOwnClock:
    """A playground that has brought its own."""

    @pytest.fixture
    def pg(self) -> Playground:
        playground = Playground()
        playground.add_bot("123456:TEST", username="stall_bot", name="Livestall")
        return playground

    async def test_it_jumps_and_runs_and_whoever_waits_hears_of_it(
        self, http: aiohttp.ClientSession, pg: Playground
    ) -> None:
        told = await asked(http, "/play/people")
        before, mark = told["clock"], told["change"]
        assert (before["turns"], before["shared"], before["speed"]) == (True, False, 1)
        jumped = await asked(http, "/play/clock", {"jump": 86_400, "speed": 60})
        assert jumped["speed"] == 60
        assert jumped["now"] - before["now"] >= 86_400_000
        heard = await asked(http, f"/play/changes?since={mark}")
        assert (heard["change"], heard["clock"]["speed"]) == (mark + 1, 60)

    @pytest.mark.parametrize("body", [{"jump": -1}, {"jump": "600"}, {"speed": 0}, {"speed": 1e6}, {"jump": 1e12}])
    async def test_it_is_turned_ahead_only_and_within_reason(
        self, http: aiohttp.ClientSession, pg: Playground, body: dict[str, Any]
    ) -> None:
        async with http.post("/play/clock", json=body) as answer:
            assert answer.status == 400
        assert isinstance(pg.clock, TurnedClock)
        assert (pg.clock.speed, pg.clock.ahead) == (1, 0)
