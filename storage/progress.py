"""How far a broadcast has come, counted from its messages, and when the host who began it is told so.

Owns `broadcasts.report_at`. The message is the card `broadcast:<id>`, which edits itself. A message sent again is
still one row, and nothing is kept besides the rows, so a restart goes on with the right figures.
"""

from dataclasses import dataclass

from storage import cards, outbox
from storage.broadcasts import REPORT_AFTER, Kind
from storage.clock import SECOND
from storage.connection import Tx
from storage.outbox import Lane

# Between two edits: seldom enough to take nothing from the broadcast, and sooner only when the end is near.
SELDOM, OFTEN = 5 * SECOND, 2 * SECOND
_PACE_OVER = 10 * SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A broadcast's messages by what became of them. Instants are UTC ms. `code` is the product it is about, if one.

    `blocked` people can't be written to (any more); of `failed` messages Telegram wants none; `dropped` ones were no
    news any more when their turn came. `last_at` is when the newest one ended; `recent` ended in the
    `recent_ms` before it.
    """

    kind: Kind
    stream_id: int
    title: str
    code: str | None
    host: int
    began_at: int
    is_enqueued: bool
    sent: int
    left: int
    blocked: int
    failed: int
    dropped: int
    last_at: int
    recent: int
    recent_ms: int

    @property
    def total(self) -> int:
        return self.sent + self.left + self.blocked + self.failed + self.dropped

    @property
    def is_over(self) -> bool:
        return self.is_enqueued and not self.left

    @property
    def took_ms(self) -> int:
        return max(0, self.last_at - self.began_at)

    @property
    def to_go_ms(self) -> int | None:
        """How long the rest takes at the pace of late, None while there is none to go by."""
        return None if not self.recent else self.left * self.recent_ms // self.recent


_BROADCAST = """
    SELECT b.kind, b.stream_id, b.created_by, b.created_at, b.state, s.title, p.code
    FROM broadcasts AS b JOIN streams AS s ON s.id = b.stream_id
    LEFT JOIN offers AS o ON o.id = b.offer_id LEFT JOIN products AS p ON p.id = o.product_id
    WHERE b.id = :id
"""
# From the index alone; the few dropped ones are looked at one by one for why.
_COUNTS = """
    SELECT state, COUNT(*) AS messages, MAX(ended_at) AS last_at
    FROM outbox INDEXED BY outbox_by_broadcast WHERE broadcast_id = :id GROUP BY state
"""
_BLOCKED = """
    SELECT COUNT(*) FROM outbox INDEXED BY outbox_by_broadcast
    WHERE broadcast_id = :id AND state = 'dropped' AND error = 'blocked'
"""
_RECENT = """
    SELECT COUNT(*) FROM outbox INDEXED BY outbox_by_broadcast
    WHERE broadcast_id = :id AND state = 'sent' AND ended_at > :since
"""


def view(tx: Tx, broadcast_id: int) -> Progress | None:
    """How far a broadcast has come, or None if there is no such one."""
    broadcast = tx.one(_BROADCAST, id=broadcast_id)
    if broadcast is None:
        return None
    rows = tx.all(_COUNTS, id=broadcast_id)
    count = {row["state"]: row["messages"] for row in rows}
    began_at = broadcast["created_at"]
    last_at = max((row["last_at"] for row in rows if row["last_at"] is not None), default=began_at)
    recent_ms = max(0, min(_PACE_OVER, last_at - began_at))
    blocked = tx.value(_BLOCKED, id=broadcast_id) if "dropped" in count else 0
    return Progress(
        kind=Kind(broadcast["kind"]),
        stream_id=broadcast["stream_id"],
        title=broadcast["title"],
        code=broadcast["code"],
        host=broadcast["created_by"],
        began_at=began_at,
        is_enqueued=broadcast["state"] == "done",
        sent=count.get("sent", 0),
        left=count.get("queued", 0) + count.get("sending", 0),
        blocked=blocked,
        failed=count.get("failed", 0),
        dropped=count.get("dropped", 0) - blocked,
        last_at=last_at,
        recent=tx.value(_RECENT, id=broadcast_id, since=last_at - recent_ms),
        recent_ms=recent_ms,
    )


_NEXT_DUE = "SELECT MIN(report_at) FROM broadcasts INDEXED BY broadcasts_to_report WHERE report_at IS NOT NULL"
_DUE = "SELECT id FROM broadcasts INDEXED BY broadcasts_to_report WHERE report_at <= :now ORDER BY report_at, id"


def next_due(tx: Tx) -> int | None:
    """When a host is next to be told (UTC ms, maybe past), or None."""
    moment: int | None = tx.value(_NEXT_DUE)
    return moment


def due(tx: Tx, now: int) -> list[int]:
    """Broadcasts whose host is to be told now."""
    return [row["id"] for row in tx.all(_DUE, now=now)]


_IS_DUE = "SELECT 1 FROM broadcasts WHERE id = :id AND report_at <= :now"
_AGAIN = "UPDATE broadcasts SET report_at = :at WHERE id = :id"
_HAS_MAIL = """
    SELECT 1 FROM outbox INDEXED BY outbox_by_chat
    WHERE chat_id = :chat AND state IN ('queued', 'sending') AND lane <= :order AND not_before <= :now LIMIT 1
"""


def report(tx: Tx, broadcast_id: int, now: int) -> None:
    """Tell the host how far the broadcast is, and set when to look again; after its end, tell that once.

    What was over within `REPORT_AFTER` is not spoken of. While other messages wait for the host, an interim report
    is left out: it must keep no answer waiting.
    """
    progress = view(tx, broadcast_id) if tx.one(_IS_DUE, id=broadcast_id, now=now) else None
    if progress is None:
        return
    if progress.is_over:
        tx.run(_AGAIN, id=broadcast_id, at=None)
        is_shown = cards.find(tx, f"broadcast:{broadcast_id}", progress.host) is not None
        if is_shown or progress.took_ms > REPORT_AFTER:
            _tell(tx, progress.host, broadcast_id, now)
        return
    to_go = SELDOM if progress.to_go_ms is None else progress.to_go_ms
    tx.run(_AGAIN, id=broadcast_id, at=now + min(SELDOM, max(OFTEN, to_go)))
    tx.rings_due = True
    if tx.one(_HAS_MAIL, chat=progress.host, order=int(Lane.ORDER), now=now) is None:
        _tell(tx, progress.host, broadcast_id, now)


def _tell(tx: Tx, host: int, broadcast: int, now: int) -> None:
    card = f"broadcast:{broadcast}"
    outbox.tell(tx, host, "broadcast_progress", now=now, lane=Lane.ORDER, card=card, broadcast=broadcast)
