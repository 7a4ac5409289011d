"""Who asked to be reminded of a stream.

Owns `stream_watchers`. Reminding them is in `reminders`; following the stall as a whole is in `people`.
"""

from dataclasses import dataclass

from storage import deskcards, outbox, streams
from storage.connection import Tx
from storage.people import NotFound
from storage.streams import OutOfTurn, Stream

_IS_WATCHING = "SELECT 1 FROM stream_watchers WHERE stream_id = :stream AND person_id = :person"
_COUNT = "SELECT COUNT(*) FROM stream_watchers WHERE stream_id = :stream"


def is_watching(tx: Tx, stream: int, person: int) -> bool:
    """Has the person asked to be reminded of this stream?"""
    return tx.one(_IS_WATCHING, stream=stream, person=person) is not None


def count(tx: Tx, stream: int) -> int:
    """How many people asked to be reminded."""
    watching: int = tx.value(_COUNT, stream=stream)
    return watching


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """Will be reminded; `is_new` is False on a second tap."""

    stream: Stream
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotWatching:
    """Will not be reminded; `is_new` is False on a second tap."""

    stream: Stream
    is_new: bool


_WATCH = """
    INSERT INTO stream_watchers (stream_id, person_id, since) VALUES (:stream, :person, :now) ON CONFLICT DO NOTHING
"""
_UNWATCH = "DELETE FROM stream_watchers WHERE stream_id = :stream AND person_id = :person"


def watch(
    tx: Tx, *, actor: int, stream_id: int, now: int, anchor: int | None = None
) -> Watching | NotFound | OutOfTurn:
    """`Remind me`: tapping twice is harmless. The answer is the stream's card again, its button turned."""
    stream = streams.view(tx, stream_id)
    if stream is None or not streams.is_visible_to(tx, stream, actor):
        return NotFound()
    if stream.status.is_over:
        return OutOfTurn(status=stream.status)
    is_new = tx.run(_WATCH, stream=stream_id, person=actor, now=now) > 0
    deskcards.touch(tx, stream_id, now)
    outbox.tell(tx, actor, "stream_card", now=now, anchor=anchor, stream=stream_id)
    return Watching(stream=stream, is_new=is_new)


def unwatch(tx: Tx, *, actor: int, stream_id: int, now: int, anchor: int | None = None) -> NotWatching | NotFound:
    """`Stop reminders`, at any time; the answer is the stream's card again."""
    stream = streams.view(tx, stream_id)
    if stream is None or not streams.is_visible_to(tx, stream, actor):
        return NotFound()
    is_new = tx.run(_UNWATCH, stream=stream_id, person=actor) > 0
    deskcards.touch(tx, stream_id, now)
    outbox.tell(tx, actor, "stream_card", now=now, anchor=anchor, stream=stream_id)
    return NotWatching(stream=stream, is_new=is_new)
