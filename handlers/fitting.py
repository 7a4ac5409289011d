"""Shortening a text that Telegram would refuse as too long, without breaking its HTML.

A last resort for names and titles nobody foresaw: a message with its end missing is better than none. Telegram counts
UTF-16 units after the tags are taken out (Bot API, sendMessage, sendPhoto and MessageEntity).
"""

import re

from handlers.translation import Html

_PART = re.compile(r"<(?P<closing>/?)(?P<tag>[a-z-]+)[^>]*>|&(?:[a-z]+|#[0-9]+|#x[0-9a-f]+);|.", re.DOTALL)
_MARK = re.compile(r"</?[a-z-]+[^>]*>|(&(?:[a-z]+|#[0-9]+|#x[0-9a-f]+);)")  # what `_PART` finds besides characters
_CUT = "…"


def fitted(text: Html, most: int) -> Html:
    """The text itself if it fits into `most` units, else as much of it as does, with every tag closed."""
    # A character is two units at most; tags and entities only make it longer than what is counted.
    if 2 * len(text) <= most or _units(text) <= most or length(text) <= most:
        return text
    kept: list[str] = []
    open_: list[str] = []
    room = most - len(_CUT)
    for part in _PART.finditer(text):
        room -= _counted(part)
        if room < 0:
            break
        if part["tag"] is not None and part["closing"]:
            open_.pop()
        elif part["tag"] is not None:
            open_.append(part["tag"])
        kept.append(part[0])
    closing = (f"</{tag}>" for tag in reversed(open_))
    return Html("".join((*kept, _CUT, *closing)))


def length(text: Html) -> int:
    """How long Telegram finds a text, in UTF-16 units without tags."""
    return _units(_MARK.sub(lambda mark: "." if mark[1] else "", text))


def _counted(part: re.Match[str]) -> int:
    """A tag counts nothing, an entity as the one character it stands for."""
    if part["tag"] is not None:
        return 0
    return 1 if len(part[0]) > 1 else _units(part[0])


def _units(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)
