"""Reading pictures in tests."""

import io

from PIL import Image


def opened_png(data: bytes) -> Image.Image:
    """The decoded picture."""
    return Image.open(io.BytesIO(data)).convert("RGB")
