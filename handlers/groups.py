"""A group that is linked to the stall: commands there, words that are orders, and what becomes of the bot in it.

Owns what is heard in groups. Nobody is named there and ordinary talk is never answered: an order gets a reaction, the
group one message (`groupwords`), its person a message in private. What words hold is decided in `storage.claiming`.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import assert_never

from telegram import ChatMemberUpdated, Message, ReactionTypeEmoji
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, Forbidden, TelegramError

from handlers import words
from handlers.routing import Tap
from handlers.talkers import Talker
from handlers.turns import Toast, Turn
from shop import wanted
from shop.wanted import Close, Nothing, Wanted
from storage import claiming, groups, offers, roles
from storage.claiming import Claimed, GoneOn, NothingHeld, TooOften, Unheld
from storage.connection import Tx
from storage.groups import Group, Linked, NoStream, Unlinked
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.streams import OutOfTurn

log = logging.getLogger(__name__)

HELD, HELD_IN_PART, NOT_HELD = "👍", "👌", "😢"

GroupCommand = Callable[[Turn, Message, str], Awaitable[None]]


# -- Commands ------------------------------------------------------------------------------------------------


async def link(turn: Turn, message: Message, argument: str) -> None:
    """/link, /link CODE: from now on words here are orders."""
    if not await _may_link(turn, message):
        return
    outcome = await turn.decide(
        groups.link,
        actor=turn.actor,
        chat=turn.chat,
        title=message.chat.title or "",
        code=argument.split(maxsplit=1)[0] if argument else None,
        can_read=await _can_read(turn),
        now=turn.now,
    )
    match outcome:
        case Linked() | NotAllowed():
            return
        case NoStream(code=code):
            await turn.say("group.no_such_stream", code=code[:20])
        case OutOfTurn():
            await turn.say("group.stream_over")
        case _:
            assert_never(outcome)


async def unlink(turn: Turn, message: Message, _argument: str) -> None:
    """/unlink: words here are talk again."""
    if not await _may_link(turn, message):
        return
    outcome = await turn.decide(groups.unlink, actor=turn.actor, chat=turn.chat, now=turn.now)
    match outcome:
        case Unlinked() | NotAllowed():
            return
        case NotFound():
            await turn.say("group.not_linked")
        case _:
            assert_never(outcome)


async def start(turn: Turn, message: Message, payload: str) -> None:
    """/start in a group: how `t.me/<bot>?startgroup=…` arrives. Without a stream's code it says nothing."""
    kind, _, code = payload.partition("_")
    if kind == "s" and code:
        await link(turn, message, code)
    elif payload == "link":
        await link(turn, message, "")


async def _may_link(turn: Turn, message: Message) -> bool:
    """Only hosts link groups. Who writes in the group's name could be anybody: that is said."""
    if is_nobody(message):
        await turn.decide(groups.refuse, chat=turn.chat, key="group.anonymous", now=turn.now)
        return False
    if not await turn.look(roles.has_role, turn.actor, Role.HOST):
        await turn.decide(groups.refuse, chat=turn.chat, key="group.only_hosts", now=turn.now)
        return False
    return True


def is_nobody(message: Message) -> bool:
    """Written in the name of a group or channel, or by a bot: no person that could order or decide."""
    return message.sender_chat is not None or message.from_user is None or message.from_user.is_bot


async def _can_read(turn: Turn) -> bool:
    """Does Telegram give the bot every message of this group? If its privacy mode is off, or as an administrator."""
    if (await turn.deps.bot.get_me()).can_read_all_group_messages:
        return True
    try:
        member = await turn.deps.bot.get_chat_member(turn.chat, turn.deps.bot.id)
    except (BadRequest, Forbidden):
        return False
    return member.status in (ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER)


async def check_again(turn: Turn) -> Toast | None:
    """`Check again` under what has to be switched. Anybody may tap it: it only looks."""
    is_linked = await turn.decide(
        groups.reads, chat=turn.chat, can_read=await _can_read(turn), now=turn.now, is_asked=True
    )
    return None if is_linked else Toast("tap.stale")


# -- Words ---------------------------------------------------------------------------------------------------


def _read(tx: Tx, chat: int, text: str, now: int) -> tuple[Group, Wanted | Close | Nothing] | None:
    """What a text in a chat asks for; None where no orders are taken."""
    group = groups.view(tx, chat)
    stream = None if group is None else groups.current(tx, group, now)
    if group is None or stream is None:
        return None
    return group, wanted.read(text, words.products(offers.listing(tx, stream.id)))


async def heard(turn: Turn, message: Message) -> None:
    """Any text in a group. An edit of it is never heard: what was ordered stands."""
    sender, text = message.from_user, message.text
    if text is None or sender is None or is_nobody(message):
        return
    text = re.sub(rf"@{re.escape(turn.deps.bot.username)}\b", " ", text, flags=re.IGNORECASE)
    found = await turn.look(_read, turn.chat, text, turn.now)
    if found is None:
        return
    group, asked = found
    turn.deps.talkers.note(turn.chat, Talker(id=sender.id, name=sender.full_name, username=sender.username))
    match asked:
        case Wanted(lines=lines):
            outcome = await turn.decide(
                claiming.say,
                person=turn.actor,
                group=group,
                lines=lines,
                rules=turn.settings.claims,
                below=message.message_id,
                now=turn.now,
            )
            await _react(turn, message, outcome)
        case Close(suggestions=suggestions):
            await turn.decide(claiming.hint, person=turn.actor, group=group, suggestion=suggestions[0], now=turn.now)
        case Nothing():
            return
        case _:
            assert_never(asked)


async def _react(turn: Turn, message: Message, outcome: Claimed | Unheld | TooOften | NotFound) -> None:
    """A sign under the order. A comfort: where reactions are off, or Telegram is busy, there is none."""
    match outcome:
        case Claimed(refused=()):
            sign = HELD
        case Claimed():
            sign = HELD_IN_PART
        case Unheld():
            sign = NOT_HELD
        case TooOften() | NotFound():
            return
        case _:
            assert_never(outcome)
    try:
        await turn.deps.bot.set_message_reaction(turn.chat, message.message_id, ReactionTypeEmoji(sign))
    except TelegramError as error:
        log.debug("no reaction set", extra={"error": type(error).__name__})


# -- The link a group's message carries ----------------------------------------------------------------------


async def open_link(turn: Turn, token: str) -> None:
    """`?start=g_…`: the checkout of what words hold, else the stream."""
    outcome = await turn.decide(
        claiming.open_link, actor=turn.actor, token=token, rules=turn.settings.claims, now=turn.now
    )
    match outcome:
        case GoneOn():
            return
        case NothingHeld(claim_id=claim) if claim is not None and await turn.show("claim_released", claim=claim):
            return
        case NothingHeld(stream_id=stream) if stream is not None and await turn.show("stream_card", stream=stream):
            return
        case NothingHeld() | NotFound():
            await turn.show("start", at=turn.now, note="link.unknown")
        case _:
            assert_never(outcome)


async def go_on(turn: Turn, claim: int) -> Toast | None:
    """`Go on` under what is held."""
    outcome = await turn.decide(claiming.go_on, actor=turn.actor, claim_id=claim, now=turn.now, anchor=turn.anchor)
    match outcome:
        case GoneOn():
            return None
        case NothingHeld(claim_id=ended):
            await turn.show("claim_released", claim=ended)
            return Toast("claim.over_toast")
        case NotFound():
            return Toast("tap.stale")
        case _:
            assert_never(outcome)


# -- What becomes of the bot ---------------------------------------------------------------------------------


async def membership(turn: Turn, change: ChatMemberUpdated) -> None:
    """The bot was added, made administrator, thrown out."""
    was, is_now = change.old_chat_member.status, change.new_chat_member.status
    gone = (ChatMemberStatus.LEFT, ChatMemberStatus.BANNED)
    if is_now in gone:
        await turn.decide(groups.left, chat=turn.chat, now=turn.now)
        return
    can_read = is_now == ChatMemberStatus.ADMINISTRATOR or await _can_read(turn)
    if await turn.look(groups.view, turn.chat) is not None:
        await turn.decide(groups.reads, chat=turn.chat, can_read=can_read, now=turn.now)
    elif was in gone:
        await turn.decide(groups.added, actor=turn.actor, title=change.chat.title or "", now=turn.now)


async def moved(turn: Turn, old: int, new: int) -> None:
    """The group has become a supergroup."""
    await turn.decide(groups.moved, chat=old, to=new, now=turn.now)


COMMANDS: Mapping[str, GroupCommand] = {"link": link, "stall": link, "unlink": unlink, "start": start}
GROUP_TAPS: Mapping[str, Tap] = {"readcheck": Tap(run=check_again)}
TAPS: Mapping[str, Tap] = {"claim": Tap(run=go_on, ints=1)}
