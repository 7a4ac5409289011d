"""The one message a group sees of a stream: when it is posted, brought up to date, and moved down.

An edit every 10 s at most (`livecards`), a copy further down when the talk has carried it away. What it says is in
`handlers`, read when it leaves; so one waiting row is enough, however much happens.
"""

from storage import livecards, outbox
from storage.clock import MINUTE
from storage.connection import Tx
from storage.outbox import Lane

FAR_UP = 40  # messages below it, after which the next change posts it anew
MOVES_EVERY_MS = 2 * MINUTE

_SHOWING = """
    SELECT g.chat_id FROM groups AS g INDEXED BY groups_live JOIN cards AS c ON c.chat_id = g.chat_id
    WHERE g.ended_at IS NULL AND c.card = :card
"""
_LINKED = """
    SELECT chat_id FROM groups INDEXED BY groups_live
    WHERE ended_at IS NULL AND (stream_id = :stream OR stream_id IS NULL)
"""
_PLACE = "SELECT message_id FROM cards WHERE card = :card AND chat_id = :chat"
_MOVE = """
    UPDATE groups SET posted_at = :now
    WHERE chat_id = :chat AND ended_at IS NULL
      AND (posted_at IS NULL OR posted_at > :now OR posted_at <= :now - :pause)
"""


def post(tx: Tx, chat: int, stream_id: int, now: int, *, below: int | None = None) -> None:
    """Show the stream in a group, or bring its message there up to date. `below` is a message that has just come: if
    the talk has carried ours far up, it is posted anew."""
    card = f"group:{stream_id}"
    not_before = livecards.next_edit(tx, card, chat, now)
    place = tx.value(_PLACE, card=card, chat=chat)
    anchor = None
    if place is not None and below is not None and below - place > FAR_UP:
        is_moved = tx.run(_MOVE, chat=chat, now=now, pause=MOVES_EVERY_MS) > 0
        # Named as the message that was tapped, a card that is not the newest is sent anew and the old one retired.
        anchor = place if is_moved else None
    if not_before is None:
        if anchor is None:
            return
        not_before = outbox.card_waits(tx, chat, card)
    outbox.tell(
        tx,
        chat,
        "group_card",
        now=now,
        lane=Lane.ORDER,
        card=card,
        anchor=anchor,
        not_before=not_before,
        stream=stream_id,
    )


def touch(tx: Tx, stream_id: int, now: int) -> None:
    """Something about the stream has changed: groups that show it are brought up to date. One look-up if none is."""
    for row in tx.all(_SHOWING, card=f"group:{stream_id}"):
        post(tx, row["chat_id"], stream_id, now)


def announce(tx: Tx, stream_id: int, now: int) -> None:
    """There is news for every group that is linked to the stream: its message is posted, or brought up to date."""
    for row in tx.all(_LINKED, stream=stream_id):
        post(tx, row["chat_id"], stream_id, now)


_CLAIMS_END = "UPDATE claims SET hold_until = 0 WHERE stream_id = :stream AND ended_at IS NULL"


def turned(tx: Tx, stream_id: int, status: str, now: int) -> None:
    """The stream is in another state: live is posted, the rest brought up to date; what was held for one that is
    called off is due at once."""
    if status == "live":
        announce(tx, stream_id, now)
    else:
        touch(tx, stream_id, now)
    if status == "cancelled" and tx.run(_CLAIMS_END, stream=stream_id):
        tx.rings_due = True
