"""The Pythons of this machine, of any version. Independent of onpath and of its builder."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

TELL = "import sys; print('%d.%d' % sys.version_info[:2])"


@cache
def find(version: str) -> Path | None:
    """Return a program of Python `version`, such as 3.9, or None where there is none that runs."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    candidates = [*sorted(root.glob(f"versions/{version}.*/bin/python"))]
    for name in (f"python{version}", "python3"):
        found = shutil.which(name)
        candidates += [Path(found)] if found else []
    return next((path for path in candidates if tell(path) == version), None)


def tell(python: Path) -> str | None:
    """Return the version that `python` says it has."""
    run = subprocess.run([python, "-c", TELL], capture_output=True, text=True, check=False)
    return run.stdout.strip() if run.returncode == 0 else None
