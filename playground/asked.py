"""Reading what a caller of the control API asks: JSON, files, people by id. Answers nothing and changes nothing."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from playground.files import Upload
from playground.people import Person
from playground.world import World


class MistakeError(Exception):
    """The caller asked for something that isn't there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Files with what stands beside them in the form."""

    uploads: list[Upload]
    caption: str | None
    chat: int | None
    reply_to: int | None
    kind: str


async def body(request: web.Request) -> dict[str, Any]:
    """The JSON object of a request, {} where there is none. Raises `ValueError`."""
    if not request.can_read_body:
        return {}
    found = await request.json()
    if not isinstance(found, dict):
        raise ValueError("a JSON object is expected")
    return found


async def parcel(request: web.Request) -> Parcel:
    """Multipart: `file` once or more, and `caption`, `chat`, `reply_to`, `as`. Raises `ValueError`."""
    form = await request.post()
    found = form.getall("file", [])
    uploads = [
        Upload(one.filename, one.file.read(), one.content_type) for one in found if isinstance(one, web.FileField)
    ]
    if not uploads:
        raise ValueError("send the file as multipart field `file`")
    words = {name: str(form[name]) for name in ("caption", "chat", "reply_to", "as") if form.get(name)}
    return Parcel(
        uploads=uploads,
        caption=words.get("caption"),
        chat=int(words["chat"]) if "chat" in words else None,
        reply_to=int(words["reply_to"]) if "reply_to" in words else None,
        kind=words.get("as", "photo"),
    )


def known(playground: World, person_id: int) -> Person:
    """A person by id. Raises `MistakeError`."""
    try:
        return playground.people[person_id]
    except KeyError:
        raise MistakeError(f"there is no person {person_id}") from None


def words(asked: dict[str, Any], name: str, otherwise: str, longest: int) -> str:
    """A text of the body, trimmed, of 1 to `longest` characters. Raises `ValueError`."""
    found = str(asked.get(name) or otherwise).strip()
    if not 0 < len(found) <= longest:
        raise ValueError(f"{name} has from 1 to {longest} characters")
    return found
