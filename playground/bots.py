"""A bot's account: who it is, its mail, its private chats, its command menus. Never acts by itself."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from playground.chats import Chat
from playground.queries import Query
from playground.updates import Mailbox

Commands = list[dict[str, str]]


@dataclass(slots=True, kw_only=True, eq=False)
class BotAccount:
    id: int
    token: str
    username: str
    name: str
    mail: Mailbox
    reads_all: bool = False
    """Privacy mode off: sees every message of its groups."""
    privates: dict[int, Chat] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    commands: dict[tuple[str, str], Commands] = field(default_factory=dict)
    """Menus by (scope as canonical JSON, language code or "")."""
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    """Name, description, short_description by (which, language code or "")."""
    query_numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(4_000_000_001))

    @property
    def is_bot(self) -> bool:
        return True

    def describe(self) -> dict[str, Any]:
        """The Bot API `User` as others see the bot."""
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}

    def describe_self(self) -> dict[str, Any]:
        """The `User` getMe returns."""
        return {
            **self.describe(),
            "can_join_groups": True,
            "can_read_all_group_messages": self.reads_all,
            "supports_inline_queries": True,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    def menu(self, chat_id: int, language: str) -> Commands:
        """The commands a person sees in the private chat, by Telegram's order of scopes and languages.

        A menu is for a two-letter code, and an app's language may be more than that: "zh-hans" gets the one for "zh".
        """
        scopes = (f'{{"chat_id": {chat_id}, "type": "chat"}}', '{"type": "all_private_chats"}', '{"type": "default"}')
        for scope in scopes:
            for code in (language, language.partition("-")[0], ""):
                if self.commands.get((scope, code)):
                    return self.commands[scope, code]
        return []
