"""`Add an order` on the desk: a host writes down an order that was missed, for the buyer who meant it.

Owns the dialog `addorder`: the buyer's message forwarded, `@name EGG 2` typed, or somebody picked who talked in the
group lately; then, where it is not clear yet, what they want. What it holds is decided in `storage.claiming`.
"""

from collections.abc import Mapping
from typing import assert_never

from telegram import Message, MessageOriginHiddenUser, MessageOriginUser

from handlers import words
from handlers.routing import Step, Tap
from handlers.talkers import Talker
from handlers.turns import Toast, Turn
from handlers.wording import Face, Rendered
from shop import wanted
from shop.wanted import Close, Line, Nothing, Wanted
from storage import claiming, desks, dialogs, offers, people, roles
from storage.claiming import Claimed, Unheld, Unreachable
from storage.connection import Tx
from storage.desks import Dropped
from storage.dialogs import Dialog, Moved
from storage.people import NotAllowed
from storage.roles import Role

ADD = "addorder"
MOST_TALKERS = 10


async def add(turn: Turn, stream_id: int) -> Toast | None:
    """`Add an order`: for whom?"""
    view = await turn.look(desks.view, stream_id, turn.actor)
    if view is None or view.stream.status.is_over or not view.stream.status.is_public:
        return Toast("tap.stale")
    latest = [[one.id, one.name] for one in turn.deps.talkers.latest(MOST_TALKERS) if one.id != turn.actor]
    data = {"stream": stream_id, "talkers": latest}
    await turn.decide(dialogs.begin, actor=turn.actor, kind=ADD, step="who", data=data, now=turn.now)
    return None


async def pick(turn: Turn, dialog_id: int, person: int) -> Toast | None:
    """Somebody who talked in the group lately."""
    dialog = await turn.look(dialogs.view, dialog_id)
    if dialog is None or dialog.person != turn.actor or dialog.kind != ADD or dialog.step != "who":
        return Toast("tap.stale")
    name = next((name for id_, name in dialog.data["talkers"] if id_ == person), None)
    if name is None:
        return Toast("tap.stale")
    await _ask_what(turn, dialog, person, name)
    return None


async def _ask_what(turn: Turn, dialog: Dialog, buyer: int, name: str) -> None:
    data = {"stream": dialog.data["stream"], "buyer": buyer, "name": name}
    moved = await turn.decide(
        dialogs.advance, dialog=dialog, step="what", data=data, now=turn.now, anchor=turn.anchor
    )
    if isinstance(moved, Moved):
        await turn.say("host.question_over")


def _by_name(tx: Tx, username: str) -> Talker | None:
    person = people.named(tx, username)
    return None if person is None else Talker(id=person.id, name=person.name, username=person.username)


async def _who(turn: Turn, dialog: Dialog, message: Message) -> None:
    """A forwarded message, or @name and perhaps what they want."""
    text = (message.text or message.caption or "").strip()
    origin = message.forward_origin
    if isinstance(origin, MessageOriginHiddenUser):
        await turn.say("add.hidden")
        return
    if isinstance(origin, MessageOriginUser) and not origin.sender_user.is_bot:
        buyer = origin.sender_user
        await _order_or_ask(turn, dialog, buyer.id, buyer.full_name, text)
        return
    name, _, rest = text.partition(" ")
    if not name.startswith("@") or len(name) < 2:
        await turn.say("add.who_unclear")
        return
    found = await turn.look(_by_name, name[1:]) or turn.deps.talkers.named(name[1:])
    if found is None:
        await turn.say("add.unknown_name", name=name[:40])
        return
    await _order_or_ask(turn, dialog, found.id, found.name, rest)


async def _order_or_ask(turn: Turn, dialog: Dialog, buyer: int, name: str, text: str) -> None:
    """With an order in the words it is written down, else it is asked for."""
    found = await turn.look(_read, dialog.data["stream"], text)
    if isinstance(found, Wanted):
        await _write_down(turn, dialog, buyer, found.lines)
    else:
        await _ask_what(turn, dialog, buyer, name)


def _read(tx: Tx, stream: int, text: str) -> Wanted | Close | Nothing:
    return wanted.read(text, words.products(offers.listing(tx, stream)), is_private=True)


async def _what(turn: Turn, dialog: Dialog, message: Message) -> None:
    found = await turn.look(_read, dialog.data["stream"], message.text or "")
    match found:
        case Wanted(lines=lines):
            await _write_down(turn, dialog, dialog.data["buyer"], lines)
        case Close(suggestions=suggestions):
            await turn.say("add.what_close", example=suggestions[0])
        case Nothing():
            await turn.say("add.what_unclear")
        case _:
            assert_never(found)


async def _write_down(turn: Turn, dialog: Dialog, buyer: int, lines: tuple[Line, ...]) -> None:
    stream, rules, actor, now = dialog.data["stream"], turn.settings.claims, turn.actor, turn.now

    def act(tx: Tx) -> claiming.WrittenDown:
        return claiming.write_down(tx, actor=actor, buyer=buyer, stream_id=stream, lines=lines, rules=rules, now=now)

    outcome = await turn.decide(desks.conclude, dialog=dialog, act=act, now=now)
    match outcome:
        case Claimed() | Unheld():
            return
        case Moved():
            await turn.say("host.question_over")
        case Dropped(why=NotAllowed()):
            await turn.say("host.only")
        case Dropped(why=Unreachable(link=link)):
            await turn.say("add.unreachable", link=_link(turn, link))
        case _:
            await turn.say("host.too_late_to_change")


def _link(turn: Turn, stream: str) -> str:
    return f"https://t.me/{turn.deps.bot.username}?start=s_{stream}"


# -- How it is asked -----------------------------------------------------------------------------------------


def _load(tx: Tx, dialog: Dialog) -> Dialog | None:
    return dialog if roles.has_role(tx, dialog.person, Role.HOST) else None


def _ask_who(face: Face, dialog: Dialog) -> Rendered:
    rows = tuple(
        (face.button("talker", "addfor", dialog.id, id_, name=name[:40]),) for id_, name in dialog.data["talkers"]
    )
    return Rendered(text=face.t("add.who"), rows=(*rows, (face.button("desk", "desk", dialog.data["stream"]),)))


def _ask_for(face: Face, dialog: Dialog) -> Rendered:
    text = face.t("add.what", name=dialog.data["name"])
    return Rendered(text=text, rows=((face.button("desk", "desk", dialog.data["stream"]),),))


TAPS: Mapping[str, Tap] = {
    "addorder": Tap(run=add, ints=1),
    "addfor": Tap(run=pick, ints=2),
}
STEPS: Mapping[str, Step] = {
    f"{ADD}.who": Step(load=_load, ask=_ask_who, answer=_who, takes_media=True),
    f"{ADD}.what": Step(load=_load, ask=_ask_for, answer=_what),
}
