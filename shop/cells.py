"""Cells of sheets: a value as the text a person sees there, and a text that no spreadsheet takes for a formula.

Owns nothing of files; those are opened and written by others.
"""

import re
from datetime import date, datetime, time, timedelta

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula, in the full-width forms too (OWASP, CSV injection)."""

_ONLY_ZEROS = re.compile(r"0+")
_EXACT = 15  # significant digits a spreadsheet keeps; beyond them a binary fraction shows its dust


def harmless(text: str) -> str:
    """The text to write into a cell: an apostrophe in front makes it text, and spreadsheets don't show it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def text_of(value: object, number_format: str = "General") -> str:
    """A workbook's value as text: numbers without dust, leading zeros where the format has them, dates as ISO.

    A percentage stays one, so that 36 % is never taken for 0.36.
    """
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return _number(value, number_format)
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
        case date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case _:
            return str(value)


def _number(value: float, number_format: str) -> str:
    if "%" in number_format:
        return f"{value * 100:.{_EXACT}g}%"
    text = f"{value:.{_EXACT}g}" if isinstance(value, float) else str(value)
    if _ONLY_ZEROS.fullmatch(number_format) and text.isdecimal():
        return text.zfill(len(number_format))
    return text
