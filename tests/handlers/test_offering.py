"""The catalogue, the picker and the prefilled card, in both languages."""

from dataclasses import replace

import pytest

from handlers import listing, offering
from handlers.listing import ProductCard
from handlers.offering import Lot, Picker
from handlers.wording import FileId, Rendered, WebPicture
from shop.holds import Hold
from storage.catalogue import Page
from storage.dialogs import Dialog
from storage.products import Product
from storage.suppliers import Supplier
from tests.clock import NOON
from tests.handlers.faces import face, read, words
from tests.handlers.test_hosting import BOTH, a_stream

EGG = Product(
    id=4,
    code="EGG",
    names={"en": "Free-range eggs", "zh": "散养土鸡蛋"},
    units={"en": "box of 20", "zh": "20枚装"},
    base_units={"en": "egg", "zh": "枚"},
    descriptions={"en": "From <the> hills", "zh": "山间<散养>"},
    pack_milli=20_000,
    price=3600,
    currency="CNY",
    stock=500,
    limit_per_buyer=10,
    supplier_id=1,
    supplier_name="Hill & Farm",
    ships_within_days=3,
    picture=None,
    photo=None,
)
FARM = Supplier(id=1, name="Hill & Farm", county="Tonggu", households=212, is_designated=True)
LABEL = {"en": "EGG · Free-range eggs · ¥36.00", "zh": "EGG · 散养土鸡蛋 · ¥36.00"}


def page_of(*products: Product, number: int = 0, pages: int = 1) -> Page:
    return Page(products=products, number=number, pages=pages, total=len(products) + 8 * (pages - 1))


def show(kind: str, lang: str, view: object) -> Rendered:
    kinds = {**listing.KINDS, **offering.KINDS}
    shown = kinds[kind].show(face(lang), view)
    assert isinstance(shown, Rendered)
    return shown


def picker(lang: str, page: Page, *, empty: bool = False) -> Rendered:
    return show("picker", lang, Picker(stream=a_stream(), page=page, is_catalogue_empty=empty))


def card(lang: str, step: str = "card", quantity: int | None = 500) -> Rendered:
    dialog = Dialog(id=3, person=2001, kind="offering", step=step, data={})
    lot = Lot(dialog=dialog, stream=a_stream(), product=EGG, quantity=quantity, price=3500, hold=Hold.ON_ORDER)
    return offering.STEPS[f"offering.{step}"].ask(face(lang), lot)


@BOTH
def test_the_picker_has_a_button_for_each_product(lang: str) -> None:
    shown = picker(lang, page_of(EGG))
    assert read(shown)
    assert words(shown)[0] == [LABEL[lang]]
    assert shown.rows[0][0].data == "1|addp|7|4"
    assert shown.rows[-1][0].data == "1|desk|7"


@BOTH
def test_the_picker_turns_its_pages(lang: str) -> None:
    middle = picker(lang, page_of(EGG, number=1, pages=3))
    assert [button.data for button in middle.rows[1]] == ["1|pick|7|0", "1|pick|7|2"]
    assert len(picker(lang, page_of(EGG)).rows) == 2


@BOTH
def test_a_picker_with_nothing_to_pick_says_why(lang: str) -> None:
    assert "/import" in read(picker(lang, page_of(), empty=True))
    assert "Tonggu <spring> & stream" in read(picker(lang, page_of()))


@pytest.mark.parametrize(
    ("lang", "buttons", "packs"),
    [
        ("en", [["Quantity", "Price"], ["Hold on order"], ["Add", "Desk"]], "500 boxes"),
        ("zh", [["数量", "价格"], ["下单留货"], ["添加", "工作台"]], "500份"),
    ],
)
def test_the_card_is_prefilled_and_can_be_added_at_once(lang: str, buttons: list[list[str]], packs: str) -> None:
    shown = card(lang)
    text = read(shown)
    for part in ("EGG", EGG.names[lang], packs, "¥35.00", "Hill & Farm"):
        assert part in text
    assert words(shown) == buttons
    taps = [button.data for row in shown.rows for button in row]
    assert taps == ["1|qty|3", "1|price|3", "1|hold|3|first_paid", "1|add|3", "1|desk|7"]


@BOTH
def test_quantity_and_price_are_asked_with_what_they_are_and_an_example(lang: str) -> None:
    quantity, price = read(card(lang, "quantity", None)), read(card(lang, "price"))
    assert "500" in quantity
    assert ("unlimited" if lang == "en" else "不限") in quantity
    assert "¥35.00" in price
    assert "36.00" in price


@BOTH
def test_the_catalogue_lists_code_name_price_and_stock(lang: str) -> None:
    shown = show("products", lang, page_of(EGG, replace(EGG, id=5, code="RICE", stock=None), pages=2))
    text = read(shown)
    assert LABEL[lang] in text
    assert ("500 boxes" if lang == "en" else "500份") in text
    assert ("unlimited" if lang == "en" else "不限量") in text
    assert words(shown)[0] == [LABEL[lang]]
    assert [button.data for button in shown.rows[-2]] == ["1|products|1"]
    assert [button.data for button in shown.rows[-1]] == ["1|pnew"]


@BOTH
def test_an_empty_catalogue_says_how_it_is_filled(lang: str) -> None:
    assert "/import" in read(show("products", lang, page_of()))


@BOTH
def test_a_products_card_tells_all_that_is_known(lang: str) -> None:
    shown = show("product", lang, ProductCard(product=EGG, supplier=FARM, page=2))
    text = read(shown)
    for part in ("EGG", *EGG.names.values(), EGG.units[lang], "¥36.00", "10", "3", "Hill & Farm", "Tonggu", "212"):
        assert part in text
    assert EGG.descriptions[lang] in text
    assert [[button.data for button in row] for row in shown.rows] == [
        ["1|pedit|4|names", "1|pedit|4|price", "1|pedit|4|stock"],
        ["1|pedit|4|photo", "1|shelve|4"],
        ["1|products|2"],
    ]
    assert shown.media is None


@BOTH
def test_a_product_with_a_photo_shows_it_and_its_longest_texts_fit_the_caption(lang: str) -> None:
    long = {one: letter * 500 for one, letter in (("en", "x"), ("zh", "蛋"))}
    names = {one: letter * 60 for one, letter in (("en", "n"), ("zh", "名"))}
    product = replace(EGG, descriptions=long, names=names, photo="photo-1")
    farm = replace(FARM, name="F" * 80, county="C" * 60)
    shown = show("product", lang, ProductCard(product=product, supplier=farm, page=0))
    assert shown.media == FileId(file_id="photo-1")
    assert read(shown)


@BOTH
def test_an_archived_product_says_so_and_leads_back_to_the_archive(lang: str) -> None:
    view = ProductCard(product=replace(EGG, archived_at=1), supplier=FARM, page=1)
    shown = show("product", lang, view)
    assert "🗄" in read(shown)
    assert [button.data for row in shown.rows[1:] for button in row] == [
        "1|pedit|4|photo",
        "1|unshelve|4",
        "1|archive|1",
    ]


@BOTH
def test_a_product_with_an_address_shows_it_until_telegram_has_refused_it(lang: str) -> None:
    address = "https://example.org/egg.jpg"
    pictured = replace(EGG, picture=address)
    assert show("product", lang, ProductCard(product=pictured, supplier=FARM, page=0)).media == WebPicture(
        product=4, address=address
    )
    refused = show(
        "product", lang, ProductCard(product=replace(pictured, picture_refused_at=NOON), supplier=FARM, page=0)
    )
    assert refused.media is None
    assert "⚠️" in read(refused)


@BOTH
def test_what_is_archived_is_listed_apart(lang: str) -> None:
    page = replace(page_of(EGG), archived=3)
    assert [button.data for button in show("products", lang, page).rows[-1]] == ["1|pnew", "1|archive|0"]
    shown = show("archive", lang, replace(page_of(EGG, pages=2), archived=0))
    assert [button.data for button in shown.rows[-2]] == ["1|archive|1"]
    assert shown.rows[-1][0].data == "1|products|0"
    assert show("archive", lang, page_of()).rows[-1][0].data == "1|products|0"


@BOTH
def test_what_is_not_known_of_a_product_is_left_out(lang: str) -> None:
    bare = replace(EGG, limit_per_buyer=None, ships_within_days=None, descriptions={}, stock=None)
    farm = replace(FARM, county="", households=None)
    text = read(show("product", lang, ProductCard(product=bare, supplier=farm, page=0)))
    assert "None" not in text
    assert "212" not in text
