"""Audit entries: what was decided is found again, by subject and by page."""

from storage import audit
from storage.connection import Tx
from storage.store import Refused, Store
from tests.clock import NOON
from tests.storage.plans import assert_no_scan


def three(tx: Tx) -> None:
    audit.note(tx, 1001, "stream.create", "stream:1", NOON, code="SPRING")
    audit.note(tx, None, "order.expire", "order:7", NOON + 1, units=2, late=False, by=None)
    audit.note(tx, 2001, "stream.announce", "stream:1", NOON + 2)


async def test_the_newest_decision_comes_first(store: Store) -> None:
    await store.write(three)
    entries = await store.read(audit.recent)
    assert [entry.action for entry in entries] == ["stream.announce", "order.expire", "stream.create"]
    assert entries[1].actor is None
    assert entries[1].details == {"units": 2, "late": False, "by": None}


async def test_one_subject_is_found_alone_and_page_by_page(store: Store) -> None:
    await store.write(three)
    first = await store.read(audit.recent, subject="stream:1", limit=1)
    second = await store.read(audit.recent, subject="stream:1", before=first[0].id, limit=1)
    assert [entry.action for entry in first + second] == ["stream.announce", "stream.create"]
    assert await store.read(audit.recent, subject="stream:1", before=second[0].id) == []


async def test_a_refused_act_leaves_no_entry(store: Store) -> None:
    def refused(tx: Tx) -> Refused:
        audit.note(tx, 1001, "stream.create", "stream:1", NOON)
        return Refused()

    await store.write(refused)
    assert await store.read(audit.recent) == []


async def test_entries_are_found_by_index(store: Store) -> None:
    assert_no_scan(store.path, audit._RECENT, before=9, limit=9)
    assert_no_scan(store.path, audit._RECENT_OF, subject="stream:1", before=9, limit=9)
