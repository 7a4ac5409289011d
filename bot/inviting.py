"""`livestall invite`: a one-time link that makes whoever opens it a host, a cashier or a supplier's voice."""

from typing import assert_never

from bot.books import open_books
from bot.config import Config
from bot.failure import CommandFailed
from storage import invites, people
from storage.clock import SystemClock
from storage.invites import Invited, UnknownSupplier
from storage.people import NotAllowed
from storage.roles import Role
from storage.store import Store

ROLES = (Role.HOST, Role.CASHIER, Role.SUPPLIER)


async def invite(config: Config, role: str, supplier: str | None) -> str:
    """Make an invitation and return its link. Raises CommandFailed for a role or supplier that is not there."""
    wanted = _role(role)
    if wanted is not Role.SUPPLIER and supplier is not None:
        raise CommandFailed(f"--supplier goes with the role supplier, not with {wanted}")
    async with open_books(config) as store:
        outcome = await store.write(
            invites.invite,
            actor=None,
            role=wanted,
            supplier=supplier,
            valid_ms=config.people.invite_valid_for,
            now=SystemClock().now(),
        )
        if isinstance(outcome, Invited):
            # Should the name not be had, nobody will have seen the token: that invitation just runs out.
            return f"https://t.me/{await _bot_name(store, config)}?start=i_{outcome.token}"
    match outcome:
        case UnknownSupplier(known=()):
            raise CommandFailed("there are no suppliers yet; `livestall import FILE` brings them with the catalogue")
        case UnknownSupplier(name="", known=known):
            raise CommandFailed(f"whose voice? Add --supplier NAME, one of: {', '.join(known)}")
        case UnknownSupplier(name=unknown, known=known):
            raise CommandFailed(f'there is no supplier "{unknown}"; --supplier takes one of: {", ".join(known)}')
        case NotAllowed():
            raise AssertionError("the command line may do everything")
        case _:
            assert_never(outcome)


def _role(text: str) -> Role:
    if text == Role.OWNER:
        raise CommandFailed("owners are not invited: put the Telegram id into [people] owners and start again")
    if text not in ROLES:
        raise CommandFailed(f"there is no role {text}; invite takes {', '.join(ROLES[:-1])} or {ROLES[-1]}")
    return Role(text)


async def _bot_name(store: Store, config: Config) -> str:
    """From the books, so that links can be made while nothing is reachable; else Telegram is asked."""
    known = await store.read(people.bot_username)
    if known is not None:
        return known
    from bot.account import whoami  # slow to load, and mostly not needed

    me = await whoami(config)
    username = me.username or ""
    await store.write(people.bot_seen, bot=me.id, username=username, now=SystemClock().now())
    return username
