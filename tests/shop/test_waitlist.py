"""Waiting lists: what of the units that came free is whose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.waitlist import Mode, Status, portion, still_wanted


@pytest.mark.parametrize(
    ("mode", "wanted", "room", "free", "gets"),
    [
        (Mode.ANY, 5, None, 9, 5),
        (Mode.ANY, 5, None, 3, 3),
        (Mode.ANY, 5, 2, 9, 2),
        (Mode.ANY, 5, 0, 9, 0),
        (Mode.ANY, 5, -1, 9, 0),
        (Mode.ANY, 5, None, 0, 0),
        (Mode.ALL, 5, None, 5, 5),
        (Mode.ALL, 5, None, 4, 0),
        (Mode.ALL, 5, 4, 9, 0),
        (Mode.ALL, 5, 5, 9, 5),
    ],
)
def test_a_portion_is_what_is_wanted_allowed_and_there(
    mode: Mode, wanted: int, room: int | None, free: int, gets: int
) -> None:
    assert portion(mode, wanted, room, free) == gets


@given(st.sampled_from(Mode), st.integers(1, 99), st.none() | st.integers(-5, 99), st.integers(0, 99))
def test_nobody_gets_more_than_wanted_allowed_or_there_and_all_or_nothing_never_a_part(
    mode: Mode, wanted: int, room: int | None, free: int
) -> None:
    units = portion(mode, wanted, room, free)
    assert 0 <= units <= min(wanted, free)
    assert room is None or units <= max(0, room)
    assert mode is Mode.ANY or units in (0, wanted)


@pytest.mark.parametrize(
    ("mode", "wanted", "held", "taken", "rest"),
    [
        (Mode.ANY, 5, 3, 3, 2),
        (Mode.ANY, 5, 3, 2, 0),
        (Mode.ANY, 5, 5, 5, 0),
        (Mode.ANY, 5, 3, 4, 1),
        (Mode.ANY, 5, 3, 9, 0),
        (Mode.ALL, 5, 5, 3, 0),
    ],
)
def test_who_takes_all_of_a_part_still_wants_the_rest(
    mode: Mode, wanted: int, held: int, taken: int, rest: int
) -> None:
    assert still_wanted(mode, wanted, held, taken) == rest


def test_only_waiting_and_offered_entries_are_live() -> None:
    assert {status for status in Status if status.is_live} == {Status.WAITING, Status.OFFERED}
