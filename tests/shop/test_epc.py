"""The bank transfer code: against the standard's own examples and against another library."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from segno import helpers

from shop.paycodes import code_of, faults
from shop.paycodes import iban as bank
from shop.paycodes.epc import MOST_BYTES, MOST_CENTS, EpcError, Transfer, read, read_bytes, write

METHOD = {"kind": "epc", "name": "SEPA", "payee": "Hofladen Müller", "iban": "DE89 3704 0044 0532 0130 00"}
# EPC069-12 v2.1, annex: the two examples, in UTF-8 and in ISO 8859-1.
FIRST = """BCD
001
1
SCT
BHBLDEHHXXX
Franz Mustermänn
DE71110220330123456789
EUR12.3
GDDS
RF18539007547034"""
SECOND = """BCD
002
2
SCT

François D'Alsace S.A.
FR1420041010050500013M02606
EUR12.3


Client:Marie Louise La Lune"""


def segnos(transfer: Transfer) -> bytes:
    """What segno writes for the same transfer."""
    assert transfer.amount is not None
    data: bytes = helpers._make_epc_qr_data(
        transfer.name,
        transfer.iban,
        Decimal(transfer.amount) / 100,
        text=transfer.text or None,
        reference=transfer.reference or None,
        bic=transfer.bic or None,
        purpose=transfer.purpose or None,
        encoding="utf-8",
    )
    return data


def test_the_standards_first_example_is_read_and_written_the_same() -> None:
    data = FIRST.encode()
    assert len(data) == 96
    said = read_bytes(data)
    assert said == Transfer(
        name="Franz Mustermänn",
        iban="DE71110220330123456789",
        amount=1230,
        bic="BHBLDEHHXXX",
        purpose="GDDS",
        reference="RF18539007547034",
    )
    assert bank.remainder(said.reference) == 1
    assert write(said) == FIRST.replace("\n001\n", "\n002\n")


def test_the_standards_second_example_is_read_in_its_own_charset() -> None:
    data = SECOND.encode("iso8859-1")
    assert len(data) == 103
    said = read_bytes(data)
    assert (said.name, said.amount, said.text) == ("François D'Alsace S.A.", 1230, "Client:Marie Louise La Lune")
    with pytest.raises(EpcError):
        read_bytes(SECOND.replace("\n2\n", "\n1\n").encode("iso8859-1"))


def iban_of(country: str, bban: str) -> str:
    """The IBAN with the check digits that fit."""
    return f"{country}{98 - bank.remainder(f'{country}00{bban}'):02}{bban}"


ibans = st.one_of(
    st.from_regex(r"[0-9]{18}", fullmatch=True).map(lambda bban: iban_of("DE", bban)),
    st.from_regex(r"[A-Z]{4}[0-9]{10}", fullmatch=True).map(lambda bban: iban_of("NL", bban)),
    st.from_regex(r"[0-9]{10}[0-9A-Z]{11}[0-9]{2}", fullmatch=True).map(lambda bban: iban_of("FR", bban)),
)
printable = st.characters(blacklist_categories=["C", "Z"])
names = st.lists(st.text(printable, min_size=1, max_size=10), min_size=1, max_size=3).map(" ".join)
transfers = st.builds(
    Transfer,
    name=names,
    iban=ibans,
    amount=st.integers(1, MOST_CENTS),
    bic=st.sampled_from(["", "COBADEFF", "COBADEFFXXX"]),
    purpose=st.sampled_from(["", "GDDS"]),
    text=st.from_regex(r"[A-Z]{2}-[ACDEF0-9]{5,8}", fullmatch=True),
)


@given(transfers)
def test_it_writes_what_segno_writes_and_reads_it_back(transfer: Transfer) -> None:
    code = write(transfer)
    assert code.encode() == segnos(transfer)
    assert read_bytes(code.encode()) == transfer


@pytest.mark.parametrize(
    ("cents", "written"), [(1, "EUR0.01"), (1230, "EUR12.3"), (10_000, "EUR100"), (MOST_CENTS, "EUR999999999.99")]
)
def test_amounts_are_written_without_needless_zeros(cents: int, written: str) -> None:
    code = code_of(METHOD, cents, "EUR", "TG-7K3QF")
    assert code is not None
    assert code.text.split("\n")[7] == written


def test_the_order_code_is_the_remittance_text_and_the_account_stands_without_blanks() -> None:
    code = code_of({**METHOD, "bic": "cobadeff xxx", "purpose": "GDDS"}, 7200, "EUR", "TG-7K3QF")
    assert code is not None
    assert code.text.split("\n") == [
        "BCD", "002", "1", "SCT", "COBADEFFXXX", "Hofladen Müller", "DE89370400440532013000", "EUR72", "GDDS", "",
        "TG-7K3QF",
    ]  # fmt: skip
    assert code.most_version == 13


def test_an_account_that_needs_a_bic_is_written_in_the_version_that_always_has_one() -> None:
    swiss = {**METHOD, "iban": "CH93 0076 2011 6238 5295 7"}
    assert faults(swiss, "EUR") == ["bic is missing; transfers to CH need one"]
    code = code_of({**swiss, "bic": "POFICHBE"}, 7200, "EUR", "TG-7K3QF")
    assert code is not None
    assert code.text.startswith("BCD\n001\n1\nSCT\nPOFICHBE\n")


@pytest.mark.parametrize("cents", [0, -1, MOST_CENTS + 1])
def test_an_amount_no_transfer_can_have_gets_no_code(cents: int) -> None:
    assert code_of(METHOD, cents, "EUR", "TG-7K3QF") is None


def test_a_scan_that_asks_for_anything_else_is_not_taken_for_the_code() -> None:
    code = code_of(METHOD, 7200, "EUR", "TG-7K3QF")
    assert code is not None
    data = code.text.encode()
    assert code.is_read_as(data)
    for other in (
        data.replace(b"EUR72", b"EUR73"),
        data.replace(b"QF", b"QE"),
        data[:-1],
        data + b"\n",
        b"",
        b"\xff",
    ):
        assert not code.is_read_as(other)
    # Even where the bytes agree, they have to mean the payment.
    assert not replace(code, means=replace(read(code.text), amount=7300)).is_read_as(data)


@pytest.mark.parametrize(
    "broken",
    [
        FIRST.replace("BCD", "BCE"),
        FIRST.replace("001", "003"),
        FIRST.replace("SCT", "INST"),
        FIRST.replace("\n1\n", "\n9\n"),
        FIRST.replace("\n1\n", "\nx\n"),
        FIRST.replace("BHBLDEHHXXX", ""),
        FIRST.replace("BHBLDEHHXXX", "BHBLDEHHXX"),
        FIRST.replace("DE71", "DE72"),
        FIRST.replace("DE71", "de71"),
        FIRST.replace("Franz Mustermänn", ""),
        FIRST.replace("Franz Mustermänn", "x" * 71),
        FIRST.replace("EUR12.3", "EUR0"),
        FIRST.replace("EUR12.3", "EUR12,3"),
        FIRST.replace("EUR12.3", "EUR12.345"),
        FIRST.replace("EUR12.3", "USD12.3"),
        FIRST.replace("GDDS", "GOODS"),
        FIRST + "\ntext beside a reference",
        FIRST + "\n\n\n\n",
        FIRST.replace("RF18539007547034", "\n" + "x" * 141),
        FIRST.replace("Franz Mustermänn", "合" * 70) + "\n\n" + "x" * 70,
        "BCD\n001\n1",
        "",
    ],
)
def test_what_the_standard_forbids_is_not_read(broken: str) -> None:
    with pytest.raises(EpcError):
        read_bytes(broken.encode())


def test_what_could_not_be_read_back_is_never_written() -> None:
    good = Transfer(name="Hofladen", iban="DE89370400440532013000", amount=100, text="TG-7K3QF")
    for bad in ({"name": "a\nb"}, {"text": "a\nb"}, {"name": " a"}, {"amount": 0}, {"reference": "RF18539007547034"}):
        with pytest.raises(EpcError):
            write(replace(good, **bad))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"iban": "DE89 3704 0044 0532 0130 01"}, "iban has a wrong character or two swapped"),
        ({"iban": "DE89 3704 0044 0532 0310 00"}, "iban has a wrong character or two swapped"),
        ({"iban": "DE89 3704 0044 0532 0130"}, "iban has 20 characters; one of DE has 22"),
        ({"iban": "US64 SVBK US6S 3300 9588 79"}, "iban is of US, which takes no SEPA transfers"),
        ({"iban": "0532013000"}, "iban is two letters, two digits"),
        ({"iban": "DE８9370400440532013000"}, "iban is two letters, two digits"),
        ({"bic": "COBADEF"}, "bic has 8 or 11 characters"),
        ({"bic": "C0BADEFF"}, "bic has 8 or 11 characters"),
        ({"purpose": "goods"}, "purpose is one of the four-letter codes"),
        ({"payee": "x" * 71}, "payee has 71 characters; a transfer takes at most 70"),
        ({"payee": "a\nb"}, "payee has a blank at an end, a line break"),
        ({"payee": "🥚" * 70}, "payee has 280 bytes; at most "),
    ],
)
def test_each_fault_of_an_account_is_told(changes: dict[str, str], said: str) -> None:
    (fault,) = faults({**METHOD, **changes}, "EUR")
    assert fault.startswith(said)


def test_an_account_in_lower_case_with_blanks_is_good() -> None:
    assert faults({**METHOD, "iban": " de89 37040044 0532 013000 "}, "EUR") == []


def test_a_transfer_serves_only_a_stall_that_sells_in_euro() -> None:
    assert faults(METHOD, "CNY") == ["epc carries only EUR, but the stall's currency is CNY"]


@given(st.integers(1, 70), st.sampled_from("x铜🥚"), st.sampled_from(["", "COBADEFFXXX"]))
def test_a_payee_that_check_lets_pass_fits_with_every_amount_and_order_code(count: int, char: str, bic: str) -> None:
    method = {**METHOD, "payee": char * count, **({"bic": bic} if bic else {}), "purpose": "GDDS"}
    if not faults(method, "EUR"):
        code = code_of(method, MOST_CENTS, "EUR", "ABCD-" + "9" * 15)
        assert code is not None
        assert len(code.text.encode()) <= MOST_BYTES


def test_the_largest_payee_check_names_is_accepted_and_one_byte_more_is_not() -> None:
    (fault,) = faults({**METHOD, "payee": "🥚" * 70}, "EUR")
    most = int(fault.split("at most ")[1].split()[0])
    room = "🥚" * (most // 4) + "x" * (most % 4)
    assert faults({**METHOD, "payee": room}, "EUR") == []
    assert faults({**METHOD, "payee": room + "x"}, "EUR") != []


def test_what_is_typed_is_grouped_in_fours() -> None:
    assert bank.grouped("fr1420041010050500013m02606") == "FR14 2004 1010 0505 0001 3M02 606"
