"""What places and probers have in common, and what a caller implements: for type checkers.

`typing` costs nearly a bare Python start, so that no run imports this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .model import (
        Ask,
        Bench,
        Context,
        Host,
        Installed,
        Machine,
        Outcome,
        Plan,
        Probe,
        Target,
        Want,
    )


class Progress(Protocol):
    """Told what happens, as it happens. A caller that wants to show it implements this."""

    def started(self, directories: tuple[str, ...], shells: tuple[Installed, ...]) -> None:
        """Fresh shells are about to be asked."""

    def settled(self, outcome: Outcome) -> None:
        """One context is settled. Contexts come in a fixed order: shell by shell, login first."""


class Place(Protocol):
    """Somewhere that a PATH is kept: a module of `places`, with these six functions and no other."""

    def contexts(
        self, host: Host, shells: tuple[Installed, ...], modes: tuple[str, ...]
    ) -> tuple[Context, ...]:
        """Return the contexts of `modes` that the place serves here, and that its signs call for."""

    def ask(self, host: Host, context: Context, machine: Machine) -> Ask | str:
        """Return how a fresh program of `context` is asked, or why nothing can be asked here."""

    def targets(self, want: Want, context: Context, machine: Machine) -> tuple[Target, ...]:
        """Return the targets by which `context` can be served, in the order of trying."""

    def plan(self, want: Want, machine: Machine) -> Plan:
        """Return the edits after which `want.contexts` have `want.directories`."""

    def undo(self, want: Want, machine: Machine) -> Plan:
        """Return the plan that takes back what we put: all, or `want.directories`."""

    def remarks(self, want: Want, plan: Plan, machine: Machine) -> tuple[str, ...]:
        """Return what the user should know about the targets of `plan`."""


class Prober(Protocol):
    """Starts fresh programs, and asks them: `probes.unix` and `probes.windows`."""

    def open_bench(
        self,
        host: Host,
        directories: tuple[str, ...],
        *,
        timeout_s: float,
        has_proofs: bool,
        session: Mapping[str, str],
        order: str | None = None,
        nonce: str = "",
    ) -> Bench:
        """Make the private folder, and put the proof programs into the directories."""

    def close_bench(self, bench: Bench) -> tuple[str, ...]:
        """Remove what the bench has put anywhere; return what stays."""

    def new_nonce(self) -> str:
        """Return what the names of a run's own things end in."""

    def private_folders(self, host: Host, nonce: str) -> tuple[str, ...]:
        """Return where the private folder of a run may be made."""

    def sweep(
        self, host: Host, nonce: str, directories: Iterable[str], private: Iterable[str] = ()
    ) -> None:
        """Remove what the dead run `nonce` has left, and the programs of all dead runs."""

    def ask_all(
        self,
        bench: Bench,
        asks: Iterable[tuple[Context, Installed | None, Ask]],
        *,
        inside: Mapping[str, str] | None = None,
        on_answer: Callable[[Probe], None] | None = None,
        meanwhile: Iterable[object] = (),
        on_left: Callable[[str, int], None] | None = None,
        ahead: Any = None,
    ) -> tuple[Probe, ...]:
        """Ask all side by side, and return the answers in that order; tell what cannot be ended.

        `meanwhile` is work in steps, done while there is no answer to look at, and to its end.
        """

    def ask_ahead(self, bench: Bench, context: Context, shell: Installed, ask: Ask) -> object:
        """Start the first program of what `ask_all` will take over. Where a login is a world."""

    def end(self, ahead: Any) -> tuple[tuple[str, int], ...]:
        """End what was started ahead, if `ask_all` does not."""
