"""How each decision in the audit reads: one sentence an action, after the name of who acted.

Which entries are shown, and where, is in `auditing`.
"""

from collections.abc import Mapping

from handlers import formats, naming
from handlers.translation import Html
from handlers.wording import Face
from storage.roles import Role
from storage.trails import Line

# By what an action is about, in the order of the buttons. Every action that is written anywhere stands here once.
BY_KIND: Mapping[str, tuple[str, ...]] = {
    "roles": (
        "role.granted",
        "role.revoked",
        "role.restored",
        "invite.created",
        "invite.opened",
        "invite.withdrawn",
    ),
    "money": ("payment.submitted", "payment.confirmed", "payment.rejected", "refund.owed", "refund.done"),
    "orders": (
        "order.placed",
        "order.added",
        "order.changed",
        "order.readdressed",
        "order.called_off",
        "request.cancel",
        "request.change",
        "request.address",
        "request.agreed",
        "request.declined",
        "request.withdrawn",
        "request.lapsed",
        "buyer.blocked",
        "buyer.allowed",
        "order.paid",
        "order.completed",
        "order.cancelled",
        "order.expired",
        "shipment.accepted",
        "shipment.shipped",
        "shipment.ready",
        "shipment.handed_over",
        "shipment.delivered",
        "shipment.failed",
        "question.asked",
        "question.answered",
        "waitlist.joined",
        "waitlist.changed",
        "waitlist.left",
        "waitlist.declined",
        "waitlist.lapsed",
        "waitlist.closed",
        "claim.held",
        "claim.written_down",
        "claim.released",
        "delay.keep",
        "delay.refund",
    ),
    "streams": (
        "stream.created",
        "stream.edited",
        "stream.announced",
        "stream.live",
        "stream.ended",
        "stream.cancelled",
        "stream.paused",
        "stream.resumed",
        "group.linked",
        "group.unlinked",
        "group.moved",
    ),
    "catalogue": (
        "catalogue.imported",
        "product.created",
        "product.renamed",
        "product.price_set",
        "product.stock_set",
        "product.photo_set",
        "product.archived",
        "product.restored",
        "product.undone",
        "offer.added",
        "flash.started",
        "flash.stopped",
        "steps.set",
        "coupon.made",
        "coupon.stopped",
        "delivery.set",
        "delivery.undone",
        "pickup.opened",
        "pickup.changed",
        "pickup.closed",
        "offer.quantity",
        "offer.price",
        "offer.paused",
        "offer.resumed",
        "offer.pushed",
        "presale.drafted",
        "presale.changed",
        "presale.asked",
        "presale.countered",
        "presale.declined",
        "presale.dropped",
        "presale.opened",
        "presale.moved",
    ),
    "privacy": ("data.exported", "erasure.begun", "erasure.done"),
    "settings": ("inbox.retried", "books.restored", "outbox.freed"),
}
ACTIONS = frozenset(action for actions in BY_KIND.values() for action in actions)

# What nobody does: it follows from what somebody did, or from time.
_BY_CLOCK = frozenset({"order.expired", "waitlist.lapsed", "waitlist.closed", "claim.released"})
_FOLLOWS = frozenset(
    {
        "order.paid",
        "order.completed",
        "order.cancelled",
        "refund.owed",
        "request.lapsed",
        "claim.held",
        "group.unlinked",
        "group.moved",
    }
)
_UNKNOWN = "—"


def entry(face: Face, line: Line) -> Html:
    """`Sun 15 Mar, 20:00 · Olga: gave Cai the role cashier`."""
    return face.t("audit.line", moment=face.moment(line.at), who=who(face, line), what=sentence(face, line))


def who(face: Face, line: Line) -> str:
    """The actor's name, or what acted where no person did."""
    if line.actor_id is not None:
        return naming.person(face, line.actor_id, line.actor or "")
    if line.action in _BY_CLOCK:
        return face.t.plain("audit.by_clock")
    if line.action in _FOLLOWS:
        return face.t.plain("audit.by_itself")
    is_settings = line.details.get("via") == "settings"
    is_owner = line.action == "role.granted" and line.details.get("role") == Role.OWNER
    return face.t.plain("staff.by_settings" if is_settings or is_owner else "staff.by_command")


def sentence(face: Face, line: Line) -> Html:
    """What was done. An action of a newer program, which has no words here, is shown by its name."""
    if line.action not in ACTIONS:
        return face.t("audit.unknown_action", action=line.action, subject=line.subject)
    return face.t(
        f"audit.{line.action}",
        person=_UNKNOWN if line.person_id is None else naming.person(face, line.person_id, line.person or ""),
        role=_role(face, line),
        code=line.order or _UNKNOWN,
        title=line.stream or _UNKNOWN,
        product=line.product or _UNKNOWN,
        supplier=line.supplier or _UNKNOWN,
        amount=_UNKNOWN if line.amount is None else face.money(line.amount),
        reason=_reason(face, line),
        quantity=_quantity(face, line),
        price=_UNKNOWN if line.details.get("price") is None else face.money(int(line.details["price"] or 0)),
        coupon=line.details.get("coupon") or _UNKNOWN,
        created=_number(face, line, "created"),
        updated=_number(face, line, "updated"),
        place=line.place or _UNKNOWN,
        update=line.subject.partition(":")[2],
    )


def _role(face: Face, line: Line) -> str:
    """The role of an entry; in the first version it stood in the subject of an invitation."""
    noun, _, name = line.subject.partition(":")
    held = str(line.details.get("role") or (name if noun == "role" else ""))
    return naming.role(face, Role(held), line.supplier) if held in set(Role) else _UNKNOWN


def _reason(face: Face, line: Line) -> str:
    reason = line.details.get("reason")
    return face.t(f"button.reason_{reason}") if line.action == "payment.rejected" and reason else _UNKNOWN


def _quantity(face: Face, line: Line) -> str:
    if "quantity" not in line.details:
        return _UNKNOWN
    return _number(face, line, "quantity") if line.details["quantity"] is not None else face.t("products.unlimited")


def _number(face: Face, line: Line, detail: str) -> str:
    return formats.number(int(line.details.get(detail) or 0), face.lang)
