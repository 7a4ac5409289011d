"""Roles taken away: effective at once, given back for a while, and never the last owner's."""

import asyncio
from pathlib import Path

import pytest

from storage import invites, payments, people, revocations, roles
from storage.clock import HOUR, MINUTE
from storage.connection import Tx
from storage.payments import Confirmed
from storage.people import NotAllowed, NotFound
from storage.revocations import AlreadyRevoked, HeldAgain, LastOwner, Restored, Revoked, TooLateToUndo
from storage.roles import Role
from storage.store import Refused, Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
from tests.storage.seed import ANN, BEN, CAI, CASHIER, HOST, OWNER

SECOND_OWNER = 1002


def staff(tx: Tx) -> None:
    seed.staff_and_viewers(tx)
    seed.role(tx, seed.person(tx, SECOND_OWNER), "owner")


async def role_of(store: Store, person: int, role: Role) -> int:
    (found,) = await store.read(revocations.held, person, role)
    return found


async def revoke(store: Store, person: int, role: Role, actor: int | None = OWNER, now: int = NOON) -> object:
    id_ = await role_of(store, person, role)
    return await store.write(revocations.revoke, actor=actor, role_id=id_, now=now)


async def restore(store: Store, role_id: int, actor: int = OWNER, now: int = NOON) -> object:
    return await store.write(revocations.restore, actor=actor, role_id=role_id, now=now)


async def audited(store: Store) -> list[tuple[str, str]]:
    return await store.read(
        lambda tx: [tuple(row) for row in tx.all("SELECT action, subject FROM audit ORDER BY id")]
    )


async def test_a_revoked_role_is_gone_at_once_and_everybody_concerned_is_told(store: Store) -> None:
    await store.write(staff)
    assert await revoke(store, CASHIER, Role.CASHIER) == Revoked(person_id=CASHIER, role=Role.CASHIER)
    assert await store.read(roles.of, CASHIER) == frozenset()
    assert await store.read(seed.told) == [
        ("role_taken", CASHIER),
        ("menu", CASHIER),
        ("role_revoked", OWNER),
        ("role_revoked", SECOND_OWNER),
    ]
    assert await audited(store) == [("role.revoked", f"person:{CASHIER}")]


@pytest.mark.parametrize("actor", [HOST, CASHIER, ANN])
async def test_only_owners_take_and_give_back(store: Store, actor: int) -> None:
    await store.write(staff)
    assert await revoke(store, HOST, Role.HOST, actor) == NotAllowed()
    id_ = await role_of(store, HOST, Role.HOST)
    await revoke(store, HOST, Role.HOST)
    assert await restore(store, id_, actor) == NotAllowed()
    assert await store.read(roles.of, HOST) == frozenset()


async def test_a_second_tap_changes_nothing(store: Store) -> None:
    await store.write(staff)
    id_ = await role_of(store, HOST, Role.HOST)
    await revoke(store, HOST, Role.HOST)
    told = await store.read(seed.told)
    again = await store.write(revocations.revoke, actor=SECOND_OWNER, role_id=id_, now=NOON + 1)
    assert again == AlreadyRevoked(person_id=HOST)
    assert await store.read(seed.told) == told
    assert await store.write(revocations.revoke, actor=OWNER, role_id=999, now=NOON) == NotFound()


async def test_a_role_given_anew_is_not_taken_by_the_old_button(store: Store) -> None:
    await store.write(staff)
    old = await role_of(store, HOST, Role.HOST)
    await revoke(store, HOST, Role.HOST)
    await store.write(roles.grant, person=HOST, role=Role.HOST, supplier=None, by=OWNER, now=NOON + 1)
    again = await store.write(revocations.revoke, actor=OWNER, role_id=old, now=NOON + 2)
    assert isinstance(again, AlreadyRevoked)
    assert await store.read(roles.of, HOST) == {Role.HOST}


# -- Undo ---------------------------------------------------------------------------------------------------


async def test_undo_makes_it_as_if_nothing_had_been(store: Store) -> None:
    await store.write(staff)
    before = await store.read(lambda tx: [tuple(row) for row in tx.all("SELECT * FROM roles")])
    id_ = await role_of(store, HOST, Role.HOST)
    await revoke(store, HOST, Role.HOST)
    await trade.all_said(store)
    # Another owner may, too.
    assert await restore(store, id_, SECOND_OWNER, NOON + 1) == Restored(person_id=HOST, role=Role.HOST)
    assert await store.read(lambda tx: [tuple(row) for row in tx.all("SELECT * FROM roles")]) == before
    assert await store.read(seed.told) == [
        ("role_back", HOST),
        ("menu", HOST),
        ("role_restored", OWNER),
        ("role_restored", SECOND_OWNER),
    ]
    assert await restore(store, id_) == HeldAgain(person_id=HOST)


async def test_undo_works_for_ten_minutes(store: Store) -> None:
    await store.write(staff)
    id_ = await role_of(store, HOST, Role.HOST)
    await revoke(store, HOST, Role.HOST)
    assert await restore(store, id_, now=NOON + 10 * MINUTE) == TooLateToUndo(person_id=HOST)
    assert await restore(store, id_, now=NOON + 10 * MINUTE - 1) == Restored(person_id=HOST, role=Role.HOST)


async def test_undo_after_a_new_invitation_gives_nothing_twice(store: Store) -> None:
    await store.write(staff)
    id_ = await role_of(store, HOST, Role.HOST)
    await revoke(store, HOST, Role.HOST)
    await store.write(roles.grant, person=HOST, role=Role.HOST, supplier=None, by=OWNER, now=NOON)
    assert await restore(store, id_) == HeldAgain(person_id=HOST)
    assert len(await store.read(revocations.held, HOST, Role.HOST)) == 1


async def test_what_the_command_line_took_is_not_undone_in_the_chat(store: Store) -> None:
    await store.write(staff)
    id_ = await role_of(store, HOST, Role.HOST)
    assert isinstance(await revoke(store, HOST, Role.HOST, actor=None), Revoked)
    assert await restore(store, id_) == TooLateToUndo(person_id=HOST)


# -- Owners -------------------------------------------------------------------------------------------------


async def test_the_last_owner_cannot_be_lost(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    for actor in (OWNER, None):
        assert await revoke(store, OWNER, Role.OWNER, actor) == LastOwner(person_id=OWNER)
    assert await store.read(roles.holders, Role.OWNER) == [OWNER]
    assert await store.read(seed.told) == []
    assert await audited(store) == []


async def test_an_owner_may_go_while_another_stays_and_may_change_their_mind(store: Store) -> None:
    await store.write(staff)
    id_ = await role_of(store, OWNER, Role.OWNER)
    assert isinstance(await revoke(store, OWNER, Role.OWNER), Revoked)
    assert await store.read(roles.holders, Role.OWNER) == [SECOND_OWNER]
    assert ("role_taken", OWNER) in await store.read(seed.told)
    assert await restore(store, id_, OWNER, NOON + 1) == Restored(person_id=OWNER, role=Role.OWNER)
    # The other one can't undo what was done to them by somebody else.
    theirs = await role_of(store, SECOND_OWNER, Role.OWNER)
    await revoke(store, SECOND_OWNER, Role.OWNER)
    assert await restore(store, theirs, SECOND_OWNER, NOON + 1) == NotAllowed()


async def test_an_owner_who_is_also_cashier_keeps_what_owners_may(store: Store) -> None:
    def act(tx: Tx) -> int:
        staff(tx)
        seed.role(tx, OWNER, "cashier")
        stall_ = seed.stream(tx)
        offer = seed.offer(tx, stall_, seed.product(tx, seed.supplier(tx)))
        return seed.order(tx, ANN, offer, 1)

    order = await store.write(act)
    payment = await store.write(trade.send_receipt, ANN, order)
    await revoke(store, OWNER, Role.CASHIER)
    told = await store.read(seed.told)
    assert ("payment_card", OWNER) in told
    assert ("role_taken", OWNER) not in told
    outcome = await store.write(payments.confirm, actor=OWNER, payment_id=payment, now=NOON)
    assert isinstance(outcome, Confirmed)


async def test_the_links_an_owner_made_go_with_them(store: Store) -> None:
    await store.write(staff)
    made = await store.write(
        invites.invite, actor=SECOND_OWNER, role=Role.CASHIER, supplier=None, valid_ms=HOUR, now=NOON
    )
    assert isinstance(made, invites.Invited)
    await revoke(store, SECOND_OWNER, Role.OWNER)
    opened = await store.write(invites.accept, actor=ANN, token=made.token, now=NOON + 1)
    assert opened == invites.InviteWithdrawn()
    assert ("invite.withdrawn", "invite:1") in await audited(store)


async def both_go(stores: tuple[Store, Store], takes: list[tuple[int, int]]) -> list[object]:
    """Two owners act at the same moment, each through a program of its own."""
    ids = [await role_of(stores[0], person, Role.OWNER) for _, person in takes]
    return await asyncio.gather(
        *(
            store.write(revocations.revoke, actor=actor, role_id=id_, now=NOON)
            for store, (actor, _), id_ in zip(stores, takes, ids, strict=True)
        )
    )


@pytest.mark.parametrize(
    "takes", [[(OWNER, SECOND_OWNER), (SECOND_OWNER, OWNER)], [(OWNER, OWNER), (SECOND_OWNER,) * 2]]
)
async def test_of_two_owners_who_go_at_the_same_moment_one_stays(
    tmp_path: Path, takes: list[tuple[int, int]]
) -> None:
    path = tmp_path / "stall.db"
    async with (
        await Store.open(path, synchronous="NORMAL", now=NOON) as one,
        await Store.open(path, synchronous="NORMAL", now=NOON) as other,
    ):
        await one.write(staff)
        for _ in range(5):
            ended = await both_go((one, other), takes)
            assert [isinstance(each, Revoked) for each in ended].count(True) == 1
            assert len(await one.read(roles.holders, Role.OWNER)) == 1
            await one.write(revocations.set_owners, [OWNER, SECOND_OWNER], NOON)


async def test_an_act_that_trusts_what_was_read_beforehand_loses_both(tmp_path: Path) -> None:
    """Negative control: the same race without the condition in the statement."""
    path = tmp_path / "stall.db"

    def careless(tx: Tx, *, owners_before: list[int], role_id: int) -> Refused | None:
        if len(owners_before) < 2:
            return LastOwner(person_id=0)
        tx.run("UPDATE roles SET revoked_at = :now WHERE id = :id", now=NOON, id=role_id)
        return None

    async with (
        await Store.open(path, synchronous="NORMAL", now=NOON) as one,
        await Store.open(path, synchronous="NORMAL", now=NOON) as other,
    ):
        await one.write(staff)
        ids = [await role_of(one, person, Role.OWNER) for person in (OWNER, SECOND_OWNER)]
        owners = await asyncio.gather(*(store.read(roles.holders, Role.OWNER) for store in (one, other)))
        await asyncio.gather(
            *(
                store.write(careless, owners_before=before, role_id=id_)
                for store, before, id_ in zip((one, other), owners, ids, strict=True)
            )
        )
        assert await one.read(roles.holders, Role.OWNER) == []


# -- The configuration --------------------------------------------------------------------------------------


async def test_the_configuration_says_who_owns_the_stall(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    await store.write(revocations.set_owners, [CAI, 7777, CAI], NOON)
    assert await store.read(roles.holders, Role.OWNER) == [CAI, 7777]
    assert not await store.read(roles.has_role, OWNER, Role.OWNER)
    # Who has written before is told; to a number alone nothing can be sent.
    assert await store.read(seed.told) == [
        ("welcome_role", CAI),
        ("menu", CAI),
        ("role_taken", OWNER),
        ("menu", OWNER),
        ("role_revoked", CAI),
        ("role_revoked", 7777),
    ]
    await store.write(revocations.set_owners, [CAI, 7777], NOON)
    assert await trade.book(store, "SELECT count(*) FROM roles WHERE role = 'owner'") == 3
    await store.write(revocations.set_owners, [OWNER], NOON)
    assert await store.read(roles.holders, Role.OWNER) == [OWNER]


async def test_a_start_with_the_same_owners_changes_nothing(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    await store.write(revocations.set_owners, [OWNER], NOON)
    assert await store.read(seed.told) == []
    assert await audited(store) == []


async def test_an_owner_taken_off_in_the_chat_is_back_with_the_next_start_while_the_settings_name_them(
    store: Store,
) -> None:
    await store.write(staff)
    await revoke(store, SECOND_OWNER, Role.OWNER)
    await store.write(revocations.set_owners, [OWNER, SECOND_OWNER], NOON + 1)
    assert await store.read(roles.holders, Role.OWNER) == [OWNER, SECOND_OWNER]


async def test_no_start_leaves_the_stall_without_an_owner(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    with pytest.raises(ValueError, match="at least one owner"):
        await store.write(revocations.set_owners, [], NOON)
    assert await store.read(roles.holders, Role.OWNER) == [OWNER]


async def test_somebody_who_blocked_the_bot_can_be_revoked_too(store: Store) -> None:
    await store.write(staff)
    await store.write(people.blocked, person=CASHIER, now=NOON)
    assert isinstance(await revoke(store, CASHIER, Role.CASHIER), Revoked)


async def test_roles_are_found_by_index(store: Store) -> None:
    assert_no_scan(store.path, revocations._REVOKE, id=1, actor=None, now=NOON)
    assert_no_scan(store.path, revocations._RESTORE, id=1, since=NOON)
    assert_no_scan(store.path, revocations._OTHER_OWNERS, keep="[]")
    assert_no_scan(store.path, revocations._HELD, person=BEN, role="host")
