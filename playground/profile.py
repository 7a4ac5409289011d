"""What a bot says about itself: getMe, command menus per scope and language, name and descriptions."""

import json
import re
from typing import TYPE_CHECKING, Any

from playground.bots import BotAccount
from playground.params import Params
from playground.refusals import bad_request

if TYPE_CHECKING:
    from playground.world import World

SCOPES = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_LANGUAGE = re.compile(r"(?:[a-z]{2})?")
LENGTHS = {"name": 64, "description": 512, "short_description": 120}


def get_me(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    return bot.describe_self()


def set_commands(world: "World", bot: BotAccount, asked: Params) -> bool:
    key = _menu_key(world, bot, asked)
    commands = asked["commands"]
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    kept = []
    for command in commands:
        if set(command) != {"command", "description"}:
            raise bad_request("can't parse BotCommand: it has command and description")
        name = str(command["command"]).removeprefix("/")
        if not _COMMAND.fullmatch(name):
            raise bad_request("BOT_COMMAND_INVALID")
        if not isinstance(command["description"], str) or not 1 <= len(command["description"]) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
        kept.append({"command": name, "description": command["description"]})
    bot.commands[key] = kept
    return True


def get_commands(world: "World", bot: BotAccount, asked: Params) -> list[dict[str, str]]:
    return bot.commands.get(_menu_key(world, bot, asked), [])


def delete_commands(world: "World", bot: BotAccount, asked: Params) -> bool:
    bot.commands.pop(_menu_key(world, bot, asked), None)
    return True


def _menu_key(world: "World", bot: BotAccount, asked: Params) -> tuple[str, str]:
    scope = asked.get("scope") or {"type": "default"}
    needs = SCOPES.get(str(scope.get("type")))
    if needs is None:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    if set(scope) != {"type", *needs}:
        raise bad_request(f"can't parse BotCommandScope: {scope['type']} has {', '.join(('type', *needs))}")
    if not all(isinstance(scope[one], int | str) for one in needs):
        raise bad_request("can't parse BotCommandScope: chat_id and user_id are numbers")
    if "chat_id" in needs:
        world.chat_of(bot, scope["chat_id"])
    return json.dumps(scope, sort_keys=True), _language(asked)


def _language(asked: Params) -> str:
    language = asked.text("language_code")
    if not _LANGUAGE.fullmatch(language):
        raise bad_request("invalid language code specified")
    return language


def _set_text(which: str, bot: BotAccount, asked: Params) -> bool:
    text = asked.text(which)
    if len(text) > LENGTHS[which]:
        raise bad_request(f"{which.replace('_', ' ')} is too long")
    bot.texts[which, _language(asked)] = text
    return True


def _get_text(which: str, bot: BotAccount, asked: Params) -> dict[str, str]:
    default = bot.name if which == "name" else ""
    text = bot.texts.get((which, _language(asked))) or bot.texts.get((which, "")) or default
    return {which: text}


HANDLERS = {
    "getMe": get_me,
    "setMyCommands": set_commands,
    "getMyCommands": get_commands,
    "deleteMyCommands": delete_commands,
    "setMyName": lambda _, bot, asked: _set_text("name", bot, asked),
    "getMyName": lambda _, bot, asked: _get_text("name", bot, asked),
    "setMyDescription": lambda _, bot, asked: _set_text("description", bot, asked),
    "getMyDescription": lambda _, bot, asked: _get_text("description", bot, asked),
    "setMyShortDescription": lambda _, bot, asked: _set_text("short_description", bot, asked),
    "getMyShortDescription": lambda _, bot, asked: _get_text("short_description", bot, asked),
}
