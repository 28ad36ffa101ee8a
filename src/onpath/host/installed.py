"""Which shells are here: a program is recognized by its name, and a name is found as a program."""

from __future__ import annotations

import os

from onpath.errors import UsageError
from onpath.model import Installed
from onpath.shells import ALIASES, ROWS, UNIX_ROWS
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from onpath.model import Host

# Where shells are, other than on PATH; a cron job's or an editor's PATH has few of them.
USUAL_BINS = (
    *("/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin", "/opt/local/bin", "/snap/bin"),
    *("/home/linuxbrew/.linuxbrew/bin", "/run/current-system/sw/bin"),
    "/nix/var/nix/profiles/default/bin",
)
# The same, of one user: Nix (its old place and its new one), NixOS, Homebrew, Cargo (nushell).
OWN_BINS = (
    *("{home}/.nix-profile/bin", "{home}/.local/state/nix/profile/bin"),
    *("/etc/profiles/per-user/{user}/bin", "{home}/.linuxbrew/bin", "{home}/.cargo/bin"),
)
MAX_FIRST_LINE = 4096  # bytes; the kernel reads 256
KNOWN_CURE = f"leave out --shell, or name one that onpath knows: {', '.join(UNIX_ROWS)}"
TERMUX_SHELL = ".termux/shell"  # a link to the login shell: Android has no database that chsh could edit


def recognize(program: str) -> Installed | None:
    """Return the shell that the executable `program` is, or None.

    Links are followed first: `/bin/sh` may be dash, `/bin/csh` tcsh.
    """
    for path in (os.path.realpath(program), program):
        name = name_of(os.path.basename(path))
        if name:
            return Installed(name, program)
    return None


def name_of(base: str) -> str | None:
    """Return the name in the table of the shell whose program is called `base`, or None."""
    stem, _, version = base.partition("-")  # zsh-5.9, but not rc-service
    name = ALIASES.get(base) or (ALIASES.get(stem) if version[:1].isdigit() else None)
    return name if name in UNIX_ROWS else None  # a `cmd` is some other program here


def told_shells(told: str, home: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield who tells of the user's login shell, and what it tells, the most telling first.

    `told` is what the database of users tells, or an empty text.
    """
    try:
        link = os.readlink(f"{home}/{TERMUX_SHELL}")
    except OSError:
        link = ""
    if link:
        yield f"{home}/{TERMUX_SHELL}: ", os.path.join(f"{home}/.termux", link)
    if told:
        yield "passwd: ", told
    if environ.get("SHELL"):
        yield "SHELL=", environ["SHELL"]


def login_shell(told: Iterable[tuple[str, str]]) -> Installed | None:
    """Return the first shell that `told` names and that is here."""
    return next((recognize(program) for _, program in told if not why_useless(program)), None)


def why_useless(program: str) -> str:
    """Return why what was told of a login shell is of no use, or an empty text."""
    if not os.path.isabs(program):
        return "is not an absolute path"
    if not os.path.exists(program):
        return "does not exist"
    if not is_program(program):
        return "cannot be run"
    return "" if recognize(program) else "is not a shell that onpath knows"


def find_shell(name: str, environ: Mapping[str, str], more: Iterable[str] = ()) -> Installed | None:
    """Return the shell of the table's row `name`, if it is on this machine.

    It is looked for in the usual folders, in `more`, and on PATH.
    """
    for program in ROWS[name].programs:
        path = which(program, folders(environ, more))
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


def named_shell(name: str, host: Host, more: Iterable[str] = ()) -> Installed:
    """Return the shell that the user calls `name`: a name of the table or of a program, or a path.

    It is looked for as by `find_shell`; of the login shell's name there is no other.
    """
    if os.sep in name:
        try:
            name = os.path.abspath(name)
        except OSError:
            raise UsageError(
                f"{name} means nothing, since the current folder is gone; name the whole path"
            ) from None
        useless = why_useless(name)
        found = None if useless else recognize(name)
        if not found:
            raise UsageError(f"{name} {useless}; {KNOWN_CURE}")
        return found
    row = ROWS.get(ALIASES.get(name, ""))
    if row is None:
        raise UsageError(f"unknown shell {name!r}; {KNOWN_CURE}")
    if not row.asks:
        raise UsageError(f"{name} runs on Windows only; {KNOWN_CURE}")
    found = find_shell(row.name, host.environ, more)
    if found:
        return host.login if host.login and host.login.name == found.name else found
    path = which(name, folders(host.environ, more))
    other = recognize(path) if path else None  # `sh` is often one of the others
    if other:
        return other
    if "sandbox" in host.surroundings:
        raise UsageError(
            f"{name} is not in this sandbox; run flatpak-spawn --host ensure-path --shell {name}"
        )
    raise UsageError(f"{name} is not installed; install it, or leave out --shell {name}")


def folders(environ: Mapping[str, str], more: Iterable[str] = ()) -> tuple[str, ...]:
    """Return where programs are looked for: in the usual folders and `more`, then in those of PATH.

    The usual ones come in the order in which PATH has them. What this session alone puts before them
    decides nothing: a program there would run as a part of every look.
    """
    on_path = [folder for folder in environ.get("PATH", "").split(os.pathsep) if os.path.isabs(folder)]
    more = tuple(more)
    known = dict.fromkeys((*USUAL_BINS, *more))
    known.pop(os.path.dirname(environ.get("SHELL", "")), None)
    known.update(dict.fromkeys(USUAL_BINS))
    first = (folder for folder in on_path if folder in known)
    return tuple(dict.fromkeys((*first, *known, *more, *on_path)))


def own_folders(host: Host, directories: Iterable[str]) -> tuple[str, ...]:
    """Return where this user's shells may be besides: beside the login shell, in own folders.

    `directories` are those that are to be on PATH: `pip install --user xonsh` puts a shell there.
    """
    told = (os.path.dirname(program) for _, program in host.told_shells if os.path.isabs(program))
    own = (folder.format(home=host.home, user=host.user) for folder in OWN_BINS)
    return (*told, *own, *directories)


def is_program(path: str) -> bool:
    """Say whether `path` is a file that may be executed. `shutil.which` would cost 1.3 ms to import."""
    return os.path.isfile(path) and os.access(path, os.X_OK)


def interpreter_of(file: str) -> str | None:
    """Return the interpreter that the first line of `file` names by its path, or None."""
    words = os.fsdecode(first_lines(file)[0][2:]).split()
    return words[0] if words and words[0].startswith("/") else None


def first_lines(file: str) -> tuple[bytes, bytes]:
    """Return the first two lines of a script; nothing of what is none."""
    try:
        with open(file, "rb") as opened:
            first, second = opened.readline(MAX_FIRST_LINE), opened.readline(MAX_FIRST_LINE)
    except OSError:
        return b"", b""
    return (first, second) if first.startswith(b"#!") else (b"", b"")
