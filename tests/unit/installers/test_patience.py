"""How long an install script waits, whatever it is told."""

from __future__ import annotations

import pytest

from onpath.installers.patience import patience_s, whole_s


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("", 20), ("5", 5), ("0.5", 0.5), *((odd, 20) for odd in ("0", "-1", "nan", "inf", "1e9", "odd"))],
)
def test_a_time_that_cannot_be_is_not_taken(told: str, seconds: float) -> None:
    assert seconds == patience_s({"ONPATH_TIMEOUT_S": told}, 20)


@pytest.mark.parametrize(("seconds", "words"), [(0.01, "1"), (1.6, "2"), (86400.0, "86400")])
def test_curl_and_uv_are_told_whole_seconds(seconds: float, words: str) -> None:
    assert words == whole_s(seconds)
