"""Which shell the user sits in: by made-up processes, and by real ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import shellingham

from onpath.host import installed
from onpath.host.running import Process, read_process, running_shell, shell_of
from onpath.model import Installed

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":
    pytest.skip("processes of Unix", allow_module_level=True)

BINS = "/made-up/bin"  # where no link can lead elsewhere


def process(program: str, *argv: str, tty: bool = True) -> Process:
    """Return what `/proc` would say; without `argv` it was called by its own name."""
    path = program if program.startswith("/") else f"{BINS}/{program}"
    return Process(0, 0, path, argv or (os.path.basename(path),), is_at_terminal=tty)


def running(*ancestors: Process, environ: dict[str, str] | None = None) -> str | None:
    """Return the shell that is found from these `ancestors`, the parent first."""
    parent = os.getppid()

    def read(pid: int) -> Process | None:
        number = 0 if pid == parent else pid - 100_000
        if not 0 <= number < len(ancestors):
            return None
        one = ancestors[number]
        return Process(pid, 100_000 + number + 1, one.program, one.argv, one.is_at_terminal)

    found = running_shell(environ or {}, read)
    return found.name if found else None


ZSH = process("zsh")
PIPED = {"tty": False}


@pytest.mark.parametrize(
    ("shell", "ancestors"),
    [
        # Typed at a prompt.
        ("bash", [process("bash")]),
        ("bash", [process("bash", "-bash")]),
        ("zsh", [process("zsh", "-zsh")]),
        ("zsh", [process("zsh-5.9", "zsh")]),
        ("fish", [process("fish", "/usr/bin/fish", "-l")]),
        ("ksh93", [process("ksh93", "-ksh")]),
        ("mksh", [process("mksh-static", "mksh")]),
        ("yash", [process("yash", "yash", "-i", "-l")]),
        ("rc", [process("rc.byron", "rc", "-l")]),
        ("nushell", [process("nu")]),
        ("elvish", [process("elvish")]),
        ("pwsh", [process("pwsh", "pwsh", "-NoLogo")]),
        ("bash", [process("bash", "bash", "--rcfile", "/x"), ZSH]),
        # csh puts its terminal on other descriptors, and a dash before its name.
        ("csh", [process("bsd-csh", "-csh", **PIPED)]),
        ("tcsh", [process("tcsh", "-csh", **PIPED)]),
        ("zsh", [process("bsd-csh", "csh", "-c", "ensure-path"), ZSH]),
        # busybox is many programs.
        ("ash", [process("busybox", "sh")]),
        ("ash", [process("busybox", "-sh")]),
        ("ash", [process("busybox", "busybox", "sh")]),
        ("ash", [process("busybox", "busybox", "ash", "-l")]),
        ("zsh", [process("busybox", "busybox", "sh", "-c", "ensure-path"), ZSH]),
        ("zsh", [process("busybox", "sh", "install.sh"), ZSH]),
        ("zsh", [process("busybox", "busybox", "vi"), ZSH]),
        ("zsh", [process("busybox", "vi"), ZSH]),
        ("zsh", [process("busybox", "less", "README"), ZSH]),
        # xonsh is a script.
        ("xonsh", [process("python3.11", "python3", f"{BINS}/xonsh")]),
        ("xonsh", [process("python3.11", "/usr/bin/python3", f"{BINS}/xonsh", "-l")]),
        ("xonsh", [process("python3.13", "/usr/bin/python3", "-sP", f"{BINS}/xonsh")]),
        ("zsh", [process("python3.11", "python3", f"{BINS}/xonsh", "-c", "ensure-path"), ZSH]),
        ("zsh", [process("python3.11", "python3", f"{BINS}/xonsh", "script.xsh"), ZSH]),
        ("zsh", [process("python3.11", "python3", "-m", "onpath"), ZSH]),
        ("zsh", [process("python3.11", "python3"), ZSH]),
        # A shell that runs something for another is passed over.
        ("zsh", [process("bash", "sh", **PIPED), process("curl"), ZSH]),
        ("zsh", [process("bash", "bash", **PIPED), ZSH]),
        ("zsh", [process("dash", "sh", "-c", "ensure-path"), process("make"), ZSH]),
        ("zsh", [process("dash", "/bin/sh", "-ec", "ensure-path"), process("make"), ZSH]),
        ("zsh", [process("bash", "bash", "install.sh"), ZSH]),
        ("zsh", [process("bash", "/bin/bash", "-e", "./install.sh"), ZSH]),
        ("zsh", [process("bash", "bash", "-o", "pipefail", "install.sh"), ZSH]),
        ("zsh", [process("bash", "bash", "-o", "errexit", "-c", "x"), ZSH]),
        ("zsh", [process("bash", "/bin/bash", "-lc", "ensure-path"), ZSH]),
        ("zsh", [process("xargs"), process("setsid"), ZSH]),
        # `-i -c` is what an editor starts to have the user's environment.
        ("bash", [process("bash", "bash", "-ic", "ensure-path", **PIPED), ZSH]),
        # What stands between.
        ("fish", [process("fish"), process("tmux: server", "tmux")]),
        ("bash", [process("bash"), process("sudo", "sudo", "-s"), ZSH]),
        ("zsh", [process("sudo", "sudo", "ensure-path"), ZSH]),
        ("bash", [process("su", "su", "-"), process("bash")]),
        ("zsh", [process("script", "script", "-qc", "x"), ZSH]),
        ("zsh", [process("cmd"), ZSH]),
        # A container's first process.
        ("ash", [process("busybox", "/bin/sh")]),
        (None, [process("bash", "bash", "-c", "ensure-path", **PIPED)]),
        (None, [process("systemd", "/sbin/init", **PIPED)]),
        (None, [process("sshd"), process("systemd")]),
    ],
)
def test_the_shell_that_the_user_sits_in_is_found(shell: str | None, ancestors: list[Process]) -> None:
    """However indirectly this program was started from it."""
    assert shell == running(*ancestors)


def test_a_chain_without_an_end_ends() -> None:
    loop = Process(7, 7, f"{BINS}/make", ("make",), is_at_terminal=True)
    assert running_shell({}, lambda _: loop) is None


# Without /proc.


def blind(_pid: int) -> Process | None:
    """There is no /proc."""
    return None


@pytest.mark.parametrize(
    "error",
    [
        shellingham.ShellDetectionFailure(),
        PermissionError(13, "Permission denied", "ps"),
        FileNotFoundError("ps"),
        UnicodeDecodeError("utf-8", b"", 0, 1, ""),
        ValueError("not enough values to unpack"),
        KeyError("PID"),
    ],
)
def test_whatever_shellingham_raises_is_no_shell(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail() -> tuple[str, str]:
        raise error

    monkeypatch.setattr(shellingham, "detect_shell", fail)
    assert running_shell({}, blind) is None


def test_the_first_process_of_a_container_has_no_parent_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """`docker run image ensure-path`."""

    def fail() -> tuple[str, str]:
        raise shellingham.ShellDetectionFailure

    monkeypatch.setattr(os, "getppid", lambda: 0)
    monkeypatch.setattr(shellingham, "detect_shell", fail)
    assert running_shell({"SHELL": "/bin/bash"}) is None


def test_without_proc_shellingham_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "zsh"
    program.touch(0o755)
    monkeypatch.setattr(installed, "USUAL_BINS", ())
    for answer in (("zsh", str(program)), ("zsh", "zsh"), ("zsh", "-zsh")):
        monkeypatch.setattr(shellingham, "detect_shell", lambda answer=answer: answer)
        assert Installed("zsh", str(program)) == running_shell({"PATH": str(tmp_path)}, blind)


def test_what_shellingham_tells_of_an_unknown_shell_is_no_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("cmd", "C:\\Windows\\cmd.exe"))
    assert running_shell({}, blind) is None


def test_where_proc_answers_shellingham_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would name the `sh` of `curl | sh`."""
    monkeypatch.setattr(shellingham, "detect_shell", lambda: ("bash", "/bin/bash"))
    assert running(process("make"), process("sshd")) is None


# Real processes.

needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="there is no /proc")


@needs_proc
def test_proc_tells_of_this_process() -> None:
    found = read_process(os.getpid())
    assert found
    assert (os.getpid(), os.getppid()) == (found.pid, found.parent)
    assert os.path.realpath(sys.executable) == found.program


def told(pid: int) -> Process:
    """Return what the system tells of a process that runs."""
    found = read_process(pid)
    assert found
    return found


@needs_proc
def test_a_relative_script_is_of_the_folder_of_its_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not of this one's, which may be gone."""
    there, gone = tmp_path / "there", tmp_path / "gone"
    there.mkdir()
    gone.mkdir()
    (there / "xonsh").write_text("import time; time.sleep(60)")
    child = subprocess.Popen([sys.executable, "./xonsh"], cwd=there)
    try:
        monkeypatch.chdir(gone)
        gone.rmdir()
        end = time.monotonic() + 10  # in its first moment it does not show what it was given
        while not shell_of(found := told(child.pid)) and time.monotonic() < end:
            time.sleep(0.01)
        shell, _ = shell_of(found) or (None, ())
        assert Installed("xonsh", f"{there}/xonsh") == shell
        (there / "xonsh").unlink()
        assert shell_of(found) is None
    finally:
        child.kill()
        child.wait()
    assert shell_of(found) is None


@needs_proc
@pytest.mark.parametrize("name", ["a) R (b) 1 2", "new\nline", "zsh"])
def test_proc_tells_of_a_process_of_any_name(tmp_path: Path, name: str) -> None:
    """Also when its program has been removed, as by an update."""
    cat, program = os.path.realpath(shutil.which("cat") or ""), tmp_path / name
    if os.path.basename(cat) != "cat":
        pytest.skip("here it is a program of many names")
    shutil.copy(cat, program)
    with subprocess.Popen([program, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin
        assert child.stdout
        child.stdin.write(b"there\n")
        child.stdin.flush()
        child.stdout.readline()  # now it runs
        program.unlink()
        found = read_process(child.pid)
        child.stdin.close()
    expected = Process(child.pid, os.getpid(), str(program), (str(program), "-"), is_at_terminal=False)
    assert expected == found


@needs_proc
def test_proc_tells_who_is_at_a_terminal() -> None:
    outer, inner = os.openpty()
    with subprocess.Popen(["sleep", "5"], stdin=inner) as child:
        found = read_process(child.pid)
        child.kill()
    os.close(outer)
    os.close(inner)
    assert found
    assert found.is_at_terminal


def test_a_process_that_is_not_there_is_none() -> None:
    assert read_process(2**22 + 1) is None
