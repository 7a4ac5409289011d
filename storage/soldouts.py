"""Offers of which nothing is free any more: their hosts are told, once each time.

Owns `offers.sold_out_told_at`. Since when is kept by `stock`, in the transaction that takes the last unit, and ends
where the waiting list leaves something; so a unit that only passes through the list is no other time.
"""

from shop.streams import StreamStatus
from storage import outbox, roles
from storage.connection import Tx
from storage.outbox import Lane

_DUE = """
    SELECT o.id, o.quantity, s.status, s.host_id
    FROM offers AS o INDEXED BY offers_sold_out JOIN streams AS s ON s.id = o.stream_id
    WHERE o.sold_out_at IS NOT NULL AND o.sold_out_told_at IS NULL ORDER BY o.sold_out_at, o.id LIMIT :limit
"""
_TOLD = "UPDATE offers SET sold_out_told_at = :now WHERE id = :id"


def tell_due(tx: Tx, *, now: int, limit: int = 100) -> int:
    """Tell the hosts of up to `limit` offers that they are sold out; returns how many were looked at.

    Sold out again after a few units had come back, the message says so where it stands; after a restock it is another
    one. Once the stream is over nobody is told: the desk still offers a presale.
    """
    rows = tx.all(_DUE, limit=limit)
    for row in rows:
        tx.run(_TOLD, id=row["id"], now=now)
        if StreamStatus(row["status"]).is_over:
            continue
        for host in roles.hosts_of(tx, row["host_id"]):
            outbox.tell(
                tx,
                host,
                "sold_out_host",
                now=now,
                lane=Lane.ORDER,
                card=f"soldout:{row['id']}-{row['quantity']}",
                offer=row["id"],
            )
    return len(rows)


_ANY = "SELECT 1 FROM offers INDEXED BY offers_sold_out WHERE sold_out_at IS NOT NULL AND sold_out_told_at IS NULL"


def next_due(tx: Tx) -> int | None:
    """0, which is at once, if there are hosts to be told; else None."""
    return None if tx.one(_ANY) is None else 0
