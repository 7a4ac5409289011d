"""Payment codes that could not be shown: the owners hear of it.

Owns no table. How a code is made is in `shop.paycodes`, how it is drawn and read back in `handlers`.
"""

from storage import outbox, roles
from storage.connection import Tx
from storage.outbox import Lane
from storage.roles import Role


def unreadable(tx: Tx, *, method: str, now: int) -> None:
    """A method's code did not read right after drawing: every owner is told, once a method."""
    for owner in roles.holders(tx, Role.OWNER):
        dedupe = f"code_unreadable:{method}:{owner}"
        outbox.tell(tx, owner, "code_unreadable", now=now, lane=Lane.ORDER, dedupe=dedupe, method=method)
