"""Groups and channels under /play/groups: who is in them, what the bot may do there.

Only for people's side of it; what a bot is refused in them is decided in world.py.
"""

from typing import Any

from aiohttp import web

from playground import asked, views
from playground.api import Playground
from playground.chats import Chat

KINDS = ("group", "supergroup", "channel")
STANDINGS = ("administrator", "member", "left", "kicked")
TITLE_LENGTH = 128


def routes(playground: Playground) -> list[web.RouteDef]:
    desk = _Desk(playground)
    group = "/play/groups/{group:-\\d+}"
    return [
        web.get("/play/groups", desk.all),
        web.post("/play/groups", desk.add),
        web.post(group, desk.change),
        web.post(group + "/migrate", desk.migrate),
    ]


class _Desk:
    def __init__(self, playground: Playground) -> None:
        self._playground = playground

    async def all(self, request: web.Request) -> web.Response:
        return web.json_response({"groups": views.groups(self._playground)})

    async def add(self, request: web.Request) -> web.Response:
        """`{"title", "kind": one of KINDS, "members": [ids], "admins": [ids], "bot": one of STANDINGS}`."""
        wanted = await asked.body(request)
        kind = _one_of("kind", wanted.get("kind", "group"), KINDS)
        chat = self._playground.group(
            asked.words(wanted, "title", "", TITLE_LENGTH),
            members=self._people(wanted, "members"),
            admins=self._people(wanted, "admins"),
            bot=_one_of("bot", wanted.get("bot", "member"), STANDINGS),
            kind=kind,
        )
        self._playground.bump(chat)
        return web.json_response(chat.describe())

    async def change(self, request: web.Request) -> web.Response:
        """Who is in it from now on: `members` and `admins` together are everybody, `bot` is the bot's standing."""
        chat, wanted = self._chat(request), await asked.body(request)
        playground = self._playground
        if "members" in wanted or "admins" in wanted:
            standing = {person.id: "member" for person in self._people(wanted, "members")}
            standing |= {person.id: "administrator" for person in self._people(wanted, "admins")}
            bots = {one: status for one, status in chat.members.items() if one not in playground.people}
            playground.bump(chat)  # whoever goes is to see it, too
            chat.members = {**standing, **bots}
        if "bot" in wanted:
            playground.set_member(chat, playground.bot, _one_of("bot", wanted["bot"], STANDINGS))
        playground.bump(chat)
        return web.json_response(chat.describe())

    async def migrate(self, request: web.Request) -> web.Response:
        """Make a supergroup of a group; the answer is the new chat."""
        chat = self._chat(request)
        if chat.kind != "group":
            raise ValueError(f"a {chat.kind} can't become a supergroup")
        return web.json_response(self._playground.migrate(chat).describe())

    def _chat(self, request: web.Request) -> Chat:
        chat = self._playground.chats.get(int(request.match_info["group"]))
        if chat is None or chat.migrated_to is not None:
            raise asked.MistakeError("there is no such group or channel (any more)")
        return chat

    def _people(self, wanted: dict[str, Any], name: str) -> list[Any]:
        return [asked.known(self._playground, int(one)) for one in wanted.get(name, [])]


def _one_of(name: str, value: object, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{name} is one of {', '.join(known)}")
    return str(value)
