"""Order codes: made, understood, found."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.codes import ALPHABET, find, is_decent, is_prefix, new_code, new_stream_code, normalise


def test_the_alphabet_has_no_twins() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET)
    for pair in ("0O", "1I", "2Z", "5S", "8B"):
        assert sum(char in ALPHABET for char in pair) == 1


@given(st.randoms(use_true_random=False), st.sampled_from(["TG", "SB", "OI", "Z0"]))
def test_a_new_code_is_understood_as_itself_and_found_in_a_sentence(rng: random.Random, prefix: str) -> None:
    code = new_code(rng, prefix)
    assert normalise(code, prefix) == code
    assert find(f"for {code}, thank you", prefix) == [code]


@given(st.randoms(use_true_random=False))
def test_a_twin_never_leads_to_another_code(rng: random.Random) -> None:
    code = new_code(rng, "TG")
    mistyped = code[:3] + code[3:].translate(str.maketrans("01258", "OIZSB")).lower()
    assert normalise(mistyped, "TG") == code


@pytest.mark.parametrize(
    "text",
    [
        "TG-7K3QF",
        "tg-7k3qf",
        "tg7k3qf",
        " TG 7K3 QF ",
        "ＴＧ－７Ｋ３ＱＦ",
        "TG—7K3QF,",
        "7k3qf",
        "#TG-7K3QF.",
        "ТG-7К3QF",
    ],
)
def test_a_code_is_understood_however_it_is_typed(text: str) -> None:
    assert normalise(text, "TG") == "TG-7K3QF"


@pytest.mark.parametrize("text", ["", "TG-", "TG-7K3", "hello there everybody", "铜鼓", "TG-7K3QF!?", "XY-7K3QFAAA"])
def test_what_cannot_be_a_code_is_none(text: str) -> None:
    assert normalise(text, "TG") is None


def test_codes_are_found_in_free_text_in_order_and_once() -> None:
    note = "备注TG-7k3qf谢谢 and tg 4mx9p; again TG7K3QF"
    assert find(note, "TG") == ["TG-7K3QF", "TG-4MX9P"]


@pytest.mark.parametrize("text", ["XTG-7K3QF", "TG-7K3QF7K3QF", "AB-7K3QF", "7K3QF", "TG"])
def test_what_only_looks_like_a_code_is_not_found(text: str) -> None:
    assert find(text, "TG") == []


@pytest.mark.parametrize("body", ["5H1T4", "HE11A", "XFUCK", "N4Z1C", "5EX77"])
def test_a_code_never_spells_a_banned_word(body: str) -> None:
    assert not is_decent(body)


def test_an_indecent_draw_is_drawn_again() -> None:
    draws = iter("5H1T47K3QF")

    class Loaded:
        def choice(self, seq: object, /) -> str:
            return next(draws)

    assert new_code(Loaded(), "TG") == "TG-7K3QF"


def test_stream_codes_fit_a_deep_link() -> None:
    code = new_stream_code(random.Random(1))
    assert len(code) == 6
    assert set(code) <= set(ALPHABET)


def test_a_prefix_is_two_to_four_capitals_or_digits() -> None:
    assert is_prefix("TG")
    assert not any(map(is_prefix, ["T", "tg", "TONGGU", "T-", "TG\n"]))


@given(st.text(), st.sampled_from(["TG", "S0"]))
def test_any_text_can_be_looked_through(text: str, prefix: str) -> None:
    for code in [normalise(text, prefix), *find(text, prefix)]:
        assert code is None or normalise(code, prefix) == code
