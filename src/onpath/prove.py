"""The loop that keeps the promise: probe, plan, apply, probe again; keep what is proven."""

from __future__ import annotations

import os

from . import managers, stores
from .changes import Applied, apply, intent, put_back
from .errors import OnpathError
from .host import directories as locate
from .model import END, TOP, UNKNOWN, WINDOWS, Edit, File, Outcome
from .places import fence
from .places.startup_files import plan
from .shells import render
from .shells.startup import Looks, startup_file
from .survey import Look, is_late
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .model import Bench, Host, Installed, Plan, Probe, Receipt, Report, Target
    from .survey import Pair


def diff(look: Look) -> Report:
    """Probe, and report the edits that `ensure` would try first. Nothing is written."""
    look.only()
    planned = _plan(look, TOP)
    look.tell_before()
    if not all(map(os.path.isdir, look.directories)):
        look.notes.append(
            "the directory does not exist yet: a real run makes it first, which may spare an edit"
        )
    _note(look, planned, planned.edits)
    report = look.report(planned=planned)
    return replace(report, edits=planned.edits)


def ensure(look: Look) -> Report:
    """Edit what the missing modes read, and keep what fresh shells prove. All else is as it was."""
    folders = _missing_folders(look.directories)
    trial = Trial(look)
    try:
        _make_directories(look.directories)
        bench = look.bench(has_proofs=True)
        look.notes += [
            f"{d} took no program for the proof, as you may not write there: judged by the PATH alone"
            for d in bench.directories
            if d not in bench.proofs
        ]
        try:
            look.probe(bench)
            planned = _plan(look, TOP)
            if planned.edits:
                trial.run(bench, planned)
        finally:
            look.close_bench(bench)
        is_served = any(probe.served for probe in (*look.before.values(), *trial.after.values()))
        if trial.current or (folders and is_served):
            trial.save_receipt(folders)
        edits = tuple(applied.edit for applied in trial.current.values())
        stores.announce(edit.target for edit in edits)
        for shell, mode in look.pairs:
            look.tell(_outcome((shell.name, mode), look, trial, planned))
        if not edits and not is_served:
            stores.remove_folders(folders)
        _note(look, planned, edits)
        return look.report(
            edits=edits,
            planned=planned,
            put_back=tuple(trial.given_up),
            activate=render.activation(look.host, look.directories, look.request.order),
        )
    except BaseException:
        trial.put_back()
        for directory in look.directories:  # wherever it was that the run was stopped
            look.verifier.remove_proofs(directory)
        stores.remove_folders(folders)
        raise


def ensure_unverified(look: Look) -> Report:
    """Edit every file that a required mode reads, without starting a shell."""
    folders = _missing_folders(look.directories)
    trial = Trial(look)
    try:
        _make_directories(look.directories)
        look.start()
        planned = _plan(look, TOP)
        trial.apply(planned.edits)
        if trial.current:
            trial.save_receipt(folders)
            stores.announce(edit.target for edit in planned.edits)
        for shell, mode in look.pairs:
            edit = next((e for e in planned.edits if (shell.name, mode) in e.serves), None)
            look.tell(Outcome(shell.name, mode, None, edit=edit, note="" if edit else "not verified"))
        _note(look, planned, planned.edits)
        return look.report(
            edits=planned.edits,
            planned=planned,
            verdict=("partial", 3),
            activate=render.activation(look.host, look.directories, look.request.order),
        )
    except BaseException:
        trial.put_back()
        stores.remove_folders(folders)
        raise


class Trial:
    """The edits that are in place at the moment, and what fresh shells say of them."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.after: dict[Pair, Probe] = {}
        self.current: dict[Target, Applied] = {}
        self.given_up: list[tuple[Edit, str]] = []
        self.receipt: Applied | None = None

    def run(self, bench: Bench, planned: Plan) -> None:
        """Apply the edits at the top of their files; where a later line undoes one, at the end.

        The probes decide, not guesses. An edit that no mode needs in the end is put back.
        """
        self.apply(planned.edits)
        self._probe(bench)
        at_top = self.after
        wanting = [edit for edit in planned.edits if self._is_wanting(edit)]
        if wanting:
            pairs = {pair for edit in wanting for pair in edit.serves}
            moved = self._move(_plan(self.look, END, pairs).edits)
            if moved:
                self._probe(bench)
                worse = {e.target for e in moved if self._gain(e, self.after) <= self._gain(e, at_top)}
                if self._move(e for e in wanting if e.target in worse):
                    self._probe(bench)
        while True:  # ends: each round has fewer edits
            useless = [a.edit for a in self.current.values() if self._gain(a.edit, self.after) <= 0]
            for edit in useless:
                reason = self._why_useless(edit)
                put_back([self.current.pop(edit.target)])
                self.given_up.append((edit, reason))
                # What was a yes with the edit in place is none any more.
                shells = {shell for shell, _ in edit.serves}
                self.after = {p: a for p, a in self.after.items() if p[0] not in shells or not a.served}
            if not useless or not self.current:
                return
            self._probe(bench)

    def apply(self, edits: Iterable[Edit]) -> None:
        """Apply `edits`, all or nothing; what they are is known before the first write."""
        edits = tuple(edits)
        self.current = {edit.target: intent(edit) for edit in edits}
        apply(edits)

    def save_receipt(self, folders: tuple[str, ...]) -> None:
        """Keep what is in place, and the `folders` that were made for it, for --undo."""
        from . import receipt  # noqa: PLC0415  (json: only runs that change something)

        look, folder = self.look, locate.state_folder(self.look.host)
        try:
            record = receipt.add(receipt.load(folder), self.current.values(), folders)
            edit = receipt.edit(folder, record)
            self.receipt = intent(edit)
            if edit.after != edit.before:
                stores.write(edit.target, edit.after, edit.before)
        except (OSError, OnpathError) as error:
            without = (
                "--undo cannot find it" if look.host.system == WINDOWS else "--undo works without it"
            )
            look.notes.append(f"no receipt could be kept in {folder} ({error}); {without}")

    def put_back(self) -> None:
        """Put everything back."""
        put_back((*self.current.values(), *([self.receipt] if self.receipt else [])))
        self.current = {}

    def _probe(self, bench: Bench) -> None:
        """Ask every pair of the shells that an edit touches or touched, unless it was late before."""
        edits = [applied.edit for applied in self.current.values()]
        edits += [edit for edit, _ in self.given_up]
        touched = {shell for edit in edits for shell, _ in edit.serves}
        before = self.look.before
        pairs = [
            (shell, mode)
            for shell, mode in self.look.pairs
            if shell.name in touched and not is_late(before[shell.name, mode])
        ]
        answers = self.look.verifier.verify(bench, pairs, is_proof=True, meanwhile=self._import_ahead)
        self.after = {**self.after, **{(probe.shell, probe.mode): probe for probe in answers}}

    def _import_ahead(self) -> None:
        """Import what the receipt needs while shells start: it takes longer than they do."""
        from . import receipt  # noqa: F401, PLC0415

        locate.state_folder(self.look.host)

    def _move(self, edits: Iterable[Edit]) -> list[Edit]:
        """Bring each target to what its edit says, wherever it is now; return what was written."""
        moved = []
        for edit in edits:
            old = self.current[edit.target]
            if edit.after == old.edit.after:
                continue
            new = replace(old.edit, after=edit.after, position=edit.position)
            earlier = (*old.earlier, old.edit.after)
            self.current[edit.target] = replace(old, edit=new, earlier=earlier)
            stores.write(edit.target, edit.after, old.edit.after)
            moved.append(new)
        return moved

    def _is_wanting(self, edit: Edit) -> bool:
        """Say whether a mode that `edit` serves has answered, and is not effective."""
        answers = (self.after[pair] for pair in edit.serves)
        return any(not probe.served and not is_late(probe) for probe in answers)

    def _gain(self, edit: Edit, answers: Mapping[Pair, Probe]) -> int:
        """Return how many modes `edit` makes effective; negative if its shells have lost one."""
        shells = {shell for shell, _ in edit.serves}
        for pair, probe in self.look.before.items():
            if pair[0] in shells and probe.served and pair in answers and not answers[pair].served:
                return -1
        return sum(answers[pair].served for pair in edit.serves)

    def _why_useless(self, edit: Edit) -> str:
        for pair in edit.serves:
            probe = self.after[pair]
            if not probe.served:
                said = probe.reason or f"{pair[0]} in mode {pair[1]} still lacks it"
                blamed = _blame(self.look, probe, edit.target)
                return f"{said}; see {blamed}" if blamed else said
        return "it took the directory away from another mode"


def _plan(look: Look, position: str, pairs: set[Pair] | None = None) -> Plan:
    """Plan for `pairs`, or for all that need an edit."""
    if look.host.system == WINDOWS:
        return _plan_registry(look)
    looks = looks_of(look.host)
    wanted = [
        (shell, mode)
        for shell, mode in look.pairs
        if ((shell.name, mode) in pairs if pairs is not None else _needs_edit(look, looks, shell, mode))
    ]
    return plan(
        look.host,
        look.directories,
        wanted,
        looks,
        places=look.places(),
        order=look.request.order,
        position=position,
    )


def _plan_registry(look: Look) -> Plan:
    """Plan for the shells that lack a directory, or for all where an entry of ours must move."""
    from .probes import windows  # noqa: PLC0415

    is_move = look.request.order is not None or look.request.replaces_stale
    wanted = [
        (shell, mode)
        for shell, mode in look.pairs
        if (probe := look.before.get((shell.name, mode))) is None
        or (not is_late(probe) and (is_move or not probe.served))
    ]
    return windows.plan(
        look.host,
        look.directories,
        wanted,
        _load_receipt(look),
        order=look.request.order,
        stale=look.stale if look.request.replaces_stale else (),
    )


def _needs_edit(look: Look, looks: Looks, shell: Installed, mode: str) -> bool:
    """Missing; or there by a block of ours that must change places (--prepend, --append)."""
    if mode not in look.required:
        return False
    probe = look.before.get((shell.name, mode))
    if probe is None:
        return not look.request.is_verified
    if not probe.served:
        return not is_late(probe)
    if look.request.order is None:
        return False
    found = startup_file(look.host, shell, mode, looks, look.places().get((shell.name, mode), {}))
    try:
        ours = fence.bodies(stores.read(File(found[0]))) if found else {}
    except OnpathError:
        return False
    return any(fence.key(directory, look.host.home) in ours for directory in look.directories)


def _outcome(pair: Pair, look: Look, trial: Trial, planned: Plan | None) -> Outcome:
    """Return what became of `pair`: the edit that serves it, or why nothing does."""
    before, after = look.before[pair], trial.after.get(pair)
    kept = [applied.edit for applied in trial.current.values()]
    if after and after.served:
        of_shell = [e for e in kept if pair[0] in {shell for shell, _ in e.serves}]
        own = [e for e in of_shell if pair in e.serves]
        # A mode that was not asked for may be served by what was put for another.
        edit = next(iter(own or of_shell), None) if own or not before.served else None
        return Outcome(*pair, before, after, edit)
    notes = [after.reason] if after and after.verdict == UNKNOWN else []
    refusals = [r for r in planned.refusals if pair in r.serves] if planned else []
    notes += [f"{refused.target!s} {refused.reason}" for refused in refusals]
    edits = (*kept, *(edit for edit, _ in trial.given_up))
    tried = next((edit for edit in edits if pair in edit.serves), None)
    blamed = after and tried and _blame(look, after, tried.target)
    if blamed:
        notes.append(f"see {blamed}")
    elif tried and tried not in kept:
        notes.append("an edit did not help and was put back")
    return Outcome(*pair, before, after, note="; ".join(notes))


def _blame(look: Look, probe: Probe, target: Target) -> str | None:
    """Return the line that keeps `probe` from a yes, as `file:line: text`, or None."""
    if not isinstance(target, File):
        return None
    from .blame import culprit  # noqa: PLC0415  (imports re; only a run that failed needs it)

    return culprit(look.host, probe, str(target), stores.read)


def _missing_folders(directories: tuple[str, ...]) -> tuple[str, ...]:
    """Return the folders that do not exist yet, those above the directories included."""
    missing = (folder for directory in directories for folder in stores.missing_folders(directory))
    return tuple(dict.fromkeys(missing))


def _make_directories(directories: tuple[str, ...]) -> None:
    """Make the directories that do not exist yet: pip does so too, and the proof lies in them."""
    try:
        for directory in directories:
            stores.make_folders(directory)
    except OSError as error:
        words = (error.strerror or str(error)).lower()
        raise OnpathError(
            f"{error.filename} cannot be made ({words}); make it yourself, or name another directory"
        ) from None


def _load_receipt(look: Look) -> Receipt:
    from . import receipt  # noqa: PLC0415  (as below)

    return receipt.load(locate.state_folder(look.host))


def _note(look: Look, planned: Plan | None, edits: Iterable[Edit]) -> None:
    """Note what the user should know about the targets: who else writes them, what may go wrong."""
    if look.host.system == WINDOWS:
        from .probes import windows  # noqa: PLC0415

        look.notes += windows.remarks(look.host, edits, look.stale)
        return
    targets = [edit.target for edit in edits]
    targets += [refusal.target for refusal in planned.refusals] if planned else []
    for target in targets:
        said = managers.note(str(target), look.host.home)
        if said:
            look.notes.append(f"{target!s}: {said}")


def looks_of(host: Host) -> Looks:
    """Return the planner's looks at the real machine."""

    def version_matches(shell: Installed, specifier: str) -> bool:
        from .shells.versions import version_matches as matches  # noqa: PLC0415  (imports packaging)

        return matches(shell, specifier)

    def is_there(path: str) -> bool:
        # bash takes the first that it can read; a folder of that name stops it all the same.
        return os.path.isdir(path) or os.access(path, os.R_OK)

    def refusal(target: Target) -> str | None:
        return stores.refusal(target, host.uid)

    return Looks(stores.read, refusal, is_there, stores.identity, version_matches)
