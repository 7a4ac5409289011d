"""How a catalogue file's card, a change and an album read, in both languages and at their longest."""

import csv
import io
from dataclasses import replace

import pytest

from handlers import changing, importcards, pictures
from handlers.changing import Told
from handlers.pictures import Album
from handlers.wording import Attachment, Rendered
from shop.catalogue import BadRow, Reason
from storage.albums import Pasted
from storage.changes import Change, Field, Value
from storage.imports import Import, SentFile, State
from storage.previews import PARTS, Preview, Shift
from tests.handlers.faces import face, read, words
from tests.handlers.test_hosting import BOTH
from tests.handlers.test_offering import EGG

PREVIEW = Preview(
    created=3,
    changed=2,
    unchanged=1,
    archived=1,
    suppliers_created=2,
    parts=dict.fromkeys(PARTS, 2),
    first=(
        Shift(code="EGG", price=(3600, 3800), stock=(500, None)),
        Shift(code="RICE", price=None, stock=(None, 0)),
    ),
    digest="d",
)
FILE = Import(
    id=7,
    person_id=2001,
    file=SentFile(file_id="f", name="goods <b>.xlsx"),
    state=State.OFFERED,
    bad=(),
    preview=PREVIEW,
)
LONG = Reason("import.reason.code", {"found": "<" * 40})


def card(lang: str, view: Import, kind: str = "import_card") -> Rendered:
    shown = importcards.KINDS[kind].show(face(lang), view)
    assert isinstance(shown, Rendered)
    return shown


@BOTH
def test_a_card_tells_what_the_file_would_change(lang: str) -> None:
    text = read(card(lang, FILE))
    assert "goods <b>.xlsx" in text
    for part in ("EGG", "¥36.00 → ¥38.00", "500 →", "→ 0"):
        assert part in text
    assert ("6 products" if lang == "en" else "6件商品") in text
    assert [button.data for button in card(lang, FILE).rows[0]] == ["1|importgo|7", "1|importno|7"]


@BOTH
def test_one_product_is_one_on_the_button(lang: str) -> None:
    one = replace(PREVIEW, created=1, changed=0, unchanged=0)
    label = card(lang, replace(FILE, preview=one)).rows[0][0].label
    assert label.endswith("1 product" if lang == "en" else "这1件商品")


@BOTH
@pytest.mark.parametrize("reasons", [1, 30])
def test_thousands_of_bad_rows_fit_and_are_counted(lang: str, reasons: int) -> None:
    bad = tuple(BadRow(number, (LONG,) * reasons) for number in range(2, 5_002))
    shown = card(lang, replace(FILE, bad=bad))
    assert "5,000" in read(shown)
    assert shown.rows[1][0].data == "1|importrows|7"
    document = card(lang, replace(FILE, bad=bad), "import_rows")
    assert read(document)
    assert isinstance(document.media, Attachment)
    assert document.media.name == "goods <b>-rows.csv"
    listed = list(csv.reader(io.StringIO(document.media.content.decode("utf-8-sig"))))
    assert len(listed) == 5_001
    assert listed[1][0] == "2"


@BOTH
@pytest.mark.parametrize("state", list(State))
def test_every_state_of_a_file_has_its_words(lang: str, state: State) -> None:
    shown = card(lang, replace(FILE, state=state, bad=(BadRow(3, (LONG,)),)))
    assert "goods" in read(shown)
    buttons = {button.data for row in shown.rows for button in row}
    assert ("1|importgo|7" in buttons) == (state is State.OFFERED)
    assert ("1|importagain|7" in buttons) == (state is State.UNREAD)


@BOTH
@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        (Field.NAMES, {"en": "Eggs", "zh": "鸡蛋"}, {"en": "<Eggs>", "zh": "土鸡蛋"}),
        (Field.PRICE, 3600, 3800),
        (Field.STOCK, 500, None),
        (Field.PHOTO, None, "photo-1"),
        (Field.PHOTO, "photo-1", None),
        (Field.ARCHIVED, False, True),
    ],
)
def test_every_change_is_told_and_so_is_its_undoing(lang: str, field: Field, before: Value, after: Value) -> None:
    change = Change(id=4, product_id=4, field=field, before=before, after=after, is_undone=False)
    show = changing.KINDS["product_changed"].show
    made, undone = (
        show(face(lang), Told(change=replace(change, is_undone=is_undone), product=EGG))
        for is_undone in (False, True)
    )
    assert isinstance(made, Rendered)
    assert isinstance(undone, Rendered)
    assert read(made) != read(undone)
    assert [button.data for button in made.rows[0]] == ["1|undo|4", "1|product|4"]
    assert [button.data for button in undone.rows[0]] == ["1|product|4"]


@BOTH
def test_an_album_of_ten_odd_captions_fits(lang: str) -> None:
    strange = [(Pasted(caption="<" * 30, product_id=None, is_undone=False), None)] * 9
    view = Album(album="77", pictures=(*strange, (Pasted(caption="EGG", product_id=4, is_undone=False), EGG)))
    shown = pictures.KINDS["album_card"].show(face(lang), view)
    assert isinstance(shown, Rendered)
    text = read(shown)
    assert "EGG" in text
    assert text.count("<" * 30) == 1
    assert words(shown) == [["Undo" if lang == "en" else "撤销"]] or shown.rows[0][0].data == "1|undoalbum|77"


@BOTH
def test_a_hundred_bad_addresses_fit(lang: str) -> None:
    found = [(f"P{number}", "https://example.org/" + "x" * 980) for number in range(100)]
    shown = pictures.KINDS["pictures_refused"].show(face(lang), found)
    assert isinstance(shown, Rendered)
    assert "P0" in read(shown)
