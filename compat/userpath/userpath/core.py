"""The functions that others call. Positions, names and defaults are the original's.

location: a path, several in a list, or several in one string as in PATH. One that does not exist is
    made.
app_name: taken, and not written: a block of onpath's says how it is taken out.
shells: names or paths; None: the running shell, the login shell, and those with startup files of their
    own.
all_shells: every shell that is installed; `shells` overrules it.
home: act on this home directory, not on the user's own.
check: raise in place of returning False; the message has the reasons.

On Windows one value serves every shell, so that `shells`, `all_shells` and `home` have no effect.
"""

from __future__ import annotations

from .interface import Interface
from .utils import TYPE_CHECKING, in_current_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .utils import Location


def prepend(
    location: Location,
    app_name: str | None = None,
    shells: Iterable[str] | None = None,
    all_shells: bool = False,
    home: str | None = None,
    check: bool = False,
) -> bool:
    """Put `location` first on PATH in fresh shells; return whether all of them have it."""
    interface = Interface(shells=shells, all_shells=all_shells, home=home)
    return interface.put(location, front=True, app_name=app_name, check=check)


def append(
    location: Location,
    app_name: str | None = None,
    shells: Iterable[str] | None = None,
    all_shells: bool = False,
    home: str | None = None,
    check: bool = False,
) -> bool:
    """Put `location` last on PATH in fresh shells; return whether all of them have it."""
    interface = Interface(shells=shells, all_shells=all_shells, home=home)
    return interface.put(location, front=False, app_name=app_name, check=check)


def in_new_path(
    location: Location,
    shells: Iterable[str] | None = None,
    all_shells: bool = False,
    home: str | None = None,
    check: bool = False,
) -> bool:
    """Start fresh shells, and return whether all of them have `location` on PATH."""
    interface = Interface(shells=shells, all_shells=all_shells, home=home)
    return interface.location_in_new_path(location, check=check)


def need_shell_restart(
    location: Location,
    shells: Iterable[str] | None = None,
    all_shells: bool = False,
    home: str | None = None,
) -> bool:
    """Return whether fresh shells have `location` on PATH and this process does not."""
    interface = Interface(shells=shells, all_shells=all_shells, home=home)
    return not in_current_path(location) and interface.location_in_new_path(location)
