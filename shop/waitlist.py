"""Waiting lists: what a person waits for, and how many of the units that came free are theirs.

Pure rules. First come, first served: each entry in turn is given its portion of what is left by those before it.
"""

from enum import StrEnum


class Mode(StrEnum):
    """What somebody does with fewer units than they want."""

    ALL = "all"  # all or nothing
    ANY = "any"  # what there is


class Status(StrEnum):
    """Where an entry stands. Waiting and offered ones are live; all others are over."""

    WAITING = "waiting"
    OFFERED = "offered"  # units are held for it
    TAKEN = "taken"
    DECLINED = "declined"
    LAPSED = "lapsed"  # the hold ran out
    LEFT = "left"
    SERVED = "served"  # the offer has become unlimited: everybody can order
    CLOSED = "closed"  # the offer is no longer for sale

    @property
    def is_live(self) -> bool:
        return self in (Status.WAITING, Status.OFFERED)


def portion(mode: Mode, wanted: int, room: int | None, free: int) -> int:
    """How many of `free` units an entry gets now; 0: it is passed over and keeps its place.

    `room` is how many more its person may have (None: no limit). "All or nothing" is passed over while its whole
    wish can't be had: nothing is hoarded for it, so those behind it, and then new buyers, get what comes in smaller
    numbers. It is first again whenever enough comes at once.
    """
    usable = wanted if room is None else min(wanted, max(0, room))
    if mode is Mode.ALL:
        return wanted if wanted <= min(usable, free) else 0
    return min(usable, free)


def still_wanted(mode: Mode, wanted: int, held: int, taken: int) -> int:
    """How many packs somebody waits for after ordering `taken` of `held`; 0: the wait is over.

    Who takes all there was of "what there is" stays at the front for the rest; who takes fewer has had enough.
    """
    return max(0, wanted - taken) if mode is Mode.ANY and taken >= held else 0
