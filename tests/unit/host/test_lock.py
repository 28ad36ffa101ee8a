"""Two runs for one home never work at the same time, and nothing tells of it afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from onpath.errors import OnpathError
from onpath.host import lock
from onpath.host.lock import Lock

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("locks of Unix", allow_module_level=True)

import fcntl


def test_a_second_run_gives_up_after_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "TIMEOUT_S", 0.0)
    busy = pytest.raises(OnpathError, match="another ensure-path has been running")
    with Lock(str(tmp_path)), busy, Lock(str(tmp_path)):
        pytest.fail("both run")


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


def test_runs_for_two_homes_do_not_wait_for_each_other(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with Lock(str(tmp_path)), Lock(str(tmp_path / "other")):
        pass


def test_an_error_lets_the_next_run_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "TIMEOUT_S", 0.0)
    with pytest.raises(ValueError, match="odd"), Lock(str(tmp_path)):
        raise ValueError("odd")
    with Lock(str(tmp_path)):
        pass


def test_a_run_that_was_killed_holds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "TIMEOUT_S", 0.0)
    code = (
        "import sys, time; from onpath.host.lock import Lock\n"
        "with Lock(sys.argv[1]): print(flush=True); time.sleep(30)"
    )
    words = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        with pytest.raises(OnpathError), Lock(str(tmp_path)):
            pass
        child.kill()
    with Lock(str(tmp_path)):
        pass


def test_nothing_is_left_in_the_home(tmp_path: Path) -> None:
    before = tmp_path.stat().st_mtime_ns
    with Lock(str(tmp_path)):
        assert [] == os.listdir(tmp_path)
    assert before == tmp_path.stat().st_mtime_ns


def test_on_a_file_system_without_locks_a_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int, _how: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", fail)
    with Lock(str(tmp_path)), Lock(str(tmp_path)):
        pass
