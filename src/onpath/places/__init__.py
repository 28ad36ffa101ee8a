"""Where a PATH is kept, and for whom: one file a place, and this list of them.

A place is a module with the six functions of `model.Place`. It plans and takes back; it never writes
(`stores` does) and never starts anything (`probes` does).
"""

from __future__ import annotations

from onpath.model import COMMAND, INTERACTIVE, LOGIN, SESSION, UNIX, WINDOWS
from onpath.values import TYPE_CHECKING, dataclass

if TYPE_CHECKING:
    from typing import Literal

    from onpath.model import Host, Place

    Mode = Literal["login", "interactive", "session", "command", "desktop", "ci"]

DESKTOP = "desktop"  # programs of the desktop session, and `systemd --user` units
CI = "ci"  # the next step of a CI job

DEFAULT_MODES = (LOGIN, INTERACTIVE)


@dataclass(frozen=True)
class Row:
    """A place: its module, the systems that have it, and the modes that it serves there."""

    module: str
    families: tuple[str, ...]
    modes: tuple[str, ...]
    signs: tuple[
        str, ...
    ] = ()  # variables; where one is set, the place is looked at without being asked


STARTUP_FILES = Row("startup_files", (UNIX,), (LOGIN, INTERACTIVE, SESSION, COMMAND))
PLACES = (
    STARTUP_FILES,
    # Windows starts every program in one way.
    Row("user_registry", (WINDOWS,), (LOGIN, INTERACTIVE, SESSION, COMMAND, DESKTOP)),
    Row("environment_d", (UNIX,), (DESKTOP,)),
    Row("ci_path", (UNIX, WINDOWS), (CI,), signs=("GITHUB_PATH", "BASH_ENV")),
)
MODES = tuple(dict.fromkeys(mode for row in PLACES for mode in row.modes))


def here(host: Host) -> tuple[Row, ...]:
    """Return the rows of the places that this system has, in the order in which they are tried."""
    return tuple(row for row in PLACES if host.system.FAMILY in row.families)


def load(row: Row) -> Place:
    """Return the place of `row`. Most runs need one or two of them."""
    place: Place = __import__(f"{__name__}.{row.module}", fromlist=["plan"])
    return place
