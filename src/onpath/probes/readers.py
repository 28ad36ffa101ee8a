"""Who reads a terminal that a startup file has: a shell at its prompt, or something else.

What is typed there reaches whoever reads. To a password prompt it is a wrong password, to `read -n 1` a
yes, to a tmux of the user's a command in the middle of his work: so nothing is typed but to a shell of
ours that waits for a line. Linux tells all of that; elsewhere only the state of the terminal is known.
"""

from __future__ import annotations

import os
import sys

from onpath.host import proc
from onpath.host.running import read_process, shell_of
from onpath.shells import ROWS
from onpath.values import TYPE_CHECKING, dataclass

from . import multiplexers, spawn

if TYPE_CHECKING:
    from onpath.host.running import Process
    from onpath.model import Installed

    Group = tuple[tuple[Process, Installed | None], ...]  # each, and what it is if it is a shell

INPUT_FLAGS, LOCAL_FLAGS = 0, 3  # of what `tcgetattr` returns
INPUT = ("0",)  # a descriptor by which nothing is shown
OUTPUTS = ("1", "2")  # and those by which nothing is read
HELPERS = tuple(row.helper for row in ROWS.values() if row.helper)  # which read nothing
# Where the kernel has put a process to sleep that reads a terminal, or waits for one with a time limit;
# not in do_wait, sigsuspend (zsh's `wait`) or anon_pipe_read. "0" where that is not told.
SLEEPS = (
    *("wait_woken", "n_tty_read", "poll_schedule_timeout", "do_select", "do_poll", "do_sys_poll"),
    "0",
)


@dataclass(frozen=True)
class Watched:
    """A terminal on which a shell of ours was started."""

    session: int
    terminal: int  # a descriptor of its outer end
    mark: bytes  # in the environment of all that was started there
    # In the command line of a shell that has got its question there: it never comes to a prompt, so what
    # it reads is a question of a startup file's own. Empty where the shell gets there all the same.
    given: str = ""
    was_asked: bool = True  # somebody there has asked the terminal where the cursor is


@dataclass(frozen=True)
class _Sight:
    """What is seen of one terminal."""

    is_cooked: bool  # it gives whole lines
    echoes: bool  # it shows what is typed
    turns_enter: bool  # into the end of a line, as for a plain program
    there: Group  # to whom it belongs


HIDDEN = _Sight(is_cooked=True, echoes=False, turns_enter=True, there=())


def is_at_prompt(watched: Watched) -> bool:
    """Say whether what is typed at a terminal reaches a shell that waits for a line, and nobody else."""
    return look(watched)[0]


def look(watched: Watched) -> tuple[bool, list[Process], Process | None]:
    """Return whether a terminal `is_at_prompt`, the shells that have it, and the client that shows them.

    A shell that waits for a program there has lent it. Of a multiplexer it is those of its windows, also
    of one that is the user's own, into which nothing is typed: then there is a client of that.
    """
    sights = _look(watched)
    is_read = all(_is_prompt(sight, watched) for sight in sights)
    for client in (each for sight in sights for each in _reading(sight.there)):
        windows = [read_process(pid) for pid in multiplexers.windows_of_others(client)]
        if any(windows):
            return is_read, [each for each in windows if each], client
    found = [_shell_above(each) for sight in sights for each, _ in sight.there]
    return is_read, list({each.pid: each for each in found if each}.values()), None


def _shell_above(process: Process) -> Process | None:
    """Return the shell that a process is, or the nearest one above it in its session."""
    session, above = proc.session(process.pid), process
    while not shell_of(above):
        other = read_process(above.parent)
        if other is None or not session or proc.session(other.pid) != session:
            return None
        above = other
    return above


def edits_line(watched: Watched) -> bool:
    """Say whether the line editor of a shell has the terminal, so that no command is running there."""
    return bool(proc.pids()) and all(
        not sight.is_cooked and _is_prompt(sight, watched) for sight in _look(watched)
    )


def waits_for_user(watched: Watched) -> bool:
    """Say whether nothing goes on without an answer: to a question of a shell's, or of a program's.

    At one look it may seem so too where a shell just starts a program, or takes the terminal back.
    """
    return all(_asks(sight, watched) for sight in _look(watched))


def is_busy(watched: Watched) -> bool:
    """Say whether the shell there, or a program that asks nobody for anything, works.

    Between two of its programs a shell may not look so.
    """
    at_all = bool(proc.pids())
    return any(s.is_cooked and s.echoes and _works(s, at_all=at_all) for s in _look(watched))


def _is_prompt(sight: _Sight, watched: Watched) -> bool:
    if sight.is_cooked != sight.echoes:
        return False  # a password; or a key, since who edits a line shows it himself
    if not proc.pids():
        return True  # where there is no `/proc`, that is all that can be known
    rows = [ROWS[shell.name] for _, shell in sight.there if shell]
    if not rows or _reading(sight.there):
        return False
    if watched.given and any(watched.given in word for each, _ in sight.there for word in each.argv):
        return False
    # A line editor has the terminal in another state, and some ask it something: this is a `read`.
    if sight.is_cooked:
        return not any(row.edits_lines for row in rows)
    is_plain = sight.turns_enter and all(row.takes_enter for row in rows)
    return not is_plain and (watched.was_asked or not any(row.asks_place for row in rows))


def _asks(sight: _Sight, watched: Watched) -> bool:
    """Say whether all that is there waits for a line, for a key, or for a password."""
    if sight.is_cooked:
        return not sight.echoes or not _works(sight, at_all=True)
    # Beside fish's line editor a program may work that shows nothing: it reads manual pages.
    concerned = [each.pid for each, shell in sight.there if shell or _has_terminal(each.pid, INPUT)]
    is_still = all(proc.state(pid) == proc.ASLEEP for pid in concerned)
    return bool(concerned) and is_still and not _is_prompt(sight, watched)


def _works(sight: _Sight, *, at_all: bool) -> bool:
    """Say whether one of those there is a program, or a shell that works or waits for one.

    `at_all` is what holds if there is nobody.
    """
    if not sight.there:
        return at_all
    if not all(shell and proc.state(each.pid) == proc.ASLEEP for each, shell in sight.there):
        return True
    return not any(proc.waits_in(each.pid).startswith(SLEEPS) for each, _ in sight.there)


def _look(watched: Watched, seen: frozenset[int] = frozenset()) -> list[_Sight]:
    """Return what is seen of a terminal, or of those on which what is typed there comes out.

    A multiplexer hands it to one of its windows, and nobody tells which: so all of them count.
    """
    is_cooked, echoes, turns_enter = _state(watched.terminal)
    there = tuple((each, (shell_of(each) or (None,))[0]) for each in _in_foreground(watched.session))
    found: list[_Sight] = []
    kinds = set() if is_cooked else {multiplexers.kind(each.pid) for each in _reading(there)}
    seen |= {watched.session}
    for window in multiplexers.windows(kinds, watched.mark, seen) if kinds else ():
        found += _look_into(window, watched, seen)
    return found or [_Sight(is_cooked, echoes, turns_enter, there)]


def _look_into(window: int, watched: Watched, seen: frozenset[int]) -> list[_Sight]:
    """Return what is seen of the terminal of the session `window`."""
    try:
        terminal = os.open(f"/proc/{window}/fd/0", os.O_RDONLY | getattr(os, "O_NOCTTY", 0))
    except OSError:  # it is gone; or nobody can look into it
        return [HIDDEN] if os.path.exists(f"/proc/{window}") else []
    try:
        return _look(Watched(window, terminal, watched.mark, watched.given), seen)
    finally:
        os.close(terminal)


def _state(terminal: int) -> tuple[bool, bool, bool]:
    """Return whether the terminal gives whole lines, shows what is typed, and has Enter end a line."""
    if sys.platform == "win32":
        raise NotImplementedError
    import termios  # noqa: PLC0415  (few questions are typed)

    try:
        told = termios.tcgetattr(terminal)
    except termios.error:  # nobody holds the other end any more
        return True, False, True
    local, keys = told[LOCAL_FLAGS], told[INPUT_FLAGS] & (termios.ICRNL | termios.INLCR)
    return bool(local & termios.ICANON), bool(local & termios.ECHO), keys == termios.ICRNL


def _in_foreground(session: int) -> list[Process]:
    """Return the processes to which the terminal of a session belongs at this moment."""
    found: list[Process] = []
    for pid in spawn.younger(session - 1):
        try:
            told = proc.fields(pid)
            is_there = told[proc.SESSION] == str(session).encode()
            process = (
                read_process(pid) if is_there and told[proc.GROUP] == told[proc.FOREGROUND] else None
            )
        except (OSError, IndexError):  # it is gone
            continue
        found += [process] if process else []
    return found


def _reading(there: Group) -> list[Process]:
    """Return the programs, no shells, that a startup file runs and that may read."""
    others = [each for each, shell in there if not shell and not _is_helper(each)]
    return [each for each in others if _has_terminal(each.pid, OUTPUTS)]


def _is_helper(process: Process) -> bool:
    """Say whether a shell has started that by itself, in the background."""
    return any(word.endswith(HELPERS) for word in process.argv)


def _has_terminal(pid: int, without: tuple[str, ...]) -> bool:
    """Say whether a process has a terminal open, by another descriptor than those."""
    folder = f"/proc/{pid}/fd"
    try:
        links = [os.readlink(f"{folder}/{name}") for name in os.listdir(folder) if name not in without]
    except OSError:  # it is gone; or another user's, as sudo is
        return os.path.exists(folder)
    return any(link.startswith(("/dev/pts/", "/dev/tty")) for link in links)
