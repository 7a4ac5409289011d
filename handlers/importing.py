"""A catalogue in the chat: /import, the file, and the one tap that accepts it.

Owns the dialog `import` and the way of a file into the books. How it is read is in `sheets`, how its card reads in
`importcards`, what accepting does in `storage.imports`.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any, TypeVar

from telegram import Document, Message
from telegram.error import BadRequest, TelegramError

from handlers import importcards, sheets
from handlers.routing import CommandHandler, Step, Tap
from handlers.sheets import Unreadable
from handlers.turns import Toast, Turn
from handlers.wording import Face, Kinds, Rendered
from shop.catalogue import Catalogue
from shop.contacts import tidy
from storage import desks, dialogs, imports, roles
from storage.desks import Dropped
from storage.dialogs import Dialog, Moved
from storage.imports import Over, Overtaken, SentFile, State
from storage.people import NotAllowed, NotFound
from storage.products import Imported
from storage.roles import Role

IMPORT = "import"
PATIENCE_SECONDS = 2.0  # a host who waits longer is told that the file is being read
_LONGEST_NAME = 60

R = TypeVar("R")


# -- The question -------------------------------------------------------------------------------------------


async def import_command(turn: Turn, _argument: str) -> None:
    """/import: ask for the file."""
    if not await turn.look(roles.has_role, turn.actor, Role.HOST):
        await turn.say("host.only")
        return
    await turn.decide(dialogs.begin, actor=turn.actor, kind=IMPORT, step="file", data={}, now=turn.now)


def _ask_file(face: Face, _dialog: Dialog) -> Rendered:
    text = face.t("import.ask_file", most=sheets.MOST_BYTES // 1024 // 1024)
    return Rendered(text=text, rows=((face.button("template", "template"),),))


async def _no_file(turn: Turn, _dialog: Dialog, _message: Message) -> None:
    """Words instead of a file; a document is taken by `take`, whatever is being asked."""
    await turn.say("import.file_needed")


async def template(turn: Turn) -> Toast | None:
    """`Template`: an example to fill in."""
    return None if await turn.show("import_template") else Toast("tap.stale")


# -- The file -----------------------------------------------------------------------------------------------


async def take(turn: Turn, document: Document) -> None:
    """Read a file a host has sent, and show what it would change; or say why it can't be read.

    Until then the update stays open: if the process dies on the way, the file is read again.
    """
    if (document.file_size or 0) > sheets.MOST_BYTES:
        await turn.say("sheet.too_big", most=sheets.MOST_BYTES // 1024 // 1024)
        return
    name = tidy(document.file_name or "")
    file = SentFile(file_id=document.file_id, name=name[:_LONGEST_NAME] or "?")
    read, anchor = await _noticed(turn, file, _read(turn, file))
    if isinstance(read, Unreadable):
        await turn.say(read.key, **read.named)
        return
    receive = partial(imports.receive, actor=turn.actor, file=file, catalogue=read, now=turn.now, anchor=anchor)
    asked = await turn.look(dialogs.of, turn.actor)
    if asked is not None and asked.kind == IMPORT:
        outcome = await turn.decide(desks.conclude, dialog=asked, act=receive, now=turn.now)
    else:
        outcome = await turn.decide(imports.receive, **receive.keywords)
    match outcome:
        case Moved():
            await turn.say("host.question_over")
        case NotAllowed() | Dropped():
            await turn.say("host.only")


async def again(turn: Turn, import_id: int) -> Toast | None:
    """`Try again`: Telegram did not give the file out the first time."""
    found = await turn.look(imports.view, import_id, turn.actor)
    if found is None or found.state is not State.UNREAD:
        return Toast("tap.stale")
    read, _ = await _noticed(turn, found.file, _read(turn, found.file))
    if isinstance(read, Unreadable):
        await turn.say(read.key, **read.named)
        return None
    outcome = await turn.decide(
        imports.read,
        actor=turn.actor,
        import_id=import_id,
        catalogue=read,
        now=turn.now,
        anchor=turn.card_anchor,
    )
    match outcome:
        case NotAllowed() | NotFound() | Over():
            return Toast("tap.stale")
        case _:
            return Toast("import.toast_not_fetched") if read is None else None


async def _read(turn: Turn, file: SentFile) -> Catalogue | Unreadable | None:
    """The file's rows, why it has none, or None if Telegram did not give it out."""
    try:
        sent = await turn.deps.bot.get_file(file.file_id)
        content = bytes(await sent.download_as_bytearray())
    except BadRequest as error:
        if "too big" in error.message.lower():
            return Unreadable("sheet.too_big", most=sheets.MOST_BYTES // 1024 // 1024)
        return None
    except TelegramError:
        return None
    settings = turn.settings
    try:
        # Seconds of work for a long file: the loop has others to look after.
        return await asyncio.to_thread(sheets.read_catalogue, content, settings.currency, settings.languages)
    except Unreadable as error:
        return error


async def _noticed(turn: Turn, file: SentFile, work: Coroutine[Any, Any, R]) -> tuple[R, int | None]:
    """What the work comes to, and the message that has told whoever waits long for it, if one was needed."""
    task = asyncio.ensure_future(work)
    patience = asyncio.ensure_future(turn.deps.clock.sleep(PATIENCE_SECONDS))
    anchor = None
    try:
        await asyncio.wait((task, patience), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            anchor = await _say_reading(turn, file)
        return await task, anchor
    finally:
        patience.cancel()
        task.cancel()


async def _say_reading(turn: Turn, file: SentFile) -> int | None:
    """A comfort: if it can't be said, the work goes on all the same."""
    try:
        return await turn.say_meanwhile("import.reading", file=file.name)
    except TelegramError:
        return None


# -- The decision -------------------------------------------------------------------------------------------


async def accept(turn: Turn, import_id: int) -> Toast | None:
    """`Import N products`."""
    outcome = await turn.decide(
        imports.accept, actor=turn.actor, import_id=import_id, now=turn.now, anchor=turn.card_anchor
    )
    match outcome:
        case Imported():
            return Toast("import.toast_done")
        case Overtaken():
            return Toast("import.toast_overtaken", is_alert=True)
        case Over(state=State.IMPORTED):
            return Toast("import.toast_already")
        case _:
            return Toast("tap.stale")


async def drop(turn: Turn, import_id: int) -> Toast | None:
    """`Cancel` under a file's card."""
    outcome = await turn.decide(
        imports.drop, actor=turn.actor, import_id=import_id, now=turn.now, anchor=turn.card_anchor
    )
    match outcome:
        case Over(state=State.IMPORTED):
            return Toast("import.toast_already")
        case State():
            return None
        case _:
            return Toast("tap.stale")


async def bad_rows(turn: Turn, import_id: int) -> Toast | None:
    """`All N rows`: every row that can't be taken, as a file."""
    return None if await turn.show("import_rows", file=import_id) else Toast("tap.stale")


COMMANDS: Mapping[str, CommandHandler] = {"import": import_command}
TAPS: Mapping[str, Tap] = {
    "template": Tap(run=template),
    "importgo": Tap(run=accept, ints=1),
    "importno": Tap(run=drop, ints=1),
    "importrows": Tap(run=bad_rows, ints=1),
    "importagain": Tap(run=again, ints=1),
}
STEPS: Mapping[str, Step] = {f"{IMPORT}.file": Step(ask=_ask_file, answer=_no_file)}
KINDS: Kinds = importcards.KINDS
