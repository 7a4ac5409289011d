"""Payment codes: the registry and the static kind."""

import pytest

from shop import paycodes
from shop.paycodes import KINDS, carries_amount, code_of, faults

WECHAT = {"kind": "static", "name": "WeChat Pay", "payee": "Tonggu Cooperative", "code": "wxp://f2f0example"}


def test_a_static_code_is_shown_as_it_is_whatever_the_order() -> None:
    for amount, order in ((7200, "TG-7K3QF"), (1, "TG-4MX9P")):
        code = code_of(WECHAT, amount, "CNY", order)
        assert code is not None
        assert code.text == "wxp://f2f0example"
        assert code.is_read_as(b"wxp://f2f0example")
        assert not code.is_read_as(b"wxp://f2f0exampl3")
    assert not carries_amount(WECHAT)


def test_a_good_method_has_no_faults() -> None:
    assert faults(WECHAT, "CNY") == []
    assert faults({**WECHAT, "currency": "CNY"}, "CNY") == []


def test_an_unknown_kind_names_the_known_ones() -> None:
    assert faults({**WECHAT, "kind": "barter"}, "CNY") == ["kind is 'barter'; known kinds: epc, static"]
    assert faults({}, "CNY") == ["kind is ''; known kinds: epc, static"]


def test_every_missing_field_is_named_at_once() -> None:
    assert faults({"kind": "static", "payee": " "}, "CNY") == [
        "name is missing or empty",
        "payee is missing or empty",
        "code is missing or empty",
    ]


def test_a_method_in_another_currency_than_the_stalls_is_refused() -> None:
    assert faults({**WECHAT, "currency": "EUR"}, "CNY") == ["currency is EUR, but the stall's is CNY"]
    assert faults({**WECHAT, "currency": "RMB"}, "CNY") == [
        "currency is 'RMB'; expected an ISO 4217 code such as CNY"
    ]


def test_a_kind_for_one_currency_serves_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    class EuroOnly(type(KINDS["static"])):  # type: ignore[misc]
        currencies = frozenset({"EUR"})

    monkeypatch.setattr(paycodes, "KINDS", {"euro": EuroOnly()})
    assert faults({**WECHAT, "kind": "euro"}, "EUR") == []
    assert faults({**WECHAT, "kind": "euro"}, "CNY") == ["euro carries only EUR, but the stall's currency is CNY"]


@pytest.mark.parametrize("code", ["wxp://a\nb", "wxp://a ", "x" * 1001, "铜" * 334])
def test_a_code_that_would_not_scan_is_refused(code: str) -> None:
    assert len(faults({**WECHAT, "code": code}, "CNY")) == 1
