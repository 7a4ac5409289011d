"""A new product without a file: one message with a line for each thing that has to be known.

Owns the dialog `newproduct`. The lines are judged as a row of the catalogue file, by the same rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from telegram import Message

from handlers.routing import Step, Tap
from handlers.translation import lines
from handlers.turns import Toast, Turn
from handlers.wording import Face, Rendered
from shop.catalogue import BadRow, read_row
from shop.contacts import tidy
from shop.headings import heading_of
from shop.lots import read_price
from shop.money import decimal
from storage import desks, dialogs, products, roles, suppliers
from storage.connection import Tx
from storage.desks import Dropped
from storage.dialogs import Dialog, Moved
from storage.people import NotAllowed
from storage.products import CodeTaken
from storage.roles import Role

NEW_PRODUCT = "newproduct"
_ASKED = ("code", "name", "unit", "price", "supplier", "ships_within_days")
_MOST_SUPPLIERS = 8


async def begin(turn: Turn) -> Toast | None:
    """`New product`: ask for it."""
    if not await turn.look(roles.has_role, turn.actor, Role.HOST):
        return Toast("tap.stale")
    await turn.decide(dialogs.begin, actor=turn.actor, kind=NEW_PRODUCT, step="lines", data={}, now=turn.now)
    return None


async def _take(turn: Turn, dialog: Dialog, message: Message) -> None:
    typed = [line for line in map(tidy, (message.text or "").splitlines()) if line]
    if len(typed) != len(_ASKED):
        await turn.say("newproduct.lines")
        return
    language, currency = await turn.language(), turn.settings.currency
    row = read_row(1, _cells(dict(zip(_ASKED, typed, strict=True)), language, currency), currency, (language,))
    if isinstance(row, BadRow):
        await turn.say("newproduct.bad", reasons=await _reasons(turn, row, language))
        return
    # Before the act, so that a code which is taken does not end the question.
    if await turn.look(products.by_code, row.code) is not None:
        await turn.say("newproduct.taken", code=row.code)
        return
    create = partial(products.create, actor=turn.actor, row=row, now=turn.now)
    match await turn.decide(desks.conclude, dialog=dialog, act=create, now=turn.now):
        case Moved():
            await turn.say("host.question_over")
        case Dropped(why=CodeTaken()):
            await turn.say("newproduct.taken", code=row.code)
        case Dropped(why=NotAllowed()):
            await turn.say("host.only")


def _cells(typed: Mapping[str, str], language: str, currency: str) -> dict[str, str]:
    """The typed lines as a row of the file; reports count in the same packs that are sold."""
    price = read_price(typed["price"], currency)
    return {
        "code": typed["code"],
        f"name_{language}": typed["name"],
        f"unit_{language}": typed["unit"],
        f"base_unit_{language}": typed["unit"],
        "pack_size": "1",
        "price": typed["price"] if price is None else decimal(price, currency),
        "currency": currency,
        "supplier": typed["supplier"],
        "ships_within_days": typed["ships_within_days"],
    }


async def _reasons(turn: Turn, row: BadRow, language: str) -> str:
    told = []
    for reason in row.reasons:
        values: dict[str, object] = dict(reason.values)
        if "column" in values:
            values["column"] = heading_of(str(values["column"]), language)
        told.append(await turn.plain(reason.key, values))
    return "; ".join(dict.fromkeys(told))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Names of suppliers that can be typed."""

    suppliers: tuple[str, ...]


def _load(tx: Tx, _dialog: Dialog) -> Known:
    found = (suppliers.view(tx, supplier) for supplier in suppliers.every(tx)[:_MOST_SUPPLIERS])
    return Known(suppliers=tuple(supplier.name for supplier in found if supplier is not None))


def _ask(face: Face, known: Known) -> Rendered:
    names = " · ".join(known.suppliers)
    text = lines(
        [
            face.t("newproduct.ask", example=face.t("newproduct.example")),
            face.t("newproduct.suppliers", names=names) if names else None,
            face.t("host.can_leave"),
        ]
    )
    return Rendered(text=text)


TAPS: Mapping[str, Tap] = {"pnew": Tap(run=begin)}
STEPS: Mapping[str, Step] = {f"{NEW_PRODUCT}.lines": Step(ask=_ask, answer=_take, load=_load)}
