"""What buyers do at the fair: order in every way there is, change their mind, pay, wait for what is sold out.

A move reads with `at.look`, and `at.act` is the tap: by then everybody else has looked as well.
"""

from dataclasses import replace

from shop.waitlist import Mode
from shop.wanted import Line
from storage import (
    additions,
    amendments,
    carts,
    checkouts,
    claiming,
    claims,
    destinations,
    dialogs,
    endings,
    givingcodes,
    groups,
    offers,
    payments,
    people,
    redirections,
    requests,
    shipments,
    waiting,
    waitlist,
)
from storage.checkouts import SUMMARY
from storage.connection import Tx
from storage.deliveries import Destination
from storage.dialogs import Dialog
from storage.quotes import Wish
from tests.crash.fair import GROUP, RULES, At, move
from tests.storage import trade
from tests.storage.seed import CASHIER
from tests.storage.trade import POLICY

MINE = "SELECT id FROM orders WHERE buyer_id = :person"


# -- Ordering -----------------------------------------------------------------------------------------------


@move(14)
async def orders_now(at: At) -> None:
    """`Order now` and `Place order`, one after the other, now and then with a code between them."""
    wish = await _wish(at)
    dialog = await at.act(checkouts.begin, actor=at.person, wishes=[wish])
    if isinstance(dialog, Dialog) and dialog.step == SUMMARY:
        if at.flag:
            code = "GIFT" if at.packs == 4 else "TEN"
            await at.act(givingcodes.give_code, actor=at.person, dialog=dialog, text=code, summary_step=SUMMARY)
        await _place(at, dialog)


@move(6)
async def orders_of_two_suppliers(at: At) -> None:
    """Eggs and rice in one order, and with the flag honey besides."""
    codes = ("EGG", "RICE", "HONEY") if at.flag else ("EGG", "RICE")
    listed = await at.look(offers.listing, 1)
    wishes = [Wish(offer_id=one.id, quantity=1, price=one.price) for one in listed if one.code in codes]
    dialog = await at.act(checkouts.begin, actor=at.person, wishes=wishes)
    if isinstance(dialog, Dialog) and dialog.step == SUMMARY:
        await _place(at, dialog)


@move(2)
async def begins(at: At) -> None:
    """A summary is left open, to be placed when others may have been faster."""
    await at.act(checkouts.begin, actor=at.person, wishes=[await _wish(at)])


@move(3)
async def places(at: At) -> None:
    """`Place order` under whatever summary is open."""
    dialog = await at.look(dialogs.of, at.person)
    if dialog is not None and dialog.kind == checkouts.CHECKOUT:
        await _place(at, dialog)


@move(2)
async def gives_a_code(at: At) -> None:
    dialog = await at.look(dialogs.of, at.person)
    if dialog is not None and dialog.kind == checkouts.CHECKOUT and dialog.step == SUMMARY:
        code = "GIFT" if at.flag else "TEN"
        await at.act(givingcodes.give_code, actor=at.person, dialog=dialog, text=code, summary_step=SUMMARY)


@move()
async def gives_an_address(at: At) -> None:
    dialog = await at.look(dialogs.of, at.person)
    if dialog is not None and dialog.kind == checkouts.CHECKOUT and dialog.step != SUMMARY:
        await at.act(destinations.give_address, actor=at.person, dialog=dialog, address=trade.HOME)


@move()
async def picks_it_up(at: At) -> None:
    dialog = await at.look(dialogs.of, at.person)
    if dialog is not None and dialog.kind == checkouts.CHECKOUT:
        await at.act(
            destinations.choose_pickup,
            actor=at.person,
            checkout=dialog.id,
            point_id=1,
            contact_step=checkouts.FIRST,
            summary_step=SUMMARY,
        )


@move(3)
async def fills_the_cart(at: At) -> None:
    offer = await at.offer()
    await at.act(carts.add, actor=at.person, offer_id=offer.id, quantity=at.packs, price=offer.price)


@move(2)
async def checks_out_the_cart(at: At) -> None:
    stream = await at.one(
        "SELECT DISTINCT stream_id AS id FROM cart_lines JOIN offers ON id = offer_id WHERE person_id = :person",
        person=at.person,
    )
    dialog = await at.act(
        checkouts.begin_cart,
        actor=at.person,
        stream_id=stream or 0,
        first_step=checkouts.FIRST,
        summary_step=SUMMARY,
        rest=at.flag,
    )
    if isinstance(dialog, Dialog):
        await _place(at, dialog)


@move(2)
async def adds_to_the_open_order(at: At) -> None:
    wish, order = await _wish(at), await at.one(f"{MINE} AND status = 'pending'", person=at.person)
    dialog = await at.act(additions.begin, actor=at.person, wish=wish, step="addition")
    if isinstance(dialog, Dialog) and order is not None:
        await at.act(additions.add, actor=at.person, checkout=dialog.id, order_id=order, terms="v1", policy=POLICY)


async def _wish(at: At) -> Wish:
    offer = await at.offer()
    return Wish(offer_id=offer.id, quantity=at.packs, price=offer.price)


async def _place(at: At, dialog: Dialog) -> None:
    await at.act(
        checkouts.place, actor=dialog.person, checkout=dialog.id, terms="v1", method="WeChat Pay", policy=POLICY
    )


# -- Words in the group -------------------------------------------------------------------------------------


@move(2, stock_only=True)
async def says_it_in_the_group(at: At) -> None:
    group, offer = await at.look(groups.view, GROUP), await at.offer()
    assert group is not None
    lines = [Line(code=offer.code, quantity=at.packs)]
    await at.act(claiming.say, person=at.speaker, group=group, lines=lines, rules=RULES, below=None)


@move()
async def opens_the_link(at: At) -> None:
    group = await at.look(groups.view, GROUP)
    assert group is not None
    token = group.token

    def act(tx: Tx, now: int) -> object:
        people.meet(tx, person=at.speaker, name="Somebody", username=None, language=None, now=now)
        return claiming.open_link(tx, actor=at.speaker, token=token, rules=RULES, now=now)

    await at.act(act)


@move(stock_only=True)
async def wants_no_words_held(at: At) -> None:
    claim = await at.one("SELECT id FROM claims WHERE person_id = :person", person=at.person)
    await at.act(claims.drop, actor=at.person, claim_id=claim or 0)


# -- Changing one's mind ------------------------------------------------------------------------------------


@move(2)
async def changes_packs(at: At) -> None:
    """Every line gets another number; with the flag the first one goes."""
    order = await at.order()
    if order is not None:
        wanted = {line.code: at.packs for line in order.lines}
        if at.flag:
            wanted[order.lines[0].code] = 0

        def act(tx: Tx, now: int) -> object:
            lines = trade.lines(tx, order.id)
            draft = trade.draft(tx, order.buyer_id, order.id, **{code: wanted.get(code, 1) for code in lines})
            return amendments.save(tx, actor=order.buyer_id, dialog_id=draft, now=now)

        await at.act(act)


@move(2)
async def sends_it_elsewhere(at: At) -> None:
    """To another address, or with the flag to where it is picked up."""
    order = await at.order()
    if order is not None:
        to = Destination(recipient="Bo", phone="+8613900000000", address=f"{at.packs} Old Road", pickup_point=None)
        if at.flag:
            to = replace(to, pickup_point=1)
        await at.act(redirections.redirect, actor=order.buyer_id, order_id=order.id, to=to)


@move(3)
async def cancels(at: At) -> None:
    order = await at.order()
    if order is not None:
        await at.act(endings.cancel, actor=order.buyer_id, order_id=order.id)


@move(3)
async def asks_for_a_change(at: At) -> None:
    order = await at.order("paid")
    if order is not None and at.flag:
        await at.act(requests.ask_cancel, actor=order.buyer_id, order_id=order.id)
    elif order is not None:
        lines = {line.id: min(line.quantity, at.packs - 1) for line in order.lines}
        await at.act(requests.ask_change, actor=order.buyer_id, order_id=order.id, lines=lines)


@move()
async def has_the_parcel(at: At) -> None:
    parcel = await at.one("SELECT id FROM shipments WHERE status = 'shipped'")
    buyer = await at.one(
        "SELECT buyer_id AS id FROM orders WHERE id = (SELECT order_id FROM shipments WHERE id = :id)", id=parcel
    )
    await at.act(shipments.receive, actor=buyer or 0, shipment_id=parcel or 0)


# -- Money --------------------------------------------------------------------------------------------------


@move(4)
async def sends_a_receipt(at: At) -> None:
    order = await at.order("expired" if at.packs == 4 else "pending")
    if order is not None:
        await at.act(payments.submit, actor=order.buyer_id, order_id=order.id, proofs=[trade.PROOF], policy=POLICY)


@move(6)
async def pays_and_is_confirmed(at: At) -> None:
    order = await at.order("expired" if at.packs == 4 else "pending")
    if order is not None:
        sent = await at.act(
            payments.submit, actor=order.buyer_id, order_id=order.id, proofs=[trade.PROOF], policy=POLICY
        )
        if isinstance(sent, payments.Submitted):
            await at.act(payments.confirm, actor=CASHIER, payment_id=sent.payment_id)


# -- Waiting ------------------------------------------------------------------------------------------------


@move(6, stock_only=True)
async def joins_the_list(at: At) -> None:
    offer, mode = await at.offer(), Mode.ALL if at.flag else Mode.ANY
    await at.act(waiting.join, actor=at.person, offer_id=offer.id, quantity=at.packs, mode=mode)


@move(4)
async def takes_what_is_held(at: At) -> None:
    """All of it, or with the flag one pack fewer."""
    id_ = await at.one("SELECT id FROM waitlist WHERE status = 'offered'")
    entry = await at.look(waitlist.view, id_ or 0)
    offer = None if entry is None else await at.look(offers.view, entry.offer_id)
    if entry is not None and offer is not None:
        wish = Wish(offer_id=offer.id, quantity=max(1, entry.held - at.flag), price=offer.price)
        dialog = await at.act(checkouts.begin, actor=entry.person_id, wishes=[wish])
        if isinstance(dialog, Dialog):
            await _place(at, dialog)


@move(stock_only=True)
async def leaves_the_list(at: At) -> None:
    entry = await at.one("SELECT id FROM waitlist WHERE person_id = :person", person=at.person)
    turn = None if at.flag else at.packs
    await at.act(waiting.leave, actor=at.person, entry_id=entry or 0, turn=turn)


@move(stock_only=True)
async def settles_for_less(at: At) -> None:
    entry = await at.one("SELECT id FROM waitlist WHERE person_id = :person", person=at.person)
    mode = Mode.ALL if at.flag else Mode.ANY
    await at.act(waiting.settle, actor=at.person, entry_id=entry or 0, mode=mode)


@move(stock_only=True)
async def blocks_the_bot_or_comes_back(at: At) -> None:
    if at.flag:
        await at.act(people.blocked, person=at.person)
    else:
        await at.act(people.meet, person=at.person, name=f"Back {at.packs}", username=None, language=None)
