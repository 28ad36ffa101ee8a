"""Ask a real shell for its PATH, as a person at a terminal would. Independent of onpath.

Starts processes, and leaves none. The answers go through files: what the terminal shows is only watched
for what the shell asks it, and kept for the message of a test that fails. No clock decides anything: a
line is typed when the shell waits for one, and it was taken when it is answered.
"""

from __future__ import annotations

import getpass
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import rest
from programs import COMMAND, INTERACTIVE, LOGIN, MODES, ONE_OF_EACH, PROGRAMS, SESSION, find
from question import NO_TERMINAL, PROOF, Question, private_folder, started
from screen import Screen

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path

# Those of `programs` that tests use with `ask`.
__all__ = ["COMMAND", "INTERACTIVE", "LOGIN", "MODES", "ONE_OF_EACH", "PROGRAMS", "SESSION", "find"]

# Neither bash's default nor the text for which Debian's /etc/zsh/zshenv sets another.
PATH = "/usr/local/bin:/usr/bin:/bin"
TIMEOUT_S = 60.0  # after which a shell counts as one that hangs
POLL_S = 0.005
ARRIVAL_S = 1.0  # in which the kernel hands over all of a line, on a machine with much to do
LOST_S = 120.0  # after which a line counts as lost though nothing has moved since it was typed
PATIENT_TIMES = 5  # that a line is typed before it is supposed that half a statement stands there
QUIET_S = 0.5  # where nothing but the screen tells whether a shell is at rest


@dataclass(frozen=True)
class Answer:
    """What the shell gave. Where it gave nothing, `answered` is false and the rest is empty."""

    answered: bool
    path: tuple[str, ...]  # the entries of the PATH that its children inherit
    ran: str  # the file that ran by the name of the command, empty if none did
    screen: str  # what it showed
    took_s: float


def put_command(directory: Path, name: str) -> Path:
    """Put an executable that `ask` can run by its `name` into `directory`; return its file."""
    program = directory / name
    program.write_text(PROOF)
    program.chmod(0o755)
    return program


def ask(
    name: str,
    mode: str,
    home: Path,
    *,
    line: str | None = None,
    command: str | None = None,
    env: Mapping[str, str] | None = None,
    path: str = PATH,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """Start the shell `name` in `home` as `mode` says, and return what PATH its children have.

    `line` is entered first, as it is; at the end `command`, put by `put_command`, is run by name.
    """
    start = time.monotonic()
    argv = PROGRAMS[name].argvs[mode]
    run = at_terminal if mode in (LOGIN, INTERACTIVE) else without_terminal
    with private_folder() as folder:
        question = Question(folder, line, command, start + timeout_s)
        screen = run(question, argv, {**fresh(name, home, path, folder), **(env or {})})
        reported, ran = question.read("out"), question.read("ran")
    return Answer(
        answered=reported is not None,
        path=tuple(reported.split(":")) if reported else (),
        ran=ran or "",
        screen=screen,
        took_s=time.monotonic() - start,
    )


def fresh(name: str, home: Path, path: str, folder: Path) -> dict[str, str]:
    """Return the environment that sshd or a terminal emulator gives to a new shell."""
    user, shell = getpass.getuser(), find(name)
    if shell is None:
        raise FileNotFoundError(f"{name} is not installed; ask `require` first")
    if name == "fish":  # at its first prompt it reads every manual page, unless that was done
        with suppress(OSError):
            (home / ".local/share/fish/generated_completions").mkdir(parents=True, exist_ok=True)
    return {
        "HOME": str(home),
        "USER": user,
        "LOGNAME": user,
        "SHELL": str(shell),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "PATH": path,
        # Marks all that the shell starts, see `leftovers`, and keeps what they leave in one place.
        "TMPDIR": str(folder),
        "TMUX_TMPDIR": str(folder),
        **PROGRAMS[name].env,
    }


def without_terminal(question: Question, argv: tuple[str, ...], environ: Mapping[str, str]) -> str:
    """Give the shell all lines at once, wait for answers or its end; return what it showed."""
    lines = "\n".join(filter(None, (question.line, question.report("out"), question.prove())))
    last = "ran" if question.command else "out"
    with started(question, argv, NO_TERMINAL, lines, environ) as shell:
        while question.waits(last, shell):
            time.sleep(POLL_S)
    return question.read("shown") or ""


def at_terminal(question: Question, argv: tuple[str, ...], environ: Mapping[str, str]) -> str:
    """Type the lines one after the other, each at a prompt; return what the screen showed."""
    with closing(Screen()) as screen, started(question, argv, screen.device, "", environ) as shell:
        if question.line is not None:
            insist(question, "ready", screen, shell, question.line)
        insist(question, "out", screen, shell, question.prove())
        if question.command and question.waits("ran", shell):
            insist(question, "end", screen, shell)  # by then it has run, or never will
    return screen.shown.decode(errors="replace")


def insist(
    question: Question, name: str, screen: Screen, shell: subprocess.Popen[bytes], then: str = ""
) -> None:
    """Type the question that is answered by the file `name`, with `then` behind it, until it is there.

    A shell that answers has taken the whole line, so that `then` is run next, and once. What was lost is
    typed again: a startup file may read a line, and line editors drop what came too early.
    """
    line = "; ".join(filter(None, (question.report(name), then)))
    typed_at: object = None
    typed_s, times = time.monotonic(), 0
    while question.waits(name, shell):
        found = at_rest(question, screen, shell)
        waited_s = time.monotonic() - typed_s
        patience_s = LOST_S if found == typed_at else ARRIVAL_S
        is_under_way = typed_at is not None and waited_s < patience_s
        if found is None or is_under_way or screen.has_unread():
            continue  # the line may still be taken
        if typed_at is not None:
            screen.wipe()
        if times and not times % PATIENT_TIMES:
            screen.enter("")  # of half a line PowerShell makes a statement, whose rest it waits for
        screen.enter(line)
        typed_at, typed_s, times = found, time.monotonic(), times + 1


def enter(question: Question, line: str, screen: Screen, shell: subprocess.Popen[bytes]) -> None:
    """Type `line` once the shell waits for one, without an answer to tell whether it was taken."""
    while question.waits("never", shell):
        if at_rest(question, screen, shell) is not None:
            screen.enter(line)
            return


def at_rest(question: Question, screen: Screen, shell: subprocess.Popen[bytes]) -> object:
    """Return how far all that runs at `screen` has come, or None while it is not at rest."""
    if not rest.IS_TOLD:
        return None if screen.watch(QUIET_S) else len(screen.shown)
    looks = []
    for _ in range(2):
        if screen.watch(POLL_S):
            return None
        looks.append(rest.look(shell.pid, question.mark))
    return looks[0] if looks[0] == looks[1] else None
