"""The host's questions about a stream: title, time, platforms, picture; for a new one in turn, later one by one.

Owns the dialogs `newstream` and `edit`. What a stream looks like to its host is in `announcing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, assert_never

from telegram import Message

from handlers.routing import CommandHandler, Step, Tap
from handlers.translation import Html, escaped, lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Rendered
from shop import schedule
from shop.contacts import tidy
from shop.platforms import MOST_LINKS, BadLine, TooManyLinks, read_links
from shop.schedule import Past, Unclear, When
from shop.streams import StreamStatus
from storage import desks, dialogs, roles, streams
from storage.connection import Tx
from storage.desks import Dropped
from storage.dialogs import Dialog, Moved
from storage.outbox import Params
from storage.people import NotAllowed
from storage.roles import Role
from storage.streams import Platform, Stream

NEW, EDIT = "newstream", "edit"
LONGEST_TITLE = 100

_NEXT = {"title": "when", "when": "platforms", "platforms": "picture"}
_SKIPPABLE = {"platforms": "picture", "picture": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A dialog's question; `stream` is the one being changed, None for a new one."""

    dialog: Dialog
    stream: Stream | None


# -- Asking -------------------------------------------------------------------------------------------------


def _load(tx: Tx, dialog: Dialog) -> Question | None:
    if dialog.kind == NEW:
        return Question(dialog=dialog, stream=None)
    stream = streams.view(tx, dialog.data["stream"])
    return None if stream is None else Question(dialog=dialog, stream=stream)


def _ask_title(face: Face, question: Question) -> Rendered:
    t, stream = face.t, question.stream
    now_is = None if stream is None else t("host.now_is", value=stream.title)
    return Rendered(text=lines([now_is, t("host.ask_title", most=LONGEST_TITLE), t("host.can_leave")]))


def _ask_when(face: Face, question: Question) -> Rendered:
    t, stream = face.t, question.stream
    head = (
        t("host.title_is", title=question.dialog.data["title"])
        if stream is None
        else t("host.now_is", value=face.moment(stream.starts_at))
    )
    ask = t("host.ask_when", zone=str(face.zone), example=_example(face))
    return Rendered(text=lines([head, ask, None if stream is None else t("host.can_leave")]))


def _ask_platforms(face: Face, question: Question) -> Rendered:
    t, stream = face.t, question.stream
    if stream is not None:
        now_is = t("host.now_is", value=platform_names(stream.platforms)) if stream.platforms else None
        return Rendered(text=lines([now_is, t("host.ask_platforms"), t("host.can_leave")]))
    data = question.dialog.data
    head = t("host.when_is", moment=face.moment(data["starts_at"]), countdown=face_countdown(face, data["starts_at"]))
    moved = t("host.when_moved") if data.get("is_moved") else None
    return Rendered(text=lines([head, moved, t("host.ask_platforms")]), rows=_skip(face, question))


def _ask_picture(face: Face, question: Question) -> Rendered:
    t = face.t
    if question.stream is not None:
        return Rendered(text=lines([t("host.ask_picture"), t("host.can_leave")]))
    links = _platforms(question.dialog.data)
    head = t("host.watch", platforms=platform_names(links)) if links else None
    return Rendered(text=lines([head, t("host.ask_picture")]), rows=_skip(face, question))
