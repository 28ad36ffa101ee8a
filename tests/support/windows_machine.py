"""A Windows machine to test on: this one, or a real Windows Python in a Wine prefix of its own."""

from __future__ import annotations

import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

import told_code
from onpath.stores import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
WINE = ROOT / ".cache" / "wine"
PWSH = ROOT / ".cache" / "pwsh-win"  # a PowerShell for Windows, where .ci/run could get one
ATTEMPTS = 3
KILLED = -9  # as Wine's server does with what takes too long to go: `told_code` has the code then
INSIDE = Path(__file__).with_name("inside_windows.py")


class Program(subprocess.Popen[bytes]):
    """A program of Windows."""

    told: Path | None = None  # the file in which a Python of Wine says that it began, and its exit code


class Machine:
    """Runs programs on Windows. What they change of the registry and of files stays in `home`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.is_wine = sys.platform != "win32"
        self.prefix = WINE / f"run-{os.getpid()}"
        self.env = dict(os.environ) if not self.is_wine else self._wine_environment()
        self.pwsh_place = self.prefix / "drive_c" / "Program Files" / "PowerShell" / "7"
        self.python = [sys.executable]
        self._helper: Program | None = None
        self._numbers = itertools.count()
        self._profile = ""
        if self.is_wine:
            self._make_prefix()
            self.python = ["wine", self.name(WINE / "Python311" / "python.exe")]
            subprocess.run(["wineserver", "-p"], env=self.env, check=True)
            # No run writes it, lest that be taken for a change; else each would compile everything.
            self.run_python("-m", "compileall", "-q", self.env["PYTHONPATH"])

    def stop(self) -> None:
        """End every program of the machine, and remove it."""
        if self._helper:
            close(self._helper)
        if self.is_wine:
            subprocess.run(["wineserver", "-k"], env=self.env, check=False)
            subprocess.run(["wineserver", "-w"], env=self.env, check=False)
            shutil.rmtree(self.prefix)

    def name(self, path: Path) -> str:
        """Return how Windows names `path` of this machine."""
        return "Z:" + str(path).replace("/", "\\") if self.is_wine else str(path)

    def run(
        self, *argv: str, env: dict[str, str] | None = None, timeout_s: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of Windows, started as from a new window, and return what it wrote."""
        process = self.start(*argv, env=env)
        assert process.stdout
        assert process.stderr
        outputs = {process.stdout: b"", process.stderr: b""}
        end = time.monotonic() + timeout_s
        try:
            # Not until the pipes are closed: wineserver keeps the other end open.
            is_over = False
            while not is_over:
                is_over = process.poll() is not None
                for stream in outputs:
                    outputs[stream] += read_available(stream)
                assert time.monotonic() < end, f"{argv} has not ended: {outputs}"
        finally:
            close(process)
        out, err = (raw.decode("utf-8", "replace").replace("\r\n", "\n") for raw in outputs.values())
        return subprocess.CompletedProcess(argv, self._code(process), out, err)

    @staticmethod
    def _code(process: Program) -> int:
        """Return the exit code of a program that has ended."""
        if process.returncode == KILLED and process.told and process.told.exists():
            return int(process.told.read_text(encoding="ascii") or KILLED)
        return int(process.returncode)

    def start(
        self, *argv: str, env: dict[str, str] | None = None, stdin: int = subprocess.DEVNULL
    ) -> Program:
        """Start a program of Windows, as from a new window, and leave it running."""
        words = ["wine", *argv] if self.is_wine and argv[0] != "wine" else list(argv)
        told = self.folder / f"told-{next(self._numbers)}"
        is_python = self.is_wine and list(argv[:2]) == self.python
        tells = {told_code.FILE: self.name(told)} if is_python else {}
        process = Program(
            words,
            env={**self.fresh_environment(), **(env or {}), **tells},
            cwd=self.folder,
            stdin=stdin,
            stdout=subprocess.PIPE,  # Wine's Python cannot write to a file of Linux
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        process.told = told if is_python else None
        return process

    def run_python(self, *argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run Windows' Python with `argv`."""
        for _ in range(ATTEMPTS):
            done = self.run(*self.python, *argv, **options)
            # A Python that fails says why.
            if not self.is_wine or not done.returncode or done.stdout or done.stderr:
                break
        return done

    def start_python(self, *argv: str, stdin: int = subprocess.DEVNULL) -> Program:
        """Start Windows' Python with `argv`, and leave it running when it has begun."""
        for _ in range(ATTEMPTS):
            process = self.start(*self.python, *argv, stdin=stdin)
            while process.poll() is None and not self._has_begun(process):
                time.sleep(0.02)
            if self._has_begun(process):
                break
            close(process)
        return process

    def run_at_once(self, *programs: tuple[str, ...]) -> list[int]:
        """Run Windows' Python with each of these, side by side, and return their exit codes."""
        codes: dict[int, int] = {}
        for _ in range(ATTEMPTS):
            left = [number for number in range(len(programs)) if number not in codes]
            running = {number: self.start(*self.python, *programs[number]) for number in left}
            for number, process in running.items():
                process.wait(timeout=300)
                close(process)
                if self._has_begun(process):
                    codes[number] = self._code(process)
        return [codes[number] for number in range(len(programs))]

    @staticmethod
    def _has_begun(process: Program) -> bool:
        """Say whether a Python has begun: on a loaded machine Wine fails to start one, in silence."""
        return process.told is None or process.told.exists()

    def onpath(self, *words: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run `ensure-path` with `words` in Windows' Python, with time for a loaded machine."""
        has_own = {"--print", "--timeout", "--version"}.intersection(words)
        longer = () if has_own else ("--timeout", "100")
        return self.run_python("-m", "onpath", *words, *longer, **options)

    def inside(self, *words: str, program: Path = INSIDE, timeout_s: float = 300) -> Any:
        """Have `inside_windows.py`, or another `program`, do what `words` say; return what it answers.

        The first one runs on: its start would cost ten times as much as what it is asked for.
        """
        if program != INSIDE:
            done = self.run_python(self.name(program), *words, timeout_s=timeout_s)
            assert done.returncode == 0, done
            return json.loads(done.stdout.splitlines()[-1])
        helper = self._living_helper()
        assert helper.stdin
        helper.stdin.write(json.dumps(words).encode() + b"\n")
        line = read_line(helper, timeout_s)
        if not line.endswith(b"\n"):
            close(helper)  # lest its answer be taken for that to what is asked next
            pytest.fail(f"{words} came to no end: {line!r}")
        told = json.loads(line)
        assert "answer" in told, told["wrong"]
        return told["answer"]

    def _living_helper(self) -> Program:
        """Return the process that does what is asked of `inside`."""
        for _ in range(ATTEMPTS):
            if self._helper and self._helper.poll() is None:
                break
            self._helper = self.start_python(self.name(INSIDE), "serve", stdin=subprocess.PIPE)
            read_line(self._helper, 300)  # it is ready
        assert self._helper
        return self._helper

    def fresh_environment(self) -> dict[str, str]:
        """Return what a new window has; in Wine, programs that start from outside get it anyway."""
        return self.env if self.is_wine else {**self.env, **registry.fresh_environment(os.environ)}

    def pwsh(self) -> str | None:
        """Return the PowerShell 7 of this machine, put in its usual place first."""
        if not self.is_wine:
            return shutil.which("pwsh")
        if not (PWSH / "pwsh.exe").exists():
            return None
        self.pwsh_place.parent.mkdir(parents=True, exist_ok=True)
        self.pwsh_place.symlink_to(PWSH, target_is_directory=True)
        return r"C:\Program Files\PowerShell\7\pwsh.exe"

    def profile(self, pwsh: str) -> str:
        """Return the file that every PowerShell of the user runs first."""
        if not self._profile:
            text = "$PROFILE.CurrentUserAllHosts"
            told = self.run(pwsh, "-NoProfile", "-NonInteractive", "-Command", text)
            self._profile = told.stdout.strip()
            assert self._profile.endswith(".ps1"), told
        return self._profile

    def remove_pwsh(self) -> None:
        """Take the PowerShell away again: asking it takes seconds."""
        if self.is_wine:
            self.pwsh_place.unlink()

    @contextmanager
    def python_on_path(self) -> Iterator[None]:
        """Have the Python on the machine's Path, where an installation for all users puts it."""
        if not self.is_wine:
            yield  # it is there
            return
        before = self.inside("machine", self.name(WINE / "Python311"))
        yield
        self.inside("machine", before)

    def _wine_environment(self) -> dict[str, str]:
        packages = self.folder / "packages"
        shutil.copytree(ROOT / "src" / "onpath", packages / "onpath")
        shutil.copytree(ROOT / "shells", packages / "onpath" / "snippets")
        shutil.copy(told_code.__file__, packages / "sitecustomize.py")
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "WINEPREFIX": str(self.prefix),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mshtml=;winemenubuilder.exe=d",
            "PYTHONPATH": self.name(packages),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8",
            "ONPATH_DEBUG": "1",
        }

    def _make_prefix(self) -> None:
        """Copy the prefix that setup.sh made; all but the registry is linked, as nothing writes it."""

        def copy(source: str, target: str) -> str:
            if source.endswith(".reg"):  # wineserver writes into a file that has several names
                shutil.copy2(source, target)
            else:
                os.link(source, target, follow_symlinks=False)
            return target

        shutil.copytree(WINE / "prefix", self.prefix, symlinks=True, copy_function=copy)


def read_available(stream: IO[bytes]) -> bytes:
    """Return what is in the pipe, waiting a moment for it."""
    if sys.platform == "win32":
        return stream.read()  # no third party holds the other end there
    found = b""
    while select.select([stream], [], [], 0.02)[0]:
        part = os.read(stream.fileno(), 1 << 16)
        found += part
        if not part:
            break
    return found


def read_line(process: subprocess.Popen[bytes], timeout_s: float) -> bytes:
    """Return the next line that `process` writes; without its end where that ends, or too late."""
    assert process.stdout
    if sys.platform == "win32":
        return process.stdout.readline()
    line, end = b"", time.monotonic() + timeout_s
    while not line.endswith(b"\n") and time.monotonic() < end:
        # Not until the pipe is closed, as above.
        if select.select([process.stdout], [], [], 0.1)[0]:
            line += os.read(process.stdout.fileno(), 1 << 16)
        elif process.poll() is not None:
            break
    return line


def close(process: subprocess.Popen[bytes]) -> None:
    """End `process` if it runs, and close its pipes."""
    if process.poll() is None:
        process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


def why_none() -> str | None:
    """Return why there is no Windows machine to test on, or None."""
    if sys.platform == "win32":
        # The user's own registry is at stake there.
        return None if os.environ.get("CI") else "changes the Path of the user: set CI to allow it"
    if not (WINE / "ready").exists() or not shutil.which("wine"):
        return "Windows' Python is not set up; tests/run.sh does it as root, on Linux x86_64"
    return None
