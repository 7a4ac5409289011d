"""What the outside meets: the stall's phase for `/readyz`, its metrics, and the way in for Telegram's calls.

There from the first moment of the process to the last, while the stall behind it opens and closes.
"""

from dataclasses import dataclass, field

from aiohttp.web import Request, Response

from bot import scrape, web
from bot.compose import Stall
from bot.config import Config, Listen
from bot.metrics import Metrics
from bot.webhook import unavailable


@dataclass(slots=True)
class Front:
    """`phase` is why the stall is not ready, whatever intake says; `stall` the one that is open, once it has been."""

    metrics: Metrics = field(default_factory=Metrics)
    phase: str | None = "starting"
    stall: Stall | None = None

    def sites(self, config: Config) -> list[web.Site]:
        """What is served where, by the settings."""
        telegram, sites = config.telegram, list[web.Site]()
        if telegram.mode == "webhook":
            place = Listen(telegram.webhook.listen, telegram.webhook.port)
            sites.append(web.webhook(place, telegram.webhook.path, self.receive))
        if config.web.listen is not None:
            sites.append(web.watching(config.web.listen, self.trouble, self.page))
        return sites

    def trouble(self) -> str | None:
        """The reason for not being ready, or None when updates flow."""
        return self.phase or (self.stall.health.trouble if self.stall else None)

    async def page(self) -> tuple[bytes, str]:
        """The metrics and their type."""
        return await scrape.page(self.metrics, self.stall, is_ready=self.trouble() is None), scrape.CONTENT_TYPE

    async def receive(self, request: Request) -> Response:
        """A call of Telegram's. Before the stall is open nobody can take an update."""
        webhook = self.stall.webhook if self.stall else None
        response = unavailable() if webhook is None else await webhook.receive(request)
        self.metrics.webhook_requests.labels(str(response.status)).inc()
        return response
