"""How the host's questions about a stream are worded, and what is said of an answer that can't be taken.

What is done with the answers is in `hosting`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers import formats
from handlers.buttons import encode
from handlers.translation import Html, lines
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop.streams import StreamStatus
from storage import desks, roles, streams
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.outbox import Params
from storage.roles import Role
from storage.streams import Stream

NEW, EDIT = "newstream", "edit"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A dialog's question; `stream` is the one being changed, None for a new one."""

    dialog: Dialog
    stream: Stream | None


def load(tx: Tx, dialog: Dialog) -> Question | None:
    """The question with the stream it is about, None if that is gone."""
    if dialog.kind == NEW:
        return Question(dialog=dialog, stream=None)
    stream = streams.view(tx, dialog.data["stream"])
    return None if stream is None else Question(dialog=dialog, stream=stream)


def ask_title(face: Face, question: Question) -> Rendered:
    """Also the first question of all, which says how to leave."""
    stream = question.stream
    head = None if stream is None else face.t("host.now_is", value=stream.title)
    return _question(face, question, head, face.t("host.ask_title", most=LONGEST_TITLE), leave=True)


def ask_when(face: Face, question: Question) -> Rendered:
    """In the stall's zone, with an example that could be sent as it stands."""
    stream = question.stream
    if stream is None:
        head = face.t("host.title_is", title=question.dialog.data["title"])
    else:
        head = face.t("host.now_is", value=face.moment(stream.starts_at))
    ask = face.t("host.ask_when", zone=str(face.zone), example=example(face))
    return _question(face, question, head, ask)


def ask_platforms(face: Face, question: Question) -> Rendered:
    """Headed by the time as it was understood, with its weekday: no step of its own asks whether that is right."""
    stream, data = question.stream, question.dialog.data
    if stream is None:
        at = data["starts_at"]
        head = face.t("host.when_is", moment=face.moment(at), countdown=formats.countdown(at, face.now, face.t))
        head = lines([head, face.t("host.when_moved") if data.get("is_moved") else None])
    else:
        names = " · ".join(platform.name for platform in stream.platforms)
        head = face.t("host.now_is", value=names or "—")
    return _question(face, question, head, face.t("host.ask_platforms"))


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


def _question(face: Face, question: Question, head: Html | None, ask: Html, *, leave: bool = False) -> Rendered:
    """What is known, what is asked, and the way out; a new stream can do without platforms and picture."""
    is_new, step = question.stream is None, question.dialog.step
    rows: Rows = ()
    if is_new and step in ("platforms", "picture"):
        rows = ((face.button("skip", "skip", question.dialog.id, step),),)
    way_out = face.t("host.can_leave") if leave or not is_new else None
    return Rendered(text=lines([head, ask, way_out]), rows=rows)


def example(face: Face) -> str:
    """Tomorrow evening, as it would be typed."""
    tomorrow = datetime.fromtimestamp(face.now / 1000, face.zone) + timedelta(days=1)
    return f"{tomorrow:%Y-%m-%d} 20:00"


# -- Answers that can't be taken, and the list of streams ----------------------------------------------------


def _same(_tx: Tx, params: Params, _chat: int) -> Params:
    return params


def _when_past(face: Face, params: Params) -> Rendered:
    at = int(params["at"] or 0)
    return Rendered(text=face.t("host.when_past", moment=face.moment(at), example=example(face)))


def _when_unclear(face: Face, params: Params) -> Rendered:
    return Rendered(text=face.t("host.when_unclear", text=str(params["text"]), example=example(face)))


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
    "when_past": Kind(load=_same, show=_when_past),
    "when_unclear": Kind(load=_same, show=_when_unclear),
    "mystreams": Kind(load=_load_mystreams, show=_mystreams),
}
