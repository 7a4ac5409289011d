"""The `[[payments.methods]]` tables: what every method has, and what its kind asks for besides.

Owns only the reading; what a kind needs and how its code is made stands in `shop/paycodes`.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.config_faults import Fault, path_of, unknown_key
from bot.config_types import Currency, Section, Text, at_least_one
from shop.money import is_currency
from shop.paycodes import KINDS, MethodConfig


def _kind(value: str) -> str:
    if value not in KINDS:
        raise ValueError(f"one of: {', '.join(sorted(KINDS))}")
    return value


class PaymentMethod(BaseModel):
    """One way to pay. What belongs to the kind only (a code, an account) is in `config`."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, Text] = Field(init=False)

    kind: Annotated[str, AfterValidator(_kind)] = Field(description='the kind of its code, such as "static"')
    name: Text = Field(description='the method as buyers know it, such as "WeChat Pay"')
    currency: Currency | None = Field(default=None, description="the stall's currency")

    @property
    def config(self) -> MethodConfig:
        """The whole table as text, as `shop.paycodes` takes it."""
        return self.model_dump(exclude_none=True)


class Payments(Section):
    methods: Annotated[tuple[PaymentMethod, ...], AfterValidator(at_least_one)] = Field(
        description="at least one [[payments.methods]]"
    )


def method_faults(merged: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with methods that single keys do not show. Takes settings as they were written, unchecked."""
    match merged:
        case {"payments": {"methods": [*methods]}}:
            stall = merged.get("stall")
            currency = str(stall.get("currency")) if isinstance(stall, dict) else ""
            names: list[object] = []
            for index, method in enumerate(methods):
                if isinstance(method, dict):
                    yield from _faults(("payments", "methods", index), method, currency)
                    name = method.get("name")
                    if name in names:
                        key = path_of(("payments", "methods", index, "name"))
                        yield Fault(key=key, found=f'"{name}" again', expected="a name no other method has")
                    names.append(name)


def _faults(place: tuple[str | int, ...], method: dict[str, Any], currency: str) -> Iterator[Fault]:
    own = method.get("currency")
    if isinstance(own, str) and own != currency and is_currency(currency):
        stalls = f'the stall\'s currency, "{currency}"'
        yield Fault(key=path_of((*place, "currency")), found=f'"{own}"', expected=stalls)

    kind = KINDS.get(str(method.get("kind")))
    if kind is None:
        return
    if kind.currencies is not None and is_currency(currency) and currency not in kind.currencies:
        expected = f"another kind: this one carries only {', '.join(sorted(kind.currencies))}"
        yield Fault(key=path_of((*place, "kind")), found=f'"{method["kind"]}"', expected=expected)

    known = (*PaymentMethod.model_fields, *kind.fields, *kind.optional)
    yield from (unknown_key((*place, key), known) for key in method if key not in known)

    missing = [field for field in kind.fields if not method.get(field)]
    for field in missing:
        found = "nothing" if field not in method else '""'
        yield Fault(key=path_of((*place, field)), found=found, expected=f'text; kind "{method["kind"]}" needs it')
    given = [field for field in (*kind.fields, *kind.optional) if field in method]
    if not missing and all(isinstance(method[field], str) for field in given):
        told = kind.check(method)
        yield from (Fault(key=path_of(place), found=sentence, expected="") for sentence in told)
