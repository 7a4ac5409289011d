"""What is said about a stream's time while it is asked for: the times offered as buttons, and answers not yet taken.

A button carries the instant, so that "Tomorrow 20:00" means what it meant when it was shown. What is done with it is
in `hosting`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from handlers import formats
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from shop import suggestions
from storage import dialogs, streams
from storage.connection import Tx
from storage.dialogs import Dialog
from storage.outbox import Params
from storage.streams import Stream

NEW, EDIT = "newstream", "edit"
_IN_A_ROW = 2
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A dialog's question; `stream` is the one being changed, None for a new one. `starts` are when this host's
    streams began, newest first: they tell the usual hour."""

    dialog: Dialog
    stream: Stream | None
    starts: tuple[int, ...] = ()


def load(tx: Tx, dialog: Dialog) -> Question | None:
    """The question with the stream it is about, None if that is gone."""
    if dialog.kind == NEW:
        before = streams.of_host(tx, dialog.person)
        return Question(dialog=dialog, stream=None, starts=tuple(stream.starts_at for stream in before))
    stream = streams.view(tx, dialog.data["stream"])
    return None if stream is None else Question(dialog=dialog, stream=stream, starts=(stream.starts_at,))


# -- Times offered -------------------------------------------------------------------------------------------


def coming(face: Face, question: Question) -> Rows:
    """The coming days at the host's usual hour; for a change, at the hour the stream has now."""
    at = suggestions.usual_time(question.starts, face.zone) or suggestions.EVENING
    now_at = None if question.stream is None else question.stream.starts_at
    moments = [moment for moment in suggestions.coming_days(at, face.zone, face.now) if moment != now_at]
    return _rows([_button(face, question, moment, _short(face, moment)) for moment in moments])


def _short(face: Face, at: int) -> str:
    """A moment within the week as people say it, and as it could be typed: "Tomorrow 20:00", "Fri 20:00"."""
    clock = formats.time_of_day(at, face.zone)
    if formats.is_same_day(at, face.now, face.zone):
        return face.t.plain("host.today_at", time=clock)
    if _date(face, at) == _date(face, face.now) + _DAY:
        return face.t.plain("host.tomorrow_at", time=clock)
    return f"{formats.weekday(at, face.zone, face.lang)} {clock}"


def _button(face: Face, question: Question, at: int, moment: str) -> Button:
    return face.button("moment", "when", question.dialog.id, at, moment=moment)


def _rows(buttons: list[Button]) -> Rows:
    return tuple(tuple(buttons[at : at + _IN_A_ROW]) for at in range(0, len(buttons), _IN_A_ROW))


def _date(face: Face, at: int) -> datetime:
    """Midnight of the date in the zone, naive."""
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone(face.zone)
    return datetime.combine(local.date(), time())


def example(face: Face) -> str:
    """Tomorrow evening, as it would be typed."""
    return f"{_date(face, face.now) + _DAY:%Y-%m-%d} 20:00"


# -- Answers that can't be taken yet -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered to which question: words, or the moments they can mean."""

    question: Question
    text: str
    moments: tuple[int, ...]


def _load(tx: Tx, params: Params, _chat: int) -> Answer | None:
    dialog = dialogs.view(tx, int(params["dialog"] or 0))
    question = None if dialog is None else load(tx, dialog)
    if question is None:
        return None
    moments = tuple(int(moment) for moment in str(params.get("moments") or "").split())
    return Answer(question=question, text=str(params.get("text") or ""), moments=moments)


def _past(face: Face, answer: Answer) -> Rendered:
    text = face.t("host.when_past", moment=face.moment(answer.moments[0]), example=example(face))
    return Rendered(text=text, rows=coming(face, answer.question))


def _unclear(face: Face, answer: Answer) -> Rendered:
    text = face.t("host.when_unclear", text=answer.text, example=example(face))
    return Rendered(text=text, rows=coming(face, answer.question))


def _which(face: Face, answer: Answer) -> Rendered:
    """Everything the words can mean, in full; a single moment is one so far ahead that it may be a slip."""
    moments = answer.moments
    if len(moments) > 1:
        text = face.t("host.when_which", text=answer.text)
    else:
        text = face.t("host.when_far", moment=face.moment(moments[0]))
    return Rendered(text=text, rows=tuple((_full(face, answer, at),) for at in moments))


def _full(face: Face, answer: Answer, at: int) -> Button:
    return _button(face, answer.question, at, face.moment(at))


def _hourless(face: Face, answer: Answer) -> Rendered:
    """A day is known, so its evening is offered."""
    at, question = answer.moments[0], answer.question
    usual = suggestions.usual_time(question.starts, face.zone)
    hours = suggestions.evening_of(_date(face, at).date(), usual, face.zone, face.now)
    day = formats.day(at, face.zone, face.lang, face.now)
    text = face.t("host.when_hourless", day=day, example=f"{_date(face, at):%Y-%m-%d} 20:00")
    buttons = [_button(face, question, hour, formats.time_of_day(hour, face.zone)) for hour in hours]
    return Rendered(text=text, rows=_rows(buttons))


KINDS: Kinds = {
    "when_past": Kind(load=_load, show=_past),
    "when_unclear": Kind(load=_load, show=_unclear),
    "when_which": Kind(load=_load, show=_which),
    "when_hourless": Kind(load=_load, show=_hourless),
}
