"""What is in the place of a command, and what has put it there. Few runs meet one."""

from __future__ import annotations

import glob
import os
from contextlib import suppress

from .settings import normal

# The folders in which others have an environment for each tool, and what takes one away.
OF_TOOLS = {"/uv/tools/": "uv tool uninstall", "/pipx/venvs/": "pipx uninstall"}


def not_ours(files: list[str]) -> str:
    """Return what to say of commands that are in the way, with what takes them out.

    Who removes the file of a pip or a uv by hand loses ours to their next uninstall.
    """
    verb, them = ("was", "it") if len(files) == 1 else ("were", "them")
    known = [_uninstall(file) for file in files]
    cure = f"move {them} away or remove {them}"
    if any(known):
        cure = ", ".join(dict.fromkeys(k or f"move {file} away" for k, file in zip(known, files)))
    return f"{' and '.join(files)} {verb} not put there by this script; {cure}, then run this again"


def _uninstall(file: str) -> str:
    """Return the words that have what has put a command there take it away, or an empty text."""
    real = os.path.realpath(file)
    for tool, words in OF_TOOLS.items():
        folder, found, rest = real.partition(tool)
        if found and folder:
            return f"run {words} {rest.split(os.sep)[0]}"
    scripts, command = os.path.split(file)
    above = glob.escape(os.path.dirname(scripts))
    # Of `pip install --user`.
    for record in glob.glob(f"{above}/lib/python3.*/site-packages/*.dist-info/RECORD"):
        with suppress(OSError), open(record, encoding="utf-8", errors="replace") as opened:
            if any(line.startswith(f"../../../bin/{command},") for line in opened):
                name = os.path.basename(os.path.dirname(record)).partition("-")[0]
                return f"run python3 -m pip uninstall {normal(name)}"
    return ""
