"""The user and group databases. Where there are none (Windows, a bare container): no answers."""

from __future__ import annotations

import sys


def own_entry() -> tuple[str, str, str] | None:
    """Return name, home directory and login shell of the user who runs this, or None."""
    if sys.platform == "win32":
        return None
    import os  # noqa: PLC0415  (as pwd, for the sake of type checkers on Windows)
    import pwd  # noqa: PLC0415

    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:
        return None
    return entry.pw_name, entry.pw_dir, entry.pw_shell


def user_name(uid: int) -> str | None:
    """Return the name of user `uid`, or None."""
    if sys.platform == "win32":
        return None
    import pwd  # noqa: PLC0415

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None


def group_name(gid: int) -> str | None:
    """Return the name of group `gid`, or None."""
    if sys.platform == "win32":
        return None
    import grp  # noqa: PLC0415

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return None
