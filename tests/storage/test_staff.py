"""Who works at the stall."""

from storage import outbox, staff
from storage.connection import Tx
from storage.outbox import Delivered
from storage.roles import Role
from storage.store import Store
from tests.clock import NOON
from tests.storage import seed, trade
from tests.storage.plans import assert_no_scan
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


async def test_everybody_fits_on_pages_and_no_page_is_out_of_range(store: Store) -> None:
    await store.write(everybody)
    await store.write(lambda tx: [seed.role(tx, seed.person(tx, 7000 + number), "host") for number in range(7)])
    pages = [await store.read(staff.page, number) for number in (-1, 0, 1, 99)]
    assert [(page.number, page.pages, len(page.members)) for page in pages] == [
        (0, 2, 8),
        (0, 2, 8),
        (1, 2, 5),
        (1, 2, 5),
    ]
    assert (await store.read(staff.members)) == [*pages[0].members, *pages[2].members]


async def test_a_member_shows_since_when_and_by_whom(store: Store) -> None:
    await store.write(everybody)
    await store.write(lambda tx: tx.run("UPDATE roles SET granted_by = :o WHERE person_id = :p", o=OWNER, p=CASHIER))
    (cashier,) = await store.read(staff.roles_of, CASHIER)
    assert (cashier.since, cashier.by, cashier.until, cashier.taker) == (NOON, f"Person {OWNER}", None, None)
    (owner,) = await store.read(staff.roles_of, OWNER)
    assert owner.by is None


async def test_a_profile_shows_what_is_open_in_somebodys_hands(store: Store) -> None:
    def act(tx: Tx) -> trade.Stall:
        stall = trade.stall(tx)
        trade.send_receipt(tx, ANN, trade.place(tx, ANN, (stall.eggs, 1)))
        trade.buy(tx, ANN, (stall.eggs, 1))
        seed.stream(tx, "SUMMER", status="draft")
        seed.stream(tx, "WINTER", status="ended")
        for row in tx.all("SELECT * FROM outbox WHERE state = 'queued' ORDER BY id"):
            outbox.settle(tx, [(outbox.row(row), Delivered(message_id=row["id"]))], NOON)
        return stall

    await store.write(act)
    hands = {person: await store.read(staff.profile, person) for person in (CASHIER, trade.SUPPLIER, HOST, OWNER)}
    found = {
        person: (profile.receipts, profile.parcels, len(profile.streams), profile.is_last_owner)
        for person, profile in hands.items()
        if profile is not None
    }
    assert found == {
        CASHIER: (1, 0, 0, False),
        trade.SUPPLIER: (0, 1, 0, False),
        HOST: (0, 0, 2, False),
        OWNER: (0, 0, 0, True),
    }


async def test_only_who_works_here_or_did_has_a_profile(store: Store) -> None:
    await store.write(seed.staff_and_viewers)
    assert await store.read(staff.profile, ANN) is None
    assert await store.read(staff.profile, 99) is None
    await store.write(lambda tx: tx.run("UPDATE roles SET revoked_at = :now WHERE person_id = :p", now=NOON, p=HOST))
    profile = await store.read(staff.profile, HOST)
    assert profile is not None
    assert profile.roles == ()
    (taken,) = await store.read(
        lambda tx: [staff.view(tx, row["id"]) for row in tx.all("SELECT id FROM roles WHERE person_id = :p", p=HOST)]
    )
    assert taken is not None
    assert (taken.role, taken.until) == (Role.HOST, NOON)


async def test_what_is_in_hand_is_found_by_index(store: Store) -> None:
    for sql in (staff._RECEIPTS, staff._REFUNDS, staff._PARCELS, staff._STREAMS, staff._OWNERS, staff._ROLES_OF):
        assert_no_scan(store.path, sql, person=1)
