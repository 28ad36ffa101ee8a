"""Blocks in the user's startup files. Reads through the `Machine` that it is given; writes nothing."""

from __future__ import annotations

from onpath.model import ASKED_FOR, DESKTOP, LOGIN_SHELL_MODES, Context, File, Plan, Refusal
from onpath.shells import AS, ROWS, ask_of
from onpath.shells.startup import candidates, image_line, named_by, startup_files
from onpath.values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from onpath.model import Ask, Host, Installed, Machine, Want
    from onpath.shells import Startup

    Find = Callable[[Want, Context, Machine], tuple[tuple[str, Startup], ...]]


def contexts(host: Host, shells: tuple[Installed, ...], modes: tuple[str, ...]) -> tuple[Context, ...]:
    """Return the modes of each shell, shell by shell.

    sshd, editors and some display managers start the login shell; another one only for a user who names
    it.
    """
    return tuple(
        Context(mode, shell.name)
        for shell in shells
        for mode in modes
        if AS.get(mode, mode) in ROWS[shell.name].asks
        and (mode not in (*LOGIN_SHELL_MODES, DESKTOP) or _is_login_shell(shell, host))
        and (mode != DESKTOP or _starts_desktop())
    )


def ask(host: Host, context: Context, machine: Machine) -> Ask | str:
    """Return how the shell is asked."""
    del host, machine
    return ask_of(ROWS[context.shell], context.mode)


def targets(want: Want, context: Context, machine: Machine) -> tuple[File, ...]:
    """Return the startup files by which `context` can be served, the preferred one first."""
    return tuple(File(path) for path, _ in _startup_files(want, context, machine))


def plan(want: Want, machine: Machine) -> Plan:
    """Return the edits after which each of `want.contexts` has the directories on its PATH."""
    return plan_files(want, machine, _startup_files, why_not=_sharing)


def plan_files(
    want: Want,
    machine: Machine,
    find: Find,
    why_not: Callable[[str, str, Host], str] = lambda _path, _shell, _host: "",
) -> Plan:
    """Return the edits of the files that `find` gives for each of `want.contexts`.

    One edit a file, whatever it serves and however many names it has. One of which `why_not` gives a
    reason, by its name and its shell, is refused.
    """
    from onpath.shells import render  # noqa: PLC0415  (a look needs neither)

    from . import blocks, lines  # noqa: PLC0415

    served: dict[str, list[Context]] = {}
    firsts: dict[str, tuple[str, Startup]] = {}
    names: dict[object, str] = {}
    for context in want.contexts:
        found = find(want, context, machine)
        if want.attempt < len(found):
            path, startup = found[want.attempt]
            path = names.setdefault(machine.identity(path), path)
            served.setdefault(path, []).append(context)
            firsts.setdefault(path, (context.shell, startup))
    plans: list[Plan] = []
    for path, served_by_it in served.items():
        shell, startup = firsts[path]
        here = replace(want, contexts=tuple(served_by_it))
        reason = why_not(path, shell, want.host)
        if reason:
            plans.append(Plan(refusals=(Refusal(File(path), reason, here.contexts),)))
            continue
        if startup.has_lines:
            plans.append(lines.plan_after(path, here, machine))
            continue

        def spell(
            directory: str,
            order: str,
            *,
            is_moved: bool = want.is_moved,
            shell: str = shell,
            startup: Startup = startup,
        ) -> str:
            return render.body(shell, directory, want.host.home, order, startup, is_moved=is_moved)

        def other(directory: str, order: str, spell: Callable[..., str] = spell) -> str:
            return spell(directory, order, is_moved=not want.is_moved)

        find_top = ROWS[shell].find_top
        plans.append(blocks.plan_file(path, here, machine, spell, startup.preamble, (other,), find_top))
    edits = (edit for each in plans for edit in each.edits)
    refusals = (refusal for each in plans for refusal in each.refusals)
    return Plan(tuple(edits), tuple(refusals))


def undo(want: Want, machine: Machine) -> Plan:
    """Return the plan that takes our blocks out: all, or those of `want.directories`.

    It looks at the files of the receipt and at every file that a shell may read, and leaves what others
    wrote since. A file that we created and that holds nothing else is removed.
    """
    from . import blocks  # noqa: PLC0415  (as above)

    told = [folders for _, folders in want.told_folders]
    bare = replace(want.host, environ={})  # as a new session has it, whatever this one says
    paths = (*want.receipt.files, *candidates(want.host, told), *candidates(bare, told))
    if blocks.moved_on(want.receipt.files, machine):  # perhaps into a file that one of these reads
        paths += named_by(paths, want.host)
    return blocks.take_out(paths, want, machine)


def remarks(want: Want, plan: Plan, machine: Machine) -> tuple[str, ...]:
    """Return who else writes the files of `plan`, and how to keep an edit there."""
    from onpath.host import desktop  # noqa: PLC0415  (only runs that edit)

    from . import managers  # noqa: PLC0415

    del machine
    targets = [edit.target for edit in plan.edits] + [refusal.target for refusal in plan.refusals]
    told = ((target, managers.note(str(target), want.host.home)) for target in targets)
    found = [f"{target!s}: {note}" for target, note in told if note]
    if any(context.mode == DESKTOP for edit in plan.edits for context in edit.serves):
        found.append(desktop.FROM_WHEN)
    if plan.refusals and not plan.edits and "container" in want.host.surroundings:
        line = image_line(want.directories)
        found.append(f"in an image this line serves all that does not set PATH itself: {line}")
    return tuple(found)


def _sharing(path: str, shell: str, host: Host) -> str:
    """Return why a file is not for this user and this shell alone.

    A link or a variable (ENV) leads to another's, or a shell of another language reads it as well.
    """
    from onpath import homes  # noqa: PLC0415  (only runs that edit)
    from onpath.host import ways  # noqa: PLC0415

    from . import foreign  # noqa: PLC0415

    real = ways.system_file(path)
    if real:
        return (
            f"leads to {real}, which every user's shells read; put a file of your own in its place, or "
            "serve every user: ensure-path --system"
        )
    if host.uid or homes.below(path, host.home) is not None or not ways.is_for_others(path):
        return foreign.why_foreign(path, shell, host)
    return "is outside the home, where every user may read it; put the line into a file of your own"


def _starts_desktop() -> bool:
    """Say whether the display manager of this machine starts the login shell."""
    from onpath.host import desktop  # noqa: PLC0415  (few runs ask)

    return desktop.LOGIN_SHELL in desktop.starts()


def _is_login_shell(shell: Installed, host: Host) -> bool:
    """Say whether `shell` is started where nobody says which; one that was asked for counts as it."""
    return shell.reason == ASKED_FOR or host.login is None or host.login.name == shell.name


def _startup_files(want: Want, context: Context, machine: Machine) -> tuple[tuple[str, Startup], ...]:
    shell = want.shell(context)
    return startup_files(want.host, shell, context.mode, machine, want.folders(context))
