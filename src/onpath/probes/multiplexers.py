"""Programs that have windows with terminals of their own, and show them in another: tmux, screen.

Which windows a client shows, ours or the user's own, and what a look has made of a server of his. Linux.
"""

from __future__ import annotations

import os

from onpath.host import proc
from onpath.shells.startup import SIGNS_OF_A_CLIENT
from onpath.values import TYPE_CHECKING

from . import spawn

if TYPE_CHECKING:
    from onpath.host.running import Process

TMUX, TMUX_S = "tmux", 2.0  # and how long its server may take to answer
# Whose windows of the user's own are looked for; ours are known whatever has made them.
MULTIPLEXERS = (TMUX, "screen", "zellij", "abduco", "dtach")
CLIENTS = "#{client_pid} #{session_id} #{session_created} #{pane_pid} #{session_grouped}"


def may_run(pane: str) -> bool:
    """Say whether a multiplexer may run whose shells have the variable `pane`: nobody tells of all."""
    program, pids = os.fsdecode(SIGNS_OF_A_CLIENT[pane][0]), proc.pids()
    return not pids or any(kind(pid) == program for pid in pids)


def windows(kinds: set[str], mark: bytes, seen: frozenset[int]) -> list[int]:
    """Return the sessions on other terminals that a program of one of the `kinds` has started.

    So a tmux client of the same kind as their server hands over what is typed; the user's own server has
    none of our sessions, which have the `mark`, and are younger than those that were `seen`.
    """
    found = []
    for pid in spawn.younger(min(seen, default=1) - 1):
        try:
            told = proc.fields(pid)
            is_other = told[proc.SESSION] == str(pid).encode() and told[proc.TERMINAL] != b"0"
            if is_other and pid not in seen and kind(int(told[proc.PARENT])) in kinds:
                found += [pid] if mark in proc.environ(pid) else []
        except (OSError, IndexError):  # it is gone
            continue
    return found


def windows_of_others(client: Process) -> list[int]:
    """Return the windows that the user's own multiplexer has, if it is told to which a client belongs.

    tmux names its socket in each window (tmux(1), TMUX); of another kind there must be one server alone.
    """
    name = kind(client.pid)
    found = windows({name}, b"", frozenset()) if name in MULTIPLEXERS else []
    try:
        if name == TMUX:
            socket = _socket_of_tmux(client)
            names = {pid: proc.variables(pid).get("TMUX", "").partition(",")[0] for pid in found}
            return [pid for pid in found if os.path.samefile(socket, names[pid])]
        return found if len({proc.parent(pid) for pid in found}) == 1 else []
    except OSError:  # one of them is gone, or another user's
        return []


def _socket_of_tmux(client: Process) -> str:
    """Return the socket that a client of tmux was told, or that it has without that. Raises OSError."""
    folder = proc.variables(client.pid).get("TMUX_TMPDIR") or "/tmp"  # noqa: S108  (tmux' own)
    name = "default"
    for flag, value in zip(client.argv, client.argv[1:]):
        if flag == "-S":
            return os.path.join(proc.folder(client.pid), value)
        name = value if flag == "-L" else name
    return f"{folder}/tmux-{os.stat(f'/proc/{client.pid}').st_uid}/{name}"


def end_session(client: Process, since: float, first: int) -> None:
    """End the session that a client of the user's own tmux has made for itself since then.

    That is one whose shell is younger than the process `first`; or of a group, whose windows it shares.
    """
    import subprocess  # noqa: PLC0415  (few startup files join one)

    def ask(*words: str) -> str:
        tmux = [client.program, "-S", _socket_of_tmux(client), *words]
        done = subprocess.run(tmux, stdin=-3, stdout=-1, stderr=-3, timeout=TMUX_S, check=False)
        return done.stdout.decode("utf-8", "replace")

    try:
        if kind(client.pid) != TMUX:
            return
        for line in ask("list-clients", "-F", CLIENTS).splitlines():
            pid, session, made, shell, is_grouped = line.split()
            is_new = int(made) >= int(since) and (int(shell) > first or is_grouped == "1")
            if pid == str(client.pid) and is_new:
                ask("kill-session", "-t", session)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return  # it is gone


def kind(pid: int) -> str:
    """Return of which kind a process is: its name may be `tmux: client`, or `tmux: server`."""
    try:
        name = proc.read(f"/proc/{pid}/comm")
    except OSError:
        return ""
    return os.fsdecode(name).strip().lower().partition(":")[0]
