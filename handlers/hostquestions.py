"""How the host's questions about a stream are worded, and the list of streams.

What is done with the answers is in `hosting`; what is said about a time, and the buttons under it, in `hosttimes`.
"""

from collections.abc import Callable, Mapping

from handlers import formats, hosttimes
from handlers.buttons import encode
from handlers.hosttimes import Question, example
from handlers.translation import Html, lines
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop.streams import StreamStatus
from storage import desks, roles
from storage.connection import Tx
from storage.outbox import Params
from storage.roles import Role
from storage.streams import Stream

LONGEST_TITLE = 100

# A stream's state as one word; the label of its button names it too.
STATUS = {
    StreamStatus.DRAFT: "desk.status_draft",
    StreamStatus.ANNOUNCED: "desk.status_announced",
    StreamStatus.LIVE: "desk.status_live",
    StreamStatus.ENDED: "desk.status_ended",
    StreamStatus.CANCELLED: "desk.status_cancelled",
}
_SHORT_TITLE = 32


def ask_title(face: Face, question: Question) -> Rendered:
    """Also the first question of all, which says how to leave."""
    stream = question.stream
    head = None if stream is None else face.t("host.now_is", value=stream.title)
    return _question(face, question, head, face.t("host.ask_title", most=LONGEST_TITLE), leave=True)


def ask_when(face: Face, question: Question) -> Rendered:
    """In the stall's zone, with the times most likely meant, and an example that could be sent as it stands."""
    stream = question.stream
    if stream is None:
        head = face.t("host.title_is", title=question.dialog.data["title"])
    else:
        head = face.t("host.now_is", value=face.moment(stream.starts_at))
    ask = face.t("host.ask_when", zone=str(face.zone), example=example(face))
    return _question(face, question, head, ask, hosttimes.coming(face, question))


def ask_platforms(face: Face, question: Question) -> Rendered:
    """Headed by the time as it was understood, with its weekday: no step of its own asks whether that is right, and
    a button leads back."""
    stream, data = question.stream, question.dialog.data
    rows: Rows = ()
    if stream is None:
        rows = ((face.button("change_time", "retime", question.dialog.id),),)
        at = data["starts_at"]
        head = face.t("host.when_is", moment=face.moment(at), countdown=formats.countdown(at, face.now, face.t))
        head = lines([head, face.t("host.when_moved") if data.get("is_moved") else None])
    else:
        names = " · ".join(platform.name for platform in stream.platforms)
        head = face.t("host.now_is", value=names or "—")
    return _question(face, question, head, face.t("host.ask_platforms"), rows)


def ask_picture(face: Face, question: Question) -> Rendered:
    """The last question."""
    names = " · ".join(name for name, _ in question.dialog.data.get("platforms", ()))
    head = face.t("host.watch", platforms=names) if names else None
    return _question(face, question, head, face.t("host.ask_picture"))


ASK: Mapping[str, Callable[[Face, Question], Rendered]] = {
    "title": ask_title,
    "when": ask_when,
    "platforms": ask_platforms,
    "picture": ask_picture,
}


def _question(
    face: Face, question: Question, head: Html | None, ask: Html, rows: Rows = (), *, leave: bool = False
) -> Rendered:
    """What is known, what is asked, and the way out; a new stream can do without platforms and picture."""
    is_new, step = question.stream is None, question.dialog.step
    if is_new and step in ("platforms", "picture"):
        rows = ((face.button("skip", "skip", question.dialog.id, step),), *rows)
    way_out = face.t("host.can_leave") if leave or not is_new else None
    return Rendered(text=lines([head, ask, way_out]), rows=rows)


# -- The list of streams -------------------------------------------------------------------------------------


def _load_mystreams(tx: Tx, _params: Params, chat: int) -> list[Stream] | None:
    return desks.streams_for(tx, chat) if roles.has_role(tx, chat, Role.HOST) else None


def _mystreams(face: Face, found: list[Stream]) -> Rendered:
    if not found:
        return Rendered(text=face.t("host.no_streams"))
    return Rendered(
        text=face.t("host.streams"), rows=tuple((stream_button(face, stream, "desk"),) for stream in found)
    )


def stream_button(face: Face, stream: Stream, verb: str) -> Button:
    """A stream in a list: title, day and state."""
    title = stream.title if len(stream.title) <= _SHORT_TITLE else f"{stream.title[:_SHORT_TITLE]}…"
    day = formats.day(stream.starts_at, face.zone, face.lang, face.now)
    label = " · ".join((title, day, face.t.plain(STATUS[stream.status])))
    return Button(label=label, data=encode(verb, stream.id))


KINDS: Kinds = {
    **hosttimes.KINDS,
    "mystreams": Kind(load=_load_mystreams, show=_mystreams),
}
