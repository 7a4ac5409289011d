"""Questions to the stall, the answers to them, and what happens to words nobody understands.

Owns the talk of `Ask the stall`: a person's free text goes to the people of the stall, and a reply to it goes back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from telegram import Message

from handlers import payment, words
from handlers.entry import find_order
from handlers.ordering import IN_TEXT, goods, status_line
from handlers.routing import CommandHandler, Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, FileId, Kind, Kinds, Rendered
from shop import codes
from shop.orders import OrderStatus
from storage import coupons, dialogs, orders, outbox, questions, roles
from storage.connection import Tx
from storage.dialogs import UNSAID, Dialog, Moved
from storage.files import Place, Shelf
from storage.orders import Order
from storage.outbox import Params
from storage.people import NotAllowed, NotFound
from storage.questions import Answered, Asked, NobodyThere, Question
from storage.roles import Role

ASK = "ask"
MOST_QUESTION = 1_000
MOST_GOODS = 500  # characters of an order's lines with the words under a picture: a caption takes 1,024 in all
MOST_ANSWER = 3_000  # leaves room for the question it answers, within a message of 4,096
MOST_QUOTED = 200

_CARD = "question:"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionView:
    """A question, the order it is about, and the text of one answer where that is told."""

    question: Question
    order: Order | None
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaid:
    """Words nobody understood. `dialog` keeps them, or is None where they could not be kept."""

    dialog: int | None
    order: Order | None


# -- Asking ------------------------------------------------------------------------------------------------


async def ask_stall(turn: Turn) -> None:
    """`Ask the stall` about anything."""
    await _begin(turn, None)


async def ask_about(turn: Turn, order: int) -> Toast | None:
    """`Ask the stall` on an order."""
    if not await turn.look(orders.is_buyer, order, turn.actor):
        return Toast("tap.stale")
    await _begin(turn, order)
    return None


async def _begin(turn: Turn, order: int | None) -> None:
    """The question comes below the message that was tapped: it may hold an answer, or the word about some money."""
    await turn.decide(dialogs.begin, actor=turn.actor, kind=ASK, step="text", data={"order": order}, now=turn.now)


async def ask_unsaid(turn: Turn, dialog: int) -> Toast | None:
    """`Ask the stall` under words nobody understood: exactly those words go."""
    kept = await turn.look(dialogs.view, dialog)
    if kept is not None and kept.person != turn.actor:
        return Toast("tap.stale")
    if kept is None or kept.kind != UNSAID:
        # Other words have come since: ask for them.
        await _begin(turn, None)
        return None
    outcome = await turn.decide(
        _ask, actor=turn.actor, dialog=kept, text=str(kept.data["text"]), now=turn.now, anchor=turn.anchor
    )
    return None if isinstance(outcome, Asked) else Toast("tap.stale")


async def _answer_text(turn: Turn, dialog: Dialog, message: Message) -> None:
    photo = message.photo[-1].file_id if message.photo else None
    is_file = photo is not None or message.document is not None
    if is_file and await payment.follows_its_album(turn, message):
        return
    if is_file and (
        photo is None or await turn.look(_may_be_receipt, dialog, turn.settings.policy.late_receipt_ms, turn.now)
    ):
        await payment.picture(turn, message)
        return
    text = (message.text or message.caption or "").strip()
    if not text and photo is None:
        await turn.say("ask.text_only")
        return
    if len(text) > MOST_QUESTION:
        await turn.say("ask.too_long", most=MOST_QUESTION, length=len(text))
        return
    outcome = await turn.decide(
        _ask,
        actor=turn.actor,
        dialog=dialog,
        text=text,
        photo=photo,
        album=message.media_group_id,
        now=turn.now,
    )
    match outcome:
        case Asked():
            return
        case Moved() | NotFound():
            await turn.say("ask.gone")
        case _:
            assert_never(outcome)


def _may_be_receipt(tx: Tx, dialog: Dialog, late_receipt_ms: int, now: int) -> bool:
    """Is a picture sent instead of words more likely proof of a payment?

    Not when the question is about goods that are paid (it shows the damage), nor while no order waits for money.
    """
    order = orders.view(tx, int(dialog.data.get("order") or 0))
    if order is not None and order.status in (OrderStatus.PAID, OrderStatus.COMPLETED):
        return False
    return bool(orders.open_for_receipt(tx, dialog.person, late_receipt_ms, now))


def _ask(
    tx: Tx,
    *,
    actor: int,
    dialog: Dialog,
    text: str,
    now: int,
    photo: str | None = None,
    album: str | None = None,
    anchor: int | None = None,
) -> Asked | NotFound | Moved:
    """End the dialog and bring its question to the stall; a dialog asks once."""
    if not dialogs.end(tx, dialog=dialog.id, now=now):
        return Moved()
    order = dialog.data.get("order")
    return questions.ask(tx, actor=actor, order_id=order, text=text, photo=photo, album=album, now=now, anchor=anchor)


def _load_asking(tx: Tx, dialog: Dialog) -> str:
    """The code of the order the question will be about, or an empty text."""
    order = orders.view(tx, int(dialog.data.get("order") or 0))
    return "" if order is None else order.code


def _asking(face: Face, code: str) -> Rendered:
    return Rendered(text=face.t("ask.about_order", code=code) if code else face.t("ask.about_anything"))


# -- Answering ---------------------------------------------------------------------------------------------


async def reply(turn: Turn, message: Message, shown_cards: list[str]) -> bool:
    """Somebody of the stall replies to a question's card; False if it is none, or the person is no staff."""
    question = next((int(card.removeprefix(_CARD)) for card in shown_cards if card.startswith(_CARD)), None)
    if question is None or not await turn.look(roles.has_role, turn.actor, Role.HOST, Role.CASHIER):
        return False
    text = (message.text or "").strip()
    if not text:
        await turn.say("answer.text_only")
        return True
    if len(text) > MOST_ANSWER:
        await turn.say("answer.too_long", most=MOST_ANSWER, length=len(text))
        return True
    outcome = await turn.decide(questions.answer, actor=turn.actor, question_id=question, text=text, now=turn.now)
    match outcome:
        case Answered():
            return True
        case NobodyThere():
            await turn.say("answer.nobody")
            return True
        case NotFound() | NotAllowed():
            return False
        case _:
            assert_never(outcome)


def _load_question(tx: Tx, params: Params, _chat: int) -> QuestionView | None:
    question = questions.view(tx, int(params["question"] or 0))
    if question is None:
        return None
    order = None if question.order_id is None else orders.view(tx, question.order_id)
    return QuestionView(question=question, order=order)


def _load_for_staff(tx: Tx, params: Params, chat: int) -> QuestionView | None:
    """Questions hold what people wrote: shown only to who works here at this moment."""
    return _load_question(tx, params, chat) if roles.has_role(tx, chat, Role.HOST, Role.CASHIER) else None


def _load_answer(tx: Tx, params: Params, chat: int) -> QuestionView | None:
    answer = questions.answer_view(tx, int(params["answer"] or 0))
    view = None if answer is None else _load_question(tx, {"question": answer.question_id}, chat)
    if answer is None or view is None or view.question.person_id != chat:
        return None
    return QuestionView(question=view.question, order=view.order, answer=answer.text)


def _facts(face: Face, order: Order | None, room: int = IN_TEXT) -> Html | None:
    """The order a question is about, as far as it can matter for the answer."""
    if order is None:
        return None
    return lines(
        [
            face.t("question.order", code=order.code),
            goods(face, order, room),
            face.t("question.total", total=face.money(order.total), status=status_line(face, order)),
        ]
    )


def _question_card(face: Face, view: QuestionView) -> Rendered:
    question = view.question
    answered = question.answered_by_name
    text = lines(
        [
            face.t("question.head", name=question.person_name),
            face.t("question.text", text=question.text) if question.text else None,
            _facts(face, view.order, IN_TEXT if question.photo is None else MOST_GOODS - len(question.text)),
            face.t("question.how") if answered is None else face.t("question.answered", name=answered),
        ]
    )
    place = Place(Shelf.QUESTION, question.id)
    media = None if question.photo is None else FileId(file_id=question.photo, place=place)
    return Rendered(text=text, media=media)


def _question_sent(face: Face, view: QuestionView) -> Rendered:
    if view.order is None:
        return Rendered(text=face.t("question.sent"))
    return Rendered(text=face.t("question.sent_order", code=view.order.code))


def _question_answer(face: Face, view: QuestionView) -> Rendered:
    asked = view.question.text
    quoted = asked if len(asked) <= MOST_QUOTED else f"{asked[:MOST_QUOTED].rstrip()}…"
    head = face.t("answer.head") if view.order is None else face.t("answer.head_order", code=view.order.code)
    text = lines([head, view.answer, face.t("answer.to", text=quoted) if quoted else None])
    if view.order is None:
        return Rendered(text=text, rows=((face.button("ask_the_stall", "askstall"),),))
    button = face.button("ask_the_stall", "ask", view.order.id)
    return Rendered(text=text, rows=((button,),))


def _answer_sent(face: Face, view: QuestionView) -> Rendered:
    return Rendered(text=face.t("answer.sent", name=view.question.person_name))


# -- Words nobody understands ------------------------------------------------------------------------------


async def chatter(turn: Turn, message: Message) -> None:
    """Text outside a dialog: an order's code shows the order, words that order begin a checkout, anything else is
    offered to be asked."""
    text = (message.text or "").strip()
    if not text:
        await turn.say("chatter.text_only")
        return
    prefix = turn.settings.policy.prefix
    order = await turn.look(find_order, text, prefix, turn.actor)
    if order is not None:
        await turn.show("order_card", order=order)
        return
    if await words.understood(turn, text):
        return
    replied = message.reply_to_message
    quoted = "" if replied is None else replied.text or replied.caption or ""
    await turn.decide(_keep, actor=turn.actor, text=text, quoted=quoted, prefix=prefix, now=turn.now)


def _keep(tx: Tx, *, actor: int, text: str, quoted: str, prefix: str, now: int) -> None:
    """Keep words nobody understood, so that one tap brings them to the stall; a code is understood.

    They are about the order whose code stands in them, or in the message they reply to. A question that is being
    asked meanwhile, such as a checkout, is not given up for them; nor are words too long for a question kept.
    """
    coupon = coupons.spoken(tx, actor, text, now)
    if coupon is not None:
        outbox.tell(tx, actor, "coupon_hint", now=now, coupon=coupon.id)
        return
    current = dialogs.of(tx, actor)
    named = [*codes.find(text, prefix), *codes.find(quoted, prefix)]
    known = (orders.by_code(tx, code) for code in named)
    order = next((found.id for found in known if found is not None and found.buyer_id == actor), None)
    kept: int | None = None
    if len(text) <= MOST_QUESTION and (current is None or current.kind == UNSAID):
        data = {"text": text, "order": order}
        kept = dialogs.begin(tx, actor=actor, kind=UNSAID, step="text", data=data, now=now, silent=True).id
    outbox.tell(tx, actor, "not_understood", now=now, dialog=kept, order=order)


def _load_unsaid(tx: Tx, params: Params, _chat: int) -> Unsaid:
    kept = dialogs.view(tx, int(params["dialog"] or 0))
    order = orders.view(tx, int(params["order"] or 0))
    return Unsaid(dialog=None if kept is None else kept.id, order=order)


def _not_understood(face: Face, view: Unsaid) -> Rendered:
    order = view.order
    if view.dialog is not None:
        ask = face.button("ask_the_stall", "asksaid", view.dialog)
    elif order is not None:
        ask = face.button("ask_the_stall", "ask", order.id)
    else:
        ask = face.button("ask_the_stall", "askstall")
    what = face.t("chatter.not_understood") if view.dialog is None else face.t("chatter.shall_i_ask")
    if order is None:
        return Rendered(text=what, rows=((ask, face.button("help", "help")),))
    shown = face.button("see_order", "order", order.id, code=order.code)
    return Rendered(text=lines([_facts(face, order), what]), rows=((ask, shown),))


COMMANDS: Mapping[str, CommandHandler] = {}
TAPS: Mapping[str, Tap] = {
    "askstall": Tap(run=ask_stall),
    "ask": Tap(run=ask_about, ints=1),
    "asksaid": Tap(run=ask_unsaid, ints=1),
}
STEPS: Mapping[str, Step] = {
    f"{ASK}.text": Step(load=_load_asking, ask=_asking, answer=_answer_text, takes_media=True)
}
KINDS: Kinds = {
    "question_card": Kind(load=_load_for_staff, show=_question_card),
    "question_sent": Kind(load=_load_question, show=_question_sent),
    "question_answer": Kind(load=_load_answer, show=_question_answer),
    "answer_sent": Kind(load=_load_question, show=_answer_sent),
    "not_understood": Kind(load=_load_unsaid, show=_not_understood),
}
