"""Updates as Telegram could send them, made by chance: every kind of message, button and membership there is.

Each is well-formed by the published Bot API; what is in it is anything. People and chats are taken from a few, so
that conversations arise.
"""

from typing import Any

from hypothesis import strategies as st

import handlers

Json = dict[str, Any]

PEOPLE = (1001, 2001, 2002, 2003)
GROUP = -1001
CHANNEL = -1_000_000_000_123

WORDS = (
    "/start", "/start s_ABC", "/start o_1", "/start i_x", "/start r_TG-7K3QF", "/start@stall_bot", "/cancel",
    "/orders",
    "/newstream", "/newstream Spring", "/import", "/roles", "/audit", "/report", "/payments", "/fulfil", "/language",
    "/address", "/products", "/invite host", "/invite supplier", "/follow", "/privacy", "/ / /", "/", "EGG 2",
    "TG-7K3QF", "2026-03-15 20:00", "明天 20:00", "138 0013 8000", "Li Hua", "-", "0", "99999999999999999999",
    "<b>bold", "&amp;", "{code}", "%s", "=1+1", "\u202eevil", "🥚" * 30, "x" * 4096,
)  # fmt: skip

text = st.one_of(st.sampled_from(WORDS), st.text(max_size=300))
small = st.integers(0, 50)
big = st.one_of(st.sampled_from([0, 1, 2**31, 2**52]), st.integers(0, 2**52))
file_id = st.sampled_from(["AgACAgIAAx0a", "BQACAgIAAx0b", "zzz"])


def user(person: int, name: str = "Ann", language: str | None = "en") -> Json:
    told: Json = {"id": person, "is_bot": False, "first_name": name}
    return told if language is None else {**told, "language_code": language}


users = st.builds(
    user,
    st.sampled_from(PEOPLE),
    st.text(min_size=1, max_size=64),
    st.sampled_from(["en", "zh-hans", "zh", "pt-br", "xx", None]),
)


def photo(unique: str, size: int) -> Json:
    sizes = [{"file_id": f"AgAC{unique}", "file_unique_id": unique, "width": 90, "height": 60, "file_size": size}]
    return {"photo": sizes}


def with_caption(media: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    caption = st.one_of(st.just({}), st.fixed_dictionaries({"caption": text.map(lambda words: words[:1024])}))
    album = st.one_of(st.just({}), st.fixed_dictionaries({"media_group_id": st.sampled_from(["7", "8"])}))
    return st.builds(lambda *parts: {k: v for part in parts for k, v in part.items()}, media, caption, album)


unique = st.sampled_from(["AQADa", "AQADb", "AQADc"])
documents = st.fixed_dictionaries(
    {
        "document": st.fixed_dictionaries(
            {"file_id": file_id, "file_unique_id": unique},
            optional={
                "file_name": st.text(max_size=80),
                "mime_type": st.sampled_from(["application/pdf", "image/png", "text/csv", "", "x"]),
                "file_size": big,
            },
        )
    }
)
contents = st.one_of(
    st.fixed_dictionaries({"text": text}),
    with_caption(st.builds(photo, unique, small)),
    with_caption(documents),
    st.fixed_dictionaries(
        {
            "contact": st.fixed_dictionaries(
                {"phone_number": st.text(max_size=20), "first_name": st.text(max_size=20)}, optional={"user_id": big}
            )
        }
    ),
    st.fixed_dictionaries(
        {
            "location": st.fixed_dictionaries(
                {"latitude": st.floats(-90, 90, allow_nan=False), "longitude": st.floats(-180, 180, allow_nan=False)}
            )
        }
    ),
    st.just({"voice": {"file_id": "v", "file_unique_id": "v", "duration": 1}}),
    st.just({"dice": {"emoji": "🎲", "value": 3}}),
    st.just(
        {
            "sticker": {
                "file_id": "s", "file_unique_id": "s", "type": "regular", "width": 1, "height": 1,
                "is_animated": False, "is_video": False,
            }
        }
    ),
    st.just({"new_chat_title": "Eggs"}),
    st.just({"new_chat_members": [user(2003)]}),
    st.just({"migrate_to_chat_id": -1_000_000_000_999}),
    st.just({}),
)  # fmt: skip
origins = st.one_of(
    st.just({}),
    users.map(lambda sender: {"forward_origin": {"type": "user", "date": 1, "sender_user": sender}}),
    st.text(max_size=40).map(
        lambda name: {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": name}}
    ),
    st.just(
        {
            "forward_origin": {
                "type": "channel", "date": 1, "message_id": 5,
                "chat": {"id": CHANNEL, "type": "channel", "title": "Bank"},
            }
        }
    ),
)  # fmt: skip


def chat_of(person: int, kind: str) -> Json:
    match kind:
        case "private":
            return {"id": person, "type": "private", "first_name": "Ann"}
        case "group" | "supergroup":
            return {"id": GROUP, "type": kind, "title": "Eggs"}
        case _:
            return {"id": CHANNEL, "type": "channel", "title": "News"}


chat_kinds = st.sampled_from(["private"] * 8 + ["group", "supergroup", "channel"])


@st.composite
def messages(draw: st.DrawFn) -> Json:
    """A message of somebody, most often in private."""
    sender = draw(users)
    said: Json = {
        "message_id": draw(st.integers(1, 5_000)),
        "date": draw(st.integers(0, 2**31 - 1)),
        "chat": chat_of(sender["id"], draw(chat_kinds)),
        "from": sender,
        **draw(contents),
        **draw(origins),
    }
    if draw(st.integers(0, 5)) == 0:
        chat = said["chat"]
        said["reply_to_message"] = {
            "message_id": draw(st.integers(1, 300)),
            "date": 1,
            "chat": chat,
            "text": "earlier",
        }
    if draw(st.integers(0, 9)) == 0:
        said |= {"edit_date": 1}
    if (words := said.get("text")) and words.startswith("/"):
        said["entities"] = [{"type": "bot_command", "offset": 0, "length": max(1, len(words.split()[0]))}]
    return said


callback_data = st.one_of(
    st.builds(
        lambda version, verb, args: "|".join([version, verb, *args])[:60],
        st.sampled_from(["1", "1", "1", "1", "0", ""]),
        st.sampled_from(sorted(handlers.routes().taps)),
        st.lists(st.sampled_from(["0", "1", "2", "3", "7", "-1", "9" * 19, "x", "amount", "en", ""]), max_size=4),
    ),
    st.text(max_size=20),
)


@st.composite
def taps(draw: st.DrawFn) -> Json:
    """A tap on any button, real or made up, on a message that may be gone."""
    sender = draw(users)
    place: Json = {
        "message_id": draw(st.integers(1, 300)),
        "date": draw(st.sampled_from([0, 1_773_115_200])),
        "chat": chat_of(sender["id"], draw(chat_kinds)),
    }
    query: Json = {"id": str(draw(big)), "from": sender, "chat_instance": "1"}
    shape = draw(st.integers(0, 9))
    if shape:
        query["message"] = place
    else:
        query["inline_message_id"] = "1"
    query["data" if shape < 9 else "game_short_name"] = draw(callback_data)
    return query


@st.composite
def memberships(draw: st.DrawFn) -> Json:
    """The bot was blocked, taken back, added or thrown out."""
    sender = draw(users)
    bot = {"id": 123456, "is_bot": True, "first_name": "Livestall", "username": "stall_bot"}

    def member(status: str) -> Json:
        told: Json = {"status": status, "user": bot}
        return {**told, "until_date": 0} if status == "kicked" else told

    statuses = st.sampled_from(["member", "kicked", "left"])
    return {
        "chat": chat_of(sender["id"], draw(chat_kinds)),
        "from": sender,
        "date": 1,
        "old_chat_member": member(draw(statuses)),
        "new_chat_member": member(draw(statuses)),
    }


updates = st.one_of(
    messages().map(lambda content: ("message", content)),
    messages().map(lambda content: ("message", content)),
    taps().map(lambda content: ("callback_query", content)),
    taps().map(lambda content: ("callback_query", content)),
    messages().map(lambda content: ("edited_message", content)),
    memberships().map(lambda content: ("my_chat_member", content)),
)
