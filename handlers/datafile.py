"""The file with everything about a person: a ZIP of `data.json` and the files they sent, made when it is sent.

Owns its form. What is in it comes from `storage`; it is packed beside the event loop, a file at a time, and none
of it is kept.
"""

import asyncio
import io
import json
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from storage import copies, dossiers
from storage.copies import File, Part
from storage.exports import Record
from storage.store import Store

NAME = "data.json"


async def packed(store: Store, person: int, part: Part, now: int) -> bytes | None:
    """The bytes of one file of a person's copy; None if nothing is kept about them (any more)."""
    out = io.BytesIO()
    return out.getvalue() if await write(store, person, part, now, out) else None


async def write(store: Store, person: int, part: Part, now: int, out: IO[bytes]) -> bool:
    """Write that file to `out`; False, with nothing written, if nothing is kept about the person."""
    records = await store.read(dossiers.about, person, now)
    if records is None:
        return False
    receipts = await store.read(copies.files, person, part)
    with ZipFile(out, "w") as archive:
        if part.number == 1:
            await asyncio.to_thread(_add_records, archive, records)
            for question in await store.read(copies.pictures, person):
                picture = await store.read(copies.picture, person, question)
                if picture is not None:
                    await asyncio.to_thread(_add_file, archive, picture)
        for receipt in receipts:
            file = await store.read(copies.file, person, receipt)
            if file is not None:
                await asyncio.to_thread(_add_file, archive, file)
    return True


def _add_records(archive: ZipFile, records: Record) -> None:
    text = json.dumps(records, ensure_ascii=False, indent=2)
    archive.writestr(NAME, text.encode(), compress_type=ZIP_DEFLATED)


def _add_file(archive: ZipFile, file: File) -> None:
    """Pictures are compressed already."""
    archive.writestr(file.name, file.data, compress_type=ZIP_STORED)
