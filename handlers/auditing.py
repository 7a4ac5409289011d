"""/audit: who did what, newest first, narrowed by buttons or by what is typed behind the command.

Owns the pages and their filters, which stand whole in the buttons: nothing is remembered between two taps. How an
entry reads is in `auditwords`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from handlers import auditwords, naming
from handlers.entry import find_order
from handlers.routing import CommandHandler, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, Face, Kind, Kinds, Rendered, Rows
from storage import people, roles, streams, trails
from storage.clock import DAY
from storage.connection import Tx
from storage.outbox import Params
from storage.roles import Role
from storage.trails import Page, Wanted, Worker

EVERYTHING, NOBODY, NEWEST = "-", "n", "0"
KINDS_OF_ACTION = ("all", *auditwords.BY_KIND)
PERIODS = ("all", "day", "week")
CHOICES = ("about", "kind", "period")
MOST_PEOPLE = 20

_ABOUT = re.compile(r"[osp][1-9][0-9]{0,17}")
_EDGE = re.compile(r"[ab][1-9][0-9]{0,17}")
_QUOTED = 60
_STALE = Toast("tap.stale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What is looked at, as it stands in the buttons.

    `about` is EVERYTHING, NOBODY (the clock and the command line), or a letter with an id: order, stream, person.
    """

    about: str
    kind: str
    period: str

    @property
    def are_known(self) -> bool:
        """Buttons are input from outside."""
        is_about = self.about in (EVERYTHING, NOBODY) or _ABOUT.fullmatch(self.about) is not None
        return is_about and self.kind in KINDS_OF_ACTION and self.period in PERIODS


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """A page of the audit; `name` is what it is about, None where that is everything."""

    filters: Filters
    name: str | None
    page: Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One filter is being chosen."""

    filters: Filters
    choice: str
    workers: tuple[Worker, ...]


# -- Asking -------------------------------------------------------------------------------------------------


async def audit_command(turn: Turn, argument: str) -> None:
    """/audit, or /audit with an order's code, a stream's code, @name or a Telegram id."""
    if not await turn.look(roles.has_role, turn.actor, Role.OWNER):
        return await turn.say("owner.only")
    about: str | None = EVERYTHING
    if argument:
        about = await turn.look(_named, argument, turn.settings.policy.prefix, turn.actor)
    if about is None:
        shown = argument if len(argument) <= _QUOTED else f"{argument[:_QUOTED]}…"
        return await turn.say("audit.nothing_named", text=shown, example=f"{turn.settings.policy.prefix}-7K3QF")
    await _show(turn, Filters(about=about, kind="all", period="all"), NEWEST)
    return None


def _named(tx: Tx, text: str, prefix: str, person: int) -> str | None:
    """What somebody typed, as it stands in buttons; None if nothing is called that."""
    if text.startswith("@"):
        known = trails.person_called(tx, text[1:])
        return None if known is None else f"p{known}"
    stream = streams.by_code(tx, text)
    if stream is not None:
        return f"s{stream.id}"
    order = find_order(tx, text, prefix, person)
    if order is not None:
        return f"o{order}"
    is_id = text.isascii() and text.isdecimal() and len(text) < 19
    return f"p{int(text)}" if is_id and people.view(tx, int(text)) is not None else None


async def audit_tap(turn: Turn, about: str, kind: str, period: str, edge: str) -> Toast | None:
    """Another page, or other filters."""
    filters = Filters(about=about, kind=kind, period=period)
    if not filters.are_known or (edge != NEWEST and _EDGE.fullmatch(edge) is None):
        return _STALE
    return None if await _show(turn, filters, edge) else _STALE


async def choose_tap(turn: Turn, about: str, kind: str, period: str, choice: str) -> Toast | None:
    """One of the filters: what can be chosen."""
    filters = Filters(about=about, kind=kind, period=period)
    if not filters.are_known or choice not in CHOICES:
        return _STALE
    shown = await turn.show("audit_choice", about=about, what=kind, period=period, choice=choice)
    return None if shown else _STALE


async def _show(turn: Turn, filters: Filters, edge: str) -> bool:
    since = _since(filters.period, turn)
    return await turn.show(
        "audit", about=filters.about, what=filters.kind, period=filters.period, since=since, edge=edge
    )


def _since(period: str, turn: Turn) -> int | None:
    match period:
        case "day":
            today = datetime.fromtimestamp(turn.now / 1000, turn.settings.zone)
            return int(today.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
        case "week":
            return turn.now - 7 * DAY
        case _:
            return None


# -- Showing ------------------------------------------------------------------------------------------------


def _filters(params: Params) -> Filters:
    return Filters(about=str(params["about"]), kind=str(params["what"]), period=str(params["period"]))


def _load(tx: Tx, params: Params, chat: int) -> Trail | None:
    if not roles.has_role(tx, chat, Role.OWNER):
        return None
    filters, edge, since = _filters(params), str(params["edge"]), params["since"]
    letter, id_ = filters.about[0], int(filters.about[1:] or 0)
    subjects: tuple[str, ...] | None = None
    name: str | None = None
    match letter:
        case "o":
            subjects, name = (f"order:{id_}",), trails.order_code(tx, id_)
        case "s":
            stream = streams.view(tx, id_)
            subjects, name = trails.of_stream(tx, id_), None if stream is None else stream.title
        case "p":
            person = people.view(tx, id_)
            name = None if person is None else person.name or str(person.id)
    if letter in "osp" and name is None:
        return None
    wanted = Wanted(
        person=id_ if letter == "p" else None,
        by_nobody=filters.about == NOBODY,
        subjects=subjects,
        actions=auditwords.BY_KIND.get(filters.kind),
        since=None if since is None else int(since),
    )
    at = int(edge[1:] or 0)
    page = trails.page(
        tx, wanted, before=at if edge.startswith("b") else None, after=at if edge.startswith("a") else None
    )
    return Trail(filters=filters, name=name, page=page)


def _trail(face: Face, view: Trail) -> Rendered:
    filters, page = view.filters, view.page
    found = [auditwords.entry(face, line) for line in page.lines]
    text = lines([_head(face, view), *(found or [face.t("audit.none")])])
    about, kind, period = filters.about, filters.kind, filters.period
    turning: list[Button] = []
    if page.lines and page.has_newer:
        turning.append(face.button("page_before", "audit", about, kind, period, f"a{page.lines[0].id}"))
    if page.lines and page.has_older:
        turning.append(face.button("page_after", "audit", about, kind, period, f"b{page.lines[-1].id}"))
    narrow = (
        face.button("audit_about", "auditby", about, kind, period, "about"),
        face.button("audit_kind", "auditby", about, kind, period, "kind"),
        face.button("audit_period", "auditby", about, kind, period, "period"),
    )
    return Rendered(text=text, rows=((tuple(turning), narrow) if turning else (narrow,)))


def _head(face: Face, view: Trail) -> Html:
    about = naming.person(face, 0, view.name) if view.name else _about(face, view.filters.about)
    return face.t(
        "audit.head",
        about=about,
        kind=face.t(f"button.audit_kind_{view.filters.kind}"),
        period=face.t(f"button.audit_period_{view.filters.period}"),
    )


def _about(face: Face, about: str) -> str:
    return face.t.plain("button.audit_nobody" if about == NOBODY else "button.audit_everybody")


def _load_choice(tx: Tx, params: Params, chat: int) -> Choice | None:
    if not roles.has_role(tx, chat, Role.OWNER):
        return None
    choice = str(params["choice"])
    workers = trails.workers(tx, MOST_PEOPLE) if choice == "about" else []
    return Choice(filters=_filters(params), choice=choice, workers=tuple(workers))


def _choice(face: Face, view: Choice) -> Rendered:
    about, kind, period = view.filters.about, view.filters.kind, view.filters.period
    match view.choice:
        case "kind":
            text = face.t("audit.which_kind")
            buttons = [
                face.button(f"audit_kind_{each}", "audit", about, each, period, NEWEST) for each in KINDS_OF_ACTION
            ]
        case "period":
            text = face.t("audit.which_period")
            buttons = [face.button(f"audit_period_{each}", "audit", about, kind, each, NEWEST) for each in PERIODS]
        case _:
            text = face.t("audit.which_person", example=f"{face.settings.policy.prefix}-7K3QF")
            buttons = [
                face.button("audit_everybody", "audit", EVERYTHING, kind, period, NEWEST),
                face.button("audit_nobody", "audit", NOBODY, kind, period, NEWEST),
                *(_worker(face, view.filters, worker) for worker in view.workers),
            ]
    rows: Rows = tuple(tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2))
    return Rendered(text=text, rows=rows)


def _worker(face: Face, filters: Filters, worker: Worker) -> Button:
    name = naming.person(face, worker.person_id, worker.name)
    return face.button("member", "audit", f"p{worker.person_id}", filters.kind, filters.period, NEWEST, name=name)


COMMANDS: Mapping[str, CommandHandler] = {"audit": audit_command}
TAPS: Mapping[str, Tap] = {"audit": Tap(run=audit_tap, words=4), "auditby": Tap(run=choose_tap, words=4)}
KINDS: Kinds = {
    "audit": Kind(load=_load, show=_trail),
    "audit_choice": Kind(load=_load_choice, show=_choice),
}
