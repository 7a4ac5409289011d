"""QR pictures: a scanner reads back what was put in, and what it does not read so never leaves."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handlers.qrcard import MisreadError, PayloadError, QrCards, draw, scan
from shop.paycodes import code_of
from shop.paycodes.code import MOST_BYTES, Code

SEPA = {"kind": "epc", "name": "SEPA", "payee": "铜鼓合作社 Müller", "iban": "DE89370400440532013000"}


@pytest.fixture
async def cards() -> AsyncIterator[QrCards]:
    async with QrCards() as open_cards:
        yield open_cards


def plain(text: str) -> Code:
    """A code that is shown as it is."""
    return Code(method="Wallet", text=text, means=text, read=bytes.decode)


def transfer(payee: str = SEPA["payee"], cents: int = 7200, order: str = "TG-7K3QF") -> Code:
    code = code_of({**SEPA, "payee": payee}, cents, "EUR", order)
    assert code is not None
    return code


@pytest.mark.parametrize(
    "text",
    [
        "wxp://f2f0example",
        "A",
        "铜鼓土鸡蛋 ¥72.00",
        "é",
        "ÿþ",
        "0042",
        "0" * MOST_BYTES,
        "0" * 200 + "1" * 200,
        "x" * MOST_BYTES,
        "铜" * (MOST_BYTES // 3),
    ],
)
async def test_a_picture_scans_as_its_text_byte_for_byte(cards: QrCards, text: str) -> None:
    assert scan(await cards.picture(plain(text))) == [text.encode()]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=120))
def test_any_text_is_read_back(text: str) -> None:
    assert scan(draw(plain(text))) == [text.encode()]


@settings(max_examples=40, deadline=None)
@given(
    st.text(st.sampled_from("铜鼓合作社Müller & Söhneéç'-"), min_size=1, max_size=60).map(str.strip).filter(bool),
    st.integers(1, 99_999_999_999),
)
def test_any_transfer_is_read_back_and_small_enough(payee: str, cents: int) -> None:
    code = transfer(payee, cents)
    picture = draw(code)
    (found,) = scan(picture)
    assert code.is_read_as(found)
    with Image.open(io.BytesIO(picture)) as image:
        (seen,) = zxingcpp.read_barcodes(image)
    assert seen.ec_level == "M"


async def test_the_fullest_transfer_fits_its_largest_code(cards: QrCards) -> None:
    code = plain("x" * 331)
    assert scan(await cards.picture(replace(code, most_version=13))) == [b"x" * 331]
    with pytest.raises(PayloadError, match="version 14"):
        await cards.picture(replace(plain("x" * 332), most_version=13))


async def test_a_picture_survives_telegrams_compression(cards: QrCards) -> None:
    with Image.open(io.BytesIO(await cards.picture(transfer()))) as image:
        squeezed = io.BytesIO()
        image.convert("RGB").resize((320, 320)).save(squeezed, "JPEG", quality=60)
    assert [transfer().is_read_as(found) for found in scan(squeezed.getvalue())] == [True]


@pytest.mark.parametrize("text", ["A", "x" * 120, "x" * MOST_BYTES])
async def test_a_picture_is_square_large_enough_and_has_a_quiet_zone(cards: QrCards, text: str) -> None:
    with Image.open(io.BytesIO(await cards.picture(plain(text)))) as image:
        width, height = image.size
        assert width == height >= 400
        assert image.crop((0, 0, width, 4 * 8)).convert("L").getextrema() == (255, 255)


@pytest.mark.parametrize("text", ["", "x" * (MOST_BYTES + 1), "铜" * (MOST_BYTES // 3 + 1), "a\0b"])
async def test_a_text_that_makes_no_good_code_is_refused(cards: QrCards, text: str) -> None:
    with pytest.raises(PayloadError):
        await cards.picture(plain(text))


def swapped(code: Code) -> bytes:
    """Draws somebody else's code."""
    return draw(replace(code, text=code.text.replace("f2f0example", "f2f0swapped").replace("EUR72", "EUR71")))


def blank(_code: Code) -> bytes:
    out = io.BytesIO()
    Image.new("L", (495, 495), 255).save(out, "PNG")
    return out.getvalue()


def two(code: Code) -> bytes:
    """The right code with another one beside it: a camera takes either."""
    with Image.open(io.BytesIO(draw(code))) as one, Image.open(io.BytesIO(draw(plain("other")))) as other:
        both = Image.new("L", (one.width + other.width, max(one.height, other.height)), 255)
        both.paste(one.convert("L"), (0, 0))
        both.paste(other.convert("L"), (one.width, 0))
    out = io.BytesIO()
    both.save(out, "PNG")
    return out.getvalue()


def fails(_code: Code) -> bytes:
    raise ZeroDivisionError("glog(0)")


@pytest.mark.parametrize("drawing", [swapped, blank, two, fails, lambda _code: b"no picture"])
@pytest.mark.parametrize("code", [plain("wxp://f2f0example"), transfer()], ids=["static", "epc"])
async def test_a_picture_that_does_not_read_as_its_code_is_never_handed_out(code: Code, drawing: object) -> None:
    async with QrCards(draw=drawing) as cards:  # type: ignore[arg-type]
        for _ in range(2):  # nor remembered
            with pytest.raises(MisreadError):
                await cards.picture(code)


async def test_a_text_that_means_another_payment_is_never_handed_out(cards: QrCards) -> None:
    wrong = replace(transfer(), means=transfer(cents=7300).means)
    with pytest.raises(MisreadError):
        await cards.picture(wrong)


async def test_the_same_code_is_drawn_once_even_when_many_wait(cards: QrCards) -> None:
    pictures = await asyncio.gather(*(cards.picture(plain("wxp://f2f0example")) for _ in range(20)))
    assert all(picture is pictures[0] for picture in pictures)


async def test_many_codes_at_once_do_not_mix(cards: QrCards) -> None:
    texts = [f"wxp://f2f0example/{number}" * (1 + number % 5) for number in range(40)]
    pictures = await asyncio.gather(*(cards.picture(plain(text)) for text in texts))
    assert [scan(picture) for picture in pictures] == [[text.encode()] for text in texts]


async def test_no_more_is_remembered_than_allowed() -> None:
    async with QrCards(remembered=1) as cards:
        first = await cards.picture(plain("one"))
        await cards.picture(plain("two"))
        again = await cards.picture(plain("one"))
    assert again == first
    assert again is not first


async def test_closing_ends_the_thread_and_may_be_done_twice() -> None:
    cards = QrCards()
    await cards.picture(plain("one"))
    cards.close()
    cards.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("qrcard")]
