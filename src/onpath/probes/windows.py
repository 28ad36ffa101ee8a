"""Start fresh programs as Explorer would, and ask them. Windows only.

The environment is the one that a new process will get: made from the registry, not inherited. The
proof is the same as on Unix: a program in the directory runs by its bare name. It is a batch file, and
so is the report of the shell's PATH; both write into a private folder that a variable names, so that no
path has to be quoted in any language.
"""

from __future__ import annotations

import contextlib
import ntpath
import os
import time

from onpath import winpath
from onpath.errors import OnpathError
from onpath.host.windows import is_same
from onpath.model import LATE, PROGRAM, UNKNOWN, Bench, Probe
from onpath.places.registry_entries import EDIT_USER, is_in_place
from onpath.places.user_registry import (
    EDIT_MACHINE,
    MACHINE_PATH,
    OF_USER,
    unpaired_words,
    value_text,
)
from onpath.shells import ROWS, WINDOWS_ROWS
from onpath.stores import registry
from onpath.values import TYPE_CHECKING, replace

from . import judge
from .inside import HEX_DIGITS, MARK, NONCE_DIGITS, PREFIX, is_private_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from subprocess import Popen
    from typing import Any

    from onpath.model import Ask, Context, Host, Installed
    from onpath.places.user_registry import Part
    from onpath.shells import WindowsAsk

    from .jobs import Job

TICK_S = 0.01
FOLDER, REPORT_VARIABLE = MARK, "ONPATH_REPORT"
# Text of Unicode from cmd's own variables; the second line says that the first is complete.
REPORT = (
    '@"%ComSpec%" /u /d /c set >"%ONPATH_PROBE%\\%~1.set"\n'
    # The user may have made it another program, or one that is not there.
    '@if errorlevel 1 "%SystemRoot%\\System32\\cmd.exe" /u /d /c set >"%ONPATH_PROBE%\\%~1.set"\n'
    '@echo end>"%ONPATH_PROBE%\\%~1.end"\n'
)
PROOF = '@echo ran>"%ONPATH_PROBE%\\%~1"\n'
# What a shell found before it must find after: a command of Windows itself, by its bare name, is asked
# to run a batch file of the current folder. It is harmless, and on the PATH of every machine.
WITNESS = "{command} /d /c .\\onpath-found {name}.found"
OWN = ("report.cmd", "onpath-found.cmd")  # in each private folder
# Held open by its run: as long as it is alive nobody can remove it, as Python lets nobody delete a file
# that it has open (no FILE_SHARE_DELETE). It says where the run's proof programs are.
HELD = "held"
MAX_HELD = 1 << 16  # bytes of it that are read
NO_WINDOW = 0x08000000  # CREATE_NO_WINDOW
GIVEN = "it was given the directory, and"
LOST = {  # by the language
    "cmd.cmd": rf"{GIVEN} what cmd runs first took it away; remove what sets PATH there (AutoRun in "
    r"Software\Microsoft\Command Processor, of HKCU or HKLM)",
    "windows.ps1": f"{GIVEN} its profile took it away; remove what sets PATH in one of its files "
    "($PROFILE | Format-List -Force)",
}


UNTOLD, BY_HAND = "could not tell its variables", "start it by hand to see what it prints"
SEES = "looks at the command line, so at a prompt it may do what it does not do when it is asked"
UNSEEN = "take that test out of it, or leave PowerShell out: ensure-path --shell cmd"


def open_bench(
    host: Host,
    directories: tuple[str, ...],
    *,
    timeout_s: float,
    has_proofs: bool,
    session: Mapping[str, str],
    order: str | None = None,
    nonce: str = "",
) -> Bench:
    """Make the private folder and, with `has_proofs`, put the proof programs into the directories.

    `nonce` is the one that was recorded, if one was: of `new_nonce`.
    """
    nonce = nonce or new_nonce()
    proofs = directories if has_proofs else ()
    programs = tuple(_programs(proofs, nonce))
    folder, lock = _private_folder(host, nonce, programs)
    bench = Bench(host, directories, folder, nonce, proofs, timeout_s, session, order, lock)
    try:
        _sweep(ntpath.dirname(folder))
        for directory, program in zip(proofs, programs):
            remove_proofs(directory)
            _write_program(program, PROOF)
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


def new_nonce() -> str:
    """Return what the names of a run's own things end in."""
    return os.urandom(NONCE_DIGITS // 2).hex()


def private_folders(host: Host, nonce: str) -> tuple[str, ...]:
    """Return where the private folder of a run may be made, the preferred place first."""
    return tuple(f"{parent}\\{PREFIX}{nonce}" for parent in _parents(host))


def _parents(host: Host) -> tuple[str, ...]:
    """Return the folders for temporary files. Not by `tempfile`: it tries them by files of its own."""
    local = host.environ.get("LOCALAPPDATA", "")
    found = (host.environ.get("TEMP", ""), host.environ.get("TMP", ""), local and f"{local}\\Temp")
    return tuple(dict.fromkeys(parent.rstrip("\\") for parent in found if ntpath.isabs(parent)))


def _programs(proofs: tuple[str, ...], nonce: str) -> Iterator[str]:
    """Yield the proof programs of a run, one in each of its directories."""
    for number, directory in enumerate(proofs):
        yield f"{directory}\\{PROGRAM}{nonce}{number}.cmd"


def _private_folder(host: Host, nonce: str, programs: tuple[str, ...]) -> tuple[str, int]:
    """Make the private folder; return it, and a descriptor that tells other runs that it is in use."""
    for folder in private_folders(host, nonce):
        held = -1
        try:
            held = _make_held(folder)
            os.write(held, "\n".join(programs).encode("utf-8", "surrogatepass"))
            _write_program(f"{folder}\\report.cmd", REPORT)
            _write_program(f"{folder}\\onpath-found.cmd", PROOF)
        except OSError:
            _discard(folder, held)
        except BaseException:
            _discard(folder, held)
            raise
        else:
            return folder, held
    raise OnpathError("no folder for temporary files can be written to; set TEMP to one")


def _make_held(folder: str) -> int:
    """Make `folder`; return a descriptor of the file by which it is held.

    A run that sweeps at this moment finds nothing in it, and removes it: then it is made again.
    """
    os.mkdir(folder)
    while True:
        try:
            return os.open(f"{folder}\\{HELD}", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileNotFoundError:
            os.mkdir(folder)  # which fails if it is there, and something else is wrong


def _discard(folder: str, held: int) -> None:
    if held >= 0:
        os.close(held)
    if os.path.isdir(folder):
        _remove_tree(folder)
    if os.path.isdir(folder):  # one call failed, or a shell that dies has added to it
        _remove_tree(folder)


def _remove_tree(folder: str) -> None:
    """Remove a private folder as far as it can be; what tells that it is one goes last."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in sorted(names, key=(*OWN, HELD).__contains__):
        path = f"{folder}\\{name}"
        if os.path.isdir(path) and not os.path.islink(path):
            import shutil  # noqa: PLC0415  (a profile has made one in the current folder)

            shutil.rmtree(path, ignore_errors=True)
        else:
            _unlink(path)
    _rmdir(folder)


def sweep(host: Host, nonce: str, directories: Iterable[str], private: Iterable[str] = ()) -> None:
    """Remove what the run `nonce` has left when it was killed: its programs, and its private folder.

    And what others have left in `directories` and in the folders for temporary files, if they are dead:
    so this is for who holds the lock.
    """
    for directory in directories:
        remove_proofs(directory)
    named = {f for f in (*private, *private_folders(host, nonce)) if _is_private(f, nonce)}
    for folder in named:
        _remove_private(folder)
    for parent in _parents(host):
        _sweep(parent)


def _sweep(parent: str) -> None:
    """Remove the private folders of killed runs."""
    try:
        names = [name for name in os.listdir(parent) if is_private_name(name)]
    except OSError:
        return
    for name in names:
        _remove_private(f"{parent}\\{name}")


def _is_private(folder: str, nonce: str) -> bool:
    return ntpath.basename(folder) == PREFIX + nonce and is_private_name(PREFIX + nonce)


def _remove_private(folder: str) -> None:
    """Remove a private folder whose run is dead, or has made it just now: that one makes it again."""
    try:
        names = os.listdir(folder)
        programs = _told_programs(folder) if HELD in names else []
        if HELD in names:
            os.unlink(f"{folder}\\{HELD}")
    except OSError:
        return  # there is none, or its run is alive
    for program in programs:
        if _is_proof(program):
            _unlink(program)
    if not names:
        _rmdir(folder)  # which fails if there is something in it by now
    elif not {HELD, *OWN}.isdisjoint(names):
        _remove_tree(folder)


def _told_programs(folder: str) -> list[str]:
    """Return the proof programs of the run whose private folder this is, as far as it came to tell."""
    own = PROGRAM + ntpath.basename(folder)[len(PREFIX) :]
    with open(f"{folder}\\{HELD}", "rb") as file:
        lines = file.read(MAX_HELD).decode("utf-8", "replace").split("\n")
    names = ((line, ntpath.basename(line)) for line in lines)
    return [line for line, name in names if _is_proof_name(name) and name.startswith(own)]


def remove_proofs(directory: str) -> None:
    """Remove proof programs, also what a killed run left; runs exclude each other.

    By their whole names and what is in them: a file of the user's may have a name that begins so.
    """
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        if _is_proof_name(name) and _is_proof(f"{directory}\\{name}"):
            _unlink(f"{directory}\\{name}")


def _is_proof_name(name: str) -> bool:
    stem, kind = ntpath.splitext(name)
    digits = stem[len(PROGRAM) :]
    nonce, number = digits[:NONCE_DIGITS], digits[NONCE_DIGITS:]
    is_whole = len(nonce) == NONCE_DIGITS and HEX_DIGITS.issuperset(nonce) and number.isdigit()
    return stem.startswith(PROGRAM) and kind == ".cmd" and is_whole


def _is_proof(path: str) -> bool:
    """Say whether the file is a proof program, be it only its beginning."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return PROOF.startswith(file.read(len(PROOF) + 1))
    except OSError:
        return False


def close_bench(bench: Bench) -> tuple[str, ...]:
    """Remove the proof programs and the private folder; return what stays all the same."""
    programs = tuple(_programs(bench.proofs, bench.nonce))
    for program in programs:
        _unlink(program)
    _discard(bench.folder, bench.lock)
    return tuple(filter(os.path.lexists, (*programs, bench.folder)))


def ask_all(
    bench: Bench,
    asks: Iterable[tuple[Context, Installed | None, Ask]],
    *,
    inside: Mapping[str, str] | None = None,
    on_answer: Callable[[Probe], None] | None = None,
    meanwhile: Iterable[object] = (),
    on_left: Callable[[str, int], None] | None = None,
    ahead: None = None,
) -> tuple[Probe, ...]:
    """Ask for each context, all side by side, and return the answers in that order.

    A context without a shell is asked in the command processor, with what its `Ask` adds.
    """
    # One environment serves all programs, and each of the user's can be ended.
    del inside, on_left, ahead
    return ask_in(registry.fresh_environment(bench.host.environ), bench, asks, on_answer, meanwhile)


def ask_in(
    environ: Mapping[str, str],
    bench: Bench,
    asks: Iterable[tuple[Context, Installed | None, Ask]],
    on_answer: Callable[[Probe], None] | None = None,
    meanwhile: Iterable[object] = (),
    *,
    part: Part = OF_USER,
    autorun: str | None = None,
) -> tuple[Probe, ...]:
    """Ask as above in the environment of `environ`; `part` is the value that an order is about.

    With `autorun`, which cmd is to run first, nothing counts that is one user's own.
    """
    environ = {**environ, FOLDER: bench.folder, REPORT_VARIABLE: f"{bench.folder}\\report.cmd"}
    from .jobs import Job  # noqa: PLC0415

    job = Job()
    asked: list[_Question] = []
    try:
        for context, shell, ask in asks:
            path = ";".join((*ask.entries, environ.get("PATH", "")))
            own = {**environ, "PATH": path, **dict(ask.environ)}
            name = os.urandom(4).hex()  # no answer of an earlier round is there
            asked.append(_Question(bench, context, shell, name, own, job, part, autorun))
        for _ in meanwhile:
            pass
        while any(question.answer is None for question in asked):
            for question in asked:
                if question.answer is None and question.poll() and question.answer and on_answer:
                    on_answer(question.answer)
            time.sleep(TICK_S)
    finally:
        job.end()
        for question in asked:
            question.stop()
    return tuple(question.answer for question in asked if question.answer)


class _Question:
    """A program that was started and has a question to answer."""

    def __init__(
        self,
        bench: Bench,
        context: Context,
        shell: Installed | None,
        name: str,
        environ: Mapping[str, str],
        job: Job,
        part: Part,
        autorun: str | None,
    ) -> None:
        import subprocess  # noqa: PLC0415

        self.bench, self.context, self.part = bench, context, part
        self.out = f"{bench.folder}\\{name}"
        self.answer: Probe | None = None
        self.environ = environ
        row = ROWS[shell.name] if shell else next(iter(WINDOWS_ROWS.values()))
        program = shell.program if shell else environ["COMSPEC"]
        how: Any = row.windows
        self.name = row.name
        self.command = ntpath.basename(environ.get("COMSPEC", ""))
        self.how: WindowsAsk = how
        text = (how.tells if autorun is None else "").format(name=name)
        if bench.commands:
            from . import meanings  # noqa: PLC0415  (only installers ask)

            text += meanings.question(row, bench.commands, self.out)
        text += how.report.format(name=name)
        if bench.proofs:
            for number, _ in enumerate(bench.directories):
                text += f"{how.command_separator}{PROGRAM}{bench.nonce}{number} {name}.{number}"
            if self.command:
                text += how.command_separator + WITNESS.format(command=self.command, name=name)
        arguments = how.arguments.format(text=text)
        if autorun is not None:
            first = autorun and as_one_command(autorun) + how.command_separator
            arguments = how.shared_arguments.format(text=text, autorun=first)
        self.started = time.perf_counter()
        self.process: Popen[bytes] | None = None
        self.is_ended = False  # with all others
        try:
            self.process = subprocess.Popen(
                f'"{program}" {arguments}',
                env=dict(environ),
                cwd=bench.folder,  # not the directory: cmd looks into the current one first
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                creationflags=NO_WINDOW,
            )
            self.is_ended = job.add(self.process.pid)
        except OSError as error:
            words = (error.strerror or str(error)).lower()
            reason, cure = f"cannot be started ({words})", "start it by hand to see why"
            self.answer = Probe(context, UNKNOWN, reason, cure)

    def poll(self) -> bool:
        """Look once, and say whether there is an answer now."""
        status = self.process.poll() if self.process else None
        is_late = time.perf_counter() - self.started > self.bench.timeout_s
        if status is None and not is_late:
            return False
        took_ms = (time.perf_counter() - self.started) * 1000
        blank = Probe(self.context, UNKNOWN, duration_ms=took_ms)
        if os.path.exists(f"{self.out}.end"):
            is_told = os.path.getsize(f"{self.out}.set") > 0
            self.answer = self._judge(blank) if is_told else replace(blank, reason=UNTOLD, cure=BY_HAND)
        elif is_late:
            reason = f"{LATE} in {self.bench.timeout_s:g} s"
            self.answer = replace(blank, reason=reason, cure=judge.longer_cure(self.bench.timeout_s))
        else:
            reason = f"ended with status {status} before it answered"
            self.answer = replace(blank, reason=reason, cure=BY_HAND)
        return True

    def stop(self) -> None:
        """End the shell and what it has started, if that is not done; wait until it is gone."""
        import subprocess  # noqa: PLC0415

        if self.process is None:
            return
        if self.process.poll() is None and not self.is_ended:
            argv = [f"{self.environ.get('SYSTEMROOT', '')}\\System32\\taskkill.exe", "/F", "/T"]
            argv += ["/PID", str(self.process.pid)]
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                subprocess.run(argv, capture_output=True, timeout=5, check=False)
            self.process.kill()
        self.process.wait()

    def _judge(self, probe: Probe) -> Probe:
        if os.path.exists(f"{self.out}.told"):
            return replace(probe, reason=f"its profile {SEES}", cure=UNSEEN)
        path = _read_path(f"{self.out}.set")
        sights = [self._look_for(d, n, path) for n, d in enumerate(self.bench.directories)]
        extensions = self.environ.get("PATHEXT", "")
        hidden = [words for d in self.bench.directories for words in shadows(path, d, extensions)]
        verdict, reason, cure = judge.verdict(sights, hidden)
        commands = (self.command,) if os.path.exists(f"{self.out}.found") else ()
        return replace(
            probe,
            verdict=verdict,
            reason=reason,
            cure=cure,
            path=winpath.entries(path),
            meanings=self._meanings(),
            found=(*commands, *winpath.searched(path, pairs_quotes=self.how.pairs_quotes)),
        )

    def _meanings(self) -> tuple[tuple[str, str, bool], ...]:
        if not self.bench.commands:
            return ()
        from . import meanings  # noqa: PLC0415  (as above)

        return meanings.read(self.bench.commands, self.out)

    def _look_for(self, directory: str, number: int, path: str) -> judge.Sight:
        """Return what the answer says of `directory`."""
        is_given = is_searched(self.environ.get("PATH", ""), directory, self.how)
        too_long = length_reason(path, self.how, self.name, self.part.dialog)
        extensions = self.environ.get("PATHEXT", "") if self.bench.proofs else ""
        no_batch = extension_reason(extensions, self.part.dialog)
        quotes = quote_reason(path, directory, self.how, self.name, self.part.dialog)
        if self.part is OF_USER and (too_long or quotes):
            # What is wrong in the machine's value is cured in another dialog.
            machine = value_text(registry.read_value, MACHINE_PATH, self.environ)
            if len(machine) > self.how.longest_path:
                too_long = too_long.replace(EDIT_USER, EDIT_MACHINE)
            if any('"' in entry and entry in quotes for entry in winpath.plain_entries(machine)):
                quotes = quotes.replace(EDIT_USER, EDIT_MACHINE)
        is_on_path = is_searched(path, directory, self.how)
        # By an entry that depends on the current folder, or from that, it runs here and nowhere else.
        has_run = is_on_path and os.path.exists(f"{self.out}.{number}")
        return judge.Sight(
            is_on_path=is_on_path,
            ran=has_run if self.bench.proofs else None,
            unusable=(too_long or no_batch)
            if os.path.isdir(directory)
            else f"the directory does not exist; make it: mkdir {directory}",
            lost=quotes or (LOST[self.how.snippet] if is_given else too_long),
            misplaced=self._misplaced(),
        )

    def _misplaced(self) -> str:
        """Return why the directories are not where an order wants them among the user's own entries."""
        order = self.bench.order
        value = registry.read_value(self.part.target) if order else None
        if not order or value is None:
            return ""
        variables = self.environ if value.expands else {}
        if is_in_place(value.text, self.bench.directories, order, variables, is_same):
            return ""
        others = "your other entries" if self.part is OF_USER else "the machine's other entries"
        return f"it is on PATH, but not {order}ed to {others}; {judge.MOVE_ENTRY} ({self.part.dialog})"


def as_one_command(autorun: str) -> str:
    """Return the commands of AutoRun so that what follows is not a part of an `if` among them.

    Nor is the blank before what follows a part of a value that the last of them sets.
    """
    is_even = autorun.count("(") == autorun.count(")")
    return f"({autorun})" if is_even and "rem" not in autorun.lower().split() else autorun


def is_searched(path: str, directory: str, how: WindowsAsk) -> bool:
    """Say whether a shell that is asked in the way of `how` looks for programs in `directory`."""
    found = winpath.searched(path, pairs_quotes=how.pairs_quotes)
    wanted = winpath.normal(directory)
    return any(
        winpath.normal(entry) == wanted or (winpath.is_whole(entry) and is_same(entry, directory))
        for entry in found
    )


def length_reason(path: str, how: WindowsAsk, name: str, dialog: str = EDIT_USER) -> str:
    """Return why the shell `name` finds no program at all with a PATH of that length, or nothing."""
    if not how.longest_path or len(path) <= how.longest_path:
        return ""
    return (
        f"PATH has {len(path):,} characters, and {name} finds no program with more than "
        f"{how.longest_path:,}; remove entries that you do not need ({dialog})"
    )


def extension_reason(extensions: str, dialog: str = EDIT_USER) -> str:
    """Return why no batch file, as our proof is one, runs by its bare name, or nothing."""
    if not extensions or ".cmd" in extensions.lower().split(";"):
        return ""
    return f"PATHEXT has no .CMD, so no batch file runs by its bare name; add it ({dialog})"


def quote_reason(path: str, directory: str, how: WindowsAsk, name: str, dialog: str = EDIT_USER) -> str:
    """Return which quotes keep the shell `name` from finding programs in a `directory` of `path`."""
    if how.pairs_quotes:
        culprit = winpath.hiding(path, directory)
        return f"{name} finds no program after {unpaired_words(culprit, dialog)}" if culprit else ""
    wanted = winpath.normal(directory)
    quoted = [e for e in winpath.plain_entries(path) if '"' in e and winpath.normal(e) == wanted]
    if not quoted:
        return ""
    return f"{name} finds no program in {quoted[0]} , which has quotes; take them out ({dialog})"


def shadows(path: str, directory: str, extensions: str) -> tuple[str, ...]:
    """Return, in words, which commands of `directory` an earlier entry of `path` hides.

    The machine's entries come before all of the user's. The aliases of the Store in WindowsApps
    are empty files that open the Store: they hide what comes after them too.
    """
    kinds = tuple(kind for kind in extensions.lower().split(";") if kind)
    first = min(winpath.indices_of(path, directory, {}, is_same), default=0)
    before = filter(winpath.is_whole, winpath.entries(path)[:first])
    earlier = (entry.replace('"', "") for entry in before)
    ours = _commands(directory, kinds)
    found = (_commands(entry, kinds) for entry in earlier)
    others = ({n: p for n, p in each.items() if n in ours and not is_same(p, ours[n])} for each in found)
    return judge.shadows(ours, others)


def _commands(folder: str, kinds: tuple[str, ...]) -> dict[str, str]:
    """Return the commands of `folder`: name without extension -> path."""
    try:
        names = os.listdir(folder)
    except OSError:
        return {}
    found: dict[str, str] = {}
    for name in names:
        stem, kind = os.path.splitext(name.lower())
        is_command = kind in kinds and not stem.startswith(PROGRAM)
        if is_command and os.path.isfile(f"{folder}\\{name}"):
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


def _write_program(path: str, text: str) -> None:
    with open(path, "x", encoding="ascii", newline="\r\n") as file:
        file.write(text)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _rmdir(path: str) -> None:
    try:
        os.rmdir(path)
    except OSError:
        return
