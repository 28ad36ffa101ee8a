"""Programs of packages that `run.sh` unpacks into .cache/ and that nobody installs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

UNPACKED = Path(__file__).resolve().parents[2] / ".cache" / "packages"


def unpacked(package: str, name: str) -> Path:
    """Return the file `name` of `package`; without it the test is skipped, and in CI it fails."""
    path = UNPACKED / package / name
    if not path.exists():
        reason = f"{package} is not unpacked; tests/run.sh does it"
        if os.environ.get("CI") and Path("/etc/debian_version").exists():
            pytest.fail(reason)
        pytest.skip(reason)
    return path
