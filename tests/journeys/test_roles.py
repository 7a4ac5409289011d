"""Somebody leaves: what an owner sees and taps, what the person still can do, and where their work goes."""

from pathlib import Path

from playground.people import Person
from storage import revocations
from storage.clock import HOUR
from storage.roles import Role
from storage.store import Store
from tests.clock import FakeClock
from tests.journeys.actors import RECEIPT, invited, link_in, order, stream_with
from tests.journeys.market import comes_in, spring_stream, works_as
from tests.journeys.players import cast
from tests.journeys.test_cashier import slip
from tests.journeys.test_forged import STALE
from tests.journeys.test_supplier import paid
from tests.stall import OWNER, TestStall, open_stall

OTHER_OWNER = 1002


async def revokes(stall: TestStall, name: str, role: str, owner: Person | None = None) -> None:
    """An owner takes a role from somebody: /roles, the person, Revoke."""
    owner = owner or stall.owner
    await owner.sends("/roles")
    await owner.taps_when(name)
    await owner.taps_when(f"Revoke {role}")
    await owner.sees("is no longer")
    await stall.settles()


def commands(person: Person) -> set[str]:
    return {entry["command"] for entry in person.menu}


async def test_a_revoked_cashiers_open_card_loses_its_buttons_and_the_receipt_comes_to_the_owner(
    stall: TestStall,
) -> None:
    players = await cast(stall)
    ann, cai, owner = players.ann, players.cai, stall.owner
    await owner.sends("/start")
    code = await order(ann, players.link, "EGG")
    await ann.sends_photo(RECEIPT)
    card = await slip(cai, code)
    confirm = card.buttons[0][0].data
    assert confirm is not None
    mark = owner.mark()
    await revokes(stall, "Cai", "cashier")
    # The picture stays, its words and buttons do not.
    assert card.text == "This is no longer yours; others see to it."
    assert not card.labels
    assert "You are no longer cashier at Tonggu Stall" in cai.last.text
    assert "payments" not in commands(cai)
    told = await owner.sees("is no longer cashier", since=mark)
    assert "Nobody is cashier now" in told.text
    assert "1 matter that waited has gone to others" in told.text
    theirs = await owner.sees(f"Receipt for {code}", since=mark)
    # The old button, as somebody's app may still show it.
    cai.press(confirm, card)
    assert (await cai.answered()).text == STALE
    await cai.sends("/payments")
    await cai.sees("This is for the stall's cashiers")
    await stall.settles()
    assert await stall.value("SELECT status FROM payments") == "submitted"
    await owner.taps("Confirm", on=theirs)
    await ann.sees("Payment confirmed")


async def test_undo_gives_the_card_its_buttons_back_where_it_stands(stall: TestStall) -> None:
    players = await cast(stall)
    ann, cai, owner = players.ann, players.cai, stall.owner
    code = await order(ann, players.link, "EGG")
    await ann.sends_photo(RECEIPT)
    card = await slip(cai, code)
    await revokes(stall, "Cai", "cashier")
    assert not card.labels
    await owner.taps("Undo")
    await owner.sees("is cashier again")
    await stall.settles()
    assert card.labels == ["✅ Confirm", "Reject"]
    assert card.photo == RECEIPT
    assert "payments" in commands(cai)
    await cai.taps("Confirm", on=card)
    await ann.sees("Payment confirmed")


async def test_an_old_undo_says_what_to_do_instead(stall: TestStall) -> None:
    await works_as(stall, "Cai", Role.CASHIER)
    await revokes(stall, "Cai", "cashier")
    stall.clock.advance(601)
    await stall.owner.taps("Undo")
    answer = await stall.owner.answered()
    assert "too late to undo" in (answer.text or "")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM audit WHERE action = 'role.restored'") == 0


async def test_a_supplier_in_the_middle_of_marking_a_parcel_hears_that_it_is_over(stall: TestStall) -> None:
    players = await cast(stall)
    owner, sun = stall.owner, players.sun
    await owner.sends("/start")
    code = await paid(stall, players)
    await sun.taps("Mark shipped")
    question = await sun.sees("carrier")
    skip = question.buttons[0][0].data
    assert skip is not None
    mark = owner.mark()
    await revokes(stall, "Sun", "supplier")
    told = await owner.sees("is no longer supplier", since=mark)
    assert "Nobody speaks for" in told.text
    parcel = await owner.sees("12 Dingjiang West Road", since=mark)
    # The buyer's address has left the supplier's chat.
    assert not [message for message in sun.inbox if "Dingjiang" in message.text]
    sun.press(skip, question)
    assert (await sun.answered()).text == STALE
    await sun.sends("SF Express")
    await sun.sees("That question is over")
    await sun.sends("hello")
    await sun.sees("did not understand")
    await stall.settles()
    assert await stall.value("SELECT status FROM shipments") == "requested"
    await owner.sends("/fulfil")
    assert code in (await owner.sees("1 parcel")).labels[0]
    await owner.taps("Accept", on=parcel)
    await stall.settles()
    assert await stall.value("SELECT status FROM shipments") == "accepted"


async def test_a_host_in_the_middle_of_a_new_stream_hears_that_it_is_over(stall: TestStall) -> None:
    hana = await works_as(stall, "Hana", Role.HOST)
    await hana.sends("/newstream")
    await hana.sees("title")
    await hana.sends("Autumn stream")
    await hana.sees("2026")
    await revokes(stall, "Hana", "host")
    await hana.sends("2026-03-15 20:00")
    await hana.sees("That question is over")
    await hana.sends("/newstream")
    await hana.sees("This is for the stall's hosts")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM streams") == 0


async def test_a_picture_sent_instead_of_that_answer_still_pays_for_an_order(stall: TestStall) -> None:
    players = await cast(stall)
    hana = await works_as(stall, "Hana", Role.HOST)
    code = await order(hana, players.link, "EGG")
    await hana.sends("/newstream")
    await hana.sees("title")
    await revokes(stall, "Hana", "host")
    await hana.sends_photo(RECEIPT)
    await hana.sees("is with the cashier")
    await slip(players.cai, code)


async def test_the_streams_of_a_revoked_host_are_run_by_owners(stall: TestStall) -> None:
    hana, owner = await works_as(stall, "Hana", Role.HOST), stall.owner
    await spring_stream(stall)
    await stream_with(stall, hana)
    desk = await hana.sees("start=s_", since=0)
    assert desk.labels
    await owner.sends("/roles")
    await owner.taps_when("Hana")
    await owner.sees("Hosts: Tonggu spring stream")
    await owner.taps("Revoke host")
    await owner.sees("Nobody is host now")
    await stall.settles()
    assert not desk.labels
    await owner.sends("/mystreams")
    await owner.taps_when("Tonggu spring stream")
    await owner.taps_when("Announce")
    await stall.settles()
    assert await stall.value("SELECT status FROM streams WHERE host_id = :h", h=hana.id) == "announced"
    # When its time has come and nobody is live, somebody hears of it all the same.
    mark = owner.mark()
    starts_at = await stall.value("SELECT starts_at FROM streams WHERE host_id = :h", h=hana.id)
    await stall.passes((starts_at - stall.clock.now()) / 1000 + 1)
    await owner.sees("Tonggu spring stream", since=mark)
    await stall.settles()
    assert await stall.value("SELECT chat_id FROM outbox WHERE kind = 'stream_due_host'") == OWNER


# -- Owners -------------------------------------------------------------------------------------------------


async def test_the_only_owner_is_not_offered_to_go_and_a_forged_button_is_refused(stall: TestStall) -> None:
    owner = stall.owner
    await owner.sends("/start")
    await owner.sends("/roles")
    await owner.taps_when("Olga")
    card = await owner.sees("The only owner")
    assert [label for label in card.labels if label.startswith("Revoke")] == []
    owner.press("1|revoke|1", card)
    answer = await owner.answered()
    assert answer.show_alert
    assert "A stall needs an owner" in (answer.text or "")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM roles WHERE revoked_at IS NULL") == 1


async def test_an_owner_taken_off_hears_it_and_the_settings_bring_them_back(tmp_path: Path) -> None:
    clock = FakeClock()
    people = {"owners": [OWNER, OTHER_OWNER]}
    async with open_stall(tmp_path, clock=clock, people=people) as stall:
        owner, other = stall.owner, stall.person("Otto", OTHER_OWNER)
        for person in (owner, other):
            await person.sends("/start")
            await person.sees("Owner: /invite")
        await stall.settles()
        await other.sends("/invite cashier")
        link = link_in((await other.sees("start=i_")).text)
        await revokes(stall, "Otto", "owner")
        told = owner.last.text
        assert f"Remove {OTHER_OWNER} from [people] owners" in told
        assert "1 open invitation of theirs was withdrawn" in told
        assert "You are no longer owner" in other.last.text
        assert "roles" not in commands(other)
        for command in ("/roles", "/audit", "/invite"):
            await other.sends(command)
            await other.sees("Only the stall's owner")
        other.press("1|unrevoke|2", other.last)
        assert (await other.answered()).text == STALE
        ann = await comes_in(stall, "Ann")
        await ann.opens(link)
        await ann.sees("has been withdrawn")
        playground = stall.playground
    async with open_stall(tmp_path, playground=playground, clock=clock, people=people) as stall:
        await stall.settles()
        assert "Welcome to Tonggu Stall. Your role: owner" in other.last.text
        assert "roles" in commands(other)
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        await stall.settles()
        assert "You are no longer owner" in other.last.text
        assert await stall.value("SELECT count(*) FROM roles WHERE role = 'owner' AND revoked_at IS NULL") == 1


async def test_an_owner_who_gives_up_the_role_can_take_it_back_for_a_while(tmp_path: Path) -> None:
    async with open_stall(tmp_path, people={"owners": [OWNER, OTHER_OWNER]}) as stall:
        owner = stall.owner
        await owner.sends("/start")
        await owner.sends("/roles")
        await owner.taps_when("Olga")
        await owner.taps_when("Revoke owner")
        await owner.sees("You are no longer owner")
        await stall.settles()
        await owner.sends("/roles")
        await owner.sees("Only the stall's owner")
        await owner.taps("Undo")
        await owner.sees("You are owner at Tonggu Stall again")
        await owner.sends("/roles")
        await owner.sees("Owners")


async def test_two_owners_who_tap_at_once_leave_one(tmp_path: Path) -> None:
    async with open_stall(tmp_path, people={"owners": [OWNER, OTHER_OWNER]}) as stall:
        owner, other = stall.owner, stall.person("Otto", OTHER_OWNER)
        for person in (owner, other):
            await person.sends("/start")
            await person.sees("Tonggu Stall")
        await stall.settles()
        owner.press("1|revoke|2", owner.last)
        other.press("1|revoke|1", other.last)
        answers = {(await person.answered()).text for person in (owner, other)}
        assert STALE in answers
        await stall.settles()
        assert await stall.value("SELECT count(*) FROM roles WHERE revoked_at IS NULL") == 1


# -- Twice, late, from elsewhere ----------------------------------------------------------------------------


async def test_a_second_tap_finds_it_done_and_leaves_the_answer_with_its_undo(stall: TestStall) -> None:
    await works_as(stall, "Cai", Role.CASHIER)
    owner = stall.owner
    await owner.sends("/roles")
    await owner.taps_when("Cai")
    card = await owner.sees("cashier, since")
    data = next(button.data for row in card.buttons for button in row if button.text == "Revoke cashier")
    assert data is not None
    owner.press(data, card)
    owner.press(data, card)
    await owner.sees("is no longer cashier")
    await stall.settles()
    owner.press(data, card)
    assert (await owner.answered()).text == "That role has been taken already"
    await stall.settles()
    assert "is no longer cashier" in card.text
    assert "Undo" in card.labels
    assert await stall.value("SELECT count(*) FROM audit WHERE action = 'role.revoked'") == 1
    assert await stall.value("SELECT count(*) FROM outbox WHERE kind = 'role_taken'") == 1


async def test_a_second_owner_who_taps_later_sees_how_it_stands(tmp_path: Path) -> None:
    async with open_stall(tmp_path, people={"owners": [OWNER, OTHER_OWNER]}) as stall:
        await works_as(stall, "Cai", Role.CASHIER)
        other = stall.person("Otto", OTHER_OWNER)
        await other.sends("/start")
        await other.sends("/roles")
        await other.taps_when("Cai")
        card = await other.sees("cashier, since")
        await stall.settles()
        await revokes(stall, "Cai", "cashier")
        await other.taps("Revoke cashier", on=card)
        assert (await other.answered()).text == "That role has been taken already"
        await stall.settles()
        shown = await other.sees("Cai")
        assert "cashier, since" not in shown.text
        assert "Revoke cashier" not in shown.labels
        assert await stall.value("SELECT count(*) FROM audit WHERE action = 'role.revoked'") == 1


async def test_the_same_update_twice_revokes_once(stall: TestStall) -> None:
    await works_as(stall, "Cai", Role.CASHIER)
    await stall.owner.sends("/roles")
    await stall.owner.taps_when("Cai")
    again = stall.playground.faults.add("redeliver", contains="|revoke|")
    await stall.owner.taps_when("Revoke cashier")
    await stall.settles()
    assert again.hits == 1
    assert await stall.value("SELECT count(*) FROM outbox WHERE kind = 'role_revoked'") == 1


async def test_an_owner_pressing_nonsense_is_answered(stall: TestStall) -> None:
    owner = stall.owner
    await owner.sends("/start")
    await owner.sees("Tonggu Stall")
    for verb in ("revoke", "unrevoke", "member", "withdraw"):
        for id_ in (0, -1, 99, 2**63 - 1):
            owner.press(f"1|{verb}|{id_}", owner.last)
            assert (await owner.answered()).text == STALE, (verb, id_)
    for data in ("1|audit|o99|all|all|0", "1|audit|-|all|all|x9", "1|audit|-|none|all|0", "1|auditby|-|all|all|who"):
        owner.press(data, owner.last)
        assert (await owner.answered()).text == STALE, data
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM inbox WHERE attempts > 0") == 0


async def test_somebody_who_blocked_the_bot_is_revoked_like_anybody(stall: TestStall) -> None:
    players = await cast(stall)
    kai = await works_as(stall, "Kai", Role.CASHIER)
    await kai.blocks()
    await revokes(stall, "Kai", "cashier")
    code = await order(players.ann, players.link, "EGG")
    await players.ann.sends_photo(RECEIPT)
    await slip(players.cai, code)


# -- Invitations --------------------------------------------------------------------------------------------


async def test_an_open_invitation_is_listed_and_withdrawn(stall: TestStall) -> None:
    owner, ann = stall.owner, await comes_in(stall, "Ann")
    await owner.sends("/invite cashier")
    link = link_in((await owner.sees("start=i_")).text)
    await owner.sends("/roles")
    await owner.taps_when("Open invitations (1)")
    listed = await owner.sees("1. cashier, by Olga")
    withdraw = listed.buttons[0][0].data
    assert withdraw is not None
    await owner.taps("Withdraw 1")
    await owner.sees("No invitation is open")
    await ann.opens(link)
    await ann.sees("has been withdrawn")
    owner.press(withdraw, owner.last)
    assert (await owner.answered()).text == "That link is not open any more"
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM roles WHERE role = 'cashier'") == 0


async def test_a_person_revoked_can_be_invited_again(stall: TestStall) -> None:
    cai = await invited(stall, "Cai", "cashier")
    await revokes(stall, "Cai", "cashier")
    again = await invited(stall, "Cai", "cashier")
    assert again is cai
    await cai.sends("/payments")
    await cai.sees("No receipt is waiting")
    await revokes(stall, "Cai", "cashier")


# -- Process ------------------------------------------------------------------------------------------------


async def test_what_was_decided_while_the_bot_was_down_is_carried_out_at_its_start(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        players = await cast(stall)
        await stall.owner.sends("/start")
        code = await order(players.ann, players.link, "EGG")
        await players.ann.sends_photo(RECEIPT)
        card = await slip(players.cai, code)
        await players.cai.sends("/payments")
        await stall.settles()
        playground, owner, path = stall.playground, stall.owner, stall.config.storage.path
    # The command line: everything is committed, nobody is there to tell it.
    async with await Store.open(path, synchronous="NORMAL", now=clock.now()) as store:
        (role,) = await store.read(revocations.held, players.cai.id, Role.CASHIER)
        await store.write(revocations.revoke, actor=None, role_id=role, now=clock.now())
    mark = owner.mark()
    async with open_stall(tmp_path, playground=playground, clock=clock) as stall:
        await stall.settles()
        assert not card.labels
        assert "Taken by the command line" in (await owner.sees("is no longer cashier", since=mark)).text
        await owner.taps("Confirm", on=await owner.sees(f"Receipt for {code}", since=mark))
        await players.ann.sees("Payment confirmed")


async def test_an_hour_later_the_card_still_says_the_same(stall: TestStall) -> None:
    players = await cast(stall)
    code = await order(players.ann, players.link, "EGG")
    await players.ann.sends_photo(RECEIPT)
    card = await slip(players.cai, code)
    await revokes(stall, "Cai", "cashier")
    await stall.passes(HOUR / 1000)
    mark = stall.owner.mark()
    await stall.owner.taps("Confirm", on=await stall.owner.sees(f"Receipt for {code}", since=0))
    await stall.owner.sees("Confirmed by Olga", since=mark)
    await stall.settles()
    assert card.text == "This is no longer yours; others see to it."
