"""What every test has: an empty home, the shells, and a watch on the real home."""

from __future__ import annotations

import os
import platform
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import compat
import faults
import playing
import samples
import terminals
import windows_machine
from commands import put_tools
from onpath.host import unix
from onpath.probes import spawn
from windows_machine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from compat import Environment
    from playing import Controller
    from programs import Require

REAL_HOME = Path.home()
# Their tests run whole programs in real shells. Those with the longest ones come first, so that no
# process of a run has one left when the others are done.
SLOW_FOLDERS = tuple(
    str(Path(__file__).with_name(name)) + os.sep
    for name in ("windows", "installers", "faults", "compat", "ansible", "fuzz", "shells")
)
LEFT_OUT = pytest.StashKey[list[pytest.Item]]()

# What leads a program to files outside HOME, or changes what shells read and Python installs.
STEERING = (
    *("ENV", "BASH_ENV", "ZDOTDIR", "POSIXLY_CORRECT", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY"),
    *("TMUX", "STY", "DISPLAY", "WAYLAND_DISPLAY", "VIRTUAL_ENV", "NO_COLOR", "FORCE_COLOR"),
    *("GITHUB_ACTIONS", "GITHUB_PATH", "CIRCLECI"),
    *("SUDO_USER", "SUDO_UID", "SUDO_GID", "SUDO_COMMAND", "SHELL", "SHLVL"),
)
STEERING_STARTS = ("XDG_", "ONPATH_", "PIP_", "PYTHON", "XONSH", "NU_", "CONDA_", "__fish", "fish_")
# These do not lead anywhere, and coverage of child processes and the speed of CI hang on them.
KEPT = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONWARNINGS")

# Not to be had everywhere: their absence fails no run.
RARE = ("pwsh", "xonsh-0.14")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests that take long")
    parser.addoption("--all", action="store_true", help="try all of what else a sample is tried of")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the slow tests last, and leave them out of a plain `pytest` on a laptop."""
    items.sort(key=slowness)
    is_plain = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if is_plain and not config.getoption("slow") and not os.environ.get("CI"):
        config.stash[LEFT_OUT] = slow = [item for item in items if slowness(item)]
        config.hook.pytest_deselected(items=slow)
        del items[len(items) - len(slow) :]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what a plain `pytest` has left out, and how many faults there were."""
    for line in faults.tally(each for found in terminalreporter.stats.values() for each in found):
        terminalreporter.write_line(line)
    if slow := config.stash.get(LEFT_OUT, None):
        terminalreporter.write_line(f"{len(slow)} slow tests were left out: name them, or give --slow")


def slowness(item: pytest.Item) -> int:
    """Return 0 for a test that is quick, and else which of SLOW_FOLDERS it is in, from 1."""
    path = str(item.path)  # not as a Path: each process of a run asks this of thousands
    return next((at for at, folder in enumerate(SLOW_FOLDERS, 1) if path.startswith(folder)), 0)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty home and have everything in this test take it for the user's."""
    folder = tmp_path / "home"
    folder.mkdir()
    folder.chmod(0o755)
    for name in os.environ:
        if name in STEERING or (name.startswith(STEERING_STARTS) and name not in KEPT):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("USERPROFILE", str(folder))
    return folder


@pytest.fixture
def no_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody sit in a shell, let none be started, and do not wait for the disk. Unix only."""

    def fail(*_: object, **__: object) -> int:
        raise AssertionError("a program was started")

    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(unix, "running_shell", lambda _: None)
    monkeypatch.setattr(unix, "own_entry", lambda: ("ada", "/nowhere", "/bin/bash"))
    monkeypatch.setattr(spawn, "spawn", fail)


@pytest.fixture
def tools(home: Path) -> Path:
    """Make the directory that is to be put on PATH, with the command HELLO in it."""
    return put_tools(home)


@pytest.fixture(scope="session")
def require() -> Require:
    """Return the function that gives the program of a shell, or skips; in CI it fails."""

    def program(name: str) -> Path:
        found = terminals.find(name)
        if found is not None:
            return found
        reason = f"{name} is not installed; tests/run.sh installs what can be had"
        if os.environ.get("CI") and name not in RARE:
            pytest.fail(reason)
        pytest.skip(reason)

    return program


@pytest.fixture(params=terminals.PROGRAMS)
def shell(request: pytest.FixtureRequest, require: Require) -> str:
    """Return the name of each shell in turn."""
    name = str(request.param)
    require(name)
    return name


@pytest.fixture(scope="session", autouse=True)
def real_home_unchanged() -> Iterator[None]:
    """Fail the run if anything at the top of the real home came, went or was written."""
    before = listing(REAL_HOME)
    yield
    changed = sorted(name for name, _ in before ^ listing(REAL_HOME))
    assert changed == [], f"a test touched the real home {REAL_HOME}"


@pytest.fixture(scope="session", autouse=True)
def no_made_up_home() -> Iterator[None]:
    """Fail the run if the home that exists only in the examples has come into being."""
    made_up = Path(samples.HOME)
    was_there = made_up.exists()
    yield
    assert was_there or not made_up.exists(), f"a test gave {made_up} to a real program as its HOME"


@pytest.fixture(scope="session", autouse=True)
def signals_heeded() -> Iterator[None]:
    """Let programs under test get the signals that `nohup` and `&` have this one ignore."""
    names = ("SIGHUP", "SIGINT")
    ignored = [each for each in signal.Signals if each.name in names and is_ignored(each)]
    for each in ignored:
        signal.signal(each, signal.SIG_DFL)
    yield
    for each in ignored:
        signal.signal(each, signal.SIG_IGN)


@pytest.fixture(autouse=True)
def signals_as_they_were() -> Iterator[None]:
    """Fail a test that leaves a signal held back or ignored: what later ones start inherits that."""
    if sys.platform == "win32":
        yield
        return
    before, ways = signal.pthread_sigmask(signal.SIG_BLOCK, ()), handlers()
    yield
    after, later = signal.pthread_sigmask(signal.SIG_SETMASK, before), handlers()
    for number, way in ways.items():
        signal.signal(number, way)
    assert before == after
    assert ways == later


ENDING = {"SIGHUP", "SIGINT", "SIGTERM", "SIGCHLD"}
WATCHED = tuple(each for each in signal.Signals if each.name in ENDING)  # by name: Windows lacks some


def handlers() -> dict[signal.Signals, Any]:
    """Return what this process does on the signals that end it, or tell of an end."""
    return {number: signal.getsignal(number) for number in WATCHED}


def is_ignored(number: signal.Signals) -> bool:
    """Tell whether this process, and so what it starts, ignores a signal."""
    return signal.getsignal(number) is signal.SIG_IGN


def listing(folder: Path) -> set[tuple[str, int]]:
    """Return the names in `folder`, with the times of the last change of hidden files."""
    if not folder.is_dir():
        return set()
    with os.scandir(folder) as entries:
        return {
            (each.name, each.stat(follow_symlinks=False).st_mtime_ns if watched(each) else 0)
            for each in entries
        }


def watched(entry: os.DirEntry[str]) -> bool:
    """Tell whether `entry` may be a startup file; folders and histories change by themselves."""
    return (
        entry.name.startswith(".")
        and not entry.name.endswith("history")
        and entry.is_file(follow_symlinks=False)
    )


@pytest.fixture(scope="session")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Give a Windows machine, or skip; in CI it fails where there could be one."""
    reason = windows_machine.why_none()
    if reason:
        if os.environ.get("CI") and sys.platform == "linux" and platform.machine() == "x86_64":
            pytest.fail(reason)
        pytest.skip(reason)
    machine = Machine(tmp_path_factory.mktemp("windows"))
    machine.inside("reset")
    yield machine
    machine.stop()


# Made before a test has a home of its own: pip's settings are those of the user.


@pytest.fixture(scope="session")
def pipx() -> Environment:
    """Give an environment with pipx and with the userpath of this repository."""
    return compat.environment("pipx")


@pytest.fixture(scope="session")
def hatch() -> Environment:
    """Give an environment with hatch and with the userpath of this repository."""
    return compat.environment("hatch")


@pytest.fixture(scope="session")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Controller:
    """Give Ansible with the collection of this checkout."""
    return playing.controller(tmp_path_factory.mktemp("controller"))


@pytest.fixture
def powershell(windows: Machine) -> Iterator[str]:
    """Give a PowerShell 7 beside cmd, or skip."""
    program = windows.pwsh()
    if program is None:
        pytest.skip("there is no PowerShell 7 for Windows; .ci/run unpacks one where it can be had")
    yield program
    windows.remove_pwsh()
