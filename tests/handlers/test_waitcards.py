"""How a waiting list reads in both languages, in every state of a wait; and products at the desk, with long names."""

from dataclasses import replace

import pytest

from handlers import lotcards, waitcards
from handlers.lotcards import Stock, TooLow
from handlers.waitcards import Holding, Joining, Passed, Wait
from shop.waitlist import Mode, Status
from storage.lots import Claim, Claimed, Claims, Lot
from storage.waitlist import Entry, Line
from tests.clock import NOON
from tests.handlers.faces import MINUTE, face, read, words
from tests.handlers.test_browse import offer, stream
from tests.handlers.test_hosting import BOTH

EGGS = offer()

ENTRY = Entry(
    id=7, offer_id=EGGS.id, person_id=5001, quantity=3, mode=Mode.ANY, status=Status.WAITING, held=0, turn=0,
    hold_until=None,
)  # fmt: skip
WAIT = Wait(entry=ENTRY, offer=EGGS, people=4, units=11, hold_ms=10 * MINUTE, chosen=0)
HELD = replace(ENTRY, status=Status.OFFERED, held=2, turn=1, hold_until=NOON + 10 * MINUTE)


@BOTH
@pytest.mark.parametrize("mode", Mode)
def test_ones_place_is_told_with_people_and_packs(lang: str, mode: Mode) -> None:
    shown = waitcards._entry(face(lang), replace(WAIT, entry=replace(ENTRY, mode=mode)))
    text = read(shown)
    assert ("4 people, 11 boxes before you." if lang == "en" else "您前面有4人，共11份。") in text
    assert ("10 min" if lang == "en" else "10分钟") in text
    other = {"en": ("What you have", "All or nothing"), "zh": ("有多少要多少", "凑齐才要")}[lang][mode is Mode.ANY]
    assert words(shown)[1] == [other]


@BOTH
def test_one_person_before_is_said_in_the_singular(lang: str) -> None:
    text = read(waitcards._entry(face(lang), replace(WAIT, people=1, units=1)))
    assert ("1 person, 1 box before you." if lang == "en" else "您前面有1人，共1份。") in text


@BOTH
def test_what_is_held_is_told_with_its_price_and_its_end(lang: str) -> None:
    shown = waitcards._turn(face(lang), Holding(wait=replace(WAIT, entry=HELD, chosen=2), is_now=True))
    text = read(shown)
    assert "12:10" in text
    assert "¥72.00" in text
    assert words(shown)[1] == (["Take 2 boxes", "No thanks"] if lang == "en" else ["要2份", "不要了"])
    single = waitcards._turn(
        face(lang), Holding(wait=replace(WAIT, entry=replace(HELD, held=1), chosen=1), is_now=True)
    )
    assert len(single.rows) == 1


@BOTH
@pytest.mark.parametrize("status", [status for status in Status if not status.is_live])
def test_every_end_of_a_wait_has_its_words_and_no_button_of_before(lang: str, status: Status) -> None:
    wait = replace(WAIT, entry=replace(ENTRY, status=status, turn=1))
    shown = waitcards._turn(face(lang), Holding(wait=wait, is_now=True))
    assert read(shown)
    data = [str(button.data).split("|")[1] for row in shown.rows for button in row]
    assert not {"wtake", "wno", "wleave"} & set(data)


@BOTH
def test_an_earlier_turn_leads_to_ones_place(lang: str) -> None:
    shown = waitcards._turn(face(lang), Holding(wait=replace(WAIT, entry=replace(HELD, turn=2)), is_now=False))
    assert read(shown)
    assert [button.data for row in shown.rows for button in row] == ["1|wplace|7"]


@BOTH
def test_joining_offers_numbers_up_to_the_limit(lang: str) -> None:
    view = Joining(offer=EGGS, people=0, units=0, already=0, quantity=3, most=5)
    shown = waitcards._joining(face(lang), view)
    assert read(shown)
    assert words(shown)[:2] == [["−", "3", "+"], ["1", "2", "3", "5"]]


@BOTH
def test_who_is_passed_over_is_told_what_went_by(lang: str) -> None:
    view = Passed(wait=replace(WAIT, entry=replace(ENTRY, mode=Mode.ALL)), units=2)
    text = read(waitcards._passed(face(lang), view))
    assert ("2 boxes of Free-range eggs came free" if lang == "en" else "放出了2份") in text


LOT = Lot(offer=EGGS, held=2, waiting=Line(people=4, units=11, unreachable=1))


@BOTH
def test_the_card_of_a_product_tells_ordered_held_free_and_waiting(lang: str) -> None:
    text = read(lotcards._card(face(lang), LOT))
    assert ("4 people wait for 11 boxes" if lang == "en" else "4人候补，共11份") in text
    assert ("1 person on the list has blocked" if lang == "en" else "候补中有1人屏蔽") in text


@BOTH
def test_twenty_products_and_a_page_of_claims_with_the_longest_names_fit(lang: str) -> None:
    long = replace(LOT, offer=replace(EGGS, names={"en": "<" * 200, "zh": "&" * 200}))
    stock = Stock(stream=stream(), lots=(long,) * lotcards.PAGE, page=1, pages=3)
    shown = lotcards._stock(face(lang), stock)
    assert read(shown)
    assert len(shown.rows) == lotcards.PAGE + 2
    claim = Claimed(code="TG-7K3QF", name="<&>" * 60, quantity=9_999, claim=Claim.REVIEW)
    claims = Claims(lot=long, claims=(claim,) * 9 + (replace(claim, code=None),), number=1, pages=3)
    assert read(lotcards._claims(face(lang), TooLow(claims=claims, wanted=1)))


@BOTH
def test_where_all_is_taken_there_is_nothing_to_lower_to(lang: str) -> None:
    full = replace(LOT, offer=replace(EGGS, quantity=50, taken=50))
    shown = lotcards._claims(face(lang), TooLow(claims=Claims(lot=full, claims=(), number=0, pages=1), wanted=1))
    assert not any(str(button.data).startswith("1|lotlow") for row in shown.rows for button in row)
