"""Have what startup files leave running come back to this process, and end it. Linux.

A daemon drops its parent and its session; what is set-id (ssh-agent) cannot be asked for our mark. But a
process without a parent becomes a child of the nearest "child subreaper" above it (prctl(2)), and no
program can refuse that.
"""

from __future__ import annotations

import os
import sys
import time

from onpath.host import c_library, proc
from onpath.values import TYPE_CHECKING

from . import spawn

if TYPE_CHECKING:
    from typing import Any

SET_SUBREAPER, GET_SUBREAPER = 36, 37  # of prctl(2)


class Adoption:
    """From now on orphans below this process become its children; `end` ends them.

    Where the kernel has no such thing it does nothing. A process that has other children or threads, as
    the caller of the library may, only loses what is ours without doubt.
    """

    def __init__(self) -> None:
        self.others: frozenset[int] = frozenset()
        self.was_on = False
        self.is_on = self.is_whole = False
        self.was_on = _get() == 1
        self.is_on = self.was_on or prctl(SET_SUBREAPER, 1) == 0
        if self.is_on and _has_children():
            self.others = frozenset(_children())
        self.is_whole = self.is_on and not self.others and proc.has_one_thread()

    def end(self, mark: str) -> tuple[tuple[str, int], ...]:
        """Kill what has become a child since, and what that leaves; return what may not be killed.

        Each is told by its program's name and its process id. `mark` is in the environment of all that
        we started.
        """
        if not self.is_on:
            return ()
        start, kept = time.monotonic(), set(self.others)
        asked: set[int] = set()  # to end by themselves: an ssh-agent removes its socket then
        while kept or _has_children():
            left = [pid for pid in _children() if pid not in kept]
            if not self.is_whole:
                kept.update(pid for pid in left if not _is_ours(pid, mark.encode()))
                left = [pid for pid in left if pid not in kept]
            fresh = [pid for pid in left if pid not in asked]
            asked.update(fresh)
            began = time.monotonic()
            spawn.let_work(_with_descendants(fresh))
            start += time.monotonic() - began  # which says nothing of how they end
            spawn.ask_to_end(_with_descendants(fresh))
            is_free = [spawn.kill(pid) for pid in left]
            left = [pid for pid in left if spawn.reap(pid) is None]
            if not left and (not self.is_whole or not _has_children()):
                break
            is_stuck = bool(is_free) and not any(is_free)  # and not merely about to become a child
            if time.monotonic() - start > (spawn.LEAVE_S if is_stuck else spawn.END_S):
                return tuple((proc.name(pid), pid) for pid in left)
            time.sleep(spawn.TICK_S)
        return ()

    def close(self) -> None:
        """Let orphans go where they went before."""
        if self.is_on and not self.was_on:
            prctl(SET_SUBREAPER, 0)


def _with_descendants(pids: list[int]) -> list[int]:
    return [each for pid in pids for each in (pid, *spawn.descendants(pid))]


def prctl(*words: Any) -> int:
    """Return what the call of that name gives for `words`, or -1 where there is none (prctl(2))."""
    answer = c_library.call("prctl", *words, *(0,) * (5 - len(words)))
    return -1 if answer is None else answer[0]


def _get() -> int:
    """Return 1 if this process is a subreaper already, as a supervisor may be."""
    answer = bytes(bytearray(4))  # an object of its own, in which the kernel writes a number
    return answer[0] if prctl(GET_SUBREAPER, answer) == 0 else -1


def _has_children() -> bool:
    if sys.platform in {"win32", "darwin"}:
        raise NotImplementedError
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _children() -> list[int]:
    """Return the children of this process. Not by `/proc/PID/task`, which few kernels have."""
    return [pid for pid in proc.pids() if _is_child(pid)]


def _is_child(pid: int) -> bool:
    try:
        return proc.parent(pid) == os.getpid()
    except OSError:
        return False


def _is_ours(pid: int, mark: bytes) -> bool:
    """Say whether a new child has the mark, or hides its environment and is of another session."""
    if sys.platform == "win32":
        raise NotImplementedError
    try:
        return mark in proc.environ(pid)
    except PermissionError:
        return os.getsid(pid) != os.getsid(0)
    except OSError:
        return False
