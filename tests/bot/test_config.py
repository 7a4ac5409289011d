"""The settings: both sources, every check, and how faults are told."""

import os
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.backup import plan_of
from bot.config import ConfigFaults, Listen, given, load
from bot.config_webhook import is_same
from shop import paycodes

GOOD = """
[telegram]
token = "123456:ABC"
[stall]
currency = "CNY"
[people]
owners = [1001]
[[payments.methods]]
kind = "static"
name = "WeChat Pay"
payee = "Tonggu Cooperative"
code = "wxp://f2f0example"
"""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("LIVESTALL__")]:
        monkeypatch.delenv(name)


Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def faults(path: Path) -> dict[str, str]:
    """Each fault's line without its key, by key."""
    with pytest.raises(ConfigFaults) as caught:
        load(path)
    return {fault.key: str(fault).removeprefix(f"{fault.key}: ") for fault in caught.value.faults}


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new)


# What comes out


def test_a_short_file_gets_every_documented_default(write: Write) -> None:
    config = load(write(GOOD))
    assert config.telegram.token.get_secret_value() == "123456:ABC"
    assert config.telegram.base_url == "https://api.telegram.org"
    assert config.telegram.mode == "polling"
    limits = config.telegram.limits
    assert (limits.per_chat_per_second, limits.per_chat_burst) == (1, 5)
    assert (limits.group_per_minute, limits.bulk_per_second) == (20, 30)
    assert limits.paid_broadcast is False
    assert config.storage.synchronous == "FULL"
    assert config.stall.languages == ("en", "zh")
    assert config.stall.country is None
    assert config.people.owners == (1001,)
    assert config.people.invite_valid_for == 7 * DAY
    assert (config.orders.pay_within, config.orders.grace) == (30 * MINUTE, 5 * MINUTE)
    assert (config.orders.remind_unpaid_after, config.orders.late_receipt_within) == (15 * MINUTE, 24 * HOUR)
    assert (config.orders.prefix, config.orders.max_under_review) == ("LV", 3)
    assert config.reminders.before_start == (24 * HOUR, HOUR, 10 * MINUTE)
    assert config.web.listen is None
    assert (config.logs.format, config.logs.level) == ("text", "INFO")


def test_durations_become_milliseconds(write: Write) -> None:
    config = load(write(GOOD + '[orders]\npay_within = "90s"\ngrace = "0s"\n[reminders]\nbefore_start = ["7d"]'))
    assert (config.orders.pay_within, config.orders.grace) == (90_000, 0)
    assert config.reminders.before_start == (7 * DAY,)


def test_reminders_can_be_switched_off(write: Write) -> None:
    assert load(write(GOOD + "[reminders]\nbefore_start = []")).reminders.before_start == ()


def test_a_payment_method_is_handed_to_its_kind_as_text(write: Write) -> None:
    (method,) = load(write(GOOD)).payments.methods
    assert (method.kind, method.name) == ("static", "WeChat Pay")
    code = paycodes.code_of(method.config, 7200, "CNY", "LV-7K3QF")
    assert code is not None
    assert code.text == "wxp://f2f0example"


@pytest.mark.parametrize(
    ("written", "root"),
    [
        ("http://127.0.0.1:8081/", "http://127.0.0.1:8081"),
        ("https://bots.example.org/api//", "https://bots.example.org/api"),
    ],
)
def test_a_server_address_loses_its_trailing_slash(write: Write, written: str, root: str) -> None:
    text = changed('token = "123456:ABC"', f'token = "1:A"\nbase_url = "{written}"')
    assert load(write(text)).telegram.base_url == root


@pytest.mark.parametrize(
    ("written", "listen"), [("127.0.0.1:8090", Listen("127.0.0.1", 8090)), ("[::1]:80", Listen("::1", 80))]
)
def test_an_address_to_listen_on_is_read_apart(write: Write, written: str, listen: Listen) -> None:
    assert load(write(GOOD + f'[web]\nlisten = "{written}"')).web.listen == listen


def test_a_relative_database_counts_from_the_files_folder(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(GOOD + '[storage]\npath = "books/stall.db"')
    monkeypatch.chdir("/")
    assert load(path).storage.path == tmp_path / "books/stall.db"


def test_an_absolute_database_stays_where_it_is(write: Write, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "stall.db"
    assert load(write(GOOD + f'[storage]\npath = "{elsewhere}"')).storage.path == elsewhere


def test_settings_cannot_be_changed_afterwards(write: Write) -> None:
    config = load(write(GOOD))
    with pytest.raises(ValidationError):
        config.orders.prefix = "XX"  # type: ignore[misc]


def test_a_file_with_a_byte_order_mark_and_windows_lines_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(path).stall.currency == "CNY"


# The environment


def test_the_environment_wins_over_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESTALL__TELEGRAM__LIMITS__PER_CHAT_BURST", "2")
    monkeypatch.setenv("LIVESTALL__PEOPLE__OWNERS", "[7, 8]")
    monkeypatch.setenv("LIVESTALL__ORDERS__PAY_WITHIN", "1h")
    config = load(write(GOOD))
    assert config.telegram.limits.per_chat_burst == 2
    assert config.people.owners == (7, 8)
    assert config.orders.pay_within == HOUR
    assert config.stall.currency == "CNY"


def test_an_empty_variable_counts_as_unset(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESTALL__TELEGRAM__TOKEN", "")
    assert load(write(GOOD)).telegram.token.get_secret_value() == "123456:ABC"


def test_the_environment_alone_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESTALL__TELEGRAM__TOKEN", "123456:ABC")
    monkeypatch.setenv("LIVESTALL__STALL__CURRENCY", "EUR")
    monkeypatch.setenv("LIVESTALL__PEOPLE__OWNERS", "[1001]")
    method = '[{"kind": "static", "name": "Wallet", "payee": "Ann", "code": "pay://ann"}]'
    monkeypatch.setenv("LIVESTALL__PAYMENTS__METHODS", method)
    config = load(tmp_path / "config.toml")
    assert config.payments.methods[0].name == "Wallet"
    assert config.storage.path == tmp_path / "livestall.db"


def test_a_fault_in_the_environment_names_the_variable(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESTALL__PEOPLE__OWNERS", "1001;1002")
    monkeypatch.setenv("LIVESTALL__STALL__TIMEZONE", "Mars/Base")
    told = faults(write(GOOD))
    assert told["people.owners"].startswith('found "1001;1002" (in the environment, LIVESTALL__PEOPLE__OWNERS)')
    assert '"Mars/Base" (in the environment, LIVESTALL__STALL__TIMEZONE)' in told["stall.timezone"]


def test_a_variable_nobody_reads_is_a_fault(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESTALL__PEPOLE__OWNERS", "[1]")
    monkeypatch.setenv("LIVESTALL__STALL__CURENCY", "EUR")
    told = faults(write(GOOD))
    assert "LIVESTALL__PEPOLE__OWNERS" in told["pepole"]
    assert "did you mean `people`?" in told["pepole"]
    assert "did you mean `currency`?" in told["stall.curency"]


# Settings a program makes itself


def test_given_settings_are_checked_and_settled_like_a_file(tmp_path: Path) -> None:
    settings = tomllib.loads(GOOD)
    config = given(settings, tmp_path)
    assert config.storage.path == tmp_path / "livestall.db"
    with pytest.raises(ConfigFaults, match=r"people\.owners"):
        given(settings | {"people": {"owners": []}}, tmp_path)


def test_given_settings_leave_the_environment_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESTALL__TELEGRAM__TOKEN", "999:real")
    monkeypatch.setenv("LIVESTALL__PEPOLE__OWNERS", "[1]")
    assert given(tomllib.loads(GOOD), tmp_path).telegram.token.get_secret_value() == "123456:ABC"


# Faults of the file as a whole


def test_a_missing_file_is_told_with_the_way_out(tmp_path: Path) -> None:
    told = faults(tmp_path / "config.toml")
    assert list(told) == [str(tmp_path / "config.toml")]
    assert "cp config.example.toml config.toml" in told[str(tmp_path / "config.toml")]


def test_a_missing_file_and_half_an_environment_tell_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESTALL__TELEGRAM__TOKEN", "123456:ABC")
    told = faults(tmp_path / "config.toml")
    assert {str(tmp_path / "config.toml"), "people.owners", "payments.methods", "stall.currency"} == told.keys()


def test_a_syntax_error_is_told_with_line_and_column(write: Write) -> None:
    path = write('[telegram]\ntoken = "123456:ABC\n')
    ((key, _),) = faults(path).items()
    assert key == f"{path}, line 2, column 20"


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in faults(path)[str(path)]


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    assert "a file that can be read" in faults(tmp_path)[str(tmp_path)]


# Faults of keys


def test_every_fault_is_told_at_once_in_the_order_of_the_sections(write: Write) -> None:
    path = write(
        """
        [[payments.methods]]
        kind = "gold"
        name = "Gold"
        [people]
        owners = []
        [stall]
        currency = "Yuan"
        [telegram]
        token = "x"
        """
    )
    with pytest.raises(ConfigFaults) as caught:
        load(path)
    keys = [fault.key for fault in caught.value.faults]
    assert keys == ["telegram.token", "stall.currency", "people.owners", "payments.methods[0].kind"]
    assert len(str(caught.value).splitlines()) == 4


def test_an_empty_file_names_each_required_key(write: Write) -> None:
    told = faults(write(""))
    assert told.keys() == {"telegram.token", "stall.currency", "people.owners", "payments.methods"}
    assert all(line.startswith("found nothing, expected ") for line in told.values())


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ('"123456:ABC"', '"ABC"', "telegram.token", "BotFather"),
        ('"123456:ABC"', "5", "telegram.token", "BotFather"),
        ('"123456:ABC"', '"1:A"\nmode = "webhook"', "telegram.webhook.url", "found nothing"),
        ('"123456:ABC"', '"1:A"\nmode = "pigeon"', "telegram.mode", 'expected "polling" or "webhook"'),
        ('"123456:ABC"', '"1:A"\nbase_url = "ftp://x"', "telegram.base_url", "http(s)"),
        ('"123456:ABC"', '"1:A"\nlimits = {bulk_per_second = -1}', "telegram.limits.bulk_per_second", "0 or more"),
        ('"123456:ABC"', '"1:A"\nlimits = {per_chat_burst = true}', "telegram.limits.per_chat_burst", "found true"),
        ('"123456:ABC"', '"1:A"\nlimits = {bulk_per_second = nan}', "telegram.limits.bulk_per_second", "found nan"),
        ('"CNY"', '"cny"', "stall.currency", "ISO 4217"),
        ('"CNY"', '"CNY"\nname = " "', "stall.name", 'found " "'),
        ('"CNY"', '"CNY"\ntimezone = "Asia/Nowhere"', "stall.timezone", "time zone"),
        ('"CNY"', '"CNY"\ntimezone = "../etc/passwd"', "stall.timezone", "time zone"),
        ('"CNY"', '"CNY"\ntimezone = "Asia"', "stall.timezone", "time zone"),
        ('"CNY"', '"CNY"\nlanguages = ["en", "tlh"]', "stall.languages", "en, zh"),
        ('"CNY"', '"CNY"\nlanguages = ["en", "en"]', "stall.languages", "only once"),
        ('"CNY"', '"CNY"\nlanguages = []', "stall.languages", "one or more of"),
        ('"CNY"', '"CNY"\ncountry = "ZZ"', "stall.country", "ISO 3166"),
        ("[1001]", "[]", "people.owners", "at least one"),
        ("[1001]", "[1001, 0]", "people.owners[1]", "positive"),
        ("[1001]", "[1001, 1001]", "people.owners", "only once"),
        ("[1001]", '1001\ninvite_valid_for = "1w"', "people.invite_valid_for", '"7d"'),
        ("[people]", "[orders]\npay_within = 30\n[people]", "orders.pay_within", "found 30, expected a duration"),
        ("[people]", '[orders]\npay_within = "0m"\n[people]', "orders.pay_within", "longer than nothing"),
        ("[people]", '[orders]\nprefix = "lv"\n[people]', "orders.prefix", "capital letters"),
        ("[people]", "[orders]\nmax_under_review = 0\n[people]", "orders.max_under_review", "1 or more"),
        ("[people]", '[reminders]\nbefore_start = ["1h", "60m"]\n[people]', "reminders.before_start", "only once"),
        ("[people]", '[reminders]\nbefore_start = ["-1h"]\n[people]', "reminders.before_start[0]", "a duration"),
        ("[people]", '[storage]\nsynchronous = "OFF"\n[people]', "storage.synchronous", '"FULL" or "NORMAL"'),
        ("[people]", '[web]\nlisten = "8090"\n[people]', "web.listen", "host and port"),
        ("[people]", '[web]\nlisten = "0.0.0.0:99999"\n[people]', "web.listen", "host and port"),
        ("[people]", '[logs]\nlevel = "LOUD"\n[people]', "logs.level", '"WARNING"'),
        ("[people]", "bogus = 1\n[people]", "stall.bogus", "an unknown key"),
        ("[telegram]", "logs = 1\n[telegram]", "logs", "found a number, expected a table [logs]"),
        ('"static"', '"gold"', "payments.methods[0].kind", "one of: epc, static"),
        ('"static"', '"static"\ncurrency = "EUR"', "payments.methods[0].currency", 'the stall\'s currency, "CNY"'),
        ('"static"', '"static"\nibann = "DE"', "payments.methods[0].ibann", "an unknown key"),
        ('code = "wxp://f2f0example"', "", "payments.methods[0].code", "found nothing"),
        ('"wxp://f2f0example"', "7", "payments.methods[0].code", "text, in quotes"),
        ('"wxp://f2f0example"', '"a\\nb"', "payments.methods[0]", "line break"),
    ],
)
def test_a_wrong_value_is_told_with_key_and_expectation(
    write: Write, old: str, new: str, key: str, said: str
) -> None:
    told = faults(write(changed(old, new)))
    assert said in told[key]


EPC = """
kind = "epc"
name = "SEPA transfer"
payee = "Hofladen"
iban = "DE89 3704 0044 0532 0130 00"
"""


def in_euro(method: str, beside: str = "") -> str:
    """The good settings with a stall in euro and this method first."""
    head, _, wallet = GOOD.partition("[[payments.methods]]")
    table = "[[payments.methods]]"
    return f"{head}{table}{method}{table}{wallet}{beside}".replace('"CNY"', '"EUR"')


def test_a_bank_transfer_beside_a_wallet_is_good(write: Write) -> None:
    methods = load(write(in_euro(EPC + 'bic = "COBADEFFXXX"\npurpose = "GDDS"\n'))).payments.methods
    assert [method.kind for method in methods] == ["epc", "static"]
    assert methods[0].config["bic"] == "COBADEFFXXX"


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ('130 00"', '130 01"', "payments.methods[0]", "iban has a wrong character or two swapped"),
        ('0130 00"', '0130"', "payments.methods[0]", "one of DE has 22"),
        ("DE89 3704 0044 0532 0130 00", "CH93 0076 2011 6238 5295 7", "payments.methods[0]", "bic is missing"),
        ('"Hofladen"', f'"{"x" * 71}"', "payments.methods[0]", "at most 70"),
        ('"Hofladen"', f'"{"铜" * 70}"\npurpose = "GDDSX"', "payments.methods[0]", "four-letter codes"),
        ('"Hofladen"', f'"{"🥚" * 70}"', "payments.methods[0]", "payee has 280 bytes"),
        ('"Hofladen"', '"Hofladen"\nbic = "COBA"', "payments.methods[0]", "8 or 11 characters"),
        ('"Hofladen"', '"Hofladen"\nbic = 7', "payments.methods[0].bic", "text, in quotes"),
        ('"Hofladen"', '"Hofladen"\ncode = "x"', "payments.methods[0].code", "an unknown key"),
        ('"SEPA transfer"', '"WeChat Pay"', "payments.methods[1].name", "a name no other method has"),
    ],
)
def test_each_fault_of_a_bank_transfer_is_told(write: Write, old: str, new: str, key: str, said: str) -> None:
    assert said in faults(write(in_euro(EPC.replace(old, new))))[key]


def test_a_bank_transfer_needs_a_stall_in_euro(write: Write) -> None:
    told = faults(write(in_euro(EPC).replace('"EUR"', '"CNY"')))
    assert "carries only EUR" in told["payments.methods[0].kind"]


def test_a_wallets_code_too_long_for_a_good_picture_is_refused(write: Write) -> None:
    assert "at most 1000" in faults(write(changed("wxp://f2f0example", "x" * 1001)))["payments.methods[0]"]


def test_an_unknown_key_comes_with_a_guess(write: Write) -> None:
    told = faults(write(changed("owners", "ownres")))
    assert "did you mean `owners`?" in told["people.ownres"]
    assert told["people.owners"].startswith("found nothing")


def test_no_secret_ever_stands_in_a_fault(write: Write) -> None:
    secret = "987654321:AAHsecretsecretsecretsecretsecret12"
    texts = [
        changed('token = "123456:ABC"', f'token = "{secret} "\ntokn = "{secret}"'),
        changed('token = "123456:ABC"', f'token = "123456:ABC"\nbase_url = "{secret}"'),
        changed('token = "123456:ABC"', f'token = ["{secret}"]'),
        changed('token = "123456:ABC"', f'token = "{secret}!"\nwebhook = {{secret = "{secret}!"}}'),
        f'telegram = "{secret}"\n',
        f'[telegram]\nlimits = "{secret}"\nwebhook = ["{secret}"]\n',
    ]
    for text in texts:
        with pytest.raises(ConfigFaults) as caught:
            load(write(text))
        assert "AAHsecret" not in str(caught.value)
        assert "AAHsecret" not in repr(caught.value.faults)


def test_no_secret_stands_in_the_settings_as_text(write: Write) -> None:
    config = load(write(changed('"123456:ABC"', '"1:tellnobody"\nwebhook = {secret = "tellnobody"}')))
    assert "tellnobody" not in f"{config!r}{config}"


# -- the webhook ---------------------------------------------------------------------------------------


def with_webhook(url: str, *, own_server: bool = False) -> str:
    base = 'base_url = "http://127.0.0.1:8081"\n' if own_server else ""
    return changed('"123456:ABC"', f'"1:A"\nmode = "webhook"\n{base}webhook = {{url = "{url}"}}')


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://stall.example.org/telegram", "/telegram"),
        ("https://stall.example.org", "/"),
        ("https://stall.example.org:8443/a/b_c-d.e~f/", "/a/b_c-d.e~f/"),
    ],
)
def test_a_webhook_has_the_path_of_its_address(write: Write, url: str, path: str) -> None:
    assert load(write(with_webhook(url))).telegram.webhook.path == path


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("stall.example.org/telegram", "the public https address"),
        ("ftp://stall.example.org/telegram", "the public https address"),
        ("https://", "the public https address"),
        ("https://stall.example.org:port/", "the public https address"),
        ("https://me:secret@stall.example.org/", "the public https address"),
        ("https://铜鼓.example/", "the public https address"),
        ("https://stall.example.org/telegram?a=b", "nothing behind it"),
        ("https://stall.example.org/{path}", "letters, digits"),
        ("https://stall.example.org//telegram", "letters, digits"),
        ("https://stall.example.org/metrics", "another path than"),
        ("http://stall.example.org/telegram", "Telegram calls no other"),
        ("https://stall.example.org:8080/telegram", "443, 80, 88, 8443"),
    ],
)
def test_an_address_that_telegram_could_not_call_is_told(write: Write, url: str, said: str) -> None:
    assert said in faults(write(with_webhook(url)))["telegram.webhook.url"]


@pytest.mark.parametrize(
    ("other", "is_it"),
    [
        ("https://stall.example.org/", True),
        ("https://STALL.example.org:443", True),
        ("https://stall.example.org/telegram", False),
        ("https://stall.example.org:8443", False),
        ("http://stall.example.org", False),
        ("", False),
    ],
)
def test_an_address_is_the_same_however_telegram_writes_it(other: str, is_it: bool) -> None:
    assert is_same("https://stall.example.org", other) is is_it


def test_a_bot_api_server_of_ones_own_calls_any_port_without_encryption(write: Write) -> None:
    url = "http://127.0.0.1:8080/telegram"
    assert load(write(with_webhook(url, own_server=True))).telegram.webhook.url == url


def test_a_prepared_webhook_is_no_fault_while_polling(write: Write) -> None:
    prepared = changed('"123456:ABC"', '"1:A"\nwebhook = {url = "http://stall.example.org/telegram"}')
    assert load(write(prepared)).telegram.mode == "polling"


def test_a_token_in_the_address_is_not_told(write: Write) -> None:
    url = "http://stall.example.org/987654321:AAHsecretsecretsecretsecret"
    for text in (with_webhook(url), with_webhook(url.replace(":AAH", "AAH"))):
        assert "AAHsecret" not in str(faults(write(text)))


# -- Backups ------------------------------------------------------------------------------------------


def test_the_time_of_a_backup_is_text_or_tomls_own_time(write: Write) -> None:
    for written, minute in (('"04:00"', 240), ('"4:05"', 245), ("23:59:00", 1439)):
        assert load(write(f"{GOOD}[backup]\nat = {written}\n")).backup.at == minute


@pytest.mark.parametrize("written", ['"24:00"', '"noon"', "4", "true", '"04:60"', '""'])
def test_a_time_of_day_that_is_none_is_told(write: Write, written: str) -> None:
    told = faults(write(f"{GOOD}[backup]\nat = {written}\n"))
    assert told.keys() == {"backup.at"}
    assert told["backup.at"].endswith('expected a time of day from "00:00" to "23:59"')


def test_the_folder_for_backups_counts_from_the_settings_and_unset_is_beside_the_database(write: Write) -> None:
    path = write(f'{GOOD}[backup]\nfolder = "copies"\n')
    chosen = plan_of(load(path))
    assert chosen.folder == path.parent / "copies"
    assert not chosen.makes_folder
    unset = plan_of(load(write(f'{GOOD}[storage]\npath = "data/books.db"\n')))
    assert unset.folder == path.parent / "data" / "backups"
    assert unset.makes_folder


def test_at_least_one_backup_is_kept(write: Write) -> None:
    assert faults(write(f"{GOOD}[backup]\nkeep = 0\n")) == {
        "backup.keep": "found 0, expected a whole number, 1 or more"
    }
