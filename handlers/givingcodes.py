"""A code given for an order: `I have a code` on the summary, the code typed, and why it takes nothing off.

Talks to buyers only. Whether it counts is decided by `storage.checkouts`; the summary itself is in `checkout`.
"""

from telegram import Message

from handlers import words
from handlers.routing import Step, Tap
from handlers.turns import Toast, Turn
from handlers.wording import Face, Rendered
from shop import coupons as codes
from storage import checkouts, coupons, dialogs, givingcodes, outbox
from storage.connection import Tx
from storage.dialogs import Dialog, Moved
from storage.givingcodes import CodeRefused

SUMMARY, CODE = "summary", "code"


async def have_code(turn: Turn, checkout: int) -> Toast | None:
    """`I have a code` on the summary: which?"""
    dialog = await turn.look(dialogs.view, checkout)
    if (
        dialog is None
        or dialog.person != turn.actor
        or (dialog.kind, dialog.step) not in ((checkouts.CHECKOUT, SUMMARY), (checkouts.CHECKOUT, CODE))
    ):
        return Toast("tap.stale")
    outcome = await turn.decide(
        dialogs.advance, dialog=dialog, step=CODE, data=dialog.data, now=turn.now, anchor=turn.anchor
    )
    return Toast("tap.stale") if isinstance(outcome, Moved) else None


async def without_code(turn: Turn, checkout: int) -> Toast | None:
    """`Without a code`: the summary again, as it was."""
    dialog = await turn.look(dialogs.view, checkout)
    if dialog is None or dialog.person != turn.actor or (dialog.kind, dialog.step) != (checkouts.CHECKOUT, CODE):
        return Toast("tap.stale")
    await turn.decide(
        dialogs.advance, dialog=dialog, step=SUMMARY, data=dialog.data, now=turn.now, anchor=turn.anchor
    )
    return None


async def _answer_code(turn: Turn, dialog: Dialog, message: Message) -> None:
    """The code: it counts, or one sentence says why not."""
    outcome = await turn.decide(
        givingcodes.give_code,
        actor=turn.actor,
        dialog=dialog,
        text=message.text or "",
        summary_step=SUMMARY,
        now=turn.now,
    )
    match outcome:
        case CodeRefused(fault=fault, code=code):
            await turn.say(f"coupon.fault.{fault.value}", code=code)
        case Moved():
            await turn.say("host.question_over")
        case _:
            return


async def answer_summary(turn: Turn, dialog: Dialog, message: Message) -> None:
    """Typed something where a button decides: a code is taken as one, words that order as the order that is meant
    instead. Of anything else it is said that it was not understood, and the summary is shown again."""
    text = message.text or ""
    if await turn.look(_is_code, dialog.person, text, turn.now):
        await _answer_code(turn, dialog, message)
    elif not await words.instead(turn, dialog, text):
        await turn.decide(_ask_again, dialog=dialog, text=text, now=turn.now)


def _is_code(tx: Tx, person: int, text: str, now: int) -> bool:
    """Does the stall know such a code? Not looked at while guesses are paused."""
    code = codes.normalise(text)
    if code is None or coupons.is_paused(tx, person, coupons.CHAT, now):
        return False
    return coupons.by_code(tx, code, person) is not None


def _ask_again(tx: Tx, *, dialog: Dialog, text: str, now: int) -> None:
    """The summary once more; what could have been a guess at a code is counted as one in the chat."""
    coupons.spoken(tx, dialog.person, text, now)
    outbox.tell(tx, dialog.person, "not_understood", now=now, dialog=None, order=None)
    dialogs.ask(tx, dialog, now)


def _ask_code(face: Face, dialog: Dialog) -> Rendered:
    return Rendered(text=face.t("coupon.ask_code"), rows=((face.button("without_code", "nocode", dialog.id),),))


TAPS = {
    "havecode": Tap(run=have_code, ints=1),
    "nocode": Tap(run=without_code, ints=1),
}
STEPS = {f"{checkouts.CHECKOUT}.{CODE}": Step(ask=_ask_code, answer=_answer_code)}
