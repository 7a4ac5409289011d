"""Livestreams: their states and the moves between them. Never knows platforms, followers or offers."""

from collections.abc import Mapping
from enum import StrEnum


class StreamStatus(StrEnum):
    DRAFT = "draft"
    ANNOUNCED = "announced"
    LIVE = "live"
    ENDED = "ended"
    CANCELLED = "cancelled"

    @property
    def is_public(self) -> bool:
        """A draft's link opens only for its hosts."""
        return self is not StreamStatus.DRAFT

    @property
    def is_over(self) -> bool:
        return not TRANSITIONS[self]


TRANSITIONS: Mapping[StreamStatus, frozenset[StreamStatus]] = {
    StreamStatus.DRAFT: frozenset({StreamStatus.ANNOUNCED, StreamStatus.CANCELLED}),
    # A host who forgot `Go live` can still end the stream.
    StreamStatus.ANNOUNCED: frozenset({StreamStatus.LIVE, StreamStatus.ENDED, StreamStatus.CANCELLED}),
    StreamStatus.LIVE: frozenset({StreamStatus.ENDED, StreamStatus.CANCELLED}),
    StreamStatus.ENDED: frozenset(),
    StreamStatus.CANCELLED: frozenset(),
}


def can(current: StreamStatus, target: StreamStatus) -> bool:
    """Whether a stream may go from one state to another."""
    return target in TRANSITIONS[current]
