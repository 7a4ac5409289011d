"""Where a stream can be watched, as a host types it: one `name URL` a line.

Strict about addresses: Telegram refuses a whole message for one bad link in its buttons.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from shop.contacts import tidy

MOST_LINKS = 10
LONGEST_NAME = 40
LONGEST_URL = 500

_LINE = re.compile(r"(?P<name>.*?)\s*(?P<url>\w+://\S+)", re.IGNORECASE)
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
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or host is None or "@" in parts.netloc:
        return None
    return host if _HOST.fullmatch(host) else None
