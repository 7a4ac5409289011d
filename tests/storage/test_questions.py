"""Questions: they reach who can answer, and the answer reaches who asked."""

import pytest

from storage import endings, questions
from storage.clock import HOUR
from storage.people import NotAllowed, NotFound
from storage.questions import Answered, Asked
from storage.roles import Role
from storage.store import Store
from tests.clock import NOON
from tests.storage import trade
from tests.storage.seed import ANN, BEN, CASHIER, HOST, OTHER_HOST, OWNER
from tests.storage.trade import OTHER_CASHIER, SUPPLIER

HOSTS, CASHIERS = [HOST, OTHER_HOST], [CASHIER, OTHER_CASHIER]


async def ask(store: Store, order: int | None = None, actor: int = ANN) -> int:
    asked = await store.write(questions.ask, actor=actor, order_id=order, text="Are they fresh?", now=NOON, anchor=77)
    assert isinstance(asked, Asked)
    return asked.question_id


async def answer(store: Store, question: int, actor: int = HOST) -> object:
    return await store.write(questions.answer, actor=actor, question_id=question, text="Laid today.", now=NOON + 1)


async def an_order(store: Store, state: str) -> int:
    stall = await store.write(trade.stall)
    if state == "paid":
        return await store.write(trade.buy, ANN, (stall.eggs, 1))
    order = await store.write(trade.place, ANN, (stall.eggs, 1))
    if state == "expired":
        await store.write(endings.expire_due, now=NOON + HOUR)
    if state == "cancelled":
        await store.write(endings.cancel, actor=ANN, order_id=order, now=NOON)
    return order


@pytest.mark.parametrize(
    ("state", "role", "people"),
    [
        ("pending", Role.CASHIER, CASHIERS),
        ("expired", Role.CASHIER, CASHIERS),
        ("paid", Role.HOST, HOSTS),
        ("cancelled", Role.HOST, HOSTS),
    ],
)
async def test_a_question_about_an_order_goes_where_the_order_stands(
    store: Store, state: str, role: Role, people: list[int]
) -> None:
    order = await an_order(store, state)
    await trade.all_said(store)
    question = await store.read(questions.view, await ask(store, order))
    assert question is not None
    assert (question.audience, question.order_id, question.person_name) == (role, order, f"Person {ANN}")
    assert await trade.kinds_told(store) == [
        ("question_sent", ANN),
        *(("question_card", person) for person in people),
    ]


async def test_any_other_question_goes_to_the_hosts_or_to_the_owner(store: Store) -> None:
    await store.write(trade.stall)
    await ask(store)
    assert await trade.kinds_told(store) == [
        ("question_sent", ANN),
        ("question_card", HOST),
        ("question_card", OTHER_HOST),
    ]
    await trade.all_said(store)
    await store.write(lambda tx: tx.run("UPDATE roles SET revoked_at = 1 WHERE role = 'host'"))
    await ask(store)
    assert await trade.kinds_told(store) == [("question_sent", ANN), ("question_card", OWNER)]


async def test_nobody_asks_about_somebody_elses_order(store: Store) -> None:
    order = await an_order(store, "pending")
    for wrong in (order, 999):
        refused = await store.write(questions.ask, actor=BEN, order_id=wrong, text="?", now=NOON)
        assert refused == NotFound()
    assert await trade.book(store, "SELECT count(*) FROM questions") == 0


async def test_an_answer_reaches_the_person_and_every_card_that_shows_the_question(store: Store) -> None:
    await store.write(trade.stall)
    question = await ask(store)
    await trade.all_said(store)
    for chat in (HOST, OTHER_HOST):
        await store.write(
            lambda tx, chat: tx.run(
                "INSERT INTO cards VALUES (:card, :chat, 5, 0, 1)", card=f"question:{question}", chat=chat
            ),
            chat,
        )
    assert await answer(store, question) == Answered(question_id=question)
    assert await trade.kinds_told(store) == [
        ("question_answer", ANN),
        ("answer_sent", HOST),
        ("question_card", HOST),
        ("question_card", OTHER_HOST),
    ]
    viewed = await store.read(questions.view, question)
    assert viewed is not None
    assert viewed.answered_by_name == f"Person {HOST}"
    said = await store.read(questions.answer_view, 1)
    assert said is not None
    assert said.text == "Laid today."


async def test_a_second_answer_is_sent_too_and_the_first_keeps_its_name(store: Store) -> None:
    await store.write(trade.stall)
    question = await ask(store)
    await answer(store, question)
    await trade.all_said(store)
    assert await answer(store, question, CASHIER) == Answered(question_id=question)
    assert ("question_answer", ANN) in await trade.kinds_told(store)
    viewed = await store.read(questions.view, question)
    assert viewed is not None
    assert viewed.answered_by_name == f"Person {HOST}"


@pytest.mark.parametrize("actor", [ANN, BEN, SUPPLIER])
async def test_a_reply_by_nobody_of_the_stall_goes_nowhere(store: Store, actor: int) -> None:
    await store.write(trade.stall)
    question = await ask(store)
    await trade.all_said(store)
    assert await answer(store, question, actor) == NotAllowed()
    assert await trade.kinds_told(store) == []
    assert await answer(store, 999) == NotFound()
