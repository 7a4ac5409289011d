"""Bringing updates to a bot's own server: one after the other, again and again until it answers 2xx.

Owns one task per bot with a webhook. Works in real time whatever the playground's clock: it speaks real HTTP.
"""

import asyncio
from dataclasses import dataclass

import aiohttp

from playground.bots import BotAccount

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 2.0


@dataclass(slots=True, eq=False)
class Webhook:
    url: str
    secret: str | None
    max_connections: int
    task: "asyncio.Task[None] | None" = None
    last_error: str | None = None


class Webhooks:
    """The webhooks of all bots."""

    def __init__(self) -> None:
        self._hooks: dict[int, Webhook] = {}

    def of(self, bot: BotAccount) -> Webhook | None:
        return self._hooks.get(bot.id)

    def set(self, bot: BotAccount, url: str, secret: str | None, max_connections: int) -> None:
        self.remove(bot)
        hook = Webhook(url, secret, max_connections)
        hook.task = asyncio.get_running_loop().create_task(_deliver(bot, hook), name=f"webhook of {bot.username}")
        self._hooks[bot.id] = hook

    def remove(self, bot: BotAccount) -> None:
        hook = self._hooks.pop(bot.id, None)
        if hook is not None and hook.task is not None:
            hook.task.cancel()

    async def close(self) -> None:
        tasks = [hook.task for hook in self._hooks.values() if hook.task is not None]
        self._hooks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _deliver(bot: BotAccount, hook: Webhook) -> None:
    headers = {SECRET_HEADER: hook.secret} if hook.secret else {}
    pause = FIRST_PAUSE
    async with aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(total=60)) as session:
        while True:
            update = bot.mail.next_for_webhook()
            if update is None:
                await bot.mail.arrived.next()
                continue
            error = await _post(session, hook.url, update)
            if error is None:
                bot.mail.delivered_by_webhook(update)
                pause = FIRST_PAUSE
                continue
            hook.last_error = error
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


async def _post(session: aiohttp.ClientSession, url: str, update: dict[str, object]) -> str | None:
    """What went wrong, in Telegram's words, or None."""
    try:
        async with session.post(url, json=update) as answer:
            await answer.read()
            reason = f"Wrong response from the webhook: {answer.status} {answer.reason}"
            return None if 200 <= answer.status < 300 else reason
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return f"Connection failed: {type(error).__name__}"
