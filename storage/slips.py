"""The cards on which cashiers see a claim of payment and its files, each with every cashier.

Owns when they are sent and brought up to date. What is claimed and decided is in `payments`.
"""

from storage import outbox, receipts, roles
from storage.connection import Tx
from storage.outbox import Lane
from storage.roles import Role


def show(tx: Tx, payment: int, more: list[int], album: str | None, later: int, now: int) -> None:
    """Show every cashier the claim with its first file on the card, and above it `more`, as few messages as can be.

    What is still to be shown of the same album is taken into the same message.
    """
    found = [receipt for id_ in more if (receipt := receipts.view(tx, id_)) is not None]
    for cashier in roles.holders(tx, Role.CASHIER):
        for run in receipts.runs(found):
            first = _take_back(tx, cashier, run, album, now) or run[0].id
            outbox.tell(
                tx,
                cashier,
                "receipt_more",
                now=now,
                lane=Lane.ORDER,
                not_before=later,
                first=first,
                last=run[-1].id,
                album=album,
            )
        outbox.tell(
            tx,
            cashier,
            "payment_card",
            now=now,
            lane=Lane.ORDER,
            card=f"payment:{payment}",
            not_before=later,
            payment=payment,
        )


def _take_back(tx: Tx, cashier: int, run: list[receipts.Receipt], album: str | None, now: int) -> int | None:
    """Drop the message with earlier parts of the album if it has not left yet; returns the first of them."""
    for row in outbox.queued(tx, cashier, "receipt_more") if album is not None else []:
        if row.params["album"] == album:
            both = [*receipts.between(tx, row.params), *run]
            if receipts.runs(both) == [both]:
                outbox.drop(tx, row.id, now)
                return both[0].id
    return None


def refresh(tx: Tx, payment_id: int, now: int, actor: int | None = None, anchor: int | None = None) -> None:
    """Bring the receipt card up to date in every chat that has or will have it."""
    shown = {row["chat_id"] for row in tx.all("SELECT chat_id FROM cards WHERE card = :c", c=f"payment:{payment_id}")}
    people = dict.fromkeys([*([actor] if actor else []), *roles.holders(tx, Role.CASHIER), *shown])
    for person in people:
        outbox.tell(
            tx,
            person,
            "payment_card",
            now=now,
            lane=Lane.REPLY if person == actor else Lane.ORDER,
            card=f"payment:{payment_id}",
            anchor=anchor if person == actor else None,
            # A card that waits for the rest of its album goes on waiting.
            not_before=0 if person == actor else outbox.card_waits(tx, person, f"payment:{payment_id}"),
            payment=payment_id,
        )
