"""The look that every run begins with: this machine, the shells to serve, and what fresh ones say.

It writes nothing, and imports only what a look needs.
"""

from __future__ import annotations

import os

from .errors import NoShellError
from .host import detect, find_shell, named_shell
from .host import directories as locate
from .model import (
    INTERACTIVE,
    LATE,
    MISSING,
    MODES,
    REQUIRED_MODES,
    UNKNOWN,
    USER,
    WINDOWS,
    Outcome,
    Report,
)
from .probes import unix as verify
from .shells import ROWS, startup
from .shells.startup import Looks, startup_file
from .values import TYPE_CHECKING, dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from .model import Bench, Edit, Host, Installed, Plan, Probe

    Pair = tuple[str, str]  # a shell and a mode


@dataclass(frozen=True)
class Request:
    """What is asked for. `modes` are those that must be effective; empty: login and interactive."""

    directories: tuple[str, ...] = ()
    python: str | None = None
    scheme: str = USER  # or UNVERSIONED: which directory, where none is named
    shells: tuple[str, ...] = ()
    all_shells: bool = False
    modes: tuple[str, ...] = ()
    order: str | None = None  # PREPEND, APPEND, or None: as it is, else PREPEND
    home: str | None = None
    timeout_s: float = verify.TIMEOUT_S
    is_verified: bool = True
    is_forced: bool = False
    replaces_stale: bool = False  # a left-over entry of a Python that is gone gives its place
    asks_all_modes: bool = False  # also those that are not required
    environ: Mapping[str, str] = os.environ
    on_start: Callable[[tuple[str, ...], tuple[Installed, ...]], None] | None = None  # what is asked
    on_outcome: Callable[[Outcome], None] | None = None  # one mode of one shell is settled


class Look:
    """What one run has seen so far, and what it has told its caller."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.host = detect(request.environ, home=request.home)
        self.shells = served_shells(self.host, request)
        self.required = request.modes or REQUIRED_MODES
        if self.host.system == WINDOWS:
            self.required = (INTERACTIVE,)
        self.verifier = verifier(self.host)
        self.directories = directories(self.host, request)
        for directory in self.directories:
            locate.check_directory(directory, self.host.uid, force=request.is_forced)
        modes = MODES if request.asks_all_modes else self.required
        self.pairs = [
            (shell, mode)
            for shell in self.shells
            for mode in MODES
            if mode in modes and self._has_mode(shell, mode)
        ]
        self.before: dict[Pair, Probe] = {}
        self.told: dict[Pair, Outcome] = {}
        self.notes: list[str] = []
        self.stale = locate.stale_directories(self.host, self.directories)

    def bench(self, *, has_proofs: bool) -> Bench:
        """Open the bench for this look's probes."""
        bench: Bench = self.verifier.open_bench(
            self.host,
            self.directories,
            timeout_s=self.request.timeout_s,
            has_proofs=has_proofs,
        )
        return bench

    def close_bench(self, bench: Bench) -> None:
        """Remove what `bench` has put anywhere."""
        self.verifier.close_bench(bench)

    def probe(self, bench: Bench) -> None:
        """Ask every pair, and tell at once what needs no edit."""
        self.start()
        answers = self.verifier.verify(bench, self.pairs, on_answer=self._tell_served)
        self.before = {(probe.shell, probe.mode): probe for probe in answers}

    def only(self) -> None:
        """Ask every pair, with nothing written outside a private temporary folder."""
        bench = self.bench(has_proofs=False)
        try:
            self.probe(bench)
        finally:
            self.close_bench(bench)

    def tell_before(self) -> None:
        """Tell what was seen, of all that has not been told."""
        for shell, mode in self.pairs:
            self.tell(Outcome(shell.name, mode, self.before[shell.name, mode]))

    def start(self) -> None:
        """Tell that shells will be asked, and which."""
        if self.request.on_start:
            self.request.on_start(self.directories, self.shells)

    def places(self) -> dict[Pair, Mapping[str, str]]:
        """Return what each shell told of its own folders, in each mode."""
        return {pair: probe.places for pair, probe in self.before.items()}

    def is_required(self, shell: Installed, mode: str) -> bool:
        """A mode that was not named counts only where the shell has a startup file for it."""
        if mode not in self.required or self.request.modes:
            return mode in self.required
        return self.has_startup_file(shell, mode)

    def has_startup_file(self, shell: Installed, mode: str) -> bool:
        """Say whether anything could be edited for this mode, without looking whether it is there."""
        if self.host.system == WINDOWS:
            return True  # the registry serves every shell
        probe = self.before.get((shell.name, mode))
        return startup_file(self.host, shell, mode, BLIND, probe.places if probe else {}) is not None

    def tell(self, outcome: Outcome) -> None:
        """Tell one outcome, unless it has been told."""
        pair = (outcome.shell, outcome.mode)
        if pair in self.told:
            return
        shell = next(s for s in self.shells if s.name == outcome.shell)
        if not outcome.note and not self.has_startup_file(shell, outcome.mode):
            outcome = replace(outcome, note="reads no startup file")
        outcome = replace(outcome, is_required=self.is_required(shell, outcome.mode))
        self.told[pair] = outcome
        if self.request.on_outcome:
            self.request.on_outcome(outcome)

    def report(
        self,
        *,
        edits: tuple[Edit, ...] = (),
        planned: Plan | None = None,
        put_back: tuple[tuple[Edit, str], ...] = (),
        verdict: tuple[str, int] | None = None,
        activate: str = "",
    ) -> Report:
        """Return the report; its status and exit code follow from what was told."""
        status, code = verdict or self._verdict(has_edits=bool(edits))
        return Report(
            status=status,
            exit_code=code,
            directories=self.directories,
            outcomes=tuple(self.told[shell.name, mode] for shell, mode in self.pairs),
            edits=edits,
            refusals=planned.refusals if planned else (),
            put_back=put_back,
            notes=tuple(dict.fromkeys(self.notes)),
            activate=activate,
        )

    def _has_mode(self, shell: Installed, mode: str) -> bool:
        """Windows knows one way only to start a shell."""
        if self.host.system == WINDOWS:
            return mode == INTERACTIVE
        return mode in ROWS[shell.name].asks

    def _tell_served(self, probe: Probe) -> None:
        if probe.served and not self.request.order:
            self.tell(Outcome(probe.shell, probe.mode, probe))

    def _verdict(self, *, has_edits: bool) -> tuple[str, int]:
        required = [outcome.probe for outcome in self.told.values() if outcome.is_required]
        if all(probe and probe.served for probe in required):
            return ("changed" if has_edits else "effective"), 0
        if has_edits or not any(probe and probe.verdict == MISSING for probe in required):
            return "partial", 3
        return "missing", 1


def check(request: Request) -> Report:
    """Look only. Nothing is written outside a private temporary folder."""
    look = Look(request)
    look.only()
    look.tell_before()
    return look.report()


def verifier(host: Host) -> ModuleType:
    """Return the module that starts fresh shells on this system."""
    if host.system == WINDOWS:
        from .probes import windows  # noqa: PLC0415  (imports ctypes and what it needs)

        return windows
    return verify


def directories(host: Host, request: Request) -> tuple[str, ...]:
    """Return the directories that are asked for, as they will stand on PATH."""
    named = request.directories or (locate.directory(host, request.scheme, request.python),)
    return tuple(dict.fromkeys(locate.absolute(host, d) for d in named))


def served_shells(host: Host, request: Request) -> tuple[Installed, ...]:
    """Return the shells to serve: the named ones, all, or those in use. Raises `NoShellError`."""
    if host.system == WINDOWS:
        from .probes import windows  # noqa: PLC0415

        return windows.shells(host, request.shells)
    found: dict[str, Installed] = {}
    if request.shells:
        for name in request.shells:
            shell = named_shell(name, host)
            found.setdefault(shell.name, replace(shell, reason="asked for"))
        return _in_order(found)
    for known, reason in ((host.running, "running"), (host.login, "login shell")):
        if known:
            found.setdefault(known.name, replace(known, reason=reason))
    for name, row in ROWS.items():
        is_used = startup.is_used(row, host)
        if name not in found and (is_used or request.all_shells):
            installed = find_shell(name, host.environ)
            if installed:
                found[name] = replace(installed, reason="in use" if is_used else "installed")
    if not found:
        raise NoShellError("no shell could be found for this user; name one with --shell")
    return _in_order(found)


def is_late(probe: Probe) -> bool:
    """Say whether the shell used up its time. Asking it again would cost the same once more."""
    return probe.verdict == UNKNOWN and probe.reason.startswith(LATE)


# Enough to tell whether a mode has a startup file at all, without looking or asking.
BLIND = Looks(lambda _: None, lambda _: None, lambda _: False, lambda path: path, lambda *_: True)


def _in_order(found: dict[str, Installed]) -> tuple[Installed, ...]:
    return tuple(found[name] for name in ROWS if name in found)
