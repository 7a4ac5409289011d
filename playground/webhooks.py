"""Bringing updates to a bot's own server, each again and again until it is answered 2xx.

Goes about it as the published Bot API server does: the updates of one chat one after the other, those of different
chats side by side, `max_connections` at once; after a failure the same update again, at once and then after pauses
that double, or after what `Retry-After` says. Speaks real HTTP; the pauses go by the playground's clock.
"""

import asyncio
from dataclasses import dataclass, field

import aiohttp

from playground.bots import BotAccount
from playground.clock import Clock
from playground.updates import Update

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
LONGEST_PAUSE = 60.0
PATIENCE = 60.0
"""Seconds of the wall clock for an answer."""

Line = tuple[str, int]
"""Updates that wait for each other: of one kind, from one chat or person."""


@dataclass(slots=True, eq=False)
class Webhook:
    """Where a bot's updates go. `last_error_at` is in seconds of the playground's clock."""

    url: str
    secret: str | None
    max_connections: int
    task: "asyncio.Task[None] | None" = None
    last_error: str | None = None
    last_error_at: int = 0
    lines: dict[Line, "asyncio.Task[None]"] = field(default_factory=dict)
    """What is being brought just now."""

    def cancel(self) -> list["asyncio.Task[None]"]:
        """Stop bringing; what has begun is cut."""
        tasks = [*self.lines.values(), *([self.task] if self.task else [])]
        for task in tasks:
            task.cancel()
        return tasks


class Webhooks:
    """The webhooks of all bots."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._hooks: dict[int, Webhook] = {}

    def of(self, bot: BotAccount) -> Webhook | None:
        return self._hooks.get(bot.id)

    def set(self, bot: BotAccount, url: str, secret: str | None, max_connections: int) -> None:
        self.remove(bot)
        hook = Webhook(url, secret, max_connections)
        hook.task = asyncio.get_running_loop().create_task(
            _bring(bot, hook, self._clock), name=f"webhook of {bot.username}"
        )
        self._hooks[bot.id] = hook

    def remove(self, bot: BotAccount) -> None:
        hook = self._hooks.pop(bot.id, None)
        if hook is not None:
            hook.cancel()

    async def close(self) -> None:
        tasks = [task for hook in self._hooks.values() for task in hook.cancel()]
        self._hooks.clear()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _bring(bot: BotAccount, hook: Webhook, clock: Clock) -> None:
    """Start a task for every line that has an update and none on its way."""
    headers = {SECRET_HEADER: hook.secret} if hook.secret else {}
    connector = aiohttp.TCPConnector(limit=hook.max_connections)
    patience = aiohttp.ClientTimeout(total=None, sock_read=PATIENCE)
    async with aiohttp.ClientSession(headers=headers, connector=connector, timeout=patience) as session:
        while True:
            arrival = bot.mail.arrived.next()
            for update in bot.mail.undelivered():
                line = _line_of(update)
                if line not in hook.lines:
                    task = asyncio.get_running_loop().create_task(_serve(bot, hook, clock, session, line))
                    hook.lines[line] = task
            await arrival


async def _serve(bot: BotAccount, hook: Webhook, clock: Clock, session: aiohttp.ClientSession, line: Line) -> None:
    """Bring the updates of one line, in order, until there are no more."""
    try:
        while (update := next((one for one in bot.mail.undelivered() if _line_of(one) == line), None)) is not None:
            pause = 0.0
            while (failure := await _post(session, hook.url, update)) is not None:
                hook.last_error, hook.last_error_at = failure.reason, clock.now() // 1000
                await clock.sleep(failure.retry_after or pause)
                pause = min(max(1.0, pause * 2), LONGEST_PAUSE)
            bot.mail.delivered_by_webhook(update)
    finally:
        # In the same step in which no update was seen, or one that comes right after would wait for nobody.
        hook.lines.pop(line, None)


def _line_of(update: Update) -> Line:
    kind = next(key for key in update if key != "update_id")
    content = update[kind]
    owner = content.get("chat") or content.get("from") if isinstance(content, dict) else None
    number = owner.get("id") if isinstance(owner, dict) else None
    return kind, number if isinstance(number, int) else update["update_id"]


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why an update was not taken, in Telegram's words, and the seconds the answer asked to wait."""

    reason: str
    retry_after: int = 0


async def _post(session: aiohttp.ClientSession, url: str, update: Update) -> _Failure | None:
    try:
        async with session.post(url, json=update) as answer:
            await answer.read()
            if 200 <= answer.status < 300:
                return None
            asked = answer.headers.get("Retry-After", "")
            reason = f"Wrong response from the webhook: {answer.status} {answer.reason}"
            return _Failure(reason, int(asked) if asked.isdecimal() else 0)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return _Failure(f"Connection failed: {type(error).__name__}")
