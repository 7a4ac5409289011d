"""Codes that take something off an order: made and stopped by hosts, used by buyers, their uses counted.

Owns `coupons`, their products, and how many wrong codes a person has tried. How a code is written and when it holds
is in `shop/coupons`.
"""

import sqlite3
from dataclasses import dataclass

from shop import coupons as rules
from shop.coupons import CouponFault, Facts
from shop.discounts import Reduction
from storage import audit, outbox, roles
from storage.connection import Tx
from storage.people import NotAllowed, NotFound
from storage.roles import Role
from storage.store import Refused

SUMMARY, CHAT = "summary", "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A code with how often it was used, in all and by one buyer (`by_buyer`). Product codes are for reading."""

    id: int
    reduction: Reduction
    currency: str
    facts: Facts
    product_codes: tuple[str, ...]

    @property
    def code(self) -> str:
        return self.reduction.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Buyers can use it."""

    coupon_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Nobody can use it any more; orders that have it keep it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTaken(Refused):
    """There is or was such a code: orders name it, so it never means anything else."""

    coupon_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSuchProduct(Refused):
    """The catalogue has no product with this code."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyOver(Refused):
    """Stopped before: a second tap."""


_BY_BUYER = """
    SELECT count(*) FROM orders INDEXED BY orders_by_coupon
    WHERE coupon_id = :coupon AND buyer_id = :buyer AND id <> :order AND status IN ('pending', 'paid', 'completed')
"""
_PRODUCTS = """
    SELECT p.id, p.code FROM coupon_products AS c JOIN products AS p ON p.id = c.product_id
    WHERE c.coupon_id = :coupon ORDER BY p.code
"""
_LISTING = "SELECT id FROM coupons ORDER BY id DESC LIMIT :limit"


def view(tx: Tx, coupon: int, buyer: int) -> Coupon | None:
    """A code by its id as it stands for a buyer, or None."""
    row = tx.one("SELECT * FROM coupons WHERE id = :id", id=coupon)
    return None if row is None else _coupon(tx, row, buyer)


def by_code(tx: Tx, code: str, buyer: int) -> Coupon | None:
    """The code as `shop.coupons.normalise` gives it, as it stands for a buyer, or None."""
    row = tx.one("SELECT * FROM coupons WHERE code = :code", code=code)
    return None if row is None else _coupon(tx, row, buyer)


def listing(tx: Tx, person: int, limit: int = 20) -> list[Coupon]:
    """The newest codes, newest first."""
    found = [view(tx, row["id"], person) for row in tx.all(_LISTING, limit=limit)]
    return [coupon for coupon in found if coupon is not None]


_ADD = """
    INSERT INTO coupons (code, kind, value, currency, uses, per_buyer, starts_at, ends_at, created_by, created_at)
    VALUES (:code, :kind, :value, :currency, :uses, :per_buyer, :starts_at, :ends_at, :actor, :now)
"""


def make(
    tx: Tx,
    *,
    actor: int,
    terms: rules.Terms,
    currency: str,
    starts_at: int,
    ends_at: int | None,
    now: int,
    dialog: int | None = None,
) -> Made | CodeTaken | NoSuchProduct | NotAllowed:
    """A host makes a code. `dialog` is the question it answers, which is over then."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    same = tx.value("SELECT id FROM coupons WHERE code = :code", code=terms.code)
    if same is not None:
        return CodeTaken(coupon_id=same)
    products: list[int] = []
    for code in terms.products:
        product = tx.value("SELECT id FROM products WHERE code = :code", code=code)
        if product is None:
            return NoSuchProduct(code=code)
        products.append(product)
    id_ = tx.insert(
        _ADD,
        code=terms.code,
        kind="amount" if terms.percent is None else "percent",
        value=terms.percent or terms.amount,
        currency=currency,
        uses=terms.uses,
        per_buyer=terms.per_buyer,
        starts_at=starts_at,
        ends_at=ends_at,
        actor=actor,
        now=now,
    )
    tx.many(
        "INSERT INTO coupon_products (coupon_id, product_id) VALUES (:coupon, :product)",
        [{"coupon": id_, "product": product} for product in products],
    )
    if dialog is not None:
        tx.run("DELETE FROM dialogs WHERE id = :id AND person_id = :actor", id=dialog, actor=actor)
    audit.note(tx, actor, "coupon.made", f"coupon:{id_}", now, coupon=terms.code)
    outbox.tell(tx, actor, "coupon_card", now=now, coupon=id_)
    return Made(coupon_id=id_)


def stop(
    tx: Tx, *, actor: int, coupon_id: int, now: int, anchor: int | None = None
) -> Stopped | AlreadyOver | NotAllowed | NotFound:
    """Nobody can use the code from now on."""
    if not roles.has_role(tx, actor, Role.HOST):
        return NotAllowed()
    code = tx.value("SELECT code FROM coupons WHERE id = :id", id=coupon_id)
    if code is None:
        return NotFound()
    if not tx.run(
        "UPDATE coupons SET stopped_at = :now WHERE id = :id AND stopped_at IS NULL", id=coupon_id, now=now
    ):
        return AlreadyOver()
    audit.note(tx, actor, "coupon.stopped", f"coupon:{coupon_id}", now, coupon=code)
    outbox.tell(tx, actor, "coupon_card", now=now, anchor=anchor, coupon=coupon_id)
    return Stopped()


# -- Uses ---------------------------------------------------------------------------------------------------

# One statement decides about both limits: what was read before may have been used since. Time is not asked, the price
# of an order that stood is frozen; a new one asks for it before.
_USE = f"""
    UPDATE coupons SET used = used + 1
    WHERE id = :coupon AND (uses IS NULL OR used < uses) AND (per_buyer IS NULL OR ({_BY_BUYER}) < per_buyer)
"""  # noqa: S608
_GIVE_BACK = "UPDATE coupons SET used = used - 1 WHERE id = :coupon AND used > 0"


def use(tx: Tx, coupon: int, buyer: int, order: int) -> bool:
    """Count one use for the buyer's order; False, and nothing changed, when the code or the buyer has none left."""
    return tx.run(_USE, coupon=coupon, buyer=buyer, order=order) > 0


def give_back(tx: Tx, coupon: int) -> None:
    """An order with the code is over: its use is free again. Raises ValueError if there was none: a bug."""
    if not tx.run(_GIVE_BACK, coupon=coupon):
        raise ValueError(f"coupon {coupon} was not used")


# -- Wrong codes --------------------------------------------------------------------------------------------

_TRIES = "SELECT wrong, since FROM coupon_tries WHERE person_id = :person AND place = :place"
_WRONG = """
    INSERT INTO coupon_tries (person_id, place, wrong, since) VALUES (:person, :place, 1, :now)
    ON CONFLICT (person_id, place) DO UPDATE SET
        wrong = CASE WHEN since <= :stale THEN 1 ELSE wrong + 1 END, since = :now
"""


def is_paused(tx: Tx, person: int, place: str, now: int) -> bool:
    """Has the person typed so many wrong codes lately that no more are looked at for a while?"""
    row = tx.one(_TRIES, person=person, place=place)
    # A moment that has not come yet was noted by a clock that was ahead: nobody waits for it again.
    return row is not None and row["wrong"] >= rules.MOST_WRONG and 0 <= now - row["since"] < rules.PAUSE_MS


def note_wrong(tx: Tx, person: int, place: str, now: int) -> None:
    """One more wrong code; those of a while ago no longer count."""
    tx.run(_WRONG, person=person, place=place, now=now, stale=now - rules.PAUSE_MS)


_FORGET = "DELETE FROM coupon_tries INDEXED BY coupon_tries_by_age WHERE since <= :stale"


def forget_tries(tx: Tx, now: int) -> int:
    """Wrong codes of a while ago count no more and go; returns of how many people."""
    return tx.run(_FORGET, stale=now - rules.PAUSE_MS)


def spoken(tx: Tx, person: int, text: str, now: int) -> Coupon | None:
    """The code somebody has typed into the chat, whether or not it can be used; guessing is bounded as elsewhere."""
    code = rules.normalise(text)
    if code is None or is_paused(tx, person, CHAT, now):
        return None
    coupon = by_code(tx, code, person)
    if coupon is None and tx.one("SELECT 1 FROM coupons LIMIT 1") is not None:
        note_wrong(tx, person, CHAT, now)
    return coupon


def open_link(tx: Tx, *, actor: int, text: str, now: int) -> bool:
    """Somebody follows a code's link: they are told what it gives. False, and counted, if it leads nowhere."""
    coupon = spoken(tx, actor, text, now)
    if coupon is not None:
        outbox.tell(tx, actor, "coupon_hint", now=now, coupon=coupon.id)
    return coupon is not None


def fault(coupon: Coupon, now: int) -> CouponFault | None:
    """Why the code can't be used by this buyer now."""
    return rules.fault(coupon.facts, now)


def _coupon(tx: Tx, row: sqlite3.Row, buyer: int) -> Coupon:
    products = tx.all(_PRODUCTS, coupon=row["id"])
    is_percent = row["kind"] == "percent"
    return Coupon(
        id=row["id"],
        reduction=Reduction(
            code=row["code"],
            percent=row["value"] if is_percent else None,
            amount=None if is_percent else row["value"],
            products=frozenset(product["id"] for product in products) if products else None,
        ),
        currency=row["currency"],
        facts=Facts(
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            is_stopped=row["stopped_at"] is not None,
            uses=row["uses"],
            used=row["used"],
            per_buyer=row["per_buyer"],
            by_buyer=tx.value(_BY_BUYER, coupon=row["id"], buyer=buyer, order=0),
        ),
        product_codes=tuple(product["code"] for product in products),
    )
