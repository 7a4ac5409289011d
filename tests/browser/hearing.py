"""What reaches the bot from the page: a click is over before its request has arrived, so whoever listens waits."""

import asyncio
from typing import Any

from tests.playground.conftest import Voice

SECONDS = 5


async def heard(bot: Voice, kind: str = "message") -> dict[str, Any]:
    """Wait for an update of this kind as the newest; its content. Everything up to it is confirmed."""
    async with asyncio.timeout(SECONDS):
        while True:
            updates = await bot.updates()
            if updates and kind in updates[-1]:
                await bot.updates(updates[-1]["update_id"] + 1)
                content: dict[str, Any] = updates[-1][kind]
                return content
            await asyncio.sleep(0.01)


async def answers(bot: Voice, text: str = "", *, alert: bool = False) -> dict[str, Any]:
    """Wait for a tap and answer it; the query."""
    query = await heard(bot, "callback_query")
    await bot("answerCallbackQuery", callback_query_id=query["id"], text=text, show_alert=alert)
    return query
