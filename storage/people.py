"""Who speaks to the bot: names, languages, following, and who can be written to.

Owns `people` and `bots`. Roles are in `roles`, addresses in `addresses`.
"""

import sqlite3
from dataclasses import dataclass

from storage import outbox
from storage.connection import Tx
from storage.store import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAllowed(Refused):
    """The actor does not hold the role the act needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound(Refused):
    """There is no such thing, or not for this person: the two are never told apart in the chat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person. `language` is what they chose, `telegram_language` what their app says."""

    id: int
    name: str
    username: str | None
    language: str | None
    telegram_language: str | None
    follows: bool
    reachable: bool


_MEET = """
    INSERT INTO people (id, name, username, telegram_language, created_at)
    VALUES (:id, :name, :username, :language, :now)
    ON CONFLICT (id) DO UPDATE SET
        name = excluded.name, username = excluded.username,
        telegram_language = coalesce(excluded.telegram_language, telegram_language), blocked_at = NULL
    WHERE name <> excluded.name OR username IS NOT excluded.username OR blocked_at IS NOT NULL
       OR telegram_language IS NOT coalesce(excluded.telegram_language, telegram_language)
"""
_PERSON = "SELECT * FROM people WHERE id = :id"
_NAMED = """
    SELECT * FROM people INDEXED BY people_by_username
    WHERE username = :username COLLATE NOCASE AND username IS NOT NULL ORDER BY id DESC LIMIT 1
"""
_PLACE = "INSERT INTO people (id, name, created_at) VALUES (:id, '', :now) ON CONFLICT (id) DO NOTHING"


def meet(tx: Tx, *, person: int, name: str, username: str | None, language: str | None, now: int) -> bool:
    """Remember a person as an update shows them; whoever writes to us can be written to again.

    False if nothing about them is new.
    """
    is_news = tx.run(_MEET, id=person, name=name, username=username, language=language, now=now) > 0
    tx.rings_due = tx.rings_due or is_news  # a waiting list may have passed them over
    return is_news


def place(tx: Tx, person: int, now: int) -> None:
    """Make sure a row exists for a person known only by id (an owner from the configuration)."""
    tx.run(_PLACE, id=person, now=now)


def _person(row: sqlite3.Row) -> Person:
    return Person(
        id=row["id"],
        name=row["name"],
        username=row["username"],
        language=row["language"],
        telegram_language=row["telegram_language"],
        follows=row["follows_since"] is not None,
        reachable=row["blocked_at"] is None,
    )


def view(tx: Tx, person: int) -> Person | None:
    """One person, or None."""
    row = tx.one(_PERSON, id=person)
    return None if row is None else _person(row)


def named(tx: Tx, username: str) -> Person | None:
    """Who writes to us under this user name, or None. Telegram's names know no case, and may have changed hands."""
    row = tx.one(_NAMED, username=username)
    return None if row is None else _person(row)


def speak(tx: Tx, *, actor: int, language: str, now: int, anchor: int | None = None) -> None:
    """The actor's own choice of language; the choice is shown again in it, and the command menu follows."""
    tx.run("UPDATE people SET language = :language WHERE id = :id", language=language, id=actor)
    outbox.tell(tx, actor, "language", now=now, anchor=anchor)
    outbox.tell(tx, actor, "menu", now=now, lane=outbox.Lane.ORDER)


def follow(tx: Tx, *, actor: int, now: int, stream: int | None = None, anchor: int | None = None) -> bool:
    """Follow the stall; False if the actor did already. The answer is the card it was tapped on."""
    is_new = tx.run(
        "UPDATE people SET follows_since = :now WHERE id = :id AND follows_since IS NULL", id=actor, now=now
    )
    _show_again(tx, actor, stream, now, anchor)
    return bool(is_new)


def unfollow(tx: Tx, *, actor: int, now: int, anchor: int | None = None) -> bool:
    """Stop following; False if the actor did not follow. The answer is the start card."""
    was_following = tx.run(
        "UPDATE people SET follows_since = NULL WHERE id = :id AND follows_since IS NOT NULL", id=actor
    )
    _show_again(tx, actor, None, now, anchor)
    return bool(was_following)


def _show_again(tx: Tx, actor: int, stream: int | None, now: int, anchor: int | None) -> None:
    """The stream's card with its button turned, or the start card."""
    if stream is None:
        outbox.tell(tx, actor, "start", now=now, anchor=anchor, at=now)
    else:
        outbox.tell(tx, actor, "stream_card", now=now, anchor=anchor, stream=stream)


def blocked(tx: Tx, *, person: int, now: int) -> None:
    """The person has blocked the bot (or left the chat): nothing is sent until they come back."""
    tx.run("UPDATE people SET blocked_at = :now WHERE id = :id AND blocked_at IS NULL", id=person, now=now)
    tx.rings_due = True  # what the waiting list held for them is due now


_SEEN = """
    INSERT INTO bots (id, username, seen_at) VALUES (:id, :username, :now)
    ON CONFLICT (id) DO UPDATE SET username = excluded.username, seen_at = excluded.seen_at
"""


def bot_seen(tx: Tx, *, bot: int, username: str, now: int) -> None:
    """Note which bot serves these books, so that links can be made while it is off."""
    tx.run(_SEEN, id=bot, username=username, now=now)


def bot_username(tx: Tx) -> str | None:
    """The user name of the bot that last served these books."""
    name: str | None = tx.value("SELECT username FROM bots ORDER BY seen_at DESC, id LIMIT 1")
    return name
