"""What a single setting may be: each type checks one value and says in plain words what it expects instead.

Owns checks that need nothing but the value; what concerns two keys at once is in `bot/config.py`.
"""

import re
from datetime import time
from importlib import resources
from typing import Annotated, Any, NamedTuple, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from shop.codes import is_prefix
from shop.money import is_currency
from shop.retention import LEAST_TRADE_RECORDS
from shop.schedule import parse_duration

Value = TypeVar("Value")


class Section(BaseModel):
    """A table of the file. A field's description is what a fault line gives as "expected"."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Listen(NamedTuple):
    """Where the built-in web server listens."""

    host: str
    port: int


def catalogue_languages() -> tuple[str, ...]:
    """The languages the stall speaks: one catalogue file each."""
    files = (resources.files("handlers") / "locales").iterdir()
    return tuple(sorted(file.name.removesuffix(".po") for file in files if file.name.endswith(".po")))


def _token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]+", value.get_secret_value()):
        raise ValueError("the token as BotFather gave it: digits, a colon, then letters and digits")
    return value


def _webhook_secret(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value.get_secret_value()):
        raise ValueError("1 to 256 letters, digits, _ or -")  # setWebhook's rule for secret_token
    return value


def _page(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", value):
        raise ValueError("the http(s) address of a page, such as https://stall.example.org/terms")
    return value


def _server_root(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("the http(s) address of a Bot API server, such as https://api.telegram.org")
    return value.rstrip("/")


def _currency(value: str) -> str:
    if not is_currency(value):
        raise ValueError('an ISO 4217 currency code, such as "CNY" or "EUR"')
    return value


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # KeyError is ZoneInfoNotFoundError; OSError a folder such as "Asia"
        raise ValueError('the name of a time zone, such as "Asia/Shanghai"') from None
    return value


def _languages(value: tuple[str, ...]) -> tuple[str, ...]:
    known = catalogue_languages()
    if not value or not set(value) <= set(known):
        raise ValueError(f"one or more of {', '.join(known)}; the first is the default")
    return _unique(value)


def _country(value: str) -> str:
    if value not in SUPPORTED_REGIONS:
        raise ValueError('an ISO 3166 country code of two capital letters, such as "CN"')
    return value


def _listen(value: Any) -> Listen:
    host, colon, port = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if not colon or not host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise ValueError('host and port, such as "127.0.0.1:8090"')
    return Listen(host.strip("[]"), int(port))


def _duration(value: Any) -> int:
    try:
        if isinstance(value, str):
            return parse_duration(value)
    except ValueError:
        pass
    raise ValueError('a duration, such as "90s", "30m", "24h" or "7d"')


def _time_of_day(value: Any) -> int:
    if isinstance(value, time):  # TOML's own 04:00:00
        return value.hour * 60 + value.minute
    if isinstance(value, str) and (match := re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", value.strip())):
        return int(match[1]) * 60 + int(match[2])
    raise ValueError('a time of day from "00:00" to "23:59"')


def _some_time(value: int) -> int:
    if value <= 0:
        raise ValueError('a duration longer than nothing, such as "30m"')
    return value


def _some_years(value: int) -> int:
    if value < LEAST_TRADE_RECORDS:
        raise ValueError('three years or more, such as "1096d": the law asks for records of trade that long')
    return value


def _prefix(value: str) -> str:
    if not is_prefix(value):
        raise ValueError('two to four capital letters or digits, such as "LV"')
    return value


def _not_a_truth(value: Any) -> Any:
    if isinstance(value, bool):  # pydantic would read true as 1
        raise ValueError("a number")
    return value


def _unique(value: tuple[Value, ...]) -> tuple[Value, ...]:
    if len(set(value)) < len(value):
        raise ValueError("each one only once")
    return value


def at_least_one(value: tuple[Value, ...]) -> tuple[Value, ...]:
    """For lists that may not be empty."""
    if not value:
        raise ValueError("at least one")
    return value


_Number = BeforeValidator(_not_a_truth)

Text = Annotated[str, Field(min_length=1)]
Token = Annotated[SecretStr, AfterValidator(_token)]
WebhookSecret = Annotated[SecretStr, AfterValidator(_webhook_secret)]
PageAddress = Annotated[str, AfterValidator(_page)]
ServerRoot = Annotated[str, AfterValidator(_server_root)]
Currency = Annotated[str, AfterValidator(_currency)]
Timezone = Annotated[str, AfterValidator(_timezone)]
Languages = Annotated[tuple[str, ...], AfterValidator(_languages)]
Country = Annotated[str, AfterValidator(_country)]
Prefix = Annotated[str, AfterValidator(_prefix)]
Address = Annotated[Listen, BeforeValidator(_listen)]
Port = Annotated[int, _Number, Field(ge=1, le=65535)]
Count = Annotated[int, _Number, Field(ge=0)]
Rate = Annotated[float, _Number, Field(ge=0, allow_inf_nan=False)]
PersonId = Annotated[int, _Number, Field(gt=0)]
Owners = Annotated[tuple[PersonId, ...], AfterValidator(at_least_one), AfterValidator(_unique)]
Milliseconds = Annotated[int, BeforeValidator(_duration)]
SomeMilliseconds = Annotated[int, BeforeValidator(_duration), AfterValidator(_some_time)]
KeptForYears = Annotated[int, BeforeValidator(_duration), AfterValidator(_some_years)]
MinuteOfDay = Annotated[int, BeforeValidator(_time_of_day)]
LeadTimes = Annotated[tuple[SomeMilliseconds, ...], AfterValidator(_unique)]
