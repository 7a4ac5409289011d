"""The small print: /terms (what `Place order` means) and /paysupport (trouble with a payment).

Owns both pages. What is kept of people is in `privacy`; the sentence above `Place order` in `checkout`.
"""

from collections.abc import Mapping

from handlers import formats
from handlers.checkout import TERMS
from handlers.routing import CommandHandler
from handlers.translation import lines
from handlers.turns import Turn
from handlers.wording import Face, Kind, Kinds, Rendered
from storage import questions
from storage.connection import Tx
from storage.outbox import Params

_FEW = 3  # answers, below which nothing is said about how long they take


def _load_nothing(_tx: Tx, _params: Params, _chat: int) -> tuple[()]:
    return ()


def _terms(face: Face, _view: tuple[()]) -> Rendered:
    t, url = face.t, face.settings.terms_url
    text = lines(
        [
            t("terms.order", stall=face.settings.name),
            t("terms.paid"),
            t("terms.seller"),
            t("terms.returns"),
            t("checkout.perishable"),
            t("terms.rights"),
            t("terms.version", version=TERMS),
        ]
    )
    full = () if url is None else ((face.link_button(t.plain("button.full_terms"), url),),)
    return Rendered(text=text, rows=(*full, (face.button("ask_the_stall", "askstall"),)))


def _load_clock(tx: Tx, _params: Params, _chat: int) -> int:
    """How long most answers took lately, in milliseconds; 0 if there are too few to say."""
    times = sorted(questions.answer_times(tx))
    return times[len(times) * 9 // 10] if len(times) >= _FEW else 0


def _paysupport(face: Face, answered_within: int) -> Rendered:
    t = face.t
    # Spans are rounded down; "within" is rounded up.
    within = formats.span(answered_within + 59_999, t)
    clock = t("paysupport.clock", span=within) if answered_within else None
    text = lines([t("paysupport.how", stall=face.settings.name), clock, t("paysupport.who")])
    rows = ((face.button("my_orders", "orders"),), (face.button("ask_the_stall", "askstall"),))
    return Rendered(text=text, rows=rows)


async def terms_command(turn: Turn, _argument: str) -> None:
    """/terms."""
    await turn.show("terms")


async def paysupport_command(turn: Turn, _argument: str) -> None:
    """/paysupport."""
    await turn.show("paysupport")


COMMANDS: Mapping[str, CommandHandler] = {"terms": terms_command, "paysupport": paysupport_command}
KINDS: Kinds = {
    "terms": Kind(load=_load_nothing, show=_terms),
    "paysupport": Kind(load=_load_clock, show=_paysupport),
}
