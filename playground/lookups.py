"""Questions about chats, members and files (getChat, getChatMember, getFile …), and the JSON they share.

leaveChat and the pins live here too: they are about a chat as a whole.
"""

from typing import TYPE_CHECKING, Any

from playground.bots import BotAccount
from playground.chats import Chat
from playground.files import DOWNLOAD_BYTES
from playground.markup import Entity, with_detected
from playground.messages import Message, Speaker
from playground.params import Params
from playground.refusals import bad_request

if TYPE_CHECKING:
    from playground.world import World

ADMIN_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
)
ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


def member(user: Speaker, status: str) -> dict[str, Any]:
    """The Bot API `ChatMember`."""
    told: dict[str, Any] = {"status": status, "user": user.describe()}
    if status == "administrator":
        told |= {"can_be_edited": False, "is_anonymous": False, **dict.fromkeys(ADMIN_RIGHTS, True)}
    elif status == "creator":
        told["is_anonymous"] = False
    elif status == "kicked":
        told["until_date"] = 0
    return told


def membership_change(
    world: "World", chat: Chat, bot: BotAccount, actor: Speaker, old: str, new: str
) -> dict[str, Any]:
    """The content of a my_chat_member update."""
    return {
        "chat": chat.describe(),
        "from": actor.describe(),
        "date": world.now,
        "old_chat_member": member(bot, old),
        "new_chat_member": member(bot, new),
    }


def origin_of(message: Message) -> dict[str, Any]:
    """The Bot API `MessageOrigin` of a message that is being forwarded."""
    if message.chat.kind == "channel":
        chat = message.chat.describe()
        return {"type": "channel", "date": message.date, "chat": chat, "message_id": message.id}
    if getattr(message.sender, "hides_forwards", False):
        return {"type": "hidden_user", "date": message.date, "sender_user_name": message.sender.name}
    return {"type": "user", "date": message.date, "sender_user": message.sender.describe()}


def message_or_gone(message: Message, bot_id: int) -> dict[str, Any]:
    """A callback query's message; date 0 marks one the bot can no longer see."""
    if message.deleted:
        return {"chat": message.chat.describe(), "message_id": message.id, "date": 0}
    return message.describe(bot_id)


def entities_of(text: str) -> list[Entity]:
    """What Telegram finds in a text by itself."""
    return with_detected(text, [])


def get_chat(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    chat = world.chat_of(bot, asked["chat_id"])
    told = {
        **chat.describe(),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }
    if chat.pinned:
        told["pinned_message"] = chat.messages[chat.pinned[-1]].describe(bot.id)
    return told


def get_chat_member(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    chat = world.chat_of(bot, asked["chat_id"])
    user_id = asked["user_id"]
    user: Speaker | None = bot if user_id == bot.id else world.people.get(user_id)
    if user is None:
        raise bad_request("invalid user_id specified")
    if chat.kind == "private":
        if user_id not in (bot.id, chat.id):
            raise bad_request("user not found")
        return member(user, "member")
    return member(user, chat.members.get(user_id, "left"))


def get_chat_administrators(world: "World", bot: BotAccount, asked: Params) -> list[dict[str, Any]]:
    chat = world.chat_of(bot, asked["chat_id"])
    if chat.kind == "private":
        raise bad_request("there are no administrators in the private chat")
    return [
        member(world.people[user_id], status)
        for user_id, status in chat.members.items()
        if status in ("administrator", "creator") and user_id in world.people
    ]


def get_chat_member_count(world: "World", bot: BotAccount, asked: Params) -> int:
    chat = world.chat_of(bot, asked["chat_id"])
    return 2 if chat.kind == "private" else sum(chat.has(user_id) for user_id in chat.members)


def get_file(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    file_id = asked.text("file_id")
    if not file_id:
        raise bad_request("file_id not specified")
    stored = world.files.find(file_id, bot.id)
    if len(stored.data) > DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    letter = file_id.split("_")[2]
    unique = stored.unique + (letter if stored.kind == "photo" else "")
    return {
        "file_id": file_id,
        "file_unique_id": unique,
        "file_size": len(stored.data),
        "file_path": stored.path,
    }


def leave_chat(world: "World", bot: BotAccount, asked: Params) -> bool:
    chat = world.writable_chat(bot, asked["chat_id"])
    if chat.kind == "private":
        raise bad_request("chat member status can't be changed in private chats")
    world.set_member(chat, bot, "left", by=bot)
    return True


def pin(world: "World", bot: BotAccount, asked: Params) -> bool:
    chat = world.writable_chat(bot, asked["chat_id"])
    if asked["message_id"] not in chat.messages:
        raise bad_request("message to pin not found")
    if asked["message_id"] in chat.pinned:
        chat.pinned.remove(asked["message_id"])
    chat.pinned.append(asked["message_id"])
    world.bump(chat)
    return True


def unpin(world: "World", bot: BotAccount, asked: Params) -> bool:
    chat = world.writable_chat(bot, asked["chat_id"])
    message_id = asked.get("message_id") or (chat.pinned[-1] if chat.pinned else None)
    if message_id not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(message_id)
    world.bump(chat)
    return True


def send_chat_action(world: "World", bot: BotAccount, asked: Params) -> bool:
    chat = world.writable_chat(bot, asked["chat_id"])
    if asked["action"] not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    world.show_action(chat, asked["action"])
    return True


HANDLERS = {
    "getChat": get_chat,
    "getChatAdministrators": get_chat_administrators,
    "getChatMember": get_chat_member,
    "getChatMemberCount": get_chat_member_count,
    "getFile": get_file,
    "leaveChat": leave_chat,
    "pinChatMessage": pin,
    "sendChatAction": send_chat_action,
    "unpinChatMessage": unpin,
}
