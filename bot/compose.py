"""The composition root: the one place where a configuration becomes a running stall.

Owns the order in which things open and close. Everything else gets what it needs by constructor.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from telegram import BotCommand, BotCommandScopeAllPrivateChats
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatMemberHandler,
    ContextTypes,
    filters,
)
from telegram.ext import MessageHandler as PtbMessageHandler
from telegram.request import BaseRequest

import handlers
from bot.backup import plan_of
from bot.calls import Calls
from bot.config import Config
from bot.counted import CountedRequest
from bot.courier import Courier
from bot.health import Health
from bot.intake import Intake
from bot.metrics import Metrics
from bot.newest import Newest
from bot.pacer import Limits, PacedLimiter, Pacer
from bot.polling import POLL_SECONDS, Polling
from bot.queue import PersonQueue
from bot.receipts import receipts_to_fetch
from bot.restore import terms_of
from bot.transport import AiohttpRequest
from bot.webhook import Webhook
from handlers.deps import Deps, PresaleTerms, PrivacyTerms, Settings, StallContext
from handlers.entry import default_menu
from handlers.qrcard import QrCards
from handlers.routing import Router, on_error
from handlers.translation import Translations
from handlers.wording import Voice
from scheduler import due, rights
from scheduler.daily import daily_backup
from scheduler.dispatch import Dispatch
from scheduler.wakeups import Wakeups
from storage import people, recovery, revocations, waitlist
from storage.claiming import ClaimRules
from storage.clock import Clock, SystemClock
from storage.orders import OrderPolicy
from storage.store import Store

log = logging.getLogger(__name__)

App = Application[Any, Any, Any, Any, Any, Any]


def settings_of(config: Config) -> Settings:
    """The part of the configuration that handlers need."""
    return Settings(
        name=config.stall.name,
        currency=config.stall.currency,
        zone=ZoneInfo(config.stall.timezone),
        languages=tuple(config.stall.languages),
        country=config.stall.country,
        methods=tuple(method.config for method in config.payments.methods),
        policy=OrderPolicy(
            prefix=config.orders.prefix,
            pay_within_ms=config.orders.pay_within,
            grace_ms=config.orders.grace,
            remind_after_ms=config.orders.remind_unpaid_after,
            late_receipt_ms=config.orders.late_receipt_within,
            most_under_review=config.orders.max_under_review,
        ),
        remind_before_ms=tuple(config.reminders.before_start),
        invite_valid_ms=config.people.invite_valid_for,
        claims=ClaimRules(
            hold_ms=config.orders.pay_within,
            hold_strangers_ms=config.groups.hold_strangers,
            most_strangers=config.groups.most_strangers,
        ),
        presale=PresaleTerms(after_ms=config.presale.ships_after, over_ms=config.presale.ships_over),
        terms_url=config.stall.terms_url,
        privacy=PrivacyTerms(
            contact=config.privacy.contact, kept=config.privacy.retention, backups_ms=config.privacy.backups
        ),
    )


def application_of(config: Config, request: BaseRequest, limiter: PacedLimiter, context: type[StallContext]) -> App:
    """PTB's application over our transport, without updater and job queue: intake and scheduler do their work."""
    base = config.telegram.base_url
    return (
        ApplicationBuilder()
        .token(config.telegram.token.get_secret_value())
        .base_url(f"{base}/bot")
        .base_file_url(f"{base}/file/bot")
        .request(request)
        .get_updates_request(request)
        .updater(None)
        .job_queue(None)
        .rate_limiter(limiter)
        .context_types(ContextTypes(context=context))
        .build()
    )


@dataclass(slots=True, kw_only=True)
class Stall:
    """A stall that is open. `tasks` are its loops, `arriving` the one through which updates come in; if one of them
    ends, something is badly wrong. `webhook` is there where Telegram brings the updates."""

    deps: Deps
    voice: Voice
    health: Health
    metrics: Metrics
    pacer: Pacer
    queue: PersonQueue
    intake: Intake
    dispatch: Dispatch
    wakeups: Wakeups
    replayed: int
    tasks: list[asyncio.Task[None]]
    webhook: Webhook | None
    arriving: asyncio.Task[None]


@asynccontextmanager
async def opened(
    config: Config,
    *,
    request: BaseRequest | None = None,
    clock: Clock | None = None,
    metrics: Metrics | None = None,
    poll_seconds: int = POLL_SECONDS,
    drain_seconds: float = 8.0,
) -> AsyncIterator[Stall]:
    """A running stall. On leaving, intake stops first, what is in hand is finished, and the store closes last.

    With `mode = "webhook"` somebody has to serve `Stall.webhook.receive`.
    Raises telegram.error.TelegramError if the token or the server is no good, storage errors if the books are not.
    """
    clock, metrics = clock or SystemClock(), metrics or Metrics()
    counted = CountedRequest(request or AiohttpRequest(), metrics)
    store = await Store.open(
        config.storage.path, synchronous=config.storage.synchronous, now=clock.now(), watch=metrics.committed
    )
    try:
        async with _running(config, store, counted, clock, metrics, poll_seconds, drain_seconds) as stall:
            yield stall
    finally:
        # An unclosed connection would hang the exit: its thread is not a daemon.
        await store.close()


@asynccontextmanager
async def _running(
    config: Config,
    store: Store,
    request: BaseRequest,
    clock: Clock,
    metrics: Metrics,
    poll_seconds: int,
    drain_seconds: float,
) -> AsyncIterator[Stall]:
    pacer = Pacer(clock, Limits(**config.telegram.limits.model_dump()))
    settings, translations = settings_of(config), Translations.load(config.stall.languages)
    pictures, newest, health = QrCards(), Newest(), Health()
    context_type: type[StallContext] = type("BoundContext", (StallContext,), {})
    limiter = PacedLimiter(pacer, clock)
    application = application_of(config, request, limiter, context_type)
    deps = Deps(
        store=store,
        clock=clock,
        settings=settings,
        translations=translations,
        pictures=pictures,
        newest=newest,
        bot=application.bot,
        calls=Calls(request, application.bot.base_url, limiter),
    )
    context_type.deps = deps
    try:
        async with application:
            username = application.bot.username
            await store.write(people.bot_seen, bot=application.bot.id, username=username, now=clock.now())
            await store.write(revocations.set_owners, config.people.owners, clock.now())
            if await store.write(recovery.open_again, terms=terms_of(config), now=clock.now()):
                log.warning("these books were restored; unpaid orders have their time again")
            gaps = tuple(await store.read(recovery.gaps))
            await store.write(waitlist.set_rules, hold_ms=config.waiting_list.hold)
            routes = handlers.routes()
            voice = Voice(routes.all_kinds(), settings, translations, username)
            _route(application, Router(routes, voice, gaps))
            queue = PersonQueue(clock)
            intake = Intake(application=application, deps=deps, queue=queue, health=health, metrics=metrics)
            webhook = _webhook_of(config, deps, intake, health)
            way_in = webhook or Polling(
                bot=deps.bot, clock=clock, intake=intake, health=health, poll_seconds=poll_seconds
            )
            dispatch = Dispatch(store, clock, pacer, metrics.counting(Courier(deps, voice).deliver))
            sources = [
                *due.sources(store, clock),
                receipts_to_fetch(deps),
                rights.erasures_to_finish(store, clock),
                rights.what_is_over(store, clock, config.privacy.retention),
            ]
            if config.backup.daily:
                sources.append(daily_backup(store, clock, plan_of(config)))
            wakeups = Wakeups(store, clock, sources)
            await _set_menus(deps)
            replayed = await intake.replay()
            stall = Stall(
                deps=deps,
                voice=voice,
                health=health,
                metrics=metrics,
                pacer=pacer,
                queue=queue,
                intake=intake,
                dispatch=dispatch,
                wakeups=wakeups,
                replayed=replayed,
                tasks=[
                    asyncio.create_task(dispatch.run(), name="dispatch"),
                    asyncio.create_task(wakeups.run(), name="wakeups"),
                    asyncio.create_task(intake.sweep(), name="acknowledge"),
                    asyncio.create_task(intake.listen_for_retries(), name="retries"),
                ],
                webhook=webhook,
                arriving=asyncio.create_task(way_in.run(), name="arriving"),
            )
            try:
                yield stall
            finally:
                await _wind_down(stall, drain_seconds)
    finally:
        pictures.close()


async def _wind_down(stall: Stall, seconds: float) -> None:
    """Stop taking in, finish what is in hand, stop the clock, let the messages on the way arrive."""
    stall.arriving.cancel()
    await asyncio.gather(stall.arriving, return_exceptions=True)
    await stall.intake.finish(seconds)
    await stall.queue.close()
    await stall.wakeups.stop()
    try:
        await asyncio.wait_for(stall.dispatch.stop(), timeout=seconds)
    except TimeoutError:
        log.warning("some messages are still on the way; they are sent again at the next start")
    for task in stall.tasks:
        task.cancel()
    await asyncio.gather(*stall.tasks, return_exceptions=True)


def _webhook_of(config: Config, deps: Deps, intake: Intake, health: Health) -> Webhook | None:
    webhook = config.telegram.webhook
    if config.telegram.mode != "webhook" or webhook.url is None:
        return None
    return Webhook(
        url=webhook.url,
        secret=webhook.secret.get_secret_value() if webhook.secret else None,
        bot=deps.bot,
        clock=deps.clock,
        intake=intake,
        health=health,
    )


def _route(application: App, router: Router) -> None:
    application.add_handler(CallbackQueryHandler(router.on_tap, block=True))
    application.add_handler(
        PtbMessageHandler(filters.UpdateType.MESSAGE & filters.ChatType.PRIVATE, router.on_message, block=True)
    )
    application.add_handler(
        PtbMessageHandler(filters.UpdateType.MESSAGE & filters.ChatType.GROUPS, router.on_group, block=True)
    )
    application.add_handler(ChatMemberHandler(router.on_membership, ChatMemberHandler.MY_CHAT_MEMBER, block=True))
    application.add_error_handler(on_error)


async def _set_menus(deps: Deps) -> None:
    """The command menu everybody sees, in each language; a person with roles gets a menu of their own."""
    try:
        for position, language in enumerate(deps.settings.languages):
            menu = default_menu(deps.translations.translator(language))
            commands = [BotCommand(name, text) for name, text in menu.commands]
            await deps.bot.set_my_commands(
                commands,
                scope=BotCommandScopeAllPrivateChats(),
                language_code=None if position == 0 else language,
            )
    except TelegramError as error:
        # A menu is a comfort; the stall opens without it.
        log.warning("command menus not set", extra={"error": type(error).__name__})
