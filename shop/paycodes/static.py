"""The `static` kind: a wallet's own collection code (WeChat Pay, Alipay and the like), shown as it is.

Such a code is opaque: neither amount nor reference can be put into it, so both stand in the caption.
"""

from collections.abc import Mapping

from shop.paycodes.code import MOST_BYTES, Code


class Static:
    """Shows the configured `code` unchanged, whatever the order."""

    fields = ("payee", "code")
    optional: tuple[str, ...] = ()
    currencies: frozenset[str] | None = None
    carries_amount = False

    def check(self, config: Mapping[str, str]) -> list[str]:
        code = config["code"]
        found = []
        if len(code.encode()) > MOST_BYTES:
            found.append(f"code has {len(code.encode())} bytes; a QR that phones read well has at most {MOST_BYTES}")
        if not code.isprintable():
            found.append("code holds a line break or another invisible character; copy it again")
        if code != code.strip():
            found.append("code begins or ends with a blank; copy it again")
        return found

    def account(self, config: Mapping[str, str]) -> Mapping[str, str]:
        return {}

    def code(self, config: Mapping[str, str], amount: int, currency: str, order_code: str) -> Code:
        text = config["code"]
        return Code(method=config["name"], text=text, means=text, read=bytes.decode)
