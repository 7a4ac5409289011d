"""States that can't be: an order, shipment or stream whose times contradict it, and cards that show nothing.

Only reads, one statement a rule. Sums and money are recounted in `recount`.
"""

from collections.abc import Iterator

from storage.connection import Tx

# What a state says has happened, and when; and no money that would have changed the state.
_STATES = """
    SELECT o.code, o.status, o.id,
        CASE
            WHEN o.status IN ('paid', 'completed') AND o.paid_at IS NULL THEN 'nobody knows when it was paid'
            WHEN o.status = 'completed' AND o.completed_at IS NULL THEN 'nobody knows when it was completed'
            WHEN o.status = 'expired' AND o.expired_at IS NULL THEN 'nobody knows when it ran out'
            WHEN o.status = 'cancelled' AND o.cancelled_at IS NULL THEN 'nobody knows when it was cancelled'
            WHEN o.status = 'pending' AND o.total > 0 AND o.total <= (
                SELECT coalesce(sum(amount), 0) FROM payments WHERE order_id = o.id AND status = 'confirmed')
                THEN 'its whole price is confirmed'
        END AS misfit
    FROM orders AS o WHERE misfit IS NOT NULL ORDER BY o.id
"""


def _states(tx: Tx) -> Iterator[str]:
    for row in tx.all(_STATES):
        yield f"order {row['code']}: it is {row['status']}, but {row['misfit']}"


_SHIPMENT_STATES = """
    SELECT o.code, s.status FROM shipments AS s JOIN orders AS o ON o.id = s.order_id
    WHERE (s.status = 'shipped' AND s.shipped_at IS NULL)
       OR (s.status IN ('delivered', 'short', 'failed')) <> (s.ended_at IS NOT NULL)
    ORDER BY s.id
"""


def _shipment_states(tx: Tx) -> Iterator[str]:
    for row in tx.all(_SHIPMENT_STATES):
        yield f"order {row['code']}: a shipment is {row['status']}, but its times say something else"


_STREAM_STATES = """
    SELECT code, status FROM streams
    WHERE (status = 'announced' AND announced_at IS NULL) OR (status = 'live' AND live_at IS NULL)
       OR (status = 'ended') <> (ended_at IS NOT NULL) OR (status = 'cancelled') <> (cancelled_at IS NOT NULL)
    ORDER BY id
"""


def _stream_states(tx: Tx) -> Iterator[str]:
    for row in tx.all(_STREAM_STATES):
        yield f"stream {row['code']}: it is {row['status']}, but its times say something else"


# A card's name is what it shows and that row's number; a desk's is its stream's.
_STRAY_CARDS = """
    SELECT card, count(*) AS chats FROM (
        SELECT card, substr(card, 1, instr(card, ':') - 1) AS what,
            CAST(substr(card, instr(card, ':') + 1) AS INTEGER) AS row FROM cards)
    WHERE CASE what
        WHEN 'order' THEN row NOT IN (SELECT id FROM orders)
        WHEN 'payment' THEN row NOT IN (SELECT id FROM payments)
        WHEN 'refund' THEN row NOT IN (SELECT id FROM refunds)
        WHEN 'shipment' THEN row NOT IN (SELECT id FROM shipments)
        WHEN 'question' THEN row NOT IN (SELECT id FROM questions)
        WHEN 'desk' THEN row NOT IN (SELECT id FROM streams)
        ELSE 0 END
    GROUP BY card ORDER BY card
"""


def _stray_cards(tx: Tx) -> Iterator[str]:
    for row in tx.all(_STRAY_CARDS):
        yield f"card {row['card']}: it is shown in {row['chats']} chats, but there is no such row"


def misfits(tx: Tx) -> list[str]:
    """Every state that can't be; empty when all can."""
    rules = (_states, _shipment_states, _stream_states, _stray_cards)
    return [line for rule in rules for line in rule(tx)]
