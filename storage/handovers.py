"""What lies in front of somebody in a role, taken from their chat and handed on to whoever acts in it from now on.

Owns no table. Knows for each noun which role it needs, what of it is open, and the card that shows it.
"""

from typing import assert_never

from storage import cards, dialogs, outbox, receipts, roles
from storage.clock import DAY
from storage.connection import Tx
from storage.outbox import Lane
from storage.roles import Role

# Questions older than this were answered some other way, or nobody waits any more.
ASKED_WITHIN_MS = 30 * DAY

OVER = "over"
"""The dialog somebody is left in whose question was for a role they no longer hold; its step is `text`."""

# Whose questions these dialogs are; every other one is a buyer's.
DIALOGS = {
    "newstream": Role.HOST,
    "hostcancel": Role.HOST,
    "edit": Role.HOST,
    "offering": Role.HOST,
    "import": Role.HOST,
    "product": Role.HOST,
    "newproduct": Role.HOST,
    "flash": Role.HOST,
    "steps": Role.HOST,
    "coupon": Role.HOST,
    "tariff": Role.HOST,
    "point": Role.HOST,
    "lot": Role.HOST,
    "presale": Role.HOST,
    "presaledate": Role.SUPPLIER,
    "delay": Role.SUPPLIER,
    "addorder": Role.HOST,
    "shipping": Role.SUPPLIER,
}

# Messages without a card, by the role they are for.
_MESSAGES = {
    "receipt_more": Role.CASHIER,
    "report": Role.HOST,
    "lot_supplied": Role.HOST,
    "claim_written_down": Role.HOST,
    "claim_unordered": Role.HOST,
    "group_left": Role.HOST,
    "group_unreadable": Role.HOST,
    "group_added": Role.HOST,
    "lot_repriced": Role.HOST,
    "sold_out_host": Role.HOST,
    "presale_news": Role.HOST,
    "delay_silent": Role.HOST,
    "stream_due_host": Role.HOST,
    "order_expired_host": Role.HOST,
    "buyer_card": Role.HOST,
    "import_card": Role.HOST,
    "product": Role.HOST,
    "product_changed": Role.HOST,
    "specials_card": Role.HOST,
    "flash_over": Role.HOST,
    "coupon_card": Role.HOST,
    "tariff_changed": Role.HOST,
    "pickup_point": Role.HOST,
    "album_card": Role.HOST,
    "pictures_refused": Role.HOST,
    "invite_opened": Role.OWNER,
    "incident": Role.OWNER,
    "code_unreadable": Role.OWNER,
    "role_revoked": Role.OWNER,
    "role_restored": Role.OWNER,
}

_NOUNS = ("payment", "refund", "request", "shipment", "question", "desk")

_RECEIPTS = "SELECT id FROM payments INDEXED BY payments_waiting WHERE status = 'submitted' ORDER BY submitted_at, id"
_REFUNDS = "SELECT id FROM refunds INDEXED BY refunds_owed WHERE status = 'owed' ORDER BY created_at, id"
_REQUESTS = (
    "SELECT id FROM change_requests INDEXED BY change_requests_waiting WHERE status = 'open' ORDER BY asked_at, id"
)
_PARCELS = """
    SELECT id FROM shipments INDEXED BY shipments_by_supplier
    WHERE supplier_id = :supplier AND status IN ('requested', 'accepted') ORDER BY id
"""
_SUPPLIERS_WITH_PARCELS = """
    SELECT id AS supplier_id FROM suppliers AS s WHERE EXISTS (
        SELECT 1 FROM shipments INDEXED BY shipments_by_supplier
        WHERE supplier_id = s.id AND status IN ('requested', 'accepted'))
"""
_QUESTIONS = """
    SELECT id FROM questions INDEXED BY questions_open
    WHERE audience = :role AND answered_at IS NULL AND asked_at > :since ORDER BY id
"""


def may_have(tx: Tx, person: int, noun: str, id_: int) -> bool:
    """Is a card of this noun for the person now? Buyers' cards are for their buyers, whatever roles those hold."""
    match noun:
        case "payment" | "refund" | "request":
            return roles.has_role(tx, person, Role.CASHIER)
        case "question":
            return roles.has_role(tx, person, Role.HOST, Role.CASHIER)
        case "desk":
            return roles.has_role(tx, person, Role.HOST)
        case "shipment":
            supplier = tx.value("SELECT supplier_id FROM shipments WHERE id = :id", id=id_)
            return supplier is not None and roles.supplies(tx, person, supplier)
        case _:
            return True


# -- Out of a chat ------------------------------------------------------------------------------------------

# Both states, because the index is of both.
_QUEUED = """
    SELECT id, kind, card FROM outbox INDEXED BY outbox_by_chat
    WHERE chat_id = :chat AND state IN ('queued', 'sending') AND state <> 'sending' ORDER BY id
"""
_DROP = "UPDATE outbox SET state = 'dropped', error = 'role revoked', ended_at = :now WHERE id = :id"


def withdraw(tx: Tx, person: int, now: int) -> None:
    """Take from the person's chat what is not for them any more: what still waits to be sent, the buttons under what
    lies there, and the question they are being asked."""
    for row in tx.all(_QUEUED, chat=person):
        if not _is_for(tx, person, row["kind"], row["card"]):
            tx.run(_DROP, id=row["id"], now=now)
    for noun in _NOUNS:
        for id_ in cards.of_noun(tx, person, noun):
            if not may_have(tx, person, noun, id_):
                _blank(tx, person, noun, id_, now)
    asked = dialogs.of(tx, person)
    role = None if asked is None else DIALOGS.get(asked.kind)
    if asked is not None and role is not None and not _may_answer(tx, asked, role):
        dialogs.begin(tx, actor=person, kind=OVER, step="text", data={}, now=now, silent=True)


def _is_for(tx: Tx, person: int, kind: str, card: str | None) -> bool:
    noun, _, id_ = (card or "").partition(":")
    if noun in _NOUNS:
        return may_have(tx, person, noun, int(id_))
    role = _MESSAGES.get(kind)
    return role is None or roles.has_role(tx, person, role)


def _may_answer(tx: Tx, dialog: dialogs.Dialog, role: Role) -> bool:
    if "supplier" in dialog.data:  # about a presale, which hosts may move too
        is_host = bool(dialog.data.get("host")) and roles.has_role(tx, dialog.person, Role.HOST)
        return is_host or roles.supplies(tx, dialog.person, int(dialog.data["supplier"]))
    if role is Role.SUPPLIER:
        return may_have(tx, dialog.person, "shipment", int(dialog.data["shipment"]))
    return roles.has_role(tx, dialog.person, role)


# Only these have buttons, or words that ask for an answer; a desk has some for as long as it stands.
_OPEN = {
    "payment": "SELECT 1 FROM payments WHERE id = :id AND status = 'submitted'",
    "refund": "SELECT 1 FROM refunds WHERE id = :id AND status = 'owed'",
    "request": "SELECT 1 FROM change_requests WHERE id = :id AND status = 'open'",
    "shipment": "SELECT 1 FROM shipments WHERE id = :id AND status IN ('requested', 'accepted')",
    "question": "SELECT 1 FROM questions WHERE id = :id AND answered_at IS NULL",
    "desk": "SELECT 1 FROM streams WHERE id = :id",
}


def _blank(tx: Tx, person: int, noun: str, id_: int, now: int) -> None:
    """The card where it stands says only that it is no longer theirs."""
    if tx.one(_OPEN[noun], id=id_) is None:
        return
    match noun:
        case "payment":
            outbox.tell(tx, person, "card_taken", now=now, lane=Lane.ORDER, card=f"payment:{id_}", noun=noun, id=id_)
        case "refund":
            outbox.tell(tx, person, "card_taken", now=now, lane=Lane.ORDER, card=f"refund:{id_}", noun=noun, id=id_)
        case "request":
            outbox.tell(tx, person, "card_taken", now=now, lane=Lane.ORDER, card=f"request:{id_}", noun=noun, id=id_)
        case "shipment":
            outbox.tell(tx, person, "card_taken", now=now, lane=Lane.ORDER, card=f"shipment:{id_}", noun=noun, id=id_)
        case "question":
            outbox.tell(tx, person, "card_taken", now=now, lane=Lane.ORDER, card=f"question:{id_}", noun=noun, id=id_)
        case _:
            outbox.tell(tx, person, "card_taken", now=now, lane=Lane.ORDER, card=f"desk:{id_}", noun=noun, id=id_)


# -- Into the hands of others -------------------------------------------------------------------------------


def hand_on(tx: Tx, role: Role, supplier: int | None, now: int) -> int:
    """Show what waits for the role to everybody who acts in it now and lacks it; returns how much that was."""
    holders = roles.holders(tx, role, supplier)
    moved = 0
    for noun, id_ in _waiting(tx, role, supplier, now):
        lacking = [person for person in holders if not cards.is_in(tx, f"{noun}:{id_}", person)]
        for person in lacking:
            _show(tx, person, noun, id_, now)
        moved += bool(lacking)
    return moved


def hand_back(tx: Tx, person: int, role: Role, supplier: int | None, now: int) -> None:
    """The person holds the role again: what waits for it has its buttons again where it stands in their chat."""
    for noun, id_ in _waiting(tx, role, supplier, now):
        _show(tx, person, noun, id_, now)
    for desk in cards.of_noun(tx, person, "desk"):
        if may_have(tx, person, "desk", desk):
            _show(tx, person, "desk", desk, now)


def _waiting(tx: Tx, role: Role, supplier: int | None, now: int) -> list[tuple[str, int]]:
    """Noun and id of all that waits for somebody in a role. Streams wait in nobody's chat: desks are opened."""
    match role:
        case Role.CASHIER:
            claims = [("payment", row["id"]) for row in tx.all(_RECEIPTS)]
            refunds = [("refund", row["id"]) for row in tx.all(_REFUNDS)]
            requests = [("request", row["id"]) for row in tx.all(_REQUESTS)]
            return [*claims, *refunds, *requests, *_questions(tx, role, now)]
        case Role.HOST:
            return _questions(tx, role, now)
        case Role.SUPPLIER:
            return [("shipment", row["id"]) for row in tx.all(_PARCELS, supplier=supplier)]
        case Role.OWNER:
            return _left_to_owners(tx, now)
        case _:
            assert_never(role)


def _left_to_owners(tx: Tx, now: int) -> list[tuple[str, int]]:
    """What owners see to because nobody else is there for it."""
    found = [
        each
        for role in (Role.CASHIER, Role.HOST)
        if roles.is_vacant(tx, role)
        for each in _waiting(tx, role, None, now)
    ]
    suppliers = [row["supplier_id"] for row in tx.all(_SUPPLIERS_WITH_PARCELS)]
    for supplier in suppliers:
        if roles.is_vacant(tx, Role.SUPPLIER, supplier):
            found += _waiting(tx, Role.SUPPLIER, supplier, now)
    return found


def _questions(tx: Tx, role: Role, now: int) -> list[tuple[str, int]]:
    return [("question", row["id"]) for row in tx.all(_QUESTIONS, role=role, since=now - ASKED_WITHIN_MS)]


def _show(tx: Tx, person: int, noun: str, id_: int, now: int) -> None:
    """A card as it stands; a receipt below the further pictures sent for it."""
    match noun:
        case "payment":
            for run in receipts.runs(receipts.of_payment(tx, id_)[1:]):
                first, last = run[0].id, run[-1].id
                outbox.tell(tx, person, "receipt_more", now=now, lane=Lane.ORDER, first=first, last=last, album=None)
            outbox.tell(tx, person, "payment_card", now=now, lane=Lane.ORDER, card=f"payment:{id_}", payment=id_)
        case "refund":
            outbox.tell(tx, person, "refund_card", now=now, lane=Lane.ORDER, card=f"refund:{id_}", refund=id_)
        case "request":
            outbox.tell(tx, person, "request_card", now=now, lane=Lane.ORDER, card=f"request:{id_}", request=id_)
        case "shipment":
            outbox.tell(tx, person, "shipment_card", now=now, lane=Lane.ORDER, card=f"shipment:{id_}", shipment=id_)
        case "question":
            outbox.tell(tx, person, "question_card", now=now, lane=Lane.ORDER, card=f"question:{id_}", question=id_)
        case "desk":
            outbox.tell(tx, person, "desk", now=now, lane=Lane.ORDER, card=f"desk:{id_}", stream=id_)
        case _:
            raise LookupError(f"there is no card of a {noun}")
