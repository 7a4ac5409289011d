"""The table of Bot API methods the playground knows, with every parameter it takes. A name not here is refused.

Held against the published Bot API by tests/playground/test_method_table.py. What a method does is not here.
"""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """How a parameter's text on the wire is read."""

    INTEGER = "Integer"
    STRING = "String"
    BOOLEAN = "Boolean"
    CHAT = "Integer or String"
    ARRAY = "Array"
    OBJECT = "Object"
    FILE = "InputFile"


INTEGER, STRING, BOOLEAN = Kind.INTEGER, Kind.STRING, Kind.BOOLEAN
CHAT, ARRAY, OBJECT, FILE = Kind.CHAT, Kind.ARRAY, Kind.OBJECT, Kind.FILE


@dataclass(frozen=True, slots=True)
class Method:
    """`sends` marks the calls that rate limits count."""

    required: dict[str, Kind]
    optional: dict[str, Kind]
    sends: bool = False

    @property
    def fields(self) -> dict[str, Kind]:
        return {**self.required, **self.optional}


MISSING = {
    "chat_id": "chat_id is empty",
    "from_chat_id": "chat_id is empty",
    "text": "message text is empty",
    "photo": "there is no photo in the request",
    "document": "there is no document in the request",
    "callback_query_id": "query is too old and response timeout expired or query ID is invalid",
    "inline_query_id": "query is too old and response timeout expired or query ID is invalid",
    "file_id": "file_id not specified",
    "message_id": "message identifier is not specified",
    "message_ids": "message identifiers are not specified",
    "user_id": "invalid user_id specified",
    "action": "wrong parameter action in request",
    "commands": "can't parse commands: commands are not specified",
}

_THREAD = {"message_thread_id": INTEGER, "direct_messages_topic_id": INTEGER}
_QUIET = {
    "disable_notification": BOOLEAN,
    "protect_content": BOOLEAN,
    "message_effect_id": STRING,
}
_POST = {**_THREAD, **_QUIET, "allow_paid_broadcast": BOOLEAN, "suggested_post_parameters": OBJECT}
_SEND = {**_POST, "reply_parameters": OBJECT, "reply_markup": OBJECT}
_CAPTION = {"caption": STRING, "parse_mode": STRING, "caption_entities": ARRAY}
_BUSINESS = {"business_connection_id": STRING}
_TARGET = {**_BUSINESS, "chat_id": CHAT, "message_id": INTEGER, "inline_message_id": STRING}
_SCOPE = {"scope": OBJECT, "language_code": STRING}
_LANGUAGE = {"language_code": STRING}

METHODS: dict[str, Method] = {
    "getMe": Method({}, {}),
    "getUpdates": Method({}, {"offset": INTEGER, "limit": INTEGER, "timeout": INTEGER, "allowed_updates": ARRAY}),
    "setWebhook": Method(
        {"url": STRING},
        {
            "certificate": FILE,
            "ip_address": STRING,
            "max_connections": INTEGER,
            "allowed_updates": ARRAY,
            "drop_pending_updates": BOOLEAN,
            "secret_token": STRING,
        },
    ),
    "deleteWebhook": Method({}, {"drop_pending_updates": BOOLEAN}),
    "getWebhookInfo": Method({}, {}),
    "sendMessage": Method(
        {"chat_id": CHAT, "text": STRING},
        {**_BUSINESS, **_SEND, "parse_mode": STRING, "entities": ARRAY, "link_preview_options": OBJECT},
        sends=True,
    ),
    "sendPhoto": Method(
        {"chat_id": CHAT, "photo": FILE},
        {**_BUSINESS, **_SEND, **_CAPTION, "show_caption_above_media": BOOLEAN, "has_spoiler": BOOLEAN},
        sends=True,
    ),
    "sendDocument": Method(
        {"chat_id": CHAT, "document": FILE},
        {**_BUSINESS, **_SEND, **_CAPTION, "thumbnail": FILE, "disable_content_type_detection": BOOLEAN},
        sends=True,
    ),
    "sendMediaGroup": Method(
        {"chat_id": CHAT, "media": ARRAY},
        {**_BUSINESS, **_THREAD, **_QUIET, "allow_paid_broadcast": BOOLEAN, "reply_parameters": OBJECT},
        sends=True,
    ),
    "copyMessage": Method(
        {"chat_id": CHAT, "from_chat_id": CHAT, "message_id": INTEGER},
        {**_SEND, **_CAPTION, "show_caption_above_media": BOOLEAN, "video_start_timestamp": INTEGER},
        sends=True,
    ),
    "forwardMessage": Method(
        {"chat_id": CHAT, "from_chat_id": CHAT, "message_id": INTEGER},
        {**_THREAD, **_QUIET, "suggested_post_parameters": OBJECT, "video_start_timestamp": INTEGER},
        sends=True,
    ),
    "editMessageText": Method(
        {},
        {
            **_TARGET,
            "text": STRING,
            "parse_mode": STRING,
            "entities": ARRAY,
            "link_preview_options": OBJECT,
            "reply_markup": OBJECT,
        },
        sends=True,
    ),
    "editMessageCaption": Method(
        {}, {**_TARGET, **_CAPTION, "show_caption_above_media": BOOLEAN, "reply_markup": OBJECT}, sends=True
    ),
    "editMessageMedia": Method({"media": OBJECT}, {**_TARGET, "reply_markup": OBJECT}, sends=True),
    "editMessageReplyMarkup": Method({}, {**_TARGET, "reply_markup": OBJECT}, sends=True),
    "deleteMessage": Method({"chat_id": CHAT, "message_id": INTEGER}, {}),
    "deleteMessages": Method({"chat_id": CHAT, "message_ids": ARRAY}, {}),
    "answerCallbackQuery": Method(
        {"callback_query_id": STRING},
        {"text": STRING, "show_alert": BOOLEAN, "url": STRING, "cache_time": INTEGER},
    ),
    "answerInlineQuery": Method(
        {"inline_query_id": STRING, "results": ARRAY},
        {"cache_time": INTEGER, "is_personal": BOOLEAN, "next_offset": STRING, "button": OBJECT},
    ),
    "answerPreCheckoutQuery": Method({"pre_checkout_query_id": STRING, "ok": BOOLEAN}, {"error_message": STRING}),
    "setMyCommands": Method({"commands": ARRAY}, _SCOPE),
    "getMyCommands": Method({}, _SCOPE),
    "deleteMyCommands": Method({}, _SCOPE),
    "setMyName": Method({}, {"name": STRING, **_LANGUAGE}),
    "getMyName": Method({}, _LANGUAGE),
    "setMyDescription": Method({}, {"description": STRING, **_LANGUAGE}),
    "getMyDescription": Method({}, _LANGUAGE),
    "setMyShortDescription": Method({}, {"short_description": STRING, **_LANGUAGE}),
    "getMyShortDescription": Method({}, _LANGUAGE),
    "setMessageReaction": Method({"chat_id": CHAT, "message_id": INTEGER}, {"reaction": ARRAY, "is_big": BOOLEAN}),
    "sendChatAction": Method({"chat_id": CHAT, "action": STRING}, {**_BUSINESS, "message_thread_id": INTEGER}),
    "getChat": Method({"chat_id": CHAT}, {}),
    "getChatMember": Method({"chat_id": CHAT, "user_id": INTEGER}, {}),
    "getChatAdministrators": Method({"chat_id": CHAT}, {"return_bots": BOOLEAN}),
    "getChatMemberCount": Method({"chat_id": CHAT}, {}),
    "getFile": Method({"file_id": STRING}, {}),
    "leaveChat": Method({"chat_id": CHAT}, {}),
    "pinChatMessage": Method(
        {"chat_id": CHAT, "message_id": INTEGER}, {**_BUSINESS, "disable_notification": BOOLEAN}
    ),
    "unpinChatMessage": Method({"chat_id": CHAT}, {**_BUSINESS, "message_id": INTEGER}),
}
