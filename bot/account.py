"""The bot's own account at Telegram: asking who it is and how it gets its updates, and saying why that failed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from telegram import Bot, User, WebhookInfo
from telegram.error import Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.config import Config
from bot.failure import CommandFailed
from bot.transport import AiohttpRequest, wait_of

SECONDS = 10.0
"""How long a command waits for Telegram before it says so."""


async def whoami(config: Config) -> User:
    """getMe, asked once. Raises CommandFailed if the token or the way to Telegram is no good."""
    async with _asked(config) as bot:
        return await bot.get_me()


async def webhook(config: Config) -> WebhookInfo:
    """getWebhookInfo, asked once. Raises CommandFailed like `whoami`."""
    async with _asked(config) as bot:
        return await bot.get_webhook_info()


@asynccontextmanager
async def _asked(config: Config) -> AsyncIterator[Bot]:
    request = AiohttpRequest(connect=SECONDS, read=SECONDS, write=SECONDS)
    base = config.telegram.base_url
    bot = Bot(
        config.telegram.token.get_secret_value(),
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=request,
        get_updates_request=request,
    )
    async with request:
        try:
            yield bot
        except TelegramError as error:
            raise CommandFailed(told(error, config)) from None


def is_refused(error: TelegramError) -> bool:
    """True if asking again can't help: Telegram knows no such bot."""
    return isinstance(error, InvalidToken | Forbidden)


def told(error: TelegramError, config: Config) -> str:
    """What is wrong and what to do, in one sentence and without the token."""
    base = config.telegram.base_url
    if is_refused(error):
        return f"telegram.token: {base} does not accept this token; copy it again from @BotFather"
    if isinstance(error, RetryAfter):
        return f"telegram: {base} asks to wait {wait_of(error):.0f} s; try again then"
    return f"telegram.base_url: {base} can't be reached ({error.message}); check the network and the address"
