"""A person's window over HTTP: what has changed since a mark, what stands above, and all that can be done in it."""

from typing import Any

import aiohttp
import pytest

from playground import Person, Playground
from tests.clock import FakeClock
from tests.playground.conftest import Voice, asked
from tests.playground.pictures import png

ANN = "/play/people/2001"


def files(*parts: tuple[str, bytes, str], **words: object) -> aiohttp.FormData:
    form = aiohttp.FormData({name: str(value) for name, value in words.items()})
    for name, data, mime in parts:
        form.add_field("file", data, filename=name, content_type=mime)
    return form


def photos(number: int, **words: object) -> aiohttp.FormData:
    return files(*((f"{at}.png", png(10 + at, 10), "image/png") for at in range(number)), **words)


async def private(http: aiohttp.ClientSession, **query: int) -> dict[str, Any]:
    asked_for = "&".join(f"{name}={value}" for name, value in query.items())
    chat: dict[str, Any] = (await asked(http, f"{ANN}?{asked_for}"))["chats"][0]
    return chat


def texts(told: dict[str, Any]) -> list[str]:
    return [message["text"] for message in told["messages"]]


async def test_only_what_is_new_changed_or_gone_comes_after_a_mark(
    http: aiohttp.ClientSession, ann: Person, bot: Voice
) -> None:
    first, second = [await bot("sendMessage", chat_id=2001, text=text) for text in ("one", "two")]
    mark = (await asked(http, ANN))["change"]
    assert texts(await private(http, since=mark)) == []
    await bot("editMessageText", chat_id=2001, message_id=first["message_id"], text="one!")
    await bot("sendMessage", chat_id=2001, text="three")
    await bot("deleteMessage", chat_id=2001, message_id=second["message_id"])
    told = await private(http, since=mark)
    assert (texts(told), told["gone"], told["fresh"]) == (["one!", "three"], [second["message_id"]], False)
    assert texts(await private(http)) == ["/start", "one!", "three"]


async def test_a_reaction_is_a_change(http: aiohttp.ClientSession, ann: Person, bot: Voice) -> None:
    mark = (await asked(http, ANN))["change"]
    await bot("setMessageReaction", chat_id=2001, message_id=1, reaction=[{"type": "emoji", "emoji": "👍"}])
    [message] = (await private(http, since=mark))["messages"]
    assert message["reactions"] == ["👍"]


async def test_a_long_absence_ends_with_a_fresh_look(http: aiohttp.ClientSession, ann: Person, bot: Voice) -> None:
    mark = (await asked(http, ANN))["change"]
    for number in range(30):
        await bot("sendMessage", chat_id=2001, text=str(number))
    told = await private(http, since=mark, last=10)
    assert (told["fresh"], told["earlier"], texts(told)) == (True, True, [str(n) for n in range(20, 30)])


async def test_earlier_messages_come_page_by_page(http: aiohttp.ClientSession, ann: Person, bot: Voice) -> None:
    for number in range(7):
        await bot("sendMessage", chat_id=2001, text=str(number))
    shown = await private(http, last=3)
    oldest = shown["messages"][0]["id"]
    above = await asked(http, f"{ANN}/earlier?before={oldest}&last=3")
    assert (texts(above), above["earlier"]) == (["1", "2", "3"], True)
    top = await asked(http, f"{ANN}/earlier?before={above['messages'][0]['id']}&last=3")
    assert (texts(top), top["earlier"]) == (["/start", "0"], False)


async def test_several_pictures_arrive_as_one_album(http: aiohttp.ClientSession, ann: Person, bot: Voice) -> None:
    sent = await asked(http, f"{ANN}/album", photos(3, caption="eggs"))
    messages = [update["message"] for update in await bot.updates()]
    assert sent["message"] == messages[0]["message_id"]
    assert [message.get("caption") for message in messages] == ["eggs", None, None]
    assert len({message["media_group_id"] for message in messages}) == 1
    shown = (await private(http))["messages"][1:]
    assert {message["album"] for message in shown} == {messages[0]["media_group_id"]}
    await asked(http, f"{ANN}/album", photos(2))
    assert (await bot.updates())[-1]["message"]["media_group_id"] != messages[0]["media_group_id"]


async def test_documents_make_albums_too(http: aiohttp.ClientSession, ann: Person, bot: Voice) -> None:
    form = files(("a.csv", b"1", "text/csv"), ("b.csv", b"2", "text/csv"), **{"as": "document"})
    await asked(http, f"{ANN}/album", form)
    names = [update["message"]["document"]["file_name"] for update in await bot.updates()]
    assert names == ["a.csv", "b.csv"]


async def test_an_album_with_one_bad_picture_is_not_sent_at_all(
    http: aiohttp.ClientSession, ann: Person, bot: Voice
) -> None:
    form = files(("a.png", png(), "image/png"), ("b.png", b"no picture", "image/png"))
    assert "IMAGE_PROCESS_FAILED" in (await asked(http, f"{ANN}/album", form))["error"]
    for number in (1, 11):
        assert "from 2 to 10" in (await asked(http, f"{ANN}/album", photos(number)))["error"]
    assert await bot.updates() == []


async def test_pictures_can_answer_a_message(http: aiohttp.ClientSession, ann: Person, bot: Voice) -> None:
    question = await bot("sendMessage", chat_id=2001, text="The receipt?")
    await asked(http, f"{ANN}/photo", photos(1, reply_to=question["message_id"]))
    assert (await bot.updates())[-1]["message"]["reply_to_message"]["text"] == "The receipt?"
    quote = (await private(http))["messages"][-1]["reply_to"]
    assert (quote["text"], quote["from"]) == ("The receipt?", "Livestall")


async def test_own_words_can_be_changed_and_only_own(http: aiohttp.ClientSession, ann: Person, bot: Voice) -> None:
    mine = await asked(http, f"{ANN}/text", {"text": "2 boxs"})
    theirs = await bot("sendMessage", chat_id=2001, text="Yours?")
    await asked(http, f"{ANN}/edit", {"message": mine["message"], "text": "2 boxes"})
    assert (await bot.updates())[-1]["edited_message"]["text"] == "2 boxes"
    told = await asked(http, f"{ANN}/edit", {"message": theirs["message_id"], "text": "Mine"})
    assert "only an own message" in told["error"]
    assert "empty" in (await asked(http, f"{ANN}/edit", {"message": mine["message"], "text": " "}))["error"]


async def test_too_much_for_one_message_is_told(http: aiohttp.ClientSession, ann: Person, bot: Voice) -> None:
    assert "4096 characters" in (await asked(http, f"{ANN}/text", {"text": "🥚" * 2049}))["error"]
    assert "1024 characters" in (await asked(http, f"{ANN}/photo", photos(1, caption="x" * 1025)))["error"]
    assert await bot.updates() == []


async def test_typing_is_seen_until_the_message_or_five_seconds_later(
    http: aiohttp.ClientSession, ann: Person, bot: Voice, clock: FakeClock
) -> None:
    await bot("sendChatAction", chat_id=2001, action="typing")
    assert (await private(http))["action"] == {"what": "typing", "seconds": 5}
    await bot("sendMessage", chat_id=2001, text="Here")
    assert (await private(http))["action"] is None
    await bot("sendChatAction", chat_id=2001, action="upload_photo")
    clock.advance(5)
    assert (await private(http))["action"] is None


async def test_a_tap_waits_until_it_is_answered(http: aiohttp.ClientSession, ann: Person, bot: Voice) -> None:
    rows = [[{"text": "Pay", "callback_data": "p"}]]
    await bot("sendMessage", chat_id=2001, text="card", reply_markup={"inline_keyboard": rows})
    tap = await asked(http, f"{ANN}/tap", {"text": "Pay"})
    assert (await asked(http, ANN))["awaits_answer"] is True
    await bot("answerCallbackQuery", callback_query_id=tap["query"], text="Sold out", show_alert=True)
    told = await asked(http, ANN)
    assert (told["awaits_answer"], told["alerts_ever"]) == (False, 1)
    assert told["alerts"] == [{"text": "Sold out", "alert": True}]


async def test_a_forward_names_whom_it_is_from(http: aiohttp.ClientSession, ann: Person, bot: Voice) -> None:
    sent = await bot("sendMessage", chat_id=2001, text="card <b>7</b>", parse_mode="HTML")
    await asked(http, f"{ANN}/forward", {"message": sent["message_id"]})
    shown = (await private(http))["messages"][-1]
    assert (shown["forwarded"], shown["html"]) == ("Livestall", "card <b>7</b>")
    assert (await bot.updates())[-1]["message"]["entities"] == [{"type": "bold", "offset": 5, "length": 1}]


async def test_a_cleared_history_is_gone(http: aiohttp.ClientSession, ann: Person) -> None:
    mark = (await asked(http, ANN))["change"]
    await asked(http, f"{ANN}/clear", {})
    told = await private(http, since=mark)
    assert (told["gone"], texts(await private(http))) == ([1], [])


async def test_keys_stand_until_they_are_taken_away(http: aiohttp.ClientSession, ann: Person, bot: Voice) -> None:
    await bot("sendMessage", chat_id=2001, text="x", reply_markup={"keyboard": [["Yes", "No"]]})
    assert (await private(http))["keys"] == [["Yes", "No"]]
    await bot("sendMessage", chat_id=2001, text="y", reply_markup={"remove_keyboard": True})
    assert (await private(http))["keys"] == []


async def test_a_new_person_is_heard_of_by_whoever_waits(http: aiohttp.ClientSession, ann: Person) -> None:
    mark = (await asked(http, "/play/people"))["change"]
    made = await asked(http, "/play/people", {"name": "Ben"})
    assert (await asked(http, f"/play/changes?since={mark}"))["people"] == [made["id"]]


@pytest.mark.parametrize("change", [{"name": "x" * 201}, {"language": "x" * 36}, {"name": "  "}])
async def test_a_name_and_a_language_have_bounds(
    http: aiohttp.ClientSession, ann: Person, change: dict[str, str]
) -> None:
    async with http.post(ANN, json=change) as answer:
        assert answer.status == 400
    assert (ann.name, ann.language) == ("Ann", "en")


async def test_an_app_in_simplified_chinese_gets_the_chinese_menu(pg: Playground, bot: Voice) -> None:
    await bot("setMyCommands", commands=[{"command": "help", "description": "Help"}])
    await bot("setMyCommands", commands=[{"command": "help", "description": "帮助"}], language_code="zh")
    assert pg.person("Bo", language="zh-hans").menu == [{"command": "help", "description": "帮助"}]


async def test_a_group_is_changed_and_grows_up(http: aiohttp.ClientSession, ann: Person, pg: Playground) -> None:
    ben = pg.person("Ben", id=2002)
    made = await asked(http, "/play/groups", {"title": "Friends", "members": [2001], "bot": "member"})
    await asked(http, f"/play/groups/{made['id']}", {"members": [2002], "admins": [], "bot": "administrator"})
    [group] = (await asked(http, "/play/groups"))["groups"]
    assert (group["members"], group["bot"]) == ({"2002": "member"}, "administrator")
    assert len((await asked(http, ANN))["chats"]) == 1
    fresh = await asked(http, f"/play/groups/{made['id']}/migrate", {})
    assert fresh["type"] == "supergroup"
    assert [chat["id"] for chat in (await asked(http, "/play/people/2002"))["chats"]] == [ben.id, fresh["id"]]
    for path in (f"/play/groups/{made['id']}/migrate", f"/play/groups/{made['id']}"):
        assert "no such group" in (await asked(http, path, {}))["error"]
    assert "can't become" in (await asked(http, f"/play/groups/{fresh['id']}/migrate", {}))["error"]


async def test_who_leaves_a_group_hears_of_it(http: aiohttp.ClientSession, ann: Person) -> None:
    made = await asked(http, "/play/groups", {"title": "Friends", "members": [2001]})
    mark = (await asked(http, "/play/people"))["change"]
    await asked(http, f"/play/groups/{made['id']}", {"members": [], "admins": []})
    assert (await asked(http, f"/play/changes?since={mark}"))["people"] == [2001]


async def test_only_administrators_post_in_a_channel(
    http: aiohttp.ClientSession, ann: Person, bot: Voice, pg: Playground
) -> None:
    pg.person("Ben", id=2002)
    made = await asked(
        http,
        "/play/groups",
        {"title": "News", "kind": "channel", "admins": [2001], "members": [2002], "bot": "administrator"},
    )
    await asked(http, f"{ANN}/text", {"text": "Live at eight", "chat": made["id"]})
    told = await asked(http, "/play/people/2002/text", {"text": "First!", "chat": made["id"]})
    assert told["error"] == "only administrators write in News"
    assert (await bot.updates())[-1]["channel_post"]["text"] == "Live at eight"
    channel = (await asked(http, "/play/people/2002"))["chats"][1]
    assert (channel["writable"], channel["messages"][0]["from"]) == (False, "News")


@pytest.mark.parametrize(
    "body", [{"title": " "}, {"title": "x", "kind": "club"}, {"title": "x", "bot": "king"}, {"title": "x" * 129}]
)
async def test_a_group_of_nonsense_is_refused(http: aiohttp.ClientSession, pg: Playground, body: Any) -> None:
    async with http.post("/play/groups", json=body) as answer:
        assert answer.status == 400
    assert pg.chats == {}
