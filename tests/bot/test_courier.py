"""The courier: what becomes of a message, in the outbox's words, for everything Telegram or the line can answer."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
    TimedOut,
)
from telegram.error import RetryAfter as TelegramRetryAfter

from bot.courier import Courier, outcome_of
from bot.transport import NotSent as TransportNotSent
from playground.people import Person
from storage import outbox, roles
from storage.connection import Tx
from storage.outbox import (
    Blocked,
    Delivered,
    Lane,
    Migrated,
    NotSent,
    Outcome,
    Pointless,
    Rejected,
    RetryAfter,
    Row,
    Unknown,
)
from tests.clock import NOON
from tests.stall import TestStall, open_stall


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (TelegramRetryAfter(7), RetryAfter(seconds=7)),
        (ChatMigrated(-1001000), Migrated(chat_id=-1001000)),
        (Forbidden("Forbidden: bot was blocked by the user"), Blocked()),
        (Forbidden("Forbidden: user is deactivated"), Blocked()),
        (Forbidden("Forbidden: bot can't initiate conversation with a user"), Blocked()),
        (Forbidden("Forbidden: bot was kicked from the group chat"), Blocked()),
        (BadRequest("Chat not found"), Blocked()),
        (BadRequest("PEER_ID_INVALID"), Blocked()),
        (BadRequest("Have no rights to send a message"), Blocked()),
        (BadRequest("Message text is empty"), Rejected(reason="Message text is empty")),
        (BadRequest("Can't parse entities"), Rejected(reason="Can't parse entities")),
        (TransportNotSent("Not sent: ClientConnectorError"), NotSent(reason="NotSent")),
        (InvalidToken("Unauthorized"), NotSent(reason="token refused")),
        (TimedOut(), Unknown(reason="TimedOut")),
        (NetworkError("Bad Gateway"), Unknown(reason="NetworkError")),
        (Conflict("terminated by other getUpdates request"), Unknown(reason="Conflict")),
        (TelegramError("something new"), Unknown(reason="TelegramError")),
    ],
    ids=lambda value: str(value) if isinstance(value, Exception) else type(value).__name__,
)
def test_every_refusal_has_its_outcome(error: TelegramError, outcome: Outcome) -> None:
    assert outcome_of(error) == outcome


@pytest.fixture
async def stall(tmp_path: Path) -> AsyncIterator[TestStall]:
    """A whole stall, whose courier is tried with rows that are in no outbox."""
    async with open_stall(tmp_path) as opened:
        await opened.settles()
        yield opened


def a_row(chat: int, **changes: Any) -> Row:
    values: dict[str, Any] = {
        "id": 1,
        "kind": "say",
        "params": {"key": "address.saved"},
        "chat_id": chat,
        "lane": Lane.REPLY,
        "card": None,
        "anchor": None,
        "attempts": 1,
        "repeated": 0,
    }
    return Row(**{**values, **changes})


async def deliver(stall: TestStall, row: Row) -> Outcome:
    return await Courier(stall.program.deps, stall.program.voice).deliver(row)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"kind": "too_many", "retry_after": 7}, RetryAfter(seconds=7)),
        ({"kind": "server_error", "status": 500}, Unknown(reason="NetworkError")),
        ({"kind": "lost_answer"}, Unknown(reason="TimedOut")),
        ({"kind": "forbidden", "description": "bot was blocked by the user"}, Blocked()),
        ({"kind": "bad_request", "description": "chat not found"}, Blocked()),
        ({"kind": "bad_request", "description": "text must be non-empty"}, Rejected(reason="Text must be non-empty")),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else type(value).__name__,
)
async def test_what_telegram_answers_becomes_an_outcome(
    stall: TestStall, fault: dict[str, Any], outcome: Outcome
) -> None:
    ann = stall.person("Ann")
    await ann.opens("https://t.me/stall_bot")
    await stall.settles()
    stall.playground.faults.add(**fault, method="sendMessage")
    found = await deliver(stall, a_row(ann.id))
    assert type(found) is type(outcome)
    if not isinstance(outcome, Unknown):
        assert found == outcome


async def test_a_connection_that_is_cut_leaves_it_unknown(stall: TestStall) -> None:
    ann = stall.person("Ann")
    await ann.opens("https://t.me/stall_bot")
    await stall.settles()
    stall.playground.faults.add("reset", method="sendMessage")
    assert isinstance(await deliver(stall, a_row(ann.id)), Unknown)


async def test_what_was_delivered_is_found_in_the_chat(stall: TestStall) -> None:
    ann = stall.person("Ann")
    await ann.opens("https://t.me/stall_bot")
    await stall.settles()
    sent = await deliver(stall, a_row(ann.id))
    assert isinstance(sent, Delivered)
    assert ann.last.id == sent.message_id
    assert not sent.has_media


async def test_somebody_nobody_has_met_or_who_left_counts_as_blocked(stall: TestStall) -> None:
    ann = stall.person("Ann")
    assert await deliver(stall, a_row(ann.id)) == Blocked()
    await ann.opens("https://t.me/stall_bot")
    await ann.blocks()
    await stall.settles()
    assert await deliver(stall, a_row(ann.id)) == Blocked()


async def test_a_card_is_edited_where_it_stands_and_an_unchanged_one_is_a_success(stall: TestStall) -> None:
    ann = stall.person("Ann")
    await ann.opens("https://t.me/stall_bot")
    await stall.settles()
    first = await deliver(stall, a_row(ann.id, card="desk:1"))
    assert isinstance(first, Delivered)

    def keep(tx: Tx) -> None:
        tx.run(
            "INSERT INTO cards VALUES ('desk:1', :chat, :message, 0, :now)",
            chat=ann.id,
            message=first.message_id,
            now=NOON,
        )

    await stall.program.deps.store.write(keep)
    shown = len(ann.inbox)
    assert await deliver(stall, a_row(ann.id, card="desk:1")) == first
    assert len(ann.inbox) == shown


async def test_a_bug_in_rendering_raises_and_harms_no_other_message(stall: TestStall) -> None:
    ann = stall.person("Ann")
    await ann.opens("https://t.me/stall_bot")
    await stall.settles()
    with pytest.raises(KeyError):
        await deliver(stall, a_row(ann.id, kind="no such kind"))

    def both(tx: Tx) -> None:
        outbox.tell(tx, ann.id, "no such kind", now=NOON)
        outbox.tell(tx, ann.id, "say", now=NOON, key="address.saved")

    await stall.program.deps.store.write(both)
    await stall.settles()
    states = "SELECT group_concat(state) FROM (SELECT state FROM outbox ORDER BY id DESC LIMIT 2)"
    assert await stall.value(states) == "sent,failed"


async def a_card_with_buttons(stall: TestStall) -> Person:
    """Ann, who is no cashier, with a message that stands for a payment's card."""
    ann = stall.person("Ann")
    await ann.opens("https://t.me/stall_bot")
    await ann.sees("Tonggu Stall")
    await stall.settles()

    def keep(tx: Tx) -> None:
        sql = "INSERT INTO cards VALUES ('payment:1', :chat, :message, 0, :now)"
        tx.run(sql, chat=ann.id, message=ann.last.id, now=NOON)

    await stall.program.deps.store.write(keep)
    return ann


def blank(chat: int) -> Row:
    return a_row(chat, kind="card_taken", params={"noun": "payment", "id": 1}, card="payment:1")


async def test_a_card_that_was_taken_is_edited_where_it_stands_and_loses_its_buttons(stall: TestStall) -> None:
    ann = await a_card_with_buttons(stall)
    assert ann.last.labels
    assert await deliver(stall, blank(ann.id)) == Delivered(message_id=ann.last.id)
    assert ann.last.text == "This is no longer yours; others see to it."
    assert not ann.last.labels
    assert await deliver(stall, blank(ann.id)) == Delivered(message_id=ann.last.id)


@pytest.mark.parametrize("said", ["message to edit not found", "message can't be edited"])
async def test_a_taken_card_that_is_gone_is_not_sent_anew(stall: TestStall, said: str) -> None:
    ann = await a_card_with_buttons(stall)
    shown = len(ann.inbox)
    stall.playground.faults.add("bad_request", method="editMessageText", description=said)
    assert await deliver(stall, blank(ann.id)) == Delivered(message_id=None)
    await stall.program.deps.store.write(lambda tx: tx.run("DELETE FROM cards"))
    assert await deliver(stall, blank(ann.id)) == Delivered(message_id=None)
    assert len(ann.inbox) == shown


async def test_taking_a_card_waits_when_telegram_asks_to(stall: TestStall) -> None:
    ann = await a_card_with_buttons(stall)
    stall.playground.faults.add("too_many", method="editMessageText", retry_after=7)
    assert await deliver(stall, blank(ann.id)) == RetryAfter(seconds=7)
    assert ann.last.labels


async def test_a_card_that_is_theirs_again_meanwhile_is_left_alone(stall: TestStall) -> None:
    ann = await a_card_with_buttons(stall)
    await stall.program.deps.store.write(
        roles.grant, person=ann.id, role=roles.Role.CASHIER, supplier=None, by=None, now=NOON
    )
    assert isinstance(await deliver(stall, blank(ann.id)), Pointless)
    assert ann.last.labels
