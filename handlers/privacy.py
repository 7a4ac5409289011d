"""What is kept of people and their say in it: /privacy, a copy of everything, and being erased.

Owns the talk; what is erased how is in `storage.erasures`, what a copy holds in `storage.dossiers`. No button carries
whose data it is about: it is always the tapper's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from handlers import formats
from handlers.routing import CommandHandler, Step, Tap
from handlers.translation import Html, lines
from handlers.turns import Toast, Turn
from handlers.wording import Button, DataFile, Face, Kind, Kinds, Rendered
from storage import copies, erasures, people, pseudonyms, unfinished
from storage.connection import Tx
from storage.copies import Making, Part, TooSoon
from storage.erasures import Erasing
from storage.outbox import Params
from storage.people import NotFound
from storage.roles import Role
from storage.unfinished import Unfinished

_ROLE = {
    Role.OWNER: "staff.owner",
    Role.HOST: "staff.host",
    Role.CASHIER: "staff.cashier",
    Role.SUPPLIER: "staff.supplier",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One file of a person's copy, and how many there are."""

    person: int
    part: Part
    files: int


# -- The page ----------------------------------------------------------------------------------------------


def _load_nothing(_tx: Tx, _params: Params, _chat: int) -> tuple[()]:
    return ()


def _page(face: Face, _view: tuple[()]) -> Rendered:
    t, terms = face.t, face.settings.privacy
    kept = terms.kept
    contact = t("privacy.contact", contact=terms.contact) if terms.contact else None
    text = lines(
        [
            t("privacy.what", stall=face.settings.name),
            t("privacy.why"),
            t("privacy.who"),
            t(
                "privacy.how_long",
                addresses=_period(face, kept.addresses),
                receipts=_period(face, kept.receipts),
                questions=_period(face, kept.questions),
                messages=_period(face, kept.messages),
            ),
            t("privacy.trade", trade=_period(face, kept.trade_records)),
            t("privacy.rights"),
            contact,
        ]
    )
    return Rendered(
        text=text,
        rows=(
            (face.button("export_my_data", "mydata"),),
            (face.button("erase_me", "erase"),),
            (face.button("ask_the_stall", "askstall"),),
        ),
    )


def _period(face: Face, length_ms: int) -> str:
    return formats.period(length_ms, face.t)


async def privacy_command(turn: Turn, _argument: str) -> None:
    """/privacy."""
    await turn.show("privacy")


async def privacy_tap(turn: Turn) -> None:
    """Back to the page: `Keep my data`."""
    await turn.show("privacy")


# -- A copy of everything ----------------------------------------------------------------------------------


async def export_tap(turn: Turn) -> Toast | None:
    """`Export my data`: the file comes as a message of its own."""
    outcome = await turn.decide(copies.ask, actor=turn.actor, now=turn.now)
    match outcome:
        case Making():
            return Toast("privacy.making")
        case TooSoon(again_at=again_at):
            when = formats.time_of_day(again_at, turn.settings.zone)
            return Toast("privacy.too_soon", {"when": when}, is_alert=True)
        case NotFound():
            return Toast("tap.stale")
        case _:
            assert_never(outcome)


def _load_copy(tx: Tx, params: Params, chat: int) -> Copy | None:
    """Always the reader's own; nothing more once they are erased."""
    if people.view(tx, chat) is None:
        return None
    part = Part(number=int(params["part"] or 0), first=int(params["first"] or 0), last=int(params["last"] or 0))
    return Copy(person=chat, part=part, files=int(params["of"] or 1))


def _copy(face: Face, copy: Copy) -> Rendered:
    part = copy.part
    text = face.t("privacy.file") if part.number == 1 else face.t("privacy.file_more")
    if copy.files > 1:
        text = lines([text, face.t("privacy.file_of", number=part.number, files=copy.files)])
    return Rendered(text=text, media=DataFile(person=copy.person, part=part))


# -- Being erased ------------------------------------------------------------------------------------------


async def erase_tap(turn: Turn) -> None:
    """`Erase me`: what must happen first, or what will happen. Asked once more, because nothing brings it back."""
    open_ = await turn.look(unfinished.of, turn.actor)
    await turn.show("erase_ask" if open_.is_nothing else "erase_first")


async def erase_yes(turn: Turn) -> Toast | None:
    """They mean it."""
    outcome = await turn.decide(erasures.erase, person=turn.actor, now=turn.now, anchor=turn.anchor)
    match outcome:
        case Erasing():
            return Toast("privacy.erasing")
        case Unfinished():
            await turn.show("erase_first")
            return Toast("privacy.first_toast")
        case NotFound():
            return Toast("tap.stale")
        case _:
            assert_never(outcome)


def _erase_ask(face: Face, _view: tuple[()]) -> Rendered:
    terms = face.settings.privacy
    text = lines(
        [
            face.t("privacy.erase_what"),
            face.t("privacy.erase_stays", trade=_period(face, terms.kept.trade_records)),
            face.t("privacy.erase_limits", backups=_period(face, terms.backups_ms)),
            face.t("privacy.erase_sure"),
        ]
    )
    yes, no = face.button("yes_erase", "eraseyes"), face.button("keep_my_data", "privacy")
    return Rendered(text=text, rows=((yes,), (no,)))


def _load_unfinished(tx: Tx, _params: Params, chat: int) -> Unfinished:
    return unfinished.of(tx, chat)


def _erase_first(face: Face, open_: Unfinished) -> Rendered:
    orders = tuple((_order_button(face, order),) for order in open_.orders)
    return Rendered(
        text=lines([face.t("privacy.first"), *_matters(face, open_), face.t("privacy.first_then")]),
        rows=(*orders, (face.button("erase_me", "erase"), face.button("ask_the_stall", "askstall"))),
    )


def _matters(face: Face, open_: Unfinished) -> Iterator[Html]:
    for order in open_.orders:
        yield face.t(f"privacy.open.{order.reason.value}", code=order.code)
    for title in open_.streams:
        yield face.t("privacy.open_stream", title=title)
    for role in sorted(open_.roles - {Role.OWNER}):
        yield face.t("privacy.open_role", role=face.t(_ROLE[role]))
    if Role.OWNER in open_.roles:
        yield face.t("privacy.open_owner")


def _order_button(face: Face, order: unfinished.OpenOrder) -> Button:
    return face.button("see_order", "order", order.id, code=order.code)


def _load_farewell(tx: Tx, _params: Params, chat: int) -> tuple[()] | None:
    """Nobody else is told this."""
    return () if people.view(tx, chat) is not None and not pseudonyms.is_one(chat) else None


def _farewell(face: Face, _view: tuple[()]) -> Rendered:
    terms = face.settings.privacy
    return Rendered(
        text=face.t(
            "privacy.erased",
            stall=face.settings.name,
            trade=_period(face, terms.kept.trade_records),
            backups=_period(face, terms.backups_ms),
        )
    )


COMMANDS: Mapping[str, CommandHandler] = {"privacy": privacy_command}
TAPS: Mapping[str, Tap] = {
    "privacy": Tap(run=privacy_tap),
    "mydata": Tap(run=export_tap),
    "erase": Tap(run=erase_tap),
    "eraseyes": Tap(run=erase_yes),
}
STEPS: Mapping[str, Step] = {}
KINDS: Kinds = {
    "privacy": Kind(load=_load_nothing, show=_page),
    "my_data": Kind(load=_load_copy, show=_copy),
    "erase_ask": Kind(load=_load_nothing, show=_erase_ask),
    "erase_first": Kind(load=_load_unfinished, show=_erase_first),
    "erased": Kind(load=_load_farewell, show=_farewell),
}
