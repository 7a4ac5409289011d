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
    if not url.startswith("https://") and not _is_local(url):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if secret is not None and not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    if asked.get("drop_pending_updates"):
        bot.mail.forget_all()
    bot.mail.allow(asked.get("allowed_updates"))
    bot.mail.end_poll("terminated by setWebhook request")
    world.webhooks.set(bot, url, secret, asked.number("max_connections", 40))
    return True


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
            told |= {"last_error_date": world.now, "last_error_message": hook.last_error}
    if bot.mail.allowed is not None:
        told["allowed_updates"] = sorted(bot.mail.allowed)
    return told


HANDLERS = {
    "deleteWebhook": delete_webhook,
    "getUpdates": get_updates,
    "getWebhookInfo": get_webhook_info,
    "setWebhook": set_webhook,
}
