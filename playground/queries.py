"""Questions a person's tap asks of a bot, and their one answer. Never sends messages."""

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playground.messages import Message
    from playground.people import Person


@dataclass(frozen=True, slots=True)
class AnsweredQuery:
    """What the person saw of an answer: a toast, or an alert to be closed; both may be empty."""

    text: str = ""
    show_alert: bool = False
    url: str | None = None


@dataclass(slots=True, eq=False)
class Query:
    """A callback, inline or pre-checkout query waiting for its answer. `asked_at` is monotonic seconds."""

    id: str
    kind: str
    bot_id: int
    person: "Person"
    asked_at: float
    message: "Message | None" = None
    answered: bool = False
    result: Any = None
    _waiters: list["asyncio.Future[Any]"] = field(default_factory=list)

    def answer(self, result: Any) -> None:
        self.answered = True
        self.result = result
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(result)

    async def wait(self, timeout: float) -> Any:
        """The answer. Raises `TimeoutError` after `timeout` real seconds."""
        if self.answered:
            return self.result
        waiter: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        return await asyncio.wait_for(waiter, timeout)
