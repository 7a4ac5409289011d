"""Payment codes: a registry of kinds, each turning a configured method and an order into the text of a QR.

A new kind is a file beside this one and a line in KINDS. Never draws the picture (`handlers/qrcard.py`), never
talks to a bank, never knows whether anything was paid.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from shop.money import is_currency
from shop.paycodes.code import Code
from shop.paycodes.epc import Epc
from shop.paycodes.static import Static

MethodConfig = Mapping[str, str]
"""One `[[payments.methods]]` table of the config, all values as text."""


class PayCode(Protocol):
    """What a kind of payment method promises."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Keys the method's config must have, besides `kind` and `name`."""
        ...

    @property
    def optional(self) -> tuple[str, ...]:
        """Keys it may have besides."""
        ...

    @property
    def currencies(self) -> frozenset[str] | None:
        """ISO codes the kind can carry; None for any."""
        ...

    @property
    def carries_amount(self) -> bool:
        """True if the payer's app reads amount and order code from the QR; else the payer has to type them."""
        ...

    def check(self, config: MethodConfig) -> list[str]:
        """Faults of a config whose required fields are there, as English sentences; empty if it is good."""
        ...

    def account(self, config: MethodConfig) -> Mapping[str, str]:
        """What a payer without a scanner types, besides payee, amount and order code: name of the value -> value."""
        ...

    def code(self, config: MethodConfig, amount: int, currency: str, order_code: str) -> Code | None:
        """The code to show for so many minor units; None if the kind can't ask for such an amount. The config has
        passed `check`."""
        ...


KINDS: Mapping[str, PayCode] = MappingProxyType({"static": Static(), "epc": Epc()})


def faults(config: MethodConfig, stall_currency: str) -> list[str]:
    """Everything wrong with one configured method, as English sentences for `livestall check`."""
    kind = KINDS.get(config.get("kind", ""))
    if kind is None:
        return [f"kind is {config.get('kind', '')!r}; known kinds: {', '.join(sorted(KINDS))}"]
    missing = [field for field in ("name", *kind.fields) if not config.get(field, "").strip()]
    found = [f"{field} is missing or empty" for field in missing]
    own = config.get("currency", stall_currency)
    if not is_currency(own):
        found.append(f"currency is {own!r}; expected an ISO 4217 code such as CNY")
    elif own != stall_currency:
        found.append(f"currency is {own}, but the stall's is {stall_currency}")
    if kind.currencies is not None and stall_currency not in kind.currencies:
        known = ", ".join(sorted(kind.currencies))
        found.append(f"{config['kind']} carries only {known}, but the stall's currency is {stall_currency}")
    return found if missing else found + kind.check(config)


def code_of(config: MethodConfig, amount: int, currency: str, order_code: str) -> Code | None:
    """The code to show for an order; KeyError if the kind is unknown, which `faults` has ruled out."""
    return KINDS[config["kind"]].code(config, amount, currency, order_code)


def account(config: MethodConfig) -> Mapping[str, str]:
    """What to type where there is no scanner."""
    return KINDS[config["kind"]].account(config)


def carries_amount(config: MethodConfig) -> bool:
    """Whether amount and order code are in the QR itself."""
    return KINDS[config["kind"]].carries_amount
