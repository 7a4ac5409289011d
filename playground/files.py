"""Files people and bots sent: their bytes, their ids, and whether a picture is one. Touches no disk, no network.

A `file_id` belongs to one bot and differs from message to message; only `file_unique_id` says "the same file".
Each size of a photo has ids of its own, but all sizes hold the full bytes: nothing here scales pictures.
"""

import itertools
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from playground.refusals import bad_request

MEGABYTE = 1024 * 1024
PHOTO_BYTES = 10 * MEGABYTE
DOWNLOAD_BYTES = 20 * MEGABYTE
UPLOAD_BYTES = 50 * MEGABYTE
WEB_PHOTO_BYTES = 5 * MEGABYTE
SIZES = (("s", 90), ("m", 320), ("x", 800), ("y", 1280), ("w", 2560))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came with a request."""

    name: str
    data: bytes
    mime: str = "application/octet-stream"

    def __repr__(self) -> str:
        return f"Upload({self.name!r}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file as Telegram keeps it. `width` and `height` are 0 for a document."""

    unique: str
    kind: str
    data: bytes
    name: str
    mime: str
    width: int = 0
    height: int = 0

    @property
    def path(self) -> str:
        """Where getFile says it is."""
        if self.kind == "photo":
            return f"photos/{self.unique}.{'png' if self.mime == 'image/png' else 'jpg'}"
        dot = self.name.rfind(".")
        return f"documents/{self.unique}{self.name[dot:] if dot > 0 else ''}"

    @property
    def photo_sizes(self) -> list[tuple[str, int, int]]:
        """(letter, width, height) from a thumbnail up to the full picture, at least two."""
        longest = max(self.width, self.height)
        fitting = [(letter, side) for letter, side in SIZES if side < longest] or [("s", longest)]
        sizes = [
            (letter, max(1, self.width * side // longest), max(1, self.height * side // longest))
            for letter, side in fitting[:3]
        ]
        return [*sizes, ("z", self.width, self.height)]


class FileStore:
    """All files of the playground, by their unique id."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}
        self._paths: dict[str, StoredFile] = {}
        self._numbers = itertools.count(1)

    def add_photo(self, upload: Upload) -> StoredFile:
        """Keep a picture. Refuses what is no PNG or JPEG, too big, or of impossible shape."""
        if len(upload.data) > PHOTO_BYTES:
            raise bad_request(
                f"file of size {len(upload.data)} bytes is too big for a photo; "
                f"the maximum size is {PHOTO_BYTES} bytes"
            )
        found = picture(upload.data)
        if found is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        mime, width, height = found
        if width + height > 10_000 or max(width, height) > 20 * min(width, height):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        return self._keep("photo", upload, mime=mime, width=width, height=height)

    def add_document(self, upload: Upload) -> StoredFile:
        if len(upload.data) > UPLOAD_BYTES:
            raise bad_request("file is too big")
        return self._keep("document", upload, mime=upload.mime)

    def _keep(self, kind: str, upload: Upload, *, mime: str, width: int = 0, height: int = 0) -> StoredFile:
        if not upload.data:
            raise bad_request("file must be non-empty")
        unique = f"AQAD{next(self._numbers):08x}"
        stored = StoredFile(
            unique=unique, kind=kind, data=upload.data, name=upload.name, mime=mime, width=width, height=height
        )
        self._files[unique] = stored
        self._paths[stored.path] = stored
        return stored

    def find(self, file_id: str, bot_id: int) -> StoredFile:
        """The file a bot names by its own `file_id`; another bot's id is as wrong as an invented one."""
        kind, _, rest = file_id.partition("_")
        parts = rest.split("_")
        if kind not in ("AgAC", "BQAC") or len(parts) != 4 or parts[2] != str(bot_id):
            raise bad_request("wrong file identifier/HTTP URL specified")
        stored = self._files.get(parts[0])
        if stored is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return stored

    def by_unique(self, unique: str) -> StoredFile | None:
        return self._files.get(unique)

    def by_path(self, path: str) -> StoredFile | None:
        return self._paths.get(path)


def describe_photo(stored: StoredFile, bot_id: int, salt: int) -> list[dict[str, Any]]:
    """The array of PhotoSize a bot sees, smallest first."""
    return [
        {
            "file_id": f"AgAC_{stored.unique}_{letter}_{bot_id}_{salt}",
            "file_unique_id": f"{stored.unique}{letter}",
            "width": width,
            "height": height,
            "file_size": len(stored.data) if letter == "z" else max(1, len(stored.data) // 4),
        }
        for letter, width, height in stored.photo_sizes
    ]


def describe_document(stored: StoredFile, bot_id: int, salt: int) -> dict[str, Any]:
    """The Document a bot sees."""
    return {
        "file_id": f"BQAC_{stored.unique}_d_{bot_id}_{salt}",
        "file_unique_id": stored.unique,
        "file_name": stored.name,
        "mime_type": stored.mime,
        "file_size": len(stored.data),
    }


def picture(data: bytes) -> tuple[str, int, int] | None:
    """(mime, width, height) of a complete PNG or JPEG, else None."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png(data)
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    return None


def _png(data: bytes) -> tuple[str, int, int] | None:
    at, shape, pixels = 8, (0, 0), False
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if end + 4 > len(data) or zlib.crc32(data[at + 4 : end]) != struct.unpack_from(">I", data, end)[0]:
            return None
        if kind == b"IHDR" and length >= 8:
            shape = struct.unpack_from(">II", data, at + 8)
        pixels |= kind == b"IDAT"
        if kind == b"IEND":
            return ("image/png", *shape) if pixels and min(shape) > 0 else None
        at = end + 4
    return None


def _jpeg(data: bytes) -> tuple[str, int, int] | None:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or 0xD0 <= marker <= 0xD7:
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC) and at + 9 <= len(data):
            height, width = struct.unpack_from(">HH", data, at + 5)
            complete = data.rstrip(b"\0").endswith(b"\xff\xd9") and min(width, height) > 0
            return ("image/jpeg", width, height) if complete else None
        at += 2 + length
    return None
