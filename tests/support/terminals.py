"""Ask a real shell for its PATH, as a person at a terminal would. Independent of onpath.

Starts processes, and leaves none. The answers go through files: what the terminal shows is only
watched for the moment to type, and kept for the message of a test that fails.
"""

from __future__ import annotations

import getpass
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from programs import COMMAND, INTERACTIVE, LOGIN, MODES, PROGRAMS, SESSION, find
from question import NO_TERMINAL, PROOF, Question, private_folder, started
from screen import Screen

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path

# Those of `programs` that tests use with `ask`.
__all__ = ["COMMAND", "INTERACTIVE", "LOGIN", "MODES", "PROGRAMS", "SESSION", "find"]

# Neither bash's default nor the text for which Debian's /etc/zsh/zshenv sets another.
PATH = "/usr/local/bin:/usr/bin:/bin"
TIMEOUT_S = 15.0
POLL_S = 0.005
# After this long without an answer a person types again: line editors drop what came too early.
AGAIN_S = 1.0


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
    argv = PROGRAMS[name].argv(mode)
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
            insist(question, "ready", screen, shell)
            screen.enter(question.line)
        insist(question, "out", screen, shell)
        # Once more, as a line that came a moment too early is lost without a trace.
        for turn in range(2 if question.command else 0):
            if question.waits("ran", shell):
                screen.enter(question.prove())
                insist(question, f"end{turn}", screen, shell)
    return screen.shown.decode(errors="replace")


def insist(question: Question, name: str, screen: Screen, shell: subprocess.Popen[bytes]) -> None:
    """Type the question that is answered by the file `name`, again and again until it is there."""
    while question.waits(name, shell):
        screen.enter(question.report(name))
        again = time.monotonic() + AGAIN_S
        while question.waits(name, shell) and time.monotonic() < again:
            screen.watch(POLL_S)
        if question.waits(name, shell):
            screen.wipe()
