"""Updates brought over HTTP: who may bring them, when they count as brought, and in which order they are handled."""

import asyncio
import io
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.intake import MOST_QUEUED
from bot.webhook import SECRET_HEADER
from playground.messages import Message
from playground.people import Person
from storage import inbox
from storage.connection import Tx
from storage.inbox import Arrival
from storage.store import Store
from tests.bot.server import unused_port
from tests.clock import NOON
from tests.crash.test_store_faults import full_disk, more_disk
from tests.journeys.market import comes_in
from tests.stall import TOKEN, TestStall
from tests.wire.proxy import proxy_to
from tests.wire.stall import wired, wired_stall, wired_telegram

SECRET = "a-secret_of-ours"
JSON = "application/json"
FIRST = 800_000_001  # ids of updates that the playground does not know of


@asynccontextmanager
async def stall_with_secret(path: Path) -> AsyncIterator[TestStall]:
    port = unused_port()
    own = {"url": f"http://127.0.0.1:{port}/telegram", "port": port, "secret": SECRET}
    async with wired_stall(path, mode="webhook", telegram={"webhook": own}) as stall:
        yield stall


def url_of(stall: TestStall) -> str:
    url = stall.config.telegram.webhook.url
    assert url is not None
    return url


def words(number: int, person: Person, text: str = "/help") -> dict[str, Any]:
    """A message as Telegram brings it."""
    sender = {"id": person.id, "is_bot": False, "first_name": person.name, "language_code": "en"}
    chat = {"id": person.id, "type": "private", "first_name": person.name}
    message = {
        "message_id": 900_000 + number % 1000,
        "date": NOON // 1000,
        "chat": chat,
        "from": sender,
        "text": text,
    }
    return {"update_id": number, "message": message}


async def bring(
    http: aiohttp.ClientSession, stall: TestStall, body: Any, *secrets: str, content: str = JSON, method: str = "POST"
) -> tuple[int, str, dict[str, str]]:
    """One call of the webhook: status, body and headers of its answer."""
    headers = [*((SECRET_HEADER, secret) for secret in secrets), ("Content-Type", content)]
    data = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
    async with http.request(method, url_of(stall), data=data, headers=headers) as answer:
        return answer.status, await answer.text(), dict(answer.headers)


def calls_of(stall: TestStall) -> int:
    """How many wait for their answer."""
    assert stall.program.webhook is not None
    return stall.program.webhook.calls


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def busy_writer(store: Store) -> AsyncIterator[Callable[[], None]]:
    """The books are being written until the block ends or the yielded function is called."""
    free, begun = threading.Event(), threading.Event()

    def act(_: Tx) -> None:
        begun.set()
        free.wait(20)

    writing = asyncio.create_task(store.write(act))
    await asyncio.to_thread(begun.wait)
    try:
        yield free.set
    finally:
        free.set()
        await writing


# -- who may bring what -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given", [(), ("",), ("wrong",), (SECRET[:-1],), (SECRET + "x",), (SECRET, SECRET), (SECRET, "x"), ("ключ",)]
)
async def test_without_the_secret_nothing_is_taken_and_nothing_told(tmp_path: Path, given: tuple[str, ...]) -> None:
    async with stall_with_secret(tmp_path) as stall, aiohttp.ClientSession() as http:
        ann = await comes_in(stall, "Ann")
        before = await stall.value("SELECT count(*) FROM inbox")
        for body in (words(FIRST, ann), b"no json", b"x" * 2_000_000):
            status, text, _ = await bring(http, stall, body, *given)
            assert (status, text) == (403, "")
        assert await stall.value("SELECT count(*) FROM inbox") == before
        # The same update with the secret is taken: it was the secret that was missing.
        assert (await bring(http, stall, words(FIRST, ann), SECRET))[0] == 200
        assert await stall.value("SELECT count(*) FROM inbox") == before + 1


@pytest.mark.parametrize(
    ("body", "content", "status"),
    [
        (b"", JSON, 400),
        (b"{", JSON, 400),
        (b"\xff\xfe", JSON, 400),
        (b"[" * 100_000, JSON, 400),
        ([], JSON, 400),
        ({}, JSON, 400),
        ({"update_id": None, "message": {}}, JSON, 400),
        ({"update_id": "7", "message": {}}, JSON, 400),
        ({"update_id": True, "message": {}}, JSON, 400),
        ({"update_id": 7.0, "message": {}}, JSON, 400),
        ({"update_id": 0}, JSON, 400),
        ({"update_id": -7}, JSON, 400),
        ({"update_id": 2**63}, JSON, 400),
        ({"update_id": FIRST, "message": {}}, "text/plain", 400),
        (b"update_id=7", "application/x-www-form-urlencoded", 400),
        (b'{"update_id": 7, "x": "' + b"x" * 1_048_576 + b'"}', JSON, 413),
    ],
)
async def test_what_is_no_update_is_refused(tmp_path: Path, body: Any, content: str, status: int) -> None:
    async with stall_with_secret(tmp_path) as stall, aiohttp.ClientSession() as http:
        assert (await bring(http, stall, body, SECRET, content=content))[:2] == (status, "")
        assert await stall.value("SELECT count(*) FROM inbox") == 0


async def test_other_methods_and_paths_are_refused(tmp_path: Path) -> None:
    async with stall_with_secret(tmp_path) as stall, aiohttp.ClientSession() as http:
        for method in ("GET", "PUT", "DELETE"):
            status, text, headers = await bring(http, stall, {"update_id": FIRST}, SECRET, method=method)
            assert (status, text, headers["Allow"]) == (405, "", "POST")
        async with http.post(f"{url_of(stall)}/more", json={"update_id": FIRST}) as answer:
            assert answer.status == 404


async def test_every_answer_is_counted(tmp_path: Path) -> None:
    async with stall_with_secret(tmp_path) as stall, aiohttp.ClientSession() as http:
        await bring(http, stall, {"update_id": FIRST}, SECRET)
        await bring(http, stall, {"update_id": FIRST}, "wrong")
        await bring(http, stall, b"{", SECRET)
        page = (await stall.front.page())[0].decode()
        for status in (200, 403, 400):
            assert f'livestall_webhook_requests_total{{status="{status}"}} 1.0' in page


async def test_telegram_is_told_of_the_webhook_and_its_secret(tmp_path: Path) -> None:
    async with wired_stall(tmp_path, mode="webhook") as stall:
        await comes_in(stall, "Ann")
        [told] = stall.playground.calls_of("setWebhook")
        assert told.params["url"] == url_of(stall)
        assert len(told.params["secret_token"]) > 40
        assert told.params["allowed_updates"] == ["message", "callback_query", "my_chat_member"]
        assert told.params["drop_pending_updates"] is False
        assert stall.playground.calls_of("getUpdates") == []


# -- when it counts as brought ----------------------------------------------------------------------------------


async def test_an_update_brought_forty_times_at_once_leads_to_one_act(tmp_path: Path) -> None:
    async with stall_with_secret(tmp_path) as stall, aiohttp.ClientSession() as http:
        owner = stall.owner
        await owner.sends("/start")
        await stall.settles()
        update = words(FIRST, owner, "/invite host")
        answers = await asyncio.gather(*(bring(http, stall, update, SECRET) for _ in range(40)))
        assert {status for status, _, _ in answers} == {200}
        await owner.sees("start=i_", since=0)
        await stall.settles()
        assert await stall.value("SELECT count(*) FROM invites") == 1
        assert sum("start=i_" in message.text for message in owner.inbox) == 1


async def test_while_the_disk_is_full_it_is_not_taken_and_afterwards_it_is(tmp_path: Path) -> None:
    async with wired_stall(tmp_path, mode="webhook") as stall:
        ann = await comes_in(stall, "Ann")
        store = stall.program.deps.store
        before = await stall.value("SELECT count(*) FROM inbox")
        await full_disk(store, pages=0)
        await ann.sends("/help " + "x" * 3_900)
        bo = await comes_late(stall)
        await until(lambda: stall.program.health.trouble == "updates can't be fetched or kept")
        assert stall.front.trouble() == "updates can't be fetched or kept"
        assert await stall.value("SELECT count(*) FROM inbox") == before
        await more_disk(store)
        await bo.sees("How it works")
        await ann.sees("How it works")
        await until(lambda: stall.program.health.is_ready)
        await stall.settles()


async def comes_late(stall: TestStall) -> Person:
    bo = stall.person("Bo")
    await bo.sends("/help " + "x" * 3_900)
    return bo


async def test_a_caller_who_hangs_up_fails_nobody_who_waits_with_them(tmp_path: Path) -> None:
    async with stall_with_secret(tmp_path) as stall, aiohttp.ClientSession() as http:
        ann = await comes_in(stall, "Ann")
        async with busy_writer(stall.program.deps.store) as free:
            calls = [asyncio.create_task(bring(http, stall, words(FIRST + n, ann), SECRET)) for n in range(4)]
            await until(lambda: calls_of(stall) == 4)
            calls[0].cancel()
            calls[2].cancel()
            free()
        assert {(await calls[n])[0] for n in (1, 3)} == {200}
        await stall.settles()
        assert await stall.value("SELECT count(*) FROM inbox WHERE update_id >= :first", first=FIRST) == 4


async def test_what_is_brought_while_it_closes_is_kept_or_refused_never_lost(tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as http:
        async with stall_with_secret(tmp_path) as stall:
            ann = await comes_in(stall, "Ann")
            async with busy_writer(stall.program.deps.store) as free:
                calls = [asyncio.create_task(bring(http, stall, words(FIRST + n, ann), SECRET)) for n in range(3)]
                await until(lambda: calls_of(stall) == 3)
                stall.program.arriving.cancel()
                await asyncio.sleep(0)
                status, _, headers = await bring(http, stall, words(FIRST + 9, ann), SECRET)
                assert (status, headers["Retry-After"]) == (503, "1")
                free()
            assert [(await call)[0] for call in calls] == [200, 200, 200]
        async with await Store.open(tmp_path / "stall.db", now=NOON) as store:
            kept = await store.read(lambda tx: tx.all("SELECT update_id FROM inbox WHERE update_id >= 800000001"))
        assert [row["update_id"] for row in kept] == [FIRST, FIRST + 1, FIRST + 2]


# -- in which order ---------------------------------------------------------------------------------------------


async def test_calls_that_overtake_each_other_are_handled_in_the_order_of_their_ids(tmp_path: Path) -> None:
    async with stall_with_secret(tmp_path) as stall, aiohttp.ClientSession() as http:
        ann = await comes_in(stall, "Ann")
        calls = []
        async with busy_writer(stall.program.deps.store) as free:
            # The first call begins a commit of its own, which waits for the writer; the others meet behind it.
            for number in (0, 5, 2, 4, 3, 1):
                update = words(FIRST + number, ann, f"/nonsense{number}")
                calls.append(asyncio.create_task(bring(http, stall, update, SECRET)))
                await until(lambda: calls_of(stall) == len(calls))
            free()
        assert {(await call)[0] for call in calls} == {200}
        await stall.settles()
        said = [word[-1] for message in ann.inbox for word in text(message).split() if "nonsense" in word]
        assert said == ["0", "1", "2", "3", "4", "5"]


async def test_two_hundred_people_at_once_are_all_answered_in_their_own_order(tmp_path: Path) -> None:
    async with wired_stall(tmp_path, mode="webhook") as stall:
        people = [stall.playground.person(f"Person {n}", id=10_001 + n) for n in range(200)]
        for number in (1, 2, 3):
            for person in people:
                await person.sends(f"/nonsense{number}")
        await stall.settles(60)
        for person in people:
            said = [text(message) for message in person.inbox]
            assert [word[-1] for each in said for word in each.split() if "nonsense" in word] == ["1", "2", "3"]


def text(message: Message) -> str:
    return "".join(letter if letter.isalnum() else " " for letter in message.text)


# -- too much of it ---------------------------------------------------------------------------------------------


async def test_a_call_is_held_while_too_much_is_in_hand_and_then_put_off(tmp_path: Path) -> None:
    async with stall_with_secret(tmp_path) as stall, aiohttp.ClientSession() as http:
        ann = await comes_in(stall, "Ann")
        over = asyncio.Event()
        for number in range(MOST_QUEUED):
            stall.program.queue.put(-number, lambda: over.wait())  # type: ignore[arg-type,return-value]
        status, _, headers = await bring(http, stall, words(FIRST, ann), SECRET)
        assert (status, headers["Retry-After"]) == (503, "1")
        assert await stall.value("SELECT count(*) FROM inbox WHERE update_id = :id", id=FIRST) == 0
        held = asyncio.create_task(bring(http, stall, words(FIRST, ann), SECRET))
        await asyncio.wait([held], timeout=0.05)
        assert not held.done()
        over.set()
        assert (await held)[0] == 200
        await ann.sees("How it works")


async def test_after_a_restart_with_a_full_queue_everything_is_handled_in_order(tmp_path: Path) -> None:
    async with wired_telegram() as (server, clock):
        ann = server.playground.person("Ann", id=2001)
        ann.chat.started = True
        left = [
            Arrival(update_id=FIRST + n, raw=json.dumps(words(FIRST + n, ann, f"/nonsense{n}")), sender=None)
            for n in range(MOST_QUEUED + 100)
        ]
        async with await Store.open(tmp_path / "stall.db", now=NOON) as store:
            await store.write(inbox.keep, 123456, left, NOON)
        async with wired(tmp_path, server, clock, mode="webhook") as stall:
            await ann.sends("/help")
            await ann.sees("How it works", timeout=60)
            await stall.settles(60)
            assert stall.program.replayed == MOST_QUEUED + 100
            assert "How it works" in ann.last.text
            assert len(ann.inbox) == MOST_QUEUED + 101


# -- what Telegram says of it -----------------------------------------------------------------------------------


@asynccontextmanager
async def behind_a_proxy(path: Path) -> AsyncIterator[tuple[TestStall, Any]]:
    port = unused_port()
    async with proxy_to(port) as proxy:
        own = {"url": f"http://127.0.0.1:{proxy.port}/telegram", "port": port}
        async with wired_stall(path, mode="webhook", telegram={"webhook": own}) as stall:
            yield stall, proxy


async def test_a_proxy_that_fails_is_noticed_and_got_over(tmp_path: Path) -> None:
    async with behind_a_proxy(tmp_path) as (stall, proxy):
        bo = await comes_in(stall, "Bo")  # over a connection that is kept; Ann's is a new one
        assert bo.last
        proxy.is_cut = True
        ann = stall.person("Ann")
        await stall.playground.call(TOKEN, "setWebhook", told_before(stall))
        await ann.sends("/help")
        await until(lambda: stall.program.health.trouble == "Telegram can't deliver to the webhook")
        page = (await stall.front.page())[0].decode()
        assert "livestall_ready 0.0" in page
        assert "livestall_webhook_pending_updates 1.0" in page
        proxy.is_cut = False
        await ann.sees("How it works")
        assert stall.program.health.is_ready


def told_before(stall: TestStall) -> dict[str, str]:
    """The parameters with which the stall has set its webhook."""
    params = stall.playground.calls_of("setWebhook")[-1].params
    return {"url": params["url"], "secret_token": params["secret_token"]}


async def test_an_answer_that_gets_lost_brings_the_update_again_and_nothing_is_done_twice(tmp_path: Path) -> None:
    async with behind_a_proxy(tmp_path) as (stall, proxy):
        owner = stall.owner
        await owner.sends("/start")
        await stall.settles()
        proxy.withholds = True
        await owner.sends("/invite host")
        await proxy.answered.wait()
        proxy.lets_go()
        await owner.sees("start=i_")
        await stall.settles()
        assert await stall.value("SELECT count(*) FROM invites") == 1
        assert sum("start=i_" in message.text for message in owner.inbox) == 1
        page = (await stall.front.page())[0].decode()
        assert "livestall_updates_again_total 1.0" in page


async def test_a_webhook_that_somebody_else_removes_is_told_and_set_again(tmp_path: Path) -> None:
    async with wired_stall(tmp_path, mode="webhook") as stall:
        ann = await comes_in(stall, "Ann")
        await stall.playground.call(TOKEN, "deleteWebhook", {})
        await ann.sends("/help")
        await ann.sees("How it works")
        assert stall.program.health.conflicts == 1
        assert len(stall.playground.calls_of("setWebhook")) == 2
        await until(lambda: stall.program.health.is_ready)


async def test_an_address_that_telegram_writes_in_its_own_way_stays_ours(tmp_path: Path) -> None:
    port = unused_port()
    own = {"url": f"http://LOCALHOST:{port}", "port": port}
    async with wired_stall(tmp_path, mode="webhook", telegram={"webhook": own}) as stall:
        ann = await comes_in(stall, "Ann")
        await until(lambda: len(stall.playground.calls_of("getWebhookInfo")) > 1)
        assert (await stall.playground.call(TOKEN, "getWebhookInfo", {}))["url"] == f"http://localhost:{port}/"
        assert len(stall.playground.calls_of("setWebhook")) == 1
        assert stall.program.health.is_ready
        assert ann.last


async def test_a_webhook_that_telegram_refuses_is_told_and_tried_again(tmp_path: Path) -> None:
    async with wired_telegram() as (server, clock):
        refusal = "bad webhook: Failed to resolve host: Name or service not known"
        server.playground.faults.add("bad_request", method="setWebhook", description=refusal, times=2)
        async with wired(tmp_path, server, clock, mode="webhook") as stall:
            await until(lambda: stall.program.health.trouble == "Telegram refuses the webhook")
            await until(lambda: stall.program.health.is_ready)
            await comes_in(stall, "Ann")


@pytest.mark.parametrize("kind", ["reset", "lost_answer", "server_error", "too_many", "hang"])
async def test_telegram_out_of_reach_at_the_start_is_waited_for(tmp_path: Path, kind: Any) -> None:
    async with wired_telegram() as (server, clock):
        server.playground.faults.add(kind, method="setWebhook", times=3)
        async with wired(tmp_path, server, clock, mode="webhook", read=0.3) as stall:
            await comes_in(stall, "Ann")
            await until(lambda: stall.program.health.is_ready)


# -- from one mode to the other ---------------------------------------------------------------------------------


async def test_changing_the_mode_and_back_loses_nothing(tmp_path: Path) -> None:
    async with wired_telegram() as (server, clock):
        async with wired(tmp_path, server, clock, mode="webhook") as stall:
            await comes_in(stall, "Ann")
        ann = server.playground.people[2001]
        for mode, number in (("polling", 1), ("webhook", 2), ("polling", 3)):
            await ann.sends(f"/nonsense{number}")
            async with wired(tmp_path, server, clock, mode=mode) as stall:  # type: ignore[arg-type]
                await ann.sees(f"nonsense{number}")
                await until(lambda: stall.program.health.is_ready)
                await stall.settles()
        assert len(server.playground.calls_of("deleteWebhook")) == 2
        assert all(not call.params.get("drop_pending_updates") for call in server.playground.calls)
        assert sum("nonsense" in message.text for message in ann.inbox) == 3


async def test_a_webhook_set_while_polling_is_told_and_removed(tmp_path: Path) -> None:
    async with wired_stall(tmp_path) as stall:
        ann = await comes_in(stall, "Ann")
        await until(lambda: stall.program.health.is_ready)
        seen: list[str | None] = []
        health = stall.program.health
        await stall.playground.call(TOKEN, "setWebhook", {"url": "https://elsewhere.example/hook"})
        await until(lambda: seen.append(health.trouble) or health.trouble is not None)  # type: ignore[func-returns-value]
        assert seen[-1] == "a webhook takes this bot's updates"
        await ann.sends("/help")
        await ann.sees("How it works")
        await until(lambda: health.is_ready)
        assert health.conflicts == 0
