"""Audit entries: written with the act, gone with it."""

from storage import audit, trails
from storage.connection import Tx
from storage.store import Refused, Store
from storage.trails import Wanted
from tests.clock import NOON


async def test_an_entry_keeps_who_what_and_which(store: Store) -> None:
    await store.write(audit.note, None, "order.expired", "order:7", NOON, units=2, late=False, by=None)
    (line,) = (await store.read(trails.page, Wanted())).lines
    assert (line.at, line.actor_id, line.action, line.subject) == (NOON, None, "order.expired", "order:7")
    assert line.details == {"units": 2, "late": False, "by": None}


async def test_a_refused_act_leaves_no_entry(store: Store) -> None:
    def refused(tx: Tx) -> Refused:
        audit.note(tx, 1001, "stream.created", "stream:1", NOON)
        return Refused()

    await store.write(refused)
    assert (await store.read(trails.page, Wanted())).lines == ()
