"""The file by which a step of a CI job leaves a PATH to the steps after it.

GitHub, Gitea and Forgejo: GITHUB_PATH names a file of directories, each on a line, which the runner puts
in front, the last one first. CircleCI: BASH_ENV names a script that bash sources before each step.
"""

from __future__ import annotations

import os

from onpath import contexts as table
from onpath.contexts import CI
from onpath.errors import RefusedError
from onpath.model import APPEND, QUESTION, Ask, Context, Edit, File, Plan, Refusal
from onpath.values import TYPE_CHECKING, dataclass

from .lines import lines_of, why_no_line

if TYPE_CHECKING:
    from onpath.model import Host, Installed, Machine, Want

NO_VENDOR = (
    "no CI whose steps share a PATH by a file was found (GITHUB_ACTIONS with GITHUB_PATH, or CIRCLECI "
    "with BASH_ENV)"
)
SNIPPET = "posix.sh"
SH = "/bin/sh"


@dataclass(frozen=True)
class Vendor:
    """A CI: the variable that says that it runs, and the one that names its file."""

    sign: str
    variable: str
    argv: tuple[str, ...]  # how it starts a step
    has_lines: bool  # the file holds directories; else it is a script
    remark: str


VENDORS = (
    Vendor(
        *("GITHUB_ACTIONS", "GITHUB_PATH", ("/bin/sh", "-e", "-c", QUESTION)),
        has_lines=True,
        remark="the next steps of the job have it; in this step use the line for this session",
    ),
    Vendor(
        *("CIRCLECI", "BASH_ENV", ("/bin/bash", "-eo", "pipefail", "-c", QUESTION)),
        has_lines=False,
        remark='the next steps of the job have it; in this step run: source "$BASH_ENV"',
    ),
)


def contexts(host: Host, shells: tuple[Installed, ...], modes: tuple[str, ...]) -> tuple[Context, ...]:
    """Return the next step of the job, where it is asked for or a vendor's environment is there."""
    del shells
    return (Context(CI),) if CI in modes or _vendor(host) or table.vendor(host).is_said else ()


def ask(host: Host, context: Context, machine: Machine) -> Ask | str:
    """Return how the vendor starts the next step, with what its file gives it."""
    del context
    vendor = _vendor(host)
    if vendor is None:
        return _ask_another(host)
    path, program = host.environ[vendor.variable], vendor.argv[0]
    if not vendor.has_lines:
        return Ask(vendor.argv, program=program, environ=((vendor.variable, path),))
    try:
        found = lines_of(machine.read(File(path)))
    except RefusedError:
        found = []  # told when the file is to be edited
    return Ask(vendor.argv, program=program, entries=tuple(line for line in reversed(found) if line))


def _ask_another(host: Host) -> Ask | str:
    """Return how a step is asked whose PATH the CI keeps: the next has what this one was given."""
    other = table.vendor(host)
    if other.is_said:
        path = host.environ.get("PATH", "")
        return Ask((SH, "-c", QUESTION), program=SH, environ=(("PATH", path),))
    return (
        NO_VENDOR if other is table.ANY_CI else f"{other.name} has no file for the PATH of later steps"
    )


def targets(want: Want, context: Context, machine: Machine) -> tuple[File, ...]:
    """Return the vendor's file."""
    del context, machine
    vendor = _vendor(want.host)
    return (File(want.host.environ[vendor.variable]),) if vendor else ()


def plan(want: Want, machine: Machine) -> Plan:
    """Return the edit that adds a line for each directory, or our blocks to a script."""
    vendor = _vendor(want.host)
    if want.attempt:
        return Plan()
    if vendor is None:
        return Plan(announcements=table.said(want.host, want.directories))
    target = File(want.host.environ[vendor.variable])
    reason = _refusal(vendor, target, want, machine)
    if reason:
        return Plan(refusals=(Refusal(target, reason, want.contexts),))
    if vendor.has_lines:
        from . import lines  # noqa: PLC0415  (a look needs none of these)

        return lines.plan(target.path, want, machine)
    from onpath.shells import quote, render  # noqa: PLC0415  (a look needs neither)

    from . import blocks  # noqa: PLC0415

    def spell(directory: str, order: str) -> str:
        return render.lines(SNIPPET, quote.posix(directory, want.host.home), order)

    return blocks.plan_file(target.path, want, machine, spell)


def undo(want: Want, machine: Machine) -> Plan:
    """Return the plan that takes out our lines, which the receipt knows, and our blocks."""
    from . import blocks, lines  # noqa: PLC0415  (as above)

    edits: list[Edit] = []
    refusals: list[Refusal] = []
    vendor = _vendor(want.host)
    if vendor and not vendor.has_lines:
        script = blocks.take_out([want.host.environ[vendor.variable]], want, machine)
        edits += script.edits
        refusals += script.refusals
    planned = lines.take_out(want, machine, "the CI")
    return Plan((*edits, *planned.edits), (*refusals, *planned.refusals))


def remarks(want: Want, plan: Plan, machine: Machine) -> tuple[str, ...]:
    """Return from when on it counts."""
    del machine
    if plan.announcements:
        return (
            f"the next steps have it, as {table.vendor(want.host).name} takes it from standard output",
        )
    vendor = _vendor(want.host)
    return (vendor.remark,) if vendor and plan.edits else ()


def _vendor(host: Host) -> Vendor | None:
    """Return the CI that this is a step of, if it is one."""
    environ = host.environ
    return next((v for v in VENDORS if environ.get(v.sign) == "true" and environ.get(v.variable)), None)


def _refusal(vendor: Vendor, target: File, want: Want, machine: Machine) -> str | None:
    """Return why the file is left alone: a link could lead anywhere, and a line must be one line."""
    if not os.path.isabs(target.path):
        return f"is not a full path; set {vendor.variable} to one"
    if machine.is_link(target.path):
        return f"is a link, which the CI does not make; let {vendor.variable} name the file itself"
    reason = machine.refusal(target)
    if reason or not vendor.has_lines:
        return reason
    if machine.read(target) is None:
        return f"does not exist; let {vendor.variable} name the file that the CI made"
    if want.order == APPEND:
        return "can only put directories in front; leave out --append"
    return why_no_line(want.directories)
