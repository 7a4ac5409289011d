"""Pictures in tests: to send, and to read."""

import io

from PIL import Image

from playground.files import Upload


def uploads(*pictures: bytes) -> list[Upload]:
    """Pictures as a person picks them for an album."""
    return [Upload("photo.jpg", data) for data in pictures]


def opened_png(data: bytes) -> Image.Image:
    """The decoded picture."""
    return Image.open(io.BytesIO(data)).convert("RGB")
