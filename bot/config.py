"""The stall's settings: a TOML file, and over it the environment (`LIVESTALL__SECTION__KEY`).

Owns the keys, their defaults and how both sources come together; `config.example.toml` describes every key to people, and
a test keeps the two together. Never talks to Telegram or opens the database: `livestall check` does that.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.config_faults import ENVIRONMENT_PREFIX, ConfigFaults, Fault, faults_of, unknown_key
from bot.config_types import (
    Address,
    Count,
    Country,
    Currency,
    Languages,
    LeadTimes,
    Listen,
    Milliseconds,
    Mode,
    Owners,
    Port,
    Rate,
    ServerRoot,
    SomeMilliseconds,
    Text,
    Timezone,
    Token,
)

__all__ = ["Config", "ConfigFaults", "Fault", "Listen", "PaymentMethod", "load"]


class Section(BaseModel):
    """A table of the file. Descriptions are what a fault line gives as "expected"."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Limits(Section):
    """Telegram's pace; 0 switches one off."""

    per_chat_per_second: Rate = Field(1, description="messages a second to one private chat, 0 or more")
    per_chat_burst: Count = Field(5, description="messages at once to one private chat, a whole number, 0 or more")
    group_per_minute: Rate = Field(20, description="messages a minute to one group or channel, 0 or more")
    bulk_per_second: Rate = Field(30, description="messages a second in all, 0 or more")
    paid_broadcast: bool = Field(False, description="true or false")


class Webhook(Section):
    """Known already, so that a file can be prepared; `mode = "webhook"` itself is refused in this version."""

    url: Text | None = Field(None, description="the public https address Telegram calls")
    listen: Text = Field("127.0.0.1", description='an address of this machine, such as "127.0.0.1"')
    port: Port = Field(8443, description="a port from 1 to 65535")
    secret: SecretStr | None = Field(None, description="1 to 256 letters, digits, _ or -", pattern=r"^[A-Za-z0-9_-]{1,256}$")


class Telegram(Section):
    token: Token = Field(description="the bot's token from BotFather, such as 123456:ABC")
    base_url: ServerRoot = Field("https://api.telegram.org", description="the http(s) address of a Bot API server")
    mode: Mode = Field("polling", description='"polling"')
    limits: Limits = Field(Limits(), description="a table [telegram.limits]")
    webhook: Webhook = Field(Webhook(), description="a table [telegram.webhook]")


class Storage(Section):
    path: Path = Field(Path("livestall.db"), description="a file path; a relative one counts from the config file's folder")
    synchronous: Literal["FULL", "NORMAL"] = Field("FULL", description='"FULL" or "NORMAL"')


class Stall(Section):
    name: Text = Field("Livestall", description="the stall's name as people see it")
    currency: Currency = Field(description='an ISO 4217 currency code, such as "CNY"')
    timezone: Timezone = Field("UTC", description='the name of a time zone, such as "Asia/Shanghai"')
    languages: Languages = Field(("en", "zh"), description='a list of languages, such as ["en", "zh"]')
    country: Country | None = Field(None, description='a country code of two capital letters, such as "CN"')


class People(Section):
    owners: Owners = Field(description="a list of Telegram ids (positive whole numbers), such as [1001]")
    invite_valid_for: SomeMilliseconds = Field("7d", description="a duration", validate_default=True)


class Orders(Section):
    prefix: str = Field("LV", description='one to four capital letters, such as "LV"', pattern=r"^[A-Z]{1,4}$")
    pay_within: SomeMilliseconds = Field("30m", description="a duration", validate_default=True)
    grace: Milliseconds = Field("5m", description="a duration", validate_default=True)
    remind_unpaid_after: Milliseconds = Field("15m", description="a duration", validate_default=True)
    late_receipt_within: Milliseconds = Field("24h", description="a duration", validate_default=True)
    max_under_review: Count = Field(3, description="a whole number, 1 or more", ge=1)
