"""Kill everything that a shell under test has started, wherever it went. Independent of onpath."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

PROCESSES = Path("/proc")
TIMEOUT_S = 5.0
SIGKILL = 9  # the `signal` of Windows has no such name


def kill(session: int, mark: str) -> None:
    """Kill all of `session`, and what left it but carries `mark` as a string of its environment.

    Call it at once when the session's leader ends: later its number may be another's.
    """
    strike(-session)  # its process group: all that can be told where there is no /proc
    deadline = time.monotonic() + TIMEOUT_S
    # Again until none is left: what is being forked during one look is seen by the next.
    while (found := alive(session, mark)) and time.monotonic() < deadline:
        for process in found:
            strike(process)
        time.sleep(0.001)


def strike(process: int) -> None:
    """Kill `process`, or the group of its negative; one that is gone is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, SIGKILL)


def alive(session: int, mark: str) -> list[int]:
    """Return what runs of `session`, or with `mark` in its environment; a zombie does not."""
    folders = PROCESSES.glob("[0-9]*")
    return [int(folder.name) for folder in folders if belongs(folder, session, mark)]


def belongs(folder: Path, session: int, mark: str) -> bool:
    """Tell whether the process described in `folder` is one of those that `alive` returns."""
    try:
        # The name may hold anything, so count from behind it (proc(5), "/proc/pid/stat").
        state, _, _, number = (folder / "stat").read_bytes().rpartition(b") ")[2].split()[:4]
        environ = (folder / "environ").read_bytes() if int(number) != session else b""
    except (OSError, ValueError):
        return False  # ended meanwhile, or another user's
    return state not in (b"Z", b"X") and (
        int(number) == session or os.fsencode(mark) in environ.split(b"\0")
    )
