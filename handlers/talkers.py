"""Who has talked in a linked group lately, so that a host can pick whose order was missed.

Kept in memory only and forgotten with the process: people who merely talk are none of the books' business.
"""

from collections import OrderedDict
from dataclasses import dataclass, field

MOST = 30  # people remembered of one group
MOST_GROUPS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Talker:
    """Somebody who wrote in a group."""

    id: int
    name: str
    username: str | None


@dataclass(slots=True)
class Talkers:
    """The latest talkers of each group."""

    _groups: "OrderedDict[int, OrderedDict[int, Talker]]" = field(default_factory=OrderedDict)

    def note(self, chat: int, talker: Talker) -> None:
        """They have just written there."""
        found = self._groups.setdefault(chat, OrderedDict())
        self._groups.move_to_end(chat)
        found[talker.id] = talker
        found.move_to_end(talker.id)
        while len(found) > MOST:
            found.popitem(last=False)
        while len(self._groups) > MOST_GROUPS:
            self._groups.popitem(last=False)

    def latest(self, limit: int) -> list[Talker]:
        """The latest talkers of all groups, the newest first within each."""
        people = [talker for found in reversed(self._groups.values()) for talker in reversed(found.values())]
        return list({talker.id: talker for talker in people}.values())[:limit]

    def named(self, username: str) -> Talker | None:
        """Somebody of this user name, if they have talked lately."""
        wanted = username.lower()
        every = (talker for found in self._groups.values() for talker in found.values())
        return next((one for one in every if (one.username or "").lower() == wanted), None)
