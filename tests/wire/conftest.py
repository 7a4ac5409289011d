"""Stories that hold however updates come in are told both ways: a test that takes `mode` runs once in each."""

import pytest

from tests.wire.stall import MODES, Mode


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Mode:
    given: Mode = request.param
    return given
