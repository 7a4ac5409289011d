"""The playground's method table and the checker of calls, held against the published Bot API."""

from typing import Any

import pytest

from playground.api import HANDLERS
from playground.files import Upload
from playground.methods import METHODS, Kind
from tests.playground.schema import PUBLISHED, Schema, check_call, load_schema

# Fields of the published methods that the playground refuses, because the stall never uses them.
LEFT_OUT = {("editMessageText", "rich_message")}


@pytest.fixture
def schema() -> Schema:
    found = load_schema()
    if found is None:
        pytest.skip(f"the published Bot API is not at {PUBLISHED.parent.name}/{PUBLISHED.name}")
    return found


def test_every_method_of_the_table_is_handled_and_no_other() -> None:
    assert set(HANDLERS) == set(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_parameters_are_those_of_the_published_method(schema: Schema, name: str) -> None:
    published, ours = schema.methods[name], METHODS[name]
    left_out = {field for method, field in LEFT_OUT if method == name}
    assert set(ours.fields) == set(published) - left_out
    assert set(ours.required) <= {field for field, one in published.items() if one.required}
    assert {field for field, one in published.items() if one.required} <= set(ours.required)


@pytest.mark.parametrize("name", METHODS)
def test_parameters_are_read_as_their_published_kind(schema: Schema, name: str) -> None:
    for field, kind in METHODS[name].fields.items():
        types = schema.methods[name][field].types
        match kind:
            case Kind.ARRAY:
                assert all(one.startswith("Array of ") for one in types), field
            case Kind.FILE:
                assert "InputFile" in types, field
            case Kind.CHAT:
                assert set(types) == {"Integer", "String"}, field
            case Kind.OBJECT:
                assert not set(types) & {"Integer", "String", "Boolean", "InputFile"}, field
            case _:
                assert types == (kind.value,), field


GOOD: list[tuple[str, dict[str, Any]]] = [
    ("sendMessage", {"chat_id": 1, "text": "x"}),
    (
        "sendMessage",
        {"chat_id": "@x", "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "url": "b"}]]}},
    ),
    ("sendPhoto", {"chat_id": 1, "photo": Upload("a", b"x")}),
    ("editMessageMedia", {"media": {"type": "photo", "media": "attach://x"}}),
    ("setMyCommands", {"commands": [{"command": "a", "description": "b"}], "scope": {"type": "default"}}),
]
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("sendMesage", {}, "no such method"),
    ("sendMessage", {"chat_id": 1}, "sendMessage.text: missing"),
    ("sendMessage", {"chat_id": 1, "text": "x", "markup": {}}, "sendMessage.markup: no such field"),
    ("sendMessage", {"chat_id": 1.5, "text": "x"}, "chat_id"),
    ("sendMessage", {"chat_id": 1, "text": "x", "protect_content": 1}, "protect_content: Boolean is wanted"),
    ("sendMessage", {"chat_id": True, "text": "x"}, "chat_id"),
    (
        "sendMessage",
        {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [{"text": "a"}]}},
        "inline_keyboard",
    ),
    (
        "sendMessage",
        {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "data": "b"}]]}},
        "inline_keyboard[0][0].data: no such field",
    ),
    ("editMessageMedia", {"media": {"type": "photograph", "media": "x"}}, "is wanted, found 'photograph'"),
    ("setMyCommands", {"commands": [], "scope": {"type": "chat"}}, "scope"),
]


@pytest.mark.parametrize(("method", "params"), GOOD)
def test_a_proper_call_passes(schema: Schema, method: str, params: dict[str, Any]) -> None:
    assert check_call(method, params, schema) == []


@pytest.mark.parametrize(("method", "params", "fault"), BAD)
def test_an_improper_call_is_found_out(schema: Schema, method: str, params: dict[str, Any], fault: str) -> None:
    assert fault in " ".join(check_call(method, params, schema))
