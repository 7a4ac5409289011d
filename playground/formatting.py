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
    entities = list(asked.get(marks) or [])
    for entity in entities:
        if not isinstance(entity, dict) or not {"type", "offset", "length"} <= set(entity):
            raise bad_request("can't parse entities: an entity needs type, offset and length")
        fault = url_fault(entity["url"]) if "url" in entity else None
        if fault:
            raise bad_request(f"entity URL '{entity['url']}' is invalid: {fault}")
    return trimmed(text, entities)
