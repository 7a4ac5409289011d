"""Is the stall alive and ready? One small record that the way in writes and the web page reads."""

from dataclasses import dataclass, field
from typing import Final

ASKING: Final = "asking"
"""What Telegram answers when we ask it for updates, or to bring them."""

BRINGING: Final = "bringing"
"""Whether Telegram's own calls get through to us."""

KEEPING: Final = "keeping"
"""Whether what came in gets into the books."""


@dataclass(slots=True)
class Health:
    """Why the stall is not ready, in operator's English; each trouble belongs to a matter and is over with it."""

    conflicts: int = 0
    _troubles: dict[str, str] = field(default_factory=lambda: {ASKING: "starting"})

    def well(self, *matters: str) -> None:
        """Nothing is wrong with these any more."""
        for matter in matters:
            self._troubles.pop(matter, None)

    def troubled(self, matter: str, reason: str) -> None:
        """Something is wrong with this."""
        self._troubles[matter] = reason
        self.conflicts += reason.startswith("another process")

    @property
    def trouble(self) -> str | None:
        """The first reason; None when updates flow."""
        return next(iter(self._troubles.values()), None)

    @property
    def is_ready(self) -> bool:
        return not self._troubles

    def is_troubled(self, matter: str) -> bool:
        return matter in self._troubles
