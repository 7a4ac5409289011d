"""What a stream has brought, told to its hosts: goods in base units, orders, money, and what is left.

Only shows; the figures are `storage.reports`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers import formats
from handlers.deskcards import back
from handlers.hostquestions import stream_button
from handlers.routing import CommandHandler, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered, Rows
from shop.statements import ReportLine
from shop.streams import StreamStatus
from storage import desks, reports, roles
from storage.connection import Tx
from storage.outbox import Params
from storage.reports import StreamReport
from storage.roles import Role
from storage.streams import Stream

MOST_LINES = 15
MOST_OTHERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report, and other streams that could be asked for."""

    report: StreamReport
    others: tuple[Stream, ...]


async def report(turn: Turn, _argument: str) -> None:
    """/report: the newest stream that has begun, buttons for others."""
    if not await turn.look(roles.has_role, turn.actor, Role.HOST):
        await turn.say("host.only")
    elif not await turn.show("report", newest=True):
        await turn.say("report.none")


async def report_of(turn: Turn, stream_id: int) -> Toast | None:
    """`Report` on a desk, or another stream's."""
    return None if await turn.show_below("report", stream=stream_id) else Toast("tap.stale")


def _load(tx: Tx, params: Params, chat: int) -> Reported | None:
    """`stream` names it; with `newest` it is the reader's newest that has begun, else that is public at all."""
    if not roles.has_role(tx, chat, Role.HOST):
        return None
    others: list[Stream] = []
    stream_id = int(params.get("stream") or 0)
    if params.get("newest"):
        public = [stream for stream in desks.streams_for(tx, chat) if stream.status.is_public]
        begun = [one for one in public if one.status in (StreamStatus.LIVE, StreamStatus.ENDED)] or public
        if not begun:
            return None
        stream_id = begun[0].id
        others = [one for one in public if one.id != stream_id]
    found = reports.view(tx, stream_id)
    return None if found is None else Reported(report=found, others=tuple(others[:MOST_OTHERS]))


def _show(face: Face, view: Reported) -> Rendered:
    t, figures = face.t, view.report
    stream = figures.stream
    head = t("report.head", title=stream.title, state=_state(face, stream))
    money = lines(
        [
            t.n("report.turnover", figures.orders, amount=face.money(figures.turnover)),
            t("report.discounts", amount=face.money(figures.discounts)) if figures.discounts else None,
            t("report.delivery", amount=face.money(figures.delivery)) if figures.delivery else None,
            _orders(face, figures),
            *_refunds(face, figures),
        ]
    )
    text = Html("\n\n".join(part for part in (head, _sold(face, figures), money, _left(face, figures)) if part))
    others: Rows = tuple((stream_button(face, other, "report"),) for other in view.others)
    return Rendered(text=text, rows=((back(face, stream.id),), *others))


def _state(face: Face, stream: Stream) -> Html:
    """Since when it is over or live; else when it is to be."""
    match stream.status:
        case StreamStatus.ENDED:
            return face.t("report.ended", moment=face.moment(stream.ended_at or stream.starts_at))
        case StreamStatus.LIVE:
            return face.t("report.live", moment=face.moment(stream.live_at or stream.starts_at))
        case StreamStatus.CANCELLED:
            return face.t("report.cancelled")
        case _:
            return face.t("report.planned", moment=face.moment(stream.starts_at))


def _sold(face: Face, figures: StreamReport) -> Html:
    """What was paid for; what sold out comes first, the rest under the number of orders it is in."""
    goods = figures.goods
    if not goods.sold:
        return face.t("report.nothing_sold")
    if not goods.sold_out:
        return _goods(face, goods.sold)
    parts = [face.t("report.sold_out_head"), _goods(face, goods.sold_out)]
    if rest := tuple(line for line in goods.sold if line.left != 0):
        parts += [Html(""), face.t.n("report.further_head", figures.further), _goods(face, rest)]
    return Html("\n".join(parts))


def _goods(face: Face, sold: tuple[ReportLine, ...]) -> Html:
    rows = [
        face.t(
            "report.sold",
            name=formats.name(line.names, face.lang),
            count=_base(face, line),
            amount=face.money(line.amount),
        )
        for line in sold[:MOST_LINES]
    ]
    return lines([*rows, _more(face, len(sold))])


def _left(face: Face, figures: StreamReport) -> Html | None:
    """What is still free, by product; unlimited offers are left out, nothing of them runs out."""
    left = [line for line in figures.goods.lines if line.left]
    if not left:
        return None
    rows = [
        face.t(
            "report.left",
            name=formats.name(line.names, face.lang),
            count=formats.count(line.left or 0, line.base_units, face.lang),
        )
        for line in left[:MOST_LINES]
    ]
    return lines([face.t("report.left_head"), *rows, _more(face, len(left))])


def _base(face: Face, line: ReportLine) -> str:
    return formats.count(line.quantity, line.base_units, face.lang)


def _more(face: Face, count: int) -> Html | None:
    return face.t.n("report.more_products", count - MOST_LINES) if count > MOST_LINES else None


def _orders(face: Face, figures: StreamReport) -> Html | None:
    """The orders that brought nothing, or not yet."""
    t = face.t
    parts = [
        t.n("report.under_review", figures.under_review) if figures.under_review else None,
        t.n("report.unpaid", figures.unpaid) if figures.unpaid else None,
        t.n("report.expired", figures.expired) if figures.expired else None,
        t.n("report.called_off", figures.cancelled) if figures.cancelled else None,
    ]
    return Html(" · ".join(part for part in parts if part))


def _refunds(face: Face, figures: StreamReport) -> list[Html]:
    found = []
    if figures.refunds_owed:
        amount = face.money(figures.refunds_owed_amount)
        found.append(face.t.n("report.refunds_owed", figures.refunds_owed, amount=amount))
    if figures.refunds_done:
        amount = face.money(figures.refunds_done_amount)
        found.append(face.t.n("report.refunds_done", figures.refunds_done, amount=amount))
    return found


COMMANDS: Mapping[str, CommandHandler] = {"report": report}
TAPS: Mapping[str, Tap] = {"report": Tap(run=report_of, ints=1)}
KINDS: Kinds = {"report": Kind(load=_load, show=_show)}
