"""What a display manager's script reads under `/bin/sh`: `~/.profile`, or Debian's `~/.xsessionrc`.

It decides for sessions on X11 whatever the login shell is, and for LightDM and xdm it alone does.
"""

from __future__ import annotations

from onpath.host import desktop
from onpath.model import DESKTOP, QUESTION, Ask, Context, File, Plan
from onpath.shells import POSIX
from onpath.values import TYPE_CHECKING

if TYPE_CHECKING:
    from onpath.model import Host, Installed, Machine, Want

SH = "/bin/sh"
FILES = {desktop.PROFILE: "/.profile", desktop.XSESSION: "/.xsessionrc"}
# What the scripts of gdm, greetd and LightDM read before the session; and what Debian's Xsession does.
READERS = {
    desktop.PROFILE: ("/etc/profile", "$HOME/.profile", "/etc/xprofile", "$HOME/.xprofile"),
    desktop.XSESSION: ("$HOME/.xsessionrc",),
}


def contexts(host: Host, shells: tuple[Installed, ...], modes: tuple[str, ...]) -> tuple[Context, ...]:
    """Return the sessions that start under `/bin/sh`, where the display manager has such."""
    del host, shells
    return (Context(DESKTOP, POSIX.name),) if DESKTOP in modes and _kind() else ()


def ask(host: Host, context: Context, machine: Machine) -> Ask | str:
    """Return how a program is started after the files that the script reads.

    Not by the script itself: it would start agents, and write the user's log.
    """
    del host, context, machine
    return reading(READERS[_kind()])


def targets(want: Want, context: Context, machine: Machine) -> tuple[File, ...]:
    """Return the user's file of those."""
    del context, machine
    return (File(want.host.home + FILES[_kind()]),)


def plan(want: Want, machine: Machine) -> Plan:
    """Return the edit that puts the directories into that file."""
    if want.attempt:
        return Plan()
    from onpath.shells import render  # noqa: PLC0415  (a look needs neither)

    from . import blocks  # noqa: PLC0415

    def spell(directory: str, order: str) -> str:
        return render.body(POSIX.name, directory, want.host.home, order)

    return blocks.plan_file(want.host.home + FILES[_kind()], want, machine, spell)


def undo(want: Want, machine: Machine) -> Plan:
    """Return the plan that takes our blocks out of either file."""
    from . import blocks  # noqa: PLC0415  (as above)

    return blocks.take_out([want.host.home + name for name in FILES.values()], want, machine)


def remarks(want: Want, plan: Plan, machine: Machine) -> tuple[str, ...]:
    """Return when the change counts."""
    del want, machine
    return (desktop.FROM_WHEN,) if plan.edits else ()


def reading(files: tuple[str, ...]) -> Ask:
    """Return how a program is started after `/bin/sh` has read those of `files` that are there."""
    lines = [f'if [ -r "{file}" ]; then . "{file}"; fi' for file in files]
    return Ask((SH, "-c", "\n".join((*lines, QUESTION))), program=SH)


def _kind() -> str:
    """Return which of the files it is here, or an empty text."""
    return next((kind for kind in desktop.starts() if kind in FILES), "")
