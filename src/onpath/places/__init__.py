"""Where a PATH is kept, and for whom: one file a place, and this list of them.

A place is a module with the six functions of `protocols.Place`. It plans and takes back; it never writes
(`stores` does) and never starts anything (`probes` does).
"""

from __future__ import annotations

from onpath.contexts import CI, CONTAINER, CRON, LAUNCHD, NOTEBOOK, SUDO, UNIT, VENDORS
from onpath.model import (
    COMMAND,
    DESKTOP,
    EDITOR,
    EVERY_USER,
    INTERACTIVE,
    LOGIN,
    MACHINE,
    SESSION,
    SSH,
    UNIX,
    WINDOWS,
)
from onpath.values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from onpath.model import Host
    from onpath.protocols import Place


@dataclass(frozen=True)
class Row:
    """A place: its module, the systems that have it, and the modes that it serves there."""

    module: str
    families: tuple[str, ...]
    modes: tuple[str, ...]
    signs: tuple[
        str, ...
    ] = ()  # variables; where one is set, the place is looked at without being asked


OF_SHELLS = (LOGIN, INTERACTIVE, SESSION, COMMAND, SSH, EDITOR, DESKTOP)
OF_WINDOWS = (LOGIN, INTERACTIVE, SESSION, COMMAND, DESKTOP)
STARTUP_FILES = Row("startup_files", (UNIX,), OF_SHELLS)
PLACES = (
    STARTUP_FILES,
    Row("system_files", (EVERY_USER,), OF_SHELLS),
    # Windows starts every program in one way.
    Row("user_registry", (WINDOWS,), OF_WINDOWS),
    Row("machine_registry", (MACHINE,), OF_WINDOWS),
    Row("session_script", (UNIX,), (DESKTOP,)),
    Row("environment_d", (UNIX,), (DESKTOP,)),
    Row(
        "ci_path",
        (UNIX, WINDOWS),
        (CI,),
        signs=("GITHUB_PATH", "BASH_ENV", *(vendor.sign for vendor in VENDORS if vendor.is_said)),
    ),
    Row("told", (UNIX,), (UNIT, CRON, CONTAINER, NOTEBOOK, SUDO, LAUNCHD)),
)


def here(host: Host) -> tuple[Row, ...]:
    """Return the rows of the places that this system has, in the order in which they are tried."""
    return tuple(row for row in PLACES if host.system.FAMILY in row.families)


def load(row: Row) -> Place:
    """Return the place of `row`. Most runs need one or two of them."""
    place: Place = __import__(f"{__name__}.{row.module}", fromlist=["plan"])
    return place
