"""The races for goods: the last unit, the last use of a code, one buyer's limit, what is held, what hosts lower."""

from shop.coupons import Terms
from shop.wanted import Line
from storage import (
    amendments,
    checkouts,
    claiming,
    claims,
    coupons,
    dialogs,
    endings,
    givingcodes,
    groups,
    lapses,
    lots,
    offers,
    quotes,
    stock,
    waitlist,
)
from storage.clock import HOUR, MINUTE
from storage.connection import Tx
from storage.stock import Holder
from tests.clock import NOON
from tests.crash.fair import GROUP, RULES, At
from tests.crash.rivals import EGGS, Race, by, free, note, rival, sell
from tests.storage import seed, trade
from tests.storage.seed import ANN, BEN, CAI, HOST, OTHER_HOST
from tests.storage.trade import POLICY

HOLD = 10 * MINUTE


# -- The last unit -------------------------------------------------------------------------------------------------


def _last_unit(tx: Tx) -> None:
    stall = trade.stall(tx, eggs=1)
    for buyer in (ANN, BEN, CAI):
        trade.checkout(tx, buyer, (stall.eggs, 1))


@rival
async def taps_place(at: At) -> None:
    """Under the summary that is open; no more is paid than what stood there."""
    dialog = await at.look(dialogs.of, at.person)
    assert dialog is not None
    wishes, coupon = checkouts.wishes(dialog), checkouts.coupon_of(dialog)
    basket = await at.look(lambda tx: quotes.basket(tx, buyer=at.person, wishes=wishes, coupon=coupon))
    assert basket is not None
    await at.act(
        checkouts.place,
        actor=at.person,
        checkout=dialog.id,
        terms="v1",
        method="Pay",
        policy=POLICY,
        shown=basket.quote(at.now).sums.total,
    )


@rival
async def sells_what_was_free(at: At) -> None:
    if await free(at) > 0:
        await at.act(lambda tx, now: sell(tx, at.person, 1, now))


# -- The last use of a code ----------------------------------------------------------------------------------------


def _last_use(tx: Tx) -> None:
    stall = trade.stall(tx, eggs=10)
    terms = Terms(code="LAST", amount=500, uses=1)
    coupons.make(tx, actor=HOST, terms=terms, currency="CNY", starts_at=NOON, ends_at=None, now=NOON)
    for buyer in (ANN, BEN, CAI):
        dialog = dialogs.view(tx, trade.checkout(tx, buyer, (stall.eggs, 1)))
        assert dialog is not None
        given = givingcodes.give_code(tx, actor=buyer, dialog=dialog, text="LAST", summary_step="summary", now=NOON)
        assert isinstance(given, givingcodes.CodeTaken)


@rival
async def uses_a_code_that_was_left(at: At) -> None:
    left = await at.look(lambda tx: tx.value("SELECT uses - used FROM coupons"))

    def act(tx: Tx, now: int) -> None:
        order = sell(tx, at.person, 1, now)
        tx.run("UPDATE orders SET coupon_id = 1 WHERE id = :id", id=order)
        tx.run("UPDATE coupons SET used = used + 1")

    if left > 0:
        await at.act(act)


# -- The limit of one buyer ----------------------------------------------------------------------------------------


def _limit(tx: Tx) -> None:
    trade.stall(tx, eggs=50)
    tx.run("UPDATE offers SET limit_per_buyer = 3 WHERE id = :id", id=EGGS)
    trade.place(tx, ANN, (EGGS, 1))


@rival
async def orders_two_more(at: At) -> None:
    """A dialog of one's own each: one person has one dialog, so more can only come from an act."""

    def act(tx: Tx, now: int) -> object:
        dialog = trade.checkout(tx, at.person, (EGGS, 2))
        return checkouts.place(tx, actor=at.person, checkout=dialog, terms="v1", method="Pay", policy=POLICY, now=now)

    await at.act(act)


@rival
async def makes_the_order_two_longer(at: At) -> None:
    def act(tx: Tx, now: int) -> object:
        draft = trade.draft(tx, at.person, 1, EGG=3)
        return amendments.save(tx, actor=at.person, dialog_id=draft, now=now)

    await at.act(act)


@rival
async def sells_two_to_who_had_room(at: At) -> None:
    bought = await at.look(offers.bought_by, EGGS, at.person)
    if bought + 2 <= 3:
        await at.act(lambda tx, now: sell(tx, at.person, 2, now))


# -- What is held for the waiting list, and a new buyer ------------------------------------------------------------


def _held(tx: Tx) -> None:
    """One egg, held for Ann up to the moment of the race; Ben has his summary open."""
    stall = trade.stall(tx, eggs=1)
    order = trade.place(tx, CAI, (stall.eggs, 1))
    trade.wait(tx, ANN, stall.eggs)
    endings.cancel(tx, actor=CAI, order_id=order, now=NOON)
    for buyer in (ANN, BEN):
        trade.checkout(tx, buyer, (stall.eggs, 1))


@rival
async def the_hold_runs_out(at: At) -> None:
    await at.act(lapses.pass_on_due)


@rival
async def sells_what_was_held(at: At) -> None:
    """It was Ann's when it was looked at, and a counter that does not move is right for that."""
    held = await at.look(waitlist.held_for, EGGS, at.person)

    def act(tx: Tx, now: int) -> None:
        order = seed.order(tx, at.person, EGGS, held)
        tx.run("UPDATE orders SET hold_until = :until WHERE id = :id", id=order, until=now + HOUR)

    if held:
        await at.act(act)


@rival
async def frees_what_was_held(at: At) -> None:
    entry = await at.look(waitlist.view, 1)

    def act(tx: Tx, now: int) -> None:
        tx.run("UPDATE offers SET taken = taken - 1 WHERE id = :id", id=EGGS)
        tx.run("UPDATE waitlist SET status = 'lapsed', held = 0, hold_until = NULL, ended_at = :now", now=now)

    if entry is not None and entry.held:
        await at.act(act)


_UNACCOUNTED = """
    SELECT f.taken - (SELECT count(*) FROM orders WHERE status = 'pending')
        - (SELECT coalesce(sum(held), 0) FROM waitlist WHERE ended_at IS NULL)
    FROM offers AS f WHERE f.id = 1
"""


# -- Two hosts lowering --------------------------------------------------------------------------------------------


def _much(tx: Tx) -> None:
    stall = trade.stall(tx, eggs=10)
    trade.place(tx, CAI, (stall.eggs, 4))
    trade.checkout(tx, ANN, (stall.eggs, 2))


@rival
async def lowers_to_five(at: At) -> None:
    host = HOST if at.move.pick else OTHER_HOST
    await at.act(lots.set_quantity, actor=host, offer_id=EGGS, quantity=5, was=10)


@rival
async def lowers_by_five(at: At) -> None:
    if await free(at) >= 5:
        await at.act(lambda tx, now: tx.run("UPDATE offers SET quantity = quantity - 5 WHERE id = :id", id=EGGS))


# -- Words and taps ------------------------------------------------------------------------------------------------


def _worded(tx: Tx) -> None:
    _last_unit(tx)
    groups.link(tx, actor=HOST, chat=GROUP, title="Fans", code="SPRING", can_read=True, now=NOON)


@rival
async def says_egg(at: At) -> None:
    group = await at.look(groups.view, GROUP)
    assert group is not None
    lines = [Line(code="EGG", quantity=1)]
    await at.act(claiming.say, person=at.speaker, group=group, lines=lines, rules=RULES, below=None)


@rival
async def holds_what_was_free(at: At) -> None:
    def act(tx: Tx, now: int) -> None:
        claim = claims.open_(
            tx, person=at.speaker, stream=1, group=None, is_known=True, by=None, until=now + HOUR, now=now
        )
        tx.run("UPDATE offers SET taken = taken + 1 WHERE id = :id", id=EGGS)
        note(tx, "hold", 1, now, claim=claim)
        tx.run(
            "INSERT INTO claim_lines (claim_id, offer_id, quantity, held, is_kept, price) VALUES (:c, 1, 1, 1, 1, 1)",
            c=claim,
        )
        assert tx.value(stock._IS_HELD.format(holder=Holder.CLAIM), offer=EGGS, holder=claim, units=1)

    if await free(at) > 0:
        await at.act(act)


# -- All of them -------------------------------------------------------------------------------------------

_TAKEN = "SELECT taken FROM offers WHERE id = 1"
_TRIO = (ANN, BEN, CAI)
GOODS: dict[str, Race] = {
    "the last unit": Race(
        prepare=_last_unit,
        rivals=[by("taps_place", buyer) for buyer in _TRIO],
        careless=[by("sells_what_was_free", buyer) for buyer in _TRIO],
        truth=_TAKEN,
        right=1,
    ),
    "the last use of a code": Race(
        prepare=_last_use,
        rivals=[by("taps_place", buyer) for buyer in _TRIO],
        careless=[by("uses_a_code_that_was_left", buyer) for buyer in _TRIO],
        truth="SELECT count(*) FROM orders WHERE coupon_id IS NOT NULL",
        right=1,
    ),
    "the limit of one buyer": Race(
        prepare=_limit,
        rivals=[by("orders_two_more", ANN), by("makes_the_order_two_longer", ANN), by("orders_two_more", ANN)],
        careless=[by("sells_two_to_who_had_room", ANN)] * 2,
        truth="SELECT sum(quantity) FROM order_lines",
        right=3,
    ),
    "what is held for the waiting list": Race(
        prepare=_held,
        rivals=[by("taps_place", ANN), by("the_hold_runs_out", ANN), by("taps_place", BEN)],
        careless=[by("sells_what_was_held", ANN), by("frees_what_was_held", ANN)],
        truth=_UNACCOUNTED,
        right=0,
        now=NOON + HOLD,
    ),
    "two hosts lowering": Race(
        prepare=_much,
        rivals=[by("lowers_to_five", ANN), by("lowers_to_five", ANN, 1), by("taps_place", ANN)],
        careless=[by("lowers_by_five", ANN), by("lowers_by_five", ANN, 1)],
        truth="SELECT quantity >= taken FROM offers WHERE id = 1",
        right=1,
    ),
    "words and taps": Race(
        prepare=_worded,
        rivals=[by("says_egg", ANN), by("taps_place", BEN), by("says_egg", CAI)],
        careless=[by("holds_what_was_free", ANN), by("sells_what_was_free", BEN)],
        truth=_TAKEN,
        right=1,
    ),
}
