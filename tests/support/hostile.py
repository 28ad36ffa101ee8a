"""A folder as an attacker would fill it: whoever runs something in it must run nothing of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = (
    *("sh", "bash", "python", "python3", "curl", "wget", "mktemp", "mkdir", "rm", "rmdir", "mv", "cp"),
    *("ln", "cat", "chmod", "uname", "readlink", "printf", "kill", "sleep", "id", "ps", "apt-get"),
)
# Before any of the program's own lines; and what is tried for a faster one, or for a debugger.
OTHERS = ("sitecustomize", "usercustomize", "pip", "onpath", "platformdirs", "packaging", "shellingham")
MODULE = """
import sys
with open({witness!r}, "a") as file:
    file.write({name!r} + "\\n")
class sha256:
    def __init__(self, *_): pass
    def hexdigest(self): return "0" * 64
sys.modules[__name__].__dict__.setdefault("__all__", [])
"""


def fill(folder: Path, witness: Path) -> Path:
    """Fill `folder` with modules and programs, each of which writes its name to `witness` if it runs."""
    folder.mkdir(exist_ok=True)
    names = getattr(sys, "stdlib_module_names", sys.builtin_module_names)
    for name in (*names, *OTHERS):
        (folder / f"{name}.py").write_text(MODULE.format(witness=str(witness), name=name))
    for name in PROGRAMS:
        (folder / name).write_text(f"#!/bin/sh\nprintf '%s\\n' {name} >>'{witness}'\nexit 0\n")
        (folder / name).chmod(0o755)
    return folder
