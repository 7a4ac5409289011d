"""Groups of the messenger that are linked to the stall: words written there are orders.

Owns `groups`. What is held for whom is in `claims`, the message a group sees in `groupcards`. Any host may link any
group the bot is in; whether the bot gets every message there is asked of Telegram by who calls.
"""

import secrets
import sqlite3
from dataclasses import dataclass

from shop.streams import StreamStatus
from storage import audit, groupcards, outbox, people, roles, streams
from storage.clock import MINUTE
from storage.connection import Tx
from storage.outbox import Lane
from storage.people import NotAllowed, NotFound, Person
from storage.roles import Role
from storage.store import Refused
from storage.streams import OutOfTurn, Stream

MOST_TITLE = 128  # Bot API, Chat.title


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A linked group. `stream_id` None is "whichever stream is live, else the next"."""

    id: int
    chat_id: int
    title: str
    token: str
    stream_id: int | None
    can_read: bool
    linked_by: int


_VIEW = "SELECT * FROM groups INDEXED BY groups_live WHERE chat_id = :chat AND ended_at IS NULL"
_BY_ID = "SELECT * FROM groups WHERE id = :id"
_BY_TOKEN = "SELECT * FROM groups WHERE token = :token AND ended_at IS NULL"  # noqa: S105 - a statement
_LIVE = "SELECT * FROM groups INDEXED BY groups_live WHERE ended_at IS NULL ORDER BY id LIMIT :limit"
_UPCOMING = 20


def view(tx: Tx, chat: int) -> Group | None:
    """The link of a chat, or None."""
    row = tx.one(_VIEW, chat=chat)
    return None if row is None else _group(row)


def by_id(tx: Tx, group: int) -> Group | None:
    """A link, also one that is over."""
    row = tx.one(_BY_ID, id=group)
    return None if row is None else _group(row)


def by_token(tx: Tx, token: str) -> Group | None:
    """The group whose message carries this link, or None."""
    row = tx.one(_BY_TOKEN, token=token)
    return None if row is None else _group(row)


def live(tx: Tx, limit: int = 10) -> list[Group]:
    """Every group that is linked now, the first linked first."""
    return [_group(row) for row in tx.all(_LIVE, limit=limit)]


def current(tx: Tx, group: Group, now: int) -> Stream | None:
    """The stream that words in a group are for: the chosen one until it is over, then the live one, else the next."""
    chosen = None if group.stream_id is None else streams.view(tx, group.stream_id)
    if chosen is not None and chosen.status in (StreamStatus.ANNOUNCED, StreamStatus.LIVE):
        return chosen
    ahead = streams.upcoming(tx, now, _UPCOMING)
    return next((one for one in ahead if one.status is StreamStatus.LIVE), ahead[0] if ahead else None)


def speaker(tx: Tx, chat: int) -> Person | None:
    """Whose language a group is spoken to in: that of who linked it."""
    group = view(tx, chat)
    return None if group is None else people.view(tx, group.linked_by)


# -- Linking -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Words in the group are orders from now on, as far as the bot can read them."""

    group: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class NoStream(Refused):
    """No stream has this code."""

    code: str


_LINK = """
    INSERT INTO groups (chat_id, title, token, stream_id, can_read, linked_by, linked_at)
    VALUES (:chat, :title, :token, :stream, :can_read, :actor, :now)
"""
_LINK_AGAIN = """
    UPDATE groups SET title = :title, stream_id = :stream, can_read = :can_read, linked_by = :actor
    WHERE chat_id = :chat AND ended_at IS NULL
"""


def link(
    tx: Tx, *, actor: int, chat: int, title: str, code: str | None, can_read: bool, now: int
) -> Linked | NotAllowed | NoStream | OutOfTurn:
    """Link a group to the stream of this code, or (None) to whichever is on. The answer says whether it can be read.

    A group that is linked already keeps its link's token, so messages of before still work.
    """
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    stream = None if code is None else streams.by_code(tx, code)
    if code is not None and stream is None:
        return NoStream(code=code)
    if stream is not None and stream.status.is_over:
        return OutOfTurn(status=stream.status)
    values = {
        "chat": chat,
        "title": title[:MOST_TITLE],
        "stream": None if stream is None else stream.id,
        "can_read": int(can_read),
        "actor": actor,
    }
    if not tx.run(_LINK_AGAIN, **values):
        tx.run(_LINK, **values, token=secrets.token_urlsafe(12), now=now)
    group = _group(tx.all(_VIEW, chat=chat)[0])
    audit.note(tx, actor, "group.linked", f"group:{group.id}", now, stream=group.stream_id)
    outbox.tell(tx, chat, "group_linked", now=now)
    _post_if_live(tx, group, now)
    return Linked(group=group)


def _post_if_live(tx: Tx, group: Group, now: int) -> None:
    stream = current(tx, group, now)
    if group.can_read and stream is not None and stream.status is StreamStatus.LIVE:
        groupcards.post(tx, group.chat_id, stream.id, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlinked:
    """Words in the group are talk again. What is held stays held for its time."""

    group: Group


_END = "UPDATE groups SET ended_at = :now WHERE id = :id AND ended_at IS NULL"


def unlink(tx: Tx, *, actor: int, chat: int, now: int) -> Unlinked | NotAllowed | NotFound:
    """End the link."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    group = view(tx, chat)
    if group is None:
        return NotFound()
    _end(tx, group, actor, now)
    outbox.tell(tx, chat, "say", now=now, key="group.unlinked")
    return Unlinked(group=group)


def _end(tx: Tx, group: Group, actor: int | None, now: int) -> None:
    tx.run(_END, id=group.id, now=now)
    audit.note(tx, actor, "group.unlinked", f"group:{group.id}", now)


def refuse(tx: Tx, *, chat: int, key: str, now: int) -> None:
    """Say in a group why not; the same thing once a minute, however often somebody asks."""
    outbox.tell(tx, chat, "say", now=now, dedupe=f"refused:{chat}:{key}:{now // MINUTE}", key=key)


# -- What Telegram tells of it -------------------------------------------------------------------------------

_READS = "UPDATE groups SET can_read = :can_read WHERE chat_id = :chat AND ended_at IS NULL"


def reads(tx: Tx, *, chat: int, can_read: bool, now: int, is_asked: bool = False) -> bool:
    """The bot can read the group's messages from now on, or can't any more. Told in the group if it was asked there
    (`Check again`), else to who linked it when the orders would go unheard. False if the group is not linked."""
    group = view(tx, chat)
    if group is None:
        return False
    tx.run(_READS, chat=chat, can_read=int(can_read))
    if is_asked:
        outbox.tell(tx, chat, "group_linked", now=now)
    elif group.can_read and not can_read:
        outbox.tell(tx, group.linked_by, "group_unreadable", now=now, lane=Lane.ORDER, group=group.id)
    if can_read and not group.can_read:
        _post_if_live(tx, _group(tx.all(_VIEW, chat=chat)[0]), now)
    return True


def left(tx: Tx, *, chat: int, now: int) -> None:
    """The bot was thrown out, or the group is gone: the link ends, and who made it is told."""
    group = view(tx, chat)
    if group is None:
        return
    _end(tx, group, None, now)
    outbox.tell(tx, group.linked_by, "group_left", now=now, lane=Lane.ORDER, group=group.id)


def added(tx: Tx, *, actor: int, title: str, now: int) -> None:
    """A host has taken the bot into a group that is not linked: told in private how to go on."""
    if roles.has_role(tx, actor, Role.HOST):
        outbox.tell(tx, actor, "group_added", now=now, lane=Lane.ORDER, title=title[:MOST_TITLE])


_MOVE = "UPDATE groups SET chat_id = :to WHERE chat_id = :chat AND ended_at IS NULL"
_MOVE_OUTBOX = "UPDATE outbox SET chat_id = :to WHERE chat_id = :chat AND state = 'queued'"
_FORGET_CARDS = "DELETE FROM cards WHERE chat_id = :chat"


def moved(tx: Tx, *, chat: int, to: int, now: int) -> None:
    """The group has become a supergroup: the link goes along. Messages of before can't be edited from there."""
    group = view(tx, chat)
    if group is None:
        return
    if view(tx, to) is not None:
        _end(tx, group, None, now)
        return
    tx.run(_MOVE, chat=chat, to=to)
    tx.run(_MOVE_OUTBOX, chat=chat, to=to)
    tx.run(_FORGET_CARDS, chat=chat)
    tx.rings_outbox = True
    audit.note(tx, None, "group.moved", f"group:{group.id}", now)


def _group(row: sqlite3.Row) -> Group:
    return Group(
        id=row["id"],
        chat_id=row["chat_id"],
        title=row["title"],
        token=row["token"],
        stream_id=row["stream_id"],
        can_read=bool(row["can_read"]),
        linked_by=row["linked_by"],
    )
