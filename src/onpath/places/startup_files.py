"""Blocks in the user's startup files. Reads through the `Machine` that it is given; writes nothing."""

from __future__ import annotations

from onpath.model import Context, File, Plan
from onpath.shells import ROWS
from onpath.shells.startup import candidates, image_line, startup_file
from onpath.values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from onpath.model import Ask, Host, Installed, Machine, Want
    from onpath.shells import Startup


def contexts(host: Host, shells: tuple[Installed, ...], modes: tuple[str, ...]) -> tuple[Context, ...]:
    """Return the modes of each shell, shell by shell."""
    del host
    return tuple(
        Context(mode, shell.name) for shell in shells for mode in modes if mode in ROWS[shell.name].asks
    )


def ask(host: Host, context: Context, machine: Machine) -> Ask | str:
    """Return how the shell is asked."""
    del host, machine
    return ROWS[context.shell].asks[context.mode]


def serves(want: Want, context: Context, machine: Machine) -> File | None:
    """Return the startup file by which `context` can be served, or None where the shell reads none."""
    found = _startup_file(want, context, machine)
    return File(found[0]) if found else None


def plan(want: Want, machine: Machine) -> Plan:
    """Return the edits after which each of `want.contexts` has the directories on its PATH.

    One edit a file, whatever it serves and however many names it has.
    """
    from onpath.shells import render  # noqa: PLC0415  (a look needs neither)

    from . import blocks  # noqa: PLC0415

    served: dict[str, list[Context]] = {}
    firsts: dict[str, tuple[str, Startup]] = {}
    names: dict[object, str] = {}
    for context in want.contexts:
        found = _startup_file(want, context, machine)
        if found:
            path, startup = found
            path = names.setdefault(machine.identity(path), path)
            served.setdefault(path, []).append(context)
            firsts.setdefault(path, (context.shell, startup))
    plans: list[Plan] = []
    for path, served_by_it in served.items():
        shell, startup = firsts[path]

        def spell(directory: str, order: str, shell: str = shell, startup: Startup = startup) -> str:
            return render.body(shell, directory, want.host.home, order, startup)

        here = replace(want, contexts=tuple(served_by_it))
        plans.append(blocks.plan_file(path, here, machine, spell, startup.preamble))
    edits = (edit for each in plans for edit in each.edits)
    refusals = (refusal for each in plans for refusal in each.refusals)
    return Plan(tuple(edits), tuple(refusals))


def undo(want: Want, machine: Machine) -> Plan:
    """Return the plan that takes our blocks out: all, or those of `want.directories`.

    It looks at the files of the receipt and at every file that a shell may read, and leaves what others
    wrote since. A file that we created and that holds nothing else is removed.
    """
    from . import blocks  # noqa: PLC0415  (as above)

    others = candidates(want.host, [told for _, told in want.told_folders])
    return blocks.take_out((*want.receipt.files, *others), want, machine)


def remarks(want: Want, plan: Plan, machine: Machine) -> tuple[str, ...]:
    """Return who else writes the files of `plan`, and how to keep an edit there."""
    from . import managers  # noqa: PLC0415  (only runs that edit)

    del machine
    targets = [edit.target for edit in plan.edits] + [refusal.target for refusal in plan.refusals]
    told = ((target, managers.note(str(target), want.host.home)) for target in targets)
    found = [f"{target!s}: {note}" for target, note in told if note]
    if plan.refusals and not plan.edits and "container" in want.host.surroundings:
        found.append(f"in an image this line serves all that is started: {image_line(want.directories)}")
    return tuple(found)


def _startup_file(want: Want, context: Context, machine: Machine) -> tuple[str, Startup] | None:
    shell = want.shell(context)
    return startup_file(want.host, shell, context.mode, machine, want.folders(context))
