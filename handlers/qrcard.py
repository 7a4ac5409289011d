"""QR pictures of payment codes: text in, PNG out, for a phone's camera and nothing else (no logo, no rounding).

Every picture is read back before it leaves, as a payer's phone would read it: one that does not say exactly what was
asked for is never handed out. Draws and reads in one worker thread: qrcode 8.2 is not safe in several (its issue
421), and a picture takes milliseconds the event loop has no time for. Never knows what the text means.
"""

import asyncio
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from types import TracebackType
from typing import Final, Self

import qrcode
import zxingcpp
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage
from qrcode.util import QRData

from shop.paycodes.code import MOST_BYTES, Code

_BYTE_MODE: Final = 4  # qrcode.util.MODE_8BIT_BYTE, as the literal its signature asks for
_BORDER = 4  # modules of quiet zone, ISO/IEC 18004
_LEAST_SIDE = 480  # pixels; Telegram scales smaller photos up and blurs them
_LEAST_BOX = 8  # pixels a module, so that JPEG compression on the way does no harm


class NoPictureError(Exception):
    """There is no picture of this code that may be shown."""


class PayloadError(NoPictureError):
    """The text is empty, holds a NUL, or is longer than a QR that phones read well."""


class MisreadError(NoPictureError):
    """The picture that was drawn does not read as the code it is to show."""


def draw(code: Code) -> bytes:
    """PNG bytes: plain squares, level M, quiet zone of four modules. Not for several threads at once.

    Raises PayloadError if it takes a larger QR than the code may be.
    """
    drawing = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=_BORDER)
    # Byte mode for everything: in number mode a long run of zeros makes a block of nothing but zeros, and
    # qrcode 8.2 fails on those with "glog(0)" (its issue 330). "0" as a byte is no zero.
    drawing.add_data(QRData(code.text.encode(), mode=_BYTE_MODE))
    drawing.make(fit=True)
    if drawing.version > code.most_version:
        raise PayloadError(f"it takes a QR of version {drawing.version}; this kind of code has {code.most_version}")
    side = drawing.modules_count + 2 * _BORDER
    drawing.box_size = max(_LEAST_BOX, -(-_LEAST_SIDE // side))
    image = drawing.make_image(image_factory=PilImage)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def scan(picture: bytes) -> list[bytes]:
    """What every QR in a picture holds, as the bytes themselves: a reader's text is a guess at their charset."""
    # Made anew each time: kept by the module, it would outlive the binding and be reported as a leak at the exit.
    only_qr = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    with Image.open(io.BytesIO(picture)) as image:
        found = zxingcpp.read_barcodes(image.convert("L"), formats=only_qr)
    return [bytes(each.bytes) for each in found]


class QrCards:
    """Draws, reads back and remembers pictures. Owns a thread from the first picture until `close`."""

    def __init__(self, remembered: int = 256, draw: Callable[[Code], bytes] = draw) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="qrcard")
        self._draw = draw
        # Asked only from the worker, so two people waiting for one payload cost one drawing. A misread is not kept.
        self._checked = lru_cache(maxsize=remembered)(self._draw_and_read)

    async def picture(self, code: Code) -> bytes:
        """PNG of the code, the same bytes for the same code. Raises PayloadError or MisreadError."""
        size = len(code.text.encode())
        if not 0 < size <= MOST_BYTES:
            raise PayloadError(f"a QR takes 1 to {MOST_BYTES} bytes, not {size}")
        if "\0" in code.text:
            raise PayloadError("a QR cannot hold a NUL character")
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._checked, code)

    def _draw_and_read(self, code: Code) -> bytes:
        try:
            picture = self._draw(code)
            found = scan(picture)
        except PayloadError:
            raise
        except Exception as error:
            # Whatever a drawing library stumbles over must not keep the rest of the message from the buyer.
            raise MisreadError(f"drawing failed: {type(error).__name__}") from error
        if len(found) != 1 or not code.is_read_as(found[0]):
            raise MisreadError(MisreadError.__doc__)
        return picture

    def close(self) -> None:
        """Finish the picture being drawn, drop those waiting, end the thread. May be called twice."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
