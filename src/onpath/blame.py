"""Which line of which file takes a directory off PATH again, or ends the shell. Reads only.

Nothing is run: a line that sets PATH to something that does not hold the old PATH is recognized by its
text; each row of the table says how its language assigns.
"""

from __future__ import annotations

import os
import re

from .errors import RefusedError
from .model import UNKNOWN, File
from .places import fence
from .shells import ROWS
from .shells.startup import fill
from .values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .model import Host, Probe, Target
    from .shells import Shell

BEGINNING = r"(?:^|[\s;&|({'\"])"  # of a command, in a hook's text too
OLD_PATH = re.compile(r"\$(?:\{|env[.:]|E:|@)?(?:PATH|path)", re.IGNORECASE)
ENDING = re.compile(
    r"(?:^|[\s;&|({])(?:exec\s+[^<>&\d\s]|(?:exit|logout|read|sleep|while)\b|set\s+-\w*e)"
)
SOURCE = re.compile(r"(?:^|[\s;&|])(?:\.|source)\s+[\"']?(?P<file>[^\s;\"']+)")
MAX_DEPTH = 2  # files that a startup file sources, and those that they source


def culprit(
    host: Host,
    probe: Probe,
    path: str,
    read: Callable[[Target], str | None],
) -> str | None:
    """Return `file:line: text` of the line that most likely keeps `probe` from a yes, or None.

    `path` is the file that carries the block; files that run before it can take nothing away.
    """
    if probe.verdict != UNKNOWN and probe.reason:
        return None
    row = ROWS[probe.context.shell]
    if not row.startup:
        return None
    pattern, templates = _assignment(row), list(row.read_later)
    if probe.verdict == UNKNOWN:  # any file may have ended the shell
        pattern = ENDING
        templates += [t for each in row.startup.values() for s in each for t in s.candidates]
    files = [
        path,
        *_later_drop_ins(path),
        *(fill(template, host, dict(probe.told_folders)) for template in templates),
    ]
    for file in dict.fromkeys(f for f in files if f):
        hits = list(_hits(file, pattern, read, host))
        if hits:
            return hits[-1]
    return None


def _assignment(row: Shell) -> re.Pattern[str]:
    """Return what finds a statement by which PATH gets a new value in the language of `row`."""
    return re.compile(BEGINNING + f"(?:{'|'.join(row.assigns)})(?P<value>.*)")


def _later_drop_ins(path: str) -> list[str]:
    """Return the files that are read after a drop-in of ours, the last first."""
    folder, name = os.path.split(path)
    if not name.startswith("onpath."):
        return []
    ending = os.path.splitext(name)[1]
    try:
        names = sorted(other for other in os.listdir(folder) if other.endswith(ending))
    except OSError:
        return []
    return [f"{folder}/{other}" for other in reversed(names) if other > name]


def _hits(
    path: str,
    pattern: re.Pattern[str],
    read: Callable[[Target], str | None],
    host: Host,
    depth: int = 0,
) -> Iterator[str]:
    """Yield each line of `path`, and of the files that it sources, that `pattern` blames."""
    try:
        # Our own blocks do not count: they have been put back by the time somebody looks.
        text = fence.remove(read(File(path))) or ""
    except RefusedError:
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#"):
            continue
        match = pattern.search(line)
        if match and (pattern is ENDING or not OLD_PATH.search(match["value"])):
            yield f"{path}:{number}: {line.strip()}"
        source = SOURCE.search(line)
        other = source and depth < MAX_DEPTH and _expand(source["file"], host)
        if other and os.path.isfile(other):
            yield from _hits(other, pattern, read, host, depth + 1)


def _expand(name: str, host: Host) -> str | None:
    for prefix in ("~/", "$HOME/", "${HOME}/"):
        if name.startswith(prefix):
            name = f"{host.home}/{name[len(prefix) :]}"
    return name if name.startswith("/") and "$" not in name else None
