"""The host's questions about a stream: title, time, platforms, picture; for a new one in turn, later one by one.

Owns the dialogs `newstream` and `edit`. How a question is worded is in `hostquestions` and `hosttimes`, the desk in
`announcing`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, time
from functools import partial
from typing import Any

from telegram import Message

from handlers import hostquestions as questions
from handlers import hosttimes
from handlers.hostquestions import LONGEST_TITLE
from handlers.hosttimes import EDIT, NEW
from handlers.routing import CommandHandler, Step, Tap
from handlers.turns import Toast, Turn
from handlers.wording import Kinds
from shop import moments
from shop.contacts import tidy
from shop.moments import Hourless, Past, Unclear, When, Which
from shop.platforms import MOST_LINKS, BadLine, TooManyLinks, read_links
from shop.streams import StreamStatus
from storage import desks, dialogs, roles, streams
from storage.desks import Dropped
from storage.dialogs import Dialog, Moved
from storage.people import NotAllowed
from storage.roles import Role
from storage.streams import Platform

_NEXT = {"title": "when", "when": "platforms", "platforms": "picture"}
_QUOTED = 60  # characters of what was typed that are said back


# -- Beginning ----------------------------------------------------------------------------------------------


async def newstream(turn: Turn, argument: str) -> None:
    """/newstream: ask for the title, or go on to the time if one is given with the command."""
    if not await turn.look(roles.has_role, turn.actor, Role.HOST):
        return await turn.say("host.only")
    given = tidy(argument)
    is_title = 0 < len(given) <= LONGEST_TITLE
    await turn.decide(
        dialogs.begin,
        actor=turn.actor,
        kind=NEW,
        step="when" if is_title else "title",
        data={"title": given} if is_title else {},
        now=turn.now,
    )
    return None


async def mystreams(turn: Turn, _argument: str) -> None:
    """/mystreams: the newest streams, a button to the desk of each."""
    if not await turn.show("mystreams"):
        await turn.say("host.only")


async def change(turn: Turn, stream_id: int, field: str) -> Toast | None:
    """One thing of a stream is to be changed: ask for it."""
    stream = await turn.look(streams.view, stream_id)
    if stream is None or field not in questions.ASK or not await turn.look(roles.has_role, turn.actor, Role.HOST):
        return Toast("tap.stale")
    is_running = field == "when" and stream.status is StreamStatus.LIVE
    if stream.status.is_over or is_running:
        return Toast("host.too_late_to_change", is_alert=True)
    await turn.decide(
        dialogs.begin,
        actor=turn.actor,
        kind=EDIT,
        step=field,
        data={"stream": stream_id},
        now=turn.now,
        anchor=turn.anchor,
    )
    return None


async def skip(turn: Turn, dialog_id: int, step: str) -> Toast | None:
    """`Skip` under platforms or picture of a new stream."""
    dialog = await turn.look(dialogs.view, dialog_id)
    if dialog is None or dialog.person != turn.actor or dialog.kind != NEW or dialog.step != step:
        return Toast("tap.stale")
    match step:
        case "platforms":
            await _take(turn, dialog, platforms=[])
        case "picture":
            await _take(turn, dialog, photo=None)
        case _:
            return Toast("tap.stale")
    return None


async def pick_time(turn: Turn, dialog_id: int, at: int) -> Toast | None:
    """A time from a button. It was right when the button was shown; by now it may have gone by."""
    dialog = await turn.look(dialogs.view, dialog_id)
    if dialog is None or dialog.person != turn.actor or dialog.kind not in (NEW, EDIT) or dialog.step != "when":
        return Toast("tap.stale")
    if abs(at - turn.now) > moments.FURTHEST_MS:
        return Toast("tap.stale")
    if at <= turn.now:
        await _ask_again(turn, dialog, "when_past", (at,))
    else:
        await _take(turn, dialog, starts_at=at, is_moved=False)
    return None


async def change_time(turn: Turn, dialog_id: int) -> Toast | None:
    """`Change time` under the echo of a new stream's time: ask for it once more."""
    dialog = await turn.look(dialogs.view, dialog_id)
    if dialog is None or dialog.person != turn.actor or dialog.kind != NEW or dialog.step != "platforms":
        return Toast("tap.stale")
    outcome = await turn.decide(
        dialogs.advance, dialog=dialog, step="when", data=dialog.data, now=turn.now, anchor=turn.anchor
    )
    return Toast("tap.stale") if isinstance(outcome, Moved) else None


# -- Answers ------------------------------------------------------------------------------------------------


async def _title(turn: Turn, dialog: Dialog, message: Message) -> None:
    title = tidy(message.text or "")
    if not title:
        await turn.say("host.title_missing")
    elif len(title) > LONGEST_TITLE:
        await turn.say("host.title_long", length=len(title), most=LONGEST_TITLE)
    else:
        await _take(turn, dialog, title=title)


async def _when(turn: Turn, dialog: Dialog, message: Message) -> None:
    """Words are taken as they were meant when they were sent, though the bot was down meanwhile."""
    typed, zone = message.text or "", turn.settings.zone
    said_at = min(turn.now, round(message.date.timestamp() * 1000))
    match moments.parse_when(typed, zone, said_at):
        case When(at_ms=at, is_moved=is_moved) if at > turn.now:
            await _take(turn, dialog, starts_at=at, is_moved=is_moved)
        case When(at_ms=at) | Past(at_ms=at):
            await _ask_again(turn, dialog, "when_past", (at,))
        case Which(moments=found):
            await _ask_again(turn, dialog, "when_which", (moment.at_ms for moment in found), _quoted(typed))
        case Hourless(day=day):
            noon = moments.at_wall(datetime.combine(day, time(12)), zone, turn.now)
            await _ask_again(turn, dialog, "when_hourless", (noon.at_ms,))
        case Unclear():
            await _ask_again(turn, dialog, "when_unclear", (), _quoted(typed))


async def _ask_again(turn: Turn, dialog: Dialog, kind: str, found: Iterable[int], text: str = "") -> None:
    """Say what was understood of a time, with buttons for what can be meant."""
    if not await turn.show(kind, dialog=dialog.id, moments=" ".join(map(str, found)), text=text):
        await turn.say("host.question_over")


async def _platforms(turn: Turn, dialog: Dialog, message: Message) -> None:
    match read_links(message.text or ""):
        case BadLine(number=number, text=text):
            await turn.say("host.platform_unclear", number=number, text=_quoted(text))
        case TooManyLinks(count=count):
            await turn.say("host.platforms_many", count=count, most=MOST_LINKS)
        case links:
            await _take(turn, dialog, platforms=[[link.name, link.url] for link in links])


async def _picture(turn: Turn, dialog: Dialog, message: Message) -> None:
    if not message.photo:
        await turn.say("host.picture_needed")
        return
    await _take(turn, dialog, photo=message.photo[-1].file_id)


def _quoted(text: str) -> str:
    line = tidy(text)
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED]}…"


# -- Onwards ------------------------------------------------------------------------------------------------


async def _take(turn: Turn, dialog: Dialog, **found: Any) -> None:
    """An answer is good: store it and ask on, or do what the dialog was about."""
    if dialog.kind == EDIT:
        await _edit(turn, dialog, found)
        return
    data = {**dialog.data, **found}
    step = _NEXT.get(dialog.step)
    if step is None:
        await _create(turn, dialog, data)
        return
    outcome = await turn.decide(
        dialogs.advance, dialog=dialog, step=step, data=data, now=turn.now, anchor=turn.anchor
    )
    if isinstance(outcome, Moved):
        await turn.say("host.question_over")


async def _create(turn: Turn, dialog: Dialog, data: dict[str, Any]) -> None:
    create = partial(
        streams.create,
        actor=turn.actor,
        title=data["title"],
        starts_at=data["starts_at"],
        platforms=_read(data["platforms"]),
        photo=data["photo"],
        now=turn.now,
        anchor=turn.anchor,
    )
    await _answered(turn, await turn.decide(desks.conclude, dialog=dialog, act=create, now=turn.now))


async def _edit(turn: Turn, dialog: Dialog, found: dict[str, Any]) -> None:
    edit = partial(
        streams.edit,
        actor=turn.actor,
        stream_id=dialog.data["stream"],
        offsets_ms=turn.settings.remind_before_ms,
        title=found.get("title"),
        starts_at=found.get("starts_at"),
        is_start_moved=found.get("is_moved", False),
        platforms=_read(found["platforms"]) if "platforms" in found else None,
        photo=found.get("photo"),
        now=turn.now,
        # The desk stands above what was just typed: named as the anchor, that makes the courier send it anew.
        anchor=turn.message.message_id if turn.message is not None else turn.card_anchor,
    )
    await _answered(turn, await turn.decide(desks.conclude, dialog=dialog, act=edit, now=turn.now))


async def _answered(turn: Turn, outcome: object) -> None:
    """The act has sent the desk; say why where it has not."""
    match outcome:
        case Moved():
            await turn.say("host.question_over")
        case Dropped(why=NotAllowed()):
            await turn.say("host.only")
        case Dropped():
            await turn.say("host.too_late_to_change")


def _read(links: list[list[str]]) -> tuple[Platform, ...]:
    return tuple(Platform(name=name, url=url) for name, url in links)


_ANSWER = {"title": _title, "when": _when, "platforms": _platforms, "picture": _picture}

COMMANDS: Mapping[str, CommandHandler] = {"newstream": newstream, "mystreams": mystreams}
TAPS: Mapping[str, Tap] = {
    "editf": Tap(run=change, ints=1, words=1),
    "skip": Tap(run=skip, ints=1, words=1),
    "when": Tap(run=pick_time, ints=2),
    "retime": Tap(run=change_time, ints=1),
}
STEPS: Mapping[str, Step] = {
    f"{kind}.{field}": Step(ask=ask, answer=_ANSWER[field], load=hosttimes.load, takes_media=field == "picture")
    for kind in (NEW, EDIT)
    for field, ask in questions.ASK.items()
}
KINDS: Kinds = questions.KINDS
