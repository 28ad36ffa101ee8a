"""Whether a shell and all that it has started are at rest, as one is that waits for a line.

What the kernel says of processes does not depend on how busy the machine is: one that wants to run and
has to wait for a processor is not at rest, however long it waits. Independent of onpath.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator

    # How often each thread has run so far. Two looks that are equal: nothing has happened in between.
    Look = frozenset[tuple[str, ...]]

IS_TOLD = leftovers.PROCESSES.is_dir()  # whether the kernel says such things here
# It runs or wants to; or it waits for a disk, or for a child that is about to become its program.
ACTIVE = ("R", "D")
COUNTERS = ("voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:")


def look(session: int, mark: str) -> Look | None:
    """Return what the processes of `leftovers.alive` have done so far, or None if one does something.

    But for those that nobody could notice, such as the job by which fish once reads every manual page.
    """
    seen: set[tuple[str, ...]] = set()
    for process in members(session, mark):
        for thread, state, *counters in threads(process):
            if state in ACTIVE:
                return None
            seen.add((thread, *counters))
    return frozenset(seen)


def members(session: int, mark: str) -> Iterator[int]:
    """Yield the leader of `session`, which mostly settles it, and then the others that count."""
    yield session
    for process in leftovers.alive(session, mark):
        if process != session and (not is_silent(process) or is_server(process, session)):
            yield process


def is_server(process: int, session: int) -> bool:
    """Tell whether `process` is the shell's own program in another session, for which the shell waits.

    So does elvish for its daemon, which keeps the history: tenths of a second on a busy disk.
    """
    return leftovers.session_of(process) != session and program(process) == program(session)


def program(process: int) -> str:
    """Return what `process` runs."""
    try:
        return os.readlink(f"{leftovers.PROCESSES}/{process}/exe")
    except OSError:
        return ""  # one that is just ending, or another user's


def is_silent(process: int) -> bool:
    """Tell whether what `process` writes goes nowhere."""
    folder = f"{leftovers.PROCESSES}/{process}/fd"
    try:
        return all(os.readlink(f"{folder}/{number}") == os.devnull for number in (1, 2))
    except OSError:
        return False  # one that is just ending, or has closed them


def threads(process: int) -> Iterator[tuple[str, ...]]:
    """Yield the number, the state and the `COUNTERS` of each thread of `process`."""
    folder = f"{leftovers.PROCESSES}/{process}/task"
    try:
        for thread in os.listdir(folder):
            with open(f"{folder}/{thread}/status", errors="replace") as file:
                told = {words[0]: words[1] for words in map(str.split, file) if len(words) > 1}
            yield (thread, told["State:"], *(told.get(name, "") for name in COUNTERS))
    except OSError:
        return  # ended meanwhile
