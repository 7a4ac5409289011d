"""Where a stream can be watched, as a host types it: one `name URL` a line.

Strict about addresses: Telegram refuses a whole message for one bad link in its buttons.
"""

import re
from dataclasses import dataclass

from shop.contacts import tidy

MOST_LINKS = 10
LONGEST_NAME = 40
LONGEST_URL = 500

_LINE = re.compile(r"(?P<name>.*?)\s*(?P<url>[A-Za-z][A-Za-z0-9+.-]*://\S+)")
_URL = re.compile(r"(?i:https?)://(?P<host>[^\s/?#:@\\]+)(?::(?P<port>[0-9]{1,5}))?(?:[/?#]\S*)?")
_LAST_PORT = 65_535
_MARKS = " :：,，-–—|·"
_HOST = re.compile(r"(?:[\w](?:[\w-]{0,61}[\w])?\.)+[^\W\d_][\w-]{0,61}[\w]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One platform: a name to show and an http(s) address."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BadLine:
    """The first line that is no `name URL`; `number` counts from 1 and skips empty lines."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyLinks:
    """More lines than a card has room for."""

    count: int


def read_links(text: str) -> tuple[Link, ...] | BadLine | TooManyLinks:
    """Every line's platform, in order; an address alone is named by its host, `www.` left out."""
    rows = [row for row in (tidy(line) for line in text.splitlines()) if row]
    if not rows:
        return BadLine(number=1, text="")
    if len(rows) > MOST_LINKS:
        return TooManyLinks(count=len(rows))
    links = []
    for number, row in enumerate(rows, start=1):
        link = _link(row)
        if link is None:
            return BadLine(number=number, text=row)
        links.append(link)
    return tuple(links)


def _link(row: str) -> Link | None:
    match = _LINE.fullmatch(row)
    if match is None or len(match["url"]) > LONGEST_URL:
        return None
    host = _host(match["url"])
    if host is None:
        return None
    name = match["name"].strip(_MARKS) or host.removeprefix("www.")[:LONGEST_NAME]
    return Link(name=name, url=match["url"]) if len(name) <= LONGEST_NAME else None


def _host(url: str) -> str | None:
    """The host of an http(s) address that Telegram can open: a full domain name, no password in front of it."""
    match = _URL.fullmatch(url)
    if match is None or int(match["port"] or 0) > _LAST_PORT:
        return None
    host = match["host"].lower()
    return host if _HOST.fullmatch(host) else None
