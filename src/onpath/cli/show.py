"""What people and other programs see of a run: lines and colours, a diff, one JSON document.

With the streams that break: the only module that prints.
"""

from __future__ import annotations

import os
import sys

from onpath.errors import OnpathError
from onpath.model import EFFECTIVE, MISSING, SHADOWED, UNKNOWN, File, RegistryValue
from onpath.shells import quote
from onpath.values import TYPE_CHECKING

from .grammar import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, TextIO

    from onpath.model import Installed, Outcome, Report, Standing, Target

CLOSED = "standard output is closed; open it, or leave out what prints there"
BY_HAND = {
    "file": "to serve it by hand, put {} below the last line that sets PATH, or else at its top:",
    "registry": "to serve it by hand, add {} to its entries:",
}
IMAGE = "ENV PATH="
COLORS = {"good": "32", "bad": "31", "doubt": "33", "faint": "2"}
OF_A_LOOK = frozenset(("--check", "-v", "--verbose"))
JSON_VERSION = 1  # docs/report.schema.json
STANDINGS = {
    "effective": ("good", "yes"),
    "shadowed": ("doubt", "yes"),
    "missing": ("bad", "no"),
    "unknown": ("doubt", "?"),
}
QUOTED = "'!"  # what single quotes inside double ones do not make literal at a prompt
# How a line that a terminal cannot show is pasted, by how lines of its language begin: `printf` writes
# it, and what would not stay literal in the quotes around it is spelled by its number.
BY_PRINTF = {
    "export ": ("eval \"$(printf '{}')\"", QUOTED),
    "ensure-path ": ("eval \"$(printf '{}')\"", QUOTED),
    "set -gx ": ("eval (printf '{}')", "'"),
    "setenv ": ("eval \"`printf '{}'`\"", "'!\"$"),
}
BY_PRINT = "what ensure-path --print prints; some of it cannot be shown here"
WIDTH, INDENT, TITLE = 80, 20, 35  # of the table, in characters; what is to be pasted is never broken


def report(
    report: Report, verb: str, printer: Printer, words: Sequence[str], *, is_json: bool, code: int
) -> None:
    """Show `report`, which `verb` returned for the command line `words`, which ends with `code`."""
    if is_json:
        document(as_json(report, code))
    elif verb == "diff":
        document(as_diff(report))
        printer.complaints(report)
    elif verb == "undo":
        printer.undone(report)
    elif verb == "where":
        printer.table(report)
    else:
        printer.finish(report)
        if verb == "check":
            printer.cure(report, words)
    if report.announcements and not is_json:
        document("".join(f"{line}\n" for line in report.announcements))


class Printer:
    """Says what happens as it happens: plain in a pipe, live and in colour on a terminal.

    It is the `Progress` of the command line.
    """

    def __init__(
        self, *, verbosity: int, has_table: bool = False, repeat: Callable[[str], str] = str
    ) -> None:
        self.verbosity, self.has_table = verbosity, has_table
        self.repeat = repeat  # gives a command of ours in a text all that this run was asked for
        self.is_quiet = verbosity < 0
        is_dumb = os.environ.get("TERM") == "dumb"
        is_terminal = _is_terminal(sys.stdout) and not is_dumb
        self.has_color = is_terminal and not os.environ.get("NO_COLOR")
        self.is_live = is_terminal and not self.is_quiet and _is_terminal(sys.stderr)
        self.is_waiting = False
        self.head: list[str] = []  # of a table

    def started(self, directories: tuple[str, ...], shells: tuple[Installed, ...]) -> None:
        """Say what is asked for, and with -v of which shells; a table begins with it."""
        told = (f"  {each.name:<10} {each.reason:<12} {each.program}" for each in shells)
        lines = [printable("\n".join(directories))]
        lines += map(printable, told if self.verbosity > 0 else ())
        if self.has_table:
            self.head = lines
        for line in () if self.has_table else lines:
            self._line(line)
        self._wait()

    def settled(self, outcome: Outcome) -> None:
        """Say what became of one context, unless a table does at the end."""
        if self.has_table:
            return
        mark, words = _words(outcome)
        words = printable(words)
        took = ""
        probe = outcome.probe
        if outcome.edit and outcome.after:
            took = f"proven in {outcome.after.duration_ms:.0f} ms"
        elif self.verbosity > 0 and probe:
            took = f"answered in {probe.duration_ms:.0f} ms"
        color = "faint" if not outcome.is_required and mark != "good" else mark
        name, mode = (outcome.shell, outcome.mode) if outcome.shell else (outcome.mode, "")
        text = f"  {name:<10} {mode:<12} {self._paint(color, words)}"
        if took:
            text += " " * max(2, 34 - len(words)) + self._paint("faint", took)
        self._line(text)
        self._wait()

    def finish(self, report: Report) -> None:
        """Say what a run has to say at its end."""
        self._unwait()
        for note in report.notes:
            self._line(printable(f"note: {note}"))
        self.complaints(report)
        served = report.exit_code in {0, 3} and any(outcome.is_served for outcome in report.outcomes)
        if report.activate and served and not self.is_quiet:
            self._line(f"For this session:  {pasteable(report.activate) or BY_PRINT}")

    def cure(self, report: Report, words: Sequence[str]) -> None:
        """Say after a look which command puts there what is merely missing."""
        lacking = (o for o in report.outcomes if o.is_required and o.probe and not o.is_served)
        told = (_words(outcome)[1] for outcome in lacking)
        if self.is_quiet or all("; " in each or not each.startswith(MISSING) for each in told):
            return
        kept = (whole(word, report.directories) for word in words if word not in OF_A_LOOK)
        line = " ".join(("ensure-path", *map(quote.word, kept)))
        is_for_sh = all(each.startswith("/") for each in report.directories)  # cmd has no printf
        self._line(f"To put it there:  {pasteable(line) if is_for_sh else printable(line)}")

    def table(self, report: Report) -> None:
        """Say of each context where a command stands in it, in lines of 80 characters."""
        lines = [*self.head]
        for row in report.standings:
            color, word = STANDINGS[row.verdict]
            mark = "*" if row.is_here else " "
            details = [printable(detail) for detail in _details(row)]
            first = f"{mark} {row.context:<12} {self._paint(color, f'{word:<4}')} "
            if details and len(details[0]) <= WIDTH - INDENT - TITLE - 1:
                first += f"{row.title:<{TITLE}} {details.pop(0)}"
            else:
                first += row.title
            lines += [first.rstrip(), *(" " * INDENT + detail for detail in details)]
        if any(row.is_here for row in report.standings):
            lines.append("* this command runs in such a context")
        lines += (printable(f"note: {note}") for note in report.notes)
        self._unwait()
        if not self.is_quiet:
            encoding = sys.stdout.encoding if sys.stdout else None
            document("".join(f"{line}{os.linesep}" for line in lines), encoding)

    def complaints(self, report: Report) -> None:
        """Say on stderr what could not be done, and what to do about it."""
        told = [
            f"{shown(edit.target)} was put back as it was: {reason}" for edit, reason in report.put_back
        ]
        for words in dict.fromkeys(told):  # one file may have been tried in several ways
            if report.exit_code:
                complain(f"ensure-path: {words}")
            else:  # another file serves in its place
                self._line(printable(f"note: {words}"))
        for refusal in report.refusals:
            fact, cure = refusal.reason.partition("; ")[::2]
            done = f"{shown(refusal.target)} {fact}, so it was left alone"
            complain(f"ensure-path: {done}{cure and '; '}{cure}")
            if refusal.snippet:
                complain(by_hand(refusal.snippet.rstrip("\n"), refusal.target))
        if report.exit_code and self.is_quiet:
            look = self.repeat("see ensure-path --check")
            complain(f"ensure-path: not effective everywhere ({report.status}); {look}")

    def undone(self, report: Report) -> None:
        """Say what an undo has taken back."""
        for edit in report.edits:
            what = "removed" if edit.after is None else "taken out of"
            self._line(printable(f"{what} {shown(edit.target)}"))
        if report.status == "unchanged":
            self._line("there was nothing to take back")
        elif not report.edits and not report.refusals:
            self._line("removed what earlier runs had made")
        for note in report.notes:
            self._line(printable(f"note: {note}"))
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


def _details(row: Standing) -> list[str]:
    """Return the lines beside a row of the table: by what it is so; or why it is not, and the cure."""
    found = wrapped(", ".join(_short(each) for each in row.by), WIDTH - INDENT)
    found += wrapped(row.reason, WIDTH - INDENT)
    if row.line and row.cure.endswith(row.line):
        line = pasteable(row.line) or f"what this prints: {_by_printf(row.line)}"
        return [*found, *wrapped(row.cure[: -len(row.line)].rstrip(), WIDTH - INDENT), line]
    words, image, line = row.cure.partition(IMAGE)  # a line of a Dockerfile is pasted as a whole
    return [*found, *wrapped(words.rstrip(), WIDTH - INDENT), *([image + line] if image else [])]


def _words(outcome: Outcome) -> tuple[str, str]:
    """Return the color and the words for one line of the report."""
    probe = outcome.probe
    if outcome.edit:
        words = f"added by {shown(outcome.edit.target)}"
        if outcome.edit.position != "top":
            words += ", at its end"
        if outcome.note:
            words += f", {outcome.note}"
        if probe is None:
            return "doubt", f"{words}, not verified"
        if probe.verdict == SHADOWED:
            return "doubt", f"{words}, but {probe.reason}"
        return "good", words
    if probe is None:
        return "doubt", outcome.note or "not asked"
    if probe.verdict == EFFECTIVE:
        return "good", "already there" + (f", {outcome.note}" if outcome.note else "")
    if probe.verdict == SHADOWED:
        return "doubt", f"there, but {probe.reason}"
    if probe.verdict == UNKNOWN:
        return "doubt", f"unknown: {_why_unknown(outcome)}"
    reason = outcome.note or probe.words
    color = "bad" if outcome.is_required else "faint"
    return color, MISSING + (f": {reason}" if reason else "")


def _why_unknown(outcome: Outcome) -> str:
    """Return why there is no answer, and what the shell said."""
    probe = outcome.probe
    words = probe.words if probe and probe.reason not in outcome.note else ""
    return "; ".join(filter(None, (words, outcome.note)))


def shown(target: Target) -> str:
    """Return the name of `target` as people write it."""
    return _short(str(target))


def _short(name: str) -> str:
    name = name.replace("HKEY_CURRENT_USER\\", "HKCU\\")
    home = os.path.expanduser("~").rstrip("/") + "/"
    return "~/" + name[len(home) :] if name.startswith(home) else name


def as_diff(report: Report) -> str:
    """Return the edits of `report` as one unified diff."""
    import difflib  # noqa: PLC0415

    from onpath import stores  # noqa: PLC0415  (a look needs it later, while shells start)

    found: list[str] = []
    for edit in report.edits:
        name = _for_patch(edit.target)
        lines = difflib.unified_diff(
            stores.lines(edit.target, edit.before),
            stores.lines(edit.target, edit.after),
            "/dev/null" if edit.before is None else name,
            "/dev/null" if edit.after is None else name,
        )
        found += (x if x.endswith("\n") else f"{x}\n\\ No newline at end of file\n" for x in lines)
    return "".join(found)


def _for_patch(target: Target) -> str:
    """Return the name of a target as patch(1) wants it, which edits no link.

    A tab ends a name with a space in it, as GNU diff writes it.
    """
    name = os.path.realpath(str(target)) if isinstance(target, File) else str(target)
    return f"{name}\t" if len(name.split(None, 1)) > 1 else name


def as_json(report: Report, code: int) -> str:
    """Return `report` as one document, of version JSON_VERSION, of a command that ends with `code`."""
    import json  # noqa: PLC0415

    shells: dict[str, list[dict[str, Any]]] = {}
    contexts: list[dict[str, Any]] = []
    for outcome in report.outcomes:
        probe = outcome.probe
        row = {
            "mode": outcome.mode,
            "required": outcome.is_required,
            "verdict": probe.verdict if probe else UNKNOWN,
            "before": outcome.before.verdict if outcome.before else UNKNOWN,
            "reason": _reason(outcome),
            "duration_ms": round(probe.duration_ms, 1) if probe else None,
            "edit": str(outcome.edit.target) if outcome.edit else None,
        }
        (shells.setdefault(outcome.shell, []) if outcome.shell else contexts).append(row)
    whole = {
        "version": JSON_VERSION,
        "status": report.status,
        "exit_code": code,
        "directories": list(report.directories),
        "shells": [{"name": name, "probes": probes} for name, probes in shells.items()],
        "contexts": contexts,
        "edits": [
            {"target": str(e.target), "position": e.position, "created": e.before is None}
            for e in report.edits
        ],
        "put_back": [{"target": str(e.target), "reason": reason} for e, reason in report.put_back],
        "refused": [{"target": str(r.target), "reason": r.reason} for r in report.refusals],
        "notes": list(report.notes),
        "activate": report.activate,
        "announcements": list(report.announcements),
        "where": [
            {
                "context": row.context,
                "title": row.title,
                "here": row.is_here,
                "verdict": row.verdict,
                "by": list(row.by),
                "reason": row.reason,
                "cure": row.cure,
                "line": row.line,
            }
            for row in report.standings
        ],
    }
    return json.dumps(whole, indent=2) + "\n"


def _reason(outcome: Outcome) -> str:
    verdict, words = (outcome.probe.verdict, outcome.probe.words) if outcome.probe else ("", "")
    if verdict == UNKNOWN:
        return _why_unknown(outcome)
    return (outcome.note or words) if verdict == MISSING else (words or outcome.note)


def printable(text: str) -> str:
    """Return `text` with odd bytes and control characters shown, not sent to the terminal."""
    if text.isprintable():
        return text
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def whole(word: str, directories: Sequence[str]) -> str:
    """Return the one of `directories` that `word` names from here, or `word` as it is."""
    try:
        path = os.path.abspath(os.path.expanduser(word))
    except OSError:  # the current folder is gone
        return word
    return path if path in directories else word


def pasteable(line: str) -> str:
    """Return what does the same as `line` when it is pasted, if need be by `printf`; else nothing."""
    if _is_shown(line):
        return line
    ways = (way for start, way in BY_PRINTF.items() if line.startswith(start))
    form, odd = next(ways, ("", ""))
    return form.replace("{}", _in_printf(line, odd))


def by_hand(snippet: str, target: Target) -> str:
    """Return what to do with a snippet where its `target` may not be edited."""
    what = BY_HAND[target.medium]
    if _is_shown(snippet) or isinstance(target, RegistryValue):  # Windows has no printf
        return f"{what.format('this')}\n{snippet}"
    return f"{what.format('what this prints')}\n{_by_printf(snippet)}"


def _by_printf(text: str) -> str:
    """Return the command of sh that prints the lines of `text`."""
    return "printf '" + _in_printf(f"{text}\n", QUOTED) + "'"


def _is_shown(text: str) -> bool:
    """Say whether a terminal shows `text`, of one or more lines, as it is."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    is_encoded = text.encode(encoding, "replace").decode(encoding) == text
    return printable(text) == text and is_encoded


def _in_printf(text: str, odd: str) -> str:
    """Return `text` for the first argument of `printf`, with what is not shown, or `odd`, as numbers."""

    def spelled(character: str) -> str:
        if character == "%":
            return "%%"
        if character not in odd and character != "\\" and _is_shown(character) and character != "\n":
            return character
        return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))

    return "".join(map(spelled, text))


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def document(text: str, encoding: str | None = None) -> None:
    """Write to stdout what other programs read: every byte of a name as it is, and all or an error.

    What is for people has an `encoding`, and what that lacks as escapes.
    """
    if not text:
        return
    if sys.stdout is None:
        raise OnpathError(CLOSED)
    try:
        sys.stdout.flush()
        errors = "backslashreplace" if encoding else "surrogateescape"
        sys.stdout.buffer.write(text.encode(encoding or "utf-8", errors))
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # `ensure-path --diff | head`
        _abandon(sys.stdout)
    except (OSError, ValueError) as error:
        _abandon(sys.stdout)
        words = getattr(error, "strerror", None) or error
        raise OnpathError(
            f"standard output cannot be written: {words}; make room, or name another"
        ) from None


def complain(text: str) -> None:
    """Write `text` to standard error."""
    _write(sys.stderr, printable(text) + "\n")


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
