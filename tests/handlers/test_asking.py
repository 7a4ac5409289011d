"""How questions and answers read, for who asks and for who answers."""

from dataclasses import replace
from typing import Any

import pytest

from handlers import asking
from handlers.asking import MOST_ANSWER, MOST_QUESTION, QuestionView, Unsaid
from handlers.wording import Rendered
from shop.orders import OrderStatus
from storage.orders import Order, OrderLine
from storage.questions import Question
from storage.roles import Role
from tests.clock import NOON
from tests.handlers.faces import ANN, face, read, words

LINE = OrderLine(
    id=1,
    offer_id=42,
    code="EGG",
    names={"en": "Free-range eggs", "zh": "散养土鸡蛋"},
    units={"en": "box of 20", "zh": "20枚装"},
    base_units={"en": "egg", "zh": "枚"},
    pack_milli=20_000,
    quantity=2,
    unit_price=3600,
    total=7200,
    supplier_id=3,
    supplier_name="Hill Farm",
)
ORDER = Order(
    id=11,
    code="TG-7K3QF",
    buyer_id=ANN,
    buyer_name="Ann",
    stream_id=7,
    stream_code="SPR1NG",
    stream_title="Spring",
    host_id=2001,
    status=OrderStatus.PAID,
    currency="CNY",
    lines_total=7200,
    discount_total=0,
    delivery_fee=0,
    total=7200,
    recipient="Ann",
    phone="+8613800138000",
    address="12 Dingjiang West Road",
    pay_method="WeChat Pay",
    created_at=NOON,
    pay_by=NOON,
    expired_at=None,
    cancel_reason=None,
    lines=(LINE,),
    payments=(),
    shipments=(),
    refunded=0,
)


def view(order: Order | None = ORDER, answer: str = "", **changes: Any) -> QuestionView:
    question = Question(
        id=5,
        person_id=ANN,
        person_name="Ann <3",
        order_id=None if order is None else order.id,
        audience=Role.HOST,
        text="When does it ship & how?",
        photo=None,
        asked_at=NOON,
        answered_by_name=None,
    )
    return QuestionView(question=replace(question, **changes), order=order, answer=answer)


def show(kind: str, shown: object, lang: str = "en") -> Rendered:
    rendered = asking.KINDS[kind].show(face(lang), shown)
    assert isinstance(rendered, Rendered)
    return rendered


def test_staff_see_who_asks_what_about_which_order_and_how_to_answer() -> None:
    shown = read(show("question_card", view()))
    assert shown.splitlines()[:2] == ["❓ Ann <3 asks", "When does it ship & how?"]
    assert "TG-7K3QF" in shown
    assert "2 × Free-range eggs" in shown
    assert "¥72.00" in shown
    assert shown.endswith("Reply to this message to answer.")


def test_an_answered_question_says_by_whom() -> None:
    shown = read(show("question_card", view(answered_by_name="Cai")))
    assert shown.endswith("Answered by Cai")
    assert "Reply to this message" not in shown


def test_a_question_about_nothing_in_particular_shows_no_order() -> None:
    assert len(read(show("question_card", view(order=None))).splitlines()) == 3


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", ["question_card", "question_sent", "question_answer"])
def test_the_order_code_stands_in_every_message_about_the_order(kind: str, lang: str) -> None:
    assert "TG-7K3QF" in read(show(kind, view(answer="Tomorrow."), lang))


def test_an_answer_comes_with_its_question_and_a_way_to_ask_on() -> None:
    shown = show("question_answer", view(answer="Tomorrow <by van>."))
    assert "Tomorrow <by van>.\nWhen does it ship & how?" in read(shown)
    assert words(shown) == [["Ask the stall"]]
    assert shown.rows[0][0].data == "1|ask|11"
    assert show("question_answer", view(order=None, answer="Yes.")).rows[0][0].data == "1|askstall"


def test_the_longest_question_and_answer_can_be_sent() -> None:
    read(show("question_card", view(text="<" * MOST_QUESTION)))
    read(show("question_answer", view(text="&" * MOST_QUESTION, answer="<" * MOST_ANSWER)))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_who_answers_sees_that_it_is_on_its_way(lang: str) -> None:
    assert "Ann <3" in read(show("answer_sent", view(), lang))


def test_words_nobody_understands_can_be_asked_as_they_are() -> None:
    shown = show("not_understood", Unsaid(dialog=9, order=None))
    assert words(shown) == [["Ask the stall", "Help"]]
    assert shown.rows[0][0].data == "1|asksaid|9"


def test_words_that_could_not_be_kept_can_be_asked_anew() -> None:
    assert show("not_understood", Unsaid(dialog=None, order=None)).rows[0][0].data == "1|askstall"
    assert show("not_understood", Unsaid(dialog=None, order=ORDER)).rows[0][0].data == "1|ask|11"


def test_words_about_an_order_show_the_order() -> None:
    shown = show("not_understood", Unsaid(dialog=9, order=ORDER))
    assert "TG-7K3QF" in read(shown)
    assert words(shown) == [["Ask the stall", "TG-7K3QF"]]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("code", ["", "TG-7K3QF"])
def test_the_question_for_a_question_names_the_order_and_the_way_out(code: str, lang: str) -> None:
    asked = read(asking.STEPS["ask.text"].ask(face(lang), code))
    assert code in asked
    assert "/cancel" in asked
