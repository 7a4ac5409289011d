"""A presale that ships later, as its buyers are asked, and how far that is for the supplier and the hosts.

Owns the kinds `delay_*`. What is tapped on them is in `delaying`.
"""

from dataclasses import dataclass

from handlers import formats, shipwindows
from handlers.translation import Html, lines
from handlers.wording import Face, Kind, Kinds, Rendered, Rows
from shop.shipments import ShipmentStatus
from storage import choices, delays, refunds, roles
from storage.choices import Asked
from storage.connection import Tx
from storage.delays import Choice, Delay, Tally
from storage.outbox import Params
from storage.refunds import Refund
from storage.roles import Role

MOST_NAMED = 30


# -- The buyer ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a buyer is asked, and the refund that their word has led to."""

    asked: Asked
    refund: Refund | None


def load(tx: Tx, params: Params, chat: int) -> Question | None:
    """The question about an order, for its buyer."""
    asked = choices.view(tx, int(params["delay"] or 0), int(params["order"] or 0), chat)
    if asked is None:
        return None
    return Question(asked=asked, refund=refunds.view(tx, int(params.get("refund") or 0)))


def _load_open(tx: Tx, params: Params, chat: int) -> Question | None:
    """Who has answered, or can't any more, is not reminded."""
    question = load(tx, params, chat)
    return question if question is not None and question.asked.is_open else None


def _ask(face: Face, view: Question) -> Rendered:
    return _question(face, view, "delay.head")


def _remind(face: Face, view: Question) -> Rendered:
    return _question(face, view, "delay.remind")


def _question(face: Face, view: Question, head: str) -> Rendered:
    asked, t = view.asked, face.t
    order, delay = asked.order, asked.delay
    title = t(head, code=order.code)
    goods = [shipwindows.goods_line(face, line) for line in asked.lines]
    if not asked.is_open:
        said = lines([title, *goods, _settled(face, view)])
        return Rendered(text=said, rows=((face.button("ask_the_stall", "ask", order.id),),))
    text = lines(
        [
            title,
            *goods,
            t("delay.new", window=shipwindows.said(face, delay.window)),
            t("delay.choose_by", when=face.deadline(delay.answer_by)) if delay.answer_by > face.now else None,
            t("delay.silence"),
        ]
    )
    keep = face.button("keep", "dlkeep", delay.id, order.id)
    refund = face.button("refund_choice", "dlback", delay.id, order.id)
    return Rendered(text=text, rows=((keep, refund), (face.button("ask_the_stall", "ask", order.id),)))


def _settled(face: Face, view: Question) -> Html:
    """How it was answered, or why there is nothing to answer any more."""
    asked, t = view.asked, face.t
    if asked.choice is Choice.KEEP:
        return t("delay.kept", window=shipwindows.said(face, asked.delay.window))
    if asked.choice is Choice.REFUND:
        if view.refund is not None:
            return t("delay.refunded", amount=face.money(view.refund.amount))
        return t("delay.called_off")
    if not asked.delay.is_last:
        return t("delay.moved_again")
    sent = (ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED)
    mine = {line.supplier_id for line in asked.lines}
    if any(parcel.status in sent for parcel in asked.order.shipments if parcel.supplier_id in mine):
        return t("delay.on_its_way")
    return t("delay.over")


# -- The supplier and the hosts -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How buyers have chosen. `codes` are the orders of those who have not, for hosts only: id and code."""

    delay: Delay
    tally: Tally
    codes: tuple[tuple[int, str], ...]


def _load_progress(tx: Tx, params: Params, chat: int) -> Progress | None:
    delay = delays.view(tx, int(params["delay"] or 0))
    if delay is None or not delays.may_move(tx, chat, delay.offer):
        return None
    found = delays.silent(tx, delay.id, MOST_NAMED) if roles.has_role(tx, chat, Role.HOST) else []
    codes = tuple((row["order_id"], row["code"]) for row in found)
    return Progress(delay=delay, tally=delays.tally(tx, delay.id), codes=codes)


def _head(face: Face, delay: Delay) -> Html:
    return face.t(
        "delay.title",
        code=delay.offer.code,
        name=formats.name(delay.offer.names, face.lang),
        window=shipwindows.said(face, delay.window),
    )


def _figures(face: Face, tally: Tally) -> Html:
    """ "12 keep, 3 refund, 4 haven't answered"."""
    return face.t(
        "delay.tally",
        keep=formats.number(tally.keep, face.lang),
        refund=formats.number(tally.refund, face.lang),
        silent=formats.number(tally.silent, face.lang),
    )


def _card(face: Face, view: Progress) -> Rendered:
    delay, tally = view.delay, view.tally
    asked = tally.keep + tally.refund + tally.silent
    state = None
    if not delay.is_last:
        state = face.t("delay.moved_again")
    elif tally.silent and delay.answer_by > face.now:
        state = face.t("delay.until", when=face.deadline(delay.answer_by))
    elif tally.silent:
        state = face.t("delay.time_is_up")
    elif delay.is_closed or asked:
        state = face.t("delay.all_answered")
    return Rendered(text=lines([_head(face, delay), _figures(face, tally), state]), rows=_rows(face, view))


def _rows(face: Face, view: Progress) -> Rows:
    if not view.delay.is_last:
        return ()
    return ((face.button("move_date", "psmove", view.delay.offer.id),),)


def _load_silent(tx: Tx, params: Params, chat: int) -> Progress | None:
    view = _load_progress(tx, params, chat)
    return view if view is not None and view.codes and view.delay.is_last else None


def _silent(face: Face, view: Progress) -> Rendered:
    """By code, each with its order: the host writes to them, or cancels it."""
    more = view.tally.silent - len(view.codes)
    text = lines(
        [
            _head(face, view.delay),
            _figures(face, view.tally),
            face.t("delay.who_is_silent"),
            face.t.n("delay.more_silent", more) if more > 0 else None,
        ]
    )
    rows = tuple((face.button("silent_order", "order", order, code=code),) for order, code in view.codes)
    return Rendered(text=text, rows=rows)


KINDS: Kinds = {
    "delay_ask": Kind(load=load, show=_ask),
    "delay_reminder": Kind(load=_load_open, show=_remind),
    "delay_card": Kind(load=_load_progress, show=_card),
    "delay_silent": Kind(load=_load_silent, show=_silent),
}
