"""The shells under test: how to find and how to start each. Independent of onpath."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

LOGIN = "login"  # on a terminal, as ssh, a console and macOS's Terminal start a shell
INTERACTIVE = "interactive"  # on a terminal, as a new terminal window
SESSION = "session"  # login without a terminal: display managers, `bash -lc`
COMMAND = "command"  # `sh -c`, cron
MODES = (LOGIN, INTERACTIVE, SESSION, COMMAND)

# Where an argv has no LINE, the line goes to the standard input.
LINE = "{line}"

# Where `run.sh` puts what no package manager has.
FETCHED = Path(__file__).resolve().parents[2] / ".cache" / "shells" / "bin"


@dataclass(frozen=True)
class Program:
    """One shell: the names its program may have, and its argv in each mode."""

    names: tuple[str, ...]
    login: tuple[str, ...]
    interactive: tuple[str, ...]
    session: tuple[str, ...]
    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)

    def argv(self, mode: str) -> tuple[str, ...]:
        """Return the arguments of `mode`, one of `MODES`; the first is argv[0]."""
        modes = (self.login, self.interactive, self.session, self.command)
        return dict(zip(MODES, modes))[mode]


def posix(*names: str) -> Program:
    """Return the row of a shell that login and sshd start by a `-` before argv[0]."""
    name = names[0]
    return Program(names, (f"-{name}",), (name,), (name, "-l", "-c", LINE), (name, "-c", LINE))


def optioned(*names: str) -> Program:
    """Return the row of a shell that is a login shell by `-l` alone."""
    name = names[0]
    return Program(names, (name, "-l"), (name,), (name, "-l", "-c", LINE), (name, "-c", LINE))


PROGRAMS = {
    "bash": posix("bash"),
    "zsh": posix("zsh"),
    "dash": posix("dash"),
    "ash": posix("ash"),
    "posh": posix("posh"),
    "ksh93": posix("ksh93"),
    "mksh": posix("mksh"),
    "yash": posix("yash"),
    # `tcsh -l -c` is an error, so the `-` it is; `csh -l -c` is no login shell, so standard input.
    "tcsh": Program(("tcsh",), ("-tcsh",), ("tcsh",), ("-tcsh", "-c", LINE), ("tcsh", "-c", LINE)),
    "csh": Program(("bsd-csh",), ("-csh",), ("csh",), ("csh", "-l"), ("csh", "-c", LINE)),
    "fish": posix("fish"),
    "nu": posix("nu"),
    "nu-0.98": posix("nu-0.98"),
    # A script: the kernel drops the argv[0] that login gives, so only the option tells it.
    "xonsh": optioned("xonsh"),
    "xonsh-0.14": optioned("xonsh-0.14"),
    # Has no login shells.
    "elvish": Program(
        ("elvish",), ("-elvish",), ("elvish",), ("elvish", "-c", LINE), ("elvish", "-c", LINE)
    ),
    "rc": posix("rc.byron", "rc"),
    "pwsh": Program(
        ("pwsh",),
        ("pwsh", "-Login"),
        ("pwsh",),
        ("pwsh", "-Login", "-Command", LINE),
        ("pwsh", "-Command", LINE),
        env={"POWERSHELL_UPDATECHECK": "Off", "POWERSHELL_TELEMETRY_OPTOUT": "1"},
    ),
}


def find(name: str) -> Path | None:
    """Return the program of the shell `name`, or None where it is not installed."""
    path = os.environ.get("PATH", os.defpath) + os.pathsep + str(FETCHED)
    found = (shutil.which(each, path=path) for each in PROGRAMS[name].names)
    program = next(filter(None, found), None)
    if program is None and name == "ash":
        program = link_ash(shutil.which("busybox", path=path))
    return Path(program) if program else None


def link_ash(busybox: str | None) -> str | None:
    """Return a link named `ash` to `busybox`, which goes by the name that it is called by."""
    if busybox is None:
        return None
    FETCHED.mkdir(parents=True, exist_ok=True)
    link = FETCHED / "ash"
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(busybox)
    return str(link)
