"""Where the original asks shells and edits files, onpath is called. No other module calls it."""

from __future__ import annotations

import os
import sys
import time

import onpath

from .utils import TYPE_CHECKING, directories

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from .utils import Location

FRESH_S = 2.0  # as long as that, an answer of fresh shells is not asked for again


class Interface:
    """Whom a question or an edit is about: the shells, and the home. To make one starts nothing."""

    def __init__(
        self, shells: Iterable[str] | None = None, all_shells: bool = False, home: str | None = None
    ) -> None:
        named = [shells] if isinstance(shells, str) else shells or ()
        self.shells = tuple(filter(None, map(shell_name, filter(None, named))))
        self.all_shells = bool(all_shells) and not self.shells
        self.home = os.path.expanduser(home) if home else None  # an empty one as the original has it

    def location_in_new_path(self, location: Location, check: bool = False) -> bool:
        """Say whether every fresh shell has `location`; with `check`, raise the reasons if not."""
        question = Question(directories(location), self._options())
        reasons = question.why_not(
            lambda: question.answer() or onpath.check(*question.named, **question.options)
        )
        return _is_yes(reasons, is_raised=check)

    def put(
        self, location: Location, front: bool = True, app_name: str | None = None, check: bool = False
    ) -> bool:
        """Put `location` first or last on PATH, and say whether every fresh shell has it.

        What is on PATH already is not moved to the end. Where the answer is no, the reasons are raised,
        with `check`, or logged as a warning: callers show nothing but that it failed.
        """
        del app_name  # a block of onpath's says how it is taken out
        question = Question(directories(location), self._options())
        reasons = question.why_not(
            lambda: onpath.ensure(
                *question.named,
                **question.options,
                order="prepend" if front else "append",
                keep_order=not front,
                seen=question.look(),
            )
        )
        if reasons and not check:
            from logging import getLogger  # noqa: PLC0415  (most runs need none)

            getLogger("userpath").warning("%s", reasons)
        return _is_yes(reasons, is_raised=check)

    def _options(self) -> dict[str, Any]:
        if os.name == "nt":  # there one value serves every shell, and it is that of the user who asks
            return {}
        return {"shells": self.shells or ("all" if self.all_shells else "used"), "home": self.home}


class UnixInterface(Interface):
    """Another name of the same, which others import."""


class WindowsInterface(Interface):
    """Another name of the same, which others import."""


class Question:
    """What fresh shells are asked. Callers ask before an edit and after it, within a moment."""

    last: tuple[Question, onpath.Report] | None = None  # the newest one of this process, and its report

    def __init__(self, named: tuple[str, ...], options: dict[str, Any]) -> None:
        self.named, self.options = named, options
        self.environ = dict(os.environ)
        self.asked_at_s = 0.0
        self.files: frozenset[object] = frozenset()

    def why_not(self, ask: Callable[[], onpath.Report]) -> str:
        """Return why the report that `ask` gives is not a yes, or an empty text; and remember it."""
        try:
            if not self.named:  # the engine would take its own default
                raise onpath.UsageError("no location is named; name one")
            report = ask()
            self.asked_at_s, self.files = time.monotonic(), self._files(report)
            Question.last = (self, report)
            report.require()
        except (onpath.OnpathError, OSError) as error:
            named = os.pathsep.join(self.named)
            found = [f"Unable to find `{named}` in fresh shells: {error}", *cures(error)]
            return told_how("".join(found).rstrip())
        return ""

    def answer(self) -> onpath.Report | None:
        """Return the proof that was made a moment ago, if nobody has touched a startup file since."""
        report = self._newest()
        return report if report and report.status == "changed" else None

    def look(self) -> onpath.Report | None:
        """Return the look of a moment ago, with which an edit can begin. The edit is proven anew."""
        report = self._newest()
        return report if report and not report.edits and os.name != "nt" else None

    def _newest(self) -> onpath.Report | None:
        """Return the newest report, if it is of a moment ago, to this question and of these files."""
        if Question.last is None:
            return None
        asked, report = Question.last
        is_same = (asked.named, asked.options, asked.environ) == (self.named, self.options, self.environ)
        is_fresh = is_same and time.monotonic() - asked.asked_at_s < FRESH_S
        return report if is_fresh and asked.files == self._files(report) else None

    def _files(self, report: onpath.Report) -> frozenset[object]:
        """Return the state of the files that the shells read, and of what is at the top of the home."""
        home = self.options.get("home") or os.path.expanduser("~")
        try:
            names = [os.path.join(home, name) for name in os.listdir(home) if name.startswith(".")]
        except OSError:  # the answer is as true without
            names = []
        edited = (str(edit.target) for edit in report.edits)
        return frozenset(map(state, (*names, *report.startup_files, *edited)))


def _is_yes(reasons: str, *, is_raised: bool) -> bool:
    """Return whether there are no `reasons` for a no; or raise them."""
    if reasons and is_raised:
        raise onpath.OnpathError(reasons)
    return not reasons


def cures(error: Exception) -> Iterator[str]:
    """Yield what a report says besides: what to paste where no edit is allowed, and its notes."""
    if isinstance(error, onpath.NotEffectiveError):
        for refusal in error.report.refusals:
            if refusal.snippet:
                yield f"\nto paste into {refusal.target}:\n{refusal.snippet.rstrip()}"
        yield from (f"\nnote: {note}" for note in error.report.notes)


def told_how(reasons: str) -> str:
    """Return `reasons`, and how the command is run whose options they name.

    It is in this environment, whose programs are on nobody's PATH; and --force of the caller's own
    command, as of pipx, is another one.
    """
    if " --" not in reasons and "ensure-path" not in reasons:
        return reasons
    return f"{reasons}\nnote: ensure-path, whose options these are, is here {sys.executable} -m onpath"


def state(path: str) -> object:
    """Return what differs once `path` is written, replaced or removed."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # there is none; a NUL in its name
        return path
    return path, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def shell_name(shell: str) -> str:
    """Return what onpath takes for `shell`: a path that leads to a program, or else its name."""
    return shell if os.path.isfile(shell) else os.path.basename(shell).lower()
