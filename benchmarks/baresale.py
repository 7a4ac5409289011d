"""The bare echo of a flash sale: a python-telegram-bot application that makes the calls a stall makes, and no more.

Says and shows about as much as the stall, from memory: no books, nothing paced, nothing that survives the process.
"""

from typing import Any, Final

from telegram import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.constants import ParseMode
from telegram.ext import Application, CallbackQueryHandler, MessageHandler, filters

from benchmarks.books import METHOD
from handlers.qrcard import draw
from shop import paycodes

CARD: Final = """<b>Eggs</b>, box of 20
¥36.00 · 312 boxes left
From Farm, Tonggu
Leaves within 3 days
Yours from the moment you order, for 30 minutes.
How many? {count}: ¥72.00"""
SUMMARY: Final = """<b>Your order</b>
{count} boxes × Eggs at ¥36.00 = ¥72.00
Total: ¥72.00
To: Li Hua, +8613800138000, 12 Dingjiang West Road, Tonggu
Fresh food can't be returned."""
PAY: Final = """Order <code>T-ABCDE</code>
2 × Eggs
Please pay <b>¥72.00</b> to Bench with Pay
Write T-ABCDE with it, until 20:42 (in 30 min)"""
GONE: Final = "Eggs are sold out just now."


def _rows(*rows: tuple[tuple[str, str], ...]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in rows]
    )


def _card(count: int) -> tuple[str, InlineKeyboardMarkup]:
    choose = (("−", f"look|{count - 1}"), (str(count), f"look|{count}"), ("+", f"look|{count + 1}"))
    order = (("Order now", f"buy|{count}"), ("Add to cart", f"cart|{count}"))
    return CARD.format(count=count), _rows(choose, order, (("Products", "products"),))


_GONE_ROWS = _rows((("Join waiting list", "join"),), (("Products", "products"),))
_PAY_ROWS = _rows(
    (("I have paid", "paid"),),
    (("Change order", "change"), ("Change address", "address")),
    (("Cancel order", "cancel"), ("Ask the stall", "ask")),
)


class BareSale:
    """Sells `left` units to whoever places an order first."""

    def __init__(self, left: int) -> None:
        self._left = left
        code = paycodes.code_of(METHOD, 7200, "CNY", "T-ABCDE")
        if code is None:
            raise LookupError("the method has no code")
        self._picture: bytes | str = draw(code)

    def join(self, application: Application[Any, Any, Any, Any, Any, Any]) -> None:
        """Take part in an application."""
        application.add_handler(MessageHandler(filters.TEXT, self._said))
        application.add_handler(CallbackQueryHandler(self._tapped))

    async def _said(self, update: Update, _context: Any) -> None:
        if update.message is not None:
            text, rows = (GONE, _GONE_ROWS) if self._left <= 0 else _card(1)
            await update.message.reply_text(text, parse_mode=ParseMode.HTML, reply_markup=rows)

    async def _tapped(self, update: Update, _context: Any) -> None:
        query = update.callback_query
        if query is None or not isinstance(query.message, Message):
            return
        verb, _, count = (query.data or "").partition("|")
        if verb == "place" and self._left >= int(count):
            self._left -= int(count)
            await self._pays(query.message)
            await query.answer()
        elif verb == "look" and self._left > 0:
            text, rows = _card(int(count))
            await self._edits(query, text, rows)
        elif verb == "buy" and self._left >= int(count):
            summary = _rows(
                (("Place order", f"place|{count}"),),
                (("I have a code", "code"),),
                (("Change address", "address"), ("Cancel", "drop")),
            )
            await self._edits(query, SUMMARY.format(count=count), summary)
        else:
            await self._edits(query, GONE, _GONE_ROWS, "Sold out")

    async def _edits(
        self, query: CallbackQuery, text: str, rows: InlineKeyboardMarkup, toast: str | None = None
    ) -> None:
        await query.edit_message_text(text, parse_mode=ParseMode.HTML, reply_markup=rows)
        await query.answer(toast)

    async def _pays(self, message: Message) -> None:
        sent = await message.reply_photo(self._picture, PAY, parse_mode=ParseMode.HTML, reply_markup=_PAY_ROWS)
        self._picture = sent.photo[-1].file_id
