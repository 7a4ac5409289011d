"""Invitations: one-time links, opened by one person, or withdrawn before."""

import asyncio

import pytest

from storage import invites, revocations, roles
from storage.clock import HOUR
from storage.connection import Tx
from storage.invites import (
    Invited,
    InviteExpired,
    InviteUnknown,
    InviteUsed,
    InviteWithdrawn,
    NotOpen,
    UnknownSupplier,
    Welcomed,
    Withdrawn,
)
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST, OWNER


async def staff(store: Store) -> int:
    def act(tx: Tx) -> int:
        seed.staff_and_viewers(tx)
        return seed.supplier(tx)

    return await store.write(act)


async def invite(
    store: Store, role: Role, supplier: str | None = None, actor: int | None = OWNER
) -> Invited | NotAllowed | UnknownSupplier:
    return await store.write(invites.invite, actor=actor, role=role, supplier=supplier, valid_ms=HOUR, now=NOON)


async def token(store: Store, role: Role, supplier: str | None = None, actor: int | None = OWNER) -> str:
    invited = await invite(store, role, supplier, actor)
    assert isinstance(invited, Invited)
    return invited.token


async def opens(store: Store, token: str, actor: int = ANN, now: int = NOON + 1) -> object:
    return await store.write(invites.accept, actor=actor, token=token, now=now)


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


async def test_a_used_link_welcomes_nobody_back_whose_role_was_taken(store: Store) -> None:
    await staff(store)
    link = await token(store, Role.CASHIER)
    await opens(store, link)
    (role,) = await store.read(revocations.held, ANN, Role.CASHIER)
    await store.write(revocations.revoke, actor=OWNER, role_id=role, now=NOON + 2)
    assert await opens(store, link, now=NOON + 3) == InviteUsed()
    assert await store.read(roles.of, ANN) == frozenset()


async def withdraw(store: Store, invite_id: int, actor: int = OWNER) -> object:
    return await store.write(invites.withdraw, actor=actor, invite_id=invite_id, now=NOON + 1)


async def test_a_withdrawn_link_gives_nothing(store: Store) -> None:
    await staff(store)
    link = await token(store, Role.CASHIER)
    (still,) = await store.read(invites.still_open, NOON)
    assert (still.role, still.by, still.expires_at) == (Role.CASHIER, f"Person {OWNER}", NOON + HOUR)
    assert await withdraw(store, still.id) == Withdrawn(invite_id=still.id)
    assert await opens(store, link) == InviteWithdrawn()
    assert await store.read(roles.of, ANN) == frozenset()
    assert await store.read(invites.still_open, NOON) == []


async def test_only_a_link_that_is_open_can_be_withdrawn_and_only_by_an_owner(store: Store) -> None:
    await staff(store)
    link = await token(store, Role.CASHIER)
    assert [await withdraw(store, 1, actor) for actor in (HOST, CASHIER, ANN)] == [NotAllowed()] * 3
    assert await withdraw(store, 99) == NotFound()
    await opens(store, link)
    assert await withdraw(store, 1) == NotOpen()
    assert await store.read(roles.of, ANN) == {Role.CASHIER}
    await token(store, Role.HOST)
    assert [await withdraw(store, 2) for _ in range(2)] == [Withdrawn(invite_id=2), NotOpen()]


async def test_a_link_opened_and_withdrawn_at_once_is_one_of_the_two(store: Store) -> None:
    await staff(store)
    for number in range(1, 9):
        link = await token(store, Role.HOST)
        both = [opens(store, link, CAI), withdraw(store, number)]
        ended = await asyncio.gather(*(both if number % 2 else reversed(both)))
        taken = await trade.book(store, "SELECT used_by IS NOT NULL FROM invites WHERE id = :id", id=number)
        back = await trade.book(store, "SELECT withdrawn_at IS NOT NULL FROM invites WHERE id = :id", id=number)
        assert taken != back, ended


async def test_links_that_were_opened_or_have_run_out_are_not_listed(store: Store) -> None:
    await staff(store)
    await opens(store, await token(store, Role.HOST))
    await token(store, Role.CASHIER, actor=None)
    assert [(one.role, one.by) for one in await store.read(invites.still_open, NOON)] == [(Role.CASHIER, None)]
    assert await store.read(invites.still_open, NOON + HOUR) == []


async def test_open_links_are_found_by_index(store: Store) -> None:
    assert_no_scan(store.path, invites._OPEN, now=NOON)
    assert_no_scan(store.path, invites._MADE_BY, now=NOON, person=1)
