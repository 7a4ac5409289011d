"""The control API under /play/: other processes and the chat page play people through it. Bots never come here.

Answers JSON; a mistake of the caller is `{"error": sentence}` with 400 or 404. Pages of other sites are turned away.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from playground import views
from playground.api import Playground
from playground.limits import Limits
from playground.messages import Message
from playground.people import Person
from playground.refusals import Refusal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LONGEST_WAIT = 50.0
MANY_LETTERS = 200


class MistakeError(Exception):
    """The caller asked for something that isn't there."""


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse other sites' pages, and tell the caller's mistakes as JSON."""
    if not request.path.startswith("/play/"):
        return await handler(request)
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return web.json_response({"error": "not from another site"}, status=403)
    try:
        return await handler(request)
    except MistakeError as mistake:
        return web.json_response({"error": str(mistake)}, status=404)
    except Refusal as refusal:
        return web.json_response({"error": refusal.description}, status=400)
    except (AssertionError, ValueError, KeyError, TypeError) as wrong:
        return web.json_response({"error": str(wrong)}, status=400)


def routes(playground: Playground) -> list[web.RouteDef]:
    """Every address of the control API."""
    desk = _Desk(playground)
    person = "/play/people/{person:\\d+}"
    return [
        web.get("/play/people", desk.people),
        web.post("/play/people", desk.add_person),
        web.get(person, desk.state),
        web.post(person, desk.change_person),
        web.post(person + "/text", desk.text),
        web.post(person + "/photo", desk.photo),
        web.post(person + "/document", desk.document),
        web.post(person + "/tap", desk.tap),
        web.post(person + "/open", desk.open),
        web.post(person + "/forward", desk.forward),
        web.post(person + "/block", desk.block),
        web.post(person + "/unblock", desk.unblock),
        web.post("/play/groups", desk.add_group),
        web.get("/play/changes", desk.changes),
        web.get("/play/files/{unique}", desk.file),
        web.get("/play/calls", desk.calls),
        web.post("/play/faults", desk.add_fault),
        web.delete("/play/faults", desk.clear_faults),
        web.post("/play/limits", desk.set_limits),
    ]


class _Desk:
    """The handlers; one instance per server."""

    def __init__(self, playground: Playground) -> None:
        self._playground = playground

    # -- people ------------------------------------------------------------------------------------------------

    async def people(self, request: web.Request) -> web.Response:
        return web.json_response(views.everybody(self._playground))

    async def add_person(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        name = str(asked.get("name") or "").strip()
        if not 0 < len(name) <= MANY_LETTERS:
            raise ValueError("a person needs a name")
        person = self._playground.person(
            name, id=asked.get("id"), language=str(asked.get("language") or "en"), username=asked.get("username")
        )
        return self._shown(person)

    async def change_person(self, request: web.Request) -> web.Response:
        person, asked = self._person(request), await _body(request)
        person.name = str(asked.get("name") or person.name)
        person.language = str(asked.get("language") or person.language)
        self._playground.bump(person.chat)
        return self._shown(person)

    async def state(self, request: web.Request) -> web.Response:
        return self._shown(self._person(request))

    async def add_group(self, request: web.Request) -> web.Response:
        asked = await _body(request)
        members = [self._known(int(one)) for one in asked.get("members", [])]
        admins = [self._known(int(one)) for one in asked.get("admins", [])]
        chat = self._playground.group(
            str(asked["title"]),
            members=members,
            admins=admins,
            bot=str(asked.get("bot", "member")),
            kind=str(asked.get("kind", "group")),
        )
        self._playground.bump(chat)
        return web.json_response(chat.describe())

    # -- what they do ------------------------------------------------------------------------------------------

    async def text(self, request: web.Request) -> web.Response:
        person, asked = self._person(request), await _body(request)
        chat = views.chat_of(person, asked.get("chat"))
        reply = views.message_in(chat, int(asked["reply_to"])) if asked.get("reply_to") else None
        words = str(asked.get("text") or "")
        if not words.strip():
            raise ValueError("the text is empty")
        return _sent(await person.sends(words, chat=chat, reply_to=reply))

    async def photo(self, request: web.Request) -> web.Response:
        person, (upload, caption, chat_id) = self._person(request), await _upload(request)
        return _sent(await person.sends_photo(_bytes(upload), caption, chat=views.chat_of(person, chat_id)))

    async def document(self, request: web.Request) -> web.Response:
        person, (upload, caption, chat_id) = self._person(request), await _upload(request)
        chat = views.chat_of(person, chat_id)
        message = await person.sends_document(
            _bytes(upload), upload.filename, upload.content_type, caption, chat=chat
        )
        return _sent(message)

    async def tap(self, request: web.Request) -> web.Response:
        """`{"message": id, "button": index in reading order}`, or `{"text": label}` on the newest that has it."""
        person, asked = self._person(request), await _body(request)
        chat = views.chat_of(person, asked.get("chat"))
        message = views.message_in(chat, int(asked["message"])) if asked.get("message") else None
        if message is not None and "button" in asked:
            buttons = [button for row in message.buttons for button in row]
            if not 0 <= int(asked["button"]) < len(buttons):
                raise MistakeError("that message has no such button (any more)")
            tap = await person.taps_button(message, buttons[int(asked["button"])])
        else:
            tap = await person.taps(str(asked["text"]), on=message, chat=chat)
        query = tap.query.id if tap.query else None
        return web.json_response({"button": tap.button.text, "query": query, "url": tap.url, "copied": tap.copied})

    async def open(self, request: web.Request) -> web.Response:
        return _sent(await self._person(request).opens(str((await _body(request))["link"])))

    async def forward(self, request: web.Request) -> web.Response:
        """`{"message": id, "chat": where it stands, "to": where it goes}`; the private chat where nothing is said."""
        person, asked = self._person(request), await _body(request)
        message = views.message_in(views.chat_of(person, asked.get("chat")), int(asked["message"]))
        return _sent(await person.forwards(message, chat=views.chat_of(person, asked.get("to"))))

    async def block(self, request: web.Request) -> web.Response:
        person = self._person(request)
        await person.blocks()
        return self._shown(person)

    async def unblock(self, request: web.Request) -> web.Response:
        person = self._person(request)
        await person.unblocks()
        return self._shown(person)

    # -- what can be seen --------------------------------------------------------------------------------------

    async def changes(self, request: web.Request) -> web.Response:
        """Wait up to `timeout` seconds for a change after `since`: the new mark and the people concerned."""
        since = int(request.query.get("since", "0"))
        timeout = min(float(request.query.get("timeout", "25")), LONGEST_WAIT)
        playground = self._playground
        if playground.change <= since:
            try:
                await asyncio.wait_for(playground.changed.next(), timeout)
            except TimeoutError:
                pass
        concerned = [person.id for person in playground.people.values() if person.changed > since]
        return web.json_response({"change": playground.change, "people": concerned})

    async def file(self, request: web.Request) -> web.Response:
        stored = self._playground.files.by_unique(request.match_info["unique"])
        if stored is None:
            raise MistakeError("no such file")
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "max-age=3600"}
        if stored.kind == "photo":
            return web.Response(body=stored.data, content_type=stored.mime, headers=headers)
        # A document is only ever downloaded: it may be a page that wants to run here.
        headers["Content-Disposition"] = "attachment"
        return web.Response(body=stored.data, content_type="application/octet-stream", headers=headers)

    async def calls(self, request: web.Request) -> web.Response:
        """The record of Bot API calls, newest last; `method` filters, `last` bounds."""
        method = request.query.get("method")
        chosen = [call for call in self._playground.calls if method in (None, call.method)]
        told = [views.call(call) for call in chosen[-int(request.query.get("last", "1000")) :]]
        return web.json_response({"calls": told, "total": len(chosen), "too_many": self._playground.too_many})

    # -- trouble -----------------------------------------------------------------------------------------------

    async def add_fault(self, request: web.Request) -> web.Response:
        self._playground.faults.add(**await _body(request))
        return web.json_response({"planned": len(self._playground.faults)})

    async def clear_faults(self, request: web.Request) -> web.Response:
        self._playground.faults.clear()
        return web.json_response({"planned": 0})

    async def set_limits(self, request: web.Request) -> web.Response:
        """The figures of `Limits` by name; `{}` sets Telegram's own, `{"enabled": false}` none."""
        asked = await _body(request)
        refused = self._playground.limits.refused
        self._playground.limits = Limits(**{**asked, "refused": refused})
        return web.json_response({"enabled": self._playground.limits.enabled})

    # -- inside ------------------------------------------------------------------------------------------------

    def _person(self, request: web.Request) -> Person:
        return self._known(int(request.match_info["person"]))

    def _known(self, person_id: int) -> Person:
        try:
            return self._playground.people[person_id]
        except KeyError:
            raise MistakeError(f"there is no person {person_id}") from None

    def _shown(self, person: Person) -> web.Response:
        return web.json_response(views.person(person))


def _sent(message: Message) -> web.Response:
    return web.json_response({"message": message.id, "chat": message.chat.id})


async def _body(request: web.Request) -> dict[str, Any]:
    if not request.can_read_body:
        return {}
    body = await request.json()
    if not isinstance(body, dict):
        raise ValueError("a JSON object is expected")
    return body


async def _upload(request: web.Request) -> tuple[web.FileField, str | None, int | None]:
    form = await request.post()
    upload, caption, chat = form.get("file"), form.get("caption"), form.get("chat")
    if not isinstance(upload, web.FileField):
        raise ValueError("send the file as multipart field `file`")
    return upload, str(caption) if caption else None, int(str(chat)) if chat else None


def _bytes(upload: web.FileField) -> bytes:
    return upload.file.read()
