"""Which message is the last one in each chat, as far as this process has seen.

Owns a bounded memory and nothing lasting: a chat that is not known is simply not known. It decides one thing only:
the answer to a tap edits its message while that is still the newest, and sends a new one when others came after.
"""

from collections import OrderedDict
from typing import Final

CHATS: Final = 20_000
"""Some two megabytes; the chats heard of longest ago are forgotten first."""


class Newest:
    """The newest known message id per chat; message ids grow within a chat."""

    def __init__(self, chats: int = CHATS) -> None:
        self._chats = chats
        self._newest: OrderedDict[int, int] = OrderedDict()

    def __len__(self) -> int:
        return len(self._newest)

    def note(self, chat_id: int, message_id: int) -> None:
        """A message of anybody was sent to or seen in the chat. Late news of an older one changes nothing."""
        self._newest[chat_id] = max(message_id, self._newest.get(chat_id, message_id))
        self._newest.move_to_end(chat_id)
        if len(self._newest) > self._chats:
            self._newest.popitem(last=False)

    def is_newest(self, chat_id: int, message_id: int) -> bool:
        """True when no later message is known; False for an unknown chat, or an id beyond all that were noted."""
        return self._newest.get(chat_id) == message_id
