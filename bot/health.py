"""Is the stall alive and ready? One small record that intake writes and the web page reads."""

from dataclasses import dataclass


@dataclass(slots=True)
class Health:
    """`trouble` is why the stall is not ready, in operator's English; None when updates flow."""

    trouble: str | None = "starting"
    polled_at: float | None = None
    conflicts: int = 0

    def polled(self, instant: float) -> None:
        """An update batch (perhaps empty) was fetched and kept at this monotonic instant."""
        self.trouble = None
        self.polled_at = instant

    def troubled(self, reason: str) -> None:
        """Fetching or keeping failed."""
        self.trouble = reason
        self.conflicts += reason.startswith("another process")

    @property
    def is_ready(self) -> bool:
        return self.trouble is None
