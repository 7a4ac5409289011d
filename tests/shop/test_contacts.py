"""Recipients, phones and addresses as people type them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.contacts import ContactFault, address, phone, recipient, tidy


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Li Hua", "Li Hua"),
        ("  Li   Hua\n", "Li Hua"),
        ("李华", "李华"),
        ("Li\u202eauH\u200b", "LiauH"),
        ("Zo\u0065\u0308", "Zoë"),
        ("李\U000323b0", "李\U000323b0"),
    ],
)
def test_a_recipient_is_tidied(typed: str, name: str) -> None:
    assert recipient(typed) == name


def test_a_recipient_has_one_to_sixty_characters() -> None:
    assert recipient("x" * 60) == "x" * 60
    assert recipient("x" * 61) is ContactFault.TOO_LONG


@pytest.mark.parametrize("typed", ["", " \n", "\u200b\u202e", "\u3164", "\x00"])
def test_a_name_of_nothing_visible_is_empty(typed: str) -> None:
    assert recipient(typed) is ContactFault.EMPTY


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("138 0013 8000", "13800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("(0795) 222.3333", "07952223333"),
        ("１３８００１３８０００", "13800138000"),
        ("＋８６ 13800138000", "+8613800138000"),
        ("٠١٢٣٤٥", "012345"),
        ("\u202a+8613800138000\u202c", "+8613800138000"),
    ],
)
def test_a_phone_keeps_its_digits(typed: str, normal: str) -> None:
    assert phone(typed) == normal


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", ContactFault.EMPTY),
        ("---", ContactFault.EMPTY),
        ("1234", ContactFault.TOO_SHORT),
        ("1" * 16, ContactFault.TOO_LONG),
        ("call me", ContactFault.NOT_A_PHONE),
        ("138+0013", ContactFault.NOT_A_PHONE),
        ("++8613800138000", ContactFault.NOT_A_PHONE),
        ("+", ContactFault.NOT_A_PHONE),
        ("12345 ext 6", ContactFault.NOT_A_PHONE),
    ],
)
def test_what_is_no_phone_is_refused_with_the_reason(typed: str, fault: ContactFault) -> None:
    assert phone(typed) is fault


def test_an_address_keeps_its_lines_and_punctuation() -> None:
    typed = " 12 Dingjiang West Road \r\n\r\n Tonggu,  Yichun\n江西省，铜鼓县"
    assert address(typed) == "12 Dingjiang West Road\nTonggu, Yichun\n江西省，铜鼓县"


def test_an_address_has_five_to_three_hundred_characters() -> None:
    assert address("Main") is ContactFault.TOO_SHORT
    assert address("x" * 300) == "x" * 300
    assert address("x" * 301) is ContactFault.TOO_LONG
    assert address(" \n ") is ContactFault.EMPTY


@given(st.text())
def test_nothing_invisible_is_kept_and_tidying_twice_changes_nothing(text: str) -> None:
    once = tidy(text)
    assert tidy(once) == once
    assert not {unicodedata.category(char) for char in once} & {"Cc", "Cf", "Cs"}
    for check in (recipient, phone, address):
        value = check(text)
        assert isinstance(value, ContactFault) or check(value) == value
