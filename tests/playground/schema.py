"""Bot API calls held against the published description of the Bot API, where that file is at hand.

`check_call` finds unknown methods and fields, missing required ones, and values of the wrong type, all the way down.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from playground.files import Upload

PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "bot-api" / "api.json"
PLAIN: dict[str, type | tuple[type, ...]] = {
    "Integer": int,
    "String": str,
    "Boolean": bool,
    "True": bool,
    "Float": (int, float),
}


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    types: tuple[str, ...]
    required: bool


@dataclass(frozen=True, slots=True)
class Schema:
    """Fields of each method and type; `subtypes` of the types that are only a choice among others."""

    methods: Mapping[str, Mapping[str, Field]]
    types: Mapping[str, Mapping[str, Field]]
    subtypes: Mapping[str, tuple[str, ...]]
    fixed: Mapping[tuple[str, str], str]
    """The word a field must hold for its type to be meant: `("InputMediaPhoto", "type")` is "photo"."""


@cache
def load_schema() -> Schema | None:
    """The published Bot API, or None where the file is not there."""
    if not PUBLISHED.is_file():
        return None
    told = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    methods, types = _named(told["methods"]), _named(told["types"])
    return Schema(
        methods={name: _fields(one) for name, one in methods.items()},
        types={name: _fields(one) for name, one in types.items()},
        subtypes={name: tuple(one["subtypes"]) for name, one in types.items() if one.get("subtypes")},
        fixed={
            (name, field["name"]): word
            for name, one in types.items()
            for field in one.get("fields", ())
            if (word := _fixed_word(field["description"])) is not None
        },
    )


def check_call(method: str, params: Mapping[str, Any], schema: Schema | None = None) -> list[str]:
    """Everything in one recorded call that the Bot API does not know; empty when all fits or no file is there."""
    schema = schema or load_schema()
    if schema is None:
        return []
    if method not in schema.methods:
        return [f"{method}: no such method"]
    return _object(method, params, schema.methods[method], schema)


def _object(path: str, value: Mapping[str, Any], fields: Mapping[str, Field], schema: Schema) -> list[str]:
    faults = [f"{path}.{name}: no such field" for name in value if name not in fields]
    faults += [f"{path}.{name}: missing" for name, field in fields.items() if field.required and name not in value]
    for name, field in fields.items():
        if name in value:
            faults += _one_of(f"{path}.{name}", value[name], field.types, schema)
    return faults


def _one_of(path: str, value: Any, types: tuple[str, ...], schema: Schema) -> list[str]:
    tries = [_fits(path, value, one, schema) for one in types]
    return [] if any(not faults for faults in tries) else min(tries, key=len)


def _fits(path: str, value: Any, wanted: str, schema: Schema) -> list[str]:
    if wanted.startswith("Array of "):
        if not isinstance(value, list | tuple):
            return [f"{path}: an Array is wanted, found {value!r}"]
        inner = wanted.removeprefix("Array of ")
        return [fault for at, one in enumerate(value) for fault in _fits(f"{path}[{at}]", one, inner, schema)]
    if wanted == "InputFile":
        return [] if isinstance(value, Upload) else [f"{path}: a file is wanted, found {value!r}"]
    if wanted in PLAIN:
        fits = isinstance(value, PLAIN[wanted]) and (wanted in ("Boolean", "True")) == isinstance(value, bool)
        return [] if fits else [f"{path}: {wanted} is wanted, found {value!r}"]
    if wanted in schema.subtypes:
        return _one_of(path, value, schema.subtypes[wanted], schema)
    if not isinstance(value, Mapping):
        return [f"{path}: {wanted} is wanted, found {value!r}"]
    faults = _object(path, value, schema.types[wanted], schema)
    for name, found in value.items():
        word = schema.fixed.get((wanted, name))
        if word is not None and found != word:
            faults.append(f"{path}.{name}: {word!r} is wanted, found {found!r}")
    return faults


def _named(listed: Any) -> dict[str, Any]:
    return dict(listed) if isinstance(listed, dict) else {one["name"]: one for one in listed}


def _fields(one: Mapping[str, Any]) -> dict[str, Field]:
    return {
        field["name"]: Field(field["name"], tuple(field["types"]), field["required"])
        for field in one.get("fields", ())
    }


def _fixed_word(description: str) -> str | None:
    """ "Type of the result, must be photo" → "photo"; "Scope type, must be default" → "default"."""
    head, found, word = description.rpartition("must be ")
    if not found or " " in word.strip() or not head:
        return None
    return word.strip(" .*\"'“”_")
