"""Roles: given by one-time links and by the configuration, asked for by every act."""

import pytest

from storage import people, roles
from storage.clock import HOUR
from storage.connection import Tx
from storage.people import NotAllowed
from storage.roles import Invited, InviteExpired, InviteUnknown, InviteUsed, Role, UnknownSupplier, Welcomed
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST, OWNER


async def staff(store: Store) -> int:
    def act(tx: Tx) -> int:
        seed.staff_and_viewers(tx)
        return seed.supplier(tx)

    return await store.write(act)


async def invite(
    store: Store, role: Role, supplier: str | None = None, actor: int | None = OWNER
) -> Invited | NotAllowed | UnknownSupplier:
    return await store.write(roles.invite, actor=actor, role=role, supplier=supplier, valid_ms=HOUR, now=NOON)


async def token(store: Store, role: Role, supplier: str | None = None, actor: int | None = OWNER) -> str:
    invited = await invite(store, role, supplier, actor)
    assert isinstance(invited, Invited)
    return invited.token


async def opens(store: Store, token: str, actor: int = ANN, now: int = NOON + 1) -> object:
    return await store.write(roles.accept_invite, actor=actor, token=token, now=now)


async def test_opening_a_link_gives_the_role_and_tells_both(store: Store) -> None:
    await staff(store)
    link = await token(store, Role.HOST)
    assert await opens(store, link) == Welcomed(role=Role.HOST, supplier=None)
    assert await store.read(roles.of, ANN) == {Role.HOST}
    assert await store.read(seed.told) == [("welcome_role", ANN), ("menu", ANN), ("invite_opened", OWNER)]


async def test_the_books_do_not_keep_the_token(store: Store) -> None:
    await staff(store)
    link = await token(store, Role.HOST)
    assert await trade.book(store, "SELECT count(*) FROM invites WHERE token_hash LIKE '%' || :t || '%'", t=link) == 0
    assert await trade.book(store, "SELECT length(token_hash) FROM invites") == 64


async def test_a_link_works_for_one_person_only(store: Store) -> None:
    await staff(store)
    link = await token(store, Role.CASHIER)
    await opens(store, link)
    assert await opens(store, link, BEN) == InviteUsed()
    assert await store.read(roles.of, BEN) == frozenset()


async def test_opening_ones_own_link_again_is_harmless(store: Store) -> None:
    await staff(store)
    link = await token(store, Role.CASHIER)
    first = await opens(store, link)
    told = await store.read(seed.told)
    assert await opens(store, link, now=NOON + 2 * HOUR) == first
    # Whoever opens a link gets an answer.
    assert await store.read(seed.told) == [*told, ("welcome_role", ANN)]
    assert await trade.book(store, "SELECT count(*) FROM roles WHERE person_id = :ann", ann=ANN) == 1


async def test_a_link_runs_out(store: Store) -> None:
    await staff(store)
    link = await token(store, Role.HOST)
    assert await opens(store, link, now=NOON + HOUR) == InviteExpired()
    assert await store.read(roles.of, ANN) == frozenset()
    assert isinstance(await opens(store, link, now=NOON + HOUR - 1), Welcomed)


async def test_a_link_nobody_made_is_unknown(store: Store) -> None:
    await staff(store)
    await token(store, Role.HOST)
    for forged in ("", "x", "a" * 22):
        assert await opens(store, forged) == InviteUnknown()


async def test_two_links_of_one_role_give_it_once(store: Store) -> None:
    await staff(store)
    links = [await token(store, Role.HOST) for _ in range(2)]
    assert [isinstance(await opens(store, link), Welcomed) for link in links] == [True, True]
    assert await trade.book(store, "SELECT count(*) FROM roles WHERE person_id = :ann", ann=ANN) == 1


@pytest.mark.parametrize("actor", [HOST, CASHIER, ANN])
async def test_only_an_owner_invites(store: Store, actor: int) -> None:
    await staff(store)
    assert await invite(store, Role.CASHIER, actor=actor) == NotAllowed()
    assert await trade.book(store, "SELECT count(*) FROM invites") == 0


@pytest.mark.parametrize("actor", [OWNER, None], ids=["owner", "command line"])
async def test_nobody_invites_an_owner(store: Store, actor: int | None) -> None:
    await staff(store)
    assert await invite(store, Role.OWNER, actor=actor) == NotAllowed()


async def test_the_command_line_invites_and_is_not_told(store: Store) -> None:
    await staff(store)
    await opens(store, await token(store, Role.HOST, actor=None))
    assert await store.read(seed.told) == [("welcome_role", ANN), ("menu", ANN)]


async def test_a_supplier_is_invited_by_name_whatever_its_case(store: Store) -> None:
    farm = await staff(store)
    unknown = await invite(store, Role.SUPPLIER, "Hill")
    assert unknown == UnknownSupplier(name="Hill", known=("Hill Farm",))
    assert isinstance(await invite(store, Role.SUPPLIER, None), UnknownSupplier)
    link = await token(store, Role.SUPPLIER, " hill farm ")
    assert await opens(store, link) == Welcomed(role=Role.SUPPLIER, supplier="Hill Farm")
    assert await store.read(roles.suppliers_of, ANN) == [farm]
    assert await store.read(roles.supplies, ANN, farm)
    assert not await store.read(roles.supplies, ANN, farm + 1)


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
    await store.write(roles.set_owners, [], NOON)
    assert await store.read(roles.holders, Role.SUPPLIER, farm) == []


async def test_owners_are_told_too_where_the_only_holder_has_blocked_the_bot(store: Store) -> None:
    await staff(store)
    await store.write(people.blocked, person=CASHIER, now=NOON)
    assert await store.read(roles.holders, Role.CASHIER) == [CASHIER, OWNER]


async def test_the_configuration_says_who_owns_the_stall(store: Store) -> None:
    await staff(store)
    await store.write(roles.set_owners, [CAI, 7777, CAI], NOON)
    assert await store.read(roles.holders, Role.OWNER) == [CAI, 7777]
    assert not await store.read(roles.has_role, OWNER, Role.OWNER)
    await store.write(roles.set_owners, [CAI, 7777], NOON)
    assert await trade.book(store, "SELECT count(*) FROM roles WHERE role = 'owner'") == 3
    await store.write(roles.set_owners, [OWNER], NOON)
    assert await store.read(roles.holders, Role.OWNER) == [OWNER]
