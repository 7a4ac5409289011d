"""Reading a call's parameters: from text on the wire to values of the declared kinds. Stricter than Telegram.

Telegram ignores parameters it doesn't know; here they are refused, because an unknown name is a typo in our own code.
"""

import json
from collections.abc import Mapping
from typing import Any

from playground.files import Upload
from playground.methods import METHODS, MISSING, Kind, Method
from playground.refusals import bad_request, not_found

LONGEST_ID = 2**63
ELEMENTS: dict[str, type] = {
    "allowed_updates": str,
    "caption_entities": dict,
    "commands": dict,
    "entities": dict,
    "media": dict,
    "message_ids": int,
    "reaction": dict,
    "results": dict,
}
"""What the arrays among the parameters hold."""


class Params(dict[str, Any]):
    """The parameters of one call, read and checked; `uploads` are the files that came along, by part name."""

    def __init__(self, values: Mapping[str, Any], uploads: Mapping[str, Upload]) -> None:
        super().__init__(values)
        self.uploads = uploads

    def text(self, name: str) -> str:
        """A string parameter, "" when absent."""
        value = self.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str, default: int = 0) -> int:
        value = self.get(name)
        return value if isinstance(value, int) else default


def read(method: str, raw: Mapping[str, str], uploads: Mapping[str, Upload]) -> tuple[Method, Params]:
    """Read a call. Raises 404 for an unknown method and 400 for what doesn't fit it."""
    known = METHODS.get(method)
    if known is None:
        raise not_found()
    fields = known.fields
    attached = {name for name in uploads if name not in fields}
    unknown = sorted(set(raw) - set(fields))
    if unknown:
        raise bad_request(f"unknown parameter {', '.join(unknown)} in {method} (Telegram would ignore it)")
    values: dict[str, Any] = {}
    for name, kind in fields.items():
        if name in uploads:
            if kind is not Kind.FILE:
                raise bad_request(f"parameter {name} of {method} can't be a file")
            values[name] = uploads[name]
        elif name in raw:
            values[name] = _value(name, raw[name], kind)
    for name in known.required:
        if name not in values:
            raise bad_request(MISSING.get(name, f"parameter {name} is required in {method}"))
    unused = {part for part in attached if f"attach://{part}" not in json.dumps(values, default=repr)}
    if unused:
        raise bad_request(f"attached file {', '.join(sorted(unused))} is not named by any parameter")
    return known, Params(values, {**uploads})


def _value(name: str, text: str, kind: Kind) -> Any:
    match kind:
        case Kind.STRING | Kind.FILE:
            return text
        case Kind.INTEGER:
            return _integer(name, text)
        case Kind.BOOLEAN:
            if text.lower() not in ("true", "false", "1", "0"):
                raise bad_request(f"parameter {name} must be a Boolean, not {text!r}")
            return text.lower() in ("true", "1")
        case Kind.CHAT:
            return text if text.startswith("@") else _integer(name, text)
        case Kind.ARRAY | Kind.OBJECT:
            return _json(name, text, list if kind is Kind.ARRAY else dict)


def _integer(name: str, text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        if name in ("chat_id", "from_chat_id"):
            raise bad_request("chat not found") from None
        raise bad_request(f"parameter {name} must be an Integer, not {text!r}") from None
    if abs(number) >= LONGEST_ID:
        raise bad_request(f"parameter {name} must be an Integer of 64 bits")
    return number


def _json(name: str, text: str, shape: type) -> Any:
    what = name.replace("_", " ")
    try:
        value = json.loads(text)
    except ValueError:
        raise bad_request(f"can't parse {what} JSON object") from None
    if not isinstance(value, shape):
        raise bad_request(f"{'an Array' if shape is list else 'an Object'} expected as {what}")
    if isinstance(value, list) and not all(type(one) is ELEMENTS[name] for one in value):
        raise bad_request(f"an Array of {ELEMENTS[name].__name__} expected as {what}")
    return value
