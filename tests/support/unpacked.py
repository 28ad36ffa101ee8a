"""Programs of packages that `run.sh` unpacks into .cache/ and that nobody installs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNPACKED = Path(__file__).resolve().parents[2] / ".cache" / "packages"
SCRIPT = Path(__file__).with_suffix(".sh")


def unpacked(package: str, name: str) -> Path:
    """Return the file `name` of `package`; without it the test is skipped, and in CI it fails."""
    path = UNPACKED / package / name
    if not path.exists():
        reason = f"{package} is not unpacked; tests/run.sh does it"
        if os.environ.get("CI") and Path("/etc/debian_version").exists():
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def inside(etc: Path, *packages: str) -> tuple[str, ...]:
    """Return the words before a command that sees `packages` as if they were installed.

    It is in namespaces of its own: what it leaves running ends with it. `etc` lies over /etc.
    """
    etc.mkdir(exist_ok=True)
    names = ("--mount", "--propagation", "private", "--pid", "--fork", "--mount-proc", "--kill-child")
    folders = " ".join(str(UNPACKED / package) for package in packages)
    return ("unshare", *names, "/bin/sh", str(SCRIPT), str(etc), folders)


def need_namespaces(etc: Path) -> None:
    """Skip the test where `inside` cannot work."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("programs that are only unpacked need Linux, root and unshare")
    done = subprocess.run([*inside(etc), "true"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no namespaces: {done.stderr.strip()}")
