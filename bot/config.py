"""The stall's settings: a TOML file, and over it the environment (`LIVESTALL__SECTION__KEY`).

Owns the keys, their defaults and how both sources come together; `config.example.toml` describes every key to
people, and a test keeps the two together. Never talks to Telegram or opens the database: `livestall check` does that.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from bot.config_faults import ENVIRONMENT_PREFIX, ConfigFaults, Fault, faults_of
from bot.config_payments import PaymentMethod, Payments, method_faults
from bot.config_types import (
    Address,
    Count,
    Country,
    Currency,
    KeptForYears,
    Languages,
    LeadTimes,
    Listen,
    Milliseconds,
    MinuteOfDay,
    Owners,
    PageAddress,
    Prefix,
    Rate,
    Section,
    ServerRoot,
    SomeMilliseconds,
    Text,
    Timezone,
    Token,
)
from bot.config_webhook import Webhook, webhook_faults
from shop.retention import STANDARD, Retention
from storage.clock import DAY, HOUR, MINUTE

__all__ = ["Config", "ConfigFaults", "Fault", "Listen", "PaymentMethod", "given", "load"]


_HOW_TO_BEGIN = (
    "a copy of config.example.toml with your own token and Telegram id (cp config.example.toml config.toml), "
    "or every required key in the environment"
)


class Limits(Section):
    """Telegram's pace; 0 switches one off."""

    per_chat_per_second: Rate = Field(default=1, description="messages a second to one private chat, 0 or more")
    per_chat_burst: Count = Field(
        default=5, description="messages at once to one private chat, a whole number, 0 or more"
    )
    group_per_minute: Rate = Field(default=20, description="messages a minute to one group or channel, 0 or more")
    bulk_per_second: Rate = Field(default=30, description="messages a second in all, 0 or more")
    paid_broadcast: bool = Field(default=False, description="true or false")


class Telegram(Section):
    token: Token = Field(description="the bot's token from BotFather, such as 123456:ABC")
    base_url: ServerRoot = Field(
        default="https://api.telegram.org", description="the http(s) address of a Bot API server"
    )
    mode: Literal["polling", "webhook"] = Field(default="polling", description='"polling" or "webhook"')
    limits: Limits = Field(default=Limits(), description="a table [telegram.limits]")
    webhook: Webhook = Field(default=Webhook(), description="a table [telegram.webhook]")


class Storage(Section):
    path: Path = Field(
        default=Path("livestall.db"), description="a file path; a relative one counts from the config file's folder"
    )
    synchronous: Literal["FULL", "NORMAL"] = Field(default="FULL", description='"FULL" or "NORMAL"')


class Backup(Section):
    """The daily copy; `folder` None is `backups` beside the database."""

    daily: bool = Field(default=True, description="true or false")
    at: MinuteOfDay = Field(default=4 * 60, description='a time of day, such as "04:00"')
    keep: Count = Field(default=14, description="a whole number, 1 or more", ge=1)
    folder: Path | None = Field(
        default=None, description="a folder that is there; a relative one counts from the config file's folder"
    )


class Stall(Section):
    name: Text = Field(default="Livestall", description="the stall's name as people see it")
    currency: Currency = Field(description='an ISO 4217 currency code, such as "CNY"')
    timezone: Timezone = Field(default="UTC", description='the name of a time zone, such as "Asia/Shanghai"')
    languages: Languages = Field(default=("en", "zh"), description='a list of languages, such as ["en", "zh"]')
    country: Country | None = Field(default=None, description='a country code of two capital letters, such as "CN"')
    terms_url: PageAddress | None = Field(default=None, description="the http(s) address of a page")


class People(Section):
    owners: Owners = Field(description="a list of Telegram ids (positive whole numbers), such as [1001]")
    invite_valid_for: SomeMilliseconds = Field(default=7 * DAY, description="a duration")


class Privacy(Section):
    """How long what is kept of people is kept; `shop.retention` says what each key counts from."""

    contact: Text | None = Field(default=None, description="who answers for the data, as people may write to them")
    addresses: SomeMilliseconds = Field(default=STANDARD.addresses, description="a duration")
    receipts: SomeMilliseconds = Field(default=STANDARD.receipts, description="a duration")
    questions: SomeMilliseconds = Field(default=STANDARD.questions, description="a duration")
    unfinished: SomeMilliseconds = Field(default=STANDARD.unfinished, description="a duration")
    messages: SomeMilliseconds = Field(default=STANDARD.messages, description="a duration")
    trade_records: KeptForYears = Field(
        default=STANDARD.trade_records, description="a duration of three years or more"
    )
    backups: SomeMilliseconds = Field(default=30 * DAY, description="a duration")

    @property
    def retention(self) -> Retention:
        """As the books are told."""
        return Retention(
            addresses=self.addresses,
            receipts=self.receipts,
            questions=self.questions,
            unfinished=self.unfinished,
            messages=self.messages,
            trade_records=self.trade_records,
        )


class Orders(Section):
    prefix: Prefix = Field(default="LV", description='two to four capital letters or digits, such as "LV"')
    pay_within: SomeMilliseconds = Field(default=30 * MINUTE, description="a duration")
    grace: Milliseconds = Field(default=5 * MINUTE, description="a duration")
    remind_unpaid_after: Milliseconds = Field(default=15 * MINUTE, description="a duration")
    late_receipt_within: Milliseconds = Field(default=24 * HOUR, description="a duration")
    max_under_review: Count = Field(default=3, description="a whole number, 1 or more", ge=1)


class WaitingList(Section):
    hold: SomeMilliseconds = Field(default=10 * MINUTE, description="a duration")


class Presale(Section):
    ships_after: SomeMilliseconds = Field(default=7 * DAY, description="a duration")
    ships_over: SomeMilliseconds = Field(default=4 * DAY, description="a duration")


class Groups(Section):
    hold_strangers: SomeMilliseconds = Field(default=10 * MINUTE, description="a duration")
    most_strangers: Count = Field(default=20, description="a whole number, 1 or more", ge=1)


class Reminders(Section):
    before_start: LeadTimes = Field(
        default=(24 * HOUR, 1 * HOUR, 10 * MINUTE), description='a list of durations, such as ["24h", "1h", "10m"]'
    )


class Web(Section):
    listen: Address | None = Field(default=None, description='host and port, such as "127.0.0.1:8090"')


class Logs(Section):
    format: Literal["text", "json"] = Field(default="text", description='"text" or "json"')
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description='"DEBUG", "INFO", "WARNING" or "ERROR"'
    )


class Config(BaseSettings):
    """Every setting, checked. Durations are milliseconds, a time of day is minutes; paths are absolute."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
    )

    reads_environment: ClassVar[bool] = True

    telegram: Telegram = Field(description="a table [telegram]")
    storage: Storage = Field(default=Storage(), description="a table [storage]")
    backup: Backup = Field(default=Backup(), description="a table [backup]")
    stall: Stall = Field(description="a table [stall]")
    people: People = Field(description="a table [people]")
    privacy: Privacy = Field(default=Privacy(), description="a table [privacy]")
    orders: Orders = Field(default=Orders(), description="a table [orders]")
    waiting_list: WaitingList = Field(default=WaitingList(), description="a table [waiting_list]")
    presale: Presale = Field(default=Presale(), description="a table [presale]")
    groups: Groups = Field(default=Groups(), description="a table [groups]")
    reminders: Reminders = Field(default=Reminders(), description="a table [reminders]")
    payments: Payments = Field(description="a table [payments]")
    web: Web = Field(default=Web(), description="a table [web]")
    logs: Logs = Field(default=Logs(), description="a table [logs]")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment is above the file, which comes in as keyword arguments."""
        return (_Environment(settings_cls), init_settings) if cls.reads_environment else (init_settings,)

    @model_validator(mode="wrap")
    @classmethod
    def _tell_everything(cls, merged: dict[str, Any], handler: ModelWrapValidatorHandler["Config"]) -> "Config":
        """Checks the merged sources; raises ConfigFaults, which pydantic passes on as it is."""
        faults = [*webhook_faults(merged), *method_faults(merged)]
        config = None
        try:
            # Empty tables for sections left out, so that the keys missing in them are told one by one.
            config = handler({name: {} for name in cls.model_fields} | merged)
        except ValidationError as error:
            faults += faults_of(error, cls)
        if faults or config is None:
            place = {name: index for index, name in enumerate(cls.model_fields)}
            raise ConfigFaults(sorted(faults, key=lambda fault: place.get(fault.section, len(place))))
        return config


class _Environment(EnvSettingsSource):
    """Lists and tables are JSON; what is no JSON is passed on as text, to be told as a fault beside the others."""

    def __call__(self) -> dict[str, Any]:
        """Adds sections that are not there: the library looks only for names it knows, and a typo would go unseen."""
        unknown = {
            name.upper().split("__")[1].lower() for name in _variables()
        } - self.settings_cls.model_fields.keys()
        return super().__call__() | dict.fromkeys(sorted(unknown))

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class _Given(Config):
    """Settings from the program alone."""

    reads_environment = False


def load(path: Path) -> Config:
    """The settings in the file at `path`, which may be missing if the environment has every required key.

    A relative `storage.path` counts from the file's folder. Raises ConfigFaults with everything that is wrong.
    """
    written = _read(path)
    try:
        config = Config(**(written or {}))
    except ConfigFaults as error:
        if written is not None:
            raise
        absent = Fault(key=str(path), found="no such file", expected=_HOW_TO_BEGIN)
        raise ConfigFaults([absent, *error.faults] if _variables() else [absent]) from None
    return _settled(config, path.absolute().parent)


def given(settings: Mapping[str, Any], folder: Path) -> Config:
    """The same checks over settings a program makes itself (the demo, tests), written as the file would have them.

    The environment is left aside: a real token in it must not get into a demo. Raises ConfigFaults.
    """
    return _settled(_Given(**settings), folder.absolute())


def _settled(config: Config, folder: Path) -> Config:
    chosen = config.backup.folder
    storage = {"path": folder / config.storage.path.expanduser()}
    backup = {"folder": None if chosen is None else folder / chosen.expanduser()}
    return config.model_copy(
        update={
            "storage": config.storage.model_copy(update=storage),
            "backup": config.backup.model_copy(update=backup),
        }
    )


def _read(path: Path) -> dict[str, Any] | None:
    """The file's tables; None if there is no such file."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))  # some editors on Windows write a mark first
    except FileNotFoundError:
        return None
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line \d+, column \d+", str(error))
        fault = Fault(
            key=f"{path}, {where[0] if where else 'last line'}",
            found=re.sub(r" \(at .*\)$", "", str(error)).lower(),
            expected="TOML: `key = value`, with text in quotes",
        )
    except UnicodeDecodeError:
        fault = Fault(key=str(path), found="bytes that are no UTF-8", expected="a text file in UTF-8")
    except OSError as error:
        fault = Fault(key=str(path), found=(error.strerror or "an error").lower(), expected="a file that can be read")
    raise ConfigFaults([fault])


def _variables() -> list[str]:
    return [name for name in os.environ if name.upper().startswith(ENVIRONMENT_PREFIX)]
