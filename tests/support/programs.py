"""The shells under test: one row each, with all that the tests need to know of it.

Independent of onpath. A new shell needs a row here, and `run.sh` must install it: the tests take it in.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

Require = Callable[[str], Path]  # the fixture `require`, which gives the program of a shell

LOGIN = "login"  # on a terminal, as ssh, a console and macOS's Terminal start a shell
INTERACTIVE = "interactive"  # on a terminal, as a new terminal window
SESSION = "session"  # login without a terminal: display managers, `bash -lc`
COMMAND = "command"  # `sh -c`, cron
MODES = (LOGIN, INTERACTIVE, SESSION, COMMAND)
TYPED = (LOGIN, INTERACTIVE)
LOGINS = (LOGIN, SESSION)

# Where an argv has no LINE, the line goes to the standard input.
LINE = "{line}"

# Where `run.sh` puts what no package manager has.
FETCHED = Path(__file__).resolve().parents[2] / ".cache" / "shells" / "bin"

# Lines that put ~/tools first on PATH.
POSIX = 'PATH="$HOME/tools:$PATH"; export PATH'
CSH = 'setenv PATH "${HOME}/tools:${PATH}"'
FISH = 'set -gx PATH "$HOME/tools" $PATH'
NUSHELL = '$env.PATH = ($env.PATH | split row (char esep) | prepend ($env.HOME + "/tools"))'
XONSH = "$PATH.insert(0, $HOME + '/tools')"
ELVISH = "set paths = [$E:HOME/tools $@paths]"
RC = "path=($home/tools $path)"
POWERSHELL = '$env:PATH = "$HOME/tools:$env:PATH"'

# Signs that some languages have no literal for, or with which a home drives some shells mad.
PATTERN_SIGNS = frozenset("*?[]{}`\\\r")
ODD_BYTES = frozenset(map(chr, range(0xDC80, 0xDD00)))  # bytes that are no UTF-8, as Python reads them


@dataclass(frozen=True)
class Program:
    """One shell: how it is found and started, what it reads, writes and says."""

    names: tuple[str, ...]  # that its program may have
    argvs: dict[str, tuple[str, ...]]  # mode -> its arguments; the first is argv[0]
    files: tuple[str, ...]  # startup files that a home may have already
    prepend: str = POSIX  # a line in its language that puts ~/tools first on PATH
    served: tuple[str, ...] = (LOGIN, INTERACTIVE, SESSION)  # the modes in which it reads a file of ours
    own_files: tuple[str, ...] = ()  # what it makes in a home by itself; a folder: with all in it
    env: dict[str, str] = field(default_factory=dict)
    row: str = ""  # what the reports call it, if not as here
    unspellable: frozenset[str] = frozenset()  # what no name can have that is to be in its files
    uninhabitable: frozenset[str] = frozenset()  # what the name of a home cannot have in which it works
    is_utf_8_only: bool = False  # whether it reads no file that is not UTF-8
    since: dict[str, tuple[int, ...]] = field(default_factory=dict)  # the first version that has a mode

    def reads(self, mode: str) -> bool:
        """Tell whether the version that is installed here reads a file of ours in `mode`."""
        first = self.since.get(mode)
        return mode in self.served and (first is None or version(self.names[0]) >= first)

    def modes_on_terminals(self) -> tuple[str, ...]:
        """Return the modes on a terminal in which a file of the user's can change PATH."""
        return tuple(mode for mode in TYPED if mode in self.served)

    def cheapest_mode(self) -> str:
        """Return the mode that costs least to ask, of those in which it reads a file of ours."""
        return COMMAND if self.reads(COMMAND) else LOGIN


def posix(name: str) -> dict[str, tuple[str, ...]]:
    """Return the arguments of a shell that login and sshd start by a `-` before argv[0]."""
    return {**optioned(name), LOGIN: (f"-{name}",)}


def optioned(name: str) -> dict[str, tuple[str, ...]]:
    """Return the arguments of a shell that is a login shell by `-l` alone."""
    return {
        LOGIN: (name, "-l"),
        INTERACTIVE: (name,),
        SESSION: (name, "-l", "-c", LINE),
        COMMAND: (name, "-c", LINE),
    }


def nushell(name: str) -> Program:
    """Return the row of nushell, of which there are an old and a new one."""
    files = (".config/nushell/config.nu", ".config/nushell/env.nu")
    return Program(
        (name,),
        posix(name),
        files,
        prepend=NUSHELL,
        served=(LOGIN, INTERACTIVE, SESSION),
        own_files=(*files, ".config/nushell/history.txt"),
        row="nushell",
        unspellable=ODD_BYTES,
        uninhabitable=ODD_BYTES,
    )


def xonsh(name: str) -> Program:
    """Return the row of xonsh, of which there are an old and a new one."""
    return Program(
        (name,),
        # A script: the kernel drops the argv[0] that login gives, so only the option tells it.
        optioned(name),
        (".xonshrc", ".config/xonsh/rc.xsh"),
        prepend=XONSH,
        served=MODES,
        own_files=(".config/xonsh/config.json", ".local/share/xonsh", ".cache/xonsh"),
        row="xonsh",
        unspellable=frozenset("$"),  # it expands `$NAME` and `%NAME%` inside entries
        uninhabitable=ODD_BYTES | {"$"},
        is_utf_8_only=True,  # it does not even start
        since={COMMAND: (0, 14)},
    )


# The signs that ksh93 runs or expands in the name of its home.
KSH93_SIGNS = frozenset('"$`\\')

PROGRAMS = {
    "bash": Program(("bash",), posix("bash"), (".profile", ".bashrc")),
    "zsh": Program(("zsh",), posix("zsh"), (".zshrc",), served=MODES),
    # These, and rc, read nothing of the user's unless they are login shells.
    "dash": Program(("dash",), posix("dash"), (".profile",), served=LOGINS),
    "ash": Program(("ash",), posix("ash"), (".profile",), served=LOGINS),
    "posh": Program(("posh",), posix("posh"), (".profile",), served=LOGINS),
    "ksh93": Program(
        ("ksh93",),
        posix("ksh93"),
        (".kshrc",),
        own_files=(".sh_history",),
        uninhabitable=KSH93_SIGNS,
    ),
    "mksh": Program(("mksh",), posix("mksh"), (".mkshrc",)),
    "yash": Program(
        ("yash",),
        posix("yash"),
        (".yashrc",),
        own_files=(".yash_history", ".local/state/yash"),  # the second since 2.60
        unspellable=ODD_BYTES,
        uninhabitable=ODD_BYTES,
    ),
    "tcsh": Program(
        ("tcsh",),
        {**posix("tcsh"), SESSION: ("-tcsh", "-c", LINE)},  # `tcsh -l -c` is an error
        (".cshrc",),
        prepend=CSH,
        served=MODES,
        unspellable=PATTERN_SIGNS,
        uninhabitable=PATTERN_SIGNS,
    ),
    "csh": Program(
        ("bsd-csh",),
        {**posix("csh"), SESSION: ("csh", "-l")},  # `csh -l -c` is no login shell, so standard input
        (".cshrc",),
        prepend=CSH,
        served=MODES,
        unspellable=PATTERN_SIGNS,
        uninhabitable=PATTERN_SIGNS,
    ),
    "fish": Program(
        ("fish",),
        posix("fish"),
        (".config/fish/config.fish",),
        prepend=FISH,
        served=MODES,
        own_files=(
            ".config/fish/completions",
            ".config/fish/conf.d/fish_frozen_theme.fish",
            ".config/fish/config.fish",
            ".config/fish/fish_variables",
            ".config/fish/functions",
            ".local/share/fish",
            ".cache/fish",
        ),
    ),
    "nu": nushell("nu"),
    "nu-0.98": nushell("nu-0.98"),
    "xonsh": xonsh("xonsh"),
    "xonsh-0.14": xonsh("xonsh-0.14"),
    "elvish": Program(
        ("elvish",),
        # It has no login shells.
        {**posix("elvish"), SESSION: ("elvish", "-c", LINE)},
        (".config/elvish/rc.elv",),
        prepend=ELVISH,
        served=TYPED,
        own_files=(".local/state/elvish", ".elvish/db"),  # the second before 0.16
        unspellable=ODD_BYTES,
        uninhabitable=ODD_BYTES,
        is_utf_8_only=True,
    ),
    "rc": Program(
        ("rc.byron", "rc"),
        posix("rc.byron"),
        (".rcrc",),
        prepend=RC,
        served=LOGINS,
        unspellable=ODD_BYTES | frozenset("\x01\x02"),
        uninhabitable=ODD_BYTES,
    ),
    "pwsh": Program(
        ("pwsh",),
        {
            LOGIN: ("pwsh", "-Login"),
            INTERACTIVE: ("pwsh",),
            SESSION: ("pwsh", "-Login", "-Command", LINE),
            COMMAND: ("pwsh", "-Command", LINE),
        },
        (".config/powershell/profile.ps1",),
        prepend=POWERSHELL,
        served=MODES,
        own_files=(".local/share/powershell", ".cache/powershell"),
        env={"POWERSHELL_UPDATECHECK": "Off", "POWERSHELL_TELEMETRY_OPTOUT": "1"},
        unspellable=ODD_BYTES,
        uninhabitable=ODD_BYTES,
    ),
}
# Without the second versions of some.
ONE_OF_EACH = tuple(name for name in PROGRAMS if "-" not in name)


def find(name: str) -> Path | None:
    """Return the program of the shell `name`, or None where it is not installed."""
    path = os.environ.get("PATH", os.defpath) + os.pathsep + str(FETCHED)
    found = (shutil.which(each, path=path) for each in PROGRAMS[name].names)
    program = next(filter(None, found), None)
    if program is None and name == "ash":
        program = link_ash(shutil.which("busybox", path=path))
    return Path(program) if program else None


@functools.cache
def version(name: str) -> tuple[int, ...]:
    """Return the version that the shell `name` tells, without a home."""
    with tempfile.TemporaryDirectory() as home:
        asked = [str(find(name)), "--version"]
        told = subprocess.run(asked, env={**os.environ, "HOME": home}, capture_output=True, check=True)
    found = re.search(rb"\d+(?:\.\d+)+", told.stdout)
    assert found, told
    return tuple(map(int, found[0].split(b".")))


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
