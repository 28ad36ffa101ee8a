"""Runs `ensure-path` in Windows' own Python, and has it end, fail or be interrupted at one change.

inside_windows_faults.py strike NAME FAULT STRIDE START  every STRIDEth change: what is not in order
inside_windows_faults.py around      the same for a kill just before and after the value is written
inside_windows_faults.py unrecorded SCENARIO  the same for a kill before anything is recorded
inside_windows_faults.py slow FILE                   has a ComSpec that waits; its number is in FILE
inside_windows_faults.py quick                       no more
inside_windows_faults.py wait FILE                   the numbers in FILE, when there are some
inside_windows_faults.py runs NUMBER | gone NUMBER   whether a process runs; whether it ends
inside_windows_faults.py private                     the private folders
inside_windows_faults.py run FAULT NUMBER LOG WORD...   one run; in place of NUMBER may be a change

Python tells an audit hook of each change before it makes it (PEP 578): of the registry, of files and
folders, and of each program that it starts. What it does not tell is wrapped. LOG gets a line a change.
"""

from __future__ import annotations

import builtins
import ctypes
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from inside_windows import MACHINE, USER, get, key, machine_end, put, shown, winreg
from onpath.places.user_registry import MACHINE_PATH
from onpath.probes.inside import is_private_name
from onpath.stores import registry
from windows_cases import EXPAND, utf16

PATHS = (
    "os.mkdir",
    "os.rename",
    "os.remove",
    "os.rmdir",
    "os.link",
    "os.truncate",
    "os.chmod",
    "os.utime",
)
OTHERS = ("winreg.CreateKey", "winreg.DeleteValue", "subprocess.Popen")
CALLED = ("CreateDirectoryW",)  # of Windows, without Python's own functions
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
NOTHING, FAR = "none", 0
# winerror.h: no right, no room, a broken disk.
ERRORS = (5, 112, 1117)
ENDED = 9
ATTEMPTS, INTERNAL_ERROR = 3, 1359
PATIENCE_S = 60.0
STILL_ACTIVE, QUERY = 259, 0x1000
# At the end of the machine's Path: after it cmd finds nothing.
BROKEN = 'C:\\broken"'
UNTRUE = ("Traceback", "this is a bug")
BASE = Path(os.environ["APPDATA"], "onpath-faults")
DIRECTORY = BASE / "Scripts"
SHARED = Path(os.environ["PROGRAMFILES"], "onpath-faults")  # where others cannot write
VALUE = utf16("C:\\a;C:\\b")

library: Any = ctypes
Choice = Callable[[Sequence[str]], "list[tuple[int, bool]]"]


@dataclass(frozen=True)
class Scenario:
    """A run: what `Path` holds, the run before, what is done after that, and the words of the run."""

    name: str
    words: tuple[str, ...] = (str(DIRECTORY),)
    value: bytes | None = VALUE
    earlier: tuple[str, ...] | None = None
    is_there: bool = False  # the directory
    is_hopeless: bool = False
    code: int = 0
    whose: str = USER

    @property
    def undo(self) -> tuple[str, ...]:
        """The words of the run that takes all back."""
        return ("--undo", *(["--system"] if self.whose == MACHINE else []))

    def put(self) -> None:
        """Make `value` the `Path` that the run is about."""
        put(None if self.value is None else (EXPAND, self.value), self.whose)

    def build(self, *, is_origin: bool = False) -> None:
        """Make all as it is before the run; or, as `is_origin`, without any run so far."""
        self.put()
        break_machine(is_broken=self.is_hopeless)
        (BASE if self.whose == USER else SHARED).mkdir(exist_ok=True)
        if self.is_there:
            DIRECTORY.mkdir(exist_ok=True)
        if self.earlier is not None and not is_origin:
            done = run(*self.earlier)
            assert done.code == 0, done


SCENARIOS = (
    Scenario("look", words=("--check", str(DIRECTORY)), code=1),
    Scenario("first run"),
    Scenario("first run for what is there", is_there=True),
    Scenario("create the value", value=None),
    Scenario("roll back", is_hopeless=True, code=1),
    Scenario("move", words=("--append", str(DIRECTORY)), earlier=(str(DIRECTORY),)),
    Scenario("undo", words=("--undo",), earlier=(str(DIRECTORY),)),
    Scenario("undo of a value", words=("--undo",), value=None, earlier=(str(DIRECTORY),)),
    Scenario(
        "every user",
        words=("--system", str(SHARED / "Scripts")),
        value=utf16(r"%SystemRoot%\system32;%SystemRoot%;C:\a"),
        whose=MACHINE,
    ),
)


@dataclass(frozen=True)
class Done:
    """What a run has said, and the changes that it came to."""

    code: int
    said: str
    changes: tuple[str, ...] = field(repr=False, default=())


def run(*words: str, fault: str = NOTHING, number: int = FAR) -> Done:
    """Run `ensure-path`, with a fault at the change of that number."""
    log, out = (Path(tempfile.gettempdir(), f"faults.{name}") for name in ("log", "out"))
    with out.open("wb") as file:  # Wine closes no pipe of a process that is killed
        argv = [sys.executable, __file__, "run", fault, str(number), str(log), *words]
        process = start(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)
        code = process.wait()
    said = out.read_text("utf-8", "replace")
    return Done(code, said, tuple(log.read_text("utf-8").splitlines()))


def start(argv: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a program; on a loaded machine Wine fails to, now and then."""
    for _ in range(ATTEMPTS - 1):
        try:
            return subprocess.Popen(argv, **options)
        except OSError as error:
            if getattr(error, "winerror", 0) != INTERNAL_ERROR:
                raise
    return subprocess.Popen(argv, **options)


State = dict[str, Any]


def state() -> State:
    """Return all that a run may change: the values, and what lies where a run makes something."""
    found: State = {"Path": [shown(get(whose)) for whose in (USER, MACHINE)]}
    for folder, start in (
        (BASE.parent, BASE.name),
        (SHARED.parent, SHARED.name),
        (Path(os.environ["PROGRAMDATA"]), "onpath"),
        (Path(os.environ["PROGRAMDATA"]), ".onpath"),
        (Path(os.environ["SYSTEMROOT"]), "onpath"),
        (Path(os.environ["LOCALAPPDATA"]), "onpath"),
        (Path(os.environ["LOCALAPPDATA"]), ".onpath"),
        (Path(tempfile.gettempdir()), "onpath-"),
    ):
        for top in folder.glob(f"{start}*"):
            for path in (top, *top.rglob("*")):
                found[str(path)] = path.read_text("utf-8") if path.is_file() else None
    return found


def changed(before: State, after: State, *, but_receipt: bool = False) -> list[str]:
    """Return what is not the same in two states."""
    names = {*before, *after}
    differ = [name for name in names if before.get(name, 0) != after.get(name, 0)]
    return sorted(n for n in differ if not (but_receipt and n.endswith("receipt.json")))


def every(stride: int, start: int) -> Choice:
    """Return the choice of every `stride`th change; the next run and an undo take turns."""
    return lambda changes: [
        (number, bool(number // stride % 2))
        for number in range(start % min(stride, len(changes)) + 1, len(changes) + 1, stride)
    ]


def around(changes: Sequence[str]) -> list[tuple[int, bool]]:
    """Return the moments between the record of what is to be done, the value, and the last receipt."""
    (at,) = (number for number, line in enumerate(changes, 1) if " winreg.SetValue Path" in line)
    receipt = next(n for n, line in enumerate(changes, 1) if n > at + 1 and ".receipt.json" in line)
    return [(at, True), (at + 1, False), (at + 1, True), (receipt, False)]


def unrecorded(changes: Sequence[str]) -> list[tuple[int, bool]]:
    """Return when the private folder is there alone, and when the proofs are; no receipt tells of it."""
    first = (r"\held", "subprocess.Popen")
    return [(next(n for n, line in enumerate(changes, 1) if what in line), False) for what in first]


def strike(name: str, fault: str, choose: Choice) -> dict[str, Any]:
    """Have the chosen changes of a run go wrong; return how many, and what was not in order then."""
    (scenario,) = (each for each in SCENARIOS if each.name == name)
    shared = get(MACHINE)
    scenario.build(is_origin=True)
    origin = state()
    scenario.build()
    before = state()
    done = run(*scenario.words)
    assert done.code == scenario.code, (scenario, done)
    after = state()
    again = run(*scenario.words)
    assert not changed(after, state(), but_receipt=True), (scenario, again)
    codes = {done.code, again.code}
    assert not clear(scenario, origin)
    tried, wrong = 0, []
    for number, is_run in choose(done.changes):
        tried += 1
        scenario.build()
        found = run(*scenario.words, fault=fault, number=number)
        at = (USER, MACHINE).index(scenario.whose)
        values = {json.dumps(each["Path"][at]) for each in (before, after)}
        values |= {line.partition(" = ")[2] for line in (*done.changes, *found.changes)}
        problems = [] if fault == "kill" else untrue(before, after, found)
        if json.dumps(state()["Path"][at]) not in values:
            problems.append(f"the value is {state()['Path']}")
        problems += after_it(scenario, origin, after, codes, is_run=is_run)
        last = found.changes[-1] if found.changes else ""
        wrong += [f"{name}, {fault} at {number}, {last}: {problem}; {found}" for problem in problems]
    put(shared, MACHINE)
    if scenario.is_there:
        DIRECTORY.rmdir()
    return {"tried": tried, "wrong": wrong}


def untrue(before: State, after: State, done: Done) -> list[str]:
    """Return what a run that ended by itself says, or means by its exit code, and is not so."""
    wrong = [f"it says {word!r}" for word in UNTRUE if word in done.said]
    now = state()
    differ = changed(before, now)
    if differ and (done.code in {1, 2, 130} or "nothing was changed" in done.said):
        wrong.append(f"exit code or words say that nothing was changed: {differ}")
    if done.code == 0:
        differ = changed(after, now, but_receipt=True)
        told = {Path(each) for each in differ if Path(each).name in done.said}
        differ = [each for each in differ if told.isdisjoint({Path(each), *Path(each).parents})]
        wrong += [f"exit code 0, and it does not tell of {differ}"] if differ else []
    elif done.code not in {1, 2, 3, 130}:
        wrong.append(f"exit code {done.code}")
    elif done.code == 3 and now["Path"] != before["Path"] and "Path" not in done.said:
        wrong.append("it does not tell of the value")
    return wrong


def after_it(
    scenario: Scenario, origin: State, after: State, codes: set[int], *, is_run: bool
) -> list[str]:
    """Return what the next run, or an undo at once, does not put in order."""
    wrong = []
    if is_run:
        done = run(*scenario.words)
        differ = changed(after, state(), but_receipt=True)
        wrong += [f"the next run leaves {differ}: {done}"] if differ else []
        wrong += [f"the next run ends with {done}"] if done.code not in codes else []
    return wrong + clear(scenario, origin)


def clear(scenario: Scenario, origin: State) -> list[str]:
    """Undo, and return what that leaves."""
    done = run(*scenario.undo)
    differ = changed(origin, state())
    break_machine(is_broken=False)
    wrong = [f"undo leaves {differ}: {done}"] if differ else []
    wrong += [f"undo ends with {done}"] if done.code else []
    if differ:  # the others are to be judged by themselves
        scenario.put()
    return wrong


def break_machine(*, is_broken: bool) -> None:
    """Have the machine's Path end in an entry after which cmd finds nothing, or no more."""
    value = registry.read(MACHINE_PATH) or ""
    if value.endswith(BROKEN) != is_broken:
        machine_end(BROKEN)


def slow(file: str) -> str:
    """Have a program in the place of cmd that waits for five minutes, and keeps its number in `file`."""
    waits = "import os, sys, time; open(sys.argv[1], 'w').write(f'{os.getpid()} '); time.sleep(300)"
    BASE.mkdir(exist_ok=True)
    program = BASE / "slow.cmd"
    program.write_text(f'@"{sys.executable}" -c "{waits}" "{file}"\n', "utf-8")
    set_command_processor(str(program))
    return file


def set_command_processor(program: str) -> None:
    """Make `program` the ComSpec of new programs; nothing: that of Windows."""
    with key() as opened:
        if program:
            winreg.SetValueEx(opened, "ComSpec", 0, winreg.REG_SZ, program)
            return
        try:
            winreg.DeleteValue(opened, "ComSpec")
        except FileNotFoundError:
            return


def is_gone(number: int) -> bool:
    """Say whether the process of that number has ended, or does within a moment."""
    deadline = time.monotonic() + PATIENCE_S
    while is_running(number):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def is_running(number: int) -> bool:
    """Say whether the process of that number runs."""
    windows = library.WinDLL("kernel32")
    windows.OpenProcess.restype = library.c_void_p
    handle = library.c_void_p(windows.OpenProcess(QUERY, False, number))
    code = library.c_ulong()
    is_there = bool(windows.GetExitCodeProcess(handle, library.byref(code)))
    windows.CloseHandle(handle)
    return is_there and code.value == STILL_ACTIVE


def private() -> list[str]:
    """Return the private folders that are there."""
    return sorted(filter(is_private_name, os.listdir(tempfile.gettempdir())))


class Watch:
    """Counts the changes of this process, and does what is to be done at one of them."""

    def __init__(self, fault: str, at: str, log: str) -> None:
        self.fault, self.at, self.count = fault, at, 0
        self.number = int(at) if at.isdigit() else FAR
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self.write, self.open = os.write, io.open

    def start(self) -> None:
        """Have all changes counted from now on."""
        for name in ("write", "fsync", "ftruncate"):
            setattr(os, name, self.counted(f"os.{name}", getattr(os, name)))
        builtins.open = io.open = self.open_counted
        sys.addaudithook(self.heed)

    def heed(self, event: str, words: tuple[Any, ...]) -> None:
        """Be told of everything; count what changes something."""
        if event in PATHS or event in OTHERS:
            self.change(f"{event} {words[0]}")
        elif event == "ctypes.dlsym" and words[1] in CALLED:
            self.change(words[1])
        elif event == "winreg.SetValue":
            value = shown((words[2], utf16(words[3])))
            self.change(f"{event} {words[1]} = {json.dumps(value)}")
        elif event == "open" and isinstance(words[0], str) and words[2] & WRITING:
            self.change(f"open {words[0]}")

    def change(self, what: str) -> None:
        """Count one change, and do what is to be done at it."""
        self.count += 1
        self.write(self.log, f"{self.count} {what}\n".encode("utf-8", "surrogateescape"))
        if not self.number and self.at and what.startswith(self.at):
            self.number = self.count
        is_it = self.count == self.number
        if self.fault == "kill" and is_it:
            kernel = library.WinDLL("kernel32")
            kernel.GetCurrentProcess.restype = library.c_void_p
            kernel.TerminateProcess(library.c_void_p(kernel.GetCurrentProcess()), ENDED)
        if (self.fault == "fail" and is_it) or (
            self.fault == "lasting" and self.count >= self.number > FAR
        ):
            error = ERRORS[self.number % len(ERRORS)]
            raise OSError(0, "it cannot be done", what.rsplit(maxsplit=1)[-1], error)
        if self.fault == "interrupt" and is_it:
            raise KeyboardInterrupt

    def counted(self, what: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return `call`, which is counted before it is made."""

        def made(descriptor: int, *words: Any) -> Any:
            self.change(f"{what} {descriptor}")
            return call(descriptor, *words)

        return made

    def open_counted(self, file: Any, mode: str = "r", *words: Any, **options: Any) -> Any:
        """Open a file; what is written into it is counted as well."""
        opened: Any = self.open(file, mode, *words, **options)
        if set(mode) & set("wxa+"):
            write = opened.write

            def written(text: Any) -> Any:
                self.change(f"write {file}")
                return write(text)

            opened.write = written
        return opened


def be_the_run(fault: str, at: str, log: str, *words: str) -> None:
    """Be the run in which something goes wrong."""
    import onpath.cli  # noqa: PLC0415  (the hook need not see this)

    watch = Watch(fault, at, log)
    sys.argv[:] = ["ensure-path", *words]
    watch.start()
    onpath.cli.command()


def wait_for(file: str) -> list[int]:
    """Return the numbers of the processes that wait; wait until there is one."""
    deadline = time.monotonic() + PATIENCE_S
    while not (os.path.exists(file) and os.path.getsize(file)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return [int(word) for word in Path(file).read_text(encoding="ascii").split()]


COMMANDS: dict[str, Callable[..., Any]] = {
    "strike": lambda name, fault, stride, start: strike(name, fault, every(int(stride), int(start))),
    "around": lambda: strike("first run", "kill", around),
    "unrecorded": lambda name: strike(name, "kill", unrecorded),
    "slow": slow,
    "quick": lambda: set_command_processor(""),
    "wait": wait_for,
    "gone": lambda number: is_gone(int(number)),
    "runs": lambda number: is_running(int(number)),
    "private": private,
}

if __name__ == "__main__":
    if sys.argv[1] == "run":
        be_the_run(*sys.argv[2:])
    sys.stdout.write(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])) + "\n")
