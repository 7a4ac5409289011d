"""The `[telegram.webhook]` table: where Telegram calls, where the bot listens, and what fits together.

Owns only the reading; the webhook itself is `bot/webhook.py`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field

from bot.config_faults import Fault
from bot.config_types import Port, Section, Text, WebhookSecret

TELEGRAM: Final = "https://api.telegram.org"
PORTS: Final = (443, 80, 88, 8443)
"""The ports Telegram's own servers call (Bot API, setWebhook)."""

OURS: Final = ("/healthz", "/readyz", "/metrics")
"""Paths that mean something else on the same server."""


def _url(value: str) -> str:
    parts = _parts(value)
    if (
        parts is None
        or parts.scheme not in ("http", "https")
        or not parts.hostname
        or "@" in value
        or not value.isascii()
    ):
        raise ValueError("the public https address Telegram calls, such as https://stall.example.org/telegram")
    if parts.query or parts.fragment or not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*/?", parts.path):
        raise ValueError("an address whose path has letters, digits, . _ ~ - and / only, and nothing behind it")
    if parts.path in OURS:
        raise ValueError(f"another path than {', '.join(OURS)}")
    return value


def is_same(url: str, other: str) -> bool:
    """Whether two addresses are the same: Telegram keeps them with a small host, and with `/` where no path is."""
    return _normal(url) == _normal(other)


def _normal(url: str) -> tuple[str, str | None, int | None, str] | None:
    parts = _parts(url)
    if parts is None:
        return None
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80), parts.path or "/"


def _parts(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises where it is no number
    except ValueError:
        return None
    return parts


class Webhook(Section):
    """Used with `mode = "webhook"`."""

    url: Annotated[str, AfterValidator(_url)] | None = Field(
        default=None,
        description="the public https address Telegram calls, such as https://stall.example.org/telegram",
    )
    listen: Text = Field(default="127.0.0.1", description='an address of this machine, such as "127.0.0.1"')
    port: Port = Field(default=8443, description="a port from 1 to 65535")
    secret: WebhookSecret | None = Field(default=None, description="1 to 256 letters, digits, _ or -")

    @property
    def path(self) -> str:
        """The path of `url`, as requests carry it."""
        return urlsplit(self.url or "").path or "/"


def webhook_faults(merged: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the webhook that single keys do not show. Takes settings as they were written, unchecked."""
    match merged:
        case {"telegram": {"mode": "webhook"} as telegram}:
            table = telegram.get("webhook", {})
            url = table.get("url") if isinstance(table, dict) else None
            if not url:
                expected = 'the public https address Telegram calls; mode = "webhook" needs it'
                yield Fault(key="telegram.webhook.url", found="nothing", expected=expected)
            elif telegram.get("base_url", TELEGRAM) == TELEGRAM and isinstance(url, str):
                yield from _not_telegrams(url)


def _not_telegrams(url: str) -> Iterator[Fault]:
    """What a Bot API server of one's own would allow, and Telegram's does not."""
    parts = _parts(url)
    if parts is None:
        return
    if parts.scheme == "http":
        expected = "https: Telegram calls no other"
        yield Fault(key="telegram.webhook.url", found="an http address", expected=expected)
    elif parts.port is not None and parts.port not in PORTS:
        expected = f"one of the ports Telegram calls: {', '.join(map(str, PORTS))}"
        yield Fault(key="telegram.webhook.url", found=f"port {parts.port}", expected=expected)
