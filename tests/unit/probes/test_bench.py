"""Private folders of living runs stay, whoever sweeps at the same time; those of dead ones go."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from typing import TYPE_CHECKING

import pytest

from onpath.probes import bench
from onpath.probes.inside import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("folders of Unix", allow_module_level=True)

import fcntl

NONCE = os.urandom(6).hex()  # what a sweep ends is known by it, and other tests run beside these


@pytest.fixture
def parent() -> Iterator[str]:
    """Make a folder for temporary files."""
    with tempfile.TemporaryDirectory() as folder:
        yield folder


def lock_of(folder: str) -> int:
    """Return a descriptor that holds the lock of `folder`, as another run has it."""
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def is_held(folder: str) -> bool:
    """Say whether another run finds the lock of `folder` taken."""
    try:
        os.close(lock_of(folder))
    except BlockingIOError:
        return True
    return False


def test_a_new_folder_that_a_sweep_takes_for_a_dead_ones_is_made_again(
    parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, real, sweepers = f"{parent}/{PREFIX}{NONCE}", os.mkdir, []
    made: list[int] = []

    def mkdir(path: str, mode: int) -> None:
        real(path, mode)
        made.append(os.stat(path).st_ino)
        if len(made) > 1:
            return
        lock = lock_of(path)  # before the run that makes it can

        def sweep() -> None:
            time.sleep(0.05)  # in which it looks for processes
            bench._remove_tree(path)  # noqa: SLF001
            os.close(lock)

        sweepers.append(threading.Thread(target=sweep))
        sweepers[-1].start()

    monkeypatch.setattr(os, "mkdir", mkdir)
    lock = bench._make_held(folder)  # noqa: SLF001
    for sweeper in sweepers:
        sweeper.join()
    assert len(made) == 2
    assert os.path.samestat(os.fstat(lock), os.stat(folder))
    assert is_held(folder)
    os.close(lock)


def test_a_new_folder_that_a_sweep_lets_go_of_is_used(
    parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweeping run was killed."""
    folder, real, sweepers = f"{parent}/{PREFIX}{NONCE}", os.mkdir, []

    def mkdir(path: str, mode: int) -> None:
        real(path, mode)
        sweepers.append(threading.Timer(0.05, os.close, (lock_of(path),)))
        sweepers[-1].start()

    monkeypatch.setattr(os, "mkdir", mkdir)
    os.close(bench._make_held(folder))  # noqa: SLF001
    assert len(sweepers) == 1
    assert os.path.isdir(folder)


def test_a_sweep_that_comes_too_late_leaves_the_new_folder_of_that_name(
    parent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the lock of one that is gone by then."""
    folder, real = f"{parent}/{PREFIX}{NONCE}", bench._lock  # noqa: SLF001
    os.mkdir(folder, 0o700)

    def lock(path: str) -> int:
        descriptor = real(path)
        os.rename(path, f"{parent}/gone")
        os.mkdir(path, 0o700)
        return descriptor

    monkeypatch.setattr(bench, "_lock", lock)
    bench._remove_private(folder, os.geteuid())  # noqa: SLF001
    assert os.path.isdir(folder)


def test_a_folder_of_that_name_that_is_there_already_is_not_used(parent: str) -> None:
    folder = f"{parent}/{PREFIX}{NONCE}"
    os.mkdir(folder)
    with pytest.raises(FileExistsError):
        bench._make_held(folder)  # noqa: SLF001


def test_the_folder_of_a_living_run_stays_whoever_sweeps(parent: str) -> None:
    """Many runs at once, in one folder for temporary files."""
    lost: list[str] = []
    is_over = threading.Event()

    def sweep() -> None:
        while not is_over.is_set():
            bench._sweep(parent, os.geteuid())  # noqa: SLF001

    def make() -> None:
        for _ in range(40):
            folder = f"{parent}/{PREFIX}{bench.new_nonce()}"
            lock = bench._make_held(folder)  # noqa: SLF001
            try:
                bench._furnish(folder)  # noqa: SLF001
                os.mkdir(f"{folder}/own")
            except OSError as error:
                lost.append(str(error))
            bench._remove_tree(folder)  # noqa: SLF001
            os.close(lock)

    sweepers = [threading.Thread(target=sweep) for _ in range(2)]
    makers = [threading.Thread(target=make) for _ in range(3)]
    for thread in (*sweepers, *makers):
        thread.start()
    for thread in makers:
        thread.join()
    is_over.set()
    for thread in sweepers:
        thread.join()
    assert [] == lost
    assert [] == os.listdir(parent)


@pytest.mark.parametrize("name", [bench.REPORT_NAME, bench.EXPORT_NAME])
def test_whatever_umask_a_startup_file_sets_the_answer_can_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(
        bench.REPORT if name == bench.REPORT_NAME else bench.EXPORT + bench.REPORT
    )
    line = f'umask 777; exec /bin/sh "{tmp_path}/{name}" "{tmp_path}/out"'
    subprocess.run(["/bin/sh", "-c", line], check=True)
    made = [path for path in tmp_path.iterdir() if path.name.startswith("out")]
    assert made
    assert {0o600} == {path.stat().st_mode & 0o777 for path in made}
