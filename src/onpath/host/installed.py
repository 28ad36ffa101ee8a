"""Which shells are here: a program is recognized by its name, and a name is found as a program."""

from __future__ import annotations

import os

from onpath.errors import UsageError
from onpath.model import Installed
from onpath.shells import ALIASES, ROWS, UNIX_ROWS
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from onpath.model import Host

# Where shells are, other than on PATH; a cron job's or an editor's PATH has few of them.
USUAL_BINS = ("/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin", "/opt/local/bin")


def recognize(program: str) -> Installed | None:
    """Return the shell that the executable `program` is, or None.

    Links are followed first: `/bin/sh` may be dash, `/bin/csh` tcsh.
    """
    for path in (os.path.realpath(program), program):
        base = os.path.basename(path)
        stem, _, version = base.partition("-")  # zsh-5.9, but not rc-service
        name = ALIASES.get(base) or (ALIASES.get(stem) if version[:1].isdigit() else None)
        if name in UNIX_ROWS:  # a `cmd` is some other program here
            return Installed(name, program)
    return None


def find_shell(name: str, environ: Mapping[str, str]) -> Installed | None:
    """Return the shell of the table's row `name`, if it is on this machine."""
    for program in ROWS[name].programs:
        path = which(program, folders(environ))
        shell = recognize(path) if path else None
        if shell and shell.name == name:
            return shell
    return None


def which(program: str, folders: Iterable[str]) -> str | None:
    """Return the first executable file named `program` in `folders`."""
    for folder in folders:
        path = os.path.join(folder, program)
        if is_program(path):
            return path
    return None


def named_shell(name: str, host: Host) -> Installed:
    """Return the shell that the user calls `name`: a name of the table or of a program, or a path."""
    if os.sep in name:
        name = os.path.abspath(name)
        found = recognize(name) if is_program(name) else None
        if not found:
            raise UsageError(f"{name} is not a shell that onpath knows; it knows {', '.join(UNIX_ROWS)}")
        return found
    row = ROWS.get(ALIASES.get(name, ""))
    if row is None:
        raise UsageError(f"unknown shell {name!r}; onpath knows {', '.join(UNIX_ROWS)}")
    if not row.asks:
        raise UsageError(f"{name} runs on Windows only; onpath knows {', '.join(UNIX_ROWS)} here")
    found = find_shell(row.name, host.environ)
    if found:
        return found
    path = which(name, folders(host.environ))
    other = recognize(path) if path else None  # `sh` is often one of the others
    if other:
        return other
    raise UsageError(f"{name} is not installed; install it, or leave out --shell {name}")


def folders(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the folders in which programs are looked for: those of PATH, and the usual ones."""
    own = [folder for folder in environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    return tuple(dict.fromkeys((*own, *USUAL_BINS)))


def is_program(path: str) -> bool:
    """Say whether `path` is a file that may be executed. `shutil.which` would cost 1.3 ms to import."""
    return os.path.isfile(path) and os.access(path, os.X_OK)
