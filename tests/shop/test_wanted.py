"""Orders in words: every phrase of the table, what may never happen, and what is suggested."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop import wanted
from shop.wanted import Close, Line, Nothing, Wanted, read
from shop.wantednames import Product
from tests.shop.wishes import CLOSE, ORDERS, PRODUCTS, TALK


def lines(outcome: object) -> dict[str, int]:
    assert isinstance(outcome, Wanted), outcome
    return {line.code: line.quantity for line in outcome.lines}


@pytest.mark.parametrize(("text", "meant"), ORDERS)
def test_an_order_is_understood(text: str, meant: dict[str, int]) -> None:
    assert lines(read(text, PRODUCTS)) == meant


@pytest.mark.parametrize(("text", "suggestions"), CLOSE)
def test_what_is_nearly_an_order_gets_a_suggestion(text: str, suggestions: tuple[str, ...]) -> None:
    assert read(text, PRODUCTS) == Close(suggestions=suggestions)


@pytest.mark.parametrize("text", TALK, ids=lambda text: text[:30])
def test_talk_is_left_alone(text: str) -> None:
    assert read(text, PRODUCTS) == Nothing()


def test_of_all_phrases_no_talk_becomes_an_order_and_none_of_the_orders_is_missed() -> None:
    """Precision and recall on the tables, each of which has to stay long enough to mean something."""
    assert len(ORDERS) + len(CLOSE) + len(TALK) >= 250
    taken = [text for text in TALK if not isinstance(read(text, PRODUCTS), Nothing)]
    found = [text for text, _ in ORDERS if isinstance(read(text, PRODUCTS), Wanted)]
    assert (len(taken), len(found)) == (0, len(ORDERS))


@pytest.mark.parametrize(("text", "meant"), ORDERS)
def test_said_to_the_stall_alone_an_order_means_the_same(text: str, meant: dict[str, int]) -> None:
    assert lines(read(text, PRODUCTS, is_private=True)) == meant


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("egg", Wanted(lines=(Line(code="EGG", quantity=1),))),
        ("honey please", Wanted(lines=(Line(code="HONEY", quantity=1),))),
        ("鸡蛋", Close(suggestions=("EGG 1",))),
        ("eggs", Close(suggestions=("EGG 1",))),
        ("来份鸡蛋", Close(suggestions=("EGG 1",))),
        ("EGG?", Close(suggestions=("EGG 1",))),
        ("I like eggs", Nothing()),
        ("+1", Nothing()),
        ("TG-7K3QF", Nothing()),
    ],
)
def test_said_to_the_stall_alone_a_bare_product_is_enough(text: str, outcome: object) -> None:
    assert read(text, PRODUCTS, is_private=True) == outcome


def test_so_many_of_nothing_named_is_clear_where_one_thing_is_sold() -> None:
    only_eggs = PRODUCTS[:1]
    assert lines(read("来三份", only_eggs)) == {"EGG": 3}
    assert read("三份", only_eggs) == Nothing()
    assert read("+1", only_eggs) == Nothing()


def test_a_name_that_two_products_share_is_asked_about() -> None:
    duck = Product(code="DUCK", names={"en": "Duck eggs", "zh": "鸭蛋"}, units={"en": "box", "zh": "盒"})
    quail = Product(code="QUAIL", names={"en": "Quail eggs", "zh": "鹌鹑蛋礼盒"}, units={"en": "box", "zh": "盒"})
    hen = Product(code="HEN", names={"en": "Hen eggs", "zh": "鹌鹑蛋"}, units={"en": "box", "zh": "盒"})
    assert read("2 eggs", [duck, quail]) == Close(suggestions=("DUCK 2", "QUAIL 2"))
    assert lines(read("2 duck eggs", [duck, quail])) == {"DUCK": 2}
    # A whole name is that product's, though another's holds it too.
    assert lines(read("鹌鹑蛋2盒", [quail, hen])) == {"HEN": 2}


def test_a_code_of_digits_is_never_a_word() -> None:
    number = Product(code="12", names={"en": "Peanuts", "zh": "花生"}, units={"en": "bag", "zh": "袋"})
    assert read("12", [number]) == Nothing()
    assert read("12 2", [number]) == Nothing()
    assert lines(read("2 peanuts", [number])) == {"12": 2}


def test_a_code_that_begins_like_another_is_told_apart_or_asked_about() -> None:
    one = Product(code="EGG", names={"en": "Hen eggs"}, units={"en": "box"})
    two = Product(code="EGG2", names={"en": "Duck eggs"}, units={"en": "box"})
    assert lines(read("EGG2", [one, two])) == {"EGG2": 1}
    assert lines(read("EGG 2", [one, two])) == {"EGG": 2}
    assert isinstance(read("EGG22", [one, two]), Close)


def test_short_codes_count_in_capitals_only() -> None:
    to = Product(code="TO", names={"en": "Tofu"}, units={"en": "block"})
    assert read("to 2", [to]) == Nothing()
    assert lines(read("TO 2", [to])) == {"TO": 2}


def test_words_are_read_whatever_is_on_sale_is_called() -> None:
    odd = [
        Product(code="X", names={"en": "X", "zh": "两盒"}, units={"en": "", "zh": ""}),
        Product(code="TWO", names={"en": "Two of a kind (2 kg)", "zh": "来三份"}, units={"en": "|", "zh": "份"}),
        Product(code="BOX", names={"en": "", "zh": ""}, units={}),
    ]
    assert lines(read("BOX 2", odd)) == {"BOX": 2}
    for text in ("X", "X 2", "两盒", "来三份", "TWO 2", "2 boxes", "(", "|"):
        read(text, odd)


pieces = st.sampled_from(
    [
        "EGG", "egg", "HONEY", "鸡蛋", "两盒", "2", "0", "x", "+", "=", "-", "1.5", "?", "和", "and", ",", " ", "\n",
        "@ann", "A1", "来", "份", "TG-7K3QF", "¥36", "20:00", "👍", "２", "ＥＧＧ", "boxes", "of", "kg", "\u200d",
        "\ufe0f", "\ud800",
    ]
)  # fmt: skip
texts = st.one_of(
    st.text(max_size=400), st.lists(pieces, max_size=14).map("".join), st.lists(pieces, max_size=10).map(" ".join)
)
codes = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=12)
anything = st.builds(
    Product,
    code=codes,
    names=st.dictionaries(st.sampled_from(["en", "zh"]), st.text(max_size=60)),
    units=st.dictionaries(st.sampled_from(["en", "zh"]), st.text(max_size=20)),
)


@given(
    text=texts, products=st.one_of(st.just(list(PRODUCTS)), st.lists(anything, max_size=6)), is_private=st.booleans()
)
def test_reading_never_raises_and_what_it_suggests_is_an_order(
    text: str, products: list[Product], is_private: bool
) -> None:
    outcome = read(text, products, is_private=is_private)
    known = {product.code for product in products}
    match outcome:
        case Wanted(lines=found):
            assert found
            assert len({line.code for line in found}) == len(found) <= wanted.MOST_LINES
            assert all(line.code in known and 1 <= line.quantity <= 9_999 for line in found)
        case Close(suggestions=suggestions):
            assert 1 <= len(suggestions) <= wanted.MOST_SUGGESTIONS
            for suggestion in suggestions:
                assert isinstance(read(suggestion, products), Wanted), suggestion
        case Nothing():
            pass


@given(st.dictionaries(st.sampled_from([product.code for product in PRODUCTS]), st.integers(1, 9_999), min_size=1))
def test_what_the_stall_prints_is_read_as_what_it_means(meant: dict[str, int]) -> None:
    printed = wanted.said([Line(code=code, quantity=quantity) for code, quantity in meant.items()])
    assert lines(read(printed, PRODUCTS)) == meant
