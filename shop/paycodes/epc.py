"""The `epc` kind: the European bank transfer code (EPC069-12, version 2.1), which banking apps fill a transfer from.

Amount and order code are in the code itself, and stand in the caption for a payer without a scanner. Written as
UTF-8 with the order code as remittance text; read with everything the standard allows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from shop.money import as_decimal
from shop.paycodes import iban as bank
from shop.paycodes.code import Code

MOST_BYTES = 331
MOST_VERSION = 13
MOST_NAME = 70
MOST_TEXT = 140
MOST_REFERENCE = 35
MOST_INFORMATION = 70
LEAST_CENTS, MOST_CENTS = 1, 99_999_999_999
# Far more than an order code ever has; `check` leaves room for it.
_LONGEST_CODE = "X" * 20

_AMOUNT = re.compile(r"EUR([0-9]{1,9}(?:\.[0-9]{1,2})?)")
_PURPOSE = re.compile(r"[A-Z0-9]{1,4}")
# The standard's charset numbers.
_CHARSETS = dict(
    enumerate(
        ("utf-8", "iso8859-1", "iso8859-2", "iso8859-4", "iso8859-5", "iso8859-7", "iso8859-10", "iso8859-15"), 1
    )
)


class EpcError(ValueError):
    """The text is no EPC069-12 code; the message says where it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What a banking app fills in. `amount` in cents, None where the payer is to say; at most one of `reference`
    (ISO 11649) and `text`."""

    name: str
    iban: str
    amount: int | None
    bic: str = ""
    purpose: str = ""
    reference: str = ""
    text: str = ""
    information: str = ""


def write(transfer: Transfer) -> str:
    """The lines of the code, those at the end that are empty left out. Raises EpcError if the standard forbids it.

    Version 002, where the BIC may be missing; 001, which always has one, for accounts where it is needed.
    """
    asked = "" if transfer.amount is None else _plain_amount(transfer.amount)
    elements = [
        "BCD",
        "001" if bank.asks_for_bic(transfer.iban) else "002",
        "1",
        "SCT",
        transfer.bic,
        transfer.name,
        transfer.iban,
        asked,
        transfer.purpose,
        transfer.reference,
        transfer.text,
        transfer.information,
    ]
    code = "\n".join(elements).rstrip("\n")
    if read(code) != transfer:
        raise EpcError("a line break or a blank at an end")
    return code


def _plain_amount(cents: int) -> str:
    """ "EUR12.3": the standard's example leaves out the zeros that say nothing."""
    text = f"{as_decimal(cents, 'EUR'):.2f}"
    return f"EUR{text.rstrip('0').rstrip('.')}"


def read(code: str, *, size: int | None = None) -> Transfer:
    """What the text of a scanned code says. Raises EpcError. `size` is its length in bytes where it is not UTF-8."""
    elements = [line.removesuffix("\r") for line in code.split("\n")]
    if (len(code.encode()) if size is None else size) > MOST_BYTES:
        raise EpcError(f"more than {MOST_BYTES} bytes")
    if not 7 <= len(elements) <= 12:
        raise EpcError(f"{len(elements)} lines instead of 7 to 12")
    tag, version, charset, kind, bic, name, account, asked, purpose, reference, text, information = [
        *elements,
        *[""] * (12 - len(elements)),
    ]
    if (tag, kind) != ("BCD", "SCT") or version not in ("001", "002") or charset not in map(str, _CHARSETS):
        raise EpcError("no bank transfer code of version 001 or 002")
    if (version == "001" and not bic) or (bic and bank.bic_fault(bic)):
        raise EpcError("the BIC")
    if bank.fault(account) or account != bank.plain(account):
        raise EpcError("the IBAN")
    if not 0 < len(name) <= MOST_NAME or name != name.strip():
        raise EpcError("the name")
    if (purpose and not _PURPOSE.fullmatch(purpose)) or len(information) > MOST_INFORMATION:
        raise EpcError("the purpose or the information")
    if len(text) > MOST_TEXT or len(reference) > MOST_REFERENCE or (text and reference):
        raise EpcError("the remittance information")
    return Transfer(
        name=name,
        iban=account,
        amount=_cents(asked),
        bic=bic,
        purpose=purpose,
        reference=reference,
        text=text,
        information=information,
    )


def read_bytes(scanned: bytes) -> Transfer:
    """The same of a code's bytes, in whichever of the eight charsets they say they are. Raises EpcError."""
    number = scanned.split(b"\n", 3)[2:3]
    charset = _CHARSETS.get(int(number[0])) if number and number[0].strip().isdigit() else None
    if charset is None:
        raise EpcError("no charset")
    try:
        return read(scanned.decode(charset), size=len(scanned))
    except UnicodeDecodeError:
        raise EpcError(f"not in {charset}") from None


def _cents(asked: str) -> int | None:
    if not asked:
        return None
    found = _AMOUNT.fullmatch(asked)
    cents = int(Decimal(found[1]).scaleb(2)) if found else 0
    if not LEAST_CENTS <= cents <= MOST_CENTS:
        raise EpcError("the amount")
    return cents


class Epc:
    """A SEPA credit transfer to the configured account, of the order's total, with its code as remittance text."""

    fields = ("payee", "iban")
    optional = ("bic", "purpose")
    currencies: frozenset[str] | None = frozenset({"EUR"})
    carries_amount = True

    def check(self, config: Mapping[str, str]) -> list[str]:
        payee, bic, purpose = config["payee"], config.get("bic", ""), config.get("purpose", "")
        found = [bank.fault(config["iban"]), bank.bic_fault(bic) if bic else None]
        if not bic and bank.asks_for_bic(config["iban"]):
            found.append(f"bic is missing; transfers to {bank.plain(config['iban'])[:2]} need one")
        if purpose and not re.fullmatch("[A-Z]{4}", purpose):
            found.append("purpose is one of the four-letter codes of ISO 20022, such as GDDS, in capitals")
        if not payee.isprintable() or payee != payee.strip():
            found.append("payee has a blank at an end, a line break or another invisible character")
        if len(payee) > MOST_NAME:
            found.append(f"payee has {len(payee)} characters; a transfer takes at most {MOST_NAME}")
        told = [fault for fault in found if fault is not None]
        return told or self._check_size(config)

    def _check_size(self, config: Mapping[str, str]) -> list[str]:
        """An order's amount and code have to fit besides, whatever they are."""
        over = len("\n".join(["BCD", "002", "1", "SCT", *_longest(config)]).encode()) - MOST_BYTES
        if over <= 0:
            return []
        size = len(config["payee"].encode())
        return [f"payee has {size} bytes; at most {size - over} leave room for the rest of the code"]

    def account(self, config: Mapping[str, str]) -> Mapping[str, str]:
        known = {"iban": bank.grouped(config["iban"]), "bic": bank.plain(config.get("bic", ""))}
        return {name: value for name, value in known.items() if value}

    def code(self, config: Mapping[str, str], amount: int, currency: str, order_code: str) -> Code | None:
        if not LEAST_CENTS <= amount <= MOST_CENTS:
            return None
        transfer = Transfer(
            name=config["payee"],
            iban=bank.plain(config["iban"]),
            amount=amount,
            bic=bank.plain(config.get("bic", "")),
            purpose=config.get("purpose", ""),
            text=order_code,
        )
        return Code(
            method=config["name"], text=write(transfer), means=transfer, read=read_bytes, most_version=MOST_VERSION
        )


def _longest(config: Mapping[str, str]) -> list[str]:
    account, bic = bank.plain(config["iban"]), bank.plain(config.get("bic", ""))
    return [bic, config["payee"], account, _plain_amount(MOST_CENTS), config.get("purpose", ""), "", _LONGEST_CODE]
