"""Kill everything that a shell under test has started, wherever it went. Independent of onpath."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROCESSES = Path("/proc")
TIMEOUT_S = 5.0
SIGKILL = 9  # the `signal` of Windows has no such name


def kill(session: int, mark: str) -> None:
    """Kill all of `session`, and what left it but carries `mark` as a string of its environment.

    Call it at once when the session's leader ends: later its number may be another's.
    """
    found = alive(session, mark)  # before its leader is dead, by which some are known
    strike(-session)  # its process group: all that can be told where there is no /proc
    deadline = time.monotonic() + TIMEOUT_S
    # Again until none is left: what is being forked during one look is seen by the next.
    while found and time.monotonic() < deadline:
        for process in found:
            strike(process)
        time.sleep(0.001)
        found = alive(session, mark)


def strike(process: int) -> None:
    """Kill `process`, or the group of its negative; one that is gone is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, SIGKILL)


def alive(session: int, mark: str) -> list[int]:
    """Return what runs of `session`, or with `mark` in its environment; a zombie does not."""
    return [process for process in belonging(session, mark) if state(process) not in {"", "Z", "X"}]


def belonging(session: int, mark: str) -> Iterator[int]:
    """Yield the processes of `session`, and those younger ones that have `mark` in their environment.

    Or that are children of such: elvish starts its daemon in a session of its own, without a variable.
    Numbers begin again at some time: those are younger that were given out after that of the session,
    up to the last one. Only of them is the environment read, and once: it is what costs most.
    """
    if not PROCESSES.is_dir():
        return
    newest = int((PROCESSES / "loadavg").read_text().split()[-1])
    found = {session}
    for number in sorted(int(name) for name in os.listdir(PROCESSES) if name.isdigit()):
        is_younger = number > session or number <= newest < session
        is_known = session_of(number) == session or (is_younger and has_mark(number, mark))
        if is_known or (is_younger and parent_of(number) in found):
            found.add(number)
            yield number


def session_of(process: int) -> int:
    """Return the session of `process`, or 0 if that is gone."""
    if sys.platform == "win32":
        raise OSError("Windows has no sessions of this kind")
    else:  # noqa: RET506 - only so does mypy check the right half of it
        try:
            return os.getsid(process)
        except OSError:
            return 0


def has_mark(process: int, mark: str) -> bool:
    """Tell whether `mark` is a string of the environment of `process`, which it has from its parent."""
    try:
        return is_marked(process, mark)
    except (OSError, LookupError):
        return False  # ended meanwhile, another user's, or just becoming another program: asked again


def parent_of(process: int) -> int:
    """Return the parent of `process`, or 0 if it is gone."""
    words = told(process).split()
    return int(words[1]) if len(words) > 1 else 0


@functools.lru_cache(maxsize=4096)
def is_marked(process: int, mark: str) -> bool:
    """Tell the same, and remember it. Raises `LookupError` while there is no environment to be read."""
    with open(f"{PROCESSES}/{process}/environ", "rb") as file:
        environ = file.read()
    if not environ:
        raise LookupError(process)
    return os.fsencode(mark) in environ.split(b"\0")


def state(process: int) -> str:
    """Return the letter for what `process` does, or nothing if it is gone."""
    return told(process)[:1]


def told(process: int) -> str:
    """Return what `/proc` says of `process`, from its state on; nothing if it is gone."""
    try:
        # The name may hold anything, so look behind it (proc(5), "/proc/pid/stat").
        with open(f"{PROCESSES}/{process}/stat", errors="replace") as file:
            return file.read().rpartition(") ")[2]
    except OSError:
        return ""
