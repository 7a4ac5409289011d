"""Where there is no browser the tests say so, and fail where one was promised."""

import pytest

from tests.browser import chromium


def test_a_missing_browser_is_no_failure_unless_one_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("REQUIRE_BROWSER", raising=False)
    assert chromium.found() is None
    monkeypatch.setenv("REQUIRE_BROWSER", "1")
    with pytest.raises(AssertionError, match="no browser on this machine"):
        chromium.found()
