"""Fresh programs are started and asked, and only they are believed."""

from __future__ import annotations

from onpath.model import EVERY_USER, MACHINE, UNIX, WINDOWS
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from onpath.model import Host
    from onpath.protocols import Prober

PROBERS = {UNIX: "unix", WINDOWS: "windows", EVERY_USER: "every_user", MACHINE: "machine"}


def of(host: Host) -> Prober:
    """Return what starts fresh programs on this system."""
    prober: Prober = __import__(f"{__name__}.{PROBERS[host.system.FAMILY]}", fromlist=["ask_all"])
    return prober
