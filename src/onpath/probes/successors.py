"""A shell that came in place of the one that was started, and how one like it is asked. Unix only.

A startup file execs another shell, or a multiplexer that starts one. What is typed at its prompt gets
into the history that it has made its own: so one more is started just as it was, with the question as an
argument. Linux tells how; elsewhere it is typed to.
"""

from __future__ import annotations

import os

from onpath.host import proc
from onpath.host.installed import interpreter_of
from onpath.host.running import is_interactive, options_of, read_process, shell_of
from onpath.model import INTERACTIVE, QUESTION, Installed
from onpath.shells import ALIASES, POSIX, ROWS, ask_of
from onpath.values import TYPE_CHECKING, dataclass, replace

from .inside import MARK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from onpath.host.running import Process
    from onpath.model import Ask
    from onpath.shells import Shell


@dataclass(frozen=True)
class Successor:
    """A shell that came in place of another, and how one more like it is started."""

    pid: int
    shell: Installed
    ask: Ask
    environ: dict[str, str]
    folder: str


def at(pid: int) -> list[Process]:
    """Return the process of that number, if `/proc` tells of it."""
    process = read_process(pid)
    return [process] if process else []


def others(processes: Iterable[Process], question: str) -> list[Process]:
    """Return those that were given words (not while they become another program) and no `question`."""
    told = [each for each in processes if each.argv]
    return [each for each in told if not any(question in word for word in each.argv)]


def reads_pipe(pid: int) -> bool:
    """Say whether a process sleeps since nothing comes; where that is not told, whether it sleeps."""
    return not proc.pids() or (
        proc.state(pid) == proc.ASLEEP and any(each in proc.waits_in(pid) for each in ("pipe", "0"))
    )


def find(processes: Iterable[Process]) -> Successor | None:
    """Return the newest shell among `processes` that somebody types at, if it takes a question."""
    found = [(each, *(shell_of(each) or (None, ()))) for each in processes]
    typed = [(each, shell, words) for each, shell, words in found if shell and _is_typed_at(each, words)]
    if not typed:
        return None
    process, shell, words = max(typed, key=lambda each: each[0].pid)
    ask = ask_of(ROWS[shell.name], INTERACTIVE)
    if not any(QUESTION in word for word in ask.argv):
        return None
    try:
        if not _is_of_our_files(process.pid):
            return None
        folder, environ = proc.folder(process.pid), proc.variables(process.pid)
    except OSError:  # it is gone; or another user's
        return None
    # Of a script, as xonsh is, and of an applet, the first word names what runs it.
    first = process.argv[0]
    is_named = os.path.basename(first).lstrip("-") in ALIASES
    argv = (first if is_named else ask.argv[0], *words, *ask.argv[1:])
    return Successor(
        process.pid, shell, replace(ask, argv=argv), environ, folder if os.path.isdir(folder) else "/"
    )


def _is_typed_at(process: Process, words: tuple[str, ...]) -> bool:
    """Say whether a shell takes its commands from who sits there: it was given none, and no script."""
    flags, has_script = options_of(words)
    return is_interactive(process, words) and "c" not in flags and not has_script


def _is_of_our_files(pid: int) -> bool:
    """Say whether a process has the files of this one: in a sandbox of its own it has others."""
    return all(
        os.readlink(f"/proc/{pid}/{name}") == os.readlink(f"/proc/self/{name}")
        for name in ("ns/mnt", "root")
    )


def answering(asker: str, row: Shell | None) -> Installed | None:
    """Return the shell with the process id `asker`, if it is another than `row` has."""
    process = read_process(int(asker)) if asker.isdigit() else None
    found = shell_of(process) if process else None
    return other_than(row, found[0] if found else None)


def other_than(row: Shell | None, shell: Installed | None) -> Installed | None:
    """Return `shell`, if it is another than `row` has, and one whose files can be told."""
    is_other = row and shell and shell.name not in {row.name, POSIX.name}
    return shell if is_other else None


def name(pid: int, program: str) -> str:
    """Return the name of what a process that was to run `program` has become, or an empty text.

    A child that was just forked is still this program, and has not yet the mark in its environment.
    """
    try:
        is_started = MARK.encode() in proc.read(f"/proc/{pid}/environ")
    except OSError:  # it is another user's by now; or there is no /proc
        is_started = True
    other = proc.name(pid) if is_started else ""
    own = (program, interpreter_of(program) or program)  # xonsh is a script of Python
    return "" if other in {os.path.basename(os.path.realpath(each)) for each in own} else other
