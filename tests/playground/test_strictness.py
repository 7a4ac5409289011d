"""What Telegram refuses, and in which words."""

import pytest

from playground import Person, Playground, Refusal
from playground.files import Upload
from playground.formatting import TEXT_LENGTH
from tests.clock import FakeClock
from tests.playground.conftest import Voice
from tests.playground.pictures import png


def button(**fields: object) -> dict[str, object]:
    return {"inline_keyboard": [[{"text": "Go", **fields}]]}


REFUSED = [
    ("sendMessage", {}, "chat_id is empty"),
    ("sendMessage", {"chat_id": 2001}, "message text is empty"),
    ("sendMessage", {"chat_id": 999, "text": "x"}, "chat not found"),
    ("sendMessage", {"chat_id": "nobody", "text": "x"}, "chat not found"),
    ("sendMessage", {"chat_id": "@nowhere", "text": "x"}, "chat not found"),
    ("sendMessage", {"chat_id": 2001, "text": "  \n"}, "message text is empty"),
    ("sendMessage", {"chat_id": 2001, "text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
    ("sendMessage", {"chat_id": 2001, "text": "🥚" * 2049}, "message is too long"),
    ("sendMessage", {"chat_id": 2001, "text": "x", "parse_mode": "HTMX"}, "unsupported parse_mode"),
    (
        "sendMessage",
        {"chat_id": 2001, "text": "a < b", "parse_mode": "HTML"},
        'can\'t parse entities: Unsupported start tag "" at byte offset 2',
    ),
    (
        "sendMessage",
        {"chat_id": 2001, "text": "x", "txt": "y"},
        "unknown parameter txt in sendMessage (Telegram would ignore it)",
    ),
    (
        "sendMessage",
        {"chat_id": 2001, "text": "x", "protect_content": "perhaps"},
        "parameter protect_content must be a Boolean, not 'perhaps'",
    ),
    (
        "sendMessage",
        {"chat_id": 2001, "text": "x", "reply_parameters": {"message_id": 77}},
        "message to be replied not found",
    ),
    ("sendMessage", {"chat_id": 2001, "text": "x", "reply_markup": "{"}, "can't parse reply markup JSON object"),
    ("sendMessage", {"chat_id": 2001, "text": "x", "reply_markup": {"hello": 1}}, "object expected as reply markup"),
    (
        "sendMessage",
        {"chat_id": 2001, "text": "x", "reply_markup": button(callback_data="é" * 33)},
        "BUTTON_DATA_INVALID",
    ),
    (
        "sendMessage",
        {"chat_id": 2001, "text": "x", "reply_markup": button()},
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    (
        "sendMessage",
        {"chat_id": 2001, "text": "x", "reply_markup": button(callback_data="")},
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ),
    (
        "sendMessage",
        {"chat_id": 2001, "text": "x", "reply_markup": {"inline_keyboard": [[{"callback_data": "x"}]]}},
        "can't parse inline keyboard button: Can't find field \"text\"",
    ),
    (
        "sendMessage",
        {"chat_id": 2001, "text": "x", "reply_markup": button(url="ftp://example.com")},
        "inline keyboard button URL 'ftp://example.com' is invalid: Unsupported URL protocol",
    ),
    (
        "sendMessage",
        {"chat_id": 2001, "text": "x", "reply_markup": button(url="http://localhost/x")},
        "inline keyboard button URL 'http://localhost/x' is invalid: Wrong HTTP URL",
    ),
    (
        "sendMessage",
        {"chat_id": 2001, "text": "x", "reply_markup": button(url="https://")},
        "inline keyboard button URL 'https://' is invalid: URL host is empty",
    ),
    ("sendPhoto", {"chat_id": 2001}, "there is no photo in the request"),
    ("sendPhoto", {"chat_id": 2001, "photo": "abc"}, "wrong file identifier/HTTP URL specified"),
    ("sendPhoto", {"chat_id": 2001, "photo": Upload("a.png", b"no picture")}, "IMAGE_PROCESS_FAILED"),
    ("sendPhoto", {"chat_id": 2001, "photo": Upload("a.png", png()[:-20])}, "IMAGE_PROCESS_FAILED"),
    ("sendPhoto", {"chat_id": 2001, "photo": Upload("a.png", png(210, 10))}, "PHOTO_INVALID_DIMENSIONS"),
    (
        "sendPhoto",
        {"chat_id": 2001, "photo": Upload("a.png", png()), "caption": "x" * 1025},
        "message caption is too long",
    ),
    (
        "sendPhoto",
        {"chat_id": 2001, "photo": Upload("a.png", bytes(10 * 1024 * 1024 + 1))},
        "file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes",
    ),
    ("sendDocument", {"chat_id": 2001, "document": Upload("a.txt", b"")}, "file must be non-empty"),
    ("sendMediaGroup", {"chat_id": 2001, "media": []}, "expected from 2 to 10 items in the media group"),
    ("copyMessage", {"chat_id": 2001, "from_chat_id": 2001, "message_id": 9}, "message to copy not found"),
    ("forwardMessage", {"chat_id": 2001, "from_chat_id": 2001, "message_id": 9}, "message to forward not found"),
    ("editMessageText", {"chat_id": 2001, "message_id": 9, "text": "x"}, "message to edit not found"),
    ("editMessageText", {"chat_id": 2001, "message_id": 1, "text": "x"}, "message can't be edited"),
    ("editMessageText", {"chat_id": 2001, "text": "x"}, "message identifier is not specified"),
    ("deleteMessage", {"chat_id": 2001, "message_id": 9}, "message to delete not found"),
    ("setMessageReaction", {"chat_id": 2001, "message_id": 9}, "message to react not found"),
    ("sendChatAction", {"chat_id": 2001, "action": "dance"}, "wrong parameter action in request"),
    ("getFile", {"file_id": "abc"}, "wrong file identifier/HTTP URL specified"),
    ("getChatMember", {"chat_id": 2001, "user_id": 4}, "invalid user_id specified"),
    ("leaveChat", {"chat_id": 2001}, "chat member status can't be changed in private chats"),
    ("setMyCommands", {"commands": [{"command": "Pay!", "description": "x"}]}, "BOT_COMMAND_INVALID"),
    ("setMyCommands", {"commands": [{"command": "pay", "description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
    (
        "setMyCommands",
        {"commands": [], "scope": {"type": "everywhere"}},
        "can't parse BotCommandScope: unsupported type specified",
    ),
    ("setWebhook", {"url": "http://example.com"}, "bad webhook: An HTTPS URL must be provided for webhook"),
    (
        "answerCallbackQuery",
        {"callback_query_id": "1"},
        "query is too old and response timeout expired or query ID is invalid",
    ),
]


@pytest.mark.parametrize(("method", "params", "reason"), REFUSED)
async def test_telegrams_refusals(
    ann: Person, bot: Voice, method: str, params: dict[str, object], reason: str
) -> None:
    refusal = await bot.refused(method, **params)
    assert (refusal.code, refusal.description) == (400, f"Bad Request: {reason}")


async def test_the_longest_text_is_counted_after_its_tags_are_gone(ann: Person, bot: Voice) -> None:
    sent = await bot("sendMessage", chat_id=2001, text=f"<b>{'x' * TEXT_LENGTH}</b>", parse_mode="HTML")
    assert len(sent["text"]) == TEXT_LENGTH


async def test_callback_data_may_be_exactly_64_bytes(ann: Person, bot: Voice) -> None:
    await bot("sendMessage", chat_id=2001, text="x", reply_markup=button(callback_data="é" * 32))
    assert ann.last.buttons[0][0].data == "é" * 32


async def test_a_wrong_token_is_unauthorized_and_a_malformed_one_not_found(pg: Playground) -> None:
    assert (await Voice(pg, "123456:WRONG").refused("getMe")).code == 401
    assert (await Voice(pg, "nonsense").refused("getMe")).code == 404


async def test_an_unknown_method_is_not_found(bot: Voice) -> None:
    assert (await bot.refused("sendMesage", chat_id=1)).description == "Not Found"


async def test_a_bot_cannot_write_first(pg: Playground, bot: Voice) -> None:
    pg.person("Ben", id=2002)
    refusal = await bot.refused("sendMessage", chat_id=2002, text="x")
    assert refusal.description == "Forbidden: bot can't initiate conversation with a user"


async def test_who_blocked_the_bot_gets_nothing_until_they_come_back(ann: Person, bot: Voice) -> None:
    await ann.blocks()
    refusal = await bot.refused("sendMessage", chat_id=2001, text="x")
    assert (refusal.code, refusal.description) == (403, "Forbidden: bot was blocked by the user")
    await ann.sends("back again")
    await bot("sendMessage", chat_id=2001, text="x")


async def test_an_edit_that_changes_nothing_is_refused(ann: Person, bot: Voice) -> None:
    sent = await bot(
        "sendMessage", chat_id=2001, text="<b>x</b>", parse_mode="HTML", reply_markup=button(callback_data="a")
    )
    again = {"chat_id": 2001, "message_id": sent["message_id"], "text": "<b>x</b>", "parse_mode": "HTML"}
    refusal = await bot.refused("editMessageText", **again, reply_markup=button(callback_data="a"))
    assert refusal.description == (
        "Bad Request: message is not modified: specified new message content and reply markup are exactly "
        "the same as a current content and reply markup of the message"
    )
    edited = await bot("editMessageText", **again, reply_markup=button(callback_data="b"))
    assert "edit_date" in edited


async def test_an_edit_without_a_keyboard_takes_it_away(ann: Person, bot: Voice) -> None:
    sent = await bot("sendMessage", chat_id=2001, text="x", reply_markup=button(callback_data="a"))
    await bot("editMessageText", chat_id=2001, message_id=sent["message_id"], text="y")
    assert ann.last.buttons == []


async def test_texts_have_no_caption_and_pictures_no_text_but_may_get_a_caption(ann: Person, bot: Voice) -> None:
    text = await bot("sendMessage", chat_id=2001, text="x")
    photo = await bot("sendPhoto", chat_id=2001, photo=Upload("a.png", png()))
    refusal = await bot.refused("editMessageCaption", chat_id=2001, message_id=text["message_id"], caption="y")
    assert refusal.description == "Bad Request: there is no caption in the message to edit"
    refusal = await bot.refused("editMessageText", chat_id=2001, message_id=photo["message_id"], text="y")
    assert refusal.description == "Bad Request: there is no text in the message to edit"
    await bot("editMessageCaption", chat_id=2001, message_id=photo["message_id"], caption="y")
    assert (ann.last.text, ann.last.photo) == ("y", png())


async def test_a_query_is_answered_once(ann: Person, bot: Voice) -> None:
    await bot("sendMessage", chat_id=2001, text="x", reply_markup=button(callback_data="a"))
    tap = await ann.taps("Go")
    assert tap.query is not None
    await bot("answerCallbackQuery", callback_query_id=tap.query.id, text="Done")
    refusal = await bot.refused("answerCallbackQuery", callback_query_id=tap.query.id)
    assert "query is too old" in refusal.description


async def test_a_query_grows_too_old(ann: Person, bot: Voice, clock: FakeClock) -> None:
    await bot("sendMessage", chat_id=2001, text="x", reply_markup=button(callback_data="a"))
    tap = await ann.taps("Go")
    assert tap.query is not None
    clock.advance(61)
    assert (
        "query is too old" in (await bot.refused("answerCallbackQuery", callback_query_id=tap.query.id)).description
    )


async def test_old_messages_cannot_be_deleted(ann: Person, bot: Voice, clock: FakeClock) -> None:
    sent = await bot("sendMessage", chat_id=2001, text="x")
    clock.advance(48 * 3600 + 1)
    refusal = await bot.refused("deleteMessage", chat_id=2001, message_id=sent["message_id"])
    assert refusal.description == "Bad Request: message can't be deleted"


async def test_message_ids_are_never_used_again(ann: Person, bot: Voice) -> None:
    first = await bot("sendMessage", chat_id=2001, text="x")
    await bot("deleteMessage", chat_id=2001, message_id=first["message_id"])
    assert (await bot("sendMessage", chat_id=2001, text="y"))["message_id"] > first["message_id"]


async def test_every_call_is_recorded_with_its_end(ann: Person, bot: Voice, pg: Playground) -> None:
    await bot("sendMessage", chat_id=2001, text="x")
    with pytest.raises(Refusal):
        await bot("sendMessage", chat_id=2001, text="")
    good, bad = pg.calls_of("sendMessage")
    assert (good.ok, good.params["chat_id"], good.error) == (True, 2001, None)
    assert (bad.ok, bad.code, bad.error) == (False, 400, "Bad Request: message text is empty")
