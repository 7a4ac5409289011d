"""The control API under /play/: other processes and the chat page play people through it. Bots never come here.

Answers JSON; a mistake of the caller is `{"error": sentence}` with 400 or 404. Pages of other sites are turned away.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

from aiohttp import web

from playground import asked, groups, switches, views
from playground.api import Playground
from playground.asked import MistakeError
from playground.chats import Chat
from playground.formatting import CAPTION_LENGTH, TEXT_LENGTH
from playground.markup import utf16_length
from playground.messages import Message
from playground.people import Person
from playground.refusals import Refusal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LONGEST_WAIT = 50.0
MANY_LETTERS = 200
LANGUAGE_LETTERS = 35
"""RFC 5646 asks for no more."""


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
    except KeyError as missing:
        return web.json_response({"error": f"{missing.args[0]} is missing"}, status=400)
    except (AssertionError, ValueError, TypeError) as wrong:
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
        web.post(person + "/album", desk.album),
        web.post(person + "/edit", desk.edit),
        web.post(person + "/tap", desk.tap),
        web.post(person + "/open", desk.open),
        web.post(person + "/forward", desk.forward),
        web.post(person + "/block", desk.block),
        web.post(person + "/unblock", desk.unblock),
        web.post(person + "/clear", desk.clear),
        web.get(person + "/earlier", desk.earlier),
        web.get("/play/changes", desk.changes),
        web.get("/play/files/{unique}", desk.file),
        web.get("/play/calls", desk.calls),
        *groups.routes(playground),
        *switches.routes(playground),
    ]


class _Desk:
    """The handlers; one instance per server."""

    def __init__(self, playground: Playground) -> None:
        self._playground = playground

    # -- people ------------------------------------------------------------------------------------------------

    async def people(self, request: web.Request) -> web.Response:
        return web.json_response(views.everybody(self._playground))

    async def add_person(self, request: web.Request) -> web.Response:
        wanted = await asked.body(request)
        person = self._playground.person(
            asked.words(wanted, "name", "", MANY_LETTERS),
            id=wanted.get("id"),
            language=asked.words(wanted, "language", "en", LANGUAGE_LETTERS),
            username=wanted.get("username"),
        )
        return self._shown(person)

    async def change_person(self, request: web.Request) -> web.Response:
        person, wanted = self._person(request), await asked.body(request)
        name = asked.words(wanted, "name", person.name, MANY_LETTERS)
        person.language = asked.words(wanted, "language", person.language, LANGUAGE_LETTERS)
        person.name = name
        self._playground.bump(person.chat)
        return self._shown(person)

    async def state(self, request: web.Request) -> web.Response:
        """A person's window; `since` (an earlier answer's `change`) leaves out what has not changed after it."""
        since = int(request.query.get("since", "0"))
        return web.json_response(views.person(self._person(request), since=since, last=_last(request.query)))

    async def earlier(self, request: web.Request) -> web.Response:
        """Up to `last` messages of `chat` above the message `before`."""
        person, query = self._person(request), request.query
        chat = views.chat_of(person, int(query.get("chat", person.id)))
        return web.json_response(views.earlier(person, chat, int(query["before"]), _last(query)))

    # -- what they do ------------------------------------------------------------------------------------------

    async def text(self, request: web.Request) -> web.Response:
        person, wanted = self._person(request), await asked.body(request)
        chat = views.chat_of(person, wanted.get("chat"))
        words = _text(wanted.get("text"))
        return _sent(await person.sends(words, chat=chat, reply_to=_reply(chat, wanted.get("reply_to"))))

    async def edit(self, request: web.Request) -> web.Response:
        """Change the words of an own message: `{"message": id, "text"}`."""
        person, wanted = self._person(request), await asked.body(request)
        message = views.message_in(views.chat_of(person, wanted.get("chat")), int(wanted["message"]))
        words = _text if message.media is None else _caption
        return _sent(await person.edits(message, words(wanted.get("text"))))

    async def photo(self, request: web.Request) -> web.Response:
        person, parcel = self._person(request), await asked.parcel(request)
        chat, caption = views.chat_of(person, parcel.chat), _caption(parcel.caption)
        [upload] = parcel.uploads
        reply = _reply(chat, parcel.reply_to)
        return _sent(await person.sends_photo(upload.data, caption, chat=chat, reply_to=reply))

    async def document(self, request: web.Request) -> web.Response:
        person, parcel = self._person(request), await asked.parcel(request)
        chat, caption = views.chat_of(person, parcel.chat), _caption(parcel.caption)
        [upload] = parcel.uploads
        reply = _reply(chat, parcel.reply_to)
        message = await person.sends_document(
            upload.data, upload.name, upload.mime, caption, chat=chat, reply_to=reply
        )
        return _sent(message)

    async def album(self, request: web.Request) -> web.Response:
        """2 to 10 files as one album: photos, or documents with `as=document`. Answers with the first message."""
        person, parcel = self._person(request), await asked.parcel(request)
        chat = views.chat_of(person, parcel.chat)
        sent = await person.sends_album(
            parcel.uploads,
            _caption(parcel.caption),
            photos=parcel.kind != "document",
            chat=chat,
            reply_to=_reply(chat, parcel.reply_to),
        )
        return _sent(sent[0])

    async def tap(self, request: web.Request) -> web.Response:
        """`{"message": id, "button": index in reading order}`, or `{"text": label}` on the newest that has it."""
        person, wanted = self._person(request), await asked.body(request)
        chat = views.chat_of(person, wanted.get("chat"))
        message = views.message_in(chat, int(wanted["message"])) if wanted.get("message") else None
        if message is not None and "button" in wanted:
            buttons = [button for row in message.buttons for button in row]
            if not 0 <= int(wanted["button"]) < len(buttons):
                raise MistakeError("that message has no such button (any more)")
            tap = await person.taps_button(message, buttons[int(wanted["button"])])
        else:
            tap = await person.taps(str(wanted["text"]), on=message, chat=chat)
        query = tap.query.id if tap.query else None
        return web.json_response({"button": tap.button.text, "query": query, "url": tap.url, "copied": tap.copied})

    async def open(self, request: web.Request) -> web.Response:
        return _sent(await self._person(request).opens(str((await asked.body(request))["link"])))

    async def forward(self, request: web.Request) -> web.Response:
        """`{"message": id, "chat": where it stands, "to": where it goes}`; the private chat where nothing is said."""
        person, wanted = self._person(request), await asked.body(request)
        message = views.message_in(views.chat_of(person, wanted.get("chat")), int(wanted["message"]))
        return _sent(await person.forwards(message, chat=views.chat_of(person, wanted.get("to"))))

    async def block(self, request: web.Request) -> web.Response:
        person = self._person(request)
        await person.blocks()
        return self._shown(person)

    async def unblock(self, request: web.Request) -> web.Response:
        person = self._person(request)
        await person.unblocks()
        return self._shown(person)

    async def clear(self, request: web.Request) -> web.Response:
        """Throw the history of the private chat away."""
        person = self._person(request)
        await person.deletes_chat()
        return self._shown(person)

    # -- what can be seen --------------------------------------------------------------------------------------

    async def changes(self, request: web.Request) -> web.Response:
        """Wait up to `timeout` seconds for a change after `since`: the new mark, the people concerned, the clock."""
        since = int(request.query.get("since", "0"))
        timeout = min(float(request.query.get("timeout", "25")), LONGEST_WAIT)
        playground = self._playground
        if playground.change <= since:
            try:
                await asyncio.wait_for(playground.changed.next(), timeout)
            except TimeoutError:
                pass
        concerned = [person.id for person in playground.people.values() if person.changed > since]
        return web.json_response({"change": playground.change, "people": concerned, "clock": views.clock(playground)})

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

    # -- inside ------------------------------------------------------------------------------------------------

    def _person(self, request: web.Request) -> Person:
        return asked.known(self._playground, int(request.match_info["person"]))

    def _shown(self, person: Person) -> web.Response:
        return web.json_response(views.person(person))


def _sent(message: Message) -> web.Response:
    return web.json_response({"message": message.id, "chat": message.chat.id})


def _text(given: object) -> str:
    words = str(given or "")
    if not words.strip():
        raise ValueError("the text is empty")
    return _fitting(words, TEXT_LENGTH)


def _caption(given: object) -> str:
    return _fitting(str(given or ""), CAPTION_LENGTH)


def _fitting(words: str, most: int) -> str:
    """The words, if Telegram's apps would send them as one message."""
    if utf16_length(words.strip()) > most:
        raise ValueError(f"that is too long; it may have {most} characters")
    return words


def _last(query: Mapping[str, str]) -> int:
    return max(1, int(query.get("last", str(views.SHOWN))))


def _reply(chat: Chat, message_id: int | None) -> Message | None:
    return views.message_in(chat, int(message_id)) if message_id else None
