"""Put the scripts directory on PATH, and see in fresh shells whether the tool's commands run there."""

from __future__ import annotations

import os
import sys

from onpath import changes, consent, homes, receipts, request, verbs
from onpath.cli import show
from onpath.errors import OnpathError
from onpath.host import directories
from onpath.probes import meanings, orphans, spawn
from onpath.shells import BUILTIN, MEANINGS
from onpath.values import TYPE_CHECKING, dataclass

from . import commands, steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, BinaryIO

    from onpath.model import Host, Report


@dataclass(frozen=True)
class Proof:
    """What fresh shells showed."""

    report: Report
    commands: tuple[str, ...]  # of which the shells were asked
    contexts: tuple[str, ...]  # in which the commands run by their bare names
    complaints: tuple[str, ...]  # which of them do not, where, and what hides them
    notes: tuple[str, ...] = ()  # what else their names mean there, and may run them

    def edits(self, host: Host) -> tuple[str, ...]:
        """Return what was edited: each target by its name in the home."""
        return tuple(homes.to_name(str(edit.target), host.home) for edit in self.report.edits)

    @property
    def names_tool(self) -> bool:
        """Whether what was told names `ensure-path`, which whoever runs a script need not have."""
        report = self.report
        probes = [probe for each in report.outcomes for probe in (each.before, each.after) if probe]
        told = [*report.notes, *self.complaints, *(each.note for each in report.outcomes)]
        told += [text for each in probes for text in (each.reason, each.cure)]
        told += [each.reason for each in report.refusals]
        return bool(report.exit_code) or any(request.TOOL in text for text in told)


def has_edited(host: Host) -> bool:
    """Say whether onpath has edited something for this home before."""
    return receipts.has_receipt(directories.state_folder(host))


def has_block(directory: str, environ: Mapping[str, str]) -> bool:
    """Say whether an undo would take `directory` off PATH. False where that cannot be told."""
    try:
        report = verbs.undo(request.make("undo", (directory,), {"environ": environ, "dry_run": True}))
    except OnpathError:
        return False
    return bool(report.edits or report.refusals)


def is_refused(host: Host) -> bool:
    """Say whether an installer was told before to leave PATH alone."""
    return consent.is_refused(host)


def may_edit(environ: Mapping[str, str]) -> bool:
    """Return whether edits are wanted, and keep for later runs what `environ` says of it."""
    return consent.resolve_and_remember(environ)


class Look:
    """The first look at PATH, by a process of its own while this one waits for something else.

    Of its own, so that what a startup file leaves running is told from what else runs meanwhile.
    """

    pid: int  # 0 when it has ended
    answer: BinaryIO  # what it tells

    def __init__(self, directory: str, shells: tuple[str, ...], environ: Mapping[str, str]) -> None:
        """Begin to look. Unix only."""
        if sys.platform == "win32":
            raise NotImplementedError
        import pickle  # noqa: PLC0415

        outer, inner = os.pipe()
        self.answer = os.fdopen(outer, "rb")
        parent = os.getpid()

        def look() -> None:
            self.answer.close()
            orphans.prctl(steps.END_WITH_PARENT, spawn.TERMINATE)
            if os.getppid() == parent:
                options = {"environ": environ, **_named(shells)}
                report = verbs.check(request.make("check", (directory,), options))
                raw = memoryview(pickle.dumps(report))
                while raw:
                    raw = raw[os.write(inner, raw) :]

        self.pid = spawn.fork(look)  # whatever it fails by, the run itself will meet it and tell it
        os.close(inner)

    def report(self) -> Report | None:
        """Return what was seen, or None if nothing was; wait for it."""
        import pickle  # noqa: PLC0415

        raw = self.answer.read()
        is_whole = self._wait() == 0
        report: Report | None = pickle.loads(raw) if is_whole else None  # noqa: S301  (our own child's)
        return report

    def end(self) -> None:
        """End it, unless it has told what it saw."""
        if self.pid:
            spawn.kill(self.pid, spawn.TERMINATE)
            self._wait()

    def _wait(self) -> int:
        self.answer.close()
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return status


def prove(
    names: Iterable[str],
    directory: str,
    shells: tuple[str, ...],
    environ: Mapping[str, str],
    *,
    is_quiet: bool,
    seen: Report | None,
) -> Proof:
    """Put `directory` on PATH and tell where the commands `names` run by name. Raises `OnpathError`.

    What a look has `seen` spares the first question where another will be asked anyway.
    """
    printer = show.Printer(verbosity=-1 if is_quiet else 0)
    names = tuple(names)
    options = {"progress": printer, "environ": environ, "seen": seen, **_named(shells)}
    report = verbs.ensure(request.make("ensure", (directory,), options, commands=names))
    show.report(report, "ensure", printer, (), is_json=False, code=report.exit_code)
    extensions: tuple[str, ...] = ("",)
    if "PATHEXT" in environ:
        extensions = tuple(environ["PATHEXT"].lower().split(os.pathsep))
    served: list[str] = []
    hidden: dict[tuple[str, str], list[str]] = {}
    doubts: dict[tuple[str, str], list[str]] = {}
    for outcome in report.outcomes:
        if not outcome.is_served or outcome.probe is None or outcome.probe.path is None:
            continue
        context, others = str(outcome.context), outcome.probe.meanings
        found = commands.hidden(names, directory, outcome.probe.path, extensions)
        found.update((name, kind) for name, kind, may_run in others if not may_run)
        if not found and not others:
            served.append(context)
        for pair in found.items():
            hidden.setdefault(pair, []).append(context)
        for name, kind, may_run in others:
            if may_run and name not in found:
                doubts.setdefault((name, kind), []).append(context)
    told = (_told(*pair, directory, where) for pair, where in hidden.items())
    notes = (_doubted(*pair, directory, where) for pair, where in doubts.items())
    return Proof(report, tuple(meanings.asked(names)), tuple(served), tuple(told), tuple(notes))


def _named(shells: tuple[str, ...]) -> dict[str, Any]:
    return {"shells": shells} if shells else {}


def _told(command: str, other: str, directory: str, where: list[str]) -> str:
    places = ", ".join(where)
    if not other:
        return f"{command} is not found in {places}; run ensure-path --where to see why, then this again"
    if other in MEANINGS:
        cure = "" if other == BUILTIN else "take that out of your startup files, or "
        path = os.path.join(directory, command)
        return f"{command} is {_a(other)} in {places}, which comes before PATH; {cure}run {path}"
    return (
        f"{command} is hidden by {other} in {places}; remove that, or have the scripts directory before "
        "it on PATH"
    )


def _doubted(command: str, kind: str, directory: str, where: list[str]) -> str:
    return (
        f"{command} is {_a(kind)} in {', '.join(where)}, which comes before PATH: not proven there; see "
        f"whether it runs {os.path.join(directory, command)}"
    )


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def take_back(
    directories: Iterable[str], environ: Mapping[str, str], targets: tuple[str, ...] = ()
) -> None:
    """Take back what was edited for `directories`, in some `targets` or in all.

    Raises `OnpathError` if some of it must stay.
    """
    asked = request.make("undo", tuple(directories), {"environ": environ}, targets=targets)
    report = verbs.undo(asked)
    if report.exit_code:
        told = "; ".join(f"{show.shown(each.target)} {each.reason}" for each in report.refusals)
        raise OnpathError(f"PATH cannot be taken back ({told}); repair that, then run this again")


def hand_over(host: Host, folders: tuple[str, ...]) -> None:
    """Have onpath's own receipt say that `folders` were made for it: they go with an undo."""
    folder = directories.state_folder(host)
    if not receipts.has_receipt(folder):
        return
    with changes.Changes(lambda: folder, host, is_recorded=False) as done:
        done.save(receipts.add(receipts.load(folder, host.home), (), folders))
