"""The bots that are measured, each alone in its process: `python -m benchmarks.bots KIND PORT FOLDER`; the kind
`stall:8443` is a stall with a webhook on that port, `sale:500` a bare bot that sells 500 units.

Prints the processor time used between the first update and the end, as JSON.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

from telegram import Update
from telegram.ext import Application, ApplicationBuilder, CallbackQueryHandler, MessageHandler, filters

from benchmarks.baresale import BareSale
from benchmarks.books import TOKEN, config, processor
from bot import web
from bot.compose import opened
from bot.front import Front
from bot.transport import AiohttpRequest

CONCURRENCY = 256


async def _echo(update: Update, _context: Any) -> None:
    if update.message is not None:
        await update.message.reply_text("-")


async def _tapped(update: Update, _context: Any) -> None:
    if update.callback_query is not None and update.effective_chat is not None:
        await update.effective_chat.send_message("-")
        await update.callback_query.answer()


def _bare(base: str, kind: str) -> Application[Any, Any, Any, Any, Any, Any]:
    """PTB as its documentation shows it; all but `default` put our transport under it and change nothing else."""
    builder = ApplicationBuilder().token(TOKEN).base_url(f"{base}/bot").concurrent_updates(CONCURRENCY)
    if kind != "default":
        builder = builder.request(AiohttpRequest()).get_updates_request(AiohttpRequest())
    else:
        # The default pool of one connection would time out; the size its documentation advises is the concurrency.
        builder = builder.connection_pool_size(CONCURRENCY).pool_timeout(60)
    application = builder.build()
    sale, _, units = kind.partition(":")
    if sale == "sale":
        BareSale(int(units)).join(application)
        return application
    application.add_handler(MessageHandler(filters.TEXT, _echo))
    application.add_handler(CallbackQueryHandler(_tapped))
    return application


async def _run_bare(base: str, kind: str, stop: asyncio.Event) -> float:
    application = _bare(base, kind)
    async with application:
        await application.start()
        before = processor()
        if application.updater is None:
            raise RuntimeError("the bare bot polls")
        await application.updater.start_polling(poll_interval=0, allowed_updates=Update.ALL_TYPES)
        print("open", flush=True)
        await stop.wait()
        used = processor() - before
        await application.updater.stop()
        await application.stop()
    return used


async def _run_stall(base: str, folder: Path, stop: asyncio.Event, webhook: int | None = None) -> float:
    settings, front = config(folder, base, webhook), Front()
    async with web.serving(front.sites(settings)), opened(settings, metrics=front.metrics) as stall:
        front.phase, front.stall = None, stall
        print("open", flush=True)
        before = processor()
        await stop.wait()
        return processor() - before


async def _main(kind: str, port: str, folder: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    base = f"http://127.0.0.1:{port}"
    if kind.startswith("stall"):
        _, _, webhook = kind.partition(":")
        used = await _run_stall(base, folder, stop, int(webhook) if webhook else None)
    else:
        used = await _run_bare(base, kind, stop)
    print(json.dumps({"processor": used}), flush=True)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
