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
    fact: str = ""  # what decides there, if nothing of the user's does
    where: str = ""  # where the line belongs
    line: str = ""  # what to write there, with names of `SPELLINGS` in braces
    absent: str = ""  # why nothing can be asked where neither a sign nor a trace is here


@dataclass(frozen=True)
class Vendor:
    """A CI in which no file leaves a PATH to the steps after this one, and what does there."""

    name: str
    sign: str  # as those of a `Row`
    where: str
    line: str  # with names of `SPELLINGS` in braces
    is_said: bool = False  # the CI takes the line from standard output


ONE_SHELL = ("in front of the commands, which one shell runs", "{export}")
EACH_STEP = ("in each step", "{export}")
BY_NAME = ("each step is a container of its own, so by its full name", "{first}/COMMAND")
VENDORS = (
    # Both look at each line of standard output for their commands.
    Vendor("Azure Pipelines", "TF_BUILD", "printed alone on a line", "{azure}", is_said=True),
    Vendor("TeamCity", "TEAMCITY_VERSION", "printed alone on a line", "{teamcity}", is_said=True),
    Vendor("GitLab", "GITLAB_CI", *ONE_SHELL),
    Vendor("Travis", "TRAVIS", *ONE_SHELL),
    Vendor("AppVeyor", "APPVEYOR", *ONE_SHELL),
    Vendor("Semaphore", "SEMAPHORE", *ONE_SHELL),
    Vendor("CodeBuild", "CODEBUILD_BUILD_ID", *ONE_SHELL),
    Vendor("Bitbucket", "BITBUCKET_BUILD_NUMBER", *ONE_SHELL),
    Vendor("Buildkite", "BUILDKITE", "in the hook pre-command", "{export}"),
    Vendor("Jenkins", "JENKINS_URL", "around the steps", "withEnv(['PATH+ONPATH={groovy}']) {{ }}"),
    Vendor("Cirrus", "CIRRUS_CI", "in a step before", 'echo PATH={word}:"$PATH" >>"$CIRRUS_ENV"'),
    Vendor("Codefresh", "CF_BUILD_ID", "in a step before", 'cf_export PATH={word}:"$PATH"'),
    Vendor("Woodpecker", "CI=woodpecker", *BY_NAME),
    Vendor("Drone", "DRONE", *BY_NAME),
    Vendor(
        "SourceHut",
        "BUILD_SUBMITTER=git.sr.ht",
        "in a task before",
        "printf 'PATH=\"%s:$PATH\"\\n' {word} >>~/.buildenv",
    ),
)
ANY_CI = Vendor("this CI", "@ci", *EACH_STEP)

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
        fact="systemd looks a command up in a list of its own",
        where="in the unit, by its full name",
        line="ExecStart={unit}/COMMAND",
        absent="this machine has no systemd",
    ),
    Row(
        CRON,
        "jobs of crontab",
        traces=("/usr/bin/crontab", "/usr/sbin/cron", "/usr/sbin/crond"),
        # Neither `~` nor `$HOME` is filled in there (crontab(5)).
        fact="cron gives its jobs a PATH of its own",
        where="at the top of what `crontab -e` opens",
        line=f"PATH={{literal}}:{SEARCHED}",
        absent="this machine has no cron",
    ),
    Row(
        CI,
        "the next step of a CI job",
        signs=("GITHUB_PATH", "CIRCLECI", *(vendor.sign for vendor in VENDORS)),
        traces=("@ci",),
    ),
    Row(
        CONTAINER,
        "RUN, docker run, docker exec",
        signs=("@container",),
        traces=(),
        fact="the image's PATH counts",
        where="in the Dockerfile",
        line="{image}",
        absent="this is no container that shows",
    ),
    Row(
        NOTEBOOK,
        "!COMMAND in a notebook",
        signs=("JUPYTER_SERVER_URL", "JPY_PARENT_PID"),
        traces=(),
        # Not %env: IPython fills in `$NAME` and `{...}` in what stands behind it.
        fact="a cell has the PATH of the notebook's kernel",
        where="in a cell",
        line='import os; os.environ["PATH"] = {python} + os.environ["PATH"]',
        absent="no kernel of a notebook has started this",
    ),
    Row(
        SUDO,
        "sudo COMMAND",
        signs=("SUDO_USER",),
        traces=("/usr/bin/sudo", "/usr/local/bin/sudo"),
        fact="secure_path of sudo counts, not your PATH",
        where="with your PATH",
        line='sudo env "PATH=$PATH" COMMAND',
        absent="this machine has no sudo",
    ),
    Row(
        LAUNCHD,
        "programs from Finder and the Dock",
        traces=("@macos",),
        fact="launchd gives them a PATH of its own",
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
    template = vendor(host).line if name == CI else ROWS[name].line
    return template.format_map(_Spelled(host, tuple(directories)))


def vendor(host: Host) -> Vendor:
    """Return the CI that this is a step of, as far as it is one of those that need a line."""
    return next((each for each in VENDORS if _shows(each.sign, host)), ANY_CI)


def said(host: Host, directories: Iterable[str]) -> tuple[str, ...]:
    """Return the lines that the CI takes from standard output, if this is a step of such a one."""
    text = line(CI, host, directories) if vendor(host).is_said else ""
    return tuple(text.split("\n")) if text else ()


def cure(name: str, host: Host, directories: Iterable[str]) -> str:
    """Return what to write where, if no edit helps in the context `name`; or an empty text."""
    where = f"{vendor(host).where}" if name == CI else ROWS[name].where
    return f"{where}: {line(name, host, directories)}" if where else ""


class _Spelled(dict[str, str]):
    """The directories in each spelling, made when one is asked for."""

    def __init__(self, host: Host, directories: tuple[str, ...]) -> None:
        self.host, self.directories = host, directories

    def __missing__(self, name: str) -> str:
        return SPELLINGS[name](self.host, self.directories)


def _literal(_host: Host, directories: tuple[str, ...]) -> str:
    """As cron and GITHUB_PATH take them: every character for itself."""
    return ":".join(directories)


def _python(host: Host, directories: tuple[str, ...]) -> str:
    """As a string of Python that comes before a PATH."""
    separator = host.system.SEPARATOR
    return repr(separator.join((*directories, "")))


def _export(host: Host, directories: tuple[str, ...]) -> str:
    """As a command of the shell that runs the commands after it."""
    return host.system.export(host, directories)


def _word(host: Host, directories: tuple[str, ...]) -> str:
    """As one word of sh."""
    from .shells import quote  # noqa: PLC0415  (few runs tell a line)

    return ":".join(quote.posix(directory, host.home) for directory in directories)


def _unit(host: Host, directories: tuple[str, ...]) -> str:
    """As systemd takes the first of them in `ExecStart=`: `%h` is the home, and `%` is doubled.

    A program whose name has a quote or a backslash is refused there (`string_is_safe`), but not as an
    argument of env(1), in which `$` is doubled too (systemd.service(5)).
    """
    directory = directories[0]
    is_below = directory.startswith(f"{host.home}/")
    rest = directory[len(host.home) :] if is_below else directory
    signs = {"\\": "\\\\", "%": "%%", " ": "\\x20", "'": "\\x27", '"': "\\x22"}
    is_argument = any(sign in directory for sign in ("'", '"', "\\"))
    if is_argument:
        signs["$"] = "$$"
    spelled = "".join(signs.get(character, character) for character in rest)
    return ("/usr/bin/env " if is_argument else "") + ("%h" if is_below else "") + spelled


def _image(_host: Host, directories: tuple[str, ...]) -> str:
    from .shells import startup  # noqa: PLC0415  (as above)

    return startup.image_line(directories)


def _given(host: Host, directories: tuple[str, ...]) -> str:
    """The PATH of the session that asks, as far as it is not ours."""
    separator = host.system.SEPARATOR
    entries = host.environ.get("PATH", SEARCHED).split(separator)
    return separator.join(entry for entry in entries if entry not in directories)


def _first(_host: Host, directories: tuple[str, ...]) -> str:
    return directories[0]


def _azure(_host: Host, directories: tuple[str, ...]) -> str:
    """As Azure Pipelines reads it, a line for each; the last one said is the first on PATH."""
    signs = {"%": "%AZP25", "\r": "%0D"}
    spelled = ("".join(signs.get(c, c) for c in directory) for directory in reversed(directories))
    return "\n".join(f"##vso[task.prependpath]{directory}" for directory in spelled)


def _teamcity(host: Host, directories: tuple[str, ...]) -> str:
    """As TeamCity reads it: `|` before what means something to it."""
    signs = {"'": "|'", "|": "||", "[": "|[", "]": "|]", "\r": "|r"}
    path = host.system.SEPARATOR.join((*directories, _given(host, directories)))
    spelled = "".join(signs.get(c, c if c.isascii() else f"|0x{ord(c):04x}") for c in path)
    return f"##teamcity[setParameter name='env.PATH' value='{spelled}']"


def _groovy(host: Host, directories: tuple[str, ...]) -> str:
    """As it stands between single quotes in a Jenkinsfile."""
    return host.system.SEPARATOR.join(directories).replace("\\", "\\\\").replace("'", "\\'")


SPELLINGS: dict[str, Callable[[Host, tuple[str, ...]], str]] = {
    "literal": _literal,
    "word": _word,
    "export": _export,
    "unit": _unit,
    "image": _image,
    "python": _python,
    "given": _given,
    "first": _first,
    "azure": _azure,
    "teamcity": _teamcity,
    "groovy": _groovy,
}
