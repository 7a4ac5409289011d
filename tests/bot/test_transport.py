"""The transport against a real server on this machine."""

import asyncio
import gc
import io
import threading
import traceback
import warnings
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.ext import ExtBot

from bot.transport import AiohttpRequest, NotSent, raw_updates, wait_of
from tests.bot.server import Server, hang_up, never, ok, refusing, serving, unused_port

TOKEN = "123456:AAF-a_token_that_nobody_may_ever_read"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as server:
        yield server


@pytest.fixture
async def request_() -> AsyncIterator[AiohttpRequest]:
    async with AiohttpRequest() as transport:
        yield transport


@pytest.fixture
def bot(server: Server, request_: AiohttpRequest) -> ExtBot[None]:
    return ExtBot(TOKEN, base_url=server.base_url, request=request_, get_updates_request=request_)


def everything_printable(error: BaseException | None) -> str:
    """All a log, a debugger or a curious `repr` could show of an error and of what led to it."""
    texts: list[str] = []
    while error is not None:
        texts += [str(error), repr(error), repr(error.args), *traceback.format_exception(error)]
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


async def test_an_answer_comes_back_as_a_message(bot: ExtBot[None], server: Server) -> None:
    message = await bot.send_message(7, "Eggs & <b>rice</b> 蛋")
    assert message.message_id == 5
    assert server.types == ["application/json"]
    assert server.fields == [{"chat_id": 7, "text": "Eggs & <b>rice</b> 蛋"}]


async def test_a_file_travels_as_multipart(bot: ExtBot[None], server: Server) -> None:
    picture = b"\x89PNG\x00\r\n" * 300_000  # over a mebibyte: aiohttp warns when that much is passed as bytes
    await bot.send_photo(7, picture, caption="Order 蛋", filename='收据 "1".png')
    assert server.types == ["multipart/form-data"]
    fields = server.fields[0]
    assert fields.pop("photo") == ('收据 "1".png', "image/png", picture)
    assert fields == {"chat_id": "7", "caption": "Order 蛋"}


async def test_a_line_end_in_a_file_name_cannot_break_the_head(bot: ExtBot[None], server: Server) -> None:
    await bot.send_document(7, io.BytesIO(b"a,b"), filename="a\r\nX-Evil: 1.csv")
    assert server.fields[0]["document"] == ("a  X-Evil: 1.csv", "text/csv", b"a,b")


async def updates(bot: ExtBot[None], request_: AiohttpRequest) -> list[dict[str, object]]:
    return await raw_updates(request_, bot.base_url, offset=3, wait=30, allowed=["message"])


async def test_updates_come_as_telegram_sent_them(
    bot: ExtBot[None], server: Server, request_: AiohttpRequest
) -> None:
    assert await updates(bot, request_) == [{"update_id": 9, "novelty": {"x": 1}}]
    assert server.calls == ["getUpdates"]
    assert server.fields == [{"offset": 3, "timeout": 30, "limit": 100, "allowed_updates": ["message"]}]


async def test_a_second_poller_is_a_conflict(bot: ExtBot[None], server: Server, request_: AiohttpRequest) -> None:
    server.answer = refusing(409, "Conflict: terminated by other getUpdates request")
    with pytest.raises(Conflict):
        await updates(bot, request_)


async def test_long_polling_outlasts_the_ordinary_read_timeout(server: Server) -> None:
    async def slow(request: web.Request) -> web.StreamResponse:
        assert (await request.json())["timeout"] == 1
        await asyncio.get_running_loop().run_in_executor(None, quiet.wait, 0.2)
        return await ok(request)

    quiet = threading.Event()
    server.answer = slow
    async with AiohttpRequest(read=0.05) as transport:
        url = f"{server.base_url}{TOKEN}"
        assert len(await raw_updates(transport, url, offset=0, wait=1, allowed=[])) == 1


async def test_a_file_is_fetched_as_bytes(server: Server, request_: AiohttpRequest) -> None:
    async def picture(_: web.Request) -> web.Response:
        return web.Response(body=b"\x89PNG")

    server.answer = picture
    assert await request_.retrieve(f"{server.base_url}{TOKEN}/photos/1 蛋.png") == b"\x89PNG"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, InvalidToken),
        (403, Forbidden),
        (404, InvalidToken),
        (409, Conflict),
        (502, NetworkError),
    ],
)
async def test_a_refusal_has_its_kind_and_telegrams_words(
    bot: ExtBot[None], server: Server, status: int, kind: type[TelegramError]
) -> None:
    server.answer = refusing(status, "Bad Request: chat not found")
    with pytest.raises(kind, match="not found") as caught:
        await bot.send_message(7, "Eggs")
    assert type(caught.value) is kind


async def test_too_many_requests_say_how_long_to_wait(bot: ExtBot[None], server: Server) -> None:
    server.answer = refusing(429, "Too Many Requests: retry after 17", retry_after=17)
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(7, "Eggs")
    assert wait_of(caught.value) == 17
    assert caught.value.retry_after == timedelta(seconds=17)


@pytest.mark.filterwarnings("ignore:.*attribute `retry_after`:DeprecationWarning")
def test_the_wait_is_read_also_where_the_library_says_it_as_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "0")
    assert wait_of(RetryAfter(17)) == 17


async def test_a_group_that_became_a_supergroup_says_where_it_went(bot: ExtBot[None], server: Server) -> None:
    server.answer = refusing(400, "Bad Request: group upgraded", migrate_to_chat_id=-1009)
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(-9, "Eggs")
    assert caught.value.new_chat_id == -1009


@pytest.mark.parametrize("body", [f"<h1>No answer for /bot{TOKEN}/sendMessage</h1>", f'["/bot{TOKEN}/"]', ""])
async def test_an_error_page_is_never_quoted(
    bot: ExtBot[None], server: Server, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def page(_: web.Request) -> web.Response:
        return web.Response(status=500, text=body, content_type="text/html")

    server.answer = page
    with pytest.raises(NetworkError, match=r"Internal Server Error \(500\)") as caught:
        await bot.send_message(7, "Eggs")
    assert TOKEN not in everything_printable(caught.value) + caplog.text


@pytest.mark.parametrize("body", ["<html>please log in to the hotel's network</html>", "[]", "\udcff"])
async def test_a_success_that_is_not_the_bot_api_is_ambiguous(
    bot: ExtBot[None], server: Server, body: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def portal(_: web.Request) -> web.Response:
        return web.Response(body=body.encode(errors="surrogateescape"), content_type="text/html")

    server.answer = portal
    with pytest.raises(NetworkError, match="not a JSON object") as caught:
        await bot.send_message(7, "Eggs")
    assert not isinstance(caught.value, NotSent)
    assert "hotel" not in everything_printable(caught.value) + caplog.text


async def test_a_redirect_is_not_followed(bot: ExtBot[None], server: Server) -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": server.base_url + "/elsewhere"})

    server.answer = elsewhere
    with pytest.raises(NetworkError, match=r"Found \(302\)"):
        await bot.send_message(7, "Eggs")
    assert server.calls == ["sendMessage"]


async def test_a_send_whose_answer_is_cut_off_is_ambiguous_and_not_repeated(
    bot: ExtBot[None], server: Server
) -> None:
    await bot.send_message(7, "Eggs")  # so that the next one travels on a kept-alive connection
    server.answer = hang_up
    with pytest.raises(NetworkError) as caught:
        await bot.send_message(7, "Rice")
    assert not isinstance(caught.value, NotSent | TimedOut)
    assert server.calls == ["sendMessage", "sendMessage"]
    assert len(server.connections) == 1
    assert TOKEN not in everything_printable(caught.value)


async def test_a_call_that_only_reads_is_asked_again_when_the_connection_drops(
    bot: ExtBot[None], server: Server, request_: AiohttpRequest
) -> None:
    async def hang_up_once(request: web.Request) -> web.StreamResponse:
        server.answer = ok
        return await hang_up(request)

    server.answer = hang_up_once
    assert len(await updates(bot, request_)) == 1
    server.answer = hang_up
    with pytest.raises(NetworkError):
        await updates(bot, request_)
    assert server.calls == ["getUpdates"] * 4


async def test_a_body_cut_off_half_way_is_ambiguous(bot: ExtBot[None], server: Server) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"ok": true, ')
        return await hang_up(request)

    server.answer = half
    with pytest.raises(NetworkError, match="ClientPayloadError") as caught:
        await bot.send_message(7, "Eggs")
    assert not isinstance(caught.value, NotSent)


async def test_a_silent_server_times_out(bot: ExtBot[None], server: Server) -> None:
    server.answer = never
    with pytest.raises(TimedOut) as caught:
        await bot.send_message(7, "Eggs", read_timeout=0.05)
    assert TOKEN not in everything_printable(caught.value)
    assert server.calls == ["sendMessage"]


async def test_a_server_that_does_not_take_the_body_times_out() -> None:
    listens, done = asyncio.Event(), asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await listens.wait()
        while await reader.read(2**20):
            pass
        writer.close()
        done.set()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1)
    base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/bot"
    async with AiohttpRequest(read=0.05, connect=0.05, wait_for_connection=0.05) as transport:
        bot = ExtBot(TOKEN, base_url=base_url, request=transport)
        with pytest.raises(TimedOut) as caught:
            await bot.send_document(7, io.BytesIO(bytes(30 * 2**20)), write_timeout=0.05)
    assert TOKEN not in everything_printable(caught.value)
    listens.set()  # only so that nothing stays open
    await done.wait()
    server.close()
    await server.wait_closed()


async def test_a_refused_connection_means_surely_not_sent(request_: AiohttpRequest) -> None:
    bot = ExtBot(TOKEN, base_url=f"http://127.0.0.1:{unused_port()}/bot", request=request_)
    with pytest.raises(NotSent, match="ECONNREFUSED") as caught:
        await bot.send_message(7, "Eggs")
    assert TOKEN not in everything_printable(caught.value)


async def test_a_full_pool_means_surely_not_sent(server: Server) -> None:
    server.answer = never
    async with AiohttpRequest(pool=1, connect=0.05) as transport:
        bot = ExtBot(TOKEN, base_url=server.base_url, request=transport)
        first = asyncio.create_task(bot.send_message(7, "Eggs"))
        while not server.calls:
            await asyncio.sleep(0)
        with pytest.raises(NotSent, match="ConnectionTimeoutError") as caught:
            await bot.send_message(7, "Rice", pool_timeout=0.01)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
    assert server.calls == ["sendMessage"]
    assert TOKEN not in everything_printable(caught.value)


@pytest.mark.parametrize("root", ["http://", "ftp://127.0.0.1", "http://127.0.0.1:99999"])
async def test_an_impossible_address_is_not_printed(request_: AiohttpRequest, root: str) -> None:
    with pytest.raises(NetworkError) as caught:
        await ExtBot(TOKEN, base_url=f"{root}/bot", request=request_).send_message(7, "Eggs")
    assert TOKEN not in everything_printable(caught.value)


async def test_nothing_is_sent_before_initialize_or_after_shutdown(server: Server) -> None:
    transport = AiohttpRequest()
    bot = ExtBot(TOKEN, base_url=server.base_url, request=transport)
    with pytest.raises(NotSent):
        await bot.send_message(7, "Eggs")
    await transport.initialize()
    await transport.initialize()
    await bot.send_message(7, "Eggs")
    await transport.shutdown()
    await transport.shutdown()
    with pytest.raises(NotSent):
        await bot.send_message(7, "Eggs")
    await transport.initialize()
    await bot.send_message(7, "Eggs")
    await transport.shutdown()
    assert server.calls == ["sendMessage", "sendMessage"]


async def test_two_hundred_calls_run_side_by_side_through_a_hundred_connections(
    bot: ExtBot[None], server: Server
) -> None:
    waiting = 0
    everybody = asyncio.Event()

    async def together(request: web.Request) -> web.StreamResponse:
        nonlocal waiting
        waiting += 1
        if waiting == 100:
            everybody.set()
        await everybody.wait()
        return await ok(request)

    server.answer = together
    messages = await asyncio.gather(*(bot.send_message(n, "Eggs") for n in range(1, 201)))
    assert len(messages) == 200
    assert {field["chat_id"] for field in server.fields} == set(range(1, 201))
    assert len(server.connections) == 100


async def test_shutdown_leaves_nothing_open(server: Server) -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        async with AiohttpRequest() as transport:
            bot = ExtBot(TOKEN, base_url=server.base_url, request=transport)
            await asyncio.gather(*(bot.send_message(n, "Eggs") for n in range(1, 11)))
        del transport, bot
        gc.collect()
    assert [str(warning.message) for warning in heard] == []


def test_the_default_read_timeout_is_the_one_it_was_made_with() -> None:
    assert AiohttpRequest(read=12.5).read_timeout == 12.5
    assert AiohttpRequest(read=None).read_timeout is None
