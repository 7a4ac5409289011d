"""What files are, by their first bytes, against what they say they are."""

import pytest

from shop.files import Content, content_of, is_as_claimed
from tests.playground.pictures import png

JPEG, PDF = b"\xff\xd8\xff\xe0rest", b"%PDF-1.7\nrest"
HEIC, AVIF = b"\0\0\0\x18ftypheic\0\0\0\0", b"\0\0\0\x1cftypavif\0\0\0\0"
WEBP, WAVE = b"RIFF\x10\0\0\0WEBPVP8 ", b"RIFF\x10\0\0\0WAVEfmt "
FILM, PROGRAM = b"\0\0\0\x18ftypmp42\0\0\0\0", b"MZ\x90\0"


@pytest.mark.parametrize("data", [png(), JPEG, HEIC, AVIF, WEBP, b"GIF89a", b"II*\0", b"MM\0*"])
def test_pictures_of_phones_and_screens_are_known(data: bytes) -> None:
    assert content_of(data) is Content.PICTURE


@pytest.mark.parametrize("data", [b"", b"\xff", FILM, PROGRAM, WAVE, b"PK\x03\x04", b"<html>%PDF-1.7", b" %PDF-1.7"])
def test_everything_else_is_neither_picture_nor_pdf(data: bytes) -> None:
    assert content_of(data) is Content.OTHER
    assert not is_as_claimed(Content.OTHER, None, None)


@pytest.mark.parametrize(
    ("data", "name", "mime", "is_good"),
    [
        (PDF, "receipt.pdf", "application/pdf", True),
        (PDF, "Receipt.PDF", None, True),
        (PDF, None, None, True),
        (PDF, "receipt", "application/octet-stream", True),
        (PDF, "receipt.jpg", "application/pdf", False),
        (PDF, None, "image/jpeg", False),
        (png(), "receipt.pdf", None, False),
        (png(), "shot.jpg", "image/png", True),
        (HEIC, "IMG_1.HEIC", "image/heic", True),
        (PROGRAM, "receipt.pdf", "application/pdf", False),
        (PROGRAM, "tool.exe", None, False),
    ],
)
def test_a_claim_is_held_against_the_bytes(data: bytes, name: str | None, mime: str | None, is_good: bool) -> None:
    assert is_as_claimed(content_of(data), name, mime) is is_good
