"""The playground over real HTTP: the Bot API, cut connections, webhooks, the control API, the page."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from telegram import Bot

from playground import Person, Playground
from playground.server import Server, serve
from playground.webhooks import SECRET_HEADER
from tests.playground.conftest import TOKEN, asked, method
from tests.playground.pictures import png


@pytest.fixture
def pg() -> Playground:
    """Over HTTP time is real."""
    playground = Playground()
    playground.add_bot(TOKEN)
    return playground


async def test_parameters_come_as_query_form_json_or_multipart(http: aiohttp.ClientSession, ann: Person) -> None:
    form = aiohttp.FormData({"chat_id": "2001", "text": "multipart"})
    form.add_field("unused", b"", filename="a")
    markup = {"inline_keyboard": [[{"text": "Go", "callback_data": "x"}]]}
    async with http.get(method("sendMessage"), params={"chat_id": "2001", "text": "query"}) as answer:
        assert (await answer.json())["ok"] is True
    async with http.post(method("sendMessage"), data={"chat_id": "2001", "text": "form"}) as answer:
        assert answer.content_type == "application/json"
    await asked(http, method("sendMessage"), {"chat_id": 2001, "text": "json", "reply_markup": markup})
    async with http.post(method("sendMessage"), data=form) as answer:
        assert "unused is not named" in (await answer.json())["description"]
    assert [message.text for message in ann.inbox] == ["query", "form", "json"]
    assert ann.last.labels == ["Go"]


async def test_refusals_carry_status_and_body(http: aiohttp.ClientSession, ann: Person) -> None:
    async with http.get(method("nothing")) as answer:
        assert answer.status == 404
        assert await answer.json() == {"ok": False, "error_code": 404, "description": "Not Found"}
    async with http.get("/bot1:WRONG/getMe") as answer:
        assert (answer.status, (await answer.json())["description"]) == (401, "Unauthorized")


async def test_a_broken_json_body_is_a_bad_request(http: aiohttp.ClientSession) -> None:
    async with http.post(method("getMe"), data="{", headers={"Content-Type": "application/json"}) as answer:
        assert (answer.status, (await answer.json())["ok"]) == (400, False)


async def test_the_library_talks_to_it_over_http(server: Server, ann: Person) -> None:
    base = server.base_url
    async with Bot(TOKEN, base_url=f"{base}/bot", base_file_url=f"{base}/file/bot") as bot:
        await ann.sends_photo(png())
        [update] = [one for one in await bot.get_updates() if one.message and one.message.photo]
        assert update.message is not None
        found = await bot.get_file(update.message.photo[-1].file_id)
        assert bytes(await found.download_as_bytearray()) == png()
        await bot.send_photo(2001, png(9, 9), caption="QR")
        assert (ann.last.photo, ann.last.text) == (png(9, 9), "QR")


async def test_connections_are_really_cut(http: aiohttp.ClientSession, ann: Person, pg: Playground) -> None:
    for kind in ("reset", "lost_answer"):
        pg.faults.add(kind)
        with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
            await asked(http, method("sendMessage"), {"chat_id": 2001, "text": kind})
    assert [message.text for message in ann.inbox] == ["lost_answer"]


async def test_a_hanging_call_runs_into_the_clients_patience(
    http: aiohttp.ClientSession, ann: Person, pg: Playground
) -> None:
    pg.faults.add("hang")
    with pytest.raises(TimeoutError):
        await http.get(method("getMe"), timeout=aiohttp.ClientTimeout(total=0.05))
    assert (await asked(http, method("getMe")))["ok"] is True


async def test_gateway_trouble_is_html(http: aiohttp.ClientSession, pg: Playground) -> None:
    pg.faults.add("server_error", status=500)
    async with http.get(method("getMe")) as answer:
        assert (answer.status, answer.content_type) == (500, "text/html")


async def test_a_waiting_poll_does_not_hold_up_the_end(pg: Playground) -> None:
    server = await serve(pg)
    async with aiohttp.ClientSession(server.base_url) as http:
        poll = asyncio.create_task(asked(http, method("getUpdates"), {"timeout": 50}))
        while not pg.bot.mail.polls:
            await asyncio.sleep(0)
        await asyncio.wait_for(server.close(), 3)
        with pytest.raises(aiohttp.ClientError):
            await poll


async def test_updates_go_to_a_webhook_until_it_says_yes(
    http: aiohttp.ClientSession, ann: Person, pg: Playground
) -> None:
    got: list[tuple[str | None, Any]] = []
    enough = asyncio.Event()

    async def hook(request: web.Request) -> web.Response:
        got.append((request.headers.get(SECRET_HEADER), await request.json()))
        if len(got) == 3:
            enough.set()
        return web.Response(status=500 if len(got) == 1 else 200)

    app = web.Application()
    app.router.add_post("/hook", hook)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    set_up = await asked(http, method("setWebhook"), {"url": url, "secret_token": "s3cret"})
    assert set_up["result"] is True
    await ann.sends("one")
    await ann.sends("two")
    await asyncio.wait_for(enough.wait(), 5)
    await asked(http, method("deleteWebhook"))
    await runner.cleanup()
    assert [update["message"]["text"] for _, update in got] == ["one", "one", "two"]
    assert {secret for secret, _ in got} == {"s3cret"}


# -- the control API ---------------------------------------------------------------------------------------------


async def test_people_are_made_and_speak_over_http(http: aiohttp.ClientSession, pg: Playground) -> None:
    made = await asked(http, "/play/people", {"name": "Ben", "id": 3001, "language": "zh"})
    assert (made["name"], made["language"]) == ("Ben", "zh")
    await asked(http, "/play/people/3001/text", {"text": "/start"})
    await asked(http, "/play/people/3001/open", {"link": "https://t.me/stall_bot?start=s_1"})
    form = aiohttp.FormData({"caption": "receipt"})
    form.add_field("file", png(), filename="r.png", content_type="image/png")
    await asked(http, "/play/people/3001/photo", form)
    form = aiohttp.FormData()
    form.add_field("file", b"a,b", filename="list.csv", content_type="text/csv")
    await asked(http, "/play/people/3001/document", form)
    updates = (await asked(http, method("getUpdates")))["result"]
    assert [update["message"].get("text") for update in updates] == ["/start", "/start s_1", None, None]
    assert updates[2]["message"]["caption"] == "receipt"
    assert updates[3]["message"]["document"]["mime_type"] == "text/csv"
    renamed = await asked(http, "/play/people/3001", {"name": "Benjamin"})
    assert renamed["name"] == "Benjamin"
    assert [person["id"] for person in (await asked(http, "/play/people"))["people"]] == [3001]


async def test_a_persons_window_shows_escaped_text_buttons_and_pictures(
    http: aiohttp.ClientSession, ann: Person
) -> None:
    markup = {
        "inline_keyboard": [[{"text": "Pay", "callback_data": "p"}, {"text": "Live", "url": "https://a.example"}]]
    }
    await asked(http, method("sendMessage"), {"chat_id": 2001, "text": "<script>1</script>", "reply_markup": markup})
    await ann.sends_photo(png())
    state = await asked(http, "/play/people/2001")
    started, card, photo = state["chats"][0]["messages"]
    assert (started["mine"], card["mine"]) == (True, False)
    assert card["html"] == "&lt;script&gt;1&lt;/script&gt;"
    assert [button["text"] for button in card["buttons"][0]] == ["Pay", "Live"]
    async with http.get(photo["photo"]["url"]) as answer:
        assert (answer.content_type, await answer.read()) == ("image/png", png())


async def test_documents_are_only_downloaded_never_shown(http: aiohttp.ClientSession, ann: Person) -> None:
    await ann.sends_document(b"<script>alert(1)</script>", "x.html", "text/html")
    state = await asked(http, "/play/people/2001")
    async with http.get(state["chats"][0]["messages"][-1]["document"]["url"]) as answer:
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"


async def test_taps_go_by_place_or_by_words(http: aiohttp.ClientSession, ann: Person) -> None:
    rows = [[{"text": "✅ Pay", "callback_data": "p"}], [{"text": "Leave", "callback_data": "l"}]]
    body = {"chat_id": 2001, "text": "card", "reply_markup": {"inline_keyboard": rows}}
    card = (await asked(http, method("sendMessage"), body))["result"]["message_id"]
    by_place = await asked(http, "/play/people/2001/tap", {"message": card, "button": 1})
    by_words = await asked(http, "/play/people/2001/tap", {"text": "Pay"})
    assert (by_place["button"], by_words["button"]) == ("Leave", "✅ Pay")
    await asked(http, method("answerCallbackQuery"), {"callback_query_id": by_words["query"], "text": "Thanks"})
    assert (await asked(http, "/play/people/2001"))["alerts"] == [{"text": "Thanks", "alert": False}]
    async with http.post("/play/people/2001/tap", json={"message": card, "button": 2}) as answer:
        assert answer.status == 404
    async with http.post("/play/people/2001/tap", json={"text": "Refund"}) as answer:
        assert (answer.status, "sees no button" in (await answer.json())["error"]) == (400, True)


async def test_changes_are_waited_for(http: aiohttp.ClientSession, ann: Person) -> None:
    mark = (await asked(http, "/play/people"))["change"]
    waiting = asyncio.create_task(asked(http, f"/play/changes?since={mark}"))
    await asked(http, method("sendMessage"), {"chat_id": 2001, "text": "x"})
    told = await waiting
    assert (told["change"], told["people"]) == (mark + 1, [2001])
    told = await asked(http, f"/play/changes?since={mark + 1}&timeout=0.01")
    assert (told["change"], told["people"]) == (mark + 1, [])


async def test_faults_limits_blocks_and_calls_are_at_hand(
    http: aiohttp.ClientSession, ann: Person, pg: Playground
) -> None:
    assert await asked(http, "/play/faults", {"kind": "too_many", "method": "getMe", "retry_after": 3}) == {
        "planned": 1
    }
    assert (await asked(http, method("getMe")))["parameters"] == {"retry_after": 3}
    assert "no such fault" in (await asked(http, "/play/faults", {"kind": "flood"}))["error"]
    async with http.delete("/play/faults") as answer:
        assert await answer.json() == {"planned": 0}
    await asked(http, "/play/limits", {"per_chat_burst": 1})
    assert pg.limits.per_chat_burst == 1
    assert (await asked(http, "/play/people/2001/block", {}))["chats"][0]["blocked"] is True
    assert (await asked(http, method("sendMessage"), {"chat_id": 2001, "text": "x"}))["error_code"] == 403
    assert (await asked(http, "/play/people/2001/unblock", {}))["chats"][0]["blocked"] is False
    told = await asked(http, "/play/calls?method=getMe")
    assert [(call["ok"], call["code"]) for call in told["calls"]] == [(False, 429)]


async def test_groups_and_forwards_over_http(http: aiohttp.ClientSession, ann: Person) -> None:
    group = await asked(http, "/play/groups", {"title": "Cashiers", "members": [2001], "bot": "administrator"})
    sent = await asked(http, "/play/people/2001/text", {"text": "here", "chat": group["id"]})
    passed = await asked(http, "/play/people/2001/forward", {"message": sent["message"], "chat": group["id"]})
    assert passed["chat"] == 2001
    titles = [chat["title"] for chat in (await asked(http, "/play/people/2001"))["chats"]]
    assert titles == ["Livestall", "Cashiers"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/play/people/9", None, 404),
        ("/play/people", {"name": " "}, 400),
        ("/play/people/2001/text", {"text": " "}, 400),
        ("/play/people/2001/text", {"text": "x", "chat": -5}, 400),
        ("/play/people/2001/text", {"text": "x", "reply_to": 99}, 400),
        ("/play/people/2001/open", {"link": "https://a.example"}, 400),
        ("/play/people/2001/open", {}, 400),
        ("/play/files/none", None, 404),
    ],
)
async def test_a_callers_mistake_is_told(
    http: aiohttp.ClientSession, ann: Person, path: str, body: dict[str, object] | None, status: int
) -> None:
    async with http.get(path) if body is None else http.post(path, json=body) as answer:
        assert answer.status == status
        assert (await answer.json())["error"]


async def test_pages_of_other_sites_are_turned_away(http: aiohttp.ClientSession, ann: Person) -> None:
    async with http.post(
        "/play/people/2001/text", json={"text": "x"}, headers={"Origin": "https://evil.example"}
    ) as answer:
        assert answer.status == 403


async def test_the_page_is_served_whole_and_needs_nobody_else(http: aiohttp.ClientSession) -> None:
    async with http.get("/") as answer:
        assert answer.content_type == "text/html"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        page = await answer.text()
    parts = {path.name for path in Path("playground/page").iterdir()} - {"page.html"}
    for name in parts:
        async with http.get(f"/page/{name}") as answer:
            assert answer.status == 200
            page += await answer.text()
    assert {"page.js", "page.css"} <= parts
    assert not any(raw in page for raw in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("))
    assert not any(far in page for far in ('src="http', 'href="http', "@import", "url(http", 'from "http'))


@pytest.mark.parametrize("path", ["/page/..%2fserver.py", "/page/server.py", "/page/", "/page/page"])
async def test_nothing_but_the_page_can_be_asked_for(http: aiohttp.ClientSession, path: str) -> None:
    async with http.get(path) as answer:
        assert answer.status == 404


async def test_it_stands_alone_as_a_program() -> None:
    arguments = ("-m", "playground", "--port", "0", "--token", "7:ALONE", "--person", "2001:Ann:zh")
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    address = (await asyncio.wait_for(process.stdout.readline(), 10)).decode().strip()
    async with aiohttp.ClientSession(address) as http:
        told = await asked(http, "/bot7:ALONE/getMe")
        people = await asked(http, "/play/people")
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0
    assert told["result"]["username"] == "stall_bot"
    assert json.dumps(people["people"]) == '[{"id": 2001, "name": "Ann", "about": "", "language": "zh"}]'
