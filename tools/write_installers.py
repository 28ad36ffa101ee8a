#!/usr/bin/env python3
"""Write our own install.sh and install.ps1, from the parts of which every install script consists.

    python3 tools/write_installers.py

What only they have is in `tools/install.sh.in` and `tools/install.ps1.in`. The rest is of
`src/onpath/installers`: the search for a Python, which the scripts of tools have too, and the modules in
MODULES, as they are. tests/installers/test_write_installers.py sees that this was run. Needs nothing but
the standard library. The same sources give the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from onpath.installers import script  # noqa: E402  (of this checkout)

MODULES = (
    *("installers/about.py", "installers/patience.py", "host/given.py", "host/user_scheme.py"),
    *("installers/download.py", "installers/own.py"),
)


def write() -> dict[str, bytes]:
    """Return the scripts: name -> bytes."""
    fields = {
        **script.common_fields("onpath", ">=3.9"),
        "SOURCES": " and ".join((", ".join(MODULES[:-1]), MODULES[-1])) + " of src/onpath",
        "BOOTSTRAP": script.program(*MODULES),
    }
    templates = {name: (ROOT / "tools" / f"{name}.in").read_text("ascii") for name in script.SCRIPTS}
    return {name: script.fill(name, text, fields) for name, text in templates.items()}


if __name__ == "__main__":
    for name, raw in write().items():
        (ROOT / name).write_bytes(raw)
        sys.stdout.write(f"{name}\n")
