"""QR pictures: a scanner reads back what was put in."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator

import pytest
import zxingcpp
from PIL import Image

from handlers.qrcard import MOST_BYTES, PayloadError, QrCards


@pytest.fixture
async def cards() -> AsyncIterator[QrCards]:
    async with QrCards() as open_cards:
        yield open_cards


def scan(png: bytes) -> list[str]:
    with Image.open(io.BytesIO(png)) as image:
        return [found.text for found in zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormat.QRCode)]


@pytest.mark.parametrize(
    "payload",
    [
        "wxp://f2f0example",
        "A",
        "铜鼓土鸡蛋 ¥72.00",
        "BCD\n002\n1\nSCT\n\nFranz Mustermänn\nDE71110220330123456789\nEUR12.3",
        "x" * MOST_BYTES,
        "铜" * (MOST_BYTES // 3),
        "0" * MOST_BYTES,
        "0" * 200 + "1" * 200,
    ],
)
async def test_a_picture_scans_as_its_payload(cards: QrCards, payload: str) -> None:
    assert scan(await cards.picture(payload))[0] == payload


async def test_a_picture_survives_telegrams_compression(cards: QrCards) -> None:
    with Image.open(io.BytesIO(await cards.picture("wxp://f2f0example"))) as image:
        squeezed = io.BytesIO()
        image.convert("RGB").resize((320, 320)).save(squeezed, "JPEG", quality=60)
    assert scan(squeezed.getvalue()) == ["wxp://f2f0example"]


@pytest.mark.parametrize("payload", ["A", "x" * 120, "x" * MOST_BYTES])
async def test_a_picture_is_square_large_enough_and_has_a_quiet_zone(cards: QrCards, payload: str) -> None:
    with Image.open(io.BytesIO(await cards.picture(payload))) as image:
        width, height = image.size
        assert width == height >= 400
        assert image.crop((0, 0, width, 4 * 8)).convert("L").getextrema() == (255, 255)


@pytest.mark.parametrize("payload", ["", "x" * (MOST_BYTES + 1), "铜" * (MOST_BYTES // 3 + 1), "a\0b"])
async def test_a_payload_that_makes_no_good_code_is_refused(cards: QrCards, payload: str) -> None:
    with pytest.raises(PayloadError):
        await cards.picture(payload)


async def test_the_same_payload_is_drawn_once_even_when_many_wait(cards: QrCards) -> None:
    pictures = await asyncio.gather(*(cards.picture("wxp://f2f0example") for _ in range(20)))
    assert all(picture is pictures[0] for picture in pictures)


async def test_many_payloads_at_once_do_not_mix(cards: QrCards) -> None:
    payloads = [f"wxp://f2f0example/{number}" * (1 + number % 5) for number in range(40)]
    pictures = await asyncio.gather(*map(cards.picture, payloads))
    assert [scan(picture)[0] for picture in pictures] == payloads


async def test_no_more_is_remembered_than_allowed() -> None:
    async with QrCards(remembered=1) as cards:
        first = await cards.picture("one")
        await cards.picture("two")
        again = await cards.picture("one")
    assert again == first
    assert again is not first


async def test_closing_ends_the_thread_and_may_be_done_twice() -> None:
    cards = QrCards()
    await cards.picture("one")
    cards.close()
    cards.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("qrcard")]
