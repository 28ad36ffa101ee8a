"""Kill a run, or have it fail, at each system call with which it changes something. Linux, strace.

A `World` is a home and a folder for temporary files of its own, with which a `Scenario` begins. Its run
is traced once; then `strace` has each of these calls in turn fail, or kills the run before it. Only the
main process is traced: shells that it starts are somebody else's programs. `strace` counts the calls by
their names, so that a call is found again by its name and its number.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import pytest

import onpath
from commands import PATIENCE_S, PROGRAM, TIMEOUT_S, Run, changed, environment, snapshot
from judging import IS_ROOT, as_user, marked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from commands import Snapshot

# What changes a file system, on any processor; a name that this one does not have is passed over.
CHANGING = (
    *("mkdir", "mkdirat", "rmdir", "rename", "renameat", "renameat2", "unlink", "unlinkat"),
    *("link", "linkat", "symlink", "symlinkat", "mknod", "mknodat", "truncate", "ftruncate"),
    *("chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "utimensat"),
    *("setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr"),
    *("fsync", "fdatasync", "pwrite64", "copy_file_range", "sendfile", "write", "openat"),
)
# Of these only what goes to a file of the world is meant: not what is said, or read.
OF_A_FILE = {"write", "openat"}
CREATING = ("O_CREAT", "O_TRUNC")
CALL = re.compile(r"(\w+)\((.*)\) += (.*)")
ERRORS = ("ENOSPC", "EIO", "EROFS", "EDQUOT", "EACCES")
SIGNALS = ("INT", "TERM", "HUP")
STRUCK = re.compile(rf"--- SIG({'|'.join(SIGNALS)}) ")
ME = int(sys.platform != "win32" and os.geteuid())
NOBODY = 65534
SAVED, SAVE = ".bashrc", "# saved by somebody else\n"
LOCK = ".onpath.lock"
RECEIPT = ".local/state/onpath/receipt.json"
ALL_DONE = "what it had to do was done before"  # of a run that is cut short at its very end
UNTRUE = ("Traceback", "this is a bug")
# A file that is to take the place of another, or is what was there, for the length of a run.
OURS = re.compile(r".*\.onpath-(old-|new-|backup-)?[0-9a-f]{8,12}|\.onpath\.lock")
TURNS = 3
CALM_S = 30.0  # after which a process that still runs counts as left behind
PRIVATE = re.compile(r'mkdir(?:at)?\([^"]*"([^"]*/onpath-[0-9a-f]{12,})"')
IN_PRIVATE = re.compile(r"/onpath-[0-9a-f]{12}[/>]")  # wherever it is

T = TypeVar("T")
Fault = Literal["kill", "interrupt", "fail", "fail from here on"]
FAULTS: tuple[Fault, ...] = ("kill", "interrupt", "fail", "fail from here on")


@dataclass(frozen=True)
class Call:
    """A system call that changes something: the `number`th of its name, and how strace shows it."""

    name: str
    number: int
    shown: str
    earlier: Mapping[str, int] = field(default_factory=dict, hash=False, compare=False)

    def inject(self, fault: Fault, turn: int) -> list[str]:
        """Return the options by which strace makes this call go wrong; errors take turns."""
        error = ERRORS[turn % len(ERRORS)]
        if fault == "kill":
            return self.at("signal=KILL")
        if fault == "interrupt":
            return self.at(f"signal={SIGNALS[turn % len(SIGNALS)]}")
        if fault == "fail":
            return self.at(f"error={error}")
        names = [name for name in CHANGING if name not in OF_A_FILE]
        calls = [Call(name, self.earlier.get(name, 0) + 1, "") for name in names]
        # Also the one itself, where all of its name cannot fail for good: then nothing would be said.
        first = self.at(f"error={error}") if self.name in OF_A_FILE else []
        return [*first, *(word for call in calls for word in call.at(f"error={error}", "+"))]

    def at(self, what: str, and_later: str = "") -> list[str]:
        """Return the options by which `what` happens at this call, with `+` at all later ones too."""
        return ["-e", f"inject=?{self.name}:{what}:when={self.number}{and_later}"]


@dataclass(frozen=True)
class Scenario:
    """A run: what is in the home, what it is told, and how it ends if nobody disturbs it.

    `files` are written, `make` does what else is needed; with `later` there has been a run before, after
    which these texts were added to the files.
    """

    name: str
    words: tuple[str, ...] = ("--shell", "bash")
    files: Mapping[str, str] = field(default_factory=dict)
    later: Mapping[str, str] | None = None
    make: Callable[[Path], None] = lambda _home: None
    code: int = 0
    without: tuple[str, ...] = ()  # what a shell makes in the home by itself
    is_for_root: bool = True

    def build(self, home: Path) -> None:
        """Make in the empty `home` what is there before the first run."""
        for name, text in self.files.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)
        self.make(home)

    def amend(self, home: Path) -> None:
        """Do what the user does after the first run."""
        for name, text in (self.later or {}).items():
            with (home / name).open("a") as file:
                file.write(text)


@dataclass(frozen=True)
class World:
    """A folder with a home and a folder for temporary files, which belong to the user `uid`."""

    root: Path
    uid: int

    @property
    def home(self) -> Path:
        """The home."""
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        """What TMPDIR names."""
        return self.root / "tmp"

    @property
    def log(self) -> Path:
        """What strace wrote of the last run."""
        return self.root / "log" / "calls"

    def renew(self, scenario: Scenario, *, is_origin: bool = False) -> None:
        """Make the home what it is before `scenario`; or, as `is_origin`, without any run so far."""
        for folder in (self.home, self.temporary, self.log.parent):
            if folder.is_dir():
                folder.chmod(0o755)
                remove(folder)
            folder.mkdir(mode=0o755)
        if scenario.later is None or is_origin:
            scenario.build(self.home)
        else:
            self._repeat(scenario)
        self._give()
        scenario.amend(self.home)

    def _repeat(self, scenario: Scenario) -> None:
        """Make the home that the first run of `scenario` leaves: after the first time, by a copy."""
        kept = self.root / "kept" / scenario.name
        if not kept.exists():
            scenario.build(self.home)
            self._give()
            first = self.run("--shell", "bash")
            assert first.code == 0, first
            kept.parent.mkdir(exist_ok=True)
            self.home.rename(kept)
            self.home.mkdir(mode=0o755)
        copied = ["cp", "-a", f"{kept}/.", str(self.home)]  # second names of a file stay what they are
        subprocess.run(copied, check=True)

    def _give(self) -> None:
        if self.uid != ME:
            for path in (self.home, self.temporary, self.log.parent, *self.home.rglob("*")):
                shutil.chown(path, self.uid, self.uid)

    def run(self, *words: str, behind: Sequence[str] = ()) -> Run:
        """Run `ensure-path` as the user of this world, started by the command `behind`."""
        started = self.start(*words, behind=behind)
        out, err = started.communicate(timeout=TIMEOUT_S)
        return Run(started.returncode, os.fsdecode(out), os.fsdecode(err))

    def start(self, *words: str, behind: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """Start what `run` runs."""
        become = as_user(self.uid) if self.uid != ME else []
        return subprocess.Popen(
            [*become, *behind, PROGRAM, "--timeout", PATIENCE_S, *words],
            env={
                **environment(self.home),
                "TMPDIR": str(self.temporary),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def traced(self, *words: str, options: Sequence[str] = ()) -> Run:
        """Run as `run` does, behind strace with its `options`; its log says what happened."""
        names = ",".join(f"?{name}" for name in CHANGING)
        strace = ["strace", "-qq", "-y", "-o", str(self.log), "-e", f"trace={names}", "-s", "0"]
        return self.run(*words, behind=[*strace, *options])

    def stopped(
        self, *words: str, call: Call, act: Callable[[], None], options: Sequence[str] = ()
    ) -> Run:
        """Run as `run` does, but have somebody else `act` just before the next step after `call`."""
        names = f"trace=?{call.name},?renameat2"
        strace = ["strace", "-qq", "-y", "-o", str(self.log), "-e", names, "-s", "0"]
        started = self.start(*words, behind=[*strace, *call.at("signal=STOP"), *options])
        children = Path(f"/proc/{started.pid}/task/{started.pid}/children")
        while started.poll() is None and not self.is_stopped():
            time.sleep(0.002)
        if self.is_stopped():
            try:
                act()
            finally:  # also where a test fails: nothing is left that stands still for ever
                for child in children.read_text().split():
                    os.kill(int(child), signal.Signals["SIGCONT"])
        out, err = started.communicate(timeout=TIMEOUT_S)
        return Run(started.returncode, os.fsdecode(out), os.fsdecode(err))

    def is_stopped(self) -> bool:
        """Tell whether the last run came to the call before which it was to stop."""
        return self.log.exists() and "stopped by SIGSTOP" in self.log.read_text(errors="replace")

    def calls(self, log: Path | None = None) -> list[Call]:
        """Return the calls of the last traced run that change something of the user's."""
        counts: dict[str, int] = {}
        found = []
        for name, words, result in self._lines(log):
            earlier = dict(counts)
            counts[name] = counts.get(name, 0) + 1
            if self._is_change(name, words) and not result.startswith("-1"):
                found.append(Call(name, counts[name], f"{name}({words})", earlier))
        return found

    def is_struck(self, fault: Fault) -> bool:
        """Tell whether the last traced run came to the call that was to go wrong."""
        if fault == "interrupt":
            return STRUCK.search(self.log.read_text(errors="replace")) is not None
        struck = [
            (name, words)
            for name, words, result in self._lines()
            if "INJECTED" in result or result.startswith("?")
        ]
        return bool(struck) and all(self._is_change(name, words) for name, words in struck)

    def _lines(self, log: Path | None = None) -> Iterator[tuple[str, str, str]]:
        matches = map(CALL.match, (log or self.log).read_text(errors="replace").splitlines())
        yield from ((m[1], m[2], m[3]) for m in matches if m)

    def _is_change(self, name: str, words: str) -> bool:
        if name not in OF_A_FILE:
            return True
        if name == "openat":
            is_ours = str(self.root) in words or IN_PRIVATE.search(words) is not None
            return any(flag in words for flag in CREATING) and is_ours
        places = (f"<{self.home}", f"<{self.temporary}")
        return any(place in words for place in places) or IN_PRIVATE.search(words) is not None

    def tree(self, scenario: Scenario) -> Snapshot:
        """Return what lies in the home."""
        return snapshot(self.home, without=scenario.without)

    def private_folders(self) -> list[Path]:
        """Return the private folders that the last traced run made, and that are still there."""
        names = {match[1] for match in PRIVATE.finditer(self.log.read_text(errors="replace"))}
        return [Path(name) for name in sorted(names) if Path(name).exists()]


@dataclass(frozen=True)
class Ends:
    """What a scenario leads to if nobody disturbs it."""

    origin: Snapshot  # without any run
    before: Snapshot
    after: Snapshot
    calls: tuple[Call, ...]
    codes: frozenset[int]  # of the run, and of the next one: what was done in part is there by then


def why_not() -> str:
    """Return why no fault can be made here; an empty text if it can."""
    if sys.platform != "linux" or not shutil.which("strace"):
        return "strace is not installed; tests/run.sh installs it"
    tried = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False)
    return "strace may not trace here" if tried.returncode else ""


def users() -> list[int]:
    """Return as whom the runs are made: root, where this is root, and a plain user."""
    if sys.platform == "win32":
        return []
    return [0, NOBODY] if IS_ROOT else [ME]


@contextmanager
def world(uid: int) -> Iterator[World]:
    """Make a world for the user `uid`, where all can reach it."""
    reason = why_not()
    if reason:
        if os.environ.get("CI") and sys.platform == "linux":
            pytest.fail(reason)
        pytest.skip(reason)
    # No run writes it, lest that be taken for a change; else each would compile everything.
    compileall.compile_dir(str(Path(onpath.__file__).parent), quiet=2)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        Path(folder).chmod(0o755)
        yield World(Path(folder), uid)


def undisturbed(world: World, scenario: Scenario, options: Sequence[str] = ()) -> Ends:
    """Run `scenario` in peace, and return what it comes to; fail if that is not as it should be."""
    world.renew(scenario, is_origin=True)
    origin = world.tree(scenario)
    world.renew(scenario)
    before = world.tree(scenario)
    run = world.traced(*scenario.words, options=options)
    assert run.code == scenario.code, run
    calls = world.calls()
    assert calls, world.log.read_text()
    after = world.tree(scenario)
    assert run.code in {0, 3} or not changed(before, after), run
    assert not stray(world), run
    again = world.run(*scenario.words)
    assert not set(changed(after, world.tree(scenario))) - {RECEIPT}, again
    return Ends(origin, before, after, tuple(calls), frozenset({run.code, again.code}))


def sample(calls: Sequence[Call], stride: int, name: str) -> list[tuple[int, Call]]:
    """Return each `stride`th of `calls` with its turn; where it begins depends on `name`."""
    start = zlib.crc32(name.encode()) % min(stride, len(calls))
    return list(enumerate(calls))[start::stride]


def every(calls: Sequence[Call]) -> list[tuple[int, Call]]:
    """Return each of `calls` with two turns: after one the next run comes, after the other an undo."""
    return [(number + more, call) for number, call in enumerate(calls) for more in (0, 1)]


def reached(attempt: Callable[[], T | None]) -> T | None:
    """Return what comes of the `attempt` to strike at a call, None if no run of three came to it.

    A run makes some calls, as those that look for processes, more often than another.
    """
    for _ in range(TURNS):
        found = attempt()
        if found is not None:
            return found
    return None


def strike(
    world: World, scenario: Scenario, ends: Ends, fault: Fault, turn: int, call: Call
) -> list[str] | None:
    """Let `call` go wrong, and return what is not as it should be; None if it was not reached."""
    world.renew(scenario)
    run = world.traced(*scenario.words, options=call.inject(fault, turn))
    if not world.is_struck(fault):
        if fault == "kill":  # at another call: what it left running would be taken for the next one's
            world.run("--undo")
        return None
    wrong = lost(world, ends)
    if fault != "kill":
        wrong += untrue(world, scenario, ends, run)
    wrong += after_it(world, scenario, ends, turn)
    kind = {"kill": "", "interrupt": SIGNALS[turn % len(SIGNALS)]}.get(fault, ERRORS[turn % len(ERRORS)])
    shown = f"{fault} {kind} at {call.name} {call.number}: {call.shown}"
    said = f"; exit {run.code}: {(run.stderr or run.stdout)[-500:]!r}" if wrong else ""
    return [f"{shown}: {each}{said}" for each in wrong]


def save(
    world: World,
    scenario: Scenario,
    ends: Ends,
    turn: int,
    call: Call,
    options: Sequence[str] = (),
) -> list[str] | None:
    """Have somebody save a startup file before `call`; return what is wrong, None if not reached."""
    world.renew(scenario)
    file = world.home / SAVED

    def act() -> None:
        if turn % 2:
            with file.open("a") as appended:
                appended.write(SAVE)
            return
        beside = file.with_name(f"{SAVED}.swp")
        beside.write_text(file.read_text() + SAVE)
        shutil.chown(beside, world.uid, world.uid)
        beside.replace(file)

    run = world.stopped(*scenario.words, call=call, act=act, options=options)
    if not world.is_stopped():
        return None
    said, text = run.stdout + run.stderr, file.read_text()
    wrong = [f"it says {word!r}" for word in UNTRUE if word in said]
    wrong += [] if text.count(SAVE) == 1 else [f"the save is lost: {text!r}"]
    file.write_text(text.replace(SAVE, ""))
    changes = set(changed(ends.before, world.tree(scenario)))
    if changes and (run.code in {1, 2} or "nothing was changed" in said):
        wrong.append(f"exit code or words say that nothing was changed: {sorted(changes)}")
    file.write_text(text)
    last = world.run("--undo")
    wrong += [] if last.code == 0 else [f"undo ends with {last}"]
    file.write_text(file.read_text().replace(SAVE, ""))
    left = set(changed(ends.origin, world.tree(scenario)))
    wrong += [f"undo leaves {sorted(left)}"] if left else []
    way = "appended" if turn % 2 else "renamed"
    return [f"{way} before {call.name} {call.number}: {call.shown}: {w}; {run}" for w in wrong]


def lost(world: World, ends: Ends) -> list[str]:
    """Return the files of the user's whose lines are neither all there, in order, nor kept elsewhere."""
    texts = None
    wrong = []
    for name, entry in ends.origin.items():
        path = world.home / name
        if not entry.mode.startswith("-"):
            continue
        now = path.read_bytes() if path.is_file() else None
        if now is not None and holds(now, entry.content):
            continue
        if texts is None:
            folders = (world.home, world.temporary)
            texts = [p.read_bytes() for f in folders for p in f.rglob("*") if p.is_file()]
        if not any(entry.content in text for text in texts):
            wrong.append(f"{name} is lost: {now!r}")
    return wrong


def remove(folder: Path) -> None:
    """Remove `folder`, to which a process that dies may still add something."""
    for _ in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)
    shutil.rmtree(folder)


def holds(text: bytes, lines: bytes) -> bool:
    """Tell whether each of `lines` is in `text`, in their order."""
    rest = iter(text.splitlines())
    return all(line in rest for line in lines.splitlines())


def untrue(world: World, scenario: Scenario, ends: Ends, run: Run) -> list[str]:
    """Return what a run that ended by itself says or means by its exit code, and is not so."""
    said = run.stdout + run.stderr
    wrong = [f"it says {word!r}" for word in UNTRUE if word in said]
    now = world.tree(scenario)
    # An empty file that could not be removed at the very end, and that the next run removes.
    changes = set(changed(ends.before, now)) - {LOCK}
    if RECEIPT in ends.before and RECEIPT in now:
        changes -= {RECEIPT}  # it says more of a run than what is changed
    if changes and (run.code in {1, 2, 130} or "nothing was changed" in said):
        wrong.append(f"exit code or words say that nothing was changed: {sorted(changes)}")
    elif run.code == 0 or ALL_DONE in said:
        changes = set(changed(ends.after, now)) - {RECEIPT}
    elif run.code not in {1, 2, 3, 130}:
        wrong.append(f"exit code {run.code}")
    untold = [name for name in leaves(changes) if run.code in {0, 3} and not is_told(name, said)]
    if untold:
        wrong.append(f"it does not tell of {untold}")
    return wrong


def is_told(name: str, said: str) -> bool:
    """Tell whether `said` names the file, or a folder of ours that it lies in."""
    parts = Path(name.replace("other.", ".")).parts  # a second name of the same file
    return "/".join(parts[-2:]) in said or any(
        part in said for part in parts[:-1] if OURS.fullmatch(part)
    )


def leaves(names: set[str]) -> list[str]:
    """Return those of `names` that are above no other, but for what goes with the next run."""
    own = {RECEIPT, *map(str, Path(RECEIPT).parents)}
    own |= {name for name in names if OURS.fullmatch(Path(name).name)}
    return sorted(n for n in names - own if not any(other.startswith(f"{n}/") for other in names))


def after_it(world: World, scenario: Scenario, ends: Ends, turn: int) -> list[str]:
    """Return what the next run, or at every other turn an undo at once, does not put in order."""
    wrong = []
    private = world.private_folders()
    if turn % 2:
        run = world.run(*scenario.words)
        if run.code not in ends.codes:
            wrong.append(f"the next run ends with {run.code}: {run.stdout}{run.stderr}")
        left = set(changed(ends.after, world.tree(scenario))) - {RECEIPT}
        if left:
            wrong.append(f"the next run leaves {sorted(left)}")
        wrong += [f"after the next run: {each}" for each in stray(world)]
    run = world.run("--undo")
    if run.code:
        wrong.append(f"undo ends with {run.code}: {run.stdout}{run.stderr}")
    left = set(changed(ends.origin, world.tree(scenario)))
    if left:
        wrong.append(f"undo leaves {sorted(left)}")
    wrong += [f"after undo: {each}" for each in stray(world)]
    return wrong + [f"the private folder {each} stays" for each in private if each.exists()]


def stray(world: World) -> list[str]:
    """Return what is left in the folder for temporary files, and the processes that still run."""
    wrong = [f"{path.name} in TMPDIR" for path in sorted(world.temporary.iterdir())]
    deadline = time.monotonic() + CALM_S
    while running := marked(str(world.home)):
        if time.monotonic() > deadline:
            return [*wrong, f"processes run: {running}"]
        time.sleep(0.02)
    return wrong


def tally(reports: Iterable[object]) -> list[str]:
    """Return how many calls went wrong in the tests of `reports`, and how often all was not well."""
    tried: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    for report in reports:
        found = dict(getattr(report, "user_properties", ()))
        if "fault" in found and getattr(report, "when", "") == "call":
            tried[found["fault"]] += found["tried"]
            bad[found["fault"]] += found["bad"]
    return [f"{fault}: at {tried[fault]} calls, {bad[fault]} bad" for fault in sorted(tried)]
