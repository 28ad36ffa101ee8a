"""environment.d: the PATH of `systemd --user`, its units, and the desktop sessions that ask it.

One program reads it (environment.d(5)): a generator of the user's service manager, which merges the
files of all folders by their names. Debian and Ubuntu have `99-environment.conf`, which may set PATH
outright, so ours has a name that sorts after that one. There is no test in the language, so the
directory is looked for before anything is written.
"""

from __future__ import annotations

import os

from onpath.host import desktop
from onpath.model import DESKTOP, QUESTION, Ask, Context, File, Plan
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from onpath.model import Host, Installed, Machine, Want

# XDG_CONFIG_HOME of a shell's startup file is not known to the service manager.
FILE = "/.config/environment.d/99-onpath.conf"
SNIPPET = "environment.conf"
SH = "/bin/sh"
# In the order in which the manager looks: the first of a name counts (systemd.generator(7)).
GENERATOR_FOLDERS = (
    "/run/systemd/user-environment-generators",
    "/etc/systemd/user-environment-generators",
    "/usr/local/lib/systemd/user-environment-generators",
    "/usr/lib/systemd/user-environment-generators",
    "/lib/systemd/user-environment-generators",
)
UNSET = "unset XDG_CONFIG_HOME XDG_CONFIG_DIRS XDG_DATA_HOME XDG_DATA_DIRS"
READER = "30-systemd-environment-d-generator"
REMARK = "user units that start after `systemctl --user daemon-reload` have it at once"
NO_READER = (
    "this machine has no systemd that reads ~/.config/environment.d; "
    "its desktop programs have the PATH of the login: ensure-path --for session"
)


def contexts(host: Host, shells: tuple[Installed, ...], modes: tuple[str, ...]) -> tuple[Context, ...]:
    """Return the programs of the desktop session, unless a display manager alone starts them."""
    del host, shells
    if DESKTOP not in modes or (READER not in _generators() and desktop.starts()):
        return ()
    return (Context(DESKTOP),)


def ask(host: Host, context: Context, machine: Machine) -> Ask | str:
    """Return how a program gets what the generators print, as one that a user unit starts does."""
    del host, context, machine
    generators = _generators()
    if READER not in generators:
        return NO_READER
    # Each generator sees what those before it printed, and only HOME and the like of a session.
    lines = [UNSET, "set -a"]
    lines += [f'eval "$({path} 2>/dev/null)"' for _, path in sorted(generators.items())]
    return Ask((SH, "-c", "\n".join((*lines, "set +a", QUESTION))), program=SH)


def targets(want: Want, context: Context, machine: Machine) -> tuple[File, ...]:
    """Return our file."""
    del context, machine
    return (File(want.host.home + FILE),)


def plan(want: Want, machine: Machine) -> Plan:
    """Return the edit that makes our file, or puts the directories into it."""
    return Plan() if want.attempt else plan_in(want.host.home + FILE, want, machine)


def plan_in(path: str, want: Want, machine: Machine) -> Plan:
    """Return the edit that puts the directories into the file `path` of such a folder."""
    from onpath.shells import quote, render  # noqa: PLC0415  (a look needs neither)

    from . import blocks  # noqa: PLC0415

    def spell(directory: str, order: str) -> str:
        return render.lines(SNIPPET, quote.environment_d(directory, want.host.home), order)

    return blocks.plan_file(path, want, machine, spell)


def undo(want: Want, machine: Machine) -> Plan:
    """Return the plan that takes our blocks out of our file."""
    from . import blocks  # noqa: PLC0415  (as above)

    return blocks.take_out([want.host.home + FILE], want, machine)


def remarks(want: Want, plan: Plan, machine: Machine) -> tuple[str, ...]:
    """Return when the change counts."""
    del want, machine
    if not plan.edits:
        return ()
    return (desktop.FROM_WHEN, REMARK)


def _generators() -> dict[str, str]:
    """Return the generators of the user's service manager: name -> path."""
    found: dict[str, str] = {}
    for folder in GENERATOR_FOLDERS:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            found.setdefault(name, f"{folder}/{name}")
    return {name: path for name, path in found.items() if os.access(path, os.X_OK)}
