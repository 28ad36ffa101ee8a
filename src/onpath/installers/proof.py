"""Put the scripts directory on PATH, and see in fresh shells whether the tool's commands run there."""

from __future__ import annotations

import os

from onpath import receipts, request, verbs
from onpath.cli import show
from onpath.errors import OnpathError
from onpath.host import directories
from onpath.values import TYPE_CHECKING, dataclass

from . import commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from onpath.model import Host, Report


@dataclass(frozen=True)
class Proof:
    """What fresh shells showed."""

    report: Report
    contexts: tuple[str, ...]  # in which the commands run by their bare names
    complaints: tuple[str, ...]  # which of them do not, where, and what hides them

    @property
    def has_edits(self) -> bool:
        """Whether PATH was edited."""
        return bool(self.report.edits)


def has_edited(host: Host) -> bool:
    """Say whether onpath has edited something for this home before."""
    return receipts.has_receipt(directories.state_folder(host))


def may_edit(environ: Mapping[str, str]) -> bool:
    """Return whether edits are wanted, and keep for later runs what `environ` says of it."""
    return verbs.resolve_and_remember_consent(environ)


def prove(
    names: Iterable[str],
    directory: str,
    shells: tuple[str, ...],
    environ: Mapping[str, str],
    *,
    is_quiet: bool,
) -> Proof:
    """Put `directory` on PATH and tell where the commands `names` run by name. Raises `OnpathError`."""
    printer = show.Printer(verbosity=-1 if is_quiet else 0)
    options = {"progress": printer, "environ": environ}
    if shells:
        options["shells"] = shells
    report = verbs.ensure(request.make("ensure", (directory,), options))
    show.report(report, "ensure", printer, (), is_json=False)
    extensions: tuple[str, ...] = ("",)
    if "PATHEXT" in environ:
        extensions = tuple(environ["PATHEXT"].lower().split(os.pathsep))
    served: list[str] = []
    hidden: dict[tuple[str, str], list[str]] = {}
    for outcome in report.outcomes:
        if not outcome.is_served or outcome.probe is None or outcome.probe.path is None:
            continue
        found = commands.hidden(names, directory, outcome.probe.path, extensions)
        if not found:
            served.append(str(outcome.context))
        for pair in found.items():
            hidden.setdefault(pair, []).append(str(outcome.context))
    return Proof(report, tuple(served), tuple(_told(*pair, where) for pair, where in hidden.items()))


def _told(command: str, other: str, where: list[str]) -> str:
    places = ", ".join(where)
    if not other:
        return f"{command} is not found in {places}; run ensure-path --why {command}"
    return (
        f"{command} is hidden by {other} in {places}; remove that, or have the scripts directory before "
        "it on PATH"
    )


def take_back(directories: Iterable[str], environ: Mapping[str, str]) -> None:
    """Take back what was edited for `directories`. Raises `OnpathError` if some of it must stay."""
    report = verbs.undo(request.make("undo", tuple(directories), {"environ": environ}))
    if report.exit_code:
        told = "; ".join(f"{show.shown(each.target)} {each.reason}" for each in report.refusals)
        raise OnpathError(f"PATH cannot be taken back ({told}); repair that, then run this again")
