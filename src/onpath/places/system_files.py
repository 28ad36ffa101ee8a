"""The files of the system by which the shells and desktops of all users get a PATH. Root's to edit.

A shell's row says which of its files are every user's. systemd's generators read /etc/environment.d,
and the scripts of display managers /etc/profile; Debian's Xsession reads a folder of its own and no
more of the system. Looks through the `Machine` that it is given.
"""

from __future__ import annotations

from onpath.host import desktop
from onpath.model import DESKTOP, Context, File, Plan
from onpath.shells import AS, POSIX, ROWS, UNIX_ROWS, Startup, system_files_of
from onpath.shells.startup import system_candidates, system_files
from onpath.values import TYPE_CHECKING, replace

from . import environment_d, session_script, startup_files

if TYPE_CHECKING:
    from onpath.model import Ask, Host, Installed, Machine, Want

ENVIRONMENT = "/etc/environment.d/99-onpath.conf"
# Before 40x11-common_xsessionrc, so that a user's own file counts after it. run-parts(8) takes no dot.
XSESSION = "/etc/X11/Xsession.d/39onpath"
FROM_WHEN = "sessions that are open keep their PATH; each user has the new one from the next login on"


def contexts(host: Host, shells: tuple[Installed, ...], modes: tuple[str, ...]) -> tuple[Context, ...]:
    """Return the modes of each shell: any of them may be a user's login shell. And the desktop's."""
    found = [
        Context(mode, shell.name)
        for shell in shells
        for mode in modes
        if AS.get(mode, mode) in ROWS[shell.name].asks
        and (mode != DESKTOP or (desktop.LOGIN_SHELL in desktop.starts() and _reads(shell, mode)))
    ]
    if not {desktop.PROFILE, desktop.XSESSION}.isdisjoint(desktop.starts()):
        found += session_script.contexts(host, shells, modes)
    found += environment_d.contexts(host, shells, modes)
    return tuple(dict.fromkeys(found))


def ask(host: Host, context: Context, machine: Machine) -> Ask | str:
    """Return how the shell is asked, or what the desktop starts."""
    if not context.shell:
        return environment_d.ask(host, context, machine)
    if _is_script(context) and desktop.XSESSION in desktop.starts():
        return session_script.reading((XSESSION, *session_script.READERS[desktop.XSESSION]))
    if _is_script(context):
        return session_script.ask(host, context, machine)
    return startup_files.ask(host, context, machine)


def targets(want: Want, context: Context, machine: Machine) -> tuple[File, ...]:
    """Return the files of the system by which `context` can be served, the preferred one first."""
    if not context.shell:
        return (File(ENVIRONMENT),)
    return tuple(File(path) for path, _ in _files(want, context, machine))


def plan(want: Want, machine: Machine) -> Plan:
    """Return the edits after which each of `want.contexts` has the directories on its PATH."""
    of_shells = tuple(context for context in want.contexts if context.shell)
    others = tuple(context for context in want.contexts if not context.shell)
    plans = [startup_files.plan_files(replace(want, contexts=of_shells), machine, _files)]
    if others and not want.attempt:
        plans.append(environment_d.plan_in(ENVIRONMENT, replace(want, contexts=others), machine))
    edits = (edit for each in plans for edit in each.edits)
    refusals = (refusal for each in plans for refusal in each.refusals)
    return Plan(tuple(edits), tuple(refusals))


def undo(want: Want, machine: Machine) -> Plan:
    """Return the plan that takes our blocks out of these files: all, or `want.directories`."""
    from . import blocks, lines  # noqa: PLC0415  (a look needs none)

    paths = (*want.receipt.files, *system_candidates(), ENVIRONMENT, XSESSION)
    plans = (blocks.take_out(paths, want, machine), lines.take_out(want, machine, "the system"))
    edits = (edit for each in plans for edit in each.edits)
    refusals = (refusal for each in plans for refusal in each.refusals)
    return Plan(tuple(edits), tuple(refusals), plans[0].looked_at)


def remarks(want: Want, plan: Plan, machine: Machine) -> tuple[str, ...]:
    """Return when the change counts."""
    del want, machine
    return (FROM_WHEN,) if plan.edits else ()


def _is_script(context: Context) -> bool:
    """Say whether it is the display manager's script that runs under `/bin/sh`, and no login shell."""
    return context.mode == DESKTOP and context.shell == POSIX.name


def _reads(shell: Installed, mode: str) -> bool:
    return bool(system_files_of(UNIX_ROWS[shell.name], mode))


def _files(want: Want, context: Context, machine: Machine) -> tuple[tuple[str, Startup], ...]:
    if _is_script(context) and desktop.XSESSION in desktop.starts():
        return ((XSESSION, Startup(XSESSION)),)
    if _is_script(context):
        shell, mode = replace(want.host.login or want.shells[0], name=POSIX.name), context.mode
        return system_files(want.host, shell, mode, machine, {})
    return system_files(want.host, want.shell(context), context.mode, machine, want.folders(context))
