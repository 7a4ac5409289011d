"""Roles: asked for by every act, and who is told where nobody holds one."""

from storage import people, roles
from storage.connection import Tx
from storage.roles import Role
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, CASHIER, HOST, OWNER


async def staff(store: Store) -> int:
    def act(tx: Tx) -> int:
        seed.staff_and_viewers(tx)
        return seed.supplier(tx)

    return await store.write(act)


async def test_an_owner_may_what_a_host_or_cashier_may_and_speaks_for_every_supplier(store: Store) -> None:
    farm = await staff(store)
    for role in (Role.HOST, Role.CASHIER):
        assert await store.read(roles.has_role, OWNER, role)
        assert not await store.read(roles.has_role, ANN, role)
    assert await store.read(roles.supplies, OWNER, farm)
    assert not await store.read(roles.has_role, HOST, Role.CASHIER)
    assert await store.read(roles.has_role, HOST, Role.HOST, Role.CASHIER)


async def test_owners_are_told_where_nobody_holds_the_role(store: Store) -> None:
    farm = await staff(store)
    assert await store.read(roles.holders, Role.CASHIER) == [CASHIER]
    assert await store.read(roles.holders, Role.SUPPLIER, farm) == [OWNER]


async def test_owners_are_told_too_where_the_only_holder_has_blocked_the_bot(store: Store) -> None:
    await staff(store)
    await store.write(people.blocked, person=CASHIER, now=NOON)
    assert await store.read(roles.holders, Role.CASHIER) == [CASHIER, OWNER]


async def test_a_stream_without_a_host_is_for_whoever_is_host_else_for_owners(store: Store) -> None:
    await staff(store)
    assert await store.read(roles.hosts_of, HOST) == [HOST]
    assert await store.read(roles.hosts_of, ANN) == [HOST, seed.OTHER_HOST]
    assert not await store.read(roles.is_vacant, Role.HOST)
    await store.write(lambda tx: tx.run("UPDATE roles SET revoked_at = :now WHERE role = 'host'", now=NOON))
    assert await store.read(roles.hosts_of, HOST) == [OWNER]
    assert await store.read(roles.is_vacant, Role.HOST)


async def test_holders_are_found_by_index(store: Store) -> None:
    assert_no_scan(store.path, roles._HOLDERS, role="host", supplier=None)
    assert_no_scan(store.path, roles._HAS, person=1, first="host", second=None)
