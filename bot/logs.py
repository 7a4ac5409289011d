"""What the program says about itself: text or JSON lines on stderr, without secrets.

Owns the root logger's handlers and the redaction that stands on each of them.

What may be logged: events, and the ids of persons, chats, orders, updates and messages, in `extra`. What may not:
message texts, names, phone numbers, addresses, receipts, payment references, and the token. The filter below knows
only secrets; that no personal data gets into a record is the duty of whoever logs.
"""

import json
import logging
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

Format = Literal["text", "json"]

HIDDEN: Final = "[secret]"

TOKEN: Final = re.compile(r"\d{5,}(?::|%3A)[A-Za-z0-9_-]{20,}", re.IGNORECASE)
"""A bot's token wherever it stands: the bot's id, a colon (also as it looks in a URL), the secret."""

TOKEN_IN_PATH: Final = re.compile(r"(?<=/bot)\d+(?::|%3A)[^/\s'\"<>]+", re.IGNORECASE)
"""The same in `…/bot<token>/method`, of any length: local servers and tests use short ones."""

CHATTY: Final = ("httpx", "httpcore", "aiohttp.access", "apscheduler")
"""Loggers that say something about every call or job, some of them with its URL."""

STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def configure(
    format: Format,  # noqa: A002  # the name of the setting
    level: int | str,
    secrets: Iterable[str] = (),
    *,
    stream: TextIO | None = None,
) -> None:
    """Send every record of `level` and above to stderr, in the given format and without `secrets`.

    May be called again, with the new settings replacing the old. Handlers that others put on the root logger stay
    and get the same redaction: a filter on a logger would not see the records of its children.
    """
    redaction = Redaction(secrets)
    handler = _Stderr(sys.stderr if stream is None else stream)
    handler.setFormatter(JsonLines() if format == "json" else TextLines())
    root = logging.getLogger()
    for old in [one for one in root.handlers if isinstance(one, _Stderr)]:
        root.removeHandler(old)
    root.addHandler(handler)
    for each in root.handlers:
        for outdated in [one for one in each.filters if isinstance(one, Redaction)]:
            each.removeFilter(outdated)
        each.addFilter(redaction)
    root.setLevel(level)
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)


class Redaction(logging.Filter):
    """Lets every record through with its secrets hidden: in message, traceback, stack and extra fields."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        known = sorted(filter(None, secrets), key=len, reverse=True)  # the longest first: one may contain another
        self._secrets = re.compile("|".join(map(re.escape, known))) if known else None

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.hidden(_message(record)), None
        if record.exc_info:
            # Formatters print this text where they find it, and the exception itself only where they do not.
            record.exc_text = _traceback(record)
        record.exc_text = self.hidden(record.exc_text) if record.exc_text else None
        if record.stack_info:
            record.stack_info = self.hidden(record.stack_info)
        for name, value in list(_extra(record)):
            if not isinstance(value, bool | int | float | None):
                setattr(record, name, self.hidden(str(value)))
        return True

    def hidden(self, text: str) -> str:
        """The text with every known secret, and whatever looks like a token, replaced."""
        if self._secrets is not None:
            text = self._secrets.sub(HIDDEN, text)
        return TOKEN.sub(HIDDEN, TOKEN_IN_PATH.sub(HIDDEN, text))


class TextLines(logging.Formatter):
    """For people: `2026-03-10T04:00:00.000Z INFO bot.run started order=42`, tracebacks below."""

    def format(self, record: logging.LogRecord) -> str:
        extra = "".join(f" {name}={value}" for name, value in _extra(record))
        lines = [f"{_instant(record)} {record.levelname} {record.name} {record.getMessage()}{extra}"]
        lines += filter(None, (record.exc_text or _traceback(record), record.stack_info))
        return "\n".join(lines)


class JsonLines(logging.Formatter):
    """For machines: one object a line; at, level, logger, event, the extra fields, error and stack if any."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = dict(_extra(record))
        line |= {
            "at": _instant(record),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        }
        if error := record.exc_text or _traceback(record):
            line["error"] = error
        if record.stack_info:
            line["stack"] = record.stack_info
        return json.dumps(line, ensure_ascii=False, default=str)


class _Stderr(logging.StreamHandler[TextIO]):
    """Ours, so that a second `configure` finds it again."""


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # a wrong call of the logger must not raise in its caller, nor print its arguments bare
        return f"{record.msg} (the arguments of this record do not fit)"


def _traceback(record: logging.LogRecord) -> str:
    if not record.exc_info or record.exc_info[0] is None:
        return ""
    return "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")


def _extra(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in record.__dict__.items() if name not in STANDARD)


def _instant(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
