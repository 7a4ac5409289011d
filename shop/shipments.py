"""Shipments: one per supplier and order, and the way each may go. Never knows carriers or addresses."""

from collections.abc import Mapping
from enum import StrEnum


class ShipmentStatus(StrEnum):
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    SHORT = "short"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return not TRANSITIONS[self]


# `Mark shipped` stands beside `Accept` from the first message on: accepting may be skipped.
# `short`: it arrived with fewer units. `failed`: the supplier cannot supply, or the parcel was lost.
TRANSITIONS: Mapping[ShipmentStatus, frozenset[ShipmentStatus]] = {
    ShipmentStatus.REQUESTED: frozenset({ShipmentStatus.ACCEPTED, ShipmentStatus.SHIPPED, ShipmentStatus.FAILED}),
    ShipmentStatus.ACCEPTED: frozenset({ShipmentStatus.SHIPPED, ShipmentStatus.FAILED}),
    ShipmentStatus.SHIPPED: frozenset({ShipmentStatus.DELIVERED, ShipmentStatus.SHORT, ShipmentStatus.FAILED}),
    ShipmentStatus.DELIVERED: frozenset(),
    ShipmentStatus.SHORT: frozenset(),
    ShipmentStatus.FAILED: frozenset(),
}


def can(current: ShipmentStatus, target: ShipmentStatus) -> bool:
    """Whether a shipment may go from one state to another."""
    return target in TRANSITIONS[current]
