"""Bank accounts as the payee's bank writes them: IBAN (ISO 13616) and BIC (ISO 9362), checked and laid out.

Only countries that take part in SEPA. Never knows whether an account exists.
"""

import re

# Country and length of its IBANs (IBAN registry); the countries where SEPA asks for no BIC, then those where it does.
_EEA = """
AT20 BE16 BG22 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FR27 GR27 HR21 HU28 IE22 IS26 IT27 LI21 LT20 LU20 LV21 MT31
NL18 NO15 PL28 PT25 RO24 SE24 SI19 SK24
"""
_OTHERS = "AD24 AL28 CH21 GB22 GI23 MC27 MD24 ME22 MK19 RS22 SM27 VA22"

_LENGTHS = {each[:2]: int(each[2:]) for each in (_EEA + _OTHERS).split()}
_ASKING_FOR_BIC = frozenset(each[:2] for each in _OTHERS.split())

_FORM = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+")
_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")


def plain(text: str) -> str:
    """An IBAN or BIC as machines write it: no blanks, capitals."""
    return re.sub(r"\s", "", text).upper()


def grouped(iban: str) -> str:
    """In fours, as people copy it: "DE89 3704 0044 0532 0130 00"."""
    bare = plain(iban)
    return " ".join(bare[at : at + 4] for at in range(0, len(bare), 4))


def asks_for_bic(iban: str) -> bool:
    """True where a transfer needs the BIC besides: SEPA countries outside the European Economic Area."""
    return plain(iban)[:2] in _ASKING_FOR_BIC


def fault(text: str) -> str | None:
    """What is wrong with an IBAN, as an English sentence; None if it is good."""
    iban = plain(text)
    if not iban.isascii() or not _FORM.fullmatch(iban):
        return "iban is two letters, two digits, then letters and digits, as in DE89 3704 0044 0532 0130 00"
    country = iban[:2]
    if country not in _LENGTHS:
        return f"iban is of {country}, which takes no SEPA transfers"
    if len(iban) != _LENGTHS[country]:
        return f"iban has {len(iban)} characters; one of {country} has {_LENGTHS[country]}"
    if remainder(iban) != 1:
        return "iban has a wrong character or two swapped: its check digits do not fit"
    return None


def bic_fault(text: str) -> str | None:
    """What is wrong with a BIC, as an English sentence; None if it is good."""
    if _BIC.fullmatch(plain(text)):
        return None
    return "bic has 8 or 11 characters: four letters, the country's two, two of the place, three of a branch"


def remainder(iban: str) -> int:
    """ISO 7064 mod 97-10: 1 for an IBAN (or an RF reference) whose check digits fit."""
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97
