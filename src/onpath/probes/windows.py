"""Start fresh programs as Explorer would, and look: what `verify` is on Unix.

The environment is the one that a new process will get: made from the registry, not inherited. The
proof is the same: a program in the directory runs by its bare name. It is a batch file, and so is
the report of the shell's PATH; both write into a private folder that a variable names, so that no
path has to be quoted in any language.
"""

from __future__ import annotations

import contextlib
import os
import time

from onpath import winpath
from onpath.errors import NoShellError, OnpathError, RefusedError, UsageError
from onpath.model import (
    EFFECTIVE,
    LATE,
    MISSING,
    PROGRAM,
    SHADOWED,
    UNKNOWN,
    Bench,
    Installed,
    Plan,
    Probe,
    Refusal,
)
from onpath.places import user_registry as user_path
from onpath.shells import WINDOWS_ROWS
from onpath.stores import registry
from onpath.values import TYPE_CHECKING, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from subprocess import Popen

    from onpath.model import Edit, Host, Receipt

TICK_S = 0.01
FOLDER, REPORT_VARIABLE = "ONPATH_PROBE", "ONPATH_REPORT"
# Text of Unicode from cmd's own variables; the second line says that the first is complete.
REPORT = '@"%ComSpec%" /u /d /c set >"%ONPATH_PROBE%\\%~1.set"\n@echo end>"%ONPATH_PROBE%\\%~1.end"\n'
PROOF = '@echo ran>"%ONPATH_PROBE%\\%~1"\n'
NO_WINDOW = 0x08000000  # CREATE_NO_WINDOW
STALE_NOTE = (
    "what is open now keeps its old PATH: open a new window (of VS Code: close all of them first; "
    "Windows Terminal from 1.18 on: a new tab will do)"
)


def shells(host: Host, names: tuple[str, ...]) -> tuple[Installed, ...]:
    """Return the shells to serve: those of `names`, or all that are here. One value serves them all."""
    found: list[Installed] = []
    environ = registry.fresh_environment(host.environ)
    unknown = [name for name in names if name not in WINDOWS_ROWS]
    if unknown:
        raise UsageError(f"unknown shell {unknown[0]!r}; onpath knows {', '.join(WINDOWS_ROWS)}")
    for name, row in WINDOWS_ROWS.items():
        program = next(filter(None, (_find(place, environ) for place in row.places)), None)
        if program and (name in names or not names):
            found.append(Installed(name, program, "asked for" if names else "installed"))
        elif name in names:
            raise UsageError(f"{name} is not installed; install it, or leave out --shell {name}")
    if not found:
        raise NoShellError("no shell could be found; name one with --shell")
    return tuple(found)


def open_bench(host: Host, directories: tuple[str, ...], *, timeout_s: float, has_proofs: bool) -> Bench:
    """Make the private folder and, with `has_proofs`, put the proof programs into the directories."""
    import tempfile  # noqa: PLC0415

    nonce = os.urandom(6).hex()
    try:
        safe = tempfile.mkdtemp(prefix="onpath-")
    except OSError:
        raise OnpathError("no folder for temporary files can be written to; set TEMP to one") from None
    bench = Bench(host, directories, safe, nonce, directories if has_proofs else (), timeout_s)
    _write_program(f"{safe}\\report.cmd", REPORT)
    if has_proofs:
        try:
            for number, directory in enumerate(directories):
                remove_proofs(directory)
                _write_program(f"{directory}\\{PROGRAM}{nonce}{number}.cmd", PROOF)
        except OSError as error:
            close_bench(bench)
            words = (error.strerror or str(error)).lower()
            raise OnpathError(
                f"{error.filename} cannot be written ({words}); name another directory"
            ) from None
        except BaseException:
            close_bench(bench)
            raise
    return bench


def remove_proofs(directory: str) -> None:
    """Remove proof programs, also what a killed run left; runs exclude each other."""
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        if name.startswith(PROGRAM):
            _unlink(f"{directory}\\{name}")


def close_bench(bench: Bench) -> None:
    """Remove the proof programs and the private folder."""
    import shutil  # noqa: PLC0415

    if bench.proofs:
        for number, directory in enumerate(bench.directories):
            _unlink(f"{directory}\\{PROGRAM}{bench.nonce}{number}.cmd")
    shutil.rmtree(bench.safe, ignore_errors=True)


def verify(
    bench: Bench,
    wanted: Iterable[tuple[Installed, str]],
    *,
    is_proof: bool = False,
    on_answer: Callable[[Probe], None] | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> tuple[Probe, ...]:
    """Ask each (shell, mode) of `wanted`, all side by side, and return the answers in that order."""
    environ = registry.fresh_environment(bench.host.environ)
    environ |= {FOLDER: bench.safe, REPORT_VARIABLE: f"{bench.safe}\\report.cmd"}
    asked = [
        _Question(bench, shell, mode, f"{number}{'b' if is_proof else 'a'}", environ)
        for number, (shell, mode) in enumerate(wanted)
    ]
    try:
        if meanwhile:
            meanwhile()
        while any(question.answer is None for question in asked):
            for question in asked:
                if question.answer is None and question.poll() and question.answer and on_answer:
                    on_answer(question.answer)
            time.sleep(TICK_S)
    finally:
        for question in asked:
            question.stop()
    return tuple(question.answer for question in asked if question.answer)


class _Question:
    """A shell that was started and has a question to answer."""

    def __init__(
        self, bench: Bench, shell: Installed, mode: str, name: str, environ: Mapping[str, str]
    ) -> None:
        import subprocess  # noqa: PLC0415

        self.bench, self.shell, self.mode = bench, shell, mode
        self.out = f"{bench.safe}\\{name}"
        self.answer: Probe | None = None
        self.environ = environ
        row = WINDOWS_ROWS[shell.name]
        text = row.report.format(name=name)
        if bench.proofs:
            for number, _ in enumerate(bench.directories):
                text += f"{row.joint}{PROGRAM}{bench.nonce}{number} {name}.{number}"
        self.started = time.perf_counter()
        self.process: Popen[bytes] | None = None
        try:
            self.process = subprocess.Popen(
                f'"{shell.program}" {row.arguments.format(text=text)}',
                env=dict(environ),
                cwd=bench.safe,  # not the directory: cmd looks into the current one first
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                creationflags=NO_WINDOW,
            )
        except OSError as error:
            words = (error.strerror or str(error)).lower()
            self.answer = Probe(shell.name, mode, UNKNOWN, reason=f"cannot be started ({words})")

    def poll(self) -> bool:
        """Look once, and say whether there is an answer now."""
        status = self.process.poll() if self.process else None
        is_late = time.perf_counter() - self.started > self.bench.timeout_s
        if status is None and not is_late:
            return False
        took_ms = (time.perf_counter() - self.started) * 1000
        blank = Probe(self.shell.name, self.mode, UNKNOWN, duration_ms=took_ms)
        if os.path.exists(f"{self.out}.end"):
            self.answer = self._judge(blank)
        elif is_late:
            self.answer = replace(blank, reason=f"{LATE} in {self.bench.timeout_s:g} s")
        else:
            self.answer = replace(blank, reason=f"ended with status {status} before it answered")
        return True

    def stop(self) -> None:
        """End the shell and what it has started."""
        import subprocess  # noqa: PLC0415

        if self.process is None:
            return
        if self.process.poll() is None:
            argv = [f"{self.environ.get('SYSTEMROOT', '')}\\System32\\taskkill.exe", "/F", "/T"]
            argv += ["/PID", str(self.process.pid)]
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(argv, capture_output=True, timeout=5, check=False)
            self.process.kill()
        self.process.wait()

    def _judge(self, probe: Probe) -> Probe:
        path = _read_path(f"{self.out}.set")
        probe = replace(probe, verdict=EFFECTIVE, path=winpath.entries(path))
        for number, directory in enumerate(self.bench.directories):
            if self.bench.proofs and os.path.exists(f"{self.out}.{number}"):
                continue  # the program ran by its name: nothing else is asked
            if not winpath.places(path, directory, {}, is_same):
                is_given = winpath.places(self.environ.get("PATH", ""), directory, {}, is_same)
                reason = "it was given the directory, and its profile or AutoRun took it away"
                return replace(probe, verdict=MISSING, reason=reason if is_given else "")
            if not os.path.isdir(directory):
                return replace(probe, verdict=MISSING, reason="the directory does not exist")
            if self.bench.proofs:
                reason = "it is on PATH, but a program in it did not run"
                return replace(probe, verdict=MISSING, reason=reason)
        hidden = [
            words
            for directory in self.bench.directories
            for words in shadows(path, directory, self.environ.get("PATHEXT", ""))
        ]
        return replace(probe, verdict=SHADOWED, reason="; ".join(hidden)) if hidden else probe


def shadows(path: str, directory: str, extensions: str) -> tuple[str, ...]:
    """Return, in words, which commands of `directory` an earlier entry of `path` hides.

    The machine's entries stand before all of the user's. The aliases of the Store in WindowsApps
    are empty files that open the Store: they hide what comes after them too.
    """
    kinds = tuple(kind for kind in extensions.lower().split(";") if kind)
    first = min(winpath.places(path, directory, {}, is_same), default=0)
    ours = _commands(directory, kinds)
    found: dict[str, str] = {}
    for entry in winpath.entries(path)[:first]:
        theirs = _commands(entry.replace('"', ""), kinds) if entry else {}
        for command in ours.keys() & theirs.keys():
            found.setdefault(command, theirs[command])
    return tuple(f"{command} is hidden by {other}" for command, other in sorted(found.items()))


def is_same(one: str, other: str) -> bool:
    """Say whether two names are one directory: an 8.3 name, a junction, a mapped drive."""
    try:
        return os.path.samefile(one.replace('"', ""), other)
    except (OSError, ValueError):
        return False


def plan(
    host: Host,
    directories: tuple[str, ...],
    wanted: Iterable[tuple[Installed, str]],
    receipt: Receipt,
    *,
    order: str | None = None,
    stale: tuple[str, ...] = (),
) -> Plan:
    """Return the edit of the user's Path that serves `wanted`, or why it is left alone."""
    serves = tuple((shell.name, mode) for shell, mode in wanted)
    if not serves:
        return Plan()
    target = registry.USER_PATH
    environ = registry.fresh_environment(host.environ)
    try:
        reason = registry.refusal(target)
        if reason:
            raise RefusedError(reason)
        before = registry.read(target)
        ours = tuple(entry for entry in receipt.entries if entry.target == target)
        edit = user_path.plan(
            *(target, before, directories, serves, environ),
            same=is_same,
            order=order,
            ours=ours,
            stale=stale,
        )
    except RefusedError as error:
        paste = "\n".join(directories) + "\n"
        return Plan(refusals=(Refusal(target, str(error), serves, paste),))
    return Plan((edit,) if edit else ())


def undo(host: Host, receipt: Receipt, directories: tuple[str, ...]) -> Plan:
    """Return the plan that takes back what we put into the registry: all, or `directories`."""
    environ = registry.fresh_environment(host.environ)
    ours = user_path.named(receipt.entries, directories, environ)
    return user_path.undo(ours, registry.read, registry.refusal, environ)


def remarks(host: Host, edits: Iterable[Edit], stale: tuple[str, ...]) -> tuple[str, ...]:
    """Return what the user should know about the value, and about programs that are open."""
    environ = registry.fresh_environment(host.environ)
    found: list[str] = []
    machine = None
    try:
        value = registry.read(registry.USER_PATH)
        found.append(user_path.unexpanded(value, environ))
        found += user_path.left_behind(value, stale, environ)
        machine = registry.read(registry.MACHINE_PATH)
    except RefusedError:
        pass  # told as the refusal that it is
    for edit in edits:
        found += user_path.warnings(edit, environ, machine.text if machine else "")
        found.append(STALE_NOTE)
    found += (SURROUNDINGS[name] for name in host.surroundings if name in SURROUNDINGS)
    return tuple(filter(None, found))


# What the registry does not reach, by what `detect.surroundings` says.
SURROUNDINGS = {
    "msys2": (
        "MSYS2's own shells leave the PATH of Windows out: start them with MSYS2_PATH_TYPE=inherit, "
        "or put the line for this session into ~/.bash_profile there"
    ),
}


def activation(host: Host, directories: tuple[str, ...]) -> str:
    """Return the line that makes it true in the running shell, or nothing if it is already."""
    path = host.environ.get("PATH", "")
    missing = [d for d in directories if not winpath.places(path, d, {}, is_same)]
    if not missing:
        return ""
    if {"git-bash", "msys2"} & set(host.surroundings):
        from onpath.shells.quote import posix  # noqa: PLC0415

        return "; ".join(f'export PATH={posix(_posix_path(d), "")}:"$PATH"' for d in reversed(missing))
    if host.running is None:
        return ""
    row = WINDOWS_ROWS[host.running.name]
    return row.separator.join(row.now.format(directory=row.quote(d)) for d in reversed(missing))


def _posix_path(directory: str) -> str:
    r"""Return `C:\x` as `/c/x`, as the shells of MSYS2 spell it."""
    drive, _, rest = directory.partition(":")
    return f"/{drive.lower()}{rest}".replace("\\", "/") if rest else directory.replace("\\", "/")


def _commands(folder: str, kinds: tuple[str, ...]) -> dict[str, str]:
    """Return the commands of `folder`: name without extension -> path."""
    try:
        names = os.listdir(folder)
    except OSError:
        return {}
    found: dict[str, str] = {}
    for name in names:
        stem, kind = os.path.splitext(name.lower())
        if kind in kinds and not stem.startswith(PROGRAM):
            found.setdefault(stem, f"{folder}\\{name}")
    return found


def _read_path(file: str) -> str:
    """Return PATH from what `cmd /u /c set` has written."""
    with open(file, "rb") as opened:
        text = opened.read().decode("utf-16-le", "surrogatepass")
    for line in text.split("\r\n"):
        name, _, value = line.partition("=")
        if name.upper() == "PATH":
            return value
    return ""


def _find(place: str, environ: Mapping[str, str]) -> str | None:
    """Return the program at `place`, a path with variables or a name on PATH, if it is there."""
    path = winpath.expand(place, environ)
    if "\\" in path:
        return path if os.path.isfile(path) else None
    for folder in winpath.entries(environ.get("PATH", "")):
        program = os.path.join(folder.replace('"', ""), path)
        if os.path.isfile(program):
            return program
    return None


def _write_program(path: str, text: str) -> None:
    with open(path, "x", encoding="ascii", newline="\r\n") as file:
        file.write(text)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
