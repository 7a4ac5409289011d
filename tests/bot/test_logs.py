"""Nothing secret leaves through the log."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from bot.logs import CHATTY, Format, configure

TOKEN = "123456:AAF-a_token_that_nobody_may_ever_read"
SHORT = "123456:ABC"
FORMATS: tuple[Format, ...] = ("text", "json")

LOG = logging.getLogger("bot.test_logs")


@pytest.fixture(autouse=True)
def loggers_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, filters = list(root.handlers), root.level, {one: list(one.filters) for one in root.handlers}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for handler in handlers:
        handler.filters[:] = filters[handler]
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.captureWarnings(False)


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


class Leaky:
    """An object whose text contains the token."""

    def __str__(self) -> str:
        return f"<call to https://api.telegram.org/bot{TOKEN}/sendMessage>"

    __repr__ = __str__


def log_the_token_in_every_way(token: str) -> None:
    url = f"https://api.telegram.org/bot{token}/sendMessage"
    LOG.warning("sent to %s", url)
    LOG.warning("sent to " + url)
    LOG.warning("sent to %(url)s", {"url": url})
    LOG.warning(url, "an argument too many")
    LOG.warning("quoted %s", url.replace(":", "%3A"))
    LOG.warning("file https://api.telegram.org/file/bot%s/photos/1.png", token)
    LOG.warning("in extra", extra={"url": url, "urls": [url], "call": {"to": url}})
    LOG.warning("with stack: %s", url, stack_info=True)
    try:
        try:
            raise ValueError(url)
        except ValueError as error:
            raise RuntimeError(f"no way to {url}") from error
    except RuntimeError:
        LOG.exception("failed for %s", url)
        logging.getLogger("elsewhere.deep").error("failed", exc_info=True)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(("token", "secrets"), [(TOKEN, [TOKEN]), (TOKEN, []), (SHORT, [SHORT]), (SHORT, [])])
def test_the_token_appears_in_no_record(
    stream: io.StringIO, format_: Format, token: str, secrets: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger().handlers.clear()  # pytest's own would format the tracebacks before ours sees them
    configure(format_, logging.DEBUG, secrets, stream=stream)
    log_the_token_in_every_way(token)
    LOG.error("an object: %s", Leaky(), extra={"call": Leaky()})
    told = stream.getvalue()
    assert token not in told
    assert token.partition(":")[2] not in told
    assert TOKEN not in told
    assert told.count("[secret]") >= 12
    assert told.count("RuntimeError: no way to https://api.telegram.org/bot[secret]/sendMessage") == 2
    assert capsys.readouterr() == ("", "")


def test_handlers_of_others_are_redacted_too(stream: io.StringIO) -> None:
    other = logging.StreamHandler(stream)
    logging.getLogger().addHandler(other)
    configure("json", "INFO", ["hunter2"], stream=io.StringIO())
    configure("json", "INFO", ["hunter3"], stream=io.StringIO())
    LOG.info("the words are %s and hunter3", TOKEN)
    assert stream.getvalue() == "the words are [secret] and [secret]\n"
    assert len(other.filters) == 1


def test_any_given_secret_is_hidden_the_longest_first_and_an_empty_one_ignored(stream: io.StringIO) -> None:
    configure("text", "INFO", ["", "abc", "abc.def"], stream=stream)
    LOG.info("abc.def abc x")
    assert stream.getvalue().endswith("INFO bot.test_logs [secret] [secret] x\n")


def test_ordinary_numbers_and_times_are_left_alone(stream: io.StringIO) -> None:
    configure("text", "INFO", stream=stream)
    LOG.info("order 12345678 at 2026-03-10 04:00:00, /bottle/12:30, update 99999:1")
    assert "order 12345678 at 2026-03-10 04:00:00, /bottle/12:30, update 99999:1" in stream.getvalue()


def test_a_json_line_carries_the_ids_of_its_event(stream: io.StringIO) -> None:
    configure("json", "INFO", stream=stream)
    record = LOG.makeRecord(LOG.name, logging.INFO, __file__, 1, "order %s", ("蛋-42",), None)
    record.created = 1_773_115_200.25
    record.person, record.done, record.note = 1001, None, "paid"
    LOG.handle(record)
    assert json.loads(stream.getvalue()) == {
        "at": "2026-03-10T04:00:00.250Z",
        "level": "INFO",
        "logger": "bot.test_logs",
        "event": "order 蛋-42",
        "person": 1001,
        "done": None,
        "note": "paid",
    }
    assert "蛋" in stream.getvalue()


def test_an_extra_field_cannot_pass_for_the_event(stream: io.StringIO) -> None:
    configure("json", "INFO", stream=stream)
    LOG.info("started", extra={"event": "stopped", "level": "none"})
    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"]) == ("started", "INFO")


def test_every_json_record_is_one_line(stream: io.StringIO) -> None:
    configure("json", "INFO", stream=stream)
    log_the_token_in_every_way(TOKEN)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    failed = json.loads(lines[-1])
    assert failed["event"] == "failed"
    assert failed["error"].startswith("Traceback (most recent call last):\n")
    assert "Stack (most recent call last)" in json.loads(lines[7])["stack"]


def test_a_text_line_shows_the_ids_and_the_traceback_below(stream: io.StringIO) -> None:
    configure("text", "INFO", stream=stream)
    try:
        raise ValueError("no")
    except ValueError:
        LOG.exception("job failed", extra={"person": 1001, "order": "T-42"})
    first, second, *_, last = stream.getvalue().splitlines()
    assert first.endswith("Z ERROR bot.test_logs job failed person=1001 order=T-42")
    assert second == "Traceback (most recent call last):"
    assert last == "ValueError: no"


def test_an_error_record_outside_of_any_exception_has_no_traceback(stream: io.StringIO) -> None:
    configure("json", "INFO", stream=stream)
    LOG.error("odd", exc_info=True)
    assert "error" not in json.loads(stream.getvalue())


def test_arguments_that_do_not_fit_break_nothing(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    configure("text", "INFO", stream=stream)
    LOG.info("order %s of %s", TOKEN)
    assert "order %s of %s (the arguments of this record do not fit)" in stream.getvalue()
    assert capsys.readouterr().err == ""


def test_configuring_again_replaces_what_was(stream: io.StringIO) -> None:
    old = io.StringIO()
    configure("text", "INFO", stream=old)
    configure("json", "WARNING", stream=stream)
    LOG.info("quiet")
    LOG.warning("loud")
    assert old.getvalue() == ""
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["loud"]


def test_chatty_libraries_are_heard_from_warnings_on(stream: io.StringIO) -> None:
    configure("text", "DEBUG", stream=stream)
    for name in CHATTY:
        logging.getLogger(name).info("GET /")
        logging.getLogger(f"{name}.deep").warning("careful")
    assert stream.getvalue().count("careful") == len(CHATTY)
    assert "GET" not in stream.getvalue()


def test_logs_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    configure("text", "INFO")
    LOG.info("started")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("INFO bot.test_logs started\n")
    assert sys.stderr is not sys.stdout
