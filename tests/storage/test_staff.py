"""Who works at the stall."""

from storage import staff
from storage.connection import Tx
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed
from tests.storage.seed import ANN, BEN, CASHIER, HOST, OTHER_HOST, OWNER


def everybody(tx: Tx) -> None:
    seed.staff_and_viewers(tx)
    for person, name in ((BEN, "Noodle Works"), (ANN, "Hill Farm")):
        tx.run(
            "INSERT INTO roles (person_id, role, supplier_id, granted_at)"
            " VALUES (:person, 'supplier', :supplier, :now)",
            person=person,
            supplier=seed.supplier(tx, name),
            now=NOON,
        )


async def test_everybody_is_listed_by_role_and_suppliers_by_name(store: Store) -> None:
    await store.write(everybody)
    members = await store.read(staff.members)
    assert [(member.person_id, member.role, member.supplier) for member in members] == [
        (OWNER, "owner", None),
        (HOST, "host", None),
        (OTHER_HOST, "host", None),
        (CASHIER, "cashier", None),
        (ANN, "supplier", "Hill Farm"),
        (BEN, "supplier", "Noodle Works"),
    ]


async def test_a_role_that_was_taken_is_not_listed(store: Store) -> None:
    await store.write(everybody)
    await store.write(lambda tx: tx.run("UPDATE roles SET revoked_at = :now WHERE role <> 'owner'", now=NOON))
    assert [member.person_id for member in await store.read(staff.members)] == [OWNER]


async def test_suppliers_are_known_by_name(store: Store) -> None:
    await store.write(everybody)
    assert [found.name for found in await store.read(staff.known_suppliers)] == ["Hill Farm", "Noodle Works"]
    assert len(await store.read(staff.known_suppliers, 1)) == 1
