"""What every run begins with: this machine, the shells to serve, and what fresh programs say.

It writes nothing, and imports only what a look needs.
"""

from __future__ import annotations

import os

from . import places, probes, stores
from .errors import NoShellError
from .host import detect, directories
from .model import MISSING, SHELL_MODES, TOP, UNKNOWN, Outcome, Probe, Report, Want
from .shells import startup
from .values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from .model import Ask, Bench, Context, Edit, Host, Installed, Place, Plan, Receipt, Status
    from .request import Request

OUTSIDE = "its program is outside of this sandbox"


class Survey:
    """What one run has seen so far, and what it has reported to its caller."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.host = detect(environment(request), home=request.home)
        self.machine = stores.machine(self.host)
        self.prober = probes.of(self.host)
        self.directories = find_directories(self.host, request)
        self.shells = self._find_shells()
        for directory in self.directories:
            directories.check_directory(self.host, directory, force=request.is_forced)
        self.stale = self.host.system.stale_directories(self.directories)
        self.places: dict[Context, Place] = {}
        self.wanted: set[Context] = set()  # those to be made effective
        self._choose_contexts()
        # Enough to tell whether anything serves a context, without looking or asking.
        self._blind = replace(self.machine, is_there=lambda _: False, version_matches=lambda *_: True)
        self.before: dict[Context, Probe] = {}
        self.outcomes: dict[Context, Outcome] = {}
        self.notes = [*self.host.system.note_absent_shells(self.host, self.shells, self.directories)]
        self._settled = 0

    @property
    def contexts(self) -> tuple[Context, ...]:
        """The contexts that are asked, shell by shell, login first."""
        return tuple(self.places)

    def _find_shells(self) -> tuple[Installed, ...]:
        """Return the shells to serve. Where only modes without a shell are named, there may be none."""
        request, system = self.request, self.host.system
        try:
            return system.find_shells(
                self.host,
                request.shells,
                is_all=request.all_shells,
                variables=self.machine.variables,
                directories=self.directories,
            )
        except NoShellError:
            if not request.modes or set(request.modes) & set(SHELL_MODES):
                raise
            return ()

    def _choose_contexts(self) -> None:
        """Find the contexts to ask for, and the place that serves each."""
        named = self.request.modes
        for row in places.here(self.host):
            modes = tuple(m for m in row.modes if m in (named or places.DEFAULT_MODES))
            is_signed = any(self.host.environ.get(name) for name in row.signs)
            if not modes and not is_signed:
                continue
            place = places.load(row)
            wanted = place.contexts(self.host, self.shells, modes)
            all_modes = row.modes if self.request.asks_all_modes and modes else modes
            for context in place.contexts(self.host, self.shells, all_modes):
                self.places[context] = place
            self.wanted.update(wanted)

    def open_bench(self, *, has_proofs: bool) -> OpenBench:
        """Return the bench for this run's probes, for `with`."""
        return OpenBench(self, has_proofs=has_proofs)

    def probe(self, bench: Bench) -> None:
        """Ask every context, and report at once what needs no edit."""
        self.start()
        answers = self.ask(bench, self.contexts)
        self.before = {probe.context: probe for probe in answers}

    def ask(self, bench: Bench, contexts: Iterable[Context]) -> tuple[Probe, ...]:
        """Return a first answer for each of `contexts`, in that order."""
        asks, answers = self.asks(contexts)
        for probe in answers.values():
            self._report_served(probe)
        for probe in self.prober.ask_all(bench, asks, on_answer=self._report_served):
            answers[probe.context] = probe
        return tuple(answers[context] for context in self.contexts if context in answers)

    def asks(
        self, contexts: Iterable[Context]
    ) -> tuple[list[tuple[Context, Installed | None, Ask]], dict[Context, Probe]]:
        """Return how each of `contexts` is asked, and the answers of those that nothing here can ask."""
        asks: list[tuple[Context, Installed | None, Ask]] = []
        answers: dict[Context, Probe] = {}
        for context in contexts:
            ask = self._ask_of(context)
            if isinstance(ask, str):
                answers[context] = Probe(context, UNKNOWN, ask)
            else:
                asks.append((context, self.shell(context), ask))
        return asks, answers

    def why_not_asked(self, context: Context) -> str:
        """Return why nothing here can be asked for `context`, or an empty text."""
        ask = self._ask_of(context)
        return ask if isinstance(ask, str) else ""

    def _ask_of(self, context: Context) -> Ask | str:
        shell = self.shell(context)
        if shell and not shell.program:
            return OUTSIDE
        return self.places[context].ask(self.host, context, self.machine)

    def probe_without_writing(self) -> None:
        """Ask every context, with nothing written outside a private temporary folder."""
        with self.open_bench(has_proofs=False) as bench:
            self.probe(bench)

    def start(self) -> None:
        """Report that shells will be asked, and which."""
        if self.request.progress:
            self.request.progress.started(self.directories, self.shells)

    def shell(self, context: Context) -> Installed | None:
        """Return the shell of `context`, if it has one."""
        return next((shell for shell in self.shells if shell.name == context.shell), None)

    @property
    def state_folder(self) -> str:
        """The folder of the receipt."""
        return directories.state_folder(self.host)

    def want(self, contexts: Iterable[Context] = (), *, position: str = TOP) -> Want:
        """Return what a place is asked to plan for `contexts`."""
        return Want(
            self.host,
            self.directories,
            tuple(contexts),
            self.shells,
            tuple((context, dict(probe.told_folders)) for context, probe in self.before.items()),
            self.request.order,
            position,
            self.stale,
            self.request.replaces_stale,
            self._load_receipt,
        )

    def _load_receipt(self) -> Receipt:
        from . import changes  # noqa: PLC0415  (a look needs none)

        return changes.load(self.state_folder)

    def is_required(self, context: Context) -> bool:
        """Say whether `context` counts for the exit code.

        One that was not named counts only where something could serve it, and not where it was merely
        found to be here. Whoever names a shell wants it on a terminal, whatever it reads there.
        """
        if self.request.modes:
            return context in self.wanted
        is_default = context.mode in places.DEFAULT_MODES
        is_named = bool(self.request.shells and context.shell)
        return is_default and context in self.wanted and (is_named or self.has_target(context))

    def has_target(self, context: Context) -> bool:
        """Say whether anything could be edited for `context`, without looking whether it is there."""
        return self.places[context].serves(self.want(), context, self._blind) is not None

    def report_outcome(self, outcome: Outcome) -> None:
        """Report one outcome, unless it has been reported. Callers hear of them in a fixed order."""
        context = outcome.context
        if context in self.outcomes:
            return
        if not outcome.note and context.shell and not self.has_target(context):
            note = startup.why_unserved(self.host, context, self.directories)
            outcome = replace(outcome, note=note)
        self.outcomes[context] = replace(outcome, is_required=self.is_required(context))
        order = self.contexts
        while self._settled < len(order) and order[self._settled] in self.outcomes:
            self._settled += 1
            if self.request.progress:
                self.request.progress.settled(self.outcomes[order[self._settled - 1]])

    def report_before(self) -> None:
        """Report what was seen, of all that has not been reported."""
        for context in self.contexts:
            self.report_outcome(Outcome(context, self.before[context]))

    def report(
        self,
        *,
        edits: tuple[Edit, ...] = (),
        planned: Plan | None = None,
        put_back: tuple[tuple[Edit, str], ...] = (),
        activate: str = "",
    ) -> Report:
        """Return the report; its status follows from the outcomes."""
        return Report(
            status=self._status(has_edits=bool(edits)),
            directories=self.directories,
            outcomes=tuple(self.outcomes[context] for context in self.contexts),
            edits=edits,
            refusals=planned.refusals if planned else (),
            put_back=put_back,
            notes=tuple(dict.fromkeys(self.notes)),
            activate=activate,
        )

    def _report_served(self, probe: Probe) -> None:
        if probe.is_served and not self.request.order:
            self.report_outcome(Outcome(probe.context, probe))

    def _status(self, *, has_edits: bool) -> Status:
        required = [outcome for outcome in self.outcomes.values() if outcome.is_required]
        if required and all(outcome.is_served for outcome in required):
            return "changed" if has_edits else "effective"
        verdicts = {outcome.probe.verdict for outcome in required if outcome.probe}
        return "partial" if has_edits or MISSING not in verdicts else "missing"


class OpenBench:
    """A bench that is removed at the end of `with`."""

    def __init__(self, survey: Survey, *, has_proofs: bool) -> None:
        self.survey, self.has_proofs = survey, has_proofs

    def __enter__(self) -> Bench:
        survey = self.survey
        self.bench = survey.prober.open_bench(
            survey.host,
            survey.directories,
            timeout_s=survey.request.timeout_s or survey.host.system.TIMEOUT_S,
            has_proofs=self.has_proofs,
        )
        return self.bench

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        self.survey.prober.close_bench(self.bench)


def environment(request: Request) -> Mapping[str, str]:
    """Return the environment of the session that asks."""
    return os.environ if request.environ is None else request.environ


def find_directories(host: Host, request: Request) -> tuple[str, ...]:
    """Return the directories that are asked for, as they will be on PATH."""
    named = request.directories or (directories.directory(host, request.scheme, request.python),)
    return tuple(dict.fromkeys(host.system.absolute(host, directory) for directory in named))
