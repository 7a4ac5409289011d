"""What both fronts share: reading a Bot API address, and turning what became of a call into status and bytes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from playground.api import Playground
from playground.files import Upload
from playground.refusals import GatewayError, Refusal, not_found

_ADDRESS = re.compile(r"/(?P<file>file/)?bot(?P<token>[^/]+)/(?P<rest>.+)$")
JSON, HTML, BYTES = "application/json", "text/html", "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it goes over the wire."""

    status: int
    body: bytes
    content_type: str = JSON


async def answer(
    playground: Playground, url: str, raw: Mapping[str, str], uploads: Mapping[str, Upload] | None = None
) -> Reply:
    """Serve a method call or a file download. Raises `ConnectionCutError` and `NeverAnswersError` through."""
    try:
        found = _ADDRESS.search(unquote(urlsplit(url).path))
        if found is None:
            raise not_found()
        if found["file"]:
            return Reply(200, playground.file_of(found["token"], found["rest"]).data, BYTES)
        result = await playground.call(found["token"], found["rest"], raw, uploads)
    except Refusal as refusal:
        return Reply(refusal.code, _encoded(refusal.body()))
    except GatewayError as gateway:
        return Reply(gateway.status, gateway.body, HTML)
    return Reply(200, _encoded({"ok": True, "result": result}))


def as_text(value: Any) -> str:
    """A value of a JSON body as it would stand in a form, which is how Telegram reads it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _encoded(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
