"""Callback data: written, read, and never trusted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.buttons import MOST_BYTES, Tap, decode, encode, integers

words = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True)


def test_a_button_is_version_verb_and_arguments() -> None:
    assert encode("order", 42, "TG-7K3QF") == "1|order|42|TG-7K3QF"
    assert decode("1|order|42|TG-7K3QF") == Tap("order", ("42", "TG-7K3QF"))
    assert decode(encode("help")) == Tap("help")


@given(words, st.lists(words | st.integers(-(2**63), 2**63 - 1), max_size=2))
def test_what_is_written_reads_back(verb: str, args: list[int | str]) -> None:
    data = encode(verb, *args)
    assert len(data.encode()) <= MOST_BYTES
    assert decode(data) == Tap(verb, tuple(str(arg) for arg in args))


@given(st.text())
def test_any_text_is_a_tap_or_none(text: str) -> None:
    for data in (text, f"1|{text}", f"1|order|{text}"):
        tap = decode(data)
        assert tap is None or encode(tap.verb, *tap.args) == data


@pytest.mark.parametrize(
    "data",
    [None, "", "1", "1|", "|order", "2|order|1", "01|order", "order|1", "1|order|", "1|order||1", "1|order|1\n",
     "1|órder", "1|order|a b", "1|order|" + "x" * 57, "１|order"],
)  # fmt: skip
def test_what_we_did_not_write_is_none(data: str | None) -> None:
    assert decode(data) is None


@pytest.mark.parametrize("args", [("",), ("a|b",), ("蛋",), ("a b",), ("x" * 60,)])
def test_what_would_not_read_back_is_not_written(args: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="button"):
        encode("order", *args)


def test_integers_are_exactly_as_many_as_asked_for() -> None:
    assert integers(("42", "-7", "0"), 3) == (42, -7, 0)
    assert integers((), 0) == ()
    assert integers(("42",), 2) is None
    assert integers(("42", "7"), 1) is None


@pytest.mark.parametrize(
    "arg", ["", "4.2", "x", "007", "-0", "+1", "٤٢", "1_000", str(2**63), str(-(2**63) - 1), "9" * 50]
)
def test_what_sqlite_could_not_hold_is_no_integer(arg: str) -> None:
    assert integers((arg,), 1) is None


def test_the_largest_and_smallest_integers_pass() -> None:
    assert integers((str(2**63 - 1), str(-(2**63))), 2) == (2**63 - 1, -(2**63))
