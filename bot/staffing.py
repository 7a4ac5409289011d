"""`livestall roles` and `livestall revoke`: who works at the stall, and taking a role away without the chat.

For an owner who has lost the phone: the command line belongs to whoever runs the machine.
"""

from typing import assert_never

from bot.books import open_books
from bot.config import Config
from bot.failure import CommandFailed
from storage import revocations, staff
from storage.clock import SystemClock
from storage.exports import iso
from storage.people import NotAllowed, NotFound
from storage.revocations import AlreadyRevoked, LastOwner, Revoked
from storage.roles import Role
from storage.staff import Member


async def list_roles(config: Config) -> list[str]:
    """A line for each role somebody holds."""
    async with open_books(config) as store:
        return [_line(member) for member in await store.read(staff.members)]


def _line(member: Member) -> str:
    name = f"{member.name or '(has not written yet)'}{f' @{member.username}' if member.username else ''}"
    role = f"{member.role} for {member.supplier}" if member.supplier else str(member.role)
    by = member.by or ("the settings" if member.role is Role.OWNER else "the command line")
    return f"{member.person_id}  {role}  {name}  since {iso(member.since)}  by {by}"


async def revoke(config: Config, role: str, person: int) -> list[str]:
    """Take a role from a person, a supplier's voice for every supplier; what was done, a line each.

    Raises CommandFailed for a role nobody of that id holds, and for the last owner.
    """
    if role not in set(Role):
        raise CommandFailed(f"there is no role {role}; revoke takes {', '.join(list(Role)[:-1])} or {list(Role)[-1]}")
    async with open_books(config) as store:
        held = [one for one in await store.read(staff.roles_of, person) if one.role == role]
        if not held:
            raise CommandFailed(f"{person} is no {role} here; `livestall roles` shows who is what")
        said = []
        for member in held:
            outcome = await store.write(
                revocations.revoke, actor=None, role_id=member.role_id, now=SystemClock().now()
            )
            match outcome:
                case Revoked() | AlreadyRevoked():
                    of = f" for {member.supplier}" if member.supplier else ""
                    said.append(f"{member.name or person} is no longer {role}{of}")
                case LastOwner():
                    raise CommandFailed(
                        f"{person} is the only owner; put another id into [people] owners and start the stall first"
                    )
                case NotAllowed() | NotFound():
                    raise AssertionError("the command line may do everything, and roles are never deleted")
                case _:
                    assert_never(outcome)
    if role == Role.OWNER and person in config.people.owners:
        said.append(f"[people] owners names {person} still: remove it, or the next start makes them owner again")
    return said
