"""How long what is kept of people is kept.

Durations in milliseconds. The rule of trade behind them: records of the trade itself (goods, amounts, dates, seller,
decisions) stay three years or more (PRC E-Commerce Law, art. 31), whoever asks for what.
"""

from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 24 * 60 * 60 * 1000

LEAST_TRADE_RECORDS: Final = 1096 * DAY_MS
"""Three years, whichever of them is a leap year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """`addresses` and `receipts` count from the end of the order, everything else from when it came in."""

    addresses: int = 180 * DAY_MS
    receipts: int = 180 * DAY_MS
    questions: int = 365 * DAY_MS
    unfinished: int = 30 * DAY_MS
    messages: int = 30 * DAY_MS
    trade_records: int = LEAST_TRADE_RECORDS


STANDARD: Final = Retention()
