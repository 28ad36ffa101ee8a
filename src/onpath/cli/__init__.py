"""The command `ensure-path`: arguments, wording, exit codes. The only module that prints."""

from __future__ import annotations

import os
import sys

from onpath.errors import OnpathError
from onpath.model import EFFECTIVE, SHADOWED, UNKNOWN, File
from onpath.probes import signals
from onpath.values import TYPE_CHECKING

from . import grammar as arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, NoReturn, TextIO

    from onpath.model import Installed, Outcome, Report
    from onpath.survey import Request

INTERRUPTED = 130
CLOSED = "standard output is closed; open it, or leave out what prints there"
COLORS = {"good": "32", "bad": "31", "doubt": "33", "faint": "2"}


def command() -> NoReturn:
    """Run this process's command line, and leave at once.

    Python's own way out takes apart what nobody needs any more, for a tenth of the time of a --check.
    """
    signals.stop_once()
    code = main()
    os._exit(code)


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line `words` (default: this process's) and return the exit code."""
    try:
        return _run(sys.argv[1:] if words is None else words)
    except OnpathError as error:
        _complain(f"ensure-path: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        _complain("ensure-path: interrupted; nothing was changed")
        return INTERRUPTED
    except OSError as error:
        what = f"{error.filename}: " if error.filename else ""
        _complain(f"ensure-path: {what}{error.strerror or error}; nothing was changed")
        return 1
    except Exception as error:
        if os.environ.get("ONPATH_DEBUG"):
            raise
        _complain(
            f"ensure-path: this is a bug: {type(error).__name__}: {error}; nothing was changed\n"
            "ensure-path: please report it, with what ONPATH_DEBUG=1 ensure-path prints"
        )
        return 1


def _run(words: Sequence[str]) -> int:
    options = arguments.parse(words)
    action = options.pop("action")
    if action == "help":
        _document(arguments.help_text())
        return 0
    if action == "version":
        _document(f"onpath {_version()}\n")
        return 0
    is_json, verbosity = options.pop("json"), options.pop("verbosity")
    if is_json and sys.stdout is None:
        raise OnpathError(CLOSED)
    printer = _Printer(verbosity=-1 if is_json or action in {"diff", "print"} else verbosity)
    from onpath import survey as look
    from onpath import verbs as api  # noqa: PLC0415  (--help needs none of it)

    if "timeout_s" in options:
        options["timeout_s"] = arguments.seconds(options["timeout_s"])
    if options.get("home"):
        options["home"] = os.path.abspath(options["home"])
    request = look.Request(
        **options,
        asks_all_modes=verbosity > 0,
        on_outcome=printer.outcome,
        on_start=printer.start,
    )
    if action == "print":
        return _print_line(request)
    run: Callable[[Request], Report] = getattr(api, action)
    report = run(request)
    try:
        _tell(report, action, printer, is_json=is_json)
    except KeyboardInterrupt:
        _complain("ensure-path: interrupted, but only in telling what was done")
    except OnpathError as error:
        _complain(f"ensure-path: {error}")
        return 3 if report.edits and action != "diff" else 1
    return 0 if action == "diff" and not is_json else report.exit_code


def _tell(report: Report, action: str, printer: _Printer, *, is_json: bool) -> None:
    if is_json:
        _print_json(report)
    elif action == "diff":
        _print_diff(report)
        printer.complaints(report)
    elif action == "undo":
        printer.undone(report)
    else:
        printer.finish(report)


class _Printer:
    """Says what happens as it happens: plain in a pipe, live and in colour on a terminal."""

    def __init__(self, *, verbosity: int) -> None:
        self.verbosity = verbosity
        self.is_quiet = verbosity < 0
        is_dumb = os.environ.get("TERM") == "dumb"
        is_terminal = _is_terminal(sys.stdout) and not is_dumb
        self.has_color = is_terminal and not os.environ.get("NO_COLOR")
        self.is_live = is_terminal and not self.is_quiet and _is_terminal(sys.stderr)
        self.is_waiting = False

    def start(self, directories: tuple[str, ...], shells: tuple[Installed, ...]) -> None:
        self._line(_printable("\n".join(directories)))
        for shell in shells if self.verbosity > 0 else ():
            self._line(_printable(f"  {shell.name:<10} {shell.reason:<12} {shell.program}"))
        self._wait()

    def outcome(self, outcome: Outcome) -> None:
        mark, words = _words(outcome)
        words = _printable(words)
        took = ""
        probe = outcome.probe
        if outcome.edit and outcome.after:
            took = f"proven in {outcome.after.duration_ms:.0f} ms"
        elif self.verbosity > 0 and probe:
            took = f"answered in {probe.duration_ms:.0f} ms"
        color = "faint" if not outcome.is_required and mark != "good" else mark
        text = f"  {outcome.shell:<10} {outcome.mode:<12} {self._paint(color, words)}"
        if took:
            text += " " * max(2, 34 - len(words)) + self._paint("faint", took)
        self._line(text)
        self._wait()

    def finish(self, report: Report) -> None:
        self._unwait()
        for note in report.notes:
            self._line(_printable(f"note: {note}"))
        self.complaints(report)
        served = report.exit_code in {0, 3} and any(o.probe and o.probe.served for o in report.outcomes)
        if report.activate and served and not self.is_quiet:
            self._line(_printable(f"For this session:  {report.activate}"))

    def complaints(self, report: Report) -> None:
        """Say on stderr what could not be done, and what to do about it."""
        for edit, reason in report.put_back:
            _complain(f"ensure-path: {_name(edit)} was put back as it was: {reason}")
        for refusal in report.refusals:
            _complain(f"ensure-path: {_name(refusal)} {refusal.reason}, so it was left alone")
            if refusal.snippet:
                _complain("to serve it by hand, put this at its top:\n" + refusal.snippet.rstrip("\n"))
        if report.exit_code and self.is_quiet:
            _complain(
                f"ensure-path: not effective everywhere ({report.status}); see ensure-path --check"
            )

    def undone(self, report: Report) -> None:
        for edit in report.edits:
            what = "removed" if edit.after is None else "taken out of"
            self._line(_printable(f"{what} {_name(edit)}"))
        if report.status == "unchanged":
            self._line("there was nothing to take back")
        elif not report.edits and not report.refusals:
            self._line("removed what earlier runs had made")
        self.complaints(report)

    def _line(self, text: str) -> None:
        if not self.is_quiet:
            self._unwait()
            _write(sys.stdout, text + "\n")

    def _wait(self) -> None:
        """Show on a terminal that shells are being asked; the next line takes its place."""
        if self.is_live:
            _write(sys.stderr, self._paint("faint", "  asking fresh shells ..."))
            self.is_waiting = True

    def _unwait(self) -> None:
        if self.is_waiting:
            _write(sys.stderr, "\r\x1b[K")
            self.is_waiting = False

    def _paint(self, color: str, text: str) -> str:
        return f"\x1b[{COLORS[color]}m{text}\x1b[0m" if self.has_color else text


def _words(outcome: Outcome) -> tuple[str, str]:
    """Return the color and the words for one line of the report."""
    probe = outcome.probe
    if outcome.edit:
        words = f"added by {_name(outcome.edit)}"
        if outcome.edit.position != "top":
            words += ", at its end"
        if probe is None:
            return "doubt", f"{words}, not verified"
        if probe.verdict == SHADOWED:
            return "doubt", f"{words}, but {probe.reason}"
        return "good", words
    if probe is None:
        return "doubt", outcome.note or "not asked"
    if probe.verdict == EFFECTIVE:
        return "good", "already there"
    if probe.verdict == SHADOWED:
        return "doubt", f"there, but {probe.reason}"
    if probe.verdict == UNKNOWN:
        return "doubt", f"unknown: {probe.reason}"
    reason = outcome.note or probe.reason
    color = "bad" if outcome.is_required else "faint"
    return color, "missing" + (f": {reason}" if reason else "")


def _name(thing: Any) -> str:  # an Edit or a Refusal
    target = thing.target
    if not isinstance(target, File):
        return str(target).replace("HKEY_CURRENT_USER", "HKCU")
    home = os.path.expanduser("~").rstrip("/") + "/"
    return "~/" + target.path[len(home) :] if target.path.startswith(home) else target.path


def _print_line(request: Request) -> int:
    from onpath import host as detect  # noqa: PLC0415
    from onpath import survey as look
    from onpath.shells import render  # noqa: PLC0415

    host = detect.detect(os.environ, home=request.home)
    line = render.activation(host, look.directories(host, request), request.order)
    if line:
        _document(line + "\n")
    return 0


def _print_diff(report: Report) -> None:
    import difflib  # noqa: PLC0415

    for edit in report.edits:
        name = str(edit.target)
        lines = difflib.unified_diff(
            _lines(edit, edit.before),
            _lines(edit, edit.after),
            "/dev/null" if edit.before is None else name,
            "/dev/null" if edit.after is None else name,
        )
        for line in lines:
            text = line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            _document(text)


def _lines(edit: Any, text: str | None) -> list[str]:
    """Return the lines that a diff compares; of a registry value, its entries.

    Only a newline ends one, as for `patch`.
    """
    if not isinstance(edit.target, File):
        from onpath import winpath  # noqa: PLC0415

        return [f"{entry}\n" for entry in winpath.entries(text or "")]
    lines = [f"{line}\n" for line in (text or "").split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _print_json(report: Report) -> None:
    import json  # noqa: PLC0415

    shells: dict[str, list[dict[str, Any]]] = {}
    for outcome in report.outcomes:
        probe = outcome.probe
        shells.setdefault(outcome.shell, []).append(
            {
                "mode": outcome.mode,
                "required": outcome.is_required,
                "verdict": probe.verdict if probe else UNKNOWN,
                "before": outcome.before.verdict if outcome.before else UNKNOWN,
                "reason": (probe.reason if probe else "") or outcome.note,
                "duration_ms": round(probe.duration_ms, 1) if probe else None,
                "edit": str(outcome.edit.target) if outcome.edit else None,
            }
        )
    document = {
        "version": 1,
        "status": report.status,
        "exit_code": report.exit_code,
        "directories": list(report.directories),
        "shells": [{"name": name, "probes": probes} for name, probes in shells.items()],
        "edits": [
            {"target": str(e.target), "position": e.position, "created": e.before is None}
            for e in report.edits
        ],
        "put_back": [{"target": str(e.target), "reason": reason} for e, reason in report.put_back],
        "refused": [{"target": str(r.target), "reason": r.reason} for r in report.refusals],
        "notes": list(report.notes),
        "activate": report.activate,
    }
    _document(json.dumps(document, indent=2) + "\n")


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415  (three bare Python starts)

    return version("onpath")


def _printable(text: str) -> str:
    """Return `text` with odd bytes and control characters shown, not sent to the terminal."""
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _document(text: str) -> None:
    """Write to stdout what other programs read: every byte of a name as it is, and all or an error."""
    if sys.stdout is None:
        raise OnpathError(CLOSED)
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # `ensure-path --diff | head`
        _abandon(sys.stdout)
    except (OSError, ValueError) as error:
        _abandon(sys.stdout)
        words = getattr(error, "strerror", None) or error
        raise OnpathError(
            f"standard output cannot be written: {words}; make room, or name another"
        ) from None


def _complain(text: str) -> None:
    _write(sys.stderr, _printable(text) + "\n")


def _write(stream: TextIO | None, text: str) -> None:
    """Write at once, what the stream's encoding lacks as escapes.

    A stream that is closed, full or read by nobody any more ends neither the work nor the exit code.
    """
    if stream is None:
        return
    try:
        encoding = stream.encoding or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()
    except (OSError, ValueError):
        _abandon(stream)


def _abandon(stream: TextIO) -> None:
    """Let what is still buffered go nowhere, so that Python's own flush at exit is quiet too."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):
        return
