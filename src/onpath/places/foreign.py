"""Which shells of another language read a startup file: at a block in it they would stop.

A fish whose config.fish has `source ~/.profile` reads plain exports there, and no `case`. Only reads.
"""

from __future__ import annotations

import os
import re

from onpath import homes
from onpath.host.installed import find_shell
from onpath.shells import ROWS, UNIX_ROWS
from onpath.shells.startup import own_files
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from onpath.model import Host
    from onpath.shells import Shell

# A file that a line has its own shell read, not another one (`bash -c`, fish's bass, fenv and replay).
HOMES = r"~|\$\{?HOME\}?|\{\$HOME\}|\$home"
READING = re.compile(
    r"(?:^|[;&|{(})]|\b(?:and|or|not|then|else|do|begin|builtin|command)\s)\s*(?:source|\.)\s+[\"']?"
    rf"(?P<home>(?:{HOMES})?)(?P<rest>/[^\s;&|\"')}}]+)"
)
BY_ANOTHER = re.compile(r"^\s*#|\b(?:\w*sh\s+-\w*c|bass|fenv|replay|foreign)\b")
MAX_DEPTH = 2  # files that a startup file has read, and those that they have
MAX_BYTES = 1 << 18


def why_foreign(path: str, shell: str, host: Host) -> str:
    """Return why a block of `shell` in the file `path` would harm another shell; or an empty text."""
    key = _key(path)
    for row in UNIX_ROWS.values() if key else ():
        if row.snippet == ROWS[shell].snippet:
            continue
        where = next((where for file, where in _readings(row, host) if _key(file) == key), "")
        if where and find_shell(row.name, host.environ):
            below = homes.below(where, host.home)
            told = f"~/{below}" if below else where
            return (
                f"is read by {row.name} as well ({told}), which does not understand what {shell} needs "
                f"there; have {row.name} read another file, then run this again"
            )
    return ""


def _readings(row: Shell, host: Host) -> Iterator[tuple[str, str]]:
    """Yield the user's files that the shell reads as its own, and of each where that is said."""
    files = [(file, file, 0) for file in own_files(row, host)]
    seen = set()
    while files:
        file, where, depth = files.pop(0)
        if file in seen or not os.path.isfile(file):
            continue
        seen.add(file)
        yield file, where
        if depth < MAX_DEPTH:
            files += [(name, f"{file}:{n}", depth + 1) for n, name in _named(file, host)]


def _named(file: str, host: Host) -> Iterator[tuple[int, str]]:
    try:
        with open(file, encoding="utf-8", errors="surrogateescape") as opened:
            lines = opened.read(MAX_BYTES).split("\n")
    except OSError:
        return
    for number, line in enumerate(lines, 1):
        if ("source" in line or ". " in line) and not BY_ANOTHER.search(line):
            for found in READING.finditer(line):
                yield number, (host.home if found["home"] else "") + found["rest"]


def _key(path: str) -> tuple[int, int] | None:
    """Return what all names of a file share, if it is there."""
    try:
        info = os.stat(path)
    except (OSError, ValueError):
        return None
    return info.st_dev, info.st_ino
