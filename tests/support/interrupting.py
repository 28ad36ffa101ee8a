"""A Python that gets a Ctrl-C at the moment in which it imports a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Without `signal`, which the program itself may be about to import.
AT = """import os, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), 2)
            for _ in range(10_000):
                pass  # Python looks for signals between two steps of a loop
sys.meta_path.insert(0, Finder())
"""


def environ_of(folder: Path, module: str) -> dict[str, str]:
    """Return what has each Python get a SIGINT when it imports `module`."""
    (folder / "sitecustomize.py").write_text(AT.format(module=module))
    return {"PYTHONPATH": str(folder)}
