"""Where a checkout goes, as its buyer chooses: an address, a place to pick it up, or there without some of it.

Owns no table: addresses are in `addresses`, places in `pickups`, the checkout and what it comes to in `checkouts`.
"""

from storage import addresses, checkouts, claims, dialogs, outbox, pickups, quotes
from storage.checkouts import CHECKOUT, PICKUP, SUMMARY
from storage.connection import Tx
from storage.people import NotFound


def give_address(
    tx: Tx, *, actor: int, dialog: dialogs.Dialog, address: addresses.Address, now: int, summary_step: str = SUMMARY
) -> dialogs.Dialog | dialogs.Moved | addresses.TooMany | None:
    """The last of the address questions is answered: save it; a checkout goes on to its summary, to be sent there."""
    replaces = dialog.data.get("replaces")
    if replaces is not None:
        edited = addresses.edit(tx, actor=actor, address_id=replaces, address=address, now=now)
        saved = addresses.save(tx, actor=actor, address=address, now=now) if isinstance(edited, NotFound) else edited
    else:
        saved = addresses.save(tx, actor=actor, address=address, now=now)
    if isinstance(saved, addresses.TooMany):
        return saved
    if dialog.kind == CHECKOUT:
        return dialogs.advance(tx, dialog=dialog, step=summary_step, data=checkouts.sent(dialog), now=now)
    dialogs.end(tx, dialog=dialog.id, now=now)
    is_first = addresses.first(tx, actor)
    key = "address.saved" if is_first is not None and is_first.address == address else "address.kept"
    outbox.tell(tx, actor, "addresses", now=now, note=key)
    return None


def choose_address(
    tx: Tx, *, actor: int, checkout: int, address_id: int, summary_step: str, now: int, anchor: int | None = None
) -> dialogs.Dialog | dialogs.Moved | NotFound:
    """One of the saved addresses, on the way to `Place order`: it is used from now on."""
    dialog = checkouts.own(tx, checkout, actor)
    if dialog is None or addresses.view(tx, address_id, actor) is None:
        return NotFound()
    addresses.put_first(tx, actor=actor, address_id=address_id)
    return dialogs.advance(tx, dialog=dialog, step=summary_step, data=checkouts.sent(dialog), now=now, anchor=anchor)


def choose_pickup(
    tx: Tx,
    *,
    actor: int,
    checkout: int,
    point_id: int,
    contact_step: str,
    summary_step: str,
    now: int,
    anchor: int | None = None,
) -> dialogs.Dialog | dialogs.Moved | NotFound:
    """The buyer comes for it. Name and phone are asked if nothing has told them yet, the address never."""
    dialog = checkouts.own(tx, checkout, actor)
    goods = None if dialog is None else quotes.basket(tx, buyer=actor, wishes=checkouts.wishes(dialog))
    if dialog is None or goods is None:
        return NotFound()
    if all(point.id != point_id for point in pickups.for_order(tx, goods.suppliers)):
        return NotFound()
    data = {**checkouts.kept(dialog), PICKUP: point_id}
    answered = [dialog.data.get("recipient"), dialog.data.get("phone")]
    if all(answered):
        data["contact"] = answered
    is_known = "contact" in data or addresses.first(tx, actor) is not None
    step = summary_step if is_known else contact_step
    return dialogs.advance(tx, dialog=dialog, step=step, data=data, now=now, anchor=anchor)


def leave_out(
    tx: Tx, *, actor: int, checkout: int, supplier_id: int, summary_step: str, now: int, anchor: int | None = None
) -> dialogs.Dialog | dialogs.Moved | NotFound:
    """Order without what one supplier sells, which words no longer hold; without anything else the checkout ends."""
    dialog = checkouts.own(tx, checkout, actor)
    goods = None if dialog is None else quotes.basket(tx, buyer=actor, wishes=checkouts.wishes(dialog))
    if dialog is None or goods is None or supplier_id not in goods.suppliers:
        return NotFound()
    left = {offer.id for _, offer in goods.chosen if offer.supplier_id != supplier_id}
    if not left:
        if "claim" in dialog.data:
            claims.drop(tx, actor=actor, claim_id=dialog.data["claim"], now=now)
        dialogs.end(tx, dialog=checkout, now=now)
        key = "cart.dropped" if checkouts.is_of_cart(dialog) else "checkout.dropped"
        outbox.tell(tx, actor, "say", now=now, anchor=anchor, key=key)
        return dialog
    if "claim" in dialog.data:
        without = [offer.id for _, offer in goods.chosen if offer.id not in left]
        claims.leave_out(tx, actor=actor, claim_id=dialog.data["claim"], offer_ids=without, now=now)
    data = {**checkouts.kept(dialog), "lines": [line for line in dialog.data["lines"] if line[0] in left]}
    return dialogs.advance(tx, dialog=dialog, step=summary_step, data=data, now=now, anchor=anchor)
