"""How a bot gets its updates: getUpdates, or a webhook; one excludes the other."""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playground.bots import BotAccount
from playground.params import Params
from playground.refusals import bad_request, conflict

if TYPE_CHECKING:
    from playground.world import World

WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
PORTS = (80, 88, 443, 8443)
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


async def get_updates(world: "World", bot: BotAccount, asked: Params) -> list[dict[str, Any]]:
    if world.webhooks.of(bot) is not None:
        raise conflict(WEBHOOK_ACTIVE)
    bot.mail.allow(asked.get("allowed_updates"))
    limit = min(max(asked.number("limit", 100), 1), 100)
    return await bot.mail.poll(asked.number("offset"), limit, asked.number("timeout"))


def set_webhook(world: "World", bot: BotAccount, asked: Params) -> bool:
    url, secret = asked.text("url"), asked.get("secret_token")
    if not url:
        return delete_webhook(world, bot, asked)
    if not _is_local(url):
        _check_public(url)
    if secret is not None and not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    if asked.get("drop_pending_updates"):
        bot.mail.forget_all()
    bot.mail.allow(asked.get("allowed_updates"))
    bot.mail.end_poll("terminated by setWebhook request")
    world.webhooks.set(bot, _kept(url), secret, min(max(asked.number("max_connections", 40), 1), 100))
    return True


def _check_public(url: str) -> None:
    """What Telegram's own servers demand of an address before they look for it."""
    if not url.startswith("https://"):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    try:
        port = urlsplit(url).port
    except ValueError:
        raise bad_request("bad webhook: Invalid URL") from None
    if port not in (None, *PORTS):
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def _kept(url: str) -> str:
    """The address as Telegram keeps and tells it: with a small host, and with a path."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path or "/").geturl()


def _is_local(url: str) -> bool:
    """Whether a webhook without encryption may be used, as a Bot API server on the same machine would."""
    try:
        return urlsplit(url).hostname in LOCAL
    except ValueError:
        return False


def delete_webhook(world: "World", bot: BotAccount, asked: Params) -> bool:
    if asked.get("drop_pending_updates"):
        bot.mail.forget_all()
    world.webhooks.remove(bot)
    return True


def get_webhook_info(world: "World", bot: BotAccount, asked: Params) -> dict[str, Any]:
    told: dict[str, Any] = {
        "url": "",
        "has_custom_certificate": False,
        "pending_update_count": bot.mail.pending,
    }
    hook = world.webhooks.of(bot)
    if hook is not None:
        told |= {"url": hook.url, "max_connections": hook.max_connections}
        if hook.last_error:
            told |= {"last_error_date": hook.last_error_at, "last_error_message": hook.last_error}
    if bot.mail.allowed is not None:
        told["allowed_updates"] = sorted(bot.mail.allowed)
    return told


HANDLERS = {
    "deleteWebhook": delete_webhook,
    "getUpdates": get_updates,
    "getWebhookInfo": get_webhook_info,
    "setWebhook": set_webhook,
}
