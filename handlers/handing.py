"""Goods that are picked up, at the supplier: ready, and handed over. Nothing is carried, so no carrier is asked for.

What is sent is in `supplying`, whose card both share.
"""

from handlers.routing import Tap
from handlers.supplying import ended
from handlers.turns import Toast, Turn
from storage import roles, shipments
from storage.connection import Tx
from storage.shipments import Shipment


async def ready_tap(turn: Turn, shipment: int) -> Toast | None:
    """`Ready for pick-up`: one tap decides; the buyer is told place, hours and number."""
    if await turn.look(_own_pickup, shipment, turn.actor) is None:
        return Toast("tap.stale")
    outcome = await turn.decide(
        shipments.ship,
        actor=turn.actor,
        shipment_id=shipment,
        carrier=None,
        tracking=None,
        now=turn.now,
        anchor=turn.card_anchor,
    )
    return await ended(turn, outcome)


async def handed_over_tap(turn: Turn, shipment: int) -> Toast | None:
    """`Handed over`: the buyer has been there."""
    outcome = await turn.decide(
        shipments.hand_over, actor=turn.actor, shipment_id=shipment, now=turn.now, anchor=turn.card_anchor
    )
    return await ended(turn, outcome)


def _own_pickup(tx: Tx, shipment: int, person: int) -> Shipment | None:
    found = shipments.view(tx, shipment)
    is_own = found is not None and found.is_pickup and roles.supplies(tx, person, found.supplier_id)
    return found if is_own else None


TAPS = {"ready": Tap(run=ready_tap, ints=1), "handover": Tap(run=handed_over_tap, ints=1)}
