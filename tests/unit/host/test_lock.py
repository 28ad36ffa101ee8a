"""Two runs for one home never work at the same time, no stranger disturbs, and nothing is left."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Callable

import pytest

from judging import IS_ROOT, as_user, home_of
from onpath.errors import OnpathError
from onpath.host import lock
from onpath.host.lock import NAME, Lock
from samples import interrupt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("locks of Unix", allow_module_level=True)

import fcntl

BY_ROOT = pytest.mark.skipif(not IS_ROOT, reason="only root can take on another user")
needs_proc = pytest.mark.skipif(not os.path.exists("/proc/locks"), reason="there is no /proc/locks")
HOLD = """
import sys, time
from onpath.host.lock import Lock
with Lock(sys.argv[1], directories=tuple(sys.argv[2:])):
    print(flush=True)
    time.sleep(60)
"""
# What versions before this one take, and what a stranger can: the home itself.
HOLD_FOLDER = """
import fcntl, os, sys, time
fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)
print(flush=True)
time.sleep(60)
"""
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Return the function that starts a Python, behind words, and waits until it holds a lock."""
    started = []

    def begin(
        code: str, home: Path, within: Sequence[str] = (), more: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        words = [*within, sys.executable, "-c", code, str(home), *more]
        child = subprocess.Popen(words, stdout=subprocess.PIPE)
        started.append(child)
        assert child.stdout
        assert b"\n" == child.stdout.readline()
        return child

    yield begin
    for child in started:
        child.kill()
        child.wait()
        assert child.stdout
        child.stdout.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second run give up at once."""
    monkeypatch.setattr(lock, "TIMEOUT_S", 0.0)


def try_it(home: Path) -> str:
    """Take the lock; return why that is not possible, or an empty text."""
    try:
        with Lock(str(home)):
            return ""
    except OnpathError as error:
        return str(error)


def try_beside(home: Path) -> str:
    """Take the lock in another thread, as `try_it` does."""
    told: list[str] = []
    thread = threading.Thread(target=lambda: told.append(try_it(home)))
    thread.start()
    thread.join()
    return "".join(told)


@pytest.mark.usefixtures("impatient")
def test_a_second_run_gives_up_after_its_time(tmp_path: Path) -> None:
    with Lock(str(tmp_path)):
        words = try_beside(tmp_path)
    assert "another ensure-path has been running for a minute" in words
    assert words.endswith("(in another thread of this process); wait for it, and try again")
    assert "" == try_it(tmp_path)


@pytest.mark.parametrize("is_writable", [True, False])
def test_who_holds_it_already_is_told_so_and_does_not_wait_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_writable: bool
) -> None:
    """As a `progress` that calls `ensure`. Also by another name of the home."""
    if not is_writable:
        monkeypatch.setattr(lock, "_open_own", lambda _: -1)
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to("home")
    start = time.monotonic()
    with Lock(f"{tmp_path}/home"):
        told = {try_it(tmp_path / name) for name in ("home", "link")}
    assert {"this process is already running one for this home; call it after that has ended"} == told
    assert time.monotonic() - start < lock.TIMEOUT_S
    assert "" == try_it(tmp_path / "home")


def test_a_second_run_begins_when_the_first_has_ended(tmp_path: Path) -> None:
    order: list[str] = []

    def run() -> None:
        with Lock(str(tmp_path)):
            order.append("second")

    second = threading.Thread(target=run)
    with Lock(str(tmp_path)):
        second.start()
        second.join(0.1)
        order.append("first")
    second.join(10)
    assert ["first", "second"] == order


COUNT = """
import os, sys
from onpath.host.lock import Lock
for _ in range(20):
    with Lock(sys.argv[1]):
        with open(sys.argv[1] + "/count") as file:
            count = int(file.read())
        with open(sys.argv[1] + "/count", "w") as file:
            file.write(str(count + 1))
"""


def test_where_a_killed_run_has_worked_is_told_to_the_next_and_then_no_more(
    tmp_path: Path, start: Start
) -> None:
    """Also where that one is killed as well, or has nothing to say of its own."""
    for directory in ("/opt/ä b", "/opt/tools"):
        child = start(HOLD, tmp_path, more=("", "relative", directory))
        child.kill()
        child.wait()
    with Lock(str(tmp_path), directories=("/opt/own",)) as left:
        assert ("/opt/ä b", "/opt/tools") == left
        told = [os.fsencode(line) for line in (str(os.getpid()), *left, "/opt/own")]
        assert told == (tmp_path / lock.NAME).read_bytes().splitlines()
    with Lock(str(tmp_path)) as left:
        assert () == left


def test_of_many_at_once_each_has_its_turn(tmp_path: Path) -> None:
    """Each removes the file that the others wait for."""
    (tmp_path / "count").write_text("0")
    words = [sys.executable, "-c", "from onpath.host import lock; lock.TICK_S = 0.001" + COUNT]
    runs = [subprocess.Popen([*words, str(tmp_path)]) for _ in range(4)]
    assert [0] * 4 == [run.wait() for run in runs]
    assert "80" == (tmp_path / "count").read_text()
    assert ["count"] == os.listdir(tmp_path)


def test_runs_for_two_homes_do_not_wait_for_each_other(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with Lock(str(tmp_path)), Lock(str(tmp_path / "other")):
        pass


@pytest.mark.usefixtures("impatient")
def test_an_error_lets_the_next_run_begin(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="odd"), Lock(str(tmp_path)):
        raise ValueError("odd")
    assert "" == try_it(tmp_path)


@pytest.mark.usefixtures("impatient")
def test_who_holds_it_is_told_with_the_cure(tmp_path: Path, start: Start) -> None:
    child = start(HOLD, tmp_path)
    told = try_it(tmp_path)
    if os.path.exists("/proc/self/stat"):
        assert f"(process {child.pid}); wait for it, or run kill {child.pid}, and try again" in told
    child.kill()
    child.wait()
    assert [NAME] == os.listdir(tmp_path)  # nobody can clean up after that but the next run
    assert "" == try_it(tmp_path)
    assert [] == os.listdir(tmp_path)


@needs_proc
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("code", [HOLD, HOLD_FOLDER], ids=["this version", "an earlier one"])
def test_one_that_is_stopped_is_told_and_the_cure_works(tmp_path: Path, start: Start, code: str) -> None:
    child = start(code, tmp_path)
    child.send_signal(19)  # SIGSTOP
    os.waitpid(child.pid, os.WUNTRACED)
    told = try_it(tmp_path)
    assert f"(process {child.pid}, which is stopped); run kill -CONT {child.pid} to let it end" in told
    cure = re.search(r"or (kill -9 \d+), and try again$", told)
    assert cure, told
    subprocess.run(cure[1].split(), check=True)
    child.wait()
    assert "" == try_it(tmp_path)


@pytest.mark.usefixtures("impatient")
def test_an_earlier_version_is_waited_for_and_waits(tmp_path: Path, start: Start) -> None:
    """It locks the home itself."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    with Lock(str(tmp_path)), pytest.raises(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
    child = start(HOLD_FOLDER, tmp_path)
    assert "another ensure-path has been running for a minute" in try_it(tmp_path)
    child.kill()
    child.wait()
    assert "" == try_it(tmp_path)


@BY_ROOT
@needs_proc
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("is_writable", [True, False])
def test_a_stranger_keeps_nobody_waiting(start: Start, *, is_writable: bool) -> None:
    """Whoever may read a home can lock it; also where no file of our own can be made in it."""
    with home_of(54321) as home:
        start(HOLD_FOLDER, home, as_user(54322))
        home.chmod(0o755 if is_writable else 0o555)
        code = "from onpath.host import lock; lock.TIMEOUT_S = 0" + HOLD
        begun = time.monotonic()
        child = start(code, home, as_user(54321))
        assert time.monotonic() - begun < 30
        assert [NAME] * is_writable == os.listdir(home)
        child.kill()
        child.wait()


@BY_ROOT
def test_what_root_makes_in_the_home_of_another_is_that_users() -> None:
    with home_of(54321) as home, Lock(str(home)):
        info = (home / NAME).stat()
        assert (54321, 0o600) == (info.st_uid, info.st_mode & 0o777)


@pytest.mark.parametrize("umask", [0, 0o22, 0o777])
def test_nobody_else_can_open_the_file(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with Lock(str(tmp_path)):
            assert 0 == (tmp_path / NAME).stat().st_mode & 0o177
    finally:
        os.umask(before)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("kind", ["link", "dangling", "folder", "pipe", "two names"])
def test_what_lies_in_its_place_is_left_alone(tmp_path: Path, kind: str) -> None:
    """The lock on the home itself serves."""
    home, other = tmp_path / "home", tmp_path / "other"
    home.mkdir()
    other.write_text("mine\n")
    if kind == "folder":
        (home / NAME).mkdir()
    elif kind == "pipe":
        os.mkfifo(home / NAME)
    elif kind == "two names":
        (home / NAME).hardlink_to(other) if hasattr(home, "hardlink_to") else os.link(other, home / NAME)
    else:
        (home / NAME).symlink_to(other if kind == "link" else tmp_path / "nowhere")
    before = os.lstat(home / NAME)
    with Lock(str(home)):
        assert "another ensure-path has been running" in try_beside(home)
    assert os.path.samestat(before, os.lstat(home / NAME))
    assert "mine\n" == other.read_text()
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.usefixtures("impatient")
def test_where_nothing_can_be_made_the_home_itself_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def open_one(path: str, flags: int, *mode: int) -> int:
        if str(path).endswith(NAME):
            raise OSError(30, "Read-only file system", path)
        return real(path, flags, *mode)

    monkeypatch.setattr(os, "open", open_one)
    with Lock(str(tmp_path)):
        assert "another ensure-path has been running" in try_beside(tmp_path)
    assert "" == try_it(tmp_path)


@pytest.mark.usefixtures("impatient")
def test_where_nobody_tells_who_holds_the_home_our_own_file_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger, or an earlier version, where there is no /proc/locks."""
    monkeypatch.setattr(lock, "_holders", lambda _: ())
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert "" == try_it(tmp_path)
    os.close(descriptor)


def test_a_home_that_may_not_be_read_takes_no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: str, _flags: int, _mode: int = 0) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", fail)
    with Lock("/root"):
        pass


def test_on_a_file_system_without_locks_a_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int, _how: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", fail)
    with Lock(str(tmp_path)), Lock(str(tmp_path)):
        pass
    assert [] == os.listdir(tmp_path)


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.usefixtures("impatient")
def test_interrupted_anywhere_it_leaves_nothing_and_holds_nothing(tmp_path: Path) -> None:
    """In a process of its own, which ends then."""

    def is_interrupted(number: int) -> bool:
        pid = os.fork()
        if not pid:
            os._exit(interrupt(lambda: try_it(tmp_path), number, "onpath/host/lock.py"))
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1

    number = 1
    while is_interrupted(number):
        assert "" == try_it(tmp_path), number
        assert [] == os.listdir(tmp_path), number
        number += 1
    assert number > 20


@BY_ROOT
@pytest.mark.skipif(not shutil.which("chattr"), reason="chattr is not installed")
def test_in_a_home_that_is_append_only_no_file_is_made_that_would_stay(
    tmp_path: Path, start: Start, impatient: None
) -> None:
    """The lock on the home itself does; and a file that is there already is used."""
    del impatient
    if subprocess.run(["chattr", "+a", tmp_path], check=False, capture_output=True).returncode:
        pytest.skip("this file system has no such attribute")
    try:
        start(HOLD, tmp_path)
        assert "another ensure-path" in try_beside(tmp_path)
        assert [] == os.listdir(tmp_path)
    finally:
        subprocess.run(["chattr", "-a", tmp_path], check=True)
