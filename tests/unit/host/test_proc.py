"""What `/proc` says of a process that this test has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from onpath.host import proc

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform == "win32" or not os.path.exists("/proc/self/environ"):
    pytest.skip("there is no /proc", allow_module_level=True)

TIMEOUT_S = 20.0
NOBODY = 1 << 30


@pytest.fixture
def child() -> Iterator[subprocess.Popen[str]]:
    """Yield a process that has said a line and goes on."""
    with started("exec sleep 60", {}) as process:
        yield process
        process.kill()


def started(text: str, environ: dict[str, str]) -> subprocess.Popen[str]:
    """Start a shell that says a line and then does what `text` says."""
    process = subprocess.Popen(
        ["/bin/sh", "-c", f"echo; {text}"],
        env={"PATH": "/usr/bin:/bin", **environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    process.stdout.readline()
    return process


def wait_for(pid: int, states: tuple[bytes, ...]) -> None:
    """Wait until a process is in one of these states."""
    deadline = time.monotonic() + TIMEOUT_S
    while proc.state(pid) not in states:
        assert time.monotonic() < deadline, proc.state(pid)
        time.sleep(0.001)


def test_a_process_is_told_by_its_number_and_its_parents(child: subprocess.Popen[str]) -> None:
    assert child.pid in proc.pids()
    assert os.getpid() == proc.parent(child.pid)
    assert str(os.getsid(0)).encode() == proc.fields(child.pid)[proc.SESSION]


def test_its_state_is_a_letter(child: subprocess.Popen[str]) -> None:
    child.send_signal(signal.SIGSTOP)
    wait_for(child.pid, proc.STOPPED)
    child.kill()
    wait_for(child.pid, (proc.ZOMBIE,))
    child.wait()
    assert b"" == proc.state(child.pid)


def test_what_is_gone_is_an_error_of_the_system() -> None:
    for question in (proc.fields, proc.parent, proc.environ, proc.program):
        with pytest.raises(FileNotFoundError):
            question(NOBODY)
    assert "" == proc.name(NOBODY)


def test_a_kernel_that_tells_no_parent_is_one_that_does_not_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for text in (b"", b"1 (x) S", b"1 (x) S ?"):
        monkeypatch.setattr(proc, "read", lambda _, text=text: text)
        with pytest.raises(OSError, match="7"):
            proc.parent(7)


def test_without_proc_nothing_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> list[str]:
        raise FileNotFoundError(2, "No such file or directory", "/proc")

    monkeypatch.setattr(os, "listdir", fail)
    assert [] == proc.pids()
    assert not proc.has_one_thread()


def test_a_long_file_is_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "environ"
    file.write_bytes(b"x" * (3 * proc.CHUNK + 1))
    assert file.read_bytes() == proc.read(str(file))


def test_a_program_is_told_by_its_name(tmp_path: Path) -> None:
    program = tmp_path / "odd (name"
    program.symlink_to("/bin/sleep")
    with subprocess.Popen([program, "60"]) as child:
        assert os.path.realpath("/bin/sleep") == proc.program(child.pid)
        assert os.path.basename(os.path.realpath("/bin/sleep")) == proc.name(child.pid)
        child.kill()


def test_of_another_users_program_only_the_name_in_its_state_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> str:
        raise PermissionError(13, "Permission denied")

    program = tmp_path / "odd (name"
    program.symlink_to("/bin/sleep")
    monkeypatch.setattr(proc, "program", fail)
    with subprocess.Popen([program, "60"]) as child:
        assert program.name == proc.name(child.pid)
        child.kill()


def test_what_is_becoming_another_program_has_the_environment_of_the_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Meanwhile it seems to have none: one look in a hundred came at such a moment."""
    monkeypatch.setattr(proc, "REPLACE_S", 30.0)  # on a busy machine that is long
    nonce = os.urandom(6).hex()  # a test that runs beside this one may kill what has a mark
    for _ in range(100):
        with started("exec /bin/sh -c 'exec sleep 60'", {"MARK": nonce}) as child:
            assert f"MARK={nonce}\0".encode() in proc.environ(child.pid)
            child.kill()


def test_one_that_was_started_without_a_variable_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with started("exec env -i /bin/sh -c 'echo; read line'", {}) as child:
        assert child.stdout
        child.stdout.readline()
        with monkeypatch.context() as patch:
            patch.setattr(time, "sleep", lambda _: pytest.fail("it waits"))
            assert b"" == proc.environ(child.pid)
        child.kill()


def test_one_that_never_gets_an_environment_is_not_waited_for_long(
    child: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an odd kernel, or a debugger, may have it."""
    read = proc.read
    monkeypatch.setattr(proc, "read", lambda path: b"" if path.endswith("/environ") else read(path))
    monkeypatch.setattr(proc, "REPLACE_S", 0.01)
    assert b"" == proc.environ(child.pid)


def test_a_process_with_threads_is_told_from_one_without() -> None:
    code = """
import threading
from onpath.host import proc
print(proc.has_one_thread())
threading.Thread(target=threading.Event().wait, daemon=True).start()
print(proc.has_one_thread())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ["True", "False"] == done.stdout.split(), done.stderr


def test_the_lineage_of_a_process_goes_up_to_the_first_one_or_to_what_is_outside() -> None:
    found = proc.lineage(os.getpid())
    assert (os.getpid(), str(os.getsid(0)).encode()) == found[0]
    assert os.getppid() == found[1][0]
    assert 0 == found[-1][0] or len(found) == proc.MAX_DEPTH
    assert {0} == {pid for pid, session in found if not session}
    assert () == proc.lineage(2**30)


def test_a_lineage_ends_where_nobody_may_see_more(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {7: "7 (a b) S 6 7 9 0", 6: "6 (c) S 6 6 8 0"}

    def read(path: str) -> bytes:
        number = int(path.split("/")[2])
        if number not in told:
            raise PermissionError(13, "Permission denied")
        return told[number].encode()

    monkeypatch.setattr(proc, "read", read)
    assert ((6, b"8"),) * proc.MAX_DEPTH == proc.lineage(6)  # its own parent: no kernel says that
    told[6] = "6 (c) S 5 6 8 0"
    assert ((7, b"9"), (6, b"8"), (5, b"")) == proc.lineage(7)
