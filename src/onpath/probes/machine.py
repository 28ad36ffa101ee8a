r"""Ask as `windows` does, but in what a new user will get, and in nothing that the administrator has.

The environment is made of the machine's values and of those that Windows gives to a new user; the home
is an empty one in the private folder. The administrator's own Path, profile and AutoRun prove nothing
for others, so shells are started without them, and with those of the machine.
"""

from __future__ import annotations

import ntpath
import os

from onpath.errors import RefusedError
from onpath.model import RegistryValue
from onpath.places.machine_registry import OF_MACHINE
from onpath.stores import registry
from onpath.values import TYPE_CHECKING

from . import windows
from .windows import close_bench, new_nonce, open_bench, private_folders, sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from onpath.model import Ask, Bench, Context, Installed, Probe

# What every prober has: `protocols.Prober`.
__all__ = ("ask_all", "close_bench", "new_nonce", "open_bench", "private_folders", "sweep")

NEW_USER = "new-user"
AUTORUN = RegistryValue(r"HKEY_LOCAL_MACHINE\Software\Microsoft\Command Processor", "AutoRun")


def ask_all(
    bench: Bench,
    asks: Iterable[tuple[Context, Installed | None, Ask]],
    *,
    inside: Mapping[str, str] | None = None,
    on_answer: Callable[[Probe], None] | None = None,
    meanwhile: Iterable[object] = (),
    on_left: Callable[[str, int], None] | None = None,
    ahead: None = None,
) -> tuple[Probe, ...]:
    """Ask for each context as a new user would; see `windows.ask_all`."""
    del inside, on_left, ahead
    own = profile_of(f"{bench.folder}\\home")
    for name in ("APPDATA", "LOCALAPPDATA"):
        os.makedirs(f"{own[name]}\\Temp", exist_ok=True)
    environ = registry.fresh_environment({**bench.host.environ, **own}, is_new_user=True)
    return windows.ask_in(
        environ, bench, asks, on_answer, meanwhile, part=OF_MACHINE, autorun=_shared_autorun()
    )


def profile_of(home: str) -> dict[str, str]:
    """Return the variables that Windows sets for a user whose profile is `home`. Pure."""
    drive, path = ntpath.splitdrive(home)
    return {
        "USERNAME": NEW_USER,
        "USERPROFILE": home,
        "HOMEDRIVE": drive,
        "HOMEPATH": path,
        "APPDATA": f"{home}\\AppData\\Roaming",
        "LOCALAPPDATA": f"{home}\\AppData\\Local",
    }


def _shared_autorun() -> str:
    """Return what every command processor of this machine runs first."""
    try:
        return registry.read(AUTORUN) or ""
    except RefusedError:
        return ""
