"""How a wrong configuration is told: one line a fault, with the key, what was found and what is expected.

Owns the translation from pydantic's errors; never prints a token, a secret, or the value of a key it does not know.
"""

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

ENVIRONMENT_PREFIX = "LIVESTALL__"
HIDDEN = "…"
_TOKEN_LIKE = re.compile(r"\d+:[A-Za-z0-9_-]{6,}")
_LONGEST_FOUND = 60

_KINDS: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing to put right; `key` is the full path (`payments.methods[0].code`), or the file and line.

    `expected` is empty where `found` is a whole sentence.
    """

    key: str
    found: str
    expected: str

    @property
    def section(self) -> str:
        """The table at the top of the file it is in."""
        return re.split(r"[.\[]", self.key)[0]

    def __str__(self) -> str:
        return (
            f"{self.key}: found {self.found}, expected {self.expected}"
            if self.expected
            else f"{self.key}: {self.found}"
        )


class ConfigFaults(Exception):
    """The configuration cannot be used. `faults` lists everything that is wrong, not only the first thing."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(map(str, self.faults)))


def path_of(place: Place) -> str:
    """`("payments", "methods", 0, "code")` -> `payments.methods[0].code`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


def faults_of(error: ValidationError, root: type[BaseModel]) -> list[Fault]:
    """Every error pydantic found, in the order of the file's sections."""
    return [_fault(root, tuple(each["loc"]), each["type"], each["msg"], each["input"]) for each in error.errors()]


def unknown_key(place: Place, known: Iterable[str]) -> Fault:
    """A key nobody reads; its value may be a misspelt secret, so only the key is told."""
    known = sorted(known)
    near = difflib.get_close_matches(str(place[-1]).lower(), known, n=1, cutoff=0.7)
    hint = f" (did you mean `{near[0]}`?)" if near else ""
    return Fault(
        key=path_of(place),
        found=f"an unknown key{_origin(place)}",
        expected=f"{'one of ' if len(known) > 1 else ''}{', '.join(known)}{hint}",
    )


def _fault(root: type[BaseModel], place: Place, kind: str, message: str, found: Any) -> Fault:
    if kind == "extra_forbidden":
        return unknown_key(place, _keys_at(root, place[:-1]))
    field = _field_at(root, place)
    # A custom check says precisely what is wrong; everything else is told by the field's own description.
    if kind == "value_error":
        expected = message.removeprefix("Value error, ")
    else:
        expected = (field.description if field else None) or "text, in quotes"
    return Fault(key=path_of(place), found=_shown(kind, found, field, place), expected=expected)


def _shown(kind: str, found: Any, field: FieldInfo | None, place: Place) -> str:
    if kind == "missing":
        return "nothing"
    if field is not None and _is_secret(field.annotation):
        text = HIDDEN
    elif kind in ("model_type", "model_attributes_type"):
        # Whatever stands in place of a whole table may well contain its secrets.
        text = _KINDS.get(type(found), type(found).__name__)
    else:
        text = _TOKEN_LIKE.sub(HIDDEN, _as_written(found))
    return (text if len(text) <= _LONGEST_FOUND else text[: _LONGEST_FOUND - 1] + HIDDEN) + _origin(place)


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))


def _as_written(found: Any) -> str:
    """A value as TOML writes it; tables only by name."""
    match found:
        case bool():
            return str(found).lower()
        case str():
            return f'"{found}"'
        case list() | tuple():
            return f"[{', '.join(map(_as_written, found))}]"
        case dict():
            return _KINDS[dict]
        case _:
            return str(found)


def _origin(place: Place) -> str:
    """Says so when the value came from the environment: nobody looks for it there."""
    keys = takewhile(lambda part: isinstance(part, str), place)
    name = ENVIRONMENT_PREFIX + "__".join(map(str, keys)).upper()
    given = next((each for each in os.environ if f"{each.upper()}__".startswith(f"{name}__")), None)
    return f" (in the environment, {given})" if given else ""


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The table an annotation stands for, also inside `tuple[X, ...]` and `X | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_of(part))), None)


def _field_at(root: type[BaseModel], place: Place) -> FieldInfo | None:
    model: type[BaseModel] | None = root
    field: FieldInfo | None = None
    for part in place:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part) if model else None
        model = _model_of(field.annotation) if field else None
    return field


def _keys_at(root: type[BaseModel], place: Place) -> list[str]:
    field = _field_at(root, place)
    model = _model_of(field.annotation) if field else root
    return list(model.model_fields) if model else []
