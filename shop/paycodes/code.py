"""What a payer scans: the text of a QR with what it has to mean, so that a picture of it can be checked.

Never draws, never decodes.
"""

from collections.abc import Callable
from dataclasses import dataclass

# At level M the largest QR (version 40) holds 2,331 bytes, but a phone reads a picture that dense badly.
MOST_BYTES = 1000
LARGEST_VERSION = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One payment code. `read` turns the bytes of a scanned code into what a payer's app takes from them, and raises
    ValueError where it takes nothing; `means` is what that has to be."""

    method: str
    text: str
    means: object
    read: Callable[[bytes], object]
    most_version: int = LARGEST_VERSION

    def is_read_as(self, scanned: bytes) -> bool:
        """True if the bytes of a scanned picture ask for exactly this payment."""
        try:
            return scanned == self.text.encode() and self.read(scanned) == self.means
        except ValueError:
            return False
