"""Real pipx and hatch, each in an environment of its own, with this repository's userpath in it.

All that comes from the package index goes to `.cache/compat`, once. Without it the tests are skipped.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from terminals import INTERACTIVE, ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "compat"
# Environments are of one checkout: several may share a cache.
ENVIRONMENTS = CACHE / hashlib.sha256(os.fsencode(ROOT)).hexdigest()[:8]
USERPATH = "userpath==1.9.2"  # what compat/userpath stands in for
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "src", "shells", "compat")
BACKEND = "setuptools>=77"  # that of both distributions
DEPENDENCIES = ("packaging", "platformdirs", "shellingham", "click>=8")
PROGRAMS = {
    "pipx": ("pipx", "pytest"),
    "hatch": ("hatch", "uv", "pytest", "pytest-mock", "filelock"),
}
# The shells in which what pipx and hatch do is asked for.
SHELLS = ("bash", "zsh", "fish", "tcsh", "ksh93", "nu", "xonsh")
PATIENCE_S = 300.0
# How the index is reached, which a test's own environment does not tell.
INDEX = {
    name: value
    for name, value in os.environ.items()
    if name.startswith(("PIP_", "SSL_")) or name.lower().endswith("_proxy")
}


TYPED = """\
import os, subprocess, time

def run():
    with open({told!r}, "wb") as told:
        done = subprocess.run({words!r}, stdout=told, stderr=told)
    with open({code!r}, "w") as code:
        code.write(str(done.returncode))

if {is_orphan!r}:
    end, told = os.pipe()
    if os.fork():
        os.close(told)
        os.read(end, 1)  # until the grandchild has ended
        os._exit(0)
    middle = os.getpid()
    if os.fork():
        os._exit(0)
    while os.getppid() == middle:
        time.sleep(0.01)
run()
"""


@dataclass(frozen=True)
class Environment:
    """An environment with a program that uses userpath, and with ours in place of the original."""

    bin: Path

    @property
    def python(self) -> Path:
        """Its Python."""
        return self.bin / "python"

    @property
    def command(self) -> Path:
        """The command of userpath."""
        return self.bin / "userpath"


def environment(name: str) -> Environment:
    """Return the environment with the program `name` and our userpath; skip without an index."""
    if sys.platform == "win32":
        pytest.skip("shells of Unix")
    folder = ENVIRONMENTS / name
    made = Environment(folder / "bin")
    with locked(ENVIRONMENTS / f"{name}.lock"):
        base, ours = folder / "base", folder / "ours"  # what is in it
        wanted = f"{sys.version}\n{PROGRAMS[name]}"
        if not base.exists() or base.read_text() != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            pip(made.python, "install", *PROGRAMS[name], *DEPENDENCIES, BACKEND)
            base.write_text(wanted)
        wanted = state_of_sources()
        if not ours.exists() or ours.read_text() != wanted:
            put_ours(made.python)
            ours.write_text(wanted)
    return made


def put_ours(python: Path) -> None:
    """Build onpath and our userpath as they are in this checkout, and put them into an environment."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source"  # a build folder in the checkout would go stale
        source.mkdir()
        ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
        for name in SOURCES:
            here, there = ROOT / name, source / name
            if here.is_dir():
                shutil.copytree(here, there, ignore=ignored)
            else:
                shutil.copy(here, there)
        trees = (source, source / "compat" / "userpath")
        wheels = Path(folder) / "wheels"
        options = ("--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", wheels)
        pip(python, "wheel", *options, *trees)
        pip(python, "install", "--no-deps", "--no-index", "--force-reinstall", *wheels.iterdir())


def state_of_sources() -> str:
    """Return what differs once a file of what is built has changed."""
    trees = [ROOT / name for name in SOURCES]
    files = sorted(file for tree in trees for file in (tree.rglob("*") if tree.is_dir() else (tree,)))
    found = hashlib.sha256()
    for file in files:
        if file.is_file() and "__pycache__" not in file.parts:
            found.update(os.fsencode(file) + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()


def source_of(name: str) -> Path:
    """Return what the source distribution of `name` holds; skip without an index."""
    folder = CACHE / "sdists" / name
    with locked(CACHE / "sdists" / f"{name}.lock"):
        if not (folder / "ready").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            wanted = USERPATH if name == "userpath" else name
            # Of this one alone: else what builds it is built from its sources too, for minutes.
            options = ("--no-deps", "--no-binary", name, "--dest", folder)
            pip(Path(sys.executable), "download", *options, wanted)
            (archive,) = folder.glob("*.tar.gz")
            with tarfile.open(archive) as opened:
                # What it fetches is run anyway; the filter is not in every Python.
                opened.extractall(folder)  # noqa: S202
            (folder / "ready").touch()
    (tree,) = (each for each in folder.iterdir() if each.is_dir())
    return tree


def pip(python: Path, verb: str, *words: str | Path) -> None:
    """Run pip; where the index cannot be reached, skip the test, and say so."""
    done = subprocess.run(
        [python, "-m", "pip", verb, "-q", "--disable-pip-version-check", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode and any(sign in done.stderr for sign in OFFLINE):
        pytest.skip(f"the package index cannot be reached: {done.stderr.strip().splitlines()[-1]}")
    assert done.returncode == 0, done.stderr


OFFLINE = ("No matching distribution", "NewConnectionError", "Could not fetch URL", "ConnectTimeout")


def typed(
    shell: str,
    home: Path,
    *words: str | Path,
    env: Mapping[str, str] | None = None,
    is_orphan: bool = False,
) -> tuple[int, str]:
    """Type a command at the prompt of a real shell; return its exit code and what it printed.

    One that `is_orphan` has no shell above it, neither the one at whose prompt it was typed nor another.

    A script of Python stands in between: each shell has other words for a redirection, and one of `sh`
    would be taken for the shell.
    """
    script, told, code = (home.parent / name for name in ("typed.py", "told", "code"))
    code.unlink(missing_ok=True)
    values = {"words": [str(word) for word in words], "told": str(told), "code": str(code)}
    script.write_text(TYPED.format(**values, is_orphan=is_orphan))
    line = f"{sys.executable} -I {script}"
    answer = ask(shell, INTERACTIVE, home, line=line, env=env, timeout_s=PATIENCE_S)
    assert code.exists(), answer
    return int(code.read_text()), told.read_text()


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Keep other processes of the same run out, as those of pytest-xdist."""
    if sys.platform == "win32":
        raise NotImplementedError
    import fcntl  # noqa: PLC0415

    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
