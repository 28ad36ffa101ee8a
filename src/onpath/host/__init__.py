"""One look at this machine. The only room that asks which system it is."""

from __future__ import annotations

import os
import sys

from onpath.errors import NoHomeError, UsageError
from onpath.model import WINDOWS, Host
from onpath.values import TYPE_CHECKING

from .installed import is_program, recognize

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from onpath.model import System


def detect(environ: Mapping[str, str], *, home: str | None = None) -> Host:
    """Return what this machine is; `home` stands in for the user's own home directory."""
    system = choose_system()
    entry = system.own_entry()
    variable = system.HOME_VARIABLE
    if home and system.FAMILY == WINDOWS:
        raise UsageError("--home: the registry is that of the user who runs this; leave it out")
    own = home or environ.get(variable) or (entry and entry[1]) or ""
    if not os.path.isabs(own):
        raise NoHomeError(f"there is no home directory; set {variable}, or name one with --home")
    own = own.rstrip("/") or "/"
    if not os.path.isdir(own):
        raise NoHomeError(
            f"the home directory {own} does not exist; create it, or name another with --home"
        )
    candidates = ((entry and entry[2]) or "", environ.get("SHELL", ""))
    login = next((recognize(p) for p in candidates if is_program(p) and recognize(p)), None)
    return Host(
        system=system,
        home=own,
        user=(entry and entry[0]) or _session_user(environ),
        uid=os.geteuid() if hasattr(os, "geteuid") else 0,
        environ=environ,
        running=system.running_shell(environ),
        login=login,
        surroundings=tuple(surroundings(environ)),
    )


def surroundings(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what is peculiar about this machine: wsl, termux, container, ci."""
    if environ.get("WSL_DISTRO_NAME") or "microsoft" in _kernel():
        yield "wsl"
    if environ.get("TERMUX_VERSION"):
        yield "termux"
    if os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv"):
        yield "container"
    if environ.get("CI"):
        yield "ci"
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


def choose_system() -> System:
    """Return what differs on this system from others."""
    if sys.platform == "win32":
        from . import windows  # noqa: PLC0415  (as below)

        return windows
    from . import unix  # noqa: PLC0415  (a run needs one of the two)

    return unix
