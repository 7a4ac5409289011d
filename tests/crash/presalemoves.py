"""What hosts, suppliers and buyers do about presales at the fair: draft, ask, open, move the date, keep or not."""

from shop.windows import Window
from storage import choices, delays, openings, presales
from storage.clock import DAY
from storage.delays import Choice
from tests.crash.fair import At, move
from tests.crash.staffmoves import host
from tests.storage.seed import OWNER
from tests.storage.trade import SUPPLIER


def window(at: At) -> Window:
    """Days ahead; now and then none."""
    first = at.now + (at.packs * 5 - (5 if at.move.pick == 7 else 0)) * DAY
    return Window(first, first + 3 * DAY)


def supplier(at: At) -> int:
    return SUPPLIER if at.flag else OWNER


@move(5, stock_only=True)
async def drafts_a_presale(at: At) -> None:
    offer = await at.one("SELECT id FROM offers WHERE taken >= quantity")
    await at.act(presales.draft, actor=host(at), offer_id=offer or 0, window=window(at))


@move(6, stock_only=True)
async def decides_on_a_presale(at: At) -> None:
    """Asks, changes, discards, accepts or opens it, as it stood when the host looked."""
    presale = await at.one("SELECT id FROM presales WHERE ended_at IS NULL AND status <> 'open'")
    version = await at.one("SELECT version AS id FROM presales WHERE id = :id", id=presale or 0)
    is_countered = await at.one("SELECT id FROM presales WHERE id = :id AND status = 'countered'", id=presale or 0)
    terms = {"actor": host(at), "presale_id": presale or 0, "version": version or 0}
    match at.move.pick:
        case 5:
            await at.act(presales.drop, **terms)
        case 2:
            await at.act(presales.change, **terms, quantity=at.packs, window=window(at))
        case _ if is_countered is not None:
            await at.act(openings.accept, **terms)
        case pick if pick % 2:
            await at.act(presales.ask, **terms)
        case _:
            await at.act(openings.open_for, **terms)


@move(6, stock_only=True)
async def answers_for_the_supplier(at: At) -> None:
    presale = await at.one("SELECT id FROM presales WHERE status = 'asked'")
    version = await at.one("SELECT version AS id FROM presales WHERE id = :id", id=presale or 0)
    terms = {"actor": supplier(at), "presale_id": presale or 0, "version": version or 0}
    match at.move.pick % 4:
        case 0:
            await at.act(openings.propose, **terms, window=window(at))
        case 1:
            await at.act(openings.decline, **terms)
        case _:
            await at.act(openings.agree, **terms)


@move(3, stock_only=True)
async def moves_the_date(at: At) -> None:
    offer = await at.one("SELECT id FROM offers WHERE availability = 'presale' AND ships_until IS NOT NULL")
    until = await at.one("SELECT ships_until AS id FROM offers WHERE id = :id", id=offer or 0)
    later = Window(window(at).from_ms, (until or 0) + at.packs * DAY)
    if later.from_ms <= later.until_ms:
        await at.act(delays.move, actor=supplier(at), offer_id=offer or 0, window=later, was_until=until or 0)


@move(6)
async def keeps_or_gives_back(at: At) -> None:
    """Somebody answers about a date that has moved; now and then about another's order."""
    order = await at.one(
        "SELECT c.order_id AS id FROM delay_choices AS c JOIN orders AS o ON o.id = c.order_id"
        " WHERE o.buyer_id = :person OR :anybody",
        person=at.person,
        anybody=at.move.pick == 7,
    )
    delay = await at.one("SELECT delay_id AS id FROM delay_choices WHERE order_id = :order", order=order or 0)
    await at.act(
        choices.choose,
        actor=at.person,
        delay_id=delay or 0,
        order_id=order or 0,
        choice=Choice.REFUND if at.flag else Choice.KEEP,
    )
