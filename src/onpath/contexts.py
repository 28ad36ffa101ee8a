"""The contexts: the ways in which programs come to be started, one row each. Data, with few looks.

A row says by which signs a context is here, and which machines can have it. How a program is started in
it, and what can be edited for it, is known by its place (`places`). Where no edit helps, there is a line
for somebody's own file, spelled as the reader of that file takes it.
"""

from __future__ import annotations

import os

from .model import COMMAND, DESKTOP, EDITOR, INTERACTIVE, LOGIN, SESSION, SSH
from .values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Literal

    from .model import Host

    Mode = Literal[
        "login",
        "interactive",
        "session",
        "command",
        "ssh",
        "editor",
        "desktop",
        "unit",
        "cron",
        "ci",
        "container",
        "notebook",
        "sudo",
        "launchd",
    ]

UNIT, CRON, CI = "unit", "cron", "ci"
CONTAINER, NOTEBOOK, SUDO, LAUNCHD = "container", "notebook", "sudo", "launchd"

DEFAULT_MODES = (LOGIN, INTERACTIVE)
SEARCHED = "/usr/local/bin:/usr/bin:/bin"  # what a line that sets PATH outright should not lose


@dataclass(frozen=True)
class Row:
    """A context: its name, and by what it is known.

    A sign or trace is `NAME`, a variable that is set, or `NAME=value`; `@word`, one of
    `Host.surroundings`; or `/path`, a file that exists.
    """

    name: str  # what --for and the reports call it
    title: str  # what is started so, in few words
    signs: tuple[str, ...] = ()  # any of them: this process is in it, or beside it
    traces: tuple[str, ...] | None = None  # any of them: this machine can have it; None: every one can
    where: str = ""  # where the line belongs
    line: str = ""  # what to write there, with names of `SPELLINGS` in braces
    absent: str = ""  # why nothing can be asked where neither a sign nor a trace is here


CONTEXTS = (
    Row(LOGIN, "ssh, consoles, terminals of macOS"),
    Row(INTERACTIVE, "terminal windows"),
    Row(SESSION, "login shells without a terminal"),
    Row(COMMAND, "programs that run SHELL -c"),
    Row(SSH, "ssh HOST COMMAND", signs=("SSH_CONNECTION", "SSH_CLIENT")),
    Row(
        EDITOR,
        "VS Code and others that ask a shell",
        signs=("TERM_PROGRAM=vscode", "VSCODE_PID", "VSCODE_IPC_HOOK_CLI"),
    ),
    Row(
        DESKTOP,
        "programs of the desktop",
        # XDG_SESSION_TYPE is `tty` for consoles and ssh.
        signs=("XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE=x11", "XDG_SESSION_TYPE=wayland"),
        traces=(
            *("/etc/X11/default-display-manager", "/etc/systemd/system/display-manager.service"),
            *("/usr/share/xsessions", "/usr/share/wayland-sessions"),
        ),
    ),
    Row(
        UNIT,
        "ExecStart=COMMAND of systemd",
        traces=("/usr/lib/systemd/systemd", "/lib/systemd/systemd"),
        # It is looked up in a list that is compiled in, whatever PATH says (systemd.service(5)).
        where="in the unit, by its full name",
        line="ExecStart={unit}/COMMAND",
        absent="this machine has no systemd",
    ),
    Row(
        CRON,
        "jobs of crontab",
        traces=("/usr/bin/crontab", "/usr/sbin/cron", "/usr/sbin/crond"),
        # Neither `~` nor `$HOME` is filled in there (crontab(5)).
        where="at the top of what `crontab -e` opens",
        line=f"PATH={{literal}}:{SEARCHED}",
        absent="this machine has no cron",
    ),
    Row(
        CI,
        "the next step of a CI job",
        signs=(
            *("GITHUB_PATH", "CIRCLECI", "TF_BUILD", "TEAMCITY_VERSION", "GITLAB_CI", "TRAVIS"),
            *("APPVEYOR", "BUILDKITE", "JENKINS_URL", "CIRRUS_CI", "CF_BUILD_ID", "SEMAPHORE"),
            *("CODEBUILD_BUILD_ID", "BITBUCKET_BUILD_NUMBER", "DRONE", "CI=woodpecker"),
            "BUILD_SUBMITTER=git.sr.ht",
        ),
        traces=("@ci",),
    ),
    Row(
        CONTAINER,
        "RUN, docker run, docker exec",
        signs=("@container",),
        traces=(),
        where="in the Dockerfile",
        line="{image}",
        absent="this is no container that shows",
    ),
    Row(
        NOTEBOOK,
        "!COMMAND in a notebook",
        signs=("JUPYTER_SERVER_URL", "JPY_PARENT_PID"),
        traces=(),
        # IPython's %env takes its value as it is written.
        where="in a cell",
        line="%env PATH={literal}:{given}",
        absent="no kernel of a notebook has started this",
    ),
    Row(
        SUDO,
        "sudo COMMAND",
        signs=("SUDO_USER",),
        traces=("/usr/bin/sudo", "/usr/local/bin/sudo"),
        where="secure_path counts there, not your PATH",
        line='sudo env "PATH=$PATH" COMMAND',
        absent="this machine has no sudo",
    ),
    Row(
        LAUNCHD,
        "programs from Finder and the Dock",
        traces=("@macos",),
        where="for every user, then restart",
        line="sudo launchctl config user path {word}:/usr/bin:/bin:/usr/sbin:/sbin",
        absent="this machine has no launchd",
    ),
)
ROWS = {row.name: row for row in CONTEXTS}
MODES = tuple(ROWS)


def here(host: Host) -> tuple[str, ...]:
    """Return the names of the contexts whose sign is here."""
    return tuple(row.name for row in CONTEXTS if is_here(row, host))


def possible(host: Host) -> tuple[str, ...]:
    """Return the names of the contexts that this machine has."""
    return tuple(row.name for row in CONTEXTS if is_possible(row, host))


def is_here(row: Row, host: Host) -> bool:
    """Say whether a sign of `row` is here."""
    return any(_shows(sign, host) for sign in row.signs)


def is_possible(row: Row, host: Host) -> bool:
    """Say whether this machine has the context of `row`."""
    return row.traces is None or is_here(row, host) or any(_shows(trace, host) for trace in row.traces)


def _shows(sign: str, host: Host) -> bool:
    if sign.startswith("@"):
        return sign[1:] in host.surroundings
    if sign.startswith("/"):
        return os.path.exists(sign)
    name, has_value, value = sign.partition("=")
    found = host.environ.get(name, "")
    return found == value if has_value else bool(found)


def line(name: str, host: Host, directories: Iterable[str]) -> str:
    """Return the line that makes `directories` effective in the context `name`, or an empty text."""
    return ROWS[name].line.format_map(_Spelled(host, tuple(directories)))


def cure(name: str, host: Host, directories: Iterable[str]) -> str:
    """Return what to write where, if no edit helps in the context `name`; or an empty text."""
    row = ROWS[name]
    return f"{row.where}: {line(name, host, directories)}" if row.line else ""


class _Spelled(dict[str, str]):
    """The directories in each spelling, made when one is asked for."""

    def __init__(self, host: Host, directories: tuple[str, ...]) -> None:
        self.host, self.directories = host, directories

    def __missing__(self, name: str) -> str:
        return SPELLINGS[name](self.host, self.directories)


def _literal(_host: Host, directories: tuple[str, ...]) -> str:
    """As cron, `%env` and GITHUB_PATH take them: every character for itself."""
    return ":".join(directories)


def _word(host: Host, directories: tuple[str, ...]) -> str:
    """As one word of sh."""
    from .shells import quote  # noqa: PLC0415  (few runs tell a line)

    return ":".join(quote.posix(directory, host.home) for directory in directories)


def _unit(host: Host, directories: tuple[str, ...]) -> str:
    """As systemd takes the first of them in `ExecStart=`: `%h` is the home, `%` and `$` are doubled."""
    directory = directories[0]
    is_below = directory.startswith(f"{host.home}/")
    rest = directory[len(host.home) :] if is_below else directory
    signs = {"\\": "\\\\", "%": "%%", "$": "$$", " ": "\\x20", "'": "\\x27", '"': "\\x22"}
    rest = "".join(signs.get(character, character) for character in rest)
    return ("%h" if is_below else "") + rest


def _image(_host: Host, directories: tuple[str, ...]) -> str:
    from .shells import startup  # noqa: PLC0415  (as above)

    return startup.image_line(directories)


def _given(host: Host, directories: tuple[str, ...]) -> str:
    """The PATH of the session that asks, as far as it is not ours."""
    entries = host.environ.get("PATH", SEARCHED).split(":")
    return ":".join(entry for entry in entries if entry not in directories)


SPELLINGS: dict[str, Callable[[Host, tuple[str, ...]], str]] = {
    "literal": _literal,
    "word": _word,
    "unit": _unit,
    "image": _image,
    "given": _given,
}
