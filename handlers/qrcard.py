"""QR pictures of payment codes: text in, PNG out, for a phone's camera and nothing else (no logo, no rounding).

Renders in one worker thread: qrcode 8.2 is not safe in several (its issue 421), and a picture takes milliseconds the
event loop has no time for. Never knows what the text means.
"""

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from types import TracebackType
from typing import Final, Self

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.pil import PilImage
from qrcode.util import QRData

# Level M takes 2,331 bytes, but so dense a picture fails on a phone's screen.
MOST_BYTES = 1000
_BYTE_MODE: Final = 4  # qrcode.util.MODE_8BIT_BYTE, as the literal its signature asks for
_BORDER = 4  # modules of quiet zone, ISO/IEC 18004
_LEAST_SIDE = 480  # pixels; Telegram scales smaller photos up and blurs them
_LEAST_BOX = 8  # pixels a module, so that JPEG compression on the way does no harm


class PayloadError(ValueError):
    """The text is empty, holds a NUL, or is longer than a QR that phones read well."""


class QrCards:
    """Draws and remembers pictures. Owns a thread from the first picture until `close`."""

    def __init__(self, remembered: int = 256) -> None:
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="qrcard")
        # Asked only from the worker, so two people waiting for one payload cost one drawing.
        self._draw = lru_cache(maxsize=remembered)(draw)

    async def picture(self, payload: str) -> bytes:
        """PNG of the payload's QR, the same bytes for the same payload. Raises PayloadError."""
        size = len(payload.encode())
        if not 0 < size <= MOST_BYTES:
            raise PayloadError(f"a QR takes 1 to {MOST_BYTES} bytes, not {size}")
        if "\0" in payload:
            raise PayloadError("a QR cannot hold a NUL character")
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._draw, payload)

    def close(self) -> None:
        """Finish the picture being drawn, drop those waiting, end the thread. May be called twice."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def draw(payload: str) -> bytes:
    """PNG bytes: plain squares, level M, quiet zone of four modules. Not for several threads at once."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=_BORDER)
    # Byte mode for everything: in number mode a long run of zeros makes a block of nothing but zeros, and
    # qrcode 8.2 fails on those with "glog(0)" (its issue 330). "0" as a byte is no zero.
    code.add_data(QRData(payload.encode(), mode=_BYTE_MODE))
    code.make(fit=True)
    side = code.modules_count + 2 * _BORDER
    code.box_size = max(_LEAST_BOX, -(-_LEAST_SIDE // side))
    image = code.make_image(image_factory=PilImage)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
