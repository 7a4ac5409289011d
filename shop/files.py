"""What a file is by its first bytes, held against what its name and type claim.

Looks at the beginning only; nothing is opened, unpacked or run.
"""

from enum import StrEnum

_JPEG, _PNG, _GIF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8"
_TIFF = (b"II*\0", b"MM\0*")
# ISO/IEC 23008-12 and AVIF: brands of the `ftyp` box that stand for a picture.
_HEIF = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})
_PICTURE_ENDINGS = (
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".tif", ".tiff", ".heic", ".heif", ".avif",
)  # fmt: skip


class Content(StrEnum):
    """What cashiers can look at, and everything else."""

    PICTURE = "picture"
    PDF = "pdf"
    OTHER = "other"


def content_of(data: bytes) -> Content:
    """What the file is."""
    if data.startswith(b"%PDF-"):
        return Content.PDF
    is_heif = data[4:8] == b"ftyp" and data[8:12] in _HEIF
    is_webp = data.startswith(b"RIFF") and data[8:12] == b"WEBP"
    if is_heif or is_webp or data.startswith((_JPEG, _PNG, _GIF, *_TIFF)):
        return Content.PICTURE
    return Content.OTHER


def is_as_claimed(content: Content, name: str | None, mime: str | None) -> bool:
    """False for what is neither picture nor PDF, and for one of them that says it is the other."""
    return content is not Content.OTHER and _claims(name, mime) <= {content}


def _claims(name: str | None, mime: str | None) -> set[Content]:
    ending, kind = (name or "").strip().lower(), (mime or "").strip().lower()
    claims = set()
    if ending.endswith(".pdf") or kind in ("application/pdf", "application/x-pdf"):
        claims.add(Content.PDF)
    if ending.endswith(_PICTURE_ENDINGS) or kind.startswith("image/"):
        claims.add(Content.PICTURE)
    return claims
