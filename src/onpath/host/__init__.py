"""One look at this machine. The only room that asks which system it is."""

from __future__ import annotations

import os
import sys

from onpath.errors import NoHomeError, UsageError
from onpath.model import UNIX, WINDOWS, Host
from onpath.values import TYPE_CHECKING, replace

from . import proc
from .installed import login_shell, told_shells

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from onpath.model import Shared, System


CONTAINER_SIGNS = ("/.dockerenv", "/run/.containerenv")
# Of Flatpak and of Toolbx: the home is the host's, the programs are not, and both have flatpak-spawn.
SANDBOX_SIGNS = ("/.flatpak-info", "/run/.toolboxenv")
NO_HOME = ("does not exist", "create it")


def detect(
    environ: Mapping[str, str], *, home: str | None = None, is_for_every_user: bool = False
) -> Host:
    """Return what this machine is; `home` stands in for the user's own home directory.

    Where a run `is_for_every_user`, it is root's or an administrator's, and there is no home.
    """
    system = choose_system()
    lineage = proc.lineage(os.getpid())
    if is_for_every_user:
        shared = choose_shared().look(environ, tuple(surroundings(environ)))
        return replace(shared, lineage=lineage)
    entry = system.own_entry()
    variable = system.HOME_VARIABLE
    if home and system.FAMILY == WINDOWS:
        raise UsageError("--home: the registry is that of the user who runs this; leave it out")
    own = home or environ.get(variable) or (entry and entry[1]) or ""
    if not own:
        raise NoHomeError(f"there is no home directory; set {variable}, or name one with --home")
    if not os.path.isabs(own):
        raise NoHomeError(
            f"the home directory {own} is no whole path; set {variable} to one, or name one with --home"
        )
    own = plain(own)
    if not os.path.isdir(own):
        what, cure = _in_place_of(own)
        raise NoHomeError(f"the home directory {own} {what}; {cure}, or name another with --home")
    told = tuple(told_shells((entry and entry[2]) or "", own, environ))
    is_numeric = entry is None and system.FAMILY == UNIX
    return Host(
        system=system,
        home=own,
        user=(entry and entry[0]) or _session_user(environ),
        uid=os.geteuid() if hasattr(os, "geteuid") else 0,
        environ=environ,
        running=system.running_shell(environ),
        login=login_shell(told),
        surroundings=tuple(surroundings(environ, is_numeric=is_numeric)),
        told_shells=told,
        lineage=lineage,
    )


def _in_place_of(home: str) -> tuple[str, str]:
    """Return what is in the place of a home directory, or on the way to it, and the cure."""
    from . import folders  # noqa: PLC0415  (few runs)

    near = folders.nearest(home)
    is_in_the_way = near != home and not os.path.isdir(near)
    found = folders.hindrance(near, 0) if is_in_the_way or os.path.islink(near) else None
    if found:  # as by a disk that is not mounted: nothing can be made there
        return f"is not there, since {found[0]}", found[1]
    if not os.path.exists(home):
        return NO_HOME
    is_device = not os.path.isfile(home)  # /dev/null of a service's user: nobody's to move
    return "is no directory", "give this user one" if is_device else "move it away"


def plain(home: str) -> str:
    """Return `home` without `//`, `/./`, `/../` and a slash at its end: with them it has two names."""
    home = home.rstrip("/") or "/"
    if "//" not in home and "/." not in home:
        return home
    text = os.path.normpath("/" + home.lstrip("/"))
    try:
        return text if os.path.samefile(text, home) else os.path.realpath(home)  # `..` after a link
    except OSError:
        return home


def surroundings(environ: Mapping[str, str], *, is_numeric: bool = False) -> Iterator[str]:
    """Yield what is peculiar about this machine: wsl, termux, sandbox, container, ci, macos.

    A user who `is_numeric`, without an entry in the database of users, is one whom a container runs as.
    """
    if environ.get("WSL_DISTRO_NAME") or "microsoft" in _kernel():
        yield "wsl"
    if environ.get("TERMUX_VERSION"):
        yield "termux"
    if any(map(os.path.exists, SANDBOX_SIGNS)):
        yield "sandbox"
    elif is_numeric or environ.get("container") or any(map(os.path.exists, CONTAINER_SIGNS)):
        yield "container"
    if environ.get("CI"):
        yield "ci"
    if sys.platform == "darwin":
        yield "macos"
    if environ.get("MSYSTEM") and sys.platform == "win32":
        yield msys_kind(environ)


def msys_kind(environ: Mapping[str, str]) -> str:
    r"""Return which shells a Windows program runs under whose MSYSTEM is set: git-bash or msys2.

    Both are of MSYS2; but Git's take the PATH of Windows over, and MSYS2's leave it out unless told
    otherwise (`MSYS2_PATH_TYPE` in their /etc/profile). Only Git's launcher sets EXEPATH.
    """
    is_inherited = environ.get("MSYS2_PATH_TYPE") == "inherit"
    return "git-bash" if is_inherited or environ.get("EXEPATH") else "msys2"


def _session_user(environ: Mapping[str, str]) -> str:
    names = (environ.get(name) for name in ("USER", "LOGNAME", "USERNAME"))
    return next(filter(None, names), "")


def _kernel() -> str:
    return os.uname().release.lower() if hasattr(os, "uname") else ""


def choose_shared() -> Shared:
    """Return what differs on this system where a run is for every user of it."""
    if sys.platform == "win32":
        from . import machine  # noqa: PLC0415  (few runs, and of these one of the two)

        return machine
    from . import every_user  # noqa: PLC0415  (as above)

    return every_user


def choose_system() -> System:
    """Return what differs on this system from others."""
    if sys.platform == "win32":
        from . import windows  # noqa: PLC0415  (as below)

        return windows
    from . import unix  # noqa: PLC0415  (a run needs one of the two)

    return unix
