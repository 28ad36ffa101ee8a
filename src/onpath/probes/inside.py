"""Whether this process runs inside of a probe: a startup file that calls ensure-path must start nothing.

Else each shell that is asked would start further ones, until no process can be started at all.
"""

from __future__ import annotations

import os

from onpath.errors import InsideProbeError
from onpath.host import proc
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK = "ONPATH_PROBE"  # in the environment of all that a probe starts; a nonce, on Windows a folder
PREFIX = "onpath-"  # of the private folders; a nonce follows
NONCE_DIGITS = 12
HEX_DIGITS = frozenset("0123456789abcdef")


def refuse(environ: Mapping[str, str], lineage: tuple[tuple[int, bytes], ...]) -> None:
    """Raise `InsideProbeError` if this process, or the session with `environ`, is inside of a probe.

    `lineage` is that of this process.
    """
    if MARK in os.environ or MARK in environ:
        raise InsideProbeError(
            f"this is inside of a probe, a shell that ensure-path has started to look ({MARK} is set), "
            f"so nothing was looked at or changed; if it is not, run unset {MARK} and try again"
        )
    if is_below_a_probe(lineage):
        raise InsideProbeError(
            "this is inside of a probe, a shell that ensure-path has started to look, so nothing was "
            "looked at or changed; if it is not, try again in a new terminal"
        )


def is_below_a_probe(lineage: tuple[tuple[int, bytes], ...]) -> bool:
    """Say whether the first of `lineage` descends from a probe that has cleared the environment.

    What is above it carries the mark; or it is the run that probes, of which a daemon becomes a child.
    """
    below = b""
    for number, (pid, session) in enumerate(lineage):
        if number and (pid <= 1 or _is_marked(pid)):
            return pid > 1
        if below not in {b"", session} and _holds_a_bench(pid):  # each probe leads a session
            return True
        below = session
    return False


def is_private_name(name: str) -> bool:
    """Say whether a private folder of ours may have that name."""
    if not name.startswith(PREFIX):
        return False
    digits = name[len(PREFIX) :]
    return len(digits) == NONCE_DIGITS and HEX_DIGITS.issuperset(digits)


def _is_marked(pid: int) -> bool:
    try:
        return b"\0" + MARK.encode() + b"=" in b"\0" + proc.read(f"/proc/{pid}/environ")
    except OSError:
        return False


def _holds_a_bench(pid: int) -> bool:
    """Say whether `pid` is a run that probes now: it holds its private folder open."""
    folder = f"/proc/{pid}/fd"
    try:
        links = [os.readlink(f"{folder}/{name}") for name in os.listdir(folder)]
    except OSError:
        return False
    return any(link.startswith("/") and is_private_name(os.path.basename(link)) for link in links)
