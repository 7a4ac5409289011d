"""Money: integers of minor units with an ISO 4217 currency; plain decimals in and out; sharing an amount out.

Never a float, never a currency sign (signs, grouping and languages live in `handlers/formats.py`), never a
conversion between currencies.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

_ISO_4217 = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLF
CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL
HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD
MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG
QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD
TWD TZS UAH UGX USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
# The digits of the minor unit as the standard names them; a currency not listed here has two. MGA and MRU are
# divided into fifths but carry two. CLDR's table is about display and differs (it shows no fils for IQD).
_OTHER_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

CURRENCIES = frozenset(_ISO_4217.split())
"""Codes people pay with; metals, test codes and most funds are left out on purpose."""

_DIGITS = {code: places for places, codes in _OTHER_DIGITS.items() for code in codes.split()}

# Twelve digits of whole units: far above any order, far below the 63 bits of an SQLite integer.
_MOST_WHOLE_DIGITS = 12
_LONGEST_TEXT = 40

_PLAIN = re.compile(r"(?P<whole>[0-9]+)(?:(?P<point>[.,])(?P<fraction>[0-9]+))?")
_GROUPED = re.compile(
    r"(?P<whole>[0-9]{1,3}(?:(?P<group>[ ,.'])[0-9]{3})(?:(?P=group)[0-9]{3})*)"
    r"(?:(?!(?P=group))[.,](?P<fraction>[0-9]+))?"
)


class AmountFault(StrEnum):
    """Why a text is no amount of a currency."""

    NOT_A_NUMBER = "not_a_number"
    TOO_MANY_DECIMALS = "too_many_decimals"
    AMBIGUOUS = "ambiguous"
    NEGATIVE = "negative"
    TOO_LARGE = "too_large"


class AmountError(ValueError):
    """The text is no amount of this currency; `fault` says why."""

    def __init__(self, fault: AmountFault, text: str) -> None:
        super().__init__(f"{text!r} is not an amount: {fault.value.replace('_', ' ')}")
        self.fault = fault


class CurrencyMismatchError(ValueError):
    """Amounts of two currencies were put together."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (fen, cents) of one currency; may be negative."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.amount * times, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __str__(self) -> str:
        return f"{decimal(self.amount, self.currency)} {self.currency}"

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatchError(f"{self.currency} and {other.currency}")
        return other.amount


def is_currency(code: str) -> bool:
    """True for an upper-case ISO 4217 code that people pay with."""
    return code in CURRENCIES


def digits(currency: str) -> int:
    """Digits of the currency's minor unit: 2 for CNY, 0 for JPY, 3 for KWD."""
    return _DIGITS.get(currency, 2)


def decimal(amount: int, currency: str) -> str:
    """The amount as a plain decimal with the currency's digits: 7200 CNY is "72.00", -50 CNY is "-0.50"."""
    places = digits(currency)
    if places == 0:
        return str(amount)
    whole, fraction = divmod(abs(amount), 10**places)
    return f"{'-' if amount < 0 else ''}{whole}.{fraction:0{places}}"


def as_decimal(amount: int, currency: str) -> Decimal:
    """The same value for arithmetic or formatting outside this package, exact."""
    return Decimal(amount).scaleb(-digits(currency))


def parse_decimal(text: str, currency: str, *, negative: bool = False) -> int:
    """Minor units of what a person or a file wrote: "36", "36,00", "1,234.50", "1.234,50", full-width too.

    A single dot is always the decimal point. A single comma before exactly three digits groups thousands,
    unless the currency has three digits itself: then it could be either, and is refused.
    Raises AmountError.
    """
    body = unicodedata.normalize("NFKC", text).strip().replace("\u2212", "-").replace("\u2019", "'")
    is_negative = body.startswith("-")
    body = body.removeprefix("-").lstrip()
    if len(body) > _LONGEST_TEXT:
        raise AmountError(AmountFault.TOO_LARGE, text)
    whole, fraction = _parts(body, text, digits(currency))
    if len(fraction) > digits(currency):
        raise AmountError(AmountFault.TOO_MANY_DECIMALS, text)
    if len(whole.lstrip("0")) > _MOST_WHOLE_DIGITS:
        raise AmountError(AmountFault.TOO_LARGE, text)
    amount = int(whole + fraction.ljust(digits(currency), "0"))
    if is_negative and not negative:
        raise AmountError(AmountFault.NEGATIVE, text)
    return -amount if is_negative else amount


def shares(amount: int, weights: Sequence[int]) -> list[int]:
    """Share an amount out by weight, to the last minor unit (largest remainder, first wins a tie).

    Works for negative amounts too. Raises ValueError if a weight is negative or all are zero.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must be 0 or more, and not all 0")
    sign = -1 if amount < 0 else 1
    floors = [divmod(abs(amount) * weight, total) for weight in weights]
    parts = [floor for floor, _ in floors]
    left = abs(amount) - sum(parts)
    by_remainder = sorted(range(len(parts)), key=lambda index: -floors[index][1])
    for index in by_remainder[:left]:
        parts[index] += 1
    return [sign * part for part in parts]


def _parts(body: str, text: str, places: int) -> tuple[str, str]:
    """Whole and fraction digits of an unsigned number: here it is decided which mark is the point."""
    plain = _PLAIN.fullmatch(body)
    if plain is not None:
        whole, point, fraction = plain["whole"], plain["point"], plain["fraction"] or ""
        may_group = point == "," and len(fraction) == 3 and len(whole) <= 3 and not whole.startswith("0")
        if not may_group:
            return whole, fraction
        if places >= 3:
            raise AmountError(AmountFault.AMBIGUOUS, text)
        return whole + fraction, ""
    grouped = _GROUPED.fullmatch(body)
    if grouped is None:
        raise AmountError(AmountFault.NOT_A_NUMBER, text)
    return re.sub(r"[^0-9]", "", grouped["whole"]), grouped["fraction"] or ""
