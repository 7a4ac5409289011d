"""Telegram's HTML: parsing it as strictly as the Bot API does, with the same complaints, and writing it back.

Owns text and entities (offsets in UTF-16 code units, as in the Bot API). Knows nothing of messages or limits.
The parser follows tdlib's `parse_html`: an unknown `&entity;` and a lone `&` or `>` stay as they are, a `<` that
does not begin one of Telegram's own tags is refused.
"""

import re
import string
from dataclasses import dataclass
from html import escape
from typing import Any

from playground.refusals import bad_request

Entity = dict[str, Any]

ENTITY_OF_TAG = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
TAG_OF_ENTITY = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "spoiler": "tg-spoiler",
    "code": "code",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_CHARACTER = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(lt|gt|amp|quot));?")
_WHITE = " \t\r\n"
_TOKEN = string.ascii_letters + string.digits + ".-"
_LINK = re.compile(r"^(?:https?|tg|tonsite|mailto|tel):", re.IGNORECASE)


def utf16_length(text: str) -> int:
    """The length Telegram counts in: characters outside the basic plane count twice."""
    return len(text) + sum(character > "\uffff" for character in text)


@dataclass(slots=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    start: int
    text_start: int


class _Parser:
    """One pass over one text; raises the refusal Telegram would send."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.out: list[str] = []
        self.length = 0
        self.stack: list[_Open] = []
        self.entities: list[Entity] = []

    def run(self) -> tuple[str, list[Entity]]:
        while self.at < len(self.source):
            character = self.source[self.at]
            if character == "&":
                decoded, self.at = _decode(self.source, self.at)
                self._put(decoded)
            elif character != "<":
                self._put(self._take_until("<&"))
            elif self.source.startswith("</", self.at):
                self._close()
            else:
                self._open()
        if self.stack:
            raise _refused(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"')
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return "".join(self.out), _without_nested_in_code(self.entities)

    def _put(self, text: str) -> None:
        self.out.append(text)
        self.length += utf16_length(text)

    def _peek(self) -> str:
        return self.source[self.at] if self.at < len(self.source) else ""

    def _skip_white(self) -> None:
        while self._peek() and self._peek() in _WHITE:
            self.at += 1

    def _bytes(self, position: int) -> int:
        return len(self.source[:position].encode())

    def _take_until(self, stops: str) -> str:
        begin = self.at
        while self._peek() and self._peek() not in stops:
            self.at += 1
        return self.source[begin : self.at]

    def _open(self) -> None:
        begin = self.at
        self.at += 1
        tag = self._take_until(_WHITE + ">").lower()
        if not self._peek():
            raise _refused(f"Unclosed start tag at byte offset {self._bytes(begin)}")
        if tag not in ENTITY_OF_TAG:
            raise _refused(f'Unsupported start tag "{tag}" at byte offset {self._bytes(begin)}')
        attributes: dict[str, str] = {}
        while True:
            self._skip_white()
            if self._peek() == ">":
                self.at += 1
                break
            name, value = self._attribute(tag, begin)
            attributes[name] = value
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise _refused(f'Tag "span" must have class "tg-spoiler" at byte offset {self._bytes(begin)}')
        self.stack.append(_Open(tag, attributes, self.length, len(self.out)))

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        name = self._take_until(_WHITE + "=>").lower()
        if not self._peek():
            raise _refused(f'Unclosed start tag "{tag}" at byte offset {self._bytes(begin)}')
        if not name:
            raise _refused(f'Empty attribute name in the tag "{tag}" at byte offset {self._bytes(begin)}')
        self._skip_white()
        if self._peek() != "=":
            return name, ""
        self.at += 1
        self._skip_white()
        quote = self._peek()
        if not quote:
            raise _refused(f'Unclosed start tag "{tag}" at byte offset {self._bytes(begin)}')
        if quote not in "\"'":
            token = self.at
            while self._peek() and self._peek() in _TOKEN:
                self.at += 1
            if not self._peek() or self._peek() not in _WHITE + ">":
                raise _refused(f"Unexpected end of name token at byte offset {self._bytes(token)}")
            return name, self.source[token : self.at].lower()
        self.at += 1
        pieces = []
        while self._peek() and self._peek() != quote:
            if self._peek() == "&":
                decoded, self.at = _decode(self.source, self.at)
                pieces.append(decoded)
            else:
                pieces.append(self._peek())
                self.at += 1
        if not self._peek():
            raise _refused(f"Unclosed start tag at byte offset {self._bytes(begin)}")
        self.at += 1
        return name, "".join(pieces)

    def _close(self) -> None:
        begin = self.at
        if not self.stack:
            raise _refused(f"Unexpected end tag at byte offset {self._bytes(begin)}")
        self.at += 2
        tag = self._take_until(_WHITE + ">").lower()
        self._skip_white()
        if self._peek() != ">":
            raise _refused(f"Unclosed end tag at byte offset {self._bytes(begin)}")
        self.at += 1
        opened = self.stack.pop()
        if tag not in ("", opened.tag):
            raise _refused(
                f'Unmatched end tag at byte offset {self._bytes(begin)}, expected "</{opened.tag}>", found "</{tag}>"'
            )
        if self.length > opened.start:
            self._add(opened)

    def _add(self, opened: _Open) -> None:
        entity: Entity = {
            "type": ENTITY_OF_TAG[opened.tag],
            "offset": opened.start,
            "length": self.length - opened.start,
        }
        if opened.tag == "a":
            url = opened.attributes.get("href") or "".join(self.out[opened.text_start :])
            if not _LINK.match(url) and "." not in url:
                return  # Telegram drops a link it cannot use and keeps its text
            entity["url"] = url if _LINK.match(url) else f"http://{url}"
        elif opened.tag == "tg-emoji":
            entity["custom_emoji_id"] = opened.attributes.get("emoji-id", "")
        elif opened.tag == "blockquote" and "expandable" in opened.attributes:
            entity["type"] = "expandable_blockquote"
        elif opened.tag == "code" and self.stack and self.stack[-1].tag == "pre":
            language = opened.attributes.get("class", "")
            if language.startswith("language-"):
                self.stack[-1].attributes["language"] = language.removeprefix("language-")
            return
        elif opened.tag == "pre" and "language" in opened.attributes:
            entity["language"] = opened.attributes["language"]
        self.entities.append(entity)


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """Plain text and entities of `source`. Raises `Refusal` "can't parse entities: …" exactly where Telegram does."""
    if "<" not in source and "&" not in source:
        return source, []
    return _Parser(source).run()


def trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Telegram strips white space around a text; entities move along, empty ones vanish."""
    stripped = text.strip()
    if stripped == text:
        return text, entities
    shift = utf16_length(text[: len(text) - len(text.lstrip())])
    size = utf16_length(stripped)
    kept = []
    for entity in entities:
        start = max(0, entity["offset"] - shift)
        end = min(size, entity["offset"] + entity["length"] - shift)
        if end > start:
            kept.append({**entity, "offset": start, "length": end - start})
    return stripped, kept


def to_html(text: str, entities: list[Entity]) -> str:
    """Telegram HTML of a text, everything else escaped. Links are http(s), tg, mailto or tel only."""
    if not entities:
        return escape(text)
    units = text.encode("utf-16-le")
    opens: dict[int, list[Entity]] = {}
    edges = {0, len(units) // 2}
    for entity in sorted(entities, key=lambda entity: (entity["offset"], -entity["length"])):
        opens.setdefault(entity["offset"], []).append(entity)
        edges |= {entity["offset"], entity["offset"] + entity["length"]}
    out: list[str] = []
    stack: list[Entity] = []
    ordered = sorted(edges)
    for here, following in zip(ordered, [*ordered[1:], None], strict=True):
        ending = [entity for entity in stack if entity["offset"] + entity["length"] <= here]
        reopened: list[Entity] = []
        while ending:
            top = stack.pop()
            out.append(_tags(top)[1])
            if top in ending:
                ending.remove(top)
            else:
                reopened.insert(0, top)
        for entity in [*reopened, *opens.get(here, [])]:
            out.append(_tags(entity)[0])
            stack.append(entity)
        if following is not None:
            out.append(escape(units[here * 2 : following * 2].decode("utf-16-le", "replace")))
    return "".join(out)


def _tags(entity: Entity) -> tuple[str, str]:
    kind = entity["type"]
    if kind in TAG_OF_ENTITY:
        return f"<{TAG_OF_ENTITY[kind]}>", f"</{TAG_OF_ENTITY[kind]}>"
    if kind == "text_link" and _LINK.match(entity.get("url", "")):
        return f'<a href="{escape(entity["url"])}">', "</a>"
    if kind == "pre":
        language = entity.get("language")
        inner = f'<code class="language-{escape(language)}">' if language else ""
        return f"<pre>{inner}", f"{'</code>' if language else ''}</pre>"
    if kind == "blockquote":
        return "<blockquote>", "</blockquote>"
    if kind == "expandable_blockquote":
        return "<blockquote expandable>", "</blockquote>"
    return "", ""


_DETECTED = (
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/])")),
    ("url", re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")),
    ("mention", re.compile(r"(?<![\w@/])@[A-Za-z]\w{3,31}\b")),
)


def with_detected(text: str, entities: list[Entity]) -> list[Entity]:
    """`entities` plus the commands, links and mentions Telegram finds by itself outside code and links."""
    if "/" not in text and "@" not in text:
        return entities
    taken = [
        (entity["offset"], entity["offset"] + entity["length"])
        for entity in entities
        if entity["type"] in ("code", "pre", "text_link", "bot_command", "url", "mention")
    ]
    found: list[Entity] = []
    for kind, pattern in _DETECTED:
        for match in pattern.finditer(text):
            start = utf16_length(text[: match.start()])
            end = start + utf16_length(match[0])
            if all(end <= left or start >= right for left, right in taken):
                found.append({"type": kind, "offset": start, "length": end - start})
                taken.append((start, end))
    return sorted([*entities, *found], key=lambda entity: (entity["offset"], -entity["length"]))


def _decode(source: str, at: int) -> tuple[str, int]:
    match = _CHARACTER.match(source, at)
    if not match:
        return "&", at + 1
    hexadecimal, decimal, name = match.groups()
    if name:
        return _NAMED[name], match.end()
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if not 0 < code < 0x10FFFF or 0xD800 <= code < 0xE000:
        return "&", at + 1
    return chr(code), match.end()


def _without_nested_in_code(entities: list[Entity]) -> list[Entity]:
    """Code can't contain other entities (Bot API, formatting options)."""
    code = [entity for entity in entities if entity["type"] in ("code", "pre")]
    if not code:
        return entities

    def inside(entity: Entity) -> bool:
        end = entity["offset"] + entity["length"]
        return any(
            outer is not entity and outer["offset"] <= entity["offset"] and end <= outer["offset"] + outer["length"]
            for outer in code
        )

    return [entity for entity in entities if not inside(entity)]


def _refused(reason: str) -> Exception:
    return bad_request(f"can't parse entities: {reason}")
