"""How a host links a group: `Groups` on the desk and /link in private, which say how and list what is linked.

Owns the way into a group (`t.me/<bot>?startgroup=…`). What is heard there is in `groups`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.routing import CommandHandler, Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kind, Kinds, Rendered
from storage import groups, roles, streams
from storage.connection import Tx
from storage.groups import Group
from storage.outbox import Params
from storage.roles import Role
from storage.streams import Stream


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Every linked group, and the stream a new one would be linked to (None: whichever is on)."""

    stream: Stream | None
    groups: tuple[Group, ...]


def _load(tx: Tx, params: Params, chat: int) -> Links | None:
    if not roles.has_role(tx, chat, Role.HOST):
        return None
    stream = streams.view(tx, int(params["stream"] or 0))
    is_running = stream is not None and not stream.status.is_over
    return Links(stream=stream if is_running else None, groups=tuple(groups.live(tx)))


def _show(face: Face, view: Links) -> Rendered:
    stream = view.stream
    payload = "link" if stream is None else f"s_{stream.code}"
    command = "/link" if stream is None else f"/link {stream.code}"
    text = lines(
        [
            face.t("groups.how", command=command),
            *(
                face.t("groups.linked" if group.can_read else "groups.linked_unread", title=group.title)
                for group in view.groups
            ),
        ]
    )
    rows = [
        (
            face.link_button(
                face.t.plain("button.add_to_group"), f"https://t.me/{face.bot_username}?startgroup={payload}"
            ),
        )
    ]
    if stream is not None:
        rows.append((face.button("desk", "desk", stream.id),))
    return Rendered(text=text, rows=tuple(rows))


async def show(turn: Turn, stream: int) -> Toast | None:
    """`Groups` on the desk."""
    return None if await turn.show("groups", stream=stream) else Toast("tap.stale")


async def link_command(turn: Turn, _argument: str) -> None:
    """/link in private: how it is done in the group."""
    if not await turn.show("groups", stream=0):
        await turn.say("host.only")


COMMANDS: Mapping[str, CommandHandler] = {"link": link_command, "unlink": link_command}
TAPS: Mapping[str, Tap] = {"groups": Tap(run=show, ints=1)}
KINDS: Kinds = {"groups": Kind(load=_load, show=_show)}
