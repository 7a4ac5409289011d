"""From a call's text, parse mode and entities to what a message holds, within Telegram's lengths. Stores nothing."""

from collections.abc import Mapping
from typing import Any

from playground.keyboards import url_fault
from playground.markup import Entity, parse_html, trimmed, utf16_length
from playground.refusals import bad_request

TEXT_LENGTH = 4096
CAPTION_LENGTH = 1024


def text_of(asked: Mapping[str, Any]) -> tuple[str, list[Entity]]:
    """The text of a message: never empty, at most 4,096 UTF-16 units after entities are parsed."""
    text, entities = _parsed(asked, "text", "entities")
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > TEXT_LENGTH:
        raise bad_request("message is too long")
    return text, entities


def caption_of(asked: Mapping[str, Any]) -> tuple[str, list[Entity]]:
    """The caption of a file: may be empty, at most 1,024 UTF-16 units after entities are parsed."""
    text, entities = _parsed(asked, "caption", "caption_entities")
    if utf16_length(text) > CAPTION_LENGTH:
        raise bad_request("message caption is too long")
    return text, entities


def _parsed(asked: Mapping[str, Any], words: str, marks: str) -> tuple[str, list[Entity]]:
    text = str(asked.get(words) or "")
    mode = str(asked.get("parse_mode") or "").lower()
    if mode == "html":
        return trimmed(*parse_html(text))
    if mode:
        raise bad_request(
            "unsupported parse_mode" if not mode.startswith("markdown") else "the playground reads HTML only"
        )
    given = asked.get(marks) or []
    if not isinstance(given, list):
        raise bad_request("can't parse entities: an Array is expected")
    size = utf16_length(text)
    return trimmed(text, [_entity(one, size) for one in given])


def _entity(given: Any, size: int) -> Entity:
    """One entity of a call, checked; it must lie within the text of `size` UTF-16 units."""
    if not isinstance(given, dict) or not isinstance(given.get("type"), str):
        raise bad_request("can't parse entities: an entity is an Object with a type")
    offset, length = given.get("offset"), given.get("length")
    if not isinstance(offset, int) or not isinstance(length, int) or offset < 0 or length < 1:
        raise bad_request("can't parse entities: an entity needs an offset and a length")
    if offset + length > size:
        raise bad_request("can't parse entities: an entity ends behind the text")
    if given["type"] == "text_link":
        url = str(given.get("url") or "")
        fault = url_fault(url)
        if fault:
            raise bad_request(f"entity URL '{url}' is invalid: {fault}")
    return dict(given)
