"""The way of a presale in a test's books, by the real acts: sold out, drafted, agreed to, ordered, moved."""

from shop.windows import Window
from storage import delays, openings, presales
from storage.clock import DAY
from storage.connection import Tx
from tests.clock import NOON
from tests.storage import trade
from tests.storage.seed import ANN, HOST
from tests.storage.trade import SUPPLIER, Stall

WINDOW = Window(NOON + 10 * DAY, NOON + 14 * DAY)
LATER = Window(NOON + 20 * DAY, NOON + 24 * DAY)


def sold_out(tx: Tx, eggs: int = 2, status: str = "announced") -> Stall:
    """A stall whose eggs are all in one order of Ann's."""
    stall = trade.stall(tx, eggs=eggs, status=status)
    trade.place(tx, ANN, (stall.eggs, eggs))
    return stall


def drafted(tx: Tx, offer: int, *, now: int = NOON, window: Window = WINDOW) -> int:
    """A presale of an offer, in its host's hands."""
    outcome = presales.draft(tx, actor=HOST, offer_id=offer, window=window, now=now)
    assert isinstance(outcome, presales.Drafted), outcome
    return outcome.presale_id


def asked(tx: Tx, offer: int, **terms: object) -> int:
    """The same, with the supplier asked."""
    presale = drafted(tx, offer)
    if terms:
        change(tx, presale, **terms)
    outcome = presales.ask(tx, actor=HOST, presale_id=presale, version=version(tx, presale), now=NOON)
    assert isinstance(outcome, presales.Sent), outcome
    return presale


def change(tx: Tx, presale: int, **terms: object) -> None:
    """Other terms."""
    changed = presales.change(
        tx,
        actor=HOST,
        presale_id=presale,
        version=version(tx, presale),
        now=NOON,
        **terms,  # type: ignore[arg-type]
    )
    assert isinstance(changed, presales.Drafted), changed


def opened(tx: Tx, offer: int, *, now: int = NOON, **terms: object) -> int:
    """A presale the supplier has agreed to; the id of its own offer."""
    presale = asked(tx, offer, **terms)
    outcome = openings.agree(tx, actor=SUPPLIER, presale_id=presale, version=version(tx, presale), now=now)
    assert isinstance(outcome, openings.Opened), outcome
    return outcome.offer_id


def version(tx: Tx, presale: int) -> int:
    found = presales.view(tx, presale)
    assert found is not None
    return found.version


def moved(tx: Tx, offer: int, window: Window = LATER, *, now: int = NOON) -> int:
    """The supplier moves a presale; the delay's id."""
    was = tx.value("SELECT ships_until FROM offers WHERE id = :id", id=offer)
    outcome = delays.move(tx, actor=SUPPLIER, offer_id=offer, window=window, was_until=was, now=now)
    assert isinstance(outcome, delays.Moved), outcome
    return outcome.delay_id


def ask_all(tx: Tx, now: int = NOON) -> None:
    """As the clock does."""
    while delays.go_on(tx, now=now):
        pass
