"""People's rights through the chat: a copy of everything, being erased, and what must happen first."""

import asyncio
import io
import json
import threading
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from handlers.presenting import present
from handlers.translation import Html
from handlers.wording import DataFile, Rendered
from playground.people import Person
from storage import doctor
from storage.copies import Part
from storage.pseudonyms import MASK
from storage.roles import Role
from storage.store import READERS
from tests.clock import FakeClock
from tests.journeys.actors import RECEIPT, order
from tests.journeys.market import comes_in, works_as
from tests.journeys.players import Cast, cast, golden_way, receipts_are_kept
from tests.stall import TestStall, open_stall
from tests.storage.remains import bytes_of

SECRETS = (b"Li Hua", b"13800138000", b"Dingjiang", b"Six eggs", b"We send six", RECEIPT)


async def all_is_erased(stall: TestStall) -> None:
    """Wait until no erasure is left to be done."""
    for _ in range(400):
        await stall.settles()
        if not await stall.value("SELECT count(*) FROM erasures WHERE due_at IS NOT NULL"):
            return
        await stall.passes(2)
    raise AssertionError("the erasure was not finished")


async def bought(stall: TestStall) -> tuple[Cast, str, Person]:
    """Ann has an order that is over, and a question that was answered; the host is Hana."""
    players, hana = await cast(stall), await works_as(stall, "Hana", Role.HOST)
    code = await golden_way(players)
    await receipts_are_kept(stall)
    await players.ann.taps("Ask the stall")
    await players.ann.sees(f"about {code}")
    await players.ann.sends("Six eggs are broken")
    await hana.replies(await hana.sees("Six eggs are broken", since=0), "We send six more")
    await players.ann.sees("We send six more", since=0)
    await stall.settles()
    return players, code, hana


async def unzipped(stall: TestStall, person: Person) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What is in the file she was sent last."""
    await stall.settles()
    document = next(message.document for message in reversed(person.inbox) if message.document)
    with ZipFile(io.BytesIO(document.data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(files.pop("data.json")), files


# -- A copy --------------------------------------------------------------------------------------------------


async def test_a_person_gets_everything_kept_about_them_as_a_file(stall: TestStall) -> None:
    players, code, _ = await bought(stall)
    ann = players.ann
    await ann.sends("/privacy")
    await ann.taps_when("Export my data")
    assert "comes here" in ((await ann.answered()).text or "")
    data, files = await unzipped(stall, ann)
    assert data["person"]["name"] == "Ann"
    assert data["addresses"][0]["phone"] == "+8613800138000"
    assert (data["orders"][0]["code"], data["orders"][0]["total"]) == (code, "36.00")
    assert data["questions"][0]["answers"][0]["text"] == "We send six more"
    (receipt,) = data["orders"][0]["payments"][0]["receipts"]
    assert files == {receipt["file"]: RECEIPT}
    told = json.dumps(data)
    assert not [name for name in ("Cai", "Hana", "Sun", "Olga") if name in told]


async def test_the_file_goes_to_nobody_else_and_again_only_after_an_hour(stall: TestStall) -> None:
    players, _, hana = await bought(stall)
    ann = players.ann
    await ann.sends("/privacy")
    await ann.taps_when("Export my data")
    await stall.settles()
    await ann.taps("Export my data")
    assert "less than an hour ago" in ((await ann.answered()).text or "")
    await stall.settles()
    assert sum(message.document is not None for message in ann.inbox) == 1
    assert not [message for other in (players.cai, players.sun, hana) for message in other.inbox if message.document]
    stall.clock.advance(3_600)
    await ann.taps("Export my data")
    await stall.settles()
    assert sum(message.document is not None for message in ann.inbox) == 2


async def test_a_second_tap_on_the_same_update_makes_no_second_file(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    await ann.sends("/privacy")
    await ann.taps_when("Export my data")
    ann.press("1|mydata", ann.last)
    await stall.settles()
    assert sum(message.document is not None for message in ann.inbox) == 1


async def test_a_file_whose_sending_was_cut_short_is_made_and_sent_again(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        ann = await comes_in(stall, "Ann")
        await ann.sends("/privacy")
        await ann.taps_when("Export my data")
        await stall.settles()
        await stall.program.deps.store.write(
            lambda tx: tx.run("UPDATE outbox SET state = 'sending', ended_at = NULL WHERE kind = 'my_data'")
        )
        playground = stall.playground
    async with open_stall(tmp_path, clock=clock, playground=playground) as again:
        await again.settles()
        assert sum(message.document is not None for message in ann.inbox) == 2
        assert await again.value("SELECT repeated FROM outbox WHERE kind = 'my_data'") == 1


# -- Being erased --------------------------------------------------------------------------------------------

WORDS = {
    "en": ("Erase me", "Yes, erase everything", "can’t be undone", "Your data is erased", "Keep my data"),
    "zh": ("删除我的信息", "是，全部删除", "无法恢复", "您的信息已删除", "先不删"),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
async def test_a_person_is_erased_with_two_taps_and_told_so_in_their_language(stall: TestStall, lang: str) -> None:
    erase, yes, warned, done, _ = WORDS[lang]
    players, code, hana = await bought(stall)
    ann = players.ann
    if lang == "zh":
        await ann.sends("/language")
        await ann.taps_when("中文")
        await stall.settles()
    await ann.sends("/privacy")
    await ann.taps_when(erase)
    await ann.sees(warned)
    await ann.taps(yes)
    farewell = await ann.sees(done)
    await all_is_erased(stall)
    assert farewell.labels == []
    assert ann.last is farewell
    path = stall.program.deps.store.path
    raw = bytes_of(path)
    assert [secret for secret in SECRETS if secret in raw] == []
    for column in ("people WHERE id", "outbox WHERE chat_id", "cards WHERE chat_id", "orders WHERE buyer_id",
                   "audit WHERE actor_id", "inbox WHERE sender_id"):  # fmt: skip
        assert await stall.value(f"SELECT count(*) FROM {column} = :ann", ann=ann.id) == 0, column
    assert await stall.value("SELECT total FROM orders WHERE code = :code", code=code) == 3600
    found = await doctor.examine(stall.program.deps.store, now=stall.clock.now(), bot_is_running=True)
    assert found.differences == ()
    # What the people of the stall were shown is blanked where it stands, and nothing new was sent to them.
    for person in (players.cai, players.sun, hana):
        shown = "\n".join(message.text for message in person.inbox)
        assert not [word for word in ("Li Hua", "138", "Dingjiang", "Six eggs") if word in shown], shown
        assert MASK in shown


async def test_whoever_keeps_their_data_is_back_on_the_page(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    await ann.sends("/privacy")
    await ann.taps_when("Erase me")
    await ann.taps_when("Keep my data")
    await ann.sees("Privacy at")
    assert await stall.value("SELECT count(*) FROM erasures") == 0


async def test_a_double_tap_erases_once_and_leaves_no_name(stall: TestStall) -> None:
    players, _, _ = await bought(stall)
    ann = players.ann
    await ann.sends("/privacy")
    await ann.taps_when("Erase me")
    await ann.taps_when("Yes, erase everything")
    ann.press("1|eraseyes", ann.last)
    await all_is_erased(stall)
    assert sum("Your data is erased" in message.text for message in ann.inbox) == 1
    assert await stall.value("SELECT count(*) FROM people WHERE id = :ann", ann=ann.id) == 0


async def test_whoever_comes_back_is_a_new_person(stall: TestStall) -> None:
    players, code, _ = await bought(stall)
    ann = players.ann
    await ann.sends("/privacy")
    await ann.taps_when("Erase me")
    await ann.taps_when("Yes, erase everything")
    await all_is_erased(stall)
    await ann.sends("/orders")
    await ann.sees("no orders")
    again = await order(ann, players.link, "EGG")
    assert again != code


async def test_an_open_order_is_named_with_its_button_and_nothing_is_erased(stall: TestStall) -> None:
    players = await cast(stall)
    ann = players.ann
    code = await order(ann, players.link, "EGG")
    await ann.sends("/privacy")
    await ann.taps_when("Erase me")
    told = await ann.sees("Not yet")
    assert f"{code}: not paid" in told.text
    assert told.labels == [code, "Erase me", "Ask the stall"]
    ann.press("1|eraseyes", told)
    assert "still open" in ((await ann.answered()).text or "")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM addresses WHERE person_id = :ann", ann=ann.id) == 1
    await ann.taps(code)
    await ann.taps_when("Cancel order")
    await ann.taps_when("Yes, cancel order")
    await ann.sees("cancelled")
    await ann.sends("/privacy")
    await ann.taps_when("Erase me")
    await ann.taps_when("Yes, erase everything")
    await ann.sees("Your data is erased")


async def test_who_works_here_is_told_what_has_to_end_first(stall: TestStall) -> None:
    cai = await works_as(stall, "Cai", Role.CASHIER)
    for person, said in ((cai, "You work here (cashier)"), (stall.owner, "You are an owner")):
        await person.sends("/privacy")
        await person.taps_when("Erase me")
        await person.sees(said)


async def test_a_forged_tap_with_somebody_elses_number_is_nothing(stall: TestStall) -> None:
    players, _, _ = await bought(stall)
    mal = await comes_in(stall, "Mal")
    for data in (f"1|eraseyes|{players.ann.id}", f"1|mydata|{players.ann.id}", f"1|erase|{players.ann.id}"):
        mal.press(data, mal.last)
        assert "no longer works" in ((await mal.answered()).text or "")
    await stall.settles()
    assert await stall.value("SELECT count(*) FROM erasures") == 0
    assert not [message for message in mal.inbox if message.document]
    mal.press("1|eraseyes", mal.last)
    await all_is_erased(stall)
    assert await stall.value("SELECT count(*) FROM addresses WHERE person_id = :ann", ann=players.ann.id) == 1


async def test_an_answer_to_somebody_erased_is_declined_with_a_reason(stall: TestStall) -> None:
    players, _, hana = await bought(stall)
    card = await hana.sees("Six eggs", since=0)
    await players.ann.sends("/privacy")
    await players.ann.taps_when("Erase me")
    await players.ann.taps_when("Yes, erase everything")
    await all_is_erased(stall)
    await hana.replies(card, "One more thing")
    await hana.sees("would reach nobody")


async def test_whoever_has_blocked_the_bot_is_erased_all_the_same(stall: TestStall) -> None:
    players, _, _ = await bought(stall)
    ann = players.ann
    await ann.sends("/privacy")
    await ann.taps_when("Erase me")
    await ann.sees("can’t be undone")
    ann.press("1|eraseyes", ann.last)
    await ann.blocks()
    await all_is_erased(stall)
    assert await stall.value("SELECT count(*) FROM people WHERE id = :ann", ann=ann.id) == 0


async def test_an_erasure_cut_short_by_the_end_of_the_process_is_finished_by_the_next(tmp_path: Path) -> None:
    clock = FakeClock()
    async with open_stall(tmp_path, clock=clock) as stall:
        players, _, _ = await bought(stall)
        await stall.program.wakeups.stop()  # from here on nothing goes on, as if the process were dead
        await players.ann.sends("/privacy")
        await players.ann.taps_when("Erase me")
        await players.ann.taps_when("Yes, erase everything")
        await stall.settles()
        assert await stall.value("SELECT phase FROM erasures") == "receipts"
        playground = stall.playground
    async with open_stall(tmp_path, clock=clock, playground=playground) as again:
        await all_is_erased(again)
        raw = bytes_of(again.program.deps.store.path)
        assert [secret for secret in SECRETS if secret in raw] == []
    assert sum("Your data is erased" in message.text for message in players.ann.inbox) == 1


async def test_who_waits_for_a_large_file_is_shown_that_it_is_being_made(stall: TestStall) -> None:
    ann = await comes_in(stall, "Ann")
    store, go = stall.program.deps.store, threading.Event()
    busy = [asyncio.create_task(store.read(lambda _tx: go.wait(10))) for _ in range(READERS)]
    await asyncio.sleep(0)
    content = Rendered(text=Html("Yours"), media=DataFile(person=ann.id, part=Part(number=1, first=0, last=0)))
    making = asyncio.create_task(present(stall.program.deps, ann.id, content))
    while not stall.clock.sleeping:
        await asyncio.sleep(0)
    assert "sendChatAction" not in [call.method for call in stall.playground.calls]
    async with asyncio.timeout(10):
        while "sendChatAction" not in [call.method for call in stall.playground.calls]:
            stall.clock.advance(1)
            await asyncio.sleep(0.005)
    go.set()
    await asyncio.gather(making, *busy)
    assert ann.last.document is not None
