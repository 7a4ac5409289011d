"""The bot's own account at Telegram: asking who it is, and saying why that did not work."""

from telegram import Bot, User
from telegram.error import Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.config import Config
from bot.failure import CommandFailed
from bot.transport import AiohttpRequest, wait_of

SECONDS = 10.0
"""How long a command waits for Telegram before it says so."""


async def whoami(config: Config) -> User:
    """getMe, asked once. Raises CommandFailed if the token or the way to Telegram is no good."""
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
            return await bot.get_me()
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
